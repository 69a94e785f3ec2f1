"""Holds that ended: what one statement writes is what judging the purchases again would write, row by row."""

from datetime import timedelta

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from lives import EXPIRING, LAW, PROGRAMME, Body, lives
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import CENTRE, World, a_world, clearing, day, purchase, refund

from cashback.pipeline import pass_time
from cashback.purchases import service as purchases
from cashback.purchases.schemas import PurchaseKey
from cashback.rewards.passing import settle_ripe
from cashback.rewards.service import settle
from cashback.rewards.snapshot import load_snapshot

TABLES = {
    "rewards": "shopper_id, purchase_id, offer_id",
    "transfers": "shopper_id, key",
    "balances": "shopper_id, asset",
    "purchases": "shopper_id, network, purchase_ref",
    "matured_years": "shopper_id, asset, year",
    "lot_ends": "shopper_id, asset",
    "notices": "shopper_id, key",
    "grants": "shopper_id, purchase_id, offer_id",
}
"""Everything that either way may write, in an order."""


async def written(connection: AsyncConnection) -> dict[str, list[dict[str, object]]]:
    """All rows of those tables, but a transfer's random id and its transaction, and when a purchase was looked at last:

    judged again, what may belong together is written together, the refund of a purchase with it.
    """
    left_out = {"transfers": ("id", "place"), "purchases": ("updated_at",)}
    found = {}
    for table, order in TABLES.items():
        rows = await connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY {order}")
        found[table] = [{**row, **dict.fromkeys(left_out.get(table, ()))} for row in rows.mappings()]
    return found


async def either_way(
    world: World,
) -> tuple[int, dict[str, list[dict[str, object]]], dict[str, list[dict[str, object]]]]:
    """How much is ripe, and the tables after it was matured by the statement and after it was judged again."""
    outcomes = []
    ripe: list[PurchaseKey] = []
    for judged_again in (False, True):
        async with world.engine.connect() as connection:
            await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(world.operator_id),))
            snapshot = await load_snapshot(connection, world.operator_id)
            due = await purchases.due(connection, world.operator_id, world.now, 5_000)
            if judged_again:
                await settle(connection, snapshot, ripe, world.now)
            else:
                rest = await settle_ripe(connection, snapshot, due, world.now)
                ripe = [each for each in due if each not in rest]
            outcomes.append(await written(connection))
            await connection.rollback()
    return len(ripe), outcomes[0], outcomes[1]


@pytest.mark.parametrize("programme", [PROGRAMME, EXPIRING], ids=["for ever", "expiring"])
async def test_every_kind_of_reward_matures_either_way_alike(engine: AsyncEngine, programme: str) -> None:
    world = await a_world(engine, programme)
    await world.link()
    told = [each for number in range(5) for each in purchase(f"p{number}", 20_00 + number, at=day(number))]
    await world.play(*told, refund("r", 10_00, at=day(3), of="p1"), at=day(8))
    world.clock.move_to(day(13))
    ripe, by_statement, again = await either_way(world)
    assert ripe == 3
    assert by_statement == again
    matured = [each for each in by_statement["transfers"] if each["reason"] == "matured"]
    assert [(each["asset"], each["amount"]) for each in matured] == [("PTS", 10)] * 3
    assert {each["reason"] for each in by_statement["transfers"]} >= {"earned", "matured", "converted"}
    await world.drain()
    await world.audit()
    assert (await world.wallet())["EUR"][1] == 3_00


@settings(LAW, max_examples=LAW.max_examples // 2)
@given(lives(), st.integers(5, 100), st.integers(1, 60), st.sampled_from([PROGRAMME, EXPIRING]))
async def test_either_way_the_same_is_written(
    engine: AsyncEngine, life: list[Body], worked_on: int, days: int, programme: str
) -> None:
    world = await a_world(engine, programme)
    await world.link(at=day(0))
    await world.play(*life, at=day(worked_on))
    world.clock.advance(timedelta(days=days))
    ripe, by_statement, again = await either_way(world)
    note(f"{ripe} ripe")
    assert by_statement == again
    await world.drain()
    await world.audit()


async def test_a_purchase_of_which_anything_else_is_due_is_judged(engine: AsyncEngine) -> None:
    """One has not cleared and lapses; of the other the reward matured and expired while nobody worked."""
    offer = "{code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}, hold_days: 5, expires_after_days: 3}"
    assets = "assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]"
    world = await a_world(engine, f"{CENTRE}\n{assets}\noffers:\n  - {offer}\n")
    await world.link()
    await world.play(*purchase("p1", at=day(1)), purchase("p2", at=day(1))[0], at=day(3))
    world.clock.move_to(day(40))
    async with world.connection() as connection:
        due = await purchases.due(connection, world.operator_id, world.now, 10)
        assert len(due) == 2
        assert await settle_ripe(connection, await load_snapshot(connection, world.operator_id), due, world.now) == due
    await world.drain()
    assert (await world.purchases())["p2"] == ("lapsed", 0)
    assert await world.rewards() == {("p1", "ten"): ("EUR", 2_00, "expired")}
    await world.audit()


async def test_two_workers_mature_once_and_a_second_time_nothing_happens(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link()
    await world.play(*(clearing(f"p{number}", at=day(1)) for number in range(3)), at=day(2))
    world.clock.move_to(day(20))
    async with world.connection() as first:
        snapshot = await load_snapshot(first, world.operator_id)
        due = await purchases.due(first, world.operator_id, world.now, 10)
        assert len(due) == 3
        async with world.connection() as second:
            assert await settle_ripe(second, snapshot, due, world.now) == []
        assert await settle_ripe(first, snapshot, due, world.now) == []
    assert await world.wallet() == {"EUR": (0, 3_00, 0, 0)}
    moved = await world.transfers()
    assert await pass_time(world.engine, world.stage.road, world.operator_id, world.now) == 0
    assert await world.transfers() == moved
    await world.audit()
