"""Operators: the isolated parties, each with one programme and its own shoppers."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import directory, fetch, transaction
from cashback.errors import Conflict, Invalid
from cashback.ids import uuid7

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_OPEN = "INSERT INTO operators (operator_id, slug, name, created_at) VALUES ($1, $2, $3, $4)"
_FIND = "SELECT operator_id FROM operators WHERE slug = $1"
_NAMED = "SELECT operator_id, slug, name FROM operators WHERE slug = $1"


async def open_operator(engine: AsyncEngine, *, slug: str, name: str, now: datetime) -> UUID:
    """Create an operator in a transaction of its own, the first that may see it. Conflict if the slug is taken."""
    if not _SLUG.fullmatch(slug):
        raise Invalid(f"slug {slug[:64]!r}: expected 1 to 64 lower-case letters, digits and inner dashes")
    operator_id = uuid7(now)
    try:
        async with transaction(engine, operator_id) as connection:
            await connection.exec_driver_sql(_OPEN, (operator_id, slug, name, now))
    except IntegrityError as error:
        raise Conflict(f"there is an operator {slug!r} already", code="operator_exists") from error
    return operator_id


@dataclass(frozen=True, slots=True)
class Named:
    """An operator as people come to it."""

    id: UUID
    slug: str
    name: str


async def find_named(engine: AsyncEngine, slug: str) -> Named | None:
    """The operator of this slug with its name, if there is one."""
    if not _SLUG.fullmatch(slug):
        return None
    async with directory(engine) as connection:
        rows = await fetch(connection, _NAMED, (slug,))
    return Named(*rows[0]) if rows else None


async def find_operator(engine: AsyncEngine, slug: str) -> UUID | None:
    """The operator of this slug, if there is one."""
    async with directory(engine) as connection:
        rows = await fetch(connection, _FIND, (slug,))
    return rows[0][0] if rows else None
