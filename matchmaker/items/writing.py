"""Live writing help: what a good need, competence or test field still lacks, one sentence each on what to do.

``review`` looks at what is typed and nothing else: no database, no model. Its word lists are small, in English, German
and Swedish; a text in another language is judged by its form alone. A hint is advice: it never keeps anybody from
saving or publishing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask_babel import lazy_gettext as _

Kind = Literal["need", "competence", "test_field"]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Hint:
    """One thing to do about a text: the field it concerns, a stable code, and a sentence."""

    field: str
    code: str
    text: Any


@dataclass(frozen=True)
class Review:
    """How complete a text is, 0 to 100, and what is missing, the most useful first."""

    percent: int
    missing: list[Hint]


@dataclass(frozen=True)
class _Check:
    field: str
    code: str
    #: How much it counts; the percentages are shares of the sum.
    weight: int
    passes: Callable[[Values], bool]
    text: Any


def review(kind: Kind, values: Values) -> Review:
    """Judge what is typed for an item of a kind, given by the names of the form's fields."""
    checks = CHECKS[kind]
    failed = [check for check in checks if not check.passes(values)]
    total = sum(check.weight for check in checks)
    lost = sum(check.weight for check in failed)
    shown = [check for check in failed if _worth_saying(check, failed, values)]
    # What stands in the text and should not comes first: it is quickest to put right.
    shown.sort(key=lambda check: (check.code not in _TO_LEAVE_OUT, -check.weight))
    return Review(round(100 * (total - lost) / total), [Hint(c.field, c.code, c.text) for c in shown])


#: What a text should leave out; said only to those who have written one.
_TO_LEAVE_OUT = frozenset({"boast", "contact", "brand"})


def _worth_saying(check: _Check, failed: list[_Check], values: Values) -> bool:
    """One hint for one fault: an empty text is not told what to leave out, a vague title not that it is short too."""
    if check.code in _TO_LEAVE_OUT:
        return bool(_text(values, "description"))
    return not (check.code == "title_short" and any(other.code == "title_vague" for other in failed))


#: No more of a text than this is looked at, so that judging never takes long; forms allow less.
LONGEST = 6_000

#: Words that say nothing about what is sought or offered; a title made of these alone is vague.
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    a an and any are as at be by for from i in into is it of on or our some that the to us we who with you your
    partner partners partnership cooperation collaboration collaborate collaborator collaborators project projects
    research researcher researchers development support help expert experts expertise company companies organisation
    organization institute solution solutions service services technology technologies technical new novel innovative
    innovation idea ideas good best great wanted want wants looking look search searching seek seeking sought need
    needed needs offer offers offering various several different interesting something someone anyone opportunity
    der die das den dem des ein eine einen einem einer eines und oder für mit von im in zu zum zur auf aus bei als wir
    unser unsere uns sie ihre kooperation kooperationen kooperationspartner partner partnerin partnerschaft
    zusammenarbeit projekt projekte projektpartner forschung forscher entwicklung unterstützung hilfe experte experten
    expertise firma firmen unternehmen lösung lösungen dienstleistung dienstleistungen technologie technologien neu
    neue neuer neues innovativ innovative innovation idee ideen gut gute beste gesucht suche suchen sucht biete bieten
    bietet angebot gesuch bedarf verschiedene mehrere interessant interessante etwas jemand
    en ett det den de och eller för med av i på till från vi vår vårt våra oss ni er samarbete samarbeten
    samarbetspartner partner projekt forskning forskare utveckling stöd hjälp expert experter expertis företag lösning
    lösningar tjänst tjänster teknik teknologi ny nytt nya innovativ innovativa innovation idé idéer bra bästa sökes
    söker sök behov behöver erbjuder erbjudande olika flera intressant intressanta något någon
    """,
    )
)

#: Praise by the author. Readers from industry pass over it; prizes are no benefit.
_BOASTS = re.compile(
    r"""
    \b(?:
      award[-\s]?winning | (?:prize|award)s?\b(?!\s+criteria) | world[-\s]?(?:class|leading|renowned) | renowned
    | cutting[-\s]edge | state[-\s]of[-\s]the[-\s]art | best[-\s]in[-\s]class | market[-\s]leader | prestigious
    | outstanding | excellen(?:t|ce) | leading\s+(?:company|institute|university|provider|supplier|group|team|experts?)
    | revolutionary | ground-?breaking | unique
    | preisgekrönt\w* | ausgezeichnet\w* | weltweit\s+führend\w* | weltklasse | führend\w* | marktführer\w*
    | renommiert\w* | exzellen\w* | hervorragend\w* | einzigartig\w* | einmalig\w* | bahnbrechend\w* | revolutionär\w*
    | (?:innovations|gründer|wissenschafts)preis\w*
    | prisbelön\w+ | världsledande | världsklass\w* | marknadsledande | ledande\s+(?:företag|institut|universitet|aktör)
    | banbrytande | revolutionerande | enastående | framstående | unikt? | unika | utmärkelser?
    )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

