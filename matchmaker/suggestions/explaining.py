"""Why a suggestion is made: the pair of texts, what is met and what is not, and further reasons. Facts, no wording.

How the facts read in the language of the page stands in ``words.py``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from embeddings import Glossary, detect_language, mark_terms, shared_terms
from embeddings.language import is_stop_word, pieces, stem
from matchmaker.clusters.models import Organisation
from matchmaker.items.models import Rung, Stage
from matchmaker.needs.models import Need
from matchmaker.profiles.models import Competence
from matchmaker.suggestions.models import ItemKind
from matchmaker.testfields.models import TestField

Segments = tuple[tuple[str, bool], ...]

#: Letters of a quoted text; longer ones are quoted around what they share with the other side.
QUOTED = 340
#: Words that texts of any topic share. They are neither marked nor named as what two texts have in common.
GENERIC = frozenset(
    """about able across add added after against aim allow also among amount answer apply approach around ask available
    base based become began begin being better big bring build call carry case cause change choose clear close come
    common compare compared complete completed contact cost cover current day days decide demand describe develop
    developed development different does done due during each early eight eighteen either eleven end enough even ever
    every exact existing expect expected few fewer fifteen fifty find first five fixed follow followed following forty
    four fourteen full further gap get give given goal good group grow half help high higher hour hours hundred
    important improve include included including increase inside interest interested keep known large larger last late
    later lead least less let level like limit line little long longer look low lower made main make many may mean
    meet meets member method might million minute minutes month months more most much must name near need needed needs
    never new next nine ninety none note now number offer offered old once one open order original other our outside
    over own pair part partner partners people per period place placed plan point possible present problem provide
    put question quick range rate reach read ready real reason reasons reduce related remain report require required
    result results return returns right run running same say search second see seek seeking set seven several shall
    share shared short shorter show shown side simple since single six sixty size small smaller solution some start
    started state step steps still study studies such suitable support take taken task tell ten term test tested tests
    than thing third thirty thousand three throughout time times today together top toward turn twelve twenty two type
    under until use used useful user using value various very want way week weeks well whether while who whole wide
    wish within without work working world would year years yes yet
    acht aktuell alle andere anfang angebot antwort arbeit arbeiten art aufgabe beginn bereit besser bieten bis brauchen
    bringen damit dauer drei eigene eine einfach einsatz ende ergebnis ergebnisse erste ersten etwa finden frage fünf
    geben gegen gemeinsam gesucht gross groß große gut halten heute hilfe hoch hundert innerhalb jahr jahre jahren jede
    jeder kein klein können kurz lang lange lösung machen mehr mensch menschen minuten mit möglich monat monate monaten
    nach neu neue neuen neun nutzen nächste ohne partner sechs seit sieben stelle stunden suche suchen stehen tag tage
    tagen teil test tests über unser unsere unter verschiedene vier viel viele weg weitere wenig werden wichtig wissen
    woche wochen zahl zehn zeit ziel zwei zwischen zwölf
    andra antal använda arbeta arbete behov behöver bra börja dag dagar del egen eget en ett fem finns flera fler fråga
    från fyra få första ge genom god göra gör hjälp hundra hög idag innan inom klar kort lång längre lösning mål många
    månad månader möjlig ny nya nytt nio nästa olika open par partner plats problem resultat samma sex sju skapa slut
    små söker söka stor stora stöd svar tid timmar tio till tolv tre två under utan vecka veckor vill viktig visa väg
    vår våra åtta år öppen över""".split()  # noqa: SIM905 - a list of words is read as text.
)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Quote:
    """One side of a pair: an item's title and the part of its text that matters, shared terms marked."""

    #: None where the text was typed and is not an item.
    kind: ItemKind | None
    item: Any
    title: Segments
    segments: Segments
    language: str = ""

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.segments)


@dataclass(frozen=True)
class Pair:
    """What is sought and what is offered, as they are shown side by side."""

    seek: Quote
    offer: Quote
    terms: tuple[str, ...]
    #: Whether the asking side is the one that seeks; in a reciprocal suggestion it also offers.
    we_seek: bool = True
    #: Whether the two are look-alikes, which say the same rather than answer each other.
    alike: bool = False


@cache
def _generic_stems(language: str) -> frozenset[str]:
    return frozenset(stem(word, language) for word in GENERIC)


def telling(terms: Iterable[str], language: str = "") -> tuple[str, ...]:
    """The shared terms that say something about a topic; of a joined word one part must."""
    return tuple(term for term in terms if any(_is_telling(part, language) for part in pieces(term)))


def _is_telling(word: str, language: str) -> bool:
    return (
        len(word) > 1
        and not word.isdigit()
        and word not in GENERIC
        and not is_stop_word(word, language)
        and stem(word, language) not in _generic_stems(language)
    )


