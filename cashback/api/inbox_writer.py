"""Writes batches of verified messages to the inbox log: one commit a batch, whichever operators it concerns.

It keeps the few connections it uses, and speaks to their driver. Asking a pool for one, the pool asking the server
whether it is still there, and a round trip each to begin, to name the operator and to commit cost several times what a
small batch itself does: a batch of one operator is a single statement, and therefore a transaction of its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.db.engine import transaction
from cashback.db.failures import is_passing
from webhooks.group_commit import Busy
from webhooks.inbox import append, append_new
from webhooks.messages import NewMessage, Receipt
from webhooks.sealing import KeyRing, SealingKey, period_of

WRITE_SECONDS_MAX = 10.0
"""A provider gives up after 10 to 20 s (Adyen, Fidel): answering later than this would not be heard."""

Item = tuple[UUID, NewMessage]
"""An operator and a message for its log."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Share:
    """What one operator has in a batch."""

    operator_id: UUID
    indexes: list[int]
    messages: list[NewMessage]
    keys: Mapping[date, SealingKey]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A connection of the pool's making that never goes back to the pool, and its driver."""

    connection: AsyncConnection
    driver: asyncpg.Connection

    async def end(self) -> None:
        await self.connection.invalidate()
        await self.connection.close()


class InboxWriter:
    """The flush of the receiver's group commit."""

    def __init__(self, engine: AsyncEngine, keyring: KeyRing) -> None:
        self._engine = engine
        self._keyring = keyring
        self._kept: list[_Kept] = []

    async def write(self, batch: Sequence[Item]) -> list[Receipt]:
        """Append and commit; `Busy` when the database cannot be written at all. Writing a batch again is harmless."""
        try:
            async with asyncio.timeout(WRITE_SECONDS_MAX):
                return await self._write(batch)
        except Exception as error:
            if not is_passing(error):
                raise
            _log.error("inbox_unavailable", messages=len(batch), error=type(error).__name__)
            raise Busy("the database cannot be written now") from error

    async def close(self) -> None:
        """End the connections."""
        while self._kept:
            await self._kept.pop().end()

    async def _write(self, batch: Sequence[Item]) -> list[Receipt]:
        # By number: the hash of a UUID is worked out in Python.
        by_operator: dict[int, list[int]] = {}
        for index, (operator_id, _) in enumerate(batch):
            by_operator.setdefault(operator_id.int, []).append(index)
        shares = []
        for _, indexes in sorted(by_operator.items()):
            operator_id = batch[indexes[0]][0]
            messages = [batch[index][1] for index in indexes]
            shares.append(_Share(operator_id, indexes, messages, await self._keys(operator_id, messages)))
        left = await self._append_new(shares)
        receipts = [Receipt.STORED] * len(batch)
        for share, places in zip(shares, left, strict=True):
            if places:
                found = await self._append(share.operator_id, [share.messages[place] for place in places])
                for place, receipt in zip(places, found, strict=True):
                    receipts[share.indexes[place]] = receipt
        return receipts

    async def _keys(self, operator_id: UUID, messages: Sequence[NewMessage]) -> dict[date, SealingKey]:
        """The key of each month, in the database before the first message that needs it."""
        keys = {}
        for period in {period_of(message.received_at.date()) for message in messages}:
            key = self._keyring.committed_key(operator_id, period)
            if key is None:
                async with transaction(self._engine, operator_id) as connection:
                    key = await self._keyring.period_key(connection, operator_id, period)
            keys[period] = key
        return keys

    async def _append_new(self, shares: Sequence[_Share]) -> list[list[int]]:
        """Commit what is new; answers for each share the places of what is not."""
        if self._kept:
            kept = self._kept.pop()
            try:
                return await self._append_new_on(kept, shares)
            except ConnectionResetError:
                # The server was restarted since the connection was last used, which only shows now.
                _log.info("inbox_connection_lost")
        return await self._append_new_on(await self._open(), shares)

    async def _append_new_on(self, kept: _Kept, shares: Sequence[_Share]) -> list[list[int]]:
        driver = kept.driver
        try:
            if len(shares) == 1:
                left = [await append_new(driver, shares[0].operator_id, shares[0].messages, shares[0].keys)]
            else:
                async with driver.transaction():
                    left = [await append_new(driver, each.operator_id, each.messages, each.keys) for each in shares]
        except BaseException as error:
            lost = driver.is_closed()
            await kept.end()
            if lost and isinstance(error, Exception):
                raise ConnectionResetError("the connection to the database was lost") from error
            raise
        self._kept.append(kept)
        return left

    async def _open(self) -> _Kept:
        connection = await self._engine.connect()
        raw = await connection.get_raw_connection()
        kept = _Kept(connection, raw.driver_connection)
        try:
            # Plans by index: one made while the log was short would stay in use when it is long.
            await kept.driver.execute("SET enable_seqscan = off")
        except BaseException:
            await kept.end()
            raise
        return kept

    async def _append(self, operator_id: UUID, messages: Sequence[NewMessage]) -> list[Receipt]:
        async with self._engine.begin() as connection:
            await connection.exec_driver_sql(_BEGIN, (str(operator_id),))
            return await append(connection, operator_id, messages, self._keyring)


_BEGIN = "SELECT set_config('app.tenant', $1, true), set_config('enable_seqscan', 'off', true)"
