"""The command line: migrate, serve, work, apply, replay, audit, and the demonstration."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
import uvloop
from sqlalchemy.exc import DBAPIError

import cashback.starting
from cashback.actors import Actor, Scope, system
from cashback.app import serve as serve_app
from cashback.auth.keys import create_key, revoke_keys
from cashback.auth.mail import open_sender
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Role, Signer, link_name
from cashback.cli_files import RUN as RUN_ON_CONNECTION
from cashback.cli_groups import GROUPS
from cashback.cli_run import of_operator
from cashback.db.engine import open_engine, transaction
from cashback.demo.people import SHOPPERS_MAX
from cashback.demo.seeding import Plan
from cashback.demo.service import demonstrate
from cashback.errors import ProductError
from cashback.migrations.run import migrate as run_migrations
from cashback.observability import configure_logs
from cashback.pipeline import Road
from cashback.programme_file.reading import parse_with_warnings
from cashback.programme_file.service import apply as apply_file
from cashback.programmes import audit_log
from cashback.programmes.connections import Connection, load_connections, providers_of
from cashback.programmes.operators import OperatorMode, find_operator, open_operator
from cashback.replay.service import replay as run_replay
from cashback.replay.spoken import spoken_replay
from cashback.runtime import Runtime, open_runtime
from cashback.settings import Mode, Settings, UnfitSettings, driver_url, read_settings
from cashback.upkeep import retry_parked
from cashback.worker import Worker
from webhooks import aside

Result = TypeVar("Result")
_folder = click.Path(file_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version="0.1.0", prog_name="cashback")
@click.pass_context
def main(context: click.Context) -> None:
    """A rewards engine for shopping centres: card-linked cashback, exact to the cent, with the reason."""
    context.obj = _at_operator
    context.meta[RUN_ON_CONNECTION] = _at_connection
    configure_logs()


for group in GROUPS:
    main.add_command(group)


def _settings() -> Settings:
    try:
        return read_settings(os.environ)
    except UnfitSettings as error:
        raise click.ClickException(str(error)) from error


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; what the product refuses becomes one sentence and exit code 1."""
    with _refusals_as_sentences():
        return uvloop.run(work)


