"""Which things can be public, what each is called in addresses, and what belongs to it as a visitor finds it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.routing import BaseConverter

from matchmaker.clusters.models import Organisation
from matchmaker.items.queries import findable
from matchmaker.mail import absolute_url
from matchmaker.needs.models import Need
from matchmaker.permissions import VISITOR, NotPermitted, Visibility
from matchmaker.profiles.models import Competence, Evidence, Profile
from matchmaker.profiles.queries import competences_by, competences_of, evidence_of, profiles_of
from matchmaker.testfields.models import TestField

#: How much of one kind is described together with its organisation.
MOST = 200


class Form(StrEnum):
    """A form in which a thing is described for programs."""

    #: schema.org in JSON-LD.
    JSONLD = "jsonld"
    #: VIVO's ontologies in Turtle.
    TTL = "ttl"
    #: The CERIF profile of OpenAIRE in XML.
    XML = "xml"


TYPES = {
    Form.JSONLD: "application/ld+json",
    Form.TTL: "text/turtle",
    Form.XML: "application/xml",
}


class Ending(BaseConverter):
    """The end of an address that asks for a thing in another form: ``/needs/<public_id>.<linked:form>``."""

    regex = "jsonld|ttl|xml"

    def to_python(self, value: str) -> Form:
        return Form(value)


@dataclass(frozen=True)
class Kind:
    """A kind of thing with a page: its table, that page, and the forms it is had in."""

    model: type[Any]
    page: str
    forms: tuple[Form, ...] = tuple(Form)


KINDS = {
    "organisation": Kind(Organisation, "profiles.organisation"),
    "profile": Kind(Profile, "profiles.profile"),
    # CERIF has no word for what is offered or sought.
    "competence": Kind(Competence, "profiles.competence", (Form.JSONLD, Form.TTL)),
    "need": Kind(Need, "needs.show", (Form.JSONLD, Form.TTL)),
    "test_field": Kind(TestField, "testfields.show"),
    "evidence": Kind(Evidence, "profiles.evidence"),
}
#: What a thing of each table is called.
NAMES = {kind.model: name for name, kind in KINDS.items()}


def kind_of(thing: Any) -> str:
    """The name of a thing's kind."""
    return NAMES[type(thing)]


def page_of(thing: Any) -> str:
    """The address of the thing's page, which is also what it is called in all forms."""
    return absolute_url(KINDS[kind_of(thing)].page, public_id=thing.public_id)


def is_public(thing: Any) -> bool:
    """Whether everybody may read it."""
    return bool(thing.is_live and thing.visibility == Visibility.PUBLIC)


def public_or_refuse(session: Session, kind: str, public_id: str) -> Any:
    """The public thing of that kind and public id. Raises NotPermitted where there is none, whoever asks."""
    model = KINDS[kind].model
    found = session.scalar(select(model).where(model.public_id == public_id))
    if found is None or not is_public(found):
        raise NotPermitted(public_id)
    return found


def other_forms(thing: Any) -> list[tuple[str, str]]:
    """The addresses of a public thing's other forms with their media types; none for what is not public."""
    if not is_public(thing):
        return []
    kind = kind_of(thing)
    return [
        (url_for("opendata.form", kind=kind, public_id=thing.public_id, form=form), TYPES[form])
        for form in KINDS[kind].forms
    ]


def code_url(thing: Any) -> str:
    """The address of the QR code that leads to a public thing's page."""
    return url_for("opendata.code", kind=kind_of(thing), public_id=thing.public_id)


def competences(session: Session, owner: Organisation | Profile) -> list[Competence]:
    """What it can do, as a visitor finds it."""
    wanted = competences_by(owner, VISITOR) if isinstance(owner, Profile) else competences_of(owner, VISITOR)
    return list(session.scalars(wanted.limit(MOST)))


def records(session: Session, organisation: Organisation) -> list[Evidence]:
    """What it stands behind, as a visitor finds it."""
    return list(session.scalars(evidence_of(organisation, VISITOR).limit(MOST)))


def people(session: Session, organisation: Organisation) -> list[Profile]:
    """Its groups and people, as a visitor finds them."""
    return [one for one in profiles_of(session, organisation, VISITOR) if is_public(one)][:MOST]


def latest(model: type[Any]) -> Select[Any]:
    """Public items of a kind, the latest first."""
    return (
        select(model)
        .where(findable(model, VISITOR))
        .options(joinedload(model.organisation))
        .order_by(model.published_at.desc(), model.id.desc())
    )


def of(session: Session, model: type[Any], organisation: Organisation) -> list[Any]:
    """An organisation's needs or test fields, as a visitor finds them."""
    return list(session.scalars(latest(model).where(model.organisation_id == organisation.id).limit(MOST)))
