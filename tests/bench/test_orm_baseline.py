"""The baseline of the bench is worth comparing with only if it does the same work: same events, same books."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.road.load import Load, make_load, reference, token
from bench.road.oracle import wallets
from bench.road.orm import process_one
from bench.road.programme import programme
from cashback.audit import audit
from cashback.db.engine import fetch, transaction
from cashback.pipeline import process_lane
from cashback.replay.script import Deliver, Link
from cashback.replay.stage import Stage, set_stage
from webhooks.messages import LANES

PRESENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LINKED_AT = datetime(2026, 1, 1, tzinfo=UTC)

PURCHASES = """
SELECT r.reference, p.purchase_ref, p.state, p.authorised_minor, p.cleared_minor, p.refunded_minor, p.credited_minor,
    p.net_minor, p.purchased_at, p.cleared_at, s.code, p.credit_to, p.due_at
FROM purchases p JOIN shopper_references r ON r.shopper_id = p.shopper_id LEFT JOIN shops s ON s.id = p.shop_id
ORDER BY r.reference, p.purchase_ref
"""
# What was taken back whole leaves a row only where a batch ended between the two, so it is left out.
REWARDS = """
SELECT p.purchase_ref, o.code, w.offer_version, w.asset, w.state, w.pending, w.available, w.matures_at, w.trail::text
FROM rewards w JOIN purchases p ON p.shopper_id = w.shopper_id AND p.id = w.purchase_id
JOIN offers o ON o.id = w.offer_id WHERE w.pending + w.available > 0 ORDER BY p.purchase_ref, o.code
"""
BALANCES = """
SELECT r.reference, b.asset, b.pending, b.available, b.converted, b.paid
FROM balances b JOIN shopper_references r ON r.shopper_id = b.shopper_id
WHERE (b.pending, b.available, b.converted, b.paid) <> (0, 0, 0, 0) ORDER BY r.reference, b.asset
"""
GRANTS = """
SELECT p.purchase_ref, o.code, g.wanted, g.granted, g.why
FROM grants g JOIN purchases p ON p.shopper_id = g.shopper_id AND p.id = g.purchase_id
JOIN offers o ON o.id = g.offer_id WHERE g.wanted > 0 ORDER BY p.purchase_ref, o.code
"""


async def told(engine: AsyncEngine, load: Load) -> Stage:
    """An operator whose inbox holds the load."""
    stage = await set_stage(engine, programme(), LINKED_AT)
    for shopper in load.shoppers:
        await stage.link(Link(reference(shopper), "sandbox", token(shopper), None))
    stage.clock.move_to(PRESENT)
    for each in load.messages:
        await stage.deliver(Deliver("sandbox", body=each.body))
    return stage


async def books(engine: AsyncEngine, stage: Stage) -> dict[str, Sequence[Any]]:
    """Everything that may not differ, once the audit has found nothing."""
    async with transaction(engine, stage.operator_id) as connection:
        assert (await audit(connection, stage.operator_id, PRESENT)).breaches == []
        statements = {"purchases": PURCHASES, "rewards": REWARDS, "balances": BALANCES, "grants": GRANTS}
        return {name: await fetch(connection, sql) for name, sql in statements.items()}


async def by_orm(engine: AsyncEngine, stage: Stage) -> None:
    for lane in range(LANES):
        while await process_one(engine, stage.road, stage.operator_id, lane, PRESENT):
            pass


async def by_road(engine: AsyncEngine, stage: Stage) -> None:
    for lane in range(LANES):
        while await process_lane(engine, stage.road, stage.operator_id, lane, PRESENT):
            pass


def wallets_of(rows: Sequence[Any]) -> dict[tuple[int, str], tuple[int, int, int]]:
    return {(int(row[0][1:]), row[1]): (row[2], row[3], row[4]) for row in rows}


@pytest.mark.parametrize("seed", [11])
async def test_both_keep_the_same_books_and_the_wallets_that_the_load_leads_to(engine: AsyncEngine, seed: int) -> None:
    load = make_load(220, range(12), PRESENT, seed=seed)
    orm, road = await told(engine, load), await told(engine, load)
    await by_orm(engine, orm)
    await by_road(engine, road)
    kept = await books(engine, orm)
    assert kept == await books(engine, road)
    assert wallets_of(kept["balances"]) == wallets(load)
    assert kept["grants"] != []


def test_the_load_has_every_turn_a_purchase_can_take() -> None:
    load = make_load(2_000, range(100), PRESENT)
    assert load == make_load(2_000, range(100), PRESENT)
    assert any(each.cleared is None for each in load.bought)
    assert any(each.cleared not in (None, each.authorised) for each in load.bought)
    assert any(each.refunds for each in load.bought)
    assert len(load.given_back) > 10


async def test_the_same_delivery_again_changes_nothing_in_the_baseline(engine: AsyncEngine) -> None:
    load = make_load(60, range(4), PRESENT, seed=13)
    stage = await told(engine, load)
    await by_orm(engine, stage)
    before = await books(engine, stage)
    async with transaction(engine, stage.operator_id) as connection:
        await connection.exec_driver_sql("UPDATE inbox_cursors SET xid = '0', ordinal = -1")
    await by_orm(engine, stage)
    assert await books(engine, stage) == before
