"""The worker: several at once, over a restart of the database, without its bell, and told to stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import ACCOUNT, START, World, a_world, booked, day, purchase

from cashback.claims.schemas import Asked
from cashback.claims.service import make_claim
from cashback.db.embedded import EmbeddedPostgres, temporary_postgres
from cashback.db.engine import open_engine
from cashback.migrations.run import migrate
from cashback.pipeline import Road
from cashback.programmes.operators import open_operator
from cashback.wakeups import LocalWakeups, RedisWakeups, Wakeups
from cashback.worker import Worker
from webhooks import inbox
from webhooks.sealing import KeyRing

PATIENCE_SECONDS = 60.0
SHOPPERS, PURCHASES = 24, 10


@pytest.fixture
async def world(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[World]:
    """A world in a database of its own: a worker works for every operator it finds."""
    engine = open_engine(await new_database(), pool_size=8)
    yield await a_world(engine)
    await engine.dispose()


async def tell(world: World, first: int = 0, last: int = PURCHASES) -> None:
    """So many purchases of 20.00 for each shopper, on a card of their own; each earns 1.00 once it has cleared."""
    for number in range(SHOPPERS):
        if first == 0:
            await world.link(f"card-{number}", f"shopper-{number}", at=START)
        for each in range(first, last):
            await world.tell(*purchase(f"{number}-{each}", at=day(1, hour=each), card=f"card-{number}"))


async def assert_told(world: World, purchases: int = PURCHASES) -> None:
    """Everybody has what they earned, each transfer was posted once, and the books are clean."""
    wallets = [await world.wallet(f"shopper-{number}") for number in range(SHOPPERS)]
    assert wallets == [{"EUR": (purchases * 1_00, 0, 0, 0)}] * SHOPPERS
    assert await world.rows("SELECT count(*) FROM statements") == [(2 * SHOPPERS * purchases,)]
    assert await world.transfers() == SHOPPERS * purchases
    await world.audit()


@asynccontextmanager
async def working(world: World, engine: AsyncEngine, wakeups: Wakeups | None = None) -> AsyncIterator[None]:
    """A worker with its own memory and connections, for as long as the block lasts; then it is told to stop."""
    stop = asyncio.Event()
    bell = wakeups or LocalWakeups()
    worker = Worker(engine, Road(world.stage.road.keyring), world.clock, bell)
    task = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await task
        await bell.close()


async def worked(world: World) -> None:
    """Wait until nothing waits: no message, no instant that has passed, no shop that has become known."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with world.connection() as connection:
                depth = await inbox.depth(connection, world.operator_id)
            if not depth.waiting and not depth.held_back and not (await world.report()).waiting:
                return
            await asyncio.sleep(0.02)


async def test_workers_side_by_side_process_everything_once(world: World) -> None:
    await tell(world)
    engines = [open_engine(world.engine.url.render_as_string(hide_password=False), pool_size=4) for _ in range(2)]
    async with working(world, engines[0]), working(world, engines[1]), working(world, world.engine):
        await worked(world)
    for engine in engines:
        await engine.dispose()
    await assert_told(world)


async def test_a_worker_lets_time_pass(world: World) -> None:
    await tell(world)
    world.clock.move_to(day(20))
    async with working(world, world.engine):
        await worked(world)
    assert await world.wallet("shopper-0") == {"EUR": (0, PURCHASES * 1_00, 0, 0)}
    await world.audit()


async def test_a_worker_answers_claims_that_what_was_told_decides(world: World) -> None:
    await world.link()
    await world.link(ACCOUNT, provider="sandbox_bank")
    world.clock.move_to(day(2))
    asked = Asked("key", "cafe", day(1).date(), 20_00, "EUR")
    async with world.connection() as connection:
        snapshot, keyring = await world.stage.road.snapshots.current(connection, world.operator_id), KeyRing(bytes(32))
        who = await world.stage.shopper("anna")
        claim = await make_claim(connection, snapshot, keyring, world.stage.actor, who, asked, world.now)
    row = booked("b", on=day(1))
    row["merchant"]["descriptor"] = "CARTE CAFE CB*4521"
    await world.tell(row, provider="sandbox_bank")
    async with working(world, world.engine), asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await world.rows("SELECT 1 FROM claims WHERE state = 'accepted'"):
                break
            await asyncio.sleep(0.05)
    assert await world.purchases() == {"b": ("cleared", 20_00), claim.ref: ("witness", 0)}
    assert await world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    await world.audit()


async def test_a_worker_finds_operators_that_come_later(world: World) -> None:
    async with working(world, world.engine):
        later = await a_world(world.engine)
        later.stage.road.keyring = world.stage.road.keyring
        await tell(later)
        await worked(later)
    await assert_told(later)


async def test_a_worker_seals_what_it_posted_and_signs_the_heads_once_a_day(world: World) -> None:
    await tell(world)
    async with working(world, world.engine), asyncio.timeout(PATIENCE_SECONDS):
        await worked(world)
        while True:
            if not (await world.report()).unsealed:
                break
            await asyncio.sleep(0.05)
    assert await world.rows("SELECT sum(rows) FROM seals WHERE chain = 'transfers'") == [(SHOPPERS * PURCHASES,)]
    assert await world.rows("SELECT 1 FROM seal_signatures") == []
    for _ in range(2):
        async with working(world, world.engine), asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if await world.rows("SELECT 1 FROM seal_signatures"):
                    break
                await asyncio.sleep(0.05)
    assert await world.rows("SELECT chain, count(*) FROM seal_signatures GROUP BY 1 ORDER BY 1") == [
        ("audit_log", 1),
        ("transfers", 1),
    ]
    await assert_told(world)


async def test_a_worker_without_its_redis_works_on(world: World) -> None:
    await tell(world)
    async with working(world, world.engine, RedisWakeups("redis://127.0.0.1:1/0")):
        await worked(world)
    await assert_told(world)


@pytest.fixture
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server that a test may stop."""
    with temporary_postgres(fsync=False) as server:
        yield server


async def test_a_worker_survives_a_restart_of_the_database(own_server: EmbeddedPostgres) -> None:
    owner = open_engine(own_server.url(), role=None, pool_size=1)
    await migrate(owner)
    await owner.dispose()
    engine = open_engine(own_server.url(), pool_size=8)
    world = await a_world(engine)
    await tell(world, 0, PURCHASES // 2)
    async with working(world, engine):
        await asyncio.sleep(0.05)
        own_server.stop()
        await asyncio.sleep(0.5)
        own_server.start()
        await tell(world, PURCHASES // 2, PURCHASES)
        await worked(world)
    await assert_told(world)
    await engine.dispose()


async def test_an_operator_without_a_programme_holds_nobody_up(engine: AsyncEngine) -> None:
    """Created and not yet given its programme: the worker passes over it and works for the others."""
    unfinished = await open_operator(engine, slug=f"op-{uuid4().hex}", name="Unfinished", now=START)
    world = await a_world(engine)
    await world.link()
    await world.tell(*purchase("p", at=day(1)))
    world.clock.move_to(day(3))
    worker = Worker(engine, Road(world.stage.road.keyring), world.clock, LocalWakeups())
    worker._operators = [unfinished, world.operator_id]
    await worker._pump()
    await worker._tick()
    assert await world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    await world.audit()
