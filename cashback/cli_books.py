"""`cashback audit` and `cashback books`: prove the books, seal and sign them, and write them out for others."""

import base64
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.audit import Report, audit
from cashback.books.balance import TrialBalance, trial_balance
from cashback.books.export import FORMATS, Span, export_beancount, export_csv, export_parquet
from cashback.books.reading import heads_of
from cashback.books.sealed import SEALED
from cashback.books.service import seal_next
from cashback.books.signing import read_heads, read_public_key, sign
from cashback.books.verify import Verified, verify
from cashback.cli_run import Run, of_operator
from cashback.db.engine import transaction
from cashback.runtime import Runtime

Result = TypeVar("Result")

FAULTS_SHOWN = 200
"""Faults that are printed; `--json` prints all."""


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    """A day, which begins in UTC, or an instant with its offset."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"expected 2026-11-29 or 2026-11-29T18:00:00+01:00, got {text[:64]!r}") from error
    if at.tzinfo is None and len(text) > len("2026-11-29"):
        raise click.BadParameter(f"{text[:64]!r} has no offset; write Z or +01:00 behind it")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


_as_json = click.option("--json", "as_json", is_flag=True, help="As JSON")


@click.command("audit")
@of_operator
@click.option("--every-seal", is_flag=True, help="Read every sealed row again, not only those of some blocks")
@click.pass_obj
def audit_command(run: Run, slug: str, every_seal: bool) -> None:
    """Prove the books of an operator: every invariant, and the first row that breaks one."""

    async def work(runtime: Runtime, operator_id: UUID) -> Report:
        # `now` is read after the snapshot was taken: what the worker does meanwhile is not seen half.
        async def look(connection: AsyncConnection) -> Report:
            return await audit(connection, operator_id, runtime.clock.now(), every_seal=every_seal)

        return await _in_one_snapshot(runtime, operator_id, look)

    report: Report = run(slug, work)
    click.echo(f"{report.transfers} transfers, {report.purchases} purchases, {report.waiting} wait for the worker")
    if report.unsealed_since is not None:
        click.echo(f"{report.unsealed} rows have no seal yet, the oldest since {report.unsealed_since.isoformat()}")
    for breach in report.breaches:
        click.echo(f"BROKEN  {breach.invariant}\n        {breach.row}")
    if not report.clean:
        sys.exit(2)
    click.echo("every invariant holds")


@click.group()
def books() -> None:
    """The books: seal, sign and verify them, trial balances, the journal for others. See docs/books.md."""


@books.command()
@of_operator
@click.pass_obj
def seal(run: Run, slug: str) -> None:
    """Seal what has no seal yet. Workers do it by themselves every two seconds."""

    async def work(runtime: Runtime, operator_id: UUID) -> dict[str, int]:
        sealed_rows: dict[str, int] = {}
        for sealed in SEALED:
            rows = 1
            while rows:
                async with transaction(runtime.engine, operator_id) as connection:
                    rows = await seal_next(connection, operator_id, sealed, runtime.clock.now())
                sealed_rows[sealed.chain] = sealed_rows.get(sealed.chain, 0) + rows
        return sealed_rows

    for chain, rows in run(slug, work).items():
        click.echo(f"{chain}: {rows} rows sealed")


@books.command("sign")
@of_operator
@click.pass_obj
def sign_(run: Run, slug: str) -> None:
    """Sign the heads of the chains now. Workers do it once a day."""

    async def work(runtime: Runtime, operator_id: UUID) -> list[str]:
        async with transaction(runtime.engine, operator_id) as connection:
            signed = await sign(connection, operator_id, runtime.keyring.master, runtime.clock.now())
        return [f"{each.chain}: signed up to position {each.position}, {each.hash.hex()}" for each in signed]

    click.echo("\n".join(run(slug, work)) or "every head is signed already")


@books.command("head")
@of_operator
@click.pass_obj
def head_(run: Run, slug: str) -> None:
    """Print the public key, and the last signed and the present head of each chain, as JSON to be kept elsewhere."""

    async def work(runtime: Runtime, operator_id: UUID) -> dict[str, Any]:
        async with transaction(runtime.engine, operator_id) as connection:
            return await heads_of(connection, operator_id, runtime.clock.now())

    click.echo(json.dumps(run(slug, work), indent=2))


@books.command("verify")
@of_operator
@click.option("--from", "since", type=click.IntRange(1), default=1, show_default=True, help="Position to begin at")
@click.option("--public-key", "keys", multiple=True, help="The key to be believed (base64), rather than the stored one")
@click.option(
    "--head", "kept", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A head kept earlier"
)
@_as_json
@click.pass_obj
def verify_(run: Run, slug: str, since: int, keys: tuple[str, ...], kept: Path | None, as_json: bool) -> None:
    """Compare every sealed row with what was sealed; name what was altered, taken out, put in or moved.

    Ends with 0 when all holds and with 2 when not. A tail that was cut off together with its signatures is found only
    with --head.
    """

    text = None if kept is None else kept.read_text(encoding="utf-8")

    async def work(runtime: Runtime, operator_id: UUID) -> list[Verified]:
        believed = [read_public_key(each) for each in keys]
        heads = [] if text is None else read_heads(text)

        async def look(connection: AsyncConnection) -> list[Verified]:
            return [
                await verify(connection, operator_id, each, since=since, keys=believed, kept=heads) for each in SEALED
            ]

        return await _in_one_snapshot(runtime, operator_id, look)

    found: list[Verified] = run(slug, work)
    click.echo(json.dumps([_verified(each) for each in found], indent=2) if as_json else "\n".join(_spoken(found)))
    if any(each.faults for each in found):
        sys.exit(2)


@books.command("trial-balance")
@of_operator
@click.option("--at", callback=_instant, help="A day (its beginning in UTC) or an instant; now if left out")
@_as_json
@click.pass_obj
def trial_balance_(run: Run, slug: str, at: datetime | None, as_json: bool) -> None:
    """What had left and entered every account by an instant, from the transfers alone, beside the stored balances."""

    async def work(runtime: Runtime, operator_id: UUID) -> TrialBalance:
        async def look(connection: AsyncConnection) -> TrialBalance:
            now = runtime.clock.now()
            return await trial_balance(connection, operator_id, at or now, now, stored=True)

        return await _in_one_snapshot(runtime, operator_id, look)

    found: TrialBalance = run(slug, work)
    click.echo(json.dumps(found.told(), indent=2) if as_json else "\n".join(_table(found)))
    if not found.proven:
        sys.exit(2)


@books.command()
@of_operator
@click.option("--format", "kind", required=True, type=click.Choice(FORMATS), help="Of the file")
@click.option("--from", "since", callback=_instant, help="Posted from then on; all if left out")
@click.option("--until", callback=_instant, help="And posted before then")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A new file")
@click.pass_obj
def export(run: Run, slug: str, kind: str, since: datetime | None, until: datetime | None, out: Path) -> None:
    """Write the journal to a new file: csv, parquet, or beancount (which `bean-check` proves again)."""
    part = out.with_name(f"{out.name}.part")

    async def work(runtime: Runtime, operator_id: UUID) -> int:
        span = Span(since, until)

        async def write(connection: AsyncConnection) -> int:
            with part.open("wb") as file:
                if kind == "beancount":
                    return await export_beancount(connection, operator_id, span, file, runtime.clock.now())
                return await (export_csv if kind == "csv" else export_parquet)(connection, operator_id, span, file)

        return await _in_one_snapshot(runtime, operator_id, write)

    if out.exists():
        raise click.ClickException(f"{out} exists already; expected the name of a new file")
    try:
        rows = run(slug, work)
        part.rename(out)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{rows} transfers are in {out}")


async def _in_one_snapshot(
    runtime: Runtime, operator_id: UUID, work: Callable[[AsyncConnection], Awaitable[Result]]
) -> Result:
    still = runtime.engine.execution_options(isolation_level="REPEATABLE READ")
    async with transaction(still, operator_id) as connection:
        return await work(connection)


def _verified(found: Verified) -> dict[str, Any]:
    return {
        "chain": found.chain,
        "blocks": found.blocks,
        "rows": found.rows,
        "position": found.position,
        "hash": found.hash.hex(),
        "signatures": found.signatures,
        "faults": [
            {"kind": each.kind, "position": each.position, "key": each.key, "what": each.what} for each in found.faults
        ],
    }


def _spoken(found: list[Verified]) -> list[str]:
    lines = []
    for each in found:
        lines.append(
            f"{each.chain}: {each.rows} rows in {each.blocks} blocks up to position {each.position}, "
            f"{each.signatures} signatures, head {base64.b16encode(each.hash[:8]).decode().lower()}…"
        )
        lines += [f"BROKEN  {fault}" for fault in each.faults[:FAULTS_SHOWN]]
        if len(each.faults) > FAULTS_SHOWN:
            lines.append(f"        and {len(each.faults) - FAULTS_SHOWN} more; --json tells all")
    lines.append(
        "something is not as it was sealed" if any(each.faults for each in found) else "all is as it was sealed"
    )
    return lines


def _table(found: TrialBalance) -> list[str]:
    lines = [f"{'asset':<16}{'account':<48}{'debits':>16}{'credits':>16}{'balance':>16}"]
    for line in found.lines:
        wrong = "" if line.agrees else f"  BROKEN: the stored balances say {line.stored}"
        lines.append(f"{line.asset:<16}{line.account:<48}{line.debits:>16}{line.credits:>16}{line.balance:>16}{wrong}")
    for asset, (debits, credits) in found.sums().items():
        wrong = "" if debits == credits else "  BROKEN: not zero"
        lines.append(f"{asset:<16}{'':<48}{debits:>16}{credits:>16}{credits - debits:>16}{wrong}")
    final = "final" if found.final else "transactions under way may still add to it"
    return [*lines, f"at {found.at.isoformat()}: {final}"]
