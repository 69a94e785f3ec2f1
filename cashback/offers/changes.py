"""The difference between two terms, field by field, as lines that a person reads before saying yes. Pure.

Amounts stand as in a programme file: `conditions[1].amount: 30.00 -> 25.00`. Two terms have no difference exactly when
they have the same digest.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cashback.offers.amounts import FileUnits
from cashback.offers.terms import Terms

NOT_SET = "not set"


def difference(before: Terms | None, after: Terms) -> tuple[str, ...]:
    """Every field in which the terms differ, in the order of the fields; `before` is None when there was nothing."""
    old = {} if before is None else in_file_units(before)
    return tuple(_fields(old, in_file_units(after), ""))


def in_file_units(terms: Terms) -> dict[str, Any]:
    """The terms as a programme file writes them: money in major units, defaults left out, plain JSON."""
    document: dict[str, Any] = terms.model_dump(mode="json", context=FileUnits(terms.currency), exclude_defaults=True)
    return {"currency": terms.currency, **document}


def _fields(old: Any, new: Any, path: str) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.get("kind") == new.get("kind"):
        for name in (*new, *(name for name in old if name not in new)):
            yield from _fields(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif _of_kinds(old) and _of_kinds(new):
        yield from _entries(old, new, path)
    else:
        yield f"{path}: {_said(old)} -> {_said(new)}"


def _of_kinds(value: Any) -> bool:
    """Whether a list holds documents that say what they are, each kind once, so that they are paired by kind."""
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(each, Mapping) and "kind" in each for each in value)
    ):
        return False
    return len({each["kind"] for each in value}) == len(value)


def _entries(old: list[Any], new: list[Any], path: str) -> Iterator[str]:
    """A condition keeps its identity by its kind; its number is that of its place, the new one where it has both."""
    held = {each["kind"]: each for each in old}
    wanted = {each["kind"] for each in new}
    for place, each in enumerate(new):
        yield from _fields(held.get(each["kind"]), each, f"{path}[{place}]")
    for place, each in enumerate(old):
        if each["kind"] not in wanted:
            yield from _fields(each, None, f"{path}[{place}]")
    stays = [each["kind"] for each in old if each["kind"] in wanted]
    ordered = [each["kind"] for each in new if each["kind"] in held]
    if stays != ordered:
        yield f"{path}: the order {', '.join(stays)} -> {', '.join(ordered)}"


def _said(value: Any) -> str:
    """A value in one line: `minimum_spend (amount 30.00)`, `fnac, zara`."""
    if value is None or value in ([], {}):
        return NOT_SET
    if isinstance(value, Mapping):
        rest = ", ".join(f"{name} {_said(each)}" for name, each in value.items() if name != "kind")
        kind = value.get("kind")
        return rest if kind is None else f"{kind} ({rest})" if rest else str(kind)
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
