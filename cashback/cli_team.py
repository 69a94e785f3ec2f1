"""`cashback team`: the people of an operator, its identity provider, and the audit log."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.auth import members, vouching
from cashback.auth.roles import MemberRole
from cashback.catalogue.reading import texts_in
from cashback.cli_run import Run, by_person, of_operator
from cashback.db.engine import transaction
from cashback.ids import show
from cashback.programmes import audit_log
from cashback.runtime import Runtime

SECRET_VARIABLE = "CASHBACK_OIDC_SECRET"  # noqa: S105 - the name of a variable
_Change = Callable[[AsyncConnection, Actor, UUID, datetime], Awaitable[str]]
_ROLES = click.Choice([each.value for each in MemberRole])
_address = click.argument("address")
_role = click.option("--role", required=True, type=_ROLES, help="What they work as")


@click.group()
def team() -> None:
    """The people of an operator: who they are, what they may do, what they did."""


@team.command("list")
@of_operator
@click.pass_obj
def list_(run: Run, slug: str) -> None:
    """Everybody who may sign in."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        actor = _acting(operator_id, "cli")
        async with transaction(runtime.engine, operator_id) as connection:
            found = await members.list_members(connection, actor, runtime.keyring.master)
        return [_line(each) for each in found]

    click.echo("\n".join(run(slug, work)) or "nobody has been invited yet")


@team.command()
@_address
@of_operator
@by_person
@click.option("--name", required=True, help="As others will read it")
@_role
@click.pass_obj
def invite(run: Run, address: str, slug: str, person: str, name: str, role: str) -> None:
    """Let somebody sign in by ADDRESS; for seven days a code is enough, and a passkey should be added by then."""

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        async with transaction(runtime.engine, operator_id) as connection:
            member_id = await members.invite(
                connection,
                _acting(operator_id, person),
                runtime.keyring.master,
                address=address,
                name=name,
                role=MemberRole(role),
                now=runtime.clock.now(),
            )
        where = f"{runtime.settings.public_url}/en/operator/sign-in?centre={slug}"
        return f"{show('mem', member_id)} works as {role} and signs in at {where}"

    click.echo(run(slug, work))


@team.command("role")
@_address
@of_operator
@by_person
@_role
@click.pass_obj
def role_(run: Run, address: str, slug: str, person: str, role: str) -> None:
    """Let the member of ADDRESS work as something else; their sessions end."""

    async def change(connection: AsyncConnection, actor: Actor, member_id: UUID, now: datetime) -> str:
        changed = await members.change_role(connection, actor, member_id, MemberRole(role), now)
        return f"works as {role} from now on" if changed else f"works as {role} already"

    click.echo(_with_member(run, slug, person, address, change))


@team.command()
@_address
@of_operator
@by_person
@click.pass_obj
def reset(run: Run, address: str, slug: str, person: str) -> None:
    """Let the member of ADDRESS begin anew who lost their passkey: it is forgotten, a code is enough for seven days."""

    async def change(connection: AsyncConnection, actor: Actor, member_id: UUID, now: datetime) -> str:
        await members.reset(connection, actor, member_id, now)
        return "signs in by a code again"

    click.echo(_with_member(run, slug, person, address, change))


@team.command()
@_address
@of_operator
@by_person
@click.option("--revoke-keys", "ends", is_flag=True, help="The API keys that they made open nothing any more either")
@click.pass_obj
def remove(run: Run, address: str, slug: str, person: str, ends: bool) -> None:
    """Let the member of ADDRESS in no more; their sessions end at once. The last admin stays."""

    async def change(connection: AsyncConnection, actor: Actor, member_id: UUID, now: datetime) -> str:
        made = await members.remove(connection, actor, member_id, now, revoke_keys=ends)
        became = "revoked with them" if ends else "made by them and still in force"
        return "\n".join(
            ["is let in no more", *(f"{show('key', each.id)}  {each.label}  {became}" for each in made.seen)]
        )

    click.echo(_with_member(run, slug, person, address, change))


@team.command()
@of_operator
@by_person
@click.option("--issuer", help="Address of the identity provider, as it names itself")
@click.option("--client-id", help="What it calls this product")
@click.option("--secret", envvar=SECRET_VARIABLE, help="As the provider gave it; asked for if left out")
@click.option("--label", default="SSO", show_default=True, help="How people call it, on the button")
@click.option("--remove", "removed", is_flag=True, help="Let it vouch no more")
@click.pass_obj
def provider(
    run: Run,
    slug: str,
    person: str,
    issuer: str | None,
    client_id: str | None,
    secret: str | None,
    label: str,
    removed: bool,
) -> None:
    """Let an OpenID Connect provider vouch for members, by the addresses that it has verified."""
    if not removed and (issuer is None or client_id is None):
        raise click.UsageError("give --issuer and --client-id, or --remove")
    if secret is None and not removed:
        secret = click.prompt("Secret", hide_input=True)

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        actor, now = _acting(operator_id, person), runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            if removed:
                await vouching.remove_provider(connection, actor, now)
                return "the identity provider vouches no more"
            await vouching.set_provider(
                connection,
                actor,
                runtime.keyring.master,
                issuer=issuer or "",
                client_id=client_id or "",
                secret=secret or "",
                label=label,
                egress=runtime.egress,
                now=now,
            )
        return f"register this address with it: {vouching.callback_of(runtime.settings.public_url, slug)}"

    click.echo(run(slug, work))


@team.command()
@of_operator
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, audit_log.LINES_MAX), help="How many")
@click.option("--actor", default="", help="Lines of this actor alone, such as member:mem_…")
@click.option("--subject", default="", help="Lines about this alone, such as pur_…")
@click.option("--action", default="", help="Lines whose action begins so, such as session.")
@click.pass_obj
def log(run: Run, slug: str, limit: int, actor: str, subject: str, action: str) -> None:
    """The audit log, the newest first: who saw or changed what; the deed in words stands at the end of a line."""
    said = texts_in("en")

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        async with transaction(runtime.engine, operator_id) as connection:
            lines = await audit_log.read(
                connection, _acting(operator_id, "cli"), limit=limit, by=actor, subject=subject, action=action
            )
        return [
            f"{each.at:%Y-%m-%d %H:%M:%S}  {each.actor}  {each.action}  {each.subject}  "
            f"{json.dumps(each.detail, ensure_ascii=False, sort_keys=True)}  {said.get(f'audit.did.{each.action}', '')}"
            for each in lines
        ]

    click.echo("\n".join(run(slug, work)) or "there is no such line")


def _with_member(run: Run, slug: str, person: str, address: str, change: _Change) -> str:
    async def work(runtime: Runtime, operator_id: UUID) -> str:
        actor = _acting(operator_id, person)
        async with transaction(runtime.engine, operator_id) as connection:
            member_id = await members.find(connection, actor, runtime.keyring.master, address)
            return f"{show('mem', member_id)} {await change(connection, actor, member_id, runtime.clock.now())}"

    told: str = run(slug, work)
    return told


def _acting(operator_id: UUID, login: str) -> Actor:
    """Who has a shell on the server may decide about every role."""
    return Actor(operator_id, f"person:{login}", frozenset(set(Scope) - {Scope.SYSTEM}))


def _line(each: members.Member) -> str:
    joined = "not signed in yet" if each.joined_at is None else f"since {each.joined_at:%Y-%m-%d}"
    keys = f"{each.passkeys} passkey{'' if each.passkeys == 1 else 's'}"
    return f"{show('mem', each.id)}  {each.role.value}  {each.address}  {each.name}  {joined}  {keys}"
