"""The engine's part in drafts: which passages of somebody's material stand for the rest, and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings import detect_language, drafting
from matchmaker.suggestions.catalogue import current_catalogue

statements, seeks = drafting.statements, drafting.seeks


@dataclass(frozen=True)
class Theme:
    """Passages that belong together: their places, the one that stands for them first, and their topic words."""

    places: tuple[int, ...]
    language: str
    topics: tuple[str, ...]


def themes(passages: Sequence[str], known: Sequence[str], *, most: int) -> tuple[list[Theme], int]:
    """At most so many themes of the passages, and how many passages say what is known already.

    By meaning where there is a model, by words where there is none or it takes too long.
    """
    encoder, glossary = current_catalogue().tools()
    languages = [detect_language(passage) for passage in passages]
    grouping = drafting.group(
        passages,
        languages,
        known=known,
        known_languages=[detect_language(text) for text in known],
        encoder=encoder,
        glossary=glossary,
        most=most,
    )
    return [
        Theme(
            one.members,
            languages[one.leader],
            tuple(
                drafting.topics([passages[m] for m in one.members], passages, languages[one.leader], glossary=glossary)
            ),
        )
        for one in grouping.groups
    ], len(grouping.known)
