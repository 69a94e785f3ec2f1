"""One worker process, as a child of the bench: `python -m bench.road.work URL`.

The product's own `Worker` on the product's own engine and clock. It says `ready`, starts at the first line of its
input, stops at the second, and then prints what it has measured of itself as one JSON object.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.road.stage import MASTER_KEY
from cashback import pipeline, worker
from cashback.clock import SystemClock
from cashback.db.engine import open_engine
from cashback.wakeups import LocalWakeups
from webhooks.sealing import KeyRing

Batch = tuple[int, int, float]
"""Lane, messages of it, and the moment at which their commit was known (`time.time`)."""


def recorded(batches: list[Batch]) -> None:
    """Let the worker note each batch when its transaction has committed; nothing else about it changes."""

    async def process_next(
        engine: AsyncEngine, road: pipeline.Road, operator_id: UUID, now: datetime
    ) -> Mapping[int, int]:
        messages = await pipeline.process_next(engine, road, operator_id, now)
        at = time.time()
        batches.extend((lane, count, at) for lane, count in messages.items())
        return messages

    worker.process_next = process_next


async def work(url: str) -> None:
    """Work between two lines of input."""
    batches: list[Batch] = []
    recorded(batches)
    loop = asyncio.get_running_loop()
    engine = open_engine(url)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SELECT 1")
    stop = asyncio.Event()
    working = worker.Worker(engine, pipeline.Road(KeyRing(MASTER_KEY)), SystemClock(), LocalWakeups())
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    before = resource.getrusage(resource.RUSAGE_SELF)
    running = loop.create_task(working.run(stop))
    await loop.run_in_executor(None, sys.stdin.readline)
    after = resource.getrusage(resource.RUSAGE_SELF)
    stop.set()
    await running
    await engine.dispose()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_seconds": cpu, "batches": batches}), flush=True)


if __name__ == "__main__":
    uvloop.run(work(sys.argv[1]))
