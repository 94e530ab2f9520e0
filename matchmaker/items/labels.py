"""The words people read for every member of every enum, in the language of the page.

The words of a higher slice's enums stand in that slice's own ``labels.py``, which calls ``name``; they are found the
first time somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from importlib import import_module
from typing import Any

from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from wtforms.fields.choices import SelectChoice

from matchmaker.clusters.countries import countries
from matchmaker.clusters.models import MembershipRole, MembershipState, OrganisationType, Sector
from matchmaker.items.models import Cooperation, Field, IprStatus, Item, ItemState, Rung, Size, Stage, TeaserFact
from matchmaker.notifications.kinds import ByMail, Frequency, Group
from matchmaker.permissions import Visibility

_words: dict[type[StrEnum], dict[str, Any]] = {}


def name(enum: type[StrEnum], words: dict[Any, Any]) -> None:
    """Give every member of an enum its word. Raises ValueError where one is missing."""
    missing = [member.name for member in enum if member not in words]
    if missing:
        raise ValueError(f"{enum.__name__}: expected a word for every member, found none for {', '.join(missing)}")
    _words[enum] = {str(member): words[member] for member in enum}


def words_of(enum: type[StrEnum]) -> dict[str, Any]:
    """Every member's word, in the order of the enum."""
    if enum not in _words:
        import_module(f"{enum.__module__.rpartition('.')[0]}.labels")
    return _words[enum]


def _named(enum: type[StrEnum] | str) -> type[StrEnum]:
    if not isinstance(enum, str):
        return enum
    return next(known for known in _words if known.__name__ == enum)


def label(value: Any, enum: type[StrEnum] | str | None = None) -> Any:
    """The word for an enum member; for a plain string, such as one from a list column, name its enum.

    What no enum knows (an imported term) is its own word; None has none.
    """
    if value is None or value == "":
        return ""
    if enum is None:
        if not isinstance(value, StrEnum):
            return value
        enum = type(value)
    return words_of(_named(enum)).get(str(value), value)


def labels(values: Iterable[Any], enum: type[StrEnum] | str) -> list[Any]:
    """The words for several values of one enum."""
    return [label(value, enum) for value in values]


def in_sentence(word: Any) -> str:
    """A label as it stands inside a sentence: small, except in German, whose nouns are never."""
    return str(word) if _locale().language == "de" else str(word).lower()


def choices(enum: type[StrEnum], blank: Any = None) -> list[SelectChoice]:
    """The members as choices of a form, led by an empty one where ``blank`` gives its word."""
    made = [SelectChoice(value, word) for value, word in words_of(enum).items()]
    return made if blank is None else [SelectChoice("", blank), *made]


def standing_label(item: Item) -> Any:
    """Where an item stands, in people's words: a need that is published is *open*, one taken back is *closed*."""
    if item.standing == "expired":
        return _("Expired")
    if item.__tablename__ == "need":
        return {ItemState.PUBLISHED: _("Open"), ItemState.WITHDRAWN: _("Closed")}.get(item.state, label(item.state))
    return label(ItemState(item.state))


def country_name(code: str) -> str:
    """The name of a country in the language of the page; an unknown code stays as it is."""
    return _locale().territories.get(code.upper(), code) if code else ""


def language_name(code: str) -> str:
    """The name of a language in the language of the page; an unknown code stays as it is."""
    return language_in_sentence(code).capitalize()


def language_in_sentence(code: str) -> str:
    """The same as it stands inside a sentence: Swedish writes it small, English and German do not."""
    return (_locale().languages.get(code, code) or code) if code else ""


def country_choices(blank: Any = None) -> list[SelectChoice]:
    """Every country by name, as choices of a form, led by an empty one where ``blank`` gives its word."""
    listed = [SelectChoice(code, word) for code, word in countries(_locale())]
    return listed if blank is None else [SelectChoice("", blank), *listed]


def _locale() -> Locale:
    return get_locale() or Locale("en")


#: The languages that people in the clusters work in.
WORKING_LANGUAGES = ("en", "de", "sv", "da", "no", "fi", "nl", "fr", "es", "it", "pl")

