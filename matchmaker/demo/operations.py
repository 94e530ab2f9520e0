"""Put the demonstration cluster in, and take it out again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import (
    Cluster,
    ClusterManager,
    ClusterMembership,
    Membership,
    MembershipRole,
    MembershipState,
    Organisation,
    OrganisationType,
)
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import today, utcnow
from matchmaker.demo import introductions
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence, Profile, ProfileKind
from matchmaker.testfields.models import TestField

DATA = Path(__file__).parent / "data"
SLUG = "northern-lights-demonstration"
NAME = "Northern Lights Life Science"
SOURCE = "fictional demonstration data"
LICENCE = "MIT"

#: Columns that are stored under the name they have in the files, by kind of item.
_COMMON = ("title", "description", "language", "keywords")
_TEST_FIELD = (
    "kind",
    "rung",
    "regulated",
    "place",
    "city",
    "country",
    "access_steps",
    "licences",
    "services",
    "capacity",
    "response_days",
)


@dataclass(frozen=True)
class SignIn:
    """How one of the three people of the demonstration signs in. The password exists in clear only here."""

    role: str
    name: str
    email: str
    password: str


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of one data file."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def is_loaded(session: Session) -> bool:
    return session.scalar(select(Cluster.id).where(Cluster.slug == SLUG)) is not None


def load(session: Session, *, new_password: Callable[[], str], hash_password: Callable[[str], str]) -> list[SignIn]:
    """Create the cluster, its organisations, people, items and verdicts; give the three sign-ins."""
    cluster = Cluster(
        slug=SLUG,
        name=NAME,
        demonstration=True,
        description=(
            "A fictional life-science cluster between Hamburg and Stockholm–Uppsala. Every organisation, person and "
            "text in it is invented."
        ),
    )
    session.add(cluster)
    organisations = {row["key"]: _organisation(row, cluster) for row in rows("organisations")}
    session.add_all(organisations.values())
    users: dict[str, User] = {}
    profiles: dict[str, Profile] = {}
    sign_ins: list[SignIn] = []
    for row in rows("people"):
        organisation = organisations[row["organisation"]]
        if row.get("kind") == "group":
            profiles[row["key"]] = _profile(row, organisation, ProfileKind.GROUP, None)
            continue
        user = _user(row)
        users[row["key"]] = user
        if row.get("profile"):
            profiles[row["key"]] = _profile(row, organisation, ProfileKind.PERSON, user)
        role = MembershipRole.ADMIN if row["role"] == "organisation_admin" else MembershipRole.MEMBER
        session.add(Membership(user=user, organisation=organisation, role=role, state=MembershipState.ACTIVE))
        if row["role"] == "cluster_manager":
            session.add(ClusterManager(user=user, cluster=cluster))
        if row.get("showcase"):
            password = new_password()
            user.password = hash_password(password)
            sign_ins.append(SignIn(row["showcase"], row["name"], row["email"], password))
    session.add_all([*users.values(), *profiles.values()])

    def owner(row: dict[str, Any]) -> dict[str, Any]:
        return {"organisation": organisations[row["organisation"]], "author": users.get(row.get("person") or "")}

    evidence = {row["key"]: _evidence(row, organisations) for row in rows("evidence")}
    competences = {}
    for row in rows("competences"):
        made = Competence(**_item(row, Competence.own), **owner(row), profile=profiles.get(row.get("person") or ""))
        made.evidence = [evidence[key] for key in row.get("evidence", [])]
        competences[row["key"]] = made
    needs = {}
    for row in rows("needs"):
        made = Need(**_item(row, (*Need.own, "teaser", "teaser_facts")), **owner(row))
        made.deadline = today() + timedelta(days=row["deadline_in_days"])
        if made.expires_on:
            made.expires_on = today() + timedelta(days=row["expires_in_days"])
        needs[row["key"]] = made
    test_fields = {}
    for row in rows("testfields"):
        made = TestField(**_item(row, _TEST_FIELD), **owner(row), contact=users.get(row.get("person") or ""))
        test_fields[row["key"]] = made
    session.add_all([*evidence.values(), *competences.values(), *needs.values(), *test_fields.values()])
    managers = [user for row in rows("people") if row.get("role") == "cluster_manager" and (user := users[row["key"]])]
    for row in rows("verdicts"):
        session.add(
            Verdict(
                cluster=cluster,
                manager=managers[0],
                kind=VerdictKind(row["kind"]),
                reason=row["reason"],
                need=needs[row["need"]],
                partner=organisations.get(row.get("organisation") or ""),
                test_field=test_fields.get(row.get("testfield") or ""),
            )
        )
    session.flush()
    introductions.load(session, organisations, needs)
    return sign_ins


def remove(session: Session) -> int:
    """Delete everything the demonstration brought; the number of organisations that went."""
    organisations = session.scalars(select(Organisation).where(Organisation.demonstration)).all()
    ids = [organisation.id for organisation in organisations]
    for model in (Competence, Need, TestField, Evidence):
        for item in session.scalars(select(model).where(model.organisation_id.in_(ids))):
            session.delete(item)
    # The items go first and one by one, so that the index hears of each.
    session.flush()
    for profile in session.scalars(select(Profile).where(Profile.organisation_id.in_(ids))):
        session.delete(profile)
    for cluster in session.scalars(select(Cluster).where(Cluster.demonstration)):
        session.delete(cluster)
    for user in session.scalars(select(User).where(User.demonstration)):
        session.delete(user)
    session.flush()
    for organisation in organisations:
        session.delete(organisation)
    session.flush()
    return len(organisations)


def _organisation(row: dict[str, Any], cluster: Cluster) -> Organisation:
    kind = OrganisationType(row["type"])
    return Organisation(
        name=row["name"],
        type=kind,
        is_sme=kind == OrganisationType.SME,
        employees=row["employees"],
        country=row["country"],
        region=row["region"],
        city=row["city"],
        website=row["website"],
        headline=row["headline"],
        about=row["about"],
        fields=row["sectors"],
        language=row["language"],
        source=SOURCE,
        licence=LICENCE,
        demonstration=True,
        cluster_memberships=[ClusterMembership(cluster=cluster, since=today())],
    )


def _user(row: dict[str, Any]) -> User:
    # Without a password nobody can sign in; the three people to be shown get one.
    return User(
        email=row["email"],
        name=row["name"],
        title=row["title"],
        fs_uniquifier=uuid4().hex,
        confirmed_at=utcnow(),
        demonstration=True,
    )


def _profile(row: dict[str, Any], organisation: Organisation, kind: ProfileKind, user: User | None) -> Profile:
    return Profile(
        kind=kind,
        organisation=organisation,
        user=user,
        name=row["name"],
        headline=row.get("headline") or "",
        about=row.get("about") or "",
        working_languages=row.get("languages") or [],
        language=row.get("language") or "en",
        visibility=Visibility.PUBLIC,
        state=ItemState.PUBLISHED,
    )


def _item(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    published = row["state"] == "published"
    values: dict[str, Any] = {name: row[name] for name in (*_COMMON, *columns) if row.get(name) is not None}
    return values | {
        "fields": row["sectors"],
        "working_languages": row["languages"],
        "visibility": Visibility(row["visibility"]),
        "state": ItemState.PUBLISHED if published else ItemState.DRAFT,
        "published_at": utcnow() if published else None,
        "expires_on": today() + timedelta(days=330) if published else None,
        "source": SOURCE,
        "licence": LICENCE,
    }


def _evidence(row: dict[str, Any], organisations: dict[str, Organisation]) -> Evidence:
    owners = [organisations[key] for key in row["organisations"]]
    return Evidence(
        kind=row["kind"],
        title=row["title"],
        description=row["abstract"],
        identifier=row["identifier"] or "",
        url=row["url"] or "",
        year=row["year"],
        language=row["language"],
        organisation=owners[0],
        organisations=owners,
        visibility=Visibility.PUBLIC,
        state=ItemState.PUBLISHED,
        published_at=utcnow(),
        source=SOURCE,
        licence=LICENCE,
    )
