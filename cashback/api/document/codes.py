"""Which refusals an operation may answer: those of all, and its own by status."""

from collections.abc import Mapping

from cashback.api.document.common import SHARED
from cashback.api.document.own_codes import OWN


def codes_of(name: str, method: str) -> Mapping[int, tuple[str, ...]]:
    """By status, in the order of the alphabet; `name` such as `POST /v1/payments`."""
    without = {400, 413} if method in ("GET", "DELETE") else set()
    without |= set() if method == "POST" else {409}
    own = {status: codes.split() for status, codes in OWN.get(name, {}).items()}
    merged: dict[int, set[str]] = {}
    for source in ({status: codes for status, codes in SHARED.items() if status not in without}, own):
        for status, codes in source.items():
            merged.setdefault(status, set()).update(codes)
    return {status: tuple(sorted(merged[status])) for status in sorted(merged)}
