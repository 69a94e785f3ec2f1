"""The part `books`: what sealing costs the road, how far seals are behind it, and how fast books are sealed and read.

* Transfers are posted in turns to a table with places and to one without; the processor time of the server's process
  counts, which other work on the machine hardly moves.
* The road is drained in turns: on a table without places, on one with them, and beside a process that seals. What
  counts is the processor time of workers, server and sealing together, which other work on the machine hardly moves.
* A million transfers of ordinary size are sealed, verified, summed and exported. Memory is the growth of the process's
  peak over the exports of all three formats.
"""

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bench.road.drain import drain
from bench.road.load import make_load
from bench.road.measure import PROCESSES
from bench.road.measure import verify as verify_wallets
from bench.road.stage import Stage, append_all, copy_of, set_stage
from bench.server import Bench
from cashback.books.balance import trial_balance
from cashback.books.export import Span, export_beancount, export_csv, export_parquet
from cashback.books.sealed import TRANSFERS
from cashback.books.service import BLOCK_ROWS_MAX, depth, seal_next
from cashback.books.verify import verify
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.ids import uuid7
from cashback.worker import SEAL_SECONDS

ROUNDS = 3
MESSAGES, SHOPPERS = 20_000, 10_000
ROWS, AT_ONCE = 1_000_000, 1_000
POSTED = 300_000
LOOKS_SECONDS = 0.5
Figures = dict[str, float]

_WITHOUT_PLACES = (
    "ALTER TABLE transfers ALTER COLUMN place SET DEFAULT 0",
    "DROP INDEX ix_transfers_place",
    "DROP INDEX ix_transfers_posted_at",
)

_FILL = """
INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, purchase_id,
    posted_at)
SELECT $1::uuid, gen_random_uuid(), 'reward:' || replace(gen_random_uuid()::text, '-', '') || ':1:0',
    decode(md5(random()::text), 'hex'), gen_random_uuid(), 'funder:operator', 'shopper:pending', 'EUR',
    1 + (random() * 1000)::int, 'earned', gen_random_uuid(), $2::timestamptz
FROM generate_series(1, $3::int)
"""

_SIZES = """
SELECT pg_relation_size('ix_transfers_place'), pg_total_relation_size('seals'), pg_total_relation_size('transfers')
"""


async def measure(bench: Bench) -> Figures:
    """Ratios, rates, seconds and bytes."""
    return {**await _posting(bench), **await _road(bench), **await _volume(bench)}


async def _posting(bench: Bench) -> Figures:
    """Microseconds of the server's processor time that one transfer costs, without places and for them."""
    microseconds = {}
    sides: dict[str, tuple[asyncpg.Connection, float]] = {}
    for name in ("without", "with"):
        database = await bench.create()
        if name == "without":
            await bench.administer(*_WITHOUT_PLACES, database=database)
        connection = await asyncpg.connect(bench.dsn(database))
        sides[name] = connection, _processor_seconds(await connection.fetchval("SELECT pg_backend_pid()"))
    for _ in range(POSTED // AT_ONCE):
        for connection, _ in sides.values():
            await connection.execute(_FILL, uuid7(SystemClock().now()), SystemClock().now(), AT_ONCE)
    for name, (connection, before) in sides.items():
        spent = _processor_seconds(await connection.fetchval("SELECT pg_backend_pid()")) - before
        microseconds[name] = spent / POSTED * 1_000_000
        await connection.close()
    return {
        "books.posted_us": microseconds["without"],
        "books.place_us": microseconds["with"] - microseconds["without"],
    }


def _processor_seconds(process: int) -> float:
    """What a process has used so far, as Linux counts it."""
    return sum(_numbers_of(process)[_USED]) / os.sysconf("SC_CLK_TCK")


_PARENT, _USED, _ENDED = 0, slice(10, 12), slice(12, 14)
"""Where Linux tells a process's parent, what it has used, and what its children had that have ended."""


def _numbers_of(process: int) -> list[int]:
    """What Linux tells of a process, from its parent on."""
    return [int(each) for each in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1:]]


