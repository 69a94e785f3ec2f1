"""Where real things are chosen: settings become an engine, a clock, keys and a bell, once per process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.clock import Clock, SystemClock
from cashback.db.engine import open_engine
from cashback.settings import Settings
from cashback.wakeups import Wakeups, open_wakeups
from webhooks.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process runs on."""

    settings: Settings
    engine: AsyncEngine
    clock: Clock
    keyring: KeyRing
    wakeups: Wakeups


@asynccontextmanager
async def open_runtime(settings: Settings, *, clock: Clock | None = None, pool_size: int = 8) -> AsyncIterator[Runtime]:
    """Open everything, and close it again."""
    engine = open_engine(settings.database_url, pool_size=pool_size)
    wakeups = open_wakeups(settings.redis_url)
    try:
        yield Runtime(settings, engine, clock or SystemClock(), KeyRing(settings.master_key), wakeups)
    finally:
        await wakeups.close()
        await engine.dispose()
