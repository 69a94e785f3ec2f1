"""`cashback review-decisions`: contested decisions at the command line. Every answer names who gives it (`--as`)."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.decisions import monitoring, reviewing
from cashback.decisions.schemas import Review, ReviewReason
from cashback.ids import parse, show
from cashback.pipeline import Road
from cashback.rewards.snapshot import Snapshot
from cashback.runtime import Runtime

Command = Callable[[AsyncConnection, Snapshot, Actor, Runtime], Awaitable[Any]]


def _review_id(_: click.Context, __: click.Parameter, text: str) -> UUID:
    try:
        return parse("rev", text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_review = click.argument("review_id", metavar="REVIEW", callback=_review_id)
_words = click.option("--words", required=True, help="What was checked, in words that others will read")


def _reason(*, overturns: bool) -> Callable[[Any], Any]:
    codes = [each.value for each in ReviewReason if each.overturns is overturns]
    return click.option("--reason", required=True, type=click.Choice(codes), help="Why")


@click.group("review-decisions")
def review_decisions() -> None:
    """Decisions on instalments that shoppers contest: look at them, answer, agree as a second person."""


@review_decisions.command("list")
@of_operator
@by_person
@click.pass_obj
def list_(run: Run, slug: str, person: str) -> None:
    """What waits, the most urgent first."""

    async def work(connection: AsyncConnection, _: Snapshot, actor: Actor, __: Runtime) -> list[Review]:
        return await reviewing.queue(connection, actor)

    found: list[Review] = _do(run, slug, person, work)
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("no decision is contested")


@review_decisions.command("show")
@_review
@of_operator
@by_person
@click.pass_obj
def show_one(run: Run, review_id: UUID, slug: str, person: str) -> None:
    """REVIEW with the shopper's words and everything the decision was made by."""

    async def work(connection: AsyncConnection, _: Snapshot, actor: Actor, runtime: Runtime) -> Any:
        return await reviewing.one(connection, runtime.keyring.master, actor, review_id)

    review, words, _, record = _do(run, slug, person, work)
    click.echo(_line(review))
    click.echo(f"  “{words}”")
    click.echo(json.dumps(json.loads(record), indent=2, ensure_ascii=False))


@review_decisions.command("assign")
@_review
@of_operator
@by_person
@click.option("--to", required=True, help="Who looks at it")
@click.pass_obj
def assign(run: Run, review_id: UUID, slug: str, person: str, to: str) -> None:
    """Say who looks at REVIEW."""

    async def work(connection: AsyncConnection, _: Snapshot, actor: Actor, runtime: Runtime) -> Review:
        return await reviewing.assign(connection, actor, review_id, to, runtime.clock.now())

    click.echo(_line(_do(run, slug, person, work)))


@review_decisions.command("uphold")
@_review
@of_operator
@by_person
@_reason(overturns=False)
@_words
@click.pass_obj
def uphold(run: Run, review_id: UUID, slug: str, person: str, reason: str, words: str) -> None:
    """The decision of REVIEW stands."""

    async def work(connection: AsyncConnection, _: Snapshot, actor: Actor, runtime: Runtime) -> Review:
        why, now = ReviewReason(reason), runtime.clock.now()
        return await reviewing.uphold(connection, actor, review_id, why, words, now)

    click.echo(_line(_do(run, slug, person, work)))


@review_decisions.command("overturn")
@_review
@of_operator
@by_person
@click.option("--plan", required=True, help="The plan that is open from now on")
@_reason(overturns=True)
@_words
@click.pass_obj
def overturn(run: Run, review_id: UUID, slug: str, person: str, plan: str, reason: str, words: str) -> None:
    """Open a plan that the decision of REVIEW refused; above the operator's amount a second person must agree."""

    async def work(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, runtime: Runtime) -> Review:
        master, why, now = runtime.keyring.master, ReviewReason(reason), runtime.clock.now()
        return await reviewing.overturn(
            connection, snapshot, master, actor, review_id, plan=plan, reason=why, words=words, now=now
        )

    click.echo(_line(_do(run, slug, person, work)))


@review_decisions.command("agree")
@_review
@of_operator
@by_person
@_words
@click.pass_obj
def agree(run: Run, review_id: UUID, slug: str, person: str, words: str) -> None:
    """Agree, as a second person, to overturn the decision of REVIEW."""

    async def work(connection: AsyncConnection, snapshot: Snapshot, actor: Actor, runtime: Runtime) -> Review:
        master, now = runtime.keyring.master, runtime.clock.now()
        return await reviewing.agree(connection, snapshot, master, actor, review_id, words, now)

    click.echo(_line(_do(run, slug, person, work)))


@review_decisions.command("figures")
@of_operator
@by_person
@click.pass_obj
def figures(run: Run, slug: str, person: str) -> None:
    """How many wait, how many are late, how often people decide otherwise and why."""

    async def work(connection: AsyncConnection, _: Snapshot, actor: Actor, runtime: Runtime) -> dict[str, Any]:
        return await monitoring.review_figures(connection, actor.operator_id, runtime.clock.now())

    click.echo(json.dumps(_do(run, slug, person, work), indent=2))


def _do(run: Run, slug: str, person: str, command: Command) -> Any:
    async def work(runtime: Runtime, operator_id: UUID) -> Any:
        road = Road(runtime.keyring)
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await road.snapshots.current(connection, operator_id)
            return await command(connection, snapshot, acting(operator_id, person, Scope.REVIEWS), runtime)

    return run(slug, work)


def _line(review: Review) -> str:
    answered = (
        "" if review.answered_by is None or review.reason is None else f"  {review.reason} by {review.answered_by}"
    )
    second = "" if review.second_by is None else f", {review.second_by}"
    made = "" if review.new_decision_id is None else f"  {show('dec', review.new_decision_id)}"
    whose = "" if review.assigned_to is None else f"  with {review.assigned_to}"
    return (
        f"{review.ref}  {review.state}  {show('dec', review.decision_id)}"
        f"  due {review.due_at:%Y-%m-%d %H:%M}{whose}{answered}{second}{made}"
    )
