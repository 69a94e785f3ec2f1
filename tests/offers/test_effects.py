"""Every kind of reward at its edges: amounts, caps, rounding, and the figures it leaves in the trail."""

from typing import Any

import pytest
from offer_builders import AROUND, a_purchase, some_terms

PERCENT = {"kind": "percent", "asset": "EUR", "rate_bps": 500}


def reckoned(reward: dict[str, Any], minor: int) -> tuple[int, dict[str, Any]]:
    """The amount, and the trail entry, which must agree with it."""
    built, spend = some_terms(reward=reward).reward, a_purchase(minor)
    assert built.test(AROUND)(spend)
    amount, entry = built.reckoner()(spend.net_minor), built.explainer(AROUND)(spend, spend.net_minor)
    assert entry["ok"] is True
    assert (entry["kind"], entry["asset"], entry["amount"]) == (reward["kind"], reward["asset"], amount)
    assert (entry["base_minor"], entry["currency"]) == (minor, "EUR")
    return amount, entry


@pytest.mark.parametrize(
    ("rate_bps", "rounding", "minor", "amount"),
    [
        (500, "half_up", 50_00, 2_50),
        (500, "half_up", 10, 1),  # 0.5 of a cent
        (500, "down", 10, 0),
        (500, "half_up", 9, 0),  # 0.45
        (500, "half_up", 30, 2),  # 1.5
        (500, "down", 30, 1),
        (333, "half_up", 99_99, 3_33),  # 332.9667
        (333, "down", 99_99, 3_32),
        (1, "half_up", 50_00, 1),  # 0.5
        (1, "half_up", 49_99, 0),
        (10_000, "down", 12_34, 12_34),
        (500, "half_up", 1, 0),
    ],
)
def test_percent_is_rounded_once_as_named(rate_bps: int, rounding: str, minor: int, amount: int) -> None:
    got, entry = reckoned({**PERCENT, "rate_bps": rate_bps, "rounding": rounding}, minor)
    assert got == amount
    assert (entry["rate_bps"], entry["rounding"], entry["cap"]) == (rate_bps, rounding, None)


def test_percent_rounds_half_up_unless_told() -> None:
    assert reckoned(PERCENT, 10)[0] == 1


@pytest.mark.parametrize(
    ("minor", "amount", "uncapped", "capped"),
    [
        (199_99, 10_00, 10_00, False),
        (200_00, 10_00, 10_00, False),
        (200_10, 10_00, 10_01, True),
        (19_99, 1_00, 1_00, False),
    ],
)
def test_a_cap_holds_per_purchase(minor: int, amount: int, uncapped: int, capped: bool) -> None:
    got, entry = reckoned({**PERCENT, "cap_per_purchase": "10.00"}, minor)
    assert (got, entry["uncapped"], entry["cap"]) == (amount, uncapped, 10_00)
    assert (entry.get("reason") == "capped") is capped


@pytest.mark.parametrize("minor", [1, 10_00, 9_999_99])
def test_fixed_is_the_same_for_every_purchase(minor: int) -> None:
    assert reckoned({"kind": "fixed", "asset": "PTS", "amount": 10}, minor)[0] == 10


def test_fixed_money_is_written_in_major_units() -> None:
    assert reckoned({"kind": "fixed", "asset": "EUR", "amount": "2.50"}, 10_00)[0] == 2_50


@pytest.mark.parametrize(
    ("units", "per", "cap", "minor", "amount"),
    [
        (1, "1.00", None, 99, 0),
        (1, "1.00", None, 1_00, 1),
        (1, "1.00", None, 23_40, 23),
        (1, "1.00", None, 1_99, 1),
        (3, "10.00", None, 29_99, 6),
        (3, "10.00", None, 30_00, 9),
        (1, "1.00", 20, 23_40, 20),
        (1, "1.00", 23, 23_40, 23),
    ],
)
def test_per_unit_counts_full_steps(units: int, per: str, cap: int | None, minor: int, amount: int) -> None:
    got, entry = reckoned(
        {"kind": "per_unit", "asset": "PTS", "units": units, "per": per, "cap_per_purchase": cap}, minor
    )
    assert got == amount
    assert entry["units"] == units
    assert entry["uncapped"] == minor // entry["per_minor"] * units


@pytest.mark.parametrize(
    "reward",
    [
        PERCENT,
        {"kind": "fixed", "asset": "PTS", "amount": 10},
        {"kind": "per_unit", "asset": "PTS", "units": 1, "per": "1"},
    ],
)
def test_a_purchase_in_another_currency_or_with_nothing_left_is_not_rewarded(reward: dict[str, Any]) -> None:
    built = some_terms(reward=reward).reward
    for spend, reason in ((a_purchase(currency="GBP"), "currency"), (a_purchase(0), "nothing_spent")):
        entry = built.explainer(AROUND)(spend, spend.net_minor)
        assert not built.test(AROUND)(spend)
        assert (entry["ok"], entry["reason"]) == (False, reason)
        assert "amount" not in entry
