"""That a processor or a lender has news: a step of the road, which only keeps it. The worker looks, and asks.

A message is a reason to look and never a proof: what it is about is asked for at its rail, and that answer holds. So a
message that comes twice, late or out of order ends where it would have ended in order.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from issuers.events import CardEvent, EventKind

_TELL = """
INSERT INTO charge_news (operator_id, subject, source, about, event, told_at, read_at)
SELECT $1, t.*, $7 FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS t
ON CONFLICT (operator_id, subject, source) DO NOTHING
"""


async def take_news(connection: AsyncConnection, operator_id: UUID, told: Iterable[CardEvent], now: datetime) -> None:
    """Keep of what there is news; the same message again changes nothing. Locks no shopper: the worker looks."""
    news = sorted(
        (each for each in told if each.kind is EventKind.CHARGE_NEWS),
        key=lambda each: (each.metadata["subject"], each.fact_ref),
    )
    if not news:
        return
    columns = (
        [each.metadata["subject"] for each in news],
        [each.fact_ref for each in news],
        [each.metadata["about"] for each in news],
        [each.metadata["event"] for each in news],
        [each.occurred_at for each in news],
    )
    await connection.exec_driver_sql(_TELL, (operator_id, *columns, now))
