"""`cashback simulate`: an imagined purchase, a hostile world (`--chaos`), and the score of what was made of one."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.audit import audit
from cashback.cli_run import Run
from cashback.db.engine import transaction
from cashback.errors import ProductError
from cashback.programmes.operators import OperatorMode, open_operator
from cashback.replay.throwaway import throwaway_database
from cashback.runtime import Runtime
from cashback.settings import driver_url
from cashback.simulator.chaos import files
from cashback.simulator.chaos.house import House, move_in
from cashback.simulator.chaos.outcome import read_outcome
from cashback.simulator.chaos.rates import Disturbance, rates
from cashback.simulator.chaos.report import EXAMPLES_MAX, Report, passes, score, spoken
from cashback.simulator.chaos.statements import BANKS
from cashback.simulator.chaos.world import PURCHASES_MAX, PURCHASES_MIN, a_world
from webhooks.sealing import KeyRing


class _ByWhatIsAsked(click.Group):
    """Chooses the command by its options where none is named: `--chaos` makes a world, anything else is a purchase."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            asked = any(each == "--chaos" or each.startswith("--chaos=") for each in args)
            args = ["chaos" if asked else "purchase", *args]
        return super().parse_args(ctx, args)


_USES = """Three uses. Which one is meant shows by the options, so their names may be left out.

\b
  cashback simulate --operator OPERATOR --shop CODE --amount 42.50
      what one imagined purchase would bring, and why; nothing is stored
  cashback simulate --chaos N --out DIR [--play]
      a hostile world of N true purchases and what three sources tell of them
  cashback simulate score DIR
      what the product makes of such a world, held against its truth

Each has its own options: cashback simulate purchase --help, chaos --help, score --help. See docs/simulator.md and
docs/backtest.md.
"""


def simulations(purchase: click.Command) -> click.Group:
    """The group `simulate`, with the command that imagines one purchase."""
    commands: Sequence[click.Command] = (chaos, score_command)
    return _ByWhatIsAsked(
        "simulate",
        commands={"purchase": purchase, **{str(each.name): each for each in commands}},
        help=_USES,
    )


_json = click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON")
_into = click.option("--operator", "slug", help="Play into this new operator of the database, not a throwaway one")
_folder = click.Path(file_okay=False, path_type=Path)


@click.command("chaos")
@click.option("--chaos", "many", required=True, type=click.IntRange(PURCHASES_MIN, PURCHASES_MAX), help="Purchases")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed, the same world")
@click.option("--out", "folder", required=True, type=_folder, help="Folder that is made for the world")
@click.option(
    "--from", "begin", default="2026-10-01", show_default=True, type=click.DateTime(["%Y-%m-%d"]), help="Its first day"
)
@click.option("--without", multiple=True, metavar="NAME", help=f"Switch off one of {', '.join(Disturbance)}")
@click.option(
    "--bank", default="berlin_group", show_default=True, type=click.Choice(sorted(BANKS)), help="The bank's dialect"
)
@click.option("--play", is_flag=True, help="Play it and print its score")
@_into
@_json
@click.pass_obj
def chaos(
    run: Run,
    /,
    many: int,
    seed: int,
    folder: Path,
    begin: datetime,
    without: tuple[str, ...],
    bank: str,
    play: bool,
    slug: str | None,
    as_json: bool,
) -> None:
    """Make a hostile world: true purchases, and three sources that tell of them. See docs/simulator.md."""
    with _Refusals():
        world = a_world(seed, many, begin.replace(tzinfo=UTC), rates(without), BANKS[bank]())
        files.write(world, folder)
    click.echo(f"{len(world.purchases):,} purchases, {len(world.deliveries):,} deliveries in {folder}", err=True)
    if play:
        _tell(_played(run, folder, slug, EXAMPLES_MAX), as_json=as_json)


@click.command("score")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_into
@click.option("--played", is_flag=True, help="It was played into the operator already: only read what stands")
@click.option("--examples", default=EXAMPLES_MAX, show_default=True, type=click.IntRange(0), help="Failures to show")
@_json
@click.pass_obj
def score_command(run: Run, folder: Path, slug: str | None, played: bool, examples: int, as_json: bool) -> None:
    """Score what the product makes of the world in DIR against its truth.

    Exit code 2 when a purchase earned twice, a cent is unexplained or an invariant of the books is broken.
    """
    if not played:
        _tell(_played(run, folder, slug, examples), as_json=as_json)
        return
    if slug is None:
        raise click.UsageError("--played needs --operator: expected the operator that the world was played into")

    async def work(runtime: Runtime, operator_id: UUID) -> Report:
        return await _scored(runtime.engine, operator_id, folder, runtime.clock.now(), examples)

    _tell(run(slug, work), as_json=as_json)


def _played(run: Run, folder: Path, slug: str | None, examples: int) -> Report:
    with _Refusals():
        programme, begin = files.read_programme(folder), files.begins(folder)

    async def play(engine: AsyncEngine, operator_id: UUID, keyring: KeyRing, name: str) -> Report:
        house = await move_in(engine, keyring, programme, operator_id=operator_id, slug=name, now=begin)
        await _play(house, folder)
        return await _scored(engine, operator_id, folder, house.now, examples)

    if slug is not None:
        report: Report = run(
            slug, lambda runtime, operator_id: play(runtime.engine, operator_id, runtime.keyring, slug)
        )
        return report

    async def alone() -> Report:
        given = os.environ.get("DATABASE_URL")
        async with throwaway_database(driver_url(given) if given else None) as engine:
            name = f"chaos-{secrets.token_hex(4)}"
            operator_id = await open_operator(
                engine, slug=name, name="A hostile world", now=begin, mode=OperatorMode.TEST
            )
            return await play(engine, operator_id, KeyRing(secrets.token_bytes(32)), name)

    return _run(alone())


async def _play(house: House, folder: Path) -> None:
    with click.progressbar(length=files.count_deliveries(folder), label="playing", file=sys.stderr) as bar:
        done = 0

        def told(lines: int) -> None:
            nonlocal done
            bar.update(lines - done)
            done = lines

        await house.play(files.read_events(folder), told)


async def _scored(engine: AsyncEngine, operator_id: UUID, folder: Path, now: datetime, examples: int) -> Report:
    still = engine.execution_options(isolation_level="REPEATABLE READ")
    async with transaction(still, operator_id) as connection:
        report = score(files.read_truth(folder), await read_outcome(connection, operator_id), examples)
        books = await audit(connection, operator_id, now)
    return {**report, "audit": [f"{each.invariant}: {each.row}" for each in books.breaches]}


def _tell(report: Report, *, as_json: bool) -> None:
    click.echo(json.dumps(report, ensure_ascii=False, indent=2) if as_json else spoken(report))
    if report["audit"] or not passes(report):
        sys.exit(2)


class _Refusals:
    """What the product refuses becomes one sentence and exit code 1."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, ProductError):
            raise click.ClickException(error.detail) from error
        if isinstance(error, (DBAPIError, OSError)):
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise click.ClickException(f"the world cannot be played: {reason}") from error


def _run(work: Coroutine[Any, Any, Report]) -> Report:
    with _Refusals():
        return asyncio.run(work)
