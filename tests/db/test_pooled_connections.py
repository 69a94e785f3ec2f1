"""Connections of the pool: a dead one is replaced before a transaction begins on it, and a live one is not asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from administering import administer
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db import engine as engines
from cashback.db.engine import fetch, open_engine, transaction

OPERATOR: UUID = uuid4()


async def backend_of(engine: AsyncEngine) -> int:
    async with transaction(engine, OPERATOR) as connection:
        return int((await fetch(connection, "SELECT pg_backend_pid()"))[0][0])


class Firewall:
    """Stands between a client and PostgreSQL; what it forgot it tears down when somebody speaks on it again."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._passed = 0
        self._forgotten = 0

    def forget(self) -> None:
        """Know nothing any more of the connections that there are."""
        self._forgotten = self._passed

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passed += 1
        number = self._passed
        there, here = await self._server()
        back = asyncio.create_task(self._answers(there, writer))
        try:
            while said := await reader.read(65536):
                if number <= self._forgotten:
                    break
                here.write(said)
        finally:
            back.cancel()
            for each in (here, writer):
                each.close()

    async def _server(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder, port = self._url.query.get("host"), self._url.query.get("port", self._url.port)
        if folder:
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._url.host, self._url.port)

    async def _answers(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await there.read(65536):
            writer.write(said)
        writer.close()


@asynccontextmanager
async def behind_a_firewall(url: str) -> AsyncIterator[tuple[Firewall, str]]:
    there = make_url(url)
    firewall = Firewall(there)
    served = await asyncio.start_server(firewall.serve, "127.0.0.1", 0)
    port = served.sockets[0].getsockname()[1]
    yield firewall, there.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
    served.close()


async def test_a_connection_that_the_server_ended_is_replaced_before_a_transaction_begins(
    database_url: str, server_url: str
) -> None:
    engine = open_engine(database_url, pool_size=1)
    first = await backend_of(engine)
    await administer(server_url, f"SELECT pg_terminate_backend({first}, 5000)")
    second = await backend_of(engine)
    assert second != first
    assert await backend_of(engine) == second
    await engine.dispose()


async def test_one_that_the_network_dropped_in_silence_is_found_where_it_lay_unused(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with behind_a_firewall(database_url) as (firewall, url):
        engine = open_engine(url, pool_size=1)
        first = await backend_of(engine)
        firewall.forget()
        with pytest.raises(DBAPIError):
            await backend_of(engine)
        second = await backend_of(engine)
        assert second != first
        firewall.forget()
        monkeypatch.setattr(engines, "IDLE_SECONDS", 0.0)
        assert await backend_of(engine) not in (first, second)
        await engine.dispose()


async def test_a_connection_in_use_is_not_asked_whether_it_lives(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(database_url, pool_size=1)
    asked: list[object] = []

    @event.listens_for(engine.sync_engine, "connect")
    def _watch(connection: object, _: object) -> None:
        monkeypatch.setattr(type(connection), "ping", lambda self: asked.append(self))

    for _ in range(5):
        await backend_of(engine)
    assert asked == []
    monkeypatch.setattr(engines, "IDLE_SECONDS", 0.0)
    await backend_of(engine)
    assert len(asked) == 1
    await engine.dispose()
