"""Makes a suggestion of a match: the pairs of texts that speak for it, what is met, and why each side gains."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from embeddings import Evidence, Match
from matchmaker.curation.models import Verdict
from matchmaker.items.models import Teaser
from matchmaker.items.queries import findable
from matchmaker.needs.models import Need
from matchmaker.permissions import Viewer
from matchmaker.profiles.models import Competence, competence_evidence, evidence_organisation
from matchmaker.profiles.models import Evidence as EvidenceItem
from matchmaker.suggestions import explaining
from matchmaker.suggestions.allowed import allowed_statements
from matchmaker.suggestions.asking import Asking, Source, Suggestion, organisation_of
from matchmaker.suggestions.catalogue import item_key
from matchmaker.suggestions.explaining import Because, Pair, Reason, Wish, quote
from matchmaker.suggestions.indexing import Key
from matchmaker.suggestions.models import ItemKind, StatementRow
from matchmaker.testfields.models import TestField

#: Statements looked at for the explanation of one suggestion, and shown.
LOOKED_AT, SHOWN = 8, 3
#: From this chance of relevance on, a statement counts among those that fit.
FITTING = 0.15
#: Words that are named as unsaid in one text.
UNSAID = 5


class Explainer:
    """Makes suggestions of matches; what several of them need from the database is read once."""

    def __init__(
        self,
        asking: Asking,
        things: Mapping[Key, Any],
        texts: Mapping[int, Any],
        first_offer: int | None,
        page: Sequence[Match],
    ) -> None:
        self.asking, self.things, self.texts, self.first_offer = asking, things, texts, first_offer
        competences = {
            item.id for match in page for one in match.evidence if isinstance(item := self._item(one), Competence)
        }
        owners = {item_id for one, item_id in (item_key(match.key) for match in page) if one is ItemKind.ORGANISATION}
        self.backing = _count_backing(asking.session, asking.viewer, competences)
        self.shared = _shared_records(asking, owners)
        self.seeking = _count_needs(asking.session, asking.viewer, owners)

    def _item(self, evidence: Evidence) -> Any:
        return self.things[item_key(evidence.item)]

    def suggestion(self, match: Match, verdict: Verdict | None) -> Suggestion:
        """The match as it is shown."""
        key = item_key(match.key)
        thing = self.things[key]
        shown = self._choose(match)
        pairs = tuple(self._pair(one) for one in shown)
        return Suggestion(
            kind=key[0],
            thing=thing,
            organisation=organisation_of(thing),
            band=match.band if pairs else None,
            pairs=pairs,
            wishes=tuple(self._wishes(thing, match)),
            why=tuple(self._why(thing, match, pairs)),
            why_yes=tuple(self._why_yes(thing, match)),
            verdict=verdict,
            answer=self.asking.answers.get(key),
            sources=self._sources([thing, *(self._item(one) for one in shown)]),
            raises=self._raises(thing, shown),
        )

    def _raises(self, thing: Any, shown: Sequence[Evidence]) -> tuple[Reason, ...]:
        """What the asking side's own texts leave unsaid that the quoted ones say: both may be read by the viewer."""
        asking = self.asking
        if not asking.raising or thing.public_id != asking.raising:
            return ()
        made: list[Reason] = []
        told: set[int] = set()
        for one in shown:
            place = one.query if self.first_offer is not None else 0
            if place in told:
                # Of each own text, what its nearest counterpart would have it say.
                continue
            told.add(place)
            source = asking.sources[place]
            unsaid = self._unsaid(source, self.texts[one.statement])
            if unsaid is None:
                made.append(Reason(Because.NOT_INDEXED, (source.item,)))
            elif unsaid:
                made.append(Reason(Because.UNSAID, (source.item, unsaid)))
        if self.first_offer is not None:
            directions = {one.query < self.first_offer for one in shown}
            if True not in directions:
                made.append(Reason(Because.SAY_NEED))
            if False not in directions:
                made.append(Reason(Because.SAY_OFFER))
        return tuple(dict.fromkeys(made)) or (Reason(Because.ALL_SAID),)

    def _unsaid(self, source: Source, row: Any) -> tuple[str, ...] | None:
        """The telling words of the other side's text that an own text has in no form; None where it is in no index."""
        asking = self.asking
        own = asking.session.scalars(
            select(StatementRow.id).where(
                StatementRow.kind == source.kind, StatementRow.item_id == source.item.id, ~StatementRow.gone
            )
        ).all()
        if not own:
            return None
        theirs = asking.catalogue.prepare(asking.matcher, row.text, row.language)
        readable = allowed_statements(asking.session, asking.viewer, [source.kind or ItemKind.NEED])
        missing: dict[str, float] = {}
        for number, statement in enumerate(own):
            found = asking.matcher.missing_terms(theirs, statement, allowed=readable, limit=4 * UNSAID)
            gains = {one.term: one.gain for one in found}
            # A word is unsaid where no part of the text says it.
            missing = gains if not number else {term: gain for term, gain in missing.items() if term in gains}
        words = sorted(missing, key=lambda term: (-missing[term], term))
        return explaining.telling(words, row.language)[:UNSAID]

    def _choose(self, match: Match) -> list[Evidence]:
        """The best statement of each of the nearest items; where both sides gain, of both directions."""
        chosen: dict[int, Evidence] = {}
        for one in match.evidence:
            chosen.setdefault(one.item, one)
        found = list(chosen.values())
        if self.first_offer is not None:
            theirs = [one for one in found if one.query < self.first_offer]
            ours = [one for one in found if one.query >= self.first_offer]
            return [*theirs[:1], *ours[:1], *theirs[1:2], *ours[1:2]]
        return found[:SHOWN]

    def _pair(self, evidence: Evidence) -> Pair:
        asking = self.asking
        source = asking.sources[evidence.query] if self.first_offer is not None else asking.sources[0]
        kind, item = item_key(evidence.item)[0], self._item(evidence)
        row = self.texts[evidence.statement]
        glossary = asking.catalogue.glossary
        terms = explaining.terms_of(source.text, source.language, row.text, row.language, glossary)
        ours = quote(source.kind, source.item, source.text, terms, source.language, glossary=glossary)
        theirs = quote(kind, item, row.text, terms, row.language, glossary=glossary)
        if asking.alike:
            return Pair(seek=ours, offer=theirs, terms=terms, alike=True)
        we_seek = (item.of if kind is ItemKind.TEASER else kind) != ItemKind.NEED
        return Pair(seek=ours, offer=theirs, terms=terms) if we_seek else Pair(theirs, ours, terms, we_seek=False)

    def _competence(self, match: Match) -> Competence | None:
        return competence_among(self._item(one) for one in match.evidence)

    def _wishes(self, thing: Any, match: Match) -> list[Wish]:
        if self.first_offer is not None or self.asking.alike:
            return []
        return wishes_between(self.asking.sources[0].item, thing, self._competence(match))

    def _why(self, thing: Any, match: Match, pairs: Sequence[Pair]) -> list[Reason]:
        made: list[Reason] = []
        if self.first_offer is not None and not self.asking.alike:
            if any(pair.we_seek for pair in pairs):
                made.append(Reason(Because.THEY_OFFER))
            if any(not pair.we_seek for pair in pairs):
                made.append(Reason(Because.WE_OFFER))
        elif pairs:
            meaning = next((part.value for part in match.parts if part.name == "meaning"), 0.0)
            terms = explaining.distinct_terms(pairs[:1])
            if meaning >= 2.5:
                made.append(Reason(Because.SIMILAR))
            if terms:
                made.append(Reason(Because.TERMS, terms))
            fitting = {one.item for one in match.evidence if one.strength >= FITTING}
            if len(fitting) > 1:
                made.append(Reason(Because.SEVERAL, (len(fitting),)))
        competence = self._competence(match)
        if competence is not None and self.backing.get(competence.id):
            made.append(Reason(Because.BACKED, (self.backing[competence.id],)))
        if isinstance(thing, TestField) and thing.response_days:
            made.append(Reason(Because.RESPONSE, (thing.response_days,)))
        organisation = organisation_of(thing)
        if organisation is None:
            return made
        made += [Reason(Because.TOGETHER, (record,)) for record in self.shared.get(organisation.id, ())[:1]]
        return made + explaining.region_reason(self.asking.organisation, organisation)

    def _why_yes(self, thing: Any, match: Match) -> list[Reason]:
        made: list[Reason] = []
        if self.asking.alike:
            return made
        competence, asker = self._competence(match), self.asking.organisation
        if competence is not None and asker is not None and str(asker.type) in competence.partners_sought:
            made.append(Reason(Because.SEEK_OUR_TYPE, (asker.type,)))
        need = self.asking.sources[0].item
        if competence is not None and competence.cooperation and not (isinstance(need, Need) and need.cooperation):
            made.append(Reason(Because.COOPERATION, tuple(competence.cooperation)))
        if isinstance(thing, TestField) and thing.access_steps:
            made.append(Reason(Because.ACCESS, (len(thing.access_steps),)))
        if isinstance(thing, TestField) and thing.capacity:
            made.append(Reason(Because.CAPACITY, (thing.capacity,)))
        organisation = organisation_of(thing)
        if self.first_offer is None and organisation is not None and self.seeking.get(organisation.id):
            made.append(Reason(Because.OPEN_NEEDS, (self.seeking[organisation.id],)))
        return made

    def _sources(self, items: Iterable[Any]) -> tuple[tuple[str, str, str], ...]:
        found = {}
        for item in items:
            if not isinstance(item, Teaser) and item.source:
                found.setdefault((item.source, item.licence), getattr(item, "url", "") or "")
        return tuple((source, licence, url) for (source, licence), url in found.items())


