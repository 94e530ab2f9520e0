"""Organisations, profiles, competences and evidence as JSON resources."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response, g, jsonify, make_response, url_for
from flask_babel import gettext as _
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from matchmaker import api
from matchmaker.accounts.models import User
from matchmaker.clusters import operations as clusters
from matchmaker.clusters.forms import OrganisationForm
from matchmaker.clusters.models import Field as FieldOfActivity
from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.clusters.queries import Likeness, look_alikes
from matchmaker.clusters.queries import clusters as all_clusters
from matchmaker.clusters.queries import organisation_or_refuse as own_organisation_or_refuse
from matchmaker.db import EditConflict, db
from matchmaker.errors import answer
from matchmaker.items import operations as items
from matchmaker.items.models import Cooperation, IprStatus, ItemState, Stage
from matchmaker.items.queries import get_or_refuse, visible_to_others
from matchmaker.items.resources import (
    LONG,
    SHORT,
    TRUSTED,
    IfMatch,
    ItemAnswer,
    ItemChange,
    ItemPath,
    Named,
    Resource,
    TeasedAnswer,
    filled_in,
    named,
    overtaken,
    shown,
    with_version,
)
from matchmaker.mail import absolute_url
from matchmaker.paging import Order, walk
from matchmaker.permissions import Permission, Visibility, allows, permits, require
from matchmaker.profiles import operations, queries, views
from matchmaker.profiles.models import Competence, Evidence, EvidenceKind, Profile, ProfileKind

blueprint = api.blueprint("profiles")


# --- Organisations --------------------------------------------------------------------------------------------------

_organisations = Tag(name="organisations", description="Who is here.")
_BONE = {
    "name": "Knochenwerk GmbH",
    "type": "sme",
    "country": "DE",
    "region": "Hamburg",
    "city": "Hamburg",
    "website": "https://knochenwerk.example.org",
    "headline": "Living bone from a printer.",
    "fields": ["materials"],
}


class OrganisationChange(BaseModel):
    """What to change about an organisation; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"headline": _BONE["headline"]}})

    name: str = Field("", max_length=200)
    type: OrganisationType | None = None
    country: str = Field("", max_length=2, description="ISO 3166-1, upper case.")
    region: str = Field("", max_length=120)
    city: str = Field("", max_length=120)
    website: str = Field("", max_length=300)
    ror: str = Field("", max_length=60, description="Its id in the Research Organization Registry.")
    employees: int | None = Field(None, ge=0, le=3_000_000)
    headline: str = Field("", max_length=200, description="In one sentence.")
    about: str = Field("", max_length=LONG)
    fields: list[FieldOfActivity] = Field(default_factory=list, max_length=6, description="Fields of activity.")


