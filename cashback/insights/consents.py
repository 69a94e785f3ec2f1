"""What a shopper has agreed to, read from the lines that nobody can change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import show

SHOWN_MAX = 50

_GIVEN = """
SELECT l.at, l.detail::text FROM audit_log l
WHERE l.operator_id = $1 AND l.subject = $2 AND l.action = 'consent.given' ORDER BY l.at DESC, l.id DESC LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Consent:
    """One thing agreed to: its name, the very words, their version (the beginning of their SHA-256), and when."""

    name: str
    words: str
    version: str
    given_at: datetime


async def read_consents(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> list[Consent]:
    """The newest first."""
    rows = await fetch(connection, _GIVEN, (operator_id, show("shp", shopper_id), SHOWN_MAX))
    told = [(at, msgspec.json.decode(detail)) for at, detail in rows]
    return [
        Consent(each.get("consent", ""), each.get("words", ""), each.get("words_sha256", "")[:8], at)
        for at, each in told
    ]
