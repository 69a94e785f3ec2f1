"""The file of payment incidents (FICP): the licensed lender consults it; here stands what it answered.

The call is made in no transaction: what is meant is written down and committed, the lender is called with its id, and
the answer is written down. Called again with the same id, a lender gives the same answer.
"""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import uuid7
from eligibility import Ficp, FicpStatus

_INTEND = "INSERT INTO ficp_consultations (operator_id, shopper_id, id, asked_at) VALUES ($1, $2, $3, $4)"
_RECORD = """
UPDATE ficp_consultations SET status = $3, consulted_at = $4, proof = $5
WHERE shopper_id = $1 AND id = $2 AND status IS NULL
"""
_NEWEST = """
SELECT status, consulted_at, proof FROM ficp_consultations
WHERE operator_id = $1 AND shopper_id = $2 AND consulted_at > $3 AND status <> 'unavailable'
ORDER BY consulted_at DESC, id DESC LIMIT 1
"""


class FicpPort(Protocol):
    """The lender, as far as the FICP is concerned."""

    @property
    def lender(self) -> str:
        """The name that stands on information sheets."""

    @property
    def lends(self) -> bool:
        """Whether there is anybody to ask."""

    async def consult(self, consultation: str, shopper: str, now: datetime, /) -> Ficp:
        """Consult the file on a shopper, whom the lender knows by this id.

        The same `consultation` is answered the same. Whatever goes wrong is an answer: unavailable.
        """


class NoLender:
    """No partner lends here: nobody may consult the file, and no credit is open."""

    lender = ""
    lends = False

    async def consult(self, _: str, __: str, now: datetime, /) -> Ficp:
        """Unavailable."""
        return Ficp(status=FicpStatus.UNAVAILABLE, consulted_at=now, proof="")


async def intend(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, now: datetime) -> UUID:
    """Write down that the file will be consulted; answers the id to call the lender with."""
    consultation = uuid7(now)
    await connection.exec_driver_sql(_INTEND, (operator_id, shopper_id, consultation, now))
    return consultation


async def record(connection: AsyncConnection, shopper_id: UUID, consultation: UUID, answer: Ficp) -> None:
    """Write the answer down, once."""
    row = (shopper_id, consultation, answer.status.value, answer.consulted_at, answer.proof)
    await connection.exec_driver_sql(_RECORD, row)


async def newest(
    connection: AsyncConnection, operator_id: UUID, shopper_id: UUID, *, valid_hours: int, now: datetime
) -> Ficp | None:
    """The last answer that still stands; None: the lender must be asked."""
    rows = await fetch(connection, _NEWEST, (operator_id, shopper_id, now - timedelta(hours=valid_hours)))
    if not rows:
        return None
    status, consulted_at, proof = rows[0]
    return Ficp(status=FicpStatus(status), consulted_at=consulted_at, proof=proof)
