"""Verifying a chain against the table that it seals: what was altered, taken out, put in or moved is found and named.

The links are hashed again, then the rows of each block are read as they stand now. Where they differ, the block's own
copy of them, which the links vouch for, says which row it was, at which position, and in what. Reads only; in one
snapshot (REPEATABLE READ), so that sealing may go on meanwhile.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.books.encoding import GENESIS, Block, Fields, fields_of, key_of, lengths, unpacked, value_of
from cashback.books.sealed import BEGINNING, Key, Range, Sealed, read_rows
from cashback.books.service import BLOCK, BLOCK_ROWS_MAX, block_of
from cashback.books.signing import SignedHead, public_keys, signed_heads
from cashback.db.engine import fetch

PAGE = 500
"""Links read at a time."""
FAULTS_MAX = 10_000
"""Faults that are listed; a chain that has more is beyond listing."""

_LINKS = f"""
SELECT {BLOCK} FROM seals WHERE operator_id = $1 AND chain = $2 AND number > $3 ORDER BY number LIMIT $4
"""  # noqa: S608 - built from constants
_COPIES = "SELECT number, copy FROM seals WHERE operator_id = $1 AND chain = $2 AND number = ANY($3::bigint[])"
_AT = f"""
SELECT {BLOCK} FROM seals WHERE operator_id = $1 AND chain = $2 AND first_position <= $3 ORDER BY number DESC LIMIT 1
"""  # noqa: S608 - built from constants
_OUT_OF_TIME = """
SELECT {names}, place FROM {table} WHERE operator_id = $1
    AND (place < 0 OR place > place_offset() + greatest(
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id_if_assigned()::text::bigint))
ORDER BY place LIMIT 100
"""
_FIND = """
SELECT {names}, t.place FROM {table} AS t JOIN (SELECT * FROM unnest({arrays})) AS k ({keys}) USING ({keys})
WHERE t.operator_id = $1
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed."""

    chain: str
    kind: str
    """altered, missing, inserted, moved: a row; link, copy, signature, tail: the chain itself."""
    position: int | None
    """Of the row in the chain; of the row before, for one that was put in; None: no row is meant."""
    key: str
    what: str

    def __str__(self) -> str:
        at = "" if self.position is None else f" at position {self.position}"
        return f"{self.chain}: {self.kind}{at}: {self.key}{': ' if self.key and self.what else ''}{self.what}"


@dataclass(slots=True)
class Verified:
    """What a verification of one chain found."""

    chain: str
    blocks: int = 0
    rows: int = 0
    """Rows read again and compared."""
    position: int = 0
    """Of the last row sealed; 0: none."""
    hash: bytes = GENESIS
    signatures: int = 0
    faults: list[Fault] = field(default_factory=list)

    def add(self, kind: str, position: int | None, key: str, what: str) -> None:
        """Note a fault, unless there are too many already."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(self.chain, kind, position, key, what))


async def verify(
    connection: AsyncConnection,
    operator_id: UUID,
    sealed: Sealed,
    *,
    since: int = 1,
    keys: Sequence[bytes] = (),
    kept: Sequence[SignedHead] = (),
) -> Verified:
    """Verify the blocks from the one with position `since` on, every signature, and heads that were kept elsewhere.

    `keys` are the public keys to be believed; without them, those that are stored beside the signatures.
    """
    found = Verified(sealed.chain)
    span: list[Block] = []
    ends = _Ends(await _claims(connection, operator_id, sealed, keys, kept, found))
    async for block in _links(connection, operator_id, sealed, since, found):
        ends.passed(block, found)
        span.append(block)
        if sum(each.rows for each in span) >= BLOCK_ROWS_MAX:
            await _compare(connection, operator_id, sealed, span, found)
            span = []
    await _compare(connection, operator_id, sealed, span, found)
    ends.over(found)
    await _out_of_time(connection, operator_id, sealed, found)
    return found


async def verify_some(
    connection: AsyncConnection, operator_id: UUID, sealed: Sealed, numbers: Sequence[int]
) -> Verified:
    """Verify the rows of some blocks, and of each its own link to the one before."""
    found = Verified(sealed.chain)
    for number in numbers:
        rows = await fetch(connection, _LINKS, (operator_id, sealed.chain, max(number - 2, 0), 2 if number > 1 else 1))
        blocks = [block_of(row) for row in rows]
        before = blocks[0] if number > 1 and blocks else None
        for block in blocks[-1:]:
            _check_link(block, before, found)
            await _compare(connection, operator_id, sealed, [block], found)
    return found


