"""The purchases and facts that a decision looks at: those of the batch, and of some shoppers everything.

Only a shopper whose purchase concerns an offer that looks at other purchases is read whole; for all others the
purchases of the batch are enough.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.offers.schemas import NOTHING_SAID, Facts, History, Spend
from cashback.offers.uncertainty import in_zone
from cashback.rewards.facts import facts_of
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.spends import SHOP_AT, STORED_SPEND, spend_of, stored_spend
from cashback.rewards.standings import Standing

# What `Spend` holds of a purchase that may earn, or that was closed with a reward before it was given back.
_EARNING = f"""
SELECT {STORED_SPEND}
FROM purchases p
WHERE p.shopper_id = ANY($1::uuid[]) AND ($2::uuid[] IS NULL OR p.id = ANY($2::uuid[])) AND p.shop_id IS NOT NULL
    AND (p.state IN ('authorized', 'cleared', 'partly_refunded') OR EXISTS (
        SELECT FROM rewards r WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id AND r.amount > 0))
"""  # noqa: S608 - built from constants


@dataclass(slots=True)
class Histories:
    """One history for each shopper, and which of them hold everything."""

    by_shopper: dict[UUID, History] = field(default_factory=dict)
    whole: set[UUID] = field(default_factory=set)


def looked_at_whole(snapshot: Snapshot, standings: Iterable[Standing], *, corrected: bool = False) -> set[UUID]:
    """Shoppers of whom a purchase, as it is or as it was, concerns an offer that looks at other purchases.

    All of them where shops were `corrected`: as what a purchase counted before is not stored.
    """
    if not snapshot.book.remembers:
        return set()
    found: set[UUID] = set()
    for each in standings:
        shopper_id = each.folded.key.shopper_id
        if shopper_id in found:
            continue
        if corrected or any(map(snapshot.book.may_move_others, _as_is_and_was(snapshot, each))):
            found.add(shopper_id)
    return found


async def histories_of(
    connection: AsyncConnection, snapshot: Snapshot, standings: Sequence[Standing], whole: Collection[UUID]
) -> Histories:
    """Histories with these purchases as they are now; of `whole` shoppers with all that is stored beside them."""
    spends: defaultdict[UUID, dict[UUID, Spend]] = defaultdict(dict)
    if whole:
        for shopper_id, spend in await _stored(connection, snapshot, whole):
            spends[shopper_id][spend.purchase_id] = spend
    for each in standings:
        spends[each.folded.key.shopper_id][each.id] = _in_zone(snapshot, each.spend())
    said = await facts_of(connection, spends) if snapshot.book.personal else {}
    return Histories(
        {
            shopper_id: History(shopper_id, list(held.values()), said.get(shopper_id, NOTHING_SAID))
            for shopper_id, held in spends.items()
        },
        set(whole),
    )


async def stored_histories(
    connection: AsyncConnection, snapshot: Snapshot, purchases: Collection[tuple[UUID, UUID]]
) -> dict[UUID, History]:
    """Histories with these stored purchases (shopper, purchase), and all others where an offer may look at them."""
    shoppers = {shopper_id for shopper_id, _ in purchases}
    only = None if snapshot.book.remembers else [purchase_id for _, purchase_id in purchases]
    return await _stored_histories(connection, snapshot, shoppers, only)


async def whole_histories(
    connection: AsyncConnection, snapshot: Snapshot, shoppers: Collection[UUID]
) -> dict[UUID, History]:
    """Everything stored of these shoppers."""
    return await _stored_histories(connection, snapshot, shoppers, None)


async def _stored_histories(
    connection: AsyncConnection, snapshot: Snapshot, shoppers: Collection[UUID], only: list[UUID] | None
) -> dict[UUID, History]:
    spends: defaultdict[UUID, list[Spend]] = defaultdict(list)
    for shopper_id, spend in await _stored(connection, snapshot, shoppers, only):
        spends[shopper_id].append(spend)
    said: Mapping[UUID, Facts] = await facts_of(connection, shoppers) if snapshot.book.personal else {}
    return {each: History(each, spends[each], said.get(each, NOTHING_SAID)) for each in shoppers}


async def _stored(
    connection: AsyncConnection, snapshot: Snapshot, shoppers: Collection[UUID], only: list[UUID] | None = None
) -> list[tuple[UUID, Spend]]:
    rows = await fetch(connection, _EARNING, (list(shoppers), only))
    shops, zone_of = snapshot.shops.shops, snapshot.book.around.zone
    return [(row[0], stored_spend(row, shops[row[SHOP_AT]], zone_of(shops[row[SHOP_AT]].centre_id))) for row in rows]


def _as_is_and_was(snapshot: Snapshot, standing: Standing) -> Iterable[Spend]:
    yield _in_zone(snapshot, standing.spend())
    stored = standing.stored
    if stored is not None and stored.shop_id is not None:
        yield _in_zone(snapshot, spend_of(standing.id, stored.folded, snapshot.shops.shops[stored.shop_id]))


def _in_zone(snapshot: Snapshot, spend: Spend) -> Spend:
    return in_zone(spend, snapshot.book.around.zone(spend.centre_id))
