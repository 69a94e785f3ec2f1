"""The only way to files of shops: keep one, say what its columns mean, mend it, apply it.

Applying checks again under the programme's lock and writes what the person saw, or refuses: nothing that changed in the
meantime is overwritten unseen. Functions take the caller's connection and never commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.merchants.imports.checking import Check, Corrections, Standing, State, check
from cashback.merchants.imports.columns import Field, suggest
from cashback.merchants.imports.looks import LOOKS
from cashback.merchants.imports.table import CELL_MAX, Table, read_table, refuse_card_numbers
from cashback.merchants.service import load_identifiers, load_shops, save_shops, write_identifiers
from cashback.merchants.shop_changes import follow
from cashback.programmes.audit_log import record
from cashback.programmes.service import bump_revision, load_programme, lock_programme, require_programme_scope
from issuers.card_numbers import mask_text

KEPT = timedelta(days=30)
"""A file that was uploaded longer ago is deleted when the next one comes."""
NAME_MAX = 120
LISTED_MAX = 20

_COLUMNS = """id, name, encoding, separator, columns, corrections::text AS corrections, made_by, made_at, applied_by,
    applied_at, applied_seen, applied::text AS applied"""
_SAVE = """
INSERT INTO shop_imports (operator_id, id, name, body, encoding, separator, columns, corrections, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, '{}', $8, $9)
"""
_FORGET = "DELETE FROM shop_imports WHERE operator_id = $1 AND made_at < $2"
_ONE = f"SELECT {_COLUMNS}, body FROM shop_imports WHERE operator_id = $1 AND id = $2"  # noqa: S608 - constants
_LISTED = f"""
SELECT {_COLUMNS} FROM shop_imports WHERE operator_id = $1 ORDER BY id DESC LIMIT $2
"""  # noqa: S608 - built from constants
_LOCK = "SELECT 1 FROM shop_imports WHERE operator_id = $1 AND id = $2 FOR UPDATE"
_REMAP = """
UPDATE shop_imports SET encoding = $3, separator = $4, columns = $5, corrections = $6::jsonb
WHERE operator_id = $1 AND id = $2
"""
_MEND = "UPDATE shop_imports SET corrections = $3::jsonb WHERE operator_id = $1 AND id = $2"
_APPLIED = """
UPDATE shop_imports SET applied_by = $3, applied_at = $4, applied_seen = $5, applied = $6::jsonb
WHERE operator_id = $1 AND id = $2
"""
_DISCARD = "DELETE FROM shop_imports WHERE operator_id = $1 AND id = $2"


class Extent(StrEnum):
    """How much of a file is applied; the person says which."""

    ALL = "all"
    """Every row, or nothing while one is faulty."""
    VALID = "valid"
    """The rows that are not faulty; the others stay where they can be mended."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did."""

    new_shops: int
    changed_shops: int
    identifiers_added: int
    identifiers_removed: int
    rows: int
    """That were new or changed."""
    skipped: int
    """Faulty ones."""


@dataclass(frozen=True, slots=True)
class Import:
    """A file of shops as it is kept."""

    id: UUID
    name: str
    encoding: str
    separator: str
    columns: tuple[Field | None, ...]
    corrections: Corrections
    made_by: str
    made_at: datetime
    applied_by: str | None
    applied_at: datetime | None
    applied_seen: str | None
    applied: Applied | None


@dataclass(frozen=True, slots=True)
class Looked:
    """A file, as it was read, beside the programme."""

    file: Import
    table: Table
    check: Check


