"""The HTTP API of decisions: eligibility, quotes and their information sheets, acceptance, the score, what is declared.

Amounts are minor units, rates basis points. A refusal is an answer (200). Every sentence stands in English and French.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.api.once import RequiredKey
from cashback.api.problems import MEDIA_TYPE, Problem
from cashback.api.routes import AtDesk, Desk, Reference, refuse_card_number
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.collecting import mandates
from cashback.collecting.partners import ficp_of
from cashback.db.engine import transaction
from cashback.db.unit import outside
from cashback.decisions import accepting, asking, ficp, means, reviewing, rulebooks
from cashback.decisions.accepting import Acceptance, Turned
from cashback.decisions.answers import Around, answer_of
from cashback.decisions.schemas import Answered, Asked, Decided
from cashback.decisions.sheets import document, sheet_lines, sheet_of
from cashback.decisions.shown import score_of_shopper
from cashback.errors import NotFound
from cashback.ids import parse, show
from cashback.offers.wording import Language, Tongue
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import card_facts
from cashback.shoppers import service as shoppers
from cashback.shoppers.card_facts import CardFacts
from cashback.shoppers.service import require
from eligibility import Sheet

router = APIRouter(prefix="/v1")

_Minor = Annotated[int, Field(gt=0, le=10**9)]
_Monthly = Annotated[int, Field(ge=0, le=10**9, description="A month, in minor units of the programme's currency")]
_Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["FR"])]
_PlanId = Annotated[str, Field(min_length=1, max_length=40, examples=["3x24"])]


class CardRef(Taken):
    """A linked card, as its provider names it."""

    network: Annotated[str, Field(max_length=40, examples=["fidel"])]
    token: Annotated[str, Field(min_length=1, max_length=200)]


class EligibilityBody(Taken):
    """A purchase that may be paid in instalments: at the checkout of a shop, or one that was recognised."""

    shopper: Reference
    amount_minor: _Minor
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
    shop: Annotated[str | None, Field(max_length=64, description="Code of the shop; left out with `purchase`")] = None
    purchase: Annotated[str | None, Field(max_length=64, description="A recognised purchase, to be split")] = None
    plans: Annotated[list[_PlanId] | None, Field(max_length=24, description="Left out: whichever are open")] = None
    of_age: Annotated[bool | None, Field(description="As you have made sure; left out: as declared")] = None
    country: _Country | None = None
    online: bool = False
    large_company: Annotated[bool | None, Field(description="Left out: unknown, and large where it sells online")] = (
        None
    )
    supplied_on: date | None = None
    card: CardRef | None = None


class AcceptBody(Taken):
    """The quote that a shopper accepts."""

    decision_id: Annotated[str, Field(max_length=64)]
    plan: _PlanId
    counter_offer: Annotated[str | None, Field(max_length=40, description="Its kind, to accept it instead")] = None
    order_ref: Annotated[str | None, Field(min_length=1, max_length=200, description="Your name of the sale")] = None
    mandate: Annotated[
        str | None,
        Field(
            max_length=64,
            description="A card that the shopper has authenticated (`man_…`): the first payment is charged to it",
            examples=["man_00000000000000000000000000"],
        ),
    ] = None


class MeansBody(Taken):
    """What a shopper declares of themselves; income, expenses and instalments elsewhere together or not at all."""

    of_age: bool
    country: _Country
    income_minor: _Monthly | None = None
    expenses_minor: _Monthly | None = None
    instalments_minor: _Monthly | None = None


class CardFactsBody(CardRef):
    """What its keeper knows of a linked card."""

    shopper: Reference
    prepaid: bool
    expires_on: Annotated[date, Field(description="Its last day")]
    strong_authentication: Annotated[bool, Field(description="Its bank can ask the shopper to confirm")]


class DisputeBody(Taken):
    """A dispute of a card payment that was decided against the shopper."""

    purchase: Annotated[str, Field(max_length=64)]


@router.post("/eligibility", summary="May this be paid in instalments?")
async def eligibility(body: EligibilityBody, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, Any]:
    """An answer for each plan; without `plans` the open ones and counter-offers. A refusal is a 200 with reasons."""
    require(desk.caller, Scope.SHOPPERS)
    with outside():  # the lender is called in no transaction, and what it answered stands whatever comes after
        shopper_id, asked = await _consulted(desk, body, idempotency_key)
    master, caller = desk.runtime.keyring.master, desk.caller
    async with transaction(desk.engine, caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, caller.operator_id)
        answered = await asking.ask(connection, snapshot, master, caller, shopper_id, asked, desk.now())
        return answer_of(answered, await _around(connection, desk, snapshot, answered))


async def _consulted(desk: Desk, body: EligibilityBody, key: str) -> tuple[UUID, Asked]:
    """What is asked about whom, once the lender has told what only it can tell."""
    shopper_id = await desk.shopper(body.shopper)
    master, caller = desk.runtime.keyring.master, desk.caller
    async with transaction(desk.engine, caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, caller.operator_id)
        asked = await _asked(connection, desk, body, shopper_id, key)
        lender = await ficp_of(connection, caller.operator_id, master)
        consultation = await asking.needs_lender(
            connection, snapshot, master, caller, shopper_id, asked, lender, desk.now()
        )
    if consultation is not None:
        told = await lender.consult(consultation.hex, show("shp", shopper_id), desk.now())
        async with transaction(desk.engine, caller.operator_id) as connection:
            await ficp.record(connection, shopper_id, consultation, told)
    return shopper_id, asked


@router.get("/decisions/{decision}", summary="A decision, as it was answered")
async def one(decision: str, desk: AtDesk) -> dict[str, Any]:
    """The same words again, read from its record."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        answered = await _read(connection, desk, decision)
        return answer_of(answered, await _around(connection, desk, snapshot, answered))