class OrganisationBody(OrganisationChange):
    """A new organisation; whoever creates it looks after it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _BONE})

    name: str = Field(min_length=1, max_length=200)
    type: OrganisationType
    country: str = Field(min_length=2, max_length=2, description="ISO 3166-1, upper case.")
    cluster: str = Field(
        "", max_length=12, description="Public id of its cluster, where there are several; see /clusters."
    )
    not_the_same: bool = Field(False, description="Send true once you know that no similar one is this one.")


class OrganisationAnswer(BaseModel):
    """An organisation as everybody sees it."""

    id: str = Field(description="Its public id.")
    page: str = Field(description="Its page.")
    yours: bool = Field(description="Whether you act for it.")
    name: str
    type: OrganisationType
    sector: str
    sme: bool
    country: str
    region: str
    city: str
    website: str
    ror: str
    employees: int | None
    headline: str
    about: str
    language: str
    fields: list[str]
    clusters: list[Named]
    source: str = Field(description="Where an imported record came from.")
    licence: str
    created_at: datetime
    updated_at: datetime


def organisation_as_json(one: Organisation) -> dict[str, Any]:
    """An organisation as everybody sees it."""
    special = {
        "id": one.public_id,
        "page": absolute_url("profiles.organisation", public_id=one.public_id),
        "yours": one.id in g.viewer.organisation_ids,
        "sme": one.is_sme,
        "clusters": [Named(id=m.cluster.public_id, name=m.cluster.name) for m in one.cluster_memberships],
    }
    columns = {name: getattr(one, name) for name in OrganisationAnswer.model_fields.keys() - special.keys()}
    return OrganisationAnswer(**special, **columns).model_dump(mode="json")


class ClustersAnswer(BaseModel):
    """The clusters of this installation."""

    items: list[Named]


@blueprint.get("/clusters", summary="List clusters", tags=[_organisations], responses={200: ClustersAnswer})
@permits(Permission.ACCOUNT)
def list_clusters() -> Response:
    """The clusters that a new organisation can belong to."""
    return jsonify(items=[named(one).model_dump() for one in all_clusters(db.session)])


@blueprint.get(
    "/organisations/<public_id>",
    summary="Read an organisation",
    tags=[_organisations],
    responses={200: OrganisationAnswer},
)
@permits(Permission.ACCOUNT)
def organisation(path: ItemPath) -> Response:
    """What an organisation says about itself."""
    found = queries.organisation_or_refuse(db.session, path.public_id)
    return with_version(found, organisation_as_json(found))


@blueprint.post(
    "/organisations", summary="Create an organisation", tags=[_organisations], responses={201: OrganisationAnswer}
)
@permits(Permission.ACCOUNT)
def create_organisation(body: OrganisationBody) -> Response:
    """Create an organisation; where a similar one is here already, that one is named instead (409)."""
    offered = all_clusters(db.session)
    form = filled_in(
        lambda **given: OrganisationForm(clusters=offered, **given), None, body, but=frozenset({"not_the_same"})
    )
    if not form.validate():
        return api.invalid(**form.errors)
    alike = look_alikes(db.session, name=form.facts.name, ror=form.facts.ror, website=form.facts.website)
    if alike and (not body.not_the_same or any(likeness is Likeness.ROR for _one, likeness in alike)):
        details = [{"where": likeness.value, "what": one.name, "id": one.public_id} for one, likeness in alike]
        return make_response(*answer(409, _("A similar organisation is here already."), details))
    user = db.session.get_one(User, g.viewer.user_id)
    made = clusters.create_organisation(db.session, user, form.facts, form.chosen(offered))
    db.session.commit()
    response = with_version(made, organisation_as_json(made), 201)
    response.headers["Location"] = url_for("api_profiles.organisation", public_id=made.public_id)
    return response


@blueprint.patch(
    "/organisations/<public_id>",
    summary="Change an organisation",
    tags=[_organisations],
    responses={200: OrganisationAnswer},
)
@permits(Permission.ORGANISATION_ADMIN)
def change_organisation(path: ItemPath, header: IfMatch, body: OrganisationChange) -> Response:
    """Change what your organisation says about itself."""
    own = own_organisation_or_refuse(db.session, path.public_id, g.viewer, Permission.ORGANISATION_ADMIN)
    if refusal := overtaken(own):
        return refusal
    form = filled_in(OrganisationForm, own, body)
    if not form.validate():
        return api.invalid(**form.errors)
    if form.facts.ror and look_alikes(db.session, name="", ror=form.facts.ror, website="", besides=own.id):
        return make_response(*answer(409, _("Another organisation has this ROR id already.")))
    try:
        clusters.edit_organisation(own, form.facts, version=own.version)
        db.session.flush()
    except EditConflict:
        db.session.rollback()
        return make_response(*answer(412))
    db.session.commit()
    return with_version(own, organisation_as_json(own))


# --- Competences ----------------------------------------------------------------------------------------------------

_competences = Tag(name="competences", description="What members can do, and what backs it.")
_PHAGES = {
    "title": "Bacteriophage cocktails against biofilm on implants",
    "description": "We isolate lytic bacteriophages and test them on biofilm grown on titanium, under flow.",
    "advantages": "Clears what antibiotics leave behind.",
    "stage": "lab_tested",
    "trl": 4,
    "cooperation": ["research_cooperation", "licence"],
    "visibility": "public",
}


class CompetenceChange(ItemChange):
    """What to change about a competence."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"trl": 5}})

    advantages: str = Field("", max_length=SHORT, description="What becomes better for the other side.")
    profile: str | None = Field(None, max_length=12, description="Public id of the group or person who can do it.")
    stage: Stage | None = None
    trl: int | None = Field(None, ge=1, le=9)
    ipr_status: IprStatus | None = None
    cooperation: list[Cooperation] = Field(default_factory=list)
    partners_sought: list[OrganisationType] = Field(default_factory=list)


