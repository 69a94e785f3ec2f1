"""One transaction for all that one request does, whichever number of transactions its code opens.

What is recorded of a request commits with its effects or not at all, without a service that knows of it: while a unit
is open, `transaction` of the same engine and operator gives a part of it. A part that wrote nothing lets go of its
locks when it ends, as a transaction would; what the others wrote stays until the unit ends, and their locks with it.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_WROTE = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
_open: ContextVar["Unit | None"] = ContextVar("unit", default=None)


class Holder(Protocol):
    """What makes a request the only one of its kind, for as long as it is worked on."""

    async def hold(self, connection: AsyncConnection, /) -> None:
        """Be the only one until this transaction ends. Raises where another one is; that ends the unit."""

    async def hold_on(self, connection: AsyncConnection, /) -> None:
        """Be the only one beyond this transaction, which commits it, until `let_go`, or for a while."""

    async def let_go(self, connection: AsyncConnection, /) -> None:
        """Be it no longer."""


class Unit:
    """Opens its transaction when the first part is asked for, so that what comes before it holds no connection."""

    def __init__(self, engine: AsyncEngine, operator_id: UUID, holder: Holder) -> None:
        """`holder.hold` is called once, before the first part."""
        self._engine = engine
        self._operator_id = operator_id
        self._holder = holder
        self._connection: AsyncConnection | None = None
        self._apart = False

    async def connection(self) -> AsyncConnection:
        """The connection of the whole unit, in its transaction."""
        if self._connection is None:
            self._connection = await self._engine.connect()
            await self._connection.begin()
            await (self._holder.let_go if self._apart else self._holder.hold)(self._connection)
        return self._connection

    def serves(self, engine: AsyncEngine, operator_id: UUID) -> bool:
        """Whether a transaction of this engine and operator is a part of this unit."""
        return not self._apart and engine is self._engine and operator_id == self._operator_id

    async def stand_apart(self) -> None:
        """From now on serve nobody: what follows commits by itself, and no connection waits for a call to end."""
        if self._apart:
            return
        connection = await self.connection()
        if (await connection.exec_driver_sql(_WROTE)).scalar_one():
            raise RuntimeError("something was written before the steps: it would stand without them")
        await self._holder.hold_on(connection)
        await connection.commit()
        await connection.close()
        self._connection, self._apart = None, True

    @asynccontextmanager
    async def part(self) -> AsyncIterator[AsyncConnection]:
        """One part: what it wrote is undone when it raises."""
        connection = await self.connection()
        savepoint = await connection.begin_nested()
        try:
            yield connection
            wrote = (await connection.exec_driver_sql(_WROTE)).scalar_one()
        except BaseException:
            if savepoint.is_active:
                await savepoint.rollback()
            raise
        await (savepoint.commit() if wrote else savepoint.rollback())

    async def commit(self) -> None:
        """Make everything stand."""
        if self._connection is not None:
            await self._connection.commit()
            self._apart = False

    async def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        if self._apart:
            async with self._engine.begin() as connection:
                await self._holder.let_go(connection)


def open_unit() -> Unit | None:
    """The unit of the request that asks, if it has one."""
    return _open.get()


async def in_steps() -> None:
    """What the request does from here on commits step by step, because it calls somebody outside between two of them.

    An intention must stand before the call that carries it out, whatever becomes of the request. So a process that dies
    leaves the steps that were done and no answer: asked again under the same key they are looked at anew, and must be
    done once by keys of their own.
    """
    unit = _open.get()
    if unit is not None:
        await unit.stand_apart()


@contextmanager
def outside() -> Iterator[None]:
    """For what must stand, and for calls over the network, before the unit begins: transactions are ones of their own.

    Comes before the first part of a unit, else its transaction would wait for what is done here.
    """
    token = _open.set(None)
    try:
        yield
    finally:
        _open.reset(token)


@asynccontextmanager
async def unit_of(engine: AsyncEngine, operator_id: UUID, holder: Holder) -> AsyncIterator[Unit]:
    """A unit for what the block calls; the caller commits it, else nothing of it stands."""
    unit = Unit(engine, operator_id, holder)
    token = _open.set(unit)
    try:
        yield unit
    finally:
        _open.reset(token)
        await unit.close()
