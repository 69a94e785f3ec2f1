"""Small hostile worlds, and outcomes made by hand: what a house that understood everything would have made of one."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from cashback.merchants.schemas import Shop
from cashback.offers.compiled import OfferVersion
from cashback.offers.entitlements import entitlements
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Spend
from cashback.programme_file.reading import parse
from cashback.programmes.schemas import Centre
from cashback.purchases.schemas import PurchaseState
from cashback.simulator.chaos.files import TruePurchase, true_purchase
from cashback.simulator.chaos.outcome import Outcome, Row
from cashback.simulator.chaos.people import programme
from cashback.simulator.chaos.rates import Disturbance, Rates, rates
from cashback.simulator.chaos.statements import BANKS
from cashback.simulator.chaos.world import World, a_world

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
CALM: Rates = rates(each.value for each in Disturbance)


def hostile(seed: int = 1, many: int = 400, chosen: Rates | None = None, bank: str = "sandbox_bank") -> World:
    return a_world(seed, many, BEGIN, chosen or rates(), BANKS[bank]())


def truths_of(world: World) -> list[TruePurchase]:
    return [true_purchase(each) for each in world.purchases]


def compiled(world: World) -> tuple[OfferBook, dict[str, Shop]]:
    """The rules of a world's programme and its shops by code."""
    file = parse(programme(world.town.shops))
    zone = ZoneInfo(file.programme.zone)
    centres = {each.code: Centre(uuid5(NAMESPACE_URL, each.code), each.code, each.name, zone, each.country)
               for each in file.centres}  # fmt: skip
    shops = [
        Shop(uuid5(NAMESPACE_URL, each.code), each.code, each.name, each.name, each.category, "", "",
             centres[each.centre].id)
        for each in file.shops
    ]  # fmt: skip
    versions = [
        OfferVersion(uuid5(NAMESPACE_URL, each.code), each.code, 1, each.terms(), None, None) for each in file.offers
    ]
    book = OfferBook.compile(
        versions,
        zones={each.id: zone for each in centres.values()},
        default_zone=zone,
        currency=file.programme.currency,
        shops=shops,
        centres=centres.values(),
    )
    return book, {shop.code: shop for shop in shops}


def understood(world: World) -> Outcome:
    """What stands where every purchase is one, at its shop, with its net and its instant."""
    book, shops = compiled(world)
    rows: list[Row] = []
    for truth in truths_of(world):
        group = row_id(truth, 0)
        for number, (network, ref) in enumerate(truth.views):
            rows.append(
                Row(
                    id=row_id(truth, number),
                    shopper=truth.shopper,
                    network=network,
                    ref=ref,
                    state=PurchaseState.WITNESS if number else state_of(truth),
                    witness_of=group if number else None,
                    shop=None if number else truth.shop,
                    cleared_minor=0 if number else truth.amount_minor,
                    net_minor=0 if number else truth.net_minor,
                    currency=truth.currency,
                    since=truth.at,
                    until=truth.at,
                    cleared_at=truth.cleared_at,
                )
            )
    return settled(rows, book, shops)


def state_of(truth: TruePurchase) -> PurchaseState:
    if not truth.amount_minor:
        return PurchaseState.REVERSED
    if truth.net_minor == truth.amount_minor:
        return PurchaseState.CLEARED
    return PurchaseState.PARTLY_REFUNDED if truth.net_minor else PurchaseState.REFUNDED


def settled(rows: Sequence[Row], book: OfferBook, shops: dict[str, Shop]) -> Outcome:
    """These rows with what the rules give them: what a house that posts rightly would hold."""
    spends = {row.id: spend_of(row, shops[row.shop]) for row in rows if row.state.may_earn() and row.shop}
    people: defaultdict[str, list[Spend]] = defaultdict(list)
    for row in rows:
        if row.id in spends:
            people[row.shopper].append(spends[row.id])
    earned: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for mine in people.values():
        for each in entitlements(mine, book, {}, may_ask=False):
            if each.amount:
                earned[each.purchase_id][each.asset] = each.amount
    return Outcome(list(rows), spends, dict(earned), book, shops)


def changed(outcome: Outcome, row: Row, **fields: object) -> Outcome:
    """The outcome with one row changed, and everything that follows from it settled."""
    other = msgspec.structs.replace(row, **fields)
    rows = [other if each.id == row.id else each for each in outcome.rows]
    return settled(rows, outcome.book, dict(outcome.shops))


def spend_of(row: Row, shop: Shop) -> Spend:
    return Spend(
        purchase_id=row.id,
        ref=f"{row.network}:{row.ref}",
        counts=True,
        net_minor=row.net_minor,
        gross_minor=row.cleared_minor,
        currency=row.currency,
        purchased_at=row.since,
        cleared_at=row.cleared_at,
        network=row.network,
        card_id=UUID(int=0),
        channel=None,
        shop_id=shop.id,
        centre_id=shop.centre_id,
        category=shop.category,
        brand=shop.brand,
        floor=shop.floor or None,
        area=shop.area or None,
    )


def row_id(truth: TruePurchase, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"{truth.id}/{number}")


def rows_of(outcome: Outcome, truth: TruePurchase) -> list[Row]:
    """The rows of a purchase's views, in the order of the views."""
    by_view = {(row.network, row.ref): row for row in outcome.rows}
    return [by_view[view] for view in truth.views]
