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
        "kJ8#vq2!Zr0m",
    ],
)
def test_a_long_password_of_ones_own_is_accepted(app: Flask, password: str) -> None:
    with app.test_request_context():
        assert weakness(password, ["Anna Schmidt", "anna.schmidt@knochenwerk.example"]) is None


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elevenchars",
        "x" * 1025,
        "passwordpassword",
        "password123456",
        "Passwort2026!",
        "qwertzuiop123",
        "123456789012",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcdefghijklmnop",
        "matchmaker2026",
        "MatchMakerMatchMaker",
        "annaschmidt1234",
        "anna.schmidt@knochenwerk.example",
        "knochenwerk1234",
        "ＰＡＳＳＷＯＲＤ１２３４",
    ],
)
def test_what_others_would_try_first_is_refused(app: Flask, password: str) -> None:
    with app.test_request_context():
        assert weakness(password, ["Anna Schmidt", "anna.schmidt@knochenwerk.example"]) is not None
