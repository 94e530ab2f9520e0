"""What is told about watches: how many finds there are and for which search, never what was found.

Whether its reader may still read a find is asked when the page is opened.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from matchmaker.notifications.kinds import ByMail, Facts, Group, Kind, register
from matchmaker.watches.operations import FOUND


def _sentence(facts: Facts) -> str:
    return str(
        ngettext(
            "%(num)s new find for “%(watch)s”.",
            "%(num)s new finds for “%(watch)s”.",
            facts["count"],
            watch=facts["watch"],
        )
    )


register(
    Kind(
        name=FOUND,
        group=Group.SUGGESTIONS,
        label=_("Something new fits a search that I keep"),
        sentence=_sentence,
        endpoint="watches.show",
        arguments={"public_id": "watch_id"},
        template="watches/email/found",
        by_mail=ByMail.DIGEST,
    )
)
