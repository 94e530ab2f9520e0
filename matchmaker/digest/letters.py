"""The words of a digest."""

from __future__ import annotations

from matchmaker.accounts.models import User
from matchmaker.digest.queries import Contents, Idea
from matchmaker.mail.letters import absolute_url, compose
from matchmaker.needs.models import Need
from matchmaker.notifications.kinds import DIGEST, KINDS
from matchmaker.notifications.letters import Mail, finish, unsubscribe_url
from matchmaker.notifications.models import Notification
from matchmaker.permissions import Visibility


def digest(reader: User, found: Contents) -> Mail:
    """The mail with what waits and who fits."""
    return finish(
        "digest/email/digest",
        DIGEST,
        reader,
        stop_url=unsubscribe_url(reader, DIGEST),
        news=[_line(reader, told) for told in found.news],
        ideas=[_idea(idea) for idea in found.ideas],
    )


def _line(reader: User, told: Notification) -> str:
    """A piece of news in a line: the subject that a mail of its own would have had."""
    kind = KINDS[told.kind]
    return compose(kind.template, locale=reader.locale, reader=reader, link="", **told.facts)["subject"]


def _idea(idea: Idea) -> dict[str, object]:
    return {
        "title": _title(idea.need),
        "partners": [partner.name for partner in idea.partners],
        "link": absolute_url("suggestions.for_need", public_id=idea.need.public_id),
    }


def _title(need: Need) -> str:
    """A need's title, where others may read it anyway: a mail lies in more hands than a page."""
    return need.title if need.visibility in (Visibility.PUBLIC, Visibility.MEMBERS) else ""
