"""Pages on which managers pass requests on, bring two together, and say how their cluster handles introductions."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from matchmaker import sheets
from matchmaker.clusters.models import Cluster
from matchmaker.clusters.queries import by_name, managed_clusters, managed_or_refuse, organisation_by_public_id
from matchmaker.db import db
from matchmaker.introductions import operations, presenting, queries, things
from matchmaker.introductions.exports import BROKERED
from matchmaker.introductions.forms import DeclineForm, ProposeForm, RulesForm
from matchmaker.introductions.models import About, Introduction, IntroductionState
from matchmaker.introductions.views import bp, me
from matchmaker.items.pages import page_number, url_of_page
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits


@bp.get("/desk")
@bp.get("/desk.<file:format>")
@permits(Permission.CURATE)
def desk(format: sheets.Format | None = None) -> Any:
    """Requests to pass on, what was passed on, and how the cluster handles them."""
    if format:
        listed = db.session.scalars(queries.for_managers(g.viewer).limit(sheets.MOST_ROWS))
        return sheets.answer(
            "introductions", format, BROKERED, (presenting.for_manager(db.session, one, g.viewer) for one in listed)
        )
    page = paginate(db.session, queries.for_managers(g.viewer), page_number(), url_of_page)
    return render_template(
        "introductions/desk.html",
        page=page,
        rows=[presenting.for_manager(db.session, introduction, g.viewer) for introduction in page.items],
        moved=[
            presenting.for_manager(db.session, one, g.viewer)
            for one in db.session.scalars(queries.moved_by_managers(g.viewer).limit(10))
        ],
        rules=[(cluster, _rules_form(cluster)) for cluster in managed_clusters(db.session, g.viewer)],
    )


@bp.get("/desk/<public_id>")
@permits(Permission.CURATE)
def brokered(public_id: str) -> str:
    """One request as its manager reads it."""
    introduction = queries.brokered_or_refuse(db.session, public_id, g.viewer)
    return render_template(
        "introductions/brokered.html",
        introduction=introduction,
        row=presenting.for_manager(db.session, introduction, g.viewer),
        form=DeclineForm(),
        waits=introduction.state == IntroductionState.BROKERED,
    )


@bp.post("/desk/<public_id>/pass-on")
@permits(Permission.CURATE)
def pass_on(public_id: str) -> Any:
    """Pass a request on to the other side."""
    introduction = queries.brokered_or_refuse(db.session, public_id, g.viewer)
    try:
        operations.broker(db.session, introduction, me())
        db.session.commit()
    except operations.Moved as moved:
        db.session.rollback()
        return _overtaken(moved.introduction)
    flash(_("Passed on. They have three weeks to answer."))
    return redirect(url_for(".desk"))


@bp.post("/desk/<public_id>/return")
@permits(Permission.CURATE)
def give_back(public_id: str) -> Any:
    """Give a request back to the asker, with a reason."""
    introduction = queries.brokered_or_refuse(db.session, public_id, g.viewer)
    form = DeclineForm()
    if not form.validate() or form.chosen is None:
        flash(_("Nothing was done: choose a reason, so that they know what to do next."), "warning")
        return redirect(url_for(".brokered", public_id=public_id))
    try:
        operations.return_to_asker(
            db.session, introduction, me(), reason=form.chosen, kind_words=form.kind_words.data or ""
        )
        db.session.commit()
    except operations.Moved as moved:
        db.session.rollback()
        return _overtaken(moved.introduction)
    flash(_("Given back. They read your reason."))
    return redirect(url_for(".desk"))


def _overtaken(introduction: Introduction) -> Any:
    """Two managers at once: the first decision stands, and the second manager reads whose it was."""
    if introduction.broker is not None:
        flash(_("%(name)s was faster: this has been decided already.", name=introduction.broker.display_name), "info")
    else:
        flash(_("The asker has taken this back, or time ran out."), "info")
    return redirect(url_for(".brokered", public_id=introduction.public_id))


@bp.route("/desk/propose/<public_id>", methods=["GET", "POST"])
@permits(Permission.CURATE)
def propose(public_id: str) -> Any:
    """Bring a need's owner, or an organisation, together with another; each side then agrees or not."""
    target, cluster_id = things.to_bring_together_or_refuse(db.session, g.viewer, public_id)
    one, need = target.organisation, target.item
    other_id, words = request.args.get("other", ""), request.args.get("q", "").strip()[:200]
    other = organisation_by_public_id(db.session, other_id) if other_id else None
    form = ProposeForm()
    if other is not None and other.id != one.id and form.validate_on_submit():
        made, new = operations.propose(
            db.session,
            one=one,
            other=other,
            about=(About.NEED, need) if need is not None else None,
            reason=form.reason.data,
            manager=me(),
            cluster_id=cluster_id,
        )
        db.session.commit()
        flash(
            _("Both are asked. You see here when they are introduced.")
            if new
            else _("These two have an introduction about this already, so nothing was sent.")
        )
        return redirect(url_for(".brokered", public_id=made.public_id) if new else url_for(".desk"))
    found = [organisation for organisation in by_name(db.session, words) if organisation.id != one.id]
    page = render_template(
        "introductions/propose.html", form=form, one=one, other=other, need=need, words=words, found=found
    )
    return page, 422 if form.errors else 200


@bp.post("/desk/rules/<public_id>")
@permits(Permission.CURATE)
def rules(public_id: str) -> Any:
    """Say how a cluster handles introductions."""
    cluster = managed_or_refuse(db.session, public_id, g.viewer)
    form = RulesForm()
    if form.validate():
        operations.set_rules(
            db.session, cluster.id, brokered=form.brokered.data, fair_share=form.fair_share.data, manager=me()
        )
        db.session.commit()
        flash(_("Saved. What is under way stays as it is."))
    return redirect(url_for(".desk"))


def _rules_form(cluster: Cluster) -> RulesForm:
    return RulesForm(formdata=None, obj=queries.rules_of(db.session, cluster.id), prefix="")
