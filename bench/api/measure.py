"""The figures of the API.

* `api.wallet_per_s`, `api.wallet_p99_ms`: wallets of shoppers at random, by a key, with `CONNECTIONS` connections.
* `api.purchases_per_s`, `api.purchases_p99_ms`: pages of 50 purchases, in turns: the newest of all, those before an
  instant at random, of a shopper, of a shop, of a state, and the page after one of them.
* `api.eligibility_per_s`, `api.eligibility_p99_ms`: may 90.00 EUR be paid in instalments, asked anew each time:
  history, score, affordability, quotes, and the record that is kept.
* `api.bare_per_s`: a bare FastAPI route with one transaction and one indexed query on the same rows.
* `api.ratio`: `api.wallet_per_s` over it. `api.p99_ms`: the slowest p99 of all that is asked of the product.

Rounds alternate, so that a busy moment of the machine meets all alike; the median of each is told.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import asyncpg

from bench.api.client import Load, play
from bench.road.history import FIRST_DAYS_AGO, LAST_DAYS_AGO, store_history
from bench.road.programme import CURRENCY
from bench.road.stage import Stage, set_stage
from bench.server import Bench
from cashback.actors import Scope, system
from cashback.auth.keys import create_key
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.instalments.schemas import Settings
from cashback.instalments.settings import save

PURCHASES, OF_EACH = 5_000_000, 50
ROUNDS, ROUND_SECONDS, CONNECTIONS = 3, 4.0, 8
OF_THE_PRODUCT = ("wallet", "purchases", "eligibility")
ASKED = 500
"""Shoppers that are asked about."""

_CARDS = """
INSERT INTO card_facts (operator_id, shopper_id, card_id, prepaid, expires_on, strong_authentication, source, told_at)
SELECT operator_id, shopper_id, card_id, false, current_date + 2000, true, 'bench', $2 FROM cards WHERE operator_id = $1
"""
"""Every card can be charged: without that nobody is asked about instalments."""

Figures = dict[str, float]
Requests = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """What requests are made of."""

    operator_id: UUID
    key: str
    shoppers: list[tuple[str, UUID]]
    shops: list[str]
    present: datetime


async def measure(bench: Bench, purchases: int = PURCHASES) -> Figures:
    """Requests a second and p99 of the product beside the bare route, with so many purchases stored."""
    present = SystemClock().now()
    stage = await set_stage(bench, range(100), present)
    await store_history(bench, stage, purchases, max(purchases // OF_EACH, 100), present)
    await bench.settle()
    asked = await _asked(bench, stage, present)
    runs: dict[str, list[Load]] = {"bare": [], "wallet": [], "purchases": [], "eligibility": []}
    url = bench.url(stage.database)
    async with _served("bare", url) as bare, _served("product", url) as product:
        cursors = await _cursors(product, asked)
        asking: dict[str, tuple[int, Callable[[], Requests]]] = {
            "bare": (bare, lambda: _bare(asked)),
            "wallet": (product, lambda: _wallets(asked)),
            "purchases": (product, lambda: _pages(asked, cursors)),
            "eligibility": (product, lambda: _questions(asked)),
        }
        for turn in range(ROUNDS + 1):
            for name, (port, requests) in asking.items():
                load = await play(port, requests(), connections=CONNECTIONS, seconds=ROUND_SECONDS)
                if turn:
                    runs[name].append(load)
    await bench.drop(stage.database)
    rates = {name: median(each.per_s for each in loads) for name, loads in runs.items()}
    slow = {name: median(each.percentile_ms(99) for each in loads) for name, loads in runs.items()}
    told = {f"api.{name}_per_s": rate for name, rate in rates.items()}
    told |= {f"api.{name}_p99_ms": worst for name, worst in slow.items()}
    return {
        **told,
        "api.ratio": rates["wallet"] / rates["bare"],
        "api.p99_ms": max(slow[name] for name in OF_THE_PRODUCT),
    }


async def _asked(bench: Bench, stage: Stage, present: datetime) -> Asked:
    engine, actor = open_engine(bench.url(stage.database), pool_size=1), system(stage.operator_id, "bench")
    async with transaction(engine, stage.operator_id) as connection:
        key = await create_key(connection, actor, label="bench", scopes=[Scope.READ, Scope.SHOPPERS], now=present)
        await save(connection, actor, Settings(), present)
    await engine.dispose()
    reading = await asyncpg.connect(bench.dsn(stage.database))
    rows = await reading.fetch(
        "SELECT reference, shopper_id FROM shopper_references ORDER BY md5(reference) LIMIT $1", ASKED
    )
    await reading.execute(_CARDS, stage.operator_id, present)
    await reading.execute("ANALYZE card_facts")
    shops = await reading.fetch("SELECT code FROM shops ORDER BY md5(code) LIMIT 20")
    await reading.close()
    return Asked(
        stage.operator_id, key, [(row[0], UUID(str(row[1]))) for row in rows], [row[0] for row in shops], present
    )


def _get(path: str, key: str = "") -> bytes:
    said = f"authorization: Bearer {key}\r\n" if key else ""
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{said}\r\n".encode()


def _bare(asked: Asked) -> Requests:
    chosen = random.Random(1)
    while True:
        yield _get(f"/{asked.operator_id}/{chosen.choice(asked.shoppers)[1]}")


def _wallets(asked: Asked) -> Requests:
    chosen = random.Random(2)
    while True:
        yield _get(f"/v1/wallets/{quote(chosen.choice(asked.shoppers)[0])}", asked.key)


def _pages(asked: Asked, cursors: list[str]) -> Requests:
    chosen = random.Random(3)
    span = timedelta(days=FIRST_DAYS_AGO - LAST_DAYS_AGO)
    while True:
        until = asked.present - timedelta(days=LAST_DAYS_AGO) - span * chosen.random()
        for query in (
            {},
            {"until": until.isoformat()},
            {"shopper": chosen.choice(asked.shoppers)[0]},
            {"shop": chosen.choice(asked.shops)},
            {"state": "declined", "until": until.isoformat()},
            {"cursor": chosen.choice(cursors)},
        ):
            yield _get(f"/v1/purchases?{urlencode(query)}", asked.key)


def _questions(asked: Asked) -> Requests:
    chosen = random.Random(4)
    while True:
        shop, shopper = chosen.choice(asked.shops), chosen.choice(asked.shoppers)[0]
        told = {"shopper": shopper, "amount_minor": 90_00, "currency": CURRENCY, "shop": shop, "of_age": True}
        body = json.dumps(told).encode()
        head = (
            "POST /v1/eligibility HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {asked.key}\r\nidempotency-key: {uuid4().hex}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def _cursors(port: int, asked: Asked) -> list[str]:
    """The places where the first pages end: the pages after them are asked for too."""
    found, cursor = [], ""
    for _ in range(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_get(f"/v1/purchases?{urlencode({'cursor': cursor} if cursor else {})}", asked.key))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        page = json.loads(await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])))
        writer.close()
        cursor = page["next_cursor"]
        if cursor is None:
            break
        found.append(cursor)
    return found


@asynccontextmanager
async def _served(name: str, url: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.api.servers",
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "BENCH_DATABASE_URL": url},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await asyncio.wait_for(process.stdout.readline(), timeout=60))
    finally:
        process.stdin.close()
        await process.wait()
