"""`cashback erasure`: erasing a person, and what it would meet. Everything names who does it (`--as`)."""

from collections.abc import Mapping
from uuid import UUID

import click

from cashback.actors import Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.erasure import service
from cashback.erasure.schemas import Erasure, Held, Outlook
from cashback.ids import parse
from cashback.pipeline import Road
from cashback.programmes.schemas import plainly
from cashback.runtime import Runtime
from cashback.shoppers.service import find


@click.group()
def erasure() -> None:
    """Erase a person for good; the books stay, under an id that leads to nobody."""


@erasure.command()
@click.argument("shopper")
@of_operator
@by_person
@click.pass_obj
def show(run: Run, shopper: str, slug: str, person: str) -> None:
    """What erasing SHOPPER (by reference or id) would meet; nothing is changed."""

    async def work(runtime: Runtime, operator_id: UUID) -> Outlook:
        shopper_id = await _shopper(runtime, operator_id, shopper)
        async with transaction(runtime.engine, operator_id) as connection:
            return await service.look_ahead(connection, acting(operator_id, person, Scope.SUPPORT), shopper_id)

    found: Outlook = run(slug, work)
    for obstacle in found.obstacles:
        click.echo(f"in the way: {obstacle.value}")
    click.echo(_spoken("would be given up", found.held))


@erasure.command()
@click.argument("shopper")
@of_operator
@by_person
@click.option("--give-up", is_flag=True, help="Pending rewards and the balance are given up")
@click.option("--yes", is_flag=True, help="Do not ask again: there is no way back")
@click.pass_obj
def run(run: Run, shopper: str, slug: str, person: str, give_up: bool, yes: bool) -> None:
    """Erase SHOPPER (by reference or id). Told again by the id, it is the same erasure."""
    if not yes:
        click.confirm(f"erase {shopper!r} for good?", abort=True)

    async def work(runtime: Runtime, operator_id: UUID) -> Erasure:
        shopper_id = await _shopper(runtime, operator_id, shopper)
        by, road = acting(operator_id, person, Scope.SUPPORT), Road(runtime.keyring)
        return await service.erase(runtime.engine, road, by, shopper_id, runtime.clock.now(), give_up=give_up)

    done: Erasure = run(slug, work)
    click.echo(f"{done.ref} leads to nobody since {done.erased_at.isoformat()}")
    click.echo(_spoken("given up", done.given_up))


async def _shopper(runtime: Runtime, operator_id: UUID, name: str) -> UUID:
    async with transaction(runtime.engine, operator_id) as connection:
        found = (await find(connection, operator_id, [name])).get(name)
    if found is not None:
        return found
    try:
        return parse("shp", name)
    except ValueError:
        raise click.ClickException(f"there is no shopper {name!r}") from None


def _spoken(words: str, held: Mapping[str, Held]) -> str:
    lines = [
        f"{words}: {plainly(amount, asset)} {where}"
        for asset, each in sorted(held.items())
        for where, amount in (("pending", each.pending), ("available", each.available), ("owed", each.owed))
        if amount
    ]
    return "\n".join(lines) or f"{words}: nothing"
