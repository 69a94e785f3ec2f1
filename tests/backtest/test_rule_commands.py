"""The commands and the routes: what they print, what they refuse."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import AsyncEngine
from test_backtest import BOUGHT, TWO, programme, shop
from world import World, a_world

from cashback.cli_rules import backtest, simulate
from cashback.db.engine import open_engine

OFFER = 'code: ten\nbudget: "15.00"\nreward: {kind: percent, asset: EUR, rate_bps: 1000}\n'


async def run(world: World, command: Any, *arguments: str) -> Result:
    """One command in a thread of its own, as its process would run it."""
    url = world.engine.url.render_as_string(hide_password=False)

    def at_operator(_slug: str, work: Any) -> Any:
        async def around() -> Any:
            engine = open_engine(url, pool_size=2)
            try:
                return await work(SimpleNamespace(engine=engine, clock=world.clock), world.operator_id)
            finally:
                await engine.dispose()

        return asyncio.run(around())

    return await asyncio.to_thread(CliRunner().invoke, command, [*arguments, "--operator", "x"], obj=at_operator)


async def test_a_backtest_at_the_command_line(engine: AsyncEngine, tmp_path: Path) -> None:
    world = await a_world(engine, programme(TWO))
    await shop(world, *BOUGHT)
    file = tmp_path / "offer.yaml"
    file.write_text(OFFER)
    interval = ("--from", "2026-11-01", "--to", "2026-12-01")
    said = await run(world, backtest, str(file), *interval)
    assert said.exit_code == 0, said.output
    assert "cost          €15.00\n" in said.output
    assert "budget        ends on 2026-11-04; €8.00 more would have been wanted" in said.output
    assert "note: Shoppers are taken to buy what they bought" in said.output
    plain = await run(world, backtest, str(file), *interval, "--json", "--seed", "3")
    answer = json.loads(plain.output)
    assert (answer["cost"]["total"], answer["range"]["seed"]) == (15_00, 3)


async def test_a_simulation_at_the_command_line(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO))
    said = await run(world, simulate, "--shop", "cafe", "--amount", "42.50", "--fact", "segment=families")
    assert said.exit_code == 0, said.output
    assert "an imagined shopper spends €42.50 at cafe" in said.output
    assert "two: rewarded, €0.85" in said.output
    plain = await run(world, simulate, "--shop", "cafe", "--amount", "42.50", "--json")
    assert json.loads(plain.output)["total"] == {"EUR": 85}
    wrong = await run(world, simulate, "--shop", "cafe", "--amount", "1", "--fact", "mood=good")
    assert (wrong.exit_code, "expected KIND=VALUE" in wrong.output) == (2, True)
    wrong = await run(world, simulate, "--shop", "cafe", "--amount", "1", "--at", "2026-11-01")
    assert (wrong.exit_code, "instant with its offset" in wrong.output) == (2, True)
