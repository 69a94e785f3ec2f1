"""What the same server does of `pgbench`'s standard transaction (TPC-B): three updates, a read and an insert."""

import asyncio
import re

from bench.server import Bench

SCALE, CLIENTS, SECONDS = 50, 8, 15


async def prepare(bench: Bench) -> str:
    """A database filled at the scale; answers its name."""
    database = await bench.create("template0")
    await _pgbench(bench, database, "-i", "-s", str(SCALE), "-I", "dtgvp", "-q")
    return database


async def transactions_per_second(bench: Bench, database: str, seconds: int = SECONDS) -> float:
    """Prepared statements, as many clients as the comparison names, checkpointed before."""
    await bench.settle()
    answer = await _pgbench(bench, database, "-c", str(CLIENTS), "-M", "prepared", "-n", "-T", str(seconds))
    found = re.search(r"tps = ([0-9.]+)", answer)
    if found is None:
        raise RuntimeError(f"pgbench did not say how many transactions it made: {answer[-300:]}")
    return float(found[1])


async def _pgbench(bench: Bench, database: str, *arguments: str) -> str:
    program = bench.server.bin_dir / "pgbench"
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        bench.dsn(database),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{program} failed: {output.decode(errors='replace')[-500:]}")
    return output.decode()
