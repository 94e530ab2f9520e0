"""The matcher keeps its promises: evidence or nothing, filters inside, the same order every time."""

import threading

import numpy as np
import pytest

from embeddings import HashingEncoder, Match, Matcher, Statement, apply_verdicts
from embeddings.ranking import Band, harmonic_mean, soft_votes

ENCODER = HashingEncoder()
TEXTS = {
    1: ("GMP manufacturing of cell therapies and viral vectors", (10,), 100),
    2: ("Clean room for GMP production of advanced therapy medicinal products", (11,), 101),
    3: ("Clinical trials in paediatric oncology, phase I and II", (12,), 102),
    4: ("Bioinformatics pipelines for single-cell sequencing data", (13,), 103),
    5: ("Antimicrobial coatings against hospital infections", (14, 10), 104),
    6: ("Bone healing implants and biomechanical testing", (15,), 105),
    7: ("Regulatory advice on the medical device regulation", (16,), 106),
    8: ("Biobank with 20,000 frozen tissue samples", (17,), 107),
}


def statement(number: int, text: str, owners: tuple[int, ...], item: int, *, pending: bool = False) -> Statement:
    vector = None if pending else ENCODER.encode_passages([text])[0]
    return Statement(number, text, "en", owners, item, vector)


@pytest.fixture
def matcher() -> Matcher:
    matcher = Matcher(ENCODER)
    matcher.put(statement(n, *facts) for n, facts in TEXTS.items())
    return matcher


def keys(matches: list[Match]) -> list[int]:
    return [m.key for m in matches]


def ids(*numbers: int) -> np.ndarray:
    return np.array(sorted(numbers), dtype=np.int64)


def test_the_statement_that_answers_comes_first_and_is_shown(matcher: Matcher) -> None:
    best = matcher.rank_items(matcher.prepare("GMP manufacturing of viral vectors"), allowed=None, limit=3)[0]
    assert best.key == 100
    assert best.evidence[0].passage == TEXTS[1][0]
    assert {"GMP", "manufacturing", "viral", "vectors"} <= set(best.evidence[0].shared_terms)


def test_the_parts_of_a_score_add_up_to_it(matcher: Matcher) -> None:
    query = matcher.prepare("GMP production of cell therapies")
    for matches in (
        matcher.rank_items(query, allowed=None, limit=5),
        matcher.rank_owners(query, allowed=None, limit=5),
    ):
        for match in matches:
            assert sum(p.contribution for p in match.parts) == pytest.approx(match.score)


def test_a_statement_outside_allowed_is_never_found_and_changes_nothing(matcher: Matcher) -> None:
    query = matcher.prepare("GMP manufacturing of viral vectors")
    readable = ids(2, 3, 4, 5, 6, 7, 8)
    before = matcher.rank_items(query, allowed=readable, limit=9)
    matcher.put([statement(9, "GMP GMP viral vectors manufacturing again", (18,), 109)])
    assert 100 not in keys(before)
    assert matcher.rank_items(query, allowed=readable, limit=9) == before
    matcher.drop([1, 9])
    assert matcher.rank_items(query, allowed=readable, limit=9) == before


def test_the_filter_works_before_the_cut(matcher: Matcher) -> None:
    query = matcher.prepare("GMP manufacturing of viral vectors in a clean room")
    assert keys(matcher.rank_items(query, allowed=ids(2, 6), limit=1)) == [101]


def test_nothing_that_fits_is_an_empty_list(matcher: Matcher) -> None:
    query = matcher.prepare("Zxqv wprtk")
    assert matcher.rank_items(query, allowed=None, limit=5) == []
    assert matcher.rank_items(matcher.prepare("GMP"), allowed=ids(), limit=5) == []
    assert matcher.rank_items(matcher.prepare(""), allowed=None, limit=5) == []
    assert Matcher(ENCODER).rank_owners(query, allowed=None, limit=5) == []


def test_only_the_asked_owners_are_ranked(matcher: Matcher) -> None:
    query = matcher.prepare("GMP manufacturing of cell therapies")
    assert keys(matcher.rank_owners(query, allowed=None, limit=5))[0] == 10
    assert keys(matcher.rank_owners(query, allowed=None, owners=[11, 12], limit=5)) == [11]


def test_a_project_stands_for_each_of_its_members(matcher: Matcher) -> None:
    found = matcher.rank_owners(matcher.prepare("antimicrobial coatings"), allowed=None, limit=5)
    assert {10, 14} <= set(keys(found))


def test_equal_scores_are_ordered_by_key() -> None:
    matcher = Matcher(ENCODER)
    text = "Biomechanical testing of bone implants"
    matcher.put(statement(n, text, (50 - n,), 70 - n) for n in (3, 1, 2))
    query = matcher.prepare(text)
    assert keys(matcher.rank_items(query, allowed=None, limit=3)) == [67, 68, 69]
    assert keys(matcher.rank_owners(query, allowed=None, limit=3)) == [47, 48, 49]


def test_a_pending_statement_is_found_by_its_words(matcher: Matcher) -> None:
    matcher.put([statement(20, "Cryo-electron microscopy service", (30,), 120, pending=True)])
    found = matcher.rank_items(matcher.prepare("cryo-electron microscopy"), allowed=None, limit=1)
    assert keys(found) == [120]


def test_without_a_model_words_alone_decide() -> None:
    matcher = Matcher(None)
    matcher.put(statement(n, *facts, pending=True) for n, facts in TEXTS.items())
    found = matcher.rank_items(matcher.prepare("tissue biobank"), allowed=None, limit=3)
    assert keys(found)[0] == 107
    assert [p.name for p in found[0].parts] == ["words"]


