"""Who linked a card in the past of a demonstration agreed to it then: each consent stands on record, with its words."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import show, uuid7
from cashback.insights.consents import GIVEN, detail_of
from cashback.web.embed import CONSENTS
from cashback.web.messages import Translator

_LINKED = """
SELECT c.shopper_id, c.card_id, c.linked_at, s.locale FROM cards c JOIN shoppers s ON s.shopper_id = c.shopper_id
WHERE c.operator_id = $1 AND c.network NOT IN ('receipt', 'checkout') ORDER BY c.linked_at, c.card_id
"""
_RECORD = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
SELECT $1, t.id, t.at, t.actor, $2, t.subject, t.detail::jsonb
FROM unnest($3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[]) AS t (id, at, actor, subject, detail)
"""


async def record_consents(connection: AsyncConnection, operator_id: UUID, programme: str) -> int:
    """Write down both consents of every card that is there, at the instant of its link; answers how many lines."""
    lines = [
        (
            uuid7(card.linked_at),
            card.linked_at,
            f"shopper:{show('shp', card.shopper_id)}",
            show("shp", card.shopper_id),
            msgspec.json.encode(
                {
                    **detail_of(name, card.locale, Translator(card.locale)(f"link.consent.{name}", name=programme)),
                    "card_id": str(card.card_id),
                }
            ).decode(),
        )
        for card in await fetch(connection, _LINKED, (operator_id,))
        for name in CONSENTS
    ]
    await connection.exec_driver_sql(_RECORD, (operator_id, GIVEN, *map(list, zip(*lines, strict=True))))
    return len(lines)
