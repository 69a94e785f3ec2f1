"""`cashback adjustments`: wallets changed by hand. Everything names who does it (`--as`)."""

from uuid import UUID

import click

from cashback.actors import Scope
from cashback.adjustments import service
from cashback.adjustments.schemas import Adjustment, Asked, Kind, Reason, State
from cashback.cli_run import Run, acting, by_person, of_operator, units
from cashback.db.engine import transaction
from cashback.ids import parse, show
from cashback.programmes.schemas import plainly
from cashback.programmes.service import load_programme
from cashback.runtime import Runtime
from cashback.shoppers.service import find


def _adjustment_id(_: click.Context, __: click.Parameter, text: str) -> UUID:
    try:
        return parse("adj", text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_adjustment = click.argument("adjustment", metavar="ADJUSTMENT", callback=_adjustment_id)
_words = click.option("--words", required=True, help="Why, in words that others will read")
_scope = click.option(
    "--scope",
    default=Scope.SUPPORT.value,
    show_default=True,
    type=click.Choice([each.value for each in service.ASKERS]),
    help="What the person may do: it sets how much they may adjust alone",
)


@click.group()
def adjustments() -> None:
    """Goodwill, corrections and debts given up; above a limit a second person decides."""


@adjustments.command()
@click.argument("shopper")
@click.argument("asset")
@click.argument("amount")
@of_operator
@by_person
@_scope
@click.option(
    "--kind", required=True, type=click.Choice([each.value for each in Kind]), help="What it is for the books"
)
@click.option("--reason", required=True, type=click.Choice([each.value for each in Reason]), help="Why")
@_words
@click.option("--key", required=True, help="Names this adjustment: the same key is done once")
@click.pass_obj
def ask(
    run: Run,
    shopper: str,
    asset: str,
    amount: str,
    slug: str,
    person: str,
    scope: str,
    kind: str,
    reason: str,
    words: str,
    key: str,
) -> None:
    """Give SHOPPER (by the operator's reference) an AMOUNT of ASSET; an amount below zero after -- takes."""

    async def work(runtime: Runtime, operator_id: UUID) -> Adjustment:
        asked = Asked(key, Kind(kind), asset, units(amount, asset), Reason(reason), words)
        by = acting(operator_id, person, Scope(scope))
        async with transaction(runtime.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            shopper_id = (await find(connection, operator_id, [shopper])).get(shopper)
            if shopper_id is None:
                raise click.ClickException(f"there is no shopper {shopper!r}")
            return await service.ask(connection, by, programme, shopper_id, asked, runtime.clock.now())

    click.echo(_line(run(slug, work)))


@adjustments.command("list")
@of_operator
@by_person
@click.option("--state", type=click.Choice([each.value for each in State]), help="Only those that stand so")
@click.pass_obj
def list_(run: Run, slug: str, person: str, state: str | None) -> None:
    """The newest hundred."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        by = acting(operator_id, person, Scope.MONEY)
        async with transaction(runtime.engine, operator_id) as connection:
            found = await service.listed(connection, by, None if state is None else State(state))
        return [_line(each) for each in found]

    click.echo("\n".join(run(slug, work)) or "there are none")


@adjustments.command()
@_adjustment
@of_operator
@by_person
@_words
@click.pass_obj
def approve(run: Run, adjustment: UUID, slug: str, person: str, words: str) -> None:
    """Let an adjustment happen that somebody else asked for."""
    click.echo(_line(_decided(run, adjustment, slug, person, words, approved=True)))


@adjustments.command()
@_adjustment
@of_operator
@by_person
@_words
@click.pass_obj
def refuse(run: Run, adjustment: UUID, slug: str, person: str, words: str) -> None:
    """Say no to an adjustment that somebody else asked for."""
    click.echo(_line(_decided(run, adjustment, slug, person, words, approved=False)))


@adjustments.command()
@click.argument("asset")
@click.argument("amount")
@of_operator
@by_person
@_scope
@click.pass_obj
def limit(run: Run, asset: str, amount: str, slug: str, person: str, scope: str) -> None:
    """Let who holds a scope adjust AMOUNT of ASSET alone in 24 hours."""

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        by = acting(operator_id, person, Scope.PROGRAMME)
        async with transaction(runtime.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            most, now = units(amount, asset), runtime.clock.now()
            await service.set_limit(connection, by, programme, Scope(scope), asset, most, now)

    run(slug, work)
    click.echo(f"{scope} may adjust {amount} {asset} alone in 24 hours")


def _decided(run: Run, adjustment: UUID, slug: str, person: str, words: str, *, approved: bool) -> Adjustment:
    async def work(runtime: Runtime, operator_id: UUID) -> Adjustment:
        by = acting(operator_id, person, Scope.MONEY)
        decide = service.approve if approved else service.refuse
        async with transaction(runtime.engine, operator_id) as connection:
            return await decide(connection, by, adjustment, words, runtime.clock.now())

    found: Adjustment = run(slug, work)
    return found


def _line(each: Adjustment) -> str:
    by = f"{each.asked_by}" + (f", {each.decided_by}" if each.decided_by not in (None, each.asked_by) else "")
    parts = (
        show("adj", each.id),
        f"{each.asked_at:%Y-%m-%d %H:%M}",
        show("shp", each.shopper_id),
        each.state.value,
        each.kind.value,
        plainly(each.amount, each.asset),
        each.reason.value,
        by,
    )
    return "  ".join((*parts, each.words))
