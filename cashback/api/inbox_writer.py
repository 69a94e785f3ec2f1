"""Writes batches of verified messages to the inbox log: one transaction a batch, whichever operators it concerns.

It keeps the few connections it uses. Asking a pool for one, and the pool asking the server whether it is still there,
costs as much as the rest of a small batch.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.db.failures import is_passing
from webhooks.group_commit import Busy
from webhooks.inbox import append
from webhooks.messages import NewMessage, Receipt
from webhooks.sealing import KeyRing

WRITE_SECONDS_MAX = 10.0
"""A provider gives up after 10 to 20 s (Adyen, Fidel): answering later than this would not be heard."""

Item = tuple[UUID, NewMessage]
"""An operator and a message for its log."""

_log = structlog.get_logger(__name__)


class InboxWriter:
    """The flush of the receiver's group commit."""

    def __init__(self, engine: AsyncEngine, keyring: KeyRing) -> None:
        self._engine = engine
        self._keyring = keyring
        self._kept: list[AsyncConnection] = []

    async def write(self, batch: Sequence[Item]) -> list[Receipt]:
        """Append and commit; `Busy` when the database cannot be written at all. Writing a batch again is harmless."""
        try:
            async with asyncio.timeout(WRITE_SECONDS_MAX):
                if self._kept:
                    try:
                        return await self._write_on(self._kept.pop(), batch)
                    except DBAPIError as error:
                        # The server was restarted since the connection was last used, which only shows now.
                        if not error.connection_invalidated:
                            raise
                return await self._write_on(await self._engine.connect(), batch)
        except Exception as error:
            if not is_passing(error):
                raise
            _log.error("inbox_unavailable", messages=len(batch), error=type(error).__name__)
            raise Busy("the database cannot be written now") from error

    async def close(self) -> None:
        """Give the connections back."""
        while self._kept:
            await self._kept.pop().close()

    async def _write_on(self, connection: AsyncConnection, batch: Sequence[Item]) -> list[Receipt]:
        try:
            async with connection.begin():
                receipts = await self._append(connection, batch)
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        self._kept.append(connection)
        return receipts

    async def _append(self, connection: AsyncConnection, batch: Sequence[Item]) -> list[Receipt]:
        by_operator: dict[UUID, list[int]] = {}
        for index, (operator_id, _) in enumerate(batch):
            by_operator.setdefault(operator_id, []).append(index)
        receipts: dict[int, Receipt] = {}
        for operator_id in sorted(by_operator):
            indexes = by_operator[operator_id]
            await connection.exec_driver_sql(_BEGIN, (str(operator_id),))
            stored = await append(connection, operator_id, [batch[index][1] for index in indexes], self._keyring)
            receipts.update(zip(indexes, stored, strict=True))
        return [receipts[index] for index in range(len(batch))]


# The operator of what follows, and plans by index: one made while the log was short would stay in use when it is long.
_BEGIN = "SELECT set_config('app.tenant', $1, true), set_config('enable_seqscan', 'off', true)"
