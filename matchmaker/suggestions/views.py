"""Suggestions for a need, a competence, an organisation and a text; members' answers to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response

from matchmaker import sheets
from matchmaker.clusters.models import Organisation, OrganisationType, Sector
from matchmaker.curation import operations as curation
from matchmaker.curation.models import VerdictKind
from matchmaker.db import db
from matchmaker.items.labels import country_name, label, words_of
from matchmaker.items.models import Field, Rung, Teaser
from matchmaker.items.pages import back_to, url_with
from matchmaker.items.queries import get_or_refuse, teaser_or_refuse
from matchmaker.needs.models import Need
from matchmaker.permissions import NotPermitted, Permission, permits, require
from matchmaker.sheets import Format
from matchmaker.suggestions import allowed, cards, exports, feedback, operations, queries, ranking, teams, words
from matchmaker.suggestions.asking import Sort, SuggestionList, Target
from matchmaker.suggestions.filters import VOCABULARIES, Filters
from matchmaker.suggestions.indexing import KIND_OF, MODELS
from matchmaker.suggestions.models import Answer, Feedback, ItemKind, NeverReason
from matchmaker.testfields.models import TestField, TestFieldKind

bp = Blueprint("suggestions", __name__, url_prefix="/suggestions")

#: Suggestions on a page, and added by each "more".
PAGE = 10
#: Partners that stand side by side at most.
COMPARED = 4
#: Characters of a pasted text.
LONGEST_TEXT = 20_000
#: Words from which a text is worth suggesting for while it grows.
ENOUGH_WORDS = 3

#: The page of suggestions for each kind of thing that one can ask with.
PAGES = {
    ItemKind.NEED: "suggestions.for_need",
    ItemKind.COMPETENCE: "suggestions.for_competence",
    ItemKind.ORGANISATION: "suggestions.for_organisation",
    ItemKind.TEASER: "suggestions.for_teaser",
}


@dataclass(frozen=True)
class Tab:
    """One view of the suggestions."""

    label: str
    url: str
    active: bool
    count: int | None = None


@dataclass(frozen=True)
class Choice:
    """One choice of a filter or of the order."""

    value: str
    label: Any
    checked: bool = False
    url: str = ""

    @property
    def active(self) -> bool:
        return self.checked


@dataclass(frozen=True)
class Answered:
    """Something that was saved or hidden."""

    given: Feedback
    thing: Any
    name: str
    url: str
    said: str


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address of the list without it."""

    label: str
    remove_url: str


# --- The lists ----------------------------------------------------------------------------------------------------


@bp.get("/need/<public_id>")
@bp.get("/need/<public_id>/list.<file:format>")
@permits(Permission.SUGGEST)
def for_need(public_id: str, format: Format | None = None) -> Any:
    """Partners and test fields for a need."""
    need = subject_or_refuse(ItemKind.NEED, public_id)
    tab = request.args.get("tab", "")
    if tab == "saved":
        return _saved_page(ItemKind.NEED, need, format)
    if tab == "peers":
        return _peers_page(ItemKind.NEED, need, format)
    target = Target.TEST_FIELDS if tab == "test_fields" else Target.PARTNERS
    other = Target.PARTNERS if target is Target.TEST_FIELDS else Target.TEST_FIELDS

    def ask(**more: Any) -> SuggestionList:
        return queries.suggest_for_need(db.session, g.viewer, need, **{"target": target, **more})

    return _list_page(ItemKind.NEED, need, target, ask, format, other_count=lambda: ask(target=other, limit=0).total)


@bp.get("/competence/<public_id>")
@bp.get("/competence/<public_id>/list.<file:format>")
@permits(Permission.SUGGEST)
def for_competence(public_id: str, format: Format | None = None) -> Any:
    """Needs that a competence could answer."""
    competence = subject_or_refuse(ItemKind.COMPETENCE, public_id)
    if request.args.get("tab") == "saved":
        return _saved_page(ItemKind.COMPETENCE, competence, format)
    if request.args.get("tab") == "peers":
        return _peers_page(ItemKind.COMPETENCE, competence, format)

    def ask(**more: Any) -> SuggestionList:
        return queries.suggest_for_competence(db.session, g.viewer, competence, **more)

    return _list_page(ItemKind.COMPETENCE, competence, Target.NEEDS, ask, format)


