"""Every setting, read from the environment once. The only reader of ``os.environ``."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

#: Words of which samples and placeholders are made; a server in production refuses a secret that holds one.
SAMPLE_SECRETS = ("change-me", "changeme", "change_me", "development", "secret-key", "secret_key", "insecure", "sample")
SECRET_MIN_LENGTH = 32
#: Fewer different characters than this in a secret of that length did not come about by chance.
SECRET_MIN_VARIETY = 8


class ConfigurationError(Exception):
    """A setting is missing or unusable; the message says which, what was expected and what was found.

    Message and values stay apart, so that the command line can say it in another language.
    """

    def __init__(self, message: str, **values: Any) -> None:
        super().__init__(message % values)
        self.message, self.values = message, values


#: Marks a message for the catalogues, which stand above this file.
N_ = str


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
        "MATCHMAKER_SECRET_KEY_FALLBACKS",
        "none",
        "Former secret keys, separated by commas: what they signed stays valid until they are taken out.",
    ),
    Setting(
        "MATCHMAKER_PEPPER",
        "kept in the data directory from the first start",
        "Mixed into passwords and encrypts the seeds of second factors: it must never change.",
    ),
    Setting(
        "MATCHMAKER_MODEL",
        "the bundled all-MiniLM-L6-v2",
        "A sentence-transformers model by directory or hub name; `none` searches by words only.",
    ),
    Setting(
        "MATCHMAKER_ENCODER",
        "compiled",
        "`compiled` runs the model as a compiled graph where it can; `reference` always by sentence-transformers, "
        "with the same vectors, slower.",
    ),
    Setting(
        "MATCHMAKER_MILVUS_URL",
        "none",
        "A Milvus server that holds the vectors instead of every worker, for example `https://milvus.example:19530`.",
    ),
    Setting("MATCHMAKER_MILVUS_TOKEN", "none", "What Milvus asks for: a token, or `user:password`."),
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
    Setting(
        "MATCHMAKER_OIDC_ISSUER",
        "none",
        "An OpenID Connect provider people may sign in with, for example `https://login.example.org/realms/staff`.",
    ),
    Setting("MATCHMAKER_OIDC_CLIENT_ID", "none", "What that provider calls this installation."),
    Setting("MATCHMAKER_OIDC_CLIENT_SECRET", "none", "The secret agreed with that provider."),
    Setting("MATCHMAKER_OIDC_NAME", "your organisation's account", "What the button to it says after “Sign in with”."),
    Setting(
        "MATCHMAKER_ORCID_CLIENT_ID", "none", "The client id ORCID gave this installation; turns on sign-in with ORCID."
    ),
    Setting("MATCHMAKER_ORCID_CLIENT_SECRET", "none", "The secret ORCID gave with it."),
    Setting("MATCHMAKER_ORCID_ISSUER", "https://orcid.org", "Another address for trials: `https://sandbox.orcid.org`."),
    Setting("MATCHMAKER_LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    Setting("MATCHMAKER_LOG_FORMAT", "json", "`json` (one object a line) or `console`."),
    Setting("PORT", "8000", "The port the server listens on."),
    Setting("MATCHMAKER_HOST", "127.0.0.1", "The address the server listens on."),
    Setting("MATCHMAKER_WORKERS", "1", "gunicorn worker processes; each holds its own index and model."),
    Setting("MATCHMAKER_THREADS", "8", "gunicorn threads in each worker."),
    Setting(
        "MATCHMAKER_JOBS",
        "beside",
        "`beside` starts a job worker with the server; `elsewhere` leaves that to you: run `matchmaker work`.",
    ),
    Setting(
        "MATCHMAKER_REGISTRIES",
        "off",
        "`on` asks ROR, ORCID, OpenAlex and PubMed over the internet for what somebody types; `off` asks nobody.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one running installation, checked and typed."""

    env: str
    data_dir: Path
    database_url: str
    secret_key: str
    former_secret_keys: tuple[str, ...]
    pepper: str
    model: str | None
    words_only: bool
    encoder: str
    milvus_url: str | None
    milvus_token: str
    smtp_url: str | None
    mail_from: str
    base_url: str
    trusted_hosts: tuple[str, ...] | None
    proxies: int
    oidc_issuer: str | None
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    orcid_client_id: str | None
    orcid_client_secret: str
    orcid_issuer: str
    log_level: str
    log_format: str
    host: str
    port: int
    workers: int
    threads: int
    jobs: str
    registries: str

    @property
    def secure(self) -> bool:
        """Whether people reach this installation over TLS."""
        return self.base_url.startswith("https://")


