"""Why, and why not: for any purchase, every offer that could concern it with each condition and its figures.

Evaluated on demand by the walk that decided, so an explanation can never disagree with the engine.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.offers.explanation import Considered, Verdict, explain
from cashback.offers.schemas import Grant, History, Trail
from cashback.purchases.schemas import PurchaseState
from cashback.rewards import storage
from cashback.rewards.history import stored_histories
from cashback.rewards.plan import RewardRow
from cashback.rewards.quotas import GrantKey
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing


async def considered(
    connection: AsyncConnection, snapshot: Snapshot, purchases: Collection[tuple[UUID, UUID]]
) -> dict[UUID, list[Considered]]:
    """Every offer that concerns these stored purchases, given as shopper and purchase; by purchase.

    Purchases that no rule looks at (their shop is not known, they lapsed, were declined) are left out.
    """
    histories = await stored_histories(connection, snapshot, purchases)
    grants: dict[GrantKey, Grant] = {}
    if snapshot.budgeted and snapshot.book.remembers:
        # What quotas gave to the purchases before decides what is left of a shopper's limits.
        grants = await storage.grants_of_shoppers(connection, histories)
    elif snapshot.budgeted:
        grants = await storage.grants_of(connection, list(purchases))
    wanted = {purchase_id for _, purchase_id in purchases}
    found: dict[UUID, list[Considered]] = {}
    for history in histories.values():
        found |= explain(history, wanted, snapshot.book, grants, may_ask=True)
    await _say_since_when(connection, snapshot, found, grants)
    return found


async def _say_since_when(
    connection: AsyncConnection,
    snapshot: Snapshot,
    found: Mapping[UUID, list[Considered]],
    grants: Mapping[GrantKey, Grant],
) -> None:
    """Let entries of quotas that left nothing say since which local day they are used up."""
    short = [
        (purchase_id, each, entry)
        for purchase_id, looked_at in found.items()
        for each in looked_at
        for entry in each.trail
        if entry["kind"] == "budget" and not entry["ok"]
    ]
    if not short:
        return
    offers = {each.offer.offer_id for _, each, _ in short}
    used_up = await storage.exhausted(connection, snapshot.operator_id, offers)
    for purchase_id, each, entry in short:
        grant = grants.get((purchase_id, each.offer.offer_id))
        buckets = () if grant is None else grant.buckets
        since = min((used_up[key] for b in buckets if (key := (each.offer.offer_id, b)) in used_up), default=None)
        if since is not None:
            entry["since"] = since.astimezone(snapshot.programme.zone).date().isoformat()


def before_the_rules(standing: Standing) -> Trail:
    """What stands between a purchase and every offer; nothing of one that offers look at."""
    folded = standing.folded
    trail: Trail = []
    if folded.state in (PurchaseState.REFUNDED, PurchaseState.PARTLY_REFUNDED):
        trail.append(
            {
                "kind": "refunded",
                "ok": folded.net_minor > 0,
                "refunded_minor": folded.refunded_minor + folded.credited_minor,
                "net_minor": folded.net_minor,
                "currency": folded.currency,
            }
        )
    if not folded.state.may_earn():
        return [*trail, {"kind": "purchase_state", "ok": False, "state": folded.state.value}]
    if standing.shop is None:
        return [{"kind": "shop_unknown", "ok": False}]
    return []


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why rewards of a batch are owed no more."""

    snapshot: Snapshot
    standings: Mapping[UUID, Standing]
    histories: Mapping[UUID, History]
    grants: Mapping[GrantKey, Grant]

    def why_not(self, row: RewardRow) -> Trail:
        """Why the offer that rewarded a purchase owes nothing for it now."""
        standing = self.standings.get(row.purchase_id)
        before = [] if standing is None else before_the_rules(standing)
        if before:
            return before
        history = self.histories[row.shopper_id]
        looked_at = explain(history, {row.purchase_id}, self.snapshot.book, self.grants)
        for each in looked_at.get(row.purchase_id, ()):
            if each.offer.offer_id == row.offer_id:
                return each.trail
        return [{"kind": "no_offer", "ok": False}]


__all__ = ["Considered", "Reasons", "Verdict", "before_the_rules", "considered"]
