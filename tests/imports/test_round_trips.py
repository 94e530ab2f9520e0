"""What leaves in a format comes in elsewhere in the same format, and says the same there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.exports import ORGANISATION
from matchmaker.clusters.models import Cluster, Organisation, OrganisationType
from matchmaker.db import today
from matchmaker.imports.formats import read
from matchmaker.imports.mapping import RECORDS
from matchmaker.imports.operations import put_organisation, put_person, put_statement
from matchmaker.imports.readers import FileKind, Row
from matchmaker.imports.records import parse
from matchmaker.items.models import Cooperation, Field, IprStatus, Rung, Stage
from matchmaker.needs.exports import NEED
from matchmaker.needs.models import Need
from matchmaker.profiles.exports import COMPETENCE, EVIDENCE
from matchmaker.profiles.models import Competence, Evidence, EvidenceKind, Profile, ProfileKind
from matchmaker.sheets import Column
from matchmaker.testfields.exports import TEST_FIELD
from matchmaker.testfields.models import Place, TestField, TestFieldKind
from tests import factories
from tests.factories import World

MODELS: tuple[Any, ...] = (Organisation, Profile, Competence, Need, TestField, Evidence)
ITEM = ("title", "description", "keywords", "language", "visibility", "state")
#: What each format has words for; everything else is lost, and docs/data.md says so.
VIVO = {
    Organisation: ("name", "type", "country", "region", "city", "website", "ror", "headline", "about", "language"),
    Profile: ("name", "orcid", "headline", "about", "website", "language"),
    Competence: (*ITEM, "advantages"),
    Need: (*ITEM, "expected_result"),
    TestField: (*ITEM, "kind", "rung", "access_steps", "city", "country"),
    Evidence: (*ITEM, "kind", "identifier", "link", "year"),
}
CERIF = {
    Organisation: ("name", "type", "website", "ror"),
    Profile: ("name", "orcid", "website"),
    Competence: (),
    Need: (),
    TestField: ("title", "description", "language", "visibility", "state"),
    Evidence: (*ITEM, "kind", "identifier", "link", "year"),
}
LISTS: dict[Any, tuple[str, tuple[Column, ...]]] = {
    Organisation: ("/organisations", ORGANISATION),
    Competence: ("/search.{}?what=competence", COMPETENCE),
    Need: ("/search.{}?what=need", NEED),
    TestField: ("/test-fields/list", TEST_FIELD),
    Evidence: ("/search.{}?what=evidence", EVIDENCE),
}


@pytest.fixture
def told(session: Session, world: World) -> World:
    """Two organisations that say whatever can be said, in letters and marks that formats trip over."""
    of = world.sme
    of.region, of.city, of.website, of.employees = "Holstein & Lübeck", "Kiel", "https://knochenwerk.example/a?b=c", 12
    of.ror, of.headline, of.about = (
        "https://ror.org/05k89ew48",
        "Knochen <aus> Zellen",
        "Wir drucken.\n\n„Größer“ & mehr",
    )
    of.language, of.fields, of.source, of.licence = "de", [Field.BONE_HEALING], "Own list", "CC0"
    factories.person_profile(
        session,
        of,
        world.sme_user,
        name="Åsa von Öberg",
        orcid="0000-0002-1825-0097",
        headline="Head of cells",
        about="Prints bone.",
        website="https://asa.example",
        language="en",
    )
    factories.person_profile(session, of, world.sme_admin, kind=ProfileKind.GROUP, name="Cell group", user_id=None)
    shared = {"keywords": ["bone", "öppen källa"], "fields": [Field.ATMP], "language": "en", "expires_on": _in(90)}
    wanted = {
        "stage": Stage.PROTOTYPE,
        "cooperation": [Cooperation.LICENCE],
        "partners_sought": [OrganisationType.CLINIC],
    }
    factories.competence(
        session,
        of,
        title="=Cells “ø” in 3-D",
        description='First line.\nSecond "line"; with, marks.',
        advantages="Faster.",
        trl=4,
        ipr_status=IprStatus.PATENT_GRANTED,
        **shared,
        **wanted,
    )
    factories.need(
        session,
        of,
        expected_result="+30 % volume",
        trl_min=3,
        trl_max=6,
        rung=Rung.GMP,
        regulated=False,
        countries=["DE", "SE"],
        deadline=_in(60),
        **shared,
        **wanted,
    )
    factories.test_field(
        session,
        of,
        kind=TestFieldKind.GMP_UNIT,
        rung=Rung.GMP,
        regulated=True,
        place=Place.PHYSICAL,
        city="Kiel",
        country="DE",
        services=["Filling"],
        licences=["§ 13 AMG"],
        access_steps=["Ask.", "Sign."],
        response_days=5,
        **shared,
    )
    both = {"organisations": [of, world.university], "keywords": ["bone"], "language": "sv"}
    for kind, identifier, url in (
        (EvidenceKind.PUBLICATION, "10.5555/a.1", ""),
        (EvidenceKind.PUBLICATION, "12345678", "https://paper.example/1"),
        (EvidenceKind.PROJECT, "101000001", "https://project.example/"),
        (EvidenceKind.PATENT, "EP1234567", "https://patent.example/"),
        (EvidenceKind.LICENCE, "L-7", "https://licence.example/"),
    ):
        factories.evidence(session, of, kind=kind, identifier=identifier, url=url, title=f"{kind} é", **both)
    session.commit()
    return world


def _in(days: int) -> date:
    return today() + timedelta(days=days)


@pytest.fixture
def there(elsewhere: Session) -> Session:
    """Another installation with a cluster and nothing in it."""
    elsewhere.add(Cluster(slug="elsewhere", name="Elsewhere"))
    elsewhere.commit()
    return elsewhere


def bring_in(session: Session, name: str, data: bytes, kinds: Iterable[FileKind] = tuple(FileKind)) -> None:
    """Everything in a file, the organisations first; no row is refused."""
    cluster = session.scalars(select(Cluster)).one()
    for kind in kinds:
        for row in read(name, data, kind=kind):
            assert isinstance(row, Row), row
            record = parse(RECORDS[kind], row.values)
            if kind is FileKind.ORGANISATIONS:
                put_organisation(session, record, cluster)
            elif kind is FileKind.PEOPLE:
                put_person(session, record)
            else:
                put_statement(session, record)
    session.commit()


def said(session: Session, model: Any, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """What the things of a kind say under these names, in an order that is the same everywhere."""
    things = session.scalars(select(model))
    if model is Profile:
        things = [one for one in things if one.kind is ProfileKind.PERSON]
    values = (tuple(_same(getattr(thing, name)) for name in names) for thing in things)
    return sorted(values, key=repr)


def _same(value: Any) -> Any:
    return tuple(sorted(value)) if isinstance(value, list) else value


def test_vivo_comes_back_with_all_that_it_has_words_for(
    client: FlaskClient, session: Session, told: World, there: Session
) -> None:
    bring_in(there, "told.ttl", client.get(f"/organisations/{told.sme.public_id}.ttl").data)
    _drop_the_others(session, told)
    for model, names in VIVO.items():
        assert said(there, model, names) == said(session, model, names), model
    for record in there.scalars(select(Evidence)):
        assert {one.name for one in record.organisations} == {told.sme.name, told.university.name}


def test_cerif_comes_back_with_all_that_it_has_words_for(
    client: FlaskClient, session: Session, told: World, there: Session
) -> None:
    # It has no word for a licence and numbers publications by DOI alone.
    for record in session.scalars(select(Evidence)):
        if record.kind is EvidenceKind.LICENCE or record.identifier == "12345678":
            session.delete(record)
    session.commit()
    for of in (told.sme, told.university):
        bring_in(there, "told.xml", client.get(f"/organisations/{of.public_id}.xml").data)
    # A group comes in as an organisation.
    there.delete(there.scalars(select(Organisation).where(Organisation.name == "Cell group")).one())
    _drop_the_others(session, told)
    for model, names in CERIF.items():
        assert said(there, model, names) == (said(session, model, names) if names else []), model


def _drop_the_others(session: Session, told: World) -> None:
    """Forget the organisations that have nothing to do with what left."""
    session.delete(told.host)
    session.delete(told.stranger)
    session.flush()


@pytest.mark.parametrize("format", ["csv", "xlsx", "json"])
def test_every_list_comes_back_as_it_was(
    client: FlaskClient, session: Session, told: World, there: Session, format: str
) -> None:
    for model, (address, columns) in LISTS.items():
        url = address.format(format) if "{}" in address else f"{address}.{format}"
        kind = FileKind.ORGANISATIONS if model is Organisation else FileKind.STATEMENTS
        bring_in(there, f"list.{format}", client.get(url).data, [kind])
        wanted = [column for column in columns if column.name not in ("key", "page")]

        def rows(session: Session, model: Any = model, wanted: Any = wanted) -> list[list[Any]]:
            return sorted(
                ([_same(column.value(one)) for column in wanted] for one in session.scalars(select(model))), key=repr
            )

        assert rows(there) == rows(session), model
