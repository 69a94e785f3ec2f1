"""What is wrong with a request, in plain words: each mistake with its place and what was expected there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

TOLD_MAX = 5
_DAY = "a day such as 2026-12-01"
_INSTANT = "an instant with its zone, such as 2026-12-01T09:30:00+01:00"
_EXPECTED: Mapping[str, str] = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "an object",
    "model": "an object",
    "none": "null",
    "date": _DAY,
    "datetime": _INSTANT,
    "timezone": _INSTANT,
    "uuid": "a UUID",
}
"""By the beginning of a mistake's name, up to its first `_`; the names below go before."""
_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "it is missing",
    "too_short": lambda told: f"expected at least {_many(told['min_length'], 'item')}, got {told['actual_length']}",
    "too_long": lambda told: f"expected at most {_many(told['max_length'], 'item')}, got {told['actual_length']}",
    "string_too_short": lambda told: f"expected at least {_many(told['min_length'], 'character')}",
    "string_too_long": lambda told: f"expected at most {_many(told['max_length'], 'character')}",
    "string_pattern_mismatch": lambda told: f"expected a text of the form {told['pattern']}",
    "greater_than": lambda told: f"expected more than {told['gt']}",
    "greater_than_equal": lambda told: f"expected {told['ge']} or more",
    "less_than": lambda told: f"expected less than {told['lt']}",
    "less_than_equal": lambda told: f"expected {told['le']} or less",
    "literal_error": lambda told: f"expected {told['expected']}",
    "enum": lambda told: f"expected {told['expected']}",
    "union_tag_invalid": lambda told: f"expected {told['discriminator']} to be one of {told['expected_tags']}",
    "union_tag_not_found": lambda told: f"expected {told['discriminator']} to say which kind it is",
    "json_invalid": lambda told: f"expected JSON; {told.get('error', 'this is none')}",
}


def sentence_of(errors: Sequence[Mapping[str, Any]], body: Any) -> str:
    """Up to `TOLD_MAX` mistakes, and how many more there are. `body` is the type of the body, None where there is none.

    Nothing of the values is repeated, names of fields are.
    """
    told = list(dict.fromkeys(_one(error, body) for error in errors))
    more = len(told) - TOLD_MAX
    return "; ".join(told[:TOLD_MAX]) + (f"; and {more} more" if more > 0 else "")


def _one(error: Mapping[str, Any], body: Any) -> str:
    place, kind = tuple(error["loc"]), str(error["type"])
    if kind == "extra_forbidden":
        known = ", ".join(_fields(body, place)) if place[0] == "body" and body is not None else ""
        name = f"unknown field {str(place[-1])[:64]!a}"
        return f"{_written(place[:-1])}: {name}{f'; known: {known}' if known else ''}"
    return f"{_written(place)}: {_expected(kind, error)}"


def _expected(kind: str, error: Mapping[str, Any]) -> str:
    if kind in _SENTENCES:
        return _SENTENCES[kind](error.get("ctx") or {})
    if kind not in ("value_error", "assertion_error"):
        expected = _EXPECTED.get(kind.partition("_")[0])
        if expected is not None:
            return f"expected {expected}"
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _written(place: Sequence[int | str]) -> str:
    return ".".join(str(part)[:64] for part in place)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _fields(body: Any, place: Sequence[int | str]) -> list[str]:
    """The names that an object of the body may have, at the place of one that it may not."""
    schema = _schema(body)
    here = list(_alternatives(schema, schema))
    for part in place[1:-1]:
        here = [each for one in here for inner in _inside(one, part) for each in _alternatives(inner, schema)] or here
    return list(dict.fromkeys(name for each in here for name in each.get("properties", {})))


@cache
def _schema(body: Any) -> dict[str, Any]:
    return TypeAdapter(body).json_schema()


def _alternatives(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "$ref" in schema:
        yield from _alternatives(whole["$defs"][schema["$ref"].rsplit("/", 1)[1]], whole)
    for choice in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(choice, ()):
            yield from _alternatives(each, whole)
    if "properties" in schema or "items" in schema or "additionalProperties" in schema:
        yield schema


def _inside(schema: Mapping[str, Any], part: int | str) -> Iterator[Mapping[str, Any]]:
    inner = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
    if inner is None and not isinstance(part, int):
        inner = schema.get("additionalProperties")
    if isinstance(inner, dict):
        yield inner
