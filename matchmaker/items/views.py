"""Pages of teasers, and the door through which a platform admin opens a confidential text."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.db import db
from matchmaker.items import operations, queries
from matchmaker.items.forms import OpeningForm
from matchmaker.items.models import WithTeaser
from matchmaker.permissions import Permission, allows, permits

bp = Blueprint("items", __name__)

#: The page of each kind of item that can be confidential.
PAGES = {"need": "needs.show", "competence": "profiles.competence", "test_field": "testfields.show"}


def page_of(item: WithTeaser) -> str:
    """The address of the page that shows the text itself."""
    return url_for(PAGES[item.__tablename__], public_id=item.public_id)


@bp.get("/teasers/<public_id>")
@permits(Permission.READ_TEASER)
def teaser(public_id: str) -> str:
    """All that others may know of a confidential item."""
    shown = queries.teaser_or_refuse(db.session, public_id, g.viewer)
    item = shown.item
    reads_it = allows(g.viewer, Permission.READ, item)
    return render_template("items/teaser.html", teaser=shown, item_url=page_of(item) if reads_it else None)


@bp.route("/open-text", methods=["GET", "POST"])
@permits(Permission.ADMINISTER)
def open_text() -> Any:
    """Open a confidential text for a reason that its owner will read."""
    form = OpeningForm(data={"address": request.args.get("address", "")})
    if form.validate_on_submit():
        found = queries.confidential_at(db.session, form.address.data)
        if found is None:
            form.address.errors = [_("There is no published confidential text at this address.")]
        else:
            opening = operations.open_text(
                db.session, found, current_user._get_current_object(), reason=form.reason.data
            )
            db.session.commit()
            flash(
                _(
                    "Opened until %(time)s. The owner reads your name and your reason on its page.",
                    time=format_datetime(opening.until, "short"),
                )
            )
            return redirect(page_of(found))
    return render_template("items/open_text.html", form=form), 422 if form.is_submitted() else 200
