"""The engine, and the one shape of every transaction: an operator, one connection, commit at the end or nothing.

The operator is set with `set_config(…, is_local => true)`: it ends with the transaction and can never stay on a pooled
connection. Without it row-level security shows nothing.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from cashback.db.unit import open_unit

APP_ROLE = "cashback_app"
"""The role of every process but the migrations: no superuser, no BYPASSRLS, no DDL, no UPDATE of the ledger."""

_SET_OPERATOR = "SELECT set_config('app.tenant', $1, true)"
_SET_OPERATOR_FOR_SETS = "SELECT set_config('app.tenant', $1, true), set_config('plan_cache_mode', $2, true)"
_ROWS = "cashback.rows"
"""Under this name a connection remembers how many rows it has worked on."""
_FORGET_PLANS = "DISCARD PLANS"
_OPEN_DIRECTORY = "SELECT set_config('app.directory', 'on', true)"
IDLE_SECONDS = 5.0
"""So long a connection may lie unused before it is asked whether it still leads anywhere."""
_UNUSED_SINCE = "cashback.unused_since"


def open_engine(url: str, *, pool_size: int = 8, role: str | None = APP_ROLE) -> AsyncEngine:
    """An engine whose connections act as the app role; `role=None` keeps the login role (migrations only)."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        hide_parameters=True,  # an error's text is logged and parked, and the values may be a card's token
        connect_args={"server_settings": {"application_name": "cashback", "timezone": "UTC"}},
    )
    _probe_idle(engine)
    if role is not None:

        @event.listens_for(engine.sync_engine, "connect")
        def _become(connection: object, _: object) -> None:
            cursor = connection.cursor()  # type: ignore[attr-defined]
            cursor.execute(f'SET ROLE "{role}"')
            cursor.close()
            connection.commit()  # type: ignore[attr-defined]

    return engine


def _probe_idle(engine: AsyncEngine) -> None:
    """Take a dead connection for what it is before a transaction begins on it.

    SQLAlchemy's own probe is three round trips before each transaction, half of what a small read costs. The driver is
    told at once when the server closes a connection; what a network drops in silence shows only when it is asked, and
    that is done where a connection lay unused. One that dies in between fails a transaction, as in the midst of one.
    """

    @event.listens_for(engine.sync_engine, "checkin")
    def _laid_down(_: object, record: Any) -> None:
        record.info[_UNUSED_SINCE] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def _taken_up(connection: Any, record: Any, _: object) -> None:
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - record.info.get(_UNUSED_SINCE, time.monotonic()) > IDLE_SECONDS:
            try:
                connection.ping()
            except Exception as error:
                raise InvalidatePoolError from error


@asynccontextmanager
async def transaction(engine: AsyncEngine, operator_id: UUID, *, sets: bool = False) -> AsyncIterator[AsyncConnection]:
    """One transaction of one operator; commits when the block ends, rolls back when it raises.

    `sets` is for statements that join arrays of keys with tables: they are planned once, without looking at the arrays.
    Planned for 500 keys each time, PostgreSQL reads whole tables and hashes them as long as they look small to it.
    Within a request that is one transaction as a whole, this is a part of it (`cashback.db.unit`).
    """
    unit = open_unit()
    serving = unit.part() if unit is not None and unit.serves(engine, operator_id) else engine.begin()
    async with serving as connection:
        if sets:
            await connection.exec_driver_sql(_SET_OPERATOR_FOR_SETS, (str(operator_id), "force_generic_plan"))
        else:
            await connection.exec_driver_sql(_SET_OPERATOR, (str(operator_id),))
        yield connection


async def work_on(connection: AsyncConnection, rows: int) -> None:
    """Say that a transaction over sets works on so many rows: when their number has doubled, plans are forgotten.

    A plan is kept until somebody analyses the table, and what was planned while the table was empty reads all of it for
    every key. Planned anew whenever a connection has done as much again as before, it is never far behind the table.
    """
    assert connection.sync_connection is not None
    memory = connection.sync_connection.info
    before: int = memory.get(_ROWS, 0)
    memory[_ROWS] = before + rows
    if before and memory[_ROWS].bit_length() > before.bit_length():
        await connection.exec_driver_sql(_FORGET_PLANS)


@asynccontextmanager
async def directory(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Reads the few tables that are consulted before the operator is known: operators, connections, API keys."""
    async with engine.begin() as connection:
        await connection.exec_driver_sql(_OPEN_DIRECTORY)
        yield connection


async def fetch(connection: AsyncConnection, statement: str, parameters: tuple[Any, ...] = ()) -> Sequence[Any]:
    """All rows of a driver-level statement (`$1`, arrays); each row is a tuple with names."""
    return (await connection.exec_driver_sql(statement, parameters)).all()
