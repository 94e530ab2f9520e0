"""The command ``matchmaker`` as a person types it: its words and its exit status.

Where the process itself is what is tested, one is started; everywhere else the command runs in this one.
"""

from __future__ import annotations

import csv
import io
import json
import random
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from matchmaker import create_app
from matchmaker.cli import group
from matchmaker.config import load
from matchmaker.db import db
from matchmaker.imports.operations import BATCH
from tests.servers import PROGRAMS, environment

Run = Callable[..., Result]
ROWS = 2_000


def typed(settings: dict[str, str], *arguments: str) -> Result:
    """Run ``matchmaker …`` in this process, on an application made for it."""
    app = create_app(replace(load(settings), log_level="ERROR"))
    said = app.test_cli_runner().invoke(group, arguments, prog_name="matchmaker")
    with app.app_context():
        db.engine.dispose()
    if said.exception is not None and not isinstance(said.exception, SystemExit):
        raise said.exception
    return said


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty cluster in it."""
    folder = tmp_path_factory.mktemp("prepared")
    made = environment(folder, MATCHMAKER_MODEL="none")
    created = typed(made, "init")
    assert created.stdout.startswith("Database created at schema ")
    assert typed(made, "clusters", "create", "Northern Lights").exit_code == 0
    return folder


@pytest.fixture
def installed(prepared: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of an installation of the test's own."""
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(sqlite3.connect(prepared / "matchmaker.sqlite3")) as source:
        source.execute("VACUUM INTO ?", (str(folder / "matchmaker.sqlite3"),))
    return environment(folder, MATCHMAKER_MODEL="none")


@pytest.fixture
def run(installed: dict[str, str]) -> Run:
    return lambda *arguments: typed(installed, *map(str, arguments))


def counted(installed: dict[str, str], table: str, where: str = "1") -> int:
    with closing(sqlite3.connect(Path(installed["MATCHMAKER_DATA_DIR"]) / "matchmaker.sqlite3")) as connection:
        return connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


# --- init and doctor --------------------------------------------------------------------------------------------------


def test_init_a_second_time_changes_nothing_and_says_so(run: Run) -> None:
    again = run("init")
    assert again.exit_code == 0
    assert "is already at schema" in again.stdout


def test_doctor_finds_a_healthy_installation_healthy(run: Run) -> None:
    healthy = run("doctor")
    assert healthy.exit_code == 0, healthy.stdout + healthy.stderr
    assert "FAIL" not in healthy.stdout
    for what in ("configuration", "database", "model", "index", "mail"):
        assert f"ok   {what}: " in healthy.stdout


def test_doctor_names_what_is_broken_and_what_to_do(installed: dict[str, str], tmp_path: Path) -> None:
    broken = typed(installed | {"MATCHMAKER_SMTP_URL": "smtp://127.0.0.1:1"}, "doctor")
    assert broken.exit_code == 1
    assert "FAIL mail: no connection" in broken.stdout
    assert "Check MATCHMAKER_SMTP_URL." in broken.stdout

    empty = tmp_path / "empty"
    empty.mkdir()
    nothing = typed(environment(empty), "doctor")
    assert nothing.exit_code == 1
    assert "FAIL database: no file" in nothing.stdout
    assert "`matchmaker init`" in nothing.stdout

    (empty / "matchmaker.sqlite3").write_bytes(b"this was a database once" * 400)
    damaged = typed(environment(empty), "doctor")
    assert damaged.exit_code == 1
    assert "FAIL database" in damaged.stdout
    assert "Traceback" not in damaged.stderr


# --- languages --------------------------------------------------------------------------------------------------------


