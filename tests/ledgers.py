"""Ledgers of many transfers for tests of the books: goodwill posted to one shopper, in transactions of given sizes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import World

from cashback.books.sealed import SEALED, TRANSFERS, Sealed
from cashback.books.service import seal_next
from cashback.books.verify import Verified, verify
from cashback.ledger.chart import AVAILABLE, FUNDER
from cashback.ledger.service import Transfer, post


def goodwill(shopper_id: UUID, number: int, asset: str = "EUR") -> Transfer:
    """A transfer with a key and an amount of its own."""
    return Transfer(shopper_id, f"goodwill:{number:05d}", FUNDER, AVAILABLE, asset, 100 + number, "goodwill")


async def post_goodwill(world: World, shopper_id: UUID, sizes: Sequence[int], *, first: int = 0) -> None:
    """So many transfers in each of these transactions."""
    number = first
    for size in sizes:
        async with world.connection() as connection:
            each = [goodwill(shopper_id, number + n) for n in range(size)]
            await post(connection, world.operator_id, each, world.now)
        number += size


async def seal_all(world: World, *, rows_max: int = 10_000, chains: Sequence[Sealed] = SEALED) -> int:
    """Seal until nothing is left; answers how many rows."""
    rows = 0
    for sealed in chains:
        more = 1
        while more:
            async with world.connection() as connection:
                more = await seal_next(connection, world.operator_id, sealed, world.now, rows_max=rows_max)
            rows += more
    return rows


async def verified(world: World, sealed: Sealed = TRANSFERS) -> Verified:
    """What a verification of the whole chain finds."""
    async with world.connection() as connection:
        return await verify(connection, world.operator_id, sealed)


async def order_of_chain(world: World) -> dict[str, int]:
    """The position of each transfer by its key, counted by the database."""
    ordered = 'row_number() OVER (ORDER BY place, shopper_id, key COLLATE "C")'
    return dict(await world.rows(f"SELECT key, {ordered} FROM transfers"))  # type: ignore[arg-type]


@asynccontextmanager
async def as_owner(owner: AsyncEngine, world: World, statements: Sequence[str]) -> AsyncIterator[AsyncConnection]:
    """What the owner of the database does to the world's rows, in a transaction that is undone; then the app role."""
    async with owner.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(world.operator_id),))
        for statement in statements:
            await connection.exec_driver_sql(statement.replace("{o}", str(world.operator_id)))
        await connection.exec_driver_sql("SET LOCAL ROLE cashback_app")
        yield connection
        await connection.rollback()
