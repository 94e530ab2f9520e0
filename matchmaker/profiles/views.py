"""Pages of what members offer: organisations, groups and people, competences and the evidence behind them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.clusters.models import Organisation
from matchmaker.db import EditConflict, db
from matchmaker.items import operations as items
from matchmaker.items import pages
from matchmaker.items.operations import NotADraft
from matchmaker.items.queries import counts, ends_soon, get_or_refuse, of_organisation
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, Visibility, permits, require
from matchmaker.profiles import exports, operations, queries, sections
from matchmaker.profiles.forms import CompetenceForm, EvidenceForm, ProfileForm
from matchmaker.profiles.models import Competence, Evidence, Profile, ProfileKind
from matchmaker.sheets import Format

bp = Blueprint("profiles", __name__)

#: How many competences and records an organisation's page shows at once.
ON_THE_PAGE = 10
RECORDS_ON_THE_PAGE = 6


# Organisations


@bp.get("/organisations/<public_id>")
@permits(Permission.BROWSE)
def organisation(public_id: str) -> str:
    """The face of an organisation: who they are, what they can do and why one may believe it, what they seek."""
    shown = queries.organisation_or_refuse(db.session, public_id)
    competences = paginate(
        db.session,
        queries.competences_of(shown, g.viewer),
        pages.page_number(),
        pages.url_of_page,
        size=ON_THE_PAGE,
    )
    records = paginate(db.session, queries.evidence_of(shown, g.viewer), 1, pages.url_of_page, size=RECORDS_ON_THE_PAGE)
    return render_template(
        "profiles/organisation.html",
        organisation=shown,
        competences=competences,
        evidence={one.id: queries.readable_evidence(one, g.viewer) for one in competences.items},
        records=records,
        sources=queries.sources([shown, *records.items]),
        profiles=queries.profiles_of(db.session, shown, g.viewer),
        sections=sections.contents(current_app, db.session, shown, g.viewer),
        own=shown.id in g.viewer.organisation_ids,
    )


@bp.get("/organisations/<public_id>/competences.<file:format>")
@permits(Permission.BROWSE)
def competences_file(public_id: str, format: Format) -> Response:
    """What an organisation can do, as a file."""
    shown = queries.organisation_or_refuse(db.session, public_id)
    return pages.as_file(format, "competences", exports.COMPETENCE, queries.competences_of(shown, g.viewer))


@bp.get("/organisations/<public_id>/evidence")
@bp.get("/organisations/<public_id>/evidence.<file:format>")
@permits(Permission.BROWSE)
def organisation_evidence(public_id: str, format: Format | None = None) -> Any:
    """Every record an organisation stands behind."""
    shown = queries.organisation_or_refuse(db.session, public_id)
    wanted = queries.evidence_of(shown, g.viewer)
    if format:
        return pages.as_file(format, "evidence", exports.EVIDENCE, wanted)
    page = paginate(db.session, wanted, pages.page_number(), pages.url_of_page)
    return render_template("profiles/organisation_evidence.html", organisation=shown, page=page)


# What the own organisation offers


@bp.get("/offers")
@bp.get("/offers.<file:format>")
@permits(Permission.ACCOUNT)
def mine(format: Format | None = None) -> Any:
    """The own organisation's competences, by where they stand, and its groups, people and records."""
    if elsewhere := pages.join_first():
        return elsewhere
    own = pages.acting_organisation(db.session)
    standing = pages.chosen_standing()
    wanted = of_organisation(Competence, own.id, standing)
    if format:
        return pages.as_file(format, "competences", exports.COMPETENCE, wanted)
    numbers = counts(db.session, Competence, own.id)
    return render_template(
        "profiles/mine.html",
        page=paginate(db.session, wanted, pages.page_number(), pages.url_of_page),
        tabs=pages.standing_tabs(numbers, standing, pages.standing_words()),
        counts=numbers,
        standing=standing,
        organisation=own,
        profiles=queries.profiles_of(db.session, own, g.viewer),
        record_count=counts(db.session, Evidence, own.id)["all"],
    )


