"""One worker process of the ORM baseline: `python -m bench.road.orm_work URL`. Spoken to like `bench.road.work`."""

import asyncio
import gc
import json
import random
import resource
import sys

import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.road.orm import process_one
from bench.road.stage import MASTER_KEY
from cashback.clock import SystemClock
from cashback.db.engine import directory, open_engine
from cashback.pipeline import Road
from cashback.runtime import COLLECTED_AFTER
from webhooks.messages import LANES
from webhooks.sealing import KeyRing

SESSIONS = 8
"""Transactions side by side in one process, as many as the TPC-B clients."""


async def work(url: str) -> None:
    """Work between two lines of input."""
    gc.set_threshold(*COLLECTED_AFTER)
    loop = asyncio.get_running_loop()
    engine = open_engine(url, pool_size=SESSIONS)
    async with directory(engine) as connection:
        (operator_id,) = (await connection.exec_driver_sql("SELECT operator_id FROM operators")).scalars()
    road, clock, stop = Road(KeyRing(MASTER_KEY)), SystemClock(), asyncio.Event()

    async def one_session(engine: AsyncEngine) -> None:
        while not stop.is_set():
            worked = 0
            for lane in random.sample(range(LANES), LANES):
                while not stop.is_set() and await process_one(engine, road, operator_id, lane, clock.now()):
                    worked += 1
            if not worked:
                await asyncio.sleep(0.01)

    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    before = resource.getrusage(resource.RUSAGE_SELF)
    sessions = [loop.create_task(one_session(engine)) for _ in range(SESSIONS)]
    await loop.run_in_executor(None, sys.stdin.readline)
    after = resource.getrusage(resource.RUSAGE_SELF)
    stop.set()
    await asyncio.gather(*sessions)
    await engine.dispose()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_seconds": cpu, "batches": []}), flush=True)


if __name__ == "__main__":
    uvloop.run(work(sys.argv[1]))
