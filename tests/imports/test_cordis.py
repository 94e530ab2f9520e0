"""CORDIS files in both layouts come to the same cluster, with source and licence on everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Organisation, OrganisationType
from matchmaker.imports import cordis
from matchmaker.imports.models import Outcome
from matchmaker.imports.readers import UnreadableFile
from matchmaker.imports.records import RowRefused
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence
from tests.factories import World

# Made up for this test, in the columns of the published files.
ORGANISATIONS = """projectID;projectAcronym;organisationID;name;SME;activityType;city;country;organizationURL;role
900001;BONEGROW;11;UNIVERSITAETSKLINIKUM ELBE;false;HES;HAMBURG;DE;www.elbe.example;participant
900001;BONEGROW;12;SCAFFOLD WORKS GMBH;true;PRC;KIEL;DE;;coordinator
900002;PHAGEUP;13;PANEPISTIMIO KRITIS;false;HES;IRAKLEIO;EL;;coordinator
"""
PROJECTS = """id;acronym;title;startDate;objective;keywords
900001;BONEGROW;Growing large bone grafts;2024-03-01;"We culture bone; large and living.";bone healing, scaffolds
900002;PHAGEUP;Phages for the clinic;2025-01-01;Phages against resistant germs.;phages
900003;ALONE;Nobody here;2025-01-01;No participant of this one is known.;
"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    (tmp_path / "organization.csv").write_text(ORGANISATIONS, encoding="utf-8")
    (tmp_path / "project.csv").write_text(PROJECTS, encoding="utf-8")
    return tmp_path


def bring_in(session: Session, world: World, directory: Path) -> list[Outcome]:
    files = cordis.read(directory)
    outcomes = [cordis.put_participant(session, p, world.cluster) for p in files.participants]
    outcomes += [cordis.put_project(session, project) for project in files.projects if project.participants]
    session.commit()
    return outcomes


def test_the_published_files_come_in_once_with_source_and_licence(
    session: Session, world: World, published: Path
) -> None:
    assert bring_in(session, world, published) == [Outcome.CREATED] * 5
    assert bring_in(session, world, published) == [Outcome.UNCHANGED] * 5

    clinic = session.scalars(select(Organisation).where(Organisation.source_key == "cordis:11")).one()
    assert (clinic.type, clinic.name, clinic.city) == (OrganisationType.CLINIC, "Universitaetsklinikum Elbe", "Hamburg")
    assert clinic.website == "https://www.elbe.example"
    assert "European Union" in clinic.source
    assert clinic.licence == "CC BY 4.0"
    sme = session.scalars(select(Organisation).where(Organisation.source_key == "cordis:12")).one()
    assert (sme.type, sme.is_sme, sme.name) == (OrganisationType.SME, True, "Scaffold Works GmbH")
    greek = session.scalars(select(Organisation).where(Organisation.source_key == "cordis:13")).one()
    assert greek.country == "GR"

    project = session.scalars(select(Evidence).where(Evidence.identifier == "900001")).one()
    assert {o.id for o in project.organisations} == {clinic.id, sme.id}
    assert project.organisation_id == sme.id, "the coordinator registers a project"
    assert (project.visibility, project.licence, project.year) == (Visibility.PUBLIC, "CC BY 4.0", 2024)
    subjects = session.scalars(select(Competence).where(Competence.organisation_id == sme.id)).one()
    assert subjects.keywords == ["bone healing", "scaffolds"]


def test_a_project_whose_participants_are_all_unknown_is_refused(
    session: Session, world: World, published: Path
) -> None:
    alone = next(project for project in cordis.read(published).projects if not project.participants)
    with pytest.raises(RowRefused, match="900003"):
        cordis.put_project(session, alone)


def test_the_layout_in_json_lines_comes_to_the_same(session: Session, world: World, tmp_path: Path) -> None:
    organisations = [
        {"id": "21", "name": "Northern Clinic", "kind": "clinic", "type": "HES", "sme": False, "country": "SE",
         "city": "Uppsala", "url": None, "competences": ["surgery"]},
        {"id": "22", "name": "TOOLMAKERS AB", "type": "PRC", "sme": True, "country": "UK", "city": "Leeds"},
    ]  # fmt: skip
    projects = [
        {"id": "800001", "acronym": "SAW", "title": "Quiet saws", "text": "Saws for surgeons.", "start": "2024-05-01",
         "euroscivoc": ["/medical and health sciences/clinical medicine/surgery"],
         "members": [{"org": "22", "role": "participant"}, {"org": "21", "role": "coordinator"}]},
    ]  # fmt: skip
    for name, rows in (("organisations", organisations), ("projects", projects)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    bring_in(session, world, tmp_path)

    project = session.scalars(select(Evidence).where(Evidence.identifier == "800001")).one()
    assert project.title == "SAW: Quiet saws"
    assert project.keywords == ["surgery"]
    assert project.organisation.name == "Northern Clinic"
    toolmaker = session.scalars(select(Organisation).where(Organisation.source_key == "cordis:22")).one()
    assert (toolmaker.country, toolmaker.type, toolmaker.name) == ("GB", OrganisationType.SME, "Toolmakers AB")


def test_a_directory_without_the_files_is_refused_by_naming_them(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"organization\.csv and project\.csv"):
        cordis.read(tmp_path)
