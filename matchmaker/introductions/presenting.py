"""An introduction as one side reads it: who the other is, as far as that may be known, and the way it has gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.introductions import queries, things
from matchmaker.introductions.models import About, Interest, Introduction, IntroductionState, Origin, Side
from matchmaker.introductions.queries import Contact
from matchmaker.items.labels import label
from matchmaker.permissions import Permission, Viewer, Visibility, allows

PAGES = {
    About.NEED: "needs.show",
    About.COMPETENCE: "profiles.competence",
    About.TEST_FIELD: "testfields.show",
    About.PROFILE: "profiles.profile",
}


@dataclass(frozen=True)
class Step:
    """One step on the way: done on a day, waited for, or not reached."""

    label: str
    at: datetime | None = None
    now: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Thing:
    """What an introduction is about, as its reader may see it."""

    kind: About
    title: str
    url: str | None
    own: bool
    language: str = ""


@dataclass(frozen=True)
class Shown:
    """An introduction from one side."""

    introduction: Introduction
    side: Side
    state: IntroductionState
    #: The other organisation's name, '' while it is hidden.
    name: str
    url: str | None
    sector: Any
    things: list[Thing]
    steps: list[Step]
    to_answer: bool
    can_withdraw: bool
    #: Whether the other side does not know who this one is.
    anonymous: bool

    @property
    def title(self) -> str:
        return self.name or _("An organisation that stays anonymous until both agree")

    @property
    def state_word(self) -> Any:
        return label(self.state)


def shown(session: Session, introduction: Introduction, viewer: Viewer) -> Shown:
    """The introduction as this viewer's side reads it."""
    side = introduction.side_of(viewer.organisation_ids) or Side.ASKER
    state = introduction.state_for(side)
    named = queries.names_side(session, introduction, side.other)
    other = introduction.organisation_of(side.other)
    return Shown(
        introduction=introduction,
        side=side,
        state=state,
        name=other.name if named else "",
        url=url_for("profiles.organisation", public_id=other.public_id) if named else None,
        sector=other.sector if named else None,
        things=things_for(session, introduction, viewer),
        steps=steps(introduction, side, state),
        to_answer=introduction.waits_for(side),
        can_withdraw=state == IntroductionState.ACCEPTED or introduction.is_open_to(side),
        anonymous=not queries.names_side(session, introduction, side),
    )


def things_for(session: Session, introduction: Introduction, viewer: Viewer) -> list[Thing]:
    """What the introduction is about, as far as the viewer may read it."""
    found = []
    for kind, item in (
        (introduction.about_kind, things.about(session, introduction)),
        (introduction.with_kind, things.asked_with(session, introduction)),
    ):
        if kind is None or item is None:
            continue
        own = item.organisation_id in viewer.organisation_ids
        if allows(viewer, Permission.READ, item):
            title, url = title_of(item), url_for(PAGES[kind], public_id=item.public_id)
        else:
            title, url = _teaser_of(item), None
        if title:
            found.append(Thing(kind, title, url, own, getattr(item, "language", "")))
    return found


def for_manager(session: Session, introduction: Introduction, viewer: Viewer) -> dict[str, Any]:
    """An introduction as a manager may read it: a side that hides from the other hides from the manager too, unless
    the owner of the text lets this manager read it."""

    def name(side: Side) -> str:
        hidden = [
            item
            for item in things.items_of(session, introduction, side)
            if things.is_confidential(item, introduction.organisation_of(side.other))
            and not allows(viewer, Permission.READ, item)
        ]
        organisation: Organisation = introduction.organisation_of(side)
        return "" if hidden or things.gone(session, introduction, side) else organisation.name

    return {
        "introduction": introduction,
        "asker": name(Side.ASKER),
        "asked": name(Side.ASKED),
        "things": things_for(session, introduction, viewer),
    }


def _teaser_of(item: Any) -> str:
    """What others may know of a confidential item; '' where they may know nothing."""
    return str(getattr(item, "teaser", "")) if item.visibility == Visibility.TEASER else ""


@dataclass(frozen=True)
class Marked:
    """Somebody or something of interest, as the one who marked it may see it now."""

    public_id: str
    title: str
    url: str


def marked(session: Session, mark: Interest, viewer: Viewer) -> Marked | None:
    """What was marked silently; None while the viewer may not read it.

    What was marked by its teaser is shown by its teaser alone, and what was not never is: or the row would say whose
    teaser it is.
    """
    if not mark.about_kind:
        other = session.get_one(Organisation, mark.to_organisation_id)
        return Marked(other.public_id, other.name, url_for("profiles.organisation", public_id=other.public_id))
    kind = About(mark.about_kind)
    item = things.thing(session, kind, mark.about_id)
    if mark.blind:
        teaser = item.shown_as if item is not None and item.visibility == Visibility.TEASER else None
        if teaser is None or not allows(viewer, Permission.READ_TEASER, teaser):
            return None
        return Marked(teaser.public_id, teaser.title, url_for("items.teaser", public_id=teaser.public_id))
    if item is None or not item.is_live or not allows(viewer, Permission.READ, item):
        return None
    return Marked(item.public_id, title_of(item), url_for(PAGES[kind], public_id=item.public_id))


def title_of(item: Any) -> str:
    return str(getattr(item, "title", None) or item.name)


def steps(introduction: Introduction, side: Side, state: IntroductionState) -> list[Step]:
    """The way so far and what comes next, as the side may know it."""
    began = {
        Origin.REQUEST: _("Requested"),
        Origin.MANAGER: _("Proposed by a manager"),
        Origin.INTEREST: _("Interest on both sides"),
    }[introduction.origin]
    made = [Step(began, introduction.requested_at)]
    if state == IntroductionState.BROKERED:
        return [*made, Step(_("With the cluster manager"), now=True), Step(_("Answer")), Step(_("Introduced"))]
    if state in (IntroductionState.REQUESTED, IntroductionState.PROPOSED):
        return [*made, Step(_("Answer"), now=True), Step(_("Introduced"))]
    if introduction.answered_at is not None:
        made.append(Step(_("Introduced"), introduction.answered_at))
    if state == IntroductionState.ACCEPTED:
        return made
    return [*made, Step(str(label(state)), introduction.ended_at, ended=True)]


def disclosed_rows(contact: Contact | None) -> list[tuple[Any, str]]:
    """A contact's fields with their words, in the order people read them; the confidential text stands elsewhere."""
    if contact is None:
        return []
    return [(label(field), contact[field]) for field in queries.contact_fields() if contact[field]]
