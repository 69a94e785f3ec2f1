"""The HTTP API of what a programme consists of: the programme itself, centres, shops and their identifiers."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.routes import AtDesk, Desk
from cashback.api.shapes import AssetOut, CentreOut, IdentifierOut, ProgrammeOut, ShopOut
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import parse, show
from cashback.merchants.schemas import Identifier, Shop
from cashback.merchants.service import load_identifiers
from cashback.paging import listing
from cashback.programme_file.service import read_current
from cashback.programmes.schemas import Asset, Centre
from cashback.programmes.service import no_programme
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")

_Code = Annotated[str | None, Query(min_length=1, max_length=64)]


@router.get("/programme", summary="Read the programme that runs")
async def programme(desk: AtDesk) -> ProgrammeOut:
    """With its revision, which rises with every change, and the file that would make it."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = (await desk.road.snapshots.current(connection, desk.caller.operator_id)).programme
        file = await read_current(connection, desk.caller.operator_id, desk.now())
    if file is None:
        raise no_programme()
    return ProgrammeOut(
        iss=show("opr", desk.caller.operator_id),
        code=found.code,
        name=found.name,
        zone=found.zone.key,
        currency=found.currency,
        revision=found.revision,
        holdout_bps=found.holdout_bps,
        centres=[_centre(each) for each in found.centres.values()],
        assets=[_asset(each) for each in found.assets.values()],
        file=file.plain(),
    )


@router.get("/centres", summary="The centres of the programme")
async def centres(desk: AtDesk, paging: Asked) -> Listed[CentreOut]:
    """In the order of their codes."""
    require(desk.caller, Scope.READ)
    found = (await _snapshot(desk)).programme.centres.values()
    shown, cut = paging.cut_whole(listing("centres"), list(found), lambda each: (each.code,), str)
    return Listed(data=[_centre(each) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.get("/shops", summary="The shops of the programme")
async def shops(
    desk: AtDesk, paging: Asked, centre: _Code = None, category: _Code = None, brand: _Code = None
) -> Listed[ShopOut]:
    """In the order of their codes; of a centre (its code), a merchant category or a brand."""
    require(desk.caller, Scope.READ)
    snapshot = await _snapshot(desk)
    codes = _codes(snapshot)
    if centre is not None and centre not in codes.values():
        raise NotFound(f"the programme has no centre {centre[:64]!r}", code="unknown_centre")
    asked = {"centre": centre, "category": category, "brand": brand}
    found = [
        each
        for each in snapshot.shops.shops.values()
        if all(
            value is None or value == held
            for value, held in zip(asked.values(), (codes[each.centre_id], each.category, each.brand), strict=True)
        )
    ]
    shown, cut = paging.cut_whole(listing("shops", **asked), found, lambda each: (each.code,), str)
    return Listed(data=[_shop(each, codes) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.get("/shops/{shop}", summary="One shop")
async def shop(shop: str, desk: AtDesk) -> ShopOut:
    """By its code or its id."""
    require(desk.caller, Scope.READ)
    snapshot = await _snapshot(desk)
    return _shop(shop_of(snapshot, shop), _codes(snapshot))


@router.get("/identifiers", summary="By what networks name the shops")
async def identifiers(
    desk: AtDesk, paging: Asked, shop: _Code = None, network: Annotated[str | None, Query(max_length=40)] = None
) -> Listed[IdentifierOut]:
    """Those of the past too, by network, scheme and value; of a shop (its code or id), of a network."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        held = await load_identifiers(connection, desk.caller.operator_id)
    shop_id = None if shop is None else shop_of(snapshot, shop).id
    found = [each for each in held if shop_id in (None, each.shop_id) and network in (None, each.network)]
    place = listing("identifiers", shop=shop_id, network=network)
    shown, cut = paging.cut_whole(place, found, _key, str, str, str, str, str)
    shops = snapshot.shops.shops
    return Listed(
        data=[
            IdentifierOut(
                network=each.network,
                scheme=each.scheme,
                value=each.value,
                shop=shops[each.shop_id].code,
                valid_from=each.valid_from,
                valid_until=each.valid_until,
            )
            for each in shown
        ],
        has_more=cut.more,
        next_cursor=cut.cursor,
    )


def shop_of(snapshot: Snapshot, text: str) -> Shop:
    """The shop of this code or id; NotFound otherwise."""
    try:
        by_id = snapshot.shops.shops.get(parse("sho", text))
    except ValueError:
        by_id = None
    found = by_id or next((each for each in snapshot.shops.shops.values() if each.code == text), None)
    if found is None:
        raise NotFound(f"there is no shop {text[:64]!r}", code="unknown_shop")
    return found


async def _snapshot(desk: Desk) -> Snapshot:
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return await desk.road.snapshots.current(connection, desk.caller.operator_id)


def _codes(snapshot: Snapshot) -> dict[object, str]:
    return {each.id: each.code for each in snapshot.programme.centres.values()}


def _key(each: Identifier) -> tuple[str, ...]:
    begins = "" if each.valid_from is None else each.valid_from.isoformat()
    return each.network, each.scheme, each.value, begins, each.shop_id.hex


def _centre(each: Centre) -> CentreOut:
    return CentreOut(id=show("ctr", each.id), code=each.code, name=each.name, zone=each.zone.key, country=each.country)


def _asset(each: Asset) -> AssetOut:
    return AssetOut(
        code=each.code,
        kind=each.kind.value,
        name={"en": each.name_en, "fr": each.name_fr},
        currency=each.currency,
        clawback=each.clawback.value,
        conversion=None if each.conversion is None else asdict(each.conversion),
    )


def _shop(each: Shop, codes: dict[object, str]) -> ShopOut:
    return ShopOut(
        id=show("sho", each.id),
        code=each.code,
        name=each.name,
        brand=each.brand,
        category=each.category,
        floor=each.floor,
        area=each.area,
        centre=codes[each.centre_id],
    )
