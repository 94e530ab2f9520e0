"""Where a sign-in may lead to: a page of this site, named by its path, and nothing else."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit


def is_safe(target: str | None) -> bool:
    """Whether an address is a plain path of this site, in whatever way a browser may read it.

    Browsers drop control characters, read backslashes as slashes and take ``//host`` for another site; so everything
    but one leading slash followed by something that is not a slash is refused, before and after decoding.
    """
    if not target or any(ord(character) < 0x20 for character in target):
        return False
    for reading in (target, unquote(target)):
        path = reading.partition("?")[0]
        if not path.startswith("/") or path.startswith("//") or "\\" in path:
            return False
        if any(ord(character) <= 0x20 or 0x7F <= ord(character) <= 0xA0 for character in path):
            return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
