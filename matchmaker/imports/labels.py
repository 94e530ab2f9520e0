"""The words for what files hold, where an import stands and what became of a row."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from matchmaker.imports.mapping import FileKind
from matchmaker.imports.models import Duplicates, Outcome, RunState
from matchmaker.items.labels import name

name(
    FileKind,
    {
        FileKind.ORGANISATIONS: _("Organisations"),
        FileKind.STATEMENTS: _("Competences, needs, test fields, evidence"),
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
