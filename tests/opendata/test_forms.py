"""Public things as other programs read them: the same facts in every form, and nothing that is not public."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import pytest
import rdflib
import zxingcpp
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matchmaker.permissions import Visibility
from tests import factories
from tests.factories import World

CERIF = "{https://www.openaire.eu/cerif-profile/1.2/}"
SVG = "{http://www.w3.org/2000/svg}"
ATOM = "{http://www.w3.org/2005/Atom}"
VIVO = rdflib.Namespace("http://vivoweb.org/ontology/core#")
HOSTILE = '</script><b>"\\é\n'


@pytest.fixture
def things(session: Session, world: World) -> dict[str, Any]:
    """One public thing of every kind, of one organisation, beside others that are not for everybody."""
    of = world.university
    made = {
        "organisations": of,
        "needs": factories.need(session, of, title=f"Need {HOSTILE}", keywords=['a "b"', "ç"], countries=["DE"]),
        "competences": factories.competence(session, of, cooperation=["services"]),
        "evidence": factories.evidence(session, of, identifier="10.5555/graft"),
        "test-fields": factories.test_field(session, of, services=["Sterile filling"]),
        "profiles": factories.person_profile(session, of, world.researcher, orcid="0000-0002-5277-285X"),
    }
    for make in (factories.need, factories.competence, factories.evidence, factories.test_field):
        make(session, of, title="For members alone", visibility=Visibility.MEMBERS)
    session.commit()
    return made


def forms_of(client: FlaskClient, address: str) -> dict[str, str]:
    """The forms that a page names, read."""
    page = client.get(address).get_data(as_text=True)
    named = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', page)
    return {type: client.get(url).get_data(as_text=True) for type, url in named}


def test_every_public_thing_reads_in_every_form_it_has(client: FlaskClient, things: dict[str, Any]) -> None:
    for folder, thing in things.items():
        address = f"/{folder}/{thing.public_id}"
        forms = forms_of(client, address)
        me = json.loads(forms["application/ld+json"])["@id"]
        assert me.endswith(address)
        name = getattr(thing, "title", None) or thing.name
        graph = rdflib.Graph().parse(data=forms["text/turtle"], format="turtle")
        assert [str(label) for label in graph.objects(rdflib.URIRef(me), rdflib.RDFS.label)] == [name]
        assert ("application/xml" in forms) == (folder not in ("needs", "competences"))
        assert "For members alone" not in "".join(forms.values())


def test_a_page_carries_its_description_and_no_markup_of_its_texts(client: FlaskClient, things: dict[str, Any]) -> None:
    page = client.get(f"/needs/{things['needs'].public_id}").get_data(as_text=True)
    [said] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    described = json.loads(said)
    assert described["name"] == f"Need {HOSTILE}"
    assert described["@reverse"]["seeks"]["name"] == things["organisations"].name
    assert "<b>" not in said


def test_who_is_signed_in_is_no_search_engine(sign_in: Any, world: World, things: dict[str, Any]) -> None:
    page = sign_in(world.researcher).get(f"/organisations/{things['organisations'].public_id}").get_data(as_text=True)
    assert 'application/ld+json" href=' in page
    assert '<script type="application/ld+json">' not in page


def test_an_organisation_in_cerif_comes_with_people_places_and_results(
    client: FlaskClient, things: dict[str, Any]
) -> None:
    root = fromstring(client.get(f"/organisations/{things['organisations'].public_id}.xml").data)
    assert [one.text for one in root.iter(f"{CERIF}ORCID")] == ["https://orcid.org/0000-0002-5277-285X"]
    assert [one.text for one in root.iter(f"{CERIF}DOI")] == ["10.5555/graft"]
    [place] = root.iter(f"{CERIF}Equipment")
    assert place.findtext(f"{CERIF}Name") == things["test-fields"].title


def test_an_organisation_in_vivo_comes_with_its_people(client: FlaskClient, things: dict[str, Any]) -> None:
    data = client.get(f"/organisations/{things['organisations'].public_id}.ttl").get_data(as_text=True)
    graph = rdflib.Graph().parse(data=data, format="turtle")
    [position] = graph.subjects(rdflib.RDF.type, VIVO.Position)
    related = {str(one).rpartition("/")[2] for one in graph.objects(position, VIVO.relates)}
    assert related == {things["organisations"].public_id, things["profiles"].public_id}


def test_a_feed_holds_what_everybody_may_read_under_names_that_stay(
    client: FlaskClient, sign_in: Any, session: Session, world: World, things: dict[str, Any]
) -> None:
    sent = client.get("/feeds/needs.atom")
    [entry] = fromstring(sent.data).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == f"Need {HOSTILE}"
    assert client.get("/feeds/needs.atom", headers={"If-None-Match": sent.headers["ETag"]}).status_code == 304
    # Its owner, who reads more, is told the same; a change keeps the name.
    things["needs"].title = "Renamed"
    session.commit()
    [again] = fromstring(sign_in(world.researcher).get("/feeds/needs.atom").data).iter(f"{ATOM}entry")
    assert again.findtext(f"{ATOM}title") == "Renamed"
    assert again.findtext(f"{ATOM}id") == entry.findtext(f"{ATOM}id")


def test_a_code_says_what_it_leads_to_and_a_telephone_gets_there(client: FlaskClient, things: dict[str, Any]) -> None:
    sent = client.get(f"/evidence/{things['evidence'].public_id}/qr.svg")
    assert sent.mimetype == "image/svg+xml"
    root = fromstring(sent.data)
    assert root.findtext(f"{SVG}title") == f"QR code: {things['evidence'].title}"
    [code] = zxingcpp.read_barcodes(photographed(root))
    assert code.text.endswith(f"/evidence/{things['evidence'].public_id}")


def photographed(root: Element) -> np.ndarray:
    """The picture in pixels, eight a module, as a camera hands it to a reader: its strokes on white."""
    width, height = (int(size) for size in root.attrib["viewBox"].split()[2:])
    pixels = np.full((height, width), 255, np.uint8)
    [lines] = (path.attrib["d"] for path in root.iter(f"{SVG}path") if path.get("stroke") == "#000")
    x = y = 0.0
    for move, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", lines):
        if move == "h":
            pixels[int(y), int(x) : int(x + float(first))] = 0
            x += float(first)
        else:
            x, y = (0.0, 0.0) if move == "M" else (x, y)
            x, y = x + float(first), y + float(second)
    return pixels.repeat(8, axis=0).repeat(8, axis=1)
