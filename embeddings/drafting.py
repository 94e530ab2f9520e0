"""Drafts out of what somebody has: which passages stand for the rest, and what they are about.

Pure functions: passages in, groups of them out, each led by its most central passage. With an encoder they go by
meaning, without one by words. What comes out is a proposal to be read and corrected, never a finding.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.encoder import Encoder
from embeddings.glossary import Glossary
from embeddings.language import is_stop_word, normalise, sentences, word_list
from embeddings.terms import word_terms

#: Passages that are looked at: a long CV, a large record. Everything is compared with everything.
MOST_PASSAGES = 300
#: Words of a sentence that may say what somebody can do.
_SHORTEST, _LONGEST = 4, 60
#: How alike two passages are that say the same, and two that belong together: by meaning, and by words.
_BY_MEANING = (0.85, 0.45)
_BY_WORDS = (0.6, 0.12)
#: How sentences begin to ask, in English, German and Swedish.
_SEEKS = re.compile(
    r"\b(?:we|i) (?:are |am )?(?:now |currently |also )?"
    r"(?:look(?:ing)? for|seek(?:ing)?|need|want|search(?:ing)? for)\b"
    r"|\b(?:looking for|wanted|sought|in search of)\b"
    r"|\b(?:wir|ich) (?:\w+ )?(?:suchen?|brauchen?|benötigen?|wünschen?)\b"
    r"|\bgesucht\b|\bsuchen wir\b|\bauf der suche nach\b"
    r"|\b(?:vi|jag) (?:\w+ )?(?:söker|behöver|efterlyser|letar efter)\b|\bsökes\b|\bsöker vi\b",
    re.IGNORECASE,
)
#: What sentences of a CV or a page consist of that say nothing about what somebody can do.
_FURNITURE = re.compile(
    r"@|https?:|www\.|\+\d{2}|©|\b(?:cookies?|impressum|copyright|newsletter)\b"
    r"|^(?:\d{4}\b|since|seit|sedan|member of|mitglied|medlem)",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^[\s•·▪‣*–—-]+")


@dataclass(frozen=True, slots=True)
class Group:
    """Passages that say the same kind of thing: the places of the one that stands for them, and of all."""

    leader: int
    #: The nearest first, the leader itself included.
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a set of passages comes to."""

    groups: tuple[Group, ...]
    #: Passages that say what is known already.
    known: tuple[int, ...]


def statements(text: str) -> list[str]:
    """The sentences and lines of a text that may say what somebody can do or seeks, each once, without bullets."""
    found: dict[str, None] = {}
    for sentence in sentences(text):
        line = normalise(_BULLET.sub("", sentence)).strip()
        tokens = word_list(line)
        letters = sum(c.isalpha() for c in line)
        if _SHORTEST <= len(tokens) <= _LONGEST and letters > 0.6 * len(line) and not _FURNITURE.search(line):
            found[line] = None
    return list(found)


def seeks(sentence: str) -> bool:
    """Whether a sentence asks for something rather than offering it."""
    return bool(_SEEKS.search(sentence))


def group(
    passages: Sequence[str],
    languages: Sequence[str],
    *,
    known: Sequence[str] = (),
    known_languages: Sequence[str] = (),
    encoder: Encoder | None,
    glossary: Glossary,
    most: int,
) -> Grouping:
    """At most so many groups, the most central first; passages that say what is known already are set aside."""
    texts, spoken = list(passages[:MOST_PASSAGES]), list(languages[:MOST_PASSAGES])
    if not texts:
        return Grouping((), ())
    everything, tongues = [*texts, *known[:MOST_PASSAGES]], [*spoken, *known_languages[:MOST_PASSAGES]]
    if encoder is not None:
        vectors, (same, near) = encoder.encode_passages(everything, languages=tongues), _BY_MEANING
    else:
        vectors, (same, near) = _by_words(everything, tongues, glossary), _BY_WORDS
    alike = vectors[: len(texts)] @ vectors.T
    own, others = alike[:, : len(texts)], alike[:, len(texts) :]
    said = others.max(axis=1) >= same if others.shape[1] else np.zeros(len(texts), dtype=bool)
    centrality = np.clip(own, 0.0, None).mean(axis=1)
    # Ties go by place, so that the same text always gives the same drafts.
    order = sorted(
        (place for place in range(len(texts)) if not said[place]), key=lambda p: (-round(centrality[p], 6), p)
    )
    leaders: list[int] = []
    for place in order:
        if len(leaders) < most and all(own[place, leader] < near for leader in leaders):
            leaders.append(place)
    members: dict[int, list[int]] = {leader: [leader] for leader in leaders}
    for place in order:
        if place not in members and leaders:
            nearest = max(leaders, key=lambda leader: (own[place, leader], -leader))
            if own[place, nearest] >= near / 2:
                members[nearest].append(place)
    return Grouping(
        tuple(Group(leader, tuple(sorted(members[leader], key=lambda p: (-own[p, leader], p)))) for leader in leaders),
        tuple(int(place) for place in np.flatnonzero(said)),
    )


def topics(
    chosen: Sequence[str], among: Sequence[str], language: str, *, glossary: Glossary, most: int = 6
) -> list[str]:
    """The words that tell these passages from the others, as they are written: the most telling first, then in order.

    A word of the field, which the glossary knows, counts double.
    """
    held = Counter(term for text in among for term in set(_words(text, language)))
    written: dict[str, Counter[str]] = {}
    for text in chosen:
        for term, word in _words(text, language).items():
            written.setdefault(term, Counter())[word] += 1
    weighed = {
        term: sum(forms.values())
        * float(np.log(1.0 + len(among) / held[term]))
        * (2.0 if _is_of_the_field(next(iter(forms)), language, glossary) else 1.0)
        for term, forms in written.items()
        if held[term]
    }
    best = sorted(weighed, key=lambda term: -weighed[term])[:most]
    return [written[term].most_common(1)[0][0] for term in best]


def _words(text: str, language: str) -> dict[str, str]:
    """Terms that may be topics → the word as it is written."""
    found: dict[str, str] = {}
    for word in word_list(normalise(text)):
        plain = word.lower()
        if is_stop_word(plain, language) or not any(map(str.isalpha, word)):
            continue
        # German writes its nouns large, and a topic is a noun.
        if language == "de" and word[0].islower():
            continue
        if len(word) > 4 or (word.isupper() and len(word) > 1):
            terms = word_terms(word, language)
            if terms:
                found.setdefault(terms[0], word)
    return found


def _is_of_the_field(word: str, language: str, glossary: Glossary) -> bool:
    if word.upper() in glossary.acronyms and word.isupper():
        return True
    return language in glossary.stems and glossary.gloss(word, language).lower() not in ("", word.lower())


def _by_words(texts: Sequence[str], languages: Sequence[str], glossary: Glossary) -> np.ndarray:
    """Unit rows of weighted terms: the rarer a term among these texts, the more it counts."""
    counted = [Counter(glossary.terms(text, language)) for text, language in zip(texts, languages, strict=True)]
    held = Counter(term for terms in counted for term in terms)
    places = {term: place for place, term in enumerate(held)}
    rows = np.zeros((len(texts), max(1, len(places))), dtype=np.float32)
    for row, terms in zip(rows, counted, strict=True):
        for term, count in terms.items():
            row[places[term]] = (1.0 + np.log(count)) * np.log((1.0 + len(texts)) / held[term])
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.where(norms == 0.0, 1.0, norms)
    return unit
