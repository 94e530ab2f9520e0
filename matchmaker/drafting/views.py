"""Building what one offers from what one has: material in, proposals to confirm, drafts out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user

from matchmaker.db import db
from matchmaker.drafting import material, operations
from matchmaker.drafting.forms import LARGEST_FILE, ConfirmForm, MaterialForm, packed
from matchmaker.drafting.proposals import Proposal, propose
from matchmaker.imports import online
from matchmaker.imports.readers import UnreadableFile
from matchmaker.imports.records import PersonRecord, StatementRecord
from matchmaker.items import pages
from matchmaker.permissions import Permission, permits, require
from matchmaker.uploads import takes_up_to

bp = Blueprint("drafting", __name__, url_prefix="/offers/build")


@bp.get("/")
@permits(Permission.ACCOUNT)
def start() -> Any:
    """Ask for what somebody has."""
    if elsewhere := pages.join_first():
        return elsewhere
    require(g.viewer, Permission.CONTRIBUTE)
    return _start(MaterialForm())


def _start(form: MaterialForm) -> str:
    return render_template("drafting/start.html", form=form, asks_registries=online.is_on())


@bp.post("/")
@takes_up_to(LARGEST_FILE)
@permits(Permission.CONTRIBUTE)
def read() -> Any:
    """Read it, and show what could become drafts. Nothing is kept."""
    own = pages.acting_organisation(db.session)
    form = MaterialForm()
    if not form.validate():
        return _start(form), 422
    known = operations.known_texts(db.session, own)
    # Reading and asking take seconds, for which nobody else should wait.
    db.session.rollback()
    try:
        given = _given(form)
    except UnreadableFile as error:
        form.file.errors = [str(error)]
        return _start(form), 422
    if form.errors:
        return _start(form), 422
    proposed = propose(given, known)
    return _page(
        proposed.proposals,
        given.records,
        given.person,
        said_already=proposed.said_already,
        missing=given.missing,
        further=given.further,
    )


def _given(form: MaterialForm) -> material.Material:
    """The material of a form; numbers pick among the records of the file. Raises UnreadableFile."""
    given = material.Material()
    if form.file.data:
        given = material.read_file(form.file.data.filename.rpartition("/")[2], form.file.data.read())
        if not given.records and given.person is None:
            form.file.errors = [_("This file describes no publication, project or patent.")]
    if form.numbers.data:
        wanted = material.numbers(form.numbers.data)
        if strange := material.not_numbers(form.numbers.data):
            form.numbers.errors = [
                _("Neither a DOI, a PubMed number nor an ORCID iD: %(found)s", found=", ".join(strange[:5]))
            ]
        given.records, given.missing = material.pick(given.records, wanted)
        if given.missing and online.is_on() and not form.errors:
            try:
                material.look_up(given)
            except online.NoAnswer as error:
                form.numbers.errors = [_("%(registry)s gave no answer. Try again later.", registry=str(error))]
        if not given.records and given.person is None and not form.errors:
            form.numbers.errors = [_("Nothing was found under these numbers. Add a file that holds them.")]
    given.further = max(0, len(given.records) - material.MOST_RECORDS)
    del given.records[material.MOST_RECORDS :]
    given.text = form.text.data or ""
    return given


@bp.post("/keep")
@permits(Permission.CONTRIBUTE)
def keep() -> Any:
    """Make drafts of what was confirmed."""
    own = pages.acting_organisation(db.session)
    form = ConfirmForm()
    form.read(request.form)
    if not form.validate() or form.problems:
        return _page(form.proposals, form.records, form.person, form=form), 422
    if not form.chosen and not form.wants_person:
        flash(_("Nothing was chosen, so nothing was made."), "info")
        return _page(form.proposals, form.records, form.person, form=form), 422
    kept = operations.keep(
        db.session,
        own,
        current_user._get_current_object(),
        form.chosen,
        form.records,
        form.person if form.wants_person else None,
    )
    db.session.commit()
    flash(
        ngettext(
            "One draft is made. Read it, correct it, and publish it when it is yours.",
            "%(num)s drafts are made. Read them, correct them, and publish them when they are yours.",
            kept.drafts,
        ),
        "success",
    )
    if kept.there_already:
        flash(
            ngettext(
                "One stood there already under the same title.",
                "%(num)s stood there already under the same titles.",
                kept.there_already,
            ),
            "info",
        )
    only_needs = form.chosen and all(one.kind == "need" for one in form.chosen)
    return redirect(url_for("needs.mine" if only_needs else "profiles.mine", state="draft"))


def _page(
    proposals: list[Proposal],
    records: list[StatementRecord],
    person: PersonRecord | None,
    *,
    form: ConfirmForm | None = None,
    **told: Any,
) -> str:
    return render_template(
        "drafting/proposals.html",
        proposals=proposals,
        records=records,
        carried=[packed(record) for record in records],
        described=person,
        carried_person=packed(person) if person else "",
        form=form or ConfirmForm(),
        taken=form.taken if form else None,
        **told,
    )