@router.get("/decisions/{decision}/record", summary="The record of a decision")
async def record(decision: str, desk: AtDesk) -> Response:
    """Its canonical bytes: what was read and when, versions with hashes, points, reasons, law, outcome."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        answered = await _read(connection, desk, decision)
    return Response(answered.record, media_type="application/json", headers={"cache-control": "no-store"})


@router.get(
    "/decisions/{decision}/plans/{plan}/information-sheet", summary="What must be told before a plan is accepted"
)
async def information_sheet(decision: str, plan: str, desk: AtDesk) -> dict[str, Any]:
    """The document that the plan's law asks for, line by line."""
    sheet, decided, _ = await _sheet(desk, decision, plan)
    return {"decision_id": decided.ref, "plan": plan, **sheet_lines(sheet)}


@router.get(
    "/decisions/{decision}/plans/{plan}/information-sheet.pdf",
    summary="The same to print and to keep",
    response_class=Response,
)
async def information_sheet_pdf(decision: str, plan: str, desk: AtDesk, language: Language = "fr") -> Response:
    """PDF/A-3 in one language; the same bytes every time."""
    sheet, decided, snapshot = await _sheet(desk, decision, plan)
    programme = snapshot.programme
    body = document(
        sheet,
        Tongue(language),
        programme=programme.name,
        ref=decided.ref,
        decided_at=decided.decided_at.astimezone(programme.zone),
        simulation=desk.caller.test,
    )
    attached = f'attachment; filename="{decided.ref}-{language}.pdf"'
    return Response(body, media_type="application/pdf", headers={"content-disposition": attached})


async def _sheet(desk: Desk, decision: str, plan: str) -> tuple[Sheet, Decided, Snapshot]:
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        answered = await _read(connection, desk, decision)
        around = await _around(connection, desk, snapshot, answered)
    sheet = sheet_of(answered.record, plan, around)
    if sheet is None:
        raise NotFound(f"{answered.decided.ref} has no plan {plan[:40]!r} with a schedule", code="no_quote")
    return sheet, answered.decided, snapshot


@router.post("/instalment-plans", status_code=201, summary="Accept a quote")
async def accept(body: AcceptBody, desk: AtDesk, response: Response, idempotency_key: RequiredKey) -> Any:
    """The plan is opened if it may still be: what has changed since the quote is judged again. A 409 says why not."""
    require(desk.caller, Scope.SHOPPERS)
    refuse_card_number(body.order_ref or "", "order_ref", "your own name of the sale")
    acceptance = Acceptance(
        key=idempotency_key,
        decision_id=_decision_id(body.decision_id),
        plan=body.plan,
        counter=body.counter_offer,
        order_ref=body.order_ref,
        mandate_id=None if body.mandate is None else _mandate_id(body.mandate),
    )
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        done = await accepting.accept(connection, snapshot, desk.runtime.keyring.master, desk.caller, acceptance, now)
        if isinstance(done, Turned):
            return await _turned(connection, desk, snapshot, done)
        if done.plan.mandate_id is not None and done.decided.used_at == now:
            held, last_due = done.plan.mandate_id, done.plan.instalments[-1].due_on
            await mandates.usable(connection, desk.caller.operator_id, done.plan.shopper_id, held, last_due)
    response.headers["location"] = f"/v1/instalment-plans/{done.plan.ref}"
    return {
        "plan": done.plan.ref,
        "decision_id": done.decided.ref,
        "accepted": done.decided.used_plan,
        "accepted_at": zulu_or_none(done.decided.used_at),
    }