@bp.get("/organisation/<public_id>")
@bp.get("/organisation/<public_id>/list.<file:format>")
@permits(Permission.SUGGEST)
def for_organisation(public_id: str, format: Format | None = None) -> Any:
    """Partners with whom an organisation and they both gain."""
    organisation = subject_or_refuse(ItemKind.ORGANISATION, public_id)
    if request.args.get("tab") == "saved":
        return _saved_page(ItemKind.ORGANISATION, organisation, format)
    if request.args.get("tab") == "peers":
        return _peers_page(ItemKind.ORGANISATION, organisation, format)

    def ask(**more: Any) -> SuggestionList:
        return queries.suggest_for_organisation(db.session, g.viewer, organisation, **more)

    return _list_page(ItemKind.ORGANISATION, organisation, Target.PARTNERS, ask, format)


@bp.get("/teaser/<public_id>")
@bp.get("/teaser/<public_id>/list.<file:format>")
@permits(Permission.CURATE)
def for_teaser(public_id: str, format: Format | None = None) -> Any:
    """For a manager: partners and test fields for a need that is known by its teaser alone."""
    teaser = teaser_or_refuse(db.session, public_id, g.viewer)
    if teaser.need_id is None:
        raise NotPermitted(public_id)
    target = Target.TEST_FIELDS if request.args.get("tab") == "test_fields" else Target.PARTNERS
    other = Target.PARTNERS if target is Target.TEST_FIELDS else Target.TEST_FIELDS

    def ask(**more: Any) -> SuggestionList:
        return queries.suggest_for_teaser(db.session, g.viewer, teaser, **{"target": target, **more})

    return _list_page(
        ItemKind.TEASER, teaser, target, ask, format, other_count=lambda: ask(target=other, limit=0).total
    )


def _peers_page(kind: ItemKind, subject: Any, format: Format | None) -> Any:
    """Who offers the same, or seeks the same."""

    def ask(**more: Any) -> SuggestionList:
        more.pop("raising", None)
        return queries.suggest_peers(db.session, g.viewer, subject, **more)

    return _list_page(kind, subject, Target.PEERS, ask, format)


def subject_or_refuse(kind: ItemKind, public_id: str) -> Any:
    """What is asked with. Raises NotPermitted where the viewer may not ask with it."""
    if kind is ItemKind.ORGANISATION:
        thing = db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))
        if thing is None:
            raise NotPermitted(public_id)
    else:
        thing = get_or_refuse(db.session, MODELS[kind], public_id, g.viewer)
    require(g.viewer, Permission.SUGGEST, thing)
    return thing


def _list_page(
    kind: ItemKind,
    subject: Any,
    target: Target,
    ask: Callable[..., SuggestionList],
    format: Format | None,
    other_count: Callable[[], int] | None = None,
) -> Any:
    filters = Filters.of_address(request.args)
    sort, shown = _sort(), _shown()
    if format:
        every = ask(filters=filters, sort=sort, limit=ranking.CUT).items
        rows = [(suggestion, cards.card(suggestion, kind, _asker(subject))) for suggestion in every]
        return sheets.answer("suggestions", format, exports.SUGGESTION, rows)
    own = _is_own(subject)
    # What would raise a suggestion is told to those who can change the asking side's texts.
    raising = request.args.get("raise", "")[:12] if own else ""
    found = ask(filters=filters, sort=sort, limit=shown, **({"raising": raising} if raising else {}))
    return render_template(
        "suggestions/list.html",
        **_about(kind, subject),
        **_empty(kind, target),
        own=own,
        raising=raising,
        raise_url=lambda public_id: url_with(**{"raise": public_id}) + f"#s-{public_id}",
        curates=_curates(subject),
        target=target,
        found=found,
        cards=[(suggestion, cards.card(suggestion, kind, _asker(subject))) for suggestion in found.items],
        count_text=_count_text(target, found.total),
        hidden=[_answered(given, thing) for given, thing in found.hidden],
        vetoed=[
            (verdict, thing, _name(thing), cards.page_of(KIND_OF[type(thing)], thing))
            for verdict, thing in found.vetoed
        ],
        tabs=_tabs(kind, subject, target, found.total, other_count() if other_count else None),
        filters=filters,
        options=_options(target, filters),
        active=_chips(filters),
        clear_url=url_with(**dict.fromkeys(dict(filters.pairs())), shown=None),
        sorts=[
            Choice(one, words.sort_word(one), one is sort, url_with(sort=None if one is Sort.BEST else str(one)))
            for one in Sort
        ],
        sort=sort,
        more_url=url_with(shown=shown + PAGE) if found.total > shown else None,
        more_count=min(PAGE, found.total - shown),
        comparable=target is Target.PARTNERS and kind is ItemKind.NEED,
        never_reasons=words_of(NeverReason),
    )


