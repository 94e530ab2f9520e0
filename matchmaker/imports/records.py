"""What a row may hold: the documented columns, checked, with a reason for everything that does not fit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from matchmaker.clusters.models import OrganisationType
from matchmaker.items.models import Cooperation, IprStatus, ItemState, Rung, Stage
from matchmaker.items.models import Field as FieldOfActivity
from matchmaker.permissions import Visibility
from matchmaker.profiles.identifiers import orcid
from matchmaker.profiles.models import EvidenceKind
from matchmaker.sentences import Sentence, expectation, joined
from matchmaker.sentences import sentence as _
from matchmaker.testfields.models import Place, TestFieldKind
from matchmaker.texts import clean_line, clean_text, disguised_word


class RowRefused(Exception):
    """A row does not fit; the reason names the column, what was expected and what was found."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason


def _several(value: Any) -> Any:
    """A cell that lists several things: separated by semicolons, or a JSON list."""
    if value is None:
        return []
    return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else value


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _web_address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        value = f"https://{value}"
    return value


def _undisguised(name: str) -> str:
    if word := disguised_word(name):
        raise ValueError(
            _("expected a name in the letters of one alphabet, found two that look alike in “%(word)s”", word=word)
        )
    return name


def _orcid(value: str) -> str:
    if value and (found := orcid(value)) is None:
        raise ValueError(_("expected an ORCID iD such as 0000-0002-1825-0097"))
    return found if value else ""


Line = Annotated[str, BeforeValidator(lambda v: "" if v is None else v), AfterValidator(clean_line)]
Text = Annotated[str, BeforeValidator(lambda v: "" if v is None else v), AfterValidator(clean_text)]
Address = Annotated[Line, AfterValidator(_web_address), Field(max_length=300)]
Several = Annotated[list[Line], BeforeValidator(_several)]
Language = Annotated[
    Literal["", "en", "de", "sv"], BeforeValidator(lambda v: "" if v is None else str(v).strip().lower())
]
#: Limits stand inside, on the number itself: on the outside pydantic would hold them against an empty cell too.
Level = Annotated[Annotated[int, Field(ge=1, le=9)] | None, BeforeValidator(_blank_is_none)]
Days = Annotated[Annotated[int, Field(ge=1, le=365)] | None, BeforeValidator(_blank_is_none)]
Year = Annotated[Annotated[int, Field(ge=1800, le=2200)] | None, BeforeValidator(_blank_is_none)]
Headcount = Annotated[Annotated[int, Field(ge=0, le=5_000_000)] | None, BeforeValidator(_blank_is_none)]
Country = Annotated[Line, AfterValidator(str.upper), Field(pattern=r"^([A-Z]{2})?$")]


