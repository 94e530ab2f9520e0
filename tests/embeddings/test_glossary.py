"""The glossary reads German and Swedish as English, and acronyms in full, both ways."""

from pathlib import Path

import pytest

from embeddings import HashingEncoder, Matcher, Statement
from embeddings import glossary as glossary_module
from embeddings.encoder import GlossedEncoder
from embeddings.explanation import mark_terms, shared_terms
from embeddings.glossary import Acronym, Glossary, bundled_glossary, read_acronyms, read_table

SMALL = Glossary.of(
    {"de": {"knochen": "bone", "heil": "healing", "klinische prüf": "clinical trial"}, "sv": {"ben": "bone"}},
    [
        Acronym("GMP", {"en": "good manufacturing practice", "de": "gute Herstellungspraxis"}),
        Acronym("MDR", {"en": "medical device regulation"}, frozenset({"device", "devices"})),
        Acronym("MDR", {"en": "multidrug-resistant"}, frozenset({"bacteria", "infection"})),
        Acronym("IT", {"en": "information technology"}),
    ],
)


def test_compounds_are_read_part_by_part() -> None:
    assert SMALL.gloss("Knochenheilung", "de") == "bone healing"


def test_phrases_go_before_words_and_unknown_words_stay() -> None:
    assert SMALL.gloss("Wir planen klinische Prüfungen mit Xyzol.", "de") == "planen clinical trial Xyzol."


def test_a_language_without_a_table_is_left_alone() -> None:
    assert SMALL.gloss("La guérison des os", "") == "La guérison des os"


def test_an_acronym_and_its_long_form_call_for_each_other() -> None:
    assert SMALL.english("GMP-grade vectors", "en") == "GMP-grade vectors (good manufacturing practice)"
    assert SMALL.english("good manufacturing practices", "en") == "good manufacturing practices (GMP)"
    assert SMALL.english("good manufacturing practice (GMP)", "en") == "good manufacturing practice (GMP)"


def test_the_words_beside_an_ambiguous_acronym_decide() -> None:
    assert "regulation" in SMALL.english("MDR for devices", "en")
    assert "resistant" not in SMALL.english("MDR for devices", "en")
    both = SMALL.english("MDR", "en")
    assert "regulation" in both
    assert "resistant" in both


def test_a_word_in_small_letters_is_no_acronym_but_lazy_typing_is() -> None:
    assert SMALL.english("It works", "en") == "It works"
    assert SMALL.english("gmp capacity", "en") == "gmp capacity (good manufacturing practice)"


def test_a_german_need_finds_the_english_statement_by_words_alone() -> None:
    matcher = Matcher(None, glossary=SMALL)
    matcher.put(
        [
            Statement(1, "Biomechanics of bone", "en", (1,), 1, None),
            Statement(2, "Concrete bridges", "en", (2,), 2, None),
        ]
    )
    found = matcher.rank_items(matcher.prepare("Knochenheilung", language="de"), allowed=None, limit=5)
    assert [m.key for m in found] == [1]
    assert found[0].evidence[0].shared_terms == ("bone",)


def test_another_glossary_is_another_fingerprint() -> None:
    model = HashingEncoder()
    one, other = GlossedEncoder(model, SMALL), GlossedEncoder(model, Glossary())
    assert len({one.fingerprint, other.fingerprint, model.fingerprint}) == 3


