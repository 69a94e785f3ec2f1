"""The statements that write settlements and read them back. Everything of many funders is one statement."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.errors import TryAgain
from cashback.settlement.schemas import (
    Invoice,
    InvoiceKind,
    Line,
    LineKind,
    Party,
    Period,
    Seller,
    Settlement,
    Totals,
)

PAGE = 100
"""Settlements of a list."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_BEFORE = """
SELECT DISTINCT ON (account) account, closing_minor, until, period FROM settlements
WHERE operator_id = $1 ORDER BY account, until DESC
"""
_SETTLEMENT_COLUMNS = """id, account, period, since, until, first_day, last_day, currency, mode, language,
    opening_minor, rewards_minor, commission_minor, vat_minor, units_minor, payments_minor, moved_minor, closing_minor,
    buyer, seller, issued_at, issued_by"""
_PUT_SETTLEMENTS = f"""
INSERT INTO settlements (operator_id, {_SETTLEMENT_COLUMNS})
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::date[],
    $8::date[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::jsonb[], $21::jsonb[], $22::timestamptz[],
    $23::text[]) AS t
"""  # noqa: S608 - built from constants
_LINE_COLUMNS = """settlement_id, number, kind, reason, asset, units, value_minor, valued, transfers, late, offer_id,
    offer, shop_id, shop, rate_bps, vat_bps, base_minor, origin, origin_name"""
_PUT_LINES = f"""
INSERT INTO settlement_lines (operator_id, {_LINE_COLUMNS})
SELECT $1, t.* FROM unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
    $9::bool[], $10::bigint[], $11::bigint[], $12::uuid[], $13::text[], $14::uuid[], $15::text[], $16::int[],
    $17::int[], $18::bigint[], $19::uuid[], $20::text[]) AS t
"""  # noqa: S608 - built from constants
_INVOICE_COLUMNS = """id, settlement_id, kind, year, sequence, number, issued_on, due_on, net_minor, vat_minor,
    gross_minor, paid_minor, corrects"""
_PUT_INVOICES = f"""
INSERT INTO invoices (operator_id, {_INVOICE_COLUMNS})
SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::int[], $7::text[], $8::date[],
    $9::date[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::jsonb[]) AS t
"""  # noqa: S608 - built from constants
_TAKE_NUMBERS = """
INSERT INTO invoice_counters AS c (operator_id, kind, year, last, last_on)
SELECT $1, $2, $3, $4, $5::date
WHERE NOT EXISTS (SELECT 1 FROM invoice_counters WHERE operator_id = $1 AND last_on > $5::date)
ON CONFLICT (operator_id, kind, year) DO UPDATE SET last = c.last + EXCLUDED.last, last_on = EXCLUDED.last_on
RETURNING last
"""
_KEEP_OWN = """
INSERT INTO settled_transfers (operator_id, shopper_id, key, side, settlement_id)
SELECT $1, $1, t.* FROM unnest($2::text[], $3::text[], $4::uuid[]) AS t
"""
_READ = f"""
SELECT {", ".join(f"s.{name.strip()}" for name in _SETTLEMENT_COLUMNS.split(","))},
    i.id, i.number, i.kind, i.issued_on, i.due_on, i.net_minor, i.vat_minor, i.gross_minor, i.paid_minor, i.corrects
FROM settlements s LEFT JOIN invoices i ON i.operator_id = s.operator_id AND i.settlement_id = s.id
"""  # noqa: S608 - built from constants
_ONE = f"{_READ} WHERE s.operator_id = $1 AND s.id = ANY($2::uuid[])"
_PAGE = f"""{_READ} WHERE s.operator_id = $1 AND ($2::text IS NULL OR s.period = $2)
    AND ($3::text[] IS NULL OR s.account = ANY($3)) AND ($4::uuid IS NULL OR s.id < $4)
