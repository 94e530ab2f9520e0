"""Who is suggested to whom: rights before the cut, verdicts beside the scores, answers at once, reasons for all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from embeddings import Band
from matchmaker.clusters.models import OrganisationType
from matchmaker.clusters.queries import viewer_for
from matchmaker.curation import operations as curation
from matchmaker.curation.models import VerdictKind
from matchmaker.db import today, utcnow
from matchmaker.items.models import ItemState, Rung
from matchmaker.permissions import VISITOR, Viewer, Visibility
from matchmaker.suggestions import allowed, operations, queries, ranking, searching
from matchmaker.suggestions.asking import Sort, SuggestionList, Target
from matchmaker.suggestions.explaining import Standing, Wished
from matchmaker.suggestions.filters import Filters, UnknownFilter
from matchmaker.suggestions.models import Answer, ItemKind, Objection, StatementRow
from tests import factories

pytestmark = [pytest.mark.usefixtures("inside"), pytest.mark.every_database]


def names(found: SuggestionList) -> list[str]:
    return [one.name for one in found.items]


def plain(found: SuggestionList) -> list[Any]:
    """Everything in a list of suggestions that a person could see."""
    return [
        (
            one.name,
            one.band,
            [(pair.seek.title, pair.seek.segments, pair.offer.title, pair.offer.segments) for pair in one.pairs],
            one.wishes,
            [(reason.because, [getattr(value, "public_id", value) for value in reason.values]) for reason in one.why],
            [(reason.because, reason.values) for reason in one.why_yes],
        )
        for one in found.items
    ] + [found.total]


@pytest.fixture
def board(session: Session, world: factories.World) -> factories.World:
    """A need for phages, two who could answer it, and many who could not."""
    factories.competence(
        session,
        world.university,
        title="Bacteriophage cocktails against biofilm on implants",
        description="We isolate lytic bacteriophages and test them on biofilm grown on titanium implants.",
        trl=4,
    )
    factories.competence(
        session,
        world.host,
        title="Biofilm test stand for implants",
        description="Titanium implants are colonised with biofilm and rinsed under clinical conditions.",
        trl=7,
    )
    for number in range(12):
        other = factories.organisation(session, within=world.cluster, name=f"Noise {number} AB", country="SE")
        factories.competence(
            session,
            other,
            title=f"Reimbursement advice, part {number}",
            description="We write dossiers for payers and negotiate prices with sickness funds.",
        )
    session.commit()
    return world


@pytest.fixture
def need(session: Session, board: factories.World) -> Any:
    made = factories.need(
        session,
        board.sme,
        title="Bacteriophages against biofilm on our implants",
        description="Our titanium implants get infected. We seek a partner with lytic bacteriophages.",
        expected_result="",
    )
    session.commit()
    return made


def test_the_partner_who_answers_the_need_is_first_and_the_reason_is_a_pair_of_texts(
    session: Session, board: factories.World, need: Any
) -> None:
    found = queries.suggest_for_need(session, viewer_for(session, board.sme_user), need)

    assert names(found)[:2] == ["Universität Elbstrand", "Mälardalens Testbädd AB"]
    first = found.items[0]
    assert first.band in list(Band)
    (pair,) = first.pairs
    assert pair.seek.item is need
    assert ("bacteriophages", True) in {(text.lower(), marked) for text, marked in pair.offer.segments}
    assert all(one.pairs for one in found.items), "no suggestion without its evidence"


def test_an_organisation_is_never_suggested_to_itself(session: Session, board: factories.World, need: Any) -> None:
    factories.competence(session, board.sme, title="Bacteriophages against biofilm on implants")
    session.commit()
    viewer = viewer_for(session, board.sme_user)
    assert "Knochenwerk GmbH" not in names(queries.suggest_for_need(session, viewer, need))
    assert "Knochenwerk GmbH" not in names(queries.suggest_for_text(session, viewer, need.title))


@pytest.mark.parametrize(
    "hidden",
    [
        {"visibility": Visibility.PRIVATE},
        {"state": ItemState.DRAFT},
        {"state": ItemState.WITHDRAWN},
        {"expires_on": today() - timedelta(days=1)},
    ],
)
def test_a_text_that_others_may_not_read_changes_nothing_in_anybodys_suggestions(
    session: Session, board: factories.World, need: Any, hidden: dict[str, Any]
) -> None:
    asked = [
        (viewer_for(session, board.sme_user), queries.suggest_for_need, need),
        (viewer_for(session, board.manager), queries.suggest_for_need, need),
        (viewer_for(session, board.sme_user), queries.suggest_for_organisation, board.sme),
        (viewer_for(session, board.outsider), queries.suggest_for_text, need.title),
        (VISITOR, queries.suggest_for_text, need.title),
    ]
    before = [plain(ask(session, viewer, thing, limit=100)) for viewer, ask, thing in asked]
    searched = [searching.search(session, viewer, need.title) for viewer, _, _ in asked]

    secret = factories.competence(session, board.host, title=need.title, description=need.description, **hidden)
    factories.evidence(session, board.host, title=need.title, description=need.description, **hidden)
    factories.need(session, board.host, title="Bacteriophages", description=need.description, **hidden)
    secret.evidence.append(factories.evidence(session, board.university, title="Known record", **hidden))
    session.commit()

    assert [plain(ask(session, viewer, thing, limit=100)) for viewer, ask, thing in asked] == before
    for viewer, answer in zip((viewer for viewer, _, _ in asked), searched, strict=True):
        after = searching.search(session, viewer, need.title)
        assert (after.total, after.counts) == (answer.total, answer.counts)
        assert [hit.item.id for hit in after.hits] == [hit.item.id for hit in answer.hits]


def test_whatever_the_index_returns_the_database_has_the_last_word(
    session: Session, board: factories.World, need: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = factories.competence(
        session, board.stranger, title=need.title, description=need.description, visibility=Visibility.PRIVATE
    )
    factories.test_field(session, board.stranger, title=need.title, visibility=Visibility.PRIVATE)
    session.commit()
    everything = np.array(sorted(session.scalars(select(StatementRow.id))), dtype=np.int64)
    for module in (allowed, ranking, searching):
        monkeypatch.setattr(module, "allowed_statements", lambda *_args, **_more: everything)

    viewer = viewer_for(session, board.sme_user)
    for target in (Target.PARTNERS, Target.TEST_FIELDS):
        found = queries.suggest_for_need(session, viewer, need, target=target, limit=100)
        assert not any(pair.offer.item is secret for one in found.items for pair in one.pairs)
        assert "Stranger AS" not in [one.organisation.name for one in found.items]
    assert secret.id not in [hit.item.id for hit in searching.search(session, viewer, need.title).hits]


def test_the_owner_finds_their_own_private_competence(session: Session, board: factories.World) -> None:
    secret = factories.competence(session, board.host, title="Quokka husbandry", visibility=Visibility.PRIVATE)
    member = factories.user(session, of=board.host)
    session.commit()

    def found_by(user: Any) -> list[Any]:
        # Only this very text is looked for: the hashing encoder may think any two words alike by chance.
        hits = searching.search(session, viewer_for(session, user), "quokka").hits
        return [hit.item.id for hit in hits if hit.kind is ItemKind.COMPETENCE]

    assert secret.id in found_by(member)
    assert secret.id not in found_by(board.sme_user)


def test_a_members_only_competence_reaches_the_cluster_and_nobody_else(
    session: Session, board: factories.World
) -> None:
    factories.competence(session, board.host, title="Quokka husbandry", visibility=Visibility.MEMBERS)
    session.commit()
    assert searching.search(session, viewer_for(session, board.sme_user), "quokka").total == 1
    for stranger in (viewer_for(session, board.outsider), VISITOR):
        assert searching.search(session, stranger, "quokka").total == 0


def test_who_leaves_the_cluster_loses_what_is_for_members_at_once(session: Session, board: factories.World) -> None:
    factories.competence(session, board.host, title="Quokka husbandry", visibility=Visibility.MEMBERS)
    session.commit()
    viewer = viewer_for(session, board.sme_user)
    assert searching.search(session, viewer, "quokka").total == 1

    session.delete(board.host.cluster_memberships[0])
    session.commit()

    assert searching.search(session, viewer, "quokka").total == 0


def test_filters_work_before_the_cut(
    session: Session, board: factories.World, need: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "CUT", 1)
    viewer = viewer_for(session, board.sme_user)
    assert names(queries.suggest_for_need(session, viewer, need)) == ["Universität Elbstrand"]
    in_sweden = queries.suggest_for_need(session, viewer, need, filters=Filters(country=("SE",)))
    assert names(in_sweden) == ["Mälardalens Testbädd AB"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(sector=("academia",)), ["Universität Elbstrand"]),
        (Filters(type=("test_field_host",)), ["Mälardalens Testbädd AB"]),
        (Filters(trl_min=6, trl_max=8), ["Mälardalens Testbädd AB"]),
        (Filters(region=("Hamburg",), country=("DE",)), ["Universität Elbstrand"]),
        (Filters(sector=("care",)), []),
    ],
)
def test_each_filter_keeps_what_satisfies_it(
    session: Session, board: factories.World, need: Any, filters: Filters, expected: list[str]
) -> None:
    found = queries.suggest_for_need(session, viewer_for(session, board.sme_user), need, filters=filters)
    assert names(found) == expected


def test_only_what_is_shown_is_read_and_what_is_taken_away_meanwhile_is_not_shown(
    session: Session, board: factories.World, need: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, read = viewer_for(session, board.sme_user), list[set[Any]]()
    first, second = names(queries.suggest_for_need(session, viewer, need))[:2]
    load = ranking.load_things
    monkeypatch.setattr(ranking, "load_things", lambda *given: read.append(set(given[2])) or load(*given))
    assert names(queries.suggest_for_need(session, viewer, need, limit=1)) == [first]
    whose = {item for kind, item in set().union(*read) if kind is ItemKind.ORGANISATION}
    assert whose == {next(one.id for one in (board.university, board.host) if one.name == first)}
    assert queries.suggest_for_need(session, viewer, need, limit=0).total >= 2

    def meanwhile(session: Session, viewer: Viewer, keys: Any) -> dict[Any, Any]:
        found = load(session, viewer, keys)
        return {key: thing for key, thing in found.items() if getattr(thing, "name", "") != first}

    monkeypatch.setattr(ranking, "load_things", meanwhile)
    assert names(queries.suggest_for_need(session, viewer, need))[0] == second


def test_no_filter_and_no_answer_changes_a_band(session: Session, board: factories.World, need: Any) -> None:
    viewer = viewer_for(session, board.sme_user)
    whole = queries.suggest_for_need(session, viewer, need)
    bands = {one.name: one.band for one in whole.items}
    narrow = queries.suggest_for_need(session, viewer, need, filters=Filters(country=("SE",), trl_min=6))
    assert {one.name: one.band for one in narrow.items} == {"Mälardalens Testbädd AB": bands["Mälardalens Testbädd AB"]}


def test_filters_are_read_from_an_address_and_written_back() -> None:
    from werkzeug.datastructures import MultiDict

    args = MultiDict([("sector", "care"), ("sector", "public"), ("sme", "1"), ("trl_min", "4"), ("sector", "nonsense")])
    filters = Filters.of_address(args)
    assert filters == Filters(sector=("care", "public"), sme=True, trl_min=4)
    assert Filters.of_address(MultiDict(filters.pairs())) == filters
    assert filters.without("sector", "care").without("sme", "1").without("trl_min", "4") == Filters(sector=("public",))
    with pytest.raises(UnknownFilter, match="nonsense"):
        Filters.of({"sector": "nonsense"})
    with pytest.raises(UnknownFilter, match="colour"):
        Filters.of({"colour": "red"})


def give(session: Session, world: factories.World, kind: VerdictKind, subject: Any, decided: Any, why: str) -> Any:
    verdict = curation.give(
        session,
        manager_id=world.manager.id,
        cluster_id=world.cluster.id,
        kind=kind,
        subject=subject,
        decided=decided,
        reason=why,
    )
    session.commit()
    return verdict


def test_a_veto_removes_the_member_even_if_it_fits_best(session: Session, board: factories.World, need: Any) -> None:
    give(session, board, VerdictKind.VETO, need, board.university, "Exclusive contract with a competitor.")
    member = queries.suggest_for_need(session, viewer_for(session, board.sme_user), need)
    assert "Universität Elbstrand" not in names(member)
    assert member.vetoed == ()
    manager = queries.suggest_for_need(session, viewer_for(session, board.manager), need)
    assert [thing.name for _, thing in manager.vetoed] == ["Universität Elbstrand"]


def test_a_veto_between_two_organisations_holds_in_both_directions(
    session: Session, board: factories.World, need: Any
) -> None:
    give(session, board, VerdictKind.VETO, board.university, board.sme, "They are in court.")
    assert "Universität Elbstrand" not in names(
        queries.suggest_for_need(session, viewer_for(session, board.sme_user), need)
    )
    competence = factories.competence(session, board.university, title=need.title, description=need.description)
    session.commit()
    assert need.title not in names(
        queries.suggest_for_competence(session, viewer_for(session, board.researcher), competence)
    )


def test_a_pin_is_first_even_if_the_engine_ranks_it_last_and_gets_no_invented_band(
    session: Session, board: factories.World, need: Any
) -> None:
    silent = factories.organisation(session, within=board.cluster, name="Silent AB", headline="", about="")
    session.commit()
    give(session, board, VerdictKind.PIN, need, silent, "They did exactly this in 2019.")

    found = queries.suggest_for_need(session, viewer_for(session, board.sme_user), need)

    first = found.items[0]
    assert (first.name, first.band, first.pairs) == ("Silent AB", None, ())
    assert first.verdict is not None
    assert first.verdict.reason == "They did exactly this in 2019."
    assert names(found)[1] == "Universität Elbstrand"


def test_a_pinned_member_that_the_cut_left_out_is_explained_all_the_same(
    session: Session, board: factories.World, need: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "CUT", 1)
    give(session, board, VerdictKind.PIN, need, board.host, "Their stand is free this spring.")
    found = queries.suggest_for_need(session, viewer_for(session, board.sme_user), need)
    assert names(found) == ["Mälardalens Testbädd AB", "Universität Elbstrand"]
    assert found.items[0].pairs


def test_a_pin_outside_the_filters_stays_outside(session: Session, board: factories.World, need: Any) -> None:
    give(session, board, VerdictKind.PIN, need, board.host, "Their stand is free this spring.")
    viewer = viewer_for(session, board.sme_user)
    found = queries.suggest_for_need(session, viewer, need, filters=Filters(sector=("academia",)))
    assert names(found) == ["Universität Elbstrand"]


def test_a_withdrawn_verdict_no_longer_holds(session: Session, board: factories.World, need: Any) -> None:
    verdict = give(session, board, VerdictKind.VETO, need, board.university, "Wrong person.")
    curation.withdraw(session, verdict, manager_id=board.manager.id)
    session.commit()
    viewer = viewer_for(session, board.sme_user)
    assert names(queries.suggest_for_need(session, viewer, need))[0] == "Universität Elbstrand"


def test_a_verdict_of_another_cluster_has_no_say(session: Session, board: factories.World, need: Any) -> None:
    other = factories.cluster(session)
    curation.give(
        session,
        manager_id=board.manager.id,
        cluster_id=other.id,
        kind=VerdictKind.VETO,
        subject=need,
        decided=board.university,
        reason="Not ours to say.",
    )
    session.commit()
    viewer = viewer_for(session, board.sme_user)
    assert names(queries.suggest_for_need(session, viewer, need))[0] == "Universität Elbstrand"


def test_the_same_question_has_the_same_answer_and_pages_fit_together(
    session: Session, board: factories.World, need: Any
) -> None:
    viewer = viewer_for(session, board.sme_user)
    whole = queries.suggest_for_text(session, viewer, "reimbursement dossiers for payers", limit=100)
    again = queries.suggest_for_text(session, viewer, "reimbursement dossiers for payers", limit=100)
    assert plain(whole) == plain(again)
    pages = [
        name
        for offset in range(0, whole.total, 5)
        for name in names(
            queries.suggest_for_text(session, viewer, "reimbursement dossiers for payers", offset=offset, limit=5)
        )
    ]
    assert pages == names(whole)
    assert len(pages) >= 12


def test_nearest_and_newest_put_others_first(session: Session, board: factories.World, need: Any) -> None:
    viewer = viewer_for(session, board.sme_user)
    far = factories.organisation(session, within=board.cluster, name="Far Away Oy", country="FI", region="Lappi")
    latest = factories.competence(session, far, title="Bacteriophages against biofilm on titanium implants")
    latest.published_at = utcnow() + timedelta(days=1)
    session.commit()
    by_place = names(queries.suggest_for_need(session, viewer, need, sort=Sort.NEAREST))
    assert by_place.index("Universität Elbstrand") < by_place.index("Far Away Oy")
    assert names(queries.suggest_for_need(session, viewer, need, sort=Sort.NEWEST))[0] == "Far Away Oy"


def test_what_a_need_asks_for_is_compared_with_what_is_there(session: Session, board: factories.World) -> None:
    need = factories.need(
        session,
        board.sme,
        title="Biofilm test stand for titanium implants",
        partners_sought=[OrganisationType.UNIVERSITY, OrganisationType.TEST_FIELD_HOST],
        countries=["DE"],
        trl_min=6,
        trl_max=8,
        working_languages=["de"],
    )
    session.commit()
    found = queries.suggest_for_need(session, viewer_for(session, board.sme_user), need)
    wishes = {one.name: {wish.what: wish.standing for wish in one.wishes} for one in found.items}
    assert wishes["Mälardalens Testbädd AB"] == {
        Wished.TYPE: Standing.MET,
        Wished.COUNTRY: Standing.UNMET,
        Wished.TRL: Standing.MET,
        Wished.LANGUAGE: Standing.UNKNOWN,
    }
    assert wishes["Universität Elbstrand"][Wished.TRL] == Standing.UNMET


def test_a_test_field_is_measured_by_its_rung(session: Session, board: factories.World) -> None:
    factories.test_field(session, board.host, title="Clean room for cell products", rung=Rung.GMP)
    factories.test_field(session, board.university, title="Cell products bench", rung=Rung.LAB, regulated=False)
    need = factories.need(session, board.sme, title="Clean room for cell products", rung=Rung.PRE_GMP, regulated=True)
    session.commit()
    found = queries.suggest_for_need(session, viewer_for(session, board.sme_user), need, target=Target.TEST_FIELDS)
    standing = {one.name: [wish.standing for wish in one.wishes] for one in found.items}
    assert standing["Clean room for cell products"] == [Standing.MET, Standing.MET]
    assert standing["Cell products bench"] == [Standing.UNMET, Standing.UNMET]


# --- Competences in confidence ----------------------------------------------------------------------------------------

TEASER = "Viruses that eat bacteria are offered. Infected implants of any material are welcome."


@pytest.fixture
def secret(session: Session, board: factories.World, need: Any) -> Any:
    """What the university can do best, known to others by its teaser."""
    made = factories.competence(
        session,
        board.university,
        title="Quasarite bacteriophages against biofilm on titanium implants",
        description="Lytic bacteriophages on Quasarite carriers for infected titanium implants.",
        visibility=Visibility.TEASER,
        teaser=TEASER,
    )
    session.commit()
    return made


def test_a_competence_in_confidence_is_suggested_by_its_teaser_alone(
    session: Session, board: factories.World, need: Any, secret: Any
) -> None:
    viewer = viewer_for(session, board.sme_user)
    need.description = TEASER
    session.commit()
    found = queries.suggest_for_need(session, viewer, need)

    (teaser,) = [one for one in found.items if one.kind is ItemKind.TEASER]
    assert (teaser.thing, teaser.organisation, teaser.wishes) == (secret.shown_as, None, ())
    (pair,) = teaser.pairs
    assert pair.offer.text == "Infected implants of any material are welcome."
    assert pair.we_seek
    assert found.total == len(found.items)
    # Its organisation stands on the list too, for what it says in public, and is ranked as if there were no teaser.
    (named,) = [one for one in found.items if one.organisation == board.university]
    assert "quasarite" not in str(plain(found)).lower()
    assert all(pair.offer.item is not secret.shown_as for pair in named.pairs)
    for text in (need.title, TEASER):
        typed = queries.suggest_for_text(session, viewer, text)
        assert [one.thing for one in typed.items if one.kind is ItemKind.TEASER] == [secret.shown_as]


def test_whose_a_teaser_is_decides_nothing_but_for_its_own_people(
    session: Session, board: factories.World, need: Any, secret: Any
) -> None:
    """Verdicts on its organisation, its organisation's objection and its other texts leave it where it is."""
    need.description = TEASER
    session.commit()
    viewer = viewer_for(session, board.sme_user)

    def teasers(who: Viewer) -> list[Any]:
        found = queries.suggest_for_need(session, who, need)
        return [(one.thing, one.band) for one in found.items if one.kind is ItemKind.TEASER]

    before = teasers(viewer)
    assert len(before) == 1
    session.add(Objection(organisation_id=board.university.id))
    curation.give(
        session, manager_id=board.manager.id, cluster_id=board.cluster.id, kind=VerdictKind.VETO, subject=need,
        decided=board.university, reason="No.",
    )  # fmt: skip
    session.commit()
    assert "Universität Elbstrand" not in names(queries.suggest_for_need(session, viewer, need))
    assert teasers(viewer) == before
    assert teasers(viewer_for(session, board.manager)) == before

    own = factories.need(session, board.university, title=need.title, description=TEASER)
    session.commit()
    by_owner = queries.suggest_for_need(session, viewer_for(session, board.researcher), own)
    by_manager = queries.suggest_for_need(session, viewer_for(session, board.manager), own)
    assert ItemKind.TEASER not in [one.kind for one in by_owner.items]
    assert ItemKind.TEASER in [one.kind for one in by_manager.items], "what is missing would tell a manager"


