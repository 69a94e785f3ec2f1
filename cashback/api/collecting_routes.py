"""The HTTP API of charges: cards that may be charged, the first payment of a plan, paying ahead, what was collected.

Amounts are minor units of the plan's currency. A card is shown by scheme and last four and nothing else; a client
secret is answered once to whoever asks for it and kept nowhere.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from cashback.actors import Scope
from cashback.api.paging import Asked
from cashback.api.routes import AtDesk, Desk
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.collecting import asking, beginning, lending, mandates, storage
from cashback.collecting.beginning import First
from cashback.collecting.calling import Collector
from cashback.collecting.rounds import CHARGE_RAILS
from cashback.collecting.schemas import Collection, Mandate, Payback, RailName
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse, show
from cashback.instalments import service as plans
from cashback.paging import listing
from cashback.shoppers.service import require

Card = Annotated[
    str | None,
    Field(
        max_length=40, description="How a simulated card behaves; for the rail `sandbox` alone.", examples=["sim_ok"]
    ),
]

router = APIRouter(prefix="/v1")


class MandateBody(Taken):
    """A card that the shopper is to authenticate. Without a rail the one that is open is taken."""

    rail: RailName | None = None
    card: Card = None


class FirstBody(Taken):
    """The first payment of a plan. With a mandate its card is charged at once; else the shopper gives a card."""

    rail: RailName | None = None
    mandate: Annotated[str | None, Field(max_length=64, examples=["man_01j9z3"])] = None
    card: Card = None


class PayBody(Taken):
    """Which instalments are paid ahead; without them everything that is left."""

    instalments: Annotated[list[Annotated[int, Field(ge=1, le=12)]] | None, Field(min_length=1, max_length=12)] = None


@router.post("/shoppers/{reference}/mandates", status_code=201, summary="Ask a shopper for a card")
async def ask_for_card(reference: str, body: MandateBody, desk: AtDesk) -> dict[str, Any]:
    """The client confirms with `client_secret`. Once the card is authenticated it serves all their open plans."""
    require(desk.caller, Scope.MONEY)
    shopper_id = await desk.shopper(reference)
    made, secret = await beginning.ask_for_card(
        _collector(desk), desk.caller, shopper_id, desk.now(), rail=body.rail, card=body.card
    )
    return {**_mandate(made), "client_secret": secret}


@router.get("/shoppers/{reference}/mandates", summary="The cards of a shopper that may be charged")
async def list_mandates(reference: str, desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """Oldest first, those that are charged no more included."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await storage.mandates_of(connection, shopper_id)
    place = listing("mandates", of=shopper_id)
    shown, cut = paging.cut_whole(place, found, lambda each: (each.created_at, each.id), datetime, UUID)
    return cut.told([_mandate(each) for each in shown])


@router.post("/mandates/{mandate}/confirm", summary="The client says that the shopper has authenticated a card")
async def confirm_card(mandate: str, desk: AtDesk) -> dict[str, Any]:
    """It is not believed: the processor is asked."""
    require(desk.caller, Scope.MONEY)
    mandate_id = _id("man", mandate, "mandate")
    return _mandate(await beginning.look_at_card(_collector(desk), desk.caller, mandate_id, desk.now()))


@router.post("/mandates/{mandate}/end", summary="Charge a card no more")
async def end_mandate(mandate: str, desk: AtDesk) -> dict[str, Any]:
    """Its shopper is asked for another one, if they have plans."""
    require(desk.caller, Scope.MONEY)
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        found = await mandates.locked(connection, operator_id, _id("man", mandate, "mandate"))
        return _mandate(await mandates.end(connection, desk.caller, found, "revoked", desk.now()))


@router.post("/instalment-plans/{plan}/first-payment", status_code=201, summary="Ask for the first payment of a plan")
async def begin_first(plan: str, body: FirstBody, desk: AtDesk) -> dict[str, Any]:
    """The client confirms with `client_secret`; asked again, it answers how that payment stands."""
    require(desk.caller, Scope.MONEY)
    made = await beginning.begin_first(
        _collector(desk),
        desk.caller,
        _id("pln", plan, "plan"),
        desk.now(),
        rail=body.rail,
        mandate_id=None if body.mandate is None else _id("man", body.mandate, "mandate"),
        card=body.card,
    )
    return first_payment(made)


