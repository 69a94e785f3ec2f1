"""From an accepted claim to evidence, and back: statements of the source `receipt` under the shopper's lock.

The source is linked like an instrument, once a shopper, from when their first instrument was: whether a purchase counts
is decided by links, and what was bought before the first one never does.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, system
from cashback.claims.schemas import Claim
from cashback.purchases import statements as evidence
from cashback.purchases import witnesses
from cashback.purchases.recognition import Verdict
from cashback.purchases.schemas import PurchaseKey, Statement
from cashback.rewards.service import settle
from cashback.rewards.snapshot import Snapshot
from cashback.shoppers import service as shoppers
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.registry import NO_INSTRUMENTS, RECEIPT

_CLAIMED, _TAKEN_BACK = 1, 2
"""Revisions of the one fact that a claim states."""


async def enter(
    connection: AsyncConnection,
    snapshot: Snapshot,
    actor: Actor,
    accepted: Sequence[tuple[Claim, PurchaseKey | None]],
    now: datetime,
) -> None:
    """Record accepted claims, each perhaps as one with a purchase that others told, and settle what that changes."""
    cards = await _link(connection, snapshot, {claim.shopper_id for claim, _ in accepted}, now)
    statements = [_stated(snapshot, claim, cards[claim.shopper_id]) for claim, _ in accepted]
    touched = await evidence.record(connection, snapshot.operator_id, statements, now)
    # Proof of a purchase stays with it, whatever else is told: standing alone it would earn a second time.
    pairs = [(claim.key, proven) for claim, proven in accepted if proven is not None]
    reason = ", ".join(claim.ref for claim, proven in accepted if proven is not None)
    touched |= await witnesses.keep(connection, actor, pairs, Verdict.ONE, reason[: witnesses.REASON_MAX], now)
    await settle(connection, snapshot, touched, now, ruled=bool(pairs))


async def take_back(connection: AsyncConnection, snapshot: Snapshot, claim: Claim, now: datetime) -> None:
    """Reverse what a claim stated, its shop included, and settle: what it earned goes back."""
    cards = await _link(connection, snapshot, {claim.shopper_id}, now)
    stated = _stated(snapshot, claim, cards[claim.shopper_id], taken_back=True)
    touched = await evidence.record(connection, snapshot.operator_id, [stated], now)
    await settle(connection, snapshot, touched, now)


async def _link(
    connection: AsyncConnection, snapshot: Snapshot, shopper_ids: set[UUID], now: datetime
) -> dict[UUID, UUID]:
    """The id under which each shopper's claims are told, linked since their first instrument was."""
    actor = system(snapshot.operator_id, "claims")
    since: defaultdict[UUID, list[datetime]] = defaultdict(list)
    linked: dict[UUID, datetime] = {}
    for each in await shoppers.links_of_shoppers(connection, snapshot.operator_id, shopper_ids):
        if each.network == RECEIPT:
            linked[each.shopper_id] = each.linked_at
        elif each.network not in NO_INSTRUMENTS:
            since[each.shopper_id].append(each.linked_at)
    for shopper_id in shopper_ids:
        if shopper_id not in linked or min(since[shopper_id]) < linked[shopper_id]:
            await shoppers.link(
                connection,
                actor,
                shopper_id=shopper_id,
                network=RECEIPT,
                token=shopper_id.hex,
                linked_at=min(since[shopper_id]),
                last_four=None,
                scheme=None,
                now=now,
            )
    held = await shoppers.links_of_tokens(
        connection, snapshot.operator_id, [(RECEIPT, shopper_id.hex) for shopper_id in shopper_ids]
    )
    return {each.shopper_id: each.card_id for links in held.values() for each in links}


def _stated(snapshot: Snapshot, claim: Claim, card_id: UUID, *, taken_back: bool = False) -> Statement:
    shop = snapshot.shops.shops[claim.shop_id]
    place = MerchantEvidence() if taken_back else MerchantEvidence((MerchantIdentifier("shop", shop.code),))
    event = CardEvent(
        kind=EventKind.REVERSAL if taken_back else EventKind.CLEARING,
        card_token=claim.shopper_id.hex,
        fact_ref=f"claim:{claim.id.hex}",
        revision=_TAKEN_BACK if taken_back else _CLAIMED,
        purchase_ref=claim.ref,
        occurred_at=claim.since,
        occurred_until=claim.until,
        time_basis=TimeBasis.DATE,
        amount_minor=claim.amount_minor,
        currency=claim.currency,
        final=True,
        merchant=place,
        last_four=claim.last_four,
    )
    return evidence.statement(event, network=RECEIPT, shopper_id=claim.shopper_id, card_id=card_id)