class CompetenceBody(CompetenceChange):
    """A new competence."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _PHAGES})

    title: str = Field(min_length=1, max_length=120)


class CompetenceAnswer(TeasedAnswer):
    """A competence as its readers see it."""

    advantages: str
    profile: Named | None = Field(description="The group or person who can do it, where you may read that profile.")
    stage: Stage | None
    trl: int | None
    ipr_status: IprStatus | None
    cooperation: list[str]
    partners_sought: list[str]
    evidence: list[Named] = Field(description="The records behind it that you may read, by title.")


def competence_as_json(competence: Competence) -> dict[str, Any]:
    """A competence as its readers see it."""
    profile = competence.profile if allows(g.viewer, Permission.READ, competence.profile) else None
    evidence = queries.readable_evidence(competence, g.viewer)
    return shown(
        CompetenceAnswer,
        competence,
        "profiles.competence",
        profile=named(profile),
        evidence=[Named(id=one.public_id, name=one.title) for one in evidence],
    )


competences = Resource(
    Competence,
    "api_profiles.competence",
    form=views.competence_form,
    shown=competence_as_json,
    add=operations.add_competence,
    names={**TRUSTED, "profile": ("profile_id", Profile)},
)


class RecordBody(BaseModel):
    """Which record backs it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"evidence": "b3c8n5r2vyhd"}})

    evidence: str = Field("", max_length=12, description="The record's public id.")


class RecordPath(ItemPath):
    """Names a record behind a competence."""

    evidence_id: str = Field(max_length=12, description="The record's public id.")


@blueprint.post("/competences", summary="Register a competence", tags=[_competences], responses={201: CompetenceAnswer})
@permits(Permission.CONTRIBUTE)
def create_competence(body: CompetenceBody) -> Response:
    """Register a competence of your organisation, as a draft."""
    return competences.create(body)


@blueprint.get(
    "/competences/<public_id>", summary="Read a competence", tags=[_competences], responses={200: CompetenceAnswer}
)
@permits(Permission.READ)
def competence(path: ItemPath) -> Response:
    """One competence that you may read."""
    return competences.read(path)


@blueprint.patch(
    "/competences/<public_id>", summary="Change a competence", tags=[_competences], responses={200: CompetenceAnswer}
)
@permits(Permission.EDIT)
def change_competence(path: ItemPath, header: IfMatch, body: CompetenceChange) -> Response:
    """Change what is given; the rest stays."""
    return competences.change(path, body)


@blueprint.delete("/competences/<public_id>", summary="Delete a draft", tags=[_competences], responses={204: None})
@permits(Permission.EDIT)
def delete_competence(path: ItemPath) -> Response:
    """Remove a draft for good; what was published is withdrawn instead."""
    return competences.deleted(path)


@blueprint.post(
    "/competences/<public_id>/publish",
    summary="Publish a competence",
    tags=[_competences],
    responses={200: CompetenceAnswer},
)
@permits(Permission.EDIT)
def publish_competence(path: ItemPath, header: IfMatch) -> Response:
    """Let others read it within its visibility, where it says enough."""
    return competences.published(path)


@blueprint.post(
    "/competences/<public_id>/renew", summary="Start its year anew", tags=[_competences],
    responses={200: CompetenceAnswer},
)  # fmt: skip
@permits(Permission.EDIT)
def renew_competence(path: ItemPath, header: IfMatch) -> Response:
    """Keep it published for another year."""
    return competences.renewed(path)


@blueprint.post(
    "/competences/<public_id>/withdraw",
    summary="Withdraw a competence",
    tags=[_competences],
    responses={200: CompetenceAnswer},
)
@permits(Permission.EDIT)
def withdraw_competence(path: ItemPath, header: IfMatch) -> Response:
    """Only your organisation sees it from then on."""
    return competences.withdrawn(path)