#: Something a reader can check: a number with a unit, a percentage, a readiness level, a standard, a regulation.
_MEASURE = re.compile(
    r"""
      \d+(?:[.,]\d+)?\s*(?:%|‰|°\s?C|µ|μ|[kKmMnpµ]?(?:g|m|l|L|M|mol|Pa|Hz|W|V|A|J|N|bar|Da|b|B)\b|cm|mm|nm|km|ml|mg|kg|
        h\b|min\b|s\b|ms\b|cells?|zell\w*|cell\w*|samples?|prob\w*|prov\w*|patient\w*|participants?|proband\w*|delt\w+|
        days?|weeks?|months?|years?|tage?n?|wochen?|monate?n?|jahre?n?|dag\w*|veck\w*|månad\w*|år\b|
        hours?|stunden?|timm\w+|beds?|betten|bädd\w*|sites?|batch\w*|charge\w*|euros?|eur|€|sek|kr\b|€)
    | \b(?:TRL|ISO|IEC|EN|DIN|ASTM|ICH|IVDR|MDR|GMP|GLP|GCP|GDP|HL7|FHIR|DICOM|USP|OECD|SS-EN|CE)\b[-\s]?[\w.:/-]*
    | \b(?:\d+\s*(?:to|bis|till|–|-|x|×)\s*\d+ | [<>≤≥±]\s*\d)
    | \b(?!(?:19|20)\d\d\b)\d{2,}\b
    """,
    re.VERBOSE | re.IGNORECASE,
)

_E_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]+\s?(?:\.|\(dot\)|\[dot\])\s?\w{2,}", re.IGNORECASE
)
_ADDRESS = re.compile(r"\bhttps?://|\bwww\.", re.IGNORECASE)
#: An international number, or a national one of at least seven digits written in groups. Standards and grant numbers
#: carry letters or stand alone, and years and ranges are shorter.
_PHONE = re.compile(r"(?<![\w.,/-])(?:\+\d{1,3}|00\d{1,3}|\(?0\d{1,5}\)?)[\s/.-]*\d(?:[\s/.()-]{0,2}\d){5,}(?![\w,])")
_BRAND = re.compile(
    # "Die AG" is a working group and not a company.
    r"[®™]|\b(?!(?:Die|Der|Eine|Einer|Unsere|Unserer)\s)[A-ZÄÖÅÜ][\w&-]{2,40}\s(?:GmbH|AG|KG|AB|ApS|A/S|Ltd\.?|Inc\.?|B\.?V\.?|plc|LLC|S\.A\.)(?![\w-])"
)


def _text(values: Values, *names: str) -> str:
    return "\n".join(_joined(values.get(name))[:LONGEST] for name in names).strip()


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")


def _everything(values: Values) -> str:
    return _text(values, "title", "description", "expected_result", "advantages")


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:-[^\W_]+)*", text)


def _specific(title: str) -> list[str]:
    return [word for word in _words(title) if word.casefold() not in _EMPTY_WORDS and len(word) > 2]


def _filled(field: str) -> Callable[[Values], bool]:
    return lambda values: bool(values.get(field))


def _at_least(field: str, length: int) -> Callable[[Values], bool]:
    return lambda values: len(_text(values, field)) >= length


def _none_found(pattern: re.Pattern[str]) -> Callable[[Values], bool]:
    # A text that is not written yet has earned no praise for what it leaves out.
    return lambda values: bool(_text(values, "description")) and not pattern.search(_everything(values))


def _no_contact(values: Values) -> bool:
    text = _everything(values)
    return bool(_text(values, "description")) and not any(p.search(text) for p in (_E_MAIL, _PHONE, _ADDRESS))


def _anonymous(values: Values) -> bool:
    text = _everything(values)
    own = _text(values, "organisation_name")
    if own and re.search(rf"(?<!\w){re.escape(own)}(?!\w)", text, re.IGNORECASE):
        return False
    return bool(_text(values, "description")) and not _BRAND.search(text)


def _title_long_enough(values: Values) -> bool:
    title = _text(values, "title")
    return len(title) >= 20 and len(_words(title)) >= 3


def _title_specific(values: Values) -> bool:
    return len(_specific(_text(values, "title"))) >= 2


def _some(field: str, least: int) -> Callable[[Values], bool]:
    return lambda values: len(values.get(field) or ()) >= least


