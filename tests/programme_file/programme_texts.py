"""A small programme as a dict that tests change, and its YAML."""

from copy import deepcopy
from typing import Any

import yaml

from cashback.programme_file.document import ProgrammeFile
from cashback.programme_file.reading import from_plain

SMALL: dict[str, Any] = {
    "programme": {"code": "quais", "name": "Les Quais", "zone": "Europe/Paris", "currency": "EUR"},
    "centres": [
        {"code": "quais", "name": "Les Quais", "country": "FR"},
        {"code": "perth", "name": "Perth", "country": "GB", "zone": "Europe/London"},
    ],
    "assets": [
        {"code": "EUR", "kind": "money", "name": {"en": "euros", "fr": "euros"}},
        {
            "code": "PTS",
            "kind": "points",
            "name": {"en": "points", "fr": "points"},
            "conversion": {"threshold": 100, "into": "EUR", "amount": "10.00", "yearly_limit": 5},
        },
    ],
    "shops": [
        {
            "code": "fnac",
            "name": "Fnac",
            "centre": "quais",
            "category": "5942",
            "floor": "1",
            "identifiers": [
                {"network": "sandbox", "scheme": "mid", "value": "00123"},
                {"network": "stripe", "scheme": "network_id", "value": "9", "valid_from": "2026-07-01"},
            ],
        },
        {"code": "zara", "name": "Zara", "centre": "quais", "category": "5651", "brand": "Inditex"},
    ],
    "offers": [
        {
            "code": "cashback",
            "conditions": [{"kind": "minimum_spend", "amount": "20.00"}],
            "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 500, "cap_per_purchase": "10.00"},
            "hold_days": 14,
            "budget": "100.00",
        },
        {"code": "points", "reward": {"kind": "fixed", "asset": "PTS", "amount": 10}},
    ],
}


def a_document(**changes: Any) -> dict[str, Any]:
    """The small programme with values set by path: `a_document(**{"offers.0.hold_days": 3})`; None removes."""
    document = deepcopy(SMALL)
    for path, value in changes.items():
        *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
        place: Any = document
        for step in steps:
            place = place[step]
        if value is None:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return document


def a_file(**changes: Any) -> ProgrammeFile:
    """The same, typed."""
    return from_plain(a_document(**changes))


def a_text(**changes: Any) -> str:
    """The same, as YAML."""
    return yaml.safe_dump(a_document(**changes), sort_keys=False)
