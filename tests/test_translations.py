"""Every text of the interface stands in every catalogue: none missing, none left over, none with other placeholders."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from matchmaker.translations import LANGUAGES, path_of

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDERS = re.compile(r"%(?:\((\w+)\)[sd]|%)")


@pytest.fixture(scope="module")
def spoken() -> Catalog:
    """What code and templates say, found as ``make words`` finds it."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    found = Catalog()
    for folder in ("matchmaker", "templates"):
        # Each folder by itself: from the root, the search would wander through everything that is installed.
        methods = [(one["pattern"].removeprefix(f"{folder}/"), one["method"]) for one in mappings]
        chosen = [method for method, one in zip(methods, mappings, strict=True) if one["pattern"].startswith(folder)]
        for name, _line, text, _comments, context in extract_from_dir(ROOT / folder, method_map=chosen):
            found.add(text, locations=[(f"{folder}/{name}", None)], context=context)
    return found


def catalogue(language: str) -> Catalog:
    with path_of(language).open("rb") as written:
        return read_po(written, locale=language)


def texts(catalog: Catalog) -> dict[tuple[str | None, str], Message]:
    return {(message.context, ids(message)[0]): message for message in catalog if message.id}


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def wrong_placeholders(message: Message) -> Iterator[str]:
    """The translations that ask for other values than the English text."""
    expected = {found[0] for found in PLACEHOLDERS.finditer(ids(message)[-1])}
    for number, string in enumerate(strings(message)):
        found = {one[0] for one in PLACEHOLDERS.finditer(string)}
        # The singular may leave out the number that the plural names.
        spare = {"%(num)s", "%(num)d"} if len(ids(message)) > 1 and number == 0 else set()
        if found - expected or expected - found - spare:
            yield string


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated_and_none_is_left_over(spoken: Catalog, language: str) -> None:
    said, written = texts(spoken), texts(catalogue(language))
    missing = [
        f"{message.locations[0][0]}: {key[1]}"
        for key, message in said.items()
        if key not in written or not all(strings(written[key])) or len(ids(written[key])) != len(ids(message))
    ]
    assert not missing, f"{language}: run `make words` and translate"
    assert not [key[1] for key in written if key not in said], (
        f"{language}: run `make words`: nobody says these any more"
    )
    assert not [key[1] for key, message in written.items() if message.fuzzy], (
        f"{language}: look at these and unmark them"
    )


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_translation_asks_for_the_values_of_its_text(language: str) -> None:
    assert not [string for message in texts(catalogue(language)).values() for string in wrong_placeholders(message)]


def test_a_wrong_placeholder_is_found() -> None:
    assert list(wrong_placeholders(Message("Hello %(name)s", "Hej %(namn)s"))) == ["Hej %(namn)s"]
    assert list(wrong_placeholders(Message(("one", "%(num)s of %(all)s"), ("ein", "%(num)s")))) == ["ein", "%(num)s"]
    assert not list(wrong_placeholders(Message(("one need", "%(num)s needs"), ("ein Bedarf", "%(num)s Bedarfe"))))
