"""From an OpenAPI 3.1 document to what the reference shows. Pure; what a document does not say is left out.

Schemas are laid out as rows of dotted names; references are followed, four deep at most, and never in a circle.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cashback.web.developer.samples import asked_of, curl, nameable, python, title

DEPTH_MAX = 4
ROWS_MAX = 120
METHODS = ("get", "post", "put", "patch", "delete")
_PREFIX = re.compile(r"^/v\d+/")
_WORD = re.compile(r"[^a-z0-9]+")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter, or one field of a body. `type` is written as people write it: `integer`, `text[]`, `a | b`."""

    name: str
    type: str
    required: bool
    description: str
    place: str = "body"
    """`path`, `query`, `header` or `body`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One status an operation answers with."""

    status: str
    description: str
    rows: tuple[Row, ...]
    example: str
    codes: tuple[str, ...]
    """Of refusals, where the document lists them."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    anchor: str
    group: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Row, ...]
    fields: tuple[Row, ...]
    body_type: str
    body: str
    answers: tuple[Answer, ...]
    curl: str
    python: str
    scopes: tuple[str, ...]
    """Each is enough."""

    @property
    def searched(self) -> str:
        """What a search looks at."""
        return f"{self.method} {self.path} {self.summary} {self.description}".lower()


@dataclass(frozen=True, slots=True)
class Sent:
    """One type of event: the fields of its `data`, and a whole body."""

    name: str
    summary: str
    rows: tuple[Row, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Group:
    """Operations on one subject."""

    slug: str
    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole document."""

    title: str
    version: str
    groups: tuple[Group, ...]

    @property
    def operations(self) -> Iterator[Operation]:
        """All of them, group by group."""
        return (each for group in self.groups for each in group.operations)


def read_document(
    document: Json,
    public_url: str,
    *,
    known: Mapping[str, str] | None = None,
    sandbox: bool = False,
    only: str | None = None,
) -> Reference:
    """The document as the reference shows it; samples call `public_url` and name what is `known` of the reader's own.

    `only`: the group of this slug alone.
    """
    grouped: dict[str, list[Operation]] = {}
    for path, methods in document.get("paths", {}).items():
        for method in METHODS:
            if method in methods and only in (None, slug_of(_group(path, methods[method]))):
                read = _operation(
                    document, path, method, methods[method], public_url, nameable(method, known or {}, sandbox=sandbox)
                )
                grouped.setdefault(read.group, []).append(read)
    groups = [Group(slug_of(name), name, tuple(each)) for name, each in grouped.items()]
    info = document.get("info", {})
    return Reference(info.get("title", ""), info.get("version", ""), tuple(sorted(groups, key=lambda each: each.slug)))


def read_events(document: Json) -> Sequence[Sent]:
    """What is sent to endpoints, type by type."""
    return [_sent(document, name, item["post"]) for name, item in document.get("webhooks", {}).items()]


def _sent(document: Json, name: str, given: Json) -> Sent:
    content = given["requestBody"]["content"]["application/json"]
    data = content["schema"]["properties"]["data"]
    example = json.dumps(content["example"], indent=2, ensure_ascii=False)
    return Sent(name, given.get("summary", ""), tuple(_rows(document, data)), example)


def slug_of(text: str) -> str:
    """A text as part of an address."""
    return _WORD.sub("-", text.lower()).strip("-")


def _group(path: str, given: Json) -> str:
    tag: str = next(iter(given.get("tags", ())), "")
    return tag or _PREFIX.sub("", path).partition("/")[0].replace("-", " ").capitalize()


def _operation(
    document: Json, path: str, method: str, given: Json, public_url: str, known: Mapping[str, str]
) -> Operation:
    every = (_parameter(document, each) for each in given.get("parameters", ()))
    parameters = [each for each in every if each.name.lower() != "authorization"]
    content: Json = _follow(document, given.get("requestBody", {})).get("content", {})
    body_type = next(iter(content), "")
    schema = content.get(body_type, {}).get("schema", {})
    sample = _example_of(document, content.get(body_type, {})) if schema else None
    body = "" if sample is None else json.dumps(sample, indent=2, ensure_ascii=False)
    headers = [title(each.name) for each in parameters if each.place == "header" and each.required]
    required = _required(document, given)
    asked = asked_of(
        method, path, public_url, headers=headers, required=required, body_type=body_type, sample=sample, known=known
    )
    return Operation(
        anchor=slug_of(given.get("operationId") or f"{method} {path}"),
        group=_group(path, given),
        method=method.upper(),
        path=path,
        summary=given.get("summary", ""),
        description=given.get("description", ""),
        parameters=tuple(parameters),
        fields=tuple(_rows(document, schema))[:ROWS_MAX],
        body_type=body_type,
        body=body,
        answers=tuple(_answers(document, given.get("responses", {}))),
        curl=curl(asked),
        python=python(asked),
        scopes=tuple(scope for way in given.get("security", ()) for scopes in way.values() for scope in scopes),
    )


def _required(document: Json, given: Json) -> dict[str, str]:
    """Queries that may not be left out, each with a value that may be asked."""
    every = (_follow(document, each) for each in given.get("parameters", ()))
    return {
        each["name"]: str(_example(document, each.get("schema", {}), 0))
        for each in every
        if each["in"] == "query" and each.get("required")
    }


