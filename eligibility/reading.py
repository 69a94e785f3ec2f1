"""JSON objects to frozen dataclasses and back, with an error that says which field, what was found and what was
expected.

Kinds that are known: whole numbers, texts, booleans, days, instants with their offset, enums, other dataclasses,
tuples of one of these, and None beside any of them. Nothing is converted silently: True is no number, 1.0 is none
either.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar

from eligibility.errors import Unreadable

T = TypeVar("T")
Reader = Callable[[Any, str], Any]
Writer = Callable[[Any], Any]


def read(kind: type[T], value: object, where: str) -> T:
    """The dataclass of an object. `where` begins the name of the field in an error.

    Raises Unreadable: a field is unknown, missing or of another kind.
    """
    return typing.cast(T, _reader(kind)(value, where))


def plain(value: Any) -> dict[str, Any]:
    """The object of a dataclass: what `read` takes."""
    return typing.cast(dict[str, Any], _writer(type(value))(value))


def _unreadable(where: str, expected: str, value: object) -> Unreadable:
    return Unreadable("field", f"{where}: expected {expected}, found {str(value)[:48]!r}")


def _exactly(kind: type, expected: str) -> Reader:
    def take(value: Any, where: str) -> Any:
        if type(value) is not kind:
            raise _unreadable(where, expected, value)
        return value

    return take


def _day(value: Any, where: str) -> date:
    try:
        if len(value) == 10:
            return date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    raise _unreadable(where, "a day such as 2026-12-31", value)


def _instant(value: Any, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise _unreadable(where, "an instant with its offset such as 2026-12-31T10:00:00+00:00", value)
    return at


def _member(kind: type[StrEnum]) -> Reader:
    def take(value: Any, where: str) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise _unreadable(where, f"one of {', '.join(kind)}", value) from None

    return take


def _many(one: Reader) -> Reader:
    def take(value: Any, where: str) -> Any:
        if not isinstance(value, list | tuple):
            raise _unreadable(where, "a list", value)
        return tuple(one(item, f"{where}[{position}]") for position, item in enumerate(value))

    return take


def _maybe(one: Reader) -> Reader:
    return lambda value, where: None if value is None else one(value, where)


def _object(kind: type) -> Reader:
    fields = _fields(kind)
    names = {field.name for field, _ in fields}
    needed = {
        field.name
        for field, _ in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    kept = {field.name: _kept_as_is(hint) for field, hint in fields if _kept_as_is(hint)}
    readers = {field.name: _reader(hint) for field, hint in fields}

    def take(value: Any, where: str) -> Any:
        if not isinstance(value, Mapping):
            raise _unreadable(where, "an object", value)
        if not value.keys() <= names:
            unknown = sorted(str(name) for name in value.keys() - names)[0]
            raise Unreadable("unknown_field", f"{where}.{unknown[:48]}: unknown, expected one of {', '.join(readers)}")
        if not needed <= value.keys():
            raise Unreadable("missing_field", f"{where}.{min(needed - value.keys())}: missing")
        return kind(
            **{
                name: item if type(item) in kept.get(name, ()) else readers[name](item, f"{where}.{name}")
                for name, item in value.items()
            }
        )

    return take


def _kept_as_is(hint: Any) -> tuple[type, ...]:
    """The types whose values need no reading."""
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return kinds if set(kinds) <= _AS_IS else ()


def _fields(kind: type) -> list[tuple[dataclasses.Field[Any], Any]]:
    hints = typing.get_type_hints(kind)
    return [(field, hints[field.name]) for field in dataclasses.fields(kind)]


_READERS: dict[Any, Reader] = {
    int: _exactly(int, "a whole number"),
    str: _exactly(str, "a text"),
    bool: _exactly(bool, "true or false"),
    date: _day,
    datetime: _instant,
}


def _reader(hint: Any) -> Reader:
    if hint not in _READERS:
        _READERS[hint] = _new_reader(hint)
    return _READERS[hint]


def _new_reader(hint: Any) -> Reader:
    inner = [each for each in typing.get_args(hint) if each is not type(None) and each is not Ellipsis]
    if isinstance(hint, types.UnionType):
        return _maybe(_reader(inner[0]))
    if typing.get_origin(hint) is tuple:
        return _many(_reader(inner[0]))
    return _member(hint) if issubclass(hint, StrEnum) else _object(hint)


_AS_IS = {int, str, bool, type(None)}
_WRITERS: dict[type, Writer] = {}


def _writer(kind: type) -> Writer:
    if kind not in _WRITERS:
        names = tuple(field.name for field in dataclasses.fields(kind))
        inside = tuple(field.name for field, hint in _fields(kind) if not _kept_as_is(hint))
        values = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)

        def write(value: Any) -> dict[str, Any]:
            written = dict(zip(names, values(value), strict=True))
            for name in inside:
                written[name] = _value(written[name])
            return written

        _WRITERS[kind] = write
    return _WRITERS[kind]


def _value(value: Any) -> Any:
    kind = type(value)
    if kind is int or kind is str or kind is bool or value is None:
        return value
    if kind is tuple:
        return [_value(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else _writer(kind)(value)
