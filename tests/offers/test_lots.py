"""Lots in time: what ends first is used first, what is remembered holds, the order of telling makes no difference."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.offers.conversion import converted_units
from cashback.offers.lots import Lot, Stand, Use, ends_at, stand, told_at
from cashback.programmes.schemas import Conversion

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 11, 1, tzinfo=UTC)
A, B, C = (UUID(int=number) for number in (1, 2, 3))


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def lot(reward_id: UUID | None, amount: int, since: float, until: float | None = None) -> Lot:
    return Lot(reward_id, amount, day(since), None if until is None else day(until))


def use(key: str, at: float, *parts: tuple[UUID | None, int], back: float | None = None) -> Use:
    return Use(key, day(at), parts, None if back is None else day(back))


def seen(found: Stand) -> tuple[list[tuple[UUID | None, int]], dict[UUID, int], int]:
    return [(each.lot.reward_id, each.amount) for each in found.left], found.expired, found.debt


@pytest.mark.parametrize(
    ("since", "days", "ends"),
    [
        (datetime(2026, 11, 1, 8, tzinfo=UTC), 1, datetime(2026, 11, 2, 23, tzinfo=UTC)),
        (datetime(2026, 11, 1, 23, 30, tzinfo=UTC), 1, datetime(2026, 11, 3, 23, tzinfo=UTC)),
        (datetime(2027, 3, 1, 8, tzinfo=UTC), 30, datetime(2027, 3, 31, 22, tzinfo=UTC)),
    ],
)
def test_a_lot_can_be_used_through_its_last_day_in_the_calendar_of_the_programme(
    since: datetime, days: int, ends: datetime
) -> None:
    assert ends_at(since, days, PARIS) == ends


def test_an_end_is_told_in_the_morning_so_many_days_before_the_last_day() -> None:
    end = ends_at(datetime(2027, 3, 1, 8, tzinfo=UTC), 30, PARIS)
    assert told_at(end, 7, PARIS) == datetime(2027, 3, 24, 8, tzinfo=UTC)
    assert told_at(end, 0, PARIS) == datetime(2027, 3, 31, 7, tzinfo=UTC)


ONE = [lot(A, 100, 0, 10)]
TWO = [lot(A, 100, 0, 20), lot(B, 50, 1, 10)]


@pytest.mark.parametrize(
    ("lots", "uses", "at", "left", "expired", "debt"),
    [
        ([], [], 5, [], {}, 0),
        (ONE, [], 9.9, [(A, 100)], {}, 0),
        (ONE, [], 10, [], {A: 100}, 0),
        (ONE, [use("k", 5, (A, 30))], 10, [], {A: 70}, 0),
        ([lot(A, 100, 0)], [], 9000, [(A, 100)], {}, 0),
        ([lot(A, 100, 12, 22)], [], 11, [], {}, 0),
        # What ends first is in front, and what was remembered is taken all the same.
        (TWO, [], 5, [(B, 50), (A, 100)], {}, 0),
        (TWO, [use("k", 5, (B, 50), (A, 10))], 10, [(A, 90)], {}, 0),
        (TWO, [use("k", 5, (A, 60))], 10, [(A, 40)], {B: 50}, 0),
        # A lot that turned out smaller than what was taken of it: the others pay, those that end first before others.
        ([lot(A, 40, 0, 20), lot(B, 50, 1, 10)], [use("k", 5, (A, 60))], 10, [], {B: 30}, 0),
        ([lot(A, 40, 0, 20), lot(None, 15, 0)], [use("k", 5, (A, 60))], 6, [], {}, 5),
        ([lot(A, 40, 0, 20), lot(B, 50, 7, 10)], [use("k", 5, (A, 60))], 10, [], {B: 30}, 0),
        ([lot(A, 40, 0, 20), lot(B, 50, 1, 4)], [use("k", 5, (A, 60))], 10, [], {B: 50}, 20),
        ([lot(A, 40, 0, 20), lot(B, 50, 1, 4), lot(C, 8, 6)], [use("k", 5, (A, 60))], 10, [], {B: 50}, 12),
        # What an adjustment took back is a taking too.
        ([lot(A, 40, 0, 20), lot(None, -15, 3)], [], 20, [], {A: 25}, 0),
        ([lot(A, 40, 0, 20), lot(None, 10, 2), lot(None, -15, 3)], [], 20, [], {A: 35}, 0),
    ],
)
def test_stands(
    lots: list[Lot], uses: list[Use], at: float, left: list[tuple[UUID, int]], expired: dict[UUID, int], debt: int
) -> None:
    assert seen(stand(lots, uses, day(at), zone=PARIS)) == (left, expired, debt)


def test_what_comes_back_goes_to_the_lots_it_was_taken_of_and_stays_thirty_days() -> None:
    lots = [lot(A, 100, 0, 10), lot(B, 50, 0, 90)]
    uses = [use("k", 5, (A, 100), (B, 20), back=12)]
    found = stand(lots, uses, day(13), zone=PARIS)
    assert seen(found) == ([(A, 100), (B, 30), (B, 20)], {}, 0)
    end = datetime(2026, 12, 13, 23, tzinfo=UTC)
    assert found.next_end() == (end, 100)
    assert seen(stand(lots, uses, end, zone=PARIS)) == ([(B, 30), (B, 20)], {A: 100}, 0)
    assert stand(lots, uses, end, zone=PARIS).next_end() == (day(90), 50)


def test_what_comes_back_after_a_refund_goes_to_those_who_paid_for_it() -> None:
    lots, uses = [lot(A, 0, 0, 10), lot(B, 100, 6, 60)], [use("k", 5, (A, 100))]
    assert seen(stand(lots, uses, day(7), zone=PARIS)) == ([], {}, 0)
    back = [use("k", 5, (A, 100), back=8)]
    assert seen(stand(lots, back, day(9), zone=PARIS)) == ([(B, 100)], {}, 0)
    early = [use("k", 5, (A, 100), back=5.5)]
    assert seen(stand(lots, early, day(9), zone=PARIS)) == ([(B, 100)], {}, 0)


TEN = Conversion(threshold=10, into="EUR", amount=1_00, yearly_limit=None)
ONCE = Conversion(threshold=10, into="EUR", amount=1_00, yearly_limit=1)


@pytest.mark.parametrize(
    ("lots", "rule", "at", "exchanges", "left", "expired"),
    [
        ([lot(A, 7, 0, 20), lot(B, 7, 1, 10)], TEN, 5, [(day(1), 10)], [(A, 4)], {}),
        ([lot(A, 7, 0, 20), lot(B, 7, 1, 10)], TEN, 20, [(day(1), 10)], [], {A: 4}),
        ([lot(A, 7, 0, 5), lot(B, 7, 6)], TEN, 20, [], [(B, 7)], {A: 7}),
        ([lot(A, 7, 0, 5), lot(B, 3, 5)], TEN, 20, [], [(B, 3)], {A: 7}),
        ([lot(A, 25, 0, 90)], ONCE, 5, [(day(0), 10)], [(A, 15)], {}),
        ([lot(A, 25, 0, 90)], ONCE, 62, [(day(0), 10), (datetime(2026, 12, 31, 23, tzinfo=UTC), 10)], [(A, 5)], {}),
        ([lot(A, 25, 0, 30)], ONCE, 62, [(day(0), 10)], [], {A: 15}),
        ([lot(None, 100, 0), lot(A, 9, 0)], TEN, 5, [], [(None, 100), (A, 9)], {}),
    ],
)
def test_exchanges_take_what_ends_first(
    lots: list[Lot],
    rule: Conversion,
    at: float,
    exchanges: list[tuple[datetime, int]],
    left: list[tuple[UUID, int]],
    expired: dict[UUID, int],
) -> None:
    found = stand(lots, [], day(at), zone=PARIS, rule=rule)
    assert (found.exchanges, seen(found)[0], found.expired) == (exchanges, left, expired)


AMOUNTS = st.integers(1, 60)
SINCE = st.integers(0, 900).map(lambda half_days: day(half_days / 2))
RULES = st.builds(Conversion, st.sampled_from([10, 30]), st.just("EUR"), st.just(100), st.none() | st.integers(1, 3))


@given(st.lists(st.tuples(AMOUNTS, SINCE), max_size=30), RULES, SINCE)
def test_lots_that_never_expire_are_exchanged_as_their_sums_of_years_say(
    told: list[tuple[int, datetime]], rule: Conversion, now: datetime
) -> None:
    lots = [Lot(UUID(int=number), amount, since) for number, (amount, since) in enumerate(told)]
    matured: Counter[int] = Counter()
    for each in lots:
        if each.since <= now:
            matured[each.since.astimezone(PARIS).year] += each.amount
    by_year, carried = converted_units(matured, rule, now.astimezone(PARIS).year)
    found = stand(lots, [], now, zone=PARIS, rule=rule)
    assert found.converted == {year: units for year, units in by_year.items() if units}
    assert found.convertible() == carried
    assert sum(units for _, units in found.exchanges) == sum(by_year.values())


LIVES = st.integers(1, 200)
SOME_LOTS = st.lists(
    st.builds(
        lambda reward_id, amount, since, days: Lot(
            reward_id, amount, since, None if days is None or reward_id is None else ends_at(since, days, PARIS)
        ),
        st.none() | st.sampled_from([UUID(int=number) for number in range(1, 9)]),
        AMOUNTS,
        SINCE,
        st.none() | LIVES,
    ),
    max_size=9,
    unique_by=lambda each: each.reward_id or each,
)
SOME_USES = st.lists(
    st.tuples(SINCE, st.integers(1, 80), st.none() | SINCE, st.none() | st.integers(1, 8)), max_size=5
).map(
    lambda told: [
        Use(
            f"k{number}",
            at,
            ((None if of is None else UUID(int=of), amount),),
            back if back is not None and back > at else None,
        )
        for number, (at, amount, back, of) in enumerate(told)
    ]
)


@given(SOME_LOTS, SOME_USES, st.none() | RULES, SINCE, st.randoms())
def test_nothing_is_lost_and_the_order_of_telling_makes_no_difference(
    lots: list[Lot], uses: list[Use], rule: Conversion | None, now: datetime, random: object
) -> None:
    found = stand(lots, uses, now, zone=PARIS, rule=rule)
    came = sum(each.amount for each in lots if each.since <= now)
    went = sum(amount for each in uses if each.given_back_at is None for _, amount in each.parts)
    left = sum(each.amount for each in found.left)
    assert left - found.debt == came - went - sum(found.expired.values()) - sum(found.converted.values())
    assert not (left and found.debt)
    assert all(each.amount > 0 for each in found.left)
    held = Counter({each.reward_id: each.amount for each in lots if each.since <= now})
    assert all(0 < amount <= held[reward_id] for reward_id, amount in found.expired.items())
    random.shuffle(lots)  # type: ignore[attr-defined]
    random.shuffle(uses)  # type: ignore[attr-defined]
    assert stand(lots, uses, now, zone=PARIS, rule=rule) == found


@settings(max_examples=50)
@given(SOME_LOTS, st.lists(st.tuples(SINCE, st.integers(1, 80)), max_size=4), SINCE)
def test_a_use_that_is_remembered_takes_what_it_took_while_nothing_else_is_told(
    lots: list[Lot], takings: list[tuple[datetime, int]], now: datetime
) -> None:
    uses: list[Use] = []
    for number, (at, amount) in enumerate(sorted(takings)):
        before = stand(lots, uses, at, zone=PARIS)
        parts, missing = before.taken_by(amount)
        assert missing == max(0, amount - sum(each.amount for each in before.left))
        if not missing:
            uses.append(Use(f"k{number}", at, tuple(parts)))
    found = stand(lots, uses, max([now, *(each.at for each in uses)]), zone=PARIS)
    assert found.debt == 0
    held = {each.reward_id: each.amount for each in lots}
    used: Counter[UUID | None] = Counter()
    for each in uses:
        used.update(dict(each.parts))
    assert all(amount <= held[reward_id] - used[reward_id] for reward_id, amount in found.expired.items())
