"""Sentences that are made at one time and read at another: kept as message and values, said in the reader's language.

Use it where others use ``lazy_gettext``, and where the sentence is stored::

    from matchmaker.sentences import sentence as _

    raise RowRefused(_("expected %(expected)s cells, found %(found)s", expected=5, found=4))

A whole number that counts something stands as ``%(name)s`` and gets the separators of the language; one that names
something, such as a line, stands as ``%(name)d`` and gets none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from flask_babel import gettext
from pydantic_core import ErrorDetails
from sqlalchemy import Dialect, Text, TypeDecorator

from matchmaker.translations import Number


@dataclass(frozen=True)
class Sentence:
    """A message in English with its named values, which may be sentences themselves; ``str`` says it to the reader."""

    message: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        # The catalogue's answer to an empty message is its own head.
        return gettext(self.message, **{name: _said(v) for name, v in self.values.items()}) if self.message else ""


def _said(value: Any) -> Any:
    return Number(value) if isinstance(value, int) else value


def sentence(message: str, /, **values: Any) -> Sentence:
    """A sentence to be said later."""
    return Sentence(message, values)


def joined(sentences: Sequence[Sentence]) -> Sentence:
    """Several as one."""
    return reduce(lambda one, other: Sentence("%(one)s; %(other)s", {"one": one, "other": other}), sentences)


class Kept(TypeDecorator[Sentence]):
    """A sentence in a column, as JSON. A plain text, as rows held before, is a sentence that says itself."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sentence | str | None, dialect: Dialect) -> str | None:
        if not isinstance(value, Sentence):
            return value
        return json.dumps(value, default=vars, ensure_ascii=False) if value.values else value.message

    def process_result_value(self, value: str | None, dialect: Dialect) -> Sentence | None:
        if value is None:
            return None
        try:
            found = json.loads(value, object_hook=_unpacked)
        except ValueError:
            return Sentence(value)
        return found if isinstance(found, Sentence) else Sentence(value)


def _unpacked(held: dict[str, Any]) -> Any:
    return Sentence(**held) if held.keys() == {"message", "values"} else held


# --- What does not fit a schema ---------------------------------------------------------------------------------------

_ = sentence
#: What was expected, by pydantic's kind of error or the first word of it, with the names of its context.
_EXPECTED = {
    "missing": _("expected a value, found nothing"),
    "extra_forbidden": _("this name is not known"),
    "string": _("expected a text"),
    "string_too_long": _("expected at most %(max_length)s characters"),
    "string_too_short": _("expected at least %(min_length)s characters"),
    "string_pattern_mismatch": _("expected the form %(pattern)s"),
    "int": _("expected a whole number"),
    "greater_than_equal": _("expected at least %(ge)d"),
    "less_than_equal": _("expected at most %(le)d"),
    "bool": _("expected true or false"),
    "date": _("expected a day such as 2031-12-31"),
    "datetime": _("expected a time such as 2031-12-31T09:30:00Z"),
    "enum": _("expected one of: %(expected)s"),
    "literal": _("expected one of: %(expected)s"),
    "list": _("expected a list"),
    "dict": _("expected an object"),
    "model": _("expected an object"),
    "too_long": _("expected at most %(max_length)s entries"),
    "too_short": _("expected at least %(min_length)s entries"),
}


def expectation(problem: ErrorDetails) -> Sentence:
    """What pydantic expected where it found something else; a kind of error we have no words for keeps its own."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        (said,) = context["error"].args
        return said if isinstance(said, Sentence) else Sentence(str(said))
    known = _EXPECTED.get(kind) or _EXPECTED.get(kind.partition("_")[0])
    if known is None:
        return Sentence(problem["msg"])
    if "expected" in context:
        context = {"expected": ", ".join(re.findall(r"'([^']*)'", context["expected"]))}
    return Sentence(known.message, {name: value for name, value in context.items() if f"%({name})" in known.message})
