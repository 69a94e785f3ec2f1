"""`cashback payouts` and `cashback gifts`: what waits and why, answers by name, files for the bank, codes in stock."""

import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from cashback.actors import Actor, Scope
from cashback.cli_run import Run, acting, by_person, of_operator, units
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse
from cashback.ids import show as named
from cashback.money import plain
from cashback.payouts import accounts, commands, gifts, opening, outcomes, sepa_files, storage
from cashback.payouts.outcomes import FILE_MAX_BYTES
from cashback.payouts.paying import RAILS, pay_due
from cashback.payouts.schemas import Account, Asked, Payout, RailName, State
from cashback.programmes.schemas import plainly
from cashback.programmes.service import load_programme
from cashback.runtime import Runtime
from cashback.shoppers import service as shoppers

PAGE = 100


def _id(prefix: str, text: str | None) -> UUID | None:
    try:
        return None if text is None else parse(prefix, text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_payout = click.argument("payout_id", metavar="PAYOUT", callback=lambda _, __, text: _id("pyt", text))
_words = click.option("--words", required=True, help="Why, in words that others will read")
_rail = click.argument("rail", type=click.Choice([each.value for each in RailName]))
_file = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.group()
def payouts() -> None:
    """Money on its way to shoppers: list it, agree to it, stop it, send it, read what became of it."""


@click.group()
def gifts_group() -> None:
    """Gift cards that are given as payouts: import codes, see what is left."""


gifts_group.name = "gifts"


@payouts.command("list")
@of_operator
@click.option("--state", type=click.Choice([each.value for each in State]), help="Only those that stand there")
@click.option("--after", callback=lambda _, __, text: _id("pyt", text), help="The last payout of the page before")
@click.pass_obj
def list_(run: Run, slug: str, state: str | None, after: UUID | None) -> None:
    """Payouts with why they stand where they stand, oldest first, and how many there are of each state."""
    wanted = None if state is None else State(state)

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[list[Payout], list[tuple[State, str, int, int]]]:
        async with transaction(runtime.engine, operator_id) as connection:
            found = await storage.listed(connection, operator_id, wanted, after, PAGE)
            return found, await storage.counts(connection, operator_id)

    found, counts = run(slug, work)
    for each in found:
        click.echo(_line(each))
    for at, asset, number, amount in counts:
        click.echo(f"{at}: {number}, {plainly(amount, asset)}")
    if not counts:
        click.echo("there is no payout")


@payouts.command()
@_payout
@of_operator
@click.pass_obj
def show(run: Run, payout_id: UUID, slug: str) -> None:
    """One payout with every move: who, when and why."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[Payout, Sequence[Any]]:
        async with transaction(runtime.engine, operator_id) as connection:
            found = await commands.find(connection, operator_id, payout_id)
            return found, await storage.moves_of(connection, found)

    found, moves = run(slug, work)
    click.echo(_line(found))
    for _, _, after, reason, by, at in moves:
        click.echo(f"  {at:%Y-%m-%d %H:%M} {after}{'' if reason is None else f' ({reason})'}, {by}")


@payouts.command()
@click.argument("shopper")
@click.argument("asset")
@click.argument("amount")
@of_operator
@by_person
@click.option("--key", required=True, help="Idempotency key: the same key asks once")
@click.option("--rail", type=click.Choice([each.value for each in RailName]), help="How it is paid")
@click.pass_obj
def request(
    run: Run, shopper: str, asset: str, amount: str, slug: str, person: str, key: str, rail: str | None
) -> None:
    """Pay out AMOUNT (10.00) of ASSET (EUR) of what SHOPPER has available."""
    asked_units = units(amount, asset)

    async def work(runtime: Runtime, operator_id: UUID) -> Payout:
        async with transaction(runtime.engine, operator_id) as connection:
            asked = Asked(
                await _shopper(connection, operator_id, shopper),
                key,
                asset,
                asked_units,
                RailName(rail) if rail else None,
            )
            return await commands.request(connection, _actor(operator_id, person), asked, runtime.clock.now())

    click.echo(_line(run(slug, work)))


def _answer(name: str, help_text: str, *, words: bool) -> None:
    """One command that moves a payout and says where it then stands."""

    @of_operator
    @by_person
    @click.pass_obj
    def command(run: Run, /, payout_id: UUID, slug: str, person: str, **more: str) -> None:
        async def work(runtime: Runtime, operator_id: UUID) -> Payout:
            move = getattr(commands, name)
            async with transaction(runtime.engine, operator_id) as connection:
                done: Payout = await move(
                    connection, _actor(operator_id, person), payout_id, now=runtime.clock.now(), **more
                )
                return done

        click.echo(_line(run(slug, work)))

    command = _payout(_words(command) if words else command)
    payouts.command(name, help=help_text)(command)


_answer("cancel", "Take PAYOUT back, as long as it was not sent.", words=False)
_answer("approve", "Agree to PAYOUT, which is above the limit: two people must.", words=True)
_answer("stop", "Forbid PAYOUT; its amount is available again and the shopper is told.", words=True)


@payouts.command()
@_rail
@of_operator
@by_person
@click.pass_obj
def rail(run: Run, rail: str, slug: str, person: str) -> None:
    """Open RAIL with what the operator pays with, read as one line of JSON from the standard input.

    sepa: {"name": ..., "iban": ..., "bic": ...}; stripe: {"api_key": ...}. It is sealed and never shown.
    """
    told = _read_json()

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        master, now = runtime.keyring.master, runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            await opening.open_rail(connection, _actor(operator_id, person), master, RailName(rail), told, now)

    run(slug, work)
    click.echo(f"{rail} is open")


@payouts.command()
@click.argument("shopper")
@_rail
@of_operator
@by_person
@click.pass_obj
def account(run: Run, shopper: str, rail: str, slug: str, person: str) -> None:
    """Add an account of SHOPPER on RAIL, read as one line of JSON from the standard input.

    sepa: {"iban": ..., "holder": ...}; stripe: {"account": "acct_..."}. It is usable after the cooling time.
    """
    told = _read_json()

    async def work(runtime: Runtime, operator_id: UUID) -> Account:
        master, now = runtime.keyring.master, runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            shopper_id = await _shopper(connection, operator_id, shopper)
            actor = _actor(operator_id, person)
            return await accounts.add(connection, actor, master, shopper_id, RailName(rail), told, now)

    made: Account = run(slug, work)
    click.echo(f"{made.ref} ends in {made.last_four} and is usable from {made.usable_at:%Y-%m-%d %H:%M} UTC")


@payouts.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@of_operator
@by_person
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of execution; the first day banks work from today")
@click.option("--batch", callback=lambda _, __, text: _id("bat", text), help="Make the file of this batch once more")
@click.pass_obj
def file(run: Run, out: Path, slug: str, person: str, on: Any, batch: UUID | None) -> None:
    """Put every approved transfer into one file (pain.001.001.09) at OUT, for the bank.

    If it is interrupted, the same command goes on with the same batch.
    """
    day: date | None = None if on is None else on.date()

    async def work(runtime: Runtime, operator_id: UUID) -> sepa_files.Batch:
        engine, keyring, actor = runtime.engine, runtime.keyring, _actor(operator_id, person)
        if batch is not None:
            return await sepa_files.make_again(engine, keyring, actor, batch, out)
        return await sepa_files.make_file(engine, keyring, actor, out, runtime.clock.now(), execution_on=day)

    made: sepa_files.Batch = run(slug, work)
    total = plain(made.total, "EUR")
    click.echo(f"{out}: {made.payments} transfers, {total} EUR, to be carried out on {made.execution_on}; {made.ref}")


@payouts.command()
@_file
@of_operator
@by_person
@click.pass_obj
def read(run: Run, file: Path, slug: str, person: str) -> None:
    """Read FILE of a bank: a status report (pain.002), a notification or a statement (camt.054, camt.053)."""
    if file.stat().st_size > FILE_MAX_BYTES:
        raise click.ClickException(f"{file} is larger than {FILE_MAX_BYTES} bytes")
    data = file.read_bytes()

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[int, int]:
        now = runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            told = await outcomes.read_file(connection, _actor(operator_id, person), data, now)
        while await outcomes.apply_news(runtime.engine, operator_id, now):
            pass
        return told

    told, new = run(slug, work)
    click.echo(f"{file}: tells of {told} of our payouts, {new} told for the first time")
    if not told:
        click.echo(
            "nothing in it bears the end-to-end id of one of our payouts: is it the answer to our file?", err=True
        )


@payouts.command("run")
@of_operator
@click.pass_obj
def run_due(run: Run, slug: str) -> None:
    """Do now what the worker does every two seconds: apply news, ask where a threshold is reached, send what is due."""

    async def work(runtime: Runtime, operator_id: UUID) -> Any:
        return await pay_due(runtime.engine, runtime.keyring, operator_id, RAILS, runtime.clock.now())

    done = run(slug, work)
    click.echo(", ".join(f"{name} {count}" for name, count in done.items()) or "nothing is due")


@gifts_group.command("import")
@_file
@of_operator
@by_person
@click.pass_obj
def import_(run: Run, file: Path, slug: str, person: str) -> None:
    """Take the codes of FILE into stock: CSV with code, asset, amount (major units), expires_on (a date or nothing)."""
    data = file.read_bytes()

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[int, int]:
        master, now = runtime.keyring.master, runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            return await gifts.import_codes(connection, _actor(operator_id, person), programme, master, data, now)

    added, known = run(slug, work)
    click.echo(f"{file}: {added} codes are new, {known} were in stock before")


@gifts_group.command()
@of_operator
@click.pass_obj
def stock(run: Run, slug: str) -> None:
    """What is left, by value."""

    async def work(runtime: Runtime, operator_id: UUID) -> dict[tuple[str, int], int]:
        async with transaction(runtime.engine, operator_id) as connection:
            programme = await load_programme(connection, operator_id)
            today = runtime.clock.now().astimezone(programme.zone).date()
            return await gifts.stock(connection, operator_id, today)

    left = run(slug, work)
    for (asset, face), count in left.items():
        click.echo(f"{count} of {plainly(face, asset)}")
    if not left:
        click.echo("no code is in stock")


def _actor(operator_id: UUID, person: str) -> Actor:
    return acting(operator_id, person, Scope.MONEY, Scope.PROGRAMME)


async def _shopper(connection: Any, operator_id: UUID, reference: str) -> UUID:
    found = await shoppers.find(connection, operator_id, [reference])
    if reference not in found:
        raise NotFound(f"there is no shopper {reference[:64]!r}", code="unknown_shopper")
    return found[reference]


def _read_json() -> dict[str, str]:
    try:
        told = json.loads(sys.stdin.readline())
    except ValueError:
        told = None
    if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
        raise click.ClickException("expected one line of JSON on the standard input: an object of texts")
    return told


def _line(payout: Payout) -> str:
    why = "" if payout.reason is None else f": {payout.reason}"
    asked = f"{payout.requested_at:%Y-%m-%d %H:%M}"
    amount = plainly(payout.amount, payout.asset)
    return f"{payout.ref}  {named('shp', payout.shopper_id)}  {asked}  {amount}  {payout.rail}  {payout.state}{why}"
