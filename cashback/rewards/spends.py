"""A purchase as the rules see it: as it was folded, or as it is stored."""

from typing import Any
from uuid import UUID

from cashback.merchants.schemas import Shop
from cashback.offers.schemas import Spend
from cashback.purchases.schemas import Folded

STORED_SPEND = """p.shopper_id, p.id, p.network, p.purchase_ref, p.card_id, p.net_minor,
    CASE WHEN p.cleared_at IS NULL THEN p.authorised_minor ELSE p.cleared_minor END,
    p.currency, p.purchased_at, p.cleared_at, p.shop_id, p.merchant ->> 'channel',
    p.state IN ('authorized', 'cleared', 'partly_refunded')"""
"""What `stored_spend` wants of a row of purchases `p`; the shopper comes first, the shop is at `SHOP_AT`."""
SHOP_AT = 10


def spend_of(purchase_id: UUID, folded: Folded, shop: Shop | None) -> Spend:
    """A folded purchase with its shop; an unmatched one counts for nothing until its shop is known."""
    return Spend(
        purchase_id=purchase_id,
        ref=f"{folded.key.network}:{folded.key.ref}",
        counts=shop is not None and folded.state.may_earn(),
        net_minor=folded.net_minor,
        gross_minor=folded.gross_minor,
        currency=folded.currency,
        purchased_at=folded.purchased_at,
        cleared_at=folded.cleared_at,
        network=folded.key.network,
        card_id=folded.card_id,
        channel=folded.merchant.get("channel"),
        shop_id=None if shop is None else shop.id,
        centre_id=None if shop is None else shop.centre_id,
        category=None if shop is None else shop.category,
        brand=None if shop is None else shop.brand,
        floor=None if shop is None else shop.floor or None,
        area=None if shop is None else shop.area or None,
    )


def stored_spend(row: Any, shop: Shop) -> Spend:
    """A row of `STORED_SPEND` with its shop."""
    return Spend(
        purchase_id=row[1],
        ref=f"{row[2]}:{row[3]}",
        counts=row[12],
        net_minor=row[5],
        gross_minor=row[6],
        currency=row[7],
        purchased_at=row[8],
        cleared_at=row[9],
        network=row[2],
        card_id=row[4],
        channel=row[11],
        shop_id=shop.id,
        centre_id=shop.centre_id,
        category=shop.category,
        brand=shop.brand,
        floor=shop.floor or None,
        area=shop.area or None,
    )
