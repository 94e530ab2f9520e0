"""Pages on which members ask for introductions, answer them, and say how many they want."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf import FlaskForm

from matchmaker import sheets
from matchmaker.accounts.models import User
from matchmaker.clusters.models import Organisation
from matchmaker.clusters.queries import by_name, organisation_by_public_id
from matchmaker.db import db
from matchmaker.introductions import explanation, operations, parts, presenting, queries, things
from matchmaker.introductions.exports import INTRODUCTION
from matchmaker.introductions.forms import AskForm, ConsentForm, DeclineForm, LimitsForm
from matchmaker.introductions.models import About, Introduction, IntroductionState, Side
from matchmaker.introductions.things import Target
from matchmaker.items import pages
from matchmaker.items.labels import label, labels
from matchmaker.items.models import Cooperation
from matchmaker.paging import paginate
from matchmaker.permissions import NotPermitted, Permission, permits, require

bp = Blueprint("introductions", __name__, url_prefix="/introductions")


def me() -> User:
    return current_user._get_current_object()


# --- The list -------------------------------------------------------------------------------------------------------


@bp.get("/")
@bp.get("/list.<file:format>")
@permits(Permission.INTRODUCE)
def index(format: sheets.Format | None = None) -> Any:
    """Introductions: to answer first, then sent, introduced, ended."""
    counts = queries.counts(db.session, g.viewer)
    asked = request.args.get("tab", "")
    tab = asked if asked in queries.TABS else "answer" if counts["answer"] or not counts["current"] else "current"
    if format:
        listed = db.session.scalars(queries.listed(g.viewer, tab).limit(sheets.MOST_ROWS))
        rows = (presenting.shown(db.session, introduction, g.viewer) for introduction in listed)
        return sheets.answer("introductions", format, INTRODUCTION, rows)
    words = {
        "answer": _("To answer"), "open": _("Waiting for others"), "current": _("Introduced"), "done": _("Ended"),
    }  # fmt: skip
    page = paginate(db.session, queries.listed(g.viewer, tab), pages.page_number(), pages.url_of_page)
    return render_template(
        "introductions/index.html",
        tab=tab,
        tabs=[
            {"label": words[one], "url": url_for(".index", tab=one), "count": counts[one], "active": one == tab}
            for one in queries.TABS
        ],
        page=page,
        rows=[presenting.shown(db.session, introduction, g.viewer) for introduction in page.items],
    )


# --- Asking ---------------------------------------------------------------------------------------------------------


@bp.route("/ask/<public_id>", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def ask(public_id: str) -> Any:
    """Ask for an introduction, or express interest in a need: the three questions and the own consent."""
    if elsewhere := pages.join_first():
        return elsewhere
    require(g.viewer, Permission.INTRODUCE)
    asker = pages.acting_organisation(db.session)
    target = things.target_or_refuse(db.session, g.viewer, public_id)
    asked_with = _asked_with()
    if target.organisation.id in g.viewer.organisation_ids:
        raise NotPermitted("an introduction to oneself")
    planned = operations.planned(asker, target, asked_with)
    standing = queries.active_between(db.session, planned.pair, planned.matter)
    if standing is not None and standing.side_of(g.viewer.organisation_ids) is not None and not request.form:
        return redirect(url_for(".show", public_id=standing.public_id))
    form = AskForm()
    form.prepare()
    form.offer(queries.offer_of(db.session, planned, Side.ASKER, me()))
    if not form.is_submitted():
        _prefill(form, asker, target, asked_with, planned)
    elif form.validate():
        try:
            made, new = operations.request(
                db.session,
                asker=asker,
                target=target,
                answers=form.answers(),
                agreement=form.agreement(me()),
                asked_with=asked_with,
                explanation=explanation.opened(form.explanation.data or ""),
                key=form.key.data,
            )
        except operations.ShownChanged:
            db.session.rollback()
            form.show_anew()
            flash(
                _("What you would disclose has changed since you opened this page. Look at it again, then send."),
                "warning",
            )
            return _ask_page(form, target, asked_with), 409
        db.session.commit()
        if made.side_of(g.viewer.organisation_ids) is None:
            # They asked us about the same thing, and we may not know yet.
            return redirect(url_for(".index", tab="open"))
        flash(_("Your request is on its way.") if new else _("You have asked for this already; here it is."))
        return redirect(url_for(".show", public_id=made.public_id))
    return _ask_page(form, target, asked_with), 422 if form.errors else 200


def _asked_with() -> tuple[About, Any] | None:
    public_id = request.args.get("for", "")
    return things.own_or_refuse(db.session, g.viewer, public_id) if public_id else None


def _prefill(
    form: AskForm, asker: Organisation, target: Target, asked_with: tuple[About, Any] | None, planned: Introduction
) -> None:
    """Take from the suggestion what it knows, so that nobody types it again."""
    shown = explanation.shown(db.session, g.viewer, asked_with, asker, target)
    form.explanation.data = explanation.sealed(shown)
    for item in (asked_with[1] if asked_with else None, target.item):
        kinds = getattr(item, "cooperation", None)
        if kinds and not (target.hidden and item is target.item):
            form.sought.data = ", ".join(map(str, labels(kinds, Cooperation)))
            break
    form.unclear.data = "\n".join(
        f"{wish['label']}: {wish['note'] or _('not stated')}"
        for wish in (*shown.get("unmet", ()), *shown.get("unknown", ()))
    )
    if things.confidential_item(db.session, planned, Side.ASKER) is None:
        form.about_us.data = asker.headline


def _ask_page(form: AskForm, target: Target, asked_with: tuple[About, Any] | None) -> str:
    own_item = asked_with[1] if asked_with else None
    return render_template(
        "introductions/ask.html",
        form=form,
        target=target,
        title=presenting.title_of(target.item) if target.item is not None and not target.hidden else "",
        own_item=own_item,
        anonymous=own_item is not None
        and things.is_confidential(own_item, None if target.hidden else target.organisation),
        interest=target.kind is About.NEED,
        explanation=explanation.opened(form.explanation.data or ""),
        brokered=queries.brokering_cluster(db.session, pages.acting_organisation(db.session)) is not None,
        paused=not target.hidden and queries.is_paused(queries.limits_of(db.session, target.organisation.id)),
        nobody=not target.hidden and not queries.has_people(db.session, target.organisation.id),
        offered=_offered(form),
    )


def _offered(form: ConsentForm) -> list[tuple[str, Any, str]]:
    """What is always disclosed: field, word, value."""
    return [(name, label(name), form.offered.values[name]) for name in operations.ALWAYS if name in form.offered.values]


# --- One introduction -----------------------------------------------------------------------------------------------


@bp.get("/<public_id>")
@permits(Permission.INTRODUCTION)
def show(public_id: str) -> str:
    """Where it stands, what each side sees, and everything that came of it."""
    introduction = queries.get_or_refuse(db.session, public_id, g.viewer)
    shown = presenting.shown(db.session, introduction, g.viewer)
    contact = queries.contact_for(introduction, g.viewer)
    ours = introduction.consent_of(shown.side)
    changed = False
    if contact is not None and ours is not None and ours.user_id == g.viewer.user_id:
        now = queries.offer_of(db.session, introduction, shown.side, me(), ours.disclosed.get("phone", ""))
        changed = any(now.values.get(name) != value for name, value in ours.disclosed.items())
    return render_template(
        "introductions/show.html",
        introduction=introduction,
        shown=shown,
        contact=contact,
        rows=presenting.disclosed_rows(contact),
        ours=ours,
        our_rows=[(label(name, "Disclosed"), value) for name, value in ours.disclosed.items()] if ours else [],
        changed=changed,
        explanation=explanation.for_side(db.session, introduction, shown.side),
        parts=parts.contents(db.session, introduction, g.viewer) if introduction.answered_at else [],
        accepted=introduction.state == IntroductionState.ACCEPTED,
    )


def show_again(public_id: str, form: FlaskForm, why: str, status: int = 422) -> tuple[str, int]:
    """The page once more, with a form of it as it was typed, and what is wrong with it."""
    parts.refuse(form, why)
    return show(public_id), status


@bp.route("/<public_id>/accept", methods=["GET", "POST"])
@permits(Permission.INTRODUCTION)
def accept(public_id: str) -> Any:
    """The consent screen: exactly what the other side will see."""
    introduction, side = queries.own_or_refuse(db.session, public_id, g.viewer)
    if not introduction.waits_for(side):
        return _moved(introduction)
    return _consent_page(introduction, side, operations.accept, renewing=False)


@bp.route("/<public_id>/renew", methods=["GET", "POST"])
@permits(Permission.INTRODUCTION)
def renew(public_id: str) -> Any:
    """Disclose anew, after something changed."""
    introduction, side = queries.own_or_refuse(db.session, public_id, g.viewer)
    if introduction.state != IntroductionState.ACCEPTED:
        return _moved(introduction)
    return _consent_page(introduction, side, operations.renew_consent, renewing=True)


def _consent_page(introduction: Introduction, side: Side, agree: Any, *, renewing: bool) -> Any:
    form = ConsentForm()
    form.offer(queries.offer_of(db.session, introduction, side, me()))
    status = 200
    if form.validate_on_submit():
        try:
            agree(db.session, introduction, side, form.agreement(me()))
            db.session.commit()
        except operations.Moved as moved:
            db.session.rollback()
            return _moved(moved.introduction)
        except operations.ShownChanged:
            db.session.rollback()
            form.show_anew()
            status = 409
            flash(
                _("What you would disclose has changed since you opened this page. Look at it again, then agree."),
                "warning",
            )
        else:
            flash(_agreed(introduction, renewing))
            return redirect(url_for(".show", public_id=introduction.public_id))
    page = render_template(
        "introductions/consent.html",
        form=form,
        introduction=introduction,
        shown=presenting.shown(db.session, introduction, g.viewer),
        offered=_offered(form),
        renewing=renewing,
    )
    return page, 422 if form.errors else status


def _agreed(introduction: Introduction, renewing: bool) -> str:
    if renewing:
        return _("They now see what you just agreed to.")
    if introduction.state == IntroductionState.ACCEPTED:
        return _("You are introduced. Contact details are below.")
    return _("You agreed. As soon as the other side does too, you see each other’s details.")


@bp.route("/<public_id>/decline", methods=["GET", "POST"])
@permits(Permission.INTRODUCTION)
def decline(public_id: str) -> Any:
    """Say no, kindly."""
    introduction, side = queries.own_or_refuse(db.session, public_id, g.viewer)
    if not introduction.waits_for(side):
        return _moved(introduction)
    form = DeclineForm()
    if form.validate_on_submit():
        try:
            operations.decline(
                db.session, introduction, side, person=me(), reason=form.chosen, kind_words=form.kind_words.data
            )
            db.session.commit()
        except operations.Moved as moved:
            db.session.rollback()
            return _moved(moved.introduction)
        flash(_("Declined. They read your reason.") if form.chosen else _("Declined. They see no answer."))
        return redirect(url_for(".show", public_id=public_id))
    shown = presenting.shown(db.session, introduction, g.viewer)
    page = render_template("introductions/decline.html", form=form, introduction=introduction, shown=shown)
    return page, 422 if form.errors else 200


@bp.post("/<public_id>/withdraw")
@permits(Permission.INTRODUCTION)
def withdraw(public_id: str) -> Any:
    """Take it back: from this moment nothing is disclosed any more."""
    introduction, side = queries.own_or_refuse(db.session, public_id, g.viewer)
    try:
        operations.withdraw(db.session, introduction, side, person=me())
        db.session.commit()
    except operations.Moved as moved:
        db.session.rollback()
        return _moved(moved.introduction)
    flash(_("Taken back. Nothing is disclosed any more."))
    return redirect(url_for(".show", public_id=public_id))


def _moved(introduction: Introduction) -> Any:
    """The answer where somebody was faster: the page as it is now."""
    side = introduction.side_of(g.viewer.organisation_ids)
    if side is None:
        return redirect(url_for(".index"))
    word = label(introduction.state_for(side))
    flash(_("Nothing was changed: this introduction has moved on. It now stands at “%(state)s”.", state=word), "info")
    return redirect(url_for(".show", public_id=introduction.public_id))


# --- Interest -------------------------------------------------------------------------------------------------------


@bp.get("/interest")
@permits(Permission.INTRODUCE)
def marks() -> str:
    """In whom and what the own organisation is silently interested."""
    page = paginate(db.session, queries.marks(g.viewer), pages.page_number(), pages.url_of_page)
    rows = [(mark, presenting.marked(db.session, mark, g.viewer)) for mark in page.items]
    return render_template("introductions/marks.html", page=page, rows=rows)


@bp.post("/interest")
@permits(Permission.INTRODUCE)
def mark() -> Any:
    """Mark interest silently, or take the mark back."""
    organisation = pages.acting_organisation(db.session)
    target = things.target_or_refuse(db.session, g.viewer, request.form.get("object", ""))
    if target.organisation.id in g.viewer.organisation_ids:
        raise NotPermitted("interest in oneself")
    back = pages.back_to(url_for(".index"))
    if request.form.get("take_back"):
        operations.take_interest_back(db.session, organisation=organisation, target=target)
        db.session.commit()
        flash(_("Your mark is taken back."))
        return redirect(back)
    made = operations.mark_interest(db.session, organisation=organisation, target=target, user=me())
    db.session.commit()
    if made is not None and made.is_open:
        flash(_("They are interested too. Both of you are told; each still decides whether to be introduced."))
        return redirect(url_for(".show", public_id=made.public_id))
    flash(_("Kept to yourself. If they mark interest in you as well, both of you are told."))
    return redirect(back)


# --- Limits and blocks ----------------------------------------------------------------------------------------------


@bp.route("/limits", methods=["GET", "POST"])
@permits(Permission.INTRODUCE)
def limits() -> Any:
    """How many requests the own organisation wants, and whom it wants nothing from."""
    organisation = pages.acting_organisation(db.session)
    form = LimitsForm()
    if not form.is_submitted():
        form.fill(queries.limits_of(db.session, organisation.id))
    elif form.validate():
        operations.set_limits(
            db.session,
            organisation,
            per_week=form.per_week.data,
            paused=form.paused.data,
            paused_until=form.paused_until.data,
        )
        operations.deliver_due(db.session, operations.utcnow())
        db.session.commit()
        flash(_("Saved."))
        return redirect(url_for(".limits"))
    words = request.args.get("q", "").strip()[:200]
    page = render_template(
        "introductions/limits.html",
        form=form,
        blocks=queries.blocks_of(db.session, organisation.id),
        words=words,
        found=[one for one in by_name(db.session, words) if one.id not in g.viewer.organisation_ids] if words else [],
    )
    return page, 422 if form.errors else 200


@bp.post("/blocks/<public_id>")
@permits(Permission.INTRODUCE)
def block(public_id: str) -> Any:
    """Want nothing from an organisation any more; it can't tell."""
    organisation = pages.acting_organisation(db.session)
    blocked = organisation_by_public_id(db.session, public_id)
    try:
        operations.block_organisation(db.session, organisation=organisation, blocked=blocked, user=me())
    except operations.NotYourself:
        raise NotPermitted(public_id) from None
    db.session.commit()
    flash(_("Blocked: %(name)s. They are not told, and can’t tell.", name=blocked.name))
    return redirect(url_for(".limits"))


@bp.post("/blocks/<public_id>/lift")
@permits(Permission.INTRODUCE)
def lift(public_id: str) -> Any:
    """Let an organisation ask again."""
    organisation = pages.acting_organisation(db.session)
    found = queries.block_or_refuse(db.session, organisation.id, public_id)
    name = found.blocked.name
    operations.unblock(db.session, found)
    db.session.commit()
    flash(_("%(name)s may ask you again.", name=name))
    return redirect(url_for(".limits"))