def terms_of(
    sought: str, sought_language: str, offered: str, offered_language: str, glossary: Glossary | None = None
) -> tuple[str, ...]:
    """The words two texts share that say something about a topic, as the second has them."""
    shared = shared_terms(
        sought,
        offered,
        query_language=sought_language or detect_language(sought),
        passage_language=offered_language,
        glossary=glossary,
    )
    return telling(shared, offered_language)


def quote(
    kind: ItemKind | None,
    item: Any,
    text: str,
    terms: Collection[str],
    language: str = "",
    limit: int = QUOTED,
    glossary: Glossary | None = None,
) -> Quote:
    """Quote a statement; its first line is the title, unless nobody gave it one."""
    title, _, body = text.partition("\n") if kind is not None else ("", "", text)
    # Keywords are searched with, but read badly between sentences.
    keywords = ", ".join(getattr(item, "keywords", None) or ())
    body = body.replace(keywords, "") if keywords else body
    marked, quoted = _marked(title, terms, glossary), excerpt(body, terms, limit, glossary)
    return Quote(kind, item, marked, quoted, language)


def excerpt(text: str, terms: Collection[str], limit: int = QUOTED, glossary: Glossary | None = None) -> Segments:
    """The sentences that share most with the other side, marked; "…" stands for what is left out."""
    sentences = [_SPACE.sub(" ", one).strip() for one in _SENTENCE.split(text)]
    sentences = [one for one in sentences if one]
    if not sentences:
        return ()
    if sum(map(len, sentences)) + len(sentences) <= limit:
        return _marked(" ".join(sentences), terms, glossary)
    weights = [len({word.lower() for word, marked in _marked(one, terms, glossary) if marked}) for one in sentences]
    first = last = max(range(len(sentences)), key=lambda n: (weights[n], -n))
    size = len(sentences[first])
    while True:
        after = weights[last + 1] if last + 1 < len(sentences) else -1
        before = weights[first - 1] if first > 0 else -1
        grown = last + 1 if after >= before else first - 1
        if max(after, before) < 0 or size + len(sentences[grown]) + 1 > limit:
            break
        size += len(sentences[grown]) + 1
        first, last = min(first, grown), max(last, grown)
    chosen = " ".join(sentences[first : last + 1])
    cut = len(chosen) > limit
    if cut:
        chosen = _window(chosen, terms, limit, glossary)
    marked = _marked(chosen, terms, glossary)
    if first > 0:
        marked = (("… ", False), *marked)
    if last < len(sentences) - 1 or cut:
        marked = (*marked, (" …", False))
    return marked


def _window(sentence: str, terms: Collection[str], limit: int, glossary: Glossary | None) -> str:
    """A long sentence cut at words, from shortly before its first shared term."""
    place = 0
    for text, marked in _marked(sentence, terms, glossary):
        if marked:
            break
        place += len(text)
    else:
        place = 0
    start = 0 if place < limit // 2 else sentence.find(" ", place - limit // 4) + 1
    end = sentence.rfind(" ", start, start + limit)
    return sentence[start : end if end > start else start + limit]


def _marked(text: str, terms: Collection[str], glossary: Glossary | None) -> Segments:
    if not text:
        return ()
    return tuple(mark_terms(text, terms, glossary=glossary)) if terms else ((text, False),)


# --- What was asked for ---------------------------------------------------------------------------------------------


class Wished(StrEnum):
    """What a need may ask of its answer."""

    TYPE = "type"
    COUNTRY = "country"
    TRL = "trl"
    COOPERATION = "cooperation"
    LANGUAGE = "language"
    RUNG = "rung"
    STAGE = "stage"
    REGULATED = "regulated"


class Standing(StrEnum):
    """Whether a wish is met."""

    MET = "met"
    UNMET = "unmet"
    #: The other side does not say.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Wish:
    """One thing asked for, and what was found."""

    what: Wished
    standing: Standing
    wanted: tuple[Any, ...] = ()
    found: tuple[Any, ...] = ()


#: Rungs on which work of a stage of development is usually tried.
RUNGS_FOR: dict[Stage, tuple[Rung, ...]] = {
    Stage.CONCEPT: (Rung.LAB,),
    Stage.UNDER_DEVELOPMENT: (Rung.LAB, Rung.PRE_GMP),
    Stage.LAB_TESTED: (Rung.LAB, Rung.PRE_GMP, Rung.GMP),
    Stage.PROTOTYPE: (Rung.PRE_GMP, Rung.GMP, Rung.CLINIC),
    Stage.FIELD_TESTED: (Rung.GMP, Rung.CLINIC),
    Stage.ON_MARKET: (Rung.CLINIC,),
    Stage.PROJECT_STARTED: tuple(Rung),
}


