"""`cashback collections` and `cashback mandates`: what is charged and why not, for support and the treasury."""

import json
import sys
from typing import Any
from uuid import UUID

import click

from cashback.actors import Actor, Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.collecting import calling, mandates, opening, paybacks, storage
from cashback.collecting.calling import Collector
from cashback.collecting.commands import give_up, retry_now
from cashback.collecting.rounds import CHARGE_RAILS, collect_due
from cashback.collecting.schemas import Collection, Mandate, Payback, RailName, State
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse
from cashback.ids import show as named
from cashback.money import plain
from cashback.pipeline import Road
from cashback.runtime import Runtime
from cashback.shoppers import service as shoppers

PAGE = 100


def _id(prefix: str, text: str | None) -> UUID | None:
    try:
        return None if text is None else parse(prefix, text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_collection = click.argument("collection_id", metavar="COLLECTION", callback=lambda _, __, text: _id("col", text))
_mandate = click.argument("mandate_id", metavar="MANDATE", callback=lambda _, __, text: _id("man", text))
_payback = click.argument("payback_id", metavar="PAYBACK", callback=lambda _, __, text: _id("pbk", text))


@click.group()
def collections() -> None:
    """Charges of plans in instalments: list, show, try again now, give up, give back."""


@click.group("mandates")
def mandates_group() -> None:
    """Cards that may be charged for plans: list, and charge no more."""


@collections.command("list")
@of_operator
@click.option("--state", type=click.Choice([each.value for each in State]), help="Only those that stand there")
@click.option("--after", callback=lambda _, __, text: _id("col", text), help="The last one of the page before")
@click.pass_obj
def list_(run: Run, slug: str, state: str | None, after: UUID | None) -> None:
    """Collections with why they stand where they stand, oldest first, a hundred at a time."""
    wanted = None if state is None else State(state)

    async def work(runtime: Runtime, operator_id: UUID) -> list[Collection]:
        async with transaction(runtime.engine, operator_id) as connection:
            return await storage.listed(connection, operator_id, wanted, after, PAGE)

    found = run(slug, work)
    for each in found:
        click.echo(_line(each))
    if not found:
        click.echo("there is no collection")


@collections.command()
@_collection
@of_operator
@click.pass_obj
def show(run: Run, collection_id: UUID, slug: str) -> None:
    """One collection with every move, and what of it was given back."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[Collection, list[Any], list[Payback]]:
        async with transaction(runtime.engine, operator_id) as connection:
            found = (await storage.by_id(connection, operator_id, [collection_id])).get(collection_id)
            if found is None:
                raise NotFound(f"there is no collection {named('col', collection_id)}", code="unknown_collection")
            backs = await storage.paybacks_of(connection, [(found.shopper_id, found.plan_id)])
            return found, await storage.moves_of(connection, found), backs

    found, moves, backs = run(slug, work)
    click.echo(_line(found))
    for _, _, after, reason, by, at in moves:
        click.echo(f"  {at:%Y-%m-%d %H:%M} {after}{'' if reason is None else f' ({reason})'}, {by}")
    for each in backs:
        if each.collection_id == found.id:
            click.echo(f"  given back: {_back(each)}")


@collections.command()
@_collection
@of_operator
@by_person
@click.pass_obj
def retry(run: Run, collection_id: UUID, slug: str, person: str) -> None:
    """Try what COLLECTION could not take again now, instead of on its next day.

    Refused for a card that must not be charged again, and after four refusals within 30 days.
    """

    async def work(runtime: Runtime, operator_id: UUID) -> Collection:
        async with transaction(runtime.engine, operator_id) as connection:
            return await retry_now(connection, _actor(operator_id, person), collection_id, runtime.clock.now())

    click.echo(_line(run(slug, work)))


@collections.command("give-up")
@_collection
@of_operator
@by_person
@click.pass_obj
def give_up_(run: Run, collection_id: UUID, slug: str, person: str) -> None:
    """Wait for the shopper no longer: COLLECTION is cancelled at its processor. One that succeeds meanwhile stands."""

    async def work(runtime: Runtime, operator_id: UUID) -> Collection:
        now = runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            await give_up(connection, _actor(operator_id, person), collection_id, now)
        await calling.run_due(_collector(runtime), operator_id, now)
        async with transaction(runtime.engine, operator_id) as connection:
            return (await storage.by_id(connection, operator_id, [collection_id]))[collection_id]

    click.echo(_line(run(slug, work)))


@collections.command("give-back")
@_payback
@of_operator
@by_person
@click.pass_obj
def give_back(run: Run, payback_id: UUID, slug: str, person: str) -> None:
    """Have PAYBACK, which failed, tried once more."""

    async def work(runtime: Runtime, operator_id: UUID) -> Payback:
        async with transaction(runtime.engine, operator_id) as connection:
            now = runtime.clock.now()
            return await paybacks.ask_again(connection, _actor(operator_id, person), payback_id, now)

    click.echo(_back(run(slug, work)))


@collections.command()
@click.argument("name", metavar="RAIL", type=click.Choice([each.value for each in RailName]))
@of_operator
@by_person
@click.pass_obj
def rail(run: Run, name: str, slug: str, person: str) -> None:
    """Open RAIL with what cards are charged with, read as one line of JSON from the standard input.

    stripe: {"api_key": ...}; sandbox: {} (a simulation, no credit is granted). It is sealed and never shown.
    """
    told = _read_json()

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        master, now = runtime.keyring.master, runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            await opening.open_rail(connection, _actor(operator_id, person), master, RailName(name), told, now)

    run(slug, work)
    click.echo(f"{name} is open" + (": a simulation, no credit is granted" if name == RailName.SANDBOX else ""))


@collections.command()
@of_operator
@by_person
@click.pass_obj
def lender(run: Run, slug: str, person: str) -> None:
    """Open the partner who lends, read as one line of JSON from the standard input: {"url": ..., "token": ...}."""
    told = _read_json()

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        master, now = runtime.keyring.master, runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            await opening.open_lender(connection, _actor(operator_id, person), master, told, now)

    run(slug, work)
    click.echo("the lender is open")


@collections.command("run")
@of_operator
@click.pass_obj
def run_due(run: Run, slug: str) -> None:
    """Do now what the worker does every two seconds: look at news, charge what is due, give back, remind."""

    async def work(runtime: Runtime, operator_id: UUID) -> Any:
        return await collect_due(_collector(runtime), operator_id, runtime.clock.now())

    click.echo(calling.by_state(run(slug, work)) or "nothing is due")


@mandates_group.command("list")
@click.argument("shopper")
@of_operator
@click.pass_obj
def list_mandates(run: Run, shopper: str, slug: str) -> None:
    """The cards of SHOPPER that may be charged, or might once."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[Mandate]:
        async with transaction(runtime.engine, operator_id) as connection:
            found = await shoppers.find(connection, operator_id, [shopper])
            if shopper not in found:
                raise NotFound(f"there is no shopper {shopper[:64]!r}", code="unknown_shopper")
            return await storage.mandates_of(connection, found[shopper])

    found = run(slug, work)
    for each in found:
        click.echo(_card(each))
    if not found:
        click.echo("no card may be charged")


@mandates_group.command("show")
@_mandate
@of_operator
@click.pass_obj
def show_mandate(run: Run, mandate_id: UUID, slug: str) -> None:
    """One mandate: its card, and why it is charged no more."""

    async def work(runtime: Runtime, operator_id: UUID) -> Mandate:
        async with transaction(runtime.engine, operator_id) as connection:
            return await mandates.find(connection, operator_id, mandate_id)

    click.echo(_card(run(slug, work)))


@mandates_group.command("end")
@_mandate
@of_operator
@by_person
@click.pass_obj
def end_mandate(run: Run, mandate_id: UUID, slug: str, person: str) -> None:
    """Charge the card of MANDATE no more; its shopper is asked for another one."""

    async def work(runtime: Runtime, operator_id: UUID) -> Mandate:
        async with transaction(runtime.engine, operator_id) as connection:
            found = await mandates.locked(connection, operator_id, mandate_id)
            return await mandates.end(connection, _actor(operator_id, person), found, "revoked", runtime.clock.now())

    click.echo(_card(run(slug, work)))


def _collector(runtime: Runtime) -> Collector:
    return Collector(runtime.engine, Road(runtime.keyring), CHARGE_RAILS)


def _actor(operator_id: UUID, person: str) -> Actor:
    return acting(operator_id, person, Scope.MONEY, Scope.PROGRAMME)


def _read_json() -> dict[str, str]:
    try:
        told = json.loads(sys.stdin.readline())
    except ValueError:
        told = None
    if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
        raise click.ClickException("expected one line of JSON on the standard input: an object of texts")
    return told


def _line(collection: Collection) -> str:
    why = "" if collection.reason is None else f": {collection.reason}"
    amount = f"{plain(collection.amount_minor, collection.currency)} {collection.currency}"
    what = f"{named('pln', collection.plan_id)}  {collection.asked_at:%Y-%m-%d %H:%M}  {amount}  {collection.kind}"
    return f"{collection.ref}  {what}  {collection.state}{why}"


def _back(payback: Payback) -> str:
    why = "" if payback.reason is None else f": {payback.reason}"
    return f"{payback.ref}  {plain(payback.amount_minor, payback.currency)} {payback.currency}  {payback.state}{why}"


def _card(mandate: Mandate) -> str:
    card = f"{mandate.scheme or 'a card'} …{mandate.last_four}" if mandate.last_four else "no card yet"
    expires = "" if mandate.expires_on is None else f"  until {mandate.expires_on:%Y-%m}"
    why = "" if mandate.why is None else f": {mandate.why}"
    return f"{mandate.ref}  {mandate.rail}  {card}{expires}  {mandate.state}{why}"
