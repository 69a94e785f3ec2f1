"""The parts `growth` and `depth`: the road again, beside what is already stored.

* growth: with 10 thousand and with 5 million purchases stored, by 20 thousand shoppers and by half a million.
* depth: with 10 and with 2,000 purchases stored of each of the 200 shoppers who buy.

The load is the same on both sides and they are measured in turns; the ratio is that of the medians. The larger side is
built once and keeps growing by the load, which is below one hundredth of it; the smaller one is a fresh copy each time.
"""

import time
from dataclasses import dataclass, field
from statistics import median

from bench.road.drain import drain
from bench.road.history import store_history
from bench.road.load import Load, make_load
from bench.road.measure import PROCESSES, verify
from bench.road.oracle import Wallets
from bench.road.stage import Stage, append_all, copy_of, set_stage, stored_wallets
from bench.server import Bench
from cashback.clock import SystemClock

ROUNDS = 3
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared: so many purchases of so many shoppers, small and large, beside one load."""

    name: str
    small: tuple[int, int]
    large: tuple[int, int]
    messages: int
    buyers: int
    labels: tuple[str, str]


GROWTH = Sides("growth", (10_000, 20_000), (5_000_000, 500_000), 30_000, 20_000, ("10k", "5m"))
DEPTH = Sides("depth", (2_000, 200), (400_000, 200), 12_000, 200, ("10", "2000"))


@dataclass(slots=True)
class Side:
    """One of the two, with what its shoppers had before the load."""

    stage: Stage
    before: Wallets
    loads: list[Load] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


async def measure(bench: Bench, sides: Sides) -> Figures:
    """The ratio of the rates, the rates, and how long the larger side took to store."""
    present = SystemClock().now()
    small = await _side(bench, sides, sides.small)
    begin = time.monotonic()
    large = await _side(bench, sides, sides.large)
    stored_seconds = time.monotonic() - begin
    for turn in range(ROUNDS):
        load = make_load(sides.messages, range(sides.buyers), present, seed=turn + 1)
        fresh = Side(await copy_of(bench, small.stage), small.before)
        for side in (fresh, large) if turn % 2 else (large, fresh):
            await append_all(bench, side.stage, load.messages, present)
            side.loads.append(load)
            side.rates.append(await drain(bench, side.stage, len(load.messages), PROCESSES))
            await verify(bench, side.stage, side.before, *side.loads)
        small.rates += fresh.rates
        await bench.drop(fresh.stage.database)
    for side in (small, large):
        await bench.drop(side.stage.database)
    few, many = (f"{sides.name}.per_s_{label}" for label in sides.labels)
    return {
        f"{sides.name}.ratio": median(large.rates) / median(small.rates),
        few: median(small.rates),
        many: median(large.rates),
        f"{sides.name}.storing_seconds": stored_seconds,
    }


async def _side(bench: Bench, sides: Sides, size: tuple[int, int]) -> Side:
    purchases, shoppers = size
    present = SystemClock().now()
    stage = await set_stage(bench, range(sides.buyers), present)
    await store_history(bench, stage, purchases, shoppers, present)
    return Side(stage, await stored_wallets(bench, stage))
