"""Creating an organisation once, and changing it without losing anybody's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster, Organisation
from tests import factories

FACTS = {"name": "Zellhafen AG", "type": "large_company", "country": "SE", "city": "Malmö", "region": "Skåne"}


@pytest.fixture
def newcomer(world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Somebody without an organisation, in an installation with one cluster."""
    other = session.scalars(select(Cluster).where(Cluster.name == "Southern Cross")).one()
    session.delete(other)
    session.commit()
    return sign_in(world.newcomer)


def named(session: Session, name: str) -> list[Organisation]:
    session.expire_all()
    return list(session.scalars(select(Organisation).where(Organisation.name == name)))


def test_whoever_creates_an_organisation_looks_after_it(
    newcomer: FlaskClient, world: factories.World, session: Session
) -> None:
    answer = newcomer.post(
        "/organisations/new",
        data={
            **FACTS,
            "website": "www.zellhafen.example",
            "ror": "01zgy1s35",
            "employees": "420",
            "headline": "We grow cells.",
            "about": "Since 2009.",
            "fields": ["atmp", "production"],
        },
    )
    assert answer.location == "/"
    (made,) = named(session, "Zellhafen AG")
    assert (made.website, made.domain) == ("https://www.zellhafen.example", "zellhafen.example")
    assert made.ror == "https://ror.org/01zgy1s35"
    assert made.employees == 420
    assert made.fields == ["atmp", "production"]
    assert made.is_sme is False
    assert made.cluster_ids == {world.cluster.id}
    assert newcomer.get(f"/organisations/{made.public_id}/people").status_code == 200


def test_with_several_clusters_the_form_asks_which(
    world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(world.newcomer)
    assert "Southern Cross" in browser.get("/organisations/new").text
    assert browser.post("/organisations/new", data=FACTS).status_code == 422
    assert browser.post("/organisations/new", data={**FACTS, "cluster": "made-up"}).status_code == 422
    browser.post("/organisations/new", data={**FACTS, "cluster": world.cluster.public_id})
    (made,) = named(session, "Zellhafen AG")
    assert made.cluster_ids == {world.cluster.id}


@pytest.mark.parametrize(
    "name", ["knochenwerk gmbh", "Ｋｎｏｃｈｅｎｗｅｒｋ ＧｍｂＨ", "Knochen\u200bwerk  GmbH", "KNOCHENWERK GMBH"]
)
def test_the_same_name_in_other_clothes_is_recognised_and_can_be_insisted_on(
    newcomer: FlaskClient, session: Session, name: str
) -> None:
    answer = newcomer.post("/organisations/new", data={**FACTS, "name": name})
    assert answer.status_code == 409
    assert "Is it one of these?" in answer.text
    assert "same name" in answer.text
    assert 'value="Malmö"' in answer.text, "what was typed is still there"
    assert named(session, name) == []
    assert newcomer.post("/organisations/new", data={**FACTS, "name": name, "not_the_same": "1"}).status_code == 302


def test_a_name_in_letters_that_only_look_the_same_is_refused_or_recognised(
    newcomer: FlaskClient, world: factories.World, session: Session
) -> None:
    answer = newcomer.post("/organisations/new", data={**FACTS, "name": "\u041anochenwerk GmbH", "not_the_same": "1"})
    assert answer.status_code == 422
    assert "mixes letters of two alphabets" in answer.text
    session.get_one(Organisation, world.sme.id).name = "Oase"
    session.commit()
    all_cyrillic = "\u041e\u0430\u0455\u0435"
    answer = newcomer.post("/organisations/new", data={**FACTS, "name": all_cyrillic})
    assert answer.status_code == 409
    assert "same name" in answer.text


def test_the_same_website_is_recognised(newcomer: FlaskClient, world: factories.World, session: Session) -> None:
    session.get_one(Organisation, world.sme.id).website = "https://www.knochenwerk.example/en"
    session.commit()
    answer = newcomer.post("/organisations/new", data={**FACTS, "website": "http://knochenwerk.example"})
    assert answer.status_code == 409
    assert "same website" in answer.text


def test_the_same_ror_id_leaves_no_choice_but_to_join(
    newcomer: FlaskClient, world: factories.World, session: Session
) -> None:
    session.get_one(Organisation, world.sme.id).ror = "https://ror.org/01zgy1s35"
    session.commit()
    answer = newcomer.post("/organisations/new", data={**FACTS, "ror": "01zgy1s35", "not_the_same": "1"})
    assert answer.status_code == 409
    assert "is here already" in answer.text
    assert f"/organisations/{world.sme.public_id}/ask" in answer.text
    assert named(session, "Zellhafen AG") == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "\u200b"},
        {"name": "x" * 201},
        {"type": "castle"},
        {"type": ""},
        {"country": ""},
        {"country": "EU"},
        {"website": "javascript:alert(1)"},
        {"ror": "01zgy1s36"},
        {"employees": "-1"},
        {"employees": "9" * 5000},
        {"employees": "many"},
        {"about": "x" * 4001},
        {"fields": ["castle"]},
        {"fields": ["atmp", "devices", "diagnostics", "care", "finance", "imaging", "pharma"]},
    ],
)
def test_what_does_not_fit_is_refused_and_said(
    newcomer: FlaskClient, session: Session, change: dict[str, object]
) -> None:
    answer = newcomer.post("/organisations/new", data={**FACTS, **change})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert len(session.scalars(select(Organisation)).all()) == 4


