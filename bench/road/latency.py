"""How long a message takes from its acknowledgement to the wallet, while they arrive at a steady pace."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass

import asyncpg

from bench.road.drain import Workers, started_workers
from bench.road.load import Load
from bench.road.stage import MASTER_KEY, Stage, received
from bench.server import Bench
from cashback.db.engine import open_engine, transaction
from webhooks import inbox
from webhooks.sealing import KeyRing

SECONDS = 12.0
WARM_SECONDS = 2.0
"""What is acknowledged before that is left out: connections, plans and snapshots are made then."""
COMMITS_PER_SECOND = 50
"""How often the feed commits, as the receiver's shared commits do under such a load."""
ENDS_SECONDS_MAX = 60.0

_PLACES = "SELECT lane, delivery_id FROM inbox_messages WHERE tenant_id = $1 ORDER BY lane, xid, ordinal"


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from the commit that acknowledged a message to the commit that changed the wallet."""

    messages: int
    per_second: float
    p50_ms: float
    p99_ms: float


async def feed_and_time(bench: Bench, stage: Stage, load: Load, per_second: float, processes: int) -> Latency:
    """Feed an empty inbox at a pace while workers empty it."""
    acknowledged: dict[str, float] = {}
    await bench.settle()
    async with started_workers(bench, stage, processes, program="bench.road.work") as workers:
        await workers.go()
        begin = time.monotonic()
        await _feed(bench, stage, load, per_second, acknowledged)
        seconds = time.monotonic() - begin
        await _until_empty(bench, stage)
    waited = await _waited(bench, stage, workers, acknowledged)
    return Latency(
        messages=len(waited),
        per_second=len(acknowledged) / seconds,
        p50_ms=_percentile(waited, 0.50) * 1000,
        p99_ms=_percentile(waited, 0.99) * 1000,
    )


async def _feed(bench: Bench, stage: Stage, load: Load, per_second: float, acknowledged: dict[str, float]) -> None:
    engine = open_engine(bench.url(stage.database), pool_size=2)
    keyring = KeyRing(MASTER_KEY)
    begin, fed = time.monotonic(), 0
    try:
        while (elapsed := time.monotonic() - begin) < SECONDS:
            due = min(len(load.messages), int(elapsed * per_second))
            part = load.messages[fed:due]
            if part:
                new = [received(stage, each, load.present) for each in part]
                async with transaction(engine, stage.operator_id) as connection:
                    await inbox.append(connection, stage.operator_id, new, keyring)
                acknowledged.update(dict.fromkeys((each.delivery_id for each in new), time.time()))
                fed = due
            await asyncio.sleep(1 / COMMITS_PER_SECOND)
    finally:
        await engine.dispose()


async def _until_empty(bench: Bench, stage: Stage) -> None:
    connection = await asyncpg.connect(bench.dsn(stage.database))
    deadline = time.monotonic() + ENDS_SECONDS_MAX
    try:
        while await connection.fetchval(
            "SELECT count(*) FROM inbox_messages m WHERE NOT EXISTS (SELECT FROM inbox_cursors c WHERE c.lane = m.lane"
            " AND (c.xid, c.ordinal) >= (m.xid, m.ordinal))"
        ):
            if time.monotonic() > deadline:
                raise RuntimeError(f"messages still waited {ENDS_SECONDS_MAX:.0f} s after the last had arrived")
            await asyncio.sleep(0.2)
    finally:
        await connection.close()


async def _waited(bench: Bench, stage: Stage, workers: Workers, acknowledged: dict[str, float]) -> list[float]:
    """Seconds each message waited: lanes are read in order, so the batches of a lane follow its messages."""
    connection = await asyncpg.connect(bench.dsn(stage.database))
    places = await connection.fetch(_PLACES, stage.operator_id)
    await connection.close()
    in_lane: defaultdict[int, list[str]] = defaultdict(list)
    for lane, delivery_id in places:
        in_lane[lane].append(delivery_id)
    first = min(acknowledged.values()) + WARM_SECONDS
    waited: list[float] = []
    for lane, messages, at in sorted(workers.batches, key=lambda batch: batch[2]):
        part, in_lane[lane] = in_lane[lane][:messages], in_lane[lane][messages:]
        waited += [at - acknowledged[each] for each in part if acknowledged[each] >= first]
    if any(in_lane.values()):
        raise RuntimeError("the batches reported do not cover the log: the latencies would be wrong")
    return sorted(waited)


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
