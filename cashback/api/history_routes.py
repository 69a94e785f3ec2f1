"""The HTTP API of what happened: purchases and why they earned what they earned, rewards, movements of wallets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.place_routes import shop_of
from cashback.api.routes import AtDesk, Desk
from cashback.api.shapes import (
    JudgementOut,
    MovementOut,
    PurchaseOut,
    PurchaseStory,
    RewardOut,
    SaidOut,
    StepOut,
)
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound
from cashback.ids import parse
from cashback.insights import listings
from cashback.insights.house import House, Houses
from cashback.insights.listings import PurchaseFilters, RewardFilters, flat
from cashback.insights.schemas import Judgement
from cashback.insights.trace import read_purchase_of
from cashback.offers.commands import unknown_offer
from cashback.offers.sentences import read_aloud
from cashback.paging import listing
from cashback.purchases.schemas import PurchaseState
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")

_AMOUNT_MAX = 2**63 - 1
_AT_AND_ID = (datetime, UUID)
_Shopper = Annotated[str | None, Query(min_length=1, max_length=200, description="Reference or id of a shopper")]
_Since = Annotated[AwareDatetime | None, Query(description="Made then or later")]
_Until = Annotated[AwareDatetime | None, Query(description="Made before")]
_Amount = Annotated[int | None, Query(ge=0, le=_AMOUNT_MAX, description="Minor units of what counts of it")]


@router.get("/purchases", summary="Purchases, those made last first")
async def purchases(
    desk: AtDesk,
    paging: Asked,
    shopper: _Shopper = None,
    shop: Annotated[str | None, Query(min_length=1, max_length=64, description="Code or id of a shop")] = None,
    state: Annotated[PurchaseState | None, Query(description="Else all that stand for themselves")] = None,
    since: _Since = None,
    until: _Until = None,
    minimum_minor: _Amount = None,
    maximum_minor: _Amount = None,
) -> Listed[PurchaseOut]:
    """A page may hold few rows where a state or an amount is asked for: go on as long as `has_more` says so."""
    require(desk.caller, Scope.READ)
    operator_id = desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        shopper_id = None if shopper is None else await desk.shopper_in(connection, shopper)
        shop_id = None
        if shop is not None:
            shop_id = shop_of(await desk.road.snapshots.current(connection, operator_id), shop).id
        _check_span(since, until)
        filters = PurchaseFilters(shopper_id, shop_id, since, until, state, minimum_minor, maximum_minor)
        place = listing("purchases", filters=filters)
        after = paging.after(place, *_AT_AND_ID)
        found = await listings.purchases(connection, operator_id, filters, after=after, wanted=paging.wanted)
    shown, cut = paging.cut(place, found.rows, lambda row: (row.purchased_at, row.id), stopped_at=found.stopped_at)
    return Listed(data=[PurchaseOut(**flat(row, "pur")) for row in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.get("/purchases/{purchase}", summary="One purchase, and why it earned what it earned")
async def purchase(purchase: str, desk: AtDesk, request: Request) -> PurchaseStory:
    """Every offer that was live with its reasons, each as figures and as a sentence in both languages."""
    require(desk.caller, Scope.READ)
    purchase_id, houses = _id(purchase), houses_of(request)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        row = await listings.purchase(connection, desk.caller.operator_id, purchase_id)
        house = await houses.current(connection, desk.caller.operator_id)
        view = await read_purchase_of(connection, house, purchase_id)
    return PurchaseStory(
        **flat(row, "pur"),
        steps=[
            StepOut(kind=each.kind, at=each.at, amount_minor=each.amount_minor, currency=each.currency)
            for each in view.steps
        ],
        judgements=[_judgement(each, house) for each in view.judgements],
    )


@router.get("/rewards", summary="Rewards, those of the purchases made last first")
async def rewards(
    desk: AtDesk,
    paging: Asked,
    shopper: _Shopper = None,
    purchase: Annotated[str | None, Query(max_length=64, examples=["pur_01j9z3"])] = None,
    offer: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    asset: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    state: Annotated[Literal["pending", "available", "expired", "clawed_back", "held_out"] | None, Query()] = None,
    since: _Since = None,
    until: _Until = None,
) -> Listed[RewardOut]:
    """As they stand; a page may hold few rows: go on as long as `has_more` says so."""
    require(desk.caller, Scope.READ)
    purchase_id, operator_id = None if purchase is None else _id(purchase), desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        shopper_id = None if shopper is None else await desk.shopper_in(connection, shopper)
        _check_span(since, until)
        if offer is not None and not await listings.is_offer(connection, operator_id, offer):
            raise unknown_offer(offer)
        await _check_asset(connection, desk, asset)
        filters = RewardFilters(shopper_id, purchase_id, since, until, offer, asset, state)
        place = listing("rewards", filters=filters)
        after = paging.after(place, *_AT_AND_ID, UUID)
        found = await listings.rewards(connection, operator_id, filters, after=after, wanted=paging.wanted)
    shown, cut = paging.cut(
        place,
        found.rows,
        lambda row: (row.purchased_at, row.purchase, row.offer_id),
        stopped_at=found.stopped_at,
    )
    return Listed(data=[RewardOut(**flat(row, "rwd")) for row in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.get("/wallets/{reference}/movements", summary="Everything that was posted of a wallet, the newest first")
async def movements(
    reference: str,
    desk: AtDesk,
    paging: Asked,
    asset: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
) -> Listed[MovementOut]:
    """Transfers of the ledger, which are never changed: a correction is another one that names what it corrects."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        shopper_id = await desk.shopper_in(connection, reference)
        await _check_asset(connection, desk, asset)
        place = listing("movements", shopper=shopper_id, asset=asset)
        after = paging.after(place, *_AT_AND_ID)
        found = await listings.movements(connection, shopper_id, asset=asset, after=after, wanted=paging.wanted)
    shown, cut = paging.cut(place, found.rows, lambda row: (row.posted_at, row.id))
    return Listed(data=[MovementOut(**flat(row, "trf")) for row in shown], has_more=cut.more, next_cursor=cut.cursor)


