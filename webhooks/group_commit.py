"""Group commit: everything that waits together shares one flush, and nobody is answered before it has ended.

There is no timer. While one batch is being committed the next one gathers, so under load batches grow by themselves and
at rest a single item leaves at once. Nothing here knows what a flush does.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_MAX = 256
"""Items of one flush. Larger sets gained nothing when measured."""
WAITING_MAX = 4096
"""Items that may wait; beyond that it is better to be told to come back than to wait in vain."""
FLUSHERS = 2
"""Flushes that may run side by side, each on its own connection."""


class Busy(Exception):
    """Too many items wait, the group is closed or nothing can be flushed. The same call may succeed later."""


class GroupCommit(Generic[Item, Result]):
    """Gathers items, flushes them together, hands each its own result.

    `flush` takes a batch and returns one result per item, in order, after its commit. If it raises `Busy` the whole
    batch is refused. If it raises anything else each item is flushed alone, so that only those to blame fail: flushing
    an item again must therefore be harmless.
    Use it as an async context manager; leaving it flushes what still waits.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        max_batch: int = BATCH_MAX,
        max_waiting: int = WAITING_MAX,
        flushers: int = FLUSHERS,
    ) -> None:
        if min(max_batch, max_waiting, flushers) < 1:
            raise ValueError("a group commit needs at least one item a batch, one place to wait and one flusher")
        self._flush = flush
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._flushers = flushers
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._idle: deque[asyncio.Future[None]] = deque()
        self._tasks: list[asyncio.Task[None]] = []
        self._open = False
        self._promise: Callable[[], asyncio.Future[Result]] | None = None

    async def __aenter__(self) -> "GroupCommit[Item, Result]":
        self._open = True
        # Asking for the running loop is a call to the system, and `submit` runs for every item.
        self._promise = asyncio.get_running_loop().create_future
        self._tasks = [asyncio.create_task(self._run()) for _ in range(self._flushers)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._wake(len(self._idle))
        await asyncio.gather(*self._tasks)
        self._tasks = []

    @property
    def waiting(self) -> int:
        """Items that no flush has taken yet."""
        return len(self._waiting)

    async def submit(self, item: Item) -> Result:
        """Wait for the flush that carries this item; raises `Busy` at once, or what the flush raised for it.

        An item whose caller is cancelled while it waits is dropped; one that a flush has taken is flushed all the same.
        """
        return await self.put(item)

    def put(self, item: Item) -> asyncio.Future[Result]:
        """The same without waiting: what will come of this item. Raises `Busy` at once."""
        if not self._open or self._promise is None:
            raise Busy("closed: nothing more is taken")
        if len(self._waiting) >= self._max_waiting:
            raise Busy(f"{len(self._waiting)} items wait already, at most {self._max_waiting} may")
        done = self._promise()
        self._waiting.append((item, done))
        if self._idle:
            self._wake(1)
        return done

    def _wake(self, count: int) -> None:
        for _ in range(min(count, len(self._idle))):
            idle = self._idle.popleft()
            if not idle.done():
                idle.set_result(None)

    async def _run(self) -> None:
        while True:
            batch = self._take()
            if batch:
                await self._flush_batch(batch)
            elif self._open:
                idle = asyncio.get_running_loop().create_future()
                self._idle.append(idle)
                await idle
            else:
                return

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        while self._waiting and len(batch) < self._max_batch:
            entry = self._waiting.popleft()
            if not entry[1].done():
                batch.append(entry)
        return batch

    async def _flush_batch(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
            if len(results) != len(batch):
                raise ValueError(f"a flush returns one result per item: expected {len(batch)}, got {len(results)}")
        except Exception as error:
            if len(batch) == 1 or isinstance(error, Busy):
                _refuse(batch, error)
                return
            for entry in batch:
                await self._flush_batch([entry])
            return
        except BaseException:
            _refuse(batch, Busy("ended while it was stored"))
            raise
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)


def _refuse(batch: "list[tuple[Item, asyncio.Future[Result]]]", error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)
