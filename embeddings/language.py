"""Languages: which one a text is written in, its words, their stems, its sentences.

English, German and Swedish are known by name; any other text is '' (unknown) and is read as plain words.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

LANGUAGES = ("en", "de", "sv")

#: Words that carry grammar and no topic. They tell languages apart and are left out of the word leg.
STOP_WORDS = {
    "en": frozenset(
        """a about above across after all also although am among an and any are as at be because been before
        being below between both but by can could did do does doing down during each either etc few for from
        further had has have having he her here hers him his how however i if in into is it its itself just
        may me might more most must my neither no nor not now of off on once one only or other our ours out over
        own per same shall she should since so some such than that the their theirs them then there these they
        this those through thus to too toward towards under until up upon us very via was we were what when
        where whether which while who whom whose why will with within without would you your yours""".split()  # noqa: SIM905 - three lists of 150 words are read as text.
    ),
    "de": frozenset(
        """ab aber alle allem allen aller alles als also am an andere anderem anderen anderer anderes auch auf
        aus außerdem bei beim bereits bis bzw da dabei dadurch dafür damit danach daran darauf daraus darin
        darüber darum das dass davon dazu dein deine dem den denen denn der deren des dessen die dies diese
        diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwa für gegen
        haben hat hatte hatten hier hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in indem ins
        ist ja jede jedem jeden jeder jedes jedoch kann kein keine keinem keinen keiner können könnte man mehr
        mein meine mit möchte möchten muss müssen nach neben nicht noch nun nur ob oder ohne sehr sein seine
        seinem seinen seiner seines seit sich sie sind so sodass soll sollen sollte sollten sowie sowohl über
        um und uns unser unsere unserem unseren unserer unseres unter vom von vor war waren warum was wegen
        weil weiter welche welchem welchen welcher welches wenn wer werden wie wieder wir wird wo worden wurde
        wurden während zu zum zur zwar zwischen""".split()  # noqa: SIM905
    ),
    "sv": frozenset(
        """alla allt att av bara bland blev bli blir blivit både dem den denna deras dess dessa det detta dig
        din dina ditt du där därför då efter ej eller en er era ert ett för från före genom ha hade han hans har
        hela henne hennes hon honom hos hur här i icke igen in inför inom inte ja jag kan kommer kring kunde
        kunna man med medan mellan men mer mera mest mig min mina mitt mot mycket måste ni nu något några när
        nära och också om oss på samt sedan sig sin sina sitt ska skall skulle som så sådan sådana sådant
        till tills under upp ur ut utan utifrån vad var vara varför varit varje vars vi via vid vilka vilkas
        vilken vilket vill våra vår vårt än är även åt över""".split()  # noqa: SIM905
    ),
}
_STEMMERS = {"en": "english", "de": "german", "sv": "swedish"}
#: Endings and letter sequences that one of the languages has and the others hardly.
_ENDINGS = {
    "en": re.compile(r"(?:th|wh|ough|oo)|.(?:ing|ings|ies|ity|ical|ness|ly|y)$"),
    "de": re.compile(r"(?:sch|pf|zw|tz)|.(?:ungen|ung|keit|heit|lich|liche[nrs]?|tät)$"),
    "sv": re.compile(r"sj|.(?:ningar|ningen|ning|skt|iska|arna|erna|orna|ande|het)$"),
}
_ENDING_WEIGHT = 0.5
#: How much likelier one such sign makes a language.
_TELLS = 12.0
_NOT_ENGLISH = frozenset("äöåüß")
_SPECIAL = {"de": "äöüß", "sv": "åäö"}
#: A word: letters and digits of any script, joined by hyphens, slashes, dots or apostrophes inside.
_WORD = re.compile(r"[^\W_]+(?:[-‐‑–/.'’+&][^\W_]+)*\+?")
_PIECE = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?;:…])[\"'»“”)\]]*\s+|\n+")
_lock = threading.Lock()


def normalise(text: str) -> str:
    """The text with composed letters, plain spaces and no soft hyphens or control characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", text).replace("\u00ad", "").replace("\u200b", "")
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def words(text: str) -> Iterator[re.Match[str]]:
    """The words of a text with their places; "CAR-T" is one word."""
    return _WORD.finditer(text)


def word_list(text: str) -> list[str]:
    """The words of a text; where places don't matter, this is the fast way."""
    return _WORD.findall(text)


