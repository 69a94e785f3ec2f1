"""Where real things are chosen: settings become an engine, a clock, keys and a bell, once per process."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.clock import Clock, SystemClock
from cashback.db.engine import open_engine
from cashback.limits import LocalLimiter, RateLimiter, open_limiter
from cashback.live import Live, LocalLive, open_live
from cashback.settings import Settings
from cashback.wakeups import Wakeups, open_wakeups
from cashback.welcoming.domains import DnsResolver, Resolver
from webhooks.egress import Egress
from webhooks.sealing import KeyRing

COLLECTED_AFTER = (50_000, 20, 50)
"""Thresholds of the garbage collector. A batch makes some 50,000 objects without a cycle among them and lets go of them
by itself; Python's default of 700 would look through them again and again, for a fifth of the worker's time and a tenth
of the receiver's, which then stands still for 50 ms when all that was ever imported is looked through."""


def collect_seldom() -> None:
    """Set the garbage collector for a process that has imported and built everything it is made of."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process runs on."""

    settings: Settings
    engine: AsyncEngine
    clock: Clock
    keyring: KeyRing
    wakeups: Wakeups
    egress: Egress = field(default_factory=Egress)
    """The way to addresses that others chose."""
    limiter: RateLimiter = field(default_factory=LocalLimiter)
    """How often somebody may."""
    live: Live = field(default_factory=LocalLive)
    """The word that pages wait for."""
    resolver: Resolver = field(default_factory=DnsResolver)
    """Asks the DNS whether a domain is proved."""


@asynccontextmanager
async def open_runtime(settings: Settings, *, clock: Clock | None = None, pool_size: int = 8) -> AsyncIterator[Runtime]:
    """Open everything, and close it again."""
    engine = open_engine(settings.database_url, pool_size=pool_size)
    wakeups = open_wakeups(settings.redis_url)
    live = open_live(settings.redis_url)
    egress = Egress(loopback=settings.loopback_webhooks)
    limiter, keyring = open_limiter(settings.redis_url), KeyRing(settings.master_key)
    try:
        yield Runtime(settings, engine, clock or SystemClock(), keyring, wakeups, egress, limiter, live)
    finally:
        await live.close()
        await limiter.close()
        await egress.aclose()
        await wakeups.close()
        await engine.dispose()
