"""How people and publications are numbered: ORCID iDs, DOIs and PubMed numbers, as people type them."""

from __future__ import annotations

import re

_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])", re.IGNORECASE)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_PMID = re.compile(r"(?:https?://pubmed\.ncbi\.nlm\.nih\.gov/|pmid:?\s*)?(\d{1,9})/?", re.IGNORECASE)


def orcid(text: str) -> str | None:
    """The ORCID iD in its usual form, 0000-0000-0000-000X; None where the text is none or its check digit is wrong."""
    found = _ORCID.fullmatch(text.strip())
    if found is None:
        return None
    digits = "".join(found.groups()).upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return "-".join(found.groups()).upper() if digits[-1] == ("X" if check == 10 else str(check)) else None


def doi(text: str) -> str | None:
    """The DOI in the form in which two are compared, lower case and without an address; None where the text is none."""
    found = _DOI.fullmatch(text.strip().rstrip(".,;"))
    return found[1].lower() if found else None


def pmid(text: str) -> str | None:
    """The number of a record in PubMed; None where the text is none."""
    found = _PMID.fullmatch(text.strip())
    return found[1].lstrip("0") or None if found else None
