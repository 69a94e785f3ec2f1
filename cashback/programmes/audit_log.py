"""The append-only record of who did what. Written in the transaction of the deed, so neither exists alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.ids import uuid7

_RECORD = """
INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)
"""


async def record(
    connection: AsyncConnection, actor: Actor, action: str, subject: str, detail: Mapping[str, Any], now: datetime
) -> None:
    """One line: `action` such as `card.linked`, the id of its subject, and what a reader needs to understand it."""
    await connection.exec_driver_sql(
        _RECORD,
        (actor.operator_id, uuid7(now), now, actor.name, action, subject, msgspec.json.encode(detail).decode()),
    )
