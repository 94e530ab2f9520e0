"""The field's glossary: German and Swedish stems into English, acronyms into their long forms and back.

The encoder reads English best, so a German or Swedish text is embedded as its English gloss; the word leg
adds the gloss's terms to the text's own. The tables lie in the folder `glossary` beside this file; managers'
own entries come in through `Glossary.extended`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

from embeddings.language import LANGUAGES, is_stop_word, normalise, word_list
from embeddings.terms import terms_of, text_terms, word_terms

FOLDER = Path(__file__).with_suffix("")
FILES = {"de": "german.tsv", "sv": "swedish.tsv"}
ACRONYM_FILE = "acronyms.tsv"
#: The shortest stem that may begin a compound's second part, and the shortest part left for one.
_SHORTEST = 4
#: The shortest word that tells its language by being in a table.
_TELLING = 6
#: Letters that join the parts of a compound.
_LINKS = {"de": ("", "s", "es", "n", "en", "er", "e"), "sv": ("", "s", "e", "o", "u")}
#: Acronyms that are words when they are typed in small letters.
_WORDS_TOO = frozenset(
    """abs ada all als aml anda bet bia cap car cat comp cost dac elixir er era eric exist fair fas fat fish
    formas format forte hap has hed hera his horizon ice ich ide ist item kim lamp led ma mad map mar mea mib
    mio mis nab nice nis nub nuts oot or orr pad pain pass peek peg pep per pico pip prac prime prisma pro prom
    promis puma rag rim rise roc sad sap sat sci sec sem send sip smart sol som sop soup spor sted sub sue sut
    tem ten tip tre uv vr was wer who zim""".split()  # noqa: SIM905
)
_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*", re.UNICODE)
_BEFORE_MARK = re.compile(r"\s+([.,;:!?])")
#: Words in the longest phrase that is looked for.
LONGEST = 6
#: Words of which the English is kept, and pieces of text whose terms are.
READ, PIECES = 200_000, 100_000


@dataclass(frozen=True, slots=True)
class Acronym:
    """A short form, what it stands for in each language, and the words that tell which meaning is meant."""

    short: str
    long: Mapping[str, str]
    context: frozenset[str] = frozenset()


Phrase = tuple[tuple[str, ...], str]
#: An acronym as it is written in a text, and what it may stand for.
Called = tuple[str, tuple[Acronym, ...]]


class _Pieces(dict[str, tuple[str, ...]]):
    """What stands between two spaces of texts of one language, with its terms: read once, as most comes again."""

    def __init__(self, glossary: Glossary, language: str) -> None:
        super().__init__()
        self._glossary, self._language = glossary, language
        #: The terms of a piece's English gloss, if no phrase goes across its borders.
        self.english: dict[str, tuple[str, ...]] = {}
        #: Pieces in which a phrase may begin, and those with acronyms: what each of these may stand for.
        self.begins: set[str] = set()
        self.acronyms: dict[str, list[Called]] = {}

    def __missing__(self, piece: str) -> tuple[str, ...]:
        glossary, language, tokens = self._glossary, self._language, word_list(piece)
        if language in glossary.stems:
            self.english[piece] = tuple(text_terms(glossary.gloss(piece, language), "en"))
            if glossary.has_beginning(piece, language):
                self.begins.add(piece)
        if called := glossary.called(tokens):
            self.acronyms[piece] = called
        found = self[piece] = tuple(terms_of(tokens, language))
        return found


@dataclass(frozen=True, slots=True)
class Glossary:
    """Stems (one word, a prefix) and phrases (several, the last a prefix) by language, and acronyms."""

    stems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    phrases: Mapping[str, Mapping[str, tuple[Phrase, ...]]] = field(default_factory=dict)
    acronyms: Mapping[str, tuple[Acronym, ...]] = field(default_factory=dict)
    #: The first two terms of a long form, or its only one → (all its terms, the short form), the longest first.
    long_forms: Mapping[tuple[str, ...], tuple[Phrase, ...]] = field(default_factory=dict)
    #: The first terms of long forms: most words begin none.
    beginnings: frozenset[str] = frozenset()
    version: str = ""
    #: Words already read: (word, language) → English. Compounds are slow to take apart, and words come again.
    _glossed: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)
    _pieces: dict[str, _Pieces] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, entries: Mapping[str, Mapping[str, str]], acronyms: Iterable[Acronym] = ()) -> Glossary:
        """A glossary of these entries: language → stem or phrase → English."""
        stems: dict[str, dict[str, str]] = {}
        phrases: dict[str, dict[str, list[Phrase]]] = {}
        for language, table in entries.items():
            for source, english in table.items():
                parts = tuple(source.lower().split())
                if len(parts) == 1:
                    stems.setdefault(language, {})[parts[0]] = english
                elif parts:
                    phrases.setdefault(language, {}).setdefault(parts[0], []).append((parts, english))
        short_forms: dict[str, list[Acronym]] = {}
        long_forms: dict[tuple[str, ...], set[Phrase]] = {}
        facts = [repr(sorted((k, sorted(v.items())) for k, v in entries.items()))]
        for acronym in acronyms:
            short_forms.setdefault(acronym.short, []).append(acronym)
            facts.append(repr((acronym.short, sorted(acronym.long.items()), sorted(acronym.context))))
            for language, long in acronym.long.items():
                terms = tuple(text_terms(long, language))
                # One common word ("test", "pain") calls for no acronym; one long compound does.
                if len(terms) > 1 or (terms and len(terms[0]) >= 10):
                    long_forms.setdefault(terms[:2], set()).add((terms, acronym.short))
        return cls(
            stems=stems,
            phrases={
                language: {first: _longest_first(rest) for first, rest in table.items()}
                for language, table in phrases.items()
            },
            acronyms={short: tuple(readings) for short, readings in short_forms.items()},
            long_forms={first: _longest_first(rest) for first, rest in long_forms.items()},
            beginnings=frozenset(first[0] for first in long_forms),
            version=hashlib.sha256("\0".join(sorted(facts)).encode()).hexdigest()[:16],
        )

    def expansions(self, text: str, language: str) -> tuple[tuple[str, str], ...]:
        """What the text's acronyms stand for and which acronyms stand for its words: (found, to add), each once.

        An acronym with several readings is read by the words beside it, or as all of them if none is there.
        """
        text = normalise(text)
        known, pieces = self._read_pieces(language), text.split()
        return self._expansions(
            text, known, pieces, list(chain.from_iterable(map(known.__getitem__, pieces))), language
        )

    def _expansions(
        self, text: str, known: _Pieces, pieces: list[str], terms: list[str], language: str
    ) -> tuple[tuple[str, str], ...]:
        # Most texts are looked through for nothing.
        called: list[Called] = []
        acronyms = known.acronyms
        if text == text.lower():
            called = self.called(word_list(text), typed_small=True)
        elif not acronyms.keys().isdisjoint(pieces):
            called = [one for piece in pieces for one in acronyms.get(piece, ())]
        long_forms, beginnings = self.long_forms, self.beginnings
        begun = [
            place
            for place, term in enumerate(terms)
            if term in beginnings and (tuple(terms[place : place + 2]) in long_forms or (term,) in long_forms)
        ]
        if not called and not begun:
            return ()
        beside: frozenset[str] = frozenset()
        if any(reading.context for _, readings in called for reading in readings):
            beside = frozenset(map(str.lower, word_list(text)))
        return self.added(terms, called, begun, beside, language)

    def added(
        self, terms: list[str], called: list[Called], begun: list[int], beside: Collection[str], language: str
    ) -> tuple[tuple[str, str], ...]:
        """What to add to a text of these terms, for its acronyms and for the long forms that may begin at some of them.

        `beside` are its words, in small letters; those that tell no meaning of an acronym may be missing.
        """
        found: dict[tuple[str, str], None] = {}
        have = frozenset(terms)
        for token, readings in called:
            meant = [r for r in readings if not r.context.isdisjoint(beside)]
            if not meant and (len(readings) > 1 or not readings[0].context):
                meant = list(readings)
            for reading in meant:
                for wanted in dict.fromkeys(("en", language)):
                    long = reading.long.get(wanted)
                    if long and not have.issuperset(_form_terms(long, wanted)):
                        found[token, long] = None
        for place in begun:
            two, one = tuple(terms[place : place + 2]), (terms[place],)
            for form, short in self.long_forms.get(two, ()) + self.long_forms.get(one, ()):
                if tuple(terms[place : place + len(form)]) == form:
                    if short.lower().replace("-", "") not in have:
                        found[" ".join(form), short] = None
                    break
        return tuple(found)

    def readings(self, token: str, *, typed_small: bool = False) -> tuple[Acronym, ...]:
        """What a word may stand for, or an acronym in it; in a text of small letters acronyms may be small as well."""
        short = token.upper() if typed_small and len(token) > 2 and token not in _WORDS_TOO else token
        return self.acronyms.get(short, ()) or self._inside(token)

    def called(self, tokens: Iterable[str], *, typed_small: bool = False) -> list[Called]:
        """Those of the words that may stand for something, with what each may stand for."""
        return [(token, found) for token in tokens if (found := self.readings(token, typed_small=typed_small))]

    def _inside(self, token: str) -> tuple[Acronym, ...]:
        """The readings of an acronym that begins or ends a joined word: "GMP-grade", "mRNA-based"."""
        if "-" not in token and "/" not in token:
            return ()
        for part in (token.rpartition("-")[0], token.partition("-")[0], *token.replace("/", "-").split("-")):
            if part in self.acronyms and not part.islower() and len(part) > 1:
                return self.acronyms[part]
        return ()

    def terms(self, text: str, language: str) -> list[str]:
        """The terms a text is found by: its own, those of its English gloss, those of its acronyms."""
        text = normalise(text)
        known, pieces = self._read_pieces(language), text.split()
        found = list(chain.from_iterable(map(known.__getitem__, pieces)))
        added = self._expansions(text, known, pieces, found, language)
        if language in self.stems:
            if not known.begins.isdisjoint(pieces) and self._has_phrase(text, language):
                found += text_terms(self.gloss(text, language), "en")
            else:
                found += chain.from_iterable(map(known.english.__getitem__, pieces))
        for _, extra in added:
            found += self.form_terms(extra)
        return found

    def form_terms(self, form: str) -> tuple[str, ...]:
        """The terms that are added to a text for an acronym's short or long form."""
        return _form_terms(form, "en")

    def _read_pieces(self, language: str) -> _Pieces:
        known = self._pieces.get(language)
        if known is None or len(known) >= PIECES:
            # Whoever reads with the old ones goes on with them.
            known = self._pieces[language] = _Pieces(self, language)
        return known

    def has_beginning(self, piece: str, language: str) -> bool:
        """Whether a phrase may begin in what stands between two spaces."""
        phrases = self.phrases.get(language, {})
        return any(word.lower() in phrases for word in _TOKEN.findall(piece))

    def begins_phrase(self, pieces: Sequence[str], place: int, language: str) -> bool:
        """Whether a phrase begins in this one of the pieces that a text has between its spaces."""
        phrases = self.phrases[language]
        own = len(_TOKEN.findall(pieces[place]))
        lower = [word.lower() for word in _TOKEN.findall(" ".join(pieces[place : place + 2 * LONGEST]))]
        if len(lower) < own + LONGEST:
            lower = [word.lower() for word in _TOKEN.findall(" ".join(pieces[place:]))]
        return any(
            lower[n] in phrases and bool(_phrase(lower[n : n + LONGEST], phrases)[0])
            for n in range(min(own, len(lower)))
        )

    def _has_phrase(self, text: str, language: str) -> bool:
        phrases = self.phrases[language]
        lower = [word.lower() for word in _TOKEN.findall(text)]
        return any(word in phrases and _phrase(lower[n : n + LONGEST], phrases)[0] for n, word in enumerate(lower))

    def forms(self, word: str, language: str) -> list[frozenset[str]]:
        """The ways to say a word, each as its terms: as it is written, in English, as each of its long forms."""
        found = [word_terms(word, language)]
        if language in self.stems:
            found.append(tuple(text_terms(self.gloss(word, language), "en")))
        found += [_form_terms(extra, "en") for _, extra in self.expansions(word, language)]
        return [frozenset(form) for form in found]

    def english(self, text: str, language: str) -> str:
        """The text as an English encoder should read it: glossed, with its acronyms both short and long."""
        added = [extra for _, extra in self.expansions(text, "en")]
        reading = self.gloss(text, language)
        return f"{reading} ({'; '.join(dict.fromkeys(added))})" if added else reading

    def language_of(self, text: str) -> str:
        """The one language whose table reads every word of a short text, '' if none or several do.

        It helps where letters tell nothing: "Arzneimittel", "avloppsvatten". Acronyms are no language's, and a short
        word is one thing here and another there: "mat" is food in Swedish.
        """
        asked = [word for word in word_list(normalise(text)) if not word.isupper()]
        if not asked or min(map(len, asked)) < _TELLING:
            return ""
        readers = [
            language
            for language in self.stems
            if all(self.gloss(word, language).lower() not in ("", word.lower()) for word in asked)
        ]
        return readers[0] if len(readers) == 1 else ""

    def gloss(self, text: str, language: str) -> str:
        """The text with every known word in English; unknown words stay, words without topic go.

        A language the glossary has no table for is returned as it is.
        """
        if language not in self.stems:
            return text
        text = normalise(text)
        phrases = self.phrases.get(language, {})
        out: list[str] = []
        spoken, between = _TOKEN.findall(text), _TOKEN.split(text)
        lower = [word.lower() for word in spoken]
        n = 0
        while n < len(spoken):
            out.append(between[n])
            taken, english = 0, ""
            if lower[n] in phrases:
                taken, english = _phrase(lower[n : n + LONGEST], phrases)
            if not taken:
                taken, english = 1, self._read(spoken[n], language)
            out.append(english)
            n += taken
        out.append(between[n])
        return _BEFORE_MARK.sub(r"\1", " ".join("".join(out).split())).strip()

    def _read(self, word: str, language: str) -> str:
        known = self._glossed.get((word, language))
        if known is None:
            if len(self._glossed) >= READ:
                self._glossed.clear()
            known = self._glossed[word, language] = self._word(word, language)
        return known

    def _word(self, word: str, language: str) -> str:
        lower = word.lower()
        stems = self.stems[language]
        if lower in stems:
            return stems[lower]
        if is_stop_word(lower, language):
            return ""
        if word.isupper() and len(word) > 1:
            return word
        own = word.split("-")
        parts = [[p] if p.isupper() else _compound(p.lower(), language, stems) or [p] for p in own]
        found = [piece for part in parts for piece in part]
        return word if found == own else " ".join(found)


