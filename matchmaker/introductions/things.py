"""The things introductions are about: how they are found, whose they are, and whether they hide their owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, delete, event, literal, select, update
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation
from matchmaker.introductions.models import About, Interest, Introduction, Side, matter_of
from matchmaker.items.models import ItemState, Teaser
from matchmaker.needs.models import Need
from matchmaker.permissions import NotPermitted, Permission, Viewer, Visibility, allows
from matchmaker.profiles.models import Competence, Profile
from matchmaker.testfields.models import TestField

MODELS: dict[About, type[Any]] = {
    About.NEED: Need,
    About.COMPETENCE: Competence,
    About.TEST_FIELD: TestField,
    About.PROFILE: Profile,
}
#: The number of what is deleted.
NO_MORE = 0
KIND_OF: dict[type[Any], About] = {model: kind for kind, model in MODELS.items()}


@dataclass(frozen=True)
class Target:
    """Whom an introduction is asked of, and about what."""

    organisation: Organisation
    kind: About | None = None
    item: Any = None
    #: What the asker sees of an item whose owner is hidden; None where the item itself is readable.
    teaser: Any = None

    @property
    def hidden(self) -> bool:
        return self.teaser is not None


def _by_public_id(session: Session, public_id: str) -> tuple[About, Any] | None:
    """The thing of that public id, whichever kind it is of: public ids are random and meet in no two tables."""
    for kind, model in MODELS.items():
        found = session.scalar(select(model).where(model.public_id == public_id))
        if found is not None:
            return kind, found
    return None


def _teaser(session: Session, public_id: str) -> Teaser | None:
    return session.scalar(select(Teaser).where(Teaser.public_id == public_id))


def target_or_refuse(session: Session, viewer: Viewer, public_id: str) -> Target:
    """What the asker points at. Raises NotPermitted for what the viewer may neither read nor knows by its teaser."""
    organisation = session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if organisation is not None:
        return Target(organisation)
    teaser = _teaser(session, public_id)
    if teaser is not None:
        if not allows(viewer, Permission.READ_TEASER, teaser):
            raise NotPermitted(public_id)
        return Target(teaser.item.organisation, KIND_OF[type(teaser.item)], teaser.item, teaser)
    found = _by_public_id(session, public_id)
    if found is None or not found[1].is_live or not allows(viewer, Permission.READ, found[1]):
        raise NotPermitted(public_id)
    return Target(found[1].organisation, *found)


def to_bring_together_or_refuse(session: Session, viewer: Viewer, public_id: str) -> tuple[Target, int]:
    """A need that a manager reads, or an organisation, and the cluster for which they bring it together with another.

    Raises NotPermitted otherwise, and for a need known by its teaser alone: whose it is, and in which clusters, is
    hidden from the manager as well.
    """
    target = target_or_refuse(session, viewer, public_id)
    curated = viewer.manages & target.organisation.cluster_ids
    if not curated or target.hidden or target.kind not in (None, About.NEED):
        raise NotPermitted("a cluster to bring these together for")
    return target, min(curated)


def own_or_refuse(session: Session, viewer: Viewer, public_id: str) -> tuple[About, Any]:
    """Something of the asker's own that the suggestion was made for. Raises NotPermitted otherwise."""
    teaser = _teaser(session, public_id)
    found = (KIND_OF[type(teaser.item)], teaser.item) if teaser is not None else _by_public_id(session, public_id)
    if found is None or not allows(viewer, Permission.EDIT, found[1]):
        raise NotPermitted(public_id)
    return found


def thing(session: Session, kind: About | None, item_id: int | None) -> Any:
    """A thing by its kind and number; None where there was none, or it is no more."""
    return session.get(MODELS[kind], item_id) if kind is not None and item_id is not None else None


def about(session: Session, introduction: Introduction) -> Any:
    """What an introduction is about."""
    return thing(session, introduction.about_kind, introduction.about_id)


def asked_with(session: Session, introduction: Introduction) -> Any:
    """What of the asker's own the suggestion was made for."""
    return thing(session, introduction.with_kind, introduction.with_id)


def items_of(session: Session, introduction: Introduction, side: Side) -> list[Any]:
    """The things of an introduction that belong to a side."""
    organisation_id = introduction.organisation_of(side).id
    found = (about(session, introduction), asked_with(session, introduction))
    return [one for one in found if one is not None and one.organisation_id == organisation_id]


def is_confidential(item: Any, reader: Organisation | None) -> bool:
    """Whether an item is not for this other organisation, by its visibility alone; that it has ended is no matter.

    Where the other side is hidden (None), only what everybody may read is no secret: asking for more would tell the
    asker which clusters the hidden organisation belongs to.
    """
    if item.state == ItemState.DRAFT or item.visibility in (Visibility.PRIVATE, Visibility.TEASER):
        return True
    if item.visibility != Visibility.MEMBERS:
        return False
    return reader is None or not (reader.cluster_ids & item.organisation.cluster_ids)


def confidential_item(session: Session, introduction: Introduction, side: Side) -> Any:
    """The thing of a side that the other may not read, whose full text it may disclose; None where there is none."""
    hidden = introduction.blind and side is Side.ASKER
    reader = None if hidden else introduction.organisation_of(side.other)
    return next((one for one in items_of(session, introduction, side) if is_confidential(one, reader)), None)


@event.listens_for(Session, "after_flush")
def _point_at_it_no_more(session: Session, _context: Any) -> None:
    """Let no introduction point at what is deleted: a database may give its number to something new."""
    for item in session.deleted:
        kind = KIND_OF.get(type(item))
        if kind is None:
            continue
        for of_kind, of_id in (
            (Introduction.about_kind, Introduction.about_id),
            (Introduction.with_kind, Introduction.with_id),
        ):
            session.execute(update(Introduction).where(of_kind == kind, of_id == item.id).values({of_id: NO_MORE}))
        matter = matter_of({kind: item.id})
        named = literal("gone:").concat(cast(Introduction.id, String))
        session.execute(update(Introduction).where(Introduction.matter == matter).values(matter=named))
        session.execute(delete(Interest).where(Interest.about_kind == kind, Interest.about_id == item.id))


def gone(session: Session, introduction: Introduction, side: Side) -> bool:
    """Whether what a side brought is no more, and may have been confidential: a draft it asked with, or what it was
    asked about by a teaser."""
    if side is Side.ASKER:
        return introduction.with_id is not None and asked_with(session, introduction) is None
    return introduction.blind and about(session, introduction) is None


def hides(session: Session, introduction: Introduction, side: Side) -> bool:
    """Whether a side stays anonymous until both agreed, because of what it brought."""
    return gone(session, introduction, side) or confidential_item(session, introduction, side) is not None
