"""The HTTP API of plans in instalments: look at them, ease them, undo them, the operator's book and settings.

Amounts are minor units of the plan's currency; days are of the programme's zone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback import checkout
from cashback.actors import Scope
from cashback.api.once import RequiredKey
from cashback.api.paging import Asked
from cashback.api.routes import AtDesk, Desk
from cashback.api.taken import Taken
from cashback.clock import zulu
from cashback.collecting import withdrawing
from cashback.collecting.calling import Collector
from cashback.collecting.lending import contract_state
from cashback.collecting.rounds import CHARGE_RAILS
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse, show
from cashback.instalments import easing, giving_up, reading, remitting, service, storage
from cashback.instalments import settings as told
from cashback.instalments.days import day_of
from cashback.instalments.schemas import Plan, PlanState, RefundPolicy, Settings
from cashback.paging import listing
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers.service import require

Words = Annotated[str, Field(min_length=1, max_length=500, description="Why, in words that others will read.")]

router = APIRouter(prefix="/v1")


class MoveBody(Taken):
    """Another day for one instalment."""

    number: Annotated[int, Field(ge=1, le=12)]
    day: date


class RefundBody(Taken):
    """What the shop gives back of a sale."""

    amount_minor: Annotated[int, Field(gt=0)]


class WordsBody(Taken):
    """Why a plan is given up."""

    words: Words


class SettingsBody(Taken):
    """How plans are run. The days of retry ascend; a late fee is never more than 8 % of what is due."""

    refund_policy: RefundPolicy = RefundPolicy.REAMORTISE
    retry_days: Annotated[list[int], Field(max_length=3)] = [2, 4, 7]  # noqa: RUF012 - copied for each body
    remind_days: int = 3
    late_fee_minor: int = 0
    opening_minutes: int = 60
    write_off_days: int = 90


class RemittanceBody(Taken):
    """What was passed on to a shop, by its code, or to the partner who lends (null)."""

    shop: Annotated[str | None, Field(max_length=64)] = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
    amount_minor: Annotated[int, Field(description="Below zero: it paid back so much.")]


@router.get("/instalment-plans", summary="Plans, oldest first")
async def listed(
    desk: AtDesk,
    paging: Asked,
    state: PlanState | None = None,
    shop: Annotated[str | None, Query(max_length=64, description="Code of the shop")] = None,
    late: Annotated[bool, Query(description="Only those with an instalment that is overdue")] = False,
) -> dict[str, Any]:
    """A page of them, with their instalments."""
    require(desk.caller, Scope.READ)
    place = listing("instalment-plans", state=state, shop=shop, late=late)
    (last,) = paging.after(place, UUID) or (None,)
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, operator_id)
        shop_id = None if shop is None else _shop(snapshot, shop)
        today = day_of(desk.now(), snapshot.programme.zone)
        found = await storage.listed(
            connection,
            operator_id,
            today=today,
            state=state,
            shop_id=shop_id,
            late=late,
            after=last,
            limit=paging.wanted,
        )
    shown, cut = paging.cut(place, found, lambda each: (each.id,))
    return cut.told([plan_body(each) for each in shown])


@router.get("/instalment-plans/{plan}", summary="One plan with every move")
async def one(plan: str, desk: AtDesk) -> dict[str, Any]:
    """What is owed, when, and what has happened to it: who, when and what changed."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await service.find(connection, desk.caller.operator_id, _id(plan))
        moves = await storage.moves_of(connection, found)
        contract = await contract_state(connection, found)
    return {
        **plan_body(found),
        "contract": contract,
        "moves": [
            {"what": what, "state": state, "detail": detail, "by": by, "at": zulu(at)}
            for _, what, state, detail, by, at in moves
        ],
    }


