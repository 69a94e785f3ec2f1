"""Sealing: every row once, in an order that stays, whatever is committed late and however many try."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
from ledgers import goodwill, order_of_chain, post_goodwill, seal_all, verified
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world, day, purchase

from cashback.books.encoding import fields_of, unpacked, value_of
from cashback.books.sealed import AUDIT_LOG, BEGINNING, SEALED, TRANSFERS, Bound, Range, read_rows
from cashback.books.service import depth, head, seal_next
from cashback.db.engine import fetch, open_engine, transaction
from cashback.errors import BooksBroken
from cashback.ledger.service import post
from cashback.ledger.totals import totals


async def sealed_keys(world: World) -> list[str]:
    """The keys of the sealed transfers as the blocks' copies hold them, in the order of the chain."""
    found = await world.rows("SELECT columns, copy FROM seals WHERE chain = 'transfers' ORDER BY number")
    return [
        str(value_of(TRANSFERS.table, "key", fields[columns.index("key")]))
        for columns, copy in found
        for fields in fields_of(unpacked(copy))
    ]


async def sums(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    """Debits and credits of each account and asset, by the ledger's totals."""
    async with world.connection() as connection:
        found = await totals(connection, world.operator_id)
    return {(each.account, each.asset): (each.debits, each.credits) for each in found}


async def test_what_a_purchase_moved_and_who_did_what_are_sealed_once(world: World) -> None:
    await world.play(*purchase("p1", 40_00, at=day(1)), at=day(3))
    await world.pass_to(day(30))
    before = await sums(world)
    count, logged = await world.transfers(), (await world.rows("SELECT count(*) FROM audit_log"))[0][0]
    assert (count, before["funder:operator", "EUR"], before["shopper:pending", "EUR"]) == (2, (2_00, 0), (2_00, 2_00))
    assert await seal_all(world) == count + logged
    assert await seal_all(world) == 0
    assert await sealed_keys(world) == list(await order_of_chain(world))
    assert await sums(world) == before
    for sealed in SEALED:
        found = await verified(world, sealed)
        assert (found.faults, found.position) == ([], {TRANSFERS: count, AUDIT_LOG: logged}.get(sealed, 0))
    await world.audit()


async def test_a_row_that_is_committed_late_is_not_passed_by(world: World) -> None:
    shopper_id = await world.stage.shopper("anna")
    await seal_all(world)
    late = goodwill(shopper_id, 1)
    other = goodwill(await world.stage.shopper("bea"), 2)
    async with transaction(world.engine, world.operator_id) as slow:
        await post(slow, world.operator_id, [late], world.now)
        async with world.connection() as connection:
            await post(connection, world.operator_id, [other], world.now)
        # The slow one began first: its place lies before the other's, and nothing behind it is over yet.
        assert await seal_all(world, chains=[TRANSFERS]) == 0
        async with world.connection() as connection:
            assert (await depth(connection, world.operator_id, TRANSFERS)).rows == 1
    assert await seal_all(world, chains=[TRANSFERS]) == 2
    assert await sealed_keys(world) == [late.key, other.key]
    assert (await verified(world)).faults == []
    await world.audit()


async def test_what_was_rolled_back_has_no_place_in_the_chain(world: World) -> None:
    shopper_id = await world.stage.shopper("anna")
    async with world.connection() as connection:
        await post(connection, world.operator_id, [goodwill(shopper_id, 1)], world.now)
        await connection.rollback()
    await post_goodwill(world, shopper_id, [1], first=2)
    assert await seal_all(world, chains=[TRANSFERS]) == 1
    assert await sealed_keys(world) == ["goodwill:00002"]


@pytest.mark.parametrize(
    ("sizes", "rows_max", "blocks"),
    [
        ([3, 4, 2], 10, [9]),
        ([3, 4, 2], 7, [7, 2]),
        ([3, 4, 2], 6, [3, 6]),
        ([35], 10, [10, 10, 10, 5]),
        ([30], 10, [10, 10, 10]),
        ([2, 25, 2, 1], 10, [2, 10, 10, 5, 3]),
        ([10, 10, 1], 10, [10, 10, 1]),
    ],
)
async def test_a_block_holds_whole_transactions_and_a_large_one_is_cut(
    world: World, sizes: list[int], rows_max: int, blocks: list[int]
) -> None:
    await post_goodwill(world, await world.stage.shopper("anna"), sizes)
    expected = {("funder:operator", "EUR"), ("shopper:available", "EUR")}
    amount = sum(100 + n for n in range(sum(sizes)))
    made = []
    while True:
        async with world.connection() as connection:
            rows = await seal_next(connection, world.operator_id, TRANSFERS, world.now, rows_max=rows_max)
        if not rows:
            break
        made.append(rows)
        # Whatever is rolled up so far, rolled up and not rolled up together are the same.
        found = await sums(world)
        assert set(found) == expected
        assert found["funder:operator", "EUR"] == (amount, 0)
        assert found["shopper:available", "EUR"] == (0, amount)
        assert (await verified(world)).faults == []
        await world.audit()
    assert made == blocks
    assert await sealed_keys(world) == list(await order_of_chain(world))


async def test_many_seal_at_once_and_each_row_once(world: World) -> None:
    shopper_id = await world.stage.shopper("anna")

    async def keep_sealing() -> int:
        rows = 0
        for _ in range(40):
            async with world.connection() as connection:
                rows += await seal_next(connection, world.operator_id, TRANSFERS, world.now, rows_max=7)
            await asyncio.sleep(0)
        return rows

    counted = await asyncio.gather(post_goodwill(world, shopper_id, [3] * 30), *(keep_sealing() for _ in range(4)))
    rest = await seal_all(world, chains=[TRANSFERS])
    assert sum(each or 0 for each in counted[1:]) + rest == 90
    assert await sealed_keys(world) == list(await order_of_chain(world))
    assert (await verified(world)).faults == []
    await world.audit()


async def test_a_process_that_dies_while_sealing_leaves_nothing_behind(world: World) -> None:
    await post_goodwill(world, await world.stage.shopper("anna"), [5])
    connection = await world.engine.connect()
    await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(world.operator_id),))
    assert await seal_next(connection, world.operator_id, TRANSFERS, world.now) == 5
    async with world.connection() as other:
        # Another process finds the chain in work and goes on with something else.
        assert await seal_next(other, world.operator_id, TRANSFERS, world.now) == 0
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    raw.driver_connection.terminate()
    await connection.invalidate()
    await connection.close()
    assert await world.rows("SELECT count(*) FROM seals") == [(0,)]
    assert await world.rows("SELECT count(*) FROM account_totals") == [(0,)]
    assert await seal_all(world, chains=[TRANSFERS]) == 5
    await world.audit()


