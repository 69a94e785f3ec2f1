"""The HTTP API of what people do with money: funders and what they pay, adjustments of wallets.

Amounts are minor units of the programme's currency or of the asset's, or whole units.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Adjustment, Asked, Kind, Reason, State
from cashback.api.once import RequiredKey
from cashback.api.paging import Asked as AskedPage
from cashback.api.routes import AtDesk, Desk, Reference, refuse_card_number
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.funding import service as funding
from cashback.funding.schemas import Funder, Mode, Payment, Standing
from cashback.ids import parse, show
from cashback.paging import listing
from cashback.programmes.service import load_programme, lock_programme
from cashback.rewards.snapshot import Snapshot

router = APIRouter(prefix="/v1")

_Words = Annotated[str, Field(min_length=1, max_length=500, description="Why, in words that others will read.")]
_FunderName = Annotated[
    str,
    Field(min_length=1, max_length=130, description="operator, shop:<code> or brand:<name>", examples=["shop:zara"]),
]


class FunderBody(Taken):
    """Who a funder is, and how it pays."""

    funder: _FunderName
    name: Annotated[str, Field(min_length=1, max_length=120, description="As it stands on an invoice")]
    mode: Mode
    language: Literal["en", "fr"] = "fr"
    address: Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=6)] = []  # noqa: RUF012 - copied for each body
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "FR"
    registration: Annotated[str | None, Field(max_length=40)] = None
    vat_number: Annotated[str | None, Field(max_length=20)] = None
    vat_bps: Annotated[int, Field(ge=0, le=10_000)] = 2_000
    payment_days: Annotated[int, Field(ge=0, le=365)] = 30
    alert_minor: Annotated[int, Field(ge=0, le=10**12)] = 0


class FundingBody(Taken):
    """Money of a funder that arrived, or went back to it."""

    funder: _FunderName
    payment: Payment
    amount_minor: Annotated[int, Field(gt=0, le=10**12)]


class PauseBody(Taken):
    """A funder that promises nothing more, with the reason; or again, without one."""

    funder: _FunderName
    paused: bool
    reason: Annotated[str, Field(max_length=500)] = ""


class AdjustmentBody(Taken):
    """What is asked for a wallet."""

    shopper: Reference
    kind: Kind
    asset: Annotated[str, Field(min_length=1, max_length=64, examples=["EUR"])]
    amount: Annotated[int, Field(ge=-(10**12), le=10**12, description="What the wallet gains, below zero: loses")]
    reason: Reason
    words: _Words
    purchase: Annotated[str | None, Field(max_length=64)] = None


class AnswerBody(Taken):
    """A second person's answer."""

    words: _Words


@router.get("/funders", summary="Those who pay for rewards, and what they have left")
async def funders(desk: AtDesk, paging: AskedPage) -> dict[str, Any]:
    """Every funder with what it paid in less what it funded, by asset; below zero it owes."""
    funding.require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await funding.standings(connection, snapshot)
    shown, cut = paging.cut_whole(listing("funders"), found, lambda each: (each.funder.account,), str)
    return {**cut.told([_standing(each, snapshot) for each in shown]), "currency": snapshot.programme.currency}


@router.put("/funders", summary="Tell who a funder is and how it pays")
async def tell(body: FunderBody, desk: AtDesk) -> dict[str, str]:
    """What was told of it before is replaced."""
    funding.require(desk.caller)
    for name in ("name", "registration", "vat_number"):
        refuse_card_number(getattr(body, name) or "", name, "what stands on an invoice")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        told = {**body.model_dump(exclude={"funder"}), "address": tuple(body.address)}
        funder = Funder(account=funding.account_of(snapshot, body.funder), **told)
        await funding.tell_of(connection, desk.caller, funder, desk.now())
    return {"funder": body.funder, "mode": body.mode.value}


@router.post("/funders/payments", status_code=201, summary="Record money of a funder")
async def pay(body: FundingBody, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, bool]:
    """A repeated key with the same content is recorded once; `new` says whether it was."""
    funding.require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        account = funding.account_of(snapshot, body.funder)
        new = await funding.record(
            connection, desk.caller, snapshot, account, body.payment, body.amount_minor, idempotency_key, desk.now()
        )
    return {"new": new}