async def begin(
    connection: AsyncConnection,
    actor: Actor,
    name: str,
    data: bytes,
    *,
    encoding: str = "",
    separator: str = "",
    now: datetime,
) -> UUID:
    """Keep a file and check it; nothing of the programme changes. UnreadableTable where it is no table, and nothing was
    kept."""
    require_programme_scope(actor)
    table = read_table(data, encoding=encoding, separator=separator)
    columns = suggest(table.header)
    refuse_card_numbers(table, columns.index(Field.VALUE) if Field.VALUE in columns else None)
    await connection.exec_driver_sql(_FORGET, (actor.operator_id, now - KEPT))
    import_id = uuid7(now)
    shown = "".join(each for each in name if each.isprintable())[-NAME_MAX:]
    told = [each.value if each is not None else "" for each in columns]
    row = (actor.operator_id, import_id, shown, data, table.encoding, table.separator, told, actor.name, now)
    await connection.exec_driver_sql(_SAVE, row)
    detail = {"rows": len(table.rows), "bytes": len(data)}
    await record(connection, actor, "shops.uploaded", show("imp", import_id), detail, now)
    await look(connection, actor, import_id, now)
    return import_id


async def listed(connection: AsyncConnection, actor: Actor) -> list[Import]:
    """The newest files first."""
    require_programme_scope(actor)
    return [_import(row) for row in await fetch(connection, _LISTED, (actor.operator_id, LISTED_MAX))]


async def look(connection: AsyncConnection, actor: Actor, import_id: UUID, now: datetime) -> Looked:
    """A file with every row judged by the programme as it stands. NotFound once it was discarded."""
    require_programme_scope(actor)
    rows = await fetch(connection, _ONE, (actor.operator_id, import_id))
    if not rows:
        raise NotFound(f"there is no file {show('imp', import_id)}, or none any more", code="unknown_import")
    row, file = rows[0], _import(rows[0])
    programme = await load_programme(connection, actor.operator_id)
    said = (file.encoding, file.separator, file.columns, row.corrections)
    key = (actor.operator_id, import_id, programme.revision, said)
    known = LOOKS.find(key)
    if known is not None:
        return Looked(file, *known)
    table = read_table(bytes(row.body), encoding=file.encoding, separator=file.separator)
    standing = Standing(
        await load_shops(connection, actor.operator_id),
        list(programme.centres.values()),
        await load_identifiers(connection, actor.operator_id),
    )
    checked = check(table, file.columns, file.corrections, standing, lambda: uuid7(now))
    LOOKS.keep(key, table, checked)
    return Looked(file, table, checked)


async def remap(
    connection: AsyncConnection,
    actor: Actor,
    import_id: UUID,
    *,
    columns: Sequence[Field | None],
    encoding: str,
    separator: str,
    now: datetime,
) -> None:
    """Say what the columns mean and how the file was written. Where it reads otherwise, columns are guessed anew."""
    looked = await look(connection, actor, import_id, now)
    await connection.exec_driver_sql(_LOCK, (actor.operator_id, import_id))
    rows = await fetch(connection, _ONE, (actor.operator_id, import_id))
    table = read_table(bytes(rows[0].body), encoding=encoding, separator=separator)
    wanted = tuple(columns) if table.header == looked.table.header else suggest(table.header)
    said = [each for each in wanted if each is not None]
    twice = sorted({each.value for each in said if said.count(each) > 1})
    if twice:
        raise Invalid(f"two columns say {', '.join(twice)}: choose one", code="column_twice")
    if Field.SHOP not in said:
        raise Invalid("no column says which shop it is: choose the one with its code", code="column_shop")
    kept = looked.file.corrections if table == looked.table else {}
    told = [each.value if each is not None else "" for each in wanted]
    row = (actor.operator_id, import_id, table.encoding, table.separator, told, _encoded(kept))
    await connection.exec_driver_sql(_REMAP, row)
    await look(connection, actor, import_id, now)


async def mend(connection: AsyncConnection, actor: Actor, import_id: UUID, typed: Corrections, now: datetime) -> None:
    """Put what a person typed in the place of cells; a row keeps its other cells."""
    looked = await look(connection, actor, import_id, now)
    await connection.exec_driver_sql(_LOCK, (actor.operator_id, import_id))
    lines = {row.line for row in looked.table.rows}
    merged = {line: dict(cells) for line, cells in looked.file.corrections.items()}
    for line, cells in typed.items():
        if line not in lines:
            raise Invalid(f"line {line}: the file has no such row", code="unknown_line")
        for field, text in cells.items():
            if len(text) > CELL_MAX:
                raise Invalid(f"line {line}, {field.value}: expected at most {CELL_MAX} characters", code="too_long")
            if field is not Field.VALUE and mask_text(text) != text:
                raise Invalid(
                    f"line {line}, {field.value}: this looks like a card number; nothing was stored", code="card_number"
                )
            merged.setdefault(line, {})[field] = text
    await connection.exec_driver_sql(_MEND, (actor.operator_id, import_id, _encoded(merged)))
    await look(connection, actor, import_id, now)