@router.get("/shoppers/{reference}/instalment-plans", summary="The plans of a shopper")
async def own(reference: str, desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """Newest first."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await storage.of_shoppers(connection, [shopper_id])
    place = listing("shopper-instalment-plans", of=shopper_id)
    shown, cut = paging.cut_whole(place, found, lambda each: (each.accepted_at, each.id), datetime, UUID, down=True)
    return cut.told([plan_body(each) for each in shown])


@router.post("/instalment-plans/{plan}/pause", summary="Pause a plan for 30 days")
async def pause(plan: str, desk: AtDesk) -> dict[str, Any]:
    """Once a plan, free of charge: all that is open moves on by 30 days, and nothing of it counts as late."""
    require(desk.caller, Scope.SHOPPERS)
    return await _changed(
        desk, plan, lambda connection, found: easing.pause(connection, desk.caller, found, desk.now())
    )


@router.post("/instalment-plans/{plan}/move", summary="Move the day of an instalment")
async def move(plan: str, body: MoveBody, desk: AtDesk) -> dict[str, Any]:
    """Once a plan, by 14 days at most, and only as far as the law of the plan allows."""
    require(desk.caller, Scope.SHOPPERS)

    async def work(connection: AsyncConnection, found: Plan) -> Plan:
        return await easing.move_day(connection, desk.caller, found, body.number, body.day, desk.now())

    return await _changed(desk, plan, work)


@router.post("/instalment-plans/{plan}/withdraw", summary="Withdraw from a credit within 14 days")
async def withdraw(plan: str, desk: AtDesk) -> dict[str, Any]:
    """At checkout the sale is undone and everything goes back; after a purchase what was lent is due within 30 days."""
    require(desk.caller, Scope.SHOPPERS)
    collector = Collector(desk.engine, desk.road, CHARGE_RAILS)
    done = await withdrawing.withdraw(collector, desk.caller, _id(plan), desk.now())
    return plan_body(done)


@router.post("/instalment-plans/{plan}/refunds", summary="Refund a sale that is paid in instalments")
async def refund(plan: str, body: RefundBody, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, Any]:
    """What is left shrinks by the plan's policy, what was paid too much goes back to the card, the cashback follows."""
    require(desk.caller, Scope.MONEY)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await service.locked(connection, desk.caller.operator_id, _id(plan))
        done = await checkout.refund(
            connection, snapshot, desk.caller, found, body.amount_minor, idempotency_key, desk.now()
        )
    return plan_body(done)


@router.post("/instalment-plans/{plan}/write-off", summary="Write a plan off")
async def write_off(plan: str, body: WordsBody, desk: AtDesk) -> dict[str, Any]:
    """Two people: the first call asks, the call of somebody else within 30 days does it."""
    require(desk.caller, Scope.MONEY)

    async def work(connection: AsyncConnection, found: Plan) -> Plan:
        return await giving_up.write_off(connection, desk.caller, found, body.words, desk.now())

    return await _changed(desk, plan, work)


@router.get("/instalment-book", summary="The operator's book of plans")
async def book(desk: AtDesk) -> dict[str, Any]:
    """Exposure, what is due, what is late by age, what was lost; a currency at a time."""
    require(desk.caller, Scope.BOOKS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await reading.book(connection, desk.caller.operator_id, desk.now())
    return {"book": [{**asdict(each), "cost_of_risk_bps": each.cost_of_risk_bps} for each in found]}


@router.get("/instalment-remittances", summary="What is to be passed on")
async def remittances(desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """By party: principal that was collected and not passed on yet; below zero, what it is to pay back."""
    require(desk.caller, Scope.BOOKS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await remitting.to_pass_on(connection, desk.caller)
    codes = {remitting.account_of(shop.id): shop.code for shop in snapshot.shops.shops.values()}
    shown, cut = paging.cut_whole(listing("remittances"), found, lambda each: (each.account, each.currency), str, str)
    return cut.told(
        [
            {
                "shop": codes.get(each.account),
                "currency": each.currency,
                "plans": each.plans,
                "amount_minor": each.minor,
            }
            for each in shown
        ]
    )


@router.post("/instalment-remittances", status_code=201, summary="Write down that something was passed on")
async def remit(body: RemittanceBody, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, int]:
    """The oldest plans first; the same key again changes nothing."""
    require(desk.caller, Scope.MONEY)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        account = remitting.account_of(None if body.shop is None else _shop(snapshot, body.shop))
        plans = await remitting.remit(
            connection, desk.caller, account, body.currency, body.amount_minor, idempotency_key, desk.now()
        )
    return {"plans": plans}


@router.get("/instalment-settings", summary="How plans are run")
async def settings(desk: AtDesk) -> dict[str, Any]:
    """Conflict `instalments_not_offered` until they are told for the first time."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return told.plain(await told.in_force(connection, desk.caller.operator_id))


@router.put("/instalment-settings", summary="Say how plans are run, and offer them")
async def set_settings(body: SettingsBody, desk: AtDesk) -> dict[str, Any]:
    """What was accepted before keeps its policy of refunds; everything else holds for all plans at once."""
    require(desk.caller, Scope.PROGRAMME)
    wanted = Settings(**{**body.model_dump(), "retry_days": tuple(body.retry_days)})
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await told.save(connection, desk.caller, wanted, desk.now())
    return told.plain(wanted)


async def _changed(desk: Desk, plan: str, work: Callable[[AsyncConnection, Plan], Awaitable[Plan]]) -> dict[str, Any]:
    """A command on a plan under its shopper's lock; answers the plan as it stands then."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await service.locked(connection, desk.caller.operator_id, _id(plan))
        return plan_body(await work(connection, found))


def plan_body(plan: Plan) -> dict[str, Any]:
    """A plan as the API shows it."""
    return {
        "id": plan.ref,
        "shopper": show("shp", plan.shopper_id),
        "shop": show("sho", plan.shop_id),
        "order": plan.order_ref,
        "purchase": None if plan.purchase_id is None else show("pur", plan.purchase_id),
        "way": plan.way.value,
        "lender_of_record": plan.lender.value,
        "regime": plan.regime,
        "state": plan.state.value,
        "reason": plan.reason,
        "currency": plan.currency,
        "amount_minor": plan.amount_minor,
        "fee_minor": plan.fee_minor,
        "taeg_bps": plan.taeg_bps,
        "refunded_minor": plan.refunded_minor,
        "owed_minor": plan.owed_minor,
        "to_return_minor": plan.to_return_minor,
        "refund_policy": plan.refund_policy.value,
        "concluded_on": plan.concluded_on.isoformat(),
        "withdraw_until": _day(plan.withdraw_until),
        "withdrawn_on": _day(plan.withdrawn_on),
        "paused_until": _day(plan.paused_until),
        "may_pause": plan.state is PlanState.ACTIVE and plan.pauses == 0 and plan.withdrawn_on is None,
        "may_move": plan.state is PlanState.ACTIVE and plan.shifts == 0 and plan.withdrawn_on is None,
        "accepted_at": zulu(plan.accepted_at),
        "instalments": [
            {
                "number": each.number,
                "due_on": each.due_on.isoformat(),
                "principal_minor": each.principal_minor,
                "fee_minor": each.fee_minor,
                "paid_minor": each.paid_minor,
                "owed_minor": each.owed_minor,
                "state": each.state.value,
                "late_since": _day(each.late_since),
                "planned_on": each.planned_on.isoformat(),
                "planned_minor": each.planned_minor,
            }
            for each in plan.instalments
        ],
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _id(text: str) -> UUID:
    try:
        return parse("pln", text)
    except ValueError:
        raise NotFound(f"there is no plan {text[:64]!r}", code="unknown_plan") from None


def _shop(snapshot: Snapshot, code: str) -> UUID:
    shop = snapshot.shops.by_code.get(code)
    if shop is None:
        raise NotFound(f"there is no shop {code[:64]!r}", code="unknown_shop")
    return shop.id
