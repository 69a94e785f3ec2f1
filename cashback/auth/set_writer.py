"""What is held in memory and written in sets by a task of its own: the shape of the writers beside the answers.

Whoever holds something waits for nothing. No more than so much is held: what is dropped beyond it is the oldest.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

FLUSH_SECONDS = 0.5
SET_MAX = 500

T = TypeVar("T")


class SetWriter(ABC, Generic[T]):
    """Holds for a moment, then writes an operator's part of a set in one transaction; `dropped` counts the lost."""

    def __init__(self, engine: AsyncEngine, *, held_max: int, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._engine = engine
        self._held_max = held_max
        self._flush_seconds = flush_seconds
        self._held: deque[tuple[UUID, T]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._writing = asyncio.Lock()
        self.dropped = 0

    async def close(self) -> None:
        """Write what is held, after the set that is under way; called once, when nothing is answered any more."""
        self._closing.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def flush(self) -> None:
        """Write everything that is held now; what the database could not take is held again if it may wait."""
        async with self._writing:
            waiting: list[tuple[UUID, T]] = []
            left = len(self._held)
            while left > 0 and self._held:
                taken = [self._held.popleft() for _ in range(min(len(self._held), left, SET_MAX))]
                left -= len(taken)
                by_operator: dict[UUID, list[T]] = defaultdict(list)
                for operator_id, each in taken:
                    by_operator[operator_id].append(each)
                for operator_id, several in by_operator.items():
                    waiting += [(operator_id, each) for each in await self._written(operator_id, several)]
            self._held.extendleft(reversed(waiting))
            self._trim()

    def _hold(self, operator_id: UUID, each: T) -> None:
        self._held.append((operator_id, each))
        self._trim()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._later())

    def _trim(self) -> None:
        too_many = [self._held.popleft() for _ in range(len(self._held) - self._held_max)]
        if too_many:
            self.dropped += len(too_many)
            self._forget(too_many)

    @abstractmethod
    async def _written(self, operator_id: UUID, several: Sequence[T]) -> Sequence[T]:
        """Write; answers what is to be tried again, and raises nothing because the database is down."""

    @abstractmethod
    def _forget(self, dropped: Sequence[tuple[UUID, T]]) -> None:
        """These were dropped for want of room."""

    async def _later(self) -> None:
        while self._held:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._flush_seconds):
                    await self._closing.wait()
            await self.flush()
            if self._closing.is_set():
                return
