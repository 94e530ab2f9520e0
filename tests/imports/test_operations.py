"""What comes in: once, under its own key, with its source, and without harm to what people changed since."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.imports.models import Outcome
from matchmaker.imports.operations import Report, put_organisation, put_statement, run
from matchmaker.imports.readers import BadRow
from matchmaker.imports.records import OrganisationRecord, RowRefused, StatementRecord, parse
from matchmaker.items.models import ItemState
from matchmaker.needs.models import Need
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence
from tests.factories import World, organisation

pytestmark = pytest.mark.every_database

SME = {
    "key": "o-1",
    "name": "Knochenfabrik GmbH",
    "type": "sme",
    "country": "de",
    "city": "Lübeck",
    "fields": "atmp; devices",
}


def put_all(session: Session, world: World, *rows: dict[str, Any]) -> Report:
    return run(
        session,
        list(enumerate(rows, start=2)),
        lambda s, values: put_organisation(s, parse(OrganisationRecord, values), world.cluster),
        after_batch=lambda report: session.commit(),
    )


def test_the_same_file_twice_creates_nothing_new(session: Session, world: World) -> None:
    first = put_all(session, world, SME, SME | {"key": "o-2", "name": "Zellwerk AB"})
    again = put_all(session, world, SME, SME | {"key": "o-2", "name": "Zellwerk AB"})

    assert first.outcomes == {Outcome.CREATED: 2}
    assert again.outcomes == {Outcome.UNCHANGED: 2}
    assert session.scalar(select(func.count()).where(Organisation.name == "Knochenfabrik GmbH")) == 1


def test_a_changed_row_changes_the_organisation_it_is_known_by(session: Session, world: World) -> None:
    put_all(session, world, SME)
    assert put_all(session, world, SME | {"city": "Kiel"}).outcomes == {Outcome.CHANGED: 1}
    found = session.scalars(select(Organisation).where(Organisation.name == "Knochenfabrik GmbH")).one()
    assert (found.city, found.country, found.is_sme, found.fields) == ("Kiel", "DE", True, ["atmp", "devices"])
    assert found.cluster_ids == {world.cluster.id}


def test_bad_rows_are_named_with_their_line_and_good_rows_are_kept(session: Session, world: World) -> None:
    report = put_all(session, world, SME | {"type": "gmbh"}, SME, SME | {"colour": "red", "name": ""})

    assert report.outcomes == {Outcome.CREATED: 1, Outcome.REFUSED: 2}
    assert [row.line for row in report.refused] == [2, 4]
    assert "type" in str(report.refused[0].reason)
    assert "“gmbh”" in str(report.refused[0].reason)
    assert "colour: this column is not known" in str(report.refused[1].reason)
    assert "name" in str(report.refused[1].reason)


def test_rows_that_could_not_be_read_are_part_of_the_report(session: Session, world: World) -> None:
    report = run(session, [BadRow(7, "torn")], lambda s, v: Outcome.CREATED, after_batch=lambda report: None)
    assert report.refused == [BadRow(7, "torn")]


def test_an_organisation_entered_by_hand_is_not_overwritten_by_a_file(session: Session, world: World) -> None:
    ror = "https://ror.org/01zgy1s35"
    by_hand = organisation(session, within=world.cluster, name="UKE Hamburg", ror=ror, headline="In our own words.")
    session.commit()

    report = put_all(session, world, {"key": "x", "name": "Universitätsklinikum", "type": "clinic", "ror": ror})

    assert report.outcomes == {Outcome.UNCHANGED: 1}
    session.refresh(by_hand)
    assert by_hand.headline == "In our own words."


def statement(**values: Any) -> StatementRecord:
    made = parse(
        StatementRecord,
        {
            "kind": "competence",
            "key": "s-1",
            "organisation": "Universität Elbstrand",
            "title": "Phage screening against resistant bacteria",
            "keywords": "phages; AMR",
            **values,
        },
    )
    assert isinstance(made, StatementRecord)
    return made


def test_a_statement_comes_in_published_but_private_unless_its_row_says_otherwise(
    session: Session, world: World
) -> None:
    assert put_statement(session, statement()) == Outcome.CREATED
    found = session.scalars(select(Competence)).one()
    assert (found.visibility, found.state, found.keywords) == (
        Visibility.PRIVATE,
        ItemState.PUBLISHED,
        ["phages", "AMR"],
    )
    assert found.organisation_id == world.university.id
    assert put_statement(session, statement()) == Outcome.UNCHANGED


def test_what_an_owner_withdrew_stays_withdrawn(session: Session, world: World) -> None:
    put_statement(session, statement(kind="need", visibility="public"))
    need = session.scalars(select(Need)).one()
    need.state = ItemState.WITHDRAWN
    session.flush()

    assert (
        put_statement(session, statement(kind="need", visibility="public", title="Another title now"))
        == Outcome.UNCHANGED
    )
    assert need.state == ItemState.WITHDRAWN
    assert need.title == "Phage screening against resistant bacteria"


def test_a_statement_of_an_unknown_organisation_is_refused_by_name(session: Session, world: World) -> None:
    with pytest.raises(RowRefused, match="“Nobody AB”"):
        put_statement(session, statement(organisation="Nobody AB"))


def test_evidence_stands_behind_every_partner_named(session: Session, world: World) -> None:
    put_statement(
        session, statement(kind="evidence", evidence_kind="project", partners="Knochenwerk GmbH", year="2024")
    )
    found = session.scalars(select(Evidence)).one()
    assert {o.id for o in found.organisations} == {world.university.id, world.sme.id}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "test_field"}, "test_field_kind and rung"),
        ({"kind": "evidence"}, "evidence_kind"),
        ({"visibility": "teaser"}, "public, members or private"),
        ({"trl": "12"}, "trl"),
        ({"kind": "need", "trl_min": "7", "trl_max": "3"}, "trl_min"),
        ({"expires_on": "31.12.2027"}, "expires_on"),
        ({"title": "\u200b\u200b"}, "title"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_column(values: dict[str, str], said: str) -> None:
    with pytest.raises(RowRefused, match=said):
        statement(**values)


def test_types_of_organisations_are_those_of_the_product() -> None:
    with pytest.raises(RowRefused) as refusal:
        parse(OrganisationRecord, {"name": "X Y", "type": "startup"})
    assert OrganisationType.SME in str(refusal.value)


@pytest.mark.parametrize("column", ["employees", "country", "ror", "website", "fields", "language", "about"])
def test_an_empty_cell_of_an_organisation_says_nothing(column: str) -> None:
    parse(OrganisationRecord, {"name": "Zellwerk AB", "type": "sme", column: ""})
    parse(OrganisationRecord, {"name": "Zellwerk AB", "type": "sme", column: None})


def test_empty_cells_of_a_statement_say_nothing() -> None:
    """A filled template leaves most of its columns empty."""
    filled = {"kind": "competence", "organisation": "o-1", "title": "Phage screening"}
    for empty in ("", "  "):
        record = parse(
            StatementRecord, dict.fromkeys(StatementRecord.model_fields, empty) | filled | {"visibility": "public"}
        )
        assert (record.trl, record.year, record.deadline, record.regulated, record.keywords) == (
            None,
            None,
            None,
            None,
            [],
        )
