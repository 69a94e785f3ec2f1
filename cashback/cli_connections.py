"""`cashback connect | rotate`: an operator's connection to a provider, and its secrets."""

import secrets
from datetime import datetime
from uuid import UUID

import click

from cashback.actors import system
from cashback.cli_run import Run
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound
from cashback.programmes.connections import load_connections, open_connection, rotate_secret
from cashback.runtime import Runtime
from issuers.connecting import WITHOUT_WEBHOOKS, addresses, check_secret
from issuers.registry import ADAPTERS

VARIABLE = "CASHBACK_PROVIDER_SECRET"
_UNUSED_BYTES = 32

_operator = click.argument("slug", metavar="OPERATOR")


@click.command()
@_operator
@click.argument("provider", type=click.Choice(sorted(ADAPTERS)))
@click.argument("name")
@click.option("--secret", envvar=VARIABLE, help="As the provider gave it; asked for if left out, where one is needed")
@click.pass_obj
def connect(run: Run, slug: str, provider: str, name: str, secret: str | None) -> None:
    """Connect OPERATOR to PROVIDER; NAME becomes part of the webhook's address.

    The form of the secret is checked, and the addresses to register are printed. See docs/providers.md for both.
    """
    asks = provider not in WITHOUT_WEBHOOKS
    if secret is None and asks:
        secret = click.prompt("Secret", hide_input=True)

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        now = runtime.clock.now()
        url = f"{runtime.settings.public_url}/webhooks/{name}"
        if secret is not None:
            _check(provider, secret, now)
        async with transaction(runtime.engine, operator_id) as connection:
            await open_connection(
                connection,
                system(operator_id, "cli"),
                slug=name,
                provider=provider,
                registered_url=url,
                secret=secrets.token_bytes(_UNUSED_BYTES) if secret is None else secret.encode(),
                providers=ADAPTERS.keys(),
                master=runtime.keyring.master,
                now=now,
            )
        return url

    url = run(slug, work)
    told = addresses(provider)
    if len(told) == 1 and not told[0].path:
        click.echo(f"register this address with {provider}: {url}")
        return
    click.echo(f"register with {provider}:" if told else f"nothing is registered with {provider}: it is asked")
    for each in told:
        click.echo(f"  {url}{each.path}  ({each.purpose})")


@click.command()
@_operator
@click.argument("name")
@click.option("--secret", envvar=VARIABLE, prompt=True, hide_input=True, help="The new one")
@click.option("--end-overlap", is_flag=True, help="From now on only this secret proves a webhook")
@click.pass_obj
def rotate(run: Run, slug: str, name: str, secret: str, end_overlap: bool) -> None:
    """Give connection NAME of OPERATOR a new secret; the previous one still proves until --end-overlap."""

    async def work(runtime: Runtime, operator_id: UUID) -> None:
        now = runtime.clock.now()
        held = (await load_connections(runtime.engine, runtime.keyring.master)).get(name)
        if held is None or held.operator_id != operator_id:
            raise NotFound(f"no open connection of {slug} is called {name!r}", code="unknown_connection")
        _check(held.provider, secret, now)
        async with transaction(runtime.engine, operator_id) as connection:
            await rotate_secret(
                connection,
                system(operator_id, "cli"),
                slug=name,
                secret=secret.encode(),
                keep_previous=not end_overlap,
                master=runtime.keyring.master,
                now=now,
            )

    run(slug, work)
    click.echo("only this secret proves a webhook" if end_overlap else "both secrets prove a webhook")


def _check(provider: str, secret: str, now: datetime) -> None:
    try:
        check_secret(provider, secret.encode(), now)
    except ValueError as error:
        raise Invalid(f"{provider}: {error}", code="unfit_secret") from error