def cure() -> str:
    """What docs/books.md tells to run after a dump was restored into another cluster."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "books.md").read_text()
    return text.partition("## After a restore")[2].partition("```sql")[2].partition("```")[0]


async def test_after_a_restore_the_chain_stops_until_places_are_raised_and_then_goes_on(
    new_database: Callable[[], Awaitable[str]],
) -> None:
    url = await new_database()
    owner, engine = open_engine(url, role=None, pool_size=1), open_engine(url, pool_size=4)

    async def as_superuser(statement: str) -> None:
        async with owner.begin() as connection:
            await connection.exec_driver_sql(statement)

    # The old cluster had come a long way; in the new one transaction ids begin anew.
    offset = "CREATE OR REPLACE FUNCTION place_offset() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT {}::bigint'"
    await as_superuser(offset.format(3_000_000_000))
    world = await a_world(engine)
    shopper_id = await world.stage.shopper("anna")
    await post_goodwill(world, shopper_id, [2])
    await seal_all(world)
    await as_superuser(offset.format(0))
    with pytest.raises(BooksBroken, match="come from another cluster"):
        await seal_all(world)
    await as_superuser(cure())
    await post_goodwill(world, shopper_id, [2, 1], first=2)
    assert await seal_all(world) == 3
    found = await verified(world)
    assert (found.faults, found.position) == ([], 5)
    await world.audit()
    await engine.dispose()
    await owner.dispose()


async def test_everything_a_row_holds_is_sealed(owner: AsyncEngine) -> None:
    async with owner.connect() as connection:
        for sealed in SEALED:
            found = await fetch(
                connection, "SELECT column_name FROM information_schema.columns WHERE table_name = $1", (sealed.chain,)
            )
            assert {name for (name,) in found} == set(sealed.columns)


def encoded(value: object) -> bytes:
    """A field as docs/books.md describes it: an encoder of its own, by the type of the value."""
    if value is None:
        return struct.pack(">i", -1)
    if isinstance(value, UUID):
        data = value.bytes
    elif isinstance(value, bytes):
        data = value
    elif isinstance(value, int):
        data = struct.pack(">q", value)
    else:
        data = str(value).encode()
    return struct.pack(">i", len(data)) + data


async def test_the_sealed_bytes_are_those_that_are_documented(world: World) -> None:
    await world.play(*purchase("p1", 40_00, at=day(1)), at=day(3))
    await seal_all(world)
    columns = ", ".join(
        f"(extract(epoch FROM {each} - '2000-01-01Z'::timestamptz) * 1000000)::bigint" if each == "posted_at" else each
        for each in TRANSFERS.columns
    )
    rows = await world.rows(f'SELECT {columns} FROM transfers ORDER BY place, shopper_id, key COLLATE "C"')
    expected = b"".join(struct.pack(">h", len(row)) + b"".join(encoded(each) for each in row) for row in rows)
    async with world.connection() as connection:
        last = await head(connection, world.operator_id, "transfers")
        assert last is not None
        everything = Range(BEGINNING, last.range.through)
        assert await read_rows(connection, TRANSFERS, world.operator_id, everything) == (len(rows), expected)
    assert [unpacked(copy) for (copy,) in await world.rows("SELECT copy FROM seals WHERE chain = 'transfers'")] == [
        expected
    ]


async def test_an_empty_table_has_no_chain(world: World) -> None:
    assert await seal_all(world, chains=[TRANSFERS]) == 0
    async with world.connection() as connection:
        assert await head(connection, world.operator_id, "transfers") is None
        assert (await depth(connection, world.operator_id, TRANSFERS)).oldest is None
        behind = await depth(connection, world.operator_id, AUDIT_LOG)
    assert (behind.rows > 0, behind.oldest) == (True, world.now)
    assert Bound(3, ("a",)) != Bound(3)
    await world.audit()
