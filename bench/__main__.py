"""`python -m bench [PART [SIZE]]`: measure every part, or one, on a server of its own; print and store the figures.

Some parts can be measured at a smaller size; such figures are printed and not stored.
"""

import sys
import time
from collections.abc import Awaitable, Callable, Mapping

import uvloop

from bench import ack, backtest, bank_files, books, courier, growth, mature, payout, recognise, statement
from bench.api import measure as api
from bench.match import measure as match
from bench.match import streaming
from bench.pages import measure as pages
from bench.results import merge, show
from bench.road import measure as road
from bench.rules import measure as rules
from bench.score import measure as score
from bench.server import Bench, open_bench, running_server
from cashback.db.embedded import EmbeddedPostgres

Figures = Mapping[str, float | str]


async def _ack(bench: Bench) -> Figures:
    database = await bench.create()
    figures = await ack.measure(bench.url(database))
    await bench.drop(database)
    return figures


async def _rules(_: Bench) -> Figures:
    return rules.measure()


async def _match(_: Bench) -> Figures:
    return match.measure() | streaming.measure()


async def _score(_: Bench) -> Figures:
    return score.measure()


PARTS: dict[str, Callable[[Bench], Awaitable[Figures]]] = {
    "ack": _ack,
    "road": road.measure,
    "growth": lambda bench: growth.measure(bench, growth.GROWTH),
    "backtest": backtest.measure,
    "depth": lambda bench: growth.measure(bench, growth.DEPTH),
    "rules": _rules,
    "recognise": recognise.measure,
    "bank": bank_files.measure,
    "match": _match,
    "books": books.measure,
    "mature": mature.measure,
    "payout": payout.measure,
    "statement": statement.measure,
    "score": _score,
    "courier": courier.measure,
    "api": api.measure,
    "pages": pages.measure,
}
SIZED: dict[str, Callable[[Bench, int], Awaitable[Figures]]] = {
    "api": api.measure,
    "courier": courier.measure,
    "mature": mature.measure,
    "pages": pages.measure,
    "payout": payout.measure,
}
"""Parts that can be measured at another size."""


async def measure(server: EmbeddedPostgres, parts: list[str], size: int | None) -> None:
    """Run the parts one after the other; each one's figures are stored as soon as they are known."""
    bench = await open_bench(server)
    if size is not None:
        for name, value in (await SIZED[parts[0]](bench, size)).items():
            print(f"{name}: {value}" if isinstance(value, str) else f"{name}: {value:,.3f}")
        return
    postgresql = await bench.show("server_version")
    for name in parts:
        begin = time.monotonic()
        print(f"{name}: measuring …", flush=True)
        results = merge(await PARTS[name](bench), postgresql)
        print(f"{name}: took {time.monotonic() - begin:.0f} s", flush=True)
    show(results)


def main(arguments: list[str]) -> int:
    """The exit status."""
    size = int(arguments[1]) if len(arguments) == 2 and arguments[1].isdecimal() and arguments[0] in SIZED else None
    if len(arguments) > (1 if size is None else 2) or not set(arguments[:1]) <= PARTS.keys():
        parts = f"no argument or one of {', '.join(PARTS)}, with a size: {', '.join(SIZED)}"
        print(f"expected {parts}; got {' '.join(arguments)}", file=sys.stderr)
        return 2
    with running_server() as server:
        uvloop.run(measure(server, arguments[:1] or list(PARTS), size))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
