"""The part `mature`: rewards whose holds have ended become available, beside plain SQL that writes the same rows.

A million stored purchases of fifty thousand shoppers, each with one reward that is ripe. Three copies of one database:

* the product: `pipeline.pass_time` in one process, until nothing is due, with its locks, row-level security, batches
  and digests; the process reports its own peak of memory;
* the floor: one statement of the database's owner that updates rewards, purchases and balances and inserts transfers,
  without locks, policies, digests or batches: what PostgreSQL needs to write these rows at all;
* a sample judged again, purchase by purchase, as every due purchase was before ripe ones had a statement of their own.

As a program, `python -m bench.mature URL OPERATOR HOW`, this is the process that is measured.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.road.history import store_history
from bench.road.programme import OFFERS
from bench.road.stage import MASTER_KEY, Stage, audited, copy_of, set_stage
from bench.server import Bench
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction, work_on
from cashback.pipeline import DUE_MAX, Road, pass_time
from cashback.purchases import service as purchases
from cashback.rewards.service import settle
from cashback.shoppers import service as shoppers
from webhooks.sealing import KeyRing

REWARDS, SHOPPERS = 1_000_000, 50_000
JUDGED_SHARE = 50
"""One reward of so many is judged again."""

_FLOOR = """
WITH moved AS (
    UPDATE rewards SET state = 'available', available = pending, pending = 0, revision = revision + 1, updated_at = $1
    WHERE pending > 0 AND matures_at <= $1 RETURNING operator_id, shopper_id, purchase_id, id, asset, amount, revision
), posted AS (
    INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, purchase_id,
        posted_at)
    SELECT operator_id, shopper_id, 'reward:' || id || ':' || revision, uuid_send(id), gen_random_uuid(),
        'shopper:pending', 'shopper:available', asset, amount, 'matured', purchase_id, $1 FROM moved
), balanced AS (
    UPDATE balances b SET pending = b.pending - t.amount, available = b.available + t.amount,
        version = b.version + t.moves
    FROM (SELECT shopper_id, asset, sum(amount) AS amount, count(*) AS moves FROM moved GROUP BY 1, 2) AS t
    WHERE b.shopper_id = t.shopper_id AND b.asset = t.asset
)
UPDATE purchases SET due_at = NULL, updated_at = $1 WHERE due_at <= $1
"""

Figures = dict[str, float]


async def measure(bench: Bench, rewards: int = REWARDS) -> Figures:
    """Rewards a second, the floor's, their ratio, what judging again makes of it, and the peak of memory."""
    present = SystemClock().now()
    full = await set_stage(bench, range(1), present, OFFERS[:1])
    await store_history(bench, full, rewards, max(1, rewards * SHOPPERS // REWARDS), present, held=True)
    floor = await _floor(bench, await copy_of(bench, full), rewards)
    stage = await copy_of(bench, full)
    ours = await _in_a_process(bench, stage, "ripe")
    if int(ours["rewards"]) != rewards:
        raise RuntimeError(f"{ours['rewards']:.0f} rewards matured where {rewards} were ripe")
    if rewards <= REWARDS // JUDGED_SHARE:
        await audited(bench, stage)
    await bench.drop(stage.database)
    judged = await _in_a_process(bench, full, "judged")
    await bench.drop(full.database)
    per_s = rewards / ours["seconds"]
    return {
        "mature.ratio": per_s / floor,
        "mature.per_s": per_s,
        "mature.floor_per_s": floor,
        "mature.judged_per_s": judged["rewards"] / judged["seconds"],
        "mature.rewards": rewards,
        "mature.peak_mb": ours["peak_mb"],
        "mature.grown_mb": ours["grown_mb"],
    }


async def _floor(bench: Bench, stage: Stage, rewards: int) -> float:
    await bench.settle()
    connection = await asyncpg.connect(bench.dsn(stage.database))
    try:
        await connection.execute("SET work_mem = '256MB'")
        begin = time.monotonic()
        await connection.execute(_FLOOR, SystemClock().now())
        seconds = time.monotonic() - begin
        left = await connection.fetchval("SELECT count(*) FROM rewards WHERE pending > 0")
    finally:
        await connection.close()
    if left:
        raise RuntimeError(f"the floor left {left} rewards pending")
    await bench.drop(stage.database)
    return rewards / seconds


async def _in_a_process(bench: Bench, stage: Stage, how: str) -> Figures:
    await bench.settle()
    command = (sys.executable, "-m", "bench.mature", bench.url(stage.database), str(stage.operator_id), how)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    answer, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"bench.mature ended with {process.returncode}: see its message above")
    told: Figures = json.loads(answer)
    return told


Step = Callable[[AsyncEngine, Road, UUID, datetime], Awaitable[int]]


async def _judge_again(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> int:
    async with transaction(engine, operator_id, sets=True) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        due = await purchases.due(connection, operator_id, now, DUE_MAX)
        await work_on(connection, len(due))
        await shoppers.lock(connection, {key.shopper_id for key in due})
        await settle(connection, snapshot, due, now)
        return len(due)


async def _work(url: str, operator_id: UUID, how: str) -> None:
    """Let time pass until nothing is due, or judge the sample; print what was done and what it took."""
    engine, road, now = open_engine(url, pool_size=1), Road(KeyRing(MASTER_KEY)), SystemClock().now()
    step: Step = pass_time if how == "ripe" else _judge_again
    async with transaction(engine, operator_id) as connection:
        await road.snapshots.current(connection, operator_id)
        rows = await connection.exec_driver_sql("SELECT count(*) FROM rewards WHERE pending > 0")
        wanted = rows.scalar_one() // (1 if how == "ripe" else JUDGED_SHARE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, worked = time.monotonic(), 0
    while worked < wanted and (done := await step(engine, road, operator_id, now)):
        worked += done
    seconds = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await engine.dispose()
    told = {"rewards": worked, "seconds": seconds, "peak_mb": peak / 1024, "grown_mb": (peak - before) / 1024}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    uvloop.run(_work(sys.argv[1], UUID(sys.argv[2]), sys.argv[3]))
