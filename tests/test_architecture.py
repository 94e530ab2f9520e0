"""The house keeps its own rules: layers, permissions, templates, settings, and what the README says of them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from matchmaker import SLICES
from matchmaker.config import SETTINGS
from matchmaker.permissions import RIGHTS, Permission, permission_of
from matchmaker.translations import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
#: Templates that a library opens by a name of its own.
OPENED_BY_LIBRARIES = ("security/",)


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_imports_go_downward_only() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("name", ["models", "queries", "operations"])
def test_the_inner_files_of_a_slice_know_no_web(name: str) -> None:
    offenders = []
    for path in sources("matchmaker"):
        if path.stem != name:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            # Whole names, so that Flask-Security's table mixins (flask_security) stay allowed.
            offenders += [f"{path}: {m}" for m in modules if m.split(".")[0] in ("flask", "flask_wtf", "wtforms")]
    assert not offenders


def test_operations_never_commit() -> None:
    offenders = [
        str(path)
        for path in sources("matchmaker")
        if path.stem == "operations" and re.search(r"\.commit\(\)", path.read_text(encoding="utf-8"))
    ]
    assert not offenders


def test_every_route_stands_under_a_permission_of_the_table(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        permission = permission_of(rule.endpoint, app.view_functions[rule.endpoint])
        assert permission in RIGHTS, f"{rule.endpoint} names no permission"


def test_every_permission_has_a_rule_and_is_used() -> None:
    used = "\n".join(path.read_text(encoding="utf-8") for path in sources("matchmaker"))
    for permission in Permission:
        assert permission in RIGHTS
        assert len(re.findall(rf"Permission\.{permission.name}\b", used)) > 1, f"{permission} guards nothing"


def test_every_template_is_used() -> None:
    spoken = "\n".join(
        path.read_text(encoding="utf-8") for path in [*sources("matchmaker"), *TEMPLATES.rglob("*.html")]
    )
    spoken += "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.txt"))
    for path in sorted(TEMPLATES.rglob("*.*")):
        name = path.relative_to(TEMPLATES).as_posix()
        if name.startswith(OPENED_BY_LIBRARIES):
            continue
        # A mail is named once, without its ending and its language.
        stem = re.sub(r"(\.(de|sv))?\.\w+$", "", name)
        assert f'"{name}"' in spoken or f"'{name}'" in spoken or f'"{stem}"' in spoken, f"{name} is opened by nobody"


def test_every_mail_is_written_in_every_language() -> None:
    mails = [path for path in TEMPLATES.glob("*/email/*.txt") if len(path.suffixes) == 1]
    assert mails
    missing = [
        str(path.with_suffix(f".{language}.txt").relative_to(TEMPLATES))
        for path in mails
        for language in LANGUAGES[1:]
        if not path.with_suffix(f".{language}.txt").is_file()
    ]
    assert not missing


def test_no_template_holds_inline_style_or_script() -> None:
    for path in TEMPLATES.rglob("*.html"):
        if "email" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), f"{path} would break the content security policy"
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or re.search(r'type="application/(ld\+)?json"', script), f"{path}: {script}"


def test_the_operators_guide_lists_exactly_the_settings_of_the_code() -> None:
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", guide, flags=re.MULTILINE)
    assert [(name, help_text) for name, _, help_text in listed] == [(s.name, s.help) for s in SETTINGS]


def test_every_setting_that_is_read_is_listed() -> None:
    tree = ast.parse((ROOT / "matchmaker" / "config.py").read_text(encoding="utf-8"))
    read = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("text", "number", "one_of", "issuer")
        and isinstance(node.args[0], ast.Constant)
    }
    assert read == {setting.name for setting in SETTINGS}


def test_only_the_configuration_reads_the_environment() -> None:
    offenders = [
        str(path)
        for path in sources("matchmaker")
        if path.name not in ("config.py", "serving.py")
        and re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
    ]
    assert not offenders


def test_the_readme_maps_every_slice() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in SLICES if f"`{name}`" not in readme]
    assert not missing


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE)
    assert phony is not None
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*##", makefile, flags=re.MULTILINE), f"`make help` would not list {target}"
