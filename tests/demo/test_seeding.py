"""A small past, told through the real road: whole, provable, and open to what is posted over HTTP afterwards."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.app import build_app, server
from cashback.audit import audit
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.demo.people import FAVOURITE, FAVOURITE_VISITS_A_DAY, VISITS_A_DAY_MAX, names, regulars
from cashback.demo.programme import WRITTEN_FOR, read_programme
from cashback.demo.seeding import LAST_STRIDE, SLUG, Plan, Seeded, seed, steps
from cashback.insights.doors import read_shopper_doors
from cashback.insights.house import Houses
from cashback.offers.conditions.when import Dates
from cashback.pipeline import Road, drain
from cashback.programmes.connections import load_connections
from cashback.programmes.operators import find_operator
from cashback.runtime import Runtime
from cashback.settings import read_settings
from cashback.simulator.cast import load_cast
from cashback.simulator.dialects import letters
from cashback.simulator.life import a_purchase
from cashback.simulator.player import Line, Player, Tally
from cashback.wakeups import LocalWakeups
from webhooks.sealing import KeyRing

MASTER = bytes(range(32))
PLAN = Plan(shoppers=5, days=5)
PARIS = ZoneInfo("Europe/Paris")

COUNTS = "SELECT (SELECT count(*) FROM purchases), (SELECT count(*) FROM rewards)"


@dataclass(frozen=True, slots=True)
class Centre:
    """A centre that was seeded just now."""

    url: str
    engine: AsyncEngine
    keyring: KeyRing
    seeded: Seeded
    seeded_at: datetime
    days: list[int]


@asynccontextmanager
async def a_centre(url: str) -> AsyncIterator[Centre]:
    owner, engine = open_engine(url, role=None, pool_size=1), open_engine(url)
    keyring, now, days = KeyRing(MASTER), SystemClock().now(), list[int]()
    try:
        seeded = await seed(engine, owner, keyring, PLAN, now, "http://127.0.0.1:8000", days.append)
        yield Centre(url, engine, keyring, seeded, now, days)
    finally:
        await engine.dispose()
        await owner.dispose()


@pytest.fixture(scope="module")
async def centre(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[Centre]:
    async with a_centre(await new_database()) as made:
        yield made


async def rows(connection: AsyncConnection, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await fetch(connection, statement)]


async def test_the_past_is_whole_and_the_books_hold(centre: Centre) -> None:
    assert await find_operator(centre.engine, SLUG) == centre.seeded.operator_id
    async with transaction(centre.engine, centre.seeded.operator_id) as connection:
        report = await audit(connection, centre.seeded.operator_id, centre.seeded_at)
        ((purchases,),) = await rows(
            connection, "SELECT count(*) FROM purchases WHERE state NOT IN ('declined', 'credit')"
        )
        ((shoppers, shops, parked, conflicts),) = await rows(
            connection,
            "SELECT (SELECT count(*) FROM shoppers), (SELECT count(*) FROM shops), "
            "(SELECT count(*) FROM inbox_parked), (SELECT count(*) FROM inbox_conflicts)",
        )
        rewarded = dict(await rows(connection, "SELECT asset, count(*) FROM rewards WHERE amount > 0 GROUP BY asset"))
        networks = dict(await rows(connection, "SELECT network, count(*) FROM purchases GROUP BY network"))
    assert (report.breaches, report.waiting) == ([], 0)
    assert (shoppers, shops, parked, conflicts) == (5, 64, 0, 0)
    assert centre.seeded.purchases == purchases > 0
    assert {"EUR", "PTS"} <= rewarded.keys()
    assert networks.keys() <= {"fidel", "sandbox"}
    assert centre.days == sorted(centre.days)
    assert centre.days[-1] == PLAN.days


async def test_what_is_due_later_is_left_to_be_sent(centre: Centre) -> None:
    assert centre.seeded.unsent
    assert all(letter.due_at > centre.seeded_at for letter in centre.seeded.unsent)


async def test_the_favourite_is_shown_first_and_somebody_is_new(centre: Centre) -> None:
    async with transaction(centre.engine, centre.seeded.operator_id) as connection:
        doors = await read_shopper_doors(connection, await Houses().current(connection, centre.seeded.operator_id))
    assert doors[0].name == FAVOURITE
    assert doors[-1].purchases == 0


async def test_what_is_posted_over_http_earns(centre: Centre) -> None:
    operator_id, now = centre.seeded.operator_id, SystemClock().now()
    rng = random.Random(11)
    async with transaction(centre.engine, operator_id) as connection:
        cast = await load_cast(connection, operator_id, now)
        before = await rows(connection, COUNTS)
    connections = (await load_connections(centre.engine, centre.keyring.master)).values()
    lines = {each.provider: Line(each.registered_url, each.secrets[0]) for each in connections}
    happenings = [each for _ in range(20) for each in a_purchase(rng, cast, now - timedelta(minutes=10))]
    posted = [letter for each in happenings for letter in letters(each)]
    # A decline at Fidel is told by nobody.
    told = {each.purchase for each in happenings if letters(each)}
    rng.shuffle(posted)
    async with served(centre) as client:
        player = Player(client, lines, SystemClock())
        assert all(await asyncio.gather(*map(player.deliver, posted)))
    assert player.tally == Tally(delivered=len(posted))
    async with transaction(centre.engine, operator_id) as connection:
        assert await rows(connection, COUNTS) == before, "acknowledged, and not worked yet"
    now = SystemClock().now()
    await drain(centre.engine, Road(centre.keyring), operator_id, now)
    async with transaction(centre.engine, operator_id) as connection:
        ((purchases, rewards),) = await rows(connection, COUNTS)
        report = await audit(connection, operator_id, now)
    ((purchases_before, rewards_before),) = before
    assert purchases >= purchases_before + len(told)
    assert rewards > rewards_before
    assert report.breaches == []


@asynccontextmanager
async def served(centre: Centre) -> AsyncIterator[httpx.AsyncClient]:
    settings = read_settings({"CASHBACK_MODE": "demo", "DATABASE_URL": centre.url})
    app = build_app(Runtime(settings, centre.engine, SystemClock(), centre.keyring, LocalWakeups()))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        running = server(app, host="127.0.0.1", port=port)
        task = asyncio.create_task(running.serve(sockets=[listening]))
        try:
            while not running.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
                await asyncio.sleep(0.01)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                yield client
        finally:
            running.should_exit = True
            await task


def test_the_past_is_followed_day_by_day_and_at_last_closely() -> None:
    end = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
    moments = steps(end - timedelta(days=90), end, PARIS)
    assert moments == sorted(set(moments))
    assert moments[-1] == end
    assert moments[0].astimezone(PARIS).strftime("%d %H:%M:%S") == "23 23:59:59"
    gaps = [after - before for before, after in pairwise(moments)]
    assert max(gaps) <= timedelta(days=4, hours=1)
    assert all(gap <= LAST_STRIDE for gap, moment in zip(gaps, moments[1:], strict=True) if end - moment < timedelta(1))


def test_a_past_shorter_than_the_last_days_has_steps_too() -> None:
    end = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
    assert steps(end - timedelta(hours=7), end, PARIS) == [end - timedelta(hours=1), end]


def test_the_programme_moves_with_the_day_it_is_started_on() -> None:
    def days_of(today_after: int) -> list[tuple[object, object]]:
        file = read_programme(WRITTEN_FOR + timedelta(days=today_after))
        found = [each for offer in file.offers for each in offer.conditions if isinstance(each, Dates)]
        return [(each.first_day, each.last_day) for each in found]

    written, moved = days_of(0), days_of(100)
    assert len(written) == 3
    for (first, last), (first_moved, last_moved) in zip(written, moved, strict=True):
        assert first is not None
        assert first_moved == first + timedelta(days=100)  # type: ignore[operator]
        assert last_moved == (None if last is None else last + timedelta(days=100))  # type: ignore[operator]
    ended = [last for _, last in written if last is not None and last < WRITTEN_FOR]  # type: ignore[operator]
    assert len(ended) == 1, "one offer has ended by its dates"


def test_the_centre_is_as_large_as_promised_and_not_known_everywhere() -> None:
    file = read_programme(WRITTEN_FOR)
    assert len(file.shops) == 64
    assert {shop.floor for shop in file.shops} == {"0", "1", "2", "3"}
    networks = [{each.network for each in shop.identifiers or ()} for shop in file.shops]
    assert sum("sandbox" not in each for each in networks) == 2
    assert sum("fidel" not in each for each in networks) == 2


def test_people_are_different_and_the_same_every_time() -> None:
    end = datetime(2026, 11, 21, tzinfo=UTC)
    people = names(random.Random(1), 500)
    assert len(set(people)) == 500
    made = regulars(random.Random(1), people, end - timedelta(days=90), end)
    assert made == regulars(random.Random(1), people, end - timedelta(days=90), end)
    tokens = [card.token for each in made for card in each.cards]
    assert len(set(tokens)) == len(tokens) > 500
    assert made[0].visits_a_day == FAVOURITE_VISITS_A_DAY > VISITS_A_DAY_MAX
    assert max(each.visits_a_day for each in made[1:]) <= VISITS_A_DAY_MAX
    assert [made[1].visits_a_day, made[-1].visits_a_day] == [0, 0]
