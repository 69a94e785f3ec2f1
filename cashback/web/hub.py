"""The live feed's fan-out: one reader of the database per operator and process, many browsers.

The reader looks when something was told of the operator, and by itself from time to time, while somebody is watching;
it stops with the last one. What reaches nobody is lost, and that is fine: a browser that connects is first told
everything that changed since it last heard.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.clock import Clock
from cashback.db.engine import transaction
from cashback.errors import TryAgain
from cashback.insights.feed import changed, read_feed, read_pulse
from cashback.insights.house import House, Houses
from cashback.insights.schemas import FeedFilters, FeedRow, Pulse
from cashback.live import Live, LocalLive

CLIENTS_MAX = 200
"""Browsers that may watch through one process; the next one is asked to poll."""
CLIENTS_OF_ONE = 50
"""Of them, one operator's."""
QUEUE_MAX = 200
"""Rows that wait for one browser; a slower one is disconnected and catches up when it returns."""
APART_SECONDS = 0.25
"""Between two looks at the feed, however much is told."""
PULSE_SECONDS = 5.0
"""Between two looks at the tiles, which cost more."""
BEGINS_SECONDS = 5.0
"""How long a browser that connects waits for the reader to have begun."""
CATCH_UP = timedelta(seconds=30)
"""Told again to a browser that returns: how much later a transaction may commit than the time it wrote down."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What one look found: rows to put on top one by one, and the tiles when they were read."""

    rows: tuple[FeedRow, ...]
    pulse: Pulse | None
    house: House
    at: datetime


@dataclass(eq=False, slots=True)
class Watcher:
    """One browser's queue. None in it is the end."""

    queue: asyncio.Queue[News | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))


class FeedHub:
    """Watchers by operator, and the task that reads for them."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        houses: Houses,
        live: Live | None = None,
        *,
        apart_seconds: float = APART_SECONDS,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._houses = houses
        self._live = live or LocalLive()
        self._apart = apart_seconds
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._readers: dict[UUID, asyncio.Task[None]] = {}
        self._begun: dict[UUID, asyncio.Event] = {}
        self._closed = False

    def check_room(self, operator_id: UUID) -> None:
        """Raises TryAgain when the process or the operator has enough watchers, or the process is closing."""
        watching = {each: len(watchers) for each, watchers in self._watchers.items()}
        full = sum(watching.values()) >= CLIENTS_MAX or watching.get(operator_id, 0) >= CLIENTS_OF_ONE
        if self._closed or full:
            raise TryAgain("as many browsers as may are watching already", code="feed_full")

    @asynccontextmanager
    async def watch(self, operator_id: UUID) -> AsyncIterator[Watcher]:
        """Be told the news of one operator while the block lasts; TryAgain when there is no room."""
        self.check_room(operator_id)
        watcher = Watcher()
        self._watchers.setdefault(operator_id, set()).add(watcher)
        if operator_id not in self._readers:
            self._begun[operator_id] = asyncio.Event()
            self._readers[operator_id] = asyncio.create_task(self._read(operator_id))
        try:
            yield watcher
        finally:
            self._drop(operator_id, watcher)

    async def since(self, operator_id: UUID, heard_at: datetime) -> News:
        """Everything that changed since a browser last heard, oldest first, and the tiles.

        Reads after the watchers' reader has begun: what changes in between is in one of the two, never in neither.
        """
        if operator_id in self._begun:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._begun[operator_id].wait(), BEGINS_SECONDS)
        async with transaction(self._engine, operator_id) as connection:
            house = await self._houses.current(connection, operator_id)
            at = self._clock.now()
            rows = await read_feed(connection, house, FeedFilters())
            pulse = await read_pulse(connection, house, at)
        told = [row for row in reversed(rows) if row.updated_at > heard_at - CATCH_UP]
        return News(tuple(told), pulse, house, at)

    async def close(self) -> None:
        """End every stream and every reader; called once, when the process stops."""
        self._closed = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                _put(watcher, None)
        readers = list(self._readers.values())
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    def _drop(self, operator_id: UUID, watcher: Watcher) -> None:
        watchers = self._watchers[operator_id]
        watchers.discard(watcher)
        if not watchers:
            del self._watchers[operator_id]
            reader = self._readers.pop(operator_id, None)
            self._begun.pop(operator_id, None)
            if reader is not None:
                reader.cancel()

    async def _read(self, operator_id: UUID) -> None:
        known: list[FeedRow] | None = None
        pulse: Pulse | None = None
        pulse_read_at = -PULSE_SECONDS
        heard = await self._live.wait(operator_id, 0, 0)
        while True:
            try:
                async with transaction(self._engine, operator_id) as connection:
                    house = await self._houses.current(connection, operator_id)
                    at = self._clock.now()
                    rows = await read_feed(connection, house, FeedFilters())
                    newest = pulse
                    if time.monotonic() - pulse_read_at >= PULSE_SECONDS:
                        newest, pulse_read_at = await read_pulse(connection, house, at), time.monotonic()
            except asyncio.CancelledError:
                raise
            except Exception:
                _log.warning("feed.read_failed", operator_id=str(operator_id), exc_info=True)
            else:
                told = tuple(changed(known, rows)) if known is not None else ()
                if told or newest != pulse:
                    news = News(told, newest if newest != pulse else None, house, at)
                    for watcher in tuple(self._watchers.get(operator_id, ())):
                        _put(watcher, news)
                known, pulse = rows, newest
                if operator_id in self._begun:
                    self._begun[operator_id].set()
            await asyncio.sleep(self._apart)
            heard = await self._live.wait(operator_id, heard, self._live.look_seconds)


def _put(watcher: Watcher, news: News | None) -> None:
    """A full queue is emptied and ended: the browser reconnects and asks for what it missed."""
    if news is not None and not watcher.queue.full():
        watcher.queue.put_nowait(news)
        return
    while not watcher.queue.empty():
        watcher.queue.get_nowait()
    watcher.queue.put_nowait(None)
