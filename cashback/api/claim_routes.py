"""The HTTP API of claims: a shopper's missing purchase is claimed, people answer with the evidence side by side.

Amounts are minor units. Every code stands with its words in both languages.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from datetime import time as clock_time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.api.once import RequiredKey
from cashback.api.paging import Asked as AskedPage
from cashback.api.pictures import Picture
from cashback.api.routes import AtDesk, Desk, Reference, refuse_card_number
from cashback.api.taken import Taken
from cashback.claims import reading, service
from cashback.claims.comparing import Beside
from cashback.claims.pictures import PICTURE_MAX_BYTES
from cashback.claims.reading import Shown
from cashback.claims.schemas import Asked, Claim, Reason
from cashback.claims.service import WORDS_MAX
from cashback.claims.words import in_words
from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound
from cashback.ids import parse, show
from cashback.merchants.schemas import Shop
from cashback.paging import listing
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers.service import require

BODY_MAX_BYTES = 4 * -(-PICTURE_MAX_BYTES // 3) + 16 * 1024
"""A picture of the greatest size in base64, and all else that a claim tells."""

router = APIRouter(prefix="/v1")


_Words = Annotated[str, Field(min_length=1, max_length=WORDS_MAX, description="Why, in words that others will read.")]


class ClaimBody(Taken):
    """A purchase that is missing, as its shopper tells it."""

    shopper: Reference
    shop: Annotated[str, Field(min_length=1, max_length=64, description="Code of the shop", examples=["zara"])]
    day: Annotated[date, Field(description="Where the shop is")]
    time: Annotated[clock_time | None, Field(description="On the shop's own clock; needed on the day of the link")] = (
        None
    )
    amount_minor: Annotated[int, Field(gt=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
    last_four: Annotated[str | None, Field(pattern=r"^[0-9]{4}$", description="Last digits of the card")] = None
    picture: Annotated[Picture | None, Field(description="JPEG, PNG, WEBP or PDF in base64, 5 MB at most")] = None


class AcceptBody(Taken):
    """A claim is accepted, and perhaps for a purchase that was told without its shop."""

    words: _Words
    purchase: Annotated[str | None, Field(max_length=64, examples=["pur_01j9z3"])] = None


class RefuseBody(Taken):
    """A claim is refused, or what was accepted is taken back."""

    reason: Reason
    words: _Words


class IdentifierBody(Taken):
    """An identifier that came with the purchase, which from now on leads to the claim's shop."""

    network: Annotated[str, Field(min_length=1, max_length=40)]
    identifier: Annotated[str, Field(min_length=3, max_length=200, examples=["mid:11112222"])]


_CLAIM_SCHEMA = {"content": {"application/json": {"schema": ClaimBody.model_json_schema()}}, "required": True}


@router.post(
    "/claims", status_code=201, summary="Claim a missing purchase", openapi_extra={"requestBody": _CLAIM_SCHEMA}
)
async def make(request: Request, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, Any]:
    """Keep it and compare it with what was told; a refusal tells the reason and keeps nothing."""
    require(desk.caller, Scope.SHOPPERS)
    body = await _read(request)
    for name in ("shopper", "shop"):
        refuse_card_number(getattr(body, name), name, "the operator's own name")
    shopper_id = await desk.shopper(body.shopper)
    asked = Asked(
        key=idempotency_key,
        shop=body.shop,
        day=body.day,
        amount_minor=body.amount_minor,
        currency=body.currency,
        told_time=body.time,
        last_four=body.last_four,
        picture=body.picture,
    )
    keyring = desk.runtime.keyring
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        claim = await service.make_claim(connection, snapshot, keyring, desk.caller, shopper_id, asked, desk.now())
    return _claim(claim, snapshot.shops.shops[claim.shop_id])


