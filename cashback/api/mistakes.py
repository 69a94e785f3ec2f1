"""What is wrong with a request, in plain words: each mistake with its place and what was expected there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from cashback.request_log.redaction import HIDDEN, OURS, sentence_shown

TOLD_MAX = 5
LOOKED_AT_MAX = 50
"""Mistakes that are put into words, to find out which are told: of a body of mistakes the others are counted."""
_PLACES = ("body", "query", "path", "header")
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


def sentence_of(errors: Sequence[Mapping[str, Any]], body: Any, *, logged: bool = False) -> str:
    """Up to `TOLD_MAX` mistakes, and how many more there are. `body` is the type of the body, None where there is none.

    Nothing of the values is repeated, names of fields are; `logged`: those alone that are ours.
    """
    told = list(dict.fromkeys(_one(error, body, logged) for error in errors[:LOOKED_AT_MAX]))
    more = len(told[TOLD_MAX:]) + len(errors[LOOKED_AT_MAX:])
    return "; ".join(told[:TOLD_MAX]) + (f"; and {more} more" if more > 0 else "")


def meant(name: str, known: Iterable[str]) -> str:
    """A question that names the nearest of what is known; nothing where none is near."""
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


def _one(error: Mapping[str, Any], body: Any, logged: bool) -> str:
    place, kind = tuple(error["loc"]), str(error["type"])
    if kind == "extra_forbidden":
        known = _fields(body, place) if place[0] == "body" and body is not None else []
        name, told = str(place[-1])[:64], f"; known: {', '.join(known)}" if known else ""
        said = repr(HIDDEN) if logged and name not in OURS else ascii(name)
        return f"{_written(place[:-1], logged)}: unknown field {said}{told}{meant(name, known)}"
    said = _expected(kind, error)
    return f"{_written(place, logged)}: {sentence_shown(said) if logged and _is_free(kind) else said}"


def _expected(kind: str, error: Mapping[str, Any]) -> str:
    if kind in _SENTENCES:
        return _SENTENCES[kind](error.get("ctx") or {})
    if not _is_free(kind):
        expected = _EXPECTED.get(kind.partition("_")[0])
        if expected is not None:
            return f"expected {expected}"
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _is_free(kind: str) -> bool:
    """Whether the words of a mistake are those of a check of ours, which may quote what was sent."""
    return kind in ("value_error", "assertion_error")


def _written(place: Sequence[int | str], logged: bool) -> str:
    ours = (part for part in place if not logged or isinstance(part, int) or part in OURS or part in _PLACES)
    return ".".join(str(part)[:64] for part in ours)


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
