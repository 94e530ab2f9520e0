"""A sign-in leads to a page of this site, whatever the address it was asked to lead to."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from matchmaker.accounts.redirects import is_safe
from tests import factories

EVIL = (
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "http:\\\\evil.example",
    "https://localhost@evil.example",
    "javascript:alert(1)",
    "/%09/evil.example",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "//evil.example\\@localhost",
    "/\u00a0/evil.example",
    "evil.example",
    "",
)


@pytest.mark.parametrize("target", EVIL)
def test_an_address_that_may_lead_elsewhere_is_not_safe(target: str) -> None:
    assert not is_safe(target)


@pytest.mark.parametrize("target", ["/", "/account", "/organisations/join?q=a%20b&x=//y", "/needs/abc#top"])
def test_a_path_of_this_site_is_safe(target: str) -> None:
    assert is_safe(target)


@pytest.mark.parametrize("target", EVIL)
@pytest.mark.parametrize("where", ["form", "query", "both"])
def test_a_sign_in_with_an_evil_next_stays_here(
    client: FlaskClient, world: factories.World, target: str, where: str
) -> None:
    data = {"email": world.sme_user.email, "password": factories.PASSWORD}
    if where != "query":
        data["next"] = target
    answer = client.post("/sign-in", data=data, query_string={} if where == "form" else {"next": target})
    assert answer.status_code == 302
    assert answer.location in ("/arrive", "/")
    assert client.get("/account").status_code == 200


def test_a_sign_in_leads_back_to_where_it_was_asked_for(client: FlaskClient, world: factories.World) -> None:
    sent_away = client.get("/account/tokens")
    assert sent_away.location == "/sign-in?next=/account/tokens"
    page = client.get(sent_away.location)
    assert 'name="next" type="hidden" value="/account/tokens"' in page.text
    answer = client.post(
        "/sign-in",
        data={"email": world.sme_user.email, "password": factories.PASSWORD, "next": "/account/tokens"},
    )
    assert answer.location == "/account/tokens"
