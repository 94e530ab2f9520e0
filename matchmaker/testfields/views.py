"""Pages on which people find test fields, and hosts register and look after theirs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security import current_user

from matchmaker.alphabets import place
from matchmaker.clusters.models import Organisation
from matchmaker.db import db
from matchmaker.items import labels, pages
from matchmaker.items import operations as items
from matchmaker.items.operations import NotADraft
from matchmaker.items.queries import counts, ends_soon, get_or_refuse, of_organisation
from matchmaker.paging import paginate
from matchmaker.permissions import Permission, permits, require
from matchmaker.sheets import Format
from matchmaker.testfields import operations, queries
from matchmaker.testfields.exports import TEST_FIELD
from matchmaker.testfields.forms import TestFieldForm
from matchmaker.testfields.models import TestField
from matchmaker.testfields.queries import FILTERS, Sort, Wanted

bp = Blueprint("testfields", __name__, url_prefix="/test-fields")


@bp.get("/")
@bp.get("/list.<file:format>")
@permits(Permission.BROWSE)
def index(format: Format | None = None) -> Any:
    """Every test field the viewer finds, narrowed by what the address says."""
    wanted = Wanted.read(request.args.to_dict(flat=False), request.args.get("sort", ""))
    listed = queries.listed(g.viewer, wanted)
    if format:
        return pages.as_file(format, "test-fields", TEST_FIELD, listed)
    page = paginate(db.session, listed, pages.page_number(), pages.url_of_page)
    facets = {name: _facet(name, wanted) for name in FILTERS}
    return render_template(
        "testfields/index.html",
        page=page,
        facets=facets,
        active=[option for options in facets.values() for option in options if option["checked"]],
        sorts=[
            {"label": word, "url": pages.url_with(sort=sort, page=None), "active": wanted.sort == sort}
            for sort, word in ((Sort.READINESS, _("Readiness")), (Sort.NEWEST, _("Newest")), (Sort.NAME, _("Name")))
        ],
        sort=wanted.sort if "sort" in request.args else "",
    )


def _facet(name: str, wanted: Wanted) -> list[dict[str, Any]]:
    """One filter's options that would find something, and those that are ticked."""
    numbers = queries.counts_by(db.session, g.viewer, wanted, name)
    ticked = list(wanted.values[name])
    language = str(get_locale())
    by_name = sorted({*numbers, *ticked}, key=lambda code: place(labels.country_name(code), language))
    values = list(FILTERS[name] or by_name)
    words = {"yes": _("Regulated (GMP, GLP, GCP …)"), "no": _("Research grade")}
    return [
        {
            "value": str(value),
            "label": words.get(value) or (labels.country_name(value) if name == "country" else labels.label(value)),
            "count": numbers.get(str(value), 0),
            "checked": value in ticked,
            "remove_url": pages.url_with(**{name: [v for v in ticked if v != value], "page": None}),
        }
        for value in values
        if value in ticked or numbers.get(str(value))
    ]


@bp.get("/mine")
@bp.get("/mine.<file:format>")
@permits(Permission.ACCOUNT)
def mine(format: Format | None = None) -> Any:
    """The places the own organisation hosts, by where they stand."""
    if elsewhere := pages.join_first():
        return elsewhere
    own = pages.acting_organisation(db.session)
    standing = pages.chosen_standing()
    wanted = of_organisation(TestField, own.id, standing)
    if format:
        return pages.as_file(format, "test-fields", TEST_FIELD, wanted)
    numbers = counts(db.session, TestField, own.id)
    return render_template(
        "testfields/mine.html",
        page=paginate(db.session, wanted, pages.page_number(), pages.url_of_page),
        tabs=pages.standing_tabs(numbers, standing, pages.standing_words()),
        counts=numbers,
        standing=standing,
        organisation=own,
    )


@bp.get("/<public_id>")
@permits(Permission.READ)
def show(public_id: str) -> str:
    """One test field: what can be tried, how ready it is, and how one gets in."""
    field = get_or_refuse(db.session, TestField, public_id, g.viewer)
    return render_template(
        "testfields/show.html",
        field=field,
        own=field.organisation_id in g.viewer.organisation_ids,
        ends_soon=ends_soon(field),
    )


