"""What was bought before: the nth purchase, and customers who are new, return, or were long away."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from offer_builders import (
    FNAC,
    LUSH,
    NOON,
    QUAIS,
    TOWN,
    ZARA,
    a_book,
    a_purchase,
    an_offer,
    earned,
    entry_of,
    paris,
    some_terms,
    which,
)

from cashback.offers.schemas import Spend

DAY = timedelta(days=1)


def days(*numbers: float, **more: Any) -> list[Spend]:
    """Purchases so many days after noon, numbered from 1 in the order given."""
    return [a_purchase(at=NOON + day * DAY, number=number, **more) for number, day in enumerate(numbers, 1)]


@pytest.mark.parametrize(("n", "found"), [(1, [1]), (2, [2]), (3, [3]), (4, [])])
def test_the_nth_purchase_by_its_own_time(n: int, found: list[int]) -> None:
    terms = some_terms({"kind": "nth_purchase", "n": n})
    assert which(terms, days(0, 1, 2)) == found
    assert which(terms, reversed(days(0, 1, 2))) == found


def test_a_late_purchase_takes_the_place_of_the_first_one() -> None:
    first = some_terms({"kind": "nth_purchase", "n": 1})
    assert which(first, days(0, 1)) == [1]
    assert which(first, days(0, 1, -1)) == [3]
    entry = entry_of(first, days(0, 1, -1), 1)
    assert (entry["ok"], entry["reason"], entry["got"]) == (False, "not_first", 2)


def test_at_one_instant_the_reference_of_the_source_decides() -> None:
    spends = [a_purchase(number=2), a_purchase(number=1)]
    assert which(some_terms({"kind": "nth_purchase", "n": 1}), spends) == [1]


def test_a_purchase_of_which_nothing_is_left_is_none_and_the_next_takes_its_place() -> None:
    spends = [a_purchase(0, gross=50_00, at=NOON - DAY, number=9), *days(0, 1)]
    assert which(some_terms({"kind": "nth_purchase", "n": 1}), spends) == [1]
    one_cent = [a_purchase(1, gross=50_00, at=NOON - DAY, number=9), *days(0, 1)]
    assert which(some_terms({"kind": "nth_purchase", "n": 1}), one_cent) == [9]


def test_a_purchase_in_another_currency_is_a_visit_and_earns_nothing() -> None:
    spends = [a_purchase(at=NOON - DAY, currency="GBP", number=9), *days(0)]
    assert which(some_terms({"kind": "nth_purchase", "n": 1}), spends) == []
    assert which(some_terms({"kind": "nth_purchase", "n": 2}), spends) == [1]


@pytest.mark.parametrize(
    ("at", "found"),
    [("shop", [1, 2, 4]), ("brand", [1, 2]), ("centre", [1, 4]), ("programme", [1])],
)
def test_where_purchases_are_counted(at: str, found: list[int]) -> None:
    spends = [
        a_purchase(at=NOON, shop=FNAC, brand="fnac", number=1),
        a_purchase(at=NOON + DAY, shop=ZARA, brand="zara", number=2),
        a_purchase(at=NOON + 2 * DAY, shop=FNAC, brand="fnac", number=3),
        a_purchase(at=NOON + 3 * DAY, shop=LUSH, brand="fnac", centre=TOWN, number=4),
    ]
    assert which(some_terms({"kind": "nth_purchase", "n": 1, "at": at}), spends) == found
    assert which(some_terms({"kind": "customer", "status": "new", "at": at}), spends) == found


@pytest.mark.parametrize("brand", ["programme", "shop", "centre", "brand"])
def test_a_brand_may_be_called_like_a_level(brand: str) -> None:
    spends = [a_purchase(at=NOON + day * DAY, brand=brand, number=day + 1) for day in range(3)]
    for at in ("brand", "programme"):
        assert which(some_terms({"kind": "nth_purchase", "n": 2, "at": at}), spends) == [2]


def test_purchases_that_meet_no_condition_are_visits_too() -> None:
    terms = some_terms({"kind": "nth_purchase", "n": 2}, {"kind": "minimum_spend", "amount": "40.00"})
    spends = [a_purchase(1_00, at=NOON, number=1), a_purchase(at=NOON + DAY, number=2)]
    assert which(terms, spends) == [2]


def customer(status: str, days: int | None = None, at: str = "shop") -> Any:
    return some_terms({"kind": "customer", "status": status, "days": days, "at": at})


LONG_AGO = paris("2026-03-01 23:59:59")


@pytest.mark.parametrize(
    ("status", "wanted_days", "before", "at", "ok", "reason"),
    [
        ("new", None, None, NOON, True, "new"),
        ("new", None, NOON - 300 * DAY, NOON, False, "not_new"),
        ("returning", None, None, NOON, False, "not_returning"),
        ("returning", None, NOON - 3000 * DAY, NOON, True, "returning"),
        ("returning", 30, NOON - 30 * DAY, NOON, True, "returning"),
        ("returning", 30, NOON - 31 * DAY, NOON, False, "long_ago"),
        ("lapsed", 30, None, NOON, False, "never"),
        ("lapsed", 30, NOON - 30 * DAY, NOON, True, "lapsed"),
        ("lapsed", 30, NOON - 29 * DAY, NOON, False, "too_recent"),
        # days are those of the calendar, by the clock of the centre, over the shorter day of March too
        ("lapsed", 30, LONG_AGO, paris("2026-03-30 23:59:59"), False, "too_recent"),
        ("lapsed", 30, LONG_AGO, paris("2026-03-31 00:00:00"), True, "lapsed"),
        ("returning", 30, LONG_AGO, paris("2026-03-31 23:59:59"), True, "returning"),
        ("returning", 30, LONG_AGO, paris("2026-04-01 00:00:00"), False, "long_ago"),
        ("lapsed", 1, paris("2028-02-28 12:00:00"), paris("2028-02-29 00:00:00"), True, "lapsed"),
        ("lapsed", 2, paris("2028-02-28 12:00:00"), paris("2028-02-29 23:59:59"), False, "too_recent"),
    ],
)
def test_new_returning_and_lapsed(
    status: str, wanted_days: int | None, before: datetime | None, at: datetime, ok: bool, reason: str
) -> None:
    spends = [a_purchase(at=at, number=2)]
    if before is not None:
        spends.append(a_purchase(at=before, number=1))
    terms = customer(status, wanted_days)
    assert (2 in which(terms, spends)) is ok
    entry = entry_of(terms, spends, 2)
    assert (entry["ok"], entry["reason"], entry["days"]) == (ok, reason, wanted_days)
    assert (entry["last"] is None) is (before is None)


def test_the_last_purchase_is_told_by_the_day_of_the_centre() -> None:
    spends = [a_purchase(at=paris("2026-11-01 00:30:00"), number=1), a_purchase(number=2)]
    assert entry_of(customer("returning"), spends, 2)["last"] == "2026-11-01"


def test_what_was_refunded_in_full_makes_nobody_a_customer() -> None:
    spends = [a_purchase(0, gross=90_00, at=NOON - DAY, number=1), a_purchase(number=2)]
    assert which(customer("new"), spends) == [2]


def test_new_at_a_shop_and_lapsed_in_its_centre_are_told_apart() -> None:
    book = a_book(
        [
            an_offer(some_terms({"kind": "customer", "status": "new"}, group="a"), "new-here"),
            an_offer(
                some_terms({"kind": "customer", "status": "lapsed", "days": 60, "at": "centre"}, group="b"), "back"
            ),
        ]
    )
    spends = [
        a_purchase(at=NOON - 90 * DAY, shop=ZARA, centre=QUAIS, number=1),
        a_purchase(at=NOON, shop=FNAC, centre=QUAIS, number=2),
        a_purchase(at=NOON + DAY, shop=FNAC, centre=QUAIS, number=3),
    ]
    assert set(earned(book, spends)) == {(1, "new-here"), (2, "new-here"), (2, "back")}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"kind": "customer", "status": "lapsed"}, "expected days"),
        ({"kind": "customer", "status": "new", "days": 3}, "days say nothing"),
        ({"kind": "customer", "status": "gone"}, "'new', 'returning' or 'lapsed'"),
        ({"kind": "nth_purchase", "n": 0}, "greater than 0"),
    ],
)
def test_what_says_nothing_is_refused(document: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        some_terms(document)
