"""What a shopper has agreed to, read from the lines that nobody can change, and whether it still stands.

A consent is given for one card in the moment of its link, and taken back by unlinking that card.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import show

SHOWN_MAX = 50
GIVEN = "consent.given"
"""The action under which it stands in the audit log."""

# A card that was linked with a consent was linked in the same instant.
_GIVEN = """
SELECT l.at, l.detail::text, c.card_id, c.scheme, c.last_four, c.unlinked_at FROM audit_log l
LEFT JOIN cards c ON c.operator_id = l.operator_id AND c.shopper_id = $4 AND c.linked_at = l.at
    AND c.network NOT IN ('receipt', 'checkout')
    AND coalesce(c.card_id = (l.detail ->> 'card_id')::uuid, true)
WHERE l.operator_id = $1 AND l.subject = $2 AND l.action = $5 ORDER BY l.at DESC, l.id DESC LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Consent:
    """One thing agreed to: its name, the very words with their language and SHA-256, for which card, from when on."""

    name: str
    language: str
    words: str
    words_sha256: str
    given_at: datetime
    card_id: UUID | None
    """None: no card came of it."""
    scheme: str | None
    last_four: str | None
    withdrawn_at: datetime | None
    """When the card was unlinked."""


async def read_consents(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> list[Consent]:
    """The newest first."""
    rows = await fetch(connection, _GIVEN, (operator_id, show("shp", shopper_id), SHOWN_MAX, shopper_id, GIVEN))
    told = [(row, msgspec.json.decode(row[1])) for row in rows]
    return [
        Consent(
            name=each.get("consent", ""),
            language=each.get("language", ""),
            words=each.get("words", ""),
            words_sha256=each.get("words_sha256", ""),
            given_at=row.at,
            card_id=row.card_id,
            scheme=row.scheme,
            last_four=row.last_four,
            withdrawn_at=row.unlinked_at,
        )
        for row, each in told
    ]


def detail_of(name: str, language: str, words: str) -> dict[str, str]:
    """What the line of a consent says: the very words that were agreed to, and by what they are recognised."""
    digest = hashlib.sha256(words.encode()).hexdigest()
    return {"consent": name, "language": language, "words": words, "words_sha256": digest}
