"""A purchase as the rules see it."""

from uuid import UUID

from cashback.merchants.schemas import Shop
from cashback.offers.schemas import Spend
from cashback.purchases.schemas import Folded


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
