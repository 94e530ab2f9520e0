"""What can be found, kept in step with what is written: items → statements → vectors.

A session notes every item it flushes. Before its commit the items' statements are rewritten in the same transaction;
after it their vectors are made if that is quickly done, and otherwise left pending for the next search or for
``matchmaker index sync``. No view and no operation calls this module.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, and_, case, delete, event, func, insert, or_, select, text, type_coerce, update
from sqlalchemy.orm import Session, selectinload

from embeddings import detect_language, split_statements
from matchmaker import jobs
from matchmaker.clusters.models import ClusterMembership, Organisation
from matchmaker.items.models import ItemState, Teaser
from matchmaker.needs.models import Need
from matchmaker.permissions import CONFIDENTIAL, Visibility
from matchmaker.profiles.models import Competence, Evidence
from matchmaker.suggestions.models import Audience, Embedding, Feedback, IndexClock, ItemKind, StatementRow
from matchmaker.testfields.models import TestField

MODELS: dict[ItemKind, type[Any]] = {
    ItemKind.COMPETENCE: Competence,
    ItemKind.NEED: Need,
    ItemKind.TEST_FIELD: TestField,
    ItemKind.EVIDENCE: Evidence,
    ItemKind.ORGANISATION: Organisation,
    ItemKind.TEASER: Teaser,
}
KIND_OF: dict[type[Any], ItemKind] = {model: kind for kind, model in MODELS.items()}

#: Statements that one commit, or one search, embeds on its way; the rest is left to the job.
ON_THE_WAY = 16
#: Words of one statement: more would be cut by small models.
WORDS = 180
#: From this many words on, a text tells its language better than the form does.
TELLING = 12
#: Fewer words tell no language by themselves: "Ja, gern" may be half a dozen.
ENOUGH = 4

_CHANGED = "changed items"
_WRITTEN = "statements were written"

Key = tuple[ItemKind, int]


# --- From items to statements -------------------------------------------------------------------------------------


def text_of(kind: ItemKind, item: Any) -> str:
    """The words an item is found by, its title on the first line."""
    if kind is ItemKind.ORGANISATION:
        return "\n".join(part for part in (item.name, item.headline, item.about) if part)
    return str(item.statement_text)


def owners_of(kind: ItemKind, item: Any) -> list[int]:
    """The organisations that stand behind an item, as far as the engine may know them: behind a teaser nobody does."""
    if kind is ItemKind.TEASER:
        return []
    if kind is ItemKind.EVIDENCE:
        return sorted({organisation.id for organisation in item.organisations} or {item.organisation_id})
    return [item.organisation_id]


def hash_of(text: str, language: str) -> str:
    """SHA-256 of all that decides a text's vector under a model: the text, and the language it is read in."""
    return hashlib.sha256(f"{language}\n{text}".encode()).hexdigest()


def parts_of(text: str) -> list[str]:
    """The text as statements short enough to be read whole; each part of a long one begins with the title."""
    if len(text.split()) <= WORDS:
        return [text.strip()] if text.strip() else []
    title, _, rest = text.partition("\n")
    if not rest or len(title.split()) > WORDS // 4:
        return split_statements(text, limit=WORDS)
    return [f"{title}\n{part}" for part in split_statements(rest, limit=WORDS - len(title.split()))]


def language_of(text: str, stated: str) -> str:
    """The language a text is written in: what a longer text shows counts more than what the form says."""
    detected = detect_language(text) if not stated or len(text.split()) >= TELLING else ""
    return detected or stated


def told_language(text: str) -> str:
    """The language that a text nobody named one for shows by itself; '' for one too short to tell."""
    return detect_language(text) if len(text.split()) >= ENOUGH else ""


def _standing_of(kind: ItemKind, item: Any) -> tuple[Audience, Visibility] | None:
    """For whom an item's text is matched; None where it is for nobody: drafts, what is over, and what is confidential.

    A confidential text is searched with and never searched for. It gets no statement and no vector at all, so there is
    none that anybody's search, ranking or background could reach; its owner finds it by its words, in SQL.
    """
    if kind is ItemKind.ORGANISATION:
        return Audience.READERS, Visibility.PUBLIC
    if kind is ItemKind.TEASER:
        return (Audience.TEASER, Visibility.TEASER) if item.live else None
    if item.state != ItemState.PUBLISHED or item.visibility in CONFIDENTIAL:
        return None
    return Audience.READERS, Visibility(item.visibility)


def statements_of(kind: ItemKind, item: Any) -> list[dict[str, Any]]:
    """The rows an item should have."""
    standing = _standing_of(kind, item)
    if standing is None:
        return []
    audience, visibility = standing
    owners = ",".join(map(str, owners_of(kind, item)))
    made = []
    for number, part in enumerate(parts_of(text_of(kind, item))):
        language = language_of(part, item.language)
        made.append(
            {
                "audience": audience,
                "part": number,
                "organisation_id": item.organisation_id,
                "owners": owners,
                "visibility": visibility,
                "language": language,
                "text": part,
                "text_hash": hash_of(part, language),
                "gone": False,
            }
        )
    return made


