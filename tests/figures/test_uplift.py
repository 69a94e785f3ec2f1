"""What the hold-out says: intervals that hold what they promise, and nothing where there is too little to say."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.figures.uplift import BUYERS_MIN, MEMBERS_MIN, Group, TooFew, Uplift, compare, mean_of, student

BIG = Group(members=400, buyers=300, spend=400 * 50_00, squares=400 * 60_00**2)


def group_of(spends: list[int]) -> Group:
    return Group(len(spends), sum(each > 0 for each in spends), sum(spends), sum(each * each for each in spends))


@pytest.mark.parametrize(("degrees", "point"), [(10, 2.2281), (30, 2.0423), (99, 1.9842), (1_000, 1.9623)])
def test_the_points_of_students_t_are_those_of_the_tables(degrees: int, point: float) -> None:
    assert student(degrees) == pytest.approx(point, abs=0.001)


def test_a_group_knows_its_mean_and_its_variance() -> None:
    group = group_of([0, 10, 20, 30])
    assert (group.mean, group.variance, group.error) == (15.0, pytest.approx(500 / 3), pytest.approx(500 / 12))


@pytest.mark.parametrize(
    ("held", "what", "have", "want"),
    [
        (Group(), "holdout", 0, MEMBERS_MIN),
        (replace(BIG, members=MEMBERS_MIN - 1), "members", MEMBERS_MIN - 1, MEMBERS_MIN),
        (replace(BIG, members=MEMBERS_MIN, buyers=BUYERS_MIN - 1), "buyers", BUYERS_MIN - 1, BUYERS_MIN),
    ],
)
def test_too_few_are_told_and_no_interval_is_invented(held: Group, what: str, have: int, want: int) -> None:
    assert compare(BIG, held) == TooFew(what, have, want)


def test_a_hold_out_that_cannot_be_told_from_zero_says_nothing() -> None:
    wild = Group(members=100, buyers=30, spend=30, squares=30 * 10**8)
    assert isinstance(compare(BIG, wild), TooFew)


def test_a_worked_example() -> None:
    """400 members who spend 50 on average against 100 who spend 40, each with a standard deviation of 20."""
    variance = 20_00**2
    offered = Group(400, 380, 400 * 50_00, 399 * variance + 400 * 50_00**2)
    held = Group(100, 90, 100 * 40_00, 99 * variance + 100 * 40_00**2)
    found = compare(offered, held)
    assert isinstance(found, Uplift)
    # Welch: standard error sqrt(400/400 + 400/100) = 2.236, 149 degrees of freedom, t = 1.976: 10.00 ± 4.42.
    assert (found.per_member.value, found.per_member.low) == (10_00, pytest.approx(5_58, abs=1))
    assert found.per_member.high == pytest.approx(14_42, abs=1)
    assert found.total.value == pytest.approx(400 * 10_00)
    assert found.share.value == pytest.approx(0.25)
    # Fieller is not symmetric: the upper end is further away.
    assert found.share.high - found.share.value > found.share.value - found.share.low > 0
    assert found.total.sure


GROUPS = st.builds(
    lambda members, mean, spread: Group(members, members, members * mean, members * (mean * mean + spread * spread)),
    st.integers(MEMBERS_MIN, 5_000),
    st.integers(1_00, 500_00),
    st.integers(0, 300_00),
)


@given(GROUPS, GROUPS, st.integers(2, 50))
def test_another_unit_of_money_changes_the_amounts_and_no_share(a: Group, b: Group, unit: int) -> None:
    def in_units(group: Group) -> Group:
        return replace(group, spend=group.spend * unit, squares=group.squares * unit * unit)

    one, other = compare(a, b), compare(in_units(a), in_units(b))
    assert type(one) is type(other)
    if isinstance(one, Uplift) and isinstance(other, Uplift):
        assert one.total.low <= one.total.value <= one.total.high
        assert one.share.low - 1e-9 <= one.share.value <= one.share.high + 1e-9
        assert other.total.value == pytest.approx(one.total.value * unit, abs=1e-3)
        assert other.share.high == pytest.approx(one.share.high, rel=1e-6, abs=1e-6)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Skewed spend of which a third is zero: 95 % is promised; three of a hundred may be lost to the skew."""
    rng, held_truth, rounds = random.Random(8), 0, 400

    def spend(scale: float) -> int:
        return 0 if rng.random() < 0.33 else round(rng.expovariate(1 / scale))

    for _ in range(rounds):
        offered, held = group_of([spend(60_00) for _ in range(300)]), group_of([spend(50_00) for _ in range(120)])
        found = compare(offered, held)
        assert isinstance(found, Uplift)
        held_truth += found.per_member.low <= 0.67 * 10_00 <= found.per_member.high
    assert 0.92 <= held_truth / rounds <= 0.98


def test_the_mean_of_a_small_group_is_not_told() -> None:
    assert mean_of(replace(BIG, members=MEMBERS_MIN - 1)) is None
    span = mean_of(BIG)
    assert span is not None
    assert span.low < span.value == 50_00 < span.high
