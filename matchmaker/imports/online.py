"""Asking ROR, ORCID, OpenAlex and PubMed over the internet: off unless the installation switches it on.

What comes back is a file of the same format that people save there, and is read by the same readers. Only the numbers
that somebody typed leave this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from flask import current_app

from matchmaker import outbound
from matchmaker.config import Settings

#: Where each of them answers.
SERVICES = {
    "ror": "https://api.ror.org/v2/organizations",
    "orcid": "https://pub.orcid.org/v3.0",
    "openalex": "https://api.openalex.org",
    "pubmed": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
}
_NAMES = {"ror": "ROR", "orcid": "ORCID", "openalex": "OpenAlex", "pubmed": "PubMed"}
#: Numbers in one question.
AT_ONCE = 50
_LARGEST_ANSWER = 5_000_000
_PATIENCE = 15.0


class NoAnswer(Exception):
    """A registry could not be asked, or had nothing to say; the message is its name."""


def is_on() -> bool:
    """Whether this installation asks registries at all."""
    settings: Settings = current_app.extensions["settings"]
    return settings.registries == "on"


def organisations(words: str) -> bytes:
    """ROR's records of organisations by that name or ROR id. Raises NoAnswer."""
    number = words.strip().rpartition("ror.org/")[2]
    if number != words.strip():
        return _ask("ror", f"/{quote(number, safe='')}")
    return _ask("ror", f"?{urlencode({'query': words})}")


def person(orcid: str) -> bytes:
    """ORCID's record of a person. Raises NoAnswer."""
    return _ask("orcid", f"/{quote(orcid, safe='')}/record")


def works(dois: Sequence[str]) -> bytes:
    """OpenAlex's records of works. Raises NoAnswer."""
    asked = {"filter": f"doi:{'|'.join(dois[:AT_ONCE])}", "per-page": str(AT_ONCE)}
    return _ask("openalex", f"/works?{urlencode(asked)}")


def articles(pmids: Sequence[str]) -> bytes:
    """PubMed's records of articles. Raises NoAnswer."""
    asked = {"db": "pubmed", "retmode": "xml", "id": ",".join(pmids[:AT_ONCE])}
    return _ask("pubmed", f"/efetch.fcgi?{urlencode(asked)}")


def _ask(service: str, question: str) -> bytes:
    if not is_on():
        raise NoAnswer(_NAMES[service])
    # The tests put a server of their own in the place of all four.
    elsewhere = current_app.config.get("REGISTRIES_AT")
    address = f"{elsewhere}/{service}" if elsewhere else SERVICES[service]
    try:
        reply = outbound.send(
            "GET",
            address + question,
            headers={"Accept": "application/json, application/xml;q=0.9", "User-Agent": "matchmaker"},
            local=bool(elsewhere),
            patience=_PATIENCE,
            most=_LARGEST_ANSWER,
        )
    except (outbound.Refused, outbound.Unreachable) as error:
        raise NoAnswer(_NAMES[service]) from error
    if reply.status != 200:
        raise NoAnswer(_NAMES[service])
    return reply.body
