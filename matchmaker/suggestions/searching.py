"""The search over everything that a viewer may find, by words, by meaning and by title."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from embeddings import Band, Match
from matchmaker.clusters.models import Organisation
from matchmaker.permissions import CONFIDENTIAL, Viewer
from matchmaker.suggestions import explaining
from matchmaker.suggestions.allowed import allowed_statements, findable_conditions, load_texts, load_things
from matchmaker.suggestions.asking import organisation_of
from matchmaker.suggestions.catalogue import current_catalogue, item_key
from matchmaker.suggestions.explaining import Quote, quote
from matchmaker.suggestions.filters import NO_FILTERS, Filters
from matchmaker.suggestions.indexing import MODELS, Key, text_of
from matchmaker.suggestions.models import ItemKind
from matchmaker.texts import comparison_key

#: Hits of one search.
FOUND = 400


@dataclass(frozen=True)
class Hit:
    """One item that a search found."""

    kind: ItemKind
    item: Any
    #: None behind a teaser.
    organisation: Organisation | None
    #: None where only its title holds what was searched for.
    band: Band | None
    quote: Quote


@dataclass(frozen=True)
class SearchAnswer:
    """One page of hits, and how many there are."""

    hits: tuple[Hit, ...]
    total: int
    #: How many of each kind there are, whichever kinds are shown.
    counts: Mapping[ItemKind, int]
    #: Whether there are more than were counted.
    more: bool = False
    words_only: bool = False


def search(
    session: Session,
    viewer: Viewer,
    text: str,
    kinds: Collection[ItemKind] | None = None,
    filters: Filters | None = None,
    limit: int = 20,
    offset: int = 0,
) -> SearchAnswer:
    """Organisations, competences, needs, test fields and evidence that the viewer may find, by words and by meaning."""
    catalogue = current_catalogue()
    matcher = catalogue.matcher()
    filters = filters or NO_FILTERS
    text = " ".join(text.split())
    if not text:
        return SearchAnswer((), 0, {}, words_only=matcher.encoder is None)
    query = catalogue.prepare(matcher, text)

    def find(wanted: Collection[ItemKind]) -> list[tuple[Key, Match | None]]:
        allowed = allowed_statements(session, viewer, wanted, filters)
        ranked = {
            item_key(m.key): m
            for m in matcher.rank_items(query, allowed=allowed, limit=FOUND, evidence=1, explain=False)
        }
        titled = _titled(session, viewer, text, wanted, filters)
        # Who types a title or a name looks for that very thing.
        first = [key for key in ranked if key in titled] + sorted(titled - ranked.keys())
        return [(key, ranked.get(key)) for key in [*first, *(key for key in ranked if key not in titled)]]

    everything = find(tuple(ItemKind))
    counts = Counter(key[0] for key, _ in everything)
    found = everything if kinds is None else find(tuple(kinds))
    page = found[max(offset, 0) : max(offset, 0) + limit]
    things = load_things(session, viewer, [key for key, _ in page])
    texts = load_texts(session, [match.evidence[0].statement for _, match in page if match])
    hits = []
    for key, match in page:
        item = things.get(key)
        if item is None:
            continue
        best = match.evidence[0] if match and match.evidence[0].statement in texts else None
        shown = texts[best.statement].text if best else text_of(key[0], item)
        language = texts[best.statement].language if best else item.language
        glossary = catalogue.glossary
        terms = explaining.terms_of(text, query.language, shown, language, glossary) or tuple(text.split())
        hits.append(
            Hit(
                kind=key[0],
                item=item,
                organisation=organisation_of(item),
                band=match.band if match else None,
                quote=quote(key[0], item, shown, terms, language, limit=240, glossary=glossary),
            )
        )
    return SearchAnswer(
        hits=tuple(hits),
        total=len(found),
        counts={kind: counts[kind] for kind in ItemKind},
        more=len(everything) >= FOUND,
        words_only=matcher.encoder is None,
    )


def _titled(session: Session, viewer: Viewer, text: str, kinds: Collection[ItemKind], filters: Filters) -> set[Key]:
    """The items whose title or name holds the very words, in this order; own confidential ones that hold each word."""
    if len(text) < 2:
        return set()
    found: set[Key] = set()
    for kind in kinds:
        conditions = findable_conditions(kind, viewer, filters)
        if conditions is None or kind is ItemKind.TEASER:
            continue
        model = MODELS[kind]
        if kind is ItemKind.ORGANISATION:
            named = model.name_key.contains(comparison_key(text), autoescape=True)
        else:
            named = or_(
                model.title.icontains(text, autoescape=True),
                # SQLite folds the case of ASCII letters only.
                model.title.contains(text, autoescape=True),
                _own_and_confidential(model, viewer, text),
            )
        query = select(model.id)
        if kind is not ItemKind.ORGANISATION:
            query = query.join(Organisation, Organisation.id == model.organisation_id)
        found |= {(kind, one) for one in session.scalars(query.where(named, *conditions).limit(FOUND))}
    return found


def _own_and_confidential(model: Any, viewer: Viewer, text: str) -> ColumnElement[bool]:
    """The own organisation's confidential texts that hold every word: they stand in no index, so SQL reads them."""
    said = [
        or_(model.title.icontains(word, autoescape=True), model.description.icontains(word, autoescape=True))
        for word in text.split()[:12]
    ]
    return and_(model.organisation_id.in_(viewer.organisation_ids), model.visibility.in_(CONFIDENTIAL), *said)
