"""The columns of what a search finds as a file: those of its kind, or what all kinds share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matchmaker.clusters.exports import ORGANISATION
from matchmaker.directory.labels import PAGES
from matchmaker.items.exports import TEASER, owner_of
from matchmaker.mail import absolute_url
from matchmaker.needs.exports import NEED
from matchmaker.profiles.exports import COMPETENCE, EVIDENCE
from matchmaker.sheets import Column
from matchmaker.suggestions.indexing import KIND_OF
from matchmaker.suggestions.models import ItemKind
from matchmaker.testfields.exports import TEST_FIELD

OF_KIND: dict[ItemKind, Sequence[Column]] = {
    ItemKind.COMPETENCE: COMPETENCE,
    ItemKind.NEED: NEED,
    ItemKind.TEST_FIELD: TEST_FIELD,
    ItemKind.EVIDENCE: EVIDENCE,
    ItemKind.ORGANISATION: ORGANISATION,
    ItemKind.TEASER: TEASER,
}


_TEXT = {ItemKind.ORGANISATION: "headline", ItemKind.TEASER: "body"}


def _text(one: Any) -> str:
    return str(getattr(one, _TEXT.get(KIND_OF[type(one)], "description")))


#: Things of several kinds in one list.
MIXED = (
    Column("kind", lambda one: KIND_OF[type(one)]),
    Column("title", lambda one: one.name if KIND_OF[type(one)] is ItemKind.ORGANISATION else one.title),
    Column("text", _text),
    Column("organisation", lambda one: owner_of(one) and owner_of(one).name),
    Column("country", lambda one: owner_of(one) and owner_of(one).country),
    Column("city", lambda one: owner_of(one) and owner_of(one).city),
    Column("language", lambda one: one.language),
    Column("page", lambda one: absolute_url(PAGES[KIND_OF[type(one)]], public_id=one.public_id)),
)