class _Ends:
    """Heads that were signed or kept, and whether the chain still comes to each of them."""

    def __init__(self, claims: Mapping[int, list[SignedHead]]) -> None:
        self._claims = dict(claims)
        self._first: int | None = None

    def passed(self, block: Block, found: Verified) -> None:
        self._first = block.number if self._first is None else self._first
        for claim in self._claims.pop(block.number, ()):
            if claim.hash != block.hash or claim.position != block.last_position:
                found.add(
                    "signature",
                    claim.position,
                    "",
                    f"block {block.number} is not the one whose head was signed at {claim.signed_at.isoformat()}",
                )

    def over(self, found: Verified) -> None:
        for number, claims in sorted(self._claims.items()):
            if self._first is None or number > self._first:
                for claim in claims:
                    found.add(
                        "tail",
                        claim.position,
                        "",
                        f"the chain ends at position {found.position}, and block {number}, which ended at "
                        f"{claim.position}, was signed at {claim.signed_at.isoformat()}",
                    )


async def _claims(
    connection: AsyncConnection,
    operator_id: UUID,
    sealed: Sealed,
    keys: Sequence[bytes],
    kept: Sequence[SignedHead],
    found: Verified,
) -> dict[int, list[SignedHead]]:
    """Signed heads by the block they name; those whose signature does not hold are faults already."""
    stored = await public_keys(connection, operator_id)
    claims: dict[int, list[SignedHead]] = {}
    for claim in (*await signed_heads(connection, operator_id, sealed.chain), *kept):
        if claim.chain != sealed.chain:
            continue
        believed = keys or [key for name, key in stored.items() if name == claim.key_id]
        found.signatures += 1
        if claim.operator_id != operator_id or not any(claim.signed_by(key) for key in believed):
            found.add(
                "signature", claim.position, "", f"the signature of block {claim.number} is not of a key believed"
            )
        claims.setdefault(claim.number, []).append(claim)
    return claims


async def _links(
    connection: AsyncConnection, operator_id: UUID, sealed: Sealed, since: int, found: Verified
) -> AsyncIterator[Block]:
    """The blocks from the one with position `since` on, each compared with the one before."""
    before: Block | None = None
    number = 0
    first = (await connection.exec_driver_sql(_AT, (operator_id, sealed.chain, since))).first()
    if first is not None and first.number > 1:
        number = first.number - 1
        rows = await fetch(connection, _LINKS, (operator_id, sealed.chain, number - 1, 1))
        before = block_of(rows[0])
    while True:
        rows = await fetch(connection, _LINKS, (operator_id, sealed.chain, number, PAGE))
        for row in rows:
            block = block_of(row)
            _check_link(block, before, found)
            before = block
            yield block
        if len(rows) < PAGE:
            return
        number = rows[-1].number


def _check_link(block: Block, before: Block | None, found: Verified) -> None:
    number = 1 if before is None else before.number + 1
    position = 1 if before is None else before.last_position + 1
    previous = GENESIS if before is None else before.hash
    after = BEGINNING if before is None else before.range.through
    if block.hashed() != block.hash:
        found.add("link", block.first_position, "", f"block {block.number} does not have the hash of what it says")
    if (block.number, block.first_position) != (number, position):
        found.add(
            "link",
            position,
            "",
            f"block {number} from position {position} is missing: block {block.number} follows, from position "
            f"{block.first_position}",
        )
    elif block.previous != previous or block.range.after != after:
        found.add("link", block.first_position, "", f"block {block.number} does not follow block {number - 1}")
    found.blocks += 1
    found.position, found.hash = block.last_position, block.hash


async def _compare(
    connection: AsyncConnection, operator_id: UUID, sealed: Sealed, blocks: Sequence[Block], found: Verified
) -> None:
    """Read the rows of some blocks that follow each other, at once if they are whole places, and compare."""
    copies = await _copies(connection, operator_id, sealed, blocks, found)
    blocks = [each for each in blocks if each.number in copies]
    suspect = list(blocks)
    whole = all(each.range.after.key is None and each.range.through.key is None for each in blocks)
    if len(blocks) > 1 and whole and len({each.columns for each in blocks}) == 1:
        rows = Range(blocks[0].range.after, blocks[-1].range.through)
        count, body = await read_rows(connection, sealed, operator_id, rows, blocks[0].columns)
        if count == sum(each.rows for each in blocks):
            suspect = await asyncio.to_thread(_unlike, blocks, body)
    for block in suspect:
        count, body = await read_rows(connection, sealed, operator_id, block.range, block.columns)
        if count != block.rows or await asyncio.to_thread(_digest, body) != block.content:
            await _name_differences(connection, operator_id, sealed, block, copies[block.number], body, found)
    found.rows += sum(each.rows for each in blocks)