def test_a_table_with_a_broken_line_names_it(tmp_path: Path) -> None:
    table = tmp_path / "german.tsv"
    table.write_text("# remark\nknochen\tbone\nheilung\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"expected two cells in line 3 of german\.tsv"):
        read_table(table)
    with pytest.raises(ValueError, match=r"expected a short and a long form in line 3 of german\.tsv"):
        read_acronyms(table)


def test_the_bundled_glossary_is_as_large_as_promised() -> None:
    bundled = bundled_glossary()
    assert len(bundled.acronyms) >= 250
    assert min(len(bundled.stems["de"]), len(bundled.stems["sv"])) >= 1500
    assert bundled.english("Looking for ATMP expertise", "en").endswith("(advanced therapy medicinal product)")


def test_the_families_of_terms_that_a_cluster_writes_are_spelled_out() -> None:
    """Pharmacometrics, authorities, statistics, making of advanced therapies, software, benefit, biobanks, devices."""
    for text, long in {
        "PBPK": "physiologically based pharmacokinetic modelling",
        "EPAR": "european public assessment report",
        "MMRM": "mixed model for repeated measures",
        "PPQ": "process performance qualification",
        "MDSW": "medical device software",
        "JCA": "joint clinical assessment",
        "SPREC": "standard preanalytical code for biospecimens",
        "FSCA": "field safety corrective action",
        "E&L": "extractables and leachables",
    }.items():
        assert bundled_glossary().english(text, "en") == f"{text} ({long})"
    assert "physiologisch basierte" in str(bundled_glossary().expansions("PBPK-Modell", "de"))
    assert "fysiologiskt baserad" in str(bundled_glossary().expansions("PBPK-modell", "sv"))


@pytest.mark.parametrize(
    ("text", "meant", "not_meant"),
    [
        ("HCP clearance in downstream purification", "host cell protein", "healthcare professional"),
        ("HCP education of nurses", "healthcare professional", "host cell protein"),
        ("TGA and DSC of polymer films", "thermogravimetric", "australian"),
        ("CTD module 3 of the dossier", "common technical document", "connective tissue"),
        ("PAD with claudication of the limb", "peripheral artery", "pathology"),
        ("CIP of the tank", "cleaning in place", "investigation plan"),
    ],
)
def test_an_acronym_of_several_fields_is_read_by_its_field(text: str, meant: str, not_meant: str) -> None:
    read = bundled_glossary().english(text, "en")
    assert meant in read
    assert not_meant not in read


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("who will pass the cat and send fish per post in this era", "en"),
        ("vem följer fas tre per patient", "sv"),
        ("wen ich mit dem rad in die stadt schicke", "de"),
    ],
)
def test_words_in_small_letters_are_not_taken_for_acronyms(text: str, language: str) -> None:
    assert bundled_glossary().expansions(text, language) == ()


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("Arzneimittel", "de"),
        ("Krankenhaus", "de"),
        ("avloppsvatten", "sv"),
        ("läkemedel", "sv"),
        ("Orbitrap", ""),
        ("GMP", ""),
        ("fermentation", ""),
        ("mat", ""),
        ("", ""),
    ],
)
def test_a_lone_word_is_told_by_the_table_that_reads_it(word: str, language: str) -> None:
    assert bundled_glossary().language_of(word) == language


def test_a_lone_swedish_word_finds_the_english_text() -> None:
    """Letters alone don't tell its language; without it, the word would be read as plain letters."""
    matcher = Matcher(None)
    texts = ["Treatment of wastewater from hospitals", "Antibodies against influenza", "Bone implants"]
    matcher.put(Statement(n, text, "en", (n,), n, None) for n, text in enumerate(texts, start=1))
    assert [m.key for m in matcher.rank_items(matcher.prepare("avloppsvatten"), allowed=None, limit=1)] == [1]


def test_words_two_texts_share_are_found_anew_by_another_glossary() -> None:
    """What is explained is remembered, but never beyond the glossary it was explained by."""
    unread, read = Glossary.of({"de": {"haut": "skin"}}), Glossary.of({"de": {"knochen": "bone"}})
    texts = {"query": "Knochen", "passage": "Bone screws", "query_language": "de", "passage_language": "en"}
    for _ in range(2):
        assert shared_terms(**texts, glossary=unread) == ()
        assert shared_terms(**texts, glossary=read) == ("Bone",)
        assert mark_terms("Knochen", ["bone"], glossary=unread) == [("Knochen", False)]
        assert mark_terms("Knochen", ["bone"], glossary=read) == [("Knochen", True)]


def test_a_glossary_that_forgets_its_pieces_reads_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [("Knochenheilung mit CAR-T und GMP", "de"), ("Vävnad för ATMP", "sv"), ("GMP suites for ATMP", "en")]
    told = [Glossary.terms(bundled_glossary(), *text) for text in texts]
    monkeypatch.setattr(glossary_module, "PIECES", 1)
    for _ in range(2):
        assert [Glossary.terms(bundled_glossary(), *text) for text in texts] == told
