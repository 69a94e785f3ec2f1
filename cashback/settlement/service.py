"""The only way into settlements: looking at one before it is issued, issuing, and the seller's own facts.

Issuing is one transaction: the transfers that are settled, the lines, the numbers, the commission and the tax that the
ledger gets, all or nothing. So numbers have no gaps, whoever dies when. The PDF is made from what was frozen, after it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor
from cashback.db.engine import transaction
from cashback.errors import Conflict, NotFound
from cashback.funding import storage as funding
from cashback.funding.schemas import Funder, Mode
from cashback.funding.service import named, require
from cashback.ids import show, uuid7
from cashback.ledger import service as ledger
from cashback.ledger.chart import FUNDER
from cashback.offers.wording import Tongue, language_of
from cashback.programmes import audit_log
from cashback.rewards.snapshot import Snapshot, load_snapshot
from cashback.settlement import cut, storage
from cashback.settlement.agreement import disagreements
from cashback.settlement.amounts import lines_of, totals_of
from cashback.settlement.parties import buyer_of, invoiceable, seller_of
from cashback.settlement.pdf import rendered
from cashback.settlement.periods import period as read_period
from cashback.settlement.postings import postings
from cashback.settlement.schemas import Group, Invoice, InvoiceKind, Line, Party, Period, Seller, Settlement

_PREFIX = {InvoiceKind.INVOICE: "", InvoiceKind.CREDIT_NOTE: "CN-"}


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the settlements of one run have in common."""

    snapshot: Snapshot
    period: Period
    funders: Mapping[str, Funder]
    before: Mapping[str, tuple[int, datetime, str]]
    """By account: what its last settlement closed with, when it ended, what it was called."""
    seller: Seller | None
    offers: Mapping[UUID, tuple[str, str | None, str | None]]
    shops: Mapping[UUID, str]

    def funder(self, account: str) -> Funder:
        """As it was told, or by its account alone."""
        return self.funders.get(account) or Funder(account, named(account, self.snapshot.shops.shops))


async def preview(
    connection: AsyncConnection,
    snapshot: Snapshot,
    actor: Actor,
    text: str,
    accounts: Sequence[str] | None,
) -> list[Settlement]:
    """What would be settled if the period were issued now, its number apart; writes nothing."""
    require(actor)
    period = read_period(text, snapshot.programme.zone)
    desk = await _desk(connection, snapshot, period)
    wanted = await _wanted(connection, desk, accounts, snapshot.operator_id)
    groups = await cut.count(connection, snapshot.operator_id, period, wanted, keep=False)
    return await _drafted(connection, desk, wanted, groups)


async def issue(
    connection: AsyncConnection,
    snapshot: Snapshot,
    actor: Actor,
    text: str,
    accounts: Sequence[str] | None,
    now: datetime,
) -> list[Settlement]:
    """Settle every funder of which something is open, or these alone; what is settled for the period already is left.

    Conflict while the period is not over or overlaps another one, or where settlements and ledger differ; Invalid for
    a funder that cannot be invoiced.
    """
    require(actor)
    period = read_period(text, snapshot.programme.zone)
    if period.until > now:
        raise Conflict(f"{period.name} is not over: it ends at {period.until:%Y-%m-%d %H:%M}Z", code="period_not_over")
    operator_id = snapshot.operator_id
    await storage.lock(connection, operator_id)
    differing = await disagreements(connection, operator_id, snapshot.programme.currency)
    if differing:
        named = ", ".join(each.account for each in differing[:3])
        raise Conflict(f"settlements and ledger differ for {named}: nothing is issued over them", code="ledger_differs")
    desk = await _desk(connection, snapshot, period)
    wanted = await _wanted(connection, desk, accounts, operator_id)
    groups = await cut.count(connection, operator_id, period, wanted, keep=True)
    drafted = [replace(each, issued_at=now) for each in await _drafted(connection, desk, wanted, groups)]
    issued = await _numbered(connection, desk, drafted, now)
    if not issued:
        return []
    await storage.put(connection, operator_id, issued, actor.name)
    await _put_invoices(connection, operator_id, issued)
    await _post(connection, operator_id, issued, now)
    detail = {
        "period": period.name,
        "settlements": len(issued),
        "numbers": [each.invoice.number for each in issued if each.invoice is not None],
    }
    await audit_log.record(connection, actor, "settlement.issued", period.name, detail, now)
    return issued


async def tell_seller(connection: AsyncConnection, actor: Actor, told: Mapping[str, Any], now: datetime) -> Seller:
    """Keep who invoices; what was issued before keeps the seller it was issued by."""
    require(actor)
    seller = seller_of(told)
    await storage.put_seller(connection, actor.operator_id, seller, now)
    await audit_log.record(connection, actor, "seller.told", seller.name, {"country": seller.country}, now)
    return seller


