"""What a cluster shows its board: what went in, what was offered, who came together, and what came of it.

Counts only, over what every member may read and over what both sides of an introduction say alike. Steps that two
members took together are told from three upwards: of one or two everybody who knows the cluster would know whose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask_babel import format_date
from flask_babel import lazy_gettext as _
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from matchmaker.clusters.models import Cluster, ClusterMembership
from matchmaker.db import today
from matchmaker.desk.queries import Gap, widest_gaps
from matchmaker.introductions.models import Introduction, Side
from matchmaker.items.queries import live, visible_to_others
from matchmaker.meetings.models import Held, Meeting, MeetingAnswer
from matchmaker.needs.models import Need
from matchmaker.outcomes.models import Confirmation, Outcome, OutcomeKind, Story
from matchmaker.outcomes.queries import published
from matchmaker.paging import count
from matchmaker.permissions import VISITOR, Visibility
from matchmaker.profiles.models import Competence
from matchmaker.testfields.models import TestField

#: What two did together is told from this many upwards; fewer, but not none, are told as fewer.
FEWEST = 3
#: How long a need may stay open before the board hears of it.
PATIENCE = timedelta(days=90)
#: Quarters and years that can be chosen, and needs and stories that a page of paper has room for.
QUARTERS, YEARS, MOST = 8, 3, 3


@dataclass(frozen=True)
class Period:
    """A year, or a quarter of one."""

    year: int
    quarter: int = 0

    def __str__(self) -> str:
        return f"{self.year}-Q{self.quarter}" if self.quarter else str(self.year)

    @property
    def first(self) -> date:
        return date(self.year, 3 * self.quarter - 2 if self.quarter else 1, 1)

    @property
    def next(self) -> Period:
        if not self.quarter:
            return Period(self.year + 1)
        return Period(self.year, self.quarter + 1) if self.quarter < 4 else Period(self.year + 1, 1)

    @property
    def before(self) -> Period:
        if not self.quarter:
            return Period(self.year - 1)
        return Period(self.year, self.quarter - 1) if self.quarter > 1 else Period(self.year - 1, 4)

    @classmethod
    def of(cls, words: str) -> Period:
        """The period of an address; the present quarter where it is none that can be chosen."""
        return next((one for one in periods() if str(one) == words), periods()[0])

    @property
    def words(self) -> str:
        """What the reader calls it."""
        return str(format_date(self.first, "QQQQ y")) if self.quarter else str(self.year)

    def holds(self, moment: Any) -> Any:
        """Whether a column's moment falls into it."""
        first, end = (datetime.combine(day, time(), UTC) for day in (self.first, self.next.first))
        return and_(moment >= first, moment < end)


