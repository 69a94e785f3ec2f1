"""From purchases to history: edges as a table, and what no order of purchases may change."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.decisions.history import (
    Beside,
    Bought,
    gap_variation_bps,
    history_of,
    median,
    refund_excess_bps,
    refund_share_bps,
)
from cashback.instalments.schemas import Behaviour
from eligibility import History

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)


def bought(days_ago: int, net: int = 50_00, *, back: bool = False, shop: int = 1) -> Bought:
    at = NOW - timedelta(days=days_ago)
    return Bought(at, at.date(), net, back, UUID(int=shop))


def known(*purchases: Bought, linked_days: int = 365, usual: int | None = None) -> History:
    beside = Beside(NOW - timedelta(days=linked_days), 0, None)
    return history_of(purchases, Behaviour(), beside, usual_refunds_bps=usual, now=NOW)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], None),
        ([1, 2], None),
        ([1, 8, 15], 0),
        ([1, 2, 12], 8181),
        ([1, 11, 12], 8181),
    ],
)
def test_regularity_is_the_spread_of_the_gaps_over_their_mean(days: list[int], expected: int | None) -> None:
    assert gap_variation_bps([date(2026, 12, each) for each in days]) == expected


@pytest.mark.parametrize(("values", "expected"), [([], None), ([7], 7), ([1, 9], 1), ([9, 1, 5], 5), ([4, 1, 9, 3], 3)])
def test_the_middle_of_an_even_number_is_the_lower_one(values: list[int], expected: int | None) -> None:
    assert median(values) == expected


@pytest.mark.parametrize(
    ("refunds", "usual", "expected"),
    [(4, 0, 0), (5, None, 0), (5, 2500, 2500), (5, 5000, 0), (10, 9000, 1000)],
)
def test_refunds_count_from_the_fifth_on_and_beyond_what_is_usual(
    refunds: int, usual: int | None, expected: int
) -> None:
    purchases = [bought(number, back=number < refunds) for number in range(10)]
    assert refund_excess_bps(purchases, usual) == expected
    assert refund_share_bps(0, 0) == 0


def test_windows_are_whole_and_empty_ones_count() -> None:
    found = known(bought(1, 100_00), bought(31, 40_00), bought(32, 20_00), linked_days=95)
    assert found.median_month_minor == 60_00
    assert (found.active_months_6, found.months_linked, found.visits_90d) == (2, 3, 3)
    assert known(bought(1), linked_days=29).median_month_minor is None


def test_what_was_given_back_in_full_is_no_visit() -> None:
    found = known(bought(1, 0, back=True), bought(2, 30_00, back=True))
    assert (found.visits_total, found.median_basket_minor, found.days_since_visit) == (1, 30_00, 2)
    nothing = known(bought(1, 0, back=True))
    assert (nothing.visits_total, nothing.days_since_visit, nothing.median_basket_minor) == (0, None, None)


purchases = st.builds(bought, st.integers(0, 399), st.integers(0, 900_00), back=st.booleans(), shop=st.integers(1, 9))


@given(st.lists(purchases, max_size=30), st.integers(0, 10**6))
def test_the_order_of_purchases_changes_nothing(found: list[Bought], seed: int) -> None:
    mixed = list(found)
    Random(seed).shuffle(mixed)
    assert known(*mixed, usual=100) == known(*found, usual=100)


@given(st.lists(purchases, max_size=20), purchases)
def test_one_more_purchase_never_takes_a_visit_or_a_shop_away(found: list[Bought], more: Bought) -> None:
    before, after = known(*found), known(*found, more)
    assert after.visits_total >= before.visits_total
    assert after.distinct_shops >= before.distinct_shops
    assert after.active_months_6 >= before.active_months_6
