"""The part `road`: the rate of the whole road, beside the ORM and beside TPC-B, and how long one message takes.

The three rates are measured in turns, so that a busy moment of the machine meets all alike; of each the median counts.
"""

from statistics import median

from bench.road import tpcb
from bench.road.drain import drain, pace
from bench.road.latency import feed_and_time
from bench.road.load import Load, make_load
from bench.road.oracle import Wallets, together, wallets
from bench.road.stage import Stage, append_all, audited, copy_of, set_stage, stored_wallets
from bench.server import Bench
from cashback.clock import SystemClock

MESSAGES, SHOPPERS = 40_000, 20_000
ORM_MESSAGES, ORM_WARM_SECONDS, ORM_SECONDS = 12_000, 3.0, 10.0
ROUNDS = 3
PROCESSES = 2
"""Worker processes on two cores, of the road and of the ORM baseline alike: both are fastest with two."""

Figures = dict[str, float]


async def measure(bench: Bench) -> Figures:
    """Rates and ratios of the road."""
    present = SystemClock().now()
    load = make_load(MESSAGES, range(SHOPPERS), present)
    full = await set_stage(bench, load.shoppers, present)
    await append_all(bench, full, load.messages, present)
    sample = await set_stage(bench, load.shoppers, present)
    await append_all(bench, sample, make_load(ORM_MESSAGES, load.shoppers, present, seed=2).messages, present)
    filled = await tpcb.prepare(bench)
    road: list[float] = []
    orm: list[float] = []
    transactions: list[float] = []
    for turn in range(ROUNDS):
        road.append(await _drained(bench, full, load, with_audit=turn == 0))
        transactions.append(await tpcb.transactions_per_second(bench, filled))
        orm.append(await _orm(bench, sample))
    await bench.drop(filled)
    rate = median(road)
    timed = await _timed(bench, rate / 2)
    for stage in (full, sample):
        await bench.drop(stage.database)
    return {
        "road.per_s": rate,
        "road.vs_orm": rate / median(orm),
        "road.vs_tpcb": rate / median(transactions),
        "road.orm_per_s": median(orm),
        "road.tpcb_per_s": median(transactions),
        "road.slowest_per_s": min(road),
        "road.fastest_per_s": max(road),
        **timed,
    }


async def verify(bench: Bench, stage: Stage, before: Wallets, *loads: Load) -> None:
    """Compare every wallet with the independent model; RuntimeError names the first that differs."""
    expected, stored = together(before, wallets(*loads)), await stored_wallets(bench, stage)
    for key in sorted(expected.keys() | stored.keys()):
        if expected.get(key) != stored.get(key):
            raise RuntimeError(f"wallet {key} holds {stored.get(key)} where the load leads to {expected.get(key)}")


async def _drained(bench: Bench, full: Stage, load: Load, *, with_audit: bool) -> float:
    stage = await copy_of(bench, full)
    rate = await drain(bench, stage, len(load.messages), PROCESSES)
    await verify(bench, stage, {}, load)
    if with_audit:
        await audited(bench, stage)
    await bench.drop(stage.database)
    return rate


async def _orm(bench: Bench, sample: Stage) -> float:
    stage = await copy_of(bench, sample)
    program = "bench.road.orm_work"
    rate = await pace(bench, stage, PROCESSES, program=program, warm=ORM_WARM_SECONDS, seconds=ORM_SECONDS)
    await bench.drop(stage.database)
    return rate


async def _timed(bench: Bench, per_second: float) -> Figures:
    present = SystemClock().now()
    load = make_load(int(per_second * 13), range(SHOPPERS), present, seed=3)
    stage = await set_stage(bench, load.shoppers, present)
    timed = await feed_and_time(bench, stage, load, per_second, PROCESSES)
    await bench.drop(stage.database)
    return {"road.p50_ms": timed.p50_ms, "road.p99_ms": timed.p99_ms, "road.fed_per_s": timed.per_second}
