"""What the JSON resources of needs, competences, test fields, evidence and profiles have in common.

What a program sends goes through the very form that people fill in: the same cleaning, the same limits, the same words
where something is missing. A change names the version it was made on (``If-Match``), as the forms do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

from flask import Response, g, jsonify, make_response, request, url_for
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectMultipleField
from wtforms import Field as FormField

from matchmaker import api
from matchmaker.accounts.models import User
from matchmaker.db import EditConflict, db
from matchmaker.errors import answer
from matchmaker.items import operations, pages
from matchmaker.items.forms import (
    SHORT_TEXT_LENGTH,
    TEASER_LENGTH,
    TEXT_LENGTH,
    TITLE_LENGTH,
    EditForm,
    Listed,
    ManagersField,
)
from matchmaker.items.models import Field as FieldOfActivity
from matchmaker.items.models import ItemState, TeaserFact
from matchmaker.items.operations import NotADraft
from matchmaker.items.queries import get_or_refuse
from matchmaker.mail import absolute_url
from matchmaker.permissions import Permission, Visibility, require

SHORT, LONG = SHORT_TEXT_LENGTH, TEXT_LENGTH
#: What no row has for its number.
_NOBODY = "0"


# --- What comes in --------------------------------------------------------------------------------------------------


class ItemPath(BaseModel):
    """Names one thing."""

    public_id: str = Field(max_length=12, description="Its public id.")


class IfMatch(BaseModel):
    """On which version a change was made."""

    if_match: str | None = Field(
        None,
        alias="If-Match",
        max_length=200,
        description="The ETag of what you read. Without it: 428. Overtaken: 412.",
    )


class ItemChange(BaseModel):
    """What an owner says about it; what is left out of a change stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=TITLE_LENGTH)
    description: str = Field("", max_length=LONG, description="Plain text.")
    keywords: list[str] = Field(default_factory=list, max_length=12)
    fields: list[FieldOfActivity] = Field(default_factory=list, max_length=5, description="Fields of activity.")
    working_languages: list[str] = Field(default_factory=list, max_length=30, description="ISO 639-1.")
    language: str = Field("", max_length=2, description="ISO 639-1 of the text itself; told from the text if empty.")
    visibility: Visibility = Field(Visibility.PRIVATE, description="Who may read it once it is published.")
    teaser: str = Field("", max_length=TEASER_LENGTH, description="What others read while it is confidential.")
    teaser_facts: list[TeaserFact] = Field(default_factory=list, description="What stands beside the teaser.")
    for_managers: bool = Field(False, description="Whether every manager of your clusters may read it meanwhile.")
    trusted: list[str] = Field(
        default_factory=list, max_length=100, description="Public ids of managers who may read it meanwhile; see /me."
    )


# --- What goes out --------------------------------------------------------------------------------------------------


class Named(BaseModel):
    """Somebody or something with a name."""

    id: str = Field(description="Its public id.")
    name: str


class ItemAnswer(BaseModel):
    """What readers see of it. What only its own organisation may know is null for everybody else."""

    id: str = Field(description="Its public id.")
    page: str = Field(description="Its page.")
    organisation: Named
    yours: bool = Field(description="Whether your organisation stands behind it, so that you may change it.")
    state: Literal["draft", "published", "expired", "met", "withdrawn"]
    title: str
    description: str
    language: str
    keywords: list[str]
    fields: list[str]
    working_languages: list[str]
    source: str = Field(description="Where an imported text came from.")
    licence: str
    published_at: datetime | None
    expires_on: date | None
    created_at: datetime
    updated_at: datetime
    visibility: Visibility | None = Field(description="Who may read it; null unless it is yours.")


class TeasedAnswer(ItemAnswer):
    """An item that can be confidential and shown by a teaser."""

    teaser: str | None = Field(description="Null unless it is yours, as all that follows about the teaser.")
    teaser_facts: list[str] | None
    for_managers: bool | None
    trusted: list[Named] | None


#: What is null unless it is yours.
_OWN = frozenset({"visibility", "teaser", "teaser_facts", "for_managers", "trusted"})


