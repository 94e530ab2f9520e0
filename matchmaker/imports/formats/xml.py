"""XML, record by record: no entity is declared or resolved, nothing is fetched, no depth or size gets out of hand."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from matchmaker.imports.readers import UnreadableFile
from matchmaker.sentences import Sentence
from matchmaker.sentences import sentence as _

#: Elements inside one another: real records have about twenty.
DEEPEST = 100
#: Characters of one record; a longer one is damage, not data.
LONGEST_RECORD = 5_000_000
_CHUNK = 65_536
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
#: What expat reads by itself, and what people name it otherwise.
_ENCODINGS = frozenset({"utf-8", "utf8", "utf-16", "utf16", "iso-8859-1", "latin1", "us-ascii", "ascii"})


class _TooMuch(Exception):
    """A record is deeper or longer than any real one; the message says which."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason


class _Records:
    """Builds the wanted elements only, each by itself, with local names; what is inside a wanted one belongs to it."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.wanted = wanted
        self.done: deque[Element] = deque()
        self._builder: TreeBuilder | None = None
        self._depth = self._inside = self._size = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _TooMuch(_("expected elements at most %(most)s deep, found more", most=DEEPEST))
        if self._builder is None and local(tag) in self.wanted:
            self._builder, self._inside, self._size = TreeBuilder(), 0, 0
        if self._builder is not None:
            self._inside += 1
            self._grow(len(tag) + sum(len(value) for value in attributes.values()))
            self._builder.start(local(tag), {local(name): value for name, value in attributes.items()})

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._builder is None:
            return
        self._builder.end(local(tag))
        self._inside -= 1
        if not self._inside:
            self.done.append(self._builder.close())
            self._builder = None

    def data(self, text: str) -> None:
        if self._builder is not None:
            self._grow(len(text))
            self._builder.data(text)

    def close(self) -> None:
        """Nothing is left to do at the end."""

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > LONGEST_RECORD:
            raise _TooMuch(_("expected a record of at most %(most)s characters, found more", most=LONGEST_RECORD))


def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def records(name: str, data: bytes, wanted: Collection[str]) -> Iterator[Element]:
    """The elements of these (local) names, in their order. Raises UnreadableFile with the line where it breaks off."""
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf")[:200])
    if declared and declared[1].decode().lower() not in _ENCODINGS:
        found = declared[1].decode()
        raise UnreadableFile(name, _("expected UTF-8, UTF-16 or ISO-8859-1, found %(found)s", found=found), 1)
    target = _Records(wanted)
    parser = DefusedXMLParser(target=target)
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
            while target.done:
                yield target.done.popleft()
        parser.close()
    except ParseError as error:
        line, column = error.position
        raise UnreadableFile(
            name, _("expected well-formed XML, found a fault at character %(place)d", place=column + 1), line
        ) from error
    except DefusedXmlException as error:
        raise UnreadableFile(
            name,
            _("expected XML without entities of its own, found one declared; such a file is not read"),
            parser.parser.CurrentLineNumber,
        ) from error
    except _TooMuch as error:
        raise UnreadableFile(name, error.reason, parser.parser.CurrentLineNumber) from error
    yield from target.done


def root_of(data: bytes) -> str:
    """The beginning of an XML file, as far as its first element goes: what it is told by."""
    head = data[:20_000]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        text = head.decode("utf-8-sig", errors="replace")
    text = re.sub(r"<!--.*?-->|<\?.*?\?>", "", text, flags=re.DOTALL)
    found = re.search(r"<([A-Za-z_][^\s/>]*)[^>]*>", text)
    return found[0] if found else ""


def text_of(element: Element | None) -> str:
    """All the text of an element, in one line."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def texts(element: Element, path: str) -> list[str]:
    """The text of every element there, without empty ones."""
    return [text for found in element.iterfind(path) if (text := text_of(found))]


def first(element: Element, *paths: str) -> str:
    """The text of the first of these that says something."""
    return next((found[0] for path in paths if (found := texts(element, path))), "")


def in_english(element: Element, path: str) -> tuple[str, str]:
    """The English text of an element that comes in several languages, else the first, with its language."""
    found = [(text, (one.get("lang") or "")[:2].lower()) for one in element.iterfind(path) if (text := text_of(one))]
    return next((one for one in found if one[1] == "en"), found[0] if found else ("", ""))