name(
    OrganisationType,
    {
        OrganisationType.SME: _("Small or medium-sized company"),
        OrganisationType.LARGE_COMPANY: _("Large company"),
        OrganisationType.UNIVERSITY: _("University"),
        OrganisationType.RESEARCH_INSTITUTE: _("Research institute"),
        OrganisationType.CLINIC: _("Clinic or hospital"),
        OrganisationType.TEST_FIELD_HOST: _("Test-field host"),
        OrganisationType.PATIENT_ORGANISATION: _("Patient organisation"),
        OrganisationType.PUBLIC_BODY: _("Public body"),
        OrganisationType.INVESTOR: _("Investor"),
        OrganisationType.CLUSTER_BODY: _("Cluster organisation"),
    },
)
name(
    Sector,
    {
        Sector.ACADEMIA: _("Academia"),
        Sector.INDUSTRY: _("Industry"),
        Sector.CARE: _("Care"),
        Sector.PUBLIC: _("Public"),
        Sector.TEST_FIELD: _("Test field"),
    },
)
name(MembershipRole, {MembershipRole.MEMBER: _("Member"), MembershipRole.ADMIN: _("Organisation admin")})
name(MembershipState, {MembershipState.ASKED: _("Waiting for agreement"), MembershipState.ACTIVE: _("Active")})
name(
    Group,
    {
        Group.INTRODUCTIONS: _("Introductions"),
        Group.SUGGESTIONS: _("Suggestions and searches"),
        Group.ORGANISATION: _("My organisation"),
        Group.CLUSTER: _("The cluster"),
        Group.ACCOUNT: _("My account"),
    },
)
name(
    ByMail,
    {ByMail.AT_ONCE: _("At once"), ByMail.DIGEST: _("In the digest"), ByMail.NEVER: _("Never")},
)
name(
    Frequency,
    {
        Frequency.NEVER: _("Never"),
        Frequency.DAILY: _("Every day"),
        Frequency.WEEKLY: _("Every week"),
        Frequency.MONTHLY: _("Every month"),
    },
)
name(
    Visibility,
    {
        Visibility.PUBLIC: _("Public"),
        Visibility.MEMBERS: _("Members"),
        Visibility.TEASER: _("Teaser"),
        Visibility.PRIVATE: _("Private"),
    },
)
name(
    TeaserFact,
    {
        TeaserFact.SECTOR: _("Sector"),
        TeaserFact.COUNTRY: _("Country"),
        TeaserFact.SIZE: _("Small or medium-sized, or larger"),
        TeaserFact.FIELDS: _("Fields of activity"),
        TeaserFact.COOPERATION: _("Kind of cooperation"),
    },
)
name(Size, {Size.SME: _("Small or medium-sized"), Size.LARGER: _("Larger organisation")})
name(
    ItemState,
    {
        ItemState.DRAFT: _("Draft"),
        ItemState.PUBLISHED: _("Published"),
        ItemState.MET: _("Met"),
        ItemState.WITHDRAWN: _("Withdrawn"),
    },
)
name(
    Stage,
    {
        Stage.CONCEPT: _("Concept stage"),
        Stage.UNDER_DEVELOPMENT: _("Under development"),
        Stage.LAB_TESTED: _("Lab tested"),
        Stage.PROTOTYPE: _("Prototype available for demonstration"),
        Stage.FIELD_TESTED: _("Field tested and evaluated"),
        Stage.ON_MARKET: _("Already on the market"),
        Stage.PROJECT_STARTED: _("Project already started"),
    },
)
name(
    IprStatus,
    {
        IprStatus.NONE: _("No rights applied for"),
        IprStatus.SECRET_KNOW_HOW: _("Secret know-how"),
        IprStatus.COPYRIGHT: _("Copyright"),
        IprStatus.DESIGN_RIGHT: _("Design rights"),
        IprStatus.TRADE_MARK: _("Trade marks"),
        IprStatus.PATENT_APPLIED: _("Patent applied for, not yet granted"),
        IprStatus.PATENT_GRANTED: _("Patent granted"),
        IprStatus.EXCLUSIVE_RIGHTS: _("Exclusive rights"),
    },
)
name(
    Cooperation,
    {
        Cooperation.RESEARCH: _("Research cooperation"),
        Cooperation.TECHNICAL: _("Technical cooperation"),
        Cooperation.LICENCE: _("Licence"),
        Cooperation.SERVICES: _("Services"),
        Cooperation.MANUFACTURING: _("Manufacturing"),
        Cooperation.SUBCONTRACTING: _("Subcontracting"),
        Cooperation.JOINT_VENTURE: _("Joint venture"),
        Cooperation.INVESTMENT: _("Investment"),
        Cooperation.DISTRIBUTION: _("Distribution"),
        Cooperation.SUPPLY: _("Supply"),
        Cooperation.CLINICAL_STUDY: _("Clinical study"),
    },
)
name(Rung, {Rung.LAB: _("Lab"), Rung.PRE_GMP: _("Pre-GMP"), Rung.GMP: _("GMP"), Rung.CLINIC: _("Clinic")})
name(
    Field,
    {
        Field.ATMP: _("Cell and gene therapy (ATMP)"),
        Field.DEVICES: _("Medical devices"),
        Field.DIAGNOSTICS: _("Diagnostics"),
        Field.DIGITAL_HEALTH: _("Digital health"),
        Field.INFECTION_HYGIENE: _("Infection and hygiene"),
        Field.BONE_HEALING: _("Bone healing"),
        Field.CLINICAL_TRIALS: _("Clinical trials"),
        Field.BIOBANKS: _("Biobanks"),
        Field.PRODUCTION: _("Production"),
        Field.DATA_AI: _("Data and AI"),
        Field.REGULATORY: _("Regulatory affairs"),
        Field.CARE: _("Care"),
        Field.FINANCE: _("Finance"),
        Field.MATERIALS: _("Materials"),
        Field.IMAGING: _("Imaging"),
        Field.PHARMA: _("Pharmaceuticals"),
    },
)
