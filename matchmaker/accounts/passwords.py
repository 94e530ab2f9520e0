"""What a password must be: long enough, and not the first thing somebody would try. No rules of composition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_security import PasswordUtil

SHORTEST = 12
LONGEST = 1024
#: What has to remain of a password after the words everybody would try are taken out, in different characters.
LEAST_OWN = 5

#: Pieces that the passwords found most often are made of, and the words of this product.
# fmt: off
COMMON = (
    "password", "passwort", "passwd", "losenord", "lösenord", "kennwort", "geheim", "hemlig", "secret", "letmein",
    "welcome", "willkommen", "valkommen", "välkommen", "qwertyuiop", "qwertzuiop", "qwerty", "qwertz", "asdfghjkl",
    "asdfgh", "yxcvbnm", "zxcvbnm", "1q2w3e4r5t", "1q2w3e4r", "1qaz2wsx", "iloveyou", "ichliebedich", "jagalskardig",
    "sunshine", "princess", "football", "fussball", "dragon", "monkey", "master", "superman", "starwars",
    "administrator", "admin", "login", "access", "default", "changeme", "sommer", "winter", "summer", "frühling",
    "herbst", "hunter", "trustno", "matchmaker", "matchmaking", "innovation", "cluster", "partner", "research",
    "forschung", "forskning",
)
# fmt: on
_RUNS = ("01234567890", "09876543210", "abcdefghijklmnopqrstuvwxyz")


def weakness(password: str, own_words: Iterable[str] = ()) -> str | None:
    """A sentence on what is wrong with a password, or None. ``own_words``: the person's name and address."""
    if len(password) < SHORTEST:
        return _("Use at least %(number)s characters. A short sentence is easy to remember.", number=SHORTEST)
    if len(password) > LONGEST:
        return _("Use at most %(number)s characters.", number=LONGEST)
    left = _fold(password)
    pieces = {_fold(piece) for word in (*own_words, *COMMON) for piece in (word, *re.split(r"[\W_]+", word))}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= 4:
            left = left.replace(piece, " ")
    for run in _RUNS:
        for length in range(len(run), 3, -1):
            for start in range(len(run) - length + 1):
                left = left.replace(run[start : start + length], " ")
    if len({character for character in left if not character.isspace()}) < LEAST_OWN:
        return _("This is too easy to guess: it is made of your name, common words, rows or repeated characters.")
    return None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class Passwords(PasswordUtil):
    """Flask-Security's question "is this password good enough?", answered by our rule."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """The sentences against a password, and the password in its normal form."""
        if len(password) > LONGEST:
            # Said before anything works through the text.
            return [weakness(password) or ""], password
        user = kwargs.get("user")
        name, email = (user.name, user.email) if user else (kwargs.get("name"), kwargs.get("email"))
        normal = self.normalize(password)
        found = weakness(normal, [part for part in (name, email) if part])
        return ([found] if found else None), normal
