"""CORDIS: the public files of the European Union's projects and their participants.

Two layouts are read: the published ``organization.csv`` and ``project.csv`` (semicolons), and ``organisations.jsonl``
with ``projects.jsonl``. Each organisation comes in with one competence that names the subjects of its projects; each
project as evidence that all its participants stand behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import Cluster, ClusterMembership, Organisation, OrganisationType
from matchmaker.db import today
from matchmaker.imports.formats import read_file
from matchmaker.imports.models import Outcome
from matchmaker.imports.operations import put_item, update
from matchmaker.imports.readers import BadRow, Row, UnreadableFile
from matchmaker.imports.records import RowRefused
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Competence, Evidence, EvidenceKind
from matchmaker.sentences import sentence as _
from matchmaker.texts import clean_line, clean_text

SOURCE = "CORDIS, © European Union"
LICENCE = "CC BY 4.0"
#: Words in a participant's name that tell a hospital, which CORDIS itself does not.
_CLINIC = ("hospital", "klinik", "clinic", "sjukhus", "hôpital", "hopital", "ospedal", "ziekenhuis", "charité")
_OTHER_TYPES = {
    "HES": OrganisationType.UNIVERSITY,
    "REC": OrganisationType.RESEARCH_INSTITUTE,
    "PUB": OrganisationType.PUBLIC_BODY,
    "OTH": OrganisationType.PUBLIC_BODY,
}
_KINDS = {
    "sme": OrganisationType.SME,
    "company": OrganisationType.LARGE_COMPANY,
    "university": OrganisationType.UNIVERSITY,
    "institute": OrganisationType.RESEARCH_INSTITUTE,
    "clinic": OrganisationType.CLINIC,
    "public": OrganisationType.PUBLIC_BODY,
}


@dataclass(frozen=True)
class Participant:
    """An organisation as CORDIS knows it."""

    number: str
    name: str
    type: OrganisationType
    sme: bool
    country: str
    city: str
    website: str
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """A project with the numbers of its participants, the coordinator first."""

    number: str
    acronym: str
    title: str
    objective: str
    year: int | None
    subjects: tuple[str, ...]
    participants: tuple[str, ...]


@dataclass
class Files:
    """What a directory holds, read and joined; rows that could not be read are kept by file."""

    participants: list[Participant]
    projects: list[Project]
    refused: list[tuple[str, BadRow]]


def read(directory: Path) -> Files:
    """The participants and projects of a directory in either layout. Raises UnreadableFile."""
    refused: list[tuple[str, BadRow]] = []

    def rows(path: Path) -> Iterator[dict[str, Any]]:
        for row in read_file(path):
            if isinstance(row, Row):
                yield row.values
            else:
                refused.append((path.name, row))

    published = _find(directory, "organization.csv"), _find(directory, "project.csv")
    if all(published):
        participants, projects = _from_published(rows(published[0]), rows(published[1]))  # type: ignore[arg-type]
    else:
        ours = (
            _find(directory, "organisations.jsonl", "organisations.jsonl.gz"),
            _find(directory, "projects.jsonl", "projects.jsonl.gz"),
        )
        if not all(ours):
            raise UnreadableFile(
                str(directory),
                _(
                    "expected organization.csv and project.csv, or organisations.jsonl and projects.jsonl, "
                    "found neither pair"
                ),
            )
        participants, projects = _from_json(rows(ours[0]), rows(ours[1]))  # type: ignore[arg-type]
    subjects: dict[str, dict[str, None]] = defaultdict(dict)
    for project in projects:
        for number in project.participants:
            subjects[number].update(dict.fromkeys(project.subjects))
    described = [
        participant
        if participant.subjects
        else Participant(**{**participant.__dict__, "subjects": tuple(subjects[participant.number])})
        for participant in participants
    ]
    return Files(described, projects, refused)


def _find(directory: Path, *names: str) -> Path | None:
    return next((directory / name for name in names if (directory / name).is_file()), None)


def _type(code: str, sme: bool, name: str) -> OrganisationType:
    if sme:
        return OrganisationType.SME
    if any(word in name.casefold() for word in _CLINIC):
        return OrganisationType.CLINIC
    return _OTHER_TYPES.get(code, OrganisationType.LARGE_COMPANY)


def _leaves(paths: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(path).rstrip("/").rpartition("/")[2] for path in paths if path))


def _title_case(name: str) -> str:
    """CORDIS writes many names in capitals only; those are set in ordinary case, short words and codes left alone."""
    if not name.isupper():
        return name
    small = {"DE", "OF", "THE", "AND", "FOR", "UND", "DER", "DES", "DI", "DEL", "LA", "ET", "VAN", "I", "OG", "OCH"}
    kept = {"AB", "AG", "AS", "SA", "BV", "NV", "OY", "SE", "SL", "SRL", "GMBH", "LTD", "SAS", "KG", "EV", "APS", "SPA"}
    words = []
    for position, word in enumerate(name.split()):
        if word in small and position:
            words.append(word.lower())
        elif word in kept or not word.isalpha() or len(word) <= 2:
            words.append(word.replace("GMBH", "GmbH") if word == "GMBH" else word)
        else:
            words.append(word.capitalize())
    return " ".join(words)


def _from_published(
    organisations: Iterator[dict[str, Any]], projects: Iterator[dict[str, Any]]
) -> tuple[list[Participant], list[Project]]:
    participants: dict[str, Participant] = {}
    members: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for row in organisations:
        number, name = clean_line(row.get("organisationID")), clean_line(row.get("name"))
        if not number or not name:
            continue
        sme = clean_line(row.get("SME")).lower() in ("true", "1", "yes")
        participants.setdefault(
            number,
            Participant(
                number=number,
                name=_title_case(name),
                type=_type(clean_line(row.get("activityType")), sme, name),
                sme=sme,
                country=_country(row.get("country")),
                city=clean_line(row.get("city")).title(),
                website=clean_line(row.get("organizationURL")),
            ),
        )
        members[clean_line(row.get("projectID"))].append((row.get("role") != "coordinator", number))
    made = [
        Project(
            number=number,
            acronym=clean_line(row.get("acronym")),
            title=clean_line(row.get("title")),
            objective=clean_text(row.get("objective")),
            year=_year(row.get("startDate")),
            subjects=_leaves(str(row.get("euroSciVocPath") or "").split(";")) or _words(row.get("keywords")),
            participants=tuple(dict.fromkeys(n for _, n in sorted(members[number], key=lambda m: m[0]))),
        )
        for row in projects
        if (number := clean_line(row.get("id")))
    ]
    return list(participants.values()), made


def _from_json(
    organisations: Iterator[dict[str, Any]], projects: Iterator[dict[str, Any]]
) -> tuple[list[Participant], list[Project]]:
    participants = [
        Participant(
            number=str(row["id"]),
            name=_title_case(clean_line(row["name"])),
            type=_KINDS.get(row.get("kind") or "") or _type(row.get("type") or "", bool(row.get("sme")), row["name"]),
            sme=bool(row.get("sme")),
            country=_country(row.get("country")),
            city=clean_line(row.get("city")),
            website=clean_line(row.get("url")),
            subjects=tuple(row.get("competences") or ()),
        )
        for row in organisations
        if row.get("id") and row.get("name")
    ]
    made = [
        Project(
            number=str(row["id"]),
            acronym=clean_line(row.get("acronym")),
            title=clean_line(row.get("title")) or clean_line(row.get("acronym")),
            objective=clean_text(row.get("text")),
            year=_year(row.get("start")),
            subjects=_leaves(row.get("euroscivoc") or ()),
            participants=tuple(
                dict.fromkeys(
                    str(member["org"])
                    for member in sorted(row.get("members") or (), key=lambda m: m.get("role") != "coordinator")
                )
            ),
        )
        for row in projects
        if row.get("id")
    ]
    return participants, made


def _country(code: Any) -> str:
    # CORDIS follows the European habit for Greece and the United Kingdom.
    code = clean_line(code).upper()
    return {"EL": "GR", "UK": "GB"}.get(code, code)[:2]


def _year(day: Any) -> int | None:
    text = str(day or "")[:4]
    return int(text) if text.isdecimal() else None


def _words(text: Any) -> tuple[str, ...]:
    return tuple(word for part in str(text or "").replace(",", ";").split(";") if (word := clean_line(part)))


def _address(website: str) -> str:
    return website if not website or website.startswith(("http://", "https://")) else f"https://{website}"


def put_participant(session: Session, participant: Participant, cluster: Cluster) -> Outcome:
    """Create or update the organisation and the competence that names its subjects."""
    key = f"cordis:{participant.number}"
    values = {
        "name": participant.name[:200],
        "type": participant.type,
        "is_sme": participant.sme,
        "country": participant.country,
        "city": participant.city[:120],
        "website": _address(participant.website)[:300],
        "source": SOURCE,
        "licence": LICENCE,
        "language": "en",
    }
    organisation = session.scalar(select(Organisation).where(Organisation.source_key == key))
    if organisation is None:
        organisation = Organisation(**values, source_key=key)
        organisation.cluster_memberships.append(ClusterMembership(cluster=cluster, since=today()))
        session.add(organisation)
        session.flush()
        outcome = Outcome.CREATED
    else:
        outcome = Outcome.CHANGED if update(organisation, values) else Outcome.UNCHANGED
    if participant.subjects:
        listed = ", ".join(participant.subjects[:3])
        competence = put_item(
            session,
            Competence,
            f"{key}:subjects",
            {
                "organisation_id": organisation.id,
                "title": f"Research and development in {listed}"[:200],
                "description": "Subjects of its European projects: " + ", ".join(participant.subjects) + ".",
                "keywords": list(participant.subjects[:12]),
                "language": "en",
                "visibility": Visibility.PUBLIC,
                "source": SOURCE,
                "licence": LICENCE,
            },
        )
        if outcome == Outcome.UNCHANGED:
            outcome = Outcome.UNCHANGED if competence == Outcome.UNCHANGED else Outcome.CHANGED
    return outcome


def put_project(session: Session, project: Project) -> Outcome:
    """Create or update the project as evidence of all its participants that are here."""
    keys = [f"cordis:{number}" for number in project.participants]
    found = {o.source_key: o for o in session.scalars(select(Organisation).where(Organisation.source_key.in_(keys)))}
    organisations = [found[key] for key in keys if key in found]
    if not organisations:
        raise RowRefused(
            _(
                "project %(number)s: expected at least one participant that is here, found none",
                number=project.number,
            )
        )
    title = (
        f"{project.acronym}: {project.title}" if project.acronym and project.title != project.acronym else project.title
    )
    return put_item(
        session,
        Evidence,
        f"cordis:project:{project.number}",
        {
            "organisation_id": organisations[0].id,
            "kind": EvidenceKind.PROJECT,
            "title": title[:200],
            "description": project.objective,
            "keywords": list(project.subjects[:12]),
            "identifier": project.number,
            "url": f"https://cordis.europa.eu/project/id/{project.number}",
            "year": project.year,
            "language": "en",
            "visibility": Visibility.PUBLIC,
            "source": SOURCE,
            "licence": LICENCE,
        },
        organisations=organisations,
    )
