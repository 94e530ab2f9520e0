"""JSON, object by object: an array, an answer of a service with its list inside, one object, or one on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from matchmaker.imports.readers import BadRow, Row, UnreadableFile, text_of
from matchmaker.sentences import sentence as _

#: Where the services put the list of an answer.
_LISTS = ("results", "items")
_SPACE = " \t\r\n"


def objects(name: str, data: bytes) -> Iterator[Any]:
    """The objects of a file in their order; one that is no object is given as it is. Raises UnreadableFile."""
    text = text_of(name, data)
    at = _skip(text, 0, _SPACE)
    if text[at : at + 1] == "[":
        yield from (value for _line, value in _array(name, text, at + 1))
        return
    while at < len(text):
        value, at = _value(name, text, at)
        listed = _listed(value)
        yield from [value] if listed is None else listed
        at = _skip(text, at, _SPACE)


def is_list(data: bytes) -> bool:
    """Whether a file begins as a list of JSON objects rather than as one of them."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def read_json_list(name: str, data: bytes) -> Iterator[Row | BadRow]:
    """The rows of a file that is one list of JSON objects, each with its line. Raises UnreadableFile."""
    text = text_of(name, data)
    for line, value in _array(name, text, text.index("[") + 1):
        if isinstance(value, dict):
            yield Row(line, value)
        else:
            yield BadRow(line, _("expected a JSON object, found a list or a single value"))


def _listed(value: Any) -> list[Any] | None:
    found = [value[key] for key in _LISTS if isinstance(value.get(key), list)] if isinstance(value, dict) else []
    return found[0] if found else None


def _array(name: str, text: str, at: int) -> Iterator[tuple[int, Any]]:
    """What a list holds, with the lines on which it begins."""
    line, counted = 1, 0
    at = _skip(text, at, _SPACE)
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        value, at = _value(name, text, at)
        yield line, value
        at = _skip(text, at, _SPACE)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1, _SPACE)
        elif text[at : at + 1] != "]":
            raise UnreadableFile(name, _("expected a comma or the end of the list"), _line(text, at))


def _value(name: str, text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise UnreadableFile(
            name, _("expected JSON, found something else or half of it"), _line(text, error.pos)
        ) from error
    except (RecursionError, ValueError) as error:
        raise UnreadableFile(
            name,
            _("expected JSON as services write it, found a number or a nesting that no record has"),
            _line(text, at),
        ) from error


_DECODER = json.JSONDecoder()


def _skip(text: str, at: int, over: str) -> int:
    while at < len(text) and text[at] in over:
        at += 1
    return at


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


# --- Looking into what a service wrote, whatever it left out ----------------------------------------------------------


def dig(value: Any, *path: str) -> Any:
    """What stands at the end of a path of keys; None where it breaks off."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def line_at(value: Any, *path: str) -> str:
    """The text at the end of a path, in one line; '' for anything that is no text or number."""
    found = dig(value, *path)
    return " ".join(str(found).split()) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def list_at(value: Any, *path: str) -> list[Any]:
    """The list at the end of a path; empty for anything else."""
    found = dig(value, *path)
    return found if isinstance(found, list) else []
