"""The page on which a user looks after the webhooks of their programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from matchmaker.accounts.security import ask_again
from matchmaker.db import db, utcnow
from matchmaker.items.labels import words_of
from matchmaker.items.pages import page_number, url_of_page
from matchmaker.notifications.kinds import KINDS, Group
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits
from matchmaker.webhooks import operations, queries
from matchmaker.webhooks.forms import WebhookForm
from matchmaker.webhooks.models import Delivery, Webhook

bp = Blueprint("webhooks", __name__, url_prefix="/account/webhooks")


@bp.get("")
@permits(Permission.ACCOUNT)
def index() -> str:
    """One's webhooks, and what became of what was sent to them."""
    return _page(WebhookForm())


@bp.post("")
@permits(Permission.ACCOUNT)
def add() -> Any:
    """Add a webhook and show its secret this once."""
    if again := ask_again(url_for(".index")):
        return again
    form = WebhookForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        made = operations.add(db.session, g.viewer.user_id, form.url.data, form.groups.data or ())
    except operations.TooMany:
        flash(_("You have %(number)s webhooks. Remove one first.", number=operations.MOST), "error")
        return _page(form), 409
    db.session.commit()
    # Shown in the answer itself: a redirect would have to keep it somewhere.
    return _page(WebhookForm(formdata=None), made=made)


@bp.post("/<public_id>/drop")
@permits(Permission.ACCOUNT)
def drop(public_id: str) -> Any:
    """Tell a program nothing more."""
    operations.drop(db.session, queries.webhook_or_refuse(db.session, public_id, g.viewer.user_id))
    db.session.commit()
    flash(_("The webhook is removed. Nothing more is sent there."))
    return redirect(url_for(".index"))


@bp.post("/<public_id>/try")
@permits(Permission.ACCOUNT)
def try_out(public_id: str) -> Any:
    """See whether somebody listens."""
    operations.try_out(db.session, queries.webhook_or_refuse(db.session, public_id, g.viewer.user_id))
    db.session.commit()
    flash(_("A trial is on its way. What became of it stands below."))
    return redirect(url_for(".index"))


@bp.post("/deliveries/<public_id>/again")
@permits(Permission.ACCOUNT)
def again(public_id: str) -> Any:
    """Send once more what was given up."""
    delivery = queries.delivery_or_refuse(db.session, public_id, g.viewer.user_id)
    if delivery.given_up_at is not None:
        operations.again(db.session, delivery, now=utcnow())
        flash(_("It is sent again, with the same id."))
    db.session.commit()
    return redirect(url_for(".index"))


def _page(form: WebhookForm, made: Webhook | None = None) -> str:
    return render_template(
        "webhooks/index.html",
        form=form,
        made=made,
        webhooks=queries.webhooks_of(db.session, g.viewer.user_id),
        page=paginate(db.session, queries.deliveries_of(g.viewer.user_id), page_number(), url_of_page),
        groups=words_of(Group),
        words=_words,
    )


def _words(delivery: Delivery) -> Any:
    """What a delivery tells of, as the preferences call it."""
    return _("Trial") if delivery.kind == operations.TRIAL else KINDS[delivery.kind].label
