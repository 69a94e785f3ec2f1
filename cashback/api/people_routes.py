"""The HTTP API of people: shoppers by the operator's own names, their cards, groups, all that is kept of one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.routes import AtDesk, Desk, refuse_card_number
from cashback.api.shapes import CardOut, GroupOut, ShopperOut
from cashback.api.taken import Locale, Taken
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse
from cashback.insights import listings
from cashback.insights.listings import SEGMENT_FLOOR, flat
from cashback.insights.whole import everything_of
from cashback.offers.schemas import FactKind
from cashback.paging import listing
from cashback.pipeline import unlink_card
from cashback.shoppers import service as shoppers
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")


class ShopperBody(Taken):
    """What is told of a shopper; no name, no address."""

    locale: Annotated[
        Locale | None,
        Field(description="In which letters are written; left out: English at first, then as it is", examples=["fr"]),
    ] = None


@router.get("/shoppers", summary="Shoppers, the oldest first")
async def listed(
    desk: AtDesk,
    paging: Asked,
    reference: Annotated[str | None, Query(min_length=1, max_length=200, description="The operator's own name")] = None,
) -> Listed[ShopperOut]:
    """All of them, or the one whom the operator calls by this name."""
    require(desk.caller, Scope.READ)
    place = listing("shoppers", reference=reference)
    (after,) = paging.after(place, UUID) or (None,)
    named = None if reference is None else reference.replace("\x00", "�")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await listings.shoppers(
            connection, desk.caller.operator_id, reference=named, after=after, wanted=paging.wanted
        )
    shown, cut = paging.cut(place, found.rows, lambda row: (row.id,))
    return Listed(data=[ShopperOut(**flat(row, "shp")) for row in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.put(
    "/shoppers/{reference}",
    summary="Open a shopper by the operator's own name",
    responses={201: {"model": ShopperOut, "description": "Opened now"}},
)
async def opened(reference: str, body: ShopperBody, desk: AtDesk, response: Response) -> ShopperOut:
    """One name is one shopper for ever: told again it answers the same one, with 200 instead of 201.

    A `locale` that is told again changes the one that stands. The id of a shopper who exists is that shopper.
    """
    refuse_card_number(reference, "a reference", "the operator's own name of a shopper")
    operator_id, now = desk.caller.operator_id, desk.now()
    async with transaction(desk.engine, operator_id) as connection:
        known = await shoppers.find(connection, operator_id, [reference])
        made = await shoppers.open_shoppers(connection, desk.caller, [reference], locale=body.locale or "en", now=now)
        if body.locale is not None:
            await shoppers.speak(connection, desk.caller, made[reference], body.locale, now)
        row = await listings.shopper(connection, operator_id, made[reference])
    response.status_code = 200 if reference in known else 201
    return ShopperOut(**flat(row, "shp"))


@router.get("/shoppers/{reference}", summary="One shopper")
async def one(reference: str, desk: AtDesk) -> ShopperOut:
    """By the operator's own name or by the id."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return ShopperOut(**flat(await listings.shopper(connection, desk.caller.operator_id, shopper_id), "shp"))


@router.get("/shoppers/{reference}/export", summary="Everything that is kept of a shopper")
async def export(reference: str, desk: AtDesk) -> dict[str, Any]:
    """As one document, for the person it concerns (GDPR articles 15 and 20); that it was read is written down."""
    require(desk.caller, Scope.SHOPPERS)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        master = desk.runtime.keyring.master
        return await everything_of(connection, master, snapshot, desk.caller, shopper_id, desk.now())


@router.get("/cards", summary="Cards, shopper by shopper")
async def cards(
    desk: AtDesk,
    paging: Asked,
    shopper: Annotated[str | None, Query(min_length=1, max_length=200, description="Reference or id")] = None,
    linked: Annotated[bool | None, Query(description="Whether they are linked now")] = None,
) -> Listed[CardOut]:
    """Each link in time is a row: a card that was unlinked and linked again stands there twice."""
    require(desk.caller, Scope.READ)
    shopper_id = None if shopper is None else await desk.shopper(shopper)
    place = listing("cards", shopper=shopper_id, linked=linked)
    after = paging.after(place, UUID, UUID, datetime)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await listings.cards(
            connection,
            desk.caller.operator_id,
            shopper_id=shopper_id,
            linked=linked,
            after=None if after is None else (after[0], after[1], after[2]),
            wanted=paging.wanted,
        )
    shown, cut = paging.cut(place, found.rows, lambda row: (row.shopper, row.id, row.linked_at))
    return Listed(data=[CardOut(**flat(row, "crd")) for row in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.get("/cards/{card}", summary="One card")
async def card(card: str, desk: AtDesk) -> CardOut:
    """As it was linked last."""
    require(desk.caller, Scope.READ)
    return CardOut(**flat(await _newest(desk, card), "crd"))


@router.post("/cards/{card}/unlink", summary="Unlink a card by its id")
async def unlink(card: str, desk: AtDesk) -> CardOut:
    """Purchases made until now finish, their refunds still apply, later ones never count."""
    require(desk.caller, Scope.SHOPPERS)
    row = await _newest(desk, card)
    await unlink_card(
        desk.engine,
        desk.road,
        desk.caller,
        shopper_id=row.shopper,
        network=row.network,
        token=row.token,
        now=desk.now(),
    )
    return CardOut(**flat(await _newest(desk, card), "crd"))


@router.get("/segments", summary="Groups of shoppers, and how many they are")
async def segments(
    desk: AtDesk, paging: Asked, kind: Annotated[FactKind, Query(description="Of which facts")] = FactKind.SEGMENT
) -> Listed[GroupOut]:
    """By what is said of shoppers now. How many they are is not told of a group so small that it would name them."""
    require(desk.caller, Scope.READ)
    place = listing("segments", kind=kind)
    (after,) = paging.after(place, str) or ("",)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await listings.segments(
            connection, desk.caller.operator_id, kind.value, desk.now(), after=after, wanted=paging.wanted
        )
    shown, cut = paging.cut(place, found, lambda row: (row[0],))
    told = [
        GroupOut(kind=kind, value=value, shoppers=count, fewer_than=SEGMENT_FLOOR if count is None else None)
        for value, count in shown
    ]
    return Listed(data=told, has_more=cut.more, next_cursor=cut.cursor)


async def _newest(desk: Desk, card: str) -> Any:
    try:
        card_id = parse("crd", card)
    except ValueError:
        raise NotFound(f"there is no card {card[:64]!r}", code="unknown_card") from None
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await listings.cards(connection, desk.caller.operator_id, card_id=card_id, wanted=1000)
    if not found.rows:
        raise NotFound(f"there is no card {card[:64]!r}", code="unknown_card")
    return max(found.rows, key=lambda row: row.linked_at)
