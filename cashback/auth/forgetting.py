"""What of signing in is over and kept no longer: codes, challenges, letters that left, sessions that ended long ago."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction

SHORTLY = timedelta(days=1)
"""Codes and their counts, challenges and letters are kept for so long after their end."""
ENDED_SESSIONS = timedelta(days=90)

_FORGET = (
    ("DELETE FROM sign_in_codes WHERE operator_id = $1 AND expires_at < $2", SHORTLY),
    ("DELETE FROM sign_in_challenges WHERE operator_id = $1 AND expires_at < $2", SHORTLY),
    ("DELETE FROM outgoing_mail WHERE operator_id = $1 AND expires_at < $2", SHORTLY),
    ("DELETE FROM sign_in_code_counts WHERE operator_id = $1 AND since < $2", SHORTLY),
    ("DELETE FROM sessions WHERE operator_id = $1 AND least(expires_at, revoked_at) < $2", ENDED_SESSIONS),
)


async def forget_sign_in(engine: AsyncEngine, operator_id: UUID, now: datetime) -> int:
    """Forget it, each kind in one statement; answers how many rows."""
    forgotten = 0
    for statement, kept in _FORGET:
        async with transaction(engine, operator_id) as connection:
            forgotten += (await connection.exec_driver_sql(statement, (operator_id, now - kept))).rowcount
    return forgotten
