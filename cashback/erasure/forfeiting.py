"""What a shopper gives up, in the books: pending rewards go back to who funds them, what is available ends unused.

A pending reward was never the shopper's: it is taken back like that of a purchase that was returned. What was available
ends where every lot ends that nobody uses. What the shopper owes is written off: nothing will come in that could pay
it. The caller holds the programme's shared lock and the lock of the shopper.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.erasure.schemas import Held
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, EXPIRED, WRITE_OFF
from cashback.ledger.service import Transfer
from cashback.programmes.schemas import Programme
from cashback.rewards import lots, storage
from cashback.rewards.lots import Taking
from cashback.rewards.passing import settle_lots
from cashback.rewards.plan import reward_transfers

_HELD = "SELECT asset, pending, available, version FROM balances WHERE shopper_id = $1 ORDER BY asset"


async def held_by(connection: AsyncConnection, shopper_id: UUID) -> dict[str, Held]:
    """What stands in a wallet, by asset, where anything does."""
    rows = await fetch(connection, _HELD, (shopper_id,))
    found = {row[0]: Held(row[1], max(row[2], 0), max(-row[2], 0)) for row in rows}
    return {asset: each for asset, each in found.items() if each != Held()}


async def forfeit(
    connection: AsyncConnection, programme: Programme, shopper_id: UUID, now: datetime
) -> Mapping[str, Held]:
    """Give up everything that stands in a wallet; answers what that was."""
    await settle_lots(connection, programme, [shopper_id], now)
    given_up = await held_by(connection, shopper_id)
    await _take_pending_back(connection, programme.operator_id, shopper_id, now)
    rows = await fetch(connection, _HELD, (shopper_id,))
    # A balance counts its transfers: no two of its states have the same key.
    keys = {row[0]: f"erasure:{row[0]}:{row[3]}" for row in rows}
    takings = [Taking(shopper_id, row[0], row[2], keys[row[0]]) for row in rows if row[2] > 0]
    # What the ledger says is what is given up: nobody is kept because of lots.
    await lots.use_all(connection, programme.operator_id, takings, now, overdraw=True)
    transfers = [
        Transfer(shopper_id, each.key, AVAILABLE, EXPIRED, each.asset, each.amount, "forfeited") for each in takings
    ]
    transfers += [
        Transfer(shopper_id, keys[row[0]], WRITE_OFF, AVAILABLE, row[0], -row[2], "write_off")
        for row in rows
        if row[2] < 0
    ]
    await ledger.post(connection, programme.operator_id, transfers, now)
    return given_up


async def _take_pending_back(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, now: datetime) -> None:
    held = [row for row in (await storage.rewards_of_shoppers(connection, [shopper_id])).values() if row.pending]
    targets = [replace(row, pending=0, revision=row.revision + 1, updated_at=now) for row in held]
    await storage.write_rewards(connection, operator_id, targets, now)
    moved = [each for row, target in zip(held, targets, strict=True) for each in reward_transfers(row, target)]
    await ledger.post(connection, operator_id, moved, now)
