"""Which refusals an operation may answer: those of all, and its own by status."""

import re
from collections.abc import Iterable, Mapping

from cashback.api.document.everywhere import SHARED
from cashback.api.document.own_codes import OWN
from cashback.api.document.surface_codes import SURFACE

_NAMES = re.compile(r"\{(\w+)\}")
_UNKNOWN: Mapping[str, str] = {"reference": "unknown_shopper", "code": "unknown_offer"}
"""What is not there, where an address calls it otherwise."""


def codes_of(name: str, method: str, *, paged: bool = False) -> Mapping[int, tuple[str, ...]]:
    """By status, in the order of the alphabet; `name` such as `POST /v1/payments`; `paged`: it takes a cursor."""
    without = {400, 408, 413} if method in ("GET", "DELETE") else set()
    without |= set() if method == "POST" else {409}
    named = {404: [_UNKNOWN.get(each, f"unknown_{each}") for each in _NAMES.findall(name) if each != "kind"]}
    named[422] = [*(["bad_cursor"] if paged else []), *(["idempotency_key"] if method == "POST" else [])]
    tables: tuple[Mapping[str, Mapping[int, str]], ...] = (OWN, SURFACE)
    own = [{status: codes.split() for status, codes in told.get(name, {}).items()} for told in tables]
    shared = {status: codes for status, codes in SHARED.items() if status not in without}
    sources: list[Mapping[int, Iterable[str]]] = [shared, named, *own]
    merged: dict[int, set[str]] = {}
    for source in sources:
        for status, codes in source.items():
            merged.setdefault(status, set()).update(codes)
    return {status: tuple(sorted(merged[status])) for status in sorted(merged)}
