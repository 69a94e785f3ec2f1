"""The figures of the receive path.

* `ack.per_s`, `ack.p50_ms`, `ack.p99_ms`: signed Fidel webhooks, each with a body of its own, acknowledged over HTTP
  after a durable commit, with `CONNECTIONS` connections; the median of `ROUNDS` rounds. `ack.<n>.per_s` and
  `ack.<n>.p99_ms` with other numbers of connections.
* `ack.http_floor_per_s`: a bare ASGI application under the same server that checks the same signature and keeps
  nothing.
* `ack.insert_floor_per_s`: the same bodies inserted in groups of 256 by two connections of the driver, no HTTP.
* `ack.client_per_s`: what the client reaches against a server that only answers; `ack.client_margin` is that over
  `ack.per_s` and must be at least 2.
* `ack.ratio`: `ack.per_s` over the slower floor.

Rounds of all of them alternate, so that a busy moment of the machine meets all alike. After the rounds the rows in the
log are counted: one for each acknowledgement, or the figures are worth nothing.
"""

import asyncio
import hashlib
import itertools
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.engine import make_url

from bench.ack.client import Load, play
from bench.ack.deliveries import MASTER, SECRET, Address, body, request
from cashback.actors import system
from cashback.db.engine import open_engine, transaction
from cashback.migrations.run import migrate
from cashback.programmes.connections import open_connection
from webhooks.sealing import KeyRing

CONNECTIONS = 128
OTHER_CONNECTIONS = (32, 64, 256)
ROUNDS = 3
ROUND_SECONDS = 2.0
REQUESTS_PER_ROUND = 60_000
INSERT_ROWS = 60_000
INSERT_GROUP = 256


async def measure(database_url: str) -> dict[str, float]:
    """Run everything against this database, which is migrated first; takes about a minute."""
    owner = open_engine(database_url, role=None)
    await migrate(owner)
    await owner.dispose()
    operator_id, address = await _connect_provider(database_url)
    numbers = itertools.count(int(time.time()) % 10_000_000 * 100_000)
    runs: dict[str, list[Load]] = {name: [] for name in ("receiver", "floor", "responder")}
    others: dict[int, Load] = {}
    inserts: list[float] = []
    async with _served("receiver", database_url) as main, _served("floor") as floor, _served("responder") as responder:
        ports = {"receiver": main, "floor": floor, "responder": responder}
        await play(main, _requests(address, numbers, 2_000), connections=CONNECTIONS, seconds=ROUND_SECONDS)
        for _ in range(ROUNDS):
            for name, port in ports.items():
                requests = _requests(address, numbers, REQUESTS_PER_ROUND)
                runs[name].append(await play(port, requests, connections=CONNECTIONS, seconds=ROUND_SECONDS))
            inserts.append(await _insert_floor(database_url, numbers))
        for connections in OTHER_CONNECTIONS:
            requests = _requests(address, numbers, REQUESTS_PER_ROUND)
            others[connections] = await play(main, requests, connections=connections, seconds=ROUND_SECONDS)
    acknowledged = 2_000 + sum(load.answered for load in (*runs["receiver"], *others.values()))
    await _expect_rows(database_url, operator_id, acknowledged)
    return _figures(runs, others, inserts)


def _figures(runs: dict[str, list[Load]], others: dict[int, Load], inserts: list[float]) -> dict[str, float]:
    refused = sum(load.refused for loads in (*runs.values(), others.values()) for load in loads)
    if refused:
        raise RuntimeError(f"{refused} requests were refused: expected every one to be acknowledged")
    per_s = {name: statistics.median(load.per_s for load in loads) for name, loads in runs.items()}
    floor = min(per_s["floor"], statistics.median(inserts))
    figures = {
        "ack.per_s": per_s["receiver"],
        "ack.p50_ms": statistics.median(load.percentile_ms(50) for load in runs["receiver"]),
        "ack.p99_ms": statistics.median(load.percentile_ms(99) for load in runs["receiver"]),
        "ack.ratio": per_s["receiver"] / floor,
        "ack.http_floor_per_s": per_s["floor"],
        "ack.insert_floor_per_s": statistics.median(inserts),
        "ack.client_per_s": per_s["responder"],
        "ack.client_margin": per_s["responder"] / per_s["receiver"],
    }
    for connections, load in others.items():
        figures[f"ack.{connections}.per_s"] = load.per_s
        figures[f"ack.{connections}.p99_ms"] = load.percentile_ms(99)
    return figures


def _requests(address: Address, numbers: Iterator[int], count: int) -> list[bytes]:
    now = datetime.now(UTC)
    return [request(address, number, now) for number in itertools.islice(numbers, count)]


async def _connect_provider(database_url: str) -> tuple[UUID, Address]:
    operator_id = uuid4()
    slug = f"bench-{operator_id}"
    address = Address(f"/webhooks/{slug}", f"http://127.0.0.1/webhooks/{slug}")
    engine = open_engine(database_url)
    async with transaction(engine, operator_id) as connection:
        await open_connection(
            connection,
            system(operator_id, "bench"),
            slug=slug,
            provider="fidel",
            registered_url=address.registered_url,
            secret=SECRET,
            providers={"fidel"},
            master=KeyRing(MASTER).master,
            now=datetime.now(UTC),
        )
    await engine.dispose()
    return operator_id, address


async def _expect_rows(database_url: str, operator_id: UUID, expected: int) -> None:
    engine = open_engine(database_url)
    async with transaction(engine, operator_id) as connection:
        stored = (await connection.exec_driver_sql("SELECT count(*) FROM inbox_messages")).scalar_one()
    await engine.dispose()
    if stored != expected:
        raise RuntimeError(f"{expected} webhooks were acknowledged and {stored} are in the log")


@asynccontextmanager
async def _served(name: str, database_url: str = "") -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.ack.servers",
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "BENCH_DATABASE_URL": database_url},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(await asyncio.wait_for(process.stdout.readline(), timeout=30))
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), timeout=15)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _insert_floor(database_url: str, numbers: Iterator[int]) -> float:
    """Rows per second of the plainest durable group insert: an unnest, a key, no row-level security, no encryption."""
    rows = [
        (number % 16, hashlib.sha256(content).hexdigest(), hashlib.sha256(content).digest(), content)
        for number in itertools.islice(numbers, INSERT_ROWS)
        for content in (body(number),)
    ]
    groups = [rows[start : start + INSERT_GROUP] for start in range(0, len(rows), INSERT_GROUP)]
    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connections = [await asyncpg.connect(address) for _ in range(2)]
    await connections[0].execute(_FLOOR_TABLE)

    async def insert(connection: asyncpg.Connection, mine: list[list[tuple[int, str, bytes, bytes]]]) -> None:
        for group in mine:
            await connection.execute(_FLOOR_INSERT, *(list(column) for column in zip(*sorted(group), strict=True)))

    started = time.perf_counter()
    await asyncio.gather(*(insert(connection, groups[half::2]) for half, connection in enumerate(connections)))
    seconds = time.perf_counter() - started
    await connections[0].execute("DROP TABLE bench_floor")
    for connection in connections:
        await connection.close()
    return len(rows) / seconds


_FLOOR_TABLE = """
CREATE TABLE IF NOT EXISTS bench_floor (
    lane smallint NOT NULL, delivery_id text NOT NULL, digest bytea NOT NULL, body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (lane, delivery_id)
)
"""

_FLOOR_INSERT = """
INSERT INTO bench_floor (lane, delivery_id, digest, body)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING
"""
