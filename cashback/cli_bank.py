"""`cashback bank`: what banks and Stripe told, beside our books."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.cli_run import Run, acting, by_person, of_operator
from cashback.db.engine import transaction
from cashback.iso20022.reasons import reason_in
from cashback.money import plain
from cashback.payouts import outcomes
from cashback.programmes.service import load_programme
from cashback.reconciliation import service
from cashback.reconciliation.movements import STRIPE
from cashback.reconciliation.schemas import Finding
from cashback.reconciliation.service import Difference, Differences, Imported
from cashback.runtime import Runtime

DAYS = 90
"""So far back differences are looked for when no day is named."""

SAID: dict[Finding, str] = {
    Finding.MATCHED: "agree",
    Finding.WAITING: "not due yet",
    Finding.MISSING: "missing at the bank",
    Finding.UNKNOWN: "unknown to us",
    Finding.AMOUNT: "amount differs",
    Finding.RETURNED: "came back, and we do not know",
    Finding.NOT_RETURNED: "did not come back, and we think so",
    Finding.TWICE: "booked more than once",
    Finding.UNRECORDED: "at the bank, and not recorded here",
    Finding.REJECTED: "refused by the bank, and we do not know",
    Finding.CHARGE: "charges of the bank",
}
_COLUMNS = (
    "finding", "kind", "ours", "bank", "on", "currency", "ours_minor", "bank_minor", "difference_minor", "matched_by",
    "reason", "explained",
)  # fmt: skip


def _day(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"expected a day such as 2026-11-01, got {text!r}") from error


_since = click.option("--since", callback=_day, help=f"The first day, such as 2026-11-01; else {DAYS} days ago")


@click.group()
def bank() -> None:
    """Statements of the bank and Stripe's balance, beside our books. See docs/reconciliation.md."""


@bank.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@of_operator
@by_person
@click.option("--dry-run", is_flag=True, help="Only read the file, and tell what is in it")
@click.pass_obj
def import_(run: Run, file: Path, slug: str, person: str, dry_run: bool) -> None:
    """Import FILE: camt.053, camt.054, pain.002, or Stripe's balance (JSON, CSV). Importing it again does nothing.

    What a bank's file tells of payouts is kept for the worker too, as `cashback payouts read` does.
    """
    data = file.read_bytes()

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        read = service.read(operator_id, file.name, data)
        told = f"{len(read.movements)} movements, {len(read.statuses)} statuses"
        lines = [f"{file.name}: {read.source}, {told}, sha256 {read.sha256.hex()}"]
        if dry_run:
            return [*lines, "nothing was imported (--dry-run)"]
        async with transaction(runtime.engine, operator_id) as connection:
            actor, now = acting(operator_id, person, Scope.MONEY), runtime.clock.now()
            done = await service.import_file(connection, actor, read, now)
            new = 0
            if read.source != STRIPE:
                _, new = await outcomes.read_file(connection, actor, data, now)
        return [*lines, _outcome(done), f"{new} outcomes of payouts are new"]

    click.echo("\n".join(run(slug, work)))


@bank.command()
@of_operator
@by_person
@click.pass_obj
def files(run: Run, slug: str, person: str) -> None:
    """The files that were imported, the newest first."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        async with transaction(runtime.engine, operator_id) as connection:
            found = await service.files(connection, acting(operator_id, person, Scope.MONEY))
        return [
            f"{each.imported_at:%Y-%m-%d %H:%M}  {each.source}  {each.name}  {each.movements} movements, "
            f"{each.statuses} statuses  {each.first_on or '-'} to {each.last_on or '-'}  by {each.imported_by}"
            for each in found
        ]

    click.echo("\n".join(run(slug, work)) or "nothing was imported yet")


@bank.command()
@of_operator
@by_person
@_since
@click.option("--csv", "as_csv", is_flag=True, help="As a table, explained differences too")
@click.pass_obj
def differences(run: Run, slug: str, person: str, since: date | None, as_csv: bool) -> None:
    """What differs between the bank and our books, to the cent; exit code 2 when something is not explained."""

    async def work(connection: AsyncConnection, actor: Actor, first: date, now: datetime) -> Differences:
        return await service.differences(connection, actor, first, now)

    found: Differences = _looking(run, slug, person, since, work)
    if as_csv:
        click.echo(_table((*found.open, *found.explained)), nl=False)
    else:
        for each in found.open:
            click.echo(_line(each))
        for each in found.explained:
            click.echo(f"{_line(each)}  explained by {each.note.noted_by if each.note else ''}")
        for line in found.guessed:
            amount = f"{plain(line.bank_minor, line.currency)} {line.currency}"
            click.echo(f"{line.on}  agrees by its amount alone  {amount}  {', '.join((*line.refs, *line.booked))}")
        told = [f"{found.counts[finding.value]} {SAID[finding]}" for finding in Finding if found.counts[finding.value]]
        click.echo(", ".join(told) or "nothing is expected and nothing was booked")
    if found.open:
        raise SystemExit(2)


@bank.command()
@click.argument("subject")
@of_operator
@by_person
@_since
@click.option("--words", required=True, help="Why it is as it is, in words that others will read")
@click.pass_obj
def explain(run: Run, subject: str, slug: str, person: str, since: date | None, words: str) -> None:
    """Say why the difference SUBJECT is as it is; it is open again as soon as it changes by a cent."""

    async def work(connection: AsyncConnection, actor: Actor, first: date, now: datetime) -> Difference:
        return await service.explain(connection, actor, subject, words, first, now)

    click.echo(f"{_line(_looking(run, slug, person, since, work))}  explained")


def _looking(run: Run, slug: str, person: str, since: date | None, command: Any) -> Any:
    async def work(runtime: Runtime, operator_id: UUID) -> Any:
        now = runtime.clock.now()
        async with transaction(runtime.engine, operator_id) as connection:
            zone = (await load_programme(connection, operator_id)).zone
            first = since or now.astimezone(zone).date() - timedelta(days=DAYS)
            return await command(connection, acting(operator_id, person, Scope.MONEY), first, now)

    return run(slug, work)


def _outcome(done: Imported) -> str:
    if done.earlier is not None:
        return f"this file was imported at {done.earlier:%Y-%m-%d %H:%M} UTC: nothing to do"
    return f"{done.new} movements are new, {done.known} were known"


def _line(each: Difference) -> str:
    line = each.line
    sign = "+" if line.difference_minor > 0 else ""
    why = "" if line.reason is None else f"  {line.reason}: {reason_in('en', line.reason)}"
    amount = f"{sign}{plain(line.difference_minor, line.currency)} {line.currency}"
    return f"{line.on}  {SAID[line.finding]}  {amount}  {each.subject}{why}"


def _table(found: Sequence[Difference]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in found:
        line, note = each.line, each.note
        told = (line.finding.value, line.kind or "", " ".join(line.refs), " ".join(line.booked), line.on or "")
        amounts = (line.currency, line.ours_minor, line.bank_minor, line.difference_minor)
        writer.writerow((*told, *amounts, line.how or "", line.reason or "", "" if note is None else note.words))
    return out.getvalue()