@blueprint.post(
    "/competences/<public_id>/evidence", summary="Back it with a record", tags=[_competences],
    responses={200: CompetenceAnswer},
)  # fmt: skip
@permits(Permission.EDIT)
def attach(path: ItemPath, body: RecordBody) -> Response:
    """Let a record that your organisation stands behind back this competence."""
    own = _own_competence(path)
    record = get_or_refuse(db.session, Evidence, body.evidence, g.viewer)
    if record not in own.evidence and record not in queries.attachable_evidence(db.session, own):
        return api.invalid(evidence=_("expected a record that your organisation stands behind"))
    operations.attach(db.session, own, record)
    db.session.commit()
    return competences.read(path)


@blueprint.delete(
    "/competences/<public_id>/evidence/<evidence_id>", summary="Take a record away", tags=[_competences],
    responses={204: None},
)  # fmt: skip
@permits(Permission.EDIT)
def detach(path: RecordPath) -> Response:
    """The record no longer backs this competence; it is still registered."""
    own = _own_competence(path)
    operations.detach(db.session, own, queries.backing_or_refuse(own, path.evidence_id))
    db.session.commit()
    return make_response("", 204)


def _own_competence(path: ItemPath) -> Competence:
    own = get_or_refuse(db.session, Competence, path.public_id, g.viewer)
    require(g.viewer, Permission.EDIT, own)
    return own


# --- Evidence -------------------------------------------------------------------------------------------------------

_evidence = Tag(name="evidence", description="Publications, projects, patents and licences that back a competence.")
_PAPER = {
    "kind": "publication",
    "title": "Phages clear biofilm on titanium under flow",
    "identifier": "10.1000/xyz123",
    "year": 2025,
    "visibility": "public",
}


class EvidenceChange(BaseModel):
    """What to change about a record; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"year": 2026}})

    kind: EvidenceKind | None = None
    title: str = Field("", max_length=200)
    description: str = Field("", max_length=LONG)
    identifier: str = Field("", max_length=120, description="DOI, PMID, patent or grant number.")
    url: str = Field("", max_length=300, description="Where the record can be read.")
    year: int | None = Field(None, ge=1900, le=2200)
    backs: list[str] = Field(default_factory=list, max_length=200, description="Public ids of your competences.")
    language: str = Field("", max_length=2, description="ISO 639-1 of the text itself; told from the text if empty.")
    visibility: Visibility = Field(Visibility.PRIVATE, description="Public, members or private; it has no teaser.")


class EvidenceBody(EvidenceChange):
    """A new record."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _PAPER})

    kind: EvidenceKind
    title: str = Field(min_length=1, max_length=200)


class EvidenceAnswer(ItemAnswer):
    """A record as its readers see it."""

    kind: EvidenceKind
    identifier: str
    url: str
    link: str = Field(description="Where it can be read: its web address, or what its DOI resolves to.")
    year: int | None
    organisations: list[Named] = Field(description="Everybody who stands behind it.")
    backs: list[Named] = Field(description="The competences it backs that you may find, by title.")


def evidence_as_json(record: Evidence) -> dict[str, Any]:
    """A record as its readers see it."""
    backed = queries.backed_competences(db.session, record, g.viewer)
    return shown(
        EvidenceAnswer,
        record,
        "profiles.evidence",
        organisations=[named(one) for one in record.organisations],
        backs=[Named(id=one.public_id, name=one.title) for one in backed],
    )


def _ticked(session: Session, organisation_id: int, values: dict[str, Any]) -> list[Competence]:
    numbers = values.pop("backs")
    return [one for one in queries.own_competences(session, organisation_id) if one.id in numbers]


def _add_evidence(session: Session, own: Organisation, author: User, values: dict[str, Any]) -> Evidence:
    ticked = _ticked(session, own.id, values)
    return operations.add_evidence(session, own, author, values, ticked)


def _edit_evidence(session: Session, record: Evidence, *, version: int, values: dict[str, Any]) -> None:
    ticked = _ticked(session, record.organisation_id, values)
    operations.edit_evidence(session, record, version=version, values=values, competences=ticked)


evidence = Resource(
    Evidence,
    "api_profiles.record",
    form=lambda own, **given: views.evidence_form(own, **given)[0],
    shown=evidence_as_json,
    add=_add_evidence,
    edit=_edit_evidence,
    names={"backs": ("backs", Competence)},
)


