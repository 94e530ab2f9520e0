"""Messages, their files, how far somebody has read, and private notes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from matchmaker.accounts.models import User
from matchmaker.db import Model, OneOf, PublicId, utcnow
from matchmaker.introductions.models import Introduction, Side


class Message(PublicId, Model):
    """What one side wrote. It is never changed."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), index=True)
    side: Mapped[Side] = mapped_column(OneOf(Side, 5))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    #: The message it answers.
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"), index=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    introduction: Mapped[Introduction] = relationship()
    user: Mapped[User | None] = relationship()
    files: Mapped[list[MessageFile]] = relationship(
        back_populates="message", cascade="all, delete-orphan", passive_deletes=True, order_by="MessageFile.id"
    )


class MessageFile(PublicId, Model):
    """A file that came with a message. It lies in the database, so that it comes and goes with its message."""

    __tablename__ = "message_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), index=True)
    #: As its sender called it; on our side only the random public id names it.
    name: Mapped[str] = mapped_column(String(120))
    #: What its content is, not what its sender said it is.
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))

    message: Mapped[Message] = relationship(back_populates="files")


class ReadMark(Model):
    """How far somebody has read a conversation."""

    __tablename__ = "read_mark"

    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime] = mapped_column(default=utcnow)


class PrivateNote(Model):
    """What somebody keeps about an introduction; nobody else reads it, colleagues included."""

    __tablename__ = "private_note"

    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
