"""What settling tells the outside: purchases that are new or look otherwise, rewards that are. Pure but for `ripened`.

Only asked for where somebody listens (`Snapshot.listened`).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import fetch
from cashback.events.service import event
from cashback.ids import show
from cashback.purchases.schemas import Folded, PurchaseKey, PurchaseState
from cashback.rewards.difference import Difference
from cashback.rewards.plan import RewardRow
from cashback.rewards.standings import Standing
from issuers.registry import CHECKOUT
from webhooks.outbox import Message

_NOT_TOLD = frozenset({PurchaseState.CREDIT, PurchaseState.DECLINED})
"""What is no purchase: a refund that names none, and what the bank refused."""

_RIPENED = """
SELECT r.shopper_id, r.purchase_id, r.offer_id, r.id, r.asset, r.amount, r.available, r.state, r.matures_at, r.revision
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (shopper_id, network, purchase_ref)
JOIN purchases p ON p.shopper_id = k.shopper_id AND p.network = k.network AND p.purchase_ref = k.purchase_ref
JOIN rewards r ON r.shopper_id = p.shopper_id AND r.purchase_id = p.id
WHERE r.updated_at = $4 AND r.available > 0
"""


def announced(found: Difference, standings: Iterable[Standing], now: datetime) -> list[Message]:
    """What a batch changed, in the order in which it is understood best: purchases first."""
    told = [message for each in standings for message in _of_purchase(each, now)]
    for row in found.rewards:
        told += _of_reward(found.held[row.purchase_id, row.offer_id], row, now)
    return told + expired(found.aged, now)


def expired(rows: Iterable[RewardRow], now: datetime) -> list[Message]:
    """Rewards of which time took something; a use that is undone may also give it back, which is told the same way."""
    return [_reward("reward.expired", row, now, expired=row.expired) for row in rows]


async def ripened(connection: AsyncConnection, due: Sequence[PurchaseKey], now: datetime) -> list[Message]:
    """Rewards of these purchases that `maturing.mature` has made available at `now`."""
    columns = ([key.shopper_id for key in due], [key.network for key in due], [key.ref for key in due])
    return [
        event(
            "reward.available",
            f"{row.id.hex}:{row.revision}",
            now,
            of=row.shopper_id,
            reward=show("rwd", row.id),
            purchase=show("pur", row.purchase_id),
            shopper=show("shp", row.shopper_id),
            offer=show("off", row.offer_id),
            asset=row.asset,
            amount=row.amount,
            available=row.available,
            state=row.state,
            available_at=zulu_or_none(row.matures_at),
            revision=row.revision,
        )
        for row in await fetch(connection, _RIPENED, (*columns, now))
    ]


def _of_purchase(standing: Standing, now: datetime) -> Iterator[Message]:
    folded, stored = standing.folded, standing.stored
    if folded.state in _NOT_TOLD or standing.witness_of is not None:
        return
    shop_id = None if standing.shop is None else standing.shop.id
    is_new = stored is None or stored.folded.state in _NOT_TOLD or stored.witness_of is not None
    if not is_new and stored is not None and _seen(folded, shop_id) == _seen(stored.folded, stored.shop_id):
        return
    looks = f"{folded.state.value}:{folded.net_minor}:{'' if shop_id is None else shop_id.hex}"
    yield event(
        "purchase.recognised" if is_new else "purchase.changed",
        f"{standing.id.hex}:{looks}:{now.isoformat()}",
        now,
        of=folded.key.shopper_id,
        purchase=show("pur", standing.id),
        shopper=show("shp", folded.key.shopper_id),
        shop=None if shop_id is None else show("sho", shop_id),
        state=folded.state.value,
        net_minor=folded.net_minor,
        currency=folded.currency,
        purchased_at=zulu(folded.purchased_at),
        plan=folded.key.ref if folded.key.network == CHECKOUT else None,
    )


def _seen(folded: Folded, shop_id: UUID | None) -> tuple[PurchaseState, int, UUID | None]:
    return folded.state, folded.net_minor, shop_id


def _of_reward(held: RewardRow, row: RewardRow, now: datetime) -> Iterator[Message]:
    if row.amount and not held.amount:
        yield _reward("reward.earned", row, now)
    elif row.amount != held.amount:
        yield _reward("reward.changed", row, now, previous_amount=held.amount)
    if row.available > 0 and not held.available and row.expired <= held.expired:
        yield _reward("reward.available", row, now)
    if row.expired > held.expired:
        yield _reward("reward.expired", row, now, expired=row.expired)


def _reward(type_: str, row: RewardRow, now: datetime, **more: object) -> Message:
    return event(
        type_,
        f"{row.id.hex}:{row.revision}",
        now,
        of=row.shopper_id,
        reward=show("rwd", row.id),
        purchase=show("pur", row.purchase_id),
        shopper=show("shp", row.shopper_id),
        offer=show("off", row.offer_id),
        asset=row.asset,
        amount=row.amount,
        available=row.available,
        state=row.state,
        available_at=zulu_or_none(row.matures_at),
        revision=row.revision,
        **more,
    )
