"""Why, and why not: for any purchase, every offer that could concern it with each condition and its figures.

Evaluated on demand by the conditions that decided, so an explanation can never disagree with the engine.
"""

from dataclasses import dataclass
from uuid import UUID

from cashback.offers.schemas import Trail
from cashback.purchases.schemas import PurchaseState
from cashback.rewards.refold import Standing
from cashback.rewards.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Explanation:
    """One offer looked at for one purchase; without an offer, why none was."""

    offer: str | None
    version: int | None
    matches: bool
    trail: Trail


def explain(snapshot: Snapshot, standing: Standing) -> list[Explanation]:
    """What stands between the purchase and the rules, else every offer live at its time that concerns its shop."""
    before = _before_the_rules(standing)
    if before:
        return [Explanation(None, None, False, before)]
    offers = snapshot.book.explain(standing.spend())
    if not offers:
        return [Explanation(None, None, False, [{"kind": "no_offer", "ok": False}])]
    return [Explanation(offer.code, offer.version, matches, trail) for offer, trail, matches in offers]


def why_taken_back(snapshot: Snapshot, standing: Standing, offer_id: UUID) -> Trail:
    """Why an offer that rewarded this purchase owes nothing for it now."""
    before = _before_the_rules(standing)
    if before:
        return before
    spend = standing.spend()
    for offer, trail, matches in snapshot.book.explain(spend):
        if offer.offer_id == offer_id:
            return [*trail, {"kind": "lost_to_another", "ok": False}] if matches else trail
    return [{"kind": "no_offer", "ok": False}]


def _before_the_rules(standing: Standing) -> Trail:
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
