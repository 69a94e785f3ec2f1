"""Requests with an idempotency key whose server ends at their commit, or at any statement: one effect each."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from crash_house import Crash, dies, failing, loses_its_connection
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER, START, World, a_world, day, purchase

from cashback.actors import Scope, system
from cashback.app import build_app
from cashback.auth.keys import create_key
from cashback.db.engine import open_engine
from cashback.runtime import Runtime
from cashback.settings import read_settings
from cashback.wakeups import LocalWakeups
from webhooks.egress import Egress

pytestmark = pytest.mark.crash

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("api_process.py")
PAYMENT = {"shopper": SHOPPER, "asset": "EUR", "amount": 60}
CUTS: dict[str, tuple[Any, bool]] = {
    "dies before": (dies, False),
    "dies after": (dies, True),
    "cut before": (loses_its_connection, False),
}
STATEMENTS_MAX = 60


async def a_rich_world(engine: AsyncEngine) -> tuple[World, str]:
    """Anna has a hundred euros available; a key that pays them out."""
    world = await a_world(engine)
    await world.link(at=START)
    await world.play(*purchase("p-1", 2_000_00, at=day(1)), at=day(20))
    scopes = (Scope.MONEY, Scope.WEBHOOKS)
    async with world.connection() as connection:
        key = await create_key(
            connection, system(world.operator_id, "tests"), label="till", scopes=scopes, now=world.now
        )
    return world, key


def headers(key: str, idempotency_key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "idempotency-key": idempotency_key}


@asynccontextmanager
async def server(url: str, point: str) -> AsyncIterator[str]:
    """The address of a server that ends at this point of a keyed request's commit."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "CASHBACK_MODE": "demo", "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    environment["CASHBACK_LOOPBACK_WEBHOOKS"] = "1"
    environment.pop("REDIS_URL", None)
    process = subprocess.Popen(  # noqa: ASYNC220 - it is killed here, or by itself
        [sys.executable, str(PROGRAM), str(port), point], env=environment, cwd=ROOT
    )
    address = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while True:
                assert process.poll() is None
                try:
                    if (await client.get(f"{address}/healthz")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("point", ["before", "after"])
async def test_a_server_killed_at_the_commit_leaves_nothing_or_the_whole_answer(
    new_database: Callable[[], Awaitable[str]], point: str
) -> None:
    url = await new_database()
    engine = open_engine(url, pool_size=4)
    world, key = await a_rich_world(engine)
    await world.rows("DELETE FROM inbox_keys RETURNING 1")  # the server has a master key of its own
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "pays": ("/v1/payments", PAYMENT),
        "secret": ("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"}),
    }
    kept = {"before": 0, "after": 1}[point]
    for name, (path, body) in bodies.items():
        async with server(url, point) as address, httpx.AsyncClient(base_url=address) as client:
            with pytest.raises(httpx.TransportError):
                await client.post(path, json=body, headers=headers(key, name), timeout=60)
    assert await world.rows("SELECT count(*) FROM idempotency") == [(kept * len(bodies),)]
    assert (await world.wallet())["EUR"][3] == kept * 60
    assert await world.rows("SELECT count(*) FROM webhook_endpoints") == [(kept,)]
    async with server(url, "never") as address, httpx.AsyncClient(base_url=address) as client:
        for name, (path, body) in bodies.items():
            answers = [await client.post(path, json=body, headers=headers(key, name), timeout=60) for _ in range(2)]
            assert [answer.status_code for answer in answers] == [201] * 2, answers[0].text
            assert answers[0].content == answers[1].content
            told = ["idempotency-replayed" in answer.headers for answer in answers]
            assert told == [point == "after", True]
    assert (await world.wallet())["EUR"][3] == 60
    assert await world.rows("SELECT count(*) FROM webhook_endpoints") == [(1,)]
    await world.audit()
    await engine.dispose()


@pytest.mark.parametrize("end", CUTS)
async def test_a_request_that_ends_at_any_statement_is_done_by_its_repeat_and_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    world, key = await a_rich_world(engine)
    # Connections that were cut are made anew, at a cost: fewer places do there.
    settings = read_settings({"CASHBACK_MODE": "demo", "DATABASE_URL": "postgresql://elsewhere/nothing"})
    app = build_app(
        Runtime(settings, engine, world.clock, world.stage.road.keyring, LocalWakeups(), Egress(loopback=True))
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    fault, after = CUTS[end]
    async with app.running(), httpx.AsyncClient(transport=transport, base_url="http://inside") as client:

        async def pay(place: int) -> httpx.Response:
            return await client.post("/v1/payments", json=PAYMENT, headers=headers(key, f"k-{place}"))

        for count, place in enumerate(range(1, STATEMENTS_MAX, 1 if fault is dies else 4), 1):
            with failing(monkeypatch, fault, at=place, after=after) as done:
                try:
                    first = (await pay(place)).status_code
                except Crash:
                    first = 0
            assert (await pay(place)).status_code == 201
            assert (await world.wallet())["EUR"][3] == 60 * count
            if len(done) < place:
                assert first == 201
                break
        else:
            raise AssertionError(f"the request did not pass in {STATEMENTS_MAX} attempts")
        assert place > 8
    await world.audit()
