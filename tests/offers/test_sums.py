"""Spend over several purchases: which one reaches the sum, in which period, at how many shops, reckoned from what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from offer_builders import (
    FNAC,
    LUSH,
    NOON,
    SUR,
    ZARA,
    a_book,
    a_purchase,
    an_offer,
    earned,
    entry_of,
    looked_at,
    paris,
    some_terms,
    which,
)

from cashback.offers.schemas import Fact, FactKind, Spend

HOUR = timedelta(hours=1)
TEN_PERCENT = {"kind": "percent", "asset": "EUR", "rate_bps": 1000}


def across(amount: str = "100.00", **more: Any) -> dict[str, Any]:
    return {"kind": "spend_across", "amount": amount, "period": "month", **more}


def spends(*minor: int, at: datetime = NOON, step: timedelta = HOUR, **more: Any) -> list[Spend]:
    return [a_purchase(each, at=at + n * step, number=n + 1, **more) for n, each in enumerate(minor)]


@pytest.mark.parametrize(
    ("minor", "once", "each", "onwards"),
    [
        ([50_00, 49_99], [], [], []),
        ([50_00, 50_00], [2], [2], [2]),  # exactly
        ([50_00, 49_99, 1], [3], [3], [3]),
        ([100_00], [1], [1], [1]),
        ([50_00, 50_01, 99_98], [2], [2], [2, 3]),
        ([50_00, 50_01, 99_99], [2], [2, 3], [2, 3]),
        ([350_00, 49_99, 1], [1], [1, 3], [1, 2, 3]),
        ([50_00, 0, 50_00], [3], [3], [3]),  # nothing is left of the second
        ([60_00, 0, 39_99], [], [], []),
    ],
)
def test_which_purchases_earn(minor: list[int], once: list[int], each: list[int], onwards: list[int]) -> None:
    for repeats, found in (("once", once), ("each", each), ("onwards", onwards)):
        assert which(some_terms(across(repeats=repeats)), spends(*minor)) == found
        assert which(some_terms(across(repeats=repeats)), reversed(spends(*minor))) == found


@pytest.mark.parametrize(
    ("period", "first", "second", "together"),
    [
        ("day", "2026-11-21 00:00:00", "2026-11-21 23:59:59", True),
        ("day", "2026-11-21 23:59:59", "2026-11-22 00:00:00", False),
        ("day", "2026-03-29 00:00:00", "2026-03-29 23:59:59", True),  # 23 hours long
        ("day", "2026-03-28 23:59:59", "2026-03-29 00:00:00", False),
        ("day", "2026-10-25 00:00:00", "2026-10-25 23:59:59", True),  # 25 hours long
        ("day", "2026-10-25 23:59:59", "2026-10-26 00:00:00", False),
        ("week", "2026-11-16 00:00:00", "2026-11-22 23:59:59", True),
        ("week", "2026-11-22 23:59:59", "2026-11-23 00:00:00", False),
        ("week", "2026-12-28 00:00:00", "2027-01-03 23:59:59", True),  # week 53 of 2026
        ("week", "2027-01-03 23:59:59", "2027-01-04 00:00:00", False),
        ("week", "2024-12-30 00:00:00", "2025-01-05 23:59:59", True),  # week 1 of 2025
        ("month", "2026-11-01 00:00:00", "2026-11-30 23:59:59", True),
        ("month", "2026-11-30 23:59:59", "2026-12-01 00:00:00", False),
        ("month", "2028-02-01 00:00:00", "2028-02-29 23:59:59", True),
        ("month", "2028-02-29 23:59:59", "2028-03-01 00:00:00", False),
        ("year", "2026-01-01 00:00:00", "2026-12-31 23:59:59", True),
        ("year", "2026-12-31 23:59:59", "2027-01-01 00:00:00", False),
        ("life", "2026-01-01 00:00:00", "2036-12-31 23:59:59", True),
    ],
)
def test_a_period_is_one_of_the_centres_calendar(period: str, first: str, second: str, together: bool) -> None:
    bought = [a_purchase(50_00, at=paris(first), number=1), a_purchase(50_00, at=paris(second), number=2)]
    assert which(some_terms(across(period=period)), bought) == ([2] if together else [])


def test_the_repeated_hour_of_october_lies_in_one_day() -> None:
    before, after = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    bought = [a_purchase(50_00, at=before, number=1), a_purchase(50_00, at=after, number=2)]
    assert which(some_terms(across(period="day")), bought) == [2]


def test_midnight_differs_between_two_centres_and_neither_forgets_its_sum() -> None:
    """At half past midnight of the 21st in Paris it is still the 20th in Santiago."""
    midnight = paris("2026-11-21 00:00:00")
    bought = [
        a_purchase(50_00, at=midnight + HOUR, number=1),
        a_purchase(50_00, at=midnight + 2 * HOUR, number=2, centre=SUR),
        a_purchase(50_00, at=midnight + 3 * HOUR, number=3),
        a_purchase(50_00, at=midnight + 4 * HOUR - timedelta(seconds=1), number=4, centre=SUR),
    ]
    assert which(some_terms(across(period="day")), bought) == [3, 4]


@pytest.mark.parametrize(
    ("shops", "found"),
    [
        ([FNAC, FNAC, ZARA], [3]),
        ([FNAC, ZARA, ZARA], [2]),
        ([FNAC, FNAC, FNAC], []),
    ],
)
def test_at_so_many_shops(shops: list[Any], found: list[int]) -> None:
    bought = [a_purchase(60_00, at=NOON + n * HOUR, number=n + 1, shop=shop) for n, shop in enumerate(shops)]
    assert which(some_terms(across(shops=2)), bought) == found
    if not found:
        entry = entry_of(some_terms(across(shops=2)), bought, 3)
        assert (entry["reason"], entry["shops"], entry["shops_got"], entry["missing_minor"]) == ("shops", 2, 1, 0)


@pytest.mark.parametrize(
    ("repeats", "reckons", "owed"),
    [
        ("once", "purchase", {2: 5_00}),
        ("once", "sum", {2: 11_00}),
        ("each", "purchase", {2: 5_00, 3: 9_00}),
        ("onwards", "purchase", {2: 5_00, 3: 9_00, 4: 1_00}),
        ("onwards", "sum", {2: 11_00, 3: 9_00, 4: 1_00}),
    ],
)
def test_what_the_reward_is_reckoned_from(repeats: str, reckons: str, owed: dict[int, int]) -> None:
    terms = some_terms(across(repeats=repeats, reckons=reckons), reward=TEN_PERCENT)
    got = earned(a_book([an_offer(terms)]), spends(60_00, 50_00, 90_00, 10_00))
    assert got == {(number, "offer"): amount for number, amount in owed.items()}


def test_only_purchases_that_meet_the_other_conditions_are_summed_up() -> None:
    terms = some_terms(
        {"kind": "minimum_spend", "amount": "10.00"},
        {"kind": "shops", "shops": ["fnac", "zara"]},
        {"kind": "tiers", "tiers": ["gold"]},
        across(),
    )
    facts = [Fact(FactKind.TIER, "gold", NOON, NOON + 5 * HOUR)]
    bought = [
        a_purchase(60_00, at=NOON - HOUR, number=1),  # not gold yet
        a_purchase(60_00, at=NOON, number=2),
        a_purchase(9_99, at=NOON + HOUR, number=3),  # below the minimum
        a_purchase(60_00, at=NOON + 2 * HOUR, number=4, currency="GBP"),
        a_purchase(60_00, at=NOON + 3 * HOUR, number=5, shop=LUSH),
        a_purchase(40_00, at=NOON + 4 * HOUR, number=6),
        a_purchase(90_00, at=NOON + 5 * HOUR, number=7),  # gold no more
    ]
    assert which(terms, bought, facts) == [6]


def test_a_refund_moves_the_reward_to_the_purchase_that_reaches_the_sum_now() -> None:
    terms = some_terms(across())
    assert which(terms, spends(60_00, 40_00, 40_00)) == [2]
    refunded = [a_purchase(59_99, gross=60_00, number=1), *spends(60_00, 40_00, 40_00)[1:]]
    assert which(terms, refunded) == [3]


def test_a_late_purchase_moves_the_reward_to_an_earlier_one() -> None:
    terms = some_terms(across())
    late = a_purchase(60_00, at=NOON - HOUR, number=9)
    assert which(terms, spends(50_00, 50_00)) == [2]
    assert which(terms, [*spends(50_00, 50_00), late]) == [1]


@pytest.mark.parametrize(
    ("repeats", "minor", "number", "figures"),
    [
        ("once", [60_00], 1, (False, None, 60_00, 40_00)),
        ("once", [60_00, 40_00], 2, (True, None, 100_00, 0)),
        ("once", [60_00, 40_00, 10_00], 3, (False, "already", 110_00, 0)),
        ("each", [60_00, 50_00, 10_00], 3, (False, "again", 120_00, 80_00)),
        ("each", [60_00, 50_00, 95_00], 3, (True, None, 205_00, 95_00)),
        ("onwards", [60_00, 50_00, 10_00], 3, (True, None, 120_00, 0)),
    ],
)
def test_the_figures_as_they_stood_with_each_purchase(
    repeats: str, minor: list[int], number: int, figures: tuple[Any, ...]
) -> None:
    entry = entry_of(some_terms(across(repeats=repeats)), spends(*minor), number)
    assert (entry["ok"], entry.get("reason"), entry["got_minor"], entry["missing_minor"]) == figures


def test_a_purchase_that_was_not_counted_sees_the_sum_of_those_before() -> None:
    terms = some_terms(across(), {"kind": "minimum_spend", "amount": "10.00"})
    bought = [*spends(60_00, 40_00), a_purchase(1_00, at=NOON + HOUR, number=3)]  # at the instant of the second
    considered = looked_at(a_book([an_offer(terms)]), bought, 3)
    assert [each["ok"] for each in considered.trail] == [True, False, True]
    later = [*spends(60_00, 40_00), a_purchase(1_00, at=NOON + 2 * HOUR, number=3)]
    entry = looked_at(a_book([an_offer(terms)]), later, 3).trail[0]
    assert (entry["ok"], entry["reason"], entry["got_minor"]) == (False, "already", 100_00)


def test_a_sum_goes_on_over_a_change_of_version() -> None:
    """From the day the offer was first live; what each version reckons is its own."""
    change = NOON + 90 * timedelta(minutes=1)
    book = a_book(
        [
            an_offer(some_terms(across()), version=1, live_from=NOON, live_until=change),
            an_offer(some_terms(across("80.00"), name={"en": "n", "fr": "n"}), version=2, live_from=change),
        ]
    )
    before = a_purchase(90_00, at=NOON - HOUR, number=9)  # nobody had offered anything yet
    assert set(earned(book, [before, *spends(40_00, 30_00, 10_00)])) == {(3, "offer")}
    assert set(earned(book, [before, *spends(40_00, 60_00, 10_00)])) == {(2, "offer")}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"repeats": "each", "reckons": "sum"}, "no one base"),
        ({"shops": 1}, "greater than 1"),
        ({"period": "decade"}, "'day', 'week', 'month', 'year' or 'life'"),
    ],
)
def test_what_has_no_meaning_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        some_terms(across(**more))
