"""A worker that dies while lots are told of or expire: nothing happens by half, nothing twice."""

from collections.abc import Awaitable, Callable

import pytest
from crash_house import Crash, dies, failing
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from world import CENTRE, World, a_world, clearing, day

from cashback.pipeline import pass_time

pytestmark = pytest.mark.crash

PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 30, into: EUR, amount: "3.00"}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}, hold_days: 2, expires_after_days: 30,
     notice_days: 7}
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 20}, hold_days: 2, expires_after_days: 30}
"""
)
STATEMENTS_MAX = 60


async def survived(world: World, monkeypatch: pytest.MonkeyPatch, step: Callable[[], Awaitable[int]]) -> int:
    """Let the step die at each of its statements in turn, until it passes; answers at how many it died."""
    before = await state_of(world.engine, world.operator_id)
    for place in range(1, STATEMENTS_MAX):
        with failing(monkeypatch, dies, at=place):
            try:
                await step()
            except Crash:
                assert await state_of(world.engine, world.operator_id) == before
                continue
        return place - 1
    raise AssertionError(f"the step did not pass in {STATEMENTS_MAX} attempts")


async def test_what_ends_is_told_once_and_expires_once_wherever_the_worker_dies(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await a_world(engine, PROGRAMME)
    await world.link()
    await world.play(*(clearing(f"p{number}", 30_00, at=day(number / 10)) for number in range(2)), at=day(1))
    for at in (day(4), day(26), day(40)):
        world.clock.move_to(at)
        died = await survived(
            world, monkeypatch, lambda: pass_time(world.engine, world.stage.road, world.operator_id, world.now)
        )
        assert died >= 8
        await world.drain()
        await world.audit()
    assert await world.wallet() == {"PTS": (0, 0, 30, 0), "EUR": (0, 3_00, 0, 0)}
    expired = "SELECT asset, sum(amount)::bigint FROM transfers WHERE credit = 'shopper:expired' GROUP BY 1 ORDER BY 1"
    assert await world.rows(expired) == [("EUR", 6_00), ("PTS", 10)]
    assert await world.rows("SELECT key, params ->> 'amount' FROM notices") == [
        ("reward_expires:EUR:2026-12-03", "600")
    ]