def _phrase(tokens: list[str], phrases: Mapping[str, tuple[Phrase, ...]]) -> tuple[int, str]:
    """How many of the tokens the longest known phrase takes, and its English."""
    for phrase, english in phrases.get(tokens[0], ()):
        size = len(phrase)
        begins = tuple(tokens[: size - 1]) == phrase[:-1]
        if size <= len(tokens) and begins and tokens[size - 1].startswith(phrase[-1]):
            return size, english
    return 0, ""


@lru_cache(maxsize=20_000)
def _form_terms(form: str, language: str) -> tuple[str, ...]:
    """The terms of a short or long form, which come again and again."""
    return tuple(text_terms(form, language))


def _compound(word: str, language: str, stems: Mapping[str, str]) -> list[str]:
    """The English of a word's parts, or nothing if none is known."""
    for size in range(len(word), 2, -1):
        english = stems.get(word[:size])
        if english is None:
            continue
        rest = word[size:]
        if len(rest) < _SHORTEST:
            # A short stem must not eat a long unrelated word: what remains may only be an ending.
            return [english]
        for link in _LINKS.get(language, ("",)):
            if rest.startswith(link) and len(rest) - len(link) >= _SHORTEST:
                further = _head(rest[len(link) :], language, stems)
                if further:
                    return [english, *further]
        if size >= 5 or len(rest) <= 5:
            return [english]
    # The first part is unknown, the last may be known: "Xyztherapie" is some therapy.
    for start in range(3, len(word) - _SHORTEST):
        further = _head(word[start:], language, stems, shortest=5)
        if further:
            return [word[:start], *further]
    return []


