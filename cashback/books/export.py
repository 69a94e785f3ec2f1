"""The journal for others to read: CSV, Parquet, and a beancount file whose balances `bean-check` proves again.

Rows flow from the server to the file; memory does not grow with them. All three hold the transfers posted from an
instant until (not including) another, in the order in which they were posted.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.books.balance import TrialBalance, trial_balance
from cashback.books.names import account_name, commodity_name, side_of
from cashback.db.engine import fetch
from cashback.errors import Invalid
from cashback.ids import show
from cashback.money import plain

FORMATS = ("csv", "parquet", "beancount")
ROWS_AT_ONCE = 5_000
ROW_GROUP = 100_000
"""Rows that a Parquet file holds together: the writer keeps as many in memory."""
_MICROSECOND = timedelta(microseconds=1)

_COLUMNS = (
    "posted_at", "id", "shopper_id", "key", "debit", "credit", "asset", "amount", "reason", "purchase_id", "corrects",
)  # fmt: skip
_WHERE = """
FROM transfers WHERE operator_id = $1 AND ($2::timestamptz IS NULL OR posted_at >= $2::timestamptz)
    AND ($3::timestamptz IS NULL OR posted_at < $3::timestamptz)
"""
_ORDER = """ORDER BY posted_at, shopper_id, key COLLATE "C" """
_AS_TEXT = f"""
SELECT to_char(posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS posted_at, id::text, shopper_id::text,
    key, debit, credit, asset, amount, reason, purchase_id::text, corrects
{_WHERE} {_ORDER}
"""
_ROWS = f"""
SELECT posted_at, id, shopper_id, key, debit, credit, asset, amount, reason, purchase_id, corrects {_WHERE} {_ORDER}
"""
_SPAN = f"SELECT count(*) AS rows, min(posted_at) AS first, max(posted_at) AS last {_WHERE}"
_MONEY = "SELECT code FROM assets WHERE operator_id = $1 AND kind = 'money'"


@dataclass(frozen=True, slots=True)
class Span:
    """Which transfers: posted from `since` on, and before `until`; None: no bound."""

    since: datetime | None
    until: datetime | None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise Invalid(f"nothing lies from {self.since.isoformat()} until {self.until.isoformat()}", code="no_span")


async def export_csv(connection: AsyncConnection, operator_id: UUID, span: Span, out: IO[bytes]) -> int:
    """Comma-separated values with a header, amounts in minor units or units, instants in UTC; answers how many rows."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    status = await driver.copy_from_query(
        _AS_TEXT, operator_id, span.since, span.until, output=out, format="csv", header=True
    )
    return int(status.removeprefix("COPY "))


async def export_parquet(connection: AsyncConnection, operator_id: UUID, span: Span, out: IO[bytes]) -> int:
    """The columns of the CSV with their types; Invalid says what to install where the writer is missing."""
    try:
        from arro3 import core, io
    except ImportError as error:
        raise Invalid("Parquet needs one more package: pip install 'cashback[parquet]'", code="no_parquet") from error
    text, nullable = core.DataType.string(), {"purchase_id", "corrects"}
    types = {"posted_at": core.DataType.timestamp("us", tz="UTC"), "amount": core.DataType.int64()}
    schema = core.Schema([core.Field(each, types.get(each, text), nullable=each in nullable) for each in _COLUMNS])
    with tempfile.TemporaryFile() as between:
        rows = await export_csv(connection, operator_id, span, between)

        def convert() -> None:
            between.seek(0)
            read = io.read_csv(between, schema, has_header=True, batch_size=ROWS_AT_ONCE)
            io.write_parquet(read, out, compression="zstd(3)", max_row_group_size=ROW_GROUP)

        await asyncio.to_thread(convert)
    return rows


