"""Conversations as a JSON resource: messages, the files that come with them, and a note of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from flask import Response, g, jsonify, make_response, request
from flask_babel import gettext as _
from flask_openapi3 import FileStorage, Tag
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from matchmaker import api
from matchmaker.conversations import files, operations, queries
from matchmaker.conversations.forms import LONGEST
from matchmaker.conversations.models import Message, MessageFile
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.introductions.api import Path, acting_user
from matchmaker.introductions.models import Side
from matchmaker.introductions.queries import get_or_refuse, own_or_refuse
from matchmaker.permissions import Permission, permits
from matchmaker.texts import clean_text
from matchmaker.uploads import takes_up_to

blueprint = api.blueprint("conversations")
_tag = Tag(name="introductions")


class FilePath(Path):
    """Which file."""

    file_id: str = Field(max_length=12, description="The file's public id.")


class FileAnswer(BaseModel):
    """A file that came with a message."""

    id: str
    name: str
    content_type: str
    size: int = Field(description="In bytes.")


class MessageAnswer(BaseModel):
    """One message."""

    id: str
    yours: bool
    body: str
    answers: str | None = Field(description="The message it answers.")
    files: list[FileAnswer]
    created_at: str


class MessagesAnswer(BaseModel):
    """A conversation; each message is followed by its answers."""

    messages: list[MessageAnswer]


class WriteBody(BaseModel):
    """What to write."""

    model_config = ConfigDict(extra="forbid")

    body: str = Field("", max_length=LONGEST, description="Plain text; it must say something.")
    answers: str = Field("", max_length=12, description="The message it answers, if any.")


def _as_typed(_read: Any, info: ValidationInfo) -> str:
    """A text of a form as it was typed, also where it could be read as JSON."""
    return request.form.get(info.field_name or "", "")


class SendForm(BaseModel):
    """What to write, and the files that go with it; a form as browsers send them (multipart/form-data)."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str, BeforeValidator(_as_typed)] = Field(
        "", max_length=LONGEST, description="Plain text; it must say something."
    )
    answers: Annotated[str, BeforeValidator(_as_typed)] = Field(
        "", max_length=12, description="The message it answers, if any."
    )
    files: list[FileStorage] = Field(
        default_factory=list,
        description=f"One to {files.MOST} files of up to {files.LARGEST // 1_000_000} MB: {files.ALLOWED}. "
        "What a file is, its content tells.",
    )


class NoteBody(BaseModel):
    """A note of your own."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(max_length=LONGEST, description="Plain text; an empty one takes the note away.")


@blueprint.get(
    "/introductions/<public_id>/messages", summary="Read messages", tags=[_tag], responses={200: MessagesAnswer}
)
@permits(Permission.INTRODUCTION)
def read(path: Path) -> Response:
    """Everything two sides wrote to each other."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    messages = queries.messages_of(db.session, introduction)
    names = {message.id: message.public_id for message in messages}
    return jsonify(messages=[_as_json(message, side, names) for message in messages])


@blueprint.post(
    "/introductions/<public_id>/messages", summary="Write a message", tags=[_tag], responses={201: MessageAnswer}
)
@permits(Permission.INTRODUCTION)
def write(path: Path, body: WriteBody) -> Response:
    """Write to the other side, which is told."""
    return _written(path, body.body, body.answers)


@blueprint.post("/introductions/<public_id>/files", summary="Send files", tags=[_tag], responses={201: MessageAnswer})
@takes_up_to(files.LARGEST_FORM)
@permits(Permission.INTRODUCTION)
def send(path: Path, form: SendForm) -> Response:
    """Write to the other side and send files along; all of it arrives or nothing does."""
    return _written(path, form.body, form.answers, form.files)


def _written(path: Path, body: str, answers: str, sent: Sequence[FileStorage] | None = None) -> Response:
    """The answer to a message; ``sent`` are the files that come with it, None where none can."""
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    text = clean_text(body)
    if not text:
        return api.invalid(body=_("expected a text, found none"))
    if sent is not None and not sent:
        return api.invalid(files=_("expected a file or more, found none"))
    answered = queries.message_or_refuse(db.session, introduction, answers) if answers else None
    try:
        made = operations.write(
            db.session,
            introduction,
            side,
            acting_user(),
            text,
            answers=answered,
            files=[files.check(one.filename or "", one.read()) for one in sent or ()],
        )
    except files.FileRefused as error:
        return api.invalid(
            files=_(
                "expected one of %(allowed)s of at most 5 MB, found “%(found)s”",
                allowed=files.ALLOWED,
                found=error.args[0],
            )
        )
    except operations.TooManyFiles:
        db.session.rollback()
        return api.invalid(
            files=_("expected at most %(most)s files, found %(found)s", most=files.MOST, found=len(sent or ()))
        )
    except operations.Closed:
        db.session.rollback()
        return make_response(*answer(409, _("The introduction does not hold, so nobody can write.")))
    db.session.commit()
    names = {answered.id: answered.public_id} if answered is not None else {}
    return make_response(jsonify(_as_json(made, side, names)), 201)


@blueprint.get(
    "/introductions/<public_id>/files/<file_id>",
    summary="Download a file", tags=[_tag], responses={200: {"content": {"application/octet-stream": {}}}},
)  # fmt: skip
@permits(Permission.INTRODUCTION)
def download(path: FilePath) -> Response:
    """A file that came with a message, as it was sent; its type is the one the message names."""
    introduction = get_or_refuse(db.session, path.public_id, g.viewer)
    return files.attachment(queries.file_or_refuse(db.session, introduction, path.file_id))


@blueprint.get("/introductions/<public_id>/note", summary="Read your note", tags=[_tag], responses={200: NoteBody})
@permits(Permission.INTRODUCTION)
def read_note(path: Path) -> Response:
    """What you noted about an introduction; nobody else reads it, not even in your organisation."""
    introduction = get_or_refuse(db.session, path.public_id, g.viewer)
    return jsonify(note=queries.note_of(db.session, introduction.id, g.viewer.user_id))


@blueprint.put("/introductions/<public_id>/note", summary="Keep a note", tags=[_tag], responses={200: NoteBody})
@permits(Permission.INTRODUCTION)
def keep_note(path: Path, body: NoteBody) -> Response:
    """Keep a note that only you read, in place of the one before."""
    introduction = get_or_refuse(db.session, path.public_id, g.viewer)
    operations.keep_note(db.session, introduction, acting_user(), clean_text(body.note))
    db.session.commit()
    return jsonify(note=queries.note_of(db.session, introduction.id, g.viewer.user_id))


def _as_json(message: Message, side: Side, names: dict[int, str]) -> dict[str, Any]:
    return MessageAnswer(
        id=message.public_id,
        yours=message.side == side,
        body=message.body,
        answers=names.get(message.answers_id or 0),
        files=[_file_as_json(file) for file in message.files],
        created_at=message.created_at.isoformat(),
    ).model_dump()


def _file_as_json(file: MessageFile) -> FileAnswer:
    return FileAnswer(id=file.public_id, name=file.name, content_type=file.content_type, size=file.size)
