"""A rate that grows with the purchase, what another offer gives multiplied, and the least and most of a reward."""

from typing import Any

import pytest
from offer_builders import (
    AROUND,
    NOON,
    a_book,
    a_history,
    a_purchase,
    an_offer,
    earned,
    looked_at,
    some_terms,
)

from cashback.offers.entitlements import judge
from cashback.offers.explanation import Verdict
from cashback.offers.schemas import Grant

STEPS = [{"rate_bps": 500}, {"from_amount": "50.00", "rate_bps": 800}, {"from_amount": "100.00", "rate_bps": 1000}]


def scale(applies: str = "part", steps: Any = STEPS, **more: Any) -> dict[str, Any]:
    return {"kind": "scale", "asset": "EUR", "steps": steps, "applies": applies, **more}


def reckoned(reward: dict[str, Any], base: int) -> tuple[int, dict[str, Any]]:
    """The amount, and the trail entry, which must agree with it."""
    built = some_terms(reward=reward).reward
    entry = built.explainer(AROUND)(a_purchase(base), base)
    assert entry["ok"] is True
    assert entry["amount"] == built.reckoner()(base)
    return entry["amount"], entry


@pytest.mark.parametrize(
    ("base", "part", "whole"),
    [
        (1, 0, 0),
        (10, 1, 1),
        (49_99, 2_50, 2_50),
        (50_00, 2_50, 4_00),  # exactly at a step: nothing lies above it yet, and all of it is at the new rate
        (50_06, 2_50, 4_00),
        (50_07, 2_51, 4_01),
        (99_99, 6_50, 8_00),
        (100_00, 6_50, 10_00),
        (100_01, 6_50, 10_00),
        (200_00, 16_50, 20_00),
    ],
)
def test_each_part_at_its_rate_or_all_at_the_rate_reached(base: int, part: int, whole: int) -> None:
    assert reckoned(scale("part"), base)[0] == part
    assert reckoned(scale("whole"), base)[0] == whole


def test_parts_are_rounded_once_together() -> None:
    """Three tenths of a cent and four tenths are seven tenths: one cent, not nothing."""
    steps = [{"rate_bps": 300}, {"from_amount": "0.10", "rate_bps": 400}]
    assert reckoned(scale("part", steps), 20)[0] == 1
    assert reckoned(scale("part", steps, rounding="down"), 20)[0] == 0


def test_below_the_first_step_there_is_nothing() -> None:
    steps = [{"from_amount": "20.00", "rate_bps": 1000}]
    assert [reckoned(scale("part", steps), base)[0] for base in (19_99, 20_00, 21_00)] == [0, 0, 10]
    assert [reckoned(scale("whole", steps), base)[0] for base in (19_99, 20_00, 21_00)] == [0, 2_00, 2_10]


@pytest.mark.parametrize(
    ("applies", "full", "refunded_to", "left"),
    [("part", 6_50, 49_99, 2_50), ("whole", 10_00, 49_99, 2_50), ("whole", 10_00, 99_99, 8_00)],
)
def test_a_refund_below_a_step_takes_the_rate_of_what_is_left(
    applies: str, full: int, refunded_to: int, left: int
) -> None:
    book = a_book([an_offer(some_terms(reward=scale(applies)))])
    assert earned(book, [a_purchase(100_00)]) == {(1, "offer"): full}
    assert earned(book, [a_purchase(refunded_to, gross=100_00)]) == {(1, "offer"): left}


def test_in_parts_a_rate_may_fall_and_the_reward_still_never_does() -> None:
    steps = [{"rate_bps": 1000}, {"from_amount": "10.00", "rate_bps": 0}]
    assert [reckoned(scale("part", steps), base)[0] for base in (9_99, 10_00, 10_01, 90_00)] == [1_00, 1_00, 1_00, 1_00]