def houses_of(request: Request) -> Houses:
    """The programmes that this process has read to explain purchases by."""
    houses: Houses = request.app.state.houses
    return houses


def _check_span(since: datetime | None, until: datetime | None) -> None:
    """Invalid for a span in which nothing can lie."""
    if since is not None and until is not None and since >= until:
        raise Invalid(f"expected since before until, got {since.isoformat()} and {until.isoformat()}", code="bad_span")


async def _check_asset(connection: AsyncConnection, desk: Desk, asset: str | None) -> None:
    """NotFound for an asset that the programme does not have: a filter by it would find nothing for ever."""
    if asset is None:
        return
    snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
    if asset not in snapshot.programme.assets:
        known = ", ".join(sorted(snapshot.programme.assets))
        raise NotFound(f"the programme has no asset {asset[:64]!r}; it has {known}", code="unknown_asset")


def _id(text: str) -> UUID:
    try:
        return parse("pur", text)
    except ValueError:
        raise NotFound(f"there is no purchase {text[:64]!r}", code="unknown_purchase") from None


def _judgement(each: Judgement, house: House) -> JudgementOut:
    assets = house.programme.assets.values()
    english, french = {one.code: one.name_en for one in assets}, {one.code: one.name_fr for one in assets}

    def said(entry: Mapping[str, Any]) -> SaidOut:
        figures = dict(entry)
        en, fr = read_aloud(figures, "en", english), read_aloud(figures, "fr", french)
        return SaidOut(en=en, fr=fr, figures=figures)

    return JudgementOut(
        offer=each.offer_code,
        version=each.version,
        name=dict(each.names),
        asset=each.asset.code,
        state=each.state,
        amount=each.amount,
        pending=each.pending,
        available=each.available,
        expired=each.expired,
        available_at=each.matures_at,
        trail=[said(entry) for entry in each.trail],
    )
