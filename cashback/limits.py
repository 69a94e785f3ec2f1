"""How often somebody may do something: one small limiter for sign-in, codes, keys and addresses.

GCRA (ITU-T I.371, the "leaky bucket as a meter"): one instant is kept per key, so that a bucket refills smoothly and
there is no edge of a window to game. Kept in memory within one process, in Redis between processes. What is kept may be
lost at any time: a limit slows guessing down, it is never what makes a guess hopeless. A Redis that does not answer
at once leaves each process with its own limits, refuses nobody and lets nobody wait: it is left alone until it answers
again to who asks in the background.
"""

import asyncio
import contextlib
import hashlib
import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

KEYS_MAX = 100_000
"""Remembered in memory at the same time; the keys nearest to a full bucket make room."""

PATIENCE_SECONDS = 0.05
"""So long a request waits for Redis, once it has answered at all."""
FIRST_SECONDS = 1.0
"""The same before that: a connection is opened, and the script is told."""
AGAIN_SECONDS = 3.0
"""Between two questions whether a Redis that did not answer does so now."""
IPV6_PREFIX = 64

_MICROSECOND = timedelta(microseconds=1)
_PREFIX = "cashback:limit:"

_TAKE = """
local now, emission, limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = tonumber(redis.call('GET', KEYS[1]) or '0')
local start = math.max(kept, now)
local wanted = start + emission * cost
if wanted - now > emission * limit then
  return {0, string.format('%.0f', start)}
end
if cost > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', wanted), 'PX', math.ceil((wanted - now) / 1000))
end
return {1, string.format('%.0f', wanted)}
"""
"""The same as `LocalLimiter.allow`, in one step that nobody comes between."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` units in each `period`; a bucket that was left alone holds all of them at once."""

    limit: int
    period: timedelta

    def __post_init__(self) -> None:
        if self.limit < 1 or self.emission < 1:
            raise ValueError(f"a rate gives at least one unit, at most one in a microsecond; got {self}")

    @property
    def emission(self) -> int:
        """Microseconds until one unit comes back."""
        return (self.period // _MICROSECOND) // self.limit


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may happen now, and what is left."""

    allowed: bool
    limit: int
    """Units of a full bucket."""
    remaining: int
    """Units that could be taken now, after this."""
    reset: timedelta
    """Until the bucket is full again."""
    retry_after: timedelta
    """Until the same would be allowed, zero when it is; for a cost above the limit, until the bucket is full."""


class RateLimiter(Protocol):
    """Buckets by key."""

    async def allow(self, key: str, cost: int, rate: Rate, now: datetime) -> Decision:
        """Take `cost` units of the key's bucket, or none when it holds fewer; a cost of 0 only looks. Never fails."""

    async def close(self) -> None:
        """Let go of connections."""


class LocalLimiter:
    """Within one process."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._full_at: dict[str, int] = {}
        self._keys_max = keys_max

    async def allow(self, key: str, cost: int, rate: Rate, now: datetime) -> Decision:
        """Take, or refuse and take nothing."""
        at = _microseconds(now)
        start = max(self._full_at.get(key, 0), at)
        wanted = start + rate.emission * cost
        if wanted - at > rate.emission * rate.limit:
            return _decision(rate, cost, allowed=False, full_in=start - at)
        if cost > 0:
            self._full_at[key] = wanted
            self._make_room(at)
        return _decision(rate, cost, allowed=True, full_in=wanted - at)

    async def close(self) -> None:
        """Nothing to let go of."""

    def _make_room(self, at: int) -> None:
        if len(self._full_at) <= self._keys_max:
            return
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > at}
        surplus = len(self._full_at) - self._keys_max * 3 // 4
        if surplus > 0:
            for key in heapq.nsmallest(surplus, self._full_at, key=self._full_at.__getitem__):
                del self._full_at[key]


class RedisLimiter:
    """Between processes. Keys are hashed on the way: an address or an account is never written to Redis."""

    def __init__(self, url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._redis = Redis.from_url(url, socket_timeout=FIRST_SECONDS, socket_connect_timeout=FIRST_SECONDS)
        self._take: Any = self._redis.register_script(_TAKE)
        self._local = LocalLimiter()
        self._patience = patience_seconds
        self._heard = False
        self._asking: asyncio.Task[None] | None = None
        """Runs while Redis does not answer."""

    async def allow(self, key: str, cost: int, rate: Rate, now: datetime) -> Decision:
        """Take, or refuse and take nothing; by this process's own buckets while Redis does not answer."""
        if self._asking is not None:
            return await self._local.allow(key, cost, rate, now)
        at = _microseconds(now)
        name = _PREFIX + hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        try:
            async with asyncio.timeout(self._patience if self._heard else FIRST_SECONDS):
                allowed, full_at = await self._take(keys=[name], args=[at, rate.emission, rate.limit, cost])
        except (RedisError, OSError) as error:
            if self._asking is None:
                _log.warning("limits.unreachable", error=type(error).__name__)
                self._asking = asyncio.create_task(self._ask_again())
            return await self._local.allow(key, cost, rate, now)
        self._heard = True
        return _decision(rate, cost, allowed=bool(allowed), full_in=int(full_at) - at)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._asking is not None:
            self._asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._asking
        await self._redis.aclose()

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            with contextlib.suppress(RedisError, OSError):
                async with asyncio.timeout(FIRST_SECONDS):
                    await self._redis.ping()
                self._asking = None
                return


def asked_from(forwarded: Sequence[str], peer: str | None, proxies: int) -> str:
    """The network address of who asks: what the outermost of our own proxies saw, else the peer of the connection.

    Each proxy appends whom it was asked by to `X-Forwarded-For`, whose fields `forwarded` holds; what stands before
    our own is anybody's word.
    """
    told = [part.strip() for header in forwarded for part in header.split(",")]
    return told[-proxies][:64] if 0 < proxies <= len(told) else peer or "unknown"


def network_of(address: str) -> str:
    """What one network address counts as for a limit: an IPv4 address as a whole, an IPv6 one with the 2⁶⁴ beside it,
    which one line has as a rule. What is no address counts as it is written.
    """
    try:
        read = ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return address
    if isinstance(read, IPv4Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ip_network((read, IPV6_PREFIX), strict=False))


def open_limiter(redis_url: str | None) -> RateLimiter:
    """Redis where there is one, else this process's memory."""
    return RedisLimiter(redis_url) if redis_url else LocalLimiter()


def _microseconds(at: datetime) -> int:
    seconds = int(at.timestamp())
    return seconds * 1_000_000 + at.microsecond


def _decision(rate: Rate, cost: int, *, allowed: bool, full_in: int) -> Decision:
    free = rate.emission * rate.limit - full_in
    wait = 0 if allowed else max(0, min(rate.emission * cost - free, full_in))
    return Decision(
        allowed=allowed,
        limit=rate.limit,
        remaining=max(0, free // rate.emission),
        reset=timedelta(microseconds=full_in),
        retry_after=timedelta(microseconds=wait),
    )
