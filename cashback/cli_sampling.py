"""`cashback merchants review --sample N` and `review judge`: a running audit of what was decided without a person."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from cashback.actors import Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.ids import parse
from cashback.merchants.reviewing import Verdict
from cashback.merchants.sampling import SAMPLE_MAX, Sample, Sampled, interval, judge, sample
from cashback.merchants.schemas import instant
from cashback.money import exponent
from cashback.runtime import Runtime

_UTC = ZoneInfo("UTC")


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        return instant(text or "", _UTC)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _purchase(_: click.Context, __: click.Parameter, text: str) -> UUID:
    try:
        return parse("pur", text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("sample")
@of_operator
@by_person
@click.option("--sample", "count", required=True, type=click.IntRange(1, SAMPLE_MAX), help="How many accepts")
@click.option("--seed", default=1, show_default=True, type=int, help="Another seed, another draw")
@click.option("--since", callback=_instant, help="Only purchases from then on; all if left out")
@click.pass_obj
def sample_command(run: Run, slug: str, person: str, count: int, seed: int, since: datetime | None) -> None:
    """Draw automatic accepts at random to be judged, and tell the precision of those that were.

    The same --sample, --seed and --since show the same draw again. Judge each by: cashback merchants review judge
    """

    async def work(runtime: Runtime, operator_id: UUID) -> Sample:
        actor = acting(operator_id, person, Scope.PROGRAMME)
        async with transaction(runtime.engine, operator_id) as connection:
            now = runtime.clock.now()
            return await sample(connection, actor, count=count, seed=seed, since=since, now=now)

    click.echo("\n".join(_shown(run(slug, work))))


@click.command("judge")
@click.argument("purchase_id", metavar="PURCHASE", callback=_purchase)
@of_operator
@by_person
@click.option("--shop", help="Code of the shop where it was made, the accepted one or another")
@click.option("--not-ours", is_flag=True, help="It was made in no shop of the programme")
@click.option("--skip", is_flag=True, help="I cannot tell: it counts neither way")
@click.pass_obj
def judge_command(run: Run, /, purchase_id: UUID, slug: str, person: str, **said: Any) -> None:
    """Say where a sampled PURCHASE was really made. It counts for the precision, and teaches as an answer does."""
    chosen = [verdict for verdict in (Verdict.NOT_OURS, Verdict.SKIP) if said[verdict.value]]
    chosen += [Verdict.SHOP] if said["shop"] is not None else []
    if len(chosen) != 1:
        raise click.UsageError("expected one of --shop CODE, --not-ours, --skip")

    async def work(runtime: Runtime, operator_id: UUID) -> bool | None:
        actor = acting(operator_id, person, Scope.PROGRAMME)
        async with transaction(runtime.engine, operator_id) as connection:
            now = runtime.clock.now()
            return await judge(connection, actor, purchase_id, chosen[0], shop=said["shop"], now=now)

    right = run(slug, work)
    click.echo({True: "it was right", False: "it was wrong", None: "it counts neither way"}[right])


def _shown(drawn: Sample) -> list[str]:
    if not drawn.accepts:
        return ["nothing was accepted without a person yet"]
    waiting = [each for each in drawn.accepts if not each.judged]
    skipped = len(drawn.accepts) - len(waiting) - drawn.told
    lines = [
        f"{len(drawn.accepts)} of {drawn.population} automatic accepts, drawn {drawn.drawn_at:%Y-%m-%d %H:%M} UTC "
        f"with the seed {drawn.seed}"
    ]
    if drawn.told:
        low, high = interval(drawn.right, drawn.told)
        lines.append(
            f"precision {drawn.right / drawn.told:.4f}, between {low:.4f} and {high:.4f} (95 %): "
            f"{drawn.right} of {drawn.told} judged were right" + (f", {skipped} could not be told" if skipped else "")
        )
    lines.append(f"{len(waiting)} wait to be judged" + (":" if waiting else ""))
    return [*lines, *(_line(each) for each in waiting)]


def _line(each: Sampled) -> str:
    amount = f"{Decimal(each.net_minor).scaleb(-exponent(each.currency))} {each.currency}"
    how = each.basis if each.probability_ppm is None else f"{each.basis} {each.probability_ppm / 1_000_000:.3f}"
    proof = f", proof {each.tier}" if each.tier else ""
    seen = f" {each.descriptor!r}" + (f" in {each.town}" if each.town else "")
    return f"{each.ref}  {each.purchased_at:%Y-%m-%d}  {amount}  {each.shop} by {how}{proof} {seen}"
