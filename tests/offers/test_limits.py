"""Limits of one shopper: exactly at, one above, for whom, in which period, and what a part that is left does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from offer_builders import (
    FNAC,
    NOON,
    SUR,
    ZARA,
    a_book,
    a_history,
    a_purchase,
    an_offer,
    earned,
    looked_at,
    paris,
    some_terms,
)

from cashback.offers.entitlements import judge
from cashback.offers.explanation import Verdict
from cashback.offers.limits import Draw, drawn
from cashback.offers.schemas import SOMEBODY, Grant, History, Spend

HOUR = timedelta(hours=1)
TEN_PERCENT = {"kind": "percent", "asset": "EUR", "rate_bps": 1000}


def limited(*limits: dict[str, Any], reward: Any = TEN_PERCENT, **more: Any) -> Any:
    return some_terms(reward=reward, limits=limits, **more)


def amount(at_most: str, per: str = "shopper", period: str = "life", over: str = "reduce") -> dict[str, Any]:
    return {"measure": "amount", "at_most": at_most, "per": per, "period": period, "over": over}


def times(at_most: int, per: str = "shopper", period: str = "life") -> dict[str, Any]:
    return {"measure": "times", "at_most": at_most, "per": per, "period": period}


def spends(*minor: int, **more: Any) -> list[Spend]:
    return [a_purchase(each, at=NOON + n * HOUR, number=n + 1, **more) for n, each in enumerate(minor)]


def amounts(terms: Any, bought: list[Spend]) -> dict[int, int]:
    return {number: got for (number, _), got in earned(a_book([an_offer(terms)]), bought).items()}


@pytest.mark.parametrize(
    ("minor", "reduced", "refused"),
    [
        ([100_00], {1: 10_00}, {1: 10_00}),  # exactly
        ([100_10], {1: 10_00}, {}),  # one cent above
        ([99_90, 10], {1: 9_99, 2: 1}, {1: 9_99, 2: 1}),
        ([99_90, 20], {1: 9_99, 2: 1}, {1: 9_99}),
        ([60_00, 60_00, 10_00], {1: 6_00, 2: 4_00}, {1: 6_00, 3: 1_00}),
        ([60_00, 40_00, 10], {1: 6_00, 2: 4_00}, {1: 6_00, 2: 4_00}),
        ([60_00, 0, 40_00], {1: 6_00, 3: 4_00}, {1: 6_00, 3: 4_00}),
    ],
)
def test_so_much_in_all(minor: list[int], reduced: dict[int, int], refused: dict[int, int]) -> None:
    assert amounts(limited(amount("10.00")), spends(*minor)) == reduced
    assert amounts(limited(amount("10.00")), spends(*minor)[::-1]) == reduced
    assert amounts(limited(amount("10.00", over="refuse")), spends(*minor)) == refused


def test_so_many_times_counts_what_was_rewarded() -> None:
    assert amounts(limited(times(2)), spends(10_00, 10_00, 10_00)) == {1: 1_00, 2: 1_00}
    assert amounts(limited(times(2)), spends(10_00, 4, 10_00, 10_00)) == {1: 1_00, 3: 1_00}  # the second comes to 0
    assert amounts(limited(times(2)), spends(10_00, 0, 10_00, 10_00)) == {1: 1_00, 3: 1_00}


def test_a_reward_that_lost_takes_nothing_of_its_limit() -> None:
    better = some_terms({"kind": "shops", "shops": ["zara"]}, reward={**TEN_PERCENT, "rate_bps": 2000})
    book = a_book([an_offer(limited(times(1)), "one"), an_offer(better, "better")])
    bought = [*spends(10_00, shop=ZARA), a_purchase(10_00, at=NOON + HOUR, number=2)]
    assert earned(book, bought) == {(1, "better"): 2_00, (2, "one"): 1_00}


@pytest.mark.parametrize(
    ("per", "found"),
    [("shopper", [1]), ("card", [1, 3]), ("shopper_and_shop", [1, 2])],
)
def test_for_whom_it_is_counted(per: str, found: list[int]) -> None:
    bought = [
        a_purchase(at=NOON, number=1, card=1, shop=FNAC),
        a_purchase(at=NOON + HOUR, number=2, card=1, shop=ZARA),
        a_purchase(at=NOON + 2 * HOUR, number=3, card=2, shop=FNAC),
        a_purchase(at=NOON + 3 * HOUR, number=4, card=1, shop=ZARA),
    ]
    assert sorted(amounts(limited(times(1, per)), bought)) == found


@pytest.mark.parametrize(
    ("period", "first", "second", "together"),
    [
        ("day", "2026-11-21 00:00:00", "2026-11-21 23:59:59", True),
        ("day", "2026-11-21 23:59:59", "2026-11-22 00:00:00", False),
        ("day", "2026-03-29 00:00:00", "2026-03-29 23:59:59", True),
        ("day", "2026-10-25 00:00:00", "2026-10-25 23:59:59", True),
        ("day", "2026-10-25 23:59:59", "2026-10-26 00:00:00", False),
        ("week", "2026-12-28 00:00:00", "2027-01-03 23:59:59", True),
        ("week", "2027-01-03 23:59:59", "2027-01-04 00:00:00", False),
        ("month", "2028-02-01 00:00:00", "2028-02-29 23:59:59", True),
        ("month", "2028-02-29 23:59:59", "2028-03-01 00:00:00", False),
        ("year", "2026-12-31 23:59:59", "2027-01-01 00:00:00", False),
        ("life", "2026-12-31 23:59:59", "2036-01-01 00:00:00", True),
    ],
)
def test_in_which_period(period: str, first: str, second: str, together: bool) -> None:
    bought = [a_purchase(at=paris(first), number=1), a_purchase(at=paris(second), number=2)]
    assert sorted(amounts(limited(times(1, period=period)), bought)) == ([1] if together else [1, 2])


def test_the_period_is_that_of_the_purchase_and_not_of_its_clearing() -> None:
    november, december = paris("2026-11-30 23:59:59"), paris("2026-12-01 00:00:00")
    bought = [
        a_purchase(at=november, cleared_at=december + 5 * HOUR, number=1),
        a_purchase(at=december, cleared_at=december + HOUR, number=2),
        a_purchase(at=november - HOUR, cleared_at=december + 90 * HOUR, number=3),
    ]
    assert sorted(amounts(limited(times(1, period="month")), bought)) == [2, 3]


def test_each_centre_has_its_own_midnight() -> None:
    midnight = paris("2026-11-21 00:00:00")
    bought = [
        a_purchase(at=midnight - HOUR, number=1),
        a_purchase(at=midnight + HOUR, number=2),
        a_purchase(at=midnight + 2 * HOUR, number=3, centre=SUR),  # the 20th there, like the first
    ]
    assert sorted(amounts(limited(times(1, period="day")), bought)) == [1, 2]


def test_the_tightest_of_several_limits_holds() -> None:
    terms = limited(amount("5.00", period="day"), amount("7.00", period="month"), times(3, period="month"))
    bought = [a_purchase(30_00, at=NOON + n * timedelta(days=1), number=n) for n in (1, 2, 3, 4)]
    bought.append(a_purchase(30_00, at=NOON + timedelta(days=1, hours=1), number=9))
    assert amounts(terms, bought) == {1: 3_00, 9: 2_00, 2: 2_00}


def test_a_late_purchase_takes_its_part_and_the_later_ones_lose_it() -> None:
    terms = limited(amount("10.00"))
    assert amounts(terms, spends(60_00, 60_00)) == {1: 6_00, 2: 4_00}
    late = a_purchase(80_00, at=NOON - HOUR, number=9)
    assert amounts(terms, [*spends(60_00, 60_00), late]) == {9: 8_00, 1: 2_00}


def test_a_limit_goes_on_over_a_change_of_version() -> None:
    change = NOON + 90 * timedelta(minutes=1)
    limits = [(amount("10.00"), amount("10.00")), (None, amount("10.00")), (amount("10.00"), None)]
    expected = [{1: 8_00, 2: 2_00}, {1: 8_00, 2: 8_00, 3: 0}, {1: 8_00, 2: 2_00, 3: 8_00}]
    for (before, after), owed in zip(limits, expected, strict=True):
        book = a_book(
            [
                an_offer(limited(*([before] if before else [])), version=1, live_until=change),
                an_offer(limited(*([after] if after else [])), version=2, live_from=change),
            ]
        )
        got = {number: each for (number, _), each in earned(book, spends(80_00, 80_00, 80_00)).items()}
        assert got == {number: each for number, each in owed.items() if each}


def test_a_lower_limit_of_a_new_version_counts_what_the_old_one_gave() -> None:
    change = NOON + 90 * timedelta(minutes=1)
    book = a_book(
        [
            an_offer(limited(amount("20.00")), version=1, live_until=change),
            an_offer(limited(amount("10.00")), version=2, live_from=change),
        ]
    )
    assert earned(book, spends(60_00, 60_00, 60_00)) == {(1, "offer"): 6_00, (2, "offer"): 6_00}


@pytest.mark.parametrize(
    ("net", "frozen", "left"),
    [(50_00, 8_00, 2_00), (50_00, 0, 6_00), (0, 8_00, 2_00), (1_00, 8_00, 2_00), (50_00, 12_00, 0)],
)
def test_what_a_closed_purchase_was_given_counts_whatever_became_of_it(net: int, frozen: int, left: int) -> None:
    """Its reward stands for good: a refund after closing changes neither it nor what it took of the limit."""
    book = a_book([an_offer(limited(amount("10.00")))])
    (offer,) = book.offers
    old = a_purchase(net, gross=50_00, at=NOON - HOUR, number=9)
    given = {old.purchase_id: {offer.offer_id: frozen} if frozen else {}}
    history = History(SOMEBODY, [old, a_purchase(60_00)], frozen=given)
    judged = judge([history], book, {})
    assert {each.purchase_id.int: each.amount for each in judged.owed if each.amount} == ({1: left} if left else {})
    assert old.purchase_id not in judged.purchases


def test_what_a_limit_left_is_told_with_its_figures() -> None:
    book = a_book([an_offer(limited(amount("10.00", period="month")))])
    reduced = looked_at(book, spends(60_00, 60_00, 60_00), 2)
    assert (reduced.verdict, reduced.wanted, reduced.amount) == (Verdict.REWARDED, 6_00, 4_00)
    assert reduced.trail[-1] == {
        "kind": "limit", "ok": True, "measure": "amount", "per": "shopper", "period": "month", "at_most": 10_00,
        "used": 6_00, "wanted": 6_00, "granted": 4_00, "asset": "EUR",
    }  # fmt: skip
    refused = looked_at(book, spends(60_00, 60_00, 60_00), 3)
    assert (refused.verdict, refused.wanted, refused.amount) == (Verdict.USED_UP, 6_00, 0)
    assert (refused.trail[-1]["ok"], refused.trail[-1]["used"], refused.trail[-1]["granted"]) == (False, 10_00, 0)


SHARED = (
    ("offer", "day", "times:offer:day::2026-11-21"),
    ("offer", "week", "times:offer:week::2026-W47"),
    ("offer", "month", "times:offer:month::2026-11"),
    ("offer", "year", "times:offer:year::2026"),
    ("offer", "life", "times:offer:life::"),
    ("shop", "day", f"times:shop:day:{FNAC.id.hex}:2026-11-21"),
    ("shop", "life", f"times:shop:life:{FNAC.id.hex}:"),
)


@pytest.mark.parametrize(("per", "period", "bucket"), SHARED)
def test_a_limit_across_shoppers_is_a_quota_of_a_shop_and_a_period(per: str, period: str, bucket: str) -> None:
    book = a_book([an_offer(limited(times(3, per, period)))])
    (owed,) = judge([a_history([a_purchase()])], book, {}).owed
    assert owed.draws == (Draw(bucket, 3, times=True, whole=False),)
    assert (owed.amount, owed.within, owed.asks) == (5_00, 5_00, 5_00)


@pytest.mark.parametrize(
    ("at", "bucket"),
    [
        (paris("2026-11-20 23:59:59"), "amount:offer:day::2026-11-20"),
        (paris("2026-11-21 00:00:00"), "amount:offer:day::2026-11-21"),
        (paris("2026-10-25 23:59:59"), "amount:offer:day::2026-10-25"),
        (paris("2027-01-03 23:59:59"), "amount:offer:day::2027-01-03"),
    ],
)
def test_a_quota_of_the_day_is_of_the_centres_day(at: datetime, bucket: str) -> None:
    book = a_book([an_offer(limited(amount("9.00", "offer", "day")))])
    (owed,) = judge([a_history([a_purchase(at=at)])], book, {}).owed
    assert [each.bucket for each in owed.draws] == [bucket]


def test_a_budget_and_several_limits_are_drawn_from_together() -> None:
    terms = limited(amount("9.00", "offer", "day", "refuse"), times(5, "shop", "week"), amount("3.00"), budget="100.00")
    (owed,) = judge([a_history([a_purchase(90_00)])], a_book([an_offer(terms)]), {}).owed
    assert [(each.bucket.split(":")[:3], each.cap, each.times, each.whole) for each in owed.draws] == [
        (["total"], 100_00, False, False),
        (["amount", "offer", "day"], 9_00, False, True),
        (["times", "shop", "week"], 5, True, False),
    ]
    assert (owed.wanted, owed.within, owed.asks) == (9_00, 3_00, 3_00)


def test_a_grant_takes_its_amount_of_what_counts_amounts_and_one_of_what_counts_times() -> None:
    buckets = ("total", "times:shop:day:x:2026-11-21", "amount:offer:life::")
    assert drawn(Grant(9, 7, buckets)) == {buckets[0]: 7, buckets[1]: 1, buckets[2]: 7}
    assert drawn(Grant(9, 0, buckets)) == dict.fromkeys(buckets, 0)


@pytest.mark.parametrize(
    ("grant", "amount_now", "asks"),
    [
        (None, 5_00, 5_00),
        (Grant(5_00, 5_00), 5_00, 0),
        (Grant(5_00, 2_00), 2_00, 0),
        (Grant(5_00, 0), 0, 0),
        (Grant(3_00, 3_00), 5_00, 2_00),  # the purchase has grown
        (Grant(3_00, 0), 2_00, 2_00),
        (Grant(9_00, 9_00), 5_00, 0),  # and has shrunk
        (Grant(5_00, 5_00, ("total", "times:offer:life::")), 5_00, 5_00),  # of a version with another limit
    ],
)
def test_an_offer_is_worth_what_was_granted_and_what_may_be_asked(
    grant: Grant | None, amount_now: int, asks: int
) -> None:
    book = a_book([an_offer(limited(budget="100.00"))])
    (offer,) = book.offers
    grants = {} if grant is None else {(UUID(int=1), offer.offer_id): grant}
    (owed,) = judge([a_history([a_purchase()])], book, grants).owed
    assert (owed.amount, owed.asks) == (amount_now, asks)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ([times(1), times(2)], "one limit of times per shopper"),
        ([times(0)], "greater than 0"),
        ([{"measure": "times", "at_most": 1, "per": "family"}], "'shopper', 'card'"),
        ([amount("1.001")], "more than 2 decimals"),
        ([{**times(1), "at_most": "1.5"}], "integer"),
    ],
)
def test_what_is_no_limit_is_refused(limits: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        limited(*limits)
