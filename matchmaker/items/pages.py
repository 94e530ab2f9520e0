"""What the pages of all items have in common: who acts, which page of a list, and the help beside a form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import current_app, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import sheets
from matchmaker.clusters.models import Organisation
from matchmaker.db import EditConflict, db
from matchmaker.errors import answer
from matchmaker.items import queries, teasers, writing
from matchmaker.items.forms import EditForm, ItemForm
from matchmaker.items.models import ItemState
from matchmaker.permissions import NotPermitted, Permission, Visibility, allows
from matchmaker.sheets import MOST_ROWS, Column, Format

#: Names of parameters that would lead to another address.
_STEERING = ("endpoint", "format")
#: How many hints stand beside a form at once; the rest is counted.
HINTS = 5


def acting_organisation(session: Session) -> Organisation:
    """The organisation the viewer acts for. Raises NotPermitted where there is none."""
    organisation = session.get(Organisation, g.viewer.organisation_id) if g.viewer.organisation_id else None
    if organisation is None:
        raise NotPermitted("an organisation to act for")
    return organisation


def join_first() -> Response | None:
    """Where somebody without an organisation is sent before they can register anything; None for all others."""
    if g.viewer.organisation_id is not None:
        return None
    if "clusters.start" not in current_app.view_functions:
        raise NotPermitted("an organisation to act for")
    return redirect(url_for("clusters.start"))


def pressed(button: str) -> bool:
    """Which of a form's buttons sent it."""
    return request.form.get("action") == button


def back_to(otherwise: str) -> str:
    """Where the form says it came from (its field ``back``), if that is a page of ours; else the address given."""
    given = request.form.get("back", "")
    ours = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if ours else otherwise


def page_number() -> int:
    """The page of a list that the address asks for; the first where it asks for nonsense."""
    given = request.args.get("page", "")
    return int(given) if given.isdecimal() and len(given) < 7 else 1


def url_with(**changes: Any) -> str:
    """This page's address with some of its parameters changed; None or an empty list takes one away."""
    arguments: dict[str, Any] = {**_asked(), **(request.view_args or {}), **changes}
    return url_for(request.endpoint or "", **{name: value for name, value in arguments.items() if value})


def file_links(endpoint: str = "", **arguments: Any) -> list[tuple[str, str]]:
    """Where the list on this page, as it is narrowed, is had as a file, and what each file is called.

    ``endpoint`` is where the files stand, if not at this page's own address.
    """
    words = {Format.CSV: "CSV", Format.XLSX: "Excel", Format.JSON: "JSON"}
    if endpoint:
        return [(url_for(endpoint, format=format, **arguments), word) for format, word in words.items()]
    return [(url_with(format=format, page=None, shown=None), word) for format, word in words.items()]


def as_file(format: Format, name: str, columns: Sequence[Column], wanted: Select[Any]) -> Response:
    """A list as a file: what is wanted, all pages of it."""
    rows = db.session.scalars(wanted.limit(MOST_ROWS)).unique()
    return sheets.answer(name, format, columns, rows)


def _asked() -> dict[str, Any]:
    """The parameters of this page's address; some steer url_for itself, which an address may not."""
    parameters = request.args.to_dict(flat=False).items()
    return {name: values for name, values in parameters if not name.startswith("_") and name not in _STEERING}


def url_of_page(number: int) -> str:
    """This list's address on another page."""
    return url_with(page=number if number > 1 else None)


def standing_tabs(counts: dict[str, int], current: str, words: dict[str, Any]) -> list[dict[str, Any]]:
    """An owner's tabs over where the items stand; those with nothing in them are left out, but not the open one."""
    return [
        {
            "label": words[standing],
            "url": url_with(state=None if standing == "all" else standing, page=None),
            "count": counts[standing],
            "active": standing == (current or "all"),
        }
        for standing in ("all", *queries.STANDINGS)
        if standing in words and (counts[standing] or standing in ("all", current))
    ]


def chosen_standing() -> str:
    """The tab that the address asks for, '' for all."""
    given = request.args.get("state", "")
    return given if given in queries.STANDINGS else ""


def standing_words(**changes: Any) -> dict[str, Any]:
    """The owner's words for the tabs."""
    words = {
        "all": _("All"),
        "published": _("Live"),
        "expiring": _("Ending soon"),
        "expired": _("Expired"),
        "draft": _("Drafts"),
        "withdrawn": _("Withdrawn"),
    }
    return {**words, **changes}


def writing_help(kind: writing.Kind, form: EditForm, organisation: Organisation, **more: Any) -> dict[str, Any]:
    """What the panel beside a form shows: how complete the text is, and what others will see of it."""
    values = {**form.values(), "organisation_name": organisation.name, **more}
    review = writing.review(kind, values)
    teased = values.get("visibility") == Visibility.TEASER
    return {
        "seen_teaser": teasers.preview(values, organisation) if teased else None,
        "teaser_warnings": teasers.warnings(db.session, values, organisation) if teased else [],
        "kind": kind,
        "review": review,
        "hints": [{"label": hint.text, "url": f"#{hint.field}"} for hint in review.missing[:HINTS]],
        "more_hints": len(review.missing[HINTS:]),
        "values": values,
        "author_organisation": organisation,
    }


FormOfItem = TypeVar("FormOfItem", bound=ItemForm)


def form_for(form: type[FormOfItem], organisation: Organisation, **given: Any) -> FormOfItem:
    """A form in which the organisation can say who may read the text, with the managers whom it can trust."""
    return form(managers=queries.managers_of(db.session, organisation), **given)


def name_for_reader(thing: Any, on_teaser: bool = False) -> str:
    """What a thing is called for the viewer; ``on_teaser``: it is known by its teaser alone."""
    teaser = getattr(thing, "shown_as", None)
    shown = teaser.title if teaser and teaser.is_live else ""
    if on_teaser:
        return shown or _("A need that was shown by a teaser")
    if allows(g.viewer, Permission.READ, thing):
        return str(thing.name if isinstance(thing, Organisation) else thing.title)
    return shown or _("A text you may not read")


def is_published(item: Any) -> bool:
    """Whether a change of the item changes what others read."""
    return item is not None and item.state == ItemState.PUBLISHED


def overtaken(_error: Exception) -> Any:
    """The answer where two people moved the same thing at the same moment."""
    db.session.rollback()
    return answer(
        409, _("Somebody else changed this at the same moment, so nothing was done. Go back, reload and try again.")
    )


def edit_page(
    form: Any,
    item: Any,
    *,
    edit: Callable[..., None],
    publish: Callable[[Any], None],
    saved: Callable[[bool], Any],
    page: Callable[[list[dict[str, Any]] | None], Any],
) -> Any:
    """The way an item's form goes: shown, checked, saved, published; overtaken, it shows both texts.

    ``saved`` answers a saved form and is told whether it was published; ``page`` shows the form again, with what
    differs where somebody else saved first.
    """
    publishing = pressed("publish")
    form.publishing = publishing or is_published(item)
    if not form.is_submitted() and "publish" in request.args:
        form.says_enough()
    if form.is_submitted() and not pressed("check") and form.validate():
        try:
            edit(db.session, item, version=form.version.data, values=form.values())
            if publishing:
                publish(item)
            db.session.commit()
            return saved(publishing)
        except EditConflict:
            db.session.rollback()
            differences = form.differences(item)
            form.on_version(item.version)
            return page(differences)
    return page(None)
