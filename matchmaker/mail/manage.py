"""The platform admin's page about the outbox: what waits, what was given up, and what to do about it. No texts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from matchmaker.db import db, utcnow
from matchmaker.mail import operations, queries
from matchmaker.mail.models import OutboxMessage
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits

bp = Blueprint("mail", __name__, url_prefix="/mails")

#: Mails on one page.
PAGE_SIZE = 50


@bp.get("")
@permits(Permission.ADMINISTER)
def index() -> str:
    """Where the outbox stands, and the mails that were given up."""
    number = request.args.get("page", 1, type=int)
    page = paginate(db.session, queries.given_up(), number, _url, PAGE_SIZE)
    return render_template(
        "mail/index.html",
        stand=queries.stand(db.session, now=utcnow()),
        rows=[(message, _reason(message)) for message in page.items],
        page=page,
    )


def _url(number: int) -> str:
    return url_for("mail.index", page=number if number > 1 else None)


def _reason(message: OutboxMessage) -> str:
    """Why a mail was given up, in words."""
    if message.last_error == operations.TOO_LATE:
        return _("It could not be sent before its link expired.")
    if message.attempts >= operations.ATTEMPTS_MOST:
        return _("It was tried for about three days.")
    return _("The mail server refuses it for good.")


@bp.post("/<token>/again")
@permits(Permission.ADMINISTER)
def again(token: str) -> Any:
    """Try a mail that was given up once more."""
    message = queries.given_up_or_refuse(db.session, token)
    if message.can_be_tried_again:
        operations.try_again(db.session, message, now=utcnow())
        db.session.commit()
        flash(_("The mail to %(address)s is tried again.", address=message.to))
    else:
        flash(_("This mail has expired: nothing is left to send."), "error")
    return redirect(url_for(".index"))


@bp.post("/<token>/drop")
@permits(Permission.ADMINISTER)
def drop(token: str) -> Any:
    """Forget a mail that was given up."""
    message = queries.given_up_or_refuse(db.session, token)
    address = message.to
    operations.drop(db.session, message)
    db.session.commit()
    flash(_("The mail to %(address)s is dropped.", address=address))
    return redirect(url_for(".index"))
