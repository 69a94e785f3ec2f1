"""The append-only record of who did what. Written in the transaction of the deed, so neither exists alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Forbidden
from cashback.ids import first_id, uuid7

_RECORD = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)
"""
_RECORD_ALL = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
SELECT $1, t.id, $2, $3, $4, t.subject, t.detail::jsonb FROM unnest($5::uuid[], $6::text[], $7::text[])
    AS t (id, subject, detail)
"""

# A reading that stands there already, written by this process or by another one, is not written again.
_RECORD_READINGS = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
SELECT $1, t.id, t.at, t.actor, t.action, t.subject, '{}'::jsonb
FROM unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::uuid[])
    AS t (id, at, actor, action, subject, since)
WHERE NOT EXISTS (SELECT 1 FROM audit_log l WHERE l.operator_id = $1 AND l.subject = t.subject AND l.id > t.since
    AND l.actor = t.actor AND l.action = t.action)
"""

LINES_MAX = 200
_READ = """
SELECT id, at, actor, action, subject, detail::text AS detail FROM audit_log
WHERE operator_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ($3 = '' OR actor = $3) AND ($4 = '' OR subject = $4)
    AND starts_with(action, $5)
ORDER BY id DESC LIMIT $6
"""
_COLUMNS = "id, at, actor, action, subject, detail::text AS detail"
_ONE = f"SELECT {_COLUMNS} FROM audit_log WHERE operator_id = $1 AND id = $2"  # noqa: S608 - built from constants
_FOUND = f"""
SELECT {_COLUMNS} FROM audit_log WHERE {{where}} AND (${{actions}}::text[] IS NULL OR action = ANY(${{actions}}))
ORDER BY id DESC LIMIT ${{limit}}
"""  # noqa: S608 - built from constants
# Of each action its newest lines by the index, then the newest of all of them.
_OF_ACTIONS = f"""
SELECT l.* FROM unnest(${{actions}}::text[]) AS a (wanted) CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM audit_log WHERE {{where}} AND action = a.wanted ORDER BY id DESC LIMIT ${{limit}}) AS l
ORDER BY l.id DESC LIMIT ${{limit}}
"""  # noqa: S608 - built from constants


@dataclass(frozen=True, slots=True)
class Line:
    """Who did what to what, and when."""

    id: UUID
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


async def read(
    connection: AsyncConnection,
    actor: Actor,
    *,
    limit: int,
    before: UUID | None = None,
    by: str = "",
    subject: str = "",
    action: str = "",
) -> list[Line]:
    """The newest lines first, before one that was seen; by one actor, of one subject, of actions that begin so.

    A line's id tells when it was written, to the millisecond.
    """
    _may(actor)
    row = (actor.operator_id, before, by, subject, action, min(limit, LINES_MAX + 1))
    return [_line(each) for each in await fetch(connection, _READ, row)]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines; empty or None: any. Times are half-open."""

    by: str = ""
    """Exactly this actor."""
    subject: str = ""
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


async def find(
    connection: AsyncConnection, actor: Actor, sought: Sought, *, before: UUID | None, limit: int
) -> list[Line]:
    """A page of lines, the newest first, each by an index; more of them at a time than `read` gives."""
    _may(actor)
    values: list[Any] = [actor.operator_id]
    clauses = ["operator_id = $1"]
    for clause, value in (
        ("id < {}", before),
        ("id >= {}", None if sought.since is None else first_id(sought.since)),
        ("id < {}", None if sought.until is None else first_id(sought.until)),
        ("actor = {}", sought.by or None),
        ("subject = {}", sought.subject or None),
    ):
        if value is not None:
            values.append(value)
            clauses.append(clause.format(f"${len(values)}"))
    where = " AND ".join(clauses)
    values.append(limit)
    last = len(values)
    if sought.actions and not sought.by and not sought.subject:
        values.append(list(sought.actions))
        statement = _OF_ACTIONS.format(actions=len(values), where=where, limit=last)
    else:
        values.append(list(sought.actions) or None)
        statement = _FOUND.format(actions=len(values), where=where, limit=last)
    return [_line(row) for row in await fetch(connection, statement, tuple(values))]


async def one(connection: AsyncConnection, actor: Actor, line_id: UUID) -> Line | None:
    """A line by its id."""
    _may(actor)
    rows = await fetch(connection, _ONE, (actor.operator_id, line_id))
    return _line(rows[0]) if rows else None


async def record(
    connection: AsyncConnection, actor: Actor, action: str, subject: str, detail: Mapping[str, Any], now: datetime
) -> None:
    """One line: `action` such as `card.linked`, the id of its subject, and what a reader needs to understand it."""
    await connection.exec_driver_sql(
        _RECORD,
        (actor.operator_id, uuid7(now), now, actor.name, action, subject, msgspec.json.encode(detail).decode()),
    )


async def record_all(
    connection: AsyncConnection,
    actor: Actor,
    action: str,
    lines: Sequence[tuple[str, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """The same deed done to many: each subject with its detail."""
    ids = [uuid7(now) for _ in lines]
    subjects = [subject for subject, _ in lines]
    details = [msgspec.json.encode(detail).decode() for _, detail in lines]
    row = (actor.operator_id, now, actor.name, action, ids, subjects, details)
    await connection.exec_driver_sql(_RECORD_ALL, row)


@dataclass(frozen=True, slots=True)
class Reading:
    """That somebody saw something."""

    actor: str
    action: str
    subject: str
    at: datetime


async def record_readings(
    connection: AsyncConnection, operator_id: UUID, readings: Sequence[Reading], *, once_in: timedelta
) -> None:
    """A line for each reading, but for one of which a line stands there that is younger than `once_in`."""
    row = (
        operator_id,
        [uuid7(each.at) for each in readings],
        [each.at for each in readings],
        [each.actor for each in readings],
        [each.action for each in readings],
        [each.subject for each in readings],
        [first_id(each.at - once_in) for each in readings],
    )
    await connection.exec_driver_sql(_RECORD_READINGS, row)


def _may(actor: Actor) -> None:
    if not actor.may(Scope.TEAM):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.TEAM.value!r}", code="scope_missing")


def _line(row: Any) -> Line:
    return Line(row.id, row.at, row.actor, row.action, row.subject, msgspec.json.decode(row.detail))