@bp.get("/offers/evidence")
@bp.get("/offers/evidence.<file:format>")
@permits(Permission.ACCOUNT)
def my_evidence(format: Format | None = None) -> Any:
    """The own organisation's records, by where they stand."""
    if elsewhere := pages.join_first():
        return elsewhere
    own = pages.acting_organisation(db.session)
    standing = pages.chosen_standing()
    wanted = of_organisation(Evidence, own.id, standing)
    if format:
        return pages.as_file(format, "evidence", exports.EVIDENCE, wanted)
    numbers = counts(db.session, Evidence, own.id)
    return render_template(
        "profiles/my_evidence.html",
        page=paginate(db.session, wanted, pages.page_number(), pages.url_of_page),
        tabs=pages.standing_tabs(numbers, standing, pages.standing_words()),
        counts=numbers,
        standing=standing,
        organisation=own,
    )


# Competences


@bp.get("/competences/<public_id>")
@permits(Permission.READ)
def competence(public_id: str) -> str:
    """One competence with the records behind it."""
    shown = get_or_refuse(db.session, Competence, public_id, g.viewer)
    own = shown.organisation_id in g.viewer.organisation_ids
    return render_template(
        "profiles/competence.html",
        competence=shown,
        evidence=queries.readable_evidence(shown, g.viewer),
        attachable=queries.attachable_evidence(db.session, shown) if own else [],
        own=own,
        ends_soon=ends_soon(shown),
    )