def _measured(*fields: str) -> Callable[[Values], bool]:
    return lambda values: bool(_MEASURE.search(_text(values, *fields)))


def _shared(measured: Any, *fields: str) -> list[_Check]:
    """What every kind of item is judged by."""
    return [
        _Check(
            "title", "title_short", 6, _title_long_enough,
            _("Make the title a whole thought: what it is, for what, and under which conditions."),
        ),
        _Check(
            "title", "title_vague", 10, _title_specific,
            _("Name the thing itself in the title. “Partner wanted” or “innovative solution” could be anything."),
        ),
        _Check("description", "measure", 9, _measured("title", "description", *fields), measured),
        _Check(
            "description", "boast", 5, _none_found(_BOASTS),
            _("Leave out prizes and praise; say what the reader gains, and how that was shown."),
        ),
        _Check(
            "description", "contact", 6, _no_contact,
            _("Take out e-mail addresses, phone numbers and links: contact is made through an introduction."),
        ),
        _Check(
            "description", "brand", 3, _anonymous,
            _("Leave out company and brand names; your organisation is shown beside the text anyway."),
        ),
        _Check(
            "keywords", "keywords", 5, _some("keywords", 3),
            _("Add three keywords that a specialist would search for."),
        ),
        _Check("fields", "fields", 3, _filled("fields"), _("Tick the field of activity, so that filters find it.")),
        _Check(
            "working_languages", "languages", 2, _filled("working_languages"),
            _("Say which languages you can work in."),
        ),
    ]  # fmt: skip


CHECKS: dict[str, list[_Check]] = {
    "need": [
        _Check(
            "expected_result", "result_missing", 12, _at_least("expected_result", 40),
            _("Say what should be different in six months, so that a reader can tell whether they can do it."),
        ),
        _Check(
            "description", "description_short", 12, _at_least("description", 200),
            _("Describe the problem in a few sentences: what happens today, what you tried, why it is not enough."),
        ),
        *_shared(
            _("Add something one can check: a number, a scale, a standard, or how many and by when."), "expected_result"
        ),
        _Check(
            "cooperation", "cooperation", 6, _filled("cooperation"),
            _("Choose the kind of cooperation: a service for a fee and a joint project attract different partners."),
        ),
        _Check(
            "partners_sought", "partners", 4, _filled("partners_sought"),
            _("Say what kind of partner could answer, or tick several."),
        ),
        _Check(
            "deadline", "deadline", 6, _filled("deadline"),
            _("Give the day by which you want answers; needs with a deadline are answered sooner."),
        ),
        _Check("stage", "stage", 4, _filled("stage"), _("Say how far your own work is.")),
    ],
    "competence": [
        _Check(
            "advantages", "benefit_missing", 12, _at_least("advantages", 40),
            _("Say what becomes better for the other side: faster, cheaper, safer, possible at all."),
        ),
        _Check(
            "description", "description_short", 12, _at_least("description", 200),
            _("Describe what you do in a few sentences: with what, for whom, and what comes out."),
        ),
        *_shared(
            _("Add something one can check: sizes, throughput, limits of detection, a standard you work to."),
            "advantages",
        ),
        _Check(
            "cooperation", "cooperation", 6, _filled("cooperation"),
            _("Choose the kinds of cooperation you are open to."),
        ),
        _Check("stage", "stage", 5, _filled("stage"), _("Say how far developed it is.")),
        _Check(
            "ipr_status", "ipr", 3, _filled("ipr_status"),
            _("State the intellectual property; “no rights applied for” is an answer too."),
        ),
        _Check(
            "evidence", "evidence", 6, _filled("evidence"),
            _("Back it with a publication, project, patent or licence."),
        ),
    ],
    "test_field": [
        _Check(
            "description", "description_short", 12, _at_least("description", 200),
            _("Describe in a few sentences what can be tried here, with which equipment and which people."),
        ),
        _Check(
            "access_steps", "access", 12, _some("access_steps", 2),
            _("List the steps from the first question to the first day, one on each line."),
        ),
        *_shared(_("Add something one can check: size, capacity, classes, standards."), "capacity", "licences"),
        _Check(
            "services", "services", 7, _filled("services"),
            _("List what your staff do for guests: planning, monitoring, analysis, documentation."),
        ),
        _Check(
            "response_days", "response", 8, _filled("response_days"),
            _("Promise an answer within so many working days; hosts who do are asked first."),
        ),
        _Check(
            "contact_id", "contact_person", 8, _filled("contact_id"),
            _("Name one accountable person; others learn who it is only after an introduction."),
        ),
        _Check("capacity", "capacity", 4, _filled("capacity"), _("Say how much fits and how far ahead it is booked.")),
    ],
}  # fmt: skip
