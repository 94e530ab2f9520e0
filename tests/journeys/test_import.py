"""Files come in from the command line and on the manager's page, with progress; readers see where it came from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Demonstration
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


def test_a_manager_uploads_a_list_sees_it_come_in_and_takes_it_back(
    visit: Visits, module_serve: Servers, demonstration: Demonstration, tmp_path: Path
) -> None:
    server = module_serve(like=demonstration.data_dir, MATCHMAKER_MODEL="none", MATCHMAKER_JOBS="beside")
    rows = "".join(f"Förening {n} i Skåne;Patientförening;Lund;Sverige\n" for n in range(1_500))
    members = tmp_path / "Medlemmar 2026.csv"
    members.write_bytes(f"Företagsnamn;Typ;Ort;Land\n{rows}Ubåten;ubåt;Ystad;Sverige\n".encode("cp1252"))

    manager = visit(server, demonstration.manager)
    page = manager.page
    page.goto("/desk/")
    page.get_by_role("link", name="Imports").click()
    manager.check_page_everywhere()
    manager.look_at(1280, "light")
    page.locator("#file").set_input_files(members)
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.locator("#column-name")).to_have_value("Företagsnamn")
    expect(page.get_by_role("cell", name="Patient organisation").first).to_be_visible()
    expect(page.get_by_text("1,501", exact=True)).to_be_visible()
    manager.check_page_everywhere()
    manager.look_at(1280, "light")

    page.get_by_role("button", name="Start with 1,501 rows").click()
    seen = page.locator("#progress [data-announce]")
    expect(seen).to_have_text(re.compile(r"^(?!0 |1,501 )[\d,]+ of 1,501 rows$"))
    expect(seen).to_have_text("1,501 of 1,501 rows", timeout=60_000)
    page.reload()
    expect(page.get_by_text("Line 1502")).to_be_visible()
    manager.check_page_everywhere()
    imported = page.url
    page.goto("/organisations?q=Förening 777 Lund")
    expect(page.get_by_role("link", name="Förening 777 i Skåne")).to_be_visible()

    page.goto(imported)
    page.get_by_text("Undo the import").click()
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("The import is undone.")).to_be_visible()
    page.goto("/organisations?q=Förening 777 Lund")
    expect(page.get_by_text("No organisation fits")).to_be_visible()
