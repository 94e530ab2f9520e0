"""The forms of an import: the file, and what its columns mean."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from matchmaker.imports.formats import Format
from matchmaker.imports.mapping import IN_TABLES, RECORDS
from matchmaker.imports.models import Duplicates, ImportRun
from matchmaker.imports.readers import FileKind
from matchmaker.items.forms import ShortLine
from matchmaker.items.labels import choices

#: The largest file that a page takes; the command line takes any.
LARGEST_FILE = 20_000_000


class UploadForm(FlaskForm):
    """A file, what it holds, and the cluster it is for."""

    kind = RadioField(_("What does the file hold?"), choices=[], default=FileKind.ORGANISATIONS)
    cluster = SelectField(_("Cluster"), choices=[])
    file = FileField(_("File"), [FileRequired(_("Choose a file of at most 20 MB."))])

    def offer(self, clusters: list[tuple[str, str]], kinds: list[FileKind]) -> None:
        """Say which clusters the viewer manages, as (public id, name), and what may come in."""
        self.kind.choices = [choice for choice in choices(FileKind) if choice.value in kinds]
        self.cluster.choices = [SelectChoice(public_id, name) for public_id, name in clusters]
        # A whole cluster is for none that is here.
        self.cluster.validate_choice = bool(clusters)
        if not self.is_submitted():
            self.kind.data = self.kind.data if self.kind.data in kinds else kinds[0]


class AskForm(FlaskForm):
    """An organisation's name or ROR id, which ROR is asked for, and the cluster it is for."""

    words = ShortLine(_("Name or ROR id"), most=200, required=True)
    cluster = SelectField(_("Cluster"), choices=[])

    def offer(self, clusters: list[tuple[str, str]]) -> None:
        """Say which clusters the viewer manages, as (public id, name)."""
        self.cluster.choices = [SelectChoice(public_id, name) for public_id, name in clusters]


class MappingForm(FlaskForm):
    """What happens to those that are here, and whose rows are that name nobody.

    The columns are read by ``chosen``, as they differ by kind.
    """

    duplicates = RadioField(_("If it is here already"), choices=[], default=Duplicates.SKIP)
    organisation = ShortLine(_("Organisation for rows that name none"), most=200)

    def offer(self, run: ImportRun) -> None:
        """Show what is chosen now."""
        self.duplicates.choices = choices(Duplicates)
        if not self.is_submitted():
            self.duplicates.data = str(run.duplicates)
            self.organisation.data = run.organisation


class ReadingForm(FlaskForm):
    """What a file is written in, and which of its rows are wanted."""

    format = SelectField(_("Format"), choices=[])
    kind = SelectField(_("What comes in"), choices=[])

    def offer(self, run: ImportRun) -> None:
        """Show what it was taken for."""
        self.format.choices = [choice for choice in choices(Format) if choice.value != Format.CLUSTER]
        self.kind.choices = [choice for choice in choices(FileKind) if choice.value in IN_TABLES]
        if not self.is_submitted():
            self.format.data, self.kind.data = str(run.format), str(run.kind)


def chosen(run: ImportRun, form: dict[str, str]) -> dict[str, str]:
    """Our columns and the header that was chosen for each, out of a posted form."""
    return {
        column: form[f"column-{column}"] for column in RECORDS[run.kind].model_fields if form.get(f"column-{column}")
    }
