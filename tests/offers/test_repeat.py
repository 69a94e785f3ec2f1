"""A trail of shops, a stamp card, a streak of weeks: which purchase completes it, and what completes it no more."""

from datetime import timedelta
from typing import Any

import pytest
from offer_builders import (
    FNAC,
    LUSH,
    NOON,
    SUR,
    TAPE,
    ZARA,
    Spot,
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

from cashback.offers.schemas import Spend

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def at_shops(*shops: Spot, step: timedelta = HOUR) -> list[Spend]:
    return [a_purchase(at=NOON + n * step, number=n + 1, shop=shop) for n, shop in enumerate(shops)]


def at_times(*times: str) -> list[Spend]:
    """Purchases by the clock of Paris."""
    return [a_purchase(at=paris(each), number=n) for n, each in enumerate(times, 1)]


def refunded(spends: list[Spend], number: int) -> list[Spend]:
    """The same purchases, of one of which nothing is left."""
    changed = a_purchase(0, gross=50_00, at=spends[number - 1].purchased_at, number=number)
    return [changed if each.purchase_id.int == number else each for each in spends]


TRAIL = {"kind": "trail", "shops": 3}


@pytest.mark.parametrize(
    ("shops", "found"),
    [
        ([FNAC, ZARA], []),
        ([FNAC, ZARA, LUSH], [3]),
        ([FNAC, FNAC, ZARA, ZARA, LUSH], [5]),
        ([FNAC, ZARA, LUSH, TAPE, FNAC], [3]),
    ],
)
def test_a_trail_is_complete_at_the_last_of_its_shops_and_once(shops: list[Spot], found: list[int]) -> None:
    assert which(some_terms(TRAIL), at_shops(*shops)) == found
    assert which(some_terms(TRAIL), reversed(at_shops(*shops))) == found


def test_a_trail_among_the_shops_of_its_offer() -> None:
    terms = some_terms({"kind": "shops", "shops": ["fnac", "zara", "tape"]}, TRAIL)
    assert which(terms, at_shops(FNAC, ZARA, LUSH, TAPE)) == [4]


def test_a_trail_begins_anew_with_its_period() -> None:
    terms = some_terms({**TRAIL, "shops": 2, "period": "day"})
    bought = [
        a_purchase(at=paris("2026-11-21 23:59:59"), shop=FNAC, number=1),
        a_purchase(at=paris("2026-11-22 00:00:00"), shop=ZARA, number=2),
        a_purchase(at=paris("2026-11-22 23:59:59"), shop=LUSH, number=3),
    ]
    assert which(terms, bought) == [3]


def test_a_refunded_stop_is_no_stop() -> None:
    bought = at_shops(FNAC, ZARA, LUSH, TAPE)
    assert which(some_terms(TRAIL), bought) == [3]
    assert which(some_terms(TRAIL), refunded(bought, 2)) == [4]


@pytest.mark.parametrize(
    ("number", "ok", "reason", "got", "missing"),
    [(1, False, None, 1, 2), (2, False, None, 2, 1), (3, True, None, 3, 0), (4, False, "already", 4, 0)],
)
def test_how_far_a_trail_was(number: int, ok: bool, reason: str | None, got: int, missing: int) -> None:
    entry = entry_of(some_terms(TRAIL), at_shops(FNAC, ZARA, LUSH, TAPE), number)
    assert (entry["ok"], entry.get("reason"), entry["got"], entry["missing"]) == (ok, reason, got, missing)


def stamps(every: int = 5, **more: Any) -> Any:
    return some_terms({"kind": "stamp_card", "every": every, **more})


def visits(count: int, step: timedelta = HOUR) -> list[Spend]:
    return [a_purchase(at=NOON + n * step, number=n + 1) for n in range(count)]


@pytest.mark.parametrize(("count", "found"), [(4, []), (5, [5]), (9, [5]), (10, [5, 10]), (15, [5, 10, 15])])
def test_every_fifth_stamp_earns(count: int, found: list[int]) -> None:
    assert which(stamps(), visits(count)) == found
    assert which(stamps(), reversed(visits(count))) == found


def test_when_the_fifth_is_refunded_the_sixth_is_the_fifth() -> None:
    assert which(stamps(), refunded(visits(6), 5)) == [6]
    assert which(stamps(), refunded(visits(6), 1)) == [6]
    assert which(stamps(), refunded(visits(5), 5)) == []


def test_a_late_purchase_moves_the_full_card() -> None:
    late = a_purchase(at=NOON - HOUR, number=99)
    assert which(stamps(), [*visits(5), late]) == [4]


def test_a_purchase_in_another_currency_is_no_stamp() -> None:
    foreign = a_purchase(at=NOON - HOUR, number=99, currency="GBP")
    assert which(stamps(), [*visits(5), foreign]) == [5]


@pytest.mark.parametrize(
    ("times", "found"),
    [
        (["2026-11-21 00:00:00", "2026-11-21 23:59:59"], []),
        (["2026-11-21 23:59:59", "2026-11-22 00:00:00"], [2]),
        (["2026-03-29 00:00:00", "2026-03-29 23:59:59", "2026-03-30 00:00:00"], [3]),
        (["2026-10-25 00:00:00", "2026-10-25 23:59:59", "2026-10-26 00:00:00"], [3]),
        (["2028-02-28 12:00:00", "2028-02-29 12:00:00", "2028-03-01 12:00:00", "2028-03-02 12:00:00"], [2, 4]),
    ],
)
def test_one_stamp_a_day_by_the_clock_of_the_centre(times: list[str], found: list[int]) -> None:
    assert which(stamps(2, one_a_day=True), at_times(*times)) == found


def test_the_second_stamp_of_a_day_says_why_and_the_next_one_nothing_of_it() -> None:
    bought = at_times("2026-11-21 10:00:00", "2026-11-21 11:00:00", "2026-11-22 10:00:00")
    terms = stamps(5, one_a_day=True)
    assert [entry_of(terms, bought, n).get("reason") for n in (1, 2, 3)] == [None, "same_day", None]
    assert [entry_of(terms, bought, n)["got"] for n in (1, 2, 3)] == [1, 1, 2]


def test_a_purchase_that_gets_no_stamp_for_another_reason_is_not_told_of_the_day_before() -> None:
    terms = some_terms(
        {"kind": "stamp_card", "every": 5, "one_a_day": True}, {"kind": "minimum_spend", "amount": "10.00"}
    )
    bought = at_times("2026-11-21 10:00:00", "2026-11-21 11:00:00")
    bought.append(a_purchase(1_00, at=paris("2026-11-22 10:00:00"), number=3))
    trail = looked_at(a_book([an_offer(terms)]), bought, 3).trail
    assert (trail[0]["ok"], trail[0].get("reason"), trail[0]["got"]) == (False, None, 1)


@pytest.mark.parametrize(
    ("period", "first", "second", "one_card"),
    [
        ("month", "2026-11-30 23:59:59", "2026-12-01 00:00:00", False),
        ("month", "2026-11-01 00:00:00", "2026-11-30 23:59:59", True),
        ("week", "2026-12-31 12:00:00", "2027-01-01 12:00:00", True),
        ("year", "2026-12-31 23:59:59", "2027-01-01 00:00:00", False),
        ("life", "2026-12-31 23:59:59", "2027-01-01 00:00:00", True),
    ],
)
def test_an_unfinished_card_is_empty_again_after_its_period(
    period: str, first: str, second: str, one_card: bool
) -> None:
    assert which(stamps(2, period=period), at_times(first, second)) == ([2] if one_card else [])


def test_stamps_of_one_day_in_two_zones_are_of_two_days() -> None:
    """It is the 21st in Paris and still the 20th in Santiago, twice each: two stamps."""
    midnight = paris("2026-11-21 00:00:00")
    bought = [
        a_purchase(at=midnight + n * HOUR, number=n, **({"centre": SUR} if n % 2 == 0 else {})) for n in (1, 2, 3)
    ]
    assert which(stamps(2, one_a_day=True), bought) == [2]
    assert which(stamps(3, one_a_day=True), bought) == []


@pytest.mark.parametrize(
    ("number", "ok", "got", "missing"), [(1, False, 1, 4), (4, False, 4, 1), (5, True, 5, 0), (6, False, 1, 4)]
)
def test_how_full_a_card_was(number: int, ok: bool, got: int, missing: int) -> None:
    entry = entry_of(stamps(), visits(6), number)
    assert (entry["ok"], entry["got"], entry["missing"]) == (ok, got, missing)


def test_stamps_go_on_over_a_change_of_version() -> None:
    change = NOON + 150 * timedelta(minutes=1)
    book = a_book(
        [
            an_offer(stamps(), version=1, live_from=NOON, live_until=change),
            an_offer(stamps(4), version=2, live_from=change),
        ]
    )
    assert set(earned(book, visits(8))) == {(4, "offer"), (8, "offer")}


def streak(weeks: int = 3) -> Any:
    return some_terms({"kind": "streak", "weeks": weeks})


@pytest.mark.parametrize(
    ("weeks", "found"),
    [
        ([0, 1], []),
        ([0, 1, 2], [3]),
        ([0, 0, 1, 1, 2, 2], [5]),
        ([0, 1, 2, 3, 4, 5], [3, 6]),
        ([0, 1, 3, 4, 5], [5]),  # the third week is missing
        ([0, 1, 2, 4, 5, 6], [3, 6]),
    ],
)
def test_so_many_weeks_in_a_row(weeks: list[int], found: list[int]) -> None:
    bought = [a_purchase(at=NOON + week * WEEK + n * HOUR, number=n + 1) for n, week in enumerate(weeks)]
    assert which(streak(), bought) == found
    assert which(streak(), reversed(bought)) == found


@pytest.mark.parametrize(
    ("times", "found"),
    [
        (["2026-11-22 23:59:59", "2026-11-23 00:00:00"], [2]),  # Sunday, Monday
        (["2026-11-16 00:00:00", "2026-11-22 23:59:59"], []),  # the same week
        (["2026-11-16 00:00:00", "2026-11-29 23:59:59"], [2]),
        (["2026-11-22 23:59:59", "2026-11-30 00:00:00"], []),  # a week lies between
        (["2026-12-28 00:00:00", "2027-01-10 23:59:59"], [2]),  # week 53, week 1
        (["2027-01-03 23:59:59", "2027-01-04 00:00:00"], [2]),
        (["2026-03-29 23:59:59", "2026-03-30 00:00:00"], [2]),  # the short Sunday
        (["2026-10-25 23:59:59", "2026-10-26 00:00:00"], [2]),  # the long one
        (["2028-02-27 12:00:00", "2028-02-29 12:00:00"], [2]),
    ],
)
def test_weeks_begin_on_monday_by_the_clock_of_the_centre(times: list[str], found: list[int]) -> None:
    assert which(streak(2), at_times(*times)) == found


def test_a_refund_breaks_a_streak_and_a_late_purchase_mends_it() -> None:
    bought = visits(3, WEEK)
    assert which(streak(), refunded(bought, 2)) == []
    assert which(streak(), [*refunded(bought, 2), a_purchase(at=NOON + WEEK + DAY, number=9)]) == [3]


def test_a_purchase_that_is_still_in_last_week_elsewhere_breaks_nothing() -> None:
    """It is Monday in Paris and still Sunday in Santiago."""
    monday = paris("2026-11-23 00:00:00")
    bought = [
        a_purchase(at=monday - DAY, number=1),
        a_purchase(at=monday + HOUR, number=2),
        a_purchase(at=monday + 2 * HOUR, number=3, centre=SUR),
        a_purchase(at=monday + WEEK, number=4),
    ]
    assert which(streak(), bought) == [4]


@pytest.mark.parametrize(("number", "ok", "got", "missing"), [(1, False, 1, 2), (3, True, 3, 0), (4, False, 1, 2)])
def test_how_long_a_streak_was(number: int, ok: bool, got: int, missing: int) -> None:
    entry = entry_of(streak(), visits(4, WEEK), number)
    assert (entry["ok"], entry["got"], entry["missing"]) == (ok, got, missing)


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "trail", "shops": 1},
        {"kind": "stamp_card", "every": 1},
        {"kind": "streak", "weeks": 1},
    ],
)
def test_one_alone_is_nothing_to_repeat(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="greater than 1"):
        some_terms(document)