#: How the endpoints end that edit the thing itself.
_EDITS = (".edit", ".edit_competence")


def _is_own(subject: Any) -> bool:
    """Whether the reader answers for it; a teaser is asked with by managers, for whom it is nobody's."""
    return not isinstance(subject, Teaser) and subject.organisation_id in g.viewer.organisation_ids


def _curates(subject: Any) -> bool:
    """Whether the reader may decide on its pairs: on a teaser's any manager, whichever cluster it belongs to."""
    if isinstance(subject, Teaser):
        return bool(g.viewer.manages)
    return bool(g.viewer.manages & subject.organisation.cluster_ids)


def _about(kind: ItemKind, subject: Any) -> dict[str, Any]:
    """What every page of suggestions says of the thing that is asked with."""
    own = _is_own(subject)
    heading, mine, edit = {
        ItemKind.NEED: (_("Who could help"), (_("Our needs"), "needs.mine"), "needs.edit"),
        ItemKind.COMPETENCE: (_("Who seeks this"), (_("Our offers"), "profiles.mine"), "profiles.edit_competence"),
        ItemKind.ORGANISATION: (_("Who fits you"), (_("Our offers"), "profiles.mine"), "profiles.mine"),
        ItemKind.TEASER: (_("Who could help"), (_("Desk"), "desk.index"), "desk.index"),
    }[kind]
    if not own and kind is ItemKind.ORGANISATION:
        heading = _("Who fits them")
    crumb = mine if own else (_("Desk"), "desk.index")
    return {
        "kind": kind,
        "subject": subject,
        "heading": heading,
        "subject_name": _name(subject),
        "subject_lang": subject.language if subject.language not in ("", str(get_locale())) else None,
        "subject_url": cards.page_of(kind, subject),
        "list_url": url_for(PAGES[kind], public_id=subject.public_id),
        "team_url": url_for(".team", public_id=subject.public_id) if kind is ItemKind.NEED else None,
        "edit_url": url_for(edit, public_id=subject.public_id) if edit.endswith(_EDITS) else url_for(edit),
        "crumbs": [(crumb[0], url_for(crumb[1]))],
        "here": request.full_path.rstrip("?"),
    }


def _empty(kind: ItemKind, target: Target) -> dict[str, str]:
    """What an empty list says, and what to do next."""
    if target is Target.PEERS:
        return {
            "empty_title": _("Nobody like this yet"),
            "empty_text": _("Nobody offers or seeks the same in a text that you may read."),
            "empty_action": _("Edit the text"),
        }
    if target is Target.TEST_FIELDS:
        return {
            "empty_title": _("No test field fits yet"),
            "empty_text": _("Say in the need what you want to try, and under which conditions."),
            "empty_action": _("Edit the need"),
        }
    if kind is ItemKind.COMPETENCE:
        return {
            "empty_title": _("Nobody seeks this yet"),
            "empty_text": _("New needs are compared as they are published. Say what your competence is good for."),
            "empty_action": _("Edit the competence"),
        }
    if kind is ItemKind.ORGANISATION:
        return {
            "empty_title": _("Nobody fits yet"),
            "empty_text": _(
                "What you offer and what you seek is compared with both sides of others. Publish some of it."
            ),
            "empty_action": _("See our offers"),
        }
    return {
        "empty_title": _("Nobody fits yet"),
        "empty_text": _("Say what should be different at the end, in the words of the field; a paragraph finds more."),
        "empty_action": _("Edit the need"),
    }


