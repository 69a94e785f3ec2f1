"""Readings on their way into the audit log: held in memory, written in sets by a task of its own.

Answering waits for nothing of it. What a process holds when it is killed is lost: half a second. One that the database
cannot take is tried again with the next set, for as long as there is room.
"""

import asyncio
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Actor
from cashback.db.engine import transaction
from cashback.programmes import audit_log
from cashback.programmes.audit_log import Reading

FLUSH_SECONDS = 0.5
HELD_MAX = 20_000
"""Readings in memory; beyond it the oldest are dropped, and the log of the process says so."""
SET_MAX = 500
ONCE_IN = timedelta(hours=1)
"""A key that reads the same of the same subject again within it leaves no other line."""
KNOWN_MAX = 50_000
"""Readings that this process knows to be written; the database knows the others."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Key:
    operator_id: UUID
    actor: str
    action: str
    subject: str


class ReadWriter:
    """One per process."""

    def __init__(self, engine: AsyncEngine, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._engine = engine
        self._flush_seconds = flush_seconds
        self._held: deque[tuple[UUID, Reading]] = deque()
        self._known: OrderedDict[_Key, datetime] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0

    def take(self, reader: Actor, action: str, subject: str, at: datetime) -> None:
        """Hold a reading until the next set is written, unless it is known; returns at once."""
        key = _Key(reader.operator_id, reader.name, action, subject)
        before = self._known.get(key)
        if before is not None and at - before < ONCE_IN:
            return
        self._known[key] = at
        self._known.move_to_end(key)
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        if len(self._held) == HELD_MAX:
            self._held.popleft()
            self.dropped += 1
            _log.warning("audit_log.reading_dropped", dropped=self.dropped)
        self._held.append((reader.operator_id, Reading(reader.name, action, subject, at)))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._later())

    async def close(self) -> None:
        """Write what is held; called once, when nothing is answered any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def flush(self) -> None:
        """Write everything that is held now, an operator's readings in one statement."""
        waiting: list[tuple[UUID, Reading]] = []
        while self._held:
            taken = [self._held.popleft() for _ in range(min(len(self._held), SET_MAX))]
            by_operator: dict[UUID, list[Reading]] = defaultdict(list)
            for operator_id, reading in taken:
                by_operator[operator_id].append(reading)
            for operator_id, readings in by_operator.items():
                try:
                    async with transaction(self._engine, operator_id) as connection:
                        await audit_log.record_readings(connection, operator_id, readings, once_in=ONCE_IN)
                except Exception:
                    waiting += [(operator_id, each) for each in readings]
                    _log.warning("audit_log.readings_wait", readings=len(readings), exc_info=True)
        self._held.extendleft(reversed(waiting))

    async def _later(self) -> None:
        while self._held:
            await asyncio.sleep(self._flush_seconds)
            await self.flush()
