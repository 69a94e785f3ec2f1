"""`cashback score policy`, `card`, `usury`, `conduct`, `challenger`, `monitor`, `upkeep`: what an operator decides by.

Each change names who makes it (`--as`); what widens credit waits for a second person.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.decisions import monitoring, retention, rulebooks
from cashback.decisions.rulebooks import Role, Rule
from cashback.ids import parse
from cashback.rewards.snapshot import load_snapshot
from cashback.runtime import Runtime

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_words = click.option("--words", required=True, help="Why, in words that others will read")
_HELP = {
    Role.CARD: "The point table of the score: load one, see which holds when.",
    Role.POLICY: "The figures of hard rules, affordability and limits: load them, see which hold when.",
    Role.USURY: "The highest yearly costs by law: load a table, see which holds when.",
    Role.CONDUCT: "Plans on offer, reviews, how long things are kept: load it, see which holds when.",
    Role.CHALLENGER: "A card that scores in shadow, recorded and without influence.",
}


def _rule_id(_: click.Context, __: click.Parameter, text: str) -> UUID:
    try:
        return parse("cru", text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise click.BadParameter(f"expected an instant such as 2026-12-31T00:00:00+01:00, got {text[:40]!r}")
    return at.astimezone(UTC)


def _in_transaction(run: Run, slug: str, work: Callable[[AsyncConnection, Runtime, UUID], Awaitable[Any]]) -> Any:
    async def whole(runtime: Runtime, operator_id: UUID) -> Any:
        async with transaction(runtime.engine, operator_id) as connection:
            return await work(connection, runtime, operator_id)

    return run(slug, whole)


def _line(rule: Rule) -> str:
    until = "" if rule.live_until is None else f" until {rule.live_until:%Y-%m-%d %H:%M}"
    widens = f"  widens: {rule.widens}" if rule.widens else ""
    by = rule.asked_by if rule.decided_by in (None, rule.asked_by) else f"{rule.asked_by}, {rule.decided_by}"
    name = rule.name or "none"
    return f"{rule.ref}  {rule.state}  {name}  from {rule.live_from:%Y-%m-%d %H:%M}{until}  by {by}{widens}"


def rules_group(role: Role) -> click.Group:
    """The commands of one role."""

    @click.group(role.value, help=_HELP[role])
    def group() -> None:
        pass

    @group.command("load", help="Check FILE and let it hold; what widens credit waits for a second person.")
    @click.argument("file", type=_file)
    @of_operator
    @by_person
    @_words
    @click.option("--from", "live_from", callback=_instant, help="From which instant on; now if left out")
    @click.pass_obj
    def load(run: Run, file: Path, slug: str, person: str, words: str, live_from: datetime | None) -> None:
        _load(run, role, file.read_bytes(), slug, person, words, live_from)

    @group.command("list", help="All that ever held, holds, waits or was refused.")
    @of_operator
    @click.pass_obj
    def list_(run: Run, slug: str) -> None:
        async def work(connection: AsyncConnection, _: Runtime, operator_id: UUID) -> list[Rule]:
            return await rulebooks.listed(connection, operator_id, role)

        found = _in_transaction(run, slug, work)
        for each in found:
            click.echo(_line(each))
        if not found:
            click.echo("none runs" if role is Role.CHALLENGER else "what is shipped holds")

    @group.command("show", help="What holds at an instant, as its file.")
    @of_operator
    @click.option("--at", callback=_instant, help="At which instant; now if left out")
    @click.pass_obj
    def show(run: Run, slug: str, at: datetime | None) -> None:
        async def work(connection: AsyncConnection, runtime: Runtime, operator_id: UUID) -> tuple[str, bytes]:
            return await rulebooks.table_of(connection, operator_id, role, at or runtime.clock.now())

        digest, body = _in_transaction(run, slug, work)
        click.echo(f"SHA-256 {digest}", err=True)
        click.echo(json.dumps(json.loads(body), indent=2, ensure_ascii=False))

    if role is Role.CHALLENGER:

        @group.command("stop", help="Let no challenger score any more.")
        @of_operator
        @by_person
        @_words
        @click.pass_obj
        def stop(run: Run, slug: str, person: str, words: str) -> None:
            _load(run, role, None, slug, person, words, None)

    _add_answers(group)
    return group


def _add_answers(group: click.Group) -> None:
    for name, approved in (("approve", True), ("refuse", False)):
        said = (
            "Agree to RULES, which somebody else loaded." if approved else "Refuse RULES, which somebody else loaded."
        )

        @group.command(name, help=said)
        @click.argument("rule_id", metavar="RULES", callback=_rule_id)
        @of_operator
        @by_person
        @_words
        @click.pass_obj
        def answer(run: Run, rule_id: UUID, slug: str, person: str, words: str, approved: bool = approved) -> None:
            async def work(connection: AsyncConnection, runtime: Runtime, operator_id: UUID) -> Rule:
                actor = acting(operator_id, person, Scope.APPROVAL)
                return await rulebooks.decide(
                    connection, actor, rule_id, approved=approved, words=words, now=runtime.clock.now()
                )

            click.echo(_line(_in_transaction(run, slug, work)))


def _load(
    run: Run, role: Role, data: bytes | None, slug: str, person: str, words: str, live_from: datetime | None
) -> None:
    async def work(connection: AsyncConnection, runtime: Runtime, operator_id: UUID) -> Rule:
        actor = acting(operator_id, person, Scope.PROGRAMME)
        now = runtime.clock.now()
        return await rulebooks.load(connection, actor, role, data, words=words, live_from=live_from, now=now)

    rule = _in_transaction(run, slug, work)
    click.echo(_line(rule))
    if rule.state == "waiting":
        click.echo(f"a second person decides: cashback score {role.value} approve {rule.ref} --as …")


@click.command("monitor")
@of_operator
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="How long a window is")
@click.pass_obj
def monitor(run: Run, slug: str, days: int) -> None:
    """Outcomes, approvals, drift of the features, the challenger, reviews: the last days beside as many before them."""

    async def work(connection: AsyncConnection, runtime: Runtime, operator_id: UUID) -> dict[str, Any]:
        return await monitoring.monitor(connection, operator_id, runtime.clock.now(), days)

    click.echo(json.dumps(_in_transaction(run, slug, work), indent=2))


@click.command("upkeep")
@of_operator
@click.pass_obj
def upkeep(run: Run, slug: str) -> None:
    """Destroy records and declarations whose time is over, and compute what share of refunds is usual if it is due."""

    async def work(
        connection: AsyncConnection, runtime: Runtime, operator_id: UUID
    ) -> tuple[retention.Forgotten, bool]:
        snapshot = await load_snapshot(connection, operator_id)
        return await retention.upkeep(connection, snapshot, runtime.clock.now())

    forgotten, computed = _in_transaction(run, slug, work)
    click.echo(
        f"destroyed: {forgotten.records} records, {forgotten.means} declarations, {forgotten.decisions} decisions,"
        f" {forgotten.reviews} reviews, {forgotten.consultations} consultations"
    )
    click.echo("usual refunds: computed" if computed else "usual refunds: still good")


SCORE_COMMANDS: tuple[click.Command, ...] = (*(rules_group(role) for role in Role), monitor, upkeep)
"""What `cashback score` has beside the commands on files."""