@blueprint.post("/evidence", summary="Register a record", tags=[_evidence], responses={201: EvidenceAnswer})
@permits(Permission.CONTRIBUTE)
def create_record(body: EvidenceBody) -> Response:
    """Register a record of your organisation, as a draft."""
    return evidence.create(body)


@blueprint.get("/evidence/<public_id>", summary="Read a record", tags=[_evidence], responses={200: EvidenceAnswer})
@permits(Permission.READ)
def record(path: ItemPath) -> Response:
    """One record that you may read."""
    return evidence.read(path)


@blueprint.patch("/evidence/<public_id>", summary="Change a record", tags=[_evidence], responses={200: EvidenceAnswer})
@permits(Permission.EDIT)
def change_record(path: ItemPath, header: IfMatch, body: EvidenceChange) -> Response:
    """Change what is given; the rest stays."""
    return evidence.change(path, body)


@blueprint.delete("/evidence/<public_id>", summary="Delete a draft", tags=[_evidence], responses={204: None})
@permits(Permission.EDIT)
def delete_record(path: ItemPath) -> Response:
    """Remove a draft for good; what was published is withdrawn instead."""
    return evidence.deleted(path)


@blueprint.post(
    "/evidence/<public_id>/publish", summary="Publish a record", tags=[_evidence], responses={200: EvidenceAnswer}
)
@permits(Permission.EDIT)
def publish_record(path: ItemPath, header: IfMatch) -> Response:
    """Let others read it within its visibility."""
    return evidence.published(path)


@blueprint.post(
    "/evidence/<public_id>/renew", summary="Start its year anew", tags=[_evidence], responses={200: EvidenceAnswer}
)
@permits(Permission.EDIT)
def renew_record(path: ItemPath, header: IfMatch) -> Response:
    """Keep it published for another year."""
    return evidence.renewed(path)


@blueprint.post(
    "/evidence/<public_id>/withdraw", summary="Withdraw a record", tags=[_evidence], responses={200: EvidenceAnswer}
)
@permits(Permission.EDIT)
def withdraw_record(path: ItemPath, header: IfMatch) -> Response:
    """Only your organisation sees it from then on."""
    return evidence.withdrawn(path)


# --- Profiles -------------------------------------------------------------------------------------------------------

_profiles = Tag(name="profiles", description="Research groups and people inside an organisation.")
_GROUP = {
    "kind": "group",
    "name": "Phage therapy group",
    "headline": "Phages for infected implants.",
    "working_languages": ["de", "en"],
    "visibility": "public",
}


class ProfileChange(BaseModel):
    """What to change about a profile; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"headline": _GROUP["headline"]}})

    kind: ProfileKind | None = None
    name: str = Field("", max_length=160)
    headline: str = Field("", max_length=200)
    about: str = Field("", max_length=LONG)
    orcid: str = Field("", max_length=60)
    website: str = Field("", max_length=300)
    working_languages: list[str] = Field(default_factory=list, max_length=30, description="ISO 639-1.")
    language: str = Field("", max_length=2, description="ISO 639-1 of the text itself; told from the text if empty.")
    is_me: bool = Field(False, description="Whether it is your own; only for a person.")
    visibility: Visibility = Field(Visibility.PRIVATE, description="Public, members or private; it has no teaser.")


class ProfileBody(ProfileChange):
    """A new profile."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _GROUP})

    kind: ProfileKind
    name: str = Field(min_length=1, max_length=160)


class ProfileAnswer(BaseModel):
    """A profile as its readers see it."""

    id: str = Field(description="Its public id.")
    page: str = Field(description="Its page.")
    organisation: Named
    yours: bool = Field(description="Whether it is your organisation's, so that you may change it.")
    state: Literal["draft", "published", "met", "withdrawn"]
    kind: ProfileKind
    name: str
    headline: str
    about: str
    orcid: str
    website: str
    working_languages: list[str]
    language: str
    is_me: bool = Field(description="Whether it is your own.")
    created_at: datetime
    updated_at: datetime
    visibility: Visibility | None = Field(description="Who may read it; null unless it is yours.")


