"""Teasers: how the row that others see follows its item, and what an owner is warned of while typing one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, ngettext
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from matchmaker.clusters.models import SECTOR_OF, Organisation
from matchmaker.items.models import ItemState, Size, Teaser, TeaserFact, WithTeaser
from matchmaker.permissions import Visibility
from matchmaker.texts import comparison_key

#: So many words in a row, taken over from the confidential text, are pointed out.
REPEATED = 6
#: Facts that fewer organisations than this share point at one of them.
CROWD = 3
#: Words of a name that many organisations share.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    ab ag aps as bv co eg ek ev gbr gmbh hb inc kg kgaa ltd llc mbh oy plc sa sarl se srl ug und and och the der die
    das of för for university universität universitet institute institut clinic klinik hospital group holding research
    medical health care germany deutschland sweden sverige hamburg international
    """,
    )
)


def shown(organisation: Organisation, facts: list[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """The facts beside a teaser: of the organisation and of the item those that the owner chose, the rest empty."""
    size = Size.SME if organisation.is_sme else Size.LARGER
    return {
        "sector": organisation.sector if TeaserFact.SECTOR in facts else None,
        "country": organisation.country if TeaserFact.COUNTRY in facts else "",
        "size": size if TeaserFact.SIZE in facts else None,
        "fields": sorted(values.get("fields") or ()) if TeaserFact.FIELDS in facts else [],
        "cooperation": sorted(values.get("cooperation") or ()) if TeaserFact.COOPERATION in facts else [],
    }


def preview(values: Mapping[str, Any], organisation: Organisation) -> Teaser:
    """The teaser that others would see of what is typed in a form; it belongs to no session."""
    facts = list(values.get("teaser_facts") or ())
    return Teaser(text=values.get("teaser") or "", live=True, **shown(organisation, facts, values))


@event.listens_for(Session, "before_flush")
def _follow(session: Session, _context: Any, _instances: Any) -> None:
    """Whatever happens to an item, its teaser shows or hides with it in the same transaction."""
    for item in (*session.new, *session.dirty):
        if isinstance(item, WithTeaser) and (item in session.new or session.is_modified(item)):
            _bring_in_step(item)


def _bring_in_step(item: WithTeaser) -> None:
    live = item.visibility == Visibility.TEASER and item.state == ItemState.PUBLISHED and bool(item.teaser)
    if item.shown_as is None:
        if not live:
            return
        item.shown_as = Teaser()
    organisation, teaser = item.organisation, item.shown_as
    values = {"fields": item.fields, "cooperation": getattr(item, "cooperation", None)}
    wanted = {
        "owner": organisation,
        "text": item.teaser or "",
        "live": live,
        "expires_on": item.expires_on,
        **shown(organisation, item.teaser_facts or [], values),
    }
    if teaser.text != wanted["text"]:
        # It is told anew from the new text.
        teaser.language = ""
    for name, value in wanted.items():
        if getattr(teaser, name) != value:
            setattr(teaser, name, value)


# --- What an owner is warned of -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Warning:
    """Something in a teaser that may give its owner away."""

    code: str
    text: str


def warnings(session: Session, values: Mapping[str, Any], organisation: Organisation) -> list[Warning]:
    """What might give the owner of this teaser away. A warning keeps nobody from saving."""
    teaser = values.get("teaser") or ""
    found = []
    if name := _named(teaser, organisation):
        found.append(
            Warning("named", gettext("The teaser says “%(name)s”, which points at your organisation.", name=name))
        )
    confidential = " ".join(
        str(values.get(field) or "") for field in ("title", "description", "expected_result", "advantages", "capacity")
    )
    if run := longest_run(teaser, confidential):
        found.append(
            Warning(
                "repeated", gettext("The teaser repeats the confidential text word for word: “%(words)s”.", words=run)
            )
        )
    facts = list(values.get("teaser_facts") or ())
    alike = crowd(session, organisation, facts)
    if alike is not None and alike < CROWD:
        found.append(
            Warning(
                "singled_out",
                ngettext(
                    "Only one organisation here has the sector, country and size you show: yours. Show less.",
                    "Only %(num)s organisations here have the sector, country and size you show. Show less.",
                    alike,
                ),
            )
        )
    return found


def crowd(session: Session, organisation: Organisation, facts: list[str]) -> int | None:
    """How many organisations of this installation share the shown sector, country and size; None where none is shown.

    All of them count, because everybody in any of its clusters reads teasers.
    """
    alike = []
    if TeaserFact.SECTOR in facts:
        alike.append(
            Organisation.type.in_([kind for kind, sector in SECTOR_OF.items() if sector is organisation.sector])
        )
    if TeaserFact.COUNTRY in facts:
        alike.append(Organisation.country == organisation.country)
    if TeaserFact.SIZE in facts:
        alike.append(Organisation.is_sme == organisation.is_sme)
    return session.scalar(select(func.count(Organisation.id)).where(*alike)) if alike else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+(?:[-'’]\w+)*", text)


def longest_run(teaser: str, confidential: str) -> str:
    """The longest run of words that both texts hold, where it is long enough to be telling; '' otherwise."""
    ours, theirs = _words(teaser), [word.casefold() for word in _words(confidential)]
    known = {tuple(theirs[at : at + REPEATED]) for at in range(len(theirs) - REPEATED + 1)}
    folded = [word.casefold() for word in ours]
    best: list[str] = []
    at = 0
    while at <= len(ours) - REPEATED:
        end = at
        while tuple(folded[end : end + REPEATED]) in known:
            end += 1
        if end > at and end - at + REPEATED - 1 > len(best):
            best = ours[at : end + REPEATED - 1]
        at = end + 1 if end > at else at + 1
    return " ".join(best[:12]) + (" …" if len(best) > 12 else "")


def _named(teaser: str, organisation: Organisation) -> str:
    """The organisation's name, or the telling part of it, as the teaser says it; '' where it does not."""
    said = {comparison_key(word): word for word in _words(teaser)}
    named = [comparison_key(word) for word in _words(organisation.name)]
    named += [part for part in organisation.domain.split(".")[:-1] if part]
    return next((said[word] for word in named if len(word) > 2 and word not in _COMMON and word in said), "")
