"""Readings on their way into the audit log: held in memory, written in sets by a task of its own.

Answering waits for nothing of it. What a process holds when it is killed is lost: half a second. One that the database
cannot take is tried again with the next set, for as long as there is room.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Actor
from cashback.auth.set_writer import FLUSH_SECONDS, SetWriter
from cashback.db.engine import transaction
from cashback.programmes import audit_log
from cashback.programmes.audit_log import Reading

HELD_MAX = 20_000
"""Readings in memory; beyond it the oldest are dropped, and the log of the process says so."""
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


class ReadWriter(SetWriter[Reading]):
    """One per process."""

    def __init__(self, engine: AsyncEngine, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        super().__init__(engine, held_max=HELD_MAX, flush_seconds=flush_seconds)
        self._known: OrderedDict[_Key, datetime] = OrderedDict()

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
        self._hold(reader.operator_id, Reading(reader.name, action, subject, at))

    async def _written(self, operator_id: UUID, several: Sequence[Reading]) -> Sequence[Reading]:
        try:
            async with transaction(self._engine, operator_id) as connection:
                await audit_log.record_readings(connection, operator_id, several, once_in=ONCE_IN)
        except Exception:
            _log.warning("audit_log.readings_wait", readings=len(several), exc_info=True)
            return several
        return ()

    def _forget(self, dropped: Sequence[tuple[UUID, Reading]]) -> None:
        """They are no lines: the next of their kind is to be one."""
        for operator_id, each in dropped:
            key = _Key(operator_id, each.actor, each.action, each.subject)
            if self._known.get(key) == each.at:
                del self._known[key]
        _log.warning("audit_log.readings_dropped", readings=len(dropped), dropped=self.dropped)
