"""Refunds that name no purchase: which purchase does each belong to?

Pure and independent of arrival: refunds are taken in order of their own time, and each goes to one purchase of the
same card, currency and place, made before it within `REFUND_WINDOW`, that still has at least as much to give back. A
purchase of exactly the refunded amount comes first, then the latest. What finds no purchase waits as an open credit and
is looked at again whenever a purchase of that card changes.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from cashback.purchases.schemas import Folded, PurchaseKey, PurchaseState

REFUND_WINDOW = timedelta(days=120)
"""Longest time between a purchase and an unlinked refund of it: shops' return windows reach 100 days."""


def assign(
    purchases: Sequence[Folded], credits: Iterable[Folded], shops: dict[PurchaseKey, UUID | None]
) -> dict[PurchaseKey, PurchaseKey]:
    """Credit to purchase, for every credit that finds one. `shops` gives the matched shop of each, if any."""
    left = {purchase.key: purchase.refundable_minor for purchase in purchases}
    assigned: dict[PurchaseKey, PurchaseKey] = {}
    for credit in sorted(credits, key=lambda each: (each.purchased_at, each.key.network, each.key.ref)):
        amount = credit.refunded_minor
        candidates = [
            purchase for purchase in purchases if left[purchase.key] >= amount and may_belong(credit, purchase, shops)
        ]
        if not candidates:
            continue
        best = max(
            candidates,
            key=lambda each: (each.gross_minor == amount, each.purchased_at, each.key.network, each.key.ref),
        )
        left[best.key] -= amount
        assigned[credit.key] = best.key
    return assigned


def may_belong(credit: Folded, purchase: Folded, shops: dict[PurchaseKey, UUID | None]) -> bool:
    """Whether a refund could be of this purchase, as far as its amount is not looked at."""
    if purchase.state is PurchaseState.CREDIT or purchase.card_id != credit.card_id:
        return False
    if purchase.currency != credit.currency or purchase.key.network != credit.key.network:
        return False
    if not purchase.purchased_at <= credit.purchased_at <= purchase.purchased_at + REFUND_WINDOW:
        return False
    shop, other = shops.get(credit.key), shops.get(purchase.key)
    if shop is not None and other is not None:
        return shop == other
    return bool(set(credit.merchant["identifiers"]) & set(purchase.merchant["identifiers"]))