def _parameter(document: Json, given: Json) -> Row:
    read = _follow(document, given)
    schema = read.get("schema", {})
    said = read.get("description") or schema.get("description", "")
    return Row(read["name"], _type(document, schema), read.get("required", False), said, read["in"])


def _answers(document: Json, responses: Json) -> Iterator[Answer]:
    for status, given in responses.items():
        read = _follow(document, given)
        content: Json = next(iter(read.get("content", {}).values()), {})
        schema = content.get("schema", {})
        sample = _example_of(document, content) if content else None
        text = sample if isinstance(sample, str) else json.dumps(sample, indent=2, ensure_ascii=False)
        yield Answer(
            status=str(status),
            description=read.get("description", ""),
            rows=tuple(_rows(document, schema))[:ROWS_MAX],
            example="" if sample is None or sample == {} else text,
            codes=tuple(_codes(document, read, content)),
        )


def _codes(document: Json, response: Json, content: Json) -> list[str]:
    """The codes of refusals: as they are told, of named examples, or an enumeration in the schema."""
    named = [_follow(document, each).get("value", {}) for each in content.get("examples", {}).values()]
    told = [each["code"] for each in named if isinstance(each, dict) and "code" in each]
    code = _follow(document, content.get("schema", {})).get("properties", {}).get("code", {})
    return sorted({*map(str, response.get("x-codes", ())), *map(str, told), *map(str, code.get("enum", ()))})


def _rows(document: Json, schema: Json, prefix: str = "", depth: int = 0) -> Iterator[Row]:
    read = _follow(document, schema)
    if read.get("type") == "array":
        yield from _rows(document, read.get("items", {}), f"{prefix}[]", depth)
        return
    merged = _merged(document, read)
    for name, given in merged.get("properties", {}).items():
        inner = _follow(document, given)
        full = f"{prefix}.{name}" if prefix else name
        said = given.get("description") or inner.get("description", "")
        yield Row(full, _type(document, given), name in merged.get("required", ()), said)
        if depth < DEPTH_MAX:
            nested = _nested(document, inner)
            if nested is not None:
                yield from _rows(document, nested, full, depth + 1)


def _nested(document: Json, schema: Json) -> Json | None:
    """What stands below a field, if it is one shape alone."""
    read = _follow(document, schema)
    kinds = [each for each in read.get("anyOf", read.get("oneOf", ())) if each.get("type") != "null"]
    if len(kinds) == 1:
        return _nested(document, kinds[0])
    if read.get("type") == "array" or read.get("properties") or read.get("allOf"):
        return read
    return None


def _merged(document: Json, schema: Json) -> Json:
    """A schema with those of its `allOf`."""
    if "allOf" not in schema:
        return schema
    parts = [_merged(document, _follow(document, each)) for each in schema["allOf"]]
    properties = {name: given for part in [*parts, schema] for name, given in part.get("properties", {}).items()}
    required = [name for part in [*parts, schema] for name in part.get("required", ())]
    return {**schema, "properties": properties, "required": required}


def _type(document: Json, schema: Json) -> str:
    read = _follow(document, schema)
    kinds = read.get("anyOf") or read.get("oneOf")
    if kinds:
        told = dict.fromkeys(_type(document, each) for each in kinds)
        return " | ".join(told)
    if "enum" in read:
        return " | ".join(map(str, read["enum"]))
    if "const" in read:
        return str(read["const"])
    if read.get("type") == "array":
        return f"{_type(document, read.get('items', {}))}[]"
    kind = read.get("type") or ("object" if "properties" in read or "allOf" in read else "any")
    if isinstance(kind, list):
        return " | ".join(kind)
    named = {"string": read.get("format") or "text"}.get(kind, kind)
    return str(named)


def _example_of(document: Json, content: Json) -> Any:
    if "example" in content:
        return content["example"]
    for each in content.get("examples", {}).values():
        return _follow(document, each).get("value")
    return _example(document, content.get("schema", {}), 0)


def _example(document: Json, schema: Json, depth: int) -> Any:
    read = _merged(document, _follow(document, schema))
    if read.get("examples"):
        return read["examples"][0] if isinstance(read["examples"], Sequence) else None
    for known in ("example", "default", "const"):
        if known in read:
            return read[known]
    if read.get("enum"):
        return read["enum"][0]
    kinds = read.get("anyOf") or read.get("oneOf")
    if kinds:
        return _example(document, kinds[0], depth)
    if depth > DEPTH_MAX:
        return {}
    if read.get("type") == "array":
        return [_example(document, read.get("items", {}), depth + 1)]
    if read.get("properties"):
        return {name: _example(document, each, depth + 1) for name, each in read["properties"].items()}
    return _of_type(read)


def _of_type(schema: Json) -> Any:
    kind = schema.get("type")
    if kind == "integer":
        return max(int(schema.get("minimum", 1)), int(schema.get("exclusiveMinimum", 0)) + 1)
    if kind == "string":
        return {"date-time": "2026-11-29T18:00:00Z", "date": "2026-11-29"}.get(schema.get("format", ""), "text")
    return {"boolean": True, "number": 1, "null": None, "object": {}}.get(str(kind))


def _follow(document: Json, given: Json) -> Json:
    for _ in range(8):
        reference = given.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return given
        read: Any = document
        for part in reference[2:].split("/"):
            read = read.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(read, Mapping) else {}
        given = read
    return {}