async def find(connection: AsyncConnection, actor: Actor, settlement_id: UUID) -> Settlement:
    """One issued settlement with its lines; NotFound otherwise."""
    require(actor)
    found = await storage.read(connection, actor.operator_id, [settlement_id])
    if not found:
        raise NotFound(f"there is no settlement {show('stl', settlement_id)}", code="unknown_settlement")
    return found[0]


async def document(
    connection: AsyncConnection, snapshot: Snapshot, actor: Actor, settlement_id: UUID, now: datetime
) -> tuple[Settlement, bytes, bytes]:
    """A settlement, its PDF and the PDF's SHA-256: made once from what was frozen, and the same bytes ever after."""
    settlement = await find(connection, actor, settlement_id)
    held = await storage.file(connection, actor.operator_id, settlement_id)
    if held is None:
        body = rendered(settlement, tongue_of(snapshot, settlement))
        await storage.put_file(connection, actor.operator_id, settlement_id, body, sha256(body).digest(), now)
        held = await storage.file(connection, actor.operator_id, settlement_id)
        assert held is not None
    return settlement, *held


async def make_files(
    engine: AsyncEngine, operator_id: UUID, actor: Actor, settlements: Sequence[UUID], now: datetime
) -> int:
    """Make the PDFs that are still missing of these settlements, each in a transaction of its own; answers how many."""
    async with transaction(engine, operator_id) as connection:
        snapshot = await load_snapshot(connection, operator_id)
        missing = await storage.without_file(connection, operator_id, settlements)
    for settlement_id in missing:
        async with transaction(engine, operator_id) as connection:
            await document(connection, snapshot, actor, settlement_id, now)
    return len(missing)


def tongue_of(snapshot: Snapshot, settlement: Settlement) -> Tongue:
    """The funder's language, with what the programme calls its assets in it."""
    language = language_of(settlement.language)
    assets = snapshot.programme.assets.values()
    return Tongue(language, {each.code: each.name_fr if language == "fr" else each.name_en for each in assets})


def file_name(snapshot: Snapshot, settlement: Settlement) -> str:
    """`2026-11_shop-zara_2026-000001`: letters, digits, dots and dashes, whatever a brand is called."""
    invoice = settlement.invoice
    parts = (
        settlement.period.name,
        named(settlement.account, snapshot.shops.shops),
        "" if invoice is None else invoice.number,
    )
    return "_".join(re.sub(r"[^A-Za-z0-9.-]+", "-", part) for part in parts if part)


async def _desk(connection: AsyncConnection, snapshot: Snapshot, period: Period) -> _Desk:
    operator_id = snapshot.operator_id
    return _Desk(
        snapshot=snapshot,
        period=period,
        funders=await funding.funders(connection, operator_id),
        before=await storage.before(connection, operator_id),
        seller=await storage.seller(connection, operator_id),
        offers=await storage.offers(connection, operator_id),
        shops=await storage.shops(connection, operator_id),
    )


async def _wanted(
    connection: AsyncConnection, desk: _Desk, accounts: Sequence[str] | None, operator_id: UUID
) -> list[cut.Wanted]:
    """Those of the funders whose settlements do not reach the end of the period yet."""
    if accounts is None:
        accounts = await cut.accounts(connection, operator_id, desk.period)
    wanted = []
    for account in accounts:
        _, until, name = desk.before.get(account, (0, desk.period.since, ""))
        if until >= desk.period.until:
            continue
        if until > desk.period.since:
            raise Conflict(f"{desk.period.name} overlaps {name}, settled for {account}", code="period_overlaps")
        wanted.append(cut.Wanted(account, uuid7(desk.period.until)))
    return wanted


async def _drafted(
    connection: AsyncConnection,
    desk: _Desk,
    wanted: Iterable[cut.Wanted],
    groups: Mapping[UUID, list[Group]],
) -> list[Settlement]:
    operator_id, programme = desk.snapshot.operator_id, desk.snapshot.programme
    earlier = await cut.earlier(connection, operator_id, groups)
    origins = {each.origin for held in groups.values() for each in held if each.origin is not None}
    periods = await storage.periods_of(connection, operator_id, origins)
    drafted: list[Settlement] = []
    for each in wanted:
        if each.settlement_id not in groups:
            continue
        funder = desk.funder(each.account)
        lines = lines_of(
            groups[each.settlement_id],
            account=each.account,
            currency=programme.currency,
            assets=programme.assets,
            vat_bps=funder.vat_bps,
            earlier=earlier,
        )
        drafted.append(
            Settlement(
                id=each.settlement_id,
                account=each.account,
                period=desk.period,
                currency=programme.currency,
                mode=funder.mode.value,
                language=funder.language,
                opening_minor=desk.before.get(each.account, (0, None, ""))[0],
                totals=totals_of(lines, programme.currency),
                lines=tuple(_called(desk, funder, line, periods) for line in lines),
                buyer=buyer_of(funder),
                seller=desk.seller,
                issued_at=None,
            )
        )
    return drafted


