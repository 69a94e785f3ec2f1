"""What time alone changes and nothing has to be judged for: holds that ended, lots that expire or are told to.

The caller holds the locks of the shoppers concerned.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.events import service as events
from cashback.ledger import service as ledger
from cashback.programmes.schemas import Programme
from cashback.purchases.schemas import PurchaseKey
from cashback.rewards import lot_storage, storage
from cashback.rewards.aging import age
from cashback.rewards.announcing import expired, ripened
from cashback.rewards.converting import convert
from cashback.rewards.difference import Difference
from cashback.rewards.maturing import mature
from cashback.rewards.snapshot import Snapshot


async def settle_ripe(
    connection: AsyncConnection, snapshot: Snapshot, due: Sequence[PurchaseKey], now: datetime
) -> list[PurchaseKey]:
    """Make available what is ripe of these purchases and settle what that changes; answers what has to be judged."""
    matured, rest = await mature(connection, snapshot.programme, due, now)
    found = Difference()
    for pair, years in matured.items():
        found.matured[pair].update(years)
    if snapshot.listened:
        await events.tell(connection, snapshot.operator_id, await ripened(connection, due, now), now)
    aging = {key.shopper_id for key in due} if snapshot.expiring and len(rest) < len(due) else ()
    await _settle(connection, snapshot.programme, found, aging, now)
    return rest


async def settle_lots(
    connection: AsyncConnection, programme: Programme, shoppers: Collection[UUID], now: datetime
) -> None:
    """Let expire what ends by now, of all assets of these shoppers, and tell them what will."""
    await _settle(connection, programme, Difference(), shoppers, now)


async def _settle(
    connection: AsyncConnection, programme: Programme, found: Difference, aging: Iterable[UUID], now: datetime
) -> None:
    aged = await age(connection, programme, found, aging, now)
    years = await convert(connection, programme, found, (), now, aged)
    await lot_storage.write_aged(connection, found.aged, now)
    await storage.write_years(connection, programme.operator_id, years)
    await ledger.post(connection, programme.operator_id, found.transfers, now)
    await events.tell(connection, programme.operator_id, expired(found.aged, now), now)
