"""Bring purchases up to their evidence: read all statements, fold, match the shop, assign unlinked refunds.

Reads for the whole batch, then decides without reading. Which statements belong to which purchase, and which refund to
which purchase, depends only on the set of statements, never on the order in which they came.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.merchants.schemas import Shop
from cashback.offers.schemas import Spend
from cashback.purchases import service as purchases
from cashback.purchases.assignment import assign, may_belong
from cashback.purchases.fold import facts, fold, group_of, superseded
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, PurchaseState, Statement
from cashback.purchases.service import PurchaseRow
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.spends import spend_of
from cashback.shoppers import service as shoppers

Place = tuple[Folded, UUID | None]
"""A purchase and its shop."""


@dataclass(slots=True)
class Standing:
    """One purchase as its evidence describes it now, beside what is stored of it."""

    id: UUID
    folded: Folded
    shop: Shop | None
    stored: PurchaseRow | None
    credit_to: str | None = None

    def spend(self) -> Spend:
        """The purchase as the rules see it."""
        return spend_of(self.id, self.folded, self.shop)


async def refold(
    connection: AsyncConnection, snapshot: Snapshot, touched: Iterable[PurchaseKey], now: datetime
) -> list[Standing]:
    """The purchases touched, and every other that an unlinked refund now leaves or joins."""
    statements = await purchases.statements_of(connection, touched)
    keys = set(touched) | {key for each in statements for key in _keys(each)}
    links = await _links(connection, snapshot.operator_id, keys)
    stored = await purchases.purchases_of(connection, keys)
    standings: dict[PurchaseKey, Standing] = {}
    for key, folded in _fold_all(keys, statements, stored, links, now).items():
        row = stored.get(key)
        shop = snapshot.shops.match(key.network, folded.merchant["identifiers"], folded.purchased_at)
        standings[key] = Standing(row.id if row else purchases.new_id(now), folded, shop, row)
    await _assign_credits(connection, snapshot, standings)
    return list(standings.values())


def _keys(statement: Statement) -> tuple[PurchaseKey, PurchaseKey]:
    return (
        PurchaseKey(statement.shopper_id, statement.network, statement.group_ref),
        PurchaseKey(statement.shopper_id, statement.network, statement.purchase_ref),
    )


async def _links(
    connection: AsyncConnection, operator_id: UUID, keys: Iterable[PurchaseKey]
) -> Mapping[UUID, list[LinkInterval]]:
    by_shopper: defaultdict[UUID, list[LinkInterval]] = defaultdict(list)
    for each in await shoppers.links_of_shoppers(connection, operator_id, {key.shopper_id for key in keys}):
        by_shopper[each.shopper_id].append(
            LinkInterval(each.card_id, each.shopper_id, each.linked_at, each.unlinked_at)
        )
    return by_shopper


def _fold_all(
    keys: Iterable[PurchaseKey],
    statements: Iterable[Statement],
    stored: Mapping[PurchaseKey, PurchaseRow],
    links: Mapping[UUID, list[LinkInterval]],
    now: datetime,
) -> dict[PurchaseKey, Folded]:
    by_source: defaultdict[tuple[UUID, str], list[Statement]] = defaultdict(list)
    for each in statements:
        by_source[each.shopper_id, each.network].append(each)
    members: defaultdict[PurchaseKey, list[Statement]] = defaultdict(list)
    for (shopper_id, network), told in by_source.items():
        groups = group_of(told)
        for fact_ref, each in facts(told).items():
            members[PurchaseKey(shopper_id, network, groups[fact_ref])].append(each)
    folds: dict[PurchaseKey, Folded] = {}
    for key in sorted(keys, key=lambda each: (each.shopper_id, each.network, each.ref)):
        if key in members:
            folds[key] = fold(key, members[key], links.get(key.shopper_id, ()), now)
        elif key in stored:
            folds[key] = superseded(stored[key].folded)
    return folds


async def _assign_credits(
    connection: AsyncConnection, snapshot: Snapshot, standings: dict[PurchaseKey, Standing]
) -> None:
    """Assign anew the unlinked refunds that what is touched may change; what changes elsewhere joins `standings`.

    A refund is concerned if something touched, as it was or as it is, may be its purchase or is the refund itself, and
    so is every other refund that may belong to one of the purchases it may belong to.
    """
    on_file = await purchases.credits_of(connection, {key.shopper_id for key in standings})
    credits = {key: _joined(snapshot, row) for key, row in on_file.items() if key not in standings}
    credits |= {key: each for key, each in standings.items() if each.folded.state is PurchaseState.CREDIT}
    if not credits and standings.keys().isdisjoint(on_file):
        return
    changed = [place for each in standings.values() for place in _places(each)]
    asked = [place for place in changed if place[0].state is PurchaseState.CREDIT]
    concerned = {key: each for key, each in credits.items() if key in standings}
    joined: dict[PurchaseKey, Standing] = {}
    while asked or changed:
        reached = _reached({key: each for key, each in credits.items() if key not in concerned}, changed)
        concerned |= reached
        asked += [_places(each)[0] for each in reached.values()]
        rows = await purchases.candidates_of(connection, asked) if asked else {}
        fresh = {key: _joined(snapshot, row) for key, row in rows.items() if key not in standings and key not in joined}
        joined |= fresh
        asked, changed = [], [_places(each)[0] for each in fresh.values()]
    before = {key: each.folded for key, each in joined.items()}
    cards = {each.folded.card_id for each in (*joined.values(), *concerned.values())}
    _assign([each for each in {**standings, **joined, **concerned}.values() if each.folded.card_id in cards])
    standings |= {key: each for key, each in joined.items() if each.folded is not before[key]}
    standings |= concerned


def _joined(snapshot: Snapshot, row: PurchaseRow) -> Standing:
    shop = None if row.shop_id is None else snapshot.shops.shops.get(row.shop_id)
    return Standing(row.id, row.folded, shop, row)


def _places(standing: Standing) -> list[Place]:
    """The purchase with its shop as it is, and as it is stored where that may differ."""
    places = [(standing.folded, None if standing.shop is None else standing.shop.id)]
    if standing.stored is not None and standing.stored.folded is not standing.folded:
        places.append((standing.stored.folded, standing.stored.shop_id))
    return places


def _reached(credits: Mapping[PurchaseKey, Standing], changed: Iterable[Place]) -> dict[PurchaseKey, Standing]:
    """The refunds that may belong to one of these purchases."""
    if not credits:
        return {}
    on_card: defaultdict[UUID, list[Place]] = defaultdict(list)
    for place in changed:
        on_card[place[0].card_id].append(place)
    return {
        key: each
        for key, each in credits.items()
        for folded, shop_id in _places(each)
        if any(
            may_belong(folded, purchase, {key: shop_id, purchase.key: other})
            for purchase, other in on_card[folded.card_id]
        )
    }


def _assign(standings: Iterable[Standing]) -> None:
    by_card: defaultdict[tuple[UUID, UUID], list[Standing]] = defaultdict(list)
    for each in standings:
        by_card[each.folded.key.shopper_id, each.folded.card_id].append(each)
    for on_card in by_card.values():
        _assign_on_card(on_card)


def _assign_on_card(standings: list[Standing]) -> None:
    known = {each.folded.key: each for each in standings}
    credits = [each.folded for each in standings if each.folded.state is PurchaseState.CREDIT]
    shops = {each.folded.key: None if each.shop is None else each.shop.id for each in standings}
    assigned = assign([each.folded for each in standings], credits, shops)
    credited: defaultdict[PurchaseKey, int] = defaultdict(int)
    for credit, purchase in assigned.items():
        credited[purchase] += known[credit].folded.refunded_minor
    for key, each in known.items():
        if each.folded.state is PurchaseState.CREDIT:
            each.credit_to = assigned[key].ref if key in assigned else None
        else:
            each.folded = each.folded.with_credits(credited[key])
