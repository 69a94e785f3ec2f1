"""`kill -9` of worker, server and PostgreSQL, at random, under load: nothing is lost and nothing counts twice.

`CRASH_ROUNDS` kills strike in a load of a thousand deliveries each, twenty thousand at least; `CRASH_SEED` plays
another load. The invariants:

* every acknowledged webhook is in the log once, and every lane's cursor is past all of them;
* every fact was recorded by exactly one statement, nothing was parked, kept aside or left unclaimed;
* every wallet, and every shopper's purchases, equal those of an oracle that knows the truth of the load alone;
* `cashback audit --every-seal` finds every invariant of the books to hold, and every sealed row as it was sealed.
"""

import asyncio
import json
import os
import random
import secrets
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import asyncpg
import pytest
from crash_books import FACTS, PURCHASES, WALLETS, differing, stored_purchases, stored_wallets
from crash_client import Client, Target
from crash_load import ENDING, Load, make_load, programme, reference
from crash_oracle import purchases, wallets
from crash_stack import OPERATOR, VICTIMS, Stack, summary

from cashback.actors import system
from cashback.db.engine import open_engine, transaction
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.operators import find_operator

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform != "linux", reason="finds the database's processes in /proc"),
]

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "10"))
SEED = int(os.environ.get("CRASH_SEED", "20261121"))
DELIVERIES = max(ROUNDS, 20) * 1000
DRAIN_SECONDS = 120.0
STALLED_SECONDS = 90.0
"""Nothing acknowledged for this long means that something did not come back."""

_WAITING = """
SELECT (SELECT count(*) FROM inbox_messages m LEFT JOIN inbox_cursors c USING (tenant_id, lane)
        WHERE c.lane IS NULL OR (m.xid, m.ordinal) > (c.xid, c.ordinal))
     + (SELECT count(*) FROM purchases WHERE due_at <= now()) + (SELECT count(*) FROM rematches)
"""


@pytest.fixture
def stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="cashback-crash-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the account that the server runs as enters it
        started = Stack.start(Path(folder))
        try:
            yield started
        finally:
            started.stop()


def test_killing_anything_loses_nothing_and_counts_nothing_twice(stack: Stack) -> None:
    print(f"CRASH_ROUNDS={ROUNDS} CRASH_SEED={SEED}")
    begun = time.monotonic()
    targets = found_operator(stack)
    load = make_load(SEED, DELIVERIES, datetime.now(UTC))
    client = Client(stack.port, targets)
    ready = time.monotonic()
    play_and_kill(stack, client, load)
    delivered = time.monotonic()
    asyncio.run(drained(stack, load))
    waited = time.monotonic()
    assert client.refused == []
    assert client.acknowledged == len(load.deliveries)
    asyncio.run(compare(stack, load))
    printed = stack.command("audit", "--operator", OPERATOR, "--every-seal")
    assert "every invariant holds" in printed
    print(summary(stack.recoveries))
    print(
        f"{len(load.deliveries)} deliveries of {len(load.messages)} messages; set up in {ready - begun:.1f} s, "
        f"delivered in {delivered - ready:.1f} s, drained {waited - delivered:.1f} s later, "
        f"compared in {time.monotonic() - waited:.1f} s; repeated: {dict(client.again)}"
    )


def found_operator(stack: Stack) -> dict[str, Target]:
    """An operator with a programme and two connections, by the command line; started server and worker."""
    key = stack.command("operator", OPERATOR, "Crash").strip()
    targets = {
        network: Target(f"{network}-{OPERATOR}", b"whsec_" + b64encode(secrets.token_bytes(32)))
        for network in ("sandbox", "fidel")
    }
    for network, target in targets.items():
        stack.command("connect", OPERATOR, network, target.slug, secret=target.secret.decode())
    asyncio.run(apply_programme(stack))
    stack.launch("server", "worker")
    stack.await_listening()
    shoppers = make_load(SEED, DELIVERIES, datetime.now(UTC)).shoppers
    for first in range(0, shoppers, 500):
        body = {"references": [reference(each) for each in range(first, min(first + 500, shoppers))]}
        request = Request(
            f"http://127.0.0.1:{stack.port}/v1/shoppers",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {key}", "content-type": "application/json"},
        )
        with urlopen(request, timeout=30) as answer:
            assert answer.status == 201
    return targets


