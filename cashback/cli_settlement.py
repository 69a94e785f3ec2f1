"""`cashback settlement`: statements of funders with their invoices: looked at, issued, listed and exported."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click
import yaml

from cashback.actors import Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.funding.service import account_of, named
from cashback.ids import parse
from cashback.money import plain
from cashback.rewards.snapshot import Snapshot, load_snapshot
from cashback.runtime import Runtime
from cashback.settlement import service, storage
from cashback.settlement.csv_files import lines_csv, movements_csv
from cashback.settlement.schemas import Settlement

_period = click.option("--period", required=True, help="2026-11, or 2026-11-01..2026-11-15 with the last day included")
_funders = click.option(
    "--funder", "funders", multiple=True, help="operator, shop:CODE or brand:NAME, once for each; without it: all"
)
_SELLER_MAX_BYTES = 64 * 1024


def _settlement_id(_: click.Context, __: click.Parameter, text: str) -> UUID:
    try:
        return parse("stl", text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.group()
def settlement() -> None:
    """Who owes what for rewards, month by month, with invoices and credit notes."""


@settlement.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@of_operator
@by_person
@click.pass_obj
def seller(run: Run, file: Path, slug: str, person: str) -> None:
    """Tell who invoices: FILE (YAML) has name, address, registration, vat_number, iban, bic and the like."""
    if file.stat().st_size > _SELLER_MAX_BYTES:
        raise click.ClickException(f"{file}: expected a few lines of YAML, got more than {_SELLER_MAX_BYTES} bytes")
    try:
        told = yaml.load(file.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - builds texts, lists and maps alone
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    if not isinstance(told, dict):
        raise click.ClickException(f"{file}: expected names with their values, such as `name: Le Quai SAS`")
    rate = told.get("penalty_bps")  # the one number of the file; a registration is none, and keeps its zeros
    if isinstance(rate, str) and rate.isdecimal():
        told["penalty_bps"] = int(rate)

    async def work(runtime: Runtime, operator_id: UUID) -> str:
        async with transaction(runtime.engine, operator_id) as connection:
            by = acting(operator_id, person, Scope.MONEY)
            return (await service.tell_seller(connection, by, told, runtime.clock.now())).name

    click.echo(f"{run(slug, work)} invoices from now on")


@settlement.command()
@of_operator
@by_person
@_period
@_funders
@click.pass_obj
def preview(run: Run, slug: str, person: str, period: str, funders: Sequence[str]) -> None:
    """What a period comes to so far, without issuing it."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        by = acting(operator_id, person, Scope.MONEY)
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await load_snapshot(connection, operator_id)
            found = await service.preview(connection, snapshot, by, period, _accounts(snapshot, funders))
        return [_line(each, snapshot) for each in found]

    click.echo("\n".join(run(slug, work)) or f"nothing is open in {period}")


@settlement.command()
@of_operator
@by_person
@_period
@_funders
@click.pass_obj
def issue(run: Run, slug: str, person: str, period: str, funders: Sequence[str]) -> None:
    """Issue a period that is over: statements, invoices, credit notes, and their PDFs. A repeat issues nothing."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        by, now = acting(operator_id, person, Scope.MONEY), runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await load_snapshot(connection, operator_id)
            issued = await service.issue(connection, snapshot, by, period, _accounts(snapshot, funders), now)
        await service.make_files(runtime.engine, operator_id, by, [each.id for each in issued], now)
        return [_line(each, snapshot) for each in issued]

    click.echo("\n".join(run(slug, work)) or f"nothing is left to be issued in {period}")


@settlement.command("list")
@of_operator
@click.option("--period", help="Of this period alone")
@_funders
@click.pass_obj
def list_(run: Run, slug: str, period: str | None, funders: Sequence[str]) -> None:
    """What was issued, newest first."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await load_snapshot(connection, operator_id)
            accounts = _accounts(snapshot, funders)
            found = await storage.page(connection, operator_id, period=period, accounts=accounts)
        return [_line(each, snapshot) for each in found]

    click.echo("\n".join(run(slug, work)) or "nothing was issued")


@settlement.command()
@click.argument("settlement_id", metavar="SETTLEMENT", callback=_settlement_id)
@of_operator
@by_person
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder, made if it is not there",
)
@click.pass_obj
def export(run: Run, settlement_id: UUID, slug: str, person: str, folder: Path) -> None:
    """Write the PDF of SETTLEMENT, its lines and its movements as new files."""
    folder.mkdir(parents=True, exist_ok=True)

    async def work(runtime: Runtime, operator_id: UUID) -> dict[str, bytes]:
        by = acting(operator_id, person, Scope.MONEY)
        async with transaction(runtime.engine, operator_id) as connection:
            snapshot = await load_snapshot(connection, operator_id)
            found, body, _ = await service.document(connection, snapshot, by, settlement_id, runtime.clock.now())
            rows = await storage.transfers(connection, operator_id, settlement_id)
        name = service.file_name(snapshot, found)
        lines = lines_csv(snapshot, [found], [service.tongue_of(snapshot, found)])
        return {
            f"{name}.pdf": body,
            f"{name}.csv": lines.encode(),
            f"{name}_movements.csv": movements_csv(found, rows).encode(),
        }

    for name, content in run(slug, work).items():
        try:
            with (folder / name).open("xb") as file:
                file.write(content)
        except OSError as error:
            raise click.ClickException(f"{name} cannot be written: {error}") from error
        click.echo(str(folder / name))


def _accounts(snapshot: Snapshot, funders: Sequence[str]) -> list[str] | None:
    return [account_of(snapshot, each) for each in funders] or None


def _line(each: Settlement, snapshot: Snapshot) -> str:
    totals, currency = each.totals, each.currency
    number = "no invoice" if each.invoice is None else each.invoice.number
    figures = (
        ("rewards", totals.rewards_minor),
        ("commission", totals.commission_minor),
        ("VAT", totals.vat_minor),
        ("total", totals.gross_minor),
        ("owed after", each.closing_minor),
    )
    said = ", ".join(f"{name} {plain(amount, currency)}" for name, amount in figures)
    who = named(each.account, snapshot.shops.shops)
    issued = f"{each.ref}  " if each.issued_at is not None else ""
    return f"{issued}{each.period.name}  {who}  {number}  {said} {currency}"
