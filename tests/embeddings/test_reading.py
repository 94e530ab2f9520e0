"""A thousand texts read at once have the terms that each has by itself."""

import random
from collections import Counter
from itertools import chain

import numpy as np
import pytest

from embeddings import reading
from embeddings.glossary import Acronym, Glossary, bundled_glossary
from embeddings.lexical import Lexicon
from embeddings.reading import Reader

#: Words in which a shortcut would read something else.
TRAPS = """CAR-T CART CART-cells (GMP) GMP-grade gmp mRNA/DNA E&L CD4+ CD4+. WHO who it IT don't ’s "ATMP" … -- 5 ½
_x_ a_b ٣ ﬁbre Ǆ 𝒜 汉字 İstanbul ΑΣ ΑΣ. straße STRASSE soft\u00adhyphen a\u200bb e\u0301clair x .net und/oder \x00 , .
MDR MDR, device bacteria infection Knochenheilung benvävnad good manufacturing practice GMP.""".split()  # noqa: SIM905 - a list of words is read as text.


def trapped(count: int) -> list[tuple[str, str]]:
    """Texts of traps, acronyms, long forms and phrases of the glossary in any order, each with a language."""
    glossary, chance = bundled_glossary(), random.Random(5)
    longs = [long for readings in glossary.acronyms.values() for one in readings for long in one.long.values()]
    phrases = [
        " ".join(phrase) for table in glossary.phrases.values() for found in table.values() for phrase, _ in found
    ]
    kinds = (TRAPS, sorted(glossary.acronyms), longs, phrases)
    made = []
    for _ in range(count):
        words = [chance.choice(chance.choice(kinds)) for _ in range(chance.randint(0, 9))]
        text = chance.choice([" ", "  ", "\n", ", "]).join(words)
        made.append(
            (chance.choice([str, str, str.lower, str.upper])(text), chance.choice(["en", "de", "sv", "", "fi"]))
        )
    return made


def told(reader: Reader, lexicon: Lexicon, texts: list[tuple[str, str]]) -> list[Counter[str]]:
    block = reader.block(texts)
    rows = zip(block.starts[:-1].tolist(), block.starts[1:].tolist(), strict=True)
    return [
        Counter(dict(zip(lexicon.terms(block.numbers[a:b]), block.counts[a:b].astype(int).tolist(), strict=True)))
        for a, b in rows
    ]


@pytest.mark.parametrize("together", [reading.TOGETHER, 7])
def test_many_texts_have_the_terms_that_each_has_alone(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "TOGETHER", together)
    glossary, lexicon, texts = bundled_glossary(), Lexicon(), trapped(400)
    reader = Reader(glossary, lexicon)
    expected = [Counter(glossary.terms(text, language)) for text, language in texts]
    assert told(reader, lexicon, texts) == expected
    assert told(reader, lexicon, texts) == expected, "what was read before is looked up"
    monkeypatch.setattr(reading, "PIECES", 1)
    assert told(reader, lexicon, texts[:50]) == expected[:50], "what was forgotten is read anew"


def test_no_text_reads_on_in_the_next_one() -> None:
    """Neither a long form, nor a phrase, nor the words beside an acronym go across the border of two texts."""
    glossary = Glossary.of(
        {"de": {"klinische prüf": "clinical trial", "klinische": "clinical", "prüf": "check"}},
        [
            Acronym("GMP", {"en": "good manufacturing practice"}),
            Acronym("MDR", {"en": "medical device regulation"}, frozenset({"device"})),
        ],
    )
    lexicon = Lexicon()
    texts = ["An MDR", "Device", "Good", "Manufacturing practice", "klinische", "Prüfung", ""]
    both = [(text, language) for text in texts for language in ("en", "de")]
    found = told(Reader(glossary, lexicon), lexicon, both)
    assert found == [Counter(glossary.terms(*one)) for one in both]
    assert not {"gmp", "regul", "trial"} & set(chain.from_iterable(found))


def test_nothing_to_read_is_an_empty_block() -> None:
    reader = Reader(bundled_glossary(), Lexicon())
    assert len(reader.block([])) == 0
    empty = reader.block([("", "en"), (" \n", "de")])
    assert len(empty) == 2
    assert np.count_nonzero(empty.lengths) == 0
