"""The statements of decisions: rows in, rows out. Nothing is decided here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.decisions.schemas import Decided

COLUMNS = """shopper_id, id, key, digest, decided_at, outcome, expires_at, amount_minor, currency, shop_id, purchase_id,
    card_id, discovery, score, band, pauses, earlier_id, used_at, used_key, used_plan, plan_id"""
_SAVE = f"""
INSERT INTO decisions (operator_id, {COLUMNS})
SELECT $1, t.*, NULL, NULL, NULL, NULL FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::timestamptz[],
    $7::text[], $8::timestamptz[], $9::bigint[], $10::text[], $11::uuid[], $12::uuid[], $13::uuid[], $14::boolean[],
    $15::integer[], $16::text[], $17::boolean[], $18::uuid[]) AS t
"""  # noqa: S608 - built from constants
_OF_KEY = f"SELECT {COLUMNS} FROM decisions WHERE shopper_id = $1 AND key = $2"  # noqa: S608 - built from constants
_BY_ID = f"SELECT {COLUMNS} FROM decisions WHERE operator_id = $1 AND id = $2"  # noqa: S608 - built from constants
_OF_SHOPPER = f"""
SELECT {COLUMNS} FROM decisions WHERE shopper_id = $1
    AND ($3::timestamptz IS NULL OR (decided_at, id) < ($3, $4::uuid))
ORDER BY decided_at DESC, id DESC LIMIT $2
"""  # noqa: S608 - built from constants
_USE = """
UPDATE decisions SET used_at = $3, used_key = $4, used_plan = $5, plan_id = $6
WHERE shopper_id = $1 AND id = $2 AND used_at IS NULL
"""
_SPLIT = """
SELECT 1 FROM plans p LEFT JOIN purchases u ON u.shopper_id = p.shopper_id AND u.id = p.purchase_id
WHERE p.shopper_id = $1 AND $2 IN (p.purchase_id, u.witness_of) AND p.state NOT IN ('cancelled', 'withdrawn') LIMIT 1
"""
_NAME = """
INSERT INTO decision_subjects (operator_id, shopper_id, pseudonym)
SELECT $1, t.* FROM unnest($2::uuid[], $3::uuid[]) AS t ON CONFLICT (shopper_id) DO NOTHING
"""
_NAMES = "SELECT shopper_id, pseudonym FROM decision_subjects WHERE operator_id = $1 AND shopper_id = ANY($2::uuid[])"


def _decided(row: Any) -> Decided:
    return Decided(*row)


async def save(connection: AsyncConnection, operator_id: UUID, decisions: Sequence[Decided]) -> None:
    """Store decisions, none of them used yet."""
    columns = [
        [getattr(each, name) for each in decisions] for name in Decided.__dataclass_fields__ if name not in _OF_THE_USE
    ]
    await connection.exec_driver_sql(_SAVE, (operator_id, *columns))


_OF_THE_USE = frozenset({"used_at", "used_key", "used_plan", "plan_id"})


async def of_key(connection: AsyncConnection, shopper_id: UUID, key: str) -> Decided | None:
    """The decision that came with a key."""
    rows = await fetch(connection, _OF_KEY, (shopper_id, key))
    return _decided(rows[0]) if rows else None


async def by_id(connection: AsyncConnection, operator_id: UUID, decision_id: UUID) -> Decided | None:
    """One decision."""
    rows = await fetch(connection, _BY_ID, (operator_id, decision_id))
    return _decided(rows[0]) if rows else None


async def of_shopper(
    connection: AsyncConnection, shopper_id: UUID, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[Decided]:
    """A shopper's decisions, the newest first, after the one of this instant and id."""
    found = await fetch(connection, _OF_SHOPPER, (shopper_id, limit, *(after or (None, None))))
    return [_decided(row) for row in found]


async def use(
    connection: AsyncConnection, decided: Decided, *, key: str, plan: str, plan_id: UUID, now: datetime
) -> bool:
    """Say that a quote was accepted; False if it was before."""
    row = (decided.shopper_id, decided.id, now, key, plan, plan_id)
    return (await connection.exec_driver_sql(_USE, row)).rowcount == 1


async def was_split(connection: AsyncConnection, shopper_id: UUID, purchase_id: UUID) -> bool:
    """Whether a purchase is paid in instalments already: split, or sold so at the checkout."""
    return bool(await fetch(connection, _SPLIT, (shopper_id, purchase_id)))


async def pseudonyms(connection: AsyncConnection, operator_id: UUID, shopper_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """What records call these shoppers: random, made once. The caller holds the shoppers' locks."""
    ids = sorted(set(shopper_ids))
    known: dict[UUID, UUID] = dict(await fetch(connection, _NAMES, (operator_id, ids)))
    unnamed = [each for each in ids if each not in known]
    if unnamed:
        made = {each: uuid4() for each in unnamed}
        await connection.exec_driver_sql(_NAME, (operator_id, unnamed, list(made.values())))
        known |= made
    return known