def _called(desk: _Desk, funder: Funder, line: Line, periods: Mapping[UUID, str]) -> Line:
    """A line with what its offer, its shop and the period it corrects are called."""
    offer = shop = None
    if line.offer_id is not None and line.offer_id in desk.offers:
        code, english, french = desk.offers[line.offer_id]
        offer = (french if language_of(funder.language) == "fr" else english) or code
    if line.shop_id is not None and not funder.account.startswith("funder:shop:"):
        shop = desk.shops.get(line.shop_id)
    origin = None if line.origin is None else periods[line.origin]
    return replace(line, offer=offer, shop=shop, origin_name=origin)


async def _numbered(
    connection: AsyncConnection, desk: _Desk, drafted: Sequence[Settlement], now: datetime
) -> list[Settlement]:
    """The same settlements with their invoices, numbered one after the other within each kind."""
    day = now.astimezone(desk.snapshot.programme.zone).date()
    origins = {line.origin for each in drafted for line in each.lines if line.origin is not None}
    corrected = await storage.invoices_of(connection, desk.snapshot.operator_id, origins)
    kinds: defaultdict[InvoiceKind, list[Settlement]] = defaultdict(list)
    made: dict[UUID, Invoice] = {}
    buyers: dict[UUID, Party] = {}
    for each in drafted:
        if each.account != FUNDER and (each.totals.gross_minor or each.totals.vat_minor or each.totals.rewards_minor):
            if each.seller is None:
                raise Conflict("nobody has said who invoices: tell the seller first", code="no_seller")
            buyers[each.id] = invoiceable(each.account, each.buyer)
            kinds[InvoiceKind.CREDIT_NOTE if each.totals.gross_minor < 0 else InvoiceKind.INVOICE].append(each)
    for kind, held in kinds.items():
        first = await storage.take_numbers(connection, desk.snapshot.operator_id, kind, day, len(held))
        for sequence, each in enumerate(held, first):
            number = f"{_PREFIX[kind]}{day.year}-{sequence:06d}"
            days = desk.funder(each.account).payment_days
            made[each.id] = _invoice(each, kind, number, day, days, corrected, now)
    return [replace(each, invoice=made.get(each.id), buyer=buyers.get(each.id, each.buyer)) for each in drafted]


def _invoice(
    settlement: Settlement,
    kind: InvoiceKind,
    number: str,
    day: date,
    payment_days: int,
    corrected: Mapping[UUID, tuple[str, date]],
    now: datetime,
) -> Invoice:
    totals = settlement.totals
    sign = -1 if kind is InvoiceKind.CREDIT_NOTE else 1
    gross = sign * totals.gross_minor
    left = -(settlement.opening_minor + totals.payments_minor + totals.moved_minor)
    prepaid = settlement.mode == Mode.PREPAID and kind is InvoiceKind.INVOICE
    paid = min(gross, max(left, 0)) if prepaid else 0
    owed = kind is InvoiceKind.INVOICE and gross > paid
    origins = {line.origin for line in settlement.lines if line.origin is not None}
    return Invoice(
        id=uuid7(now),
        number=number,
        kind=kind,
        issued_on=day,
        due_on=day + timedelta(days=payment_days) if owed else None,
        net_minor=sign * (totals.rewards_minor + totals.commission_minor),
        vat_minor=sign * totals.vat_minor,
        gross_minor=gross,
        paid_minor=paid,
        corrects=tuple(sorted(corrected[each] for each in origins if each in corrected)),
    )


async def _put_invoices(connection: AsyncConnection, operator_id: UUID, issued: Iterable[Settlement]) -> None:
    kinds: defaultdict[InvoiceKind, list[tuple[UUID, Invoice]]] = defaultdict(list)
    for each in issued:
        if each.invoice is not None:
            kinds[each.invoice.kind].append((each.id, each.invoice))
    for held in kinds.values():
        first = held[0][1]
        sequence = int(first.number.rpartition("-")[2])
        await storage.put_invoices(connection, operator_id, held, first.issued_on.year, sequence)


async def _post(connection: AsyncConnection, operator_id: UUID, issued: Iterable[Settlement], now: datetime) -> None:
    """Post what the invoices say beside the rewards, and put it into the settlements that say it."""
    made = [(posting, each) for each in issued for posting in postings(each, operator_id)]
    await ledger.lock_house(connection, operator_id)
    await ledger.post(connection, operator_id, [posting for posting, _ in made], now)
    own = [(p.key, "debit" if p.debit == each.account else "credit", each.id) for p, each in made]
    await storage.keep_own(connection, operator_id, own)