ORDER BY s.id DESC LIMIT $5"""
_LINES = f"""
SELECT {_LINE_COLUMNS} FROM settlement_lines WHERE operator_id = $1 AND settlement_id = ANY($2::uuid[])
ORDER BY settlement_id, number
"""  # noqa: S608 - built from constants
_INVOICES_OF = """
SELECT settlement_id, number, issued_on FROM invoices WHERE operator_id = $1 AND settlement_id = ANY($2::uuid[])
"""
_PERIODS = (
    "SELECT period FROM settlements WHERE operator_id = $1 GROUP BY period ORDER BY max(until) DESC, period LIMIT 60"
)
_PERIODS_OF = "SELECT id, period FROM settlements WHERE operator_id = $1 AND id = ANY($2::uuid[])"
_OFFERS = """
SELECT DISTINCT ON (o.id) o.id, o.code, v.terms -> 'name' ->> 'en', v.terms -> 'name' ->> 'fr'
FROM offers o LEFT JOIN offer_versions v ON v.operator_id = o.operator_id AND v.offer_id = o.id
WHERE o.operator_id = $1 ORDER BY o.id, v.version DESC
"""
_SHOPS = "SELECT id, name FROM shops WHERE operator_id = $1"
_SELLER = "SELECT facts FROM sellers WHERE operator_id = $1"
_PUT_SELLER = """
INSERT INTO sellers (operator_id, facts, updated_at) VALUES ($1, $2::jsonb, $3)
ON CONFLICT (operator_id) DO UPDATE SET facts = EXCLUDED.facts, updated_at = EXCLUDED.updated_at
"""
_FILE = "SELECT body, digest FROM settlement_files WHERE operator_id = $1 AND settlement_id = $2"
_WITHOUT_FILE = """
SELECT s.id FROM settlements s LEFT JOIN settlement_files f ON f.operator_id = s.operator_id AND f.settlement_id = s.id
WHERE s.operator_id = $1 AND s.id = ANY($2::uuid[]) AND f.settlement_id IS NULL
"""
_PUT_FILE = """
INSERT INTO settlement_files (operator_id, settlement_id, body, digest, made_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""
_TRANSFERS = """
SELECT t.key, h.side, t.reason, t.asset, t.amount, t.posted_at, t.purchase_id, t.debit, t.credit
FROM settled_transfers h JOIN transfers t ON t.shopper_id = h.shopper_id AND t.key = h.key
WHERE h.operator_id = $1 AND h.settlement_id = $2 ORDER BY t.posted_at, t.key, h.side
"""


async def lock(connection: AsyncConnection, operator_id: UUID) -> None:
    """Let one transaction at a time issue for an operator."""
    await connection.exec_driver_sql(_LOCK, (f"settlement:{operator_id}",))


async def before(connection: AsyncConnection, operator_id: UUID) -> dict[str, tuple[int, datetime, str]]:
    """By funder: what its last settlement closed with, where it ended and what its period was called."""
    return {row[0]: (row[1], row[2], row[3]) for row in await fetch(connection, _BEFORE, (operator_id,))}


async def put(connection: AsyncConnection, operator_id: UUID, issued: Sequence[Settlement], by: str) -> None:
    """Write settlements and their lines, once and for good."""
    rows = [_row(each, by) for each in issued]
    await connection.exec_driver_sql(_PUT_SETTLEMENTS, (operator_id, *_columns(rows)))
    lines = [_line_row(each.id, line) for each in issued for line in each.lines]
    if lines:
        await connection.exec_driver_sql(_PUT_LINES, (operator_id, *_columns(lines)))


async def put_invoices(
    connection: AsyncConnection, operator_id: UUID, invoices: Sequence[tuple[UUID, Invoice]], year: int, first: int
) -> None:
    """Write invoices of one kind, numbered from `first`; each beside the settlement it is of."""
    rows = []
    for sequence, (settlement_id, invoice) in enumerate(invoices, first):
        corrects = msgspec.json.encode([[number, day.isoformat()] for number, day in invoice.corrects]).decode()
        rows.append(
            (
                invoice.id,
                settlement_id,
                invoice.kind.value,
                year,
                sequence,
                invoice.number,
                invoice.issued_on,
                invoice.due_on,
                invoice.net_minor,
                invoice.vat_minor,
                invoice.gross_minor,
                invoice.paid_minor,
                corrects,
            )
        )
    await connection.exec_driver_sql(_PUT_INVOICES, (operator_id, *_columns(rows)))


async def take_numbers(connection: AsyncConnection, operator_id: UUID, kind: InvoiceKind, day: date, count: int) -> int:
    """The first of `count` numbers that follow the last ones of this year and kind; the caller holds the lock.

    TryAgain where a later day has been invoiced already: numbers and days rise together.
    """
    row = (
        await connection.exec_driver_sql(_TAKE_NUMBERS, (operator_id, kind.value, day.year, count, day))
    ).one_or_none()
    if row is None:
        raise TryAgain(f"a document of a day after {day} was issued already: is the clock right?", code="clock")
    return int(row[0]) - count + 1


async def keep_own(connection: AsyncConnection, operator_id: UUID, postings: Sequence[tuple[str, str, UUID]]) -> None:
    """Put what a settlement posts itself, by key and side, into that settlement."""
    if postings:
        await connection.exec_driver_sql(_KEEP_OWN, (operator_id, *_columns(postings)))


async def read(connection: AsyncConnection, operator_id: UUID, ids: Sequence[UUID]) -> list[Settlement]:
    """Issued settlements with their lines, in the order of the ids; those that do not exist are left out."""
    rows = {row[0]: row for row in await fetch(connection, _ONE, (operator_id, list(ids)))}
    lines: dict[UUID, list[Line]] = {}
    for row in await fetch(connection, _LINES, (operator_id, list(ids))):
        lines.setdefault(row[0], []).append(_line(row))
    return [_settlement(rows[each], lines.get(each, ())) for each in ids if each in rows]


async def page(
    connection: AsyncConnection,
    operator_id: UUID,
    *,
    period: str | None = None,
    accounts: Sequence[str] | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> list[Settlement]:
    """A page of settlements without their lines, newest first."""
    named = None if accounts is None else list(accounts)
    return [_settlement(row, ()) for row in await fetch(connection, _PAGE, (operator_id, period, named, after, limit))]


async def periods(connection: AsyncConnection, operator_id: UUID) -> list[str]:
    """What was settled, the last period first; sixty at most."""
    return [row[0] for row in await fetch(connection, _PERIODS, (operator_id,))]


async def invoices_of(
    connection: AsyncConnection, operator_id: UUID, settlements: Iterable[UUID]
) -> dict[UUID, tuple[str, date]]:
    """Number and day of the invoice of each settlement that has one."""
    rows = await fetch(connection, _INVOICES_OF, (operator_id, list(settlements)))
    return {row[0]: (row[1], row[2]) for row in rows}


async def periods_of(connection: AsyncConnection, operator_id: UUID, settlements: Iterable[UUID]) -> dict[UUID, str]:
    """What the periods of settlements are called."""
    return {row[0]: row[1] for row in await fetch(connection, _PERIODS_OF, (operator_id, list(settlements)))}


async def offers(connection: AsyncConnection, operator_id: UUID) -> dict[UUID, tuple[str, str | None, str | None]]:
    """Code of each offer, and its name in English and French as its newest version has it."""
    return {row[0]: (row[1], row[2], row[3]) for row in await fetch(connection, _OFFERS, (operator_id,))}


async def shops(connection: AsyncConnection, operator_id: UUID) -> dict[UUID, str]:
    """What each shop is called."""
    return {row[0]: row[1] for row in await fetch(connection, _SHOPS, (operator_id,))}


async def seller(connection: AsyncConnection, operator_id: UUID) -> Seller | None:
    """Who invoices."""
    facts = (await connection.exec_driver_sql(_SELLER, (operator_id,))).scalar()
    return None if facts is None else Seller.of(_json(facts))


async def put_seller(connection: AsyncConnection, operator_id: UUID, told: Seller, now: datetime) -> None:
    """Keep who invoices, from the next settlement on."""
    await connection.exec_driver_sql(_PUT_SELLER, (operator_id, _text(told), now))


async def file(connection: AsyncConnection, operator_id: UUID, settlement_id: UUID) -> tuple[bytes, bytes] | None:
    """The PDF of a settlement and its SHA-256, once it was made."""
    rows = await fetch(connection, _FILE, (operator_id, settlement_id))
    return (bytes(rows[0][0]), bytes(rows[0][1])) if rows else None


async def without_file(connection: AsyncConnection, operator_id: UUID, settlements: Sequence[UUID]) -> list[UUID]:
    """Of these settlements, those whose PDF was not made yet."""
    return [row[0] for row in await fetch(connection, _WITHOUT_FILE, (operator_id, list(settlements)))]


async def put_file(
    connection: AsyncConnection, operator_id: UUID, settlement_id: UUID, body: bytes, digest: bytes, now: datetime
) -> None:
    """Keep the PDF of a settlement; the first one that was made stays."""
    await connection.exec_driver_sql(_PUT_FILE, (operator_id, settlement_id, body, digest, now))


async def transfers(connection: AsyncConnection, operator_id: UUID, settlement_id: UUID) -> Sequence[Any]:
    """Every side of a transfer that a settlement holds: key, side, reason, asset, amount, when, purchase, accounts."""
    return await fetch(connection, _TRANSFERS, (operator_id, settlement_id))


def _row(each: Settlement, by: str) -> tuple[object, ...]:
    period, totals = each.period, each.totals
    return (
        each.id,
        each.account,
        period.name,
        period.since,
        period.until,
        period.first_day,
        period.last_day,
        each.currency,
        each.mode,
        each.language,
        each.opening_minor,
        totals.rewards_minor,
        totals.commission_minor,
        totals.vat_minor,
        totals.units_minor,
        totals.payments_minor,
        totals.moved_minor,
        each.closing_minor,
        _text(each.buyer),
        None if each.seller is None else _text(each.seller),
        each.issued_at,
        by,
    )


def _line_row(settlement_id: UUID, line: Line) -> tuple[object, ...]:
    return (
        settlement_id,
        line.number,
        line.kind.value,
        line.reason,
        line.asset,
        line.units,
        line.value_minor,
        line.valued,
        line.transfers,
        line.late,
        line.offer_id,
        line.offer,
        line.shop_id,
        line.shop,
        line.rate_bps,
        line.vat_bps,
        line.base_minor,
        line.origin,
        line.origin_name,
    )


def _settlement(row: Any, lines: Sequence[Line]) -> Settlement:
    invoice = None
    if row[22] is not None:
        corrects = tuple((number, date.fromisoformat(day)) for number, day in _json(row[31]))
        invoice = Invoice(
            id=row[22],
            number=row[23],
            kind=InvoiceKind(row[24]),
            issued_on=row[25],
            due_on=row[26],
            net_minor=row[27],
            vat_minor=row[28],
            gross_minor=row[29],
            paid_minor=row[30],
            corrects=corrects,
        )
    return Settlement(
        id=row[0],
        account=row[1],
        period=Period(*row[2:7]),
        currency=row[7],
        mode=row[8],
        language=row[9],
        opening_minor=row[10],
        totals=Totals(*row[11:17]),
        lines=tuple(lines),
        buyer=Party.of(_json(row[18])),
        seller=None if row[19] is None else Seller.of(_json(row[19])),
        issued_at=row[20],
        invoice=invoice,
    )


def _line(row: Any) -> Line:
    return Line(
        number=row[1],
        kind=LineKind(row[2]),
        reason=row[3],
        asset=row[4],
        units=row[5],
        value_minor=row[6],
        valued=row[7],
        transfers=row[8],
        late=row[9],
        offer_id=row[10],
        offer=row[11],
        shop_id=row[12],
        shop=row[13],
        rate_bps=row[14],
        vat_bps=row[15],
        base_minor=row[16],
        origin=row[17],
        origin_name=row[18],
    )


def _columns(rows: Sequence[Sequence[object]]) -> tuple[list[object], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _json(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
