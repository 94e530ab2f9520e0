"""Whatever a program sends that the API's description allows, or just not, the answer is never a fault of ours."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.permissions.conftest import OWN, House
from tests.permissions.table import TABLE

#: Programs by whose token they carry; the last one's only reads.
PROGRAMS = ("member", "admin", "manager", "platform", "reading member")
#: For each program and each operation; enough to meet every kind of value at least once.
EXAMPLES = 4


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_the_description_allows_makes_a_fault(house: House, program: str) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.app)
    bearer = {"Authorization": f"Bearer {house.bearers[program]}"}
    things = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address): house.things[thing][OWN].arguments
        for address, thing in re.findall(r"(/api/\S+) +([a-z-]+)", TABLE)
        if thing in house.things
    }
    faults: list[str] = []
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            # What fits is sent to a thing that is there; what does not, to an address made up as well.
            there = things.get(operation.path) if mode is GenerationMode.POSITIVE else None

            @given(case=operation.as_strategy(generation_mode=mode, path_parameters=there))
            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def ask(case: schemathesis.Case) -> None:
                answer = case.call(headers=bearer)
                statuses[answer.status_code] += 1
                if answer.status_code >= 500:
                    faults.append(f"{case.method} {case.formatted_path}: {case.as_curl_command()}")

            ask()
    assert statuses.keys() > {200, 404, 422}, statuses
    assert not faults, faults[0]
