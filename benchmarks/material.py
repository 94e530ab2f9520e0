"""Texts and vectors to measure with, made here from the engine's own glossary, the same at every run.

Words are drawn by rank as in natural text (few are frequent, most are rare), with function words between them,
some acronyms, some codes that occur hardly twice, and a share of German and Swedish. The texts say nothing; they
only have the lengths, the vocabulary and the growth of it that statements of members have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embeddings import Statement
from embeddings.glossary import bundled_glossary
from embeddings.language import STOP_WORDS

DIMENSION = 384
#: Words in a text, and the share of texts that have so many: names and keywords, sentences, offers, abstracts.
LENGTHS = ((8, 0.3), (25, 0.3), (60, 0.3), (200, 0.1))
LANGUAGES = (("en", 0.7), ("sv", 0.2), ("de", 0.1))
#: Topics that vectors gather around, and how closely; unrelated texts stand at a cosine near .1.
TOPICS, CLOSENESS, COMMON = 200, 0.7, 0.33


def vocabulary(language: str) -> list[str]:
    """Words of the field in that language, in a fixed order that is taken for their rank."""
    glossary = bundled_glossary()
    if language == "en":
        english = {word for table in glossary.stems.values() for gloss in table.values() for word in gloss.split()}
        found = sorted(english)
    else:
        found = sorted(glossary.stems[language])
    order = np.random.default_rng(7).permutation(len(found))
    return [found[n] for n in order.tolist()]


def texts(count: int, *, seed: int = 1, lengths: Sequence[tuple[int, float]] = LENGTHS) -> list[tuple[str, str]]:
    """So many texts, each with its language."""
    random = np.random.default_rng(seed)
    languages = random.choice(len(LANGUAGES), count, p=[share for _, share in LANGUAGES])
    means = random.choice([n for n, _ in lengths], count, p=[share for _, share in lengths])
    sizes = np.maximum(3, (means * random.uniform(0.6, 1.4, count)).astype(int))
    known = {language: vocabulary(language) for language, _ in LANGUAGES}
    # The law of Zipf and Mandelbrot: the frequent words differ less than by their rank alone.
    weights = {language: 1.0 / (np.arange(len(words)) + 20.0) for language, words in known.items()}
    shares = {language: np.cumsum(weight) / weight.sum() for language, weight in weights.items()}
    between = {language: sorted(STOP_WORDS[language]) for language, _ in LANGUAGES}
    short = sorted(bundled_glossary().acronyms)
    made = []
    for spoken, size in zip(languages.tolist(), sizes.tolist(), strict=True):
        language = LANGUAGES[spoken][0]
        topics, joints = known[language], between[language]
        ranks = np.searchsorted(shares[language], random.random(size))
        small = random.integers(0, 50_000, size)
        kinds = random.random(size)
        words = [
            topics[rank]
            if kind < 0.6
            else joints[number % len(joints)]
            if kind < 0.97
            else short[number % len(short)]
            if kind < 0.99
            else f"LX-{number}"
            for rank, number, kind in zip(ranks.tolist(), small.tolist(), kinds.tolist(), strict=True)
        ]
        words[0] = words[0].capitalize()
        made.append((" ".join(words) + ".", language))
    return made


def vectors(count: int, *, seed: int = 2) -> np.ndarray:
    """So many unit vectors, gathered around topics as embedded texts are."""
    random = np.random.default_rng(seed)
    shared = _unit(np.random.default_rng(3).standard_normal((1, DIMENSION)))
    topics = _unit(np.random.default_rng(4).standard_normal((TOPICS, DIMENSION)))
    own = _unit(random.standard_normal((count, DIMENSION), dtype=np.float32))
    rows = own + CLOSENESS * topics[random.integers(0, TOPICS, count)] + COMMON * shared
    return np.ascontiguousarray(_unit(rows), dtype=np.float32)


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def statements(count: int, *, seed: int = 1, first: int = 1, words: int = 60) -> list[Statement]:
    """So many statements of about that many words, four to an owner, with vectors."""
    rows = vectors(count, seed=seed + 100)
    return [
        Statement(id=first + n, text=text, language=language, owners=(1 + n // 4,), item=first + n, vector=rows[n])
        for n, (text, language) in enumerate(texts(count, seed=seed, lengths=((words, 1.0),)))
    ]
