"""The demonstration's own database: filled under another name and renamed when it is whole, so it is never half one.

It lies on the embedded server, or on the server of `DATABASE_URL` beside whatever is there, which is never touched. Its
name carries the fingerprint of the keys: data sealed by other keys is another demonstration.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import open_engine
from cashback.errors import Forbidden
from cashback.migrations.run import migrate

_EXISTS = "SELECT 1 FROM pg_database WHERE datname = $1"


def database_name(fingerprint: str) -> str:
    """The name of the demonstration with these keys."""
    return f"cashback_demo_{fingerprint}"


def address_of(server_url: str, name: str) -> str:
    """The address of another database on the same server."""
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def exists(server_url: str, name: str) -> bool:
    """Whether the server has a whole demonstration of this name."""
    engine = open_engine(server_url, role=None, pool_size=1)
    try:
        async with engine.connect() as connection:
            return (await connection.exec_driver_sql(_EXISTS, (name,))).scalar() is not None
    finally:
        await engine.dispose()


async def upgrade(server_url: str, name: str) -> None:
    """Bring an existing demonstration to the newest schema."""
    owner = open_engine(address_of(server_url, name), role=None, pool_size=1)
    try:
        await migrate(owner)
    finally:
        await owner.dispose()


@asynccontextmanager
async def being_filled(server_url: str, name: str) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    """An engine and its owner's on an empty, migrated database, which gets its name when the block ends well.

    What an interrupted run left behind is dropped first. Forbidden when the role may not create databases.
    """
    unfinished = f"{name}_unfinished"
    try:
        await _administer(server_url, f'DROP DATABASE IF EXISTS "{unfinished}" WITH (FORCE)')
        await _administer(server_url, f'CREATE DATABASE "{unfinished}"')
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        raise Forbidden(
            "DATABASE_URL: expected a role that may create databases; unset it for a server of its own"
        ) from error
    owner = open_engine(address_of(server_url, unfinished), role=None, pool_size=1)
    engine = open_engine(address_of(server_url, unfinished), pool_size=4)
    event.listen(engine.sync_engine, "connect", _commit_lazily)
    try:
        await migrate(owner)
        yield engine, owner
    finally:
        await engine.dispose()
        await owner.dispose()
    # The renaming commits durably, and with it everything that was committed lazily before it.
    await _administer(server_url, f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def _commit_lazily(connection: DBAPIConnection, _: object) -> None:
    """A crash may lose the last commits; then the whole database is dropped anyway."""
    cursor = connection.cursor()
    cursor.execute("SET synchronous_commit = off")
    cursor.close()
    connection.commit()


async def _administer(server_url: str, statement: str) -> None:
    """One statement outside any transaction."""
    engine = open_engine(server_url, role=None, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(statement)
    finally:
        await engine.dispose()
