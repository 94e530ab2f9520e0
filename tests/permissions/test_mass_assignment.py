"""What a form does not offer can't be set through it, even where every column's name is sent along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from sqlalchemy import Boolean, Integer, event, inspect
from sqlalchemy.orm import Session

from matchmaker.db import OneOf
from matchmaker.tables import metadata
from tests.permissions.conftest import OWN, ROLES, House
from tests.permissions.test_matrix import LINES, Line
from tests.permissions.things import Thing

WRITING = [line for line in LINES if line.method == "POST" and not line.address.startswith("/api/")]

#: What a person would type where a page's form begins empty.
TYPED = {
    "title": "Perfusion of large bone grafts",
    "name": "Knochenbank Nord gGmbH",
    "description": "We culture patient cells on ceramic scaffolds of up to 40 cm³ under controlled flow.",
    "headline": "Bone grafts for the north.",
    "type": "sme",
    "country": "DE",
    "kind": "publication",
    "days": "30",
    "email": "somebody.new@knochenwerk.example",
    "password": "a heron over the salt marsh",
    "action": "save",
}
#: Random or made of random parts, whatever is sent.
VOLATILE = {"fs_uniquifier", "message_id", "text", "html", "password", "prefix", "digest", "request"}
_RANDOM = re.compile(r"[23456789a-z]{12}|([0-9a-f]{32}){1,2}")


def stuffing(house: House, offered: set[str]) -> dict[str, str]:
    """Every column of every table that the form does not offer, with a value that would do harm."""
    intruder = house.users["other member"]
    harm: dict[str, str] = {"is_admin": "1", "roles": "1", "platform_admin": "1", "csrf": "x", "__class__": "x"}
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, OneOf):
                value = str(list(column.type.enum)[-1])
            elif isinstance(column.type, Boolean):
                value = "1"
            elif isinstance(column.type, Integer):
                value = str(intruder.id)
            else:
                value = "intruder"
            harm[column.name] = value
            harm[column.name.removesuffix("_id")] = f"intruder {table.name}"
    return {name: value for name, value in harm.items() if name not in offered}


def plain(value: Any) -> str:
    """The value, if it is not one of chance or of the moment."""
    if isinstance(value, datetime):
        return "now"
    if isinstance(value, list):
        return repr([plain(one) for one in value])
    if isinstance(value, dict):
        return repr({name: plain(one) for name, one in value.items()})
    return "an id" if isinstance(value, str) and _RANDOM.fullmatch(value) else repr(value)


@contextmanager
def writes() -> Iterator[list[tuple[Any, ...]]]:
    """What is written while the block runs: table, column, value."""
    seen: list[tuple[Any, ...]] = []

    def note(session: Session, _context: Any, _instances: Any) -> None:
        for kind, rows in (("new", session.new), ("changed", session.dirty), ("deleted", session.deleted)):
            for row in rows:
                state = inspect(row)
                for attribute in state.mapper.column_attrs:
                    history = state.attrs[attribute.key].history
                    if attribute.key not in VOLATILE and (history.added or kind == "deleted"):
                        seen.append((kind, type(row).__name__, attribute.key, *map(plain, history.added or ())))

    event.listen(Session, "before_flush", note)
    try:
        yield seen
    finally:
        event.remove(Session, "before_flush", note)


def filled(page: str) -> dict[str, str]:
    """The fields of a page's main form as the browser would send them, empty ones filled in."""
    form = max(re.findall(r"<form[^>]*method=\"post\".*?</form>", page, flags=re.DOTALL | re.IGNORECASE), key=len)
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        kind = re.search(r'type="([^"]*)"', tag)
        if name and (kind is None or kind[1] not in ("checkbox", "radio", "submit") or "checked" in tag):
            fields[name[1]] = unescape(value[1]) if value else ""
        elif name:
            fields.setdefault(name[1], "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, flags=re.DOTALL):
        fields[name] = unescape(text).strip()
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, flags=re.DOTALL):
        chosen = re.search(
            r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', options
        )
        fields[name] = (chosen[1] or chosen[2] or "") if chosen else ""
    return {name: value or TYPED.get(name, "") for name, value in fields.items()}


def offers(house: House, role: str, line: Line, thing: Thing | None) -> tuple[dict[str, str], set[str]]:
    """The form that is sent to an address, filled in, and every field that its page, or one above, offers."""
    form, offered = (dict(thing.form), set(thing.form)) if thing else ({}, set())
    address = line.address
    while address:
        page = house.ask(role, "GET", address, thing)
        if page.status_code == 200 and 'method="post"' in page.text:
            form = form or filled(page.text)
            offered |= set(re.findall(r'\bname="([^"]+)"', page.text))
        address = address.rpartition("/")[0]
    return form, offered


@pytest.mark.parametrize("line", WRITING, ids=str)
def test_a_form_sets_what_it_offers_and_nothing_else(line: Line, house: House) -> None:
    thing = None if line.thing == "-" else house.things[line.thing][OWN]
    role = next((one for one in ROLES[::-1] if line.lets(house.relation(one, OWN, thing))), None)
    if role is None:
        return
    form, offered = offers(house, role, line, thing)
    form = {"action": "save", **{name: value for name, value in form.items() if value}}

    with writes() as expected:
        before = house.ask(role, "POST", line.address, thing, data=form)
    with writes() as stuffed:
        after = house.ask(role, "POST", line.address, thing, data={**stuffing(house, offered), **form})

    assert sorted(expected) == sorted(stuffed)
    assert before.status_code == after.status_code


def test_the_watch_sees_what_a_form_writes(house: House) -> None:
    """Or the test above would compare nothing with nothing."""
    seen = set()
    for line in WRITING:
        if line.thing == "-":
            continue
        thing = house.things[line.thing][OWN]
        with writes() as written:
            for role in ("admin", "manager", "platform"):
                house.ask(role, "POST", line.address, thing, data=offers(house, role, line, thing)[0])
        if written:
            seen.add(line.address)
        if len(seen) > 20:
            return
    raise AssertionError(f"expected more than twenty forms that write, found {sorted(seen)}")


def test_a_resource_takes_what_its_schema_names(house: House) -> None:
    question = {"text": "Who can grow living bone implants with patient cells?"}
    plain = house.ask("member", "POST", "/api/v1/suggest", json=question)
    stuffed = house.ask("member", "POST", "/api/v1/suggest", json={**stuffing(house, set(question)), **question})
    assert plain.status_code == 200
    assert stuffed.status_code == 422 or stuffed.json == plain.json
