"""Makers of rows: each gives a complete, believable one, and takes what a test cares about as keywords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from matchmaker.accounts.models import PLATFORM_ADMIN, Role, User
from matchmaker.clusters.models import (
    SECTOR_OF,
    Cluster,
    ClusterManager,
    ClusterMembership,
    Membership,
    MembershipRole,
    MembershipState,
    Organisation,
    OrganisationType,
    Sector,
)
from matchmaker.db import today, utcnow
from matchmaker.items.models import ItemState, Rung
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence, EvidenceKind, Profile, ProfileKind
from matchmaker.testfields.models import Place, TestField, TestFieldKind

_number = count(1)

#: The password of every user made here.
PASSWORD = "a quiet harbour at dawn"
#: Its hash, made once by the first application a test run makes.
password_hash = ""


def cluster(session: Session, **values: Any) -> Cluster:
    n = next(_number)
    made = Cluster(**{"slug": f"cluster-{n}", "name": f"Cluster {n}", **values})
    session.add(made)
    session.flush()
    return made


def organisation(
    session: Session, *, type: OrganisationType = OrganisationType.SME, within: Cluster | None = None, **values: Any
) -> Organisation:
    n = next(_number)
    name = values.pop("name", f"Organisation {n} GmbH")
    made = Organisation(
        **{
            "name": name,
            "type": type,
            "is_sme": type == OrganisationType.SME,
            "country": "DE",
            "region": "Hamburg",
            "city": "Hamburg",
            "headline": f"What organisation {n} does, in a sentence.",
            "language": "en",
            **values,
        }
    )
    if within is not None:
        made.cluster_memberships.append(ClusterMembership(cluster=within, since=date(2024, 1, 1)))
    session.add(made)
    session.flush()
    return made


def user(
    session: Session,
    *,
    of: Organisation | None = None,
    admin: bool = False,
    manages: Cluster | None = None,
    platform_admin: bool = False,
    **values: Any,
) -> User:
    n = next(_number)
    made = User(
        **{
            "email": f"user{n}@organisation.example",
            "name": f"Åsa Müller {n}",
            "password": password_hash,
            "active": True,
            "fs_uniquifier": uuid4().hex,
            "confirmed_at": utcnow(),
            **values,
        }
    )
    session.add(made)
    if of is not None:
        role = MembershipRole.ADMIN if admin else MembershipRole.MEMBER
        session.add(Membership(user=made, organisation=of, role=role, state=MembershipState.ACTIVE))
    if manages is not None:
        session.add(ClusterManager(user=made, cluster=manages))
    if platform_admin:
        role_row = session.query(Role).filter_by(name=PLATFORM_ADMIN).one_or_none() or Role(name=PLATFORM_ADMIN)
        made.roles.append(role_row)
    session.flush()
    return made


def _published(values: dict[str, Any]) -> dict[str, Any]:
    state = values.get("state", ItemState.PUBLISHED)
    return {
        "state": state,
        "visibility": Visibility.PUBLIC,
        "published_at": utcnow() if state == ItemState.PUBLISHED else None,
        "expires_on": today() + timedelta(days=200),
        "language": "en",
        **values,
    }


def competence(session: Session, of: Organisation, **values: Any) -> Competence:
    n = next(_number)
    made = Competence(
        organisation=of,
        **_published(
            {
                "title": f"Perfusion bioreactors for bone grafts, type {n}",
                "description": "We culture patient cells on ceramic scaffolds of up to 40 cm³ under controlled flow.",
                "keywords": ["bioreactor", "bone graft"],
                **values,
            }
        ),
    )
    session.add(made)
    session.flush()
    return made


def need(session: Session, of: Organisation, **values: Any) -> Need:
    n = next(_number)
    made = Need(
        organisation=of,
        **_published(
            {
                "title": f"Partner wanted to grow living bone implants {n}",
                "description": "Our printed scaffolds stay empty inside; cells die in the centre after three days.",
                "expected_result": "A protocol that keeps cells alive throughout a 30 cm³ scaffold for four weeks.",
                "deadline": today() + timedelta(days=90),
                **values,
            }
        ),
    )
    session.add(made)
    session.flush()
    return made


def test_field(session: Session, of: Organisation, **values: Any) -> TestField:
    n = next(_number)
    made = TestField(
        organisation=of,
        **_published(
            {
                "title": f"Clean-room suite {n} for cell products",
                "description": "Two grade B rooms with isolators for small batches of autologous cell products.",
                "kind": TestFieldKind.GMP_UNIT,
                "rung": Rung.GMP,
                "regulated": True,
                "place": Place.PHYSICAL,
                "city": "Hamburg",
                "country": "DE",
                "access_steps": ["Send an enquiry.", "Meet the head of production.", "Sign the quality agreement."],
                "response_days": 10,
                **values,
            }
        ),
    )
    session.add(made)
    session.flush()
    return made


test_field.__test__ = False  # type: ignore[attr-defined]


def evidence(session: Session, of: Organisation, **values: Any) -> Evidence:
    n = next(_number)
    made = Evidence(
        organisation=of,
        **_published(
            {
                "title": f"Flow perfusion improves mineralisation of large grafts ({n})",
                "description": "Twelve large grafts were cultured for 28 days under flow, twelve without.",
                "kind": EvidenceKind.PUBLICATION,
                "identifier": f"10.5555/graft.{n}",
                "year": 2024,
                "organisations": [of],
                **values,
            }
        ),
    )
    session.add(made)
    session.flush()
    return made


def person_profile(session: Session, of: Organisation, person: User, **values: Any) -> Profile:
    made = Profile(
        **{
            "kind": ProfileKind.PERSON,
            "organisation_id": of.id,
            "user_id": person.id,
            "name": person.name,
            "state": ItemState.PUBLISHED,
            "visibility": Visibility.PUBLIC,
            **values,
        }
    )
    session.add(made)
    session.flush()
    return made


@dataclass
class World:
    """A small cluster with everybody in it, and somebody who is not."""

    cluster: Cluster
    sme: Organisation
    university: Organisation
    host: Organisation
    #: In another cluster of the same installation.
    stranger: Organisation
    sme_user: User
    sme_admin: User
    researcher: User
    manager: User
    outsider: User
    platform_admin: User
    #: A user without an organisation.
    newcomer: User


def world(session: Session) -> World:
    """Make the world and commit it. Numbers start anew, so that a test's names don't depend on the tests before it."""
    global _number
    _number = count(1)
    assert SECTOR_OF[OrganisationType.UNIVERSITY] == Sector.ACADEMIA
    ours, theirs = cluster(session, name="Northern Lights"), cluster(session, name="Southern Cross")
    sme = organisation(session, within=ours, name="Knochenwerk GmbH")
    university = organisation(session, within=ours, type=OrganisationType.UNIVERSITY, name="Universität Elbstrand")
    host = organisation(
        session, within=ours, type=OrganisationType.TEST_FIELD_HOST, name="Mälardalens Testbädd AB", country="SE"
    )
    stranger = organisation(session, within=theirs, name="Stranger AS", country="NO")
    made = World(
        cluster=ours,
        sme=sme,
        university=university,
        host=host,
        stranger=stranger,
        sme_user=user(session, of=sme, email="sme@knochenwerk.example"),
        sme_admin=user(session, of=sme, admin=True, email="admin@knochenwerk.example"),
        researcher=user(session, of=university, admin=True, email="forscherin@elbstrand.example"),
        manager=user(session, manages=ours, email="manager@northern-lights.example"),
        outsider=user(session, of=stranger, admin=True, email="outsider@stranger.example"),
        platform_admin=user(session, platform_admin=True, email="root@platform.example"),
        newcomer=user(session, email="newcomer@nowhere.example"),
    )
    session.commit()
    return made
