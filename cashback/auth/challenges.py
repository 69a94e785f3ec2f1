"""Challenges that are given out and must come back: to the same browser or session, once, within minutes."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from webhooks.sealing import SealingKey, context

LIFETIME = timedelta(minutes=5)

_GIVE = """
INSERT INTO sign_in_challenges (operator_id, digest, purpose, holder, sealed, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""
_TAKE = """
DELETE FROM sign_in_challenges WHERE operator_id = $1 AND digest = $2 AND purpose = $3 AND holder = $4
RETURNING sealed, expires_at
"""


class Purpose(StrEnum):
    """What a challenge is for; one for another purpose is not found."""

    PASSKEY_SIGN_IN = "passkey_sign_in"
    PASSKEY_ADD = "passkey_add"
    PASSKEY_JOIN = "passkey_join"
    OIDC = "oidc"


async def give(
    connection: AsyncConnection,
    operator_id: UUID,
    purpose: Purpose,
    challenge: bytes,
    *,
    holder: bytes,
    now: datetime,
    remembered: bytes = b"",
    master: SealingKey | None = None,
) -> None:
    """Remember a challenge, with what its answer will need sealed beside it."""
    digest = hashlib.sha256(challenge).digest()
    sealed = None if master is None else master.seal(remembered, _place(operator_id, digest))
    row = (operator_id, digest, purpose.value, holder, sealed, now + LIFETIME)
    await connection.exec_driver_sql(_GIVE, row)


async def take(
    connection: AsyncConnection,
    operator_id: UUID,
    purpose: Purpose,
    challenge: bytes,
    *,
    holder: bytes,
    now: datetime,
    master: SealingKey | None = None,
) -> bytes | None:
    """What was remembered with a challenge of this holder, which is forgotten by this; None if none is in time."""
    digest = hashlib.sha256(challenge).digest()
    rows = await fetch(connection, _TAKE, (operator_id, digest, purpose.value, holder))
    if not rows or rows[0].expires_at <= now:
        return None
    if master is None or rows[0].sealed is None:
        return b""
    return master.open(bytes(rows[0].sealed), _place(operator_id, digest))


def _place(operator_id: UUID, digest: bytes) -> bytes:
    return context(operator_id.bytes, b"sign_in_challenges", b"sealed", digest)
