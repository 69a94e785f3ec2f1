"""`cashback files`: clearing files as a source, at the command line."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import click

from cashback.actors import system
from cashback.errors import Invalid
from cashback.file_import import Imported, ReadFile, import_file, read
from cashback.programmes.connections import Connection
from cashback.runtime import Runtime
from issuers.currencies import exponent
from issuers.errors import Unreadable
from issuers.feed_place import FeedPlace, feed_place
from issuers.file_formats import FORMATS, formats_of
from issuers.files import FILE_MAX_BYTES, Column
from issuers.mastercard_tgx2 import LINE_LENGTH, Trailer

RUN = "cashback.cli_files.run"
"""Where `cashback.cli` leaves what runs work on a connection, in the context's meta."""

_COLUMN = re.compile(r"(\d{1,3}):(\d{1,2})")


class Run(Protocol):
    """Runs work for an open connection on a runtime that is opened for it; set by `cashback.cli`."""

    def __call__(self, name: str, work: Callable[[Runtime, Connection], Awaitable[Any]]) -> Any:
        """What the work answers; what the product refuses becomes one sentence and exit code 1."""


@click.group()
def files() -> None:
    """Clearing files of the networks. See docs/providers.md."""


def _column(_: click.Context, __: click.Parameter, text: str | None) -> Column | None:
    if text is None:
        return None
    parts = _COLUMN.fullmatch(text)
    column = Column(int(parts[1]), int(parts[2])) if parts else None
    if column is None or not column.length or column.start + column.length > LINE_LENGTH:
        raise click.BadParameter(f"expected START:LENGTH within {LINE_LENGTH} characters, START from 0, got {text!r}")
    return column


@files.command("import")
@click.argument("connection")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "format_name", type=click.Choice(list(FORMATS)), help="Needed where the network has several")
@click.option("--currency", help="Of a file that tells none, such as EUR")
@click.option("--zone", help="Of a file's times, such as Europe/Paris; without it they are read as UTC and marked so")
@click.option("--trailer-count", callback=_column, help="START:LENGTH of the number of records in the trailer")
@click.option("--trailer-counts-all", is_flag=True, help="That number is of all lines, header and trailer with them")
@click.option("--trailer-total", callback=_column, help="START:LENGTH of the sum of the amounts in the trailer")
@click.option("--dry-run", is_flag=True, help="Only read the file, and tell its records and sums")
@click.pass_context
def import_(
    context: click.Context,
    connection: str,
    file: Path,
    format_name: str | None,
    currency: str | None,
    zone: str | None,
    trailer_count: Column | None,
    trailer_counts_all: bool,
    trailer_total: Column | None,
    dry_run: bool,
) -> None:
    """Import FILE as told by the provider of CONNECTION. One bad line refuses it; importing it again does nothing."""
    if file.stat().st_size > FILE_MAX_BYTES:
        raise click.ClickException(f"{file}: expected at most {FILE_MAX_BYTES} bytes")
    data = file.read_bytes()
    trailer = Trailer(trailer_count, trailer_counts_all, trailer_total)
    run: Run = context.meta[RUN]

    async def work(runtime: Runtime, opened: Connection) -> list[str]:
        chosen = _format(opened, format_name)
        read_ = read(opened, chosen, file.name, data, _place(chosen, currency, zone), trailer)
        if dry_run:
            return [*_spoken(read_), *_undecided(chosen), "nothing was imported (--dry-run)"]
        actor, now = system(opened.operator_id, "cli"), runtime.clock.now()
        imported = await import_file(runtime.engine, runtime.keyring, actor, opened, read_, now)
        await runtime.wakeups.ring()
        return [*_spoken(read_), _outcome(imported)]

    click.echo("\n".join(run(connection, work)))


def _format(connection: Connection, named: str | None) -> str:
    possible = formats_of(connection.provider)
    if not possible:
        raise Invalid(f"connection {connection.slug!r} is of {connection.provider}, whose files are not read")
    if named is not None and named not in possible:
        raise Invalid(
            f"connection {connection.slug!r} is of {connection.provider}, which has no {named} file: "
            f"expected {' or '.join(possible)}"
        )
    if named is None and len(possible) > 1:
        raise Invalid(f"--format: expected one of {', '.join(possible)}")
    return named or possible[0]


def _place(format_name: str, currency: str | None, zone: str | None) -> FeedPlace | None:
    if not FORMATS[format_name].fixed_width:
        if currency or zone:
            raise Invalid(f"a {format_name} file tells its currencies and times: leave out --currency and --zone")
        return None
    if currency is None:
        raise Invalid(f"a {format_name} file tells no currency: name it by --currency")
    try:
        return feed_place(currency if zone is None else f"{currency}.{zone.replace('/', '.')}", "--currency, --zone")
    except Unreadable as error:
        raise Invalid(error.detail) from error


def _undecided(format_name: str) -> list[str]:
    """What nobody can tell from the file itself, and a wrong --format would get wrong."""
    if not FORMATS[format_name].fixed_width:
        return []
    kind, other = ("purchases", "refunds") if format_name == "tgx2-settled" else ("refunds", "settled")
    return [f"read as {kind}, as --format {format_name} says: nothing in a TGX2 file tells it from one of {other}"]


def _spoken(file: ReadFile) -> list[str]:
    lines = [f"{file.name}: {len(file.content.records)} records, sha256 {file.sha256}"]
    for kind, currency, minor in file.content.totals:
        decimals = exponent(currency)
        whole, part = divmod(minor, 10**decimals)
        amount = f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
        lines.append(f"{kind}: {amount} {currency}")
    return [*lines, *(f"warning: {each}" for each in file.content.unchecked)]


def _outcome(imported: Imported) -> str:
    if imported.earlier is not None:
        return f"this file was imported at {imported.earlier:%Y-%m-%d %H:%M} UTC: nothing to do"
    return f"{imported.stored} records are new, {imported.known} were known"
