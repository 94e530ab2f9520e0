"""The first day: nothing is there yet. Every page says so and what to do next, and forms that come back are usable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask_security import hash_password
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from matchmaker import create_app
from matchmaker.config import load
from matchmaker.db import db
from tests import factories
from tests.journeys.visitors import Visits, apart
from tests.servers import Server, Servers

VISITORS = ["/", "/search", "/search?q=bone", "/organisations", "/test-fields/"]
NEWCOMERS = ["/", "/start", "/account", "/needs/mine", "/organisations/join?q=bone"]
MEMBERS = [
    "/",
    "/needs/mine",
    "/offers",
    "/offers/evidence",
    "/test-fields/mine",
    "/search?what=need",
    "/suggestions/organisation/{organisation}",
    "/organisations/{organisation}",
    "/organisations/{organisation}/people",
    "/organisations/{organisation}/evidence",
]
MANAGERS = ["/", "/desk/", "/verdicts/", "/verdicts/propose", "/cluster/members"]
ADMINISTRATORS = ["/", "/clusters", "/mails", "/audit", "/privacy/register", "/open-text", "/users"]
#: A form, and the button that sends it empty.
FORMS_OF_VISITORS = {
    "/sign-in": "Sign in",
    "/sign-up": "Create an account",
}
FORMS_OF_MEMBERS = {
    "/needs/new": "Publish the need",
    "/competences/new": "Publish the competence",
    "/test-fields/new": "Publish the test field",
    "/evidence/new": "Publish the record",
    "/profiles/new": "Publish the profile",
    "/organisations/new": "Create the organisation",
    "/account/tokens": "Make a token",
    "/account/password": "Change the password",
}


@dataclass(frozen=True)
class FirstDay:
    """An installation of which only the people exist, and one organisation that has said nothing."""

    server: Server
    organisation: str
    newcomer: tuple[str, str]
    member: tuple[str, str]
    manager: tuple[str, str]
    administrator: tuple[str, str]


@pytest.fixture(scope="module")
def first_day(module_serve: Servers) -> FirstDay:
    made: dict[str, Any] = {}

    def prepare(server: Server) -> None:
        app = create_app(load(server.environment))
        with app.app_context(), Session(db.engine) as session:
            cluster = factories.cluster(session, name="Empty Harbour")
            organisation = factories.organisation(session, within=cluster, name="Stille Werft GmbH", headline="")
            made["organisation"] = organisation.public_id
            roles: dict[str, dict[str, Any]] = {
                "newcomer": {},
                "member": {"of": organisation, "admin": True},
                "manager": {"manages": cluster},
                "administrator": {"platform_admin": True},
            }
            for role, values in roles.items():
                address = f"{role}@harbour.example"
                factories.user(session, email=address, password=hash_password(factories.PASSWORD), **values)
                made[role] = (address, factories.PASSWORD)
            session.commit()
            db.engine.dispose()

    server = module_serve(lambda server: apart(lambda: prepare(server)), MATCHMAKER_MODEL="none")
    return FirstDay(server, **made)


@pytest.mark.parametrize("address", VISITORS)
def test_visitors_of_an_empty_cluster(visit: Visits, first_day: FirstDay, address: str) -> None:
    visitor = visit(first_day.server)
    visitor.page.goto(address)
    visitor.check_page_everywhere()


@pytest.mark.parametrize("address", NEWCOMERS)
def test_newcomers_to_an_empty_cluster(visit: Visits, first_day: FirstDay, address: str) -> None:
    visitor = visit(first_day.server, first_day.newcomer)
    visitor.page.goto(address)
    visitor.check_page_everywhere()
    # Whoever acts for nobody is led to an organisation from everywhere.
    if address != "/account":
        expect(visitor.page.get_by_role("main")).to_contain_text("organisation")


@pytest.mark.parametrize("address", MEMBERS)
def test_members_of_an_empty_cluster(visit: Visits, first_day: FirstDay, address: str) -> None:
    visitor = visit(first_day.server, first_day.member)
    visitor.page.goto(address.format(organisation=first_day.organisation))
    visitor.check_page_everywhere()


@pytest.mark.parametrize("address", MANAGERS)
def test_managers_of_an_empty_cluster(visit: Visits, first_day: FirstDay, address: str) -> None:
    visitor = visit(first_day.server, first_day.manager)
    visitor.page.goto(address)
    visitor.check_page_everywhere()


@pytest.mark.parametrize("address", ADMINISTRATORS)
def test_administrators_of_an_empty_cluster(visit: Visits, first_day: FirstDay, address: str) -> None:
    visitor = visit(first_day.server, first_day.administrator)
    visitor.page.goto(address)
    visitor.check_page_everywhere()


def _send_empty(page: Page, address: str, button: str) -> None:
    page.goto(address)
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
    expect(page.locator("[aria-invalid=true], [role=alert]").first).to_be_visible()


@pytest.mark.parametrize(("address", "button"), FORMS_OF_VISITORS.items())
def test_a_visitors_form_that_comes_back(visit: Visits, first_day: FirstDay, address: str, button: str) -> None:
    visitor = visit(first_day.server)
    _send_empty(visitor.page, address, button)
    visitor.check_page_everywhere()


@pytest.mark.parametrize(("address", "button"), FORMS_OF_MEMBERS.items())
def test_a_members_form_that_comes_back(visit: Visits, first_day: FirstDay, address: str, button: str) -> None:
    visitor = visit(first_day.server, first_day.member)
    _send_empty(visitor.page, address, button)
    visitor.check_page_everywhere()
