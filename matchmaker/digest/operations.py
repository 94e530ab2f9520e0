"""Writing a digest: the mail, and the note that it was written, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.digest import letters
from matchmaker.digest.models import NamedInDigest
from matchmaker.digest.queries import Contents, is_due
from matchmaker.mail.operations import enqueue
from matchmaker.notifications.models import DigestRhythm, Notification


def write(session: Session, user: User, found: Contents, *, now: datetime) -> bool:
    """Write a user's digest, unless somebody else has done so meanwhile or there is nothing to say."""
    rhythm = _locked_rhythm(session, user)
    if not is_due(rhythm.every, rhythm.written_at or user.created_at, rhythm.looked_at, now=now):
        return False
    rhythm.looked_at = now
    if not found:
        session.flush()
        return False
    rhythm.written_at = now
    for idea in found.ideas:
        for partner in idea.partners:
            session.add(NamedInDigest(user_id=user.id, need_id=idea.need.id, organisation_id=partner.id, named_at=now))
    for told in found.news:
        session.get_one(Notification, told.id).for_digest = False
    enqueue(session, to=user.email, **letters.digest(user, found))
    return True


def _locked_rhythm(session: Session, user: User) -> DigestRhythm:
    """The user's row, held until the transaction ends, so that of two writers one waits and then finds nothing due."""
    if session.get(DigestRhythm, user.id) is None:
        try:
            with session.begin_nested():
                session.add(DigestRhythm(user_id=user.id))
        except IntegrityError:
            # Somebody else was faster; theirs is read below.
            pass
    return session.get_one(DigestRhythm, user.id, with_for_update=True, populate_existing=True)
