"""`cashback feeds`: bank feeds at the command line. What opens an account is read from a file or asked for, never an
argument: arguments stand in the shell's history and in the list of processes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from cashback.actors import system
from cashback.bank_linking import link_account, unlink_account
from cashback.cli_run import Run, of_operator
from cashback.db.engine import transaction
from cashback.errors import Conflict, NotFound
from cashback.feeds import service
from cashback.feeds.keys import fetch_key
from cashback.feeds.polling import Clients, poll_account, poll_due, spoken
from cashback.feeds.schemas import NewAccount, Tally
from cashback.ids import show
from cashback.pipeline import Road
from cashback.runtime import Runtime
from cashback.shoppers import service as shoppers
from issuers.errors import IssuerError
from issuers.plaid_api import BASE_URL


def _secrets(_: click.Context, __: click.Parameter, path: Path | None) -> dict[str, str]:
    text = click.prompt("JSON object of texts", hide_input=True) if path is None else path.read_text(encoding="utf-8")
    try:
        told = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"expected a JSON object of texts: {error}") from error
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        raise click.BadParameter('expected a JSON object of texts such as {"consent_id": "…"}')
    return told


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"expected a day or an instant such as 2026-12-01T10:00+01:00, got {text!r}"
        ) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


POLLED_MAX = 1000
"""Accounts that one command asks; what is still due is the workers'."""

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_connection = click.option("--connection", "name", required=True, help="Name of the connection")


@click.group()
def feeds() -> None:
    """Bank feeds: accounts that shoppers linked, asked four times a day. See docs/providers.md."""


@feeds.command("open")
@of_operator
@_connection
@click.option("--base-url", help=f"Of the bank's interface; Plaid's is {BASE_URL} if left out")
@click.option(
    "--credentials", type=_file, callback=_secrets, help="JSON file; Plaid: client_id, secret. Asked for if left out"
)
@click.pass_obj
def open_feed(run: Run, slug: str, name: str, base_url: str | None, credentials: dict[str, str]) -> None:
    """Say where a connection's provider is asked, and with which credentials; again replaces them."""

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        async with transaction(runtime.engine, operator_id) as connection:
            return await service.open_feed(
                connection,
                system(operator_id, "cli"),
                slug=name,
                base_url=base_url,
                credentials=credentials,
                master=runtime.keyring.master,
                now=runtime.clock.now(),
            )

    click.echo(f"{name} is asked at {run(slug, work)}")


@feeds.command()
@of_operator
@_connection
@click.option("--shopper", required=True, help="The operator's reference of the shopper")
@click.option("--account", required=True, help="The provider's id of the account; never an IBAN or a card number")
@click.option(
    "--access",
    type=_file,
    callback=_secrets,
    help="JSON file; Plaid: access_token, item_id; Berlin Group: consent_id and perhaps access_token",
)
@click.option("--consent-until", callback=_instant, help="When the shopper's consent ends")
@click.option("--linked-at", callback=_instant, help="Purchases from then on count; now if left out")
@click.option("--zone", default="Europe/Paris", show_default=True, help="The bank's days are days there")
@click.option("--new-shopper", is_flag=True, help="Open the shopper, who is not known yet")
@click.pass_obj
def link(
    run: Run, /, slug: str, name: str, shopper: str, new_shopper: bool, linked_at: datetime | None, **given: Any
) -> None:
    """Link a shopper's account; again with a new access when they have consented anew."""

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        actor, now = system(operator_id, "cli"), runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            found = await shoppers.find(connection, operator_id, [shopper])
            if new_shopper:
                found = await shoppers.open_shoppers(connection, actor, [shopper], locale="fr", now=now)
            if shopper not in found:
                raise NotFound(f"there is no shopper {shopper[:40]!r}; --new-shopper opens one")
        await link_account(
            runtime.engine,
            Road(runtime.keyring),
            actor,
            NewAccount(**given),
            slug=name,
            shopper_id=found[shopper],
            linked_at=linked_at or now,
            now=now,
        )
        return show("shp", found[shopper])

    click.echo(f"linked to {run(slug, work)}")


