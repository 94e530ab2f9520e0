"""Each rule of the table of rights, and that queries let through exactly what the rules do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.queries import viewer_for
from matchmaker.db import today, utcnow
from matchmaker.items import queries
from matchmaker.items.models import ItemState, Teaser
from matchmaker.items.operations import withdraw
from matchmaker.needs.models import Need
from matchmaker.paging import paginate
from matchmaker.permissions import (
    CONFIDENTIAL,
    RIGHTS,
    VISITOR,
    NotPermitted,
    Permission,
    Viewer,
    Visibility,
    allows,
    permission_of,
    permits,
    require,
)
from matchmaker.profiles.models import Evidence
from tests import factories
from tests.factories import World

ORG, OTHER, CLUSTER, FAR = 1, 2, 10, 20
NEWCOMER = Viewer(user_id=1)
MEMBER = Viewer(2, ORG, frozenset({ORG}), cluster_ids=frozenset({CLUSTER}))
ADMIN = replace(MEMBER, user_id=3, admin_of=frozenset({ORG}))
FELLOW = Viewer(4, OTHER, frozenset({OTHER}), frozenset({OTHER}), frozenset({CLUSTER}))
STRANGER = Viewer(5, 3, frozenset({3}), frozenset({3}), frozenset({FAR}))
MANAGER = Viewer(6, cluster_ids=frozenset({CLUSTER}), manages=frozenset({CLUSTER}))
FAR_MANAGER = Viewer(7, cluster_ids=frozenset({FAR}), manages=frozenset({FAR}))
PLATFORM = Viewer(8, platform_admin=True)
EVERYBODY = {
    "visitor": VISITOR,
    "newcomer": NEWCOMER,
    "member": MEMBER,
    "admin": ADMIN,
    "fellow": FELLOW,
    "stranger": STRANGER,
    "manager": MANAGER,
    "far manager": FAR_MANAGER,
    "platform": PLATFORM,
}


@dataclass
class Thing:
    """Something of the organisation ORG."""

    organisation_id: int = ORG
    is_live: bool = True
    visibility: Visibility = Visibility.PUBLIC
    cluster_id: int = CLUSTER
    has_admin: bool = True
    on_teaser: bool = False
    cluster_ids: frozenset[int] = frozenset({CLUSTER})
    organisation: Any = field(default_factory=lambda: SimpleNamespace(cluster_ids=frozenset({CLUSTER})))

    def side_of(self, organisation_ids: frozenset[int]) -> str | None:
        return "asker" if ORG in organisation_ids else None


@dataclass
class Confidential(Thing):
    """A confidential text whose owner ticked two managers, and that the platform admin has opened."""

    visibility: Visibility = Visibility.TEASER
    trusted: tuple[int, ...] = (6, 7)
    opened: tuple[int, ...] = (8,)

    def is_entrusted_to(self, user_id: int | None) -> bool:
        return user_id in self.trusted

    def is_opened_for(self, user_id: int | None) -> bool:
        return user_id in self.opened


def who(permission: Permission, thing: Any = None) -> set[str]:
    return {name for name, viewer in EVERYBODY.items() if allows(viewer, permission, thing)}


INSIDE = {"member", "admin"}
ACTING = {*INSIDE, "fellow", "stranger"}

#: Permission, what it is asked for, and who holds it.
CASES: list[tuple[Permission, Thing | None, set[str]]] = [
    (Permission.BROWSE, None, set(EVERYBODY)),
    (Permission.ACCOUNT, None, set(EVERYBODY) - {"visitor"}),
    (Permission.READ, None, set(EVERYBODY)),
    (Permission.READ, Thing(), set(EVERYBODY)),
    (Permission.READ, Thing(is_live=False), INSIDE),
    (Permission.READ, Thing(visibility=Visibility.MEMBERS), {*INSIDE, "fellow", "manager"}),
    (Permission.READ, Thing(visibility=Visibility.PRIVATE), INSIDE),
    (Permission.READ, Thing(visibility=Visibility.TEASER), INSIDE),
    # The manager of another cluster was ticked too, and counts for nothing there.
    (Permission.READ, Confidential(), {*INSIDE, "manager", "platform"}),
    (Permission.READ, Confidential(trusted=(), opened=(4,)), INSIDE),
    (Permission.READ, Confidential(is_live=False), INSIDE),
    (Permission.READ_TEASER, None, {*ACTING, "manager", "far manager", "platform"}),
    (Permission.READ_TEASER, Thing(), {*ACTING, "manager", "far manager", "platform"}),
    (Permission.READ_TEASER, Thing(is_live=False), set()),
    (Permission.CONTRIBUTE, None, ACTING),
    (Permission.EDIT, Thing(), INSIDE),
    (Permission.SUGGEST, None, {*ACTING, "manager", "far manager"}),
    (Permission.SUGGEST, Thing(), {*INSIDE, "manager"}),
    (Permission.SUGGEST, Thing(visibility=Visibility.PRIVATE), INSIDE),
    (Permission.SUGGEST, Thing(is_live=False), INSIDE),
    (Permission.INTRODUCE, None, ACTING),
    (Permission.INTRODUCTION, None, ACTING),
    (Permission.INTRODUCTION, Thing(), INSIDE),
    (Permission.ORGANISATION_ADMIN, None, {"admin", "fellow", "stranger"}),
    (Permission.ORGANISATION_ADMIN, Thing(), {"admin"}),
    (Permission.PEOPLE, None, {"admin", "fellow", "stranger", "manager", "far manager"}),
    (Permission.PEOPLE, Thing(), {"admin"}),
    (Permission.PEOPLE, Thing(has_admin=False), {"admin", "manager"}),
    (Permission.CURATE, None, {"manager", "far manager"}),
    (Permission.CURATE, Thing(), {"manager"}),
    (Permission.IMPORT, None, {"manager", "far manager", "platform"}),
    (Permission.IMPORT, Thing(), {"manager"}),
    (Permission.IMPORT, Thing(cluster_id=None), {"platform"}),
    (Permission.MODERATE, None, {"manager", "far manager", "platform"}),
    (Permission.MODERATE, Thing(), {"manager", "platform"}),
    # Who decides would tell where the hidden owner belongs.
    (Permission.MODERATE, Thing(on_teaser=True), {"platform"}),
    (Permission.ADMINISTER, None, {"platform"}),
]


@pytest.mark.parametrize(("permission", "thing", "allowed"), CASES)
def test_who_holds_a_permission(permission: Permission, thing: Thing | None, allowed: set[str]) -> None:
    assert who(permission, thing) == allowed


def test_every_permission_is_tried() -> None:
    assert {permission for permission, _thing, _who in CASES} == set(RIGHTS)


def test_a_manager_who_belongs_to_the_reported_organisation_does_not_judge_it() -> None:
    both = replace(MEMBER, manages=frozenset({CLUSTER}))
    assert allows(both, Permission.MODERATE)
    assert allows(both, Permission.MODERATE, Thing(organisation_id=OTHER))
    assert not allows(both, Permission.MODERATE, Thing())


def test_a_permission_without_a_rule_is_held_by_nobody() -> None:
    assert not allows(PLATFORM, "invented")  # type: ignore[arg-type]
    with pytest.raises(NotPermitted, match="curate"):
        require(MEMBER, Permission.CURATE)
    require(MANAGER, Permission.CURATE, Thing())
    with pytest.raises(NotPermitted):
        require(FAR_MANAGER, Permission.CURATE, Thing())


def test_an_endpoint_stands_under_what_it_names_and_else_under_nothing() -> None:
    view = permits(Permission.CURATE)(lambda: "")
    assert permission_of("desk.index", view) is Permission.CURATE
    assert permission_of("desk.index", lambda: "") is None
    assert permission_of("desk.index", None) is None
    assert permission_of("security.login", lambda: "") is Permission.BROWSE
    assert permission_of("insecurity.login", lambda: "") is None
    assert permission_of("static", lambda: "") is Permission.BROWSE


@pytest.fixture
def needs(session: Session, world: World) -> list[Need]:
    """A need of each organisation in every state, visibility and on each side of its end."""
    made = [
        factories.need(session, organisation, state=state, visibility=visibility, expires_on=ends)
        for organisation in (world.sme, world.university, world.stranger)
        for state, visibility in product(ItemState, Visibility)
        for ends in (None, today() - timedelta(days=1), today(), today() + queries.SOON)
    ]
    session.commit()
    return made


def viewers(session: Session, world: World) -> dict[str, Viewer]:
    people = {
        name: getattr(world, name)
        for name in ("sme_user", "sme_admin", "researcher", "manager", "outsider", "newcomer", "platform_admin")
    }
    return {"visitor": VISITOR, **{name: viewer_for(session, user) for name, user in people.items()}}


@pytest.mark.every_database
def test_a_query_lets_through_exactly_what_may_be_read(session: Session, world: World, needs: list[Need]) -> None:
    for name, viewer in viewers(session, world).items():
        live = {need.id for need in needs if need.is_live and allows(viewer, Permission.READ, need)}
        assert set(session.scalars(select(Need.id).where(queries.findable(Need, viewer)))) == live, name


def test_every_member_of_any_cluster_finds_the_same_teasers(session: Session, world: World) -> None:
    ours, far, ended = (
        factories.need(
            session, organisation, visibility=Visibility.TEASER, teaser="A maker seeks slow flow.", expires_on=ends
        )
        for organisation, ends in (
            (world.sme, today()),
            (world.stranger, None),
            (world.sme, today() - timedelta(days=1)),
        )
    )
    assert not ended.shown_as.is_live
    drafted = factories.need(
        session, world.sme, visibility=Visibility.TEASER, teaser="A maker seeks slow flow.", expires_on=None
    )
    drafted.state = ItemState.DRAFT
    session.flush()
    assert not drafted.shown_as.live
    shown = {ours.shown_as.id, far.shown_as.id}
    for name, viewer in viewers(session, world).items():
        found = set(session.scalars(select(Teaser.id).where(queries.findable(Teaser, viewer))))
        assert found == (shown if viewer.cluster_ids else set()), name


def test_one_thing_is_got_exactly_where_it_may_be_read(session: Session, world: World, needs: list[Need]) -> None:
    for viewer in viewers(session, world).values():
        for need in needs[::5]:
            if allows(viewer, Permission.READ, need):
                assert queries.get_or_refuse(session, Need, need.public_id, viewer) is need
            else:
                with pytest.raises(NotPermitted):
                    queries.get_or_refuse(session, Need, need.public_id, viewer)
        with pytest.raises(NotPermitted):
            queries.get_or_refuse(session, Need, "222222222222", viewer)


def test_queries_know_what_is_entrusted_to_a_manager_and_what_is_kept_from_everybody_else(
    session: Session, world: World, needs: list[Need]
) -> None:
    both = factories.user(session, of=world.university, manages=world.cluster)
    for number, need in enumerate(needs):
        need.for_managers = number % 3 == 0
        need.trusted = [session.merge(world.manager)] if number % 5 == 0 else []
    session.commit()
    everybody = {**viewers(session, world), "both": viewer_for(session, both)}
    for name, viewer in everybody.items():
        confidential = [need for need in needs if need.visibility in CONFIDENTIAL]
        handed_over = {
            need.id
            for need in confidential
            if need.is_live and viewer.manages & need.organisation.cluster_ids and need.is_entrusted_to(viewer.user_id)
        }
        assert bool(handed_over) == (name in ("manager", "both")), name
        assert set(session.scalars(select(Need.id).where(queries.entrusted(Need, viewer)))) == handed_over, name
        others = {need.id for need in confidential if need.organisation_id not in viewer.organisation_ids}
        assert set(session.scalars(select(Need.id).where(queries.kept_from(Need, viewer)))) == others - handed_over


def test_where_an_owners_things_stand_adds_up(session: Session, world: World, needs: list[Need]) -> None:
    own = [need for need in needs if need.organisation_id == world.sme.id]
    counted = queries.counts(session, Need, world.sme.id)
    assert counted["all"] == len(own)
    for standing in queries.STANDINGS:
        listed = list(session.scalars(queries.of_organisation(Need, world.sme.id, standing)))
        expected = [
            need for need in own if (queries.ends_soon(need) if standing == "expiring" else need.standing == standing)
        ]
        assert {need.id for need in listed} == {need.id for need in expected}, standing
        assert counted[standing] == len(expected) > 0, standing
    assert len(list(session.scalars(queries.of_organisation(Need, world.sme.id, "invented")))) == len(own)
    latest = list(session.scalars(queries.of_organisation(Need, world.sme.id)))
    assert [(n.updated_at, n.id) for n in latest] == sorted(((n.updated_at, n.id) for n in own), reverse=True)


def test_soon_is_a_month(session: Session, world: World) -> None:
    for days, soon in ((-1, False), (0, True), (30, True), (31, False)):
        need = factories.need(session, world.sme, expires_on=today() + timedelta(days=days))
        assert queries.ends_soon(need) is soon, days
    assert queries.ends_soon(factories.need(session, world.sme, expires_on=None)) is False


def test_a_page_outside_the_list_is_the_nearest(session: Session, world: World) -> None:
    for _ in range(9):
        factories.need(session, world.sme)
    wanted = queries.of_organisation(Need, world.sme.id)
    for asked, got, items in ((1, 1, 4), (2, 2, 4), (3, 3, 1), (4, 3, 1), (99, 3, 1), (0, 1, 4), (-5, 1, 4)):
        page = paginate(session, wanted, asked, lambda number: f"?page={number}", size=4)
        assert (page.page, page.pages, page.total, len(page.items)) == (got, 3, 9, items), asked
        assert page.prev_url == (f"?page={got - 1}" if got > 1 else None)
        assert page.next_url == (f"?page={got + 1}" if got < 3 else None)


def test_a_list_without_anything_has_one_empty_page_and_a_full_one_twenty(session: Session, world: World) -> None:
    wanted = queries.of_organisation(Need, world.sme.id)
    page = paginate(session, wanted, 1, str)
    assert (page.page, page.pages, page.total, page.items) == (1, 1, 0, [])
    assert (page.prev_url, page.next_url) == (None, None)
    for _ in range(21):
        factories.need(session, world.sme)
    page = paginate(session, wanted, 1, str)
    assert (len(page.items), page.pages) == (20, 2)


def test_a_confidential_text_is_found_by_its_own_address_and_by_its_teasers(session: Session, world: World) -> None:
    words = "A maker of implants seeks a way to keep cells alive. Experience with flow is welcome."
    hidden = factories.competence(session, world.sme, visibility=Visibility.TEASER, teaser=words)
    shown = factories.competence(session, world.sme)
    host = "https://cluster.example"
    for address in (
        f"/competences/{hidden.public_id}",
        f"{host}/teasers/{hidden.shown_as.public_id}/",
        hidden.public_id,
    ):
        assert queries.confidential_at(session, address) is hidden, address
    assert queries.confidential_at(session, f"/competences/{hidden.public_id}?tab=2") is hidden
    for address in (f"/competences/{shown.public_id}", "/competences/nowhere", ""):
        assert queries.confidential_at(session, address) is None, address
    teaser = hidden.shown_as.public_id
    withdraw(hidden)
    session.flush()
    for address in (hidden.public_id, teaser):
        assert queries.confidential_at(session, address) is None, "it is nobody's any more"
    assert session.scalars(select(Evidence).where(queries.entrusted(Evidence, MANAGER))).all() == []


def test_an_owner_chooses_among_the_active_managers_of_the_own_clusters_by_name(session: Session, world: World) -> None:
    second, first, also_first, _gone = (
        factories.user(session, manages=world.cluster, name=name, active=name != "Ada")
        for name in ("Berit", "Anna", "Anna", "Ada")
    )
    factories.user(session, manages=factories.cluster(session), name="Far")
    assert queries.managers_of(session, world.sme) == [first, also_first, second, world.manager]


def test_an_owners_list_begins_with_the_latest_change(session: Session, world: World) -> None:
    moment = utcnow()
    new, newest, old = (
        factories.need(session, world.sme, updated_at=moment - timedelta(days=days)) for days in (5, 5, 9)
    )
    listed = session.scalars(queries.of_organisation(Need, world.sme.id)).all()
    assert listed == [newest, new, old], "of two that changed at the same moment the later one comes first"