# --- Keeping the rows ---------------------------------------------------------------------------------------------

#: A row whose item is gone keeps nothing that could be read.
_GONE = {"gone": True, "text": "", "text_hash": "", "owners": "", "language": ""}
_COMPARED = ("organisation_id", "owners", "visibility", "language", "text_hash", "gone")


@dataclass
class Differences:
    """What separates the stored statements from those the items should have."""

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    gone: list[int]
    #: Whether any of the items has, had or gets a statement.
    concerned: bool

    def __len__(self) -> int:
        return len(self.new) + len(self.changed) + len(self.gone)


def differences(session: Session, kind: ItemKind, ids: Collection[int]) -> Differences:
    """Compare the statements of these items with what they should be."""
    model = MODELS[kind]
    query = select(model).where(model.id.in_(ids))
    if kind is ItemKind.EVIDENCE:
        query = query.options(selectinload(Evidence.organisations))
    wanted = {
        (item.id, values["audience"], values["part"]): values
        for item in session.scalars(query)
        for values in statements_of(kind, item)
    }
    found = Differences([], [], [], bool(wanted))
    stored = session.execute(
        select(
            StatementRow.id,
            StatementRow.item_id,
            StatementRow.audience,
            StatementRow.part,
            *(getattr(StatementRow, name) for name in _COMPARED),
        ).where(StatementRow.kind == kind, StatementRow.item_id.in_(ids))
    )
    for row in stored:
        found.concerned = True
        values = wanted.pop((row.item_id, row.audience, row.part), None)
        if values is None:
            if not row.gone:
                found.gone.append(row.id)
        elif any(getattr(row, name) != values[name] for name in _COMPARED):
            found.changed.append({"id": row.id, "moved": row.text_hash != values["text_hash"], **values})
    found.new = [{"kind": kind, "item_id": key[0], **values} for key, values in wanted.items()]
    return found


def next_tick(session: Session) -> int:
    """The next number of the index clock. Its row stays locked until the commit, so numbers appear in order."""
    return int(
        session.execute(
            text(
                "INSERT INTO index_clock (id, value) VALUES (1, 1) "
                "ON CONFLICT (id) DO UPDATE SET value = index_clock.value + 1 RETURNING value"
            )
        ).scalar_one()
    )


def clock(session: Session) -> int:
    """The number of the latest change to what can be found, as this session's transaction sees it."""
    return session.scalar(select(IndexClock.value)) or 0


@dataclass(frozen=True)
class Moment:
    """What a worker compares with what it knows: the clock, and its value when the glossary last changed."""

    now: int = 0
    glossary: int = 0


def moment(session: Session) -> Moment:
    """The moment this session's transaction stands at."""
    row = session.execute(select(IndexClock.value, IndexClock.glossary)).one_or_none()
    return Moment(*row) if row else Moment()


def rewrite(session: Session, keys: Iterable[Key], *, tick_always: bool = True) -> int:
    """Bring the statements of these items in step, in the session's transaction; returns how many rows changed.

    The clock also moves when no statement did, because what may be found depends on more than the text (visibility,
    expiry, type of organisation); a repair, which changes no item, leaves it alone.
    """
    grouped: dict[ItemKind, list[int]] = defaultdict(list)
    for kind, item_id in keys:
        grouped[kind].append(item_id)
    found = [
        differences(session, kind, chunk)
        for kind in sorted(grouped)
        for chunk in _chunks(sorted(set(grouped[kind])), 200)
    ]
    changed = sum(map(len, found))
    if not changed and not (tick_always and any(one.concerned for one in found)):
        return 0
    tick = next_tick(session)
    for one in found:
        stale = [*one.gone, *(values["id"] for values in one.changed if values.pop("moved"))]
        if stale:
            # A vector can be turned back into its text, so it goes with the text.
            session.execute(delete(Embedding).where(Embedding.statement_id.in_(stale)))
        if one.new:
            session.execute(insert(StatementRow), [{**values, "changed": tick} for values in one.new])
        if one.changed:
            session.execute(update(StatementRow), [{**values, "changed": tick} for values in one.changed])
        if one.gone:
            session.execute(update(StatementRow), [{"id": row, **_GONE, "changed": tick} for row in one.gone])
    return changed


