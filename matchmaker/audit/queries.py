"""Reads of the trail, and the check that nobody altered it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.audit.models import AuditChain, AuditEntry, Event
from matchmaker.audit.operations import digest_of

#: What the people of an organisation are not told: members never learn of a veto, nor who reported them.
MANAGERS_ONLY = (Event.VERDICT_GIVEN, Event.VERDICT_WITHDRAWN, Event.REPORTED, Event.REPORT_DECIDED)


@dataclass(frozen=True)
class Head:
    """The latest entry's number and digest: noted elsewhere, they show later whether the end was cut off."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


def head(session: Session) -> Head:
    """The end of the chain."""
    chain = session.scalar(select(AuditChain))
    return Head(chain.number, chain.digest) if chain else Head(0, "")


def faults(session: Session, *, expected: Head | None = None) -> Iterator[str]:
    """What does not fit in the chain, each fault naming the entry; nothing where all is as it was written."""
    chain = session.scalar(select(AuditChain))
    number, digest = (chain.dropped, chain.dropped_digest) if chain else (0, "")
    seen = {number: digest}
    query = select(AuditEntry).order_by(AuditEntry.number, AuditEntry.id).execution_options(yield_per=1000)
    for entry in session.scalars(query):
        if entry.number is None:
            yield _("row %(row)d: written without a place in the chain", row=entry.id)
            continue
        if entry.number != number + 1:
            yield (
                _("entry %(entry)d: taken out, with those up to %(last)d", entry=number + 1, last=entry.number - 1)
                if entry.number > number + 2
                else _("entry %(entry)d: taken out", entry=number + 1)
            )
        elif entry.previous != digest:
            yield _(
                "entry %(entry)d: does not follow entry %(before)d, one of them was replaced",
                entry=entry.number,
                before=number,
            )
        if digest_of(entry, number=entry.number, previous=entry.previous) != entry.digest:
            yield _("entry %(entry)d: altered", entry=entry.number)
        number, digest = entry.number, entry.digest
        if expected and number == expected.number:
            seen[number] = digest
    if chain and chain.number > number:
        yield _("entry %(entry)d: taken out, with all behind it up to %(last)d", entry=number + 1, last=chain.number)
    elif number and (not chain or (chain.number, chain.digest) != (number, digest)):
        yield _("entry %(entry)d: the chain's end does not name it as the latest", entry=number)
    if expected and expected.number and seen.get(expected.number) != expected.digest:
        yield _("entry %(entry)d: not the one that was noted", entry=expected.number)
