"""Beside the road: parked messages are read again once mended, raw messages are forgotten in time."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CARD, FIVE_PERCENT, World, a_world, authorization, clearing, day

from cashback.upkeep import RAW_MESSAGES_KEPT, forget_raw_messages, retry_parked
from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.events import CardEvent
from issuers.sandbox import SandboxAdapter
from webhooks import aside


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    opened = await a_world(engine, FIVE_PERCENT)
    await opened.link(CARD)
    return opened


async def parked(world: World) -> list[tuple[str, bytes | None]]:
    async with world.connection() as connection:
        found = await aside.parked(connection, world.operator_id, world.stage.road.keyring)
    return [(each.code, each.message.body) for each in found]


async def test_a_parked_message_earns_once_the_parser_is_mended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = SandboxAdapter.parse

    def broken(self: SandboxAdapter, delivery: Delivery) -> tuple[CardEvent, ...]:
        raise Unreadable("amount_minor: expected an integer")

    monkeypatch.setattr(SandboxAdapter, "parse", broken)
    world.clock.move_to(day(1))
    await world.tell(authorization("p", 40_00, at=day(1)))
    await world.drain()
    assert [code for code, _ in await parked(world)] == ["unreadable"]
    assert await world.wallet() == {}

    assert await retry_parked(world.engine, world.stage.road, world.operator_id, world.now) == (0, 1)
    assert [code for code, _ in await parked(world)] == ["unreadable"]

    monkeypatch.setattr(SandboxAdapter, "parse", healthy)
    assert await retry_parked(world.engine, world.stage.road, world.operator_id, world.now) == (1, 0)
    assert await parked(world) == []
    assert await world.wallet() == {"EUR": (2_00, 0, 0, 0)}

    assert await retry_parked(world.engine, world.stage.road, world.operator_id, world.now) == (0, 0)
    await world.audit()


async def test_raw_messages_are_forgotten_after_their_time_and_wallets_stay(world: World) -> None:
    world.clock.move_to(day(1))
    await world.tell(authorization("p", 40_00, at=day(1)), clearing("p", 40_00, at=day(1, hour=2)))
    await world.drain()
    before = await world.wallet()
    kept = (world.engine, world.stage.road, world.operator_id)

    assert await forget_raw_messages(*kept, world.now + RAW_MESSAGES_KEPT - timedelta(days=1)) == 0
    assert await forget_raw_messages(*kept, day(1) + RAW_MESSAGES_KEPT + timedelta(days=31)) == 1
    assert await forget_raw_messages(*kept, day(1) + RAW_MESSAGES_KEPT + timedelta(days=31)) == 0
    assert await world.rows("SELECT count(*) FROM inbox_keys") == [(0,)]
    assert await world.wallet() == before
    await world.audit()