async def export_beancount(
    connection: AsyncConnection, operator_id: UUID, span: Span, out: IO[bytes], now: datetime
) -> int:
    """A beancount 3 file: accounts, what stood on them before, one transaction a transfer, and what stands at the end.

    Days are days in UTC. What stood before is one transaction of its own, so that a part of the journal proves itself.
    """
    found = (await fetch(connection, _SPAN, (operator_id, span.since, span.until)))[0]
    end = (span.until or max(now, found.last or now) + _MICROSECOND) - _MICROSECOND
    closing = await trial_balance(connection, operator_id, end, now)
    opening = (
        TrialBalance(end, True, ())
        if span.since is None
        else await trial_balance(connection, operator_id, span.since - _MICROSECOND, now)
    )
    money = {code for (code,) in await fetch(connection, _MONEY, (operator_id,))}
    first = _day(span.since or found.first or end)
    write = _Writer(out, money)
    write.heading(first, closing)
    write.opening(first, opening)
    async for row in _rows(connection, operator_id, span):
        write.transaction(row)
    write.closing(max(_day(end), first) + timedelta(days=1), closing)
    return int(found.rows)


async def _rows(connection: AsyncConnection, operator_id: UUID, span: Span) -> AsyncIterator[Any]:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async for row in driver.cursor(_ROWS, operator_id, span.since, span.until, prefetch=ROWS_AT_ONCE):
        yield row


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


class _Writer:
    """Writes the directives of one file."""

    def __init__(self, out: IO[bytes], money: set[str]) -> None:
        self._out = out
        self._money = money

    def _line(self, text: str = "") -> None:
        self._out.write(f"{text}\n".encode())

    def _amount(self, amount: int, asset: str) -> str:
        return f"{plain(amount, asset) if asset in self._money else amount} {commodity_name(asset)}"

    def heading(self, day: date, closing: TrialBalance) -> None:
        self._line('option "title" "Journal of rewards"')
        for asset in sorted(closing.sums()):
            if asset in self._money:
                self._line(f'option "operating_currency" "{commodity_name(asset)}"')
        for asset in sorted(closing.sums()):
            self._line(f"{day} commodity {commodity_name(asset)}")
            self._line(f"  asset: {_quoted(asset)}")
        for account in sorted({line.account for line in closing.lines}):
            self._line(f"{day} open {account_name(account)}")
            self._line(f"  account: {_quoted(account)}")

    def opening(self, day: date, opening: TrialBalance) -> None:
        standing = [line for line in opening.lines if line.balance]
        if not standing:
            return
        self._line()
        self._line(f'{day} * "What stood before"')
        for line in standing:
            self._line(
                f"  {account_name(line.account)}  {self._amount(-line.balance * side_of(line.account), line.asset)}"
            )

    def transaction(self, row: Any) -> None:
        self._line()
        self._line(f"{_day(row['posted_at'])} * {_quoted(row['reason'])}")
        self._line(f"  key: {_quoted(row['key'])}")
        self._line(f'  transfer: "{show("trf", row["id"])}"')
        self._line(f'  holder: "{show("shp", row["shopper_id"])}"')
        self._line(f'  posted_at: "{row["posted_at"].astimezone(UTC).isoformat()}"')
        if row["purchase_id"] is not None:
            self._line(f'  purchase: "{show("pur", row["purchase_id"])}"')
        if row["corrects"] is not None:
            self._line(f"  corrects: {_quoted(row['corrects'])}")
        self._line(
            f"  {account_name(row['debit'])}  {self._amount(row['amount'] * side_of(row['debit']), row['asset'])}"
        )
        self._line(
            f"  {account_name(row['credit'])}  {self._amount(-row['amount'] * side_of(row['credit']), row['asset'])}"
        )

    def closing(self, day: date, closing: TrialBalance) -> None:
        self._line()
        for line in closing.lines:
            stands = self._amount(-line.balance * side_of(line.account), line.asset)
            self._line(f"{day} balance {account_name(line.account)}  {stands}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