def competence_among(items: Iterable[Any]) -> Competence | None:
    return next((item for item in items if isinstance(item, Competence)), None)


def wishes_between(source: Any, thing: Any, competence: Competence | None) -> list[Wish]:
    """What the one side asks for, and what of it the other has; a teaser says neither."""
    if isinstance(thing, Teaser):
        return []
    if isinstance(source, Need):
        if isinstance(thing, TestField):
            return explaining.wishes_of_test_field(source, thing)
        return explaining.wishes_of_partner(source, thing, competence)
    if isinstance(source, Competence) and isinstance(thing, Need):
        return explaining.wishes_of_partner(thing, source.organisation, source)
    return []


def _count_backing(session: Session, viewer: Viewer, competences: Collection[int]) -> dict[int, int]:
    """How many records that the viewer may read back each competence."""
    if not competences:
        return {}
    rows = session.execute(
        select(competence_evidence.c.competence_id, func.count())
        .join(EvidenceItem, EvidenceItem.id == competence_evidence.c.evidence_id)
        .where(competence_evidence.c.competence_id.in_(competences), findable(EvidenceItem, viewer))
        .group_by(competence_evidence.c.competence_id)
    )
    return dict(rows.all())


def _shared_records(asking: Asking, owners: Collection[int]) -> dict[int, list[EvidenceItem]]:
    """Records that the asking organisation and another stand behind together, the newest first."""
    if not owners or asking.organisation is None:
        return {}
    ours, theirs = evidence_organisation.alias(), evidence_organisation.alias()
    rows = asking.session.execute(
        select(theirs.c.organisation_id, EvidenceItem)
        .join(EvidenceItem, EvidenceItem.id == theirs.c.evidence_id)
        .join(ours, ours.c.evidence_id == theirs.c.evidence_id)
        .where(
            ours.c.organisation_id == asking.organisation.id,
            theirs.c.organisation_id.in_(owners),
            findable(EvidenceItem, asking.viewer),
        )
        .order_by(EvidenceItem.year.desc(), EvidenceItem.id)
    )
    found: dict[int, list[EvidenceItem]] = {}
    for owner, record in rows:
        found.setdefault(owner, []).append(record)
    return found


def _count_needs(session: Session, viewer: Viewer, owners: Collection[int]) -> dict[int, int]:
    """How many open needs of each organisation the viewer may read."""
    if not owners:
        return {}
    rows = session.execute(
        select(Need.organisation_id, func.count())
        .where(Need.organisation_id.in_(owners), findable(Need, viewer))
        .group_by(Need.organisation_id)
    )
    return dict(rows.all())
