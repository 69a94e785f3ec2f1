"""One batch of several lanes: who takes which, what is taken together, and one bad message among them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world, clearing, day, purchase, refund

from cashback import pipeline
from cashback.db.engine import open_engine
from cashback.pipeline import LANES_MAX, Road, process_next
from issuers.adapter import Delivery
from issuers.events import CardEvent
from issuers.sandbox import SandboxAdapter
from webhooks import aside, inbox
from webhooks.messages import LANES, lane_of, subject_of


@pytest.fixture
async def world(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[World]:
    engine = open_engine(await new_database(), pool_size=12)
    yield await a_world(engine)
    await engine.dispose()


def card_of(lane: int) -> str:
    return next(card for card in (f"c{n}" for n in range(1000)) if lane_of(subject_of("sandbox", card), "") == lane)


async def tell_every_lane(world: World) -> None:
    """One purchase of 20.00 on a card of each lane, the lane with the highest number first; each earns 1.00."""
    for lane in reversed(range(LANES)):
        await world.link(card_of(lane), f"shopper-{lane}", at=day(0))
        await world.tell(*purchase(f"p{lane}", at=day(1), card=card_of(lane)))
    world.clock.move_to(day(3))


async def waiting(world: World) -> list[int]:
    """The lanes with work, once no transaction elsewhere on the server holds the readers up."""
    async with asyncio.timeout(30):
        while True:
            async with world.connection() as connection:
                if not (await inbox.depth(connection, world.operator_id)).held_back:
                    return list(await inbox.lanes_with_work(connection, world.operator_id))
            await asyncio.sleep(0.01)


async def worked(world: World, engine: AsyncEngine | None = None) -> dict[int, int]:
    road = Road(world.stage.road.keyring)
    return dict(await process_next(engine or world.engine, road, world.operator_id, world.now))


@asynccontextmanager
async def locked(world: World, *lanes: int) -> AsyncIterator[None]:
    """Another worker is at work on these lanes."""
    async with world.connection() as connection:
        await inbox.open_lanes(connection, world.operator_id)
    async with world.connection() as connection:
        await inbox.lock_free(connection, world.operator_id, lanes, LANES)
        yield


async def test_lanes_with_few_messages_share_a_batch_and_those_that_waited_longest_go_first(world: World) -> None:
    await tell_every_lane(world)
    assert await waiting(world) == list(reversed(range(LANES)))
    for last in range(LANES - 1, 0, -LANES_MAX):
        assert await worked(world) == {last - place: 2 for place in range(LANES_MAX)}
        await waiting(world)
    assert await worked(world) == {}
    assert [await world.wallet(f"shopper-{lane}") for lane in range(LANES)] == [{"EUR": (1_00, 0, 0, 0)}] * LANES
    await world.drain()
    await world.audit()


async def test_a_lane_with_many_messages_has_a_batch_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MANY", 4)
    await tell_every_lane(world)
    await world.tell(*purchase("more", at=day(1), card=card_of(15)), *purchase("most", at=day(1), card=card_of(13)))
    await waiting(world)
    assert await worked(world) == {15: 4}
    await waiting(world)
    assert await worked(world) == {14: 2, 12: 2, 11: 2, 10: 2}
    await waiting(world)
    assert await worked(world) == {13: 4}


async def test_a_lane_that_another_worker_holds_is_passed_over(world: World) -> None:
    await tell_every_lane(world)
    await waiting(world)
    async with locked(world, 15, 13, 12, 3):
        assert await worked(world) == {14: 2, 11: 2, 10: 2, 9: 2}


async def test_workers_side_by_side_never_share_a_lane_and_none_takes_them_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_every_lane(world)
    await waiting(world)
    together, travel = asyncio.Barrier(LANES // LANES_MAX), pipeline._travel

    async def all_at_once(*arguments: object) -> None:
        async with asyncio.timeout(30):
            await together.wait()
        await travel(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "_travel", all_at_once)
    shares = await asyncio.gather(*(worked(world) for _ in range(LANES // LANES_MAX)))
    assert [len(share) for share in shares] == [LANES_MAX] * len(shares)
    assert sorted(lane for share in shares for lane in share) == list(range(LANES))
    assert await world.transfers() == LANES
    await world.drain()
    await world.audit()


async def test_all_that_waits_of_a_card_is_taken_in_one_batch_with_other_lanes(world: World) -> None:
    """Refunds and further purchases of two cards, told after everything else was."""
    await tell_every_lane(world)
    for lane in (15, 14):
        await world.tell(refund(f"r{lane}", 10_00, at=day(2), of=f"p{lane}", card=card_of(lane)))
        await world.tell(clearing(f"q{lane}", 40_00, at=day(2), card=card_of(lane)))
    await waiting(world)
    assert await worked(world) == {15: 4, 14: 4, 13: 2, 12: 2}
    assert await world.wallet("shopper-15") == await world.wallet("shopper-14") == {"EUR": (50 + 2_00, 0, 0, 0)}
    await world.drain()
    await world.audit()


async def test_a_message_that_cannot_be_processed_is_parked_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell_every_lane(world)
    parse = SandboxAdapter.parse

    def poisoned(self: SandboxAdapter, delivery: Delivery) -> tuple[CardEvent, ...]:
        events = parse(self, delivery)
        if any(event.purchase_ref == "p14" and event.kind == "clearing" for event in events):
            raise ZeroDivisionError("nobody foresaw this")
        return events

    monkeypatch.setattr(SandboxAdapter, "parse", poisoned)
    await waiting(world)
    counted = await worked(world)
    assert counted == {**dict.fromkeys(range(LANES), 2), 14: 1}
    await world.drain()
    async with world.connection() as connection:
        (parked,) = await aside.parked(connection, world.operator_id, world.stage.road.keyring)
    assert (parked.message.lane, parked.code) == (14, "failed")
    wallets = [await world.wallet(f"shopper-{lane}") for lane in range(LANES)]
    assert [wallet for lane, wallet in enumerate(wallets) if lane != 14] == [{"EUR": (1_00, 0, 0, 0)}] * (LANES - 1)
    assert (await world.report()).breaches == []
