"""Quotas are given to purchases of the past as the road gives them: the same amounts in the same order."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from world import START

from cashback.backtest.granting import World
from cashback.backtest.judging import JOINED, Ask
from cashback.backtest.resampling import BINS_MAX, cost_range
from cashback.offers.schemas import Draw, Entitlement, Grant
from cashback.rewards.quotas import GrantKey, allocate

OFFER = UUID(int=9)
DRAWS = (
    Draw("total", 100, times=False, whole=False),
    Draw("times:offer:day", 4, times=True, whole=False),
    Draw("amount:shop:life", 60, times=False, whole=True),
)


@given(st.lists(st.tuples(st.integers(1, 40), st.sets(st.sampled_from(DRAWS), min_size=1)), min_size=1, max_size=12))
def test_quotas_give_what_the_road_gives(asked: list[tuple[int, set[Draw]]]) -> None:
    world = World({})
    owed = []
    for number, (amount, chosen) in enumerate(asked):
        draws = tuple(each for each in DRAWS if each in chosen)
        purchase_id = UUID(int=100 + number)
        ask = Ask(JOINED, START + timedelta(hours=number), "x", purchase_id, OFFER, amount, amount, draws)
        world.hear(UUID(int=number), [ask])
        owed.append(
            Entitlement(UUID(int=number), purchase_id, OFFER, 1, "EUR", amount, amount, amount, amount, draws, None, [])
        )
    world.answer()
    left = {(OFFER, each.bucket): each.cap for each in DRAWS}

    def choose(grants: Mapping[GrantKey, Grant], may_ask: bool) -> list[Entitlement]:
        held = {key[0] for key in grants}
        return [each if may_ask and each.purchase_id not in held else replace(each, asks=0) for each in owed]

    road = allocate(choose, {}, left).grants
    mine = {key: entry.granted for held in world.entries.values() for key, entry in held.items()}
    assert {key: grant.granted for key, grant in road.items()} == mine


def test_the_range_of_many_costs_holds_the_cost_and_is_as_wide_as_theory_says() -> None:
    costs = dict.fromkeys(range(100, 100 + BINS_MAX + 500), 10)
    shoppers, total = 20_000, sum(amount * 10 for amount in costs)
    found = cost_range(costs, shoppers, seed=5)
    assert found.p5 < total < found.p95
    mean = total / shoppers
    deviation = (sum(10 * amount**2 for amount in costs) - shoppers * mean**2) ** 0.5
    assert 0.9 < (found.p95 - found.p5) / (2 * 1.645 * deviation) < 1.1
    assert abs(found.p50 - total) < deviation / 5


def test_a_range_of_equal_costs_is_a_point_and_stays_below_a_budget() -> None:
    assert cost_range({500: 80}, 80, seed=1) == (40_000, 40_000, 40_000)
    assert cost_range({500: 80}, 800, seed=1, at_most=40_000).p95 == 40_000
    assert cost_range({}, 5, seed=1) == (0, 0, 0)
