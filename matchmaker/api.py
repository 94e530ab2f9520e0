"""The JSON API's common ground: bearer tokens, error objects, the OpenAPI document and its page for people.

Each slice offers its resources in its own ``api.py`` on an ``APIBlueprint`` made by ``blueprint(__name__)``.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matchmaker import reference
from matchmaker.errors import answer
from matchmaker.extensions import csrf
from matchmaker.permissions import NotPermitted, Permission, permits
from matchmaker.sentences import expectation

DESCRIPTION = (
    "Everything that people do on the pages of a matchmaker installation, for their programs. Sign in with a token "
    "from your account page, sent as `Authorization: Bearer …`. What a token may read is what its owner may read at "
    "that moment; one that only reads is answered 403 where something would change."
)
#: How deep the JSON that programs send may be nested: no schema of ours goes half as deep.
DEEPEST = 20
#: From an address of ours to one of the document.
_BRACES = str.maketrans("<>", "{}")
_BRACKET = re.compile(rb"[\[\]{}]")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)

SECURITY_SCHEMES = {"bearer": {"type": "http", "scheme": "bearer"}}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]


class ErrorBody(BaseModel):
    """What went wrong, with a stable code."""

    code: str
    message: str
    details: list[dict[str, Any]] | None = None


class ErrorAnswer(BaseModel):
    """Every error has this shape."""

    error: ErrorBody


#: The errors every resource may answer. One names the model and the others point to it: a schema is worked out anew for
#: each that is named, which for a hundred resources was a third of the start of every process.
ERRORS: dict[str, Any] = {"400": ErrorAnswer} | {
    str(status): {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}}}}
    for status in (401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429, 503)
}


#: The answers of a resource that gives a ZIP.
ZIP: dict[Any, Any] = {200: {"content": {"application/zip": {}}}}


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=100_000, description="Beyond the last page is the last page.")


class PageAnswer(BaseModel):
    """One page of a list; the resource names its items."""

    total: int
    page: int
    pages: int


class PieceQuery(BaseModel):
    """Which piece of a list that is walked through."""

    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(None, max_length=2_000, description="`next` of the piece before.")
    limit: int = Field(20, ge=1, le=100)


class PieceAnswer(BaseModel):
    """A piece of a list, and where the next begins; the resource names its items."""

    total: int
    next: str | None = Field(description="Send it as `cursor` for what follows; null at the end.")


def blueprint(name: str) -> APIBlueprint:
    """A blueprint for a slice's resources under /api/v1; requests on it carry tokens, so no CSRF token is asked for."""
    made = APIBlueprint(f"api_{name}", name, url_prefix="/api/v1", abp_security=SECURITY, abp_responses=ERRORS)
    csrf.exempt(made)
    return made


def validation_error(error: ValidationError) -> Response:
    """The answer to input that does not fit its schema: where, and what was expected."""
    details = [{"where": ".".join(map(str, e["loc"])), "what": str(expectation(e))} for e in error.errors()]
    return make_response(*answer(422, _("The input does not fit the schema."), details))


def invalid(**wrong: Any) -> Response:
    """The answer to input that fits its schema and yet can't be taken: by field, what was expected."""
    details = [
        {"where": field, "what": str(what)}
        for field, said in wrong.items()
        for what in (said if isinstance(said, list | tuple) else [said])
    ]
    return make_response(*answer(422, _("The input does not fit the schema."), details))


def depth(body: bytes) -> int:
    """How deep JSON is nested, at most, counted without following it."""
    deepest = level = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        if bracket in b"[{":
            level += 1
            deepest = max(deepest, level)
        else:
            level -= 1
    return deepest


def _refuse_depth() -> Any:
    """Refuse JSON that only somebody nests who means harm, before anything follows it."""
    if request.is_json and depth(request.get_data(cache=True)) > DEEPEST:
        return answer(400, _("The JSON is nested too deep: %(most)d levels at most.", most=DEEPEST))
    return None


def document() -> dict[str, Any]:
    """The OpenAPI document, complete; it is put together once."""
    app = current_app
    if "openapi" not in app.extensions:
        described = app.api_doc  # type: ignore[attr-defined]
        app.extensions["openapi"] = reference.completed(described, app.extensions["settings"].base_url)
    made: dict[str, Any] = app.extensions["openapi"]
    return made


def init_app(app: Flask, reading: frozenset[str]) -> None:
    """Serve the OpenAPI document, for programs and for people, and refuse what no resource takes.

    ``reading`` are the endpoints of POSTs that change nothing.
    """
    app.before_request(_refuse_depth)

    @permits(Permission.BROWSE)
    def openapi() -> Response:
        return jsonify(document())

    def sections() -> list[reference.Section]:
        rules = (rule.rule for rule in current_app.url_map.iter_rules() if rule.endpoint in reading)
        return reference.sections(document(), frozenset(rule.translate(_BRACES) for rule in rules))

    @permits(Permission.BROWSE)
    def programs() -> str:
        return render_template("api/index.html", sections=sections())

    @permits(Permission.BROWSE)
    def programs_section(key: str) -> str:
        everything = sections()
        shown = next((one for one in everything if one.key == key), None)
        if shown is None:
            raise NotPermitted(key)
        return render_template("api/section.html", sections=everything, shown=shown)

    app.add_url_rule("/api/v1/openapi.json", "openapi_document", openapi)
    app.add_url_rule("/programs", "programs", programs)
    app.add_url_rule("/programs/<key>", "programs_section", programs_section)
