"""Mail: written into the outbox in the same transaction as what it tells of, sent by the worker after the commit.

Without MATCHMAKER_SMTP_URL mails are printed, so that a trial installation works without a mail server.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import Flask

from matchmaker.config import N_, ConfigurationError, Settings
from matchmaker.extensions import mail
from matchmaker.mail import jobs, manage
from matchmaker.mail.cli import commands
from matchmaker.mail.letters import absolute_url

__all__ = ("flask_config", "init_app", "jobs")


def flask_config(settings: Settings) -> dict[str, object]:
    """Flask-Mailman's configuration. Raises ConfigurationError for an address that can't be used."""
    config: dict[str, object] = {"MAIL_DEFAULT_SENDER": settings.mail_from, "MAIL_TIMEOUT": 15}
    if settings.smtp_url is None:
        return config | {"MAIL_BACKEND": "matchmaker.mail.console"}
    url = urlsplit(settings.smtp_url)
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ConfigurationError(
            N_("MATCHMAKER_SMTP_URL: expected smtp://user:password@host:port or smtps://…, found something else.")
        )
    # TLS is used with every server that is not this machine itself.
    local = url.hostname in ("localhost", "127.0.0.1", "::1")
    return config | {
        "MAIL_BACKEND": "smtp",
        "MAIL_SERVER": url.hostname,
        "MAIL_PORT": url.port or (465 if url.scheme == "smtps" else 587),
        "MAIL_USE_SSL": url.scheme == "smtps",
        "MAIL_USE_TLS": url.scheme == "smtp" and not local,
        "MAIL_USERNAME": unquote(url.username) if url.username else None,
        "MAIL_PASSWORD": unquote(url.password) if url.password else None,
    }


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the mail backend that the settings name, unless the configuration already names one."""
    for key, value in flask_config(settings).items():
        app.config.setdefault(key, value)
    mail.init_app(app)
    app.jinja_env.globals["absolute_url"] = absolute_url
    app.register_blueprint(manage.bp)
    for command in commands:
        app.cli.add_command(command)
