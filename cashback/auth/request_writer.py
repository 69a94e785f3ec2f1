"""Requests on their way into the log: held in memory, written in sets by a task of its own.

Answering waits for nothing of it. What a process holds when it dies is lost, and what the database cannot take for a
while is dropped: the log is for people who look, never for the books.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.auth.keys import note_use
from cashback.auth.set_writer import FLUSH_SECONDS, SetWriter
from cashback.db.engine import transaction
from cashback.request_log import service
from cashback.request_log.schemas import Asked

HELD_MAX = 2_000
"""Requests in memory; beyond it the oldest are dropped."""

_log = structlog.get_logger(__name__)


class RequestWriter(SetWriter[Asked]):
    """One per process."""

    def __init__(self, engine: AsyncEngine, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        super().__init__(engine, held_max=HELD_MAX, flush_seconds=flush_seconds)

    def take(self, request: Asked) -> None:
        """Hold a request until the next set is written; returns at once."""
        self._hold(request.operator_id, request)

    async def _written(self, operator_id: UUID, several: Sequence[Asked]) -> Sequence[Asked]:
        """An operator's requests and its keys' last use, in one transaction; nothing is tried again."""
        try:
            async with transaction(self._engine, operator_id) as connection:
                await service.record(connection, operator_id, several)
                await note_use(connection, operator_id, _used(several))
        except Exception:
            self.dropped += len(several)
            _log.warning("request_log.dropped", requests=len(several), exc_info=True)
        return ()

    def _forget(self, dropped: Sequence[tuple[UUID, Asked]]) -> None:
        """Nothing more: they are counted."""


def _used(requests: Sequence[Asked]) -> list[tuple[UUID, datetime]]:
    return [(each.key_id, each.at) for each in requests if each.key_id is not None and each.status != 401]
