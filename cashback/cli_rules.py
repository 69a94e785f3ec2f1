"""`cashback backtest` and `cashback simulate`: try rules at the command line; nothing is stored."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cashback.actors import system
from cashback.backtest.service import Progress as Told
from cashback.backtest.service import Question
from cashback.backtest.service import backtest as run_backtest
from cashback.backtest.simulation import Imagined
from cashback.backtest.simulation import simulate as run_simulation
from cashback.backtest.spoken import spoken_backtest, spoken_simulation
from cashback.cli_run import Run, of_operator
from cashback.offers.schemas import FactKind
from cashback.runtime import Runtime


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(f"expected an instant with its offset such as 2026-12-01T10:00+01:00, got {text!r}")
    return at


def _facts(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> list[tuple[FactKind, str]]:
    found = []
    for text in texts:
        kind, _sign, value = text.partition("=")
        if kind not in {each.value for each in FactKind} or not value:
            raise click.BadParameter(f"expected KIND=VALUE, KIND one of {', '.join(FactKind)}, got {text[:64]!r}")
        found.append((FactKind(kind), value))
    return found


_json = click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON")
_day = click.DateTime(formats=["%Y-%m-%d"])
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", metavar="OFFER.yaml", type=_file)
@of_operator
@click.option("--from", "first", required=True, type=_day, help="First local day")
@click.option("--to", "until", required=True, type=_day, help="The day after the last")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the resampled range")
@_json
@click.pass_obj
def backtest(run: Run, file: Path, slug: str, first: datetime, until: datetime, seed: int, as_json: bool) -> None:
    """Try an offer on the purchases of the past: cost, reach, the day its budget ends, what it takes from others.

    OFFER.yaml holds one entry of a programme file's offers. See docs/backtest.md.
    """
    question = Question(file.read_text(encoding="utf-8"), first.date(), until.date(), seed, source=str(file))

    async def work(runtime: Runtime, operator_id: UUID) -> dict[str, Any]:
        actor = system(operator_id, "cli")
        with _bar(quiet=as_json) as told:
            return await run_backtest(runtime.engine, actor, question, runtime.clock.now(), progress=told)

    answer = run(slug, work)
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else spoken_backtest(answer))


@click.command()
@of_operator
@click.option("--shop", required=True, help="Code of the shop")
@click.option("--amount", required=True, help="In the programme's currency: 42.50")
@click.option("--at", callback=_instant, help="When; now if left out")
@click.option("--shopper", help="Reference of a shopper; an imagined one if left out")
@click.option("--fact", "facts", multiple=True, callback=_facts, help="Said of the shopper: segment=families")
@click.option("--card", help="Token of a card of the shopper")
@click.option("--network", help="Source of the purchase")
@click.option("--channel", type=click.Choice(["in_store", "online"]), help="Where; not told if left out")
@click.option("--offer", "file", type=_file, help="One more offer, as if it had always been live")
@_json
@click.pass_obj
def simulate(run: Run, /, slug: str, file: Path | None, as_json: bool, **given: Any) -> None:
    """What a purchase would bring: every offer with its reasons in English and French. Nothing is stored."""
    offer = None if file is None else file.read_text(encoding="utf-8")
    imagined = Imagined(**given, offer=offer, source=str(file))

    async def work(runtime: Runtime, operator_id: UUID) -> dict[str, Any]:
        return await run_simulation(runtime.engine, system(operator_id, "cli"), imagined, runtime.clock.now())

    answer = run(slug, work)
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else spoken_simulation(answer))


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Told]:
    """A bar on a terminal that a person watches, nothing elsewhere."""
    if quiet or not sys.stdout.isatty():
        yield lambda _done, _total: None
        return
    bar = Progress(
        TextColumn("  {task.description}"),
        BarColumn(bar_width=40),
        TaskProgressColumn(),
        TextColumn("{task.completed:,} of {task.total:,} shoppers"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("judging", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
