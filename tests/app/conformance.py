"""Every answer that a test sees is held against the document: its status, its media type, its shape, its code.

Strictly: a field that the document does not name is an error, so that the document cannot fall behind the routes.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from recording import record
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from cashback.api.problems import MEDIA_TYPE
from cashback.api.versions import NEWEST

_URI = "urn:document"
_INSTANT_ELSEWHERE = re.compile(r'"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:?\d\d"')
_AS_LOGGED = (
    "GET /v1/decision-reviews/{review}",
    "GET /v1/decisions/{decision}/record",
    "GET /v1/shoppers/{reference}/export",
    "GET /v1/books/head",
)
"""They show records of decisions, and heads of chains, to the byte as they were sealed."""
_SILENT = ("additionalProperties", "patternProperties", "$ref", "allOf", "anyOf")


class Document:
    """The document, ready to judge answers."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        strict = _strict(json.loads(json.dumps(document["components"])), forbid=True)
        self._registry = Registry().with_resource(
            _URI, Resource.from_contents({"components": strict}, default_specification=DRAFT202012)
        )
        self._routes = sorted(
            ((re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path) for path in document["paths"]),
            key=lambda route: (route[1].count("{"), "." not in route[1].rsplit("/", 1)[-1]),
        )
        self._validators: dict[str, Draft202012Validator] = {}

    def operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
        """The operation that an address belongs to, by its name, if there is one."""
        bare = path.partition("?")[0]
        for pattern, template in self._routes:
            if pattern.fullmatch(bare) and method.lower() in self.document["paths"][template]:
                return f"{method} {template}", self.document["paths"][template][method.lower()]
        return None

    def check(self, answer: httpx.Response) -> None:
        """Fail with the operation's name for an answer that the document does not promise."""
        found = self.operation(answer.request.method, answer.request.url.path)
        if found is None:
            return
        name, operation = found
        assert answer.headers["cashback-version"] == NEWEST, name
        assert answer.headers["cache-control"] == "no-store", name
        promised = operation["responses"].get(str(answer.status_code))
        assert promised is not None, (
            f"{name} answers {answer.status_code}, which its document does not tell: {answer.text[:300]}"
        )
        if "$ref" in promised:
            promised = self.document["components"]["responses"][promised["$ref"].rsplit("/", 1)[1]]
        content = promised.get("content", {})
        if not content and answer.is_success:
            assert answer.content == b"", name
            return
        media_type = answer.headers["content-type"].partition(";")[0]
        if "application/octet-stream" in content and answer.is_success:
            return
        assert media_type in content, f"{name} answers {media_type}, not {list(content)}"
        record(name, answer)
        if media_type == "application/json" or media_type.endswith("+json"):
            problems = sorted(
                self._validator(name, answer.status_code, content[media_type]["schema"]).iter_errors(answer.json()),
                key=str,
            )
            assert not problems, f"{name} {answer.status_code}: {problems[0].message[:500]} at {problems[0].json_path}"
            if media_type == MEDIA_TYPE:
                told = answer.json()
                assert told["status"] == answer.status_code, f"{name} says {told['status']} with {answer.status_code}"
                assert told["code"] in promised["x-codes"], f"{name} {answer.status_code}: {told['code']} is not told"
            offset = None if name in _AS_LOGGED else _INSTANT_ELSEWHERE.search(answer.text)
            assert offset is None, f"{name}: instants end with Z, not {offset[0]}"

    def _validator(self, name: str, status: int, schema: Mapping[str, Any]) -> Any:
        key = f"{name} {status}"
        if key not in self._validators:
            absolute = json.loads(json.dumps(schema).replace('"#/components', f'"{_URI}#/components'))
            kind = validator_for({}, default=Draft202012Validator)
            self._validators[key] = kind(_strict(absolute, forbid=False), registry=self._registry)
        return self._validators[key]


def _strict(schema: Any, *, forbid: bool) -> Any:
    """The same schema where an object that names its fields has no others."""
    if isinstance(schema, list):
        return [_strict(each, forbid=forbid) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(each, forbid=forbid) for name, each in schema.items()}
    if forbid and isinstance(schema.get("properties"), dict) and not schema.keys() & set(_SILENT):
        strict["additionalProperties"] = False
    return strict


@cache
def the_document() -> Document:
    """Of the application as it is."""
    from whole_api import whole_api

    return Document(whole_api().openapi())
