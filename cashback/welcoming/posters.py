"""Posters with a QR code, and what came of them: counted by day, never by person."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid
from cashback.programmes import audit_log
from cashback.welcoming.pages import may_write

POSTERS_MAX = 200
LABEL_MAX = 80
_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")

_MAKE = """
INSERT INTO posters (operator_id, code, centre, label, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (operator_id, code) DO NOTHING RETURNING code
"""
_LOCK = "SELECT 1 FROM operators WHERE operator_id = $1 FOR UPDATE"
_MANY = "SELECT count(*) FROM posters WHERE operator_id = $1"
_CENTRE = "SELECT 1 FROM centres WHERE operator_id = $1 AND code = $2"
_LIST = """
SELECT p.code, p.centre, p.label, p.made_at,
    coalesce(sum(v.visits) FILTER (WHERE v.step = 'seen'), 0)::int,
    coalesce(sum(v.visits) FILTER (WHERE v.step = 'asked'), 0)::int,
    coalesce(sum(v.visits) FILTER (WHERE v.step = 'joined'), 0)::int
FROM (SELECT code, centre, label, made_at FROM posters WHERE operator_id = $1
    UNION ALL SELECT '', '', '', NULL) p
LEFT JOIN visit_counts v ON v.operator_id = $1 AND v.poster = p.code AND v.day >= $2
GROUP BY p.code, p.centre, p.label, p.made_at ORDER BY p.made_at DESC NULLS LAST, p.code LIMIT $3
"""
_COUNT = """
INSERT INTO visit_counts AS c (operator_id, poster, day, step, visits)
VALUES ($1, coalesce((SELECT code FROM posters WHERE operator_id = $1 AND code = $2), ''), $3, $4, 1)
ON CONFLICT (operator_id, poster, day, step) DO UPDATE SET visits = c.visits + 1
"""


class Step(StrEnum):
    """How far somebody came."""

    SEEN = "seen"
    """The page was opened."""
    ASKED = "asked"
    """A code was asked for."""
    JOINED = "joined"
    """The account was opened."""


@dataclass(frozen=True, slots=True)
class Poster:
    """A poster and what came of it since a day. The one without a code stands for who came without a poster."""

    code: str
    centre: str
    label: str
    made_at: datetime | None
    seen: int
    asked: int
    joined: int


async def make(connection: AsyncConnection, actor: Actor, *, code: str, centre: str, label: str, now: datetime) -> None:
    """A poster of a centre, or of the whole programme where `centre` is empty. Conflict if the code is taken."""
    may_write(actor)
    if not _CODE.fullmatch(code):
        raise Invalid(
            f"code {code[:40]!r}: expected 1 to 32 small letters, digits and inner dashes", code="poster_code"
        )
    if not 1 <= len(label) <= LABEL_MAX or not label.isprintable():
        raise Invalid(f"label: expected 1 to {LABEL_MAX} printable characters", code="poster_label")
    await fetch(connection, _LOCK, (actor.operator_id,))
    if centre and not await fetch(connection, _CENTRE, (actor.operator_id, centre)):
        raise Invalid(f"centre {centre[:40]!r}: expected the code of a centre of the programme", code="poster_centre")
    if (await fetch(connection, _MANY, (actor.operator_id,)))[0][0] >= POSTERS_MAX:
        raise Conflict(f"there are {POSTERS_MAX} posters already", code="too_many_posters")
    row = (actor.operator_id, code, centre, label, actor.name, now)
    if not await fetch(connection, _MAKE, row):
        raise Conflict(f"there is a poster {code!r} already", code="poster_exists")
    detail = {"centre": centre, "label": label}
    await audit_log.record(connection, actor, "poster.made", f"poster:{code}", detail, now)


async def listed(connection: AsyncConnection, operator_id: UUID, since: date) -> list[Poster]:
    """The posters, the newest first, with what came of each since a day; last those who came without one."""
    return [Poster(*row) for row in await fetch(connection, _LIST, (operator_id, since, POSTERS_MAX + 1))]


async def count(connection: AsyncConnection, operator_id: UUID, poster: str, step: Step, day: date) -> None:
    """One more that came so far; a poster that nobody made counts as none."""
    await connection.exec_driver_sql(_COUNT, (operator_id, poster, day, step.value))