@pytest.mark.parametrize(
    ("reward", "words"),
    [
        (scale("whole", [{"rate_bps": 500}, {"from_amount": "10.00", "rate_bps": 400}]), "may not fall"),
        (scale(steps=[]), "at least one step"),
        (scale(steps=[{"rate_bps": 1}, {"rate_bps": 2}]), "one above the other"),
        (scale(steps=[{"from_amount": "9", "rate_bps": 1}, {"from_amount": "8", "rate_bps": 2}]), "does not follow"),
        (scale() | {"asset": "PTS"}, "for PTS use the kind per_unit"),
        (scale(minimum="2.00", cap_per_purchase="1.99"), "is below the minimum"),
        ({"kind": "multiplier", "asset": "PTS", "of": "base", "factor_bps": 10_000}, "greater than 10000"),
    ],
)
def test_what_would_be_unfair_or_empty_is_refused(reward: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        some_terms(reward=reward)


@pytest.mark.parametrize(
    ("base", "amount", "uncapped", "reason"),
    [
        (1, 50, 0, "raised"),
        (9_90, 50, 50, None),
        (9_89, 50, 49, "raised"),
        (40_00, 2_00, 2_00, None),
        (40_09, 2_00, 2_00, None),
        (40_10, 2_00, 2_01, "capped"),
    ],
)
def test_the_least_and_the_most_of_a_reward(base: int, amount: int, uncapped: int, reason: str | None) -> None:
    reward = {"kind": "percent", "asset": "EUR", "rate_bps": 500, "minimum": "0.50", "cap_per_purchase": "2.00"}
    got, entry = reckoned(reward, base)
    assert (got, entry["uncapped"], entry.get("reason")) == (amount, uncapped, reason)


def test_a_minimum_is_for_purchases_of_which_something_is_left() -> None:
    reward = {"kind": "percent", "asset": "EUR", "rate_bps": 500, "minimum": "0.50"}
    book = a_book([an_offer(some_terms(reward=reward))])
    assert earned(book, [a_purchase(1, gross=50_00)]) == {(1, "offer"): 50}
    assert earned(book, [a_purchase(0, gross=50_00)]) == {}


@pytest.mark.parametrize(("gross", "net", "ok"), [(50_00, 50_00, True), (50_01, 50_01, False), (50_01, 1_00, False)])
def test_a_maximum_looks_at_what_was_spent_before_refunds(gross: int, net: int, ok: bool) -> None:
    book = a_book([an_offer(some_terms({"kind": "maximum_spend", "amount": "50.00"}))])
    spend = a_purchase(net, gross=gross)
    assert earned(book, [spend]) == ({(1, "offer"): 10} if ok else {})
    entry = looked_at(book, [spend], 1).trail[0]
    assert (entry["ok"], entry["wanted_minor"], entry["got_minor"]) == (ok, 50_00, gross)


def test_a_maximum_in_another_currency_fails_for_that_reason() -> None:
    book = a_book([an_offer(some_terms({"kind": "maximum_spend", "amount": "50.00"}))])
    entry = looked_at(book, [a_purchase(1_00, currency="GBP")], 1).trail[0]
    assert (entry["ok"], entry["reason"], entry["got_currency"]) == (False, "currency", "GBP")


POINTS = {"kind": "per_unit", "asset": "PTS", "units": 1, "per": "1.00"}


def times(factor_bps: int = 20_000, **more: Any) -> dict[str, Any]:
    return {"kind": "multiplier", "asset": "PTS", "of": "base", "factor_bps": factor_bps, **more}


def doubled(*, base: Any = None, double: Any = None) -> Any:
    return a_book(
        [
            an_offer(base or some_terms(reward=POINTS), "base"),
            an_offer(double or some_terms(reward=times()), "double"),
        ]
    )


@pytest.mark.parametrize(
    ("factor_bps", "rounding", "minor", "more"),
    [
        (20_000, "half_up", 23_40, 23),
        (15_000, "half_up", 23_40, 12),  # 11.5
        (15_000, "down", 23_40, 11),
        (10_001, "half_up", 23_40, None),  # comes to nothing
        (30_000, "half_up", 1_00, 2),
        (20_000, "half_up", 99, None),  # no full step: nothing to multiply
    ],
)
def test_what_comes_on_top_of_the_other_offer(factor_bps: int, rounding: str, minor: int, more: int | None) -> None:
    book = doubled(double=some_terms(reward=times(factor_bps, rounding=rounding)))
    got = earned(book, [a_purchase(minor)])
    assert got.get((1, "double")) == more
    assert got.get((1, "base"), 0) == minor // 100


def test_the_base_is_what_is_left_of_the_other_after_its_cap_its_limits_and_its_quotas() -> None:
    capped = doubled(base=some_terms(reward={**POINTS, "cap_per_purchase": 20}))
    assert earned(capped, [a_purchase(50_00)])[1, "double"] == 20
    limit = {"measure": "amount", "at_most": 30, "per": "shopper"}
    limited = doubled(base=some_terms(reward=POINTS, limits=[limit]))
    spends = [a_purchase(20_00, number=n) for n in (1, 2, 3)]
    assert earned(limited, spends) == {(1, "base"): 20, (1, "double"): 20, (2, "base"): 10, (2, "double"): 10}
    budgeted = doubled(base=some_terms(reward=POINTS, budget=100))
    base = next(offer for offer in budgeted.offers if offer.code == "base")
    grants = {(a_purchase().purchase_id, base.offer_id): Grant(50, 7)}
    assert earned(budgeted, [a_purchase(50_00)], grants=grants) == {(1, "base"): 7, (1, "double"): 7}


def test_a_multiple_has_conditions_caps_and_limits_of_its_own() -> None:
    double = some_terms(
        {"kind": "minimum_spend", "amount": "20.00"},
        reward=times(cap_per_purchase=25),
        limits=[{"measure": "amount", "at_most": 40, "per": "shopper"}],
    )
    spends = [a_purchase(minor, number=n) for n, minor in enumerate((19_99, 20_00, 90_00, 90_00), 1)]
    got = earned(doubled(double=double), spends)
    assert {number: amount for (number, code), amount in got.items() if code == "double"} == {2: 20, 3: 20}


def test_without_its_base_a_multiple_gives_nothing_and_says_so() -> None:
    book = doubled(base=some_terms({"kind": "minimum_spend", "amount": "60.00"}, reward=POINTS))
    assert earned(book, [a_purchase(50_00)]) == {}
    considered = looked_at(book, [a_purchase(50_00)], 1, code="double")
    assert considered.verdict is Verdict.NOT_MET
    assert (considered.trail[-1]["reason"], considered.trail[-1]["base"]) == ("no_base", 0)


def test_a_base_that_lost_is_not_multiplied() -> None:
    book = a_book(
        [
            an_offer(some_terms(reward=POINTS), "base"),
            an_offer(some_terms(reward={"kind": "fixed", "asset": "PTS", "amount": 500}), "winner"),
            an_offer(some_terms(reward=times()), "double"),
        ]
    )
    assert earned(book, [a_purchase(50_00)]) == {(1, "winner"): 500}


def test_of_two_multiples_the_better_one_is_chosen_and_the_other_lost() -> None:
    book = a_book(
        [
            an_offer(some_terms(reward=POINTS), "base"),
            an_offer(some_terms(reward=times()), "double"),
            an_offer(some_terms(reward=times(30_000)), "triple"),
        ]
    )
    assert earned(book, [a_purchase(10_00)]) == {(1, "base"): 10, (1, "triple"): 20}
    lost = looked_at(book, [a_purchase(10_00)], 1, code="double")
    assert (lost.verdict, lost.wanted, lost.amount) == (Verdict.LOST, 10, 0)
    assert lost.trail[-1] == {"kind": "lost_to", "ok": False, "offer": "triple", "amount": 20, "asset": "PTS"}
    owed = {each.amount: each.trail for each in judge([a_history([a_purchase(10_00)])], book, {}).owed}
    assert [each["offer"] for each in owed[20] if each["kind"] == "beats"] == ["double"]


def test_the_figures_of_a_multiple_are_units_of_the_asset() -> None:
    entry = looked_at(doubled(), [a_purchase(23_40)], 1, code="double").trail[-1]
    assert (entry["base"], entry["factor_bps"], entry["amount"], entry["of"]) == (23, 20_000, 23, "base")
    assert "base_minor" not in entry


def test_a_refund_takes_from_both() -> None:
    book = doubled()
    spend = a_purchase(10_00, gross=23_40, at=NOON)
    assert earned(book, [spend]) == {(1, "base"): 10, (1, "double"): 10}
