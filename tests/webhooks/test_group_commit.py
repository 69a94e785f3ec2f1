"""One commit for everybody who waits, and each gets their own answer."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from webhooks.group_commit import Busy, GroupCommit


class Ledger:
    """A flush that records its batches and can be held, told to refuse items, or told to be out of order."""

    def __init__(self, refuses: Callable[[Sequence[int]], Exception | None] = lambda _: None) -> None:
        self.batches: list[list[int]] = []
        self.kept: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self._refuses = refuses

    async def flush(self, batch: Sequence[int]) -> list[str]:
        self.batches.append(list(batch))
        self.entered.set()
        await self.gate.wait()
        refusal = self._refuses(batch)
        if refusal is not None:
            raise refusal
        self.kept.extend(batch)
        return [f"kept {item}" for item in batch]


async def gathered_behind(
    ledger: Ledger, group: GroupCommit[int, str], items: Sequence[int]
) -> list["asyncio.Task[str]"]:
    """Submit items while a flush of item 0 is held, so that they gather."""
    ledger.gate.clear()
    ledger.entered.clear()
    first = asyncio.create_task(group.submit(0))
    await ledger.entered.wait()
    others = [asyncio.create_task(group.submit(item)) for item in items]
    await asyncio.sleep(0)
    return [first, *others]


async def test_what_waits_together_is_flushed_together_in_order() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.flush, flushers=1) as group:
        tasks = await gathered_behind(ledger, group, range(1, 6))
        ledger.gate.set()
        assert await asyncio.gather(*tasks) == [f"kept {item}" for item in range(6)]
    assert ledger.batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_lone_item_does_not_wait_for_company() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.flush) as group:
        assert [await group.submit(item) for item in range(3)] == ["kept 0", "kept 1", "kept 2"]
    assert ledger.batches == [[0], [1], [2]]


async def test_nobody_is_answered_before_the_flush_has_ended() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.flush, flushers=1) as group:
        tasks = await gathered_behind(ledger, group, [1])
        done, _ = await asyncio.wait(tasks, timeout=0.02)
        assert not done
        ledger.gate.set()
        await asyncio.gather(*tasks)


async def test_a_batch_has_a_limit() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.flush, flushers=1, max_batch=4) as group:
        tasks = await gathered_behind(ledger, group, range(1, 11))
        ledger.gate.set()
        await asyncio.gather(*tasks)
    assert [len(batch) for batch in ledger.batches] == [1, 4, 4, 2]


async def test_two_flushers_work_side_by_side() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.flush, flushers=2) as group:
        tasks = await gathered_behind(ledger, group, [1])
        await asyncio.sleep(0)
        assert ledger.batches == [[0], [1]]
        ledger.gate.set()
        assert await asyncio.gather(*tasks) == ["kept 0", "kept 1"]


async def test_a_bad_item_does_not_fail_its_neighbours() -> None:
    ledger = Ledger(lambda batch: ValueError("item 3 is bad") if 3 in batch else None)
    async with GroupCommit(ledger.flush, flushers=1) as group:
        tasks = await gathered_behind(ledger, group, range(1, 6))
        ledger.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["kept 0", "kept 1", "kept 2", "item 3 is bad", "kept 4", "kept 5"]
    assert ledger.kept == [0, 1, 2, 4, 5]


async def test_when_nothing_can_be_flushed_the_batch_is_refused_without_trying_each() -> None:
    ledger = Ledger(lambda batch: Busy("down") if batch != [0] else None)
    async with GroupCommit(ledger.flush, flushers=1) as group:
        tasks = await gathered_behind(ledger, group, range(1, 6))
        ledger.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [str, Busy, Busy, Busy, Busy, Busy]
    assert ledger.batches == [[0], [1, 2, 3, 4, 5]]


async def test_a_full_house_refuses_at_once_and_recovers() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.flush, flushers=1, max_waiting=3) as group:
        tasks = await gathered_behind(ledger, group, [1, 2, 3])
        assert group.waiting == 3
        with pytest.raises(Busy, match="at most 3 may"):
            await group.submit(4)
        ledger.gate.set()
        await asyncio.gather(*tasks)
        assert await group.submit(5) == "kept 5"
    assert ledger.kept == [0, 1, 2, 3, 5]


async def test_a_caller_that_leaves_takes_nobody_along() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.flush, flushers=1) as group:
        tasks = await gathered_behind(ledger, group, [1, 2, 3])
        for leaving in (tasks[0], tasks[2]):
            leaving.cancel()
        await asyncio.sleep(0)
        ledger.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(answer) for answer in answers] == [asyncio.CancelledError, str, asyncio.CancelledError, str]
        assert await group.submit(4) == "kept 4"
    # 0 was being flushed when its caller left, so it is kept; 2 was only waiting, so it is not.
    assert ledger.kept == [0, 1, 3, 4]


async def test_closing_flushes_what_waits_and_takes_nothing_more() -> None:
    ledger = Ledger()
    group = GroupCommit(ledger.flush, flushers=1, max_batch=2)
    with pytest.raises(Busy, match="closed"):
        await group.submit(9)
    async with group:
        tasks = await gathered_behind(ledger, group, range(1, 6))
        asyncio.get_running_loop().call_later(0.01, ledger.gate.set)
    assert [task.result() for task in tasks] == [f"kept {item}" for item in range(6)]
    with pytest.raises(Busy, match="closed"):
        await group.submit(9)


async def test_a_flush_that_forgets_a_result_answers_nobody_wrongly() -> None:
    async def forgetful(batch: Sequence[int]) -> list[str]:
        return []

    async with GroupCommit(forgetful) as group:
        with pytest.raises(ValueError, match="expected 1, got 0"):
            await group.submit(1)


@pytest.mark.parametrize("limits", [{"max_batch": 0}, {"max_waiting": 0}, {"flushers": 0}])
def test_limits_are_at_least_one(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        GroupCommit(Ledger().flush, **limits)
