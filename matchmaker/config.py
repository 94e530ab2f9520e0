"""Every setting, read from the environment once. The only reader of ``os.environ``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: Secrets that appear in examples; a server in production refuses them.
SAMPLE_SECRETS = frozenset({"change-me", "changeme", "dev", "development", "secret", "secret-key", "insecure"})
SECRET_MIN_LENGTH = 32


class ConfigurationError(Exception):
    """A setting is missing or unusable; the message says which, what was expected and what was found."""


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, its default as people write it, and what it does."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting("MATCHMAKER_ENV", "production", "`production` or `development`; production refuses weak secrets."),
    Setting(
        "MATCHMAKER_DATA_DIR",
        "~/.local/share/matchmaker",
        "Where the database, the generated secret and caches live. `make run` uses `data/` in the checkout.",
    ),
    Setting(
        "MATCHMAKER_DATABASE_URL",
        "SQLite in the data directory",
        "Any SQLAlchemy address, for example `postgresql+psycopg://user:password@host/name`.",
    ),
    Setting(
        "MATCHMAKER_SECRET_KEY",
        "generated once into the data directory",
        f"Signs sessions and links; at least {SECRET_MIN_LENGTH} characters.",
    ),
    Setting(
        "MATCHMAKER_MODEL",
        "the bundled all-MiniLM-L6-v2",
        "A sentence-transformers model by directory or hub name; `none` searches by words only.",
    ),
    Setting(
        "MATCHMAKER_SMTP_URL",
        "print to the log",
        "`smtp://user:password@host:587` (STARTTLS) or `smtps://…`.",
    ),
    Setting("MATCHMAKER_MAIL_FROM", "matchmaker@localhost", "The sender of every mail."),
    Setting(
        "MATCHMAKER_BASE_URL",
        "http://127.0.0.1:8000",
        "The address people use; links in mails start with it. An `https` address turns on secure cookies and HSTS.",
    ),
    Setting("MATCHMAKER_TRUSTED_HOSTS", "any", "Host names this server answers to, separated by commas."),
    Setting("MATCHMAKER_PROXIES", "0", "How many reverse proxies stand in front and set X-Forwarded headers."),
    Setting("MATCHMAKER_LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    Setting("MATCHMAKER_LOG_FORMAT", "json", "`json` (one object a line) or `console`."),
    Setting("PORT", "8000", "The port the server listens on."),
    Setting("MATCHMAKER_HOST", "127.0.0.1", "The address the server listens on."),
    Setting("MATCHMAKER_WORKERS", "1", "gunicorn worker processes; each holds its own index and model."),
    Setting("MATCHMAKER_THREADS", "8", "gunicorn threads in each worker."),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one running installation, checked and typed."""

    env: str
    data_dir: Path
    database_url: str
    secret_key: str
    model: str | None
    words_only: bool
    smtp_url: str | None
    mail_from: str
    base_url: str
    trusted_hosts: tuple[str, ...] | None
    proxies: int
    log_level: str
    log_format: str
    host: str
    port: int
    workers: int
    threads: int

    @property
    def secure(self) -> bool:
        """Whether people reach this installation over TLS."""
        return self.base_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; creates the data directory. Raises ConfigurationError with a sentence to act on."""
    env = os.environ if environ is None else environ

    def text(name: str, default: str = "") -> str:
        return env.get(name, "").strip() or default

    def number(name: str, default: int, lowest: int, highest: int) -> int:
        raw = text(name, str(default))
        if not raw.isdecimal() or not lowest <= int(raw) <= highest:
            raise ConfigurationError(f"{name}: expected a whole number from {lowest} to {highest}, found {raw!r}.")
        return int(raw)

    def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
        raw = text(name, default)
        if raw not in allowed:
            raise ConfigurationError(f"{name}: expected one of {', '.join(allowed)}, found {raw!r}.")
        return raw

    mode = one_of("MATCHMAKER_ENV", "production", ("production", "development"))
    data_dir = Path(text("MATCHMAKER_DATA_DIR", "~/.local/share/matchmaker")).expanduser().resolve()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"MATCHMAKER_DATA_DIR: {data_dir} can't be created: {error.strerror}.") from error
    secret = text("MATCHMAKER_SECRET_KEY") or _secret_on_disk(data_dir)
    if mode == "production" and (len(secret) < SECRET_MIN_LENGTH or secret.lower() in SAMPLE_SECRETS):
        raise ConfigurationError(
            f"MATCHMAKER_SECRET_KEY: expected at least {SECRET_MIN_LENGTH} random characters, found a sample or "
            f"{len(secret)} characters. Leave it unset to have one generated, or run "
            "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
        )
    model = text("MATCHMAKER_MODEL")
    hosts = tuple(h.strip() for h in text("MATCHMAKER_TRUSTED_HOSTS").split(",") if h.strip())
    port = number("PORT", 8000, 1, 65535)
    return Settings(
        env=mode,
        data_dir=data_dir,
        database_url=text("MATCHMAKER_DATABASE_URL", f"sqlite:///{data_dir / 'matchmaker.sqlite3'}"),
        secret_key=secret,
        model=None if model in ("", "none") else model,
        words_only=model == "none",
        smtp_url=text("MATCHMAKER_SMTP_URL") or None,
        mail_from=text("MATCHMAKER_MAIL_FROM", "matchmaker@localhost"),
        base_url=text("MATCHMAKER_BASE_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        trusted_hosts=hosts or None,
        proxies=number("MATCHMAKER_PROXIES", 0, 0, 9),
        log_level=one_of("MATCHMAKER_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        log_format=one_of("MATCHMAKER_LOG_FORMAT", "json", ("json", "console")),
        host=text("MATCHMAKER_HOST", "127.0.0.1"),
        port=port,
        workers=number("MATCHMAKER_WORKERS", 1, 1, 64),
        threads=number("MATCHMAKER_THREADS", 8, 1, 256),
    )


def _secret_on_disk(data_dir: Path) -> str:
    """The secret generated for this data directory; every process of the installation reads the same one."""
    path = data_dir / "secret_key"
    # Exclusive creation lets exactly one of several starting workers write it; the others read.
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    secret = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
    return secret
