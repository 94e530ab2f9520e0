"""Public things in other forms, feeds of what is new, and codes that a phone reads off a printed page."""

from __future__ import annotations

import io
import json
from typing import Any

import segno
from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask_babel import gettext as _

from matchmaker.clusters.models import Organisation
from matchmaker.db import db
from matchmaker.needs.models import Need
from matchmaker.opendata import cerif, things, vivo
from matchmaker.opendata.schema_org import description
from matchmaker.opendata.things import KINDS, TYPES, Form
from matchmaker.permissions import NotPermitted, Permission, permits
from matchmaker.testfields.models import TestField

bp = Blueprint("opendata", __name__)

#: Entries of a feed.
ENTRIES = 50
#: Where each kind of thing stands.
FOLDERS = {
    "organisation": "organisations",
    "profile": "profiles",
    "competence": "competences",
    "need": "needs",
    "test_field": "test-fields",
    "evidence": "evidence",
}


def form(kind: str, public_id: str, form: Form) -> Response:
    """A public thing as another program reads it."""
    if form not in KINDS[kind].forms:
        raise NotPermitted(form)
    thing = things.public_or_refuse(db.session, kind, public_id)
    if form is Form.JSONLD:
        body: str | bytes = json.dumps(description(thing), ensure_ascii=False, indent=1)
    else:
        body = vivo.described(thing) if form is Form.TTL else cerif.described(thing)
    made: Response = current_app.response_class(body, mimetype=TYPES[form])
    return made


def code(kind: str, public_id: str) -> Response:
    """The address of a public page as a QR code."""
    thing = things.public_or_refuse(db.session, kind, public_id)
    name = thing.name if isinstance(thing, Organisation) or kind == "profile" else thing.title
    drawn = io.BytesIO()
    title = _("QR code: %(name)s", name=name)
    made_code = segno.make(things.page_of(thing), micro=False, error="m")
    made_code.save(drawn, kind="svg", light="#fff", omitsize=True, title=title, svgclass=None, lineclass=None)
    made: Response = current_app.response_class(drawn.getvalue(), mimetype="image/svg+xml")
    return made


for _kind, _folder in FOLDERS.items():
    bp.get(f"/{_folder}/<public_id>.<linked:form>", defaults={"kind": _kind}, endpoint="form")(
        permits(Permission.BROWSE)(form)
    )
    bp.get(f"/{_folder}/<public_id>/qr.svg", defaults={"kind": _kind}, endpoint="code")(
        permits(Permission.BROWSE)(code)
    )


@bp.get("/feeds/needs.atom")
@permits(Permission.BROWSE)
def needs() -> Response:
    """What is sought in public, the latest first."""
    return _feed(Need, _("Needs"), url_for("directory.search", what="need"))


@bp.get("/feeds/test-fields.atom")
@permits(Permission.BROWSE)
def test_fields() -> Response:
    """Places to try things that are public, the latest first."""
    return _feed(TestField, _("Test fields"), url_for("testfields.index"))


def _feed(model: type[Any], title: str, page: str) -> Response:
    """A feed of what every visitor finds, whoever asks; who has it already is told so."""
    entries = list(db.session.scalars(things.latest(model).limit(ENTRIES)))
    body = render_template(
        "opendata/feed.xml",
        title=title,
        kind=things.NAMES[model],
        page=page,
        entries=entries,
        page_of=things.page_of,
        host=current_app.extensions["settings"].base_url.split("//")[-1].split("/")[0].split(":")[0],
        base=current_app.extensions["settings"].base_url.rstrip("/"),
        updated=max((one.updated_at for one in entries), default=None),
    )
    made: Response = current_app.response_class(body, mimetype="application/atom+xml")
    made.add_etag()
    return made.make_conditional(request)
