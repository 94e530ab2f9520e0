"""An operator imports from the command line and sees progress; readers see where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.visitors import Visits
from tests.servers import Server, Servers, run_command

ORGANISATIONS = """\
key,name,type,country,city,headline,source,licence
r1,Öresund Spektroskopi AB,sme,SE,Malmö,Raman probes for the operating theatre,Register of probes 2026,CC BY 4.0
r2,Nameless,submarine,SE,Malmö,,Register of probes 2026,CC BY 4.0
r3,Institut für Lichtmessung,research_institute,DE,Kiel,,Register of probes 2026,CC BY 4.0
"""
STATEMENTS = """\
key,kind,organisation,title,description,visibility,source,licence
s1,competence,r1,Raman probe that tells tumour from brain,"A needle of 1.2 mm reads the light that tissue scatters; \
surgeons in Lund use it in a study with 40 patients.",public,Register of probes 2026,CC BY 4.0
"""


@pytest.fixture(scope="module")
def register(module_serve: Servers) -> Server:
    return module_serve(lambda server: server.command("clusters", "create", "Light"), MATCHMAKER_MODEL="none")


def test_an_import_shows_progress_and_its_source_on_every_page(visit: Visits, register: Server, tmp_path: Path) -> None:
    organisations, statements = tmp_path / "organisations.csv", tmp_path / "statements.csv"
    organisations.write_text(ORGANISATIONS, encoding="utf-8")
    statements.write_text(STATEMENTS, encoding="utf-8")

    tried = run_command(register.environment, "import", "organisations", str(organisations), "--dry-run")
    assert "(dry run, nothing kept)" in tried.stdout
    first = run_command(register.environment, "import", "organisations", str(organisations))
    assert first.returncode == 0, first.stderr
    assert "organisations.csv: 3 rows" in first.stderr
    assert "organisations.csv: 2 created, 0 changed" in first.stdout
    assert "line 3: " in first.stdout
    assert "submarine" in first.stdout
    again = run_command(register.environment, "import", "organisations", str(organisations))
    assert "organisations.csv: 0 created, 0 changed" in again.stdout
    register.command("import", "statements", str(statements))

    visitor = visit(register)
    page = visitor.page
    page.goto("/search?q=tumour brain surgeons")
    page.get_by_role("link", name="Raman probe that tells tumour from brain").click()
    origin = "Source: Register of probes 2026 · Licence: CC BY 4.0"
    expect(page.get_by_text(origin)).to_be_visible()
    visitor.check_page()
    page.get_by_role("link", name="Öresund Spektroskopi AB").first.click()
    expect(page.get_by_text(origin).first).to_be_visible()
    visitor.check_page()