@router.post("/funders/pauses", summary="Pause a funder, or let it promise again")
async def pause(body: PauseBody, desk: AtDesk) -> dict[str, bool]:
    """What was bought until now stays promised; `changed` says whether it was otherwise before."""
    funding.require(desk.caller)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        account = funding.account_of(snapshot, body.funder)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await lock_programme(connection, desk.caller.operator_id)
        if body.paused:
            changed = await funding.stop(connection, desk.caller, account, body.reason, desk.now())
        else:
            changed = await funding.lift(connection, desk.caller, account, desk.now())
    return {"changed": changed}


@router.post("/adjustments", status_code=201, summary="Adjust a wallet")
async def ask(body: AdjustmentBody, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, Any]:
    """Posted at once within what the caller may do alone, else waiting for a second person."""
    adjustments.require_asker(desk.caller)
    shopper_id = await desk.shopper(body.shopper)
    asked = Asked(
        key=idempotency_key,
        kind=body.kind,
        asset=body.asset,
        amount=body.amount,
        reason=body.reason,
        words=body.words,
        purchase_id=None if body.purchase is None else _id("pur", body.purchase, "purchase"),
    )
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        programme = await load_programme(connection, desk.caller.operator_id)
        return _adjustment(await adjustments.ask(connection, desk.caller, programme, shopper_id, asked, desk.now()))


@router.get("/adjustments", summary="Adjustments, the newest first")
async def listed(desk: AtDesk, paging: AskedPage, state: State | None = None) -> dict[str, Any]:
    """A page of them."""
    place = listing("adjustments", state=state)
    (last,) = paging.after(place, UUID) or (None,)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await adjustments.listed(connection, desk.caller, state, last, paging.wanted)
    shown, cut = paging.cut(place, found, lambda each: (each.id,))
    return cut.told([_adjustment(each) for each in shown])


@router.post("/adjustments/{adjustment}/approve", summary="Approve an adjustment that somebody else asked for")
async def approve(adjustment: str, body: AnswerBody, desk: AtDesk) -> dict[str, Any]:
    """It is in the wallet when this answers."""
    return await _decide(desk, adjustment, body.words, approved=True)


@router.post("/adjustments/{adjustment}/refuse", summary="Refuse an adjustment that somebody else asked for")
async def refuse(adjustment: str, body: AnswerBody, desk: AtDesk) -> dict[str, Any]:
    """Nothing moves."""
    return await _decide(desk, adjustment, body.words, approved=False)


async def _decide(desk: Desk, adjustment: str, words: str, *, approved: bool) -> dict[str, Any]:
    funding.require(desk.caller)
    decide = adjustments.approve if approved else adjustments.refuse
    adjustment_id = _id("adj", adjustment, "adjustment")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return _adjustment(await decide(connection, desk.caller, adjustment_id, words, desk.now()))


def _id(prefix: str, text: str, what: str) -> UUID:
    try:
        return parse(prefix, text)
    except ValueError:
        raise NotFound(f"there is no {what} {text[:64]!r}", code=f"unknown_{what}") from None


def _standing(each: Standing, snapshot: Snapshot) -> dict[str, Any]:
    told = {name: value for name, value in asdict(each.funder).items() if name != "account"}
    return {
        "funder": funding.named(each.funder.account, snapshot.shops.shops),
        **told,
        "low_since": zulu_or_none(each.funder.low_since),
        "balances": dict(each.balances),
        "worth_minor": each.worth_minor,
        "paused_since": zulu_or_none(each.paused_since),
        "paused_why": each.paused_why,
    }


def _adjustment(each: Adjustment) -> dict[str, Any]:
    return {
        "id": show("adj", each.id),
        "shopper": show("shp", each.shopper_id),
        "kind": each.kind.value,
        "asset": each.asset,
        "amount": each.amount,
        "reason": each.reason.value,
        "words": each.words,
        "purchase": None if each.purchase_id is None else show("pur", each.purchase_id),
        "state": each.state.value,
        "asked_by": each.asked_by,
        "asked_at": zulu(each.asked_at),
        "decided_by": each.decided_by,
        "decided_at": zulu_or_none(each.decided_at),
        "answer": each.answer,
    }
