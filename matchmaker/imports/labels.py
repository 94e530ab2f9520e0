"""The words for what files hold, where an import stands and what became of a row."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.imports.formats import Format
from matchmaker.imports.models import Duplicates, Outcome, RunState
from matchmaker.imports.readers import FileKind
from matchmaker.items.labels import name

name(
    FileKind,
    {
        FileKind.ORGANISATIONS: _("Organisations"),
        FileKind.STATEMENTS: _("Competences, needs, test fields, evidence"),
        FileKind.PEOPLE: _("People"),
        FileKind.CLUSTER: _("A whole cluster"),
    },
)
name(
    Format,
    {
        Format.TEXT_TABLE: _("Table as text (CSV)"),
        Format.SPREADSHEET: _("Excel (.xlsx)"),
        Format.JSON_LINES: _("JSON (lines or a list)"),
        Format.ROR: _("ROR (JSON)"),
        Format.ORCID: _("ORCID record (JSON or XML)"),
        Format.PUBMED: _("PubMed (XML)"),
        Format.OPENALEX: _("OpenAlex (JSON)"),
        Format.CERIF: _("CERIF (XML, OpenAIRE profile)"),
        Format.VIVO: _("VIVO (RDF)"),
        Format.CLUSTER: _("A cluster’s file (ZIP)"),
    },
)
name(
    RunState,
    {
        RunState.MAPPING: _("Not started"),
        RunState.RUNNING: _("Running"),
        RunState.PAUSED: _("Paused"),
        RunState.DONE: _("Done"),
        RunState.CANCELLED: _("Stopped"),
        RunState.UNDONE: _("Undone"),
    },
)
name(
    Outcome,
    {
        Outcome.CREATED: _("created"),
        Outcome.CHANGED: _("changed"),
        Outcome.UNCHANGED: _("unchanged"),
        Outcome.REFUSED: _("refused"),
    },
)
name(
    Duplicates,
    {
        Duplicates.SKIP: _("Leave it as it is"),
        Duplicates.FILL: _("Fill its blanks; replace nothing"),
    },
)

#: The kinds of things in a cluster's file, and what of it is none.
PARTS = {
    "cluster": _("The cluster itself"),
    "organisations": _("Organisations"),
    "profiles": _("Profiles"),
    "evidence": _("Evidence"),
    "competences": _("Competences"),
    "needs": _("Needs"),
    "test_fields": _("Test fields"),
    "verdicts": _("Verdicts"),
    "": _("Damaged lines"),
}

#: What the columns of our files hold, in people's words.
COLUMNS = {
    "key": _("Key in the file"),
    "source": _("Source"),
    "licence": _("Licence"),
    "name": _("Name"),
    "type": _("Kind of organisation"),
    "country": _("Country"),
    "region": _("Region"),
    "city": _("City"),
    "website": _("Website"),
    "ror": _("ROR id"),
    "employees": _("Number of employees"),
    "headline": _("In one sentence"),
    "about": _("Longer text"),
    "fields": _("Fields of activity"),
    "language": _("Language of the text"),
    "kind": _("Kind of row"),
    "organisation": _("Organisation"),
    "title": _("Title"),
    "description": _("Description"),
    "keywords": _("Keywords"),
    "visibility": _("Visibility"),
    "state": _("State"),
    "expires_on": _("Ends on"),
    "stage": _("Stage of development"),
    "cooperation": _("Kind of cooperation"),
    "partners_sought": _("Partners sought"),
    "advantages": _("Advantages"),
    "trl": _("TRL"),
    "ipr_status": _("Rights"),
    "expected_result": _("Expected result"),
    "trl_min": _("TRL at least"),
    "trl_max": _("TRL at most"),
    "countries": _("Countries"),
    "deadline": _("Answers by"),
    "rung": _("Rung of readiness"),
    "regulated": _("Regulated environment"),
    "test_field_kind": _("Kind of test field"),
    "place": _("Where guests work"),
    "services": _("Services"),
    "licences": _("Licences and standards"),
    "access_steps": _("Steps of access"),
    "response_days": _("Days until an answer"),
    "evidence_kind": _("Kind of record"),
    "identifier": _("Number"),
    "url": _("Address on the web"),
    "year": _("Year"),
    "partners": _("Partners"),
    "affiliations": _("Where its authors work"),
    "orcid": _("ORCID iD"),
}
