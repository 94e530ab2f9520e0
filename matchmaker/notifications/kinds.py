"""The kinds of news there are, as the slices that have them register them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import format_date

#: What a notification is made of: ids, names, numbers and days (as ISO text), never a text somebody wrote.
Facts = Mapping[str, Any]

#: A name fits into so many characters, a text does not.
FACT_LENGTH_MOST = 200


class Group(StrEnum):
    """What kinds are listed under in the preferences, in this order."""

    INTRODUCTIONS = "introductions"
    SUGGESTIONS = "suggestions"
    ORGANISATION = "organisation"
    CLUSTER = "cluster"
    ACCOUNT = "account"


class ByMail(StrEnum):
    """When a reader gets a kind of news by mail."""

    #: A mail of its own, as soon as it happens.
    AT_ONCE = "at_once"
    #: A line in the next digest.
    DIGEST = "digest"
    #: Not at all.
    NEVER = "never"


class Frequency(StrEnum):
    """How often a reader gets a digest, at most: one without anything new is never sent."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, eq=False)
class Kind:
    """One sort of news."""

    #: Its stable name: lower case, words joined by hyphens.
    name: str
    group: Group
    #: What the preferences call it.
    label: Any
    #: The line in the inbox, in the language of the page; gets the facts.
    sentence: Callable[[Facts], str]
    #: The page it leads to, and which fact fills which part of its address.
    endpoint: str
    #: The mail, for example ``clusters/email/asked``.
    template: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    #: How it comes by mail unless the reader says otherwise.
    by_mail: ByMail = ByMail.AT_ONCE
    #: Whether the reader may switch it off. What somebody has to answer, or to know to stay safe, always comes.
    optional: bool = True


KINDS: dict[str, Kind] = {}

#: The name under which mails are digests; it is no kind of news, and is stopped like one.
DIGEST = "digest"


def register(kind: Kind) -> Kind:
    """Add a kind. Raises ValueError where another one has its name."""
    if KINDS.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"expected a name of its own for {kind.label}, got {kind.name} a second time")
    return kind


def day(iso: str) -> str:
    """A day among the facts as people read it, in the reader's language."""
    return str(format_date(date.fromisoformat(iso), "long"))