def test_a_teaser_that_was_answered_with_never_is_hidden_and_can_be_shown_again(
    session: Session, board: factories.World, need: Any, secret: Any
) -> None:
    need.description = TEASER
    operations.answer(session, subject=need, suggested=secret.shown_as, answer=Answer.NEVER, user_id=None)
    session.commit()
    viewer = viewer_for(session, board.sme_user)
    partners = queries.suggest_for_need(session, viewer, need)
    assert ItemKind.TEASER not in [one.kind for one in partners.items]
    assert [thing for _, thing in partners.hidden] == [secret.shown_as]
    assert queries.suggest_for_need(session, viewer, need, target=Target.TEST_FIELDS).hidden == ()


def test_filters_take_what_a_teaser_says_and_no_more(
    session: Session, board: factories.World, need: Any, secret: Any
) -> None:
    viewer = viewer_for(session, board.sme_user)
    for filters, expected in (
        (Filters(), 1),
        (Filters(basis=("competence",)), 1),
        (Filters(basis=("publication",)), 0),
        (Filters(country=("DE",)), 0),
        (Filters(trl_min=1), 0),
    ):
        found = queries.suggest_for_text(session, viewer, TEASER, filters=filters)
        assert [one.kind for one in found.items].count(ItemKind.TEASER) == expected, filters