def periods() -> list[Period]:
    """What can be chosen, the present quarter first."""
    now = today()
    quarters = [Period(now.year, (now.month + 2) // 3)]
    while len(quarters) < QUARTERS:
        quarters.append(quarters[-1].before)
    return quarters + [Period(now.year - back) for back in range(YEARS)]


@dataclass(frozen=True)
class Figure:
    """One number with what it means, beside that of the period before; None: fewer than are told."""

    stage: str
    name: str
    now: int | None
    before: int | None
    meaning: str
    #: Whether it is a step that two took together.
    step: bool = False


@dataclass
class Board:
    """The page."""

    cluster: Cluster
    period: Period
    figures: list[Figure] = field(default_factory=list)
    #: What was granted, by currency, where enough was to tell.
    granted: list[tuple[str, int]] = field(default_factory=list)
    stories: list[Story] = field(default_factory=list)
    story_count: int = 0
    #: Public needs that have been open for long, and how many such needs members read.
    waiting: list[Need] = field(default_factory=list)
    waiting_count: int = 0
    #: Fields in which more is sought than offered.
    gaps: list[Gap] = field(default_factory=list)

    @property
    def stages(self) -> list[tuple[str, list[Figure]]]:
        """The figures by stage, in their order."""
        return [(stage, list(figures)) for stage, figures in groupby(self.figures, key=attrgetter("stage"))]

    @property
    def as_of(self) -> str:
        """The present day in the reader's words: what is missing is missing now."""
        return str(format_date(today(), "long"))


def board(session: Session, cluster: Cluster, period: Period) -> Board:
    """What a cluster shows its board of a period."""
    made = Board(cluster, period, _figures(session, cluster, period))
    granted = _outcomes(cluster, period, OutcomeKind.APPLICATION_GRANTED)
    if count(session, granted) >= FEWEST:
        sums = (
            select(Outcome.currency, func.sum(Outcome.amount))
            .where(Outcome.id.in_(granted.with_only_columns(Outcome.id)))
            .group_by(Outcome.currency)
            .order_by(Outcome.currency)
        )
        made.granted = [(currency, int(amount)) for currency, amount in session.execute(sums)]
    told = published().where(
        Story.introduction_id.in_(_introductions(cluster).with_only_columns(Introduction.id)),
        period.holds(Story.published_at),
    )
    made.stories = list(session.scalars(told.limit(MOST)))
    made.story_count = count(session, told)
    waiting = _long_open(cluster)
    made.waiting = list(session.scalars(waiting.where(Need.visibility == Visibility.PUBLIC).limit(MOST)))
    made.waiting_count = count(session, waiting)
    made.gaps = widest_gaps(session, *(_read_by_members(model, cluster) for model in (Need, Competence)))[:MOST]
    return made


def _figures(session: Session, cluster: Cluster, period: Period) -> list[Figure]:
    def figure(
        stage: Any, name: Any, wanted: Callable[[Period], Select[Any]], meaning: Any, *, between_two: bool = False
    ) -> Figure:
        now, before = (count(session, wanted(one)) for one in (period, period.before))
        if between_two:
            now, before = _told(now), _told(before)
        return Figure(str(stage), str(name), now, before, str(meaning), step=between_two)

    def published_in(model: type[Any]) -> Callable[[Period], Select[Any]]:
        return lambda one: _read_by_members(model, cluster).where(one.holds(model.published_at))

    def came(*kinds: OutcomeKind) -> Callable[[Period], Select[Any]]:
        return lambda one: _outcomes(cluster, one, *kinds)

    went_in, gave, led, changed = _("Input"), _("Output"), _("Outcome"), _("Impact")
    return [
        figure(went_in, _("Members"), lambda one: _members(cluster, one), _("Organisations in it at the end.")),
        figure(went_in, _("Competences"), published_in(Competence), _("Published, and still to be read by members.")),
        figure(went_in, _("Test fields"), published_in(TestField), _("Published, and still to be read by members.")),
        figure(went_in, _("Needs"), published_in(Need), _("Opened, and still to be read by members.")),
        figure(
            gave, _("Asked"), lambda one: _asked(cluster, one),
            _("Introductions that a member asked for, or a manager proposed."), between_two=True,
        ),
        figure(
            gave, _("After a suggestion"), lambda one: _asked(cluster, one, suggested=True),
            _("Of these, the ones that began with a suggestion of the platform."), between_two=True,
        ),
        figure(
            gave, _("Introduced"), lambda one: _agreed(cluster, one),
            _("Both sides agreed, and know each other since."), between_two=True,
        ),
        figure(
            led, _("They met"), lambda one: _met(cluster, one),
            _("Both sides say that they met."), between_two=True,
        ),
        figure(
            led, _("Agreement signed"), came(OutcomeKind.AGREEMENT_SIGNED),
            _("From confidentiality to licence, as both sides say."), between_two=True,
        ),
        figure(
            led, _("Project or application"), came(OutcomeKind.PROJECT_STARTED, OutcomeKind.APPLICATION_SUBMITTED),
            _("Started or submitted together, as both sides say."), between_two=True,
        ),
        figure(
            changed, _("Granted, tested or in use"),
            came(OutcomeKind.APPLICATION_GRANTED, OutcomeKind.PRODUCT_TESTED, OutcomeKind.ROUTINE_USE),
            _("An application granted, a product tested, or routine use, as both sides say."), between_two=True,
        ),
    ]  # fmt: skip


def _told(number: int) -> int | None:
    return None if 0 < number < FEWEST else number


def _of(cluster: Cluster) -> Select[tuple[int]]:
    return select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id == cluster.id)


def _members(cluster: Cluster, period: Period) -> Select[Any]:
    joined = or_(ClusterMembership.since.is_(None), ClusterMembership.since < period.next.first)
    return _of(cluster).where(joined)


def _read_by_members(model: type[Any], cluster: Cluster) -> Select[Any]:
    member = replace(VISITOR, cluster_ids=frozenset({cluster.id}))
    return select(model).where(live(model), visible_to_others(model, member), model.organisation_id.in_(_of(cluster)))


def _introductions(cluster: Cluster) -> Select[Any]:
    """Those that a member of the cluster stands on one side of."""
    members = _of(cluster)
    return select(Introduction).where(
        or_(Introduction.from_organisation_id.in_(members), Introduction.to_organisation_id.in_(members))
    )


def _asked(cluster: Cluster, period: Period, *, suggested: bool = False) -> Select[Any]:
    asked = _introductions(cluster).where(period.holds(Introduction.requested_at))
    return asked.where(Introduction.with_kind.is_not(None)) if suggested else asked


def _agreed(cluster: Cluster, period: Period) -> Select[Any]:
    return _introductions(cluster).where(period.holds(Introduction.answered_at))


def _outcomes(cluster: Cluster, period: Period, *kinds: OutcomeKind) -> Select[Any]:
    """What both sides say came of it."""
    said = [
        select(Confirmation.outcome_id).where(
            Confirmation.outcome_id == Outcome.id, Confirmation.side == side, Confirmation.agrees
        )
        for side in Side
    ]
    return select(Outcome).where(
        Outcome.introduction_id.in_(_introductions(cluster).with_only_columns(Introduction.id)),
        Outcome.kind.in_(kinds),
        Outcome.withdrawn_at.is_(None),
        period.holds(Outcome.created_at),
        *(one.exists() for one in said),
    )


def _met(cluster: Cluster, period: Period) -> Select[Any]:
    """Introductions whose sides met, as both answered afterwards or noted as an outcome."""
    answers = [aliased(MeetingAnswer) for _side in Side]
    meeting = select(Meeting.introduction_id).where(period.holds(Meeting.starts_at))
    for answer, side in zip(answers, Side, strict=True):
        meeting = meeting.join(
            answer, and_(answer.meeting_id == Meeting.id, answer.side == side, answer.held == Held.YES)
        )
    noted = _outcomes(cluster, period, OutcomeKind.MEETING_HELD).with_only_columns(Outcome.introduction_id)
    return _introductions(cluster).where(or_(Introduction.id.in_(meeting), Introduction.id.in_(noted)))


def _long_open(cluster: Cluster) -> Select[Any]:
    """Needs that members read and that are still open after a while, the longest waiting first.

    Whether anybody was introduced for one is not asked: that is between the two.
    """
    long_ago = datetime.combine(today() - PATIENCE, time(), UTC)
    return _read_by_members(Need, cluster).where(Need.published_at < long_ago).order_by(Need.published_at, Need.id)
