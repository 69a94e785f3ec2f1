"""What readers set aside: parked messages, and messages that wait for their card."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from webhooks import aside, inbox
from webhooks.messages import Message, NewMessage, lane_of, opened, subject_of
from webhooks.sealing import KeyRing, purge_keys

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYRING = KeyRing(b"m" * 32)
CARD = subject_of("net", "card_1")
LANE = lane_of(CARD, "")


async def stored(engine: AsyncEngine, tenant: UUID, ids: list[str], subject: bytes | None = CARD) -> list[Message]:
    new = [NewMessage(UUID(int=7), each, None, b"d" * 32, subject, NOON, each.encode()) for each in ids]
    async with transaction(engine, tenant) as connection:
        await inbox.append(connection, tenant, new, KEYRING)
        row = (
            "SELECT m.*, k.wrapped FROM inbox_messages m JOIN inbox_keys k ON period = key_period ORDER BY xid, ordinal"
        )
        kept = [opened(tenant, each, KEYRING) for each in await connection.exec_driver_sql(row)]
    return [each for each in kept if each.delivery_id in ids]


async def test_parked_messages_are_shown_oldest_first_until_they_are_resolved(engine: AsyncEngine) -> None:
    tenant = uuid4()
    one, two = await stored(engine, tenant, ["one", "two"])
    later = NOON + timedelta(minutes=1)
    async with transaction(engine, tenant) as connection:
        await aside.park(connection, tenant, [], NOON)
        await aside.park(connection, tenant, [(two, "unreadable", "$.amount: expected a number")], NOON)
        await aside.park(connection, tenant, [(one, "posting_failed", "nul \x00 and \ud800")], later)
    async with transaction(engine, tenant) as connection:
        shown = await aside.parked(connection, tenant, KEYRING)
        assert [
            (each.message.delivery_id, each.message.body, each.code, each.detail, each.parked_at) for each in shown
        ] == [
            ("two", b"two", "unreadable", "$.amount: expected a number", NOON),
            ("one", b"one", "posting_failed", "nul \N{REPLACEMENT CHARACTER} and ?", later),
        ]
        assert await aside.resolve_parked(connection, tenant, [two], later) == 1
        assert await aside.resolve_parked(connection, tenant, [two], later) == 0
        assert await aside.resolve_parked(connection, tenant, [], later) == 0
        assert [each.message.delivery_id for each in await aside.parked(connection, tenant, KEYRING)] == ["one"]
        # It failed again when it was replayed.
        await aside.park(connection, tenant, [(two, "unreadable", "again")], later)
        assert [each.detail for each in await aside.parked(connection, tenant, KEYRING)] == [
            "nul \N{REPLACEMENT CHARACTER} and ?",
            "again",
        ]
        assert len(await aside.parked(connection, tenant, KEYRING, limit=1)) == 1


async def test_unclaimed_messages_are_taken_once_in_log_order(engine: AsyncEngine) -> None:
    tenant = uuid4()
    ids = ["c", "a", "b"]
    messages = await stored(engine, tenant, ids)
    others = await stored(engine, tenant, ["other"], subject_of("net", "card_2"))
    async with transaction(engine, tenant) as connection:
        await aside.hold_unclaimed(connection, tenant, [])
        await aside.hold_unclaimed(connection, tenant, [*reversed(messages), *others])
        await aside.hold_unclaimed(connection, tenant, messages)
    async with transaction(engine, tenant) as connection:
        taken = await aside.take_unclaimed(connection, tenant, LANE, CARD, KEYRING)
        assert taken == messages
        assert [each.body for each in taken] == [b"c", b"a", b"b"]
        assert await aside.take_unclaimed(connection, tenant, LANE, CARD, KEYRING) == []
        assert (
            await aside.take_unclaimed(connection, tenant, others[0].lane, others[0].subject or b"", KEYRING) == others
        )


async def test_a_message_that_concerns_no_card_cannot_wait_for_one(engine: AsyncEngine) -> None:
    tenant = uuid4()
    messages = await stored(engine, tenant, ["card", "none"])
    (nobody,) = await stored(engine, tenant, ["nobody"], None)
    async with transaction(engine, tenant) as connection:
        with pytest.raises(ValueError, match="concerns no card"):
            await aside.hold_unclaimed(connection, tenant, [*messages, nobody])
        assert await aside.take_unclaimed(connection, tenant, LANE, CARD, KEYRING) == []


async def test_what_waited_longer_than_its_key_lived_comes_back_without_a_body(engine: AsyncEngine) -> None:
    tenant = uuid4()
    (message,) = await stored(engine, tenant, ["one"])
    async with transaction(engine, tenant) as connection:
        await aside.hold_unclaimed(connection, tenant, [message])
        await aside.park(connection, tenant, [(message, "unreadable", "why")], NOON)
        await purge_keys(connection, tenant, NOON.date() + timedelta(days=31), KEYRING)
    async with transaction(engine, tenant) as connection:
        (parked,) = await aside.parked(connection, tenant, KEYRING)
        (taken,) = await aside.take_unclaimed(connection, tenant, LANE, CARD, KEYRING)
    assert (parked.message.body, taken.body, taken.delivery_id) == (None, None, "one")
