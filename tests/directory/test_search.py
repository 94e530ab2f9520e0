"""One search over everything: what one may read is found, what one may not leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.clusters.models import OrganisationType
from matchmaker.items.models import Field, ItemState, Rung
from matchmaker.permissions import Visibility
from tests.factories import World, competence, evidence, need, organisation, test_field

SignIn = Callable[..., FlaskClient]


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.fixture
def filled(session: Session, world: World) -> World:
    competence(session, world.university, title="Phage screening against resistant bacteria", fields=[Field.PHARMA])
    competence(session, world.sme, title="Ceramic printing of bone scaffolds", fields=[Field.BONE_HEALING])
    need(session, world.sme, title="Bacteriophages wanted for infected implants")
    test_field(session, world.host, title="Phage clean room", rung=Rung.GMP)
    evidence(session, world.university, title="Phages in twelve patients")
    session.commit()
    return world


def test_everything_that_holds_the_words_is_found_whatever_its_kind(client: FlaskClient, filled: World) -> None:
    page = text(client, "/search?q=phage")
    for title in (
        "Phage screening against resistant bacteria",
        "Phage clean room",
        "Phages in twelve patients",
    ):
        assert title in page
    assert "Ceramic printing" not in page


def test_a_search_can_be_narrowed_to_one_kind(client: FlaskClient, filled: World) -> None:
    page = text(client, "/search?q=phage&what=test_field")
    assert "Phage clean room" in page
    assert "Phage screening" not in page


def test_an_organisation_is_found_by_its_name_without_its_accents(client: FlaskClient, filled: World) -> None:
    assert "Universität Elbstrand" in text(client, "/search?q=universitat+elbstrand")


def test_a_members_only_text_is_found_by_members_and_by_nobody_else(
    client: FlaskClient, session: Session, world: World, sign_in: SignIn
) -> None:
    competence(session, world.university, title="Xenogeneic quokka grafts", visibility=Visibility.MEMBERS)
    session.commit()

    assert "Xenogeneic quokka grafts" in text(sign_in(world.sme_user), "/search?q=quokka")
    visitor, outsider = text(client, "/search?q=quokka"), text(sign_in(world.outsider), "/search?q=quokka")
    assert "Xenogeneic" not in visitor
    assert "Xenogeneic" not in outsider


@pytest.mark.parametrize(
    "hidden",
    [
        {"visibility": Visibility.PRIVATE},
        {"state": ItemState.DRAFT},
        {"state": ItemState.WITHDRAWN},
    ],
)
def test_what_nobody_may_read_changes_no_search_and_no_count(
    client: FlaskClient, session: Session, filled: World, sign_in: SignIn, hidden: dict[str, object]
) -> None:
    addresses = ("/search?q=phage", "/search?q=quokka", "/search?what=competence", "/organisations", "/")
    member = sign_in(filled.sme_user)
    # The first visit brings the engine up, so that both looks are taken with the same words in it.
    text(client, "/search?q=phage")

    def look() -> list[str]:
        # The hidden token of the sign-out form is another one each second.
        pages = [text(browser, address) for browser in (client, member) for address in addresses]
        return [re.sub(r'name="csrf_token" value="[^"]+"', "", page) for page in pages]

    before = look()

    competence(session, filled.university, title="Phage quokka secret", description="quokka phage quokka", **hidden)
    session.commit()

    assert look() == before


def test_without_words_the_newest_of_a_kind_are_shown(client: FlaskClient, filled: World) -> None:
    page = text(client, "/search?what=need")
    assert "Bacteriophages wanted" in page
    assert "Phage screening" not in page


def test_filters_live_in_the_address_and_narrow_the_list(client: FlaskClient, filled: World) -> None:
    page = text(client, f"/search?what=competence&field={Field.BONE_HEALING}")
    assert "Ceramic printing" in page
    assert "Phage screening" not in page
    assert "Phage screening" in text(client, "/search?q=phage&sector=academia")
    assert "Phage screening" not in text(client, "/search?q=phage&what=competence&sector=industry")


@pytest.mark.parametrize(
    "address",
    [
        "/search?q=",
        "/search?q=%20%E2%80%8B",
        "/search?q=" + "a" * 5_000,
        "/search?what=nonsense&page=-3&field=x&country=%21&sme=perhaps",
        "/search?q=%22+OR+%2A+NEAR&page=99999999999999999999",
        "/organisations?page=x&type=gmbh&q=%25_%27",
    ],
)
def test_nonsense_in_the_address_is_answered_with_a_page(client: FlaskClient, filled: World, address: str) -> None:
    assert client.get(address).status_code == 200


def test_nothing_found_says_what_to_do_next(client: FlaskClient, filled: World) -> None:
    assert "Try fewer or other words" in text(client, "/search?q=zzzzqqqq&what=need")


def test_organisations_are_listed_by_name_and_narrowed_by_type_and_word(
    client: FlaskClient, session: Session, world: World
) -> None:
    organisation(session, within=world.cluster, name="Ängelholms Äldrevård AB", type=OrganisationType.CLINIC)
    session.commit()

    everybody = text(client, "/organisations")
    assert everybody.index("Ängelholms Äldrevård AB") < everybody.index("Knochenwerk GmbH")
    clinics = text(client, "/organisations?type=clinic")
    assert "Ängelholms" in clinics
    assert "Knochenwerk GmbH" not in clinics
    assert "Ängelholms" in text(client, "/organisations?q=aldrevard")


def test_a_long_list_comes_in_pages(client: FlaskClient, session: Session, world: World) -> None:
    for number in range(25):
        organisation(session, within=world.cluster, name=f"Page Filler {number:02}")
    session.commit()

    assert "Page Filler 24" not in text(client, "/organisations?q=page+filler")
    assert "Page Filler 24" in text(client, "/organisations?q=page+filler&page=2")