def _count_text(target: Target, total: int) -> str:
    """How many there are; the engine looks at the best hundred."""
    if total >= ranking.CUT:
        return _("The best %(num)s suggestions", num=ranking.CUT)
    if target is Target.PEERS:
        return ngettext("%(num)s look-alike", "%(num)s look-alikes", total)
    if target is Target.TEST_FIELDS:
        return ngettext("%(num)s test field", "%(num)s test fields", total)
    if target is Target.NEEDS:
        return ngettext("%(num)s need", "%(num)s needs", total)
    return ngettext("%(num)s organisation", "%(num)s organisations", total)


def _asker(subject: Any) -> str:
    """Who asks, where it is not the reader's own organisation."""
    if isinstance(subject, Teaser):
        return str(_("the owner"))
    return "" if _is_own(subject) else str(subject.organisation.name)


def _name(thing: Any) -> str:
    return str(thing.name if isinstance(thing, Organisation) else thing.title)


def _answered(given: Feedback, thing: Any) -> Answered:
    said = str(label(given.answer))
    if given.reason:
        said = f"{said}: {label(given.reason)}"
    return Answered(given, thing, _name(thing), cards.page_of(given.object_kind, thing), said)


def _tabs(kind: ItemKind, subject: Any, target: Target | None, total: int | None, other: int | None) -> list[Tab]:
    """Partners, test fields and what was saved; what the list does not show is counted all the same."""

    def tab(text: str, name: str | None, active: bool, count: int | None) -> Tab:
        return Tab(text, url_for(PAGES[kind], public_id=subject.public_id, tab=name), active, count)

    saved = None
    if _is_own(subject):
        saved = len(feedback.saved(db.session, g.viewer, subject))
    if kind in (ItemKind.NEED, ItemKind.TEASER):
        on_partners = target is Target.PARTNERS
        on_fields = target is Target.TEST_FIELDS
        made = [
            tab(_("Partners"), None, on_partners, total if on_partners else other if on_fields else None),
            tab(_("Test fields"), "test_fields", on_fields, total if on_fields else other if on_partners else None),
        ]
    elif kind is ItemKind.COMPETENCE:
        made = [tab(_("Needs"), None, target is Target.NEEDS, total)]
    else:
        made = [tab(_("Partners"), None, target is Target.PARTNERS, total)]
    words_for_peers = {
        ItemKind.NEED: _("Seek the same"),
        ItemKind.COMPETENCE: _("Offer the same"),
        ItemKind.ORGANISATION: _("Peers"),
    }
    on_peers = target is Target.PEERS
    if kind in words_for_peers:
        made.append(tab(words_for_peers[kind], "peers", on_peers, total if on_peers else None))
    if saved is not None and (saved or target is None):
        made.append(tab(_("Saved"), "saved", target is None, saved))
    return made if len(made) > 1 else []


def _saved_page(kind: ItemKind, subject: Any, format: Format | None) -> Any:
    require(g.viewer, Permission.EDIT, subject)
    saved = [_answered(given, thing) for given, thing in feedback.saved(db.session, g.viewer, subject)]
    if format:
        return sheets.answer("saved", format, exports.SAVED, saved)
    return render_template(
        "suggestions/saved.html",
        **_about(kind, subject),
        saved=saved,
        tabs=_tabs(kind, subject, None, None, None),
    )


