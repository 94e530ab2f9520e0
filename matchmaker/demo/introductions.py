"""A few introductions of the demonstration cluster, one in each state that its three people come across."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import User
from matchmaker.clusters.models import Membership, Organisation
from matchmaker.db import utcnow
from matchmaker.introductions import disclosure
from matchmaker.introductions.models import (
    About,
    Consent,
    DeclineReason,
    Introduction,
    IntroductionState,
    Side,
    matter_of,
    pair_of,
)
from matchmaker.introductions.operations import TERM
from matchmaker.needs.models import Need


@dataclass(frozen=True)
class Told:
    """One introduction: who asked whom about which need, how many days ago, and how it went."""

    asker: str
    asked: str
    need: str
    days: int
    state: IntroductionState
    sought: str
    about_us: str
    reason: DeclineReason | None = None


TOLD = (
    Told(
        "upplandia", "knochenwerk", "n-knochenwerk-germs", 3, IntroductionState.REQUESTED,
        "A joint project: we coat, you print, and we test on your blocks.",
        "We work on surfaces that bacteria do not like, and have a flow chamber that runs for two weeks.",
    ),
    Told(
        "knochenwerk", "fyris", "n-knochenwerk-pack", 5, IntroductionState.REQUESTED,
        "A service for a fee: sterility over two years, with a report that an authority accepts.",
        "We print resorbable bone implants in Hamburg, nine people, two products on the way to the clinic.",
    ),
    Told(
        "knochenwerk", "foerdeklinik", "n-knochenwerk-first", 40, IntroductionState.ACCEPTED,
        "A first study with ten patients, planned together.",
        "We print resorbable bone implants in Hamburg and look for surgeons who want to be first.",
    ),
    Told(
        "hansaortho", "fyris", "n-fyris-supply", 30, IntroductionState.DECLINED,
        "To learn how you keep batches alike.",
        "We make implants and want to understand gene-based alternatives.",
        DeclineReason.NOT_OUR_FIELD,
    ),
)  # fmt: skip


def load(session: Session, organisations: Mapping[str, Organisation], needs: Mapping[str, Need]) -> None:
    """Add the introductions whose organisations have somebody to speak for them; nobody is told."""
    rows = session.scalars(select(Membership).order_by(Membership.id.desc()))
    people = {membership.organisation_id: membership.user for membership in rows}
    for told in TOLD:
        asker, asked = organisations[told.asker], organisations[told.asked]
        if asker.id in people and asked.id in people:
            session.add(_introduction(told, asker, asked, people, needs[told.need]))
    session.flush()


def _introduction(
    told: Told, asker: Organisation, asked: Organisation, people: Mapping[int, User], need: Need
) -> Introduction:
    began = utcnow() - timedelta(days=told.days)
    made = Introduction(
        from_organisation=asker,
        from_user=people[asker.id],
        to_organisation=asked,
        pair=pair_of(asker.id, asked.id),
        matter=matter_of({About.NEED: need.id}),
        about_kind=About.NEED,
        about_id=need.id,
        sought=told.sought,
        about_us=told.about_us,
        state=told.state,
        active=told.state in (IntroductionState.REQUESTED, IntroductionState.ACCEPTED),
        reason=told.reason,
        ended_by=Side.ASKED if told.reason else None,
        ended_at=began + timedelta(days=2) if told.reason else None,
        requested_at=began,
        delivered_at=began,
        expires_at=began + TERM,
    )
    if told.state in (IntroductionState.REQUESTED, IntroductionState.ACCEPTED):
        made.consents.append(_consent(Side.ASKER, asker, people[asker.id]))
    if told.state == IntroductionState.ACCEPTED:
        made.to_user, made.answered_at = people[asked.id], began + timedelta(days=2)
        made.consents.append(_consent(Side.ASKED, asked, people[asked.id]))
    return made


def _consent(side: Side, organisation: Organisation, person: User) -> Consent:
    disclosed = disclosure.offer(organisation, person).values
    return Consent(
        side=side,
        user=person,
        fields=list(disclosed),
        disclosed=disclosed,
        digest=disclosure.digest_of(disclosed),
        text_version=disclosure.TEXT_VERSION,
    )
