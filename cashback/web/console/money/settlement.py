"""Settlement: what was issued, a period before it is issued, and who invoices."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import Invalid, ProductError
from cashback.funding.service import account_of, named, standings
from cashback.ledger.chart import FUNDER
from cashback.paging import Cut
from cashback.settlement import service, storage
from cashback.settlement.agreement import Disagreement, disagreements
from cashback.settlement.periods import period as read_period
from cashback.settlement.schemas import Settlement
from cashback.web.console.frame import Call, calling, tried
from cashback.web.console.money.settlement_views import TABLE, Issued, funder_name, issued_of, period_name, row_of
from cashback.web.console.tables import Ask, Filter, Row, list_page
from cashback.web.forms import Fields, form_of, one

MONTHS = 12
"""So many months that are over are offered."""
SELLER_FIELDS = (
    "name", "country", "registration", "vat_number", "legal_form", "registered_at", "email", "members_email",
    "iban", "bic",
)  # fmt: skip


async def settlement(request: Request) -> Response:
    """What was issued, by period and funder, and the months that can be settled next."""
    async with calling(request, Page.MONEY) as call:
        snapshot = call.programme.snapshot
        periods = await storage.periods(call.connection, call.operator_id)
        funders = [
            named(each.funder.account, snapshot.shops.shops) for each in await standings(call.connection, snapshot)
        ]
        by_period = Filter("period", "settlement.col.period", [(each, each) for each in periods], texts=True)
        by_funder = Filter(
            "funder", "settlement.col.funder", [(each, funder_name(call, each)) for each in funders], texts=True
        )
        table = replace(TABLE, filters=(by_period, by_funder))
        return await list_page(
            call,
            "settlement",
            table,
            _read,
            call.t("console.nav.settlement"),
            template="settlement.html",
            months=months_over(call),
            seller=await storage.seller(call.connection, call.operator_id),
        )


async def preview(request: Request) -> Response:
    """A period before it is issued; without one, where it is chosen. Counting it may take a while: the page comes
    first, and asks for it then."""
    async with calling(request, Page.MONEY) as call:
        period = request.query_params.get("period", "")
        if not period:
            return call.back_to("/settlement")
        return await _preview(call, period, now="now" in request.query_params)


async def issue(request: Request) -> Response:
    """Issue a period, where what is settled and what is open agree with the ledger."""
    fields = await form_of(request)
    period = one(fields, "period")

    async def do(call: Call) -> Response:
        snapshot = call.programme.snapshot
        await service.issue(call.connection, snapshot, call.need(Scope.MONEY), period, None, call.now)
        return call.back_to("/settlement", done="settlement_issued")

    return await tried(request, Page.MONEY, do, lambda call, refused: _preview(call, period, now=True, refused=refused))


async def seller(request: Request) -> Response:
    """Who invoices, as it is known."""
    async with calling(request, Page.MONEY) as call:
        return await _seller(call)


async def tell_seller(request: Request) -> Response:
    """Say who invoices, from the next settlement on."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        await service.tell_seller(call.connection, call.need(Scope.MONEY), _told(fields), call.now)
        return call.back_to("/settlement/seller", done="seller_told")

    return await tried(request, Page.MONEY, do, lambda call, refused: _seller(call, refused=refused, typed=fields))


def months_over(call: Call) -> list[tuple[str, str]]:
    """The months that are over, the last one first: as periods are written, and as people write them."""
    first = call.now.astimezone(call.zone).date().replace(day=1)
    found = []
    for _ in range(MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        at = datetime(first.year, first.month, first.day, 12, tzinfo=call.zone)
        found.append((f"{first:%Y-%m}", call.formats.month(at, call.zone)))
    return found


async def _preview(call: Call, period: str, *, now: bool, refused: ProductError | None = None) -> Response:
    snapshot = call.programme.snapshot
    read = read_period(period, snapshot.programme.zone)
    found: list[Settlement] = []
    differ: Sequence[Disagreement] = ()
    if now:
        found = await service.preview(call.connection, snapshot, call.need(Scope.MONEY), period, None)
        differ = await disagreements(call.connection, call.operator_id, snapshot.programme.currency)
    known = await storage.seller(call.connection, call.operator_id)
    shown = [issued_of(call, each, funder_name(call, named(each.account, snapshot.shops.shops))) for each in found]
    return call.page(
        "settlement",
        "settlement_preview.html",
        call.t("settlement.preview", period=period_name(call, read)),
        fragment="_settlement_preview.html",
        refused=refused,
        period=period,
        counted=now,
        shown=shown,
        untold=[each.funder for each in shown if _untold(each)],
        differ=[
            (
                funder_name(call, named(each.account, snapshot.shops.shops)),
                call.formats.money(each.settled_minor, snapshot.programme.currency),
                call.formats.money(each.ledger_minor, snapshot.programme.currency),
            )
            for each in differ
        ],
        over=read.until <= call.now,
        first_day=read.first_day,
        last_day=read.last_day,
        seller=known,
    )


def _untold(each: Issued) -> bool:
    """Whether a funder that is to be invoiced lacks what an invoice needs."""
    totals, buyer = each.settlement.totals, each.settlement.buyer
    asks = totals.gross_minor or totals.vat_minor or totals.rewards_minor
    return bool(asks) and each.settlement.account != FUNDER and not (buyer.address and buyer.registration)


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    snapshot = call.programme.snapshot
    (last,) = ask.after(UUID) or (None,)
    funder = ask.get("funder")
    found = await storage.page(
        call.connection,
        call.operator_id,
        period=ask.get("period"),
        accounts=None if funder is None else [account_of(snapshot, funder)],
        after=last,
        limit=ask.paging.wanted,
    )
    shown, cut = ask.cut(found, lambda each: (each.id,))
    shops = snapshot.shops.shops
    return [row_of(call, issued_of(call, each, funder_name(call, named(each.account, shops)))) for each in shown], cut


async def _seller(call: Call, *, refused: ProductError | None = None, typed: Fields | None = None) -> Response:
    known = await storage.seller(call.connection, call.operator_id)
    if typed is not None:
        values = {name: one(typed, name, 400) for name in (*SELLER_FIELDS, "address", "penalty")}
    elif known is not None:
        values = {name: getattr(known, name) or "" for name in SELLER_FIELDS}
        values |= {"address": "\n".join(known.address), "penalty": str(Decimal(known.penalty_bps) / 100)}
    else:
        values = dict.fromkeys((*SELLER_FIELDS, "address"), "") | {"country": "FR", "penalty": "0"}
    return call.page(
        "settlement", "seller.html", call.t("settlement.seller"), refused=refused, values=values, fields=SELLER_FIELDS
    )


def _told(fields: Fields) -> dict[str, Any]:
    told: dict[str, Any] = {name: one(fields, name) or None for name in SELLER_FIELDS}
    told["address"] = tuple(line.strip() for line in one(fields, "address", 500).splitlines() if line.strip())
    try:
        told["penalty_bps"] = int(Decimal((one(fields, "penalty") or "0").replace(",", ".")) * 100)
    except InvalidOperation:
        raise Invalid("penalty: expected a rate such as 12.5", code="bad_rate") from None
    return {name: value for name, value in told.items() if value is not None}
