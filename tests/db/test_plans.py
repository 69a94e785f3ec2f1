"""Plans of statements over sets: what was planned on an empty table is planned again as the table grows."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import fetch, open_engine, transaction, work_on

_FILL = """
INSERT INTO balances (operator_id, shopper_id, asset)
SELECT $1, gen_random_uuid(), 'EUR' FROM generate_series(1, $2::integer)
"""
_READ = """
SELECT b.available FROM unnest($1::uuid[], $2::text[]) AS k (shopper_id, asset)
JOIN balances b ON b.shopper_id = k.shopper_id AND b.asset = k.asset
"""
_SCANS = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'balances'"


async def scans(engine: AsyncEngine, operator_id: UUID, transactions: int) -> tuple[int, int]:
    """How the table is read while some transactions read a few keys: whole, and by index."""

    async def counted() -> tuple[int, int]:
        async with transaction(engine, operator_id) as connection:
            await connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        async with transaction(engine, operator_id) as connection:
            ((whole, by_index),) = await fetch(connection, _SCANS)
            return whole, by_index

    before = await counted()
    for _ in range(transactions):
        async with transaction(engine, operator_id, sets=True) as connection:
            await work_on(connection, 5)
            await fetch(connection, _READ, ([uuid4()] * 5, ["EUR"] * 5))
    after = await counted()
    return after[0] - before[0], after[1] - before[1]


async def test_a_statement_first_planned_on_an_empty_table_finds_the_index_when_the_table_has_grown(
    new_database: Callable[[], Awaitable[str]],
) -> None:
    url, operator_id = await new_database(), uuid4()
    owner = open_engine(url, role=None, pool_size=1).execution_options(isolation_level="AUTOCOMMIT")
    async with owner.connect() as connection:
        await connection.exec_driver_sql("VACUUM ANALYZE balances")
    await owner.dispose()
    engine = open_engine(url, pool_size=1)
    for _ in range(200):
        async with transaction(engine, operator_id, sets=True):
            """An idle worker looks for work again and again, which makes no table grow."""
    await scans(engine, operator_id, 3)
    async with transaction(engine, operator_id) as connection:
        await connection.exec_driver_sql(_FILL, (operator_id, 20_000))
    await scans(engine, operator_id, 1)
    whole, by_index = await scans(engine, operator_id, 4)
    assert whole == 0
    assert by_index >= 4
    await engine.dispose()
