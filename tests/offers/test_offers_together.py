"""Two people at once, over two engines and real transactions: one outcome, no lost revision, no overlapping intervals.

Both have read the same revision. Whoever comes second, by the programme's lock, is told that something has happened;
which of the two that is may differ from run to run, and each test accepts both and checks that the loser left no trace.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from typing import Any

import pytest
from offer_people import SEVEN, SIX, People
from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, a_world, day

from cashback.db.engine import open_engine, transaction
from cashback.errors import Conflict
from cashback.offers.commands import Done
from cashback.programmes.service import lock_programme

ROUNDS = 4


@pytest.fixture(scope="module")
async def other_engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(database_url, pool_size=4)
    yield opened
    await opened.dispose()


@pytest.fixture(params=range(ROUNDS))
async def both(engine: AsyncEngine, other_engine: AsyncEngine) -> tuple[People, People]:
    """The same offer, reached over two engines."""
    world = await a_world(engine, FIVE_PERCENT)
    world.clock.move_to(day(1))
    elsewhere = replace(world, stage=replace(world.stage, engine=other_engine))
    return People(world), People(elsewhere)


async def at_once(people: People, *works: Awaitable[Done]) -> tuple[list[Done], list[Conflict]]:
    """Let them all wait for the programme's lock, then go; answers those that did it and those that were refused."""
    async with transaction(people.world.engine, people.world.operator_id) as connection:
        await lock_programme(connection, people.world.operator_id)
        running = [asyncio.ensure_future(work) for work in works]
        for _ in range(2_000):
            if await waiting(people) >= len(works):
                break
            await asyncio.sleep(0.005)
        else:
            raise AssertionError("they never came to wait for the lock")
    told: list[Any] = await asyncio.gather(*running, return_exceptions=True)
    done = [each for each in told if isinstance(each, Done)]
    refused = [each for each in told if isinstance(each, Conflict)]
    assert len(done) + len(refused) == len(works), told
    return done, refused


async def waiting(people: People) -> int:
    """How many wait for a lock: the operator's row is the first that every command wants."""
    rows = await people.world.rows("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return int(rows[0][0])


async def books_hold(people: People, revision: int) -> None:
    history = await people.history()
    numbers = [each.revision for each in history.revisions] + [each.revision for each in history.moves]
    assert sorted(numbers) == list(range(1, revision + 1))
    await people.world.audit()


async def test_two_edits_one_is_kept_and_the_other_is_told(both: tuple[People, People]) -> None:
    ada, bob = both
    done, refused = await at_once(ada, ada.write(SIX, "ada", seen=1), bob.write(SEVEN, "bob", seen=1))
    assert [each.revision for each in done] == [2]
    assert [each.code for each in refused] == ["offer_revision"]
    (kept,) = (await ada.history()).revisions
    assert f"{kept.author} revised it" in refused[0].detail
    await books_hold(ada, 2)


async def test_an_approval_and_an_edit_never_mix(both: tuple[People, People]) -> None:
    ada, bob = both
    await ada.submitted(SIX)
    done, refused = await at_once(ada, bob.do("approve", "bob", seen=3), ada.write(SEVEN, "ada", seen=3))
    assert ([each.revision for each in done], [each.code for each in refused]) == ([4], ["offer_revision"])
    history = await ada.history()
    approved = done[0].version == 2
    assert [each.terms.reward.model_dump()["rate_bps"] for each in history.versions] == [500, 600][: 1 + approved]
    assert len(history.revisions) == (1 if approved else 2)
    assert history.draft_state == ("approved" if approved else "draft")
    await books_hold(ada, 4)


async def test_two_approvals_make_one_version(both: tuple[People, People]) -> None:
    ada, bob = both
    await ada.submitted(SIX)
    done, refused = await at_once(ada, ada.do("approve", "bob", seen=3), bob.do("approve", "cleo", seen=3))
    assert ([each.version for each in done], [each.code for each in refused]) == ([2], ["offer_revision"])
    assert await ada.intervals() == [(1, None, day(1)), (2, day(1), None)]
    await books_hold(ada, 4)


async def test_a_pause_and_an_approval_one_of_them_holds(both: tuple[People, People]) -> None:
    ada, bob = both
    await ada.submitted(SIX)
    done, refused = await at_once(ada, ada.do("pause", "ada", seen=3), bob.do("approve", "bob", seen=3))
    assert len(done) == len(refused) == 1
    if done[0].version == 2:
        assert refused[0].code == "offer_revision"
        assert await ada.intervals() == [(1, None, day(1)), (2, day(1), None)]
    else:
        assert refused[0].code == "offer_stale"
        assert await ada.intervals() == [(1, None, day(1))]
        assert await ada.status() == "paused"
    await books_hold(ada, 4)


async def test_an_emergency_stop_wins_whoever_comes_first(both: tuple[People, People]) -> None:
    ada, bob = both
    await ada.submitted(SIX)
    done, refused = await at_once(ada, ada.stop_at_once("ada"), bob.do("approve", "bob", seen=3))
    assert len(done) >= 1
    assert [each.code for each in refused] in ([], ["offer_stale"])
    assert await ada.status() == "ended"
    assert [until for _, _, until in await ada.intervals()] == [day(1)] * (1 + (len(done) == 2))
    await books_hold(ada, 3 + len(done))
