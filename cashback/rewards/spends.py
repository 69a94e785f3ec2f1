"""A purchase as the rules see it: as it was folded, or as it is stored."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.merchants.schemas import Shop
from cashback.offers.schemas import Spend
from cashback.offers.uncertainty import in_zone, latest
from cashback.purchases.schemas import Folded
from issuers.events import TimeBasis

STORED_SPEND = """p.shopper_id, p.id, p.network, p.purchase_ref, p.card_id, p.net_minor,
    CASE WHEN p.cleared_at IS NULL THEN p.authorised_minor ELSE p.cleared_minor END,
    p.currency, p.purchased_at, p.cleared_at, p.shop_id,
    coalesce(p.merchant ->> 'channel', p.merchant ->> 'channel_told'),
    p.state IN ('authorized', 'cleared', 'partly_refunded'), p.purchased_until, p.time_basis"""
"""What `stored_spend` wants of a row of purchases `p`; the shopper comes first, the shop is at `SHOP_AT`."""
SHOP_AT = 10


def spend_of(purchase_id: UUID, folded: Folded, shop: Shop | None) -> Spend:
    """A folded purchase with its shop; an unmatched one counts for nothing until its shop is known.

    Days that its source told without a zone are still those of UTC: see `offers.uncertainty.in_zone`.
    """
    return Spend(
        purchase_id=purchase_id,
        ref=f"{folded.key.network}:{folded.key.ref}",
        counts=shop is not None and folded.state.may_earn(),
        net_minor=folded.net_minor,
        gross_minor=folded.gross_minor,
        currency=folded.currency,
        purchased_at=folded.purchased_at,
        purchased_until=latest(folded.purchased_at, folded.purchased_until, folded.time_basis),
        time_basis=folded.time_basis,
        cleared_at=folded.cleared_at,
        network=folded.key.network,
        card_id=folded.card_id,
        channel=folded.merchant.get("channel") or folded.merchant.get("channel_told"),
        shop_id=None if shop is None else shop.id,
        centre_id=None if shop is None else shop.centre_id,
        category=None if shop is None else shop.category,
        brand=None if shop is None else shop.brand,
        floor=None if shop is None else shop.floor or None,
        area=None if shop is None else shop.area or None,
    )


def stored_spend(row: Any, shop: Shop, zone: ZoneInfo) -> Spend:
    """A row of `STORED_SPEND` with its shop and the zone of its centre."""
    basis = _BASES[row[14]]
    spend = Spend(
        purchase_id=row[1],
        ref=f"{row[2]}:{row[3]}",
        counts=row[12],
        net_minor=row[5],
        gross_minor=row[6],
        currency=row[7],
        purchased_at=row[8],
        purchased_until=latest(row[8], row[13], basis),
        time_basis=basis,
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
    return in_zone(spend, zone)


_BASES = {each.value: each for each in TimeBasis}
