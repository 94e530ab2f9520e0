"""Which passwords are refused, and that no rule asks for odd characters."""

from __future__ import annotations

import pytest
from flask import Flask

from matchmaker.accounts.passwords import weakness


@pytest.mark.parametrize(
    "password",
    [
        "a quiet harbour at dawn",
        "correcthorsebatterystaple",
        "sieben Möwen über Övelgönne",
        "🦴🧫🔬 knochen und zellen",
        "x" * 40 + "quwpzm",
        "my matchmaker drinks black tea",
        "kJ8#vq2!Zr0m/wX",
    ],
)
def test_a_long_password_of_ones_own_is_accepted(app: Flask, password: str) -> None:
    with app.test_request_context():
        assert weakness(password, ["Anna Schmidt", "anna.schmidt@knochenwerk.example"]) is None


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "fourteen chars",
        "x" * 1025,
        "passwordpassword",
        "password1234567890",
        "Passwort2026!2026",
        "qwertzuiop123456",
        "1234567890123456",
        "Liverpool-Chelsea-2026!",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcdefghijklmnop",
        "matchmaker2026!!",
        "MatchMakerMatchMaker",
        "annaschmidt1234567",
        "anna.schmidt@knochenwerk.example",
        "knochenwerk12345",
        "ＰＡＳＳＷＯＲＤ１２３４",
    ],
)
def test_what_others_would_try_first_is_refused(app: Flask, password: str) -> None:
    with app.test_request_context():
        assert weakness(password, ["Anna Schmidt", "anna.schmidt@knochenwerk.example"]) is not None
