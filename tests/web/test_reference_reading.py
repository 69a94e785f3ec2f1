"""From an OpenAPI document to what the reference shows: what is there is shown, what is missing is left out."""

import ast
import shlex
from typing import Any

from cashback.web.developer.openapi import DEPTH_MAX, read_document

URL = "https://rewards.example"
NODE = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "name": {"type": "string"}}}
DOCUMENT: dict[str, Any] = {
    "info": {"title": "Cashback", "version": "2026-11-29"},
    "components": {
        "schemas": {
            "Node": NODE,
            "Amount": {"type": "integer", "minimum": 5, "description": "Minor units"},
            "Body": {
                "allOf": [{"type": "object", "properties": {"node": {"$ref": "#/components/schemas/Node"}}}],
                "properties": {
                    "amount": {"$ref": "#/components/schemas/Amount"},
                    "kind": {"enum": ["a", "b"]},
                    "when": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
                    "lines": {"type": "array", "items": {"properties": {"ok": {"type": "boolean"}}}},
                },
                "required": ["amount"],
            },
        }
    },
    "paths": {
        "/v1/things/{thing}": {
            "parameters": [],
            "post": {
                "operationId": "create_thing",
                "tags": ["Things"],
                "summary": "Make a thing",
                "security": [{"key": ["read"]}, {"key": ["money"]}],
                "parameters": [
                    {"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
                    {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
                "responses": {
                    "201": {"description": "Made", "content": {"application/json": {"example": {"id": "thg_1"}}}},
                    "404": {
                        "description": "Not found",
                        "x-codes": ["unknown_thing", "not_found"],
                        "content": {"application/problem+json": {"schema": {"type": "object"}}},
                    },
                },
            },
        },
        "/v1/bare-things": {"get": {}},
    },
}


def test_an_operation_is_shown_with_all_that_is_told_of_it() -> None:
    reference = read_document(DOCUMENT, URL)
    assert (reference.title, reference.version) == ("Cashback", "2026-11-29")
    (bare,), (made,) = (group.operations for group in reference.groups)
    assert (made.anchor, made.method, made.path) == ("create-thing", "POST", "/v1/things/{thing}")
    assert [(each.name, each.place, each.required) for each in made.parameters] == [
        ("thing", "path", True),
        ("Idempotency-Key", "header", True),
    ]
    rows = {each.name: each for each in made.fields}
    assert rows["amount"].required
    assert rows["amount"].description == "Minor units"
    assert [rows[name].type for name in ("amount", "kind", "when", "lines")] == [
        "integer",
        "a | b",
        "date-time | null",
        "object[]",
    ]
    assert "lines[].ok" in rows
    assert max(name.count(".") for name in rows) == DEPTH_MAX, "a circle ends"
    assert [(each.status, each.codes) for each in made.answers] == [
        ("201", ()),
        ("404", ("not_found", "unknown_thing")),
    ]
    assert '"thg_1"' in made.answers[0].example
    assert (made.scopes, bare.scopes) == (("read", "money"), ())
    assert (bare.group, bare.summary, bare.answers) == ("Bare things", "", ())


def test_samples_can_be_run() -> None:
    (_, made) = read_document(DOCUMENT, URL).operations
    words = shlex.split(made.curl.replace("\\\n", " "))
    assert words[:4] == ["curl", "-X", "POST", f"{URL}/v1/things/YOUR_THING"]
    assert "Authorization: Bearer $CASHBACK_KEY" in words
    ast.parse(made.python)
    assert '"ok": True' in made.python
    assert '"amount": 5' in made.body


def test_a_document_that_says_nothing_shows_nothing() -> None:
    assert read_document({}, URL).groups == ()
    broken = {"paths": {"/v1/x": {"get": {"responses": {"200": {"$ref": "#/nowhere"}}}}}}
    (only,) = read_document(broken, URL).operations
    assert [each.status for each in only.answers] == ["200"]