@bp.get("/need/<public_id>/compare")
@permits(Permission.SUGGEST)
def compare(public_id: str) -> str:
    """Up to four partners for a need, side by side."""
    need = subject_or_refuse(ItemKind.NEED, public_id)
    picked = list(dict.fromkeys(request.args.getlist("pick")))[:COMPARED]
    found = queries.suggest_for_need(db.session, g.viewer, need, limit=COMPARED, only=picked)
    made = [(suggestion, cards.card(suggestion, ItemKind.NEED, _asker(need))) for suggestion in found.items]
    return render_template(
        "suggestions/compare.html",
        need=need,
        found=found,
        cards=made,
        asks=any(suggestion.wishes for suggestion in found.items),
        own=need.organisation_id in g.viewer.organisation_ids,
        list_url=url_for(".for_need", public_id=need.public_id),
        here=request.full_path.rstrip("?"),
        too_many=len(set(request.args.getlist("pick"))) > COMPARED,
        never_reasons=words_of(NeverReason),
    )


@bp.get("/need/<public_id>/team")
@permits(Permission.SUGGEST)
def team(public_id: str) -> str:
    """The smallest team that covers the parts of a need, as somebody wants it to be."""
    need = subject_or_refuse(ItemKind.NEED, public_id)
    wishes, left_out = _wishes_of_team(need)
    found = teams.plan(db.session, g.viewer, need, wishes)
    return render_template(
        "suggestions/team.html",
        need=need,
        wishes=wishes,
        plan=found,
        parts_text="\n".join(wishes.parts),
        sizes=[Choice(str(n), str(n), n == wishes.size) for n in range(teams.SMALLEST, teams.LARGEST + 1)],
        sectors=[Choice(str(one), label(one), str(one) in wishes.sectors) for one in Sector],
        left_out=[(one, url_with(without=[o.public_id for o in left_out if o is not one])) for one in left_out],
        without_url=lambda one: url_with(without=[*(o.public_id for o in left_out), one.public_id]),
        missing_sectors=[label(one, Sector) for one in found.missing_sectors],
        curates=bool(g.viewer.manages & need.organisation.cluster_ids),
        page_of=cards.page_of,
        list_url=url_for(".for_need", public_id=need.public_id),
        here=request.full_path.rstrip("?"),
    )


@bp.post("/need/<public_id>/team/propose")
@permits(Permission.CURATE)
def propose_team(public_id: str) -> Response:
    """Propose every member of a team to the need's owner, with one reason."""
    need = subject_or_refuse(ItemKind.NEED, public_id)
    curated = g.viewer.manages & need.organisation.cluster_ids
    if not curated:
        raise NotPermitted("a cluster to decide for")
    back = back_to(url_for(".team", public_id=need.public_id))
    members = [find_suggested(ItemKind.ORGANISATION, one) for one in request.form.getlist("member")[: teams.LARGEST]]
    try:
        for member in members:
            curation.give(
                db.session,
                manager_id=g.viewer.user_id,
                cluster_id=min(curated),
                kind=VerdictKind.PROPOSAL,
                subject=need,
                decided=member,
                reason=request.form.get("reason", ""),
            )
    except curation.ReasonMissing:
        flash(_("Nothing was proposed: say why these organisations, the member reads it."), "warning")
        return redirect(back)
    except curation.NotAPair:
        abort(400)
    db.session.commit()
    flash(
        ngettext(
            "%(num)s organisation is proposed for this need, with your reason.",
            "%(num)s organisations are proposed for this need, with your reason.",
            len(members),
        )
    )
    return redirect(url_for(".for_need", public_id=need.public_id))


def _wishes_of_team(need: Need) -> tuple[teams.Wishes, list[Organisation]]:
    """What the address asks of a team; the parts are those of the need's text until somebody writes others."""
    asked = request.args
    lines = [" ".join(line.split())[: teams.LONGEST_PART] for line in asked.get("parts", "").splitlines()]
    parts = tuple(dict.fromkeys(line for line in lines if line))[: teams.PARTS] or teams.parts_of(need)
    size = asked.get("size", "")
    left_out = list(
        db.session.scalars(
            select(Organisation)
            .where(Organisation.public_id.in_(asked.getlist("without")[:50]))
            .order_by(Organisation.name_key, Organisation.id)
        )
    )
    wishes = teams.Wishes(
        parts=parts,
        size=min(max(int(size), teams.SMALLEST), teams.LARGEST) if size.isdecimal() and len(size) < 3 else 4,
        sme="sme" in asked,
        sectors=tuple(str(one) for one in Sector if str(one) in asked.getlist("sector")),
        without=frozenset(one.id for one in left_out),
    )
    return wishes, left_out


