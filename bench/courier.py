"""The part `courier`: what it costs the road that somebody listens, and how fast deliveries are sent.

The road is measured with and without an endpoint that is left alone, in turns, so that a busy moment of the machine
meets both alike. Deliveries are measured up to the socket and from it on: taken, signed, recorded; the receiver answers
at once, in the same process.
"""

import time
from statistics import median
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from bench.road.drain import drain
from bench.road.load import make_load
from bench.road.stage import MASTER_KEY, Stage, append_all, copy_of, set_stage
from bench.server import Bench
from cashback.clock import SystemClock
from cashback.courier.rounds import Courier
from cashback.db.engine import fetch, open_engine, transaction
from cashback.events.catalogue import VERSION
from cashback.ids import uuid7
from cashback.programmes.service import bump_revision, lock_programme
from webhooks import endpoints
from webhooks.schedule import Answer
from webhooks.sealing import KeyRing
from webhooks.signing import new_secret

MESSAGES, SHOPPERS, ROUNDS, PROCESSES = 20_000, 10_000, 3, 2
ENDPOINTS = 2

_LEAVE_ALONE = "UPDATE webhook_endpoints SET held_until = $1"
_COUNT = "SELECT count(*) FROM {}"

Figures = dict[str, float]


async def measure(bench: Bench, messages: int = MESSAGES) -> Figures:
    """Messages a second of the road with and without a listener, events a purchase, deliveries a second."""
    present = SystemClock().now()
    load = make_load(messages, range(SHOPPERS), present)
    silent = await set_stage(bench, load.shoppers, present)
    await append_all(bench, silent, load.messages, present)
    alone: list[float] = []
    heard: list[float] = []
    sent: list[float] = []
    events = 0
    for _ in range(ROUNDS):
        stage = await copy_of(bench, silent)
        alone.append(await drain(bench, stage, messages, PROCESSES))
        await bench.drop(stage.database)
        stage = await copy_of(bench, silent)
        await _listen(bench, stage)
        heard.append(await drain(bench, stage, messages, PROCESSES))
        events, rate = await _send(bench, stage)
        sent.append(rate)
        await bench.drop(stage.database)
    await bench.drop(silent.database)
    return {
        "courier.road_per_s": median(alone),
        "courier.listened_per_s": median(heard),
        "courier.road_ratio": median(heard) / median(alone),
        "courier.events": float(events),
        "courier.deliveries_per_s": median(sent),
    }


async def _listen(bench: Bench, stage: Stage) -> None:
    """Endpoints that listen to everything and are left alone until the road has been measured."""
    engine, now = open_engine(bench.url(stage.database), pool_size=1), SystemClock().now()
    async with transaction(engine, stage.operator_id) as connection:
        await lock_programme(connection, stage.operator_id)
        for number in range(ENDPOINTS):
            await endpoints.add(
                connection,
                stage.operator_id,
                uuid7(now),
                url=f"https://receiver{number}.example/",
                types=None,
                version=VERSION,
                secrets=[new_secret()],
                master=KeyRing(MASTER_KEY).master,
                now=now,
            )
        await connection.exec_driver_sql(_LEAVE_ALONE, (now.replace(year=now.year + 1),))
        await bump_revision(connection, stage.operator_id)
    await engine.dispose()


async def _send(bench: Bench, stage: Stage) -> tuple[int, float]:
    """Send everything that was told; answers how many events there were, and deliveries a second."""
    engine = open_engine(bench.url(stage.database), pool_size=4)

    async def post(_: str, __: dict[str, str], ___: bytes) -> Answer:
        return Answer(204, None, 0)

    async with transaction(engine, stage.operator_id) as connection:
        await connection.exec_driver_sql(_LEAVE_ALONE, (None,))
    courier = Courier(engine, KeyRing(MASTER_KEY), SystemClock(), post)
    begin = time.monotonic()
    await courier.begin_round([stage.operator_id])
    await courier.quiet()
    seconds = time.monotonic() - begin
    events = await _count(engine, stage.operator_id, "outbox_messages")
    deliveries = await _count(engine, stage.operator_id, "webhook_attempts")
    await engine.dispose()
    if deliveries != events * ENDPOINTS:
        raise RuntimeError(f"{events} events to {ENDPOINTS} endpoints ended in {deliveries} attempts")
    return events, deliveries / seconds


async def _count(engine: AsyncEngine, operator_id: UUID, table: str) -> int:
    async with transaction(engine, operator_id) as connection:
        return int((await fetch(connection, _COUNT.format(table)))[0][0])