def test_a_competence_finds_the_needs_it_answers(session: Session, board: factories.World, need: Any) -> None:
    competence = factories.competence(session, board.host, title="Lytic bacteriophages for infected implants")
    factories.need(session, board.stranger, title="A tax adviser for our charity", description="Accounts, yearly.")
    session.commit()
    viewer = viewer_for(session, factories.user(session, of=board.host))
    found = queries.suggest_for_competence(session, viewer, competence)
    assert names(found)[0] == need.title
    assert not found.items[0].pairs[0].we_seek


def test_partners_for_an_organisation_gain_on_both_sides(session: Session, board: factories.World, need: Any) -> None:
    factories.competence(session, board.sme, title="Printed titanium implants in small series")
    factories.need(session, board.university, title="Printed titanium implants in small series for our phage tests")
    session.commit()
    found = queries.suggest_for_organisation(session, viewer_for(session, board.sme_user), board.sme)
    assert names(found)[0] == "Universität Elbstrand"
    assert {pair.we_seek for pair in found.items[0].pairs} == {True, False}


def test_an_item_is_found_by_a_word_of_its_title_while_its_vector_is_pending(
    app: Any, session: Session, board: factories.World
) -> None:
    from matchmaker.suggestions.catalogue import Catalogue

    app.extensions["catalogue"] = Catalogue(None)
    factories.competence(session, board.university, title="Wolpertinger breeding")
    factories.need(session, board.university, title="Wolpertinger wanted")
    factories.test_field(session, board.host, title="Wolpertinger stable")
    factories.organisation(session, within=board.cluster, name="Wolpertinger & Söhne")
    session.commit()
    answer = searching.search(session, VISITOR, "Wolpertinger")
    assert {kind: count for kind, count in answer.counts.items() if count} == {
        ItemKind.COMPETENCE: 1,
        ItemKind.NEED: 1,
        ItemKind.TEST_FIELD: 1,
        ItemKind.ORGANISATION: 1,
    }
    assert [hit.kind for hit in searching.search(session, VISITOR, "wolpert", kinds=[ItemKind.NEED]).hits] == [
        ItemKind.NEED
    ]


def test_a_user_without_an_organisation_gets_what_is_public(session: Session, board: factories.World) -> None:
    found = queries.suggest_for_text(session, Viewer(user_id=board.newcomer.id), "bacteriophages on implants")
    assert names(found)[0] == "Universität Elbstrand"
    assert queries.suggest_for_text(session, VISITOR, "   ").items == ()
