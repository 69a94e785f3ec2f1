"""The fan-out to open wallets: one reader per operator and process asks for all wallets that are looked at, at once.

It reads when something was told of the operator, and by itself from time to time. A browser that connects says which
stamp its page has, so nothing is missed between the page and the stream.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from cashback.errors import TryAgain
from cashback.insights.wallet import read_stamps
from cashback.live import Live

WATCHERS_MAX = 4_000
"""Wallets that are open through one process; the next one is asked to poll."""
WATCHERS_OF_ONE = 2_000
"""Of them, those of one operator."""
APART_SECONDS = 0.2
"""Between two looks, however much is told."""

_log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class WalletWatcher:
    """One open wallet. The newest stamp is what counts, so its queue holds one; None in it is the end."""

    shopper_id: UUID
    seen: str
    queue: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(1))

    def put(self, stamp: str | None) -> None:
        """Tell it, in the place of what it has not taken yet."""
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(stamp)


class WalletHub:
    """Watchers by operator, and the task that reads for them."""

    def __init__(self, engine: AsyncEngine, live: Live, *, apart_seconds: float = APART_SECONDS) -> None:
        self._engine = engine
        self._live = live
        self._apart = apart_seconds
        self._watchers: dict[UUID, set[WalletWatcher]] = {}
        self._readers: dict[UUID, asyncio.Task[None]] = {}
        self._closed = False

    def check_room(self, operator_id: UUID) -> None:
        """Raises TryAgain when the process or the operator has enough watchers, or the process is closing."""
        watching = {each: len(watchers) for each, watchers in self._watchers.items()}
        full = sum(watching.values()) >= WATCHERS_MAX or watching.get(operator_id, 0) >= WATCHERS_OF_ONE
        if self._closed or full:
            raise TryAgain("as many wallets as may be are open already", code="wallets_full")

    @asynccontextmanager
    async def watch(self, operator_id: UUID, shopper_id: UUID, seen: str) -> AsyncIterator[WalletWatcher]:
        """Be told the stamps of one wallet that follow `seen` while the block lasts; TryAgain when there is no room."""
        self.check_room(operator_id)
        watcher = WalletWatcher(shopper_id, seen)
        self._watchers.setdefault(operator_id, set()).add(watcher)
        if operator_id not in self._readers:
            self._readers[operator_id] = asyncio.create_task(self._read(operator_id))
        try:
            await self._look(operator_id, (watcher,))
            yield watcher
        finally:
            watchers = self._watchers[operator_id]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[operator_id]
                self._readers.pop(operator_id).cancel()

    async def close(self) -> None:
        """End every stream and every reader; called once, when the process stops."""
        self._closed = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.put(None)
        readers = list(self._readers.values())
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    async def _read(self, operator_id: UUID) -> None:
        heard = await self._live.wait(operator_id, 0, 0)
        while True:
            try:
                await self._look(operator_id, tuple(self._watchers.get(operator_id, ())))
            except Exception:
                _log.warning("wallets.read_failed", operator_id=str(operator_id), exc_info=True)
            await asyncio.sleep(self._apart)
            heard = await self._live.wait(operator_id, heard, self._live.look_seconds)

    async def _look(self, operator_id: UUID, watchers: Sequence[WalletWatcher]) -> None:
        async with transaction(self._engine, operator_id) as connection:
            stamps = await read_stamps(connection, operator_id, sorted({each.shopper_id for each in watchers}))
        for watcher in watchers:
            stamp = stamps.get(watcher.shopper_id)
            if stamp is not None and stamp != watcher.seen:
                watcher.seen = stamp
                watcher.put(stamp)