def _head(word: str, language: str, stems: Mapping[str, str], shortest: int = _SHORTEST) -> list[str]:
    """Like _compound for the rest of a compound, which must begin with a known stem."""
    for size in range(len(word), shortest - 1, -1):
        english = stems.get(word[:size])
        if english is not None:
            rest = word[size:]
            for link in _LINKS.get(language, ("",)):
                if rest.startswith(link) and len(rest) - len(link) >= _SHORTEST:
                    further = _head(rest[len(link) :], language, stems)
                    if further:
                        return [english, *further]
            return [english] if len(rest) <= 5 else []
    return []


def read_table(path: Path) -> dict[str, str]:
    """A table of two columns separated by a tab; lines that begin with # are remarks."""
    table: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) < 2 or not cells[0].strip():
            raise ValueError(f"expected two cells in line {number} of {path.name}, found {len(cells)}")
        table[cells[0].strip().lower()] = cells[1].strip()
    return table


def read_acronyms(path: Path) -> list[Acronym]:
    """A table of short form, long forms in English, German and Swedish, and context words."""
    acronyms = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) < 2 or not cells[0] or not any(cells[1:4]):
            raise ValueError(f"expected a short and a long form in line {number} of {path.name}, found {line!r}")
        long = {language: cell for language, cell in zip(LANGUAGES, cells[1:4], strict=False) if cell}
        context = frozenset(cells[4].lower().split()) if len(cells) > 4 else frozenset()
        acronyms.append(Acronym(cells[0], long, context))
    return acronyms


@cache
def bundled_glossary() -> Glossary:
    """The glossary that comes with the engine."""
    entries = {language: read_table(FOLDER / name) for language, name in FILES.items() if (FOLDER / name).is_file()}
    path = FOLDER / ACRONYM_FILE
    return Glossary.of(entries, read_acronyms(path) if path.is_file() else ())


def _longest_first(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    return tuple(sorted(phrases, key=lambda entry: (-len(entry[0]), entry)))
