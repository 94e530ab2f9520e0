"""The audit trail, whole for the platform admin and its own part for an organisation; the processing register."""

from __future__ import annotations

from typing import Any

from flask import Response, g, render_template, request, url_for

from matchmaker import sheets
from matchmaker.audit import Event
from matchmaker.clusters.models import Organisation
from matchmaker.clusters.queries import organisation_or_refuse
from matchmaker.db import db
from matchmaker.items.pages import page_number, url_of_page, url_with
from matchmaker.permissions import Permission, permits
from matchmaker.privacy import queries
from matchmaker.privacy.labels import EVENTS, GROUNDS
from matchmaker.privacy.register import Class, register
from matchmaker.privacy.views import bp
from matchmaker.sheets import Format


@bp.get("/audit")
@permits(Permission.ADMINISTER)
def trail() -> str:
    """Everything that is on record."""
    return _trail_page(None)


@bp.get("/organisations/<public_id>/audit")
@permits(Permission.ORGANISATION_ADMIN)
def our_trail(public_id: str) -> str:
    """What is on record about the own organisation."""
    return _trail_page(organisation_or_refuse(db.session, public_id, g.viewer, Permission.ORGANISATION_ADMIN))


@bp.get("/audit.<file:format>")
@permits(Permission.ADMINISTER)
def trail_file(format: Format) -> Response:
    """What the page of the trail lists, as a file."""
    return _trail_file(format, None)


@bp.get("/organisations/<public_id>/audit.<file:format>")
@permits(Permission.ORGANISATION_ADMIN)
def our_trail_file(public_id: str, format: Format) -> Response:
    """What the page of the own organisation's trail lists, as a file."""
    organisation = organisation_or_refuse(db.session, public_id, g.viewer, Permission.ORGANISATION_ADMIN)
    return _trail_file(format, organisation)


def _trail_file(format: Format, organisation: Organisation | None) -> Response:
    entries = db.session.scalars(queries.trail(_chosen(), organisation).limit(sheets.MOST_ROWS)).all()
    return sheets.answer("audit", format, _ENTRY, queries.told(db.session, entries))


_ENTRY = (
    *(sheets.Column(name, lambda one, name=name: getattr(one.entry, name)) for name in ("number", "at", "event")),
    sheets.Column("actor", lambda one: one.actor and one.actor.display_name),
    sheets.Column("kind", lambda one: one.entry.thing_kind),
    sheets.Column("key", lambda one: one.entry.thing_id),
    sheets.Column("facts", lambda one: _said(one.entry.facts)),
)


def _chosen() -> list[Event]:
    return [event for event in Event if event in request.args.getlist("event")]


def _trail_page(organisation: Organisation | None) -> str:
    chosen = _chosen()
    page, told = queries.trail_page(db.session, queries.trail(chosen, organisation), page_number(), url_of_page)
    offered = [event for event in Event if organisation is None or event not in queries.MANAGERS_ONLY]
    return render_template(
        "privacy/trail.html",
        organisation=organisation,
        page=page,
        told=told,
        events=EVENTS,
        choices=[{"value": event, "label": EVENTS[event], "checked": event in chosen} for event in offered],
        active=[
            {"label": EVENTS[event], "remove_url": url_with(event=[e for e in chosen if e != event])}
            for event in chosen
        ],
        here=url_for(request.endpoint or "", **(request.view_args or {})),
        said=_said,
        file="privacy.our_trail_file" if organisation else "privacy.trail_file",
        narrowed={"event": chosen, **(request.view_args or {})},
    )


def _said(facts: dict[str, Any]) -> str:
    """The facts of an entry in one line."""
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)


@bp.get("/privacy/register")
@permits(Permission.ADMINISTER)
def processing_register() -> str:
    """What is processed, table by table (GDPR art. 30)."""
    entries, personal = list(register().values()), (Class.PERSON, Class.TRACE)
    return render_template("privacy/register.html", entries=entries, grounds=GROUNDS, personal=personal)
