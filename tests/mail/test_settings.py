"""From MATCHMAKER_SMTP_URL to the mail server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matchmaker.config import ConfigurationError, Settings
from matchmaker.mail import flask_config


def test_a_password_with_odd_characters_arrives_as_it_is(settings: Settings) -> None:
    config = flask_config(replace(settings, smtp_url="smtp://anna%40example.org:p%2Fs%3As@mail.example.org:2525"))
    assert (config["MAIL_SERVER"], config["MAIL_PORT"]) == ("mail.example.org", 2525)
    assert (config["MAIL_USERNAME"], config["MAIL_PASSWORD"]) == ("anna@example.org", "p/s:s")


@pytest.mark.parametrize(
    ("url", "ssl", "tls", "port"),
    [
        ("smtp://mail.example.org", False, True, 587),
        ("smtps://mail.example.org", True, False, 465),
        ("smtp://localhost:25", False, False, 25),
    ],
)
def test_everything_beyond_this_machine_is_encrypted(
    settings: Settings, url: str, ssl: bool, tls: bool, port: int
) -> None:
    config = flask_config(replace(settings, smtp_url=url))
    assert (config["MAIL_USE_SSL"], config["MAIL_USE_TLS"], config["MAIL_PORT"]) == (ssl, tls, port)


def test_without_an_address_mails_are_printed(settings: Settings) -> None:
    assert flask_config(replace(settings, smtp_url=None))["MAIL_BACKEND"] == "matchmaker.mail.console"


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://"])
def test_an_unusable_address_is_refused_with_what_was_expected(settings: Settings, url: str) -> None:
    with pytest.raises(ConfigurationError, match="expected smtp://"):
        flask_config(replace(settings, smtp_url=url))
