"""What a shopper is owed: a pure function of purchases, the offer versions of their time, grants and `now`.

No I/O, no clock, no counter. The engine posts what this says minus what is posted, and nothing else changes a reward.

Offers that reward the same asset compete for one purchase: the best for the shopper wins, ties go to the offer code
that comes first in the alphabet, and the losers are named in the winner's trail. Offers of different assets stand side
by side.

Some offers have a budget, a limit shared by all shoppers. What the budget gave to a purchase is a `Grant` and an
*input* here: an offer is worth what was granted, plus what may still be asked for an amount that has grown since. A
refusal is final. The caller asks the budgets for what the answer `asks`, and calls again with the grants it got.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cashback.offers.matcher import CompiledOffer, OfferBook
from cashback.offers.schemas import Entitlement, Grant, Spend, Trail

Grants = Mapping[tuple[UUID, UUID], Grant]
"""By purchase and offer."""


def entitlements(
    history: Iterable[Spend], book: OfferBook, grants: Grants, *, may_ask: bool = True
) -> list[Entitlement]:
    """Everything that is owed for these purchases; `may_ask=False` counts only what was already granted."""
    owed: list[Entitlement] = []
    for spend in history:
        if spend.counts and spend.net_minor > 0:
            owed.extend(_of_one(spend, book, grants, may_ask=may_ask))
    return owed


def is_available(matures_at: datetime | None, now: datetime) -> bool:
    """Pending becomes available at the end of the hold; what has not cleared has no end of hold."""
    return matures_at is not None and matures_at <= now


@dataclass(slots=True)
class _Candidate:
    """An offer that applies, and what it is worth to the shopper."""

    offer: CompiledOffer
    wanted: int
    amount: int
    asks: int
    promised: int
    """What a trail says it would have given: a budget that was never asked is not counted as empty."""

    def beats(self, other: "_Candidate") -> bool:
        return (self.amount, other.offer.code) > (other.amount, self.offer.code)


def _of_one(spend: Spend, book: OfferBook, grants: Grants, *, may_ask: bool) -> list[Entitlement]:
    by_asset: dict[str, list[_Candidate]] = {}
    for offer in book.candidates(spend):
        if not offer.matches(spend):
            continue
        wanted = offer.wanted(spend)
        if wanted <= 0:
            continue
        grant = grants.get((spend.purchase_id, offer.offer_id))
        amount, asks = _at_grant(offer, wanted, grant, may_ask=may_ask)
        promised = wanted if offer.budgeted and grant is None else amount
        by_asset.setdefault(offer.asset, []).append(_Candidate(offer, wanted, amount, asks, promised))
    owed: list[Entitlement] = []
    for asset, candidates in by_asset.items():
        best = candidates[0]
        for each in candidates[1:]:
            best = each if each.beats(best) else best
        if best.amount > 0 or best.offer.budgeted:
            owed.append(
                Entitlement(
                    purchase_id=spend.purchase_id,
                    offer_id=best.offer.offer_id,
                    version=best.offer.version,
                    asset=asset,
                    amount=best.amount,
                    wanted=best.wanted,
                    asks=best.asks,
                    matures_at=None if spend.cleared_at is None else spend.cleared_at + best.offer.hold,
                    trail=_trail(spend, best, candidates),
                )
            )
    return owed


def _at_grant(offer: CompiledOffer, wanted: int, grant: Grant | None, *, may_ask: bool) -> tuple[int, int]:
    """What the offer is worth, and how much of that its budget has still to be asked for."""
    if not offer.budgeted:
        return wanted, 0
    held = Grant(0, 0) if grant is None else grant
    asks = max(0, wanted - held.wanted) if may_ask else 0
    return min(held.granted, wanted) + asks, asks


def _trail(spend: Spend, best: _Candidate, candidates: Iterable[_Candidate]) -> Trail:
    asset = best.offer.asset
    trail = best.offer.trail(spend)
    if best.offer.budgeted and best.amount < best.wanted:
        reduced = {"kind": "budget", "ok": best.amount > 0, "wanted": best.wanted, "granted": best.amount}
        trail.append({**reduced, "asset": asset})
    for each in candidates:
        if each is not best:
            beaten = {"kind": "beats", "ok": True, "offer": each.offer.code, "amount": each.promised}
            trail.append({**beaten, "asset": asset})
    return trail
