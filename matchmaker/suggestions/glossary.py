"""The installation's glossary: the bundled one with what its managers changed in it.

A change moves the clock, so every worker reads its next query by it. The job ``vectors`` then compares how each text is
read now with how it was read for its vector, and makes anew only what differs; the space of the vectors stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload

from embeddings import Glossary
from embeddings.amending import Amendment, Entry, amended_entries, amended_glossary, bundled_entries, conflicts
from embeddings.amending import Conflict as Conflict
from embeddings.amending import Unusable as Unusable
from embeddings.amending import check as check
from matchmaker import jobs
from matchmaker.db import utcnow
from matchmaker.suggestions import indexing
from matchmaker.suggestions.models import GlossaryChange, IndexClock

#: Entries on a page.
PAGE = 50


@dataclass(frozen=True)
class Listed:
    """An entry as the page lists it."""

    entry: Entry
    #: The change that made it so; None for a bundled entry.
    change: GlossaryChange | None = None


@dataclass(frozen=True)
class Found:
    """One page of entries."""

    items: list[Listed]
    page: int
    pages: int
    total: int


# --- Reading ----------------------------------------------------------------------------------------------------------


def standing(session: Session) -> list[GlossaryChange]:
    """The changes that hold, in their order."""
    return list(
        session.scalars(select(GlossaryChange).where(GlossaryChange.undone_at.is_(None)).order_by(GlossaryChange.id))
    )


def load(session: Session) -> Glossary:
    """The glossary as it is now."""
    return amended_glossary([Amendment(entry_of(change), change.removed) for change in standing(session)])


def entry_of(change: GlossaryChange) -> Entry:
    """The entry that a change is about."""
    return Entry(
        change.language,
        change.source,
        change.english,
        change.german,
        change.swedish,
        frozenset(change.context.split()),
    )


def find(session: Session, words: str, language: str | None, own: bool, number: int) -> Found:
    """A page of the entries that hold these words: of one language ('' for acronyms), or only the own ones."""
    changes = standing(session)
    latest = {entry_of(change).key: change for change in changes}
    if own:
        # What was removed stands here too, so that it can be brought back.
        listed = [Listed(entry_of(change), change) for change in latest.values()]
    else:
        held = amended_entries(Amendment(entry_of(change), change.removed) for change in changes)
        listed = [Listed(entry, latest.get(entry.key)) for entry in held]
    wanted = words.casefold().split()
    if language is not None:
        listed = [one for one in listed if one.entry.language == language]
    listed = [one for one in listed if all(word in _words_of(one.entry) for word in wanted)]
    # An entry that begins with what was typed stands before one that merely holds it.
    listed.sort(key=lambda one: (not one.entry.source.casefold().startswith(words.casefold()), *_order(one.entry)))
    pages = max(1, ceil(len(listed) / PAGE))
    number = min(max(1, number), pages)
    return Found(listed[(number - 1) * PAGE : number * PAGE], number, pages, len(listed))


def _words_of(entry: Entry) -> str:
    return " ".join((entry.source, entry.english, entry.german, entry.swedish)).casefold()


def _order(entry: Entry) -> tuple[str, str, str]:
    return (entry.source.casefold(), entry.language, entry.english)


def entry(session: Session, language: str, source: str, english: str) -> Entry | None:
    """The entry that holds for a word, or for one meaning of an acronym."""
    key = Entry(language, source, english).key
    for change in reversed(standing(session)):
        if entry_of(change).key == key:
            return None if change.removed else entry_of(change)
    return next((one for one in bundled_entries() if one.key == key), None)


def conflicts_of(session: Session, made: Entry) -> list[Conflict]:
    """What an entry means for those that hold."""
    changes = standing(session)
    return conflicts(made, amended_entries(Amendment(entry_of(change), change.removed) for change in changes))


def history() -> Select[tuple[GlossaryChange]]:
    """Every change, the latest first."""
    return (
        select(GlossaryChange)
        .options(joinedload(GlossaryChange.made_by), joinedload(GlossaryChange.undone_by))
        .order_by(GlossaryChange.id.desc())
    )


# --- Changing ---------------------------------------------------------------------------------------------------------


def put(session: Session, made: Entry, *, user_id: int | None, instead_of: Entry | None = None) -> GlossaryChange:
    """Add an entry, or have it take the place of another. Raises Unusable."""
    check(made)
    if instead_of is not None and instead_of.key != made.key:
        _note(session, instead_of, removed=True, user_id=user_id)
    return _note(session, made, removed=False, user_id=user_id)


def remove(session: Session, gone: Entry, *, user_id: int | None) -> GlossaryChange:
    """Take an entry out of the glossary."""
    return _note(session, gone, removed=True, user_id=user_id)


def undo(session: Session, change: GlossaryChange, *, user_id: int | None) -> None:
    """Take a change back; what held before it holds again, and the change stays in the history."""
    if change.undone_at is None:
        change.undone_at = utcnow()
        change.undone_by_id = user_id
        _touched(session)


def _note(session: Session, about: Entry, *, removed: bool, user_id: int | None) -> GlossaryChange:
    change = GlossaryChange(
        language=about.language,
        source=about.source,
        english=about.english,
        german=about.german,
        swedish=about.swedish,
        context=" ".join(sorted(about.context)),
        removed=removed,
        made_by_id=user_id,
        made_at=utcnow(),
    )
    session.add(change)
    _touched(session)
    return change


def _touched(session: Session) -> None:
    session.flush()
    tick = indexing.next_tick(session)
    session.execute(update(IndexClock).values(glossary=tick))
    jobs.wake(session, "vectors")