def test_a_replaced_statement_is_found_by_its_new_text_only(matcher: Matcher) -> None:
    matcher.put([statement(8, "Hospital kitchen hygiene audits", (17,), 107)])
    assert len(matcher) == 8
    assert 107 not in keys(matcher.rank_items(matcher.prepare("frozen tissue biobank"), allowed=None, limit=9))
    assert keys(matcher.rank_items(matcher.prepare("kitchen hygiene"), allowed=None, limit=1)) == [107]


def test_a_dropped_statement_is_gone(matcher: Matcher) -> None:
    matcher.drop([8, 999])
    assert len(matcher) == 7
    assert 107 not in keys(matcher.rank_items(matcher.prepare("frozen tissue biobank"), allowed=None, limit=9))


def test_many_changes_end_in_the_same_ranking_as_one_load() -> None:
    generator = np.random.default_rng(3)
    words = ["cell", "gene", "bone", "trial", "device", "vector", "tissue", "implant", "sensor", "vaccine"]
    texts = {n: " ".join(generator.choice(words, 6)) for n in range(1, 4001)}
    whole, grown = Matcher(ENCODER), Matcher(ENCODER)
    made = {n: statement(n, t, (n % 50 + 1,), n) for n, t in texts.items()}
    whole.put(s for n, s in made.items() if n % 3)
    for start in range(1, 4001, 500):
        grown.put(made[n] for n in range(start, start + 500))
        grown.drop(n for n in range(start, start + 500) if n % 3 == 0)
    query = whole.prepare("gene vector vaccine")
    assert len(whole) == len(grown)
    one, other = (m.rank_items(query, allowed=None, limit=20) for m in (whole, grown))
    assert keys(one) == keys(other)
    assert [m.score for m in one] == pytest.approx([m.score for m in other], rel=1e-5)


def test_searches_go_on_while_statements_change(matcher: Matcher) -> None:
    query = matcher.prepare("GMP manufacturing")
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                for match in matcher.rank_items(query, allowed=None, limit=3):
                    assert match.evidence
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(200):
        matcher.put([statement(1000 + n, f"GMP manufacturing line {n}", (40,), 200 + n)])
        matcher.drop([1000 + n - 5])
    done.set()
    for thread in threads:
        thread.join()
    assert not failures


def test_both_sides_must_gain() -> None:
    matcher = Matcher(ENCODER)
    offers = {1: ("GMP production of viral vectors", 10), 2: ("GMP production of viral vectors", 11)}
    needs = {3: ("Wanted: clinical trial sites in oncology", 10), 4: ("Wanted: bakery equipment", 11)}
    matcher.put(statement(n, t, (o,), n) for n, (t, o) in {**offers, **needs}.items())
    ours = {"allowed_offers": ids(1, 2), "allowed_needs": ids(3, 4), "limit": 5}
    need, offer = matcher.prepare("viral vectors, GMP production"), matcher.prepare("clinical trial sites, oncology")
    found = matcher.rank_partners([need], [offer], **ours)
    assert found[0].key == 10
    assert [p.name for p in found[0].parts] == ["they offer", "we offer"]
    assert {e.statement for e in found[0].evidence} == {1, 3}
    assert all(m.score < found[0].score for m in found[1:])


def test_a_veto_removes_the_best_match_and_a_pin_comes_first_without_an_invented_score(matcher: Matcher) -> None:
    found = matcher.rank_owners(matcher.prepare("GMP manufacturing of cell therapies"), allowed=None, limit=5)
    best = found[0].key
    judged = apply_verdicts(found, pinned={99: "They built the first one."}, vetoed=[best])
    assert judged[0].key == 99
    assert (judged[0].score, judged[0].band, judged[0].evidence) == (None, None, ())
    assert judged[0].pinned == "They built the first one."
    assert best not in keys(judged)


def test_a_veto_beats_a_pin(matcher: Matcher) -> None:
    assert apply_verdicts([], pinned={5: "good"}, vetoed=[5]) == []


def test_removing_the_shown_passage_lowers_the_owner_s_score(matcher: Matcher) -> None:
    query = matcher.prepare("GMP manufacturing of cell therapies")
    before = matcher.rank_owners(query, allowed=None, limit=1)[0]
    matcher.drop([before.evidence[0].statement])
    after = {m.key: m.score for m in matcher.rank_owners(query, allowed=None, limit=9)}
    assert after.get(before.key, float("-inf")) < before.score


def test_a_vector_of_another_dimension_is_refused(matcher: Matcher) -> None:
    wrong = np.ones(5, dtype=np.float32) / np.sqrt(5)
    with pytest.raises(ValueError, match="expected vectors of 256 dimensions, got 5"):
        matcher.put([Statement(77, "x", "en", (1,), 1, wrong)])


def test_soft_votes_lie_between_best_and_count() -> None:
    assert soft_votes([3.0], 4.0) == 3.0
    assert soft_votes([3.0, 3.0], 4.0) > soft_votes([3.0, 1.0], 4.0) > 3.0
    assert soft_votes([3.0, 1.0], 0.01) == pytest.approx(3.0)


def test_harmonic_mean_wants_both() -> None:
    assert harmonic_mean(1.0, 0.0) == 0.0
    assert harmonic_mean(0.5, 0.5) == 0.5


def test_bands_are_in_order(matcher: Matcher) -> None:
    exact = matcher.rank_items(matcher.prepare(TEXTS[8][0]), allowed=None, limit=1)[0]
    assert exact.band is Band.STRONG
