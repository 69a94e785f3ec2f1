"""What the product made of a world: its rows in their groups, what the rules see of them, what was earned.

Read with the functions that the product itself decides by, so that the score speaks of what really stands.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.merchants.schemas import Shop
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Spend
from cashback.purchases.schemas import PurchaseState
from cashback.rewards.history import whole_histories
from cashback.rewards.snapshot import load_snapshot

_ROWS = """
SELECT p.id, r.reference, p.network, p.purchase_ref, p.state, p.witness_of, p.shop_id, p.authorised_minor,
    p.cleared_minor, p.net_minor, p.currency, p.purchased_at, p.purchased_until, p.time_basis, p.cleared_at,
    p.credit_to, p.merchant ->> 'descriptor'
FROM purchases p JOIN shopper_references r ON r.operator_id = p.operator_id AND r.shopper_id = p.shopper_id
WHERE p.operator_id = $1 ORDER BY r.reference, p.purchased_at, p.network, p.purchase_ref
"""
_EARNED = """
SELECT purchase_id, asset, sum(pending + available)::bigint FROM rewards WHERE operator_id = $1
GROUP BY purchase_id, asset HAVING sum(pending + available) <> 0
"""


class Row(Struct, frozen=True, kw_only=True):
    """One row of purchases. Amounts are minor units of `currency`."""

    id: UUID
    shopper: str
    network: str
    ref: str
    state: PurchaseState
    witness_of: UUID | None = None
    shop: str | None = None
    """Code of the shop it was matched to."""
    authorised_minor: int = 0
    cleared_minor: int = 0
    net_minor: int = 0
    currency: str
    since: datetime
    until: datetime
    basis: str = "instant"
    cleared_at: datetime | None = None
    credit_to: str | None = None
    descriptor: str | None = None

    @property
    def group(self) -> UUID:
        """The purchase it is recognised as: itself, or the one that it witnesses."""
        return self.witness_of or self.id

    def said(self) -> str:
        """The row in one line, for a person who looks for what went wrong."""
        when = f"{self.since:%Y-%m-%d %H:%M}" + ("" if self.until == self.since else f"..{self.until:%m-%d %H:%M}")
        return (
            f"{self.network} {self.ref}: {self.state.value} authorised {self.authorised_minor} cleared "
            f"{self.cleared_minor} net {self.net_minor} {self.currency}, {when} ({self.basis}), "
            f"{self.descriptor!r} -> {self.shop}, group {str(self.group)[-12:]}"
        )


class Outcome(Struct, frozen=True):
    """Everything that is scored."""

    rows: list[Row]
    spends: Mapping[UUID, Spend]
    """By id, of the rows that offers look at."""
    earned: Mapping[UUID, Mapping[str, int]]
    """By id and asset: what the row earned, pending or available."""
    book: OfferBook
    shops: Mapping[str, Shop]
    """By code."""


async def read_outcome(connection: AsyncConnection, operator_id: UUID) -> Outcome:
    """What stands of one operator."""
    snapshot = await load_snapshot(connection, operator_id)
    codes = {shop_id: shop.code for shop_id, shop in snapshot.shops.shops.items()}
    rows = [
        Row(
            id=each[0],
            shopper=each[1],
            network=each[2],
            ref=each[3],
            state=PurchaseState(each[4]),
            witness_of=each[5],
            shop=codes.get(each[6]),
            authorised_minor=each[7],
            cleared_minor=each[8],
            net_minor=each[9],
            currency=each[10],
            since=each[11],
            until=each[12],
            basis=each[13],
            cleared_at=each[14],
            credit_to=each[15],
            descriptor=each[16],
        )
        for each in await fetch(connection, _ROWS, (operator_id,))
    ]
    people = [each[0] for each in await fetch(connection, _SHOPPERS, (operator_id,))]
    histories = await whole_histories(connection, snapshot, people)
    spends = {spend.purchase_id: spend for each in histories.values() for spend in each.spends if spend.counts}
    earned: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for purchase_id, asset, amount in await fetch(connection, _EARNED, (operator_id,)):
        earned[purchase_id][asset] = amount
    return Outcome(
        rows, spends, dict(earned), snapshot.book, {each.code: each for each in snapshot.shops.shops.values()}
    )


_SHOPPERS = "SELECT shopper_id FROM shoppers WHERE operator_id = $1 ORDER BY shopper_id"