def test_a_form_writes_only_what_it_shows(newcomer: FlaskClient, session: Session) -> None:
    newcomer.post(
        "/organisations/new",
        data={
            **FACTS,
            "id": "999",
            "public_id": "aaaaaaaaaaaa",
            "name_key": "x",
            "is_sme": "1",
            "source": "evil",
            "licence": "evil",
            "demonstration": "1",
            "version": "77",
            "source_key": "x",
        },
    )
    (made,) = named(session, "Zellhafen AG")
    assert made.id != 999
    assert made.public_id != "aaaaaaaaaaaa"
    assert (made.name_key, made.is_sme, made.source, made.licence) == ("zellhafen ag", False, "", "")
    assert (made.demonstration, made.version, made.source_key) == (False, 1, None)


# Editing


def edit_path(world: factories.World) -> str:
    return f"/organisations/{world.sme.public_id}/edit"


def form_of(world: factories.World, version: int, **changes: object) -> dict[str, object]:
    return {"name": "Knochenwerk GmbH", "type": "sme", "country": "DE", "city": "Hamburg", "region": "Hamburg",
            "headline": "Bones.", "version": version, **changes}  # fmt: skip


def test_an_admin_changes_the_profile(
    world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(world.sme_admin)
    page = browser.get(edit_path(world))
    assert 'value="Knochenwerk GmbH"' in page.text
    assert browser.post(edit_path(world), data=form_of(world, 1, about="We print bones.")).status_code == 302
    (changed,) = named(session, "Knochenwerk GmbH")
    assert (changed.about, changed.headline) == ("We print bones.", "Bones.")


def test_of_two_who_edit_at_once_nobody_loses_a_word(
    world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    session.add_all([])
    first, second = sign_in(world.sme_admin), sign_in(world.sme_admin)
    first.post(edit_path(world), data=form_of(world, 1, about="The first text.", city="Bremen"))
    late = second.post(edit_path(world), data=form_of(world, 1, about="The second text."))
    assert late.status_code == 409
    assert "Somebody else saved this" in late.text
    assert "The first text." in late.text
    assert "Bremen" in late.text
    assert "The second text." in late.text
    assert 'name="version" type="hidden" value="2"' in late.text
    assert named(session, "Knochenwerk GmbH")[0].about == "The first text."

    assert second.post(edit_path(world), data=form_of(world, 2, about="Both texts.")).status_code == 302
    assert named(session, "Knochenwerk GmbH")[0].about == "Both texts."


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 400])
def test_a_made_up_version_is_a_conflict(
    world: factories.World, sign_in: Callable[..., FlaskClient], version: str
) -> None:
    assert sign_in(world.sme_admin).post(edit_path(world), data=form_of(world, version)).status_code == 409


def test_another_organisations_ror_id_can_not_be_taken(
    world: factories.World, session: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    session.get_one(Organisation, world.university.id).ror = "https://ror.org/01zgy1s35"
    session.commit()
    answer = sign_in(world.sme_admin).post(edit_path(world), data=form_of(world, 1, ror="01zgy1s35"))
    assert answer.status_code == 409
    assert "has this ROR id" in answer.text


@pytest.mark.parametrize("who", ["sme_user", "researcher", "manager", "outsider", "newcomer", "platform_admin"])
def test_who_does_not_look_after_it_finds_nothing_to_edit(
    world: factories.World, sign_in: Callable[..., FlaskClient], who: str
) -> None:
    browser = sign_in(getattr(world, who))
    real, none = edit_path(world), "/organisations/23456789abcd/edit"
    for method in ("get", "post"):
        answers = [getattr(browser, method)(path, **({"data": form_of(world, 1)} if method == "post" else {}))
                   for path in (real, none)]  # fmt: skip
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({len(answer.data) for answer in answers}) == 1
