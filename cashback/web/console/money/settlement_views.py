"""One settlement: its line in the list, its page with every line, its documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback import money
from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.funding.service import named
from cashback.paging import Cut
from cashback.settlement import service, storage
from cashback.settlement.csv_files import lines_csv, movements_csv
from cashback.settlement.schemas import InvoiceKind, Line, Period, Settlement
from cashback.settlement.words import described
from cashback.web.console.desk_days import noon_of
from cashback.web.console.frame import Call, calling, id_of
from cashback.web.console.tables import Ask, Cell, Column, Row, Table, amount_cell, list_page, number_cell

TABLE = Table(
    "settlements",
    (
        Column("period", "settlement.col.period"),
        Column("funder", "settlement.col.funder"),
        Column("cashback", "settlement.col.rewards", number=True),
        Column("fee", "settlement.col.fee", number=True),
        Column("vat", "settlement.col.vat", number=True),
        Column("total", "settlement.col.gross", number=True),
        Column("paid", "settlement.col.paid", number=True),
        Column("owed_after", "settlement.col.closing", number=True),
        Column("invoice", "settlement.col.invoice"),
    ),
    sort="-issued",
    icon="landmark",
    empty="settlement.none",
)
_LINES = Table(
    "settlement-lines",
    (
        Column("number", "settlement.line.number", number=True),
        Column("what", "settlement.line.what"),
        Column("movements", "settlement.line.movements", number=True),
        Column("units", "settlement.line.units", number=True),
        Column("base", "settlement.line.base", number=True),
        Column("rate", "settlement.line.rate", number=True),
        Column("value", "settlement.line.value", number=True),
    ),
    sort="number",
    icon="landmark",
    empty="settlement.nothing",
)


@dataclass(frozen=True, slots=True)
class Issued:
    """A settlement as people read it."""

    settlement: Settlement
    funder: str
    before: str
    after: str
    invoice: str
    """Its number, or that there is none."""
    due: str


def funder_name(call: Call, code: str) -> str:
    """`operator`, `shop:zara`, `brand:Lune` as people call them."""
    kind, _, name = code.partition(":")
    if kind == "operator":
        return call.t("settlement.operator")
    shop = call.programme.snapshot.shops.by_code.get(name) if kind == "shop" else None
    return name if shop is None else shop.name


def issued_of(call: Call, each: Settlement, funder: str) -> Issued:
    """The same settlement in words."""
    invoice, due = call.t("settlement.no_invoice"), ""
    if each.invoice is not None:
        note = each.invoice.kind is InvoiceKind.CREDIT_NOTE
        invoice = call.t("settlement.credit_note", number=each.invoice.number) if note else each.invoice.number
        due = call.t("settlement.nothing_due")
        if each.invoice.due_on is not None:
            due = call.t("settlement.due", day=call.formats.tongue.day(each.invoice.due_on))
    return Issued(
        each, funder, owed(call, each.opening_minor, each.currency), owed(call, each.closing_minor, each.currency),
        invoice, due,
    )  # fmt: skip


def period_name(call: Call, period: Period) -> str:
    """`November 2026` of a month, else its first and last day."""
    if period.name == f"{period.first_day:%Y-%m}":
        return call.formats.month(noon_of(call, period.first_day), call.zone)
    day = call.formats.tongue.day
    return f"{day(period.first_day)} – {day(period.last_day)}"


def owed(call: Call, amount_minor: int, currency: str) -> str:
    """`owes €12.00`, `€30.00 left`, `nothing`."""
    if not amount_minor:
        return call.t("settlement.even")
    told = call.formats.money(abs(amount_minor), currency)
    return call.t("settlement.owes" if amount_minor > 0 else "settlement.has_left", amount=told)


def row_of(call: Call, issued: Issued) -> Row:
    """Its line in the list."""
    each, totals = issued.settlement, issued.settlement.totals
    return Row(
        (
            Cell(period_name(call, each.period), raw=each.period.name),
            Cell(issued.funder, raw=named(each.account, call.programme.snapshot.shops.shops)),
            amount_cell(call, totals.rewards_minor, each.currency),
            amount_cell(call, totals.commission_minor, each.currency),
            amount_cell(call, totals.vat_minor, each.currency),
            amount_cell(call, totals.gross_minor, each.currency),
            amount_cell(call, -totals.payments_minor, each.currency),
            Cell(issued.after, raw=money.plain(each.closing_minor, each.currency)),
            Cell(issued.invoice, sub=issued.due, raw=each.invoice.number if each.invoice else ""),
        ),
        href=call.address(f"/settlement/{each.ref}"),
    )


async def one(request: Request) -> Response:
    """One settlement with its lines."""
    async with calling(request, Page.MONEY) as call:
        found = await service.find(call.connection, call.need(Scope.MONEY), id_of(request, "stl"))
        snapshot = call.programme.snapshot
        funder = funder_name(call, named(found.account, snapshot.shops.shops))

        async def lines(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
            shown, cut = ask.cut_whole(found.lines, lambda each: (each.number,), int)
            return [_line(call, found, each) for each in shown], cut

        return await list_page(
            call,
            "settlement",
            _LINES,
            lines,
            call.t("settlement.title", funder=funder, period=period_name(call, found.period)),
            template="settlement_one.html",
            issued=issued_of(call, found, funder),
        )


async def pdf(request: Request) -> Response:
    """Its document: PDF/A-3, of a numbered one with the e-invoice inside."""
    async with calling(request, Page.MONEY) as call:
        snapshot = call.programme.snapshot
        found, body, _ = await service.document(
            call.connection, snapshot, call.need(Scope.MONEY), id_of(request, "stl"), call.now
        )
        return _file(body, "application/pdf", f"{service.file_name(snapshot, found)}.pdf")


async def csv(request: Request) -> Response:
    """Its lines as a file."""
    async with calling(request, Page.MONEY) as call:
        snapshot = call.programme.snapshot
        found = await service.find(call.connection, call.need(Scope.MONEY), id_of(request, "stl"))
        body = lines_csv(snapshot, [found], [service.tongue_of(snapshot, found)])
        return _file(body, "text/csv", f"{service.file_name(snapshot, found)}.csv")


async def movements(request: Request) -> Response:
    """Every movement behind the lines, by purchase and without the member."""
    async with calling(request, Page.MONEY) as call:
        snapshot = call.programme.snapshot
        found = await service.find(call.connection, call.need(Scope.MONEY), id_of(request, "stl"))
        rows = await storage.transfers(call.connection, call.operator_id, found.id)
        return _file(movements_csv(found, rows), "text/csv", f"{service.file_name(snapshot, found)}_movements.csv")


def _line(call: Call, of: Settlement, line: Line) -> Row:
    units, formats = "", call.formats
    if line.asset:
        units = formats.amount(line.units, call.programme.asset(line.asset))
    value = formats.money(line.value_minor, of.currency) if line.valued else call.t("settlement.without_value")
    base = formats.money(line.base_minor, of.currency) if line.base_minor else ""
    return Row(
        (
            number_cell(call, line.number),
            Cell(described(line, formats.tongue)),
            number_cell(call, line.transfers) if line.transfers else Cell(""),
            Cell(units, raw=str(line.units) if line.asset else ""),
            Cell(base, raw=money.plain(line.base_minor, of.currency) if line.base_minor else ""),
            Cell(formats.tongue.rate(line.rate_bps) if line.rate_bps else "", raw=str(line.rate_bps or "")),
            Cell(value, raw=money.plain(line.value_minor, of.currency) if line.valued else ""),
        )
    )


def _file(body: bytes | str, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=media_type, headers=headers)
