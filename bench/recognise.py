"""The part `recognise`: 20,000 true purchases of a hostile world, told by three sources, and how many are one.

The world, its rates and its score are those of `cashback simulate --chaos`; see docs/simulator.md.
"""

import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.server import Bench
from cashback.audit import audit
from cashback.db.engine import open_engine, transaction
from cashback.programmes.operators import OperatorMode, open_operator
from cashback.simulator.chaos import files
from cashback.simulator.chaos.house import move_in
from cashback.simulator.chaos.outcome import read_outcome
from cashback.simulator.chaos.rates import rates
from cashback.simulator.chaos.report import score
from cashback.simulator.chaos.statements import BANKS
from cashback.simulator.chaos.world import a_world
from webhooks.sealing import KeyRing

PURCHASES, SEED, BANK = 20_000, 1, "berlin_group"
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
Figures = dict[str, float]


async def measure(bench: Bench, purchases: int = PURCHASES, seed: int = SEED) -> Figures:
    """Shares and counts of the score, and how many deliveries a second were understood on the way."""
    database = await bench.create()
    engine = open_engine(bench.url(database), pool_size=4)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "world"
            files.write(a_world(seed, purchases, BEGIN, rates(), BANKS[BANK]()), folder)
            operator_id = await open_operator(
                engine, slug="bench", name="Bench", now=files.begins(folder), mode=OperatorMode.TEST
            )
            house = await move_in(
                engine,
                KeyRing(secrets.token_bytes(32)),
                files.read_programme(folder),
                operator_id=operator_id,
                slug="bench",
                now=files.begins(folder),
            )
            begin = time.monotonic()
            await house.play(files.read_events(folder))
            seconds = time.monotonic() - begin
            async with transaction(engine, operator_id) as connection:
                report = score(files.read_truth(folder), await read_outcome(connection, operator_id))
                books = await audit(connection, operator_id, house.now)
            deliveries = files.count_deliveries(folder)
    finally:
        await engine.dispose()
    await bench.drop(database)
    if not books.clean:
        raise RuntimeError(f"the books are not clean: {books.breaches[0]}")
    return {
        "recognise.once": report["share_once"],
        "recognise.earned_twice": report["earned_twice"],
        "recognise.unexplained_minor": report["unexplained"],
        "recognise.purchases": report["purchases"],
        "recognise.deliveries_per_s": deliveries / seconds,
    }
