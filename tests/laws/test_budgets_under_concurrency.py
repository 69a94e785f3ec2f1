"""No budget is exceeded, whoever works at the same time.

Invariants, with eight workers on all lanes at once, as tasks and as processes, and with two cards of one shopper in two
lanes: the quota equals the sum of its grants and never exceeds its cap; the whole budget is used while anybody still
asks for it; what the winners got, and what the losers got instead, sums up to what the load asked; a refund gives back.
"""

import asyncio
import secrets
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from workers import cards_in_different_lanes, side_by_side
from world import CENTRE, World, a_world, clearing, day, refund

from cashback import pipeline
from cashback.pipeline import Road
from webhooks.sealing import KeyRing

PURCHASES = 120
MASTER = secrets.token_bytes(32)
PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 30, into: EUR, amount: "1.00"}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}, budget: "100.00"}
  - {code: two, reward: {kind: percent, asset: EUR, rate_bps: 200}}
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 10}}
"""
)


async def a_load(engine: AsyncEngine, *, cards: int, shoppers: int) -> World:
    """120 purchases of 20.00, each worth 2.00 of a budget of 100.00: fifty can have it."""
    world = await a_world(engine, PROGRAMME)
    world.stage.road = Road(KeyRing(MASTER))
    tokens = cards_in_different_lanes(cards)
    for number, token in enumerate(tokens):
        await world.link(token, f"shopper-{number % shoppers}")
    await world.tell(
        *(
            clearing(f"p{number}", 20_00, at=day(1) + timedelta(minutes=number), card=tokens[number % cards])
            for number in range(PURCHASES)
        )
    )
    world.clock.move_to(day(2))
    return world


async def the_budget_is_spent_to_the_cent(world: World, shoppers: int) -> None:
    assert await world.rows("SELECT cap, granted FROM quotas") == [(100_00, 100_00)]
    assert await world.rows("SELECT sum(granted)::bigint FROM grants") == [(100_00,)]
    assert await world.rows("SELECT why, count(*) FROM grants GROUP BY why ORDER BY why") == [
        ("granted", 50),
        ("refused", PURCHASES - 50),
    ]
    by_offer = """SELECT o.code, sum(r.amount)::bigint, count(*) FROM rewards r
        JOIN offers o ON o.operator_id = r.operator_id AND o.id = r.offer_id
        WHERE r.amount > 0 GROUP BY o.code ORDER BY o.code"""
    assert await world.rows(by_offer) == [
        ("points", PURCHASES * 10, PURCHASES),
        ("ten", 100_00, 50),
        ("two", (PURCHASES - 50) * 40, PURCHASES - 50),
    ]
    wallets = [await world.wallet(f"shopper-{number}") for number in range(shoppers)]
    points = PURCHASES // shoppers * 10
    assert [wallet["PTS"] for wallet in wallets] == [(0, points % 30, points - points % 30, 0)] * shoppers
    euros = sum(wallet["EUR"][1] for wallet in wallets)
    assert euros == 100_00 + (PURCHASES - 50) * 40 + shoppers * (points // 30) * 1_00
    await world.drain()
    await world.audit()


@pytest.mark.parametrize(("cards", "shoppers"), [(8, 8), (8, 4), (8, 1)])
async def test_eight_workers_on_eight_lanes(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, cards: int, shoppers: int
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_MAX", 4)
    world = await a_load(engine, cards=cards, shoppers=shoppers)
    await side_by_side(world)
    await the_budget_is_spent_to_the_cent(world, shoppers)


async def test_processes_of_their_own(engine: AsyncEngine, database_url: str) -> None:
    world = await a_load(engine, cards=8, shoppers=4)
    program = str(Path(__file__).with_name("worker_process.py"))
    arguments = (database_url, str(world.operator_id), world.now.isoformat(), MASTER.hex())
    processes = [await asyncio.create_subprocess_exec(sys.executable, program, *arguments) for _ in range(3)]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    await the_budget_is_spent_to_the_cent(world, 4)


async def test_what_refunds_give_back_is_given_to_others_and_never_twice(engine: AsyncEngine) -> None:
    world = await a_load(engine, cards=4, shoppers=2)
    await side_by_side(world)
    winners = await world.rows(
        """SELECT p.purchase_ref, c.token FROM grants g
        JOIN purchases p ON p.shopper_id = g.shopper_id AND p.id = g.purchase_id
        JOIN cards c ON c.card_id = p.card_id WHERE g.granted > 0 ORDER BY p.purchase_ref LIMIT 10"""
    )
    back = [refund(f"r-{ref}", 20_00, at=day(3), of=ref, card=card) for ref, card in winners]
    cards = [card for _, card in winners]
    await world.tell(*back)
    await side_by_side(world)
    assert await world.rows("SELECT granted FROM quotas") == [(80_00,)]
    more = [clearing(f"late{number}", 20_00, at=day(4), card=cards[number % len(cards)]) for number in range(30)]
    world.clock.move_to(day(5))
    await world.tell(*more)
    await side_by_side(world)
    assert await world.rows("SELECT cap, granted FROM quotas") == [(100_00, 100_00)]
    assert await world.rows("SELECT sum(granted)::bigint FROM grants") == [(100_00,)]
    await world.drain()
    await world.audit()
