"""One question to the engine with all that its answers depend on, and what an answer looks like."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from embeddings import Band, Matcher, Query
from matchmaker.clusters.models import Organisation
from matchmaker.curation.models import Verdict
from matchmaker.curation.queries import Verdicts, verdicts_for, verdicts_on
from matchmaker.items.models import Teaser
from matchmaker.permissions import Viewer
from matchmaker.suggestions.catalogue import Catalogue, current_catalogue
from matchmaker.suggestions.explaining import Pair, Reason, Wish
from matchmaker.suggestions.feedback import answers_to, is_hidden
from matchmaker.suggestions.filters import Filters
from matchmaker.suggestions.indexing import Key, text_of
from matchmaker.suggestions.models import Feedback, ItemKind


class Target(StrEnum):
    """What is suggested."""

    PARTNERS = "partners"
    TEST_FIELDS = "test_fields"
    NEEDS = "needs"
    #: Look-alikes: who offers the same, or seeks the same.
    PEERS = "peers"


class Sort(StrEnum):
    """The order of suggestions. What a manager recommends stays first in each."""

    BEST = "best"
    NEWEST = "newest"
    NEAREST = "nearest"


@dataclass(frozen=True)
class Suggestion:
    """A match that is shown to somebody who may see it, with its reasons."""

    #: What is suggested: an organisation, a test field, a need, or one of these and a competence by its teaser.
    kind: ItemKind
    thing: Any
    #: None behind a teaser.
    organisation: Organisation | None
    #: None where only a manager's verdict speaks for it.
    band: Band | None
    pairs: tuple[Pair, ...] = ()
    wishes: tuple[Wish, ...] = ()
    why: tuple[Reason, ...] = ()
    why_yes: tuple[Reason, ...] = ()
    #: The manager's pin or proposal.
    verdict: Verdict | None = None
    #: What the asking organisation answered.
    answer: Feedback | None = None
    #: Sources and licences of imported texts that it rests on.
    sources: tuple[tuple[str, str, str], ...] = ()
    #: What the asking side could say to raise it; only where somebody asked for this very one.
    raises: tuple[Reason, ...] = ()

    @property
    def key(self) -> Key:
        return self.kind, self.thing.id

    @property
    def name(self) -> str:
        return self.thing.name if self.kind is ItemKind.ORGANISATION else self.thing.title


@dataclass(frozen=True)
class SuggestionList:
    """One page of suggestions, and what surrounds it."""

    items: tuple[Suggestion, ...]
    #: How many there are on all pages.
    total: int
    #: What the asking organisation hid, with the thing itself.
    hidden: tuple[tuple[Feedback, Any], ...] = ()
    #: Vetoes in force with what they remove; for managers only.
    vetoed: tuple[tuple[Verdict, Any], ...] = ()
    #: Whether only words were compared.
    words_only: bool = False


@dataclass(frozen=True)
class Source:
    """A text that is searched with: an own item, or what somebody typed."""

    kind: ItemKind | None
    item: Any
    text: str
    language: str


def source_of(kind: ItemKind, item: Any) -> Source:
    return Source(kind, item, text_of(kind, item), item.language)


@dataclass
class Asking:
    """One question to the engine and all that its answers depend on."""

    session: Session
    viewer: Viewer
    filters: Filters
    sort: Sort
    offset: int
    limit: int
    #: Who asks; None for a text typed by somebody without an organisation.
    organisation: Organisation | None = None
    #: What the answers are stored under, and what verdicts are looked up by.
    subject: Any = None
    #: The public ids of those that are shown; None shows all.
    only: Collection[str] | None = None
    #: The statements, sorted, that were found by meaning beforehand; None looks among all.
    among: np.ndarray | None = None
    #: The public id of the suggestion that is to be told what would raise it.
    raising: str = ""
    #: Whether look-alikes are asked for, not what complements.
    alike: bool = False
    #: What is ranked wherever the engine would have left it, and the features of all that is, for those who learn.
    also: Collection[int] = ()
    noted: dict[Key, dict[str, float]] | None = None
    catalogue: Catalogue = field(default_factory=current_catalogue)
    verdicts: Verdicts = field(default_factory=Verdicts)
    answers: Mapping[Key, Feedback] = field(default_factory=dict)
    sources: Sequence[Source] = ()

    def __post_init__(self) -> None:
        self.matcher: Matcher = self.catalogue.matcher()
        if isinstance(self.subject, Teaser):
            self.verdicts = verdicts_on(self.session, self.subject, self.viewer.manages)
        elif self.subject is not None:
            self.organisation = self.subject.organisation
            self.verdicts = verdicts_for(self.session, self.subject)
            if self.subject.organisation_id in self.viewer.organisation_ids:
                self.answers = answers_to(self.session, self.subject)

    @property
    def own(self) -> frozenset[int]:
        """The organisations that are not suggested to themselves."""
        if self.organisation is not None:
            return frozenset({self.organisation.id})
        return self.viewer.organisation_ids

    @property
    def as_manager(self) -> bool:
        if isinstance(self.subject, Teaser):
            return bool(self.viewer.manages)
        return self.organisation is not None and bool(self.viewer.manages & self.organisation.cluster_ids)

    def query(self, source: Source) -> Query:
        return self.catalogue.prepare(self.matcher, source.text, source.language or None)

    def hidden(self, *kinds: ItemKind) -> set[Key]:
        """What the asking organisation does not want to see now."""
        return {key for key, answer in self.answers.items() if key[0] in kinds and is_hidden(answer)}


def since(item: Any) -> datetime | None:
    """Since when it is there; of a teaser nobody is told."""
    return None if isinstance(item, Teaser) else getattr(item, "published_at", None) or item.created_at


def organisation_of(thing: Any) -> Organisation | None:
    """Who stands behind a thing; nobody behind a teaser."""
    return None if isinstance(thing, Teaser) else thing.organisation
