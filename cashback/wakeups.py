"""Telling a worker that something waits. May be lost at any time: a worker also looks by itself.

Carried in memory within one process, by Redis between processes. The truth is only ever in PostgreSQL.
"""

import asyncio
import contextlib
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "cashback:wake"

_log = structlog.get_logger(__name__)


class Wakeups(Protocol):
    """A bell that anybody may ring and one worker waits for."""

    async def ring(self) -> None:
        """Say that something waits; never fails."""

    async def wait(self, timeout_seconds: float) -> None:
        """Return when the bell rings, at the latest after the timeout."""

    async def close(self) -> None:
        """Let go of connections."""


class LocalWakeups:
    """Within one process."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    async def ring(self) -> None:
        """Say that something waits."""
        self._bell.set()

    async def wait(self, timeout_seconds: float) -> None:
        """Return when the bell rings, at the latest after the timeout."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), timeout_seconds)
        self._bell.clear()

    async def close(self) -> None:
        """Nothing to let go of."""


class RedisWakeups:
    """Between processes, by publish and subscribe. A Redis that is down only makes the worker look by itself."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._local = LocalWakeups()
        self._listener: asyncio.Task[None] | None = None
        self._ringing: asyncio.Task[None] | None = None

    async def ring(self) -> None:
        """Say that something waits, here and elsewhere; returns at once, one message on its way stands for all."""
        await self._local.ring()
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._publish())

    async def wait(self, timeout_seconds: float) -> None:
        """Return when anybody's bell rings, at the latest after the timeout."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        await self._local.wait(timeout_seconds)

    async def close(self) -> None:
        """Stop listening and let go of the connections."""
        for task in (self._listener, self._ringing):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._redis.aclose()

    async def _publish(self) -> None:
        with contextlib.suppress(RedisError, OSError):
            await self._redis.publish(CHANNEL, b"1")

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    while True:
                        if await subscription.get_message(ignore_subscribe_messages=True, timeout=1):
                            await self._local.ring()
            except (RedisError, OSError) as error:
                _log.warning("wakeups.unreachable", error=str(error))
                await asyncio.sleep(1)


def open_wakeups(redis_url: str | None) -> Wakeups:
    """Redis where there is one, else this process's memory."""
    return RedisWakeups(redis_url) if redis_url else LocalWakeups()
