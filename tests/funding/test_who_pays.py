"""Stories of funders: a brand and a shop that share in an offer, pay before or after, and run out of money."""

import asyncio
from itertools import pairwise

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, day, purchase, refund

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden, Invalid
from cashback.funding import service
from cashback.funding.schemas import Funder, Mode, Payment, Standing
from cashback.programmes.service import lock_revision_shared
from cashback.rewards.snapshot import load_snapshot
from cashback.upkeep import watch_funds

OFFERS = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 100, into: EUR, amount: "5.00"}}
offers:
  - code: ten
    reward: {kind: percent, asset: EUR, rate_bps: 1000}
    funding: [{funder: shop, share_bps: 3333}, {funder: brand, share_bps: 3333}, {funder: operator, share_bps: 3334}]
  - code: points
    reward: {kind: fixed, asset: PTS, amount: 10}
    funding: [{funder: brand, share_bps: 10000}]
"""
).replace("{code: cafe, name: Café,", "{code: cafe, name: Café, brand: Lune,")


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    made = await a_world(engine, OFFERS)
    await made.link()
    return made


def person(world: World, *scopes: Scope) -> Actor:
    return Actor(world.operator_id, "person:ada", frozenset(scopes or {Scope.MONEY}))


async def tell(world: World, funder: str, mode: Mode, alert_minor: int = 0) -> None:
    async with world.connection() as connection:
        account = service.account_of(await load_snapshot(connection, world.operator_id), funder)
        told = Funder(account, funder, mode, alert_minor=alert_minor)
        await service.tell_of(connection, person(world), told, world.now)


async def pay(world: World, funder: str, amount: int, key: str, payment: Payment = Payment.TOP_UP) -> bool:
    async with world.connection() as connection:
        snapshot = await load_snapshot(connection, world.operator_id)
        account = service.account_of(snapshot, funder)
        return await service.record(connection, person(world), snapshot, account, payment, amount, key, world.now)


async def standing(world: World) -> dict[str, Standing]:
    async with world.connection() as connection:
        snapshot = await load_snapshot(connection, world.operator_id)
        found = await service.standings(connection, snapshot)
        return {service.named(each.funder.account, snapshot.shops.shops): each for each in found}


async def owed(world: World) -> dict[str, dict[str, int]]:
    return {name: dict(each.balances) for name, each in (await standing(world)).items()}


async def watch(world: World) -> list[str]:
    return await watch_funds(world.engine, world.stage.road, world.operator_id, world.clock)


async def test_each_funder_pays_its_share_and_a_refund_gives_it_back(world: World) -> None:
    await world.play(*purchase("p", 10_01, at=day(1)), at=day(3))
    assert await world.wallet() == {"EUR": (0, 1_00, 0, 0), "PTS": (0, 10, 0, 0)}
    assert await owed(world) == {
        "shop:cafe": {"EUR": -33},
        "brand:Lune": {"EUR": -33, "PTS": -10},
        "operator": {"EUR": -34},
    }
    await world.play(refund("r", 5_00, at=day(4), of="p"), at=day(5))
    assert await world.wallet() == {"EUR": (0, 50, 0, 0), "PTS": (0, 10, 0, 0)}
    assert {name: each["EUR"] for name, each in (await owed(world)).items()} == {
        "shop:cafe": -16,
        "brand:Lune": -17,
        "operator": -17,
    }
    await world.audit()


async def test_a_shop_that_turns_out_to_be_another_one_takes_the_cost_with_it(world: World) -> None:
    await world.play(*purchase("p", 10_00, at=day(1)), at=day(3))
    assert (await owed(world))["shop:cafe"] == {"EUR": -33}
    moved = OFFERS.replace('value: "1001"', 'value: "9999"').replace('value: "1002"', 'value: "1001"')
    await world.apply(moved)
    await world.drain()
    found = await owed(world)
    assert found["shop:books"] == {"EUR": -33}
    assert found["brand:Books"] == {"EUR": -33, "PTS": -10}
    assert (found["shop:cafe"], found["brand:Lune"]) == ({"EUR": 0}, {"EUR": 0, "PTS": 0})
    assert await world.wallet() == {"EUR": (0, 1_00, 0, 0), "PTS": (0, 10, 0, 0)}
    await world.audit()


async def test_a_prepaid_brand_that_runs_out_promises_nothing_more_until_it_pays(world: World) -> None:
    await tell(world, "brand:Lune", Mode.PREPAID, alert_minor=1_00)
    assert await pay(world, "brand:Lune", 1_50, "july")
    assert await watch(world) == []
    await world.play(*purchase("p1", 20_00, at=day(1)), at=day(3))
    assert (await standing(world))["brand:Lune"].worth_minor == 1_50 - 67 - 50
    assert await watch(world) == ["funder:brand:Lune"]
    low = (await standing(world))["brand:Lune"]
    assert (low.funder.low_since, low.paused_since) == (world.now, None)
    assert await watch(world) == []

    await world.play(*purchase("p2", 20_00, at=day(4)), at=day(6))
    assert (await standing(world))["brand:Lune"].worth_minor < 0
    assert await watch(world) == ["funder:brand:Lune"]
    assert (await standing(world))["brand:Lune"].paused_since == day(6)

    before = await world.wallet()
    await world.play(*purchase("late", 20_00, at=day(5)), *purchase("p3", 20_00, at=day(7)), at=day(9))
    after = await world.wallet()
    assert after["EUR"][1] == before["EUR"][1] + 2_00  # bought before the pause: promised, and paid
    assert after["PTS"][1] == before["PTS"][1] + 10
    assert {ref for ref, _ in await world.rewards()} == {"p1", "p2", "late"}

    assert await pay(world, "brand:Lune", 50_00, "august")
    assert await watch(world) == ["funder:brand:Lune", "funder:brand:Lune"]
    await world.play(*purchase("p4", 20_00, at=day(10)), at=day(12))
    assert {ref for ref, _ in await world.rewards()} == {"p1", "p2", "late", "p4"}
    await world.play(refund("r", 20_00, at=day(13), of="p1"), at=day(14))
    assert {ref for ref, _ in await world.rewards()} == {"p2", "late", "p4"}
    await world.audit()


async def test_a_pause_that_had_to_wait_begins_when_it_holds_the_programme(world: World) -> None:
    await tell(world, "brand:Lune", Mode.PREPAID)
    world.clock.move_to(day(2))
    async with world.connection() as batch:
        await lock_revision_shared(batch, world.operator_id)
        waiting = asyncio.create_task(watch(world))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        world.clock.move_to(day(3))
    assert await waiting == ["funder:brand:Lune"] * 2
    assert (await standing(world))["brand:Lune"].paused_since == day(3)


async def test_what_a_funder_pays_is_recorded_once(world: World) -> None:
    told = await asyncio.gather(*(pay(world, "shop:cafe", 10_00, "k") for _ in range(8)))
    assert sorted(told) == [False] * 7 + [True]
    with pytest.raises(Conflict):
        await pay(world, "shop:cafe", 11_00, "k")
    assert await pay(world, "shop:cafe", 4_00, "back", Payment.PAID_BACK)
    assert await owed(world) == {"shop:cafe": {"EUR": 6_00}}
    assert await world.transfers() == 2
    await world.audit()


@pytest.mark.parametrize("funder", ["shop:nowhere", "brand:Nobody", "shops:cafe", "", "funder:operator"])
async def test_nobody_pays_for_a_shop_that_does_not_exist(world: World, funder: str) -> None:
    with pytest.raises(Invalid, match="expected operator, shop:<code of a shop> or brand:<its name"):
        await pay(world, funder, 1_00, "k")
    assert await world.transfers() == 0


async def test_who_may_not_handle_money_moves_none(world: World) -> None:
    async with world.connection() as connection:
        snapshot = await load_snapshot(connection, world.operator_id)
        stranger = person(world, Scope.READ)
        with pytest.raises(Forbidden):
            await service.record(connection, stranger, snapshot, "funder:operator", Payment.TOP_UP, 1, "k", world.now)
        with pytest.raises(Forbidden):
            await service.stop(connection, stranger, "funder:operator", "because", world.now)
        with pytest.raises(Invalid):
            await service.stop(connection, person(world), "funder:operator", " ", world.now)
    assert await world.transfers() == 0
    assert await world.rows("SELECT funder FROM funding_pauses") == []


async def test_a_pause_that_is_lifted_and_made_again_within_one_instant_stands(world: World) -> None:
    world.clock.move_to(day(2))
    async with world.connection() as connection:
        account = service.account_of(await load_snapshot(connection, world.operator_id), "shop:cafe")
    for number in range(3):
        async with world.connection() as connection:
            assert await service.stop(connection, person(world), account, f"repair {number}", world.now)
        async with world.connection() as connection:
            assert await service.lift(connection, person(world), account, world.now) is True
    async with world.connection() as connection:
        assert await service.stop(connection, person(world), account, "at last", world.now)
    spans = await world.rows("SELECT since, until, why FROM funding_pauses ORDER BY since")
    assert [why for _, _, why in spans] == ["repair 0", "repair 1", "repair 2", "at last"]
    assert all(until == later for (_, until, _), (later, _, _) in pairwise(spans))
    assert spans[-1][1] is None
    await world.play(*purchase("p", 10_00, at=day(3)), at=day(5))
    assert await world.wallet() == {"PTS": (0, 10, 0, 0)}
    await world.audit()


async def test_a_person_pauses_a_funder_and_only_a_person_lifts_it(world: World) -> None:
    await tell(world, "shop:cafe", Mode.PREPAID)
    await pay(world, "shop:cafe", 100_00, "k")
    world.clock.move_to(day(2))
    async with world.connection() as connection:
        account = service.account_of(await load_snapshot(connection, world.operator_id), "shop:cafe")
    async with world.connection() as connection:
        assert await service.stop(connection, person(world), account, "under repair", world.now)
        assert not await service.stop(connection, person(world), account, "again", world.now)
    assert await watch(world) == []
    await world.play(*purchase("p", 10_00, at=day(3)), at=day(5))
    assert await world.wallet() == {"PTS": (0, 10, 0, 0)}
    async with world.connection() as connection:
        assert await service.lift(connection, person(world), account, world.now)
    await world.play(*purchase("q", 10_00, at=day(6)), at=day(8))
    assert await world.wallet() == {"EUR": (0, 1_00, 0, 0), "PTS": (0, 20, 0, 0)}
    await world.audit()
