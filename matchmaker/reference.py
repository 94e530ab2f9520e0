"""The description of the JSON API as programs and people read it: complete with examples, and in sections for a page.

What each resource says about itself stands in its slice; here it is only put together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

#: What every request may carry that does something.
REPEATED = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name for this request: sent again under it within a day, it is done once and answered the same.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    "example": "2f1c7a5e-need-42",
}
#: What answers that ask to wait carry, and those that show a version.
WAIT = {"Retry-After": {"description": "For how many seconds.", "schema": {"type": "integer", "minimum": 1}}}
VERSION = {"ETag": {"description": "Send it as If-Match with a change.", "schema": {"type": "string"}}}
#: Values that show what a field is like, by its name or format; otherwise its schema says enough.
SAMPLES: dict[str, Any] = {
    "id": "k7m2pq4t9xwz",
    "name": "Knochenwerk GmbH",
    "email": "nadia@knochenwerk.example.org",
    "title": "Perfusion of large bone grafts",
    "description": "We culture patient cells on ceramic scaffolds of up to 40 cm³ under controlled flow.",
    "page": "https://cluster.example.org/needs/k7m2pq4t9xwz",
    "url": "https://cluster.example.org/needs/k7m2pq4t9xwz",
    "country": "DE",
    "language": "en",
    "keywords": "perfusion",
    "fields": "materials",
    "cooperation": "research_cooperation",
    "working_languages": "en",
    "next": None,
    "date": "2027-03-31",
    "date-time": "2026-11-24T09:30:00+00:00",
}
METHODS = ("get", "post", "put", "patch", "delete")


def completed(document: Mapping[str, Any], server: str) -> dict[str, Any]:
    """The document with what holds for all: where it is served, names of repeated requests, an example everywhere."""
    made = deepcopy(dict(document))
    made["servers"] = [{"url": server}]
    for _path, method, operation in _operations(made):
        if method == "post":
            operation.setdefault("parameters", []).append(REPEATED)
        for status in ("429", "503"):
            operation["responses"][status]["headers"] = WAIT
        if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
            operation["responses"]["200"]["headers"] = VERSION
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        for said in (*bodies, *answers):
            for kind, media in said.get("content", {}).items():
                if kind == "application/json" and "example" not in media:
                    media["example"] = _sample(made, media.get("schema", {}))
    return made


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _sample(document: Mapping[str, Any], schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """Something that fits a schema: its own example where it has one."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for given in ("example", "const"):
        if given in schema:
            return schema[given]
    if "enum" in schema:
        return schema["enum"][0]
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return _sample(document, choices[0], name, depth)
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        return {one: _sample(document, of, one, depth + 1) for one, of in fields.items()} if depth < 6 else {}
    if kind == "array":
        return [_sample(document, schema.get("items", {}), name, depth + 1)]
    if kind == "string":
        return SAMPLES.get(schema.get("format", ""), SAMPLES.get(name, ""))
    if kind == "boolean":
        return bool(schema.get("default", False))
    if kind in ("integer", "number"):
        return schema.get("default") or schema.get("minimum") or 1
    return None


# --- For people -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """Something that stands in an address or a header."""

    name: str
    where: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    """One thing that a program can ask for."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    #: Whether the token must be one that may act in its owner's name.
    writes: bool
    parameters: list[Parameter]
    #: Examples as JSON, '' where there is none.
    body: str
    answer: str
    statuses: list[str]


@dataclass(frozen=True)
class Section:
    """What belongs together."""

    name: str
    key: str
    description: str
    operations: list[Operation]


def sections(document: Mapping[str, Any], reading: frozenset[str] = frozenset()) -> list[Section]:
    """The document by what belongs together; ``reading`` are paths of POSTs that change nothing."""
    described = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    found: dict[str, list[Operation]] = {}
    for path, method, operation in _operations(document):
        writes = method != "get" and path not in reading
        for tag in operation["tags"][:1]:
            found.setdefault(tag, []).append(_operation(document, path, method, operation, writes))
    return [
        Section(name, name.replace(" ", "-"), described.get(name, ""), sorted(operations, key=lambda one: one.path))
        for name, operations in sorted(found.items())
    ]


def _operation(document: Mapping[str, Any], path: str, method: str, said: Mapping[str, Any], writes: bool) -> Operation:
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        description=said.get("description", ""),
        writes=writes,
        parameters=[
            Parameter(
                one["name"],
                one["in"],
                _kind(document, one.get("schema", {})),
                one.get("required", False),
                one.get("description", ""),
            )
            for one in said.get("parameters", ())
        ],
        body=_example(said.get("requestBody", {})),
        answer=next((_example(one) for status, one in said["responses"].items() if status.startswith("2")), ""),
        statuses=sorted(said["responses"]),
    )


def _example(said: Mapping[str, Any]) -> str:
    media = said.get("content", {}).get("application/json", {})
    return json.dumps(media["example"], indent=2, ensure_ascii=False) if "example" in media else ""


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a value is, in a few words: its words where they are counted, else its type."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return " · ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " · ".join(dict.fromkeys(kind for one in schema["anyOf"] if (kind := _kind(document, one)) != "null"))
    if schema.get("type") == "array":
        return f"{_kind(document, schema.get('items', {}))} …"
    return str(schema.get("format") or schema.get("type", ""))
