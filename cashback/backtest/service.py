"""A backtest from an offer and an interval to its answer: one pass over all shoppers, then as many as quotas need."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor
from cashback.backtest.granting import World, Worlds
from cashback.backtest.judging import Answers
from cashback.backtest.report import Outcome, report
from cashback.backtest.stored import Span, all_shoppers, drawn_before, export, reading
from cashback.backtest.work import Asked, Bench, Part, Task, begin, help_with, open_bench
from cashback.errors import Invalid
from cashback.offers.terms import Terms
from cashback.programme_file.reading import offer_from, parse_offer
from cashback.programme_file.service import read_current
from cashback.programme_file.yaml_text import Tree
from cashback.programmes.service import no_programme, require_programme_scope
from cashback.rewards.snapshot import load_snapshot

PROCESSES = 2
ALONE_MAX = 5_000
"""So many shoppers are judged faster here than helpers start."""
AT_ONCE = 500
"""Shoppers of one request to the database."""
PASSES_MAX = 20
"""Passes until no answer of a quota changes any more; three or four are usual."""

ONE_AT_A_TIME = asyncio.Semaphore(1)
"""A backtest takes whole cores: a process works one at a time, whoever asked for it."""

Progress = Callable[[int, int], None]
"""How many shoppers are judged, of how many."""
Look = Callable[[Sequence[UUID], Mapping[UUID, Answers] | None, bool], Awaitable[Part]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Days are local days of the programme; the last one is excluded."""

    offer: str | Mapping[str, Any]
    """One entry of a programme file's `offers`, as text or as it was read."""
    first: date
    until: date
    seed: int = 1
    source: str = "the offer"
    """What messages call the file."""


async def backtest(
    engine: AsyncEngine,
    actor: Actor,
    question: Question,
    now: datetime,
    *,
    progress: Progress = lambda _done, _total: None,
    processes: int = PROCESSES,
) -> dict[str, Any]:
    """The answer described in `docs/backtest.md`. Nothing is written.

    Raises Forbidden, NotFound without a programme, and Invalid for an offer that cannot be read or an empty interval.
    """
    require_programme_scope(actor)
    if question.until <= question.first:
        raise Invalid(f"the interval ends on {question.until} and begins on {question.first}: expected a later end")
    operator_id = actor.operator_id
    async with reading(engine, operator_id) as connection:
        code, terms = await read_offer(connection, operator_id, question.offer, question.source, now)
        snapshot = await load_snapshot(connection, operator_id)
        zone = snapshot.programme.zone
        span = Span(
            *(datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) for day in (question.first, question.until))
        )
        bench = open_bench(connection, snapshot, code, terms, span)
        shoppers = await all_shoppers(connection, operator_id)
        exported = await export(connection)
        task = Task(
            url=engine.url.render_as_string(hide_password=False),
            operator_id=operator_id,
            exported=exported,
            code=code,
            terms=msgspec.json.encode(terms.stored()).decode(),
            span=span,
        )
        helpers = processes if len(shoppers) > ALONE_MAX else 0
        async with _looking(bench, task, helpers) as look:
            whole, worlds, exact = await _judge_all(connection, bench, look, shoppers, max(1, helpers), progress)
    outcome = Outcome(snapshot.programme, bench.books, bench.shops, whole.totals, worlds, exact)
    return report(outcome, question.first, question.until, question.seed)


async def read_offer(
    connection: AsyncConnection, operator_id: UUID, offer: str | Mapping[str, Any], source: str, now: datetime
) -> tuple[str, Terms]:
    """Code and terms of one offer of a file, by what the programme has."""
    current = await read_current(connection, operator_id, now)
    if current is None:
        raise no_programme()
    entry = parse_offer(offer, current, source) if isinstance(offer, str) else offer_from(Tree(offer), current, source)
    return entry.code, entry.terms()


@asynccontextmanager
async def _looking(bench: Bench, task: Task, helpers: int) -> AsyncIterator[Look]:
    """Judge here, or in so many helping processes."""
    if not helpers:

        async def here(shoppers: Sequence[UUID], answers: Mapping[UUID, Answers] | None, wide: bool) -> Part:
            return await bench.look(shoppers, answers, wide=wide)

        yield here
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(helpers, mp_context=context, initializer=begin, initargs=(task,)) as pool:
        loop = asyncio.get_running_loop()

        async def look(shoppers: Sequence[UUID], answers: Mapping[UUID, Answers] | None, wide: bool) -> Part:
            return await loop.run_in_executor(pool, help_with, shoppers, answers, wide)

        try:
            yield look
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


async def _judge_all(
    connection: AsyncConnection,
    bench: Bench,
    look: Look,
    shoppers: Sequence[UUID],
    side_by_side: int,
    progress: Progress,
) -> tuple[Part, Worlds, bool]:
    """Everybody once, then those whose quotas gave something else than assumed, until nobody is left."""
    quotas = {each.offer_id for each in (*bench.books.joined.offers, *bench.books.without.offers) if each.budgeted}
    operator_id, since = bench.books.alone.operator_id, bench.judge.span.since
    drawn = await drawn_before(connection, operator_id, sorted(quotas), since)
    worlds = Worlds(World(drawn), World(drawn))
    whole = Part()
    wide = False
    await _pass(look, shoppers, None, side_by_side, whole, worlds, progress, wide=False)
    if not worlds.joined.suffices(whole.bounds):
        # A quota of an offer that runs may become empty: who is displaced from it leaves more for others.
        worlds, whole, wide = Worlds(World(drawn), World(drawn)), Part(), True
        await _pass(look, shoppers, None, side_by_side, whole, worlds, progress, wide=True)
    exact = False
    for _ in range(PASSES_MAX):
        again = sorted(worlds.answer())
        if not again:
            exact = True
            break
        await _pass(look, again, worlds, side_by_side, whole, worlds, progress, wide=wide)
    asked: dict[UUID, Asked] = whole.asked
    for rows, beside, _ in asked.values():
        whole.totals.add(rows, beside)
    return whole, worlds, exact


async def _pass(
    look: Look,
    shoppers: Sequence[UUID],
    answered: Worlds | None,
    side_by_side: int,
    whole: Part,
    worlds: Worlds,
    progress: Progress,
    *,
    wide: bool,
) -> None:
    """Judge these shoppers, some requests at a time, and take in what comes of them."""
    waiting: set[asyncio.Task[Part]] = set()
    total, begun, done = len(shoppers), 0, 0
    sizes: dict[asyncio.Task[Part], int] = {}
    room = 1 if side_by_side == 1 else 2 * side_by_side
    while begun < total or waiting:
        while begun < total and len(waiting) < room:
            ids = list(shoppers[begun : begun + AT_ONCE])
            answers = None if answered is None else {each: answered.answers(each) for each in ids}
            begun += len(ids)
            asked = asyncio.ensure_future(_awaited(look, ids, answers, wide))
            sizes[asked] = len(ids)
            waiting.add(asked)
        finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in finished:
            part = each.result()
            whole.totals.merge(part.totals)
            whole.bounds.update(part.bounds)
            for shopper_id, found in part.asked.items():
                whole.asked[shopper_id] = found
                worlds.hear(shopper_id, found[2])
            done += sizes.pop(each)
        progress(done, total)


async def _awaited(look: Look, shoppers: Sequence[UUID], answers: Mapping[UUID, Answers] | None, wide: bool) -> Part:
    return await look(shoppers, answers, wide)