class Record(BaseModel):
    """The common ground of all rows: unknown columns are refused, so that a misspelt one is not silently dropped."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)

    #: What the row is known by when the file comes again.
    key: Annotated[Line, Field(max_length=120)] = ""
    source: Annotated[Line, Field(max_length=200)] = ""
    licence: Annotated[Line, Field(max_length=80)] = ""

    @model_validator(mode="before")
    @classmethod
    def _left(cls, values: Any) -> Any:
        """A row that was saved here says where its page was; it has a new one where it comes in."""
        return {name: value for name, value in values.items() if name != "page"} if isinstance(values, dict) else values


class OrganisationRecord(Record):
    """A row of an organisations file."""

    name: Annotated[Line, AfterValidator(_undisguised), Field(min_length=2, max_length=200)]
    type: OrganisationType
    country: Country = ""
    region: Annotated[Line, Field(max_length=120)] = ""
    city: Annotated[Line, Field(max_length=120)] = ""
    website: Address = ""
    ror: Annotated[Line, Field(pattern=r"^(https://ror\.org/0[a-z0-9]{6}\d{2})?$")] = ""
    employees: Headcount = None
    headline: Annotated[Line, Field(max_length=200)] = ""
    about: Annotated[Text, Field(max_length=4_000)] = ""
    fields: Annotated[list[FieldOfActivity], BeforeValidator(_several)] = []
    language: Language = ""


class StatementRecord(Record):
    """A row of a statements file: a competence, need, test field or piece of evidence."""

    kind: Literal["competence", "need", "test_field", "evidence"]
    #: The organisation's key, ROR id or exact name.
    organisation: Annotated[Line, Field(max_length=200)] = ""
    title: Annotated[Line, Field(min_length=5, max_length=200)]
    description: Annotated[Text, Field(max_length=8_000)] = ""
    language: Language = ""
    keywords: Several = []
    fields: Annotated[list[FieldOfActivity], BeforeValidator(_several)] = []
    visibility: Visibility = Visibility.PRIVATE
    state: Annotated[ItemState, BeforeValidator(lambda v: _blank_is_none(v) or ItemState.PUBLISHED)] = (
        ItemState.PUBLISHED
    )
    expires_on: Annotated[date | None, BeforeValidator(_blank_is_none)] = None
    # Competences and needs
    stage: Annotated[Stage | None, BeforeValidator(_blank_is_none)] = None
    cooperation: Annotated[list[Cooperation], BeforeValidator(_several)] = []
    partners_sought: Annotated[list[OrganisationType], BeforeValidator(_several)] = []
    advantages: Annotated[Text, Field(max_length=4_000)] = ""
    trl: Level = None
    ipr_status: Annotated[IprStatus | None, BeforeValidator(_blank_is_none)] = None
    expected_result: Annotated[Text, Field(max_length=4_000)] = ""
    trl_min: Level = None
    trl_max: Level = None
    countries: Annotated[list[Country], BeforeValidator(_several)] = []
    deadline: Annotated[date | None, BeforeValidator(_blank_is_none)] = None
    # Test fields, and needs for one
    rung: Annotated[Rung | None, BeforeValidator(_blank_is_none)] = None
    regulated: Annotated[bool | None, BeforeValidator(_blank_is_none)] = None
    test_field_kind: Annotated[TestFieldKind | None, BeforeValidator(_blank_is_none)] = None
    place: Annotated[Place | None, BeforeValidator(_blank_is_none)] = None
    city: Annotated[Line, Field(max_length=120)] = ""
    country: Country = ""
    services: Several = []
    licences: Several = []
    access_steps: Several = []
    response_days: Days = None
    # Evidence
    evidence_kind: Annotated[EvidenceKind | None, BeforeValidator(_blank_is_none)] = None
    identifier: Annotated[Line, Field(max_length=120)] = ""
    url: Address = ""
    year: Year = None
    #: Further organisations that stand behind the evidence: keys, ROR ids or exact names.
    partners: Several = []
    #: Where its authors work, as far as that is here; the first that is owns the row where ``organisation`` is empty.
    affiliations: Several = []

    @model_validator(mode="after")
    def _complete(self) -> StatementRecord:
        _require_organisation(self)
        if self.visibility == Visibility.TEASER:
            raise ValueError(_("visibility: expected public, members or private, found teaser"))
        if self.kind == "test_field" and not (self.test_field_kind and self.rung):
            raise ValueError(_("test_field_kind and rung: expected both for a test field, found at least one empty"))
        if self.kind == "evidence" and not self.evidence_kind:
            raise ValueError(_("evidence_kind: expected publication, project, patent or licence, found nothing"))
        if self.trl_min and self.trl_max and self.trl_min > self.trl_max:
            raise ValueError(
                _(
                    "trl_min: expected at most trl_max (%(most)d), found %(found)d",
                    most=self.trl_max,
                    found=self.trl_min,
                )
            )
        return self


class PersonRecord(Record):
    """A row of a people file."""

    name: Annotated[Line, Field(min_length=2, max_length=160)]
    organisation: Annotated[Line, Field(max_length=200)] = ""
    affiliations: Several = []
    orcid: Annotated[Line, AfterValidator(_orcid)] = ""
    headline: Annotated[Line, Field(max_length=200)] = ""
    about: Annotated[Text, Field(max_length=4_000)] = ""
    website: Address = ""
    language: Language = ""
    visibility: Visibility = Visibility.PRIVATE

    @model_validator(mode="after")
    def _complete(self) -> PersonRecord:
        _require_organisation(self)
        if self.visibility == Visibility.TEASER:
            raise ValueError(_("visibility: expected public, members or private, found teaser"))
        return self


class PartRecord(Record):
    """A row of a cluster's file: the kind of thing it is, and the thing as it travelled."""

    part: str
    #: The cluster's public id.
    cluster: str
    #: File and line.
    place: str
    row: dict[str, Any]


def _require_organisation(record: StatementRecord | PersonRecord) -> None:
    if not record.organisation and not record.affiliations:
        raise ValueError(_("organisation: expected the key, ROR id or name of one that is here, found nothing"))


def parse(model: type[Record], values: dict[str, Any]) -> Any:
    """The row as a record. Raises RowRefused with a sentence for each column that does not fit."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RowRefused(joined([_reason(problem) for problem in error.errors(include_url=False)])) from None


def _reason(problem: ErrorDetails) -> Sentence:
    column = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return _("%(column)s: this column is not known", column=column)
    expected = expectation(problem)
    if not column:
        return expected
    if problem["type"] == "missing":
        return _("%(column)s: %(expected)s", column=column, expected=expected)
    found = clean_line(str(problem["input"]))[:60]
    return _("%(column)s: %(expected)s, found “%(found)s”", column=column, expected=expected, found=found)
