"""How typed text is made clean before it is kept or compared."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n{3,}")
#: Format characters (zero-width, direction overrides), control, private and surrogate code points: they show nothing,
#: and let two names look alike.
_INVISIBLE = frozenset({"Cf", "Cc", "Co", "Cs"})
#: Cyrillic, Greek and Armenian letters that nobody tells from a Latin one in print, and that one. Greek letters with a
#: shape of their own, as in TNFα, are none of them.
_LOOKS_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԌԚԜаеѕіјорсухһԛԝӏѵԁΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳՕՍօոսց",
    "ABESIJKMHOPCTYXGQWaesijopcyxhqwlvdABEZHIKMNOPTYXocjOUonug",
)
_WORDS = re.compile(r"[^\W\d_]+")


def _visible(text: str, keep: str = "") -> str:
    return "".join(c for c in text if c in keep or unicodedata.category(c) not in _INVISIBLE)


def clean_line(text: str | None) -> str:
    """A name or title: composed (NFC), without invisible characters, with single spaces."""
    text = unicodedata.normalize("NFC", text or "")
    return _SPACES.sub(" ", _visible(text, keep="\t\n\r")).strip()


def clean_text(text: str | None) -> str:
    """A text of several lines: composed (NFC), without invisible characters, with at most one blank line in a row."""
    text = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n")
    lines = (line.rstrip() for line in _visible(text, keep="\t\n").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def disguised_word(name: str) -> str:
    """The first word of a name in which letters of another alphabet pass for Latin ones; '' where there is none.

    A word that is written in one alphabet throughout is no disguise, whichever it is; see ``as_it_looks`` for those.
    """
    for word in _WORDS.findall(unicodedata.normalize("NFC", name)):
        plain = word.translate(_LOOKS_LATIN)
        if plain != word and any("LATIN" in unicodedata.name(letter, "") for letter in word):
            return str(word)
    return ""


def as_it_looks(name: str) -> str:
    """The name in the Latin letters that a reader takes it for."""
    return unicodedata.normalize("NFC", name).translate(_LOOKS_LATIN)


def comparison_key(text: str | None) -> str:
    """The form in which two names are compared: without case, accents and invisible characters."""
    decomposed = unicodedata.normalize("NFKD", clean_line(text)).casefold()
    return _SPACES.sub(" ", "".join(c for c in decomposed if not unicodedata.combining(c))).strip()


def excerpt(text: str | None, most: int) -> str:
    """The beginning of a text, cut between words; an ellipsis says that more follows."""
    text = text or ""
    if len(text) <= most:
        return text
    whole_words = text[: most + 1].rsplit(None, 1)[0][:most]
    return whole_words.rstrip(" .,;:–…") + " …"


def web_address(text: str | None) -> str:
    """The text where it is an http or https address, else '': what may stand in a link."""
    return text if text and text.lower().startswith(("https://", "http://")) else ""
