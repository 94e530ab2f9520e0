"""Pages of one's own data and one's organisation's: know, take along, object, erase."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user, logout_user
from flask_security.utils import check_and_update_authn_fresh

from matchmaker import audit
from matchmaker.accounts.models import User
from matchmaker.audit import Event
from matchmaker.clusters.models import Organisation
from matchmaker.clusters.queries import organisation_or_refuse
from matchmaker.db import db
from matchmaker.permissions import Permission, permits
from matchmaker.privacy import exports, operations, queries
from matchmaker.privacy.labels import EVENTS, GROUNDS
from matchmaker.privacy.register import Class, register

bp = Blueprint("privacy", __name__)

#: How long ago the password may have been typed before data is taken along or erased.
FRESH = timedelta(minutes=10)


@bp.get("/privacy")
@permits(Permission.BROWSE)
def notice() -> str:
    """What is kept about people, what for and for how long, in plain words."""
    kept = [entry for entry in register().values() if entry.of(Class.PERSON, Class.TEXT) and entry.personal]
    return render_template("privacy/notice.html", kept=kept, grounds=GROUNDS)


def _type_password_first(page: str) -> Response | None:
    """Lead to the password where it was typed too long ago; None where it was not."""
    if check_and_update_authn_fresh(FRESH, timedelta(0), "session"):
        return None
    flash(_("Type your password first, then press the button again."), "info")
    return redirect(url_for("security.verify", next=page))


def archive_of(user: User) -> Response:
    """All that is kept about a person, as a ZIP of JSON and CSV; that it was taken along is on record."""
    rows, files = exports.of_user(db.session, user), exports.files_of(db.session, user)
    return _taken_along(user, rows, whom=user.email, name="my-data", files=files)


def archive_of_ours(organisation: Organisation) -> Response:
    """All that an organisation registered, as a ZIP of JSON and CSV; that it was taken along is on record."""
    rows = exports.of_organisation(db.session, organisation)
    return _taken_along(organisation, rows, whom=organisation.name, name="our-data")


def _taken_along(
    thing: User | Organisation,
    rows: exports.Rows,
    *,
    whom: str,
    name: str,
    files: Mapping[str, bytes] = MappingProxyType({}),
) -> Response:
    facts = {"rows": sum(map(len, rows.values()))}
    audit.record(db.session, Event.EXPORTED, actor_id=g.viewer.user_id, thing=thing, facts=facts)
    db.session.commit()
    made = exports.archive(rows, files, whom=whom, installation=current_app.extensions["settings"].base_url)
    return Response(
        made,
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )


# One's own


@bp.get("/account/privacy")
@permits(Permission.ACCOUNT)
def mine() -> str:
    """One's data: take it along, object to being matched, see what one agreed to, erase it."""
    user = current_user._get_current_object()
    return render_template(
        "privacy/mine.html",
        objects=queries.objects(db.session, user_id=user.id),
        agreements=queries.agreements(db.session, user),
        events=EVENTS,
    )


@bp.post("/account/privacy/export")
@permits(Permission.ACCOUNT)
def export() -> Response:
    """All that is kept about oneself, as a ZIP of JSON and CSV."""
    if elsewhere := _type_password_first(url_for(".mine")):
        return elsewhere
    return archive_of(current_user._get_current_object())


@bp.post("/account/privacy/matching")
@permits(Permission.ACCOUNT)
def matching() -> Response:
    """Object to being suggested to others, or agree again."""
    wants = request.form.get("matched") == "yes"
    operations.object_to_matching(db.session, objects=not wants, user_id=g.viewer.user_id, actor_id=g.viewer.user_id)
    db.session.commit()
    flash(_("You are suggested again.") if wants else _("You are no longer suggested to anybody."))
    return redirect(url_for(".mine"))


@bp.post("/account/privacy/erase")
@permits(Permission.ACCOUNT)
def erase() -> Response:
    """Erase oneself; the address is typed again so that nobody does it by accident."""
    if elsewhere := _type_password_first(url_for(".mine")):
        return elsewhere
    if request.form.get("email", "").strip().lower() != current_user.email.lower():
        flash(_("Nothing was erased: type your e-mail address as it stands above."), "error")
        return redirect(url_for(".mine"))
    user_id = g.viewer.user_id
    logout_user()
    operations.erase_user(db.session, db.session.get_one(User, user_id), actor_id=user_id)
    db.session.commit()
    session.clear()
    flash(_("Your account is erased. What you wrote for your organisation stays there without your name."))
    return redirect("/")


# One's organisation's


def _organisation(public_id: str) -> Organisation:
    return organisation_or_refuse(db.session, public_id, g.viewer, Permission.ORGANISATION_ADMIN)


def _back(organisation: Organisation) -> Response:
    return redirect(url_for(".ours", public_id=organisation.public_id))


@bp.get("/organisations/<public_id>/data")
@permits(Permission.ORGANISATION_ADMIN)
def ours(public_id: str) -> str:
    """The organisation's data: take it along, object to being matched, erase it."""
    organisation = _organisation(public_id)
    return render_template(
        "privacy/ours.html",
        organisation=organisation,
        objects=queries.objects(db.session, organisation_id=organisation.id),
    )


@bp.post("/organisations/<public_id>/data/export")
@permits(Permission.ORGANISATION_ADMIN)
def export_ours(public_id: str) -> Response:
    """All that the organisation registered, as a ZIP of JSON and CSV."""
    organisation = _organisation(public_id)
    if elsewhere := _type_password_first(url_for(".ours", public_id=public_id)):
        return elsewhere
    return archive_of_ours(organisation)


@bp.post("/organisations/<public_id>/data/matching")
@permits(Permission.ORGANISATION_ADMIN)
def match_ours(public_id: str) -> Response:
    """Object to the organisation being suggested to others, or agree again."""
    organisation = _organisation(public_id)
    wants = request.form.get("matched") == "yes"
    operations.object_to_matching(
        db.session, objects=not wants, organisation_id=organisation.id, actor_id=g.viewer.user_id
    )
    db.session.commit()
    name = organisation.name
    flash(
        _("%(name)s is suggested again.", name=name)
        if wants
        else _("%(name)s is no longer suggested to anybody.", name=name)
    )
    return _back(organisation)


@bp.post("/organisations/<public_id>/data/erase")
@permits(Permission.ORGANISATION_ADMIN)
def erase_ours(public_id: str) -> Response:
    """Erase the organisation; its name is typed again so that nobody does it by accident."""
    organisation = _organisation(public_id)
    if elsewhere := _type_password_first(url_for(".ours", public_id=public_id)):
        return elsewhere
    if request.form.get("name", "").strip() != organisation.name:
        flash(_("Nothing was erased: type the organisation’s name as it stands above."), "error")
        return _back(organisation)
    name = organisation.name
    operations.erase_organisation(db.session, organisation, actor_id=g.viewer.user_id)
    db.session.commit()
    flash(_("%(name)s is erased, with everything it registered.", name=name))
    return redirect(url_for("accounts.me"))
