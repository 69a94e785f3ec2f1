"""Telling pages that something changed for an operator. May be lost at any time: a page's reader also looks by itself.

Carried in memory within one process, by Redis between processes. What changed is read from PostgreSQL.
"""

import asyncio
import contextlib
from collections import defaultdict
from typing import Protocol
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "cashback:live"
LOOK_SECONDS = 1.0
"""How long a reader waits for a word without Redis, where another process may have changed something unheard."""
LOOK_SECONDS_TOLD = 10.0
"""The same with Redis: against a word that got lost."""

_log = structlog.get_logger(__name__)


class Live(Protocol):
    """A word that many wait for."""

    @property
    def look_seconds(self) -> float:
        """After so long without a word a reader looks all the same."""

    async def tell(self, operator_id: UUID) -> None:
        """Say that something changed for an operator; never fails, and waits for nobody."""

    async def wait(self, operator_id: UUID, heard: int, timeout_seconds: float) -> int:
        """Return when more than `heard` words were said, at the latest after the timeout: how many there are now."""

    @property
    def ended(self) -> bool:
        """Whether streams are to end: the process stops."""

    def end(self) -> None:
        """Wake everybody for the last time."""

    async def close(self) -> None:
        """Let go of connections."""


class LocalLive:
    """Within one process."""

    look_seconds = LOOK_SECONDS

    def __init__(self) -> None:
        self.ended = False
        self._said: dict[UUID, int] = {}
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._all = 0

    async def tell(self, operator_id: UUID) -> None:
        """Say that something changed for an operator."""
        self.heard(operator_id)

    def heard(self, operator_id: UUID) -> None:
        """The same, at once."""
        self._said[operator_id] = self._said.get(operator_id, 0) + 1
        for event in self._waiting.get(operator_id, ()):
            event.set()

    def heard_of_all(self) -> None:
        """Words may have been lost: everybody looks."""
        self._all += 1
        for waiting in self._waiting.values():
            for event in waiting:
                event.set()

    def end(self) -> None:
        """Wake everybody for the last time."""
        self.ended = True
        self.heard_of_all()

    async def wait(self, operator_id: UUID, heard: int, timeout_seconds: float) -> int:
        """Return when more than `heard` words were said, at the latest after the timeout."""
        if self._count(operator_id) == heard:
            event = asyncio.Event()
            self._waiting[operator_id].add(event)
            try:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), timeout_seconds)
            finally:
                self._waiting[operator_id].discard(event)
                if not self._waiting[operator_id]:
                    del self._waiting[operator_id]
        return self._count(operator_id)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _count(self, operator_id: UUID) -> int:
        return self._said.get(operator_id, 0) + self._all


class RedisLive:
    """Between processes, by publish and subscribe. A Redis that is down only makes readers look by themselves."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._local = LocalLive()
        self._listener: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._untold: set[UUID] = set()
        self._connected = False

    @property
    def look_seconds(self) -> float:
        """Short while Redis cannot be heard."""
        return LOOK_SECONDS_TOLD if self._connected else LOOK_SECONDS

    @property
    def ended(self) -> bool:
        """Whether streams are to end: the process stops."""
        return self._local.ended

    def end(self) -> None:
        """Wake everybody here for the last time."""
        self._local.end()

    async def tell(self, operator_id: UUID) -> None:
        """Say it here and elsewhere; returns at once. What is said while a word is on its way goes with the next."""
        self._local.heard(operator_id)
        self._untold.add(operator_id)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._publish())

    async def wait(self, operator_id: UUID, heard: int, timeout_seconds: float) -> int:
        """Return when anybody said more than `heard` words, at the latest after the timeout."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        return await self._local.wait(operator_id, heard, timeout_seconds)

    async def close(self) -> None:
        """Stop listening and let go of the connections."""
        for task in (self._listener, self._telling):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._redis.aclose()

    async def _publish(self) -> None:
        while self._untold:
            operators, self._untold = self._untold, set()
            for operator_id in operators:
                try:
                    await self._redis.publish(CHANNEL, operator_id.bytes)
                except (RedisError, OSError):
                    # What hangs takes no word, and brings none, though the listener's connection stands.
                    self._connected = False

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    self._connected = True
                    self._local.heard_of_all()
                    while True:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=1)
                        if message is not None and len(message["data"]) == 16:
                            self._connected = True
                            self._local.heard(UUID(bytes=message["data"]))
            except (RedisError, OSError) as error:
                self._connected = False
                _log.warning("live.unreachable", error=str(error))
                await asyncio.sleep(1)


def open_live(redis_url: str | None) -> Live:
    """Redis where there is one, else this process's memory."""
    return RedisLive(redis_url) if redis_url else LocalLive()