@router.get("/claims", summary="The open claims, oldest first")
async def queue(desk: AtDesk, paging: AskedPage) -> dict[str, Any]:
    """A page of them with the evidence of each, and what waits in all."""
    require(desk.caller, Scope.CLAIMS)
    place = listing("claims")
    (last,) = paging.after(place, UUID) or (None,)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await reading.read_queue(connection, snapshot, desk.caller, after=last, limit=paging.wanted)
    shown, cut = paging.cut(place, found.claims, lambda each: (each.claim.id,))
    return {
        **cut.told([_shown(each) for each in shown]),
        "waiting": {
            currency: {"claims": count, "amount_minor": amount} for currency, (count, amount) in found.waiting.items()
        },
    }


@router.get("/claims/{claim}", summary="One claim with its evidence")
async def one(claim: str, desk: AtDesk) -> dict[str, Any]:
    """What was claimed beside the purchases near it: what agrees and what does not."""
    require(desk.caller, Scope.CLAIMS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        return _shown(await reading.read_claim(connection, snapshot, desk.caller, _claim_id(claim)))


@router.get("/claims/{claim}/picture", summary="The picture of the receipt", response_class=Response)
async def picture(claim: str, desk: AtDesk) -> Response:
    """As it was sent; that it was looked at is written down."""
    require(desk.caller, Scope.CLAIMS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        media_type, body = await reading.see_picture(
            connection, desk.runtime.keyring, desk.caller, _claim_id(claim), desk.now()
        )
    headers = {
        "cache-control": "no-store",
        "content-disposition": "attachment",
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
    }
    return Response(body, media_type=media_type, headers=headers)


@router.post("/claims/{claim}/accept", summary="Accept a claim")
async def accept(claim: str, body: AcceptBody, desk: AtDesk) -> dict[str, Any]:
    """It is evidence from now on, and what it earns is posted in the same transaction."""

    async def answer(connection: AsyncConnection, snapshot: Snapshot, claim_id: UUID) -> Claim:
        named = None if body.purchase is None else _purchase_id(body.purchase)
        return await service.accept(
            connection, snapshot, desk.caller, claim_id, words=body.words, purchase_id=named, now=desk.now()
        )

    return await _answer(desk, claim, answer)


@router.post("/claims/{claim}/refuse", summary="Refuse a claim")
async def refuse(claim: str, body: RefuseBody, desk: AtDesk) -> dict[str, Any]:
    """Nothing is paid; the shopper is told the reason."""

    async def answer(connection: AsyncConnection, _: Snapshot, claim_id: UUID) -> Claim:
        return await service.refuse(connection, desk.caller, claim_id, body.reason, words=body.words, now=desk.now())

    return await _answer(desk, claim, answer)


@router.post("/claims/{claim}/withdraw", summary="Take back an accepted claim")
async def withdraw(claim: str, body: RefuseBody, desk: AtDesk) -> dict[str, Any]:
    """Its evidence is reversed; what it earned goes back in the same transaction."""

    async def answer(connection: AsyncConnection, snapshot: Snapshot, claim_id: UUID) -> Claim:
        return await service.withdraw(
            connection, snapshot, desk.caller, claim_id, body.reason, words=body.words, now=desk.now()
        )

    return await _answer(desk, claim, answer)


@router.post("/claims/{claim}/cancel", summary="Cancel a claim for its shopper")
async def cancel(claim: str, desk: AtDesk) -> dict[str, Any]:
    """As long as nobody has answered it; the same purchase may be claimed again."""
    require(desk.caller, Scope.SHOPPERS)
    claim_id = _claim_id(claim)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        cancelled = await service.cancel(connection, desk.caller, claim_id, desk.now())
    return _claim(cancelled, snapshot.shops.shops[cancelled.shop_id])


@router.post("/claims/{claim}/identifiers", summary="Map an identifier that came with the purchase")
async def map_identifier(claim: str, body: IdentifierBody, desk: AtDesk) -> dict[str, int]:
    """It leads to the claim's shop; purchases told with it are matched again."""
    require(desk.caller, Scope.CLAIMS)
    claim_id = _claim_id(claim)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        done = await reading.map_identifier(
            connection, desk.caller, claim_id, body.network, body.identifier, desk.now()
        )
    return {"added": done.added, "removed": done.removed}


@router.get("/shoppers/{reference}/claims", summary="What a shopper has claimed")
async def own(reference: str, desk: AtDesk, paging: AskedPage) -> dict[str, Any]:
    """Newest first, each with where it stands and why."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    place = listing("claims", shopper=shopper_id)
    after = paging.after(place, datetime, UUID)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        found = await reading.read_own(connection, snapshot, shopper_id, paging.wanted, after)
    shown, cut = paging.cut(place, found, lambda each: (each[0].claimed_at, each[0].id))
    return cut.told([_claim(claim, shop) for claim, shop in shown])


async def _answer(
    desk: Desk, claim: str, answer: Callable[[AsyncConnection, Snapshot, UUID], Awaitable[Claim]]
) -> dict[str, Any]:
    require(desk.caller, Scope.CLAIMS)
    claim_id = _claim_id(claim)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        answered = await answer(connection, snapshot, claim_id)
    return _claim(answered, snapshot.shops.shops[answered.shop_id])


async def _read(request: Request) -> ClaimBody:
    """The body, read no further than a claim can be long."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_MAX_BYTES:
            raise Invalid(f"a claim has at most {BODY_MAX_BYTES} bytes, its picture included", code="too_large")
    try:
        return ClaimBody.model_validate_json(bytes(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(("body", *map(str, first["loc"])))
        raise Invalid(f"{place}: {first['msg']}") from None


def _claim_id(text: str) -> UUID:
    try:
        return parse("clm", text)
    except ValueError:
        raise NotFound(f"there is no claim {text[:64]!r}", code="unknown_claim") from None


def _purchase_id(text: str) -> UUID:
    try:
        return parse("pur", text)
    except ValueError:
        raise NotFound(f"there is no purchase {text[:64]!r}", code="unknown_purchase") from None


def _claim(claim: Claim, shop: Shop) -> dict[str, Any]:
    return {
        "id": claim.ref,
        "shop": shop.code,
        "shop_name": shop.name,
        "day": claim.day.isoformat(),
        "time": None if claim.told_time is None else claim.told_time.isoformat(),
        "amount_minor": claim.amount_minor,
        "currency": claim.currency,
        "last_four": claim.last_four,
        "picture": claim.media_type,
        "claimed_at": zulu(claim.claimed_at),
        "state": in_words(claim.state),
        "reason": None if claim.reason is None else in_words(claim.reason),
        "words": claim.words,
        "answered_at": zulu_or_none(claim.answered_at),
        "purchase": None if claim.purchase_id is None else show("pur", claim.purchase_id),
    }


def _shown(shown: Shown) -> dict[str, Any]:
    return {
        **_claim(shown.claim, shown.shop),
        "shopper": show("shp", shown.claim.shopper_id),
        "answered_by": shown.claim.answered_by,
        "looked_at_from": zulu(shown.looked_at_from),
        "evidence": [_beside(each) for each in shown.evidence],
        "unknown_identifiers": [
            {"purchase": show("pur", each.purchase_id), "network": each.network, "identifier": each.name}
            for each in shown.unknown
        ],
    }


def _beside(each: Beside) -> dict[str, Any]:
    folded = each.folded
    return {
        "purchase": show("pur", each.row.id),
        "network": folded.key.network,
        "state": folded.state.value,
        "amount_minor": folded.gross_minor,
        "net_minor": folded.net_minor,
        "currency": folded.currency,
        "purchased_at": zulu(folded.purchased_at),
        "purchased_until": zulu(folded.purchased_until),
        "descriptor": folded.merchant.get("descriptor"),
        "shop": None if each.shop is None else each.shop.code,
        "earned": each.earned,
        "compared": [in_words(code) for code in each.codes],
    }
