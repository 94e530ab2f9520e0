"""What a password must be: long enough, and not the first thing somebody would try. No rules of composition.

And how many are hashed at a time: a flood of sign-ins shall not take the processor and the threads away from the pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from threading import BoundedSemaphore
from typing import Any

from flask_babel import gettext as _
from flask_security import PasswordUtil
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from matchmaker.throttle import Busy

#: As NIST SP 800-63B-4 asks for where the password is the only factor; it holds for everybody, so that a second factor
#: can be taken away again without asking for another password.
SHORTEST = 15
LONGEST = 1024
#: What has to remain of a password after the words everybody would try are taken out, in different characters.
LEAST_OWN = 5
#: How many of the passwords found most often are known here.
LISTED = 30_000

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
    own = {character for character in left if not character.isspace()}
    if len(own) < LEAST_OWN or _is_listed(password):
        return _("This is too easy to guess: it is made of your name, common words, rows or repeated characters.")
    return None


def _is_listed(password: str) -> bool:
    """Whether a password is one of those found most often, or two of them in a row, whatever stands around them."""
    core = re.sub(r"[\W\d_]+", "", _fold(password))
    listed = _list()
    if core in listed or _fold(password) in listed:
        return True
    return any(core[:cut] in listed and core[cut:] in listed for cut in range(1, len(core)))


@cache
def _list() -> frozenset[str]:
    return frozenset(islice(FREQUENCY_LISTS["passwords"], LISTED))


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


class TakingTurns:
    """A hashing context in which one password is hashed at a time, and only so many wait for their turn.

    Whoever comes when the queue is full is told to come again (``Busy``): threads stay free for the pages.
    """

    def __init__(self, context: Any, *, waiting: int) -> None:
        self._context = context
        self._turn = BoundedSemaphore(1)
        self._places = BoundedSemaphore(1 + waiting)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            with self._turn:
                yield
        finally:
            self._places.release()

    def hash(self, *args: Any, **kwargs: Any) -> Any:
        """Hash a password when its turn comes."""
        with self._in_turn():
            return self._context.hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> Any:
        """Compare a password with a hash when its turn comes."""
        with self._in_turn():
            return self._context.verify(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)
