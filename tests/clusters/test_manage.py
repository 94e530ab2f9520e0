"""The platform admin founds clusters and says who manages them; nobody else knows there is such a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster, ClusterManager
from tests.factories import World

SignIn = Callable[..., FlaskClient]


def managers(session: Session, cluster: Cluster) -> set[int]:
    session.expire_all()
    return set(session.scalars(select(ClusterManager.user_id).where(ClusterManager.cluster_id == cluster.id)))


def test_a_platform_admin_founds_a_cluster(session: Session, world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.platform_admin).post("/clusters", data={"name": "Öresund Bio", "description": "Bridge."})
    assert answer.status_code == 302
    assert session.scalar(select(Cluster.slug).where(Cluster.name == "Öresund Bio")) == "oresund-bio"


def test_a_cluster_without_a_name_is_not_founded_and_the_form_keeps_what_was_typed(
    session: Session, world: World, sign_in: SignIn
) -> None:
    answer = sign_in(world.platform_admin).post("/clusters", data={"name": " ", "description": "A bridge over water."})
    assert answer.status_code == 422
    assert "A bridge over water." in answer.get_data(as_text=True)


def test_a_user_is_appointed_and_dismissed_as_manager(session: Session, world: World, sign_in: SignIn) -> None:
    admin = sign_in(world.platform_admin)
    address = f"/clusters/{world.cluster.public_id}/managers"

    assert admin.post(address, data={"email": world.researcher.email.upper()}).status_code == 302
    assert world.researcher.id in managers(session, world.cluster)
    assert sign_in(world.researcher).get("/desk/").status_code == 200

    assert admin.post(f"{address}/{world.researcher.public_id}/dismiss").status_code == 302
    assert world.researcher.id not in managers(session, world.cluster)
    assert sign_in(world.researcher).get("/desk/").status_code == 404


def test_an_unknown_address_is_told_where_it_was_typed(session: Session, world: World, sign_in: SignIn) -> None:
    address = f"/clusters/{world.cluster.public_id}/managers"
    answer = sign_in(world.platform_admin).post(address, data={"email": "nobody@nowhere.example"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "nobody@nowhere.example" in page
    assert "Nobody has signed up" in page


@pytest.mark.parametrize("who", ["manager", "sme_admin", "newcomer"])
def test_nobody_else_knows_the_page(world: World, sign_in: SignIn, who: str) -> None:
    client = sign_in(getattr(world, who))
    assert client.get("/clusters").status_code == 404
    assert client.post("/clusters", data={"name": "Mine"}).status_code == 404