def shown(
    form: type[BaseModel],
    item: Any,
    page: str,
    own: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
    **more: Any,
) -> dict[str, Any]:
    """An item as its readers see it: every field of an answer that is a column of the item, and what is given.

    What ``own`` gives is asked for, and shown, only where the viewer's organisation stands behind the item.
    """
    yours = item.organisation_id in g.viewer.organisation_ids
    values = {
        "id": item.public_id,
        "page": absolute_url(page, public_id=item.public_id),
        "organisation": named(item.organisation),
        "yours": yours,
        "state": getattr(item, "standing", str(item.state)),
        **{name: ask() if yours else None for name, ask in own.items()},
        **more,
    }
    for name in form.model_fields.keys() - values.keys():
        value = getattr(item, name) if yours or name not in _OWN else None
        values[name] = [named(one) for one in value] if name == "trusted" and value is not None else value
    return form(**values).model_dump(mode="json")


def named(thing: Any) -> Named | None:
    """A person, profile or organisation by id and name; None where there is none."""
    if thing is None:
        return None
    return Named(id=thing.public_id, name=thing.display_name if isinstance(thing, User) else thing.name)


#: How programs name the managers whom an owner trusts.
TRUSTED: Mapping[str, tuple[str, type[Any]]] = MappingProxyType({"trusted": ("trusted", User)})


# --- One kind of thing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Resource:
    """How programs read, write and move one kind of thing."""

    model: type[Any]
    #: The endpoint that reads one.
    endpoint: str
    #: Makes the form that people fill in, for the organisation that owns the thing.
    form: Callable[..., EditForm]
    #: A thing as its readers see it.
    shown: Callable[[Any], dict[str, Any]]
    #: Writes a new one: session, organisation, author, values.
    add: Callable[[Session, Any, User, dict[str, Any]], Any]
    edit: Callable[..., Any] = operations.edit
    publish: Callable[[Any], None] = operations.publish
    renew: Callable[[Any], None] = operations.renew
    withdraw: Callable[[Any], None] = operations.withdraw
    delete: Callable[[Session, Any], None] = operations.delete_draft
    #: Fields in which a program names rows by public id: the form's name of each, and the table.
    names: Mapping[str, tuple[str, type[Any]]] = field(default_factory=dict)

    def read(self, path: ItemPath) -> Response:
        """One that the viewer may read, with its version."""
        return self._answer(get_or_refuse(db.session, self.model, path.public_id, g.viewer))

    def create(self, body: BaseModel) -> Response:
        """A new draft of the organisation that the viewer acts for."""
        own = pages.acting_organisation(db.session)
        form, wrong = self._filled(own, None, body)
        if not form.validate() or wrong:
            return self._refused(form, wrong)
        made = self.add(db.session, own, db.session.get_one(User, g.viewer.user_id), form.values())
        db.session.commit()
        response = self._answer(made, 201)
        response.headers["Location"] = url_for(self.endpoint, public_id=made.public_id)
        return response

    def change(self, path: ItemPath, body: BaseModel) -> Response:
        """Set what is given on the version that the program read."""
        item = self._own(path)
        if refusal := overtaken(item):
            return refusal
        form, wrong = self._filled(item.organisation, item, body)
        form.publishing = pages.is_published(item)  # type: ignore[attr-defined]
        if not form.validate() or wrong:
            return self._refused(form, wrong)
        try:
            self.edit(db.session, item, version=item.version, values=form.values())
        except EditConflict:
            db.session.rollback()
            return make_response(*answer(412))
        db.session.commit()
        return self._answer(item)

    def published(self, path: ItemPath) -> Response:
        """Let others read it, where it says enough."""
        item = self._own(path)
        form = self.form(item.organisation, obj=item, formdata=None)
        if hasattr(form, "says_enough") and not form.says_enough():
            return self._refused(form, {})
        return self._moved(item, self.publish)

    def renewed(self, path: ItemPath) -> Response:
        """Start its term anew."""
        return self._moved(self._own(path), self.renew, among=(ItemState.PUBLISHED,))

    def withdrawn(self, path: ItemPath) -> Response:
        """Take it back from everybody else."""
        return self._moved(self._own(path), self.withdraw, among=(ItemState.PUBLISHED, ItemState.MET))

    def moved(self, path: ItemPath, move: Callable[[Any], None]) -> Response:
        """Another move of what is published."""
        return self._moved(self._own(path), move, among=(ItemState.PUBLISHED,))

    def deleted(self, path: ItemPath) -> Response:
        """Remove a draft for good."""
        try:
            self.delete(db.session, self._own(path))
        except NotADraft:
            return make_response(*answer(409, _("Only a draft can be deleted; withdraw this instead.")))
        db.session.commit()
        return make_response("", 204)

    def _own(self, path: ItemPath) -> Any:
        item = get_or_refuse(db.session, self.model, path.public_id, g.viewer)
        require(g.viewer, Permission.EDIT, item)
        return item

    def _moved(self, item: Any, move: Callable[[Any], None], among: tuple[ItemState, ...] = ()) -> Response:
        if among and item.state not in among:
            expected = " or ".join(str(state) for state in among)
            return make_response(
                *answer(
                    409, _("Expected it to be %(expected)s, found it %(state)s.", expected=expected, state=item.state)
                )
            )
        if refusal := overtaken(item, needed=False):
            return refusal
        move(item)
        db.session.commit()
        return self._answer(item)

    def _answer(self, item: Any, status: int = 200) -> Response:
        return with_version(item, self.shown(item), status)

    def _filled(self, own: Any, item: Any, body: BaseModel) -> tuple[EditForm, dict[str, str]]:
        """The form as a person would have filled it in, and what no person could have chosen in it."""
        form = filled_in(lambda **given: self.form(own, **given), item, body, self.names)
        # The page passes over who has ceased to be a manager; a program is told.
        wrong = {
            one.name: "expected managers of your clusters"
            for one in form
            if isinstance(one, ManagersField) and len(one.data or ()) < len(one.raw_data or ())
        }
        return form, wrong

    def _refused(self, form: EditForm, wrong: dict[str, str]) -> Response:
        theirs = {name: ours for ours, (name, _model) in self.names.items()}
        return api.invalid(**{theirs.get(name, name): said for name, said in {**form.errors, **wrong}.items()})


