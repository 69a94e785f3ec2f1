"""Messages around a due day: before it, before each retry. Those of a refusal are written where it is recorded.

Each is told once, whoever looks and however often: the notice's key says which instalment, which day, which attempt.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.instalments.schemas import Settings
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice

TELL_MAX = 500
RETRY_TOLD_BEFORE = timedelta(hours=24)

_KEY = (
    "'plan:' || replace(i.plan_id::text, '-', '') || ':' || $5::text || ':' || i.number || ':' || i.due_on || ':' "
    "|| i.failures"
)
_COMING = f"""
SELECT i.shopper_id, i.plan_id, i.number, i.due_on, i.failures, i.next_at,
    i.principal_minor + i.fee_minor - i.paid_minor AS owed, p.currency, {_KEY} AS key
FROM instalments i JOIN plans p ON p.shopper_id = i.shopper_id AND p.id = i.plan_id
WHERE i.operator_id = $1 AND i.next_at > $2 AND i.next_at <= $3 AND i.state = 'open' AND p.state = 'active'
    AND (i.failures > 0) = $4
    AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.shopper_id = i.shopper_id AND n.key = {_KEY})
ORDER BY i.next_at, i.plan_id, i.number LIMIT $6
"""  # noqa: S608 - built from constants


async def remind(connection: AsyncConnection, operator_id: UUID, settings: Settings, now: datetime) -> int:
    """Tell shoppers of what falls due in the days ahead, and of what is tried again tomorrow; answers how many."""
    soon = now + timedelta(days=settings.remind_days)
    coming = await _coming(connection, operator_id, "instalment_soon", now, soon, again=False)
    retried = await _coming(connection, operator_id, "instalment_retry", now, now + RETRY_TOLD_BEFORE, again=True)
    notices = [_notice(row, "instalment_soon") for row in coming]
    notices += [_notice(row, "instalment_retry") for row in retried]
    await notifications.tell(connection, operator_id, notices, now)
    return len(notices)


async def _coming(
    connection: AsyncConnection, operator_id: UUID, kind: str, now: datetime, until: datetime, *, again: bool
) -> Sequence[Any]:
    return await fetch(connection, _COMING, (operator_id, now, until, again, kind, TELL_MAX))


def _notice(row: Any, kind: str) -> Notice:
    params = {"asset": row.currency, "amount": row.owed, "day": row.next_at.date().isoformat()}
    return Notice(row.shopper_id, row.key, kind, params)
