"""The forms of an import: the file, and what its columns mean."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from matchmaker.imports.mapping import RECORDS, FileKind
from matchmaker.imports.models import Duplicates, ImportRun
from matchmaker.items.labels import choices

#: The largest file that a page takes; the command line takes any.
LARGEST_FILE = 20_000_000


class UploadForm(FlaskForm):
    """A file, what it holds, and the cluster it is for."""

    kind = RadioField(_("What does the file hold?"), choices=[], default=FileKind.ORGANISATIONS)
    cluster = SelectField(_("Cluster"), choices=[])
    file = FileField(_("File"), [FileRequired(_("Choose a file: .csv, .xlsx or .jsonl, at most 20 MB."))])

    def offer(self, clusters: list[tuple[str, str]]) -> None:
        """Say which clusters the viewer manages, as (public id, name)."""
        self.kind.choices = choices(FileKind)
        self.cluster.choices = [SelectChoice(public_id, name) for public_id, name in clusters]


class MappingForm(FlaskForm):
    """What happens to organisations that are here; the columns are read by ``chosen``, as they differ by kind."""

    duplicates = RadioField(_("If an organisation is here already"), choices=[], default=Duplicates.SKIP)

    def offer(self, run: ImportRun) -> None:
        """Show what is chosen now."""
        self.duplicates.choices = choices(Duplicates)
        if not self.is_submitted():
            self.duplicates.data = str(run.duplicates)


def chosen(run: ImportRun, form: dict[str, str]) -> dict[str, str]:
    """Our columns and the header that was chosen for each, out of a posted form."""
    return {
        column: form[f"column-{column}"] for column in RECORDS[run.kind].model_fields if form.get(f"column-{column}")
    }
