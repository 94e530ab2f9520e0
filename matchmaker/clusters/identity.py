"""By what an organisation is recognised besides its name: its ROR id and the site of its website."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_ROR = re.compile(r"(?:(?:https?://)?ror\.org/)?(0[0-9a-hj-km-np-tv-z]{6}[0-9]{2})/?", re.IGNORECASE)

#: Sites that hold the pages of many organisations: they say nothing about which one.
SHARED_SITES = frozenset(
    {
        "linkedin.com", "facebook.com", "instagram.com", "x.com", "twitter.com", "xing.com", "youtube.com",
        "github.com", "github.io", "sites.google.com", "google.com", "wordpress.com", "wixsite.com", "jimdo.com",
        "wikipedia.org", "en.wikipedia.org", "de.wikipedia.org", "sv.wikipedia.org", "researchgate.net",
    }
)  # fmt: skip


class BadIdentifier(ValueError):
    """An identifier that can't be one; the message says what was expected."""


def ror_id(raw: str) -> str:
    """The full form of a ROR id, ``https://ror.org/0…``, or '' for none. Raises BadIdentifier.

    The last two digits are a check sum (ISO 7064, modulo 97-10) over the six characters after the leading zero.
    """
    raw = raw.strip()
    if not raw:
        return ""
    found = _ROR.fullmatch(raw)
    if not found:
        raise BadIdentifier("expected nine characters beginning with 0, as in https://ror.org/01zgy1s35")
    code = found[1].lower()
    number = 0
    for character in code[1:7]:
        number = number * 32 + _BASE32.index(character)
    if 98 - number * 100 % 97 != int(code[7:]):
        raise BadIdentifier("expected matching check digits at the end; one character is probably mistyped")
    return f"https://ror.org/{code}"


def web_address(raw: str) -> str:
    """A website's full address, or '' for none. Raises BadIdentifier for what is not an http(s) address."""
    raw = raw.strip()
    if not raw:
        return ""
    if not re.match(r"[a-z][a-z0-9+.-]*:", raw, re.IGNORECASE):
        raw = f"https://{raw}"
    try:
        parts = urlsplit(raw)
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise BadIdentifier("expected an address such as https://www.example.org") from None
    if (
        parts.scheme.lower() not in ("http", "https")
        or parts.username is not None
        or not re.fullmatch(r"(?=.{4,253}$)([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}", host, re.IGNORECASE)
        or any(character.isspace() or character in "<>\"'\\" for character in raw)
    ):
        raise BadIdentifier("expected an address such as https://www.example.org")
    return raw


def domain_of(website: str | None) -> str:
    """The site a website stands on, without ``www.``; '' where there is none or many share it."""
    try:
        host = urlsplit(website or "").hostname or ""
    except ValueError:
        return ""
    host = host.lower().removeprefix("www.").rstrip(".")
    shared = any(host == site or host.endswith(f".{site}") for site in SHARED_SITES)
    return "" if shared else host[:120]
