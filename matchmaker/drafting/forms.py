"""The forms of drafting: what somebody gives, and what they confirm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict

from matchmaker.drafting.material import MOST_RECORDS, as_person, as_record
from matchmaker.drafting.proposals import MOST, Proposal
from matchmaker.imports.records import PersonRecord, StatementRecord
from matchmaker.items.forms import TEXT_LENGTH, TITLE_LENGTH, Text
from matchmaker.texts import clean_line, clean_text

#: The largest file that the page takes: far more than a person's record.
LARGEST_FILE = 5_000_000
#: Letters of a pasted text.
LONGEST_TEXT = 40_000
_SHORTEST_TITLE = 5
_KINDS = ("competence", "need")


class MaterialForm(FlaskForm):
    """A file, a list of numbers, a text: one of them at least."""

    file = FileField(_("A file of your works"))
    numbers = Text(_("DOIs or PubMed numbers"), most=4_000)
    text = Text(_("A text about you or your product"), most=LONGEST_TEXT)

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for something to read."""
        whole: bool = super().validate(extra_validators)
        if whole and not (self.file.data or self.numbers.data or self.text.data):
            self.text.errors = [gettext("Give a file, a list of numbers or a text.")]
            return False
        return whole


class ConfirmForm(FlaskForm):
    """What was proposed, as it came back: which are wanted, and what was corrected in them.

    The page carries the records itself, so that nothing is kept before somebody confirms; they are checked anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.problems: dict[int, str] = {}

    def read(self, sent: MultiDict[str, str]) -> None:
        """Take the records, the person and the proposals out of what was sent."""
        self.records = list(_records(sent))
        self.person = _person(sent)
        self.wants_person = bool(sent.get("person-take")) and self.person is not None
        self.proposals: list[Proposal] = []
        self.taken: set[int] = set()
        for number in range(2 * MOST):
            if f"title-{number}" not in sent:
                break
            place = len(self.proposals)
            self.proposals.append(self._proposal(sent, number))
            if sent.get(f"take-{number}"):
                self.taken.add(place)
                title = self.proposals[place].title
                if not _SHORTEST_TITLE <= len(title) <= TITLE_LENGTH:
                    self.problems[place] = gettext(
                        "Please give it a title of %(least)d to %(most)d characters.",
                        least=_SHORTEST_TITLE,
                        most=TITLE_LENGTH,
                    )

    def _proposal(self, sent: MultiDict[str, str], number: int) -> Proposal:
        kind, spoken = sent.get(f"kind-{number}", ""), sent.get(f"language-{number}", "")
        places = [int(part) for part in sent.get(f"records-{number}", "").split() if part.isdecimal() and len(part) < 4]
        return Proposal(
            kind=kind if kind in _KINDS else _KINDS[0],
            title=clean_line(sent.get(f"title-{number}")),
            description=clean_text(sent.get(f"description-{number}"))[:TEXT_LENGTH],
            language=spoken if spoken in ("en", "de", "sv") else "",
            keywords=[w for part in sent.get(f"keywords-{number}", "").split(",") if (w := clean_line(part)[:60])][:12],
            records=sorted({place for place in places if place < len(self.records)}),
        )

    @property
    def chosen(self) -> list[Proposal]:
        """The proposals that are wanted."""
        return [one for place, one in enumerate(self.proposals) if place in self.taken]


def packed(record: StatementRecord | PersonRecord) -> str:
    """A record as the page carries it."""
    return json.dumps(record.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def _unpacked(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _records(sent: MultiDict[str, str]) -> Iterator[StatementRecord]:
    for text in sent.getlist("record")[:MOST_RECORDS]:
        if (record := as_record(_unpacked(text))) is not None:
            yield record


def _person(sent: MultiDict[str, str]) -> PersonRecord | None:
    return as_person(_unpacked(sent["person"])) if sent.get("person") else None
