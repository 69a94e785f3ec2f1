"""Everything that a batch is decided by, read once: purchases, histories, what is posted, what quotas gave."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.offers.schemas import Grant, Spend
from cashback.rewards import storage
from cashback.rewards.history import Histories, histories_of
from cashback.rewards.plan import RewardRow
from cashback.rewards.quotas import GrantKey
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing

CLOSES_AFTER = timedelta(days=400)
"""A purchase closes then, or when the last of its reward is no longer pending: its reward is frozen, a later correction
is an adjustment by a person."""


@dataclass(slots=True)
class Scene:
    """Everything that a batch is decided by."""

    standings: dict[UUID, Standing]
    """The purchases touched, by id."""
    histories: Histories
    rewards: dict[GrantKey, RewardRow]
    grants: dict[GrantKey, Grant]
    touched: set[UUID]
    """Those of the purchases touched that are still open."""
    spends: dict[UUID, Spend] = field(default_factory=dict)
    """Every purchase of every history, by id."""

    def of(self, shoppers: set[UUID]) -> "Scene":
        """The part of these shoppers."""
        return Scene(
            {key: each for key, each in self.standings.items() if each.folded.key.shopper_id in shoppers},
            Histories(
                {key: each for key, each in self.histories.by_shopper.items() if key in shoppers},
                self.histories.whole & shoppers,
            ),
            {key: row for key, row in self.rewards.items() if row.shopper_id in shoppers},
            self.grants,
            self.touched,
            self.spends,
        )


async def set_scene(
    connection: AsyncConnection, snapshot: Snapshot, standings: Sequence[Standing], whole: set[UUID], now: datetime
) -> Scene:
    """Read what decides these purchases; of the shoppers in `whole`, all that is stored."""
    known = [
        (each.folded.key.shopper_id, each.id)
        for each in standings
        if each.stored is not None and each.folded.key.shopper_id not in whole
    ]
    rewards = await storage.rewards_of(connection, known)
    grants = await storage.grants_of(connection, known) if snapshot.budgeted else {}
    if whole:
        rewards |= await storage.rewards_of_shoppers(connection, whole)
        grants |= await storage.grants_of_shoppers(connection, whole) if snapshot.budgeted else {}
    histories = await histories_of(connection, snapshot, standings, whole)
    spends = {spend.purchase_id: spend for each in histories.by_shopper.values() for spend in each.spends}
    unripe = {purchase_id for (purchase_id, _), row in rewards.items() if row.pending}
    closed = {each.purchase_id for each in spends.values() if now - each.purchased_at >= CLOSES_AFTER} - unripe
    for shopper_id, history in histories.by_shopper.items():
        frozen: dict[UUID, dict[UUID, int]] = {
            spend.purchase_id: {} for spend in history.spends if spend.purchase_id in closed
        }
        if frozen:
            for (purchase_id, offer_id), row in rewards.items():
                if purchase_id in frozen and row.amount:
                    frozen[purchase_id][offer_id] = row.amount
            histories.by_shopper[shopper_id] = replace(history, frozen=frozen)
    return Scene(
        {each.id: each for each in standings},
        histories,
        {key: row for key, row in rewards.items() if key[0] not in closed},
        grants,
        {each.id for each in standings} - closed,
        spends,
    )