@bp.route("/text", methods=["GET", "POST"])
@permits(Permission.SUGGEST)
def for_text() -> str:
    """Suggestions for a text that is kept nowhere; it is posted, so that it stands in no address and no log."""
    text = request.form.get("text", "")
    target = request.form.get("target", "")
    target = Target(target) if target in list(Target) else Target.PARTNERS
    filters = Filters.of_address(request.form)
    too_long = len(text) > LONGEST_TEXT
    found = None
    if request.method == "POST" and text.strip() and not too_long:
        shown = min(ranking.CUT, PAGE * 2)
        found = queries.suggest_for_text(db.session, g.viewer, text, target=target, filters=filters, limit=shown)
    return render_template(
        "suggestions/text.html",
        text=text,
        target=target,
        target_words=[
            (Target.PARTNERS, _("Partners")),
            (Target.TEST_FIELDS, _("Test fields")),
            (Target.NEEDS, _("Needs this could answer")),
        ],
        cards=[(suggestion, cards.card(suggestion, None)) for suggestion in found.items] if found else [],
        count_text=_count_text(target, found.total) if found else "",
        filters=filters,
        options=_options(target, filters),
        found=found,
        asked=request.method == "POST",
        too_long=too_long,
        longest=LONGEST_TEXT,
    )


@bp.post("/preview")
@permits(Permission.SUGGEST)
def preview() -> str:
    """The first three suggestions for what is being typed into a form; a fragment."""
    fields = ("title", "description", "expected_result", "advantages", "keywords")
    text = "\n".join(value.strip() for name in fields if (value := request.form.get(name, "")).strip())
    enough = len(text.split()) >= ENOUGH_WORDS
    found = None
    if enough:
        found = queries.suggest_for_text(db.session, g.viewer, text[:LONGEST_TEXT], limit=3)
    lines = [
        {
            "name": suggestion.name,
            "url": cards.page_of(suggestion.kind, suggestion.thing),
            "band": suggestion.band,
            "reason": cards.in_short(suggestion),
        }
        for suggestion in (found.items if found else ())
    ]
    return render_template("suggestions/_preview.html", lines=lines, enough=enough)


# --- Filters and order --------------------------------------------------------------------------------------------


def _sort() -> Sort:
    asked = request.args.get("sort", "")
    return Sort(asked) if asked in list(Sort) else Sort.BEST


def _shown() -> int:
    """How many suggestions are asked for: a page, and what "more" has added."""
    asked = request.args.get("shown", "")
    return min(max(int(asked), PAGE), ranking.CUT) if asked.isdecimal() and len(asked) < 5 else PAGE


def _options(target: Target, filters: Filters) -> dict[str, list[Choice]]:
    """The choices of every filter, ticked as the address says."""
    countries, regions = allowed.places(db.session)

    def of(enum: type[Any], name: str) -> list[Choice]:
        return [Choice(str(one), label(one), one in getattr(filters, name)) for one in enum]

    made = {
        "sector": of(Sector, "sector"),
        "type": of(OrganisationType, "type"),
        "sme": [Choice("1", _("Small and medium-sized only"), filters.sme)],
        "country": sorted(
            (Choice(code, country_name(code), code in filters.country) for code in countries),
            key=lambda choice: (not choice.checked, choice.label.casefold()),
        ),
        "region": [
            Choice(region, region, region in filters.region)
            for region in sorted(regions, key=lambda region: (region not in filters.region, region.casefold()))
        ],
        "field": of(Field, "field"),
        "rung": of(Rung, "rung"),
        "kind": of(TestFieldKind, "kind"),
        "regulated": [Choice("1", _("Regulated only"), filters.regulated)],
        "basis": of(VOCABULARIES["basis"], "basis"),
    }
    for name in ("trl_min", "trl_max"):
        chosen = getattr(filters, name)
        made[name] = [Choice("", _("any"), chosen is None)] + [
            Choice(str(level), f"TRL {level}", level == chosen) for level in range(1, 10)
        ]
    return made


