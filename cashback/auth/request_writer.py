"""Requests on their way into the log: held in memory, written in sets by a task of its own.

Answering waits for nothing of it. What a process holds when it dies is lost, and what the database cannot take for a
while is dropped: the log is for people who look, never for the books.
"""

import asyncio
from collections import defaultdict, deque
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.auth.keys import note_use
from cashback.db.engine import transaction
from cashback.request_log import service
from cashback.request_log.schemas import Asked

FLUSH_SECONDS = 0.5
HELD_MAX = 2_000
"""Requests in memory; beyond it the oldest are dropped."""
SET_MAX = 500

_log = structlog.get_logger(__name__)


class RequestWriter:
    """One per process."""

    def __init__(self, engine: AsyncEngine, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._engine = engine
        self._flush_seconds = flush_seconds
        self._held: deque[Asked] = deque(maxlen=HELD_MAX)
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0

    def take(self, request: Asked) -> None:
        """Hold a request until the next set is written; returns at once."""
        if len(self._held) == HELD_MAX:
            self.dropped += 1
        self._held.append(request)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._later())

    async def close(self) -> None:
        """Write what is held; called once, when nothing is answered any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def flush(self) -> None:
        """Write everything that is held now, an operator's requests and its keys' last use in one transaction."""
        while self._held:
            taken = [self._held.popleft() for _ in range(min(len(self._held), SET_MAX))]
            by_operator: dict[UUID, list[Asked]] = defaultdict(list)
            for each in taken:
                by_operator[each.operator_id].append(each)
            for operator_id, requests in by_operator.items():
                try:
                    async with transaction(self._engine, operator_id) as connection:
                        await service.record(connection, operator_id, requests)
                        await note_use(connection, operator_id, _used(requests))
                except Exception:
                    self.dropped += len(requests)
                    _log.warning("request_log.dropped", requests=len(requests), exc_info=True)

    async def _later(self) -> None:
        while self._held:
            await asyncio.sleep(self._flush_seconds)
            await self.flush()


def _used(requests: list[Asked]) -> list[tuple[UUID, datetime]]:
    return [(each.key_id, each.at) for each in requests if each.key_id is not None and each.status != 401]
