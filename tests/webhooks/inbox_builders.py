"""Messages with defaults, and a worker's way of storing and reading them; shared by the inbox's tests."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.db.engine import transaction
from webhooks import inbox
from webhooks.messages import LANES, Message, NewMessage, Receipt, lane_of, subject_of
from webhooks.sealing import KeyRing

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CONNECTION = UUID(int=7)
KEYRING = KeyRing(b"m" * 32)


def card_of_lane(lane: int, number: int = 0) -> str:
    """A card token whose messages go to this lane."""
    return [token for token in (f"card_{n}" for n in range(1000)) if lane_of(subject_of("net", token), "") == lane][
        number
    ]


def message(
    delivery_id: str, *, content: str = "as sent", card: str | None = "card_1", connection_id: UUID = CONNECTION
) -> NewMessage:
    return NewMessage(
        connection_id=connection_id,
        delivery_id=delivery_id,
        event=None,
        digest=content.encode().ljust(32, b"."),
        subject=None if card is None else subject_of("net", card),
        received_at=NOON,
        body=f"{delivery_id}: {content}".encode(),
    )


async def store(engine: AsyncEngine, tenant: UUID, messages: Sequence[NewMessage]) -> list[Receipt]:
    async with transaction(engine, tenant) as connection:
        return await inbox.append(connection, tenant, messages, KEYRING)


async def read_lane(connection: AsyncConnection, tenant: UUID, lane: int, limit: int = 1000) -> list[Message]:
    """Read a lane and move its cursor, as a worker does."""
    cursor = await inbox.lock_cursor(connection, tenant, lane, wait=True)
    assert cursor is not None
    messages = await inbox.read_after(connection, tenant, [cursor], KEYRING, limit)
    if messages:
        await inbox.advance(connection, [(cursor, messages[-1])], NOON)
    return messages


async def settled(engine: AsyncEngine, tenant: UUID) -> None:
    """Wait until nobody else on the server holds the readers up."""
    async with asyncio.timeout(30):
        while True:
            async with transaction(engine, tenant) as connection:
                if (await inbox.depth(connection, tenant)).held_back == 0:
                    return
            await asyncio.sleep(0.01)


async def read_all(engine: AsyncEngine, tenant: UUID) -> list[Message]:
    await settled(engine, tenant)
    async with transaction(engine, tenant) as connection:
        return [each for lane in range(LANES) for each in await read_lane(connection, tenant, lane)]