async def apply(
    connection: AsyncConnection, actor: Actor, import_id: UUID, extent: Extent, seen: str, now: datetime
) -> Applied:
    """Write what the file says, as it was `seen`: the digest of the check that the person looked at.

    Sent again, it answers what it did. Conflict where the programme or the file has changed since it was looked at;
    Invalid for faulty rows where all were wanted. Then nothing was written.
    """
    require_programme_scope(actor)
    operator_id = actor.operator_id
    await lock_programme(connection, operator_id)
    await connection.exec_driver_sql(_LOCK, (operator_id, import_id))
    looked = await look(connection, actor, import_id, now)
    if looked.file.applied is not None and looked.file.applied_seen == seen:
        return looked.file.applied
    checked = looked.check
    if checked.digest != seen:
        raise Conflict("the programme or the file has changed since you looked: look again", code="import_moved")
    faulty = checked.count(State.FAULTY)
    if extent is Extent.ALL and faulty:
        raise Invalid(f"{faulty} rows are faulty: mend them, or apply the others alone", code="rows_faulty")
    done = await write(connection, actor, checked, now)
    detail = msgspec.to_builtins(done)
    await connection.exec_driver_sql(
        _APPLIED, (operator_id, import_id, actor.name, now, seen, msgspec.json.encode(detail).decode())
    )
    if done.rows:
        revision = await bump_revision(connection, operator_id)
        detail |= {"revision": revision, "extent": extent.value}
        await record(connection, actor, "shops.imported", show("imp", import_id), detail, now)
    return done


async def discard(connection: AsyncConnection, actor: Actor, import_id: UUID, now: datetime) -> None:
    """Forget a file; what was applied of it stays."""
    require_programme_scope(actor)
    done = await connection.exec_driver_sql(_DISCARD, (actor.operator_id, import_id))
    if done.rowcount:
        await record(connection, actor, "shops.upload_discarded", show("imp", import_id), {}, now)


async def write(connection: AsyncConnection, actor: Actor, checked: Check, now: datetime) -> Applied:
    """Carry out what a check says of its rows that are not faulty; the programme is locked by the caller."""
    operator_id, plan = actor.operator_id, checked.plan
    before = {each.code: each for each in await load_shops(connection, operator_id)}
    if checked.shops:
        await save_shops(connection, operator_id, checked.shops)
    await write_identifiers(connection, operator_id, plan, now)
    await follow(connection, operator_id, before, checked.shops, now)
    return Applied(
        new_shops=sum(each.code not in before for each in checked.shops),
        changed_shops=sum(each.code in before for each in checked.shops),
        identifiers_added=len(plan.added),
        identifiers_removed=len(plan.removed),
        rows=checked.count(State.NEW) + checked.count(State.CHANGED),
        skipped=checked.count(State.FAULTY),
    )


def _encoded(corrections: Corrections) -> str:
    told = {str(line): {field.value: text for field, text in cells.items()} for line, cells in corrections.items()}
    return msgspec.json.encode(told).decode()


def _import(row: Any) -> Import:
    told: Mapping[str, Mapping[str, str]] = msgspec.json.decode(row.corrections)
    return Import(
        id=row.id,
        name=row.name,
        encoding=row.encoding,
        separator=row.separator,
        columns=tuple(Field(each) if each else None for each in row.columns),
        corrections={int(line): {Field(name): text for name, text in cells.items()} for line, cells in told.items()},
        made_by=row.made_by,
        made_at=row.made_at,
        applied_by=row.applied_by,
        applied_at=row.applied_at,
        applied_seen=row.applied_seen,
        applied=None if row.applied is None else msgspec.json.decode(row.applied, type=Applied),
    )