@router.get("/shoppers/{reference}/score", summary="The shopping score, as its shopper sees it")
async def score(reference: str, desk: AtDesk) -> dict[str, Any]:
    """Value and band, what counts, what would raise it and by how much, what is not looked at, how it stood before."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        return await score_of_shopper(connection, snapshot, shopper_id, desk.now())


@router.put("/shoppers/{reference}/means", summary="Declare income and expenses")
async def declare(reference: str, body: MeansBody, desk: AtDesk) -> dict[str, Any]:
    """Kept sealed, with its date; it counts for as many days as the policy says."""
    require(desk.caller, Scope.SHOPPERS)
    shopper_id, now = await desk.shopper(reference), desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        if not await shoppers.lock(connection, [shopper_id]):
            raise NotFound("there is no such shopper", code="unknown_shopper")
        declared = means.Declared(**body.model_dump())
        await means.declare(connection, desk.caller, desk.runtime.keyring.master, shopper_id, declared, now)
    return {"shopper": show("shp", shopper_id), "declared_at": zulu(now)}


@router.post("/cards/facts", status_code=201, summary="Tell what is known of a linked card")
async def tell_card(body: CardFactsBody, desk: AtDesk) -> dict[str, str]:
    """Whether it is prepaid, its last day, and whether its bank can ask to confirm: without these no plan is quoted."""
    require(desk.caller, Scope.SHOPPERS)
    refuse_card_number(body.token, "token", "the provider's id of the card")
    shopper_id, now, operator_id = await desk.shopper(body.shopper), desk.now(), desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        await shoppers.lock(connection, [shopper_id])
        card_id = await card_facts.card_of(connection, operator_id, shopper_id, body.network, body.token)
        facts = CardFacts(
            card_id=card_id,
            prepaid=body.prepaid,
            expires_on=body.expires_on,
            strong_authentication=body.strong_authentication,
            source=desk.caller.name,
            told_at=now,
        )
        await card_facts.tell(connection, desk.caller, shopper_id, facts)
    return {"card": show("crd", card_id)}


@router.post("/disputes", status_code=201, summary="Tell of a dispute that was lost")
async def lost_dispute(body: DisputeBody, desk: AtDesk) -> dict[str, str]:
    """It counts against the score; told again it is the same."""
    require(desk.caller, Scope.SHOPPERS)
    try:
        purchase_id = parse("pur", body.purchase)
    except ValueError:
        raise NotFound(f"there is no purchase {body.purchase[:64]!r}", code="unknown_purchase") from None
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await card_facts.tell_lost_dispute(
            connection, desk.caller, purchase_id, source=desk.caller.name, decided_at=desk.now()
        )
    return {"purchase": body.purchase}


async def _asked(connection: AsyncConnection, desk: Desk, body: EligibilityBody, shopper_id: UUID, key: str) -> Asked:
    card = None
    if body.card is not None:
        card = await card_facts.card_of(
            connection, desk.caller.operator_id, shopper_id, body.card.network, body.card.token
        )
    purchase_id = None
    if body.purchase is not None:
        try:
            purchase_id = parse("pur", body.purchase)
        except ValueError:
            raise NotFound(f"there is no purchase {body.purchase[:64]!r}", code="unknown_purchase") from None
    return Asked(
        key=key,
        amount_minor=body.amount_minor,
        currency=body.currency,
        shop=body.shop,
        plans=None if body.plans is None else tuple(body.plans),
        purchase_id=purchase_id,
        of_age=body.of_age,
        country=body.country,
        online=body.online,
        large_company=body.large_company,
        supplied_on=body.supplied_on,
        card_id=card,
    )


async def _read(connection: AsyncConnection, desk: Desk, decision: str) -> Answered:
    decided = await asking.find(connection, desk.caller, _decision_id(decision))
    return await asking.read(connection, desk.caller.operator_id, decided)


async def _around(connection: AsyncConnection, desk: Desk, snapshot: Snapshot, answered: Answered) -> Around:
    decided: Decided = answered.decided
    force = await rulebooks.in_force(connection, desk.caller.operator_id, decided.decided_at)
    shop = snapshot.shops.shops.get(decided.shop_id)
    review = await reviewing.of_decision(connection, decided)
    lender = await ficp_of(connection, desk.caller.operator_id, desk.runtime.keyring.master)
    return Around(
        rulebook=force.rulebook,
        conduct=force.conduct,
        shop="" if shop is None else shop.code,
        shop_name="" if shop is None else shop.name,
        lender=lender.lender,
        zone=snapshot.programme.zone,
        review=None if review is None else review.ref,
    )


async def _turned(connection: AsyncConnection, desk: Desk, snapshot: Snapshot, turned: Turned) -> Response:
    """The refusal at acceptance: kept as a decision of its own, told as a problem with its reasons."""
    told = answer_of(turned.answered, await _around(connection, desk, snapshot, turned.answered))
    first = told["reasons"][0]["text_en"] if told["reasons"] else "what is known has changed since the quote"
    problem = Problem(409, "not_open_any_more", f"{first} ({told['decision_id']})")
    return Response(problem.document(), status_code=409, media_type=MEDIA_TYPE)


def _mandate_id(text: str) -> UUID:
    try:
        return parse("man", text)
    except ValueError:
        raise NotFound(f"there is no mandate {text[:64]!r}", code="unknown_mandate") from None


def _decision_id(text: str) -> UUID:
    try:
        return parse("dec", text)
    except ValueError:
        raise NotFound(f"there is no decision {text[:64]!r}", code="unknown_decision") from None
