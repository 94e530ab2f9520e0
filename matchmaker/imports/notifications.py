"""What is told about imports."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from matchmaker.imports.models import ImportRun
from matchmaker.notifications.kinds import Group, Kind, register
from matchmaker.notifications.operations import tell

ENDED = register(
    Kind(
        name="import-ended",
        group=Group.CLUSTER,
        label=_("An import that I started has ended"),
        sentence=lambda facts: gettext("Your import of %(filename)s has ended.", **facts),
        endpoint="imports.show",
        arguments={"public_id": "import_id"},
        template="imports/email/ended",
    )
)


def tell_of_end(session: Session, run: ImportRun) -> None:
    """Tell whoever started an import that every row has been seen."""
    if run.user is not None:
        facts = {"filename": run.filename, "import_id": run.public_id, "rows": run.position}
        tell(session, run.user, ENDED.name, facts, key=run.public_id)
