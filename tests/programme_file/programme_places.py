"""Offers whose places and times a programme file refuses: the changes to the small programme, the field, the words."""

from typing import Any

CONDITION = "offers.0.conditions.0"
HERE = "offers[0].conditions[0]"


def _condition(kind: str, **fields: Any) -> dict[str, Any]:
    return {CONDITION: {"kind": kind, **fields}}


PLACES_AND_TIMES: list[tuple[dict[str, Any], str, str]] = [
    (
        _condition("brands", brands=["Inditex", "Inditec"]),
        f"{HERE}.brands[1]",
        "no brand of this file is called 'Inditec'; did you mean Inditex?",
    ),
    # A shop with a brand has that one; its own name is none.
    (
        _condition("brands", brands=["Zara"]),
        f"{HERE}.brands[0]",
        "no brand of this file is called 'Zara'; expected one of Fnac, Inditex",
    ),
    (
        _condition("floors", floors=["1", "2"]),
        f"{HERE}.floors[1]",
        "no floor of this file is called '2'; expected one of 1",
    ),
    (
        {**_condition("floors", floors=["Niveau1"]), "shops.0.floor": "Niveau 1"},
        f"{HERE}.floors[0]",
        "no floor of this file is called 'Niveau1'; did you mean Niveau 1?",
    ),
    (
        {**_condition("areas", areas=["food cort"]), "shops.0.area": "food court"},
        f"{HERE}.areas[0]",
        "no area of this file is called 'food cort'; did you mean food court?",
    ),
    (
        _condition("areas", areas=["food court"]),
        f"{HERE}.areas[0]",
        "no area of this file is called 'food court'; expected one of none: there is none",
    ),
    (
        _condition("networks", networks=["fidel", "visca"]),
        f"{HERE}.networks[1]",
        "no network is called 'visca'; did you mean visa?",
    ),
    (
        _condition("channel", channel="web"),
        f"{HERE}.channel",
        "input should be 'in_store' or 'online', got 'web'",
    ),
    (
        _condition("channel", chanel="online"),
        f"{HERE}.chanel",
        "unknown field (did you mean channel?), expected one of kind, channel",
    ),
    (_condition("weekdays", weekdays=[]), f"{HERE}.weekdays", "expected at least one"),
    (
        _condition("weekdays", weekdays=["friday"]),
        f"{HERE}.weekdays[0]",
        "input should be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun', got 'friday'",
    ),
    (
        _condition("hours", ranges=[{"from": "17:00", "to": "25:00"}]),
        f"{HERE}.ranges[0].to",
        "expected a time such as 22:00, from 00:00 to 24:00, got '25:00'",
    ),
    (
        _condition("hours", ranges=[{"from": "17:00", "until": "22:00"}]),
        f"{HERE}.ranges[0].until",
        "unknown field, expected one of from, to",
    ),
    (
        _condition("hours", ranges=[{"from": "17:00", "to": "22:00"}, {"from": "21:00", "to": "23:00"}]),
        f"{HERE}.ranges",
        "17:00 to 22:00 and 21:00 to 23:00 overlap: merge them",
    ),
    (
        _condition("hours", ranges=[{"from": "17:00", "to": "17:00"}]),
        f"{HERE}.ranges[0]",
        "from and to are both 17:00; a whole day is 00:00 to 24:00",
    ),
    (
        _condition("not_on", days=["2026-12-24", "2026-12-24"]),
        f"{HERE}.days",
        "each may be named once, 2026-12-24 is repeated",
    ),
]
