"""`cashback merchants`: identifiers of shops from a file, and the matcher on anybody's own data."""

import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import click

from cashback.actors import system
from cashback.cli_run import Run, of_operator
from cashback.db.engine import transaction
from cashback.errors import ProductError
from cashback.merchants.csv_file import Imported, import_identifiers
from cashback.merchants.evidence import Decision
from cashback.merchants.match_run import match_files
from cashback.merchants.schemas import Shop
from cashback.merchants.service import load_shops
from cashback.programmes.schemas import Centre
from cashback.programmes.service import load_programme
from cashback.runtime import Runtime

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def merchants() -> None:
    """Shops as card networks know them: identifiers, and matching by evidence."""


@merchants.command("import")
@click.argument("file", metavar="CSV", type=_file)
@of_operator
@click.option("--dry-run", is_flag=True, help="Check every row and say what would change; change nothing")
@click.pass_obj
def import_command(run: Run, file: Path, slug: str, dry_run: bool) -> None:
    """Import identifiers of shops: shop,network,scheme,value,valid_from,valid_until. All rows or none.

    Every problem is named with its line. See docs/providers.md.
    """
    data = file.read_bytes()

    async def work(runtime: Runtime, operator_id: UUID) -> Imported:
        actor = system(operator_id, "cli")
        async with transaction(runtime.engine, operator_id) as connection:
            imported = await import_identifiers(connection, actor, data, runtime.clock.now())
            if dry_run:
                await connection.rollback()
            return imported

    imported: Imported = run(slug, work)
    click.echo(f"{imported.rows} rows: {imported.added} identifiers added, {imported.removed} removed")
    if dry_run:
        click.echo("nothing was imported (--dry-run)")


@merchants.command("match")
@click.argument("shops", metavar="SHOPS.csv", type=_file)
@click.argument("descriptors", metavar="DESCRIPTORS.csv", type=_file)
@click.argument("out", metavar="OUT.csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--known-brands/--no-known-brands", default=True, show_default=True, help="Let brands outside SHOPS win")
@click.option("--explain/--no-explain", "explained", default=True, show_default=True, help="A column of sentences")
def match_command(shops: Path, descriptors: Path, out: Path, known_brands: bool, explained: bool) -> None:
    """Which shop each descriptor belongs to, with probability, decision and evidence. Needs no database.

    See docs/matching.md for the columns. Nothing is written unless both files are sound.
    """
    try:
        done = match_files(shops, descriptors, out, known=known_brands, explained=explained, told=_told)
    except ProductError as error:
        raise click.ClickException(error.detail) from error
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    if done.ignored:
        click.echo(f"columns not read: {', '.join(done.ignored)}", err=True)
    counts = ", ".join(f"{done.decisions.get(decision, 0)} {decision.value}" for decision in Decision)
    click.echo(f"{done.rows} rows: {counts}; {done.by_identifier} by an identifier; written to {out}")


@merchants.command("shops")
@of_operator
@click.option("--centre", default="", help="Only of the centre of this code")
@click.pass_obj
def shops_command(run: Run, slug: str, centre: str) -> None:
    """List the shops with their codes, by which every other command names them."""

    async def work(runtime: Runtime, operator_id: UUID) -> tuple[list[Shop], Mapping[UUID, Centre]]:
        async with transaction(runtime.engine, operator_id) as connection:
            centres = (await load_programme(connection, operator_id)).centres
            return await load_shops(connection, operator_id), centres

    shops, centres = run(slug, work)
    codes = {centres[each].code for each in centres}
    if centre and centre not in codes:
        raise click.BadParameter(f"expected one of {', '.join(sorted(codes))}, got {centre!r}", param_hint="--centre")
    listed = [each for each in shops if not centre or centres[each.centre_id].code == centre]
    for each in sorted(listed, key=lambda each: (centres[each.centre_id].code, each.code)):
        brand = f" ({each.brand})" if each.brand not in ("", each.name) else ""
        click.echo(f"{each.code}  {centres[each.centre_id].code}  {each.category or '-'}  {each.name}{brand}")
    if not listed:
        click.echo("the programme has no shop")


def _told(done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done:,} of {total:,}", err=True, nl=done == total)
