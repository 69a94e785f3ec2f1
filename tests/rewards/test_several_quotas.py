"""A reward drawn from several quotas at once: a budget, one of the day, one of the shop, in amounts and in times."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.offers.limits import drawn
from cashback.offers.schemas import SOMEBODY, Draw, Entitlement, Grant
from cashback.rewards.quotas import Allocation, Choose, GrantKey, QuotaKey, allocate

OFFER = UUID(int=9)
P, Q, R = (UUID(int=number) for number in (1, 2, 3))
BUDGET = Draw("total", 0, times=False, whole=False)
DAY = Draw("amount:offer:day::2026-11-29", 0, times=False, whole=False)
ALL_OR_NOTHING = Draw("amount:offer:week::2026-W48", 0, times=False, whole=True)
TIMES = Draw("times:shop:day:x:2026-11-29", 0, times=True, whole=False)
Wanted = dict[UUID, tuple[int, tuple[Draw, ...]]]
"""What the offer would give to each purchase, in order, and what that is drawn from."""


def one_offer(wanted: Wanted) -> Choose:
    def choose(grants: dict[GrantKey, Grant], may_ask: bool) -> list[Entitlement]:  # type: ignore[type-arg]
        found = []
        for purchase, (worth, draws) in wanted.items():
            buckets = tuple(each.bucket for each in draws)
            grant = grants.get((purchase, OFFER))
            held = grant if grant is not None and grant.buckets == buckets else Grant(0, 0, buckets)
            asks = max(0, worth - held.wanted) if may_ask else 0
            amount = min(held.granted, worth) + asks
            found.append(Entitlement(SOMEBODY, purchase, OFFER, 1, "EUR", amount, worth, worth, asks, draws, None, []))
        return found

    return choose  # type: ignore[return-value]


def asked(wanted: Wanted, left: dict[Draw, int], held: dict[UUID, Grant] | None = None) -> Allocation:
    keyed = {(purchase, OFFER): grant for purchase, grant in (held or {}).items()}
    return allocate(one_offer(wanted), keyed, {(OFFER, draw.bucket): room for draw, room in left.items()})


def granted(allocation: Allocation) -> dict[UUID, int]:
    return {each.purchase_id: each.amount for each in allocation.entitlements if each.amount}


def taken(allocation: Allocation) -> dict[str, int]:
    return {bucket: moved for (_, bucket), moved in allocation.taken.items()}


@pytest.mark.parametrize(
    ("draws", "left", "gives"),
    [
        ((BUDGET, DAY), {BUDGET: 9, DAY: 9}, 5),
        ((BUDGET, DAY), {BUDGET: 9, DAY: 3}, 3),  # the emptiest decides
        ((BUDGET, DAY), {BUDGET: 2, DAY: 3}, 2),
        ((BUDGET, DAY), {BUDGET: 9, DAY: 0}, 0),
        ((BUDGET, DAY), {BUDGET: 9}, 0),  # without a row it has nothing
        ((BUDGET, TIMES), {BUDGET: 9, TIMES: 1}, 5),
        ((BUDGET, TIMES), {BUDGET: 9, TIMES: 0}, 0),
        ((ALL_OR_NOTHING,), {ALL_OR_NOTHING: 5}, 5),
        ((ALL_OR_NOTHING,), {ALL_OR_NOTHING: 4}, 0),
        ((DAY, ALL_OR_NOTHING, TIMES), {DAY: 4, ALL_OR_NOTHING: 4, TIMES: 7}, 4),  # all of what the day has left
        ((ALL_OR_NOTHING, DAY), {ALL_OR_NOTHING: 4, DAY: 9}, 0),
    ],
)
def test_what_several_quotas_give_to_five(draws: tuple[Draw, ...], left: dict[Draw, int], gives: int) -> None:
    allocation = asked({P: (5, draws)}, left)
    assert granted(allocation) == ({P: gives} if gives else {})
    buckets = tuple(each.bucket for each in draws)
    assert allocation.grants == {(P, OFFER): Grant(5, gives, buckets)}
    assert taken(allocation) == {each.bucket: 1 if each.times else gives for each in draws if gives}


def test_what_is_refused_by_one_takes_nothing_of_the_others() -> None:
    allocation = asked({P: (5, (BUDGET, DAY)), Q: (5, (BUDGET,))}, {BUDGET: 5, DAY: 0})
    assert granted(allocation) == {Q: 5}
    assert taken(allocation) == {"total": 5}


def test_what_one_takes_of_a_shared_quota_the_next_does_not_find() -> None:
    draws = (DAY, TIMES)
    allocation = asked({P: (5, draws), Q: (5, draws), R: (5, draws)}, {DAY: 8, TIMES: 3})
    assert granted(allocation) == {P: 5, Q: 3}
    assert taken(allocation) == {DAY.bucket: 8, TIMES.bucket: 2}


def test_a_reward_that_grows_counts_once_in_times_and_one_that_goes_gives_its_turn_back() -> None:
    buckets = (TIMES.bucket, DAY.bucket)
    held = {P: Grant(3, 3, buckets)}
    grown = asked({P: (5, (TIMES, DAY))}, {TIMES: 0, DAY: 9}, held)
    assert (granted(grown), taken(grown)) == ({P: 5}, {DAY.bucket: 2})
    gone = asked({}, {TIMES: 0, DAY: 0}, held)
    assert (granted(gone), taken(gone)) == ({}, {DAY.bucket: -3, TIMES.bucket: -1})
    handed_on = asked({P: (0, (TIMES, DAY)), Q: (5, (TIMES, DAY))}, {TIMES: 0, DAY: 0}, held)
    assert (granted(handed_on), taken(handed_on)) == ({Q: 3}, {})


def test_a_grant_of_other_quotas_is_given_back_and_asked_for_anew() -> None:
    """The purchase is told to lie in another shop, or is judged by another version."""
    allocation = asked({P: (5, (DAY,))}, {DAY: 4, TIMES: 0}, {P: Grant(5, 5, (TIMES.bucket,))})
    assert granted(allocation) == {P: 4}
    assert allocation.grants == {(P, OFFER): Grant(5, 4, (DAY.bucket,))}
    assert taken(allocation) == {TIMES.bucket: -1, DAY.bucket: 4}


DRAWS = st.lists(st.sampled_from([BUDGET, DAY, ALL_OR_NOTHING, TIMES]), min_size=1, max_size=4, unique=True).map(tuple)
BATCH = st.dictionaries(st.sampled_from([P, Q, R]), st.tuples(st.integers(0, 9), DRAWS), max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.lists(BATCH, max_size=6), st.lists(st.integers(0, 15), min_size=4, max_size=4))
def test_no_bucket_is_ever_exceeded_and_each_equals_its_grants(batches: list[Wanted], caps: list[int]) -> None:
    room = {(OFFER, draw.bucket): cap for draw, cap in zip((BUDGET, DAY, ALL_OR_NOTHING, TIMES), caps, strict=True)}
    given: dict[QuotaKey, int] = dict.fromkeys(room, 0)
    grants: dict[GrantKey, Grant] = {}
    for wanted in batches:
        mine = {key: grant for key, grant in grants.items() if key[0] in wanted}
        allocation = allocate(one_offer(wanted), mine, {key: room[key] - given[key] for key in room})
        grants |= allocation.grants
        for key, moved in allocation.taken.items():
            given[key] += moved
        for (_, bucket), amount in given.items():
            assert amount == sum(drawn(grant).get(bucket, 0) for grant in grants.values())
            assert 0 <= amount <= room[OFFER, bucket]
        for each in allocation.entitlements:
            held = grants.get((each.purchase_id, OFFER), Grant(0, 0))
            assert each.amount <= held.granted
