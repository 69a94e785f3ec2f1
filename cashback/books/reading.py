"""What readers from outside get: the heads of the chains, as JSON can tell them."""

import base64
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.books.sealed import SEALED
from cashback.books.service import depth, head
from cashback.books.signing import public_keys, signed_heads
from cashback.clock import zulu


async def heads_of(connection: AsyncConnection, operator_id: UUID, now: datetime) -> dict[str, Any]:
    """Public keys; the last signed head of each chain; of each the present head and how far it is behind its table."""
    keys = await public_keys(connection, operator_id)
    signed, chains = [], []
    for sealed in SEALED:
        last, behind = await head(connection, operator_id, sealed.chain), await depth(connection, operator_id, sealed)
        signed += [each.exported() for each in (await signed_heads(connection, operator_id, sealed.chain))[-1:]]
        chains.append(
            {
                "chain": sealed.chain,
                "number": 0 if last is None else last.number,
                "position": 0 if last is None else last.last_position,
                "hash": None if last is None else last.hash.hex(),
                "sealed_at": None if last is None else zulu(last.sealed_at),
                "unsealed": behind.rows,
                "behind_seconds": 0 if behind.oldest is None else max(0, round((now - behind.oldest).total_seconds())),
            }
        )
    return {
        "public_keys": {str(name): base64.b64encode(key).decode() for name, key in keys.items()},
        "heads": signed,
        "chains": chains,
    }