def _chunks(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def every_key(session: Session) -> Iterator[list[Key]]:
    """Every item there is, and every one that statements remain of, in batches."""
    for kind, model in MODELS.items():
        ids = set(session.scalars(select(model.id)))
        ids |= set(session.scalars(select(StatementRow.item_id).where(StatementRow.kind == kind, ~StatementRow.gone)))
        for chunk in _chunks(sorted(ids), 500):
            yield [(kind, item_id) for item_id in chunk]


# --- Listening to the session ---------------------------------------------------------------------------------------


#: The columns that a text's language is told from, where they are not the title and the description.
_TOLD_FROM = {ItemKind.ORGANISATION: ("headline", "about"), ItemKind.TEASER: ("text",)}


@event.listens_for(Session, "before_flush")
def _name_languages(session: Session, _context: Any, _instances: Any) -> None:
    """Tell the language of a text whose form left it open."""
    for item in (*session.new, *session.dirty):
        kind = KIND_OF.get(type(item))
        if kind is not None and not item.language and (item in session.new or session.is_modified(item)):
            # Column defaults are not there yet before the first flush.
            names = _TOLD_FROM.get(kind, ("title", "description"))
            detected = detect_language("\n".join(getattr(item, name) or "" for name in names))
            if detected:
                item.language = detected


@event.listens_for(Session, "after_flush")
def _note_changes(session: Session, _context: Any) -> None:
    changed: set[Key] = session.info.setdefault(_CHANGED, set())
    for item in (*session.new, *session.deleted, *(one for one in session.dirty if session.is_modified(one))):
        kind = KIND_OF.get(type(item))
        if kind is not None:
            changed.add((kind, item.id))
        elif isinstance(item, ClusterMembership):
            # Who may read an organisation's members-only items has changed.
            changed.add((ItemKind.ORGANISATION, item.organisation_id))


@event.listens_for(Session, "after_flush")
def _forget_answers(session: Session, _context: Any) -> None:
    """Drop what was answered to what is deleted: a database may give its number to something new."""
    for item in session.deleted:
        kind = KIND_OF.get(type(item))
        if kind is not None:
            asked_from = and_(Feedback.subject_kind == kind, Feedback.subject_id == item.id)
            answered_to = and_(Feedback.object_kind == kind, Feedback.object_id == item.id)
            session.execute(delete(Feedback).where(or_(asked_from, answered_to)))


@event.listens_for(Session, "before_commit")
def _write_statements(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    changed = session.info.pop(_CHANGED, None)
    if changed and (written := rewrite(session, changed)):
        session.info[_WRITTEN] = True
        if written > ON_THE_WAY:
            # More than the commit can embed on its way.
            jobs.wake(session, "vectors")


@event.listens_for(Session, "after_rollback")
def _forget_changes(session: Session) -> None:
    session.info.pop(_CHANGED, None)
    session.info.pop(_WRITTEN, None)


@event.listens_for(Session, "after_commit")
def _make_vectors(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_WRITTEN, False):
        from matchmaker.suggestions.catalogue import embed_after_commit

        embed_after_commit()


# --- From statements to vectors -------------------------------------------------------------------------------------


def pending(model_hash: str, *columns: Any) -> Select[Any]:
    """The statements that have no vector of their present text under a model."""
    return (
        select(*(columns or (StatementRow,)))
        .select_from(StatementRow)
        .outerjoin(
            Embedding,
            and_(
                Embedding.statement_id == StatementRow.id,
                Embedding.model_hash == model_hash,
                Embedding.text_hash == StatementRow.text_hash,
            ),
        )
        .where(~StatementRow.gone, Embedding.id.is_(None))
    )


def count_pending(session: Session, model_hash: str) -> int:
    """How many statements have no vector of their present text under a model."""
    return session.scalar(pending(model_hash, func.count())) or 0


def count_foreign(session: Session, model_hash: str) -> int:
    """How many vectors are left of other models."""
    return session.scalar(select(func.count()).select_from(Embedding).where(Embedding.model_hash != model_hash)) or 0


def changed_since(model_hash: str, seen: int, stored: int = 0) -> Select[Any]:
    """The statements that changed, or whose vector did, after a number of the clock; with their vectors.

    A vector that was made by the number ``stored`` comes empty: it lies where it is needed already. The kind comes as
    the plain word that is stored: a start reads a hundred thousand of them.
    """
    vector = case((Embedding.changed <= stored, b""), else_=Embedding.vector) if stored else Embedding.vector
    query = select(
        StatementRow.id,
        type_coerce(StatementRow.kind, String).label("kind"),
        StatementRow.item_id,
        StatementRow.owners,
        StatementRow.language,
        StatementRow.text,
        StatementRow.gone,
        vector.label("vector"),
    ).outerjoin(
        Embedding,
        and_(
            Embedding.statement_id == StatementRow.id,
            Embedding.model_hash == model_hash,
            Embedding.text_hash == StatementRow.text_hash,
        ),
    )
    if not seen:
        return query.where(~StatementRow.gone)
    return query.where(
        or_(
            StatementRow.changed > seen,
            StatementRow.id.in_(
                select(Embedding.statement_id).where(Embedding.changed > seen, Embedding.model_hash == model_hash)
            ),
        )
    )
