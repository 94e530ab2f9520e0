"""Proposing, picking and cancelling times; the meeting itself stands on the introduction's page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.db import db
from matchmaker.introductions.queries import own_or_refuse
from matchmaker.introductions.views import show_again
from matchmaker.meetings import operations, queries
from matchmaker.meetings.forms import TimesForm
from matchmaker.meetings.models import Held
from matchmaker.permissions import Permission, permits

bp = Blueprint("meetings", __name__, url_prefix="/introductions/<public_id>/meetings")


def _back(public_id: str) -> Any:
    return redirect(url_for("introductions.show", public_id=public_id, _anchor="meeting"))


@bp.post("/")
@permits(Permission.INTRODUCTION)
def propose(public_id: str) -> Any:
    """Propose times."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    form = TimesForm()
    if not form.validate():
        errors = [str(error) for errors in form.errors.values() for error in errors if error]
        return show_again(public_id, form, _("Nothing was proposed: %(why)s", why=" ".join(errors)))
    try:
        operations.propose(
            db.session,
            introduction,
            side,
            times=form.chosen(),
            minutes=form.minutes.data,
            zone=form.zone.data,
            place=form.place.data,
        )
        db.session.commit()
    except (operations.NotIntroduced, operations.NoTimes, operations.Settled):
        return _overtaken(public_id)
    flash(_("Proposed. You are told when they pick one."))
    return _back(public_id)


@bp.post("/<meeting_id>/pick")
@permits(Permission.INTRODUCTION)
def pick(public_id: str, meeting_id: str) -> Any:
    """Fix one of the proposed times."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    meeting = queries.meeting_or_refuse(db.session, introduction, meeting_id)
    try:
        operations.pick(db.session, meeting, side, request.form.get("slot", 0, type=int))
        db.session.commit()
    except (operations.NotIntroduced, operations.Settled):
        return _overtaken(public_id)
    flash(_("Fixed. Both of you get an invitation by mail."))
    return _back(public_id)


@bp.post("/<meeting_id>/cancel")
@permits(Permission.INTRODUCTION)
def cancel(public_id: str, meeting_id: str) -> Any:
    """Call it off."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    meeting = queries.meeting_or_refuse(db.session, introduction, meeting_id)
    try:
        operations.cancel(db.session, meeting, side)
        db.session.commit()
    except operations.Settled:
        return _overtaken(public_id)
    flash(_("Cancelled. If it stood in calendars, it is taken out."))
    return _back(public_id)


@bp.post("/<meeting_id>/held")
@permits(Permission.INTRODUCTION)
def held(public_id: str, meeting_id: str) -> Any:
    """Say whether it took place."""
    introduction, side = own_or_refuse(db.session, public_id, g.viewer)
    meeting = queries.meeting_or_refuse(db.session, introduction, meeting_id)
    said = request.form.get("held", "")
    try:
        if said not in list(Held):
            raise operations.Settled
        operations.say_held(db.session, meeting, side, current_user._get_current_object(), Held(said))
        db.session.commit()
    except operations.Settled:
        return _overtaken(public_id)
    flash(_("Thank you, noted."))
    return _back(public_id)


def _overtaken(public_id: str) -> Any:
    db.session.rollback()
    flash(_("Nothing was changed: the meeting or the introduction has moved on. Here is how it stands."), "info")
    return _back(public_id)
