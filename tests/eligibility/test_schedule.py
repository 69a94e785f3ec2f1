"""Parts that sum to the cent, days that keep their anchor, and what is refused."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from applications import a_purchase, an_application, codes, decided
from hypothesis import given
from hypothesis import strategies as st

from eligibility import INSTALMENT_MIN_MINOR, PlanImpossible, Terms, add_months, schedule, split

COUNTS = range(2, 13)


@pytest.mark.parametrize("count", COUNTS)
def test_parts_sum_exactly(count: int) -> None:
    """Amounts near the least and near the most, with every rest; `python -m bench score` walks through all."""
    least = count * INSTALMENT_MIN_MINOR
    for amount in (*range(least, least + 3000), *range(997_001, 1_000_001)):
        parts = split(amount, count)
        assert sum(parts) == amount
        assert len(parts) == count
        assert set(parts[1:]) == {amount // count}
        assert 0 <= parts[0] - parts[1] < count


@given(st.integers(2400, 1_000_000), st.sampled_from(COUNTS), st.integers(1, 9999))
def test_a_larger_first_part_sums_too(amount: int, count: int, share: int) -> None:
    try:
        parts = split(amount, count, share)
    except PlanImpossible:
        later = (amount - -(-amount * share // 10_000)) // (count - 1)
        first = amount - later * (count - 1)
        assert min(later, first) < INSTALMENT_MIN_MINOR
        return
    assert sum(parts) == amount
    assert min(parts) >= INSTALMENT_MIN_MINOR
    assert parts[0] * 10_000 >= amount * share
    assert len(set(parts[1:])) == 1


def test_thirds_of_a_hundred() -> None:
    assert split(100_00, 3) == (33_34, 33_33, 33_33)
    assert split(100_00, 3, 5000) == (50_00, 25_00, 25_00)
    assert split(100_01, 3, 5000) == (50_01, 25_00, 25_00)


@pytest.mark.parametrize(
    ("amount", "count", "share", "code"),
    [
        (199, 2, None, "amount"),
        (1199, 12, None, "amount"),
        (0, 2, None, "amount"),
        (-500, 2, None, "amount"),
        (10**9 + 1, 2, None, "amount"),
        (1000, 2, 9900, "amount"),
        (10_000, 1, None, "count"),
        (10_000, 13, None, "count"),
        (10_000, 2, 0, "first_share"),
        (10_000, 2, 10_000, "first_share"),
    ],
)
def test_what_cannot_be_divided_is_refused(amount: int, count: int, share: int | None, code: str) -> None:
    with pytest.raises(PlanImpossible) as refused:
        split(amount, count, share)
    assert refused.value.code == code


def test_the_least_amount_passes() -> None:
    assert [split(count * 100, count) for count in COUNTS] == [(100,) * count for count in COUNTS]


@pytest.mark.parametrize(
    ("begin", "days"),
    [
        (date(2027, 1, 31), ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (date(2028, 1, 31), ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]),
        (date(2028, 2, 29), ["2028-02-29", "2028-03-29", "2028-04-29", "2028-05-29"]),
        (date(2027, 10, 30), ["2027-10-30", "2027-11-30", "2027-12-30", "2028-01-30"]),
        (date(2027, 11, 29), ["2027-11-29", "2027-12-29", "2028-01-29", "2028-02-29"]),
        (date(2026, 11, 29), ["2026-11-29", "2026-12-29", "2027-01-29", "2027-02-28"]),
        (date(2026, 12, 1), ["2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01"]),
    ],
)
def test_months_keep_the_anchor_day(begin: date, days: list[str]) -> None:
    assert [due.due_on.isoformat() for due in schedule(400_00, Terms(id="4x", count=4), begin)] == days


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-30, 30))
def test_a_later_month_has_the_same_day_or_its_last(anchor: date, months: int) -> None:
    found = add_months(anchor, months)
    assert (found.year - anchor.year) * 12 + found.month - anchor.month == months
    assert found.day == anchor.day or (found.day < anchor.day and (found + timedelta(days=1)).day == 1)


def test_days_in_between_are_counted_from_the_first() -> None:
    dues = schedule(300_00, Terms(id="3x24", count=3, every_days=24), date(2026, 12, 1))
    assert [due.due_on for due in dues] == [date(2026, 12, 1), date(2026, 12, 25), date(2027, 1, 18)]
    assert all((later.due_on - sooner.due_on).days == 24 for sooner, later in pairwise(dues))


def test_the_fee_is_paid_first_and_rounded_half_up_once() -> None:
    dues = schedule(100_50, Terms(id="3x", count=3, fee_bps=100, fee_fixed_minor=50), date(2026, 12, 1))
    assert [due.fee_minor for due in dues] == [151, 0, 0]
    assert sum(due.total_minor for due in dues) == 100_50 + 151


@pytest.mark.parametrize("terms", [{"every_days": 0}, {"every_days": 93}, {"fee_bps": -1}, {"fee_fixed_minor": -1}])
def test_terms_that_make_no_plan_are_refused(terms: dict[str, int]) -> None:
    with pytest.raises(PlanImpossible):
        schedule(100_00, Terms(id="2x", count=2, **terms), date(2026, 12, 1))
    decision = decided(an_application(plans=(Terms(id="2x", count=2, **terms),)))
    assert codes(decision) == ["plan_impossible", "nothing_to_do"]


def test_an_instalment_under_one_is_an_answer_not_an_error() -> None:
    decision = decided(an_application(purchase=a_purchase(11_99), plans=(Terms(id="12x", count=12),)))
    assert codes(decision) == ["amount_too_low", "instalment_too_small"]
    assert decision.plans[0].quote is None
