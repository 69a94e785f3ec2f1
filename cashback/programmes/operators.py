"""Operators: the isolated parties, each with one programme and its own shoppers, for real or to try things.

A test operator is an operator like any other: its rows, keys, endpoints and wallets are its own, so that what is tried
cannot touch what is real. Only a test operator takes what is made up, and only a live one what moves real money.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.db.engine import directory, fetch, transaction
from cashback.errors import Conflict, Invalid
from cashback.ids import uuid7

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_OPEN = """
INSERT INTO operators (operator_id, slug, name, created_at, mode, twin_of) VALUES ($1, $2, $3, $4, $5, $6)
"""
_FIND = "SELECT operator_id FROM operators WHERE slug = $1"
_MODE = "SELECT mode FROM operators WHERE operator_id = $1"

_TWIN = "SELECT operator_id FROM operators WHERE twin_of = $1"
_OWN_NAME = "SELECT operator_id, slug, name FROM operators WHERE operator_id = $1"
_NAMED = "SELECT operator_id, slug, name FROM operators WHERE slug = $1"


class OperatorMode(StrEnum):
    """What an operator's purchases and money are."""

    LIVE = "live"
    """Real."""
    TEST = "test"
    """Made up."""


async def open_operator(
    engine: AsyncEngine,
    *,
    slug: str,
    name: str,
    now: datetime,
    mode: OperatorMode = OperatorMode.LIVE,
    twin_of: UUID | None = None,
) -> UUID:
    """Create an operator in a transaction of its own, the first that may see it. Conflict if the slug is taken.

    `twin_of`: the live operator that a test operator is for, which has no other one.
    """
    if not _SLUG.fullmatch(slug):
        raise Invalid(f"slug {slug[:64]!r}: expected 1 to 64 lower-case letters, digits and inner dashes")
    operator_id = uuid7(now)
    try:
        async with transaction(engine, operator_id) as connection:
            await connection.exec_driver_sql(_OPEN, (operator_id, slug, name, now, mode.value, twin_of))
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


async def named_of(connection: AsyncConnection, operator_id: UUID) -> Named | None:
    """The operator of this transaction with its name."""
    rows = await fetch(connection, _OWN_NAME, (operator_id,))
    return Named(*rows[0]) if rows else None


async def find_operator(engine: AsyncEngine, slug: str) -> UUID | None:
    """The operator of this slug, if there is one."""
    async with directory(engine) as connection:
        rows = await fetch(connection, _FIND, (slug,))
    return rows[0][0] if rows else None


async def is_live(connection: AsyncConnection, operator_id: UUID) -> bool:
    """Whether the operator of this transaction is one whose purchases and money are real."""
    return bool((await connection.exec_driver_sql(_MODE, (operator_id,))).scalar() == OperatorMode.LIVE)


async def twin_of(engine: AsyncEngine, operator_id: UUID) -> UUID | None:
    """The test operator of a live one, if it was opened."""
    async with directory(engine) as connection:
        return (await connection.exec_driver_sql(_TWIN, (operator_id,))).scalar()
