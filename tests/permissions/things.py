"""What an address may name: for each word of the table, how to make one that belongs to a given organisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.models import SignIn, User
from matchmaker.accounts.operations import begin_sign_in, create_token
from matchmaker.clusters.models import Cluster, Invitation, Membership, MembershipState, Organisation
from matchmaker.conversations.models import Message, MessageFile
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import utcnow
from matchmaker.imports.formats import Format
from matchmaker.imports.models import ImportRun
from matchmaker.imports.readers import FileKind
from matchmaker.introductions.models import Block, Introduction, IntroductionState, Side
from matchmaker.items.models import ItemState
from matchmaker.mail.operations import enqueue
from matchmaker.meetings.models import Meeting
from matchmaker.notifications.models import Notification
from matchmaker.outcomes.models import Outcome, OutcomeKind, Story
from matchmaker.permissions import Visibility
from matchmaker.profiles.models import Profile, ProfileKind
from matchmaker.reports.models import Complaint, Decision, Report
from matchmaker.suggestions.models import GlossaryChange
from matchmaker.transfers.models import ClusterExport
from matchmaker.watches.models import Watch
from matchmaker.webhooks.models import Delivery, Webhook
from tests import factories

#: Looks like an id and is none.
NOWHERE = "222222222222"


@dataclass
class Owner:
    """Whose the thing is to be: an organisation with its admin and a plain member, and its cluster."""

    organisation: Organisation
    user: User
    cluster: Cluster
    #: Another organisation of the same cluster, for things that concern two.
    other: Organisation


@dataclass
class Thing:
    """How a request names the thing, and the rows that vanish when it is deleted."""

    arguments: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    #: What a program sends.
    json: dict[str, Any] = field(default_factory=dict)
    rows: list[Any] = field(default_factory=list)
    #: The person it belongs to; None: it is an organisation's.
    person: User | None = None

    @property
    def can_vanish(self) -> bool:
        return bool(self.rows)


Maker = Callable[[Session, Owner], Thing]

MAKERS: dict[str, Maker] = {}


def thing(name: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        MAKERS[name] = maker
        return maker

    return keep


def _item(name: str, make: Callable[..., Any], **values: Any) -> None:
    """A row of an organisation that has a public id."""

    def maker(session: Session, owner: Owner) -> Thing:
        made = make(session, owner.organisation, **values)
        return Thing({"public_id": made.public_id}, rows=[made])

    MAKERS[name] = maker


def _profile(session: Session, of: Organisation, **values: Any) -> Profile:
    made = Profile(
        **{
            "kind": ProfileKind.GROUP,
            "organisation_id": of.id,
            "name": "Cell therapy group",
            "state": ItemState.PUBLISHED,
            "visibility": Visibility.PUBLIC,
            **values,
        }
    )
    session.add(made)
    session.flush()
    return made


_DRAFT = {"state": ItemState.DRAFT, "visibility": Visibility.PRIVATE}
for _name, _make in {
    "need": factories.need,
    "competence": factories.competence,
    "evidence": factories.evidence,
    "test-field": factories.test_field,
    "profile": _profile,
}.items():
    _item(_name, _make)
    _item(f"members-{_name}", _make, visibility=Visibility.MEMBERS)
    _item(f"private-{_name}", _make, visibility=Visibility.PRIVATE)
    _item(f"draft-{_name}", _make, **_DRAFT)


_TEASER = {
    "visibility": Visibility.TEASER,
    "teaser": "A maker of implants seeks a way to keep cells alive. Experience with flow is welcome.",
}
for _name, _make in {
    "need": factories.need,
    "competence": factories.competence,
    "test-field": factories.test_field,
}.items():
    _item(f"teaser-{_name}", _make, **_TEASER)
    _item(f"entrusted-{_name}", _make, **_TEASER, for_managers=True)


@thing("teaser")
def _teaser(session: Session, owner: Owner) -> Thing:
    need = factories.need(session, owner.organisation, **_TEASER)
    return Thing({"public_id": need.shown_as.public_id}, rows=[need])


@thing("teaser-pair")
def _teaser_pair(session: Session, owner: Owner) -> Thing:
    """Any manager may decide on a teaser, and knows no more of whose it is afterwards."""
    made = _pair(session, owner, **_TEASER)
    made.form |= {"subject_kind": "teaser", "subject": made.rows[0].shown_as.public_id}
    return made


@thing("file")
def _file(session: Session, owner: Owner) -> Thing:
    return Thing({"filename": "css/base.css"})


@thing("library-file")
def _library_file(session: Session, owner: Owner) -> Thing:
    return Thing({"filename": "css/bootstrap.min.css"})


@thing("language")
def _language(session: Session, owner: Owner) -> Thing:
    return Thing({"code": "sv"})


@thing("api-section")
def _api_section(session: Session, owner: Owner) -> Thing:
    return Thing({"key": "needs"})


@thing("no-file")
def _no_file(session: Session, owner: Owner) -> Thing:
    return Thing({"filename": "nothing.js"})


@thing("no-provider")
def _no_provider(session: Session, owner: Owner) -> Thing:
    return Thing({"provider": "orcid"})


@thing("no-token")
def _no_token(session: Session, owner: Owner) -> Thing:
    return Thing({"token": "nothing"})


@thing("organisation")
def _organisation(session: Session, owner: Owner) -> Thing:
    return Thing({"public_id": owner.organisation.public_id})


@thing("matched-organisation")
def _matched(session: Session, owner: Owner) -> Thing:
    return Thing({"public_id": owner.organisation.public_id}, json={"matched": False})


@thing("joinable")
def _joinable(session: Session, owner: Owner) -> Thing:
    return Thing({"public_id": owner.organisation.public_id}, form={"message": "I work here."})


def _nobodys(session: Session, owner: Owner) -> Organisation:
    return factories.organisation(session, within=owner.cluster)


@thing("orphan")
def _orphan(session: Session, owner: Owner) -> Thing:
    made = _nobodys(session, owner)
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("export")
def _export(session: Session, owner: Owner) -> Thing:
    made = ClusterExport(cluster=owner.cluster, ready_at=utcnow(), counts={}, content=b"PK")
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("cluster")
def _cluster(session: Session, owner: Owner) -> Thing:
    return Thing({"public_id": owner.cluster.public_id}, form={"email": owner.user.email})


@thing("rules")
def _rules(session: Session, owner: Owner) -> Thing:
    return Thing({"public_id": owner.cluster.public_id}, json={"brokered": False, "fair_share": True})


def _introduction(session: Session, owner: Owner, **values: Any) -> Introduction:
    made = Introduction(
        **{
            "from_organisation_id": owner.organisation.id,
            "to_organisation_id": owner.other.id,
            "pair": uuid4().hex,
            "state": IntroductionState.REQUESTED,
            "delivered_at": utcnow(),
            "expires_at": utcnow() + timedelta(days=9),
            **values,
        }
    )
    session.add(made)
    session.flush()
    return made


@thing("introduction")
def _asked(session: Session, owner: Owner) -> Thing:
    made = _introduction(session, owner)
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("brokered")
def _brokered(session: Session, owner: Owner) -> Thing:
    made = _introduction(
        session, owner, state=IntroductionState.BROKERED, cluster_id=owner.cluster.id, delivered_at=None
    )
    return Thing({"public_id": made.public_id}, json={"reason": "unclear"}, rows=[made])


@thing("accepted")
def _accepted(session: Session, owner: Owner) -> Thing:
    made = _introduction(session, owner, state=IntroductionState.ACCEPTED, answered_at=utcnow())
    return Thing({"public_id": made.public_id}, rows=[made])


def _to_accepted(name: str, json: dict[str, Any]) -> None:
    """An introduction to which a program sends something."""

    def maker(session: Session, owner: Owner) -> Thing:
        made = _introduction(session, owner, state=IntroductionState.ACCEPTED, answered_at=utcnow())
        return Thing({"public_id": made.public_id}, json=json, rows=[made])

    MAKERS[name] = maker


_to_accepted("noting", {"note": "Ask about the price later."})
_to_accepted("proposing", {"times": [(utcnow() + timedelta(days=3)).isoformat()]})
_to_accepted("reporting", {"kind": "project_started"})
_to_accepted("telling", {"title": "Bone that lives", "text": "It took eleven months."})


def _in_accepted(
    name: str, argument: str, make: Callable[[Introduction], tuple[Any, Any]], json: dict[str, Any] | None = None
) -> None:
    """Something that hangs on an introduction; ``make`` gives the row to add and the one that the address names."""

    def maker(session: Session, owner: Owner) -> Thing:
        introduction = _introduction(session, owner, state=IntroductionState.ACCEPTED, answered_at=utcnow())
        row, named = make(introduction)
        session.add(row)
        session.flush()
        names = {"public_id": introduction.public_id}
        return Thing(names | ({argument: named.public_id} if argument else {}), json=json or {}, rows=[row])

    MAKERS[name] = maker


def _with_file(introduction: Introduction) -> tuple[Any, Any]:
    file = MessageFile(name="plan.pdf", content_type="application/pdf", size=5, content=b"%PDF-")
    return Message(introduction_id=introduction.id, side=Side.ASKER, body="See the plan.", files=[file]), file


def _meeting(introduction: Introduction) -> tuple[Any, Any]:
    made = Meeting(introduction_id=introduction.id, side=Side.ASKED)
    return made, made


def _outcome(introduction: Introduction) -> tuple[Any, Any]:
    made = Outcome(introduction_id=introduction.id, side=Side.ASKED, kind=OutcomeKind.PROJECT_STARTED)
    return made, made


def _story(introduction: Introduction) -> tuple[Any, Any]:
    made = Story(introduction_id=introduction.id, title="Bone that lives", text="It took eleven months.")
    return made, made


_in_accepted("message-file", "file_id", _with_file)
_in_accepted("meeting", "meeting_id", _meeting)
_in_accepted("picking", "meeting_id", _meeting, {"starts_at": utcnow().isoformat()})
_in_accepted("holding", "meeting_id", _meeting, {"held": "yes"})
_in_accepted("outcome", "outcome_id", _outcome, {"said": "yes"})
_in_accepted("story", "", _story)


@thing("interest")
def _interest(session: Session, owner: Owner) -> Thing:
    return Thing(form={"object": owner.organisation.public_id})


@thing("block")
def _block(session: Session, owner: Owner) -> Thing:
    blocked = factories.organisation(session, within=owner.cluster)
    session.add(Block(organisation_id=owner.organisation.id, blocked_id=blocked.id))
    session.flush()
    return Thing({"public_id": blocked.public_id}, rows=[blocked])


@thing("managing")
def _managing(session: Session, owner: Owner) -> Thing:
    manager = factories.user(session, manages=owner.cluster)
    return Thing({"public_id": owner.cluster.public_id, "user_id": manager.public_id}, rows=[manager])


def _membership(session: Session, organisation: Organisation, state: MembershipState) -> Membership:
    made = Membership(user=factories.user(session), organisation=organisation, state=state)
    session.add(made)
    session.flush()
    return made


@thing("membership")
def _active(session: Session, owner: Owner) -> Thing:
    made = _membership(session, owner.organisation, MembershipState.ACTIVE)
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("own-membership")
def _own(session: Session, owner: Owner) -> Thing:
    made = session.scalars(
        select(Membership).where(
            Membership.user_id == owner.user.id, Membership.organisation_id == owner.organisation.id
        )
    ).one()
    return Thing({"public_id": made.public_id}, person=owner.user)


@thing("person")
def _person(session: Session, owner: Owner) -> Thing:
    made = factories.user(session)
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("invitation")
def _invitation(session: Session, owner: Owner) -> Thing:
    made = Invitation(
        organisation=owner.organisation, email="guest@nowhere.example", expires_at=utcnow() + timedelta(days=3)
    )
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("asking")
def _asking(session: Session, owner: Owner) -> Thing:
    made = _membership(session, owner.organisation, MembershipState.ASKED)
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("asking-orphan")
def _asking_orphan(session: Session, owner: Owner) -> Thing:
    made = _membership(session, _nobodys(session, owner), MembershipState.ASKED)
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("own-asking")
def _own_asking(session: Session, owner: Owner) -> Thing:
    made = Membership(user=owner.user, organisation=_nobodys(session, owner), state=MembershipState.ASKED)
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made], person=owner.user)


@thing("sign-in")
def _sign_in(session: Session, owner: Owner) -> Thing:
    begin_sign_in(session, owner.user)
    made = session.scalars(select(SignIn).where(SignIn.user_id == owner.user.id).order_by(SignIn.id.desc())).first()
    return Thing({"public_id": made.public_id}, rows=[made], person=owner.user)


@thing("token")
def _token(session: Session, owner: Owner) -> Thing:
    made, _raw = create_token(session, owner.user, name="script", days=3)
    return Thing({"public_id": made.public_id}, rows=[made], person=owner.user)


def _told(session: Session, owner: Owner) -> Notification:
    facts = {"organisation": owner.organisation.name}
    made = Notification(user_id=owner.user.id, kind="membership-accepted", facts=facts)
    session.add(made)
    session.flush()
    return made


@thing("given-up")
def _given_up(session: Session, owner: Owner) -> Thing:
    made = enqueue(session, to=owner.user.email, subject="A request", text="Somebody asks to join.")
    made.given_up_at = utcnow()
    session.flush()
    return Thing({"token": made.message_id}, rows=[made])


@thing("news")
def _news(session: Session, owner: Owner) -> Thing:
    made = _told(session, owner)
    return Thing({"public_id": made.public_id}, rows=[made], person=owner.user)


@thing("news-mark")
def _news_mark(session: Session, owner: Owner) -> Thing:
    made = _told(session, owner)
    return Thing(form={"newest": made.public_id}, rows=[made], person=owner.user)


@thing("webhook")
def _webhook(session: Session, owner: Owner) -> Thing:
    made = Webhook(user_id=owner.user.id, url="https://203.0.113.5/hook", secret="s")
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made], person=owner.user)


@thing("delivery")
def _delivery(session: Session, owner: Owner) -> Thing:
    hook = Webhook(user_id=owner.user.id, url="https://203.0.113.5/hook", secret="s")
    made = Delivery(webhook=hook, kind="trial", given_up_at=utcnow())
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made, hook], person=owner.user)


@thing("watch")
def _watch(session: Session, owner: Owner) -> Thing:
    made = Watch(user_id=owner.user.id, name="Phages", words="phages", narrowed={})
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, form={"name": "Viruses"}, rows=[made], person=owner.user)


@thing("dead-letter")
def _dead_letter(session: Session, owner: Owner) -> Thing:
    made = enqueue(session, to=owner.user.email, subject="Refused", text="Refused")
    made.given_up_at = utcnow()
    session.flush()
    return Thing({"token": made.message_id}, rows=[made])


@thing("attachable")
def _attachable(session: Session, owner: Owner) -> Thing:
    competence = factories.competence(session, owner.organisation)
    record = factories.evidence(session, owner.organisation)
    named = {"evidence": record.public_id}
    return Thing({"public_id": competence.public_id}, form=named, json=named, rows=[competence])


@thing("backing")
def _backing(session: Session, owner: Owner) -> Thing:
    competence = factories.competence(session, owner.organisation)
    record = factories.evidence(session, owner.organisation, competences=[competence])
    return Thing({"public_id": competence.public_id, "evidence_id": record.public_id}, rows=[record])


@thing("answer")
def _answer(session: Session, owner: Owner) -> Thing:
    need = factories.need(session, owner.organisation)
    form = {
        "subject_kind": "need",
        "subject": need.public_id,
        "object_kind": "organisation",
        "object": owner.other.public_id,
        "answer": "saved",
    }
    return Thing(form=form, rows=[need])


def _pair(session: Session, owner: Owner, **values: Any) -> Thing:
    need = factories.need(session, owner.organisation, **values)
    form = {
        "subject_kind": "need",
        "subject": need.public_id,
        "object_kind": "organisation",
        "object": owner.other.public_id,
        "kind": "pin",
        "reason": "They solved this before.",
    }
    return Thing(form=form, rows=[need])


@thing("glossary-entry")
def _glossary_entry(session: Session, owner: Owner) -> Thing:
    return Thing(form={"of": "de", "word": "abfall", "meaning": "waste"})


@thing("glossary-change")
def _glossary_change(session: Session, owner: Owner) -> Thing:
    made = GlossaryChange(language="de", source="blauwal", english="blue whale")
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("pair")
def _open_pair(session: Session, owner: Owner) -> Thing:
    return _pair(session, owner)


@thing("private-pair")
def _private_pair(session: Session, owner: Owner) -> Thing:
    return _pair(session, owner, visibility=Visibility.PRIVATE)


@thing("import")
def _import(session: Session, owner: Owner) -> Thing:
    made = ImportRun(
        cluster_id=owner.cluster.id,
        kind=FileKind.ORGANISATIONS,
        format=Format.TEXT_TABLE,
        filename="members.csv",
        content=b"name\nBone AB\n",
        headers=["name"],
        total=1,
    )
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made])


@thing("verdict")
def _verdict(session: Session, owner: Owner) -> Thing:
    need = factories.need(session, owner.organisation)
    made = Verdict(
        cluster_id=owner.cluster.id,
        kind=VerdictKind.PIN,
        reason="They solved this before.",
        need_id=need.id,
        partner_id=owner.other.id,
    )
    session.add(made)
    session.flush()
    return Thing({"public_id": made.public_id}, rows=[made])


def _report(name: str, **values: Any) -> None:
    """Somebody who has nothing to do with anybody here reports a need."""

    def maker(session: Session, owner: Owner) -> Thing:
        need = factories.need(session, owner.organisation, **(_TEASER if values.get("on_teaser") else {}))
        made = Report(
            organisation_id=owner.organisation.id,
            need_id=need.id,
            reporter_id=factories.user(session).id,
            complaint=Complaint.UNTRUE,
            text="Nothing of it is true.",
            **values,
        )
        session.add(made)
        session.flush()
        decision = {"decision": "left", "answer": "It is true."}
        return Thing({"public_id": made.public_id}, decision, decision, rows=[made])

    MAKERS[name] = maker


_report("report")
_report("teaser-report", on_teaser=True)
_report("taken-down", decision=Decision.TAKEN_DOWN, answer="It is not true.", decided_at=utcnow())


def _to_report(name: str, **values: Any) -> None:
    """What a program reports."""

    def maker(session: Session, owner: Owner) -> Thing:
        need = factories.need(session, owner.organisation, **values)
        about = need.shown_as.public_id if values else need.public_id
        return Thing(json={"about": about, "complaint": "untrue", "text": "Nothing of it is true."}, rows=[need])

    MAKERS[name] = maker


_to_report("reported-need")
_to_report("reported-teaser", **_TEASER)
