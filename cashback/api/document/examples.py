"""Examples made of schemas: of each field the example that it tells, else a plain value that its schema allows."""

import re
from collections.abc import Mapping
from typing import Any

from cashback.api.document.values import named_number, named_text

_TEXTS: Mapping[str, str] = {
    "date-time": "2026-11-10T09:30:00Z",
    "date": "2026-12-01",
    "time": "09:30:00",
    "uri": "https://crm.example/events",
    "uuid": "019ad0c2-7f3e-7b3a-a1f2-c4d5e6f70812",
    "binary": "",
}
_BEGINS = ("first_day", "from", "from_day", "since")
"""Days that a span begins with; the others may be its end."""
_BODY_OF_AN_ID = "01kbcr4zsyfcxa3wp4tqktv42j"
_ID = re.compile(r"\^([a-z]{2,5})_\[0-9a-hjkmnp-tv-z\]\{26\}\$")
_KNOWN_PATTERNS: Mapping[str, str] = {
    "^[A-Z]{3}$": "EUR",
    "^[A-Z]{2}$": "FR",
    "^[0-9]{4}$": "4521",
}
_CANDIDATES = ("v1", "in_store", "2026-11", "desk@example.com", "a", "0")
"""Tried where a pattern is none of these."""
_DEPTH_MAX = 12


def example_of(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int = 0, name: str = "") -> Any:
    """A value that the schema allows, as a reader would expect it of a field of this name."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rsplit("/", 1)[1]], components, depth + 1, name)
    for told in ("examples", "enum"):
        if schema.get(told):
            return schema[told][0]
    for told in ("example", "const", "default"):
        if schema.get(told) is not None:
            return schema[told]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return example_of(schema[choice][0], components, depth + 1, name)
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        return _object(schema, components, depth)
    if kind == "array":
        few = schema.get("minItems", 1)
        one = [] if depth > _DEPTH_MAX else [example_of(schema.get("items", {}), components, depth + 1, name)]
        return one * max(1, few)
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        return _number(schema, name)
    return {"boolean": True, "null": None}.get(str(kind), {})


def _object(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth > _DEPTH_MAX:
        return {}
    if "properties" in schema:
        return {name: example_of(field, components, depth + 1, name) for name, field in schema["properties"].items()}
    values = schema.get("additionalProperties")
    return {"EUR": example_of(values, components, depth + 1)} if isinstance(values, dict) and values else {}


def _number(schema: Mapping[str, Any], name: str) -> int | float:
    known = named_number(name, schema)
    if known is not None:
        return known
    least = max(schema.get("minimum", 0), schema.get("exclusiveMinimum", -1) + 1, min(1, schema.get("maximum", 1)))
    return int(least) if schema["type"] == "integer" else least


def _text(schema: Mapping[str, Any], name: str) -> str:
    pattern = schema.get("pattern", "")
    found = _ID.fullmatch(pattern)
    if found:
        return f"{found[1]}_{_BODY_OF_AN_ID}"
    if pattern in _KNOWN_PATTERNS:
        return _KNOWN_PATTERNS[pattern]
    if schema.get("format") == "date" and name in _BEGINS:
        return "2026-11-01"
    if schema.get("format") in _TEXTS:
        return _TEXTS[schema["format"]]
    known = named_text(name, schema)
    if known is not None:
        return known
    word = "text"
    if pattern and not re.search(pattern, word):
        return next((each for each in _CANDIDATES if re.search(pattern, each)), word)
    return word.ljust(schema.get("minLength", 0), "t")[: schema.get("maxLength", 100)]