def _chips(filters: Filters) -> list[Chip]:
    made = []
    for name, value in filters.pairs():
        if name in VOCABULARIES:
            text = str(label(value, VOCABULARIES[name]))
        elif name == "country":
            text = country_name(value)
        elif name == "trl_min":
            text = _("TRL %(level)s or higher", level=value)
        elif name == "trl_max":
            text = _("TRL %(level)s or lower", level=value)
        elif name == "sme":
            text = _("Small and medium-sized only")
        elif name == "regulated":
            text = _("Regulated only")
        else:
            text = value
        left = getattr(filters.without(name, value), name)
        kept = list(left) if isinstance(left, tuple) else None
        made.append(Chip(text, url_with(**{name: kept}, shown=None)))
    return made


# --- Answers --------------------------------------------------------------------------------------------------------


@bp.post("/answer")
@permits(Permission.SUGGEST)
def answer() -> Response:
    """Save a suggestion, hide it for some weeks or for good, or take that back."""
    subject = subject_or_refuse(_kind("subject_kind", tuple(PAGES)), request.form.get("subject", ""))
    require(g.viewer, Permission.EDIT, subject)
    kind = _kind("object_kind", (ItemKind.ORGANISATION, ItemKind.TEST_FIELD, ItemKind.NEED, ItemKind.TEASER))
    suggested = find_suggested(kind, request.form.get("object", ""))
    given = request.form.get("answer", "")
    back = back_to(url_for(PAGES[feedback.subject_kind(subject)], public_id=subject.public_id))
    if given == "":
        operations.take_back(db.session, subject=subject, suggested=suggested)
        db.session.commit()
        flash(_("Taken back. It is on the list again."))
        return redirect(back)
    if given not in list(Answer):
        abort(400)
    reason = request.form.get("reason", "")
    try:
        operations.answer(
            db.session,
            subject=subject,
            suggested=suggested,
            answer=Answer(given),
            user_id=g.viewer.user_id,
            reason=NeverReason(reason) if reason in list(NeverReason) else None,
            comment=request.form.get("comment", ""),
        )
    except operations.NotYourOwn:
        abort(400)
    db.session.commit()
    name = _name(suggested)
    said = {
        Answer.SAVED: _("Saved: %(name)s.", name=name),
        Answer.NOT_NOW: _("Hidden for four weeks: %(name)s.", name=name),
        Answer.NEVER: _("Not suggested again here: %(name)s.", name=name),
    }[Answer(given)]
    undo = render_template(
        "suggestions/_undo.html", subject=subject, subject_kind=feedback.subject_kind(subject), thing=suggested,
        kind=kind, back=back,
    )  # fmt: skip
    flash(Markup("{} {}").format(said, Markup(undo)))  # noqa: S704 - our own template, escaped by it.
    return redirect(back)


def _kind(field: str, among: tuple[ItemKind, ...]) -> ItemKind:
    asked = request.form.get(field, "")
    if asked not in among:
        abort(400)
    return ItemKind(asked)


def find_suggested(kind: ItemKind, public_id: str) -> Organisation | TestField | Need | Teaser:
    """The thing of that public id that is suggested. Raises NotPermitted where the viewer may not read it."""
    if kind is ItemKind.ORGANISATION:
        found = db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))
        if found is None:
            raise NotPermitted(public_id)
        return found
    if kind is ItemKind.TEASER:
        return teaser_or_refuse(db.session, public_id, g.viewer)
    thing: Any = get_or_refuse(db.session, MODELS[kind], public_id, g.viewer)
    return thing
