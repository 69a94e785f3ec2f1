"""What there is below /v1: which address belongs to which route, which methods it takes, and which parameters.

Read from the routes once per process. The gate asks before a route does, so that an unknown address, a wrong method and
an unknown parameter are refused alike everywhere.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from cashback.api.mistakes import meant
from cashback.api.problems import Problem, TurnedAway
from cashback.api.request_journal import is_api
from cashback.errors import Invalid

SAID_MAX = 200
NEAR_MIN = 0.8
"""How much alike an address must be to one that is proposed in its place."""
_QUERY_FIELDS_MAX = 200


@dataclass(frozen=True, slots=True)
class Place:
    """One address as the document writes it, and what this request fills in."""

    template: str
    methods: Mapping[str, frozenset[str]]
    """By method, the names of its query parameters."""
    values: Mapping[str, str]


class Addresses:
    """All of them, in the order in which routes are tried."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._by_depth: dict[int, dict[str, tuple[re.Pattern[str], dict[str, frozenset[str]]]]] = {}
        for template, pattern, method, parameters in _read(routes):
            known = self._by_depth.setdefault(template.count("/"), {})
            known.setdefault(template, (pattern, {}))[1][method] = parameters

    def find(self, path: str, method: str) -> Place | None:
        """The place of an address: the first that takes the method, else the first that has this form."""
        other: Place | None = None
        for template, (pattern, methods) in self._by_depth.get(path.count("/"), {}).items():
            match = pattern.match(path)
            if match is None:
                continue
            place = Place(template, methods, match.groupdict())
            if method in methods:
                return place
            other = other or place
        return other

    @cached_property
    def words(self) -> frozenset[str]:
        """What addresses are made of, but for what a request fills in."""
        templates = (template for known in self._by_depth.values() for template in known)
        return frozenset(part for each in templates for part in each.split("/") if part and "{" not in part)

    def near(self, path: str) -> str | None:
        """The address that was probably meant by one that there is not, as the document writes it."""
        asked = path[:SAID_MAX].rstrip("/").lower().split("/")
        best, found = NEAR_MIN, None
        for depth in (len(asked) - 1, len(asked), len(asked) - 2):
            for template in self._by_depth.get(depth, {}):
                likeness = _likeness(asked, template.split("/"))
                if likeness > best:
                    best, found = likeness, template
        return found


def _likeness(asked: Sequence[str], template: Sequence[str]) -> float:
    """How much alike two addresses are, from 0 to 1; what a request fills in is like anything."""
    filled = [mine if part.startswith("{") else part for mine, part in zip(asked, template, strict=False)]
    return SequenceMatcher(None, "/".join(asked), "/".join([*filled, *template[len(filled) :]])).ratio()


def allowed(place: Place) -> str:
    """The methods that a place takes, as the header `Allow` tells them."""
    return ", ".join(sorted({*place.methods, "OPTIONS", *(["HEAD"] if "GET" in place.methods else [])}))


def require(place: Place | None, path: str, method: str, near: Callable[[str], str | None]) -> Place:
    """The place that was found; TurnedAway (404, 405) where there is none, or one that does not take the method.

    `near` says which address may have been meant.
    """
    asked = f"{method} {path}"[:SAID_MAX]
    if place is None:
        meant = near(path)
        told = f"there is nothing at {asked!a}" + (f"; did you mean {meant}?" if meant else "")
        raise TurnedAway(Problem(404, "not_found", told), {})
    if method not in place.methods:
        detail = f"{asked!a} is not answered: this address takes {', '.join(sorted(place.methods))}"
        raise TurnedAway(Problem(405, "method_not_allowed", detail), {"allow": allowed(place)})
    return place


def check_parameters(place: Place, method: str, query: bytes) -> None:
    """Invalid for a query parameter that the operation does not have, or that stands twice: a filter misspelt would
    filter nothing, and of two values one would be passed over."""
    known = place.methods[method]
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_QUERY_FIELDS_MAX)
    except ValueError:
        raise Invalid(f"query: expected at most {_QUERY_FIELDS_MAX} parameters") from None
    names = [name for name, _ in pairs]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        told = f"known: {', '.join(sorted(known))}" if known else "this operation has none"
        question = meant(unknown[:64], known)
        raise Invalid(f"query: unknown parameter {unknown[:64]!a}; {told}{question}", code="unknown_parameter")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Invalid(f"query: {twice!a} stands twice; expected one value")


def _read(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, re.Pattern[str], str, frozenset[str]]]:
    for route in iter_route_contexts(routes):
        template: Any = route.path_format
        if template is None or not is_api(template):
            continue
        dependant = getattr(route, "dependant", None)
        fields = [] if dependant is None else get_flat_params(dependant)
        names = frozenset(field.alias for field in fields if isinstance(field.field_info, Query))
        for method in sorted(route.methods or ()):
            yield template, route.path_regex, method, names