async def apply_programme(stack: Stack) -> None:
    """Apply the programme as one that was always live: the load tells of purchases made weeks ago."""
    engine = open_engine(stack.postgres.url(), pool_size=1)
    operator_id = await find_operator(engine, OPERATOR)
    assert operator_id is not None
    async with transaction(engine, operator_id) as connection:
        file = parse(json.dumps(programme()), "crash")
        await apply(connection, system(operator_id, "crash"), file, datetime.now(UTC), since_ever=True)
    await engine.dispose()


def play_and_kill(stack: Stack, client: Client, load: Load) -> None:
    """Deliver everything; at `ROUNDS` random moments of it kill somebody."""
    rng = random.Random(SEED)
    total = len(load.deliveries)
    moments = sorted(rng.sample(range(total // 50, total - total // 50), ROUNDS))
    victims = [victim for _ in range(0, ROUNDS, len(VICTIMS)) for victim in rng.sample(VICTIMS, len(VICTIMS))]
    player = client.play(load.deliveries)
    try:
        progress = (0, time.monotonic())
        while player.is_alive():
            while moments and client.acknowledged >= moments[0]:
                moments.pop(0)
                time.sleep(rng.uniform(0, 0.05))
                stack.kill(victims.pop(), rng, lambda since: client.last_acknowledged_at > since)
            stack.watch()
            if client.acknowledged > progress[0]:
                progress = (client.acknowledged, time.monotonic())
            assert time.monotonic() - progress[1] < STALLED_SECONDS, f"{stack.errors('server')}\n{client.again}"
            player.join(0.01)
    finally:
        client.stopped = True
        player.join()
    assert moments == []


async def drained(stack: Stack, load: Load) -> None:
    """Wait until every message is behind its cursor and every hold that was to end has ended."""
    deadline = time.monotonic() + DRAIN_SECONDS
    waiting = 1
    while waiting or datetime.now(UTC) < load.start + ENDING:
        connection = await asyncpg.connect(stack.postgres.dsn())
        try:
            waiting = await connection.fetchval(_WAITING)
        finally:
            await connection.close()
        stack.watch()
        assert time.monotonic() < deadline, f"{waiting} still wait:\n{stack.errors('worker')}"
        await asyncio.sleep(0.1)


async def compare(stack: Stack, load: Load) -> None:
    """Everything that is stored, against the truth of the load."""
    now = datetime.now(UTC)
    connection = await asyncpg.connect(stack.postgres.dsn())
    try:
        # A crash makes PostgreSQL forget what autovacuum goes by, and the audit reads everything.
        await connection.execute("ANALYZE")
        rows = await connection.fetch(
            "SELECT c.provider, count(*), count(DISTINCT m.delivery_id) FROM inbox_messages m "
            "JOIN connections c ON c.id = m.connection_id GROUP BY 1"
        )
        sent = Counter(message.network for message in load.messages)
        assert {row[0]: (row[1], row[2]) for row in rows} == {name: (count, count) for name, count in sent.items()}
        for table in ("inbox_conflicts", "inbox_parked", "inbox_unclaimed"):
            assert (table, await connection.fetchval(f"SELECT count(*) FROM {table}")) == (table, 0)
        assert tuple(await connection.fetchrow(FACTS)) == (load.facts, load.facts)
        assert differing(stored_wallets(await connection.fetch(WALLETS)), wallets(load, now)) == {}
        assert differing(stored_purchases(await connection.fetch(PURCHASES)), purchases(load, now)) == {}
    finally:
        await connection.close()
