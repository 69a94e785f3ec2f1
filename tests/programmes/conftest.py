"""A database of its own until the suite's server takes over: only `engine` is used by the tests."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import open_engine
from cashback.migrations.run import migrate

SERVER = "postgresql+asyncpg://postgres@127.0.0.1:5544"
NAME = "inbox_conn_tests"


@pytest.fixture(scope="session")
async def engine() -> AsyncIterator[AsyncEngine]:
    server = open_engine(f"{SERVER}/postgres", role=None)
    async with server.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"))
        await connection.execute(text(f"CREATE DATABASE {NAME}"))
    await server.dispose()
    owner = open_engine(f"{SERVER}/{NAME}", role=None)
    await migrate(owner)
    await owner.dispose()
    opened = open_engine(f"{SERVER}/{NAME}", pool_size=16)
    yield opened
    await opened.dispose()