async def _road(bench: Bench) -> Figures:
    present = SystemClock().now()
    load = make_load(MESSAGES, range(SHOPPERS), present)
    full = await set_stage(bench, load.shoppers, present)
    await append_all(bench, full, load.messages, present)
    spent: dict[str, list[float]] = {"without": [], "with": [], "sealing": []}
    lags: list[float] = []
    for _ in range(ROUNDS):
        for name, measured in spent.items():
            stage = await copy_of(bench, full)
            if name == "without":
                await bench.administer(*_WITHOUT_PLACES, database=stage.database)
            before = await _spent_seconds(bench)
            sealing = asyncio.create_task(_seal_along(bench, stage, lags)) if name == "sealing" else None
            await drain(bench, stage, len(load.messages), PROCESSES)
            if sealing is not None:
                sealing.cancel()
                await asyncio.wait([sealing])
            measured.append((await _spent_seconds(bench) - before) / len(load.messages) * 1_000_000)
            await verify_wallets(bench, stage, {}, load)
            await bench.drop(stage.database)
    await bench.drop(full.database)
    without = median(spent["without"])
    return {
        "books.road_ratio": without / median(spent["with"]),
        "books.road_sealing_ratio": without / median(spent["sealing"]),
        "books.road_us": without,
        "books.lag_p99_s": quantiles(lags, n=100)[-1],
    }


async def _spent_seconds(bench: Bench) -> float:
    """Processor seconds of this process, of those it has waited for, and of all backends that have ended."""
    connection = await asyncpg.connect(bench.dsn("postgres"))
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    postmaster = _numbers_of(backend)[_PARENT]
    ended = sum(_numbers_of(postmaster)[_ENDED]) / os.sysconf("SC_CLK_TCK")
    await connection.close()
    return sum(os.times()[:4]) + ended


async def _seal_along(bench: Bench, stage: Stage, lags: list[float]) -> None:
    """Seal as a worker does, and look again and again how old the oldest row without a seal is."""
    engine = open_engine(bench.url(stage.database), pool_size=2)

    async def look() -> None:
        while True:
            async with transaction(engine, stage.operator_id) as connection:
                behind = await depth(connection, stage.operator_id, TRANSFERS)
            oldest = behind.oldest
            lags.append(0.0 if oldest is None else (SystemClock().now() - oldest).total_seconds())
            await asyncio.sleep(LOOKS_SECONDS)

    looking = asyncio.create_task(look())
    try:
        while True:
            while await _seal(engine, stage.operator_id) > BLOCK_ROWS_MAX // 2:
                pass
            await asyncio.sleep(SEAL_SECONDS)
    finally:
        looking.cancel()
        await asyncio.wait([looking])
        await engine.dispose()


async def _seal(engine: AsyncEngine, operator_id: UUID) -> int:
    async with transaction(engine, operator_id) as connection:
        return await seal_next(connection, operator_id, TRANSFERS, SystemClock().now())


async def _volume(bench: Bench) -> Figures:
    database = await bench.create()
    engine, operator_id, now = (
        open_engine(bench.url(database), pool_size=2),
        uuid7(SystemClock().now()),
        SystemClock().now(),
    )
    for _ in range(ROWS // AT_ONCE):
        async with transaction(engine, operator_id) as connection:
            await connection.exec_driver_sql(_FILL, (operator_id, now, AT_ONCE))
    await bench.administer("VACUUM ANALYZE transfers", database=database)
    await bench.settle()

    begin = time.monotonic()
    while await _seal(engine, operator_id):
        pass
    figures = {"books.seal_per_s": ROWS / (time.monotonic() - begin)}

    async def timed(work: Callable[[AsyncConnection], Awaitable[object]]) -> float:
        began = time.monotonic()
        async with transaction(engine, operator_id) as connection:
            await work(connection)
        return time.monotonic() - began

    async def verified(connection: AsyncConnection) -> None:
        found = await verify(connection, operator_id, TRANSFERS)
        if found.faults or found.rows != ROWS:
            raise RuntimeError(f"the verification found {found.faults[:1]} in {found.rows} rows")

    figures["books.verify_per_s"] = ROWS / await timed(verified)
    figures["books.balance_s"] = await timed(lambda each: trial_balance(each, operator_id, now, now, stored=True))
    before, ever = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Span(None, None)
    for name, export in (("csv", export_csv), ("parquet", export_parquet)):
        with tempfile.TemporaryFile() as out:
            seconds = await timed(lambda each, to=export, file=out: to(each, operator_id, ever, file))  # type: ignore[misc]
        figures[f"books.{name}_per_s"] = ROWS / seconds
    with tempfile.TemporaryFile() as out:
        seconds = await timed(lambda each: export_beancount(each, operator_id, ever, out, now))
    figures["books.beancount_per_s"] = ROWS / seconds
    figures["books.export_mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    async with transaction(engine, operator_id) as connection:
        places, seals, transfers = (await fetch(connection, _SIZES))[0]
    await engine.dispose()
    await bench.drop(database)
    return figures | {
        "books.place_bytes_per_row": places / ROWS,
        "books.seal_bytes_per_row": seals / ROWS,
        "books.transfer_bytes_per_row": transfers / ROWS,
    }
