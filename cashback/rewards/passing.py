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
from cashback.rewards import lot_storage, storage
from cashback.rewards.aging import age
from cashback.rewards.announcing import expired, matured
from cashback.rewards.converting import convert
from cashback.rewards.difference import Difference
from cashback.rewards.maturing import mature
from cashback.rewards.snapshot import Snapshot


async def settle_ripe(
    connection: AsyncConnection, snapshot: Snapshot, purchases: Sequence[tuple[UUID, UUID]], now: datetime
) -> None:
    """Make available what of these purchases is ripe, given as shopper and purchase, and settle what that changes."""
    found = Difference()
    for pair, years in (await mature(connection, snapshot.programme, purchases, now)).items():
        found.matured[pair].update(years)
    if snapshot.listened:
        await events.tell(connection, snapshot.operator_id, await matured(connection, purchases, now), now)
    aging = {shopper_id for shopper_id, _ in purchases} if snapshot.expiring else ()
    await _settle(connection, snapshot.programme, found, aging, now)


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