def pieces(word: str) -> list[str]:
    """The parts of a joined word, lower case: "CAR-T" gives car, t."""
    return _PIECE.findall(word.lower())


@cache
def _stemmer(language: str) -> Any:
    import Stemmer

    # The cache lies in `stem` below, which is shared by all languages.
    return Stemmer.Stemmer(_STEMMERS[language], 0)


@lru_cache(maxsize=400_000)
def stem(word: str, language: str) -> str:
    """The stem of a lower-case word; an unknown language is stemmed as English, the field's common tongue."""
    if not word.isalpha():
        return word
    with _lock:  # A stemmer object keeps a buffer and must not be used by two threads at once.
        return str(_stemmer(language if language in _STEMMERS else "en").stemWord(word))


def is_stop_word(word: str, language: str) -> bool:
    """Whether a lower-case word carries no topic in this language (in any of ours if it is unknown)."""
    if language in STOP_WORDS:
        return word in STOP_WORDS[language]
    return any(word in stops for stops in STOP_WORDS.values())


@cache
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    known = (Language.ENGLISH, Language.GERMAN, Language.SWEDISH)
    # The low-accuracy mode keeps 10 MB instead of 120 in each worker; function words make up for it below.
    return LanguageDetectorBuilder.from_languages(*known).with_low_accuracy_mode().build()


@lru_cache(maxsize=20_000)
def detect_language(text: str) -> str:
    """'en', 'de' or 'sv', or '' when the text does not tell.

    Function words, letters and endings of one language only decide where there are several. Fewer are weighed
    against letter statistics, which alone are trusted little: they take "Find a partner" for German.
    A lone word without any ("Orbitrap", "GMP") stays unknown.
    """
    sample = normalise(text)[:2000].lower()
    tokens = _PIECE.findall(sample)
    if not tokens:
        return ""
    evidence = dict.fromkeys(LANGUAGES, 0.0)
    for language, stops in STOP_WORDS.items():
        others = [STOP_WORDS[o] for o in LANGUAGES if o != language]
        evidence[language] += sum(t in stops and not any(t in o for o in others) for t in tokens)
        evidence[language] += _ENDING_WEIGHT * sum(bool(_ENDINGS[language].search(t)) for t in tokens)
    for language, letters in _SPECIAL.items():
        only = set(letters) - set("".join(v for k, v in _SPECIAL.items() if k != language))
        evidence[language] += sum(c in only for c in sample)
    ranked = sorted(evidence.values(), reverse=True)
    if ranked[0] >= 2 and ranked[0] >= 3 * ranked[1]:
        return max(evidence, key=lambda language: evidence[language])
    if ranked[0] == 0 and len(tokens) == 1:
        return ""
    values = {
        v.language.iso_code_639_1.name.lower(): float(v.value)
        for v in _detector().compute_language_confidence_values(sample)
    }
    least = min(evidence.values())
    chance = {x: (values.get(x, 0.0) + 0.02) * _TELLS ** min(evidence[x] - least, 20.0) for x in LANGUAGES}
    if any(c in _NOT_ENGLISH for c in sample):
        chance["en"] /= _TELLS
    best = max(LANGUAGES, key=lambda language: chance[language])
    needed = 0.65 if evidence[best] > 0 else 0.9
    return best if chance[best] >= needed * sum(chance.values()) else ""


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    return _SENTENCE_END.split(text.strip())


def split_statements(text: str, *, limit: int = 350) -> list[str]:
    """The text in parts of at most `limit` words, cut between sentences where there are any; nothing is lost.

    A part may be longer than a model reads at once: encoders then read it in windows and take their mean, which
    ranks abstracts as well as more and shorter parts do, with half the vectors.
    """
    if limit < 1:
        raise ValueError(f"expected a limit of at least one word, got {limit}")
    text = text.strip()
    if len(text.split()) <= limit:
        return [text] if text else []
    units: list[str] = []
    for sentence in sentences(text):
        tokens = sentence.split()
        units.extend(" ".join(tokens[n : n + limit]) for n in range(0, len(tokens), limit))
    total = sum(len(u.split()) for u in units)
    # Parts of even length: a last part of three words would be a poor statement.
    target = total / -(-total // limit)
    parts: list[list[str]] = [[]]
    size = 0
    for unit in units:
        n = len(unit.split())
        if parts[-1] and (size + n > limit or size >= target):
            parts.append([])
            size = 0
        parts[-1].append(unit)
        size += n
    return [" ".join(part) for part in parts]
