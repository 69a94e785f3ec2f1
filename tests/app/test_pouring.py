"""Answers that are poured out, over a real socket: however one ends, its place and its connection are free again."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from app_desk import Desk, assert_problem, opened_desk
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool

from cashback import pouring
from cashback.api import export_routes
from cashback.app import Application, server

SPAN = "since=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z"
PATH = f"/v1/exports/shoppers?{SPAN}"
PATIENCE_SECONDS = 20


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[int]:
    """The desk's application on a real port, by the server that serves it."""
    transport: Any = desk.client._transport
    app: Application = transport.app
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    serving = server(app, host="127.0.0.1", port=port)
    task = asyncio.create_task(serving.serve())
    await settled(lambda: serving.started)
    try:
        yield port
    finally:
        serving.should_exit = True
        await task


async def settled(is_so: Any) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


async def begin(desk: Desk, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An export whose reader has read its beginning."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(f"GET {PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {desk.key}\r\n\r\n".encode())
    assert (await reader.readline()).split()[1] == b"200"
    return reader, writer


async def read_to_the_end(reader: asyncio.StreamReader) -> bytes:
    """What the socket still holds until the server ended it."""
    told = bytearray()
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while chunk := await reader.read(1 << 20):
                told += chunk
    return bytes(told)


async def endless(connection: AsyncConnection, *_: Any) -> AsyncGenerator[dict[str, Any], None]:
    """Rows without end, out of an open transaction."""
    while True:
        await connection.exec_driver_sql("SELECT 1")
        for _each in range(500):
            yield {"reference": "x" * 500}


async def breaking(*_: Any) -> AsyncGenerator[dict[str, Any], None]:
    """As many rows as were sent before the database broke off."""
    for _each in range(500):
        yield {"reference": "x" * 500}
    raise ConnectionError("the database went away")


def connections_held(engine: AsyncEngine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


async def test_an_export_that_is_not_read_or_left_holds_nothing(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_routes, "rows_of", endless)
    places = export_routes._places

    def free() -> bool:
        return places.held == 0 and connections_held(engine) == 0

    async with opened_desk(engine) as desk, opened_desk(engine) as other, served(desk) as port:
        _, first = await begin(desk, port)
        refused = await desk.ask("GET", PATH)
        assert_problem(refused, 503, "export_running")
        assert refused.headers["retry-after"] == "15"
        _, beside = await begin(other, port)
        assert places.held == 2, "one operator's exports keep no other operator's from running"
        first.transport.abort()
        beside.transport.abort()
        await settled(free)
        monkeypatch.setattr(pouring, "CHUNK_SECONDS", 0.3)
        silent, writer = await begin(desk, port)
        await settled(free)
        assert not (await read_to_the_end(silent)).endswith(b"0\r\n\r\n")
        writer.close()
        monkeypatch.setattr(pouring, "CHUNK_SECONDS", 30.0)
        monkeypatch.setattr(export_routes, "SECONDS_MAX", 0.3)
        slow, writer = await begin(desk, port)
        assert not (await read_to_the_end(slow)).endswith(b"0\r\n\r\n"), "it was read, and took too long"
        await settled(free)
        writer.close()


@pytest.mark.parametrize("format", ["ndjson", "csv"])
async def test_an_export_that_breaks_off_is_seen_to_be_incomplete(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.setattr(export_routes, "rows_of", breaking)
    monkeypatch.setitem(export_routes._COLUMNS, export_routes.ExportKind.SHOPPERS, ("reference",))
    async with opened_desk(engine) as desk, served(desk) as port, httpx.AsyncClient() as client:
        address = f"http://127.0.0.1:{port}{PATH}&format={format}"
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await client.get(address, headers={"authorization": f"Bearer {desk.key}"})
        assert export_routes._places.held == 0


async def test_an_export_that_cannot_begin_is_refused(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> AsyncGenerator[dict[str, Any], None]:
        raise ConnectionError("the database does not answer")
        yield {}

    monkeypatch.setattr(export_routes, "rows_of", nothing)
    async with opened_desk(engine) as desk:
        assert (await desk.client.get(PATH, headers={"authorization": f"Bearer {desk.key}"})).status_code >= 500
    assert export_routes._places.held == 0