@bp.route("/competences/new", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def add_competence() -> Any:
    """Register a competence."""
    if elsewhere := pages.join_first():
        return elsewhere
    require(g.viewer, Permission.CONTRIBUTE)
    own = pages.acting_organisation(db.session)
    given: dict[str, Any] = {name: request.args.get(name, "") for name in ("title", "description", "advantages")}
    form = competence_form(own, data=given)
    if not form.is_submitted() and "profile" in request.args:
        given_profile = queries.profile_or_refuse(db.session, request.args["profile"], g.viewer)
        form.profile_id.data = given_profile.id if given_profile.organisation_id == own.id else None
    form.publishing = pages.pressed("publish")
    if form.is_submitted() and not pages.pressed("check") and form.validate():
        made = operations.add_competence(db.session, own, current_user._get_current_object(), form.values())
        if form.publishing:
            items.publish(made)
        db.session.commit()
        return _competence_saved(made, published=form.publishing)
    return _competence_page(form, own)


@bp.route("/competences/<public_id>/edit", methods=["GET", "POST"])
@permits(Permission.EDIT)
def edit_competence(public_id: str) -> Any:
    """Change a competence."""
    edited = _own(Competence, public_id)
    form = competence_form(edited.organisation, obj=edited)
    return pages.edit_page(
        form,
        edited,
        edit=items.edit,
        publish=items.publish,
        saved=lambda published: _competence_saved(edited, published=published),
        page=lambda differences: _competence_page(form, edited.organisation, edited, differences),
    )


@bp.post("/competences/review")
@permits(Permission.CONTRIBUTE)
def review_competence() -> str:
    """The help beside the form, for what is typed so far."""
    own = pages.acting_organisation(db.session)
    backed = bool(request.args.get("backed"))
    help_shown = pages.writing_help("competence", competence_form(own), own, evidence=backed)
    return render_template("items/_writing.html", **help_shown)


@bp.post("/competences/<public_id>/publish")
@permits(Permission.EDIT)
def publish_competence(public_id: str) -> Any:
    """Publish a draft or withdrawn competence, where it says enough; otherwise show what is missing."""
    own = _own(Competence, public_id)
    if not CompetenceForm(formdata=None, obj=own).says_enough():
        flash(_("Before it can be published, it needs a little more."), "info")
        return redirect(url_for(".edit_competence", public_id=public_id, publish=""))
    items.publish(own)
    return _moved(own, _("“%(title)s” is published.", title=own.title))


@bp.post("/competences/<public_id>/renew")
@permits(Permission.EDIT)
def renew_competence(public_id: str) -> Any:
    """Start its year anew, in one click."""
    own = _own(Competence, public_id)
    items.renew(own)
    return _moved(own, _("“%(title)s” stays published for another year.", title=own.title))


@bp.post("/competences/<public_id>/withdraw")
@permits(Permission.EDIT)
def withdraw_competence(public_id: str) -> Any:
    """Take it back; only the own organisation still sees it."""
    own = _own(Competence, public_id)
    items.withdraw(own)
    return _moved(own, _("“%(title)s” is withdrawn. Only your organisation still sees it.", title=own.title))


@bp.post("/competences/<public_id>/delete")
@permits(Permission.EDIT)
def delete_competence(public_id: str) -> Any:
    """Remove a draft."""
    return _delete(_own(Competence, public_id), url_for(".mine"))


@bp.post("/competences/<public_id>/evidence")
@permits(Permission.EDIT)
def attach_evidence(public_id: str) -> Any:
    """Let a registered record back this competence."""
    own = _own(Competence, public_id)
    record = get_or_refuse(db.session, Evidence, request.form.get("evidence", ""), g.viewer)
    if record in queries.attachable_evidence(db.session, own):
        operations.attach(db.session, own, record)
        db.session.commit()
        flash(_("“%(title)s” now backs this competence.", title=record.title), "success")
    return redirect(url_for(".competence", public_id=public_id))


@bp.post("/competences/<public_id>/evidence/<evidence_id>/detach")
@permits(Permission.EDIT)
def detach_evidence(public_id: str, evidence_id: str) -> Any:
    """Take a record away from this competence; the record stays."""
    own = _own(Competence, public_id)
    operations.detach(db.session, own, queries.backing_or_refuse(own, evidence_id))
    db.session.commit()
    flash(_("The record no longer backs this competence. It is still registered."), "success")
    return redirect(url_for(".competence", public_id=public_id))


def competence_form(own: Organisation, **given: Any) -> CompetenceForm:
    """The form of a competence of that organisation, with its profiles and whom it can trust to choose from."""
    form = pages.form_for(CompetenceForm, own, **given)
    form.offer_profiles(own.name, queries.profiles_of(db.session, own, g.viewer))
    return form


def _competence_page(
    form: CompetenceForm,
    own: Organisation,
    edited: Competence | None = None,
    differences: list[dict[str, Any]] | None = None,
) -> Any:
    page = render_template(
        "profiles/competence_form.html",
        form=form,
        competence=edited,
        differences=differences,
        **pages.writing_help("competence", form, own, evidence=bool(edited and edited.evidence)),
    )
    return page, _status(form, differences)


def _competence_saved(saved: Competence, *, published: bool) -> Any:
    flash(_("“%(title)s” is published.", title=saved.title) if published else _("Saved."), "success")
    return redirect(url_for(".competence", public_id=saved.public_id))


# Evidence


@bp.get("/evidence/<public_id>")
@permits(Permission.READ)
def evidence(public_id: str) -> str:
    """One record: what it is, where to read it, which competences it backs and who stands behind it."""
    shown = get_or_refuse(db.session, Evidence, public_id, g.viewer)
    return render_template(
        "profiles/evidence.html",
        evidence=shown,
        competences=queries.backed_competences(db.session, shown, g.viewer),
        own=shown.organisation_id in g.viewer.organisation_ids,
        ends_soon=ends_soon(shown),
    )


@bp.route("/evidence/new", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def add_evidence() -> Any:
    """Register a record; ``?competence=`` names the one it backs."""
    if elsewhere := pages.join_first():
        return elsewhere
    require(g.viewer, Permission.CONTRIBUTE)
    own = pages.acting_organisation(db.session)
    form, competences = evidence_form(own)
    if not form.is_submitted() and "competence" in request.args:
        backed = get_or_refuse(db.session, Competence, request.args["competence"], g.viewer)
        form.backs.data = [backed.id]
        # A record has no teaser: what backs a confidential competence stays as private as that.
        form.visibility.data = Visibility.PRIVATE if backed.visibility == Visibility.TEASER else backed.visibility
    if form.is_submitted() and form.validate():
        values = form.values()
        backs = values.pop("backs")
        ticked = [one for one in competences if one.id in backs]
        made = operations.add_evidence(db.session, own, current_user._get_current_object(), values, ticked)
        if pages.pressed("publish"):
            items.publish(made)
        db.session.commit()
        flash(_("The record is registered."), "success")
        if len(ticked) == 1:
            return redirect(url_for(".competence", public_id=ticked[0].public_id))
        return redirect(url_for(".evidence", public_id=made.public_id))
    return _evidence_page(form)


@bp.route("/evidence/<public_id>/edit", methods=["GET", "POST"])
@permits(Permission.EDIT)
def edit_evidence(public_id: str) -> Any:
    """Change a record."""
    edited = _own(Evidence, public_id)
    form, competences = evidence_form(edited.organisation, edited)
    if form.is_submitted() and form.validate():
        values = form.values()
        backs = values.pop("backs")
        ticked = [one for one in competences if one.id in backs]
        try:
            operations.edit_evidence(db.session, edited, version=form.version.data, values=values, competences=ticked)
            if pages.pressed("publish"):
                items.publish(edited)
            db.session.commit()
            flash(_("Saved."), "success")
            return redirect(url_for(".evidence", public_id=public_id))
        except EditConflict:
            db.session.rollback()
            differences = form.differences(edited, backs=_backed(edited, competences))
            form.on_version(edited.version)
            return _evidence_page(form, edited, differences)
    return _evidence_page(form, edited)


@bp.post("/evidence/<public_id>/publish")
@permits(Permission.EDIT)
def publish_evidence(public_id: str) -> Any:
    """Publish a record."""
    own = _own(Evidence, public_id)
    items.publish(own)
    return _moved(own, _("“%(title)s” is published.", title=own.title))


@bp.post("/evidence/<public_id>/renew")
@permits(Permission.EDIT)
def renew_evidence(public_id: str) -> Any:
    """Start its year anew, in one click."""
    own = _own(Evidence, public_id)
    items.renew(own)
    return _moved(own, _("“%(title)s” stays published for another year.", title=own.title))


@bp.post("/evidence/<public_id>/withdraw")
@permits(Permission.EDIT)
def withdraw_evidence(public_id: str) -> Any:
    """Take a record back."""
    own = _own(Evidence, public_id)
    items.withdraw(own)
    return _moved(own, _("“%(title)s” is withdrawn. Only your organisation still sees it.", title=own.title))


@bp.post("/evidence/<public_id>/delete")
@permits(Permission.EDIT)
def delete_evidence(public_id: str) -> Any:
    """Remove a draft."""
    return _delete(_own(Evidence, public_id), url_for(".my_evidence"))


def evidence_form(
    own: Organisation, obj: Evidence | None = None, **given: Any
) -> tuple[EvidenceForm, list[Competence]]:
    """The form of a record of that organisation, and the competences that it can back."""
    competences = queries.own_competences(db.session, own.id)
    form = EvidenceForm(obj=obj, backs=_backed(obj, competences), **given)
    form.offer_competences(competences)
    return form, competences


def _backed(edited: Evidence | None, offered: list[Competence]) -> list[int]:
    return [one.id for one in offered if edited is not None and one in edited.competences]


def _evidence_page(
    form: EvidenceForm, edited: Evidence | None = None, differences: list[dict[str, Any]] | None = None
) -> Any:
    page = render_template("profiles/evidence_form.html", form=form, evidence=edited, differences=differences)
    return page, _status(form, differences)


# Groups and people


@bp.get("/profiles/<public_id>")
@permits(Permission.READ)
def profile(public_id: str) -> str:
    """The face of a research group or a person."""
    shown = queries.profile_or_refuse(db.session, public_id, g.viewer)
    competences = paginate(
        db.session, queries.competences_by(shown, g.viewer), pages.page_number(), pages.url_of_page, size=ON_THE_PAGE
    )
    return render_template(
        "profiles/profile.html",
        profile=shown,
        competences=competences,
        evidence={one.id: queries.readable_evidence(one, g.viewer) for one in competences.items},
        own=shown.organisation_id in g.viewer.organisation_ids,
    )


@bp.route("/profiles/new", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def add_profile() -> Any:
    """Write a profile of a group or a person in the own organisation."""
    if elsewhere := pages.join_first():
        return elsewhere
    require(g.viewer, Permission.CONTRIBUTE)
    form = ProfileForm()
    if not form.is_submitted() and request.args.get("kind") in list(ProfileKind):
        form.kind.data = ProfileKind(request.args["kind"])
    if form.is_submitted() and form.validate():
        values = form.values()
        set_user(values)
        made = operations.add_profile(db.session, pages.acting_organisation(db.session), values)
        if pages.pressed("publish"):
            operations.publish_profile(made)
        db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for(".profile", public_id=made.public_id))
    return _profile_page(form)


@bp.route("/profiles/<public_id>/edit", methods=["GET", "POST"])
@permits(Permission.EDIT)
def edit_profile(public_id: str) -> Any:
    """Change a profile."""
    edited = _own_profile(public_id)
    form = profile_form(edited)
    if form.is_submitted() and form.validate():
        values = form.values()
        set_user(values, edited)
        try:
            items.edit(db.session, edited, version=form.version.data, values=values)
            if pages.pressed("publish"):
                operations.publish_profile(edited)
            db.session.commit()
            flash(_("Saved."), "success")
            return redirect(url_for(".profile", public_id=public_id))
        except EditConflict:
            db.session.rollback()
            differences = form.differences(edited, is_me=edited.user_id == g.viewer.user_id)
            form.on_version(edited.version)
            return _profile_page(form, edited, differences)
    return _profile_page(form, edited)


@bp.post("/profiles/<public_id>/publish")
@permits(Permission.EDIT)
def publish_profile(public_id: str) -> Any:
    """Show it within its visibility."""
    own = _own_profile(public_id)
    operations.publish_profile(own)
    return _moved(own, _("The profile is published."))


@bp.post("/profiles/<public_id>/withdraw")
@permits(Permission.EDIT)
def withdraw_profile(public_id: str) -> Any:
    """Take it back."""
    own = _own_profile(public_id)
    operations.withdraw_profile(own)
    return _moved(own, _("The profile is withdrawn. Only your organisation still sees it."))


@bp.post("/profiles/<public_id>/delete")
@permits(Permission.EDIT)
def delete_profile(public_id: str) -> Any:
    """Remove a profile that was never shown."""
    own = _own_profile(public_id)
    try:
        operations.delete_profile(db.session, own)
    except NotADraft:
        flash(_("Only drafts can be deleted. You can withdraw this profile instead."), "error")
        return _moved(own, None)
    db.session.commit()
    flash(_("The draft is deleted."), "success")
    return redirect(url_for(".mine"))


def profile_form(obj: Profile | None = None, **given: Any) -> ProfileForm:
    """The form of a profile, ticked where it is the viewer's own."""
    return ProfileForm(obj=obj, is_me=obj is not None and obj.user_id == g.viewer.user_id, **given)


def set_user(values: dict[str, Any], edited: Profile | None = None) -> None:
    """Say in the values whose own profile it is, in the place of the form's tick; somebody else's stays theirs."""
    if values.pop("is_me") and values["kind"] == ProfileKind.PERSON:
        values["user_id"] = g.viewer.user_id
    elif edited is not None and edited.user_id == g.viewer.user_id:
        values["user_id"] = None


def _own_profile(public_id: str) -> Profile:
    own = queries.profile_or_refuse(db.session, public_id, g.viewer)
    require(g.viewer, Permission.EDIT, own)
    return own


def _profile_page(
    form: ProfileForm, edited: Profile | None = None, differences: list[dict[str, Any]] | None = None
) -> Any:
    page = render_template("profiles/profile_form.html", form=form, profile=edited, differences=differences)
    return page, _status(form, differences)


# What they share


def _own(model: type[Any], public_id: str) -> Any:
    own = get_or_refuse(db.session, model, public_id, g.viewer)
    require(g.viewer, Permission.EDIT, own)
    return own


def _status(form: Any, differences: list[dict[str, Any]] | None) -> int:
    return 409 if differences is not None else 422 if form.errors and form.is_submitted() else 200


def _delete(own: Any, afterwards: str) -> Any:
    try:
        items.delete_draft(db.session, own)
    except NotADraft:
        flash(_("Only drafts can be deleted. You can withdraw this instead."), "error")
        return _moved(own, None)
    db.session.commit()
    flash(_("The draft is deleted."), "success")
    return redirect(afterwards)


def _moved(own: Any, message: str | None) -> Any:
    db.session.commit()
    if message:
        flash(message, "success")
    page, list_page = {
        Competence: (".competence", ".mine"),
        Evidence: (".evidence", ".my_evidence"),
        Profile: (".profile", ".mine"),
    }[type(own)]
    if request.form.get("back") == "mine":
        return redirect(url_for(list_page, state=request.form.get("state") or None))
    return redirect(url_for(page, public_id=own.public_id))
