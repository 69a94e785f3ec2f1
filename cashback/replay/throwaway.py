"""A database that exists for one replay: on the server of `DATABASE_URL`, else on an embedded one of its own."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.embedded import temporary_postgres
from cashback.db.engine import open_engine
from cashback.migrations.run import migrate


@asynccontextmanager
async def throwaway_database(server_url: str | None) -> AsyncIterator[AsyncEngine]:
    """An engine on an empty, migrated database that is dropped at the end."""
    with contextlib.ExitStack() as stack:
        if server_url is None:
            server = stack.enter_context(temporary_postgres(fsync=False))
            server_url = server.url()
        name = f"replay_{secrets.token_hex(6)}"
        await _administer(server_url, f'CREATE DATABASE "{name}"')
        try:
            url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
            owner = open_engine(url, role=None, pool_size=1)
            await migrate(owner)
            await owner.dispose()
            engine = open_engine(url, pool_size=4)
            try:
                yield engine
            finally:
                await engine.dispose()
        finally:
            await _administer(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _administer(url: str, statement: str) -> None:
    engine = open_engine(url, role=None, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(statement)
    finally:
        await engine.dispose()
