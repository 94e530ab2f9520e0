"""Words are trusted by what they have to say; chances and bands keep the order of the scores."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings import HashingEncoder, Matcher, Statement
from embeddings.fusion import Scale, WordsSay, standard_meaning, trust_in_words
from embeddings.ranking import BAND_FROM, Band, band_of

ENCODER = HashingEncoder()
WORDS = """cell gene bone trial device vector tissue implant sensor vaccine assay biobank imaging protein antibody
    catheter enzyme retina tumour stem plasma coating nerve virus spectrometry""".split()  # noqa: SIM905
masses = st.floats(0, 200)
shares = st.floats(0, 1)


def statement(number: int, text: str, owners: tuple[int, ...] | None = None) -> Statement:
    return Statement(number, text, "en", owners or (number,), number, ENCODER.encode_passages([text])[0])


def board(seed: int, size: int) -> Matcher:
    """Texts of four to nine words of the field, each with two of 40 owners."""
    draw = np.random.default_rng(seed)
    matcher = Matcher(ENCODER)
    matcher.put(
        statement(
            n,
            " ".join(draw.choice(WORDS, draw.integers(4, 10), replace=False)),
            tuple(sorted(draw.choice(40, 2, replace=False).tolist())),
        )
        for n in range(1, size + 1)
    )
    return matcher


@given(masses, masses, shares, shares)
def test_trust_in_words_never_falls_as_more_is_shared(mass: float, more: float, share: float, wider: float) -> None:
    trust = trust_in_words(mass, share)
    assert 0.0 <= trust <= 1.0
    assert trust_in_words(mass + more, share) >= trust
    assert trust_in_words(mass, max(share, wider)) >= trust


def test_a_chance_overlap_is_not_trusted_and_a_real_one_is() -> None:
    """Two rare words of a need of twenty are chance; the same two as the whole of a short query are the topic."""
    assert trust_in_words(10.0, 0.1) < 0.1
    assert trust_in_words(10.0, 0.9) > 0.9
    # A project's long summary shares a fifth of its rarity with another only if they are about one thing.
    assert trust_in_words(90.0, 0.2) > 0.9


def test_a_paraphrase_is_left_to_meaning() -> None:
    """The answer shares no word with the need, another text shares one by chance."""
    need = "patients lose their hearing slowly and our tiny ear device should wake the remaining nerve fibres gently"
    answer, chance = "cochlear stimulation electrodes", "gently roasted coffee"
    matcher = Matcher(ENCODER)
    near = ENCODER.encode_queries([need])[0]
    unlike = ENCODER.encode_passages(["something else entirely"])[0]
    lend = 0.6 * near + 0.8 * unlike
    matcher.put([Statement(1, answer, "en", (1,), 1, (lend / np.linalg.norm(lend)).astype(np.float32))])
    matcher.put(statement(n, f"{a} {b}") for n, (a, b) in enumerate(zip(WORDS, WORDS[5:], strict=False), start=10))
    matcher.put([statement(2, chance)])
    found = matcher.rank_items(matcher.prepare(need), allowed=None, limit=3)
    assert found[0].key == 1


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 6), st.integers(5, 80), st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_a_band_is_never_higher_further_down(seed: int, size: int, asked: list[str]) -> None:
    matcher = board(seed, size)
    query = matcher.prepare(" ".join(asked))
    order = list(BAND_FROM)
    for found in (
        matcher.rank_items(query, allowed=None, limit=100),
        matcher.rank_owners(query, allowed=None, limit=100),
        matcher.rank_partners([query], [query], allowed_offers=None, allowed_needs=None, limit=100),
    ):
        places = [order.index(match.band) for match in found if match.band]
        assert places == sorted(places)


def test_a_lone_word_is_no_strong_match_and_two_may_be() -> None:
    matcher = board(1, 60)
    matcher.put([statement(500, "GMP production of plasmids"), statement(501, "GMP production of vectors")])
    for asked in ("GMP", "Looking for GMP expertise"):
        found = matcher.rank_items(matcher.prepare(asked), allowed=None, limit=2)
        assert {match.key for match in found} == {500, 501}
        assert all(match.band is Band.GOOD for match in found)
    assert matcher.rank_items(matcher.prepare("GMP plasmids"), allowed=None, limit=1)[0].band is Band.STRONG
    assert band_of(0.99, lone=True) is Band.GOOD
    assert band_of(0.05, lone=True) is Band.POSSIBLE


def test_without_a_model_many_texts_that_share_a_little_make_no_strong_partner() -> None:
    matcher = Matcher(None)
    matcher.put(statement(n, f"{WORDS[n % 7]} {WORDS[n % 11]} {WORDS[n % 5]}", (n % 6 + 1,)) for n in range(1, 301))
    asked = matcher.prepare(" ".join(WORDS[:6]))
    owners = matcher.rank_owners(asked, allowed=None, limit=6)
    assert len(owners) == 6
    assert Band.STRONG not in [match.band for match in owners]


def test_a_filter_changes_no_band() -> None:
    matcher = board(2, 80)
    query = matcher.prepare("gene vector assay")
    everything = np.arange(1, 81)
    whole = {m.key: m.band for m in matcher.rank_items(query, allowed=everything, limit=80)}
    part = matcher.rank_items(query, allowed=everything[::3], limit=80, background=everything)
    assert part
    assert all(whole[match.key] is match.band for match in part)


def test_the_same_score_says_less_among_more_texts() -> None:
    few, many = Scale(1.5, 100), Scale(1.5, 10_000)
    assert few.chance(np.array([6.0]))[0] > many.chance(np.array([6.0]))[0]
    assert few.owner_chance(9.0) > many.owner_chance(9.0)
    assert Scale(1.5, 0).chance(np.array([6.0])) == Scale(1.5, 60).chance(np.array([6.0]))


def test_a_pending_vector_counts_as_an_unrelated_text() -> None:
    told = standard_meaning(np.array([np.nan, 0.9]), np.array([0.1, 0.0, 0.2, np.nan]))
    assert told[0] == 0.0
    assert told[1] > 3.0


def test_what_more_overlap_gains_is_what_words_are_trusted() -> None:
    said = WordsSay(np.zeros(1), spread=0.1, farthest=5.0, trust=0.5)
    assert said.gain(0.3) == pytest.approx(1.5)


# --- Explanations are true ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_shown_passages_made_the_score_and_without_them_it_is_lower(seed: int) -> None:
    query_text = " ".join(np.random.default_rng(seed).choice(WORDS, 4, replace=False))
    matcher = board(seed, 60)
    query = matcher.prepare(query_text)
    first = matcher.rank_owners(query, allowed=None, limit=1, evidence=60)[0]
    scores = [e.score for e in first.evidence]
    assert scores == sorted(scores, reverse=True)
    assert first.score == pytest.approx(4.0 * math.log(sum(math.exp(s / 4.0) for s in scores)))
    for shown in first.evidence[:3]:
        assert shown.score == pytest.approx(sum(part.contribution for part in shown.parts))
        # What "unrelated" looks like stays as it was: only the passage is taken away.
        rest = np.array([n for n in range(1, 61) if n != shown.statement])
        after = matcher.rank_owners(query, allowed=rest, limit=60, background=np.arange(1, 61))
        assert {m.key: m.score for m in after}.get(first.key, -math.inf) < first.score


@pytest.mark.parametrize("seed", range(6))
def test_without_its_passage_an_item_is_gone(seed: int) -> None:
    matcher = board(seed, 60)
    query = matcher.prepare("gene vector assay")
    first = matcher.rank_items(query, allowed=None, limit=1)[0]
    matcher.drop([e.statement for e in first.evidence])
    assert first.key not in {m.key for m in matcher.rank_items(query, allowed=None, limit=60)}


# --- Owners -------------------------------------------------------------------------------------------------------


def test_members_of_one_project_are_told_apart_by_what_they_say_themselves() -> None:
    matcher = board(3, 40)
    project = "Antimicrobial coatings for catheters"
    matcher.put([statement(600, project, (101, 102, 103))])
    matcher.put([statement(601, "Coating of catheters by plasma", (103,))])
    query = matcher.prepare("antimicrobial coatings for catheters")
    ranked = [m.key for m in matcher.rank_owners(query, allowed=None, limit=40)]
    assert ranked[:3] == [103, 101, 102]


def test_of_those_with_the_same_evidence_who_has_said_less_comes_first() -> None:
    """Nothing tells them apart for this need, so a newcomer gets the place, not the one with many texts."""
    matcher = board(3, 40)
    matcher.put([statement(600, "Antimicrobial coatings for catheters", (101, 102))])
    matcher.put(statement(n, f"Accounting for agencies, office {n}", (101,)) for n in range(610, 640))
    query = matcher.prepare("antimicrobial coatings for catheters")
    ranked = [m.key for m in matcher.rank_owners(query, allowed=None, limit=40)]
    assert ranked.index(102) < ranked.index(101)


def test_a_newcomer_with_one_statement_is_found_among_organisations_with_many() -> None:
    """Many texts that fit a little still weigh as much as one that fits (docs/decisions/soft-votes.md)."""
    matcher = Matcher(ENCODER)
    draw = np.random.default_rng(5)
    texts = [" ".join(draw.choice(WORDS, 6, replace=False)) for _ in range(600)]
    matcher.put(statement(n, text, (n % 9 + 1,)) for n, text in enumerate(texts, start=1))
    matcher.put([statement(900, "Cryopreservation of retina stem cells", (77,))])
    query = matcher.prepare("Who can help with the cryopreservation of retina stem cells?")
    newcomer = next(m for m in matcher.rank_owners(query, allowed=None, limit=5) if m.key == 77)
    assert newcomer.band is not Band.POSSIBLE
    assert matcher.rank_items(query, allowed=None, limit=1)[0].key == 900
