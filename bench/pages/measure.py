"""The figures of pages.

* `pages.demo_p95_ms`: of the slowest page of the demonstration, and `pages.demo_worst` which it is.
* `pages.p95_ms`: the same with `PURCHASES` purchases stored beside it, of the same operator; `pages.worst` which it is.
* `pages.found`: how many kinds of pages were asked; every address is asked `ROUNDS` times, in turn.

The time runs from the request to the last byte of the answer, inside the process that serves, the database beside it:
what the server works on a page, without a network and without a browser.
"""

import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass
from math import ceil
from uuid import UUID

import asyncpg
import httpx

from bench.pages.deeds import do_all
from bench.pages.places import Found, Place, entered, entries, find
from bench.road.history import Past, store_history
from bench.road.stage import Stage
from bench.server import Bench
from cashback.app import build_app
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.demo.seeding import Plan, seed
from cashback.figures.offer_days import count_due
from cashback.ledger.totals import roll_up
from cashback.pipeline import Road
from cashback.programmes.service import load_programme
from cashback.runtime import Runtime, collect_seldom
from cashback.settings import read_settings
from cashback.upkeep import keep_figures
from cashback.wakeups import LocalWakeups
from webhooks.egress import Egress
from webhooks.sealing import KeyRing

PURCHASES, OF_EACH_SHOPPER = 5_000_000, 50
ROUNDS = 20
"""Of each address; p95 is the nearest rank, the nineteenth of twenty."""
SMALL = Plan(shoppers=20, days=30)
LIMITS_MS = {"demo": 200.0, "stored": 500.0}
SLOWEST_TOLD = 12
ADDRESS = "http://127.0.0.1:8000"
SHOPS_VISITED = 40
"""Shops of the demonstration that the stored purchases were made in."""

Figures = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Slow:
    """The time of one kind of page."""

    template: str
    p95_ms: float


async def measure(bench: Bench, purchases: int = PURCHASES) -> Figures:
    """p95 of the slowest page of the demonstration, alone and with so many purchases stored.

    With fewer purchases the demonstration is a small one too.
    """
    plan = Plan() if purchases >= PURCHASES else SMALL
    settings = read_settings({"CASHBACK_MODE": "demo", "DATABASE_URL": "postgresql://elsewhere/nothing"})
    keyring, clock, database = KeyRing(settings.master_key), SystemClock(), await bench.create()
    owner = open_engine(bench.url(database), role=None, pool_size=1)
    engine = open_engine(bench.url(database), pool_size=12)
    seeded = await seed(engine, owner, keyring, plan, clock.now(), ADDRESS, lambda _: None)
    await owner.dispose()
    runtime = Runtime(settings, engine, clock, keyring, LocalWakeups(), Egress(loopback=True))
    await _figures(runtime, seeded.operator_id)
    collect_seldom()
    alone, found = await _asked(runtime, act=True)
    reading = await asyncpg.connect(bench.dsn(database))
    connection_id = await reading.fetchval(
        "SELECT id FROM connections WHERE operator_id = $1 AND provider = 'sandbox'", seeded.operator_id
    )
    shops = await reading.fetch(
        "SELECT code FROM shops WHERE operator_id = $1 ORDER BY code LIMIT $2", seeded.operator_id, SHOPS_VISITED
    )
    offer = await reading.fetchval(
        "SELECT code FROM offers WHERE operator_id = $1 ORDER BY id LIMIT 1", seeded.operator_id
    )
    await reading.close()
    past = Past(tuple(row["code"] for row in shops), offer, strangers=True)
    stage = Stage(database, seeded.operator_id, connection_id)
    begin = time.perf_counter()
    await store_history(bench, stage, purchases, max(purchases // OF_EACH_SHOPPER, 100), clock.now(), past=past)
    print(f"  {purchases:,} purchases stored in {time.perf_counter() - begin:.0f} s", flush=True)
    begin = time.perf_counter()
    await _figures(runtime, seeded.operator_id)
    print(f"  their figures and totals counted in {time.perf_counter() - begin:.0f} s", flush=True)
    await bench.settle()
    beside, found_beside = await _asked(runtime)
    await engine.dispose()
    await bench.drop(database)
    for what, slow, limit in (("demo", alone, LIMITS_MS["demo"]), ("stored", beside, LIMITS_MS["stored"])):
        for each in slow[:SLOWEST_TOLD]:
            print(f"  {what:6} {each.p95_ms:8.1f} ms  {each.template}{'  OVER' if each.p95_ms > limit else ''}")
    for template in sorted({*found.missing()} & {*found_beside.missing()}):
        print(f"  no link led to {template}")
    return {
        "pages.demo_p95_ms": alone[0].p95_ms,
        "pages.demo_worst": alone[0].template,
        "pages.p95_ms": beside[0].p95_ms,
        "pages.worst": beside[0].template,
        "pages.found": len(beside),
    }


async def _figures(runtime: Runtime, operator_id: UUID) -> None:
    """What upkeep would have kept by now, the totals of accounts that sealing keeps among it."""
    road, now = Road(runtime.keyring), runtime.clock.now()
    await keep_figures(runtime.engine, road, operator_id, now)
    due = 1
    while due:
        async with transaction(runtime.engine, operator_id) as connection:
            zone = (await load_programme(connection, operator_id)).zone
            due = await count_due(connection, operator_id, zone, now)
    async with transaction(runtime.engine, operator_id) as connection:
        place = (await fetch(connection, "SELECT max(place) AS place FROM transfers", ()))[0].place
        await roll_up(connection, operator_id, place)


async def _asked(runtime: Runtime, *, act: bool = False) -> tuple[list[Slow], Found]:
    """The kinds of pages, the slowest first; `act`: do something first. RuntimeError for a page that fails."""
    app = build_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.running(), AsyncExitStack() as stack:
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, timeout=120) as stranger:
            doors = await entries(stranger)
        browsers = {door.who: await stack.enter_async_context(entered(transport, ADDRESS, door)) for door in doors}
        if act:
            for refused in await do_all(browsers, runtime.clock.now().date()):
                print(f"  not done: {refused}")
        found = await find(browsers)
        broken = [each for each in found.broken if each[2] >= 500]
        if broken:
            raise RuntimeError(f"pages that fail: {broken}")
        times: defaultdict[Place, list[float]] = defaultdict(list)
        for _ in range(ROUNDS):
            for place in found.places:
                client, headers = browsers[place.who].client, {"hx-request": "true"} if place.part else {}
                begin = time.perf_counter()
                answer = await client.get(place.address, headers=headers)
                times[place].append((time.perf_counter() - begin) * 1000)
                if answer.status_code >= 400:
                    raise RuntimeError(f"{place.address} answered {answer.status_code}")
        await app.end_streams()
    slowest: defaultdict[str, float] = defaultdict(float)
    for place, taken in times.items():
        p95 = sorted(taken)[ceil(len(taken) * 0.95) - 1]
        slowest[place.template] = max(slowest[place.template], p95)
    return sorted((Slow(*each) for each in slowest.items()), key=lambda each: -each.p95_ms), found
