"""The HTTP API of settlements: looking at a period before it is issued, issuing it, and reading what was issued.

Amounts are minor units of the programme's currency; positive is what the funder owes.
"""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from cashback.api.paging import Asked as AskedPage
from cashback.api.routes import AtDesk, refuse_card_number
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.funding.service import account_of, named, require
from cashback.ids import parse
from cashback.paging import listing
from cashback.rewards.snapshot import Snapshot
from cashback.settlement import service, storage
from cashback.settlement.csv_files import lines_csv, movements_csv
from cashback.settlement.parties import SellerTold
from cashback.settlement.schemas import Invoice, Line, Settlement

router = APIRouter(prefix="/v1")

_Period = Annotated[str, Field(min_length=1, max_length=40, examples=["2026-11", "2026-11-01..2026-11-15"])]
_Funder = Annotated[str, Field(min_length=1, max_length=130, examples=["shop:zara"])]


class PeriodBody(Taken):
    """A period, and perhaps the funders that are meant; without any it is all of them."""

    period: _Period
    funders: Annotated[list[_Funder] | None, Field(min_length=1, max_length=1_000)] = None


@router.put("/seller", summary="Tell who invoices")
async def tell_seller(body: SellerTold, desk: AtDesk) -> dict[str, Any]:
    """The operator with everything that the law wants on its invoices, from the next settlement on."""
    require(desk.caller)
    told = body.model_dump()
    for name, value in told.items():
        if isinstance(value, str) and name not in ("iban", "vat_number"):
            refuse_card_number(value, name, "what stands on an invoice")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return asdict(await service.tell_seller(connection, desk.caller, told, desk.now()))


@router.post("/settlements/preview", summary="What a period comes to before it is issued")
async def preview(body: PeriodBody, desk: AtDesk) -> dict[str, Any]:
    """Nothing is written, and what is posted later changes it."""
    require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        accounts = _accounts(snapshot, body.funders)
        found = await service.preview(connection, snapshot, desk.caller, body.period, accounts)
    return {"settlements": [{**_shown(each, snapshot), "lines": _lines(each)} for each in found]}


@router.post("/settlements", status_code=201, summary="Issue a period")
async def issue(body: PeriodBody, desk: AtDesk) -> dict[str, Any]:
    """Statements, invoices and credit notes; what is issued already is left, so a repeat does nothing."""
    require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        accounts = _accounts(snapshot, body.funders)
        issued = await service.issue(connection, snapshot, desk.caller, body.period, accounts, desk.now())
    return {"settlements": [_shown(each, snapshot) for each in issued]}


@router.get("/settlements", summary="What was issued, newest first")
async def page(
    desk: AtDesk,
    paging: AskedPage,
    period: Annotated[str | None, Query(max_length=40)] = None,
    funder: Annotated[str | None, Query(max_length=130)] = None,
) -> dict[str, Any]:
    """A page of settlements without their lines."""
    require(desk.caller)
    place = listing("settlements", period=period, funder=funder)
    (last,) = paging.after(place, UUID) or (None,)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await storage.page(
            connection,
            desk.caller.operator_id,
            period=period,
            accounts=_accounts(snapshot, None if funder is None else [funder]),
            after=last,
            limit=paging.wanted,
        )
    shown, cut = paging.cut(place, found, lambda each: (each.id,))
    return cut.told([_shown(each, snapshot) for each in shown])


@router.get("/settlements/{settlement}.pdf", summary="Its document", response_class=Response)
async def pdf(settlement: str, desk: AtDesk) -> Response:
    """PDF/A-3, of a numbered one with `factur-x.xml` inside; the same bytes every time."""
    require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found, body, digest = await service.document(connection, snapshot, desk.caller, _id(settlement), desk.now())
    headers = {**_attached(f"{service.file_name(snapshot, found)}.pdf"), "etag": f'"{digest.hex()}"'}
    return Response(body, media_type="application/pdf", headers=headers)


@router.get("/settlements/{settlement}.csv", summary="Its lines", response_class=Response)
async def csv(settlement: str, desk: AtDesk) -> Response:
    """Every line, with its value and what it was reckoned on."""
    require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await service.find(connection, desk.caller, _id(settlement))
    body = lines_csv(snapshot, [found], [service.tongue_of(snapshot, found)])
    return Response(body, media_type="text/csv", headers=_attached(f"{service.file_name(snapshot, found)}.csv"))


@router.get("/settlements/{settlement}/movements.csv", summary="The movements it holds", response_class=Response)
async def movements(settlement: str, desk: AtDesk) -> Response:
    """Every transfer behind the lines, by purchase and without the shopper."""
    require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await service.find(connection, desk.caller, _id(settlement))
        rows = await storage.transfers(connection, desk.caller.operator_id, found.id)
    name = f"{service.file_name(snapshot, found)}_movements.csv"
    return Response(movements_csv(found, rows), media_type="text/csv", headers=_attached(name))


@router.get("/settlements/{settlement}", summary="One settlement with its lines")
async def one(settlement: str, desk: AtDesk) -> dict[str, Any]:
    """As it was frozen."""
    require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await service.find(connection, desk.caller, _id(settlement))
    return {**_shown(found, snapshot), "lines": _lines(found)}


def _id(text: str) -> UUID:
    try:
        return parse("stl", text)
    except ValueError:
        raise NotFound(f"there is no settlement {text[:64]!r}", code="unknown_settlement") from None


def _accounts(snapshot: Snapshot, funders: list[str] | None) -> list[str] | None:
    return None if funders is None else [account_of(snapshot, funder) for funder in funders]


def _attached(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}


def _shown(each: Settlement, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "id": each.ref if each.issued_at is not None else None,
        "funder": named(each.account, snapshot.shops.shops),
        "period": each.period.name,
        "from": zulu(each.period.since),
        "until": zulu(each.period.until),
        "currency": each.currency,
        "mode": each.mode,
        "opening_minor": each.opening_minor,
        **asdict(each.totals),
        "gross_minor": each.totals.gross_minor,
        "closing_minor": each.closing_minor,
        "issued_at": zulu_or_none(each.issued_at),
        "invoice": None if each.invoice is None else _invoice(each.invoice),
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "kind": invoice.kind.value,
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": None if invoice.due_on is None else invoice.due_on.isoformat(),
        "net_minor": invoice.net_minor,
        "vat_minor": invoice.vat_minor,
        "gross_minor": invoice.gross_minor,
        "paid_minor": invoice.paid_minor,
        "due_minor": invoice.due_minor,
        "corrects": [{"number": number, "issued_on": date.isoformat(day)} for number, day in invoice.corrects],
    }


def _lines(settlement: Settlement) -> list[dict[str, Any]]:
    return [_line(line) for line in settlement.lines]


def _line(line: Line) -> dict[str, Any]:
    return {
        "number": line.number,
        "kind": line.kind.value,
        "reason": line.reason,
        "offer": line.offer,
        "shop": line.shop,
        "corrects": line.origin_name,
        "movements": line.transfers,
        "late": line.late,
        "asset": line.asset or None,
        "units": line.units,
        "base_minor": line.base_minor,
        "rate_bps": line.rate_bps,
        "vat_bps": line.vat_bps,
        "value_minor": line.value_minor if line.valued else None,
    }
