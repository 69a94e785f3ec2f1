"""The document is whole: each operation says what it does, takes, answers and refuses, with examples that hold."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conformance import Document, the_document
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from cashback.api.answers.registry import ANSWERS, FILES
from cashback.api.document.bodies import BODIES
from cashback.api.document.names import OPERATIONS as NAMED
from cashback.api.document.own_codes import OWN
from cashback.api.document.recorded import fitted
from cashback.api.document.scopes import SCOPES
from cashback.api.once import KEY_SCHEMA
from cashback.api.problems import MEDIA_TYPE
from cashback.api.versions import NEWEST
from cashback.events.catalogue import EVENTS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = dict(the_document().document)
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
ALWAYS = {"401", "403", "404", "422", "429", "500", "503"}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        *_, kind, name = schema["$ref"].split("/")
        schema = DOCUMENT["components"][kind][name]
    return schema


def holds(example: Any, schema: dict[str, Any]) -> list[str]:
    """Why the example is none of its schema."""
    whole = {"components": DOCUMENT["components"]}
    registry: Registry[Any] = Registry().with_resource(
        "urn:document", Resource.from_contents(whole, default_specification=DRAFT202012)
    )
    absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:document#/components'))
    found = Draft202012Validator(absolute, registry=registry).iter_errors(example)
    return [f"{each.json_path}: {each.message[:200]}" for each in found]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_says_what_it_does_and_how_it_may_be_refused(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation.get("summary"), "give the route a summary"
    assert operation.get("description"), "give the route's function a docstring"
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", operation["operationId"])
    assert len(operation["operationId"]) <= 60
    assert len(operation["tags"]) == 1
    assert operation["security"], "say in cashback/api/document/scopes.py which scope it asks for"
    refused = ALWAYS | ({"409"} if name.startswith("POST ") else set())
    refused |= {"400", "413"} if not name.startswith(("GET ", "DELETE ")) else set()
    assert operation["responses"].keys() >= refused
    for status in (each for each in operation["responses"] if not each.startswith(("2", "3"))):
        problem = resolved(operation["responses"][status])["content"][MEDIA_TYPE]
        assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}, "one shape, which generators can read"
        codes = resolved(operation["responses"][status])["x-codes"]
        assert codes == sorted(set(codes)) != []
        assert problem["example"]["code"] in codes
        assert problem["example"]["status"] == int(status)
        assert holds(problem["example"], problem["schema"]) == []
    parameters = [resolved(each) for each in operation["parameters"]]
    assert all(each.get("schema") for each in parameters)
    keys = [each["schema"] for each in parameters if each["name"].lower() == "idempotency-key"]
    assert keys == ([KEY_SCHEMA] if name.startswith("POST ") else [])


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_shows_what_it_answers(name: str) -> None:
    done = {status: each for status, each in OPERATIONS[name]["responses"].items() if status.startswith("2")}
    assert done, "an operation answers something"
    for status, response in done.items():
        assert {"Cashback-Version", "RateLimit"} <= response["headers"].keys()
        if status == "204":
            continue
        for media_type, content in response["content"].items():
            schema = resolved(content["schema"])
            if media_type != "application/json":
                assert schema["type"] == "string" or schema.get("format") == "binary" or media_type != "text/plain"
                continue
            said = schema.keys() & {"properties", "anyOf", "oneOf", "allOf", "items", "additionalProperties"}
            assert said - {"additionalProperties"} or schema.get("additionalProperties") not in (None, True, {}), (
                "let the route answer a model, or name its shape in cashback/api/answers"
            )
            assert holds(content["example"], content["schema"]) == []


@pytest.mark.parametrize("name", [name for name in OPERATIONS if "requestBody" in OPERATIONS[name]])
def test_a_body_is_shown_and_takes_no_unknown_field(name: str) -> None:
    for media_type, content in OPERATIONS[name]["requestBody"]["content"].items():
        assert content["schema"]
        if media_type != "application/json":
            continue
        assert holds(content["example"], content["schema"]) == []
        body = resolved(content["schema"])
        assert body.get("additionalProperties") is False, "a body refuses fields that it does not know (extra=forbid)"
        for field in body["properties"].values():
            inner = resolved(resolved(field).get("items", field))
            if "properties" in inner:
                assert inner.get("additionalProperties") is False, inner.get("title")


def test_operations_have_names_of_their_own() -> None:
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert [name for name, times in names.items() if times > 1] == []


def test_whatever_is_told_of_an_operation_is_of_one_that_there_is() -> None:
    assert set(ANSWERS) | set(FILES) | set(OWN) | set(NAMED) | set(BODIES) | set(SCOPES) <= set(OPERATIONS)


def test_shapes_have_names_of_ours() -> None:
    """None that the framework or a generator would make of an address."""
    shapes = DOCUMENT["components"]["schemas"]
    assert [name for name in shapes if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name)] == []
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            schema = resolved(response).get("content", {}).get("application/json", {}).get("schema")
            assert schema is None or "$ref" in schema, f"{name} {status} answers a shape without a name"


def test_every_operation_asks_for_a_key_and_the_document_for_none() -> None:
    assert DOCUMENT["security"] == [{"key": []}]
    assert DOCUMENT["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert DOCUMENT["info"]["version"] == NEWEST


def test_the_copy_that_people_read_is_the_document() -> None:
    """After a change: `tools/api_documents.py`."""
    kept = json.loads((ROOT / "docs/openapi.json").read_text())
    assert kept == json.loads(json.dumps(DOCUMENT)), "docs/openapi.json is old: tools/api_documents.py"


def test_an_answer_that_is_not_promised_is_found() -> None:
    """The judge itself: another status, another code, a field too many."""
    import httpx

    judge = Document(DOCUMENT)
    common = {"cashback-version": NEWEST, "cache-control": "no-store"}
    request = httpx.Request("GET", "http://inside/v1/payouts")

    def answer(status: int, body: Any, media_type: str = "application/json") -> httpx.Response:
        headers = {**common, "content-type": media_type}
        return httpx.Response(status, headers=headers, content=json.dumps(body).encode(), request=request)

    page = {"data": [], "has_more": False, "next_cursor": None}
    problem = {"type": "urn:cashback:problem:x", "title": "X", "status": 403, "detail": "x", "code": "scope_missing"}
    judge.check(answer(200, page))
    judge.check(answer(403, problem, MEDIA_TYPE))
    elsewhere = {**problem, "status": 404}
    for wrong in (
        answer(418, page),
        answer(200, {**page, "total": 1}),
        answer(200, {"data": [], "has_more": False}),
        answer(403, {**problem, "code": "unheard_of"}, MEDIA_TYPE),
        answer(403, {**problem, "code": "unknown_payout"}, MEDIA_TYPE),
        answer(403, elsewhere, MEDIA_TYPE),
        answer(403, problem),
    ):
        with pytest.raises(AssertionError):
            judge.check(wrong)


def test_events_out_are_told_with_examples() -> None:
    assert DOCUMENT["webhooks"].keys() == EVENTS.keys()
    for name, told in DOCUMENT["webhooks"].items():
        content = told["post"]["requestBody"]["content"]["application/json"]
        assert holds(content["example"], content["schema"]) == [], name
        assert "text" not in content["example"]["data"].values(), f"say in document/events_out.py what {name} holds"


def test_examples_of_answers_are_what_was_answered() -> None:
    """They were recorded; what the schema says by now goes before it."""
    recorded = json.loads((ROOT / "cashback/api/document/recorded.json").read_text())
    assert recorded.keys() <= OPERATIONS.keys()
    assert re.findall(r"(?:ck_test_|ck_live_|whsec_|ssosec_)[A-Za-z0-9]{8}", json.dumps(recorded)) == []
    shown = OPERATIONS["POST /v1/webhook-endpoints"]["responses"]["201"]["content"]["application/json"]["example"]
    assert shown["last_24_hours"] == {"attempts": 0, "succeeded": 0}
    assert shown["why"] is None
    schema = {
        "properties": {
            "new": {"type": "integer", "examples": [3]},
            "kept": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "other": {"enum": ["a", "b"]},
            "many": {"type": "array", "items": {"type": "integer"}},
        }
    }
    given = {"kept": None, "gone": 1, "other": "c", "many": [7, "no"]}
    assert fitted(given, schema, {}) == {"new": 3, "kept": None, "other": "a", "many": [7, 1]}
