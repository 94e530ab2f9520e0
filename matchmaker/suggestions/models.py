"""Statements, their vectors, the clock that orders changes, and members' answers to suggestions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.db import Model, OneOf, PublicId, utcnow
from matchmaker.permissions import Visibility


class ItemKind(StrEnum):
    """What can be found."""

    COMPETENCE = "competence"
    NEED = "need"
    TEST_FIELD = "test_field"
    EVIDENCE = "evidence"
    ORGANISATION = "organisation"
    #: What others may know of a confidential need, competence or test field.
    TEASER = "teaser"


class Audience(StrEnum):
    """Whose index a statement's text may reach. A confidential full text has no statement: it is never searched for."""

    #: The full text of what is public or for members.
    READERS = "readers"
    #: The owner's teaser, for every member.
    TEASER = "teaser"


class IndexClock(Model):
    """One row: the number of the latest change to a statement.

    A transaction that changes statements takes the next number under a row lock, so numbers become visible in their
    order and a worker that has seen number n has seen everything before it, on SQLite and PostgreSQL alike.
    """

    __tablename__ = "index_clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
    #: Its value when the glossary last changed.
    glossary: Mapped[int] = mapped_column(default=0, server_default="0")


class StatementRow(Model):
    """One text that is matched: an item, or a part of a long one."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("kind", "item_id", "audience", "part"),
        Index("ix_statement_changed", "changed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ItemKind] = mapped_column(OneOf(ItemKind, 12))
    item_id: Mapped[int]
    audience: Mapped[Audience] = mapped_column(OneOf(Audience, 8), default=Audience.READERS)
    part: Mapped[int] = mapped_column(default=0)
    #: The organisation that registered the item; ``owners`` lists all that stand behind it.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    owners: Mapped[str] = mapped_column(Text, default="")
    visibility: Mapped[Visibility] = mapped_column(OneOf(Visibility, 10))
    language: Mapped[str] = mapped_column(String(2), default="")
    text: Mapped[str] = mapped_column(Text)
    #: SHA-256 of the text and its language, hexadecimal.
    text_hash: Mapped[str] = mapped_column(String(64))
    #: The clock's value when this row last changed.
    changed: Mapped[int]
    #: Whether the text is gone (withdrawn, deleted, replaced by fewer parts); the row stays so that indexes drop it.
    gone: Mapped[bool] = mapped_column(default=False)


class Embedding(Model):
    """A statement's vector under one model; a model switch builds its rows beside these and then swaps."""

    __tablename__ = "embedding"
    __table_args__ = (
        UniqueConstraint("statement_id", "model_hash"),
        Index("ix_embedding_text", "model_hash", "text_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id", ondelete="CASCADE"))
    model_hash: Mapped[str] = mapped_column(String(64), index=True)
    #: The hash of the text this vector was made from; differs from the statement's when stale.
    text_hash: Mapped[str] = mapped_column(String(64))
    #: How the text was read: the hash of what the glossary made of it, and the version of the glossary that was asked.
    reading: Mapped[str] = mapped_column(String(32), default="", server_default="")
    glossary: Mapped[str] = mapped_column(String(16), default="", server_default="")
    #: float32, little endian, unit length.
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    changed: Mapped[int] = mapped_column(index=True)


class SharedVectors(Model):
    """How far the vectors of one model have come into Milvus; a collection can be thrown away and filled anew."""

    __tablename__ = "shared_vectors"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: Counts how often it was begun anew. The collection is named after it, so that nothing old is ever in the new one.
    filling: Mapped[int] = mapped_column(default=1)
    #: The clock's value up to which the collection has everything; 0 before it was filled once.
    seen: Mapped[int] = mapped_column(default=0)

    @property
    def collection(self) -> str:
        """The collection's name in Milvus."""
        return f"statements_{self.model_hash[:12]}_{self.filling}"


class Standing(StrEnum):
    """Where a model stands in this installation."""

    #: Its vectors are being made beside those in use.
    BUILDING = "building"
    #: Searches go by it.
    ACTIVE = "active"
    #: Used before; as long as its vectors are kept one can go back at once.
    FORMER = "former"


