"""From what somebody has to drafts: proposed, confirmed, never kept before, never doubled."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.drafting.material import numbers, pick, read_file
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence, Profile
from tests.factories import World, competence
from tests.imports import samples

CV = """
Dr. Åsa Öberg, asa@nordmark.example, +49 431 123456
• We culture patient cells on ceramic scaffolds under controlled flow.
• Sterile filling of vials under isolators for clinical trials.
We are looking for a supplier of medical-grade calcium phosphate powder.
"""


@pytest.fixture
def member(sign_in: Callable[..., FlaskClient], world: World) -> FlaskClient:
    return sign_in(world.researcher)


def give(client: FlaskClient, *, file: tuple[str, bytes] | None = None, **fields: str) -> Any:
    form: dict[str, Any] = dict(fields)
    if file:
        form["file"] = (io.BytesIO(file[1]), file[0])
    return client.post("/offers/build/", data=form, content_type="multipart/form-data")


def filled(page: str) -> dict[str, list[str]]:
    """The proposals' form as it stands on the page: what a browser would send."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if "name" in attributes and (attributes.get("type") != "checkbox" or re.search(r"\schecked", tag)):
            found.setdefault(attributes["name"], []).append(unescape(attributes.get("value", "")))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, flags=re.DOTALL):
        found[name] = [unescape(text)]
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, flags=re.DOTALL):
        found[name] = re.findall(r'value="([^"]*)" selected', options)
    return found


def test_a_pasted_text_becomes_competences_and_needs_that_somebody_confirmed(
    member: FlaskClient, world: World, session: Session
) -> None:
    form = filled(give(member, text=CV).get_data(as_text=True))
    titles = [form[name][0] for name in sorted(form) if name.startswith("title-")]
    assert len(titles) == 3
    assert not any("@" in title or "431" in title for title in titles)
    # Looking at proposals keeps nothing.
    assert session.scalar(select(func.count()).select_from(Competence)) == 0

    left = next(n for n in range(3) if "Sterile" in form[f"title-{n}"][0])
    del form[f"take-{left}"]
    changed = next(n for n in range(3) if "culture" in form[f"title-{n}"][0])
    form[f"title-{changed}"] = ["Culture of cells under flow"]
    assert member.post("/offers/build/keep", data=form).status_code == 302
    (made,) = session.scalars(select(Competence))
    assert (made.title, made.state, made.visibility) == (
        "Culture of cells under flow",
        ItemState.DRAFT,
        Visibility.PRIVATE,
    )
    (sought,) = session.scalars(select(Need))
    assert "calcium phosphate" in sought.title
    assert sought.state is ItemState.DRAFT

    # The same form again, as after a reload, doubles nothing.
    member.post("/offers/build/keep", data=form)
    assert session.scalar(select(func.count()).select_from(Competence)) == 1


def test_an_orcid_record_becomes_a_profile_and_competences_with_their_evidence(
    member: FlaskClient, world: World, session: Session
) -> None:
    form = filled(give(member, file=("record.json", samples.ORCID_JSON)).get_data(as_text=True))
    member.post("/offers/build/keep", data=form)
    (profile,) = session.scalars(select(Profile).where(Profile.orcid == "0000-0002-1825-0097"))
    assert (profile.name, profile.state, profile.organisation_id) == ("Åsa Öberg", ItemState.DRAFT, world.university.id)
    made = list(session.scalars(select(Competence)))
    assert made
    assert {one.profile_id for one in made} == {profile.id}
    backing = {record.title: record for one in made for record in one.evidence}
    bone = backing["Printed bone heals"]
    assert (bone.identifier, bone.source, bone.state) == (samples.DOI, "ORCID", ItemState.DRAFT)

    # Another file with the same work, by its number, brings no second record.
    form = filled(give(member, file=("works.json", samples.OPENALEX), numbers=samples.DOI).get_data(as_text=True))
    form["title-0"] = ["Another way to say it"]
    member.post("/offers/build/keep", data=form)
    assert session.scalar(select(func.count()).select_from(Evidence).where(Evidence.identifier == samples.DOI)) == 1


def test_what_the_organisation_says_already_is_not_proposed_again(
    member: FlaskClient, world: World, session: Session
) -> None:
    competence(
        session,
        world.university,
        title="We culture patient cells on ceramic scaffolds under controlled flow",
        description="",
        keywords=[],
    )
    session.commit()
    page = give(member, text=CV).get_data(as_text=True)
    assert "One passage is left out" in page
    assert not any("culture" in value[0] for name, value in filled(page).items() if name.startswith("title-"))


def test_numbers_pick_among_the_records_of_a_file_and_the_others_are_named() -> None:
    wanted = numbers("https://doi.org/10.5555/BONE.1, PMID: 12345678\n10.9999/none")
    assert wanted == ["10.5555/bone.1", "12345678", "10.9999/none"]
    found, missing = pick(read_file("p.xml", samples.PUBMED).records, wanted)
    # The DOI and the number are those of one record.
    assert [record.title for record in found] == ["Printed bone heals"]
    assert missing == ["10.9999/none"]


def test_what_gives_nothing_to_read_is_said_on_the_form(member: FlaskClient) -> None:
    for given, said in (
        ({}, "Give a file"),
        ({"numbers": "12345678 nonsense!"}, "Neither a DOI, a PubMed number nor an ORCID iD: nonsense!"),
        ({"numbers": "12345678"}, "Nothing was found under these numbers"),
        ({"file": ("record.json", samples.ORCID_JSON[:200])}, "line 1"),
        ({"file": ("list.csv", b"name\nA\n")}, "describes no publication"),
    ):
        answer = give(member, **given)  # type: ignore[arg-type]
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
    assert "Nothing to propose" in give(member, text="Hello there.").get_data(as_text=True)


def test_a_title_that_is_none_comes_back_with_everything_that_was_typed(member: FlaskClient, session: Session) -> None:
    form = filled(give(member, text=CV).get_data(as_text=True))
    form["title-0"], form["description-1"] = ["Oh"], ["Words of my own"]
    answer = member.post("/offers/build/keep", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "a title of 5 to 120 characters" in page
    assert "Words of my own" in page
    assert session.scalar(select(func.count()).select_from(Competence)) == 0


def test_records_that_somebody_made_up_on_the_page_are_checked_like_any_other(
    member: FlaskClient, session: Session
) -> None:
    form = filled(give(member, file=("record.json", samples.ORCID_JSON)).get_data(as_text=True))
    form["record"] = ["[" * 5_000, '{"kind": "need", "title": "No evidence"}', '{"kind": "evidence", "year": "x"}']
    assert member.post("/offers/build/keep", data=form).status_code == 302
    assert session.scalar(select(func.count()).select_from(Evidence)) == 0
