"""Conversations as a JSON resource: reading and writing messages; files come and go on the pages."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify, make_response
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from matchmaker import api
from matchmaker.accounts.models import User
from matchmaker.conversations import operations, queries
from matchmaker.conversations.forms import LONGEST
from matchmaker.conversations.models import Message
from matchmaker.db import db
from matchmaker.errors import answer
from matchmaker.introductions.models import Side
from matchmaker.introductions.queries import own_or_refuse
from matchmaker.permissions import Permission, permits
from matchmaker.texts import clean_text

blueprint = api.blueprint("conversations")
_tag = Tag(name="introductions")


class Path(BaseModel):
    """Whose conversation."""

    public_id: str = Field(max_length=12, description="The introduction's public id.")


class MessageAnswer(BaseModel):
    """One message."""

    id: str
    yours: bool
    body: str
    answers: str | None = Field(description="The message it answers.")
    files: list[str] = Field(description="The names of its files.")
    created_at: str


class MessagesAnswer(BaseModel):
    """A conversation; each message is followed by its answers."""

    messages: list[MessageAnswer]


class WriteBody(BaseModel):
    """What to write."""

    model_config = ConfigDict(extra="forbid")

    body: str = Field("", max_length=LONGEST, description="Plain text; it must say something.")
    answers: str = Field("", max_length=12, description="The message it answers, if any.")


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
    introduction, side = own_or_refuse(db.session, path.public_id, g.viewer)
    text = clean_text(body.body)
    if not text:
        details: list[dict[str, Any]] = [{"where": "body", "what": "expected a text, found none"}]
        return make_response(*answer(422, "The input does not fit the schema.", details))
    answered = queries.message_or_refuse(db.session, introduction, body.answers) if body.answers else None
    user = db.session.get_one(User, g.viewer.user_id)
    try:
        made = operations.write(db.session, introduction, side, user, text, answers=answered)
    except operations.Closed:
        db.session.rollback()
        return make_response(*answer(409, "The introduction does not hold, so nobody can write."))
    db.session.commit()
    names = {answered.id: answered.public_id} if answered is not None else {}
    return make_response(jsonify(_as_json(made, side, names)), 201)


def _as_json(message: Message, side: Side, names: dict[int, str]) -> dict[str, Any]:
    return MessageAnswer(
        id=message.public_id,
        yours=message.side == side,
        body=message.body,
        answers=names.get(message.answers_id or 0),
        files=[file.name for file in message.files],
        created_at=message.created_at.isoformat(),
    ).model_dump()
