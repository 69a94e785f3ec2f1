"""`cashback keys`: every API key and when it was used, replacing one with an overlap, revoking one."""

from datetime import timedelta
from uuid import UUID

import click

from cashback.actors import Actor, Scope
from cashback.auth.keys import KeyView, list_keys, revoke_key, rotate_key, unknown_key
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.ids import parse, show
from cashback.runtime import Runtime

_EVERY_SCOPE = tuple(scope for scope in Scope if scope is not Scope.SYSTEM)
_key = click.argument("key")


def _id(text: str) -> UUID:
    try:
        return parse("key", text)
    except ValueError:
        raise unknown_key(text) from None


def _acting(operator_id: UUID, person: str) -> Actor:
    """Whoever sits at this machine may give a key again what it had."""
    return acting(operator_id, person, *_EVERY_SCOPE)


@click.group()
def keys() -> None:
    """API keys: list, replace, revoke. One is made by `cashback key`."""


@keys.command("list")
@of_operator
@by_person
@click.pass_obj
def listed(run: Run, slug: str, person: str) -> None:
    """Print every key: id, how it begins and ends, label, scopes, last use, state. The newest first."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        now = runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            found = await list_keys(connection, _acting(operator_id, person))
        return [_line(each, opens=each.opens(now)) for each in found]

    click.echo("\n".join(run(slug, work)))


@keys.command()
@_key
@of_operator
@by_person
@click.option("--overlap-hours", type=click.IntRange(0, 720), default=24, help="How long the old key also opens")
@click.pass_obj
def rotate(run: Run, key: str, slug: str, person: str, overlap_hours: int) -> None:
    """Make another key in the place of KEY (key_…), and print it this once."""

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        async with transaction(runtime.engine, operator_id) as connection:
            return await rotate_key(
                connection,
                _acting(operator_id, person),
                _id(key),
                overlap=timedelta(hours=overlap_hours),
                now=runtime.clock.now(),
            )

    click.echo(run(slug, work))


@keys.command()
@_key
@of_operator
@by_person
@click.pass_obj
def revoke(run: Run, key: str, slug: str, person: str) -> None:
    """Let KEY (key_…) open nothing any more, at once."""

    async def work(runtime: Runtime, operator_id: UUID) -> bool:
        async with transaction(runtime.engine, operator_id) as connection:
            return await revoke_key(connection, _acting(operator_id, person), _id(key), now=runtime.clock.now())

    click.echo("revoked" if run(slug, work) else "it opened nothing already")


def _line(each: KeyView, *, opens: bool) -> str:
    used = "never used" if each.last_used_at is None else f"used {each.last_used_at.isoformat(timespec='minutes')}"
    state = "in force" if opens else "revoked"
    if opens and each.revoked_at is not None:
        state = f"until {each.revoked_at.isoformat(timespec='minutes')}"
    scopes = ",".join(scope.value for scope in each.scopes)
    return f"{show('key', each.id)}  {each.hint}  {each.label}  {scopes}  {used}  {state}"
