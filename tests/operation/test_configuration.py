"""Settings: what each is when nobody sets it, and the sentence with which a bad one is refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from matchmaker.config import SETTINGS, ConfigurationError, Settings, load
from tests.servers import PROGRAMS, ROOT, environment, run_command

GOOD_SECRET = "Vb3-kq8Zt_Lw0xYp5NsR2mJfHc7aGdTe"


def loaded(folder: Path, **values: str) -> Settings:
    return load({"MATCHMAKER_DATA_DIR": str(folder), **values})


#: Each setting: the attribute it becomes, its value when unset, a good value and what becomes of it, and bad values
#: with a part of the sentence that refuses them.
CASES: dict[str, tuple[str, object, str, object, dict[str, str]]] = {
    "MATCHMAKER_ENV": (
        "env",
        "production",
        "development",
        "development",
        {"staging": "expected one of production, development, found “staging”"},
    ),
    "MATCHMAKER_DATABASE_URL": (
        "database_url",
        "sqlite:///{folder}/matchmaker.sqlite3",
        "postgresql://u:p@db/name",
        "postgresql+psycopg://u:p@db/name",
        {
            "matchmaker.db": "expected an address such as postgresql+psycopg://",
            "oracle9://x": "expected an address such as postgresql+psycopg://",
            "mysql+pymysql://u:p@db/name": "driver pymysql is not installed",
        },
    ),
    "MATCHMAKER_SECRET_KEY": (
        "secret_key",
        None,
        GOOD_SECRET,
        GOOD_SECRET,
        {
            "short": "expected at least 32 random characters, found fewer",
            "change-me-change-me-change-me-change-me": "made of a sample",
            "a" * 40: "too few different ones",
        },
    ),
    "MATCHMAKER_SECRET_KEY_FALLBACKS": ("former_secret_keys", (), "one, two", ("one", "two"), {}),
    "MATCHMAKER_PEPPER": ("pepper", None, GOOD_SECRET, GOOD_SECRET, {"salt": "expected at least 32 random characters"}),
    "MATCHMAKER_MODEL": ("model", None, "some/model", "some/model", {}),
    "MATCHMAKER_ENCODER": ("encoder", "compiled", "reference", "reference", {"fast": "one of compiled, reference"}),
    "MATCHMAKER_MILVUS_URL": ("milvus_url", None, "https://milvus.example", "https://milvus.example", {}),
    "MATCHMAKER_MILVUS_TOKEN": ("milvus_token", "", "root:Milvus", "root:Milvus", {}),
    "MATCHMAKER_SMTP_URL": ("smtp_url", None, "smtp://mail.example", "smtp://mail.example", {}),
    "MATCHMAKER_MAIL_FROM": ("mail_from", "matchmaker@localhost", "us@cluster.example", "us@cluster.example", {}),
    "MATCHMAKER_BASE_URL": (
        "base_url",
        "http://127.0.0.1:8000",
        "https://match.example/",
        "https://match.example",
        {"match.example": "expected an http or https address, found “match.example”"},
    ),
    "MATCHMAKER_TRUSTED_HOSTS": ("trusted_hosts", None, "a.example, b.example", ("a.example", "b.example"), {}),
    "MATCHMAKER_PROXIES": ("proxies", 0, "2", 2, {"10": "from 0 to 9", "-1": "from 0 to 9"}),
    "MATCHMAKER_OIDC_ISSUER": (
        "oidc_issuer",
        None,
        "https://login.example/",
        "https://login.example",
        {"http://login.example": "expected an https address", "login.example": "expected an https address"},
    ),
    "MATCHMAKER_OIDC_CLIENT_ID": ("oidc_client_id", "", "us", "us", {}),
    "MATCHMAKER_OIDC_CLIENT_SECRET": ("oidc_client_secret", "", "s3cret", "s3cret", {}),
    "MATCHMAKER_OIDC_NAME": ("oidc_name", "your organisation's account", "Northern ID", "Northern ID", {}),
    "MATCHMAKER_ORCID_CLIENT_ID": ("orcid_client_id", None, "APP-1", "APP-1", {}),
    "MATCHMAKER_ORCID_CLIENT_SECRET": ("orcid_client_secret", "", "s3cret", "s3cret", {}),
    "MATCHMAKER_ORCID_ISSUER": (
        "orcid_issuer",
        "https://orcid.org",
        "https://sandbox.orcid.org",
        "https://sandbox.orcid.org",
        {"http://orcid.org": "expected an https address"},
    ),
    "MATCHMAKER_LOG_LEVEL": ("log_level", "INFO", "DEBUG", "DEBUG", {"LOUD": "expected one of DEBUG, INFO"}),
    "MATCHMAKER_LOG_FORMAT": ("log_format", "json", "console", "console", {"xml": "expected one of json, console"}),
    "PORT": ("port", 8000, "8123", 8123, {"0": "from 1 to 65535", "http": "found “http”", "9" * 5000: "whole number"}),
    "MATCHMAKER_HOST": ("host", "127.0.0.1", "0.0.0.0", "0.0.0.0", {}),
    "MATCHMAKER_WORKERS": ("workers", 1, "4", 4, {"0": "from 1 to 64", "2.5": "found “2.5”"}),
    "MATCHMAKER_JOBS": ("jobs", "beside", "elsewhere", "elsewhere", {"never": "expected one of beside, elsewhere"}),
    "MATCHMAKER_REGISTRIES": ("registries", "off", "on", "on", {"maybe": "expected one of off, on"}),
    "MATCHMAKER_THREADS": ("threads", 8, "32", 32, {"1000": "from 1 to 256"}),
}


def test_every_setting_stands_in_this_table() -> None:
    assert {setting.name for setting in SETTINGS} == {*CASES, "MATCHMAKER_DATA_DIR"}


@pytest.mark.parametrize("name", CASES)
def test_a_setting_has_its_default_and_takes_a_good_value(name: str, tmp_path: Path) -> None:
    attribute, default, good, becomes, _bad = CASES[name]
    unset = getattr(loaded(tmp_path), attribute)
    if name in ("MATCHMAKER_SECRET_KEY", "MATCHMAKER_PEPPER"):
        assert len(unset) >= 32
    else:
        assert unset == (default.format(folder=tmp_path) if isinstance(default, str) else default)
    assert getattr(loaded(tmp_path, **{name: good}), attribute) == becomes
    # What is set to nothing counts as unset: service files often hold empty lines.
    assert getattr(loaded(tmp_path, **{name: "  "}), attribute) == unset


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [(name, value, said) for name, case in CASES.items() for value, said in case[4].items()],
    ids=lambda part: part[:20],
)
def test_a_bad_value_is_refused_in_a_sentence_that_names_the_setting(
    name: str, value: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        loaded(tmp_path, **{name: value})
    assert str(refusal.value).startswith(f"{name}: ")
    assert said in str(refusal.value)


def test_a_password_in_a_bad_database_address_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        loaded(tmp_path, MATCHMAKER_DATABASE_URL="postgres//user:hunter2@host/name")
    assert "hunter2" not in str(refusal.value)


def test_the_model_can_be_switched_off(tmp_path: Path) -> None:
    assert not loaded(tmp_path).words_only
    off = loaded(tmp_path, MATCHMAKER_MODEL="none")
    assert off.words_only
    assert off.model is None


def test_the_links_in_mails_follow_the_port_unless_an_address_is_given(tmp_path: Path) -> None:
    assert loaded(tmp_path, PORT="8123").base_url == "http://127.0.0.1:8123"


def test_development_takes_a_weak_secret(tmp_path: Path) -> None:
    assert loaded(tmp_path, MATCHMAKER_ENV="development", MATCHMAKER_SECRET_KEY="weak").secret_key == "weak"


def test_the_generated_secret_is_for_the_owner_only_and_stays(tmp_path: Path) -> None:
    first = loaded(tmp_path / "new").secret_key
    assert loaded(tmp_path / "new").secret_key == first
    file = tmp_path / "new" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in file.parent.iterdir()) == ["pepper", "secret_key"]


def test_a_new_secret_key_leaves_what_passwords_are_mixed_with_as_it_was(tmp_path: Path) -> None:
    before = loaded(tmp_path)
    after = loaded(tmp_path, MATCHMAKER_SECRET_KEY=GOOD_SECRET, MATCHMAKER_SECRET_KEY_FALLBACKS=before.secret_key)
    assert after.secret_key != before.secret_key
    assert after.pepper == before.pepper == before.secret_key
    assert stat.S_IMODE((tmp_path / "pepper").stat().st_mode) == 0o600


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    code = "from matchmaker.config import load; print(load().secret_key)"

    def start(_number: int) -> str:
        run = subprocess.run(
            [sys.executable, "-c", code],
            env=environment(tmp_path),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        secrets = set(pool.map(start, range(4)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32


def test_a_secret_file_that_was_cut_short_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("abc", encoding="ascii")
    with pytest.raises(ConfigurationError, match=r"secret_key: expected a secret of at least 32 .*, found fewer"):
        loaded(tmp_path)


@pytest.mark.parametrize("name", ["secret_key", "."])
def test_a_data_directory_that_cannot_be_used_is_told_in_a_sentence(name: str, tmp_path: Path) -> None:
    if name == ".":
        # A file stands where the directory should be.
        folder = tmp_path / "data"
        folder.write_text("not a directory", encoding="utf-8")
        folder = folder / "below"
    else:
        folder = tmp_path
        (tmp_path / "secret_key").mkdir()
    with pytest.raises(ConfigurationError, match=r"^MATCHMAKER_DATA_DIR: .* can't be"):
        loaded(folder)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"MATCHMAKER_SECRET_KEY": "change-me"}, "MATCHMAKER_SECRET_KEY: expected at least 32 random characters"),
        ({"MATCHMAKER_SMTP_URL": "mail.example:25"}, "MATCHMAKER_SMTP_URL: expected smtp://"),
        ({"MATCHMAKER_DATA_DIR": "/dev/null/data"}, "MATCHMAKER_DATA_DIR: /dev/null/data can't be created"),
    ],
    ids=["secret", "mail", "data directory"],
)
def test_the_command_refuses_in_a_sentence_and_not_with_a_trace(
    values: dict[str, str], said: str, tmp_path: Path
) -> None:
    run = run_command(environment(tmp_path, **values), "init")
    assert run.returncode == 2
    assert run.stderr.startswith(f"matchmaker: {said}")
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "matchmaker.sqlite3").exists()


def test_the_server_refuses_to_start_with_a_sample_secret(tmp_path: Path) -> None:
    run = subprocess.run(
        [str(PROGRAMS / "gunicorn"), "-c", "python:matchmaker.serving", "wsgi:app"],
        env=environment(tmp_path, MATCHMAKER_SECRET_KEY="changeme" * 5),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode != 0
    assert "matchmaker: MATCHMAKER_SECRET_KEY: expected" in run.stderr
    assert "Traceback" not in run.stderr


def test_nothing_of_the_tests_own_environment_reaches_an_installation(tmp_path: Path) -> None:
    os.environ["MATCHMAKER_LEAK"] = "1"
    try:
        assert "MATCHMAKER_LEAK" not in environment(tmp_path)
    finally:
        del os.environ["MATCHMAKER_LEAK"]
