"""Sealing: rows that are complete become a block behind the last one. A step on a set; any number of processes may try.

Nothing is written while rows are posted: a chain in the posting transaction would make every posting wait for every
other. What is sealed is found by its place, behind the last block and below the oldest transaction that still runs,
where nothing can appear any more: a row that commits late has a place that is not over yet, and is never passed by.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.books.encoding import GENESIS, Block, packed
from cashback.books.sealed import BEGINNING, TRANSFERS, Bound, Range, Sealed, read_rows
from cashback.db.engine import fetch
from cashback.errors import BooksBroken
from cashback.ledger.totals import roll_up

BLOCK_ROWS_MAX = 10_000
DEPTH_COUNTED_MAX = 100_000
"""Rows without a seal that `depth` counts; more are reported as this many."""

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 5601))"

BLOCK = """operator_id, chain, number, first_position, rows, after_place, after_key, through_place, through_key,
    columns, content, previous, sealed_at, hash"""

_HEAD = f"""
SELECT {BLOCK} FROM seals WHERE operator_id = $1 AND chain = $2 ORDER BY number DESC LIMIT 1
"""  # noqa: S608 - built from constants

SETTLED = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint + place_offset())"
"""The lowest place in which rows can still appear."""

_NEXT_PLACES = """
SELECT place, count(*) AS rows FROM (
    SELECT place FROM {table} WHERE operator_id = $1 AND place > $2 AND place < {settled} ORDER BY place LIMIT $3
) AS waiting GROUP BY place ORDER BY place
"""

_APPEND = f"""
INSERT INTO seals ({BLOCK}, copy) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""  # noqa: S608 - built from constants

_DEPTH = """
SELECT count(*) AS rows, min(at) AS oldest FROM (
    SELECT {at} AS at FROM {table} WHERE operator_id = $1 AND place >= $2
        AND (place > $2 OR {behind}) ORDER BY place LIMIT $3
) AS waiting
"""

_WRITTEN_AT = {"transfers": "posted_at", "audit_log": "at", "decision_log": "decided_at"}


@dataclass(frozen=True, slots=True)
class Depth:
    """Rows that have no seal yet, `DEPTH_COUNTED_MAX` at most, and when the oldest of them was written."""

    rows: int
    oldest: datetime | None


async def seal_next(
    connection: AsyncConnection, operator_id: UUID, sealed: Sealed, now: datetime, *, rows_max: int = BLOCK_ROWS_MAX
) -> int:
    """Seal the next rows of one chain; answers how many, 0 if none is complete or another process is at it.

    BooksBroken where the chain has passed what can be: the rows came from another cluster, see docs/books.md.
    """
    if not (await connection.exec_driver_sql(_LOCK, (f"{operator_id}:{sealed.chain}",))).scalar_one():
        return 0
    last = await head(connection, operator_id, sealed.chain)
    after = BEGINNING if last is None else last.range.through
    rows = await _next_range(connection, operator_id, sealed, after, rows_max)
    if rows is None:
        return 0
    count, body = await read_rows(connection, sealed, operator_id, rows)
    # Both let go of the interpreter: beside the road nobody waits for them.
    content, copy = await asyncio.to_thread(packed, body)
    block = Block(
        operator_id=operator_id,
        chain=sealed.chain,
        number=1 if last is None else last.number + 1,
        first_position=1 if last is None else last.last_position + 1,
        rows=count,
        range=rows,
        columns=sealed.columns,
        content=content,
        previous=GENESIS if last is None else last.hash,
        sealed_at=now,
    )
    await connection.exec_driver_sql(_APPEND, (*_columns(replace(block, hash=block.hashed())), copy))
    if sealed is TRANSFERS:
        place, key = rows.through.place, rows.through.key
        await roll_up(connection, operator_id, place, *(() if key is None else (UUID(key[0]), key[1])))
    return count


