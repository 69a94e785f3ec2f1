"""A harness must be shown to fail: known bugs, planted one by one, are each caught by a check that has a name.

Every test first runs its load on the healthy code and finds nothing, then on the planted code and finds the check.
"""

from collections.abc import Awaitable, Callable

import loads
import planting
import pytest
from checks import ACKNOWLEDGED, WALLET, Truth, failed_checks
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World

from cashback.db.engine import open_engine
from cashback.rewards import storage

Load = Callable[[AsyncEngine], Awaitable[tuple[World, Truth]]]
Plant = Callable[[pytest.MonkeyPatch], None]


async def found(engine: AsyncEngine, load: Load) -> set[str]:
    world, truth = await load(engine)
    return await failed_checks(world, truth)


@pytest.mark.parametrize(
    ("plant", "load", "caught_by"),
    [
        (planting.acknowledge_before_commit, loads.a_power_cut_at_a_commit, ACKNOWLEDGED),
        (planting.key_without_the_event, loads.an_authorization_and_its_clearing, WALLET),
        (planting.refund_counted_twice, loads.one_refund_told_as_two_events, WALLET),
        (planting.rounding_per_event, loads.many_small_refunds, WALLET),
        (planting.rounding_per_event, loads.many_small_refunds, "the reward posted equals the entitlement"),
        (planting.log_read_by_position, loads.a_commit_that_comes_late, WALLET),
    ],
)
async def test_a_planted_bug_is_caught_by_its_check(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, plant: Plant, load: Load, caught_by: str
) -> None:
    assert await found(engine, load) == set()
    plant(monkeypatch)
    assert caught_by in await found(engine, load)


async def test_a_wallet_updated_outside_the_transaction_is_caught(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await found(engine, loads.a_batch_that_fails_after_posting) == set()
    planting.wallet_outside_the_transaction(monkeypatch, engine)
    caught = await found(engine, loads.a_batch_that_fails_after_posting)
    assert caught >= {WALLET, "a stored balance equals the sum of its transfers"}


async def test_a_budget_read_then_written_is_caught(engine: AsyncEngine) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "lock_quotas", planting.meeting(storage.lock_quotas))
        assert await found(engine, loads.two_who_want_the_last_euro) == set()
    with pytest.MonkeyPatch.context() as patch:
        planting.budget_read_then_written(patch)
        patch.setattr(storage, "lock_quotas", planting.meeting(storage.lock_quotas))
        caught = await found(engine, loads.two_who_want_the_last_euro)
    assert caught >= {WALLET, "a quota has given exactly what its grants say, and never more than its cap"}


async def test_work_without_the_shoppers_lock_is_caught(engine: AsyncEngine) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "years_of", planting.meeting(storage.years_of))
        assert await found(engine, loads.two_cards_of_one_shopper) == set()
    with pytest.MonkeyPatch.context() as patch:
        planting.no_shopper_lock(patch)
        patch.setattr(storage, "years_of", planting.meeting(storage.years_of))
        assert "a year holds what its rewards made available" in await found(engine, loads.two_cards_of_one_shopper)


async def test_the_unique_key_guards_the_ledger_where_the_lock_is_missing(
    new_database: Callable[[], Awaitable[str]],
) -> None:
    url = await new_database()
    engine = open_engine(url, pool_size=6)
    owner = open_engine(url, role=None, pool_size=1)
    try:
        with pytest.MonkeyPatch.context() as patch:
            planting.everything_judged_again(patch)
            planting.no_shopper_lock(patch)
            patch.setattr(storage, "rewards_of", planting.meeting(storage.rewards_of))
            assert await found(engine, loads.two_workers_who_let_time_pass) == set()
        async with owner.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE transfers DROP CONSTRAINT pk_transfers")
        assert await found(engine, loads.two_workers_who_let_time_pass) == set()
        with pytest.MonkeyPatch.context() as patch:
            planting.everything_judged_again(patch)
            planting.no_shopper_lock(patch)
            patch.setattr(storage, "rewards_of", planting.meeting(storage.rewards_of))
            caught = await found(engine, loads.two_workers_who_let_time_pass)
        assert caught >= {WALLET, "a reward stands in the ledger as it stands in its row"}
    finally:
        await engine.dispose()
        await owner.dispose()
