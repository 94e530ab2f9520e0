"""The words for what is in a transfer."""

from __future__ import annotations

from flask_babel import ngettext


def counted(name: str, number: int) -> str:
    """How many rows of a kind there are, in words."""
    words = {
        "organisations": ngettext("%(num)s organisation", "%(num)s organisations", number),
        "profiles": ngettext("%(num)s profile", "%(num)s profiles", number),
        "evidence": ngettext("One record", "%(num)s records", number),
        "competences": ngettext("One competence", "%(num)s competences", number),
        "needs": ngettext("One need", "%(num)s needs", number),
        "test_fields": ngettext("One test field", "%(num)s test fields", number),
        "verdicts": ngettext("%(num)s verdict", "%(num)s verdicts", number),
    }
    return words[name]
