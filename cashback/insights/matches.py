"""Places that wait for a person, as the console shows them: the purchases under one identifier, and earlier answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.merchants.memo.aliases import Key

SHOWN = 20

_WAITING = """
SELECT p.id, p.purchased_at, p.net_minor, p.currency, p.merchant ->> 'descriptor' AS descriptor,
    p.merchant ->> 'city' AS city, p.merchant ->> 'mcc' AS category
FROM purchase_matches m
JOIN purchases p ON p.shopper_id = m.shopper_id AND p.network = m.network AND p.purchase_ref = m.purchase_ref
WHERE m.operator_id = $1 AND m.network = $2 AND m.scheme = $3 AND m.value = $4 AND m.text = $5
    AND m.decision = 'review' AND p.shop_id IS NULL
ORDER BY p.purchased_at DESC, p.id DESC LIMIT $6
"""
_ANSWERS = """
SELECT a.id, a.network, a.scheme, a.value, a.fingerprint, a.verdict, s.name AS shop, s.code, a.origin, a.since,
    a.answered_by, a.answered_at, a.purchases, a.waiting_minor
FROM match_answers a LEFT JOIN shops s ON s.operator_id = a.operator_id AND s.id = a.shop_id
WHERE a.operator_id = $1
"""
_NEWEST = f"{_ANSWERS} ORDER BY a.id DESC LIMIT $2"
_OF_KEY = f"""{_ANSWERS} AND a.network = $3 AND a.scheme = $4 AND a.value = $5 AND a.fingerprint = $6
ORDER BY a.id DESC LIMIT $2"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person said of a key: a verdict, and perhaps a shop."""

    id: UUID
    key: Key
    verdict: str
    """confirmed, not_ours, shared, skip."""
    shop: str | None
    code: str | None
    origin: str
    since: datetime
    """The first purchase that it settles."""
    answered_by: str
    answered_at: datetime
    purchases: int
    waiting_minor: int
    """That waited then, in the programme's currency."""


async def waiting_under(connection: AsyncConnection, operator_id: UUID, key: Key) -> Sequence[Any]:
    """The newest purchases that an answer would settle."""
    return await fetch(connection, _WAITING, (operator_id, *_parts(key), SHOWN))


async def newest_answers(connection: AsyncConnection, operator_id: UUID) -> list[Answered]:
    """What people answered last, of any key."""
    return [_answered(row) for row in await fetch(connection, _NEWEST, (operator_id, SHOWN))]


async def answers_of(connection: AsyncConnection, operator_id: UUID, key: Key) -> list[Answered]:
    """What people answered of one key, the newest first."""
    return [_answered(row) for row in await fetch(connection, _OF_KEY, (operator_id, SHOWN, *_parts(key)))]


def _parts(key: Key) -> tuple[str, str, str, str]:
    return key.network, key.scheme, key.value, key.fingerprint


def _answered(row: Any) -> Answered:
    return Answered(row[0], Key(*row[1:5]), *row[5:])
