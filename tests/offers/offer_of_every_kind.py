"""Terms that hold every kind of condition and of reward, as a programme file writes them, for the invented centre."""

from collections.abc import Mapping
from typing import Any

CONDITIONS: tuple[Mapping[str, Any], ...] = (
    {"kind": "minimum_spend", "amount": "30.00"},
    {"kind": "maximum_spend", "amount": "900.50"},
    {"kind": "spend_across", "amount": "150.00", "period": "month", "shops": 2, "repeats": "each"},
    {"kind": "trail", "shops": 3, "period": "month"},
    {"kind": "stamp_card", "every": 5, "one_a_day": True, "period": "year"},
    {"kind": "streak", "weeks": 3},
    {"kind": "shops", "shops": ["maison-lumiere", "sport-cime"]},
    {"kind": "categories", "categories": ["5712", "5941"]},
    {"kind": "brands", "brands": ["Maison Lumière"]},
    {"kind": "floors", "floors": ["Niveau 1"]},
    {"kind": "areas", "areas": ["Food court"]},
    {"kind": "centres", "centres": ["lac"]},
    {"kind": "channel", "channel": "in_store"},
    {"kind": "networks", "networks": ["sandbox"]},
    {"kind": "dates", "first_day": "2026-11-01", "last_day": "2026-12-24", "unsure": "yes"},
    {"kind": "not_on", "days": ["2026-12-06", "2026-12-13"]},
    {"kind": "weekdays", "weekdays": ["mon", "tue", "sat"]},
    {"kind": "hours", "ranges": [{"from": "10:00", "to": "14:00"}, {"from": "22:00", "to": "24:00"}]},
    {"kind": "segments", "segments": ["families", "neighbours"]},
    {"kind": "tiers", "tiers": ["gold"]},
    {"kind": "tags", "tags": ["pilot"]},
    {"kind": "customer", "status": "lapsed", "days": 60, "at": "brand"},
    {"kind": "nth_purchase", "n": 3, "at": "centre"},
    {"kind": "activated", "valid_days": 14, "places": 200},
    {"kind": "referred", "within_days": 30},
    {"kind": "birthday_month"},
)
REWARDS: tuple[Mapping[str, Any], ...] = (
    {"kind": "percent", "asset": "EUR", "rate_bps": 250, "rounding": "down", "cap_per_purchase": "12.50"},
    {"kind": "fixed", "asset": "PTS", "amount": 10, "minimum": 5},
    {"kind": "per_unit", "asset": "PTS", "units": 3, "per": "25.00"},
    {
        "kind": "scale",
        "asset": "EUR",
        "steps": [{"rate_bps": 300}, {"from_amount": "50.00", "rate_bps": 525}],
        "applies": "whole",
    },
    {"kind": "multiplier", "asset": "PTS", "of": "ten-points", "factor_bps": 20000},
)
REST: Mapping[str, Any] = {
    "name": {"en": "All of it", "fr": "Tout à la fois"},
    "promise": {"en": "Everything <at> once & more", "fr": "Tout à la fois"},
    "hold_days": 14,
    "holdout_bps": 1050,
    "group": "trial",
    "stacks_as": "rest",
    "priority": 3,
    "funding": [{"funder": "brand", "share_bps": 6000}, {"funder": "operator", "share_bps": 4000}],
    "commission_bps": 1000,
    "expires_after_days": 90,
    "notice_days": 7,
}


def limits_of(asset: str) -> list[dict[str, Any]]:
    """Limits in times and in amounts."""
    amount: str | int = "50.00" if asset == "EUR" else 40
    return [
        {"measure": "times", "at_most": 2, "per": "shopper", "period": "month"},
        {"measure": "amount", "at_most": amount, "per": "shop", "period": "day", "over": "refuse"},
    ]


def offers_of_every_kind() -> list[dict[str, Any]]:
    """One offer for each kind of reward; the conditions of all kinds are dealt out among them."""
    found = []
    for number, reward in enumerate(REWARDS):
        conditions = list(CONDITIONS[number :: len(REWARDS)])
        budget: str | int = "800.00" if reward["asset"] == "EUR" else 5000
        rest = {**REST, "budget": budget, "limits": limits_of(reward["asset"])}
        found.append({"code": f"kind-{number}", "conditions": conditions, "reward": dict(reward), **rest})
    return found