@bp.route("/new", methods=["GET", "POST"])
@permits(Permission.ACCOUNT)
def add() -> Any:
    """Register a test field."""
    if elsewhere := pages.join_first():
        return elsewhere
    require(g.viewer, Permission.CONTRIBUTE)
    own = pages.acting_organisation(db.session)
    form = form_for(own, city=own.city, country=own.country)
    form.publishing = pages.pressed("publish")
    if form.is_submitted() and not pages.pressed("check") and form.validate():
        made = operations.add(db.session, own, current_user._get_current_object(), form.values())
        if form.publishing:
            items.publish(made)
        db.session.commit()
        return _saved(made, published=form.publishing)
    return _form_page(form, own)


@bp.route("/<public_id>/edit", methods=["GET", "POST"])
@permits(Permission.EDIT)
def edit(public_id: str) -> Any:
    """Change a test field."""
    edited = _own(public_id)
    form = form_for(edited.organisation, obj=edited)
    return pages.edit_page(
        form,
        edited,
        edit=items.edit,
        publish=items.publish,
        saved=lambda published: _saved(edited, published=published),
        page=lambda differences: _form_page(form, edited.organisation, edited, differences),
    )


@bp.post("/review")
@permits(Permission.CONTRIBUTE)
def review() -> str:
    """The help beside the form, for what is typed so far."""
    own = pages.acting_organisation(db.session)
    return render_template("items/_writing.html", **pages.writing_help("test_field", form_for(own), own))


@bp.post("/<public_id>/publish")
@permits(Permission.EDIT)
def publish(public_id: str) -> Any:
    """Publish a draft or withdrawn test field, where it says enough; otherwise show what is missing."""
    own = _own(public_id)
    if not TestFieldForm(formdata=None, obj=own).says_enough():
        flash(_("Before it can be published, it needs a little more."), "info")
        return redirect(url_for(".edit", public_id=public_id, publish=""))
    items.publish(own)
    return _moved(own, _("“%(title)s” is published.", title=own.title))


@bp.post("/<public_id>/renew")
@permits(Permission.EDIT)
def renew(public_id: str) -> Any:
    """Start its year anew, in one click."""
    own = _own(public_id)
    items.renew(own)
    return _moved(own, _("“%(title)s” stays published for another year.", title=own.title))


@bp.post("/<public_id>/withdraw")
@permits(Permission.EDIT)
def withdraw(public_id: str) -> Any:
    """Take it back; only the own organisation still sees it."""
    own = _own(public_id)
    items.withdraw(own)
    return _moved(own, _("“%(title)s” is withdrawn. Only your organisation still sees it.", title=own.title))


@bp.post("/<public_id>/delete")
@permits(Permission.EDIT)
def delete(public_id: str) -> Any:
    """Remove a draft."""
    own = _own(public_id)
    try:
        items.delete_draft(db.session, own)
    except NotADraft:
        flash(_("Only drafts can be deleted. You can withdraw this instead."), "error")
        return _moved(own, None)
    db.session.commit()
    flash(_("The draft is deleted."), "success")
    return redirect(url_for(".mine"))


def form_for(own: Organisation, **given: Any) -> TestFieldForm:
    """The form of a test field of that organisation, with its people to name and whom it can trust."""
    form = pages.form_for(TestFieldForm, own, **given)
    form.offer_contacts(queries.people_of(db.session, own))
    return form


def _form_page(
    form: TestFieldForm,
    own: Organisation,
    edited: TestField | None = None,
    differences: list[dict[str, Any]] | None = None,
) -> Any:
    page = render_template(
        "testfields/form.html",
        form=form,
        field_shown=edited,
        differences=differences,
        **pages.writing_help("test_field", form, own),
    )
    return page, 409 if differences is not None else 422 if form.errors and form.is_submitted() else 200


def _saved(saved: TestField, *, published: bool) -> Any:
    flash(_("“%(title)s” is published.", title=saved.title) if published else _("Saved."), "success")
    return redirect(url_for(".show", public_id=saved.public_id))


def _own(public_id: str) -> TestField:
    own = get_or_refuse(db.session, TestField, public_id, g.viewer)
    require(g.viewer, Permission.EDIT, own)
    return own


def _moved(own: TestField, message: str | None) -> Any:
    db.session.commit()
    if message:
        flash(message, "success")
    if request.form.get("back") == "mine":
        return redirect(url_for(".mine", state=request.form.get("state") or None))
    return redirect(url_for(".show", public_id=own.public_id))
