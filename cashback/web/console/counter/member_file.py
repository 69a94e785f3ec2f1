"""A member's file, part by part: wallet, purchases, what is missing, cards and consents, claims, plans, notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Kind, Reason
from cashback.adjustments.schemas import State as Adjusted
from cashback.auth import session_store
from cashback.auth.sessions import Role
from cashback.claims import reading as claims
from cashback.claims.words import said
from cashback.erasure import service as erasure
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import show, uuid7
from cashback.insights import listings, member_file
from cashback.insights.consents import read_consents
from cashback.insights.member_file import NEAR_MAX, NEAR_MOST, Near
from cashback.insights.members import Opening, masked
from cashback.insights.schemas import PurchaseView
from cashback.insights.wallet import read_wallet
from cashback.instalments import storage as plans
from cashback.notifications.service import inbox
from cashback.paging import Cut
from cashback.programmes.schemas import AssetKind
from cashback.web.console.counter.claims import STATUSES as CLAIM_STATUSES
from cashback.web.console.counter.members import PART_NAMES, asked_first, filing
from cashback.web.console.counter.near import Candidate, called, candidate_of
from cashback.web.console.counter.sent import Sent
from cashback.web.console.frame import Call
from cashback.web.console.people import people_of
from cashback.web.console.tables import (
    Ask,
    Cell,
    Column,
    Reader,
    Row,
    Table,
    exported,
    listed,
    moment_cell,
    status_cell,
    wants_file,
)
from cashback.web.context import Told, told_of
from cashback.web.rendering import account, reason_word
from cashback.web.shopper.frame import amount_of
from cashback.web.statuses import CLOSED, Status, of_purchase

NOTICES_MAX = 50
CARDS_MAX = 100
AROUND = timedelta(days=3)
"""A purchase may be told with another day than its member remembers."""
ADJUSTED = {
    Adjusted.WAITING: Status("members.adjusted.waiting", "hourglass", "warn"),
    Adjusted.POSTED: Status("members.adjusted.posted", "circle-check", "pos"),
    Adjusted.REFUSED: Status("members.adjusted.refused", "ban", "mute"),
}
MOVEMENTS = Table(
    "member-movements",
    (
        Column("at", "members.at"),
        Column("amount", "members.amount", number=True),
        Column("from", "members.from"),
        Column("to", "members.to"),
        Column("reason", "members.reason"),
    ),
    icon="wallet",
    empty="members.no_movement",
)
PURCHASES = Table(
    "member-purchases",
    (
        Column("at", "members.bought"),
        Column("shop", "members.shop"),
        Column("amount", "members.amount", number=True),
        Column("earned", "members.earned", number=True),
        Column("state", "members.state"),
        Column("why", "members.why"),
    ),
    icon="shopping-bag",
    empty="members.no_purchase",
)


@dataclass(frozen=True, slots=True)
class Missed:
    """What a missing purchase is looked for by."""

    day: date
    amount_minor: int | None
    shop: str | None


@asked_first
async def file(request: Request) -> Response:
    """The part of the file that the address names; the wallet where it names none."""
    async with filing(request) as (call, shopper_id, opening):
        lists = {"wallet": (MOVEMENTS, _movements(shopper_id)), "purchases": (PURCHASES, _bought(shopper_id))}
        part = request.path_params.get("part", "")
        if wants_file(request) and part in lists:
            return await exported(call, *lists[part])
        return await page(call, shopper_id, opening, part=part)


async def page(
    call: Call,
    shopper_id: UUID,
    opening: Opening,
    *,
    part: str = "",
    refused: ProductError | None = None,
    form: Sent | None = None,
) -> Response:
    """A page of an open file."""
    chosen = part or PART_NAMES[0]
    if chosen not in PART_NAMES:
        raise NotFound("a file has no such part", code="not_found")
    row = await listings.shopper(call.connection, call.operator_id, shopper_id)
    assert row is not None, "whose file is open exists"
    read = {
        "wallet": _wallet,
        "purchases": _purchases,
        "missing": _missing,
        "cards": _cards,
        "claims": _claims,
        "plans": _plans,
        "notices": _notices,
        "closing": _closing,
    }[chosen]
    try:
        values = await read(call, shopper_id)
    except Invalid as unread:
        if chosen != "missing" or refused is not None:
            raise
        refused, values = unread, await _missing(call, shopper_id, look=False)
    told = _told(call)
    return call.page(
        "members",
        f"member_{chosen}.html",
        row.reference,
        fragment="_table.html" if "listed" in values else "",
        refused=refused,
        member=show("shp", shopper_id),
        name=row.reference,
        short=masked(row.reference),
        joined=row.opened_at,
        locale=row.locale,
        opening=opening,
        part=chosen,
        parts=PART_NAMES,
        base=call.address(f"/members/{show('shp', shopper_id)}"),
        explainer=told.explainer,
        assets=call.programme.programme.assets,
        key=(form or {}).get("key") or f"web-{uuid7(call.now).hex}",
        form=form or call.request.query_params,
        **values,
    )


async def _wallet(call: Call, shopper_id: UUID) -> Mapping[str, Any]:
    wallet = await read_wallet(call.connection, call.programme, shopper_id, call.now)
    adjustable = [
        each for each in call.programme.programme.assets.values() if each.conversion is None
    ]  # what converts is adjusted as what it becomes
    money = [each for each in adjustable if each.kind is AssetKind.MONEY]
    alone = {
        each.code: await adjustments.alone_max(call.connection, call.actor, each.code, call.now)
        for each in adjustable
        if call.may(Scope.SUPPORT) or call.may(Scope.MONEY)
    }
    return {
        "balances": wallet.balances,
        "adjustable": [*money, *(each for each in adjustable if each not in money)],
        "alone": {code: most for code, most in alone.items() if most},
        "kinds": list(Kind),
        "reasons": list(Reason),
        "listed": await listed(call, MOVEMENTS, _address(call, shopper_id, "wallet"), _movements(shopper_id)),
    }


def _movements(shopper_id: UUID) -> Reader:
    async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
        after = ask.after(datetime, UUID)
        found = await listings.movements(
            call.connection,
            shopper_id,
            asset=None,
            after=None if after is None else (after[0], after[1]),
            wanted=ask.paging.wanted,
        )
        shown, cut = ask.cut(found.rows, lambda row: (row.posted_at, row.id))
        return [_movement(call, row) for row in shown], cut

    return read


def _movement(call: Call, row: Any) -> Row:
    href = "" if row.purchase is None else call.address(f"/purchases/{show('pur', row.purchase)}")
    asset = call.programme.asset(row.asset)
    corrected = call.t("trace.corrects") if row.corrects else ""
    return Row(
        (
            moment_cell(call, row.posted_at),
            Cell(call.formats.amount(row.amount, asset), raw=str(row.amount)),
            Cell(_account(call, row.debit)),
            Cell(_account(call, row.credit)),
            Cell(reason_word(row.reason, call.t), sub=corrected, href=href),
        )
    )


def _account(call: Call, name: str) -> str:
    """An account as people call it: a brand and a shop that pay for rewards by their names."""
    kind, _, named = name.removeprefix("funder:").partition(":")
    if name.startswith("funder:brand:"):
        return call.t("account.brand", name=named)
    if name.startswith("funder:shop:") and kind == "shop":
        shop = call.programme.snapshot.shops.shops.get(UUID(hex=named))
        return call.t("account.shop", name=named if shop is None else shop.name)
    return account(name, call.t)


async def _purchases(call: Call, shopper_id: UUID) -> Mapping[str, Any]:
    return {"listed": await listed(call, PURCHASES, _address(call, shopper_id, "purchases"), _bought(shopper_id))}


def _bought(shopper_id: UUID) -> Reader:
    async def read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
        after = ask.after(datetime, UUID)
        found = await member_file.purchases_of(
            call.connection,
            call.programme,
            shopper_id,
            after=None if after is None else (after[0], after[1]),
            wanted=ask.paging.wanted,
        )
        shown, cut = ask.cut(found, lambda each: (each.purchased_at, each.id))
        told = _told(call)
        return [_purchase(call, told, each) for each in shown], cut

    return read


def _purchase(call: Call, told: Told, each: PurchaseView) -> Row:
    gains = call.formats.together(told.explainer.gains(each.judgements))
    place = each.place
    why = "" if gains and each.state not in CLOSED else told.explainer.shortest(each)
    return Row(
        (
            Cell(call.formats.when(each.timing, each.zone), raw=each.purchased_at.isoformat()),
            Cell(place.shop or place.descriptor or "–", sub=call.formats.floor(place.floor or "")),
            Cell(call.formats.money(each.shown_minor, each.currency), raw=str(each.shown_minor)),
            Cell(gains or "–", raw=gains),
            status_cell(call, of_purchase(each)),
            Cell(why or call.t("members.see_why"), raw=why),
        ),
        href=call.address(f"/purchases/{show('pur', each.id)}"),
    )


async def _missing(call: Call, shopper_id: UUID, *, look: bool = True) -> Mapping[str, Any]:
    shops = sorted(call.programme.snapshot.shops.shops.values(), key=lambda each: each.name.casefold())
    missed = _missed(call) if look else None
    found: list[Candidate] = []
    shown, further = _shown(call), False
    if missed is not None:
        told, names = _told(call), called(call)
        near = await _near(call, shopper_id, missed, shown + 1)
        further = len(near) > shown
        found = [candidate_of(call, told, each, names) for each in near[:shown]]
    return {
        "shops": shops,
        "missed": missed,
        "found": found,
        "several": len({each.near.view.network for each in found if each.joins}) > 1,
        "today": call.now.astimezone(call.zone).date().isoformat(),
        "around": AROUND.days,
        "more": _more(call, shown) if further and shown < NEAR_MOST else "",
        "further": further,
        "step": NEAR_MAX,
    }


def _shown(call: Call) -> int:
    """How many the address asks for: whole steps."""
    try:
        asked = int(call.request.query_params.get("shown", ""))
    except ValueError:
        asked = NEAR_MAX
    return min(max(asked // NEAR_MAX, 1) * NEAR_MAX, NEAR_MOST)


def _more(call: Call, shown: int) -> str:
    """The same search with a step more of what it found, at the first of them."""
    kept = {name: value for name in ("day", "amount", "shop") if (value := call.request.query_params.get(name))}
    return f"?{urlencode({**kept, 'shown': shown + NEAR_MAX})}#near-{shown + 1}"


async def _near(call: Call, shopper_id: UUID, missed: Missed, wanted: int) -> list[Near]:
    zone = call.programme.programme.zone
    begin = datetime.combine(missed.day, time(0), zone)
    shop = None if missed.shop is None else call.programme.snapshot.shops.by_code.get(missed.shop)
    return await member_file.near(
        call.connection,
        call.programme,
        shopper_id,
        since=begin - AROUND,
        until=begin + timedelta(days=1) + AROUND,
        amount_minor=missed.amount_minor,
        shop_id=None if shop is None else shop.id,
        wanted=wanted,
    )


def _missed(call: Call) -> Missed | None:
    query = call.request.query_params
    if not query.get("day"):
        return None
    try:
        day = date.fromisoformat(query["day"])
    except ValueError:
        raise Invalid(f"day: expected a day such as 2026-11-21, got {query['day'][:40]!r}", code="bad_day") from None
    asset = call.programme.asset(call.programme.programme.currency)
    amount = query.get("amount", "").strip()
    return Missed(day, amount_of(amount, asset) if amount else None, query.get("shop") or None)


async def _cards(call: Call, shopper_id: UUID) -> Mapping[str, Any]:
    found = await listings.cards(call.connection, call.operator_id, shopper_id=shopper_id, wanted=CARDS_MAX)
    return {
        "cards": sorted(found.rows, key=lambda row: (row.unlinked_at is not None, row.linked_at)),
        "consents": await read_consents(call.connection, call.operator_id, shopper_id),
    }


async def _claims(call: Call, shopper_id: UUID) -> Mapping[str, Any]:
    may = call.may(Scope.SUPPORT) or call.may(Scope.MONEY)
    asked = await adjustments.of_shopper(call.connection, call.actor, shopper_id) if may else []
    made = await claims.read_own(call.connection, call.programme.snapshot, shopper_id)
    decided = [who for each in asked for who in (each.asked_by, each.decided_by)]
    return {
        "claims": made,
        "said": said,
        "claim_statuses": CLAIM_STATUSES,
        "adjusted": asked,
        "adjusted_statuses": ADJUSTED,
        "asset_of": call.programme.asset,
        "who": await people_of(call, [*decided, *(each.answered_by for each, _ in made)]),
    }


async def _plans(call: Call, shopper_id: UUID) -> Mapping[str, Any]:
    held = await plans.of_shoppers(call.connection, [shopper_id])
    names = {each.id: each.name for each in call.programme.snapshot.shops.shops.values()}
    return {"plans": sorted(held, key=lambda each: each.accepted_at, reverse=True), "shop_names": names}


async def _notices(call: Call, shopper_id: UUID) -> Mapping[str, Any]:
    return {"notices": await inbox(call.connection, shopper_id, NOTICES_MAX)}


async def _closing(call: Call, shopper_id: UUID) -> Mapping[str, Any]:
    call.need(Scope.SUPPORT)
    outlook = await erasure.look_ahead(call.connection, call.actor, shopper_id)
    held = [(call.programme.asset(code), each) for code, each in outlook.held.items()]
    opened = await session_store.of_person(call.connection, call.operator_id, Role.SHOPPER, shopper_id, call.now)
    return {"outlook": outlook, "held": held, "sessions": opened}


def _told(call: Call) -> Told:
    return told_of(call.programme, call.t.language, call.now, of_member=True)


def _address(call: Call, shopper_id: UUID, part: str) -> str:
    """A list inside a file is a part of it: its address carries which."""
    return call.address(f"/members/{show('shp', shopper_id)}/{part}")
