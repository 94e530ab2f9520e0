"""Whatever a program sends that the API's description allows, or just not, the answer is never a fault of ours."""

from __future__ import annotations

import re
from collections import Counter

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from tests.permissions.conftest import OWN, House
from tests.permissions.table import TABLE

#: Programs by whose token they carry; the last one's only reads.
PROGRAMS = ("member", "admin", "manager", "platform", "reading member")
#: For each operation; each is sent by every program, and the seeds differ from operation to operation.
EXAMPLES = 2


def test_nothing_the_description_allows_makes_a_fault_or_an_answer_it_does_not_name(house: House) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", house.app)
    things = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address): house.things[thing][OWN].arguments
        for address, thing in re.findall(r"(/api/\S+) +([a-z-]+)", TABLE)
        if thing in house.things
    }
    faults: list[str] = []
    statuses: dict[str, Counter[int]] = {program: Counter() for program in PROGRAMS}
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
                for program in PROGRAMS:
                    answer = case.call(headers={"Authorization": f"Bearer {house.bearers[program]}"})
                    statuses[program][answer.status_code] += 1
                    if (
                        answer.status_code >= 500
                        or str(answer.status_code) not in case.operation.definition.raw["responses"]
                    ):
                        faults.append(f"{answer.status_code} to {program}: {case.as_curl_command()}")

            ask()
    assert not faults, "\n".join(faults[:5])
    for program, answered in statuses.items():
        assert answered.keys() > {200, 404, 422}, (program, answered)
    assert statuses["reading member"][403], statuses