async def _copies(
    connection: AsyncConnection, operator_id: UUID, sealed: Sealed, blocks: Sequence[Block], found: Verified
) -> dict[int, bytes]:
    """The rows as they were sealed, of each block whose copy is what its hash says; of the others that they are not.

    Columns are names in a statement: those that the table does not have are never put there.
    """
    numbers = [each.number for each in blocks if set(each.columns) <= set(sealed.columns)]
    rows = await fetch(connection, _COPIES, (operator_id, sealed.chain, numbers))
    copies = await asyncio.to_thread(lambda: {row.number: _unpacked(row.copy) for row in rows})
    true: dict[int, bytes] = {}
    for block in blocks:
        body = copies.get(block.number)
        if body is not None and _digest(body) == block.content and _rows_fit(block, body):
            true[block.number] = body
        else:
            what = f"block {block.number} has no true copy of its rows {block.first_position} to {block.last_position}"
            found.add("copy", block.first_position, "", f"{what}: they cannot be compared")
    return true


def _unpacked(copy: bytes) -> bytes | None:
    try:
        return unpacked(copy)
    except ValueError:
        return None


def _rows_fit(block: Block, body: bytes) -> bool:
    """Whether the first row has as many fields as the block has columns; one hash covers all of them."""
    return not body or int.from_bytes(body[:2], "big") == len(block.columns)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def _unlike(blocks: Sequence[Block], body: bytes) -> list[Block]:
    """The blocks whose rows, cut from what was read for all of them, are not what was sealed."""
    edges = [0, *(end for _, end in lengths(body))]
    unlike, at, view = [], 0, memoryview(body)
    for block in blocks:
        begin, end = edges[at], edges[at + block.rows]
        if hashlib.sha256(view[begin:end]).digest() != block.content:
            unlike.append(block)
        at += block.rows
    return unlike


async def _name_differences(
    connection: AsyncConnection,
    operator_id: UUID,
    sealed: Sealed,
    block: Block,
    copy: bytes,
    body: bytes,
    found: Verified,
) -> None:
    before, now = _by_key(sealed, block, copy), _by_key(sealed, block, body)
    positions = {key: block.first_position + place for place, key in enumerate(before)}
    gone = [key for key in before if key not in now]
    elsewhere = await _find(connection, operator_id, sealed, gone)
    for key in gone:
        kind, what = "missing", ""
        if key in elsewhere:
            kind, what = "moved", f"to place {elsewhere[key]}"
        found.add(kind, positions[key], _named(key), what)
    last = block.first_position - 1
    for key, fields in now.items():
        if key not in before:
            found.add("inserted", last, _named(key), "behind this position")
        else:
            last = positions[key]
            if fields != before[key]:
                found.add("altered", last, _named(key), _difference(sealed, block.columns, before[key], fields))


def _by_key(sealed: Sealed, block: Block, body: bytes) -> dict[Key, Fields]:
    return {key_of(sealed.table, block.columns, sealed.key_columns, each): each for each in fields_of(body)}


def _named(key: Key) -> str:
    return " ".join(key)


def _difference(sealed: Sealed, columns: Sequence[str], before: Fields, now: Fields) -> str:
    said = []
    for column, old, new in zip(columns, before, now, strict=True):
        if old != new:
            was, is_ = value_of(sealed.table, column, old), value_of(sealed.table, column, new)
            said.append(f"{column} was {was}, is {is_}")
    return "; ".join(said)


async def _find(connection: AsyncConnection, operator_id: UUID, sealed: Sealed, keys: Sequence[Key]) -> dict[Key, int]:
    """The places in which rows of these keys stand now."""
    if not keys:
        return {}
    statement = _FIND.format(
        names=", ".join(f"t.{name}::text" for name in sealed.key_columns),
        keys=", ".join(sealed.key_columns),
        table=sealed.chain,
        arrays=", ".join(f"${place}::text[]::{kind}[]" for place, (_, kind) in enumerate(sealed.key, start=2)),
    )
    columns: list[Any] = [list(column) for column in zip(*keys, strict=True)]
    rows = await fetch(connection, statement, (operator_id, *columns))
    return {tuple(row)[:-1]: row.place for row in rows}


async def _out_of_time(connection: AsyncConnection, operator_id: UUID, sealed: Sealed, found: Verified) -> None:
    """Rows that could never get a seal: their place was not given by a transaction of this database."""
    names = ", ".join(f"{name}::text" for name in sealed.key_columns)
    statement = _OUT_OF_TIME.format(names=names, table=sealed.chain)
    for row in await fetch(connection, statement, (operator_id,)):
        found.add("inserted", None, _named(tuple(row)[:-1]), f"place {row.place} is of no transaction of this database")
