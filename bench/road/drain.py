"""Runs worker processes on a full inbox until it is empty."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from bench.road.stage import Stage
from bench.road.work import Batch
from bench.server import Bench

LOOKS_SECONDS = 0.02
"""How often it is asked whether the inbox is empty; also how precise the duration is."""
DRAIN_SECONDS_MAX = 240.0

_LEFT = """
SELECT count(*) FROM generate_series(0, 15) AS l (lane) LEFT JOIN inbox_cursors c ON c.lane = l.lane
CROSS JOIN LATERAL (SELECT FROM inbox_messages m WHERE m.tenant_id = $1 AND m.lane = l.lane
    AND (m.xid, m.ordinal) > (coalesce(c.xid, '0'), coalesce(c.ordinal, -1)) ORDER BY m.xid, m.ordinal LIMIT 1) AS m
"""

_DONE = "SELECT count(*) FROM statements"


@dataclass(slots=True)
class Workers:
    """Worker processes between their start and their end."""

    processes: list[asyncio.subprocess.Process]
    cpu_seconds: float = 0.0
    batches: list[Batch] = field(default_factory=list)

    async def go(self) -> None:
        """Let all of them work."""
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            await process.stdin.drain()


@asynccontextmanager
async def started_workers(bench: Bench, stage: Stage, processes: int, *, program: str) -> AsyncIterator[Workers]:
    """Processes that are connected and wait for `go`; at the end of the block they have stopped and reported."""
    command = (sys.executable, "-m", program, bench.url(stage.database))
    pipe = asyncio.subprocess.PIPE
    workers = Workers([])
    try:
        for _ in range(processes):
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**26)
            workers.processes.append(process)
        for process in workers.processes:
            assert process.stdout is not None
            if await process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"{program} ended before it was ready: see its message above")
        yield workers
        for process in workers.processes:
            answer, _ = await process.communicate(b"stop\n")
            told = json.loads(answer)
            workers.cpu_seconds += told["cpu_seconds"]
            workers.batches += [(lane, messages, at) for lane, messages, at in told["batches"]]
    finally:
        for process in workers.processes:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def drain(bench: Bench, stage: Stage, messages: int, processes: int) -> float:
    """Messages a second while processes empty the inbox, from their first look at it to the last commit."""
    await bench.settle()
    connection = await asyncpg.connect(bench.dsn(stage.database))
    try:
        async with started_workers(bench, stage, processes, program="bench.road.work") as workers:
            begin = time.monotonic()
            await workers.go()
            while await connection.fetchval(_LEFT, stage.operator_id):
                if time.monotonic() - begin > DRAIN_SECONDS_MAX:
                    raise RuntimeError(f"the inbox was not empty after {DRAIN_SECONDS_MAX:.0f} s")
                await asyncio.sleep(LOOKS_SECONDS)
            seconds = time.monotonic() - begin
    finally:
        await connection.close()
    return messages / seconds


async def pace(bench: Bench, stage: Stage, processes: int, *, program: str, warm: float, seconds: float) -> float:
    """Messages a second over some seconds, after others that do not count; the inbox must hold enough of them."""
    await bench.settle()
    connection = await asyncpg.connect(bench.dsn(stage.database))
    try:
        async with started_workers(bench, stage, processes, program=program) as workers:
            await workers.go()
            await asyncio.sleep(warm)
            begin, before = time.monotonic(), await connection.fetchval(_DONE)
            await asyncio.sleep(seconds)
            done, elapsed = await connection.fetchval(_DONE) - before, time.monotonic() - begin
            if not await connection.fetchval(_LEFT, stage.operator_id):
                raise RuntimeError(f"the inbox was empty before {warm + seconds:.0f} s had passed: give it more")
    finally:
        await connection.close()
    return float(done / elapsed)