class ProfilesQuery(api.PieceQuery):
    """Which profiles."""

    organisation: str | None = Field(None, max_length=12, description="Only those of this organisation.")
    mine: bool = Field(False, description="Only your organisation's, drafts included.")
    kind: ProfileKind | None = None


class ProfilesAnswer(api.PieceAnswer):
    """A piece of the list, by name."""

    items: list[ProfileAnswer]


def profile_as_json(one: Profile) -> dict[str, Any]:
    """A profile as its readers see it."""
    return shown(ProfileAnswer, one, "profiles.profile", is_me=one.user_id == g.viewer.user_id)


def _add_profile(session: Session, own: Organisation, _author: User, values: dict[str, Any]) -> Profile:
    views.set_user(values)
    return operations.add_profile(session, own, values)


def _edit_profile(session: Session, edited: Profile, *, version: int, values: dict[str, Any]) -> None:
    views.set_user(values, edited)
    items.edit(session, edited, version=version, values=values)


profiles = Resource(
    Profile,
    "api_profiles.profile",
    form=lambda _own, **given: views.profile_form(**given),
    shown=profile_as_json,
    add=_add_profile,
    edit=_edit_profile,
    publish=operations.publish_profile,
    withdraw=operations.withdraw_profile,
    delete=operations.delete_profile,
)


@blueprint.get("/profiles", summary="List profiles", tags=[_profiles], responses={200: ProfilesAnswer})
@permits(Permission.ACCOUNT)
def list_profiles(query: ProfilesQuery) -> Response:
    """Profiles of groups and people that you may read, by name."""
    mine = Profile.organisation_id.in_(g.viewer.organisation_ids)
    others = and_(Profile.state == ItemState.PUBLISHED, visible_to_others(Profile, g.viewer))
    wanted = select(Profile).where(mine if query.mine else or_(mine, others))
    if query.organisation is not None:
        wanted = wanted.join(Profile.organisation).where(Organisation.public_id == query.organisation)
    if query.kind is not None:
        wanted = wanted.where(Profile.kind == query.kind)
    piece = walk(db.session, wanted, Profile, Order(func.lower(Profile.name)), after=query.cursor, limit=query.limit)
    return jsonify(piece.in_json([profile_as_json(one) for one in piece.items]))


@blueprint.post("/profiles", summary="Write a profile", tags=[_profiles], responses={201: ProfileAnswer})
@permits(Permission.CONTRIBUTE)
def create_profile(body: ProfileBody) -> Response:
    """Write a profile of a group or a person in your organisation, as a draft."""
    return profiles.create(body)


@blueprint.get("/profiles/<public_id>", summary="Read a profile", tags=[_profiles], responses={200: ProfileAnswer})
@permits(Permission.READ)
def profile(path: ItemPath) -> Response:
    """One profile that you may read."""
    return profiles.read(path)


@blueprint.patch("/profiles/<public_id>", summary="Change a profile", tags=[_profiles], responses={200: ProfileAnswer})
@permits(Permission.EDIT)
def change_profile(path: ItemPath, header: IfMatch, body: ProfileChange) -> Response:
    """Change what is given; the rest stays."""
    return profiles.change(path, body)


@blueprint.delete("/profiles/<public_id>", summary="Delete a draft", tags=[_profiles], responses={204: None})
@permits(Permission.EDIT)
def delete_profile(path: ItemPath) -> Response:
    """Remove a profile that was never shown."""
    return profiles.deleted(path)


@blueprint.post(
    "/profiles/<public_id>/publish", summary="Publish a profile", tags=[_profiles], responses={200: ProfileAnswer}
)
@permits(Permission.EDIT)
def publish_profile(path: ItemPath, header: IfMatch) -> Response:
    """Show it within its visibility."""
    return profiles.published(path)


@blueprint.post(
    "/profiles/<public_id>/withdraw", summary="Withdraw a profile", tags=[_profiles], responses={200: ProfileAnswer}
)
@permits(Permission.EDIT)
def withdraw_profile(path: ItemPath, header: IfMatch) -> Response:
    """Only your organisation sees it from then on."""
    return profiles.withdrawn(path)
