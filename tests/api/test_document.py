"""The description of the API says everything, and people can read it."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from matchmaker import reference


def described(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    made: dict[str, Any] = answer.json
    return made


def test_every_operation_says_what_it_does_and_shows_an_example(client: FlaskClient) -> None:
    document = described(client)
    assert document["openapi"].startswith("3.1")
    missing = []
    for path, item in document["paths"].items():
        for method, said in item.items():
            name = f"{method.upper()} {path}"
            if not (said.get("summary") and said.get("description") and said.get("tags")):
                missing.append(f"{name}: a summary, a description, a tag")
            missing += [
                f"{name}: an example of its {what}"
                for what, content in (
                    ("body", said.get("requestBody", {}).get("content", {})),
                    ("answer", next(a for s, a in said["responses"].items() if s.startswith("2")).get("content", {})),
                )
                if not content.get("application/json", {"example": 1}).get("example")
            ]
            if "Retry-After" not in said["responses"]["429"]["headers"]:
                missing.append(f"{name}: Retry-After")
            if method == "post" and "Idempotency-Key" not in {one["name"] for one in said["parameters"]}:
                missing.append(f"{name}: Idempotency-Key")
    assert missing == []


def test_no_body_takes_what_its_description_does_not_name(client: FlaskClient) -> None:
    document = described(client)
    loose = []
    for path, item in document["paths"].items():
        for method, said in item.items():
            schema = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if schema is not None:
                shape = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
                if shape.get("additionalProperties") is not False:
                    loose.append(f"{method.upper()} {path}")
    assert loose == []


def test_people_find_every_operation_on_its_page(client: FlaskClient) -> None:
    document = described(client)
    index = client.get("/programs").text
    shown = 0
    for section in reference.sections(document):
        assert f'href="/programs/{section.key}"' in index
        page = client.get(f"/programs/{section.key}").text
        for operation in section.operations:
            assert f'id="{operation.id}"' in page
            shown += 1
    assert shown == sum(len(item) for item in document["paths"].values())
    assert client.get("/programs/suggestions").text.count("acts in your name") < client.get(
        "/programs/needs"
    ).text.count("acts in your name")
