"""Judging many shoppers: the same work in this process or in helpers, each with a transaction of its own.

Helpers see the moment that the caller sees. They answer sums, and of shoppers who asked a quota also what they asked
for, because only the caller knows who was first.
"""

import asyncio
import gc
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.backtest.books import Books, make_books
from cashback.backtest.judging import NO_ANSWERS, Answers, Ask, Judge
from cashback.backtest.stored import Shops, Span, histories, numbered, old_grants, reading
from cashback.backtest.totals import Totals
from cashback.db.engine import open_engine
from cashback.offers.schemas import Draw
from cashback.offers.terms import Terms
from cashback.rewards.snapshot import Snapshot, load_snapshot

Asked = tuple["array[int]", dict[int, int], list[Ask]]
"""Of one shopper: rows, what stands beside, and what was asked of quotas; see `judging.Found`."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is tried, in words that another process understands."""

    url: str
    operator_id: UUID
    exported: str
    """The moment of the database."""
    code: str
    terms: str
    """JSON as it would be stored."""
    span: Span


@dataclass(slots=True)
class Part:
    """What came of some shoppers."""

    totals: Totals = field(default_factory=Totals)
    asked: dict[UUID, Asked] = field(default_factory=dict)
    bounds: Counter[tuple[UUID, Draw]] = field(default_factory=Counter)
    """The most that may be asked of quotas of offers that run."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where shoppers are judged: a connection and the books."""

    connection: AsyncConnection
    books: Books
    shops: Shops
    judge: Judge

    @property
    def quotas(self) -> bool:
        """Whether any grant is ever looked at."""
        return any(offer.budgeted for book in self.books.everything for offer in book.offers)

    async def look(
        self, shoppers: Sequence[UUID], answers: Mapping[UUID, Answers] | None = None, *, wide: bool = False
    ) -> Part:
        """Judge these shoppers; with `answers` again, and then only what they are given changes."""
        part = Part()
        span, books = self.judge.span, self.books
        judge = replace(self.judge, wide=wide)
        found = await histories(
            self.connection, self.shops, shoppers, span, whole=books.remembers, personal=books.personal
        )
        stored = await old_grants(self.connection, found) if self.quotas else {}
        for history in found:
            seen = judge.look(history, stored, (answers or {}).get(history.shopper_id, NO_ANSWERS))
            if not seen.considered:
                continue
            part.bounds.update(seen.bounds)
            if answers is None:
                part.totals.purchases += seen.considered
                part.totals.shoppers += 1
                part.totals.undecided += seen.undecided
            if seen.asks or answers is not None:
                part.asked[history.shopper_id] = seen.rows, seen.beside, seen.asks
            elif seen.rows or seen.beside:
                part.totals.add(seen.rows, seen.beside)
        return part


def open_bench(connection: AsyncConnection, snapshot: Snapshot, code: str, terms: Terms, span: Span) -> Bench:
    """Compile the books of one offer."""
    books = make_books(snapshot, code, terms, span.since, span.until)
    shops = numbered(snapshot)
    return Bench(connection, books, shops, Judge(books, shops, span, snapshot.programme.zone, books.reach))


class _Helper:
    """What one helping process holds while it lives."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.bench = self.runner.run(self._open())

    async def _open(self) -> Bench:
        task = self.task
        engine = open_engine(task.url, pool_size=1)
        connection = await self.stack.enter_async_context(reading(engine, task.operator_id, task.exported))
        snapshot = await load_snapshot(connection, task.operator_id)
        return open_bench(connection, snapshot, task.code, Terms.model_validate_json(task.terms), task.span)


_helpers: list[_Helper] = []
"""At most one: this process's."""


def begin(task: Task) -> None:
    """The first thing that a helping process does."""
    # What is judged lives as long as one shopper: looking for circles among it all the time would only cost.
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    _helpers.append(_Helper(task))


def help_with(shoppers: Sequence[UUID], answers: Mapping[UUID, Answers] | None, wide: bool) -> Part:
    """What a helping process is asked for."""
    helper = _helpers[0]
    return helper.runner.run(helper.bench.look(shoppers, answers, wide=wide))
