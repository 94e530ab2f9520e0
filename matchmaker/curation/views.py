"""The manager's first tools: give, withdraw and look up verdicts, and propose a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from matchmaker.clusters.models import ClusterMembership, Organisation
from matchmaker.curation import operations, queries
from matchmaker.curation.exports import VERDICT
from matchmaker.curation.models import Verdict, VerdictKind
from matchmaker.db import db
from matchmaker.items.labels import label, words_of
from matchmaker.items.pages import as_file, back_to, page_number, url_of_page, url_with
from matchmaker.items.queries import findable, get_or_refuse, teaser_or_refuse
from matchmaker.needs.models import Need
from matchmaker.paging import paginate
from matchmaker.permissions import NotPermitted, Permission, permits, require
from matchmaker.profiles.models import Competence
from matchmaker.sheets import Format
from matchmaker.testfields.models import TestField
from matchmaker.texts import comparison_key

bp = Blueprint("curation", __name__, url_prefix="/verdicts")

LISTED = 8

SUBJECTS: dict[str, type[Any]] = {"need": Need, "competence": Competence, "organisation": Organisation}
DECIDED: dict[str, type[Any]] = {"organisation": Organisation, "test_field": TestField, "need": Need}
#: Where the suggestions for a subject stand; the slice above ours serves them.
SUGGESTED_ON = {Need: "suggestions.for_need", Competence: "suggestions.for_competence"}


@dataclass(frozen=True)
class Choice:
    """One choice of a filter."""

    value: str
    label: Any
    checked: bool


def subject_or_refuse(kind: str, public_id: str) -> tuple[Any, bool]:
    """What is decided on, and whether the manager knows it by its teaser alone."""
    if kind == "teaser":
        teaser = teaser_or_refuse(db.session, public_id, g.viewer)
        if teaser.need_id is None:
            abort(400)
        return teaser.item, True
    return side_or_refuse(SUBJECTS, kind, public_id), False


def side_or_refuse(models: dict[str, type[Any]], kind: str, public_id: str) -> Any:
    """One side of a pair. Raises NotPermitted where the manager may not read it."""
    model = models.get(kind)
    if model is None:
        abort(400)
    if model is not Organisation:
        return get_or_refuse(db.session, model, public_id, g.viewer)
    found = db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if found is None:
        raise NotPermitted(public_id)
    return found


def cluster_for(subject: Any) -> int:
    """The cluster in whose name the manager decides. Raises NotPermitted where there is none."""
    require(g.viewer, Permission.SUGGEST, subject)
    curated = g.viewer.manages & subject.organisation.cluster_ids
    if not curated:
        raise NotPermitted("a cluster to decide for")
    return min(curated)


def _suggestions_url(subject: Any, decided: Any = None) -> str:
    endpoint = SUGGESTED_ON.get(type(subject), "suggestions.for_organisation")
    tab = "test_fields" if isinstance(decided, TestField) else None
    return url_for(endpoint, public_id=subject.public_id, tab=tab)


@bp.post("/give")
@permits(Permission.CURATE)
def give() -> Response:
    """Pin, veto or propose a pair, with a reason."""
    subject, on_teaser = subject_or_refuse(request.form.get("subject_kind", ""), request.form.get("subject", ""))
    # Any manager may decide on a teaser; whether the verdict counts depends on whose it is, and so it is not said.
    cluster_id = min(g.viewer.manages) if on_teaser else cluster_for(subject)
    decided = side_or_refuse(DECIDED, request.form.get("object_kind", ""), request.form.get("object", ""))
    kind = request.form.get("kind", "")
    if kind not in list(VerdictKind):
        abort(400)
    back = back_to(url_for(".verdicts") if on_teaser else _suggestions_url(subject, decided))
    try:
        operations.give(
            db.session,
            manager_id=g.viewer.user_id,
            cluster_id=cluster_id,
            kind=VerdictKind(kind),
            subject=subject,
            decided=decided,
            reason=request.form.get("reason", ""),
            on_teaser=on_teaser,
        )
    except operations.ReasonMissing:
        flash(_("Nothing was decided: a verdict needs a reason. Members read it for a pin or a proposal."), "warning")
        return redirect(back)
    except operations.NotAPair:
        flash(_("Nothing was decided: these two can’t be a pair."), "warning")
        return redirect(back)
    db.session.commit()
    name = decided.name if isinstance(decided, Organisation) else decided.title
    flash(
        {
            VerdictKind.PIN: _("Pinned: %(name)s stands first, with your reason.", name=name),
            VerdictKind.VETO: _("Vetoed: %(name)s is no longer suggested here. Members are not told.", name=name),
            VerdictKind.PROPOSAL: _("Proposed: %(name)s, with your reason.", name=name),
        }[VerdictKind(kind)]
    )
    return redirect(back)


@bp.post("/<public_id>/withdraw")
@permits(Permission.CURATE)
def withdraw(public_id: str) -> Response:
    """Take a verdict back; it stays in the log."""
    verdict = db.session.scalar(select(Verdict).where(Verdict.public_id == public_id))
    if verdict is None:
        raise NotPermitted(public_id)
    require(g.viewer, Permission.CURATE, verdict)
    operations.withdraw(db.session, verdict, manager_id=g.viewer.user_id)
    db.session.commit()
    flash(_("Withdrawn. It no longer holds, and stays in the log."))
    return redirect(back_to(url_for(".verdicts")))


@bp.get("/")
@bp.get("/list.<file:format>")
@permits(Permission.CURATE)
def verdicts(format: Format | None = None) -> Any:
    """Every verdict of the manager's clusters, the latest first."""
    kinds = [kind for kind in VerdictKind if kind in request.args.getlist("kind")]
    state = request.args.get("state", "")
    query = queries.log(g.viewer)
    if kinds:
        query = query.where(Verdict.kind.in_(kinds))
    if state == "standing":
        query = query.where(queries.standing())
    elif state == "withdrawn":
        query = query.where(~queries.standing())
    if format:
        return as_file(format, "verdicts", VERDICT, query)
    words = {"": _("All"), "standing": _("In force"), "withdrawn": _("Withdrawn")}
    return render_template(
        "curation/verdicts.html",
        page=paginate(db.session, query, page_number(), url_of_page),
        kinds=[Choice(kind, word, kind in kinds) for kind, word in words_of(VerdictKind).items()],
        states=[Choice(value, word, value == state) for value, word in words.items()],
        active=[{"label": label(kind), "remove_url": url_with(kind=[k for k in kinds if k != kind])} for kind in kinds]
        + ([{"label": words[state], "remove_url": url_with(state=None)}] if state in words and state else []),
        suggestions_url=_suggestions_url,
        here=request.full_path.rstrip("?"),
    )