@contextmanager
def _refusals_as_sentences() -> Iterator[None]:
    try:
        yield
    except ProductError as error:
        raise click.ClickException(error.detail) from error
    except (DBAPIError, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise click.ClickException(f"the database cannot be used: {reason}") from error


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema (as OWNER_DATABASE_URL, else DATABASE_URL)."""
    settings = _settings()

    async def work() -> None:
        engine = open_engine(settings.owner_database_url, role=None, pool_size=1)
        try:
            await run_migrations(engine)
        finally:
            await engine.dispose()

    _run(work())
    click.echo("the database is at the newest revision")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on")
def serve(host: str, port: int) -> None:
    """Serve webhooks, the API and the pages."""
    settings = _settings()
    click.echo(f"serving on http://{host}:{port}", err=True)
    _run(serve_app(settings, host=host, port=port))


@main.command()
def worker() -> None:
    """Turn received webhooks into rewards, and let time pass. Start as many as you like."""
    settings = _settings()

    async def work() -> None:
        stop = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
        async with open_runtime(settings) as runtime:
            click.echo("working", err=True)
            await Worker(
                runtime.engine,
                Road(runtime.keyring),
                runtime.clock,
                runtime.wakeups,
                egress=runtime.egress,
                live=runtime.live,
                sender=open_sender(settings.smtp_url, settings.mail_from),
                public_url=settings.public_url,
            ).run(stop)

    _run(work())


@main.command()
@click.argument("slug")
@click.argument("name")
@click.option("--test", is_flag=True, help="Of the test mode, as every operator of a demonstration is")
def operator(slug: str, name: str, test: bool) -> None:
    """Create an operator and print its first API key, which is shown only this once."""

    async def work(runtime: Runtime) -> str:
        now = runtime.clock.now()
        made_up = test or runtime.settings.mode is Mode.DEMO
        mode = OperatorMode.TEST if made_up else OperatorMode.LIVE
        operator_id = await open_operator(runtime.engine, slug=slug, name=name, now=now, mode=mode)
        async with transaction(runtime.engine, operator_id) as connection:
            scopes = [scope for scope in Scope if scope is not Scope.SYSTEM]
            return await create_key(connection, system(operator_id, "cli"), label="first", scopes=scopes, now=now)

    click.echo(_with_runtime(work))


@main.command()
@click.argument("slug")
@click.argument("label")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([s.value for s in Scope if s is not Scope.SYSTEM]),
    help="What the key may do; may be given several times",
)
@click.option("--revoke", is_flag=True, help="Revoke every key of this label instead")
def key(slug: str, label: str, scopes: tuple[str, ...], revoke: bool) -> None:
    """Create an API key of operator SLUG (shown only this once), or revoke it."""

    async def work(runtime: Runtime) -> str:
        operator_id = await _operator(runtime, slug)
        actor, now = system(operator_id, "cli"), runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            if revoke:
                return f"{await revoke_keys(connection, actor, label=label, now=now)} revoked"
            wanted = [Scope(scope) for scope in scopes]
            return await create_key(connection, actor, label=label, scopes=wanted, now=now)

    click.echo(_with_runtime(work))


@main.command()
@click.argument("slug")
@click.option(
    "--role",
    default=MemberRole.ADMIN.value,
    show_default=True,
    type=click.Choice([each.value for each in MemberRole]),
    help="What whoever follows it works as",
)
def enter(slug: str, role: str) -> None:
    """Print a link that opens the console of operator SLUG once; it holds for ten minutes."""

    async def work(runtime: Runtime) -> str:
        operator_id, now = await _operator(runtime, slug), runtime.clock.now()
        signer = Signer(runtime.settings.session_key)
        token = signer.entry_token(
            role=Role.OPERATOR, operator_id=operator_id, shopper_id=None, now=now, member_role=MemberRole(role)
        )
        entry = signer.read_entry(token, now)
        assert entry is not None, "a link that was just made holds"
        async with transaction(runtime.engine, operator_id) as connection:
            made, detail = (
                Actor(operator_id, "cli", frozenset()),
                {"link": link_name(entry.mark), "leads_to": "console"},
            )
            await audit_log.record(connection, made, "link.made", role, detail, now)
        return f"{runtime.settings.public_url}/enter?t={token}"

    click.echo(_with_runtime(work))


@main.command()
@of_operator
@click.option("--retry", is_flag=True, help="Read them again, after what stood in the way was mended")
def parked(slug: str, retry: bool) -> None:
    """List the messages that could not be processed, with the reason, and those whose id came with other content."""

    async def work(runtime: Runtime) -> list[str]:
        operator_id = await _operator(runtime, slug)
        lines: list[str] = []
        if retry:
            road = Road(runtime.keyring)
            done, left = await retry_parked(runtime.engine, road, operator_id, runtime.clock.now())
            lines.append(f"{done} went through, {left} stay")
        async with transaction(runtime.engine, operator_id) as connection:
            for each in await aside.parked(connection, operator_id, runtime.keyring):
                lines.append(f"{each.parked_at:%Y-%m-%d %H:%M}  {each.message.delivery_id}  {each.code}: {each.detail}")
            for conflict in await aside.conflicts(connection, operator_id, runtime.keyring):
                lines.append(f"{conflict.received_at:%Y-%m-%d %H:%M}  {conflict.delivery_id}  conflict: other content")
        return lines

    click.echo("\n".join(_with_runtime(work)) or "nothing is parked")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@of_operator
@click.option("--dry-run", is_flag=True, help="Only show the difference")
def apply(file: Path, slug: str, dry_run: bool) -> None:
    """Show how the programme FILE differs from what runs, and apply it."""

    text = file.read_text(encoding="utf-8")

    async def work(runtime: Runtime) -> list[str]:
        operator_id = await _operator(runtime, slug)
        async with transaction(runtime.engine, operator_id) as connection:
            providers = await providers_of(connection, operator_id)
        wanted, warnings = parse_with_warnings(text, str(file), providers)
        for warning in warnings:
            click.echo(f"warning: {file}: {warning}", err=True)
        async with transaction(runtime.engine, operator_id) as connection:
            applied = await apply_file(connection, system(operator_id, "cli"), wanted, runtime.clock.now())
            if dry_run:
                await connection.rollback()
            return [str(change) for change in applied.changes]

    changes = _with_runtime(work)
    click.echo("\n".join(changes) if changes else "no change")
    if changes and dry_run:
        click.echo("nothing was applied (--dry-run)")


@main.command()
@click.argument("programme", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("events", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON")
def replay(programme: Path, events: Path, as_json: bool) -> None:
    """Try the PROGRAMME file on EVENTS (one JSON object a line) in a throwaway database. See docs/replay.md."""
    with events.open(encoding="utf-8") as lines:
        answer = _run(
            run_replay(
                programme.read_text(encoding="utf-8"),
                lines,
                server_url=driver_url(os.environ["DATABASE_URL"]) if os.environ.get("DATABASE_URL") else None,
                source=str(programme),
            )
        )
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        click.echo(spoken_replay(answer))


@main.command()
@click.option("--folder", default=".cashback", show_default=True, type=_folder, help="Where its data lies")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the pages")
@click.option("--shoppers", default=500, show_default=True, type=click.IntRange(3, SHOPPERS_MAX), help="How many")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 365), help="How long a history")
def demo(folder: Path, port: int, shoppers: int, days: int) -> None:
    """A demonstration centre on this machine: database, history, shoppers who buy, pages. Ctrl-C stops it.

    The first start makes a history of so many DAYS for so many SHOPPERS; later ones keep what is in FOLDER. A port that
    is taken gives way to the next free one. With DATABASE_URL the data lies in a database of its own on that server.
    """
    with _refusals_as_sentences():
        demonstrate(folder, port, os.environ, Plan(shoppers=shoppers, days=days))


def _with_runtime(work: Any) -> Any:
    settings = _settings()

    async def around() -> Any:
        async with open_runtime(settings, pool_size=2) as runtime:
            return await work(runtime)

    return _run(around())


def _at_operator(slug: str, work: Callable[[Runtime, UUID], Awaitable[Any]]) -> Any:
    """What groups of commands in other files run on."""

    async def around(runtime: Runtime) -> Any:
        return await work(runtime, await _operator(runtime, slug))

    return _with_runtime(around)


def _at_connection(name: str, work: Callable[[Runtime, Connection], Awaitable[Any]]) -> Any:
    """The same for commands that name a connection, which belongs to one operator."""

    async def around(runtime: Runtime) -> Any:
        connections = await load_connections(runtime.engine, runtime.keyring.master)
        if name not in connections:
            raise click.ClickException(f"no open connection is called {name!r}")
        return await work(runtime, connections[name])

    return _with_runtime(around)


async def _operator(runtime: Runtime, slug: str) -> Any:
    operator_id = await find_operator(runtime.engine, slug)
    if operator_id is None:
        raise click.ClickException(f"there is no operator {slug!r}; create it with: cashback operator {slug} NAME")
    return operator_id


cashback.starting.ready()

if __name__ == "__main__":
    main()