def terminal_language(environ: Mapping[str, str] | None = None) -> str:
    """The code of the language that a terminal asks for, in the order that POSIX gives the variables; '' for none."""
    env = os.environ if environ is None else environ
    asked = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    return re.split(r"[_.@]", asked)[0].lower()


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; creates the data directory. Raises ConfigurationError with a sentence to act on."""
    env = os.environ if environ is None else environ

    def text(name: str, default: str = "") -> str:
        return env.get(name, "").strip() or default

    def number(name: str, default: int, lowest: int, highest: int) -> int:
        raw = text(name, str(default))
        if not raw.isdecimal() or len(raw) > 9 or not lowest <= int(raw) <= highest:
            raise ConfigurationError(
                N_("%(name)s: expected a whole number from %(lowest)d to %(highest)d, found “%(found)s”."),
                name=name,
                lowest=lowest,
                highest=highest,
                found=raw,
            )
        return int(raw)

    def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
        raw = text(name, default)
        if raw not in allowed:
            raise ConfigurationError(
                N_("%(name)s: expected one of %(allowed)s, found “%(found)s”."),
                name=name,
                allowed=", ".join(allowed),
                found=raw,
            )
        return raw

    def issuer(name: str, default: str = "") -> str:
        raw = text(name, default).rstrip("/")
        # Over plain http only where nobody listens in: on this very machine.
        parts = urlsplit(raw)
        if raw and not (parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1")):
            raise ConfigurationError(
                N_("%(name)s: expected an https address, found “%(found)s”."), name=name, found=raw
            )
        return raw

    mode = one_of("MATCHMAKER_ENV", "production", ("production", "development"))
    data_dir = Path(text("MATCHMAKER_DATA_DIR", "~/.local/share/matchmaker")).expanduser().resolve()
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            N_("MATCHMAKER_DATA_DIR: %(folder)s can't be created: %(reason)s."), folder=data_dir, reason=error.strerror
        ) from error
    for name in ("MATCHMAKER_SECRET_KEY", "MATCHMAKER_PEPPER"):
        if text(name) and mode == "production" and (weakness := _weakness(text(name))):
            raise ConfigurationError(
                N_(
                    "%(name)s: expected at least %(least)d random characters, found %(weakness)s. "
                    "Leave it unset to have one generated, or run "
                    "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
                ),
                name=name,
                least=SECRET_MIN_LENGTH,
                weakness=weakness,
            )
    secret = text("MATCHMAKER_SECRET_KEY") or _kept_secret(data_dir / "secret_key", lambda: secrets.token_urlsafe(48))
    model = text("MATCHMAKER_MODEL")
    hosts = tuple(h.strip() for h in text("MATCHMAKER_TRUSTED_HOSTS").split(",") if h.strip())
    port = number("PORT", 8000, 1, 65535)
    base_url = text("MATCHMAKER_BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise ConfigurationError(
            N_("%(name)s: expected an http or https address, found “%(found)s”."),
            name="MATCHMAKER_BASE_URL",
            found=base_url,
        )
    return Settings(
        env=mode,
        data_dir=data_dir,
        database_url=_database_url(text("MATCHMAKER_DATABASE_URL", f"sqlite:///{data_dir / 'matchmaker.sqlite3'}")),
        secret_key=secret,
        former_secret_keys=tuple(
            key.strip() for key in text("MATCHMAKER_SECRET_KEY_FALLBACKS").split(",") if key.strip()
        ),
        # Passwords were mixed with the secret key before the two were told apart, so the first pepper is that key.
        pepper=text("MATCHMAKER_PEPPER")
        or _kept_secret(data_dir / "pepper", lambda: secret, check=mode == "production"),
        model=None if model in ("", "none") else model,
        words_only=model == "none",
        encoder=one_of("MATCHMAKER_ENCODER", "compiled", ("compiled", "reference")),
        milvus_url=text("MATCHMAKER_MILVUS_URL") or None,
        milvus_token=text("MATCHMAKER_MILVUS_TOKEN"),
        smtp_url=text("MATCHMAKER_SMTP_URL") or None,
        mail_from=text("MATCHMAKER_MAIL_FROM", "matchmaker@localhost"),
        base_url=base_url,
        trusted_hosts=hosts or None,
        proxies=number("MATCHMAKER_PROXIES", 0, 0, 9),
        oidc_issuer=issuer("MATCHMAKER_OIDC_ISSUER") or None,
        oidc_client_id=text("MATCHMAKER_OIDC_CLIENT_ID"),
        oidc_client_secret=text("MATCHMAKER_OIDC_CLIENT_SECRET"),
        oidc_name=text("MATCHMAKER_OIDC_NAME", "your organisation's account"),
        orcid_client_id=text("MATCHMAKER_ORCID_CLIENT_ID") or None,
        orcid_client_secret=text("MATCHMAKER_ORCID_CLIENT_SECRET"),
        orcid_issuer=issuer("MATCHMAKER_ORCID_ISSUER", "https://orcid.org"),
        log_level=one_of("MATCHMAKER_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        log_format=one_of("MATCHMAKER_LOG_FORMAT", "json", ("json", "console")),
        host=text("MATCHMAKER_HOST", "127.0.0.1"),
        port=port,
        workers=number("MATCHMAKER_WORKERS", 1, 1, 64),
        threads=number("MATCHMAKER_THREADS", 8, 1, 256),
        jobs=one_of("MATCHMAKER_JOBS", "beside", ("beside", "elsewhere")),
        registries=one_of("MATCHMAKER_REGISTRIES", "off", ("off", "on")),
    )


def _weakness(secret: str) -> str:
    """What is wrong with a secret, '' where nothing is."""
    if len(secret) < SECRET_MIN_LENGTH:
        return N_("fewer")
    if any(sample in secret.lower() for sample in SAMPLE_SECRETS):
        return N_("one that is made of a sample")
    if len(set(secret)) < SECRET_MIN_VARIETY:
        return N_("too few different ones")
    return ""


def _database_url(written: str) -> str:
    """The address with the driver we install; many hosts hand out PostgreSQL addresses that name none."""
    for prefix in ("postgres://", "postgresql://"):
        if written.startswith(prefix):
            written = f"postgresql+psycopg://{written.removeprefix(prefix)}"
    try:
        make_url(written).get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ValueError):
        # The address may hold a password, so it is not repeated here.
        raise ConfigurationError(
            N_(
                "MATCHMAKER_DATABASE_URL: expected an address such as postgresql+psycopg://user:password@host/name, "
                "found something else."
            )
        ) from None
    except ImportError as error:
        raise ConfigurationError(
            N_(
                "MATCHMAKER_DATABASE_URL: its driver %(driver)s is not installed. For PostgreSQL write "
                "postgresql+psycopg://… and install matchmaker[postgres]."
            ),
            driver=error.name,
        ) from None
    return written


def _kept_secret(path: Path, make: Callable[[], str], *, check: bool = True) -> str:
    """A secret kept in the data directory, made at the first start; every process reads the same one."""
    try:
        if not path.exists():
            _write_once(path, make())
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else N_("it is damaged")
        raise ConfigurationError(
            N_("MATCHMAKER_DATA_DIR: %(path)s can't be read or written: %(reason)s."), path=path, reason=reason
        ) from error
    if check and (weakness := _weakness(secret)):
        raise ConfigurationError(
            N_(
                "%(path)s: expected a secret of at least %(least)d random characters, found %(weakness)s. "
                "Restore the file, or remove it to have a new one generated (everybody is signed out then)."
            )
            if path.name == "secret_key"
            else N_(
                "%(path)s: expected a secret of at least %(least)d random characters, found %(weakness)s. "
                "Restore the file, from the backup: without it no password fits."
            ),
            path=path,
            least=SECRET_MIN_LENGTH,
            weakness=weakness,
        )
    return secret


def _write_once(path: Path, text: str) -> None:
    """Write a private file that appears complete or not at all; of several processes that try, one is the author."""
    descriptor, temporary = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)
