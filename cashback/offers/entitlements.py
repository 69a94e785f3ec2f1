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


def _of_one(spend: Spend, book: OfferBook, grants: Grants, *, may_ask: bool) -> list[Entitlement]:
    best: dict[str, tuple[int, CompiledOffer, int, int]] = {}
    losers: dict[str, list[tuple[CompiledOffer, int]]] = {}
    for offer in book.candidates(spend):
        if not offer.matches(spend):
            continue
        wanted = offer.wanted(spend)
        amount, asks = _at_grant(offer, wanted, grants.get((spend.purchase_id, offer.offer_id)), may_ask=may_ask)
        if wanted <= 0:
            continue
        held = best.get(offer.asset)
        if held is None:
            best[offer.asset] = (amount, offer, wanted, asks)
        elif (amount, held[1].code) > (held[0], offer.code):
            losers.setdefault(offer.asset, []).append((held[1], held[0]))
            best[offer.asset] = (amount, offer, wanted, asks)
        else:
            losers.setdefault(offer.asset, []).append((offer, amount))
    return [
        Entitlement(
            purchase_id=spend.purchase_id,
            offer_id=offer.offer_id,
            version=offer.version,
            asset=asset,
            amount=amount,
            wanted=wanted,
            asks=asks,
            matures_at=None if spend.cleared_at is None else spend.cleared_at + offer.hold,
            trail=_trail(spend, offer, wanted, amount, losers.get(asset, ())),
        )
        for asset, (amount, offer, wanted, asks) in best.items()
        if amount > 0 or offer.budgeted
    ]


def _at_grant(offer: CompiledOffer, wanted: int, grant: Grant | None, *, may_ask: bool) -> tuple[int, int]:
    """What the offer is worth, and how much of that its budget has still to be asked for."""
    if not offer.budgeted:
        return wanted, 0
    held = Grant(0, 0) if grant is None else grant
    asks = max(0, wanted - held.wanted) if may_ask else 0
    return min(held.granted, wanted) + asks, asks


def _trail(
    spend: Spend, offer: CompiledOffer, wanted: int, amount: int, losers: Iterable[tuple[CompiledOffer, int]]
) -> Trail:
    trail = offer.trail(spend)
    if offer.budgeted and amount < wanted:
        trail.append({"kind": "budget", "ok": amount > 0, "wanted": wanted, "granted": amount, "asset": offer.asset})
    for other, value in sorted(losers, key=lambda each: each[0].code):
        trail.append({"kind": "beats", "ok": True, "offer": other.code, "amount": value, "asset": other.asset})
    return trail
