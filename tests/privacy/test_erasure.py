"""Whoever is erased is gone from every table and every file, and stays gone when a backup comes back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.accounts.models import User
from matchmaker.audit.models import AuditEntry, Event
from matchmaker.audit.queries import faults
from matchmaker.clusters.models import Invitation, Membership, MembershipRole, MembershipState, Organisation
from matchmaker.config import Settings
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import db, utcnow
from matchmaker.items.models import ItemState
from matchmaker.mail.models import OutboxMessage
from matchmaker.mail.operations import enqueue
from matchmaker.notifications.models import Notification
from matchmaker.permissions import Visibility
from matchmaker.privacy import ledger, operations
from matchmaker.privacy.models import Erased, Erasure
from matchmaker.profiles.models import Profile, ProfileKind
from matchmaker.suggestions.models import Answer, Feedback, ItemKind, StatementRow
from matchmaker.tables import metadata
from tests import factories
from tests.factories import World

SignIn = Callable[..., FlaskClient]

#: What is searched for afterwards. No word of the product's own.
CANARY = "Qvxzkanarie"


def files_that_hold(folder: Path, text: str) -> list[str]:
    """Every file below a folder in which the text stands, in whatever of the usual encodings."""
    needles = [text.encode(), text.lower().encode(), text.encode("utf-16-le")]
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


def rows_that_hold(session: Session, text: str) -> list[str]:
    """Every table in which the text stands."""
    session.expire_all()
    return [
        table.name
        for table in metadata.sorted_tables
        if any(text.lower() in repr(tuple(row)).lower() for row in session.execute(select(table)))
    ]


@pytest.fixture
def person(app: Flask, session: Session, world: World) -> User:
    """Somebody who has left their name wherever one can."""
    made = factories.user(
        session, of=world.sme, email=f"{CANARY}@mail.example".lower(), name=f"{CANARY} Åström", title=f"Dr {CANARY}"
    )
    session.add(
        Profile(
            kind=ProfileKind.PERSON,
            organisation_id=world.sme.id,
            user_id=made.id,
            name=f"{CANARY} Åström",
            about=f"I, {CANARY}, grow bone.",
            orcid="0000-0001-2345-6789",
            state=ItemState.PUBLISHED,
            visibility=Visibility.PUBLIC,
        )
    )
    factories.competence(session, world.sme, author_id=made.id)
    asked = Membership(
        user=made, organisation=world.university, state=MembershipState.ASKED, message=f"{CANARY} works here too."
    )
    session.add(asked)
    session.add(
        Notification(
            user_id=world.researcher.id,
            kind="membership-asked",
            facts={"asker": f"{CANARY} Åström", "organisation": "Universität Elbstrand", "organisation_id": "x"},
        )
    )
    session.commit()
    with app.app_context():
        enqueue(db.session, to=made.email, subject="Confirm", text=f"Hello {CANARY}")
        enqueue(db.session, to=world.researcher.email, subject="A request", text=f"{made.display_name} asks to join.")
        db.session.commit()
    return made


def erase(app: Flask, user_id: int) -> None:
    with app.app_context():
        operations.erase_user(db.session, db.session.get_one(User, user_id), actor_id=user_id)
        db.session.commit()
    jobs.run(app, "erasures")


def test_no_row_and_no_file_holds_an_erased_person(
    app: Flask, session: Session, person: User, settings: Settings
) -> None:
    assert len(rows_that_hold(session, CANARY)) >= 5
    assert files_that_hold(settings.data_dir, CANARY)

    erase(app, person.id)

    assert rows_that_hold(session, CANARY) == []
    session.close()
    assert files_that_hold(settings.data_dir, CANARY) == []


@pytest.mark.every_database
def test_erasing_a_person_reaches_every_table(app: Flask, session: Session, person: User, world: World) -> None:
    erase(app, person.id)
    assert rows_that_hold(session, CANARY) == []
    # Who is not meant keeps everything.
    assert session.get(User, world.sme_user.id).name == world.sme_user.name
    assert session.scalars(select(factories.Competence)).one().author_id is None


def test_mails_to_and_about_somebody_go_and_no_others(app: Flask, session: Session, world: World) -> None:
    gone = factories.user(session, email="a_b@mail.example", name="Ann 100% B_r")
    other = world.researcher.email
    for number, (to, kept, said) in enumerate(
        (
            (other, False, {"subject": f"Of {gone.name}"}),
            (other, False, {"text": f"Ask {gone.name}."}),
            (other, False, {"html": f"<p>{gone.email}</p>"}),
            # A calendar's long lines go on in the next.
            (other, False, {"calendar": "ATTENDEE;CN=Ann 10\r\n 0% B_r:mailto:x"}),
            (gone.email.upper(), False, {}),
            (other, True, {"text": "Ann 100 percent Bar wrote from axb@mail.example."}),
            ("axb@mail.example", True, {"subject": "Ann 100%% BXr"}),
        )
    ):
        row = {"subject": "News", "text": "Something new.", "kind": "kept" if kept else "gone", **said}
        session.add(OutboxMessage(to=to, message_id=str(number), **row))
    session.commit()
    erase(app, gone.id)
    session.expire_all()
    assert session.scalars(select(OutboxMessage.kind)).all() == ["kept", "kept"]


def test_what_a_person_wrote_stays_with_the_organisation_without_their_name(
    app: Flask, session: Session, world: World
) -> None:
    manager = factories.user(session, manages=world.cluster)
    need = factories.need(session, world.sme, author_id=manager.id)
    session.add(
        Verdict(
            cluster_id=world.cluster.id,
            manager_id=manager.id,
            kind=VerdictKind.PIN,
            reason="They solved this before.",
            need_id=need.id,
            partner_id=world.university.id,
        )
    )
    session.commit()
    erase(app, manager.id)
    session.expire_all()
    assert session.get(factories.Need, need.id).author_id is None
    assert session.scalars(select(Verdict)).one().manager_id is None


def test_the_last_admin_hands_over_to_whoever_has_been_there_longest(
    app: Flask, session: Session, world: World
) -> None:
    factories.user(session, of=world.sme)
    session.commit()
    erase(app, world.sme_admin.id)
    role = session.scalars(select(Membership.role).where(Membership.user_id == world.sme_user.id)).one()
    assert role == MembershipRole.ADMIN
    # Where nobody is left, nobody looks after it; its managers see to it.
    erase(app, world.outsider.id)
    assert session.scalars(select(Membership).where(Membership.organisation_id == world.stranger.id)).all() == []


def test_a_second_admin_keeps_looking_after_it(app: Flask, session: Session, world: World) -> None:
    other = factories.user(session, of=world.sme, admin=True)
    session.commit()
    erase(app, world.sme_admin.id)
    roles = dict(
        session.execute(
            select(Membership.user_id, Membership.role).where(Membership.organisation_id == world.sme.id)
        ).all()
    )
    assert roles == {world.sme_user.id: MembershipRole.MEMBER, other.id: MembershipRole.ADMIN}


def test_of_several_who_came_the_one_who_acts_longest_takes_over_and_who_only_asks_does_not(
    app: Flask, session: Session, world: World
) -> None:
    now = utcnow()
    late, early, later_row = (factories.user(session, of=world.sme) for _ in range(3))
    for who in (world.newcomer, world.outsider):
        session.add(Membership(user=who, organisation=world.sme, state=MembershipState.ASKED))
    session.flush()
    moments = {world.sme_user: 1, late: 1, early: 9, later_row: 9, world.newcomer: 99, world.outsider: 99}
    for who, days in moments.items():
        session.query(Membership).filter_by(user_id=who.id).update({"created_at": now - timedelta(days=days)})
    session.commit()

    def admins() -> list[int]:
        wanted = select(Membership.user_id).where(
            Membership.organisation_id == world.sme.id, Membership.role == MembershipRole.ADMIN
        )
        return list(session.scalars(wanted))

    erase(app, late.id)
    assert admins() == [world.sme_admin.id], "nothing changes where an admin stays"
    asked_admin = session.query(Membership).filter_by(user_id=world.newcomer.id).one()
    asked_admin.role = MembershipRole.ADMIN
    session.commit()
    erase(app, world.newcomer.id)
    assert admins() == [world.sme_admin.id], "who never acted for it leaves nothing behind"
    erase(app, world.sme_admin.id)
    assert admins() == [early.id]

    nobodys = factories.organisation(session, within=world.cluster)
    members = [factories.user(session, of=nobodys) for _ in range(2)]
    session.commit()
    erase(app, members[0].id)
    role = session.scalar(select(Membership.role).where(Membership.user_id == members[1].id))
    assert role == MembershipRole.MEMBER, "who looked after nothing hands nothing over"


def test_erasing_one_leaves_what_is_others(app: Flask, session: Session, world: World, person: User) -> None:
    theirs = factories.person_profile(session, world.sme, world.sme_user)
    group = Profile(kind=ProfileKind.GROUP, organisation_id=world.sme.id, user_id=person.id, name="Bone group")
    elsewhere = Profile(kind=ProfileKind.GROUP, organisation_id=world.university.id, name="Skin group")
    session.add_all([group, elsewhere])
    invitation(session, world, person.email.title())
    other = invitation(session, world, "somebody.else@mail.example")
    session.commit()
    kept = {theirs.id, group.id, elsewhere.id}
    erase(app, person.id)
    session.expire_all()
    assert set(session.scalars(select(Profile.id))) == kept
    assert [row.id for row in session.scalars(select(Invitation))] == [other.id]
    assert session.get_one(Profile, group.id).user_id is None

    need = factories.need(session, world.university)
    session.add_all(
        Feedback(
            organisation_id=world.university.id, subject_kind=ItemKind.NEED, subject_id=need.id,
            object_kind=ItemKind.ORGANISATION, object_id=one.id, answer=Answer.SAVED,
        )
        for one in (world.sme, world.host)
    )  # fmt: skip
    session.commit()
    gone_id = world.sme.id
    with app.app_context():
        gone = db.session.get_one(Organisation, gone_id)
        operations.erase_organisation(db.session, gone, actor_id=world.platform_admin.id)
        db.session.commit()
    session.expire_all()
    assert set(session.scalars(select(Profile.id))) == {elsewhere.id}
    assert session.scalars(select(Feedback.object_id)).all() == [world.host.id]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.thing_kind == "organisation")).one()
    assert (entry.actor_id, entry.organisation_id) == (world.platform_admin.id, gone_id)


def invitation(session: Session, world: World, email: str) -> Invitation:
    made = Invitation(
        organisation=world.sme, email=email, role=MembershipRole.MEMBER,
        expires_at=utcnow() + timedelta(days=1),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_the_trail_keeps_a_number_and_still_holds(app: Flask, session: Session, person: User) -> None:
    erase(app, person.id)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.event == Event.ERASED)).one()
    assert (entry.thing_kind, entry.thing_id, entry.actor_id) == ("user", person.public_id, person.id)
    assert (entry.facts, entry.organisation_id) == ({"kind": "user"}, None)
    assert list(faults(session)) == []


def test_no_row_and_no_file_holds_an_erased_organisation(
    app: Flask, session: Session, world: World, settings: Settings
) -> None:
    gone = factories.organisation(session, within=world.cluster, name=f"{CANARY} AB", about=f"{CANARY} grows bone.")
    need = factories.need(session, gone, description=f"{CANARY} seeks partners who grow living bone.")
    for make in (factories.competence, factories.test_field, factories.evidence):
        make(session, gone, title=f"{CANARY} offers this")
    session.add(Profile(kind=ProfileKind.GROUP, organisation_id=gone.id, name=f"{CANARY} group"))
    for subject, thing in (
        (("organisation", world.sme.id), ("need", need.id)),
        (("need", 77), ("organisation", gone.id)),
    ):
        session.add(
            Feedback(
                organisation_id=world.sme.id,
                subject_kind=ItemKind(subject[0]),
                subject_id=subject[1],
                object_kind=ItemKind(thing[0]),
                object_id=thing[1],
                answer=Answer.SAVED,
                comment="for later",
            )
        )
    session.add(
        Notification(user_id=world.newcomer.id, kind="membership-accepted", facts={"organisation": f"{CANARY} AB"})
    )
    session.commit()
    gone_id = gone.id
    app.test_client().get("/search?q=bone")
    assert "statement" in rows_that_hold(session, CANARY)
    # The terms that workers keep beside the database are a cache that may hold its words.
    (settings.data_dir / "words").mkdir(exist_ok=True)
    (settings.data_dir / "words" / "terms").write_text(CANARY, encoding="utf-8")

    with app.app_context():
        operations.erase_organisation(db.session, db.session.get_one(Organisation, gone_id), actor_id=None)
        db.session.commit()
    jobs.run(app, "erasures")

    session.expunge_all()
    assert rows_that_hold(session, CANARY) == []
    assert session.scalars(select(Feedback)).all() == []
    assert session.scalars(select(StatementRow.id).where(StatementRow.organisation_id == gone_id)).all() == []
    session.close()
    assert files_that_hold(settings.data_dir, CANARY) == []


def test_a_restored_backup_is_erased_again(
    app: Flask, session: Session, person: User, world: World, settings: Settings
) -> None:
    with app.app_context():
        connection = db.engine.raw_connection()
        connection.execute("VACUUM INTO ?", [str(settings.data_dir / "backup.sqlite3")])
        connection.close()
    erase(app, person.id)
    assert (settings.data_dir / ledger.NAME).read_text(encoding="ascii").startswith(f"user\t{person.public_id}\t")
    runner = app.test_cli_runner()

    # The backup of before comes back.
    with app.app_context():
        db.engine.dispose()
    session.close()
    for file in settings.data_dir.glob("matchmaker.sqlite3*"):
        file.unlink()
    shutil.copy(settings.data_dir / "backup.sqlite3", settings.data_dir / "matchmaker.sqlite3")
    (settings.data_dir / "backup.sqlite3").unlink()
    assert session.scalars(select(User).where(User.public_id == person.public_id)).one()

    said = runner.invoke(args=["privacy", "reapply"])
    assert said.exit_code == 0, said.output
    assert "1 of them done again" in said.output
    assert rows_that_hold(session, CANARY) == []
    again = runner.invoke(args=["privacy", "reapply"])
    assert "0 of them done again" in again.output
    assert session.scalars(select(Erasure.public_id)).all() == [person.public_id]


def test_a_ledger_that_names_what_never_was_here_is_kept_and_erases_nothing(
    app: Flask, session: Session, world: World
) -> None:
    with app.app_context():
        assert operations.reapply(db.session, [(Erased.ORGANISATION, "zzzzzzzzzzzz")]) == 0
        db.session.commit()
    assert session.scalars(select(Erasure.public_id)).all() == ["zzzzzzzzzzzz"]


def test_what_a_restore_brought_back_is_counted_and_nothing_is_noted_twice(
    app: Flask, session: Session, world: World, tmp_path: Path
) -> None:
    back = [world.newcomer.public_id, world.outsider.public_id]
    session.add(Erasure(kind=Erased.USER, public_id="zzzzzzzzzzzz"))
    session.commit()
    with app.app_context():
        known = [(Erased.USER, public_id) for public_id in (*back, "zzzzzzzzzzzz")]
        assert operations.reapply(db.session, known) == 2
        db.session.commit()
        path = tmp_path / "ledger"
        assert ledger.write(db.session, path) == 3
        assert ledger.write(db.session, path) == 0
    assert [public_id for _kind, public_id in ledger.read(path)] == ["zzzzzzzzzzzz", *back], "in the order they were"
    assert path.stat().st_mode & 0o777 == 0o600, "for its owner only"


def test_a_damaged_ledger_says_where(tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    for line in ("nonsense", "nonsense\tabc\tnow", "user\t\tnow", "user\t" * 20 + "x"):
        path.write_text(f"user\tabc\tnow\n{line}\n", encoding="ascii")
        if line.startswith("user\tu"):
            assert ledger.read(path)[1] == (Erased.USER, "user"), "what else a line says is passed over"
            continue
        with pytest.raises(ValueError, match="line 2") as said:
            ledger.read(path)
        assert str(said.value) == f"{path}, line 2: expected user or organisation and an id, found “{line}”"
    assert ledger.read(tmp_path / "missing") == []


def test_what_is_old_is_dropped_and_what_is_not_stays(app: Flask, session: Session, world: World) -> None:
    now = utcnow()
    old = factories.user(session, confirmed_at=None, created_at=now - operations.UNCONFIRMED_KEPT - timedelta(days=1))
    young = factories.user(session, confirmed_at=None)
    # Who confirmed and acts for an organisation stays, however long ago that was.
    faithful = factories.user(session, of=world.host, created_at=now - timedelta(days=4000))
    session.query(Membership).filter_by(user_id=faithful.id).update({"created_at": now - timedelta(days=4000)})
    for user, days in ((world.newcomer, 400), (world.researcher, 1)):
        session.add(
            Notification(user_id=user.id, kind="membership-accepted", facts={}, created_at=now - timedelta(days=days))
        )
        session.add(
            Membership(
                user_id=user.id,
                organisation_id=world.host.id,
                state=MembershipState.ASKED,
                created_at=now - timedelta(days=days),
            )
        )
    session.commit()
    ids, researcher = (old.id, young.id, faithful.id), world.researcher.id
    jobs.run(app, "retention")
    jobs.run(app, "retention")
    session.expunge_all()
    assert [session.get(User, one) is not None for one in ids] == [False, True, True]
    assert session.scalars(select(Membership.state).where(Membership.user_id == ids[2])).all() == [
        MembershipState.ACTIVE
    ]
    assert session.scalars(select(Notification.user_id)).all() == [researcher]
    asking = select(Membership.user_id).where(Membership.state == MembershipState.ASKED)
    assert session.scalars(asking).all() == [researcher]


def test_what_reaches_its_time_this_very_moment_is_still_kept(app: Flask, session: Session, world: World) -> None:
    now = utcnow()
    session.add_all(
        [
            Notification(
                user_id=world.newcomer.id, kind="membership-accepted", facts={}, created_at=now - operations.NEWS_KEPT
            ),
            Membership(
                user_id=world.newcomer.id, organisation_id=world.host.id, state=MembershipState.ASKED,
                created_at=now - operations.REQUESTS_KEPT,
            ),
        ]
    )  # fmt: skip
    unconfirmed = factories.user(session, confirmed_at=None, created_at=now - operations.UNCONFIRMED_KEPT)
    session.flush()
    with app.app_context():
        operations.tidy(session, now=now)
        session.flush()
        assert session.scalar(select(Notification.user_id)) == world.newcomer.id
        assert session.scalar(select(Membership.user_id).where(Membership.state == MembershipState.ASKED))
        assert session.get(User, unconfirmed.id) is not None
        operations.tidy(session, now=now + timedelta(microseconds=1))
        session.flush()
        assert session.scalar(select(Notification.user_id)) is None
        assert session.scalar(select(Membership.user_id).where(Membership.state == MembershipState.ASKED)) is None
        assert session.get(User, unconfirmed.id) is None


def test_a_person_erases_themselves_after_typing_their_address(
    app: Flask, session: Session, world: World, sign_in: SignIn
) -> None:
    browser = sign_in(world.sme_user)
    assert browser.post("/account/privacy/erase", data={"email": "else@where.example"}).location == "/account/privacy"
    assert session.get(User, world.sme_user.id) is not None
    answer = browser.post("/account/privacy/erase", data={"email": world.sme_user.email.upper()})
    assert answer.location == "/"
    assert session.scalars(select(User.id).where(User.email == world.sme_user.email)).all() == []
    assert browser.get("/account").location.startswith("/sign-in")


def test_an_admin_erases_the_organisation_after_typing_its_name(
    session: Session, world: World, sign_in: SignIn
) -> None:
    address = f"/organisations/{world.sme.public_id}/data"
    browser = sign_in(world.sme_admin)
    assert browser.post(f"{address}/erase", data={"name": "Another"}).location == address
    assert browser.post(f"{address}/erase", data={"name": world.sme.name}).location == "/account"
    assert session.scalars(select(Organisation.id).where(Organisation.name == world.sme.name)).all() == []
    assert session.scalars(select(User.id).where(User.email == world.sme_admin.email)).one()


@pytest.mark.parametrize("step", ["export", "erase"])
def test_a_password_typed_long_ago_is_asked_for_again(
    step: str, session: Session, world: World, sign_in: SignIn
) -> None:
    browser = sign_in(world.sme_admin)
    with browser.session_transaction() as cookie:
        cookie["fs_paa"] = 1_000
    for address in ("/account/privacy", f"/organisations/{world.sme.public_id}/data"):
        answer = browser.post(f"{address}/{step}", data={"email": world.sme_admin.email, "name": world.sme.name})
        assert answer.location == f"/account/verify?next={address}"
    session.expire_all()
    assert session.get(User, world.sme_admin.id) is not None
    # Typed again, one goes on where one was.
    verified = browser.post(answer.location, data={"password": factories.PASSWORD})
    assert verified.location == address
    assert browser.post("/account/privacy/export").status_code == 200
