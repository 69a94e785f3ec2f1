"""What follows when shops are created or corrected: their purchases are settled again, and places are looked at again.

What offers look at of a shop decides what its purchases earn; what evidence is weighed by decides which purchases may
be its own. Both are asked for in the transaction that changes the shops, and done beside it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.merchants.places import look_again
from cashback.merchants.rematching import ask_for_rematch, request_of
from cashback.merchants.schemas import Shop


async def follow(
    connection: AsyncConnection, operator_id: UUID, before: Mapping[str, Shop], after: Iterable[Shop], now: datetime
) -> None:
    """Ask for what these shops, as they stand now, change; `before` holds by code what there was."""
    changed = [(before.get(each.code), each) for each in after if before.get(each.code) != each]
    moved = [shop.code for held, shop in changed if held is not None and _place(held) != _place(shop)]
    await ask_for_rematch(connection, operator_id, [request_of(each) for each in moved], now)
    if any(held is None or _signs(held) != _signs(shop) for held, shop in changed):
        await look_again(connection, operator_id)


def _place(shop: Shop) -> tuple[UUID, str, str, str, str]:
    """What offers look at of a shop."""
    return shop.centre_id, shop.category, shop.brand, shop.floor, shop.area


def _signs(shop: Shop) -> tuple[str, str, str, UUID]:
    """What evidence looks at of a shop."""
    return shop.name, shop.brand, shop.category, shop.centre_id