class ModelUse(Model):
    """A model that somebody took into use. Without an active one the installation's setting decides."""

    __tablename__ = "model_use"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: By which it is loaded: a directory or a hub name; '' is the bundled one.
    name: Mapped[str] = mapped_column(String(500))
    #: The fingerprint it had then; files that changed since are refused.
    model_hash: Mapped[str] = mapped_column(String(64), unique=True)
    dimension: Mapped[int]
    standing: Mapped[Standing] = mapped_column(OneOf(Standing, 10))
    #: When it came to stand there.
    since: Mapped[datetime] = mapped_column(default=utcnow)


class GlossaryChange(PublicId, Model):
    """One entry that a manager added, changed or removed. Of an entry's changes the latest that stands counts."""

    __tablename__ = "glossary_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The language of a word; '' for an acronym.
    language: Mapped[str] = mapped_column(String(2))
    source: Mapped[str] = mapped_column(String(120))
    english: Mapped[str] = mapped_column(String(200))
    #: An acronym's long forms in German and Swedish, and the words that call for this meaning.
    german: Mapped[str] = mapped_column(String(200), default="")
    swedish: Mapped[str] = mapped_column(String(200), default="")
    context: Mapped[str] = mapped_column(String(500), default="")
    #: Whether the entry is taken out of the glossary.
    removed: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime] = mapped_column(default=utcnow)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    #: Set once, when somebody takes the change back.
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))

    made_by: Mapped[User | None] = relationship(foreign_keys=made_by_id)
    undone_by: Mapped[User | None] = relationship(foreign_keys=undone_by_id)


class Answer(StrEnum):
    """What a member says to a suggestion."""

    #: Worth coming back to: kept on the list of saved suggestions.
    SAVED = "saved"
    #: Hidden for some weeks.
    NOT_NOW = "not_now"
    #: Hidden for good.
    NEVER = "never"


class NeverReason(StrEnum):
    """Why a member never wants this suggestion."""

    KNOWN = "known"
    COMPETITOR = "competitor"
    OFF_TOPIC = "off_topic"
    WRONG_STAGE = "wrong_stage"
    TOO_FAR = "too_far"
    OTHER = "other"


class Objection(Model):
    """A person or an organisation does not want to be suggested to others. What they publish stays findable."""

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (organisation_id IS NULL)", name="of_one"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Feedback(Model):
    """An organisation's answer to one suggestion. The latest answer to a pair counts."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("organisation_id", "subject_kind", "subject_id", "object_kind", "object_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    #: What was looked from: a need, a competence or the organisation.
    subject_kind: Mapped[ItemKind] = mapped_column(OneOf(ItemKind, 12))
    subject_id: Mapped[int]
    #: What was suggested: an organisation, a test field or a need.
    object_kind: Mapped[ItemKind] = mapped_column(OneOf(ItemKind, 12))
    object_id: Mapped[int]
    answer: Mapped[Answer] = mapped_column(OneOf(Answer, 8))
    reason: Mapped[NeverReason | None] = mapped_column(OneOf(NeverReason, 12))
    comment: Mapped[str] = mapped_column(String(500), default="")
    #: The day a "not now" ends.
    until: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class LearnedOrder(Model):
    """What a cluster's decisions taught about the order of its suggestions. Weights and counts, no text and no name."""

    __tablename__ = "learned_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id", ondelete="CASCADE"), unique=True)
    #: Name of a score part → how much it counts.
    weights: Mapped[dict[str, Any]]
    #: Held-back decisions that it placed better, worse and alike than the default.
    better: Mapped[int]
    worse: Mapped[int]
    same: Mapped[int]
    #: Whether that convinces.
    adopted: Mapped[bool]
    #: Whether the cluster's managers want it used where it convinces.
    wanted: Mapped[bool] = mapped_column(default=True)
    learned_at: Mapped[datetime] = mapped_column(default=utcnow)
