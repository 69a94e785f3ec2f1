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
from cashback.purchases import service as purchases
from cashback.purchases.assignment import assign
from cashback.purchases.fold import facts, fold, group_of, superseded
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, PurchaseState, Statement
from cashback.purchases.service import PurchaseRow
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers


@dataclass(slots=True)
class Standing:
    """One purchase as its evidence describes it now, beside what is stored of it."""

    id: UUID
    folded: Folded
    shop: Shop | None
    stored: PurchaseRow | None
    credit_to: str | None = None


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
    """Assign the unlinked refunds of every card that is touched; what changes elsewhere joins `standings`."""
    touched = {(each.folded.key.shopper_id, each.folded.card_id) for each in standings.values()}
    cards = await purchases.cards_with_credits(connection, [shopper for shopper, _ in touched]) & touched
    cards |= {
        (key.shopper_id, each.folded.card_id)
        for key, each in standings.items()
        if each.folded.state is PurchaseState.CREDIT
    }
    if not cards:
        return
    rows = await purchases.purchases_of_cards(connection, cards)
    for key, row in rows.items():
        if key not in standings and (row.folded.key.shopper_id, row.folded.card_id) in cards:
            shop = None if row.shop_id is None else snapshot.shops.shops.get(row.shop_id)
            standings[key] = Standing(row.id, row.folded, shop, row)
    by_card: defaultdict[tuple[UUID, UUID], list[Standing]] = defaultdict(list)
    for each in standings.values():
        by_card[each.folded.key.shopper_id, each.folded.card_id].append(each)
    for card in cards:
        _assign_on_card(by_card[card])
    for key, row in rows.items():
        standing = standings[key]
        is_credit = standing.folded.state is PurchaseState.CREDIT
        if standing.stored is row and standing.folded is row.folded and not is_credit:
            del standings[key]


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