@bp.get("/propose")
@permits(Permission.CURATE)
def propose() -> str:
    """Bring two together: find a need, find who could answer it, say why."""
    need = _picked(Need, "need")
    decided = _picked(Organisation, "organisation") or _picked(TestField, "test_field")
    sought, offered = request.args.get("seek", "").strip()[:200], request.args.get("offer", "").strip()[:200]
    needs = [] if need else _needs(sought)
    organisations, fields = ([], []) if decided else (_organisations(offered), _test_fields(offered))
    return render_template(
        "curation/propose.html",
        need=need,
        decided=decided,
        decided_kind="organisation" if isinstance(decided, Organisation) else "test_field",
        sought=sought,
        offered=offered,
        needs=needs,
        organisations=organisations,
        fields=fields,
        url_with=url_with,
        kinds=words_of(VerdictKind),
        listed=LISTED,
    )


def _picked(model: type[Any], name: str) -> Any:
    public_id = request.args.get(name)
    if not public_id:
        return None
    found = side_or_refuse({name: model}, name, public_id)
    if model is Need:
        cluster_for(found)
    return found


def _needs(words: str) -> list[Need]:
    """Open needs of the manager's clusters whose words hold what was typed, the newest first."""
    members = select(ClusterMembership.organisation_id).where(ClusterMembership.cluster_id.in_(g.viewer.manages))
    query = select(Need).join(Organisation).where(findable(Need, g.viewer), Need.organisation_id.in_(members))
    if words:
        query = query.where(_says(Need, words) | Organisation.name_key.contains(comparison_key(words), autoescape=True))
    return list(db.session.scalars(query.order_by(Need.published_at.desc(), Need.id.desc()).limit(LISTED)))


def _organisations(words: str) -> list[Organisation]:
    query = select(Organisation).order_by(Organisation.name_key, Organisation.id)
    if words:
        query = query.where(
            or_(
                Organisation.name_key.contains(comparison_key(words), autoescape=True),
                Organisation.headline.icontains(words, autoescape=True),
            )
        )
    return list(db.session.scalars(query.limit(LISTED)))


def _test_fields(words: str) -> list[TestField]:
    query = select(TestField).join(Organisation).where(findable(TestField, g.viewer))
    if words:
        query = query.where(
            _says(TestField, words) | Organisation.name_key.contains(comparison_key(words), autoescape=True)
        )
    return list(db.session.scalars(query.order_by(TestField.title, TestField.id).limit(LISTED)))


def _says(model: Any, words: str) -> Any:
    return or_(model.title.icontains(words, autoescape=True), model.description.icontains(words, autoescape=True))
