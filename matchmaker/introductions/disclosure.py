"""What a side can disclose, with the very values, and the fingerprint of what it was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.introductions.models import Disclosed

#: The version of the words on the consent screen. New words get a new version, so that it stays known who read what.
TEXT_VERSION = "2026-11"
#: What every consent discloses; the rest is the side's own choice.
ALWAYS = (Disclosed.ORGANISATION, Disclosed.NAME, Disclosed.EMAIL)


class ShownChanged(Exception):
    """What would be disclosed is not what the consent screen showed."""


@dataclass(frozen=True)
class Offer:
    """Everything that a side could disclose now."""

    values: dict[str, str]

    @property
    def digest(self) -> str:
        """The fingerprint of the screen that shows this offer."""
        return digest_of(self.values)

    def chosen(self, optional: Collection[str]) -> dict[str, str]:
        """The values that are disclosed, given which optional fields were ticked."""
        return {name: value for name, value in self.values.items() if name in ALWAYS or name in optional}


def offer(organisation: Organisation, person: User, *, phone: str = "", item: Any = None) -> Offer:
    """What a side could disclose: who answers for it, and the full text of its item where that is confidential."""
    values = {
        Disclosed.ORGANISATION: organisation.name,
        Disclosed.NAME: person.display_name,
        Disclosed.TITLE: person.title,
        Disclosed.EMAIL: person.email,
        Disclosed.PHONE: phone,
        Disclosed.TEXT: full_text(item) if item is not None else "",
    }
    return Offer({str(name): value for name, value in values.items() if value})


def full_text(item: Any) -> str:
    """An item in words, as the other side gets it."""
    return "\n\n".join(part for part in item.paragraphs() if part)


def digest_of(values: dict[str, str]) -> str:
    """SHA-256 of fields, values and the words around them."""
    shown = json.dumps([TEXT_VERSION, values], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()
