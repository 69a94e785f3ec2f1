"""Builds the document once per process: every operation with its group, its answers, its refusals and examples."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from cashback.api.answers.registry import ANSWERS, FILES
from cashback.api.document import everywhere
from cashback.api.document.bodies import BODIES
from cashback.api.document.codes import codes_of
from cashback.api.document.events_out import events_out
from cashback.api.document.examples import example_of
from cashback.api.document.lifting import lifted
from cashback.api.document.names import operation_id, shape_name, tag_of
from cashback.api.document.recorded import answer_of
from cashback.api.document.scopes import security_of
from cashback.api.once import KEY_HEADER
from cashback.api.versions import NEWEST

METHODS = ("get", "put", "post", "delete", "patch")
_REF = "#/components/schemas/{model}"


def build_document(api: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of everything below /v1."""
    document = get_openapi(
        title="Cashback",
        version=NEWEST,
        description=everywhere.DESCRIPTION,
        routes=api.routes,
        separate_input_output_schemas=False,
    )
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/v1")}
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    answers = _add_answers(schemas)
    schemas |= everywhere.shared_shapes()
    document["components"] |= everywhere.components()
    document["security"] = [{"key": []}]
    document["servers"] = [{"url": "/"}]
    tags: dict[str, None] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                _complete(item[method], method.upper(), path, answers, schemas)
                tags |= dict.fromkeys(item[method]["tags"])
    document["webhooks"] = events_out()
    document["tags"] = [{"name": name} for name in sorted(tags)]
    return lifted(_named(document))


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """The same with shapes that Python calls alike named after whose they are: generators of clients go by names."""
    schemas = document["components"]["schemas"]
    names = {name: shape_name(name) for name in schemas}
    assert len(set(names.values())) == len(names), "two shapes of one name"

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(each) for each in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REF.format(model="")):
            return {**value, "$ref": _REF.format(model=names[reference.rsplit("/", 1)[1]])}
        return {key: renamed(each) for key, each in value.items()}

    told: dict[str, Any] = renamed(document)
    shapes = told["components"]["schemas"]
    told["components"]["schemas"] = {
        names[name]: {**shape, "title": names[name]} if names[name] != name else shape for name, shape in shapes.items()
    }
    return told


def _add_answers(schemas: dict[str, Any]) -> Mapping[str, str]:
    """The shapes of answers among the components; by operation the reference to its own."""
    models = list(dict.fromkeys(ANSWERS.values()))
    made, definitions = models_json_schema([(model, "serialization") for model in models], ref_template=_REF)
    taken = schemas.keys() & definitions.get("$defs", {}).keys()
    assert not taken, f"two shapes of one name: {sorted(taken)}"
    schemas |= definitions.get("$defs", {})
    return {operation: made[model, "serialization"]["$ref"] for operation, model in ANSWERS.items()}


def _complete(
    operation: dict[str, Any], method: str, path: str, answers: Mapping[str, str], schemas: Mapping[str, Any]
) -> None:
    name = f"{method} {path}"
    operation["operationId"] = operation_id(name)
    operation["tags"] = [tag_of(path)]
    operation["security"] = security_of(name)
    _parameters(operation, method)
    _successes(operation, name, answers, schemas)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and not body.keys() & {"example", "examples"}:
        body["example"] = BODIES.get(name) or _without_nothing(example_of(body["schema"], schemas))
    paged = any(each.get("name") == "cursor" for each in operation.get("parameters", []))
    for status, codes in codes_of(name, method, paged=paged).items():
        operation["responses"][str(status)] = everywhere.refusal(status, codes)


def _parameters(operation: dict[str, Any], method: str) -> None:
    told = [each for each in operation.get("parameters", []) if each["name"].lower() != "authorization"]
    keyed = [each for each in told if each["name"].lower() == KEY_HEADER]
    if method == "POST":
        told = [each for each in told if each not in keyed]
        told.append({"$ref": f"#/components/parameters/IdempotencyKey{'Required' if keyed else ''}"})
    told.append({"$ref": "#/components/parameters/Version"})
    operation["parameters"] = told


def _successes(operation: dict[str, Any], name: str, answers: Mapping[str, str], schemas: Mapping[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    for status, response in responses.items():
        if not status.startswith("2"):
            continue
        if response["description"] == "Successful Response":
            response["description"] = "Done"
        response["headers"] = everywhere.headers_of_success(repeatable=name.startswith("POST "))
        if name in FILES:
            text = {} if FILES[name].startswith("text/") else {"format": "binary"}
            response["content"] = {FILES[name]: {"schema": {"type": "string", **text}}}
            continue
        if name in answers:
            response.setdefault("content", {}).setdefault("application/json", {})
        content = response.get("content", {}).get("application/json")
        if content is None:
            continue
        if name in answers:
            content["schema"] = {"$ref": answers[name]}
        if "schema" in content and not content.keys() & {"example", "examples"}:
            content["example"] = answer_of(name, content["schema"], schemas)


def _without_nothing(example: Any) -> Any:
    """A body without the fields that may as well be left out."""
    if isinstance(example, dict):
        return {name: value for name, value in example.items() if value is not None}
    return example