def test_a_command_speaks_as_its_terminal_asks(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = organisations(2)
    rows[1]["type"] = "gmbh"
    file = write_csv(tmp_path / "list.csv", rows)

    def words(*arguments: Any) -> str:
        return str(run(*arguments).output)

    # LC_ALL counts before LANG; a language that we do not speak is English.
    for locale, told in {
        "de_DE.UTF-8": {
            "help": ("Aufruf: matchmaker import", "Befehle:", "Profile von Leuten", "Organisationen aus einer Datei"),
            "option": ("Alles prüfen und zählen, nichts behalten.", "Diese Hilfe zeigen"),
            "dry run": (
                "1 angelegt",
                "1 abgewiesen (Probelauf, nichts behalten)",
                "Zeile 3: type: erwartet eines von:",
            ),
            "error": ("Fehler: erwartet die Adresse einer Person mit Konto, gefunden keine mit nobody@x.example",),
            "click": ("Fehler: Fehlendes Argument 'EMAIL'.", "Hilfe zeigt 'matchmaker users create --help'."),
            "question": ("Das lässt sich nicht rückgängig machen. Diese Person löschen? [y/N]", "Abgebrochen!"),
        },
        "sv_SE.UTF-8": {
            "help": ("Användning: matchmaker import", "Kommandon:", "Personers profiler", "Organisationer ur en fil"),
            "option": ("Kontrollera och räkna allt, behåll inget.", "Visa den här hjälpen"),
            "dry run": ("1 skapad", "(provkörning, inget behölls)", "rad 3: type: väntade något av:"),
            "error": ("Fel: väntade adressen till någon med konto, fann ingen med nobody@x.example",),
            "click": ("Fel: Argument saknas: 'EMAIL'.", "Hjälp visas med 'matchmaker users create --help'."),
            "question": ("Det går inte att ångra. Radera den här personen? [y/N]", "Avbrutet!"),
        },
        "pt_BR.UTF-8": {"help": ("Usage: matchmaker import",), "click": ("Error: Missing argument 'EMAIL'.",)},
    }.items():
        monkeypatch.setenv("LC_ALL", locale)
        said = {
            "help": words("import", "--help"),
            "option": words("import", "organisations", "--help"),
            "dry run": words("import", "organisations", file, "--dry-run"),
            "error": words("users", "deactivate", "nobody@x.example"),
            "click": words("users", "create"),
            "question": words("privacy", "erase-user", "nobody@x.example"),
        }
        for what, sentences in told.items():
            flowing = " ".join(said[what].split())
            for sentence in sentences:
                assert sentence in flowing, f"{locale}: {flowing}"


# --- import -----------------------------------------------------------------------------------------------------------


def organisations(count: int) -> list[dict[str, Any]]:
    return [
        {"key": f"o-{n}", "name": f"Knochenfabrik {n} GmbH", "type": "sme", "country": "DE", "headline": f"Graft {n}."}
        for n in range(count)
    ]


def test_a_dry_run_counts_everything_and_keeps_nothing(run: Run, installed: dict[str, str], tmp_path: Path) -> None:
    file = write_csv(tmp_path / "organisations.csv", organisations(3))
    dry = run("import", "organisations", file, "--dry-run")
    assert dry.exit_code == 0
    assert "3 created, 0 changed, 0 unchanged, 0 refused (dry run, nothing kept)" in dry.stdout
    assert counted(installed, "organisation") == counted(installed, "statement") == 0

    wet = run("import", "organisations", file)
    assert "3 created, 0 changed, 0 unchanged, 0 refused\n" in wet.stdout
    assert counted(installed, "organisation") == 3
    assert "0 created, 0 changed, 3 unchanged" in run("import", "organisations", file).stdout


def test_bad_rows_are_named_by_line_and_reason_and_the_good_ones_are_kept(
    run: Run, installed: dict[str, str], tmp_path: Path
) -> None:
    rows = organisations(4)
    rows[1]["type"] = "gmbh"
    rows[2]["country"] = "Germany"
    said = run("import", "organisations", write_csv(tmp_path / "list.csv", rows), "--refused", tmp_path / "refused.csv")
    assert "2 created, 0 changed, 0 unchanged, 2 refused" in said.stdout
    assert "line 3: type: " in said.stdout
    assert "“gmbh”" in said.stdout
    assert "line 4: country: " in said.stdout
    assert counted(installed, "organisation") == 2
    refused = list(csv.DictReader((tmp_path / "refused.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [row["line"] for row in refused] == ["3", "4"]


def test_statements_come_in_with_the_organisation_they_belong_to(
    run: Run, installed: dict[str, str], tmp_path: Path
) -> None:
    run("import", "organisations", write_csv(tmp_path / "organisations.csv", organisations(2)))
    rows = [
        {
            "kind": "competence",
            "organisation": "o-0",
            "title": "Perfusion of large bone grafts",
            "visibility": "public",
        },
        {"kind": "need", "organisation": "Knochenfabrik 1 GmbH", "title": "Partner for sterile filling"},
        {"kind": "competence", "organisation": "Nobody AB", "title": "Something by nobody"},
    ]
    (tmp_path / "statements.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    said = run("import", "statements", tmp_path / "statements.jsonl")
    assert said.exit_code == 0
    assert "2 created, 0 changed, 0 unchanged, 1 refused" in said.stdout
    assert "line 3: organisation: " in said.stdout
    assert "“Nobody AB”" in said.stdout
    assert counted(installed, "competence", "visibility = 'public'") == 1
    assert counted(installed, "need", "visibility = 'private'") == 1
    # What came in is found at once.
    assert "Knochenfabrik 0" in run("suggest", "--text", "perfusion of bone grafts", "--json").stdout


def test_cordis_files_come_in_published_with_their_source(run: Run, installed: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "cordis"
    folder.mkdir()
    (folder / "organization.csv").write_text(
        "projectID;projectAcronym;organisationID;name;SME;activityType;city;country;organizationURL;role\n"
        "900001;BONEGROW;11;KLINIKUM ELBE;false;HES;HAMBURG;DE;;participant\n"
        "900001;BONEGROW;12;SCAFFOLD WORKS GMBH;true;PRC;KIEL;DE;;coordinator\n"
        "900001;BONEGROW;13;TORN ROW\n",
        encoding="utf-8",
    )
    (folder / "project.csv").write_text(
        "id;acronym;title;startDate;objective;keywords\n"
        "900001;BONEGROW;Growing large bone grafts;2024-03-01;We culture bone.;bone healing, scaffolds\n"
        "900002;ALONE;Nobody here;2025-01-01;None.;\n",
        encoding="utf-8",
    )
    dry = run("import", "cordis", folder, "--dry-run")
    assert "organisations: 2 created" in dry.stdout
    assert counted(installed, "organisation") == 0

    said = run("import", "cordis", folder)
    assert said.exit_code == 0, said.stderr
    assert "organisations: 2 created, 0 changed, 0 unchanged, 1 refused" in said.stdout
    assert "line 4: expected 10 cells, found 4" in said.stdout
    assert "projects: 1 created, 0 changed, 0 unchanged, 1 refused" in said.stdout
    assert "900002" in said.stdout
    assert (
        counted(installed, "evidence", "licence = 'CC BY 4.0' AND source LIKE 'CORDIS%' AND state = 'published'") == 1
    )
    again = run("import", "cordis", folder)
    assert "organisations: 0 created, 0 changed, 2 unchanged" in again.stdout
    assert "projects: 0 created, 0 changed, 1 unchanged" in again.stdout


def test_an_import_that_was_killed_goes_on_where_it_stopped(installed: dict[str, str], tmp_path: Path) -> None:
    file = write_csv(tmp_path / "organisations.csv", organisations(ROWS))
    command = [str(PROGRAMS / "matchmaker"), "import", "organisations", str(file)]
    stopped_at = []
    for _ in range(2):
        process = subprocess.Popen(
            command, env=installed, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        batches = random.randint(1, 3)
        for line in process.stderr:
            # A line of progress is printed after each batch; the kill falls somewhere in the next one.
            batches -= line.startswith("organisations.csv: ")
            if batches == 0:
                break
        process.send_signal(signal.SIGKILL)
        process.stderr.close()
        assert process.wait() == -signal.SIGKILL
        stopped_at.append(counted(installed, "organisation"))
    assert 0 < stopped_at[0] < ROWS
    assert all(count % BATCH == 0 for count in stopped_at), "a batch is there whole or not at all"

    finished = typed(installed, *command[1:])

    assert finished.exit_code == 0, finished.stderr
    made, here = ROWS - stopped_at[-1], stopped_at[-1]
    assert f"{made:,} created, 0 changed, {here:,} unchanged, 0 refused" in finished.stdout
    assert counted(installed, "organisation") == ROWS
    assert counted(installed, "(SELECT DISTINCT name, source_key FROM organisation)") == ROWS
    assert counted(installed, "cluster_membership") == ROWS
    assert counted(installed, "statement", "kind = 'organisation' AND NOT gone") == ROWS
    assert typed(installed, "index", "check").exit_code == 0


def test_an_unknown_cluster_and_an_unknown_file_are_told_in_a_sentence(run: Run, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "organisations.csv", organisations(1))
    unknown = run("import", "organisations", file, "--cluster", "southern-cross")
    assert unknown.exit_code == 1
    assert unknown.stderr == "Error: Say which cluster with --cluster: northern-lights.\n"
    (tmp_path / "list.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    odd = run("import", "organisations", tmp_path / "list.png")
    assert odd.exit_code == 1
    assert "expected a file named .csv, .xlsx or .jsonl" in odd.stderr


@pytest.mark.parametrize("kind", ["organisations", "statements"])
def test_the_template_says_what_each_column_holds_and_comes_in_once_it_is_filled(
    kind: str, run: Run, installed: dict[str, str], tmp_path: Path
) -> None:
    printed = run("import", "template", kind).stdout
    columns, words = list(csv.reader(io.StringIO(printed)))
    described = dict(zip(columns, words, strict=True))
    assert all(words)
    assert described["source"] == "text"
    if kind == "statements":
        assert described["visibility"] == "public | members | private", "a teaser can't be imported yet"
        assert described["regulated"] == "true | false"
        assert described["trl"] == "a whole number"
        assert described["deadline"] == "yyyy-mm-dd"
        assert described["fields"].startswith("several of atmp | ")
        run("import", "organisations", write_csv(tmp_path / "organisations.csv", organisations(1)))
        filled = {"kind": "test_field", "organisation": "o-0", "title": "Clean room for cell products"}
        filled |= {"test_field_kind": "gmp_unit", "rung": "gmp", "regulated": "true", "fields": "atmp; devices"}
        filled |= {"visibility": "members", "expires_on": "2031-12-31", "response_days": "10"}
    else:
        assert described["type"].startswith("sme | large_company | ")
        assert described["country"] == "two letters, for example DE"
        filled = {"name": "Zellwerk AB", "type": "sme", "country": "SE", "employees": "12", "fields": "atmp"}

    # Left in by mistake, the line of descriptions is refused and not taken for a row.
    (tmp_path / "untouched.csv").write_text(printed, encoding="utf-8")
    assert "0 created, 0 changed, 0 unchanged, 1 refused" in run("import", kind, tmp_path / "untouched.csv").stdout

    file = write_csv(tmp_path / "filled.csv", [dict.fromkeys(columns, "") | filled])
    said = run("import", kind, file)
    assert "1 created, 0 changed, 0 unchanged, 0 refused" in said.stdout, said.stdout
    if kind == "statements":
        assert counted(installed, "test_field", "regulated AND visibility = 'members'") == 1
