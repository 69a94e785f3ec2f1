"""Telling the outside: in the transaction of what is told, so that neither exists alone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.events.catalogue import EVENTS
from webhooks import outbox
from webhooks.outbox import Message


def event(type_: str, key: str, at: datetime, *, of: UUID, **data: object) -> Message:
    """One event of the catalogue, ready to be told.

    `key` names what happened, once for ever. `of` is whom it concerns, a shopper or the operator: events of one are
    tried in their order, as far as possible. ValueError for data that is not what the catalogue says.
    """
    expected = EVENTS[type_].fields.keys()
    if data.keys() != expected:
        raise ValueError(f"{type_}: expected {sorted(expected)}, got {sorted(data)}")
    return Message(f"{type_}:{key}", type_, of.hex, data, at)


def example(type_: str, key: str, at: datetime, *, of: UUID) -> Message:
    """An example of an event of the catalogue, marked as a test; `key` names it, and its ids are those of nothing."""
    data = {"test": True, **EVENTS[type_].example()}
    return Message(f"{outbox.TEST}:{key}", type_, of.hex, data, at)


async def tell(connection: AsyncConnection, operator_id: UUID, events: Sequence[Message], now: datetime) -> None:
    """Put events into the outbox, each once: one statement, which writes nothing while there is no endpoint."""
    await outbox.tell(connection, operator_id, events, now)
