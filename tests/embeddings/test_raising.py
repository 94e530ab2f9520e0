"""What would raise a match is no guess: making the change brings it where it was promised."""

from dataclasses import replace

import numpy as np
import pytest

from embeddings import HashingEncoder, Match, Matcher, Statement, what_would_raise
from embeddings.ranking import BREADTH, MEANING, THEY_OFFER, WE_OFFER, WORDS, MissingTerm, ScorePart

ENCODER = HashingEncoder()
NEED = "GMP manufacturing of lentiviral vectors with cleanroom filling and potency assays"
TEXTS = {
    1: "GMP manufacturing of lentiviral vectors, cleanroom filling, potency assays",
    2: "Manufacturing of lentiviral vectors for research",
    3: "Potency assays for antibodies",
    4: "Biobank with frozen tissue samples",
    5: "Training of nurses in paediatric oncology",
    6: "Bone implants and biomechanical testing",
    7: "Regulatory advice for medical devices",
    8: "Bioinformatics for single-cell sequencing",
}


def statement(number: int, text: str, *, like: str | None = None, owner: int | None = None) -> Statement:
    """A statement; `like` lends it another text's vector, so that only its words are its own."""
    vector = ENCODER.encode_passages([like or text])[0]
    return Statement(number, text, "en", (owner or number,), number, vector)


@pytest.fixture
def matcher() -> Matcher:
    matcher = Matcher(ENCODER)
    matcher.put(statement(n, text) for n, text in TEXTS.items())
    return matcher


def by_key(matches: list[Match]) -> dict[int, Match]:
    return {match.key: match for match in matches}


def test_the_missing_words_are_the_needs_own_and_the_rarest_comes_first(matcher: Matcher) -> None:
    matcher.put(statement(n, f"Cleanroom number {n}") for n in range(20, 30))
    missing = [m.term for m in matcher.missing_terms(matcher.prepare(NEED), 2, allowed=None, limit=9)]
    assert set(missing) == {"GMP", "cleanroom", "filling", "potency", "assays"}
    assert missing[-1] == "cleanroom", "many say it, so it tells least"
    assert matcher.missing_terms(matcher.prepare(NEED), 1, allowed=None) == []


def test_saying_the_missing_words_gains_what_was_promised(matcher: Matcher) -> None:
    query = matcher.prepare(NEED)
    ranked = matcher.rank_items(query, allowed=None, limit=9)
    before = by_key(ranked)[2]
    missing = matcher.missing_terms(query, 2, allowed=None, limit=2)
    promised = next(r for r in what_would_raise(before, ranked, missing) if r.part == WORDS)
    assert promised.terms == tuple(m.term for m in missing)
    text = f"{TEXTS[2]} {' '.join(promised.terms)}"
    matcher.put([statement(2, text, like=TEXTS[2])])
    after = by_key(matcher.rank_items(query, allowed=None, limit=9))[2]
    assert after.score - before.score == pytest.approx(promised.gain, rel=0.35)


def test_another_owners_nearness_is_told_as_meaning_and_counts_the_places(matcher: Matcher) -> None:
    query = matcher.prepare(NEED)
    ranked = matcher.rank_owners(query, allowed=None, limit=9)
    last = ranked[-1]
    raises = {r.part: r for r in what_would_raise(last, ranked)}
    assert raises[MEANING].gain > 0
    assert all(0 <= r.places < len(ranked) for r in raises.values())
    # Whoever leads in everything needs nothing.
    first = ranked[0]
    assert not [r for r in what_would_raise(first, ranked) if r.part in (MEANING, WORDS)]


def test_the_promise_to_an_owner_is_what_its_best_statement_gains(matcher: Matcher) -> None:
    matcher.put([statement(9, "Lentiviral vectors in research projects", owner=2)])
    query = matcher.prepare(NEED)
    before = by_key(matcher.rank_owners(query, allowed=None, limit=9))[2]
    more = 2.0
    raised = what_would_raise(before, [], [MissingTerm("GMP", more)])
    scores = [e.score for e in before.evidence]
    votes = lambda found: 4.0 * np.log(np.sum(np.exp(np.array(found) / 4.0)))  # noqa: E731
    assert raised[0].gain == pytest.approx(votes([scores[0] + more, *scores[1:]]) - votes(scores))


def test_what_no_other_has_more_of_is_not_advised() -> None:
    best = Match(1, 9.0, None, (ScorePart(MEANING, 5.0, 1.0), ScorePart(BREADTH, 4.0, 1.0)), ())
    other = Match(2, 7.0, None, (ScorePart(MEANING, 6.0, 1.0), ScorePart(BREADTH, 1.0, 1.0)), ())
    assert [r.part for r in what_would_raise(best, [best, other])] == [MEANING]
    (raised,) = what_would_raise(other, [best, other])
    assert (raised.part, raised.gain, raised.places) == (BREADTH, 3.0, 1)


def test_of_two_sides_the_weaker_one_is_worth_more() -> None:
    def both(key: int, they: float, we: float) -> Match:
        score = 2 * they * we / (they + we)
        share = score / (they + we)
        return Match(key, score, None, (ScorePart(THEY_OFFER, they, share), ScorePart(WE_OFFER, we, share)), ())

    ours, better = both(1, 0.4, 0.1), both(2, 0.5, 0.5)
    first = what_would_raise(ours, [ours, better])[0]
    assert (first.part, first.gain) == (WE_OFFER, pytest.approx(2 * 0.4 * 0.5 / 0.9 - ours.score))


def test_a_match_without_a_score_has_nothing_to_raise(matcher: Matcher) -> None:
    ranked = matcher.rank_items(matcher.prepare(NEED), allowed=None, limit=9)
    assert what_would_raise(replace(ranked[-1], score=None), ranked) == []


def test_a_word_only_in_texts_that_may_not_be_read_changes_no_advice(matcher: Matcher) -> None:
    query = matcher.prepare(NEED)
    readable = np.array([2, 3, 4, 5, 6, 7, 8])
    before = matcher.missing_terms(query, 2, allowed=readable)
    matcher.put(statement(n, "Cleanroom filling of vials") for n in range(30, 40))
    assert matcher.missing_terms(query, 2, allowed=readable) == before