def with_version(item: Any, said: dict[str, Any], status: int = 200) -> Response:
    """The answer that shows a thing, with the version that a change must name."""
    response = make_response(jsonify(said), status)
    response.set_etag(_etag(item))
    return response


def overtaken(item: Any, *, needed: bool = True) -> Response | None:
    """The refusal of a change that names another version of a thing than there is, or none where one is needed."""
    if not request.if_match:
        return make_response(*answer(428)) if needed else None
    return None if _etag(item) in request.if_match else make_response(*answer(412))


def _etag(item: Any) -> str:
    return f"v{item.version}"


def filled_in(
    form: Callable[..., Any],
    stored: Any,
    body: BaseModel,
    names: Mapping[str, tuple[str, type[Any]]] = MappingProxyType({}),
    but: frozenset[str] = frozenset(),
) -> Any:
    """A form as a person would have filled it in who typed what a program sent over what is stored."""
    blank = form(obj=stored, formdata=None)
    values = {one.name: one.data for one in blank if one.name != "version"}
    given = body.model_dump(exclude_unset=True, exclude=set(but))
    for name, (theirs, model) in names.items():
        if name in given:
            given[theirs] = _numbers(model, given.pop(name))
    values |= {name: value for name, value in given.items() if name in blank}
    typed = MultiDict([(name, one) for name, value in values.items() for one in _typed(blank[name], value)])
    return form(obj=stored, formdata=typed, meta={"csrf": False})


def _numbers(model: type[Any], public_ids: Any) -> Any:
    """The numbers of rows that are named by public id: of one or of several; what is unknown gets one nobody has."""
    several = isinstance(public_ids, list)
    asked = public_ids if several else [public_ids or ""]
    found = {
        row.public_id: str(row.id)
        for row in db.session.execute(select(model.public_id, model.id).where(model.public_id.in_(asked)))
    }
    numbers = [found.get(one, _NOBODY) if one else "" for one in asked]
    return numbers if several else numbers[0]


def _typed(typed_into: FormField, value: Any) -> list[str]:
    """A value as a browser sends it."""
    if isinstance(typed_into, BooleanField):
        return ["y"] if value else []
    if isinstance(typed_into, SelectMultipleField):
        return [str(getattr(one, "id", one)) for one in value or ()]
    if isinstance(typed_into, Listed):
        return [typed_into.joiner.join(value or ())]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return ["" if value is None else str(value)]
