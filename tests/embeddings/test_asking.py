"""Words of asking carry no weight: a need is compared by its topic."""

import numpy as np
import pytest

from embeddings import HashingEncoder, Matcher, Statement
from embeddings.asking import AROUND_ASKING, ASKING, topic_of, without_asking
from embeddings.language import LANGUAGES, STOP_WORDS


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("We are looking for a partner who can print bone", "en", "print bone"),
        ("SME seeks university expertise in organoids", "en", "organoids"),
        ("Wanted: clinical trial sites", "en", "clinical trial sites"),
        ("Wir suchen einen Partner für die Herstellung von mRNA", "de", "Herstellung von mRNA"),
        ("Vi söker en partner som kan mäta resistens", "sv", "mäta resistens"),
        ("Our graft loosens. We need help with its surface.", "en", "Our graft loosens. surface."),
        ("Looking for WHO guidance", "en", "WHO guidance"),
    ],
)
def test_a_beginning_that_only_asks_goes(text: str, language: str, topic: str) -> None:
    assert topic_of(text, language) == topic


def test_a_text_that_does_not_ask_stays_whole() -> None:
    for text in ("Hospital infections in newborns", "Kliniken und ihre Labore", "Which company builds research labs?"):
        assert topic_of(text, "en") == without_asking(text, "en") == text


def test_a_text_that_only_asks_is_asked_as_it_is() -> None:
    assert topic_of("We need a partner", "en") == "We need a partner"
    assert without_asking("Partner", "") == "Partner"


def test_words_that_only_ask_go_from_the_middle_too() -> None:
    assert without_asking("Catheter coatings, expertise sought, tested in animals", "en") == (
        "Catheter coatings, , tested in animals"
    )


def test_a_text_full_of_asking_does_not_answer_a_need() -> None:
    texts = {
        1: "An SME seeks university expertise: partners and experts wanted for SMEs who are looking for universities",
        2: "Organoids of gut and liver",
    }
    matcher = Matcher(None)
    matcher.put(Statement(n, t, "en", (n,), n, None) for n, t in texts.items())
    query = matcher.prepare("SME seeks university expertise in organoids and is looking for partners", language="en")
    assert [match.key for match in matcher.rank_items(query, allowed=None, limit=3)] == [2]


def test_the_long_form_of_an_acronym_weighs_as_one_word() -> None:
    terms = dict(Matcher(None).prepare("SME with bioreactors", language="en").terms)
    extra = sum(weight for term, weight in terms.items() if term not in ("sme", "bioreactor"))
    assert extra <= 2.0 * terms["bioreactor"]


def test_asking_never_changes_what_is_stored() -> None:
    matcher = Matcher(None)
    matcher.put([Statement(1, "Partners wanted", "en", (1,), 1, None)])
    assert [m.key for m in matcher.rank_items(matcher.prepare("Partners"), allowed=None, limit=1)] == [1]


def test_the_lists_hold_lower_case_words_of_every_language_once() -> None:
    for language in LANGUAGES:
        for table in (ASKING, AROUND_ASKING):
            assert all(word == word.lower() for word in table[language])
            assert not table[language] & STOP_WORDS[language]
        assert not ASKING[language] & AROUND_ASKING[language]


def test_the_best_text_by_words_never_drowns_meaning() -> None:
    """Where one text of many shares a rare word, it stands out by dozens of spreads; it counts for a few."""
    encoder = HashingEncoder()
    texts = {n: f"Routine report number {n} on concrete" for n in range(1, 400)} | {400: "Zirconia zirconia zirconia"}
    matcher = Matcher(encoder)
    vectors = encoder.encode_passages(list(texts.values()))
    matcher.put(Statement(n, t, "en", (n,), n, vectors[n - 1]) for n, t in texts.items())
    best = matcher.rank_items(matcher.prepare("zirconia", language="en"), allowed=None, limit=1)[0]
    words = next(part for part in best.parts if part.name == "words")
    assert words.value > 10.0
    assert 0.0 < words.contribution <= 7.0 + 1e-6
    assert np.isclose(sum(part.contribution for part in best.parts), best.score)
