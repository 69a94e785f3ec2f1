"""`cashback funding`: who pays for rewards, what they paid in, and pausing them."""

from typing import Any
from uuid import UUID

import click

from cashback.actors import Scope
from cashback.cli_run import Run, acting, by_person, minor, of_operator
from cashback.db.engine import transaction
from cashback.funding import service
from cashback.funding.schemas import Funder, Mode, Payment, Standing
from cashback.programmes.schemas import plainly
from cashback.programmes.service import lock_programme
from cashback.rewards.snapshot import Snapshot, load_snapshot
from cashback.runtime import Runtime

_funder = click.argument("funder", metavar="FUNDER")
_key = click.option("--key", required=True, help="Names this payment: the same key is recorded once")


@click.group()
def funding() -> None:
    """Who pays for rewards: the operator, shops and brands. FUNDER is operator, shop:CODE or brand:NAME."""


@funding.command("list")
@of_operator
@click.pass_obj
def list_(run: Run, slug: str) -> None:
    """Every funder with what it paid in less what it funded, and whether it is paused."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await load_snapshot(connection, operator_id)
            return [_line(each, snapshot) for each in await service.standings(connection, snapshot)]

    click.echo("\n".join(run(slug, work)) or "nobody has paid or owes anything yet")


@funding.command("set")
@_funder
@of_operator
@by_person
@click.option("--name", required=True, help="As it stands on an invoice")
@click.option("--mode", required=True, type=click.Choice([each.value for each in Mode]), help="When it pays")
@click.option("--language", default="fr", show_default=True, type=click.Choice(["fr", "en"]), help="Of its invoices")
@click.option("--address", multiple=True, help="A line of its address; once for each line")
@click.option("--country", default="FR", show_default=True, help="ISO 3166-1 alpha-2")
@click.option("--registration", help="Where it is registered: a SIREN in France")
@click.option("--vat-number", help="Its own number of value added tax")
@click.option("--vat-bps", default=2_000, show_default=True, type=click.IntRange(0, 10_000), help="On the commission")
@click.option("--payment-days", default=30, show_default=True, type=click.IntRange(0, 365), help="Until it is due")
@click.option("--alert", default="0", help="Tell when less than this is left of what it paid in: 100.00")
@click.pass_obj
def set_(
    run: Run, /, funder: str, slug: str, person: str, mode: str, alert: str, address: tuple[str, ...], **told: Any
) -> None:
    """Tell who a funder is and how it pays."""

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await load_snapshot(connection, operator_id)
            wanted = Funder(
                account=service.account_of(snapshot, funder),
                mode=Mode(mode),
                address=address,
                alert_minor=minor(alert, snapshot.programme.currency),
                **told,
            )
            by = acting(operator_id, person, Scope.MONEY)
            await service.tell_of(connection, by, wanted, runtime.clock.now())
        return f"{funder} is {mode}"

    click.echo(run(slug, work))


@funding.command("record")
@_funder
@click.argument("amount")
@of_operator
@by_person
@_key
@click.option(
    "--as-what",
    "payment",
    default=Payment.TOP_UP.value,
    show_default=True,
    type=click.Choice([each.value for each in Payment]),
    help="Why the money moved",
)
@click.pass_obj
def record_(run: Run, funder: str, amount: str, slug: str, person: str, key: str, payment: str) -> None:
    """Record that AMOUNT (100.00, in the programme's currency) of FUNDER arrived."""

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await load_snapshot(connection, operator_id)
            account, units = service.account_of(snapshot, funder), minor(amount, snapshot.programme.currency)
            by, now = acting(operator_id, person, Scope.MONEY), runtime.clock.now()
            new = await service.record(connection, by, snapshot, account, Payment(payment), units, key, now)
            (found,) = [
                each for each in await service.standings(connection, snapshot) if each.funder.account == account
            ]
            return ("recorded: " if new else "was recorded under this key already: ") + _line(found, snapshot)

    click.echo(run(slug, work))


@funding.command()
@_funder
@of_operator
@by_person
@click.option("--reason", required=True, help="Why, in words that others will read")
@click.pass_obj
def pause(run: Run, funder: str, slug: str, person: str, reason: str) -> None:
    """Promise nothing more in the name of FUNDER; what was bought until now stays promised."""

    async def work(runtime: Runtime, operator_id: UUID) -> bool:
        account = await _account(runtime, operator_id, funder)
        async with transaction(runtime.engine, operator_id) as connection:
            by = acting(operator_id, person, Scope.MONEY)
            await lock_programme(connection, operator_id)
            return await service.stop(connection, by, account, reason, runtime.clock.now())

    click.echo(f"{funder} is paused" if run(slug, work) else f"{funder} was paused already")


@funding.command()
@_funder
@of_operator
@by_person
@click.pass_obj
def resume(run: Run, funder: str, slug: str, person: str) -> None:
    """Promise again in the name of FUNDER."""

    async def work(runtime: Runtime, operator_id: UUID) -> bool:
        account = await _account(runtime, operator_id, funder)
        async with transaction(runtime.engine, operator_id) as connection:
            by = acting(operator_id, person, Scope.MONEY)
            await lock_programme(connection, operator_id)
            return await service.lift(connection, by, account, runtime.clock.now())

    click.echo(f"{funder} is resumed" if run(slug, work) else f"{funder} was not paused")


async def _account(runtime: Runtime, operator_id: UUID, funder: str) -> str:
    async with transaction(runtime.engine, operator_id) as connection:
        return service.account_of(await load_snapshot(connection, operator_id), funder)


def _line(each: Standing, snapshot: Snapshot) -> str:
    funder, currency = each.funder, snapshot.programme.currency
    name = service.named(funder.account, snapshot.shops.shops)
    parts = [f"{name}  {funder.mode.value}"]
    parts += [plainly(amount, asset) for asset, amount in (each.balances or {currency: 0}).items()]
    if each.worth_minor != each.balances.get(currency, 0):
        parts.append(f"together worth {plainly(each.worth_minor, currency)}")
    if each.paused_since is not None:
        why = "nothing is left" if each.paused_why == service.EMPTY else each.paused_why
        parts.append(f"paused since {each.paused_since:%Y-%m-%d %H:%M}: {why}")
    elif funder.low_since is not None:
        parts.append(f"low since {funder.low_since:%Y-%m-%d %H:%M}")
    return "  ".join(parts)
