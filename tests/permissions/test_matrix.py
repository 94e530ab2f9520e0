"""Every address, asked in every way by everybody for everything: who is not named in the table learns nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import pytest

from tests.permissions.conftest import ABSENT, OTHER, OWN, ROLES, House, is_refused, told_apart
from tests.permissions.table import TABLE
from tests.permissions.things import MAKERS, Thing

WORDS = {"visitor", "newcomer", "member", "admin", "manager", "platform", "fellow", "stranger", "far-manager"}
WORDS |= {"self", "others", "everybody", "signed-in", "nobody"}


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    method: str
    address: str
    thing: str
    who: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.address} {self.thing}"

    @property
    def place(self) -> str:
        """The address without the form in which the thing is asked for."""
        return self.address.replace("<file:format>", "").replace("<linked:form>", "")

    def lets(self, relation: str) -> bool:
        return "everybody" in self.who or ("signed-in" in self.who and relation != "visitor") or relation in self.who


def lines() -> list[Line]:
    made = []
    for text in TABLE.splitlines():
        if text.strip() and not text.startswith("#"):
            method, address, thing, *who = text.split()
            made.append(Line(method, address, thing, frozenset(who)))
    return made


LINES = lines()


def test_the_table_lists_every_route_and_no_other(house: House) -> None:
    listed = {(line.method, line.address) for line in LINES}
    served = {
        (method, str(rule)) for rule in house.app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    hint = "add a line to tests/permissions/table.py"
    assert sorted(served - listed) == [], hint
    assert sorted(listed - served) == [], "these are served no more: take their lines out"


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_table_uses_the_words_it_explains(line: Line) -> None:
    assert line.who, "name who may, or say nobody"
    assert line.who <= WORDS
    assert line.thing == "-" or line.thing in MAKERS, "make it in tests/permissions/things.py"
    assert line.thing != "-" or "<" not in line.place


@pytest.mark.parametrize("line", LINES, ids=str)
def test_the_table_is_how_it_is(line: Line, house: House) -> None:
    targets: dict[str, Thing | None] = {OWN: None} if line.thing == "-" else dict(house.things[line.thing])
    wrong = []
    for role in ROLES:
        absent = house.ask(role, line.method, line.address, targets[ABSENT]) if ABSENT in targets else None
        if absent is not None and not is_refused(absent):
            wrong.append(f"{role} asking for what never was: {absent.status_code}")
        for target, thing in targets.items():
            answer = house.ask(role, line.method, line.address, thing)
            may = target in (OWN, "other organisation's", "other cluster's") and line.lets(
                house.relation(role, target, thing)
            )
            assert answer.status_code < 500, f"{role}, {target}: {answer.status_code}"
            if may == is_refused(answer):
                wrong.append(f"{role}, {target}: {answer.status_code} {answer.headers.get('Location', '')}")
            elif not may and absent is not None and told_apart(answer, thing) != told_apart(absent, targets[ABSENT]):
                wrong.append(f"{role}, {target}: can be told from what never was")
            elif not may and house.commits:
                wrong.append(f"{role}, {target}: refused, and yet something was written")
    assert wrong == []


NESTED = [line for line in LINES if line.place.count("<") > 1]


@pytest.mark.parametrize("line", NESTED, ids=str)
def test_a_part_is_found_under_its_own_parent_only(line: Line, house: House) -> None:
    own, other = house.things[line.thing][OWN], house.things[line.thing][OTHER]
    first = re.findall(r"<(?:[a-z]+:)?([a-z_]+)>", line.address)[0]
    own_part_elsewhere = Thing({**own.arguments, first: other.arguments[first]}, json=own.json)
    if own_part_elsewhere.arguments == own.arguments:
        far = house.things[line.thing]["other cluster's"]
        own_part_elsewhere = Thing({**own.arguments, first: far.arguments[first]}, json=own.json)
    for role in ROLES:
        answer = house.ask(role, line.method, line.address, own_part_elsewhere)
        assert is_refused(answer), f"{role}: {answer.status_code}"


def test_no_address_answers_another_method(house: House) -> None:
    taken: dict[str, set[str]] = defaultdict(set)
    for rule in house.app.url_map.iter_rules():
        taken[str(rule)] |= rule.methods
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
    for number, (address, methods) in enumerate(taken.items()):
        path = re.sub(r"<[^>]+>", "222222222222", address)
        others = [method for method in known if method not in methods]
        # Signed in or not makes no difference, so who may most asks by another method at each address.
        asked = [("visitor", method) for method in others] + [("platform", others[number % len(others)])]
        for role, method in asked:
            answer = house.ask(role, method, path)
            # A pattern that also fits another route may answer that one's refusal.
            assert is_refused(answer) or answer.status_code == 405, f"{method} {address} {role}: {answer.status_code}"
            assert not house.commits


def test_no_header_or_field_turns_one_method_into_another(house: House) -> None:
    need = house.things["draft-need"][OWN]
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = house.ask("admin", "GET", "/needs/<public_id>/delete", need, headers={header: "POST"})
        assert answer.status_code == 405
    answer = house.ask("admin", "GET", "/needs/<public_id>?_method=DELETE", need)
    assert answer.status_code == 200
    assert not house.commits


def test_whoever_asks_by_head_or_options_learns_no_more(house: House) -> None:
    for line in LINES:
        if line.method != "GET" or line.thing == "-" or ABSENT not in house.things[line.thing]:
            continue
        things = house.things[line.thing]
        for method in ("HEAD", "OPTIONS"):
            for role in ("visitor", "far member"):
                if line.lets(house.relation(role, OWN, things[OWN])):
                    continue
                answers = [house.ask(role, method, line.address, things[target]) for target in (OWN, ABSENT)]
                assert answers[0].status_code == answers[1].status_code, f"{method} {line} {role}"
                assert answers[0].headers.get("Allow") == answers[1].headers.get("Allow")
