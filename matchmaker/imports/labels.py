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
