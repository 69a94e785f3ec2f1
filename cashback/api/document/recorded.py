"""Examples of answers as the product gave them: `recorded.json`, written by `tools/api_examples.py` from runs of tests.

What a schema says goes before what was recorded: a field that came since then is made of its schema, one that went is
left out.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from cashback.api.document.examples import example_of

_NO = object()
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@cache
def _recorded() -> Mapping[str, Any]:
    text = files("cashback.api.document").joinpath("recorded.json").read_text()
    told: Mapping[str, Any] = json.loads(text)
    return told


def answer_of(name: str, schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """What an operation answers; where nothing was recorded of it, what its schema alone tells."""
    return fitted(_recorded().get(name, _NO), schema, components)


def fitted(value: Any, schema: Mapping[str, Any], components: Mapping[str, Any], name: str = "") -> Any:
    """The value, as far as the schema allows it."""
    while "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[1]]
    choices: Sequence[Mapping[str, Any]] = schema.get("anyOf") or schema.get("oneOf") or ()
    if choices:
        chosen = next((each for each in choices if _may_be(value, each, components)), None)
        return example_of(schema, components, 0, name) if chosen is None else fitted(value, chosen, components, name)
    if not _may_be(value, schema, components):
        return example_of(schema, components, 0, name)
    if isinstance(value, dict):
        return _object(value, schema, components)
    if isinstance(value, list):
        return [fitted(each, schema.get("items", {}), components, name) for each in value]
    return value


def _object(value: Mapping[str, Any], schema: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", not properties)
    told = {each: fitted(value.get(each, _NO), field, components, each) for each, field in properties.items()}
    left = {} if others is False else {each: inner for each, inner in value.items() if each not in properties}
    if isinstance(others, dict):
        left = {each: fitted(inner, others, components, each) for each, inner in left.items()}
    return told | left


def _may_be(value: Any, schema: Mapping[str, Any], components: Mapping[str, Any]) -> bool:
    while "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[1]]
    if value is _NO or value not in schema.get("enum", (value,)) or value != schema.get("const", value):
        return False
    if "anyOf" in schema or "oneOf" in schema:
        return any(_may_be(value, each, components) for each in schema.get("anyOf") or schema["oneOf"])
    kind = schema.get("type")
    if isinstance(value, bool) and kind != "boolean":
        return kind is None
    return kind is None or isinstance(value, _KINDS[kind])