@router.post("/instalment-plans/{plan}/confirm", summary="The client says that the shopper has confirmed a payment")
async def confirm(plan: str, desk: AtDesk) -> dict[str, Any]:
    """It is not believed: the processor is asked, and what it says is answered."""
    require(desk.caller, Scope.MONEY)
    return first_payment(await beginning.confirm(_collector(desk), desk.caller, _id("pln", plan, "plan"), desk.now()))


@router.post("/instalment-plans/{plan}/pay", status_code=202, summary="Pay instalments ahead, or all that is left")
async def pay(plan: str, body: PayBody, desk: AtDesk) -> dict[str, Any]:
    """Free of charge. The card is charged within seconds; `confirm` answers what its shopper is to do, if anything."""
    require(desk.caller, Scope.MONEY)
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        held = await plans.locked(connection, operator_id, _id("pln", plan, "plan"))
        made = await asking.ask(connection, desk.caller, held, body.instalments, desk.now())
    return _collection(made)


@router.get("/instalment-plans/{plan}/collections", summary="What was collected for a plan, and given back")
async def list_collections(plan: str, desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """Oldest first; each says why it stands where it stands, and what of it was given back."""
    require(desk.caller, Scope.READ)
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        held = await plans.find(connection, operator_id, _id("pln", plan, "plan"))
        found = await storage.of_plan(connection, held.shopper_id, held.id)
        backs = await storage.paybacks_of(connection, [(held.shopper_id, held.id)])
    place = listing("collections", of=held.id)
    shown, cut = paging.cut_whole(place, found, lambda each: (each.asked_at, each.id), datetime, UUID)
    return cut.told(
        [
            {**_collection(each), "paybacks": [_payback(back) for back in backs if back.collection_id == each.id]}
            for each in shown
        ]
    )


@router.post("/instalment-plans/{plan}/contract/sign", summary="The shopper has signed the lender's contract")
async def sign(plan: str, desk: AtDesk) -> dict[str, Any]:
    """Of a plan that a partner lends, once `contract` is `offered`. The partner is told within seconds (`signing`), and
    is bound once it has answered (`signed`): then the first payment can be asked for. Signed again it changes nothing.
    """
    require(desk.caller, Scope.MONEY)
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        held = await plans.locked(connection, operator_id, _id("pln", plan, "plan"))
        await lending.sign(connection, desk.caller, held, desk.now())
        return {"plan": held.ref, "contract": await lending.contract_state(connection, held)}


def first_payment(first: First) -> dict[str, Any]:
    """A payment that waits for its shopper, as the API shows it."""
    return {**_collection(first.collection), "client_secret": first.secret, "declined": first.declined}


def _collector(desk: Desk) -> Collector:
    return Collector(desk.engine, desk.road, CHARGE_RAILS)


def _id(prefix: str, text: str, what: str) -> UUID:
    try:
        return parse(prefix, text)
    except ValueError:
        raise NotFound(f"there is no {what} {text[:64]!r}", code=f"unknown_{what}") from None


def _mandate(mandate: Mandate) -> dict[str, Any]:
    return {
        "id": mandate.ref,
        "rail": mandate.rail.value,
        "state": mandate.state.value,
        "scheme": mandate.scheme,
        "last_four": mandate.last_four,
        "expires_on": None if mandate.expires_on is None else mandate.expires_on.isoformat(),
        "why": mandate.why,
        "simulation": mandate.rail is RailName.SANDBOX,
    }


def _collection(collection: Collection) -> dict[str, Any]:
    return {
        "id": collection.ref,
        "plan": show("pln", collection.plan_id),
        "kind": collection.kind.value,
        "instalments": {str(number): amount for number, amount in collection.parts.items()},
        "amount_minor": collection.amount_minor,
        "currency": collection.currency,
        "state": collection.state.value,
        "reason": collection.reason,
        "until": zulu_or_none(collection.until),
        "asked_at": zulu(collection.asked_at),
        "ended_at": zulu_or_none(collection.ended_at),
    }


def _payback(payback: Payback) -> dict[str, Any]:
    return {
        "id": payback.ref,
        "collection": show("col", payback.collection_id),
        "amount_minor": payback.amount_minor,
        "currency": payback.currency,
        "why": payback.why.value,
        "state": payback.state.value,
        "reason": payback.reason,
        "asked_at": zulu(payback.asked_at),
    }