@feeds.command()
@of_operator
@_connection
@click.option("--account", required=True, help="The provider's id of the account")
@click.pass_obj
def unlink(run: Run, slug: str, name: str, account: str) -> None:
    """Ask an account no more; what opened it is destroyed."""

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        await unlink_account(
            runtime.engine,
            Road(runtime.keyring),
            system(operator_id, "cli"),
            slug=name,
            account=account,
            now=runtime.clock.now(),
        )

    run(slug, work)
    click.echo("unlinked")


@feeds.command("list")
@of_operator
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON")
@click.pass_obj
def list_accounts(run: Run, slug: str, as_json: bool) -> None:
    """The linked accounts: those that need their shopper first, then those whose consent ends."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[dict[str, Any]]:
        now = runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            found = await service.accounts(connection, operator_id, now)
        return [
            {
                "connection": each.connection,
                "network": each.network,
                "account": each.account,
                "shopper": show("shp", each.shopper_id),
                "state": each.state.value,
                "consent_until": each.consent_until.isoformat() if each.consent_until else None,
                "next_poll_at": each.next_poll_at.isoformat(),
                "listed_at": each.listed_at.isoformat() if each.listed_at else None,
                "calls": each.calls,
                "last_error": each.last_error,
                "warning": service.warning(each, now),
            }
            for each in found
        ]

    found = run(slug, work)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for each in found:
        asked = f"read {each['listed_at'] or 'never'}, next {each['next_poll_at']}, {each['calls']} calls in 24 h"
        click.echo(f"{each['connection']}  {each['account']}  {each['shopper']}  {each['state']}  {asked}")
        for line in dict.fromkeys(filter(None, (each["warning"], each["last_error"]))):
            click.echo(f"    {line}")


@feeds.command()
@of_operator
@click.option("--connection", "name", help="Only this connection's ACCOUNT, at once")
@click.option("--account", help="The account of --connection")
@click.option("--psu-ip", help="The address of the shopper who waits for it: the call then counts for nothing")
@click.pass_obj
def poll(run: Run, slug: str, name: str | None, account: str | None, psu_ip: str | None) -> None:
    """Ask the accounts that are due now, or one account at once, within what its bank allows in 24 hours."""
    if (name is None) != (account is None) or (psu_ip is not None and account is None):
        raise click.UsageError("--connection and --account belong together, and --psu-ip to them")

    async def work(runtime: Runtime, operator_id: UUID) -> Tally:
        now = runtime.clock.now()
        if name is None or account is None:
            return await poll_due(runtime.engine, runtime.keyring, operator_id, Clients(), now, limit=POLLED_MAX)
        async with transaction(runtime.engine, operator_id) as connection:
            connection_id, _ = await service.connection_of(connection, operator_id, name)
            if psu_ip is None:
                await service.make_due(connection, operator_id, name, account, now)
        if psu_ip is None:
            return await poll_due(runtime.engine, runtime.keyring, operator_id, Clients(), now, limit=POLLED_MAX)
        return await poll_account(
            runtime.engine,
            runtime.keyring,
            operator_id,
            Clients(),
            now,
            connection_id=connection_id,
            account=account,
            psu_ip=psu_ip,
        )

    click.echo(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in spoken(run(slug, work)).items()))


@feeds.command()
@of_operator
@_connection
@click.argument("key_id")
@click.pass_obj
def key(run: Run, slug: str, name: str, key_id: str) -> None:
    """Fetch the key KEY_ID from Plaid and let webhooks signed with it prove themselves; the previous one still does.

    The server does so by itself when a webhook was signed with a key that it does not know yet.
    """

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        actor, now = system(operator_id, "cli"), runtime.clock.now()
        try:
            await fetch_key(runtime.engine, runtime.keyring.master, actor, slug=name, key_id=key_id, now=now)
        except IssuerError as error:
            raise Conflict(error.detail, code=error.code) from error

    run(slug, work)
    click.echo(f"webhooks signed with {key_id} prove themselves")