def _overlap(what: Wished, wanted: Sequence[Any], found: Sequence[Any]) -> list[Wish]:
    """Met by what both name; unknown where the other side names nothing; no wish where nothing is wanted."""
    if not wanted:
        return []
    shared = tuple(one for one in wanted if one in found)
    if shared:
        return [Wish(what, Standing.MET, tuple(wanted), shared)]
    return [Wish(what, Standing.UNMET if found else Standing.UNKNOWN, tuple(wanted), tuple(found))]


def wishes_of_partner(need: Need, partner: Organisation, competence: Competence | None) -> list[Wish]:
    """What a need asks of a partner, and what this one with its best competence has."""
    made = _overlap(Wished.TYPE, need.partners_sought, [str(partner.type)])
    made += _overlap(Wished.COUNTRY, need.countries, [partner.country] if partner.country else [])
    if need.trl_min is not None or need.trl_max is not None:
        low, high = need.trl_min or 1, need.trl_max or 9
        trl = competence.trl if competence else None
        if trl is None:
            made.append(Wish(Wished.TRL, Standing.UNKNOWN, (low, high)))
        else:
            made.append(Wish(Wished.TRL, Standing.MET if low <= trl <= high else Standing.UNMET, (low, high), (trl,)))
    made += _overlap(Wished.COOPERATION, need.cooperation, competence.cooperation if competence else [])
    made += _overlap(Wished.LANGUAGE, need.working_languages, competence.working_languages if competence else [])
    return made


def wishes_of_test_field(need: Need, field: TestField) -> list[Wish]:
    """What a need asks of a test field, and what this one has."""
    made: list[Wish] = []
    if need.rung is not None:
        ladder = list(Rung)
        enough = ladder.index(Rung(field.rung)) >= ladder.index(Rung(need.rung))
        made.append(Wish(Wished.RUNG, Standing.MET if enough else Standing.UNMET, (need.rung,), (field.rung,)))
    elif need.stage is not None:
        fits = Rung(field.rung) in RUNGS_FOR[Stage(need.stage)]
        made.append(Wish(Wished.STAGE, Standing.MET if fits else Standing.UNMET, (need.stage,), (field.rung,)))
    if need.regulated:
        made.append(Wish(Wished.REGULATED, Standing.MET if field.regulated else Standing.UNMET))
    country = field.country or field.organisation.country
    made += _overlap(Wished.COUNTRY, need.countries, [country] if country else [])
    made += _overlap(Wished.LANGUAGE, need.working_languages, field.working_languages)
    return made


# --- Further reasons ------------------------------------------------------------------------------------------------


class Because(StrEnum):
    """Why them, and why they might say yes."""

    #: The texts mean similar things.
    SIMILAR = "similar"
    #: They share words: the words.
    TERMS = "terms"
    #: Several of their statements fit: how many.
    SEVERAL = "several"
    #: The competence is backed by records: how many.
    BACKED = "backed"
    #: Both stand behind one record: the record.
    TOGETHER = "together"
    SAME_REGION = "same region"
    #: The host promises an answer: in how many working days.
    RESPONSE = "response"
    #: What they offer is what we seek, as a whole.
    THEY_OFFER = "they offer"
    #: What we offer is what they seek, as a whole.
    WE_OFFER = "we offer"
    #: They look for organisations of the asking one's type: the type.
    SEEK_OUR_TYPE = "seek our type"
    #: They are open to kinds of cooperation that are sought: which.
    COOPERATION = "cooperation"
    #: They say step by step how one gets access: how many steps.
    ACCESS = "access"
    #: What the host says about its capacity.
    CAPACITY = "capacity"
    #: They seek themselves: how many open needs.
    OPEN_NEEDS = "open needs"
    #: An own text does not say what theirs says: the own item, the words.
    UNSAID = "unsaid"
    #: No need of ours speaks to what they offer.
    SAY_NEED = "say need"
    #: Nothing we offer speaks to what they seek.
    SAY_OFFER = "say offer"
    #: An own text that is confidential stands in no index, so its words can't be compared: the own item.
    NOT_INDEXED = "not indexed"
    #: The own texts say all that theirs say.
    ALL_SAID = "all said"


@dataclass(frozen=True)
class Reason:
    """One reason, with the facts it speaks of."""

    because: Because
    values: tuple[Any, ...] = ()


def region_reason(one: Organisation | None, other: Organisation) -> list[Reason]:
    """That both are at home in one region."""
    if one is None or not one.region or (one.region, one.country) != (other.region, other.country):
        return []
    return [Reason(Because.SAME_REGION, (other.region,))]


def proximity(one: Organisation | None, other: Organisation) -> int:
    """0 in the same region, 1 in the same country, 2 elsewhere."""
    if one is None or not one.country or one.country != other.country:
        return 2
    return 0 if one.region and one.region == other.region else 1


def distinct_terms(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """The shared words of all pairs, each once whatever its case."""
    seen: dict[str, str] = {}
    for pair in pairs:
        for term in pair.terms:
            seen.setdefault(term.casefold(), term)
    return tuple(seen.values())