async def head(connection: AsyncConnection, operator_id: UUID, chain: str) -> Block | None:
    """The last block of a chain; None before the first."""
    row = (await connection.exec_driver_sql(_HEAD, (operator_id, chain))).first()
    return None if row is None else block_of(row)


async def depth(connection: AsyncConnection, operator_id: UUID, sealed: Sealed) -> Depth:
    """How far a chain is behind its table."""
    last = await head(connection, operator_id, sealed.chain)
    after = BEGINNING if last is None else last.range.through
    values: list[Any] = [operator_id, after.place, DEPTH_COUNTED_MAX]
    behind = "false"
    if after.key is not None:
        values += list(after.key)
        names = ", ".join(f"${4 + n}::text::{kind}" for n, (_, kind) in enumerate(sealed.key))
        behind = f"({sealed.ordered}) > ({names})"
    statement = _DEPTH.format(at=_WRITTEN_AT[sealed.chain], table=sealed.chain, behind=behind)
    row = (await connection.exec_driver_sql(statement, tuple(values))).one()
    return Depth(row.rows, row.oldest)


async def _next_range(
    connection: AsyncConnection, operator_id: UUID, sealed: Sealed, after: Bound, rows_max: int
) -> Range | None:
    """Whole places, as many as a block takes; of a place that is larger than a block, a slice."""
    if after.key is not None:
        return await _slice(connection, operator_id, sealed, after, after.place, rows_max)
    settled = int((await connection.exec_driver_sql(f"SELECT {SETTLED}")).scalar_one())
    if after.place >= settled:
        raise BooksBroken(
            f"the chain {sealed.chain} has sealed place {after.place} and places below {settled} are over: the rows "
            "come from another cluster; raise place_offset() as docs/books.md says"
        )
    statement = _NEXT_PLACES.format(table=sealed.chain, settled=SETTLED)
    places = await fetch(connection, statement, (operator_id, after.place, rows_max + 1))
    if not places:
        return None
    if sum(each.rows for each in places) <= rows_max:
        return Range(after, Bound(places[-1].place))
    if len(places) > 1:
        return Range(after, Bound(places[-2].place))
    return await _slice(connection, operator_id, sealed, after, places[0].place, rows_max)


async def _slice(
    connection: AsyncConnection, operator_id: UUID, sealed: Sealed, after: Bound, place: int, rows_max: int
) -> Range | None:
    rest = Range(after, Bound(place))
    where, values = sealed.where(operator_id, rest)
    names = ", ".join(f"{name}::text" for name in sealed.key_columns)
    statement = f"""
        SELECT {names} FROM {sealed.chain} WHERE {where} ORDER BY place, {sealed.ordered}
        OFFSET {rows_max - 1} LIMIT 2
    """  # noqa: S608 - built from constants
    found = await fetch(connection, statement, tuple(values))
    # A slice ends at a key only if rows of its place are left behind it.
    return Range(after, Bound(place, tuple(found[0]))) if len(found) > 1 else rest


def block_of(row: Any) -> Block:
    """A row of `BLOCK` as the block it holds."""
    return Block(
        operator_id=row.operator_id,
        chain=row.chain,
        number=row.number,
        first_position=row.first_position,
        rows=row.rows,
        range=Range(
            Bound(row.after_place, None if row.after_key is None else tuple(row.after_key)),
            Bound(row.through_place, None if row.through_key is None else tuple(row.through_key)),
        ),
        columns=tuple(row.columns),
        content=row.content,
        previous=row.previous,
        sealed_at=row.sealed_at,
        hash=row.hash,
    )


def _columns(block: Block) -> tuple[Any, ...]:
    after, through = block.range.after, block.range.through
    return (
        block.operator_id,
        block.chain,
        block.number,
        block.first_position,
        block.rows,
        after.place,
        None if after.key is None else list(after.key),
        through.place,
        None if through.key is None else list(through.key),
        list(block.columns),
        block.content,
        block.previous,
        block.sealed_at,
        block.hash,
    )
