"""Sealed bodies: what opens, what never opens again, and keys that survive only a commit."""

import asyncio
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from webhooks.inbox import append, lock_cursor, read_after
from webhooks.messages import NewMessage, lane_of
from webhooks.sealing import KeyRing, SealingKey, Unsealable, context, period_of, purge_keys

MASTER = b"m" * 32
MONTH = date(2026, 11, 1)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_same_plaintext_never_looks_the_same_twice() -> None:
    key = SealingKey(MASTER)
    first, second = key.seal(b"body", b"place"), key.seal(b"body", b"place")
    assert first != second
    assert key.open(first, b"place") == key.open(second, b"place") == b"body"
    assert len(first) == 12 + len(b"body") + 16


@pytest.mark.parametrize(
    ("changed", "sealed_for", "opened_for"),
    [
        ("place", context(b"tenant-a", b"inbox_messages"), context(b"tenant-b", b"inbox_messages")),
        ("table", context(b"tenant-a", b"inbox_messages"), context(b"tenant-a", b"inbox_conflicts")),
        ("border of two fields", context(b"a", b"bc"), context(b"ab", b"c")),
        ("number of fields", context(b"a", b""), context(b"a")),
    ],
)
def test_a_value_opens_only_in_its_place(changed: str, sealed_for: bytes, opened_for: bytes) -> None:
    key = SealingKey(MASTER)
    sealed = key.seal(b"body", sealed_for)
    assert key.open(sealed, sealed_for) == b"body"
    with pytest.raises(Unsealable):
        key.open(sealed, opened_for)


@pytest.mark.parametrize("position", [0, 11, 12, 15, 16, 31])
def test_one_altered_bit_is_refused(position: int) -> None:
    key = SealingKey(MASTER)
    sealed = bytearray(key.seal(b"body", b"place"))
    sealed[position] ^= 1
    with pytest.raises(Unsealable):
        key.open(bytes(sealed), b"place")


@pytest.mark.parametrize("sealed", [b"", b"x" * 27])
def test_what_is_too_short_to_be_sealed_is_refused(sealed: bytes) -> None:
    with pytest.raises(Unsealable, match="at least 28 bytes"):
        SealingKey(MASTER).open(sealed, b"place")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(b"k" * length)


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2026, 11, 1), date(2026, 11, 1)),
        (date(2026, 11, 30), date(2026, 11, 1)),
        (date(2028, 2, 29), date(2028, 2, 1)),
    ],
)
def test_a_period_is_a_month(day: date, period: date) -> None:
    assert period_of(day) == period


async def test_processes_that_make_the_same_key_agree(engine: AsyncEngine) -> None:
    tenant = uuid4()

    async def seal() -> bytes:
        async with transaction(engine, tenant) as connection:
            key = await KeyRing(MASTER).period_key(connection, tenant, MONTH)
            await asyncio.sleep(0.01)
            return key.seal(b"body", b"place")

    sealed = await asyncio.gather(*(seal() for _ in range(8)))
    async with transaction(engine, tenant) as connection:
        key = await KeyRing(MASTER).period_key(connection, tenant, MONTH)
        made = (await connection.exec_driver_sql("SELECT count(*) FROM inbox_keys")).scalar_one()
    assert [key.open(each, b"place") for each in sealed] == [b"body"] * 8
    assert made == 1


async def test_a_key_made_in_a_transaction_that_rolls_back_is_never_used_again(engine: AsyncEngine) -> None:
    tenant, keyring = uuid4(), KeyRing(MASTER)

    async def make_and_roll_back() -> None:
        async with transaction(engine, tenant) as connection:
            await keyring.period_key(connection, tenant, MONTH)
            await keyring.period_key(connection, tenant, MONTH)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await make_and_roll_back()
    async with transaction(engine, tenant) as connection:
        sealed = (await keyring.period_key(connection, tenant, MONTH)).seal(b"body", b"place")
    async with transaction(engine, tenant) as connection:
        key = await KeyRing(MASTER).period_key(connection, tenant, MONTH)
    assert key.open(sealed, b"place") == b"body"


async def test_the_wrong_master_key_is_named_as_the_cause(engine: AsyncEngine) -> None:
    tenant = uuid4()
    async with transaction(engine, tenant) as connection:
        await KeyRing(MASTER).period_key(connection, tenant, MONTH)
    async with transaction(engine, tenant) as connection:
        with pytest.raises(Unsealable, match="the master key does not open the inbox key of 2026-11"):
            await KeyRing(b"x" * 32).period_key(connection, tenant, MONTH)


async def test_purging_a_month_destroys_its_bodies_and_no_others(engine: AsyncEngine) -> None:
    tenant, keyring = uuid4(), KeyRing(MASTER)
    months = [datetime(2026, month, 15, tzinfo=UTC) for month in (8, 9, 11)]
    connection_id = uuid4()
    messages = [
        NewMessage(connection_id, "one", None, b"d" * 32, bytes(16), at, f"body of {at:%m}".encode()) for at in months
    ]
    for index, message in enumerate(messages):
        async with transaction(engine, tenant) as connection:
            renamed = NewMessage(
                message.connection_id,
                f"{index}",
                None,
                message.digest,
                message.subject,
                message.received_at,
                message.body,
            )
            await append(connection, tenant, [renamed], keyring)
    async with transaction(engine, tenant) as connection:
        # 90 days before 21 November is 23 August: August has not ended by then.
        assert await purge_keys(connection, tenant, date(2026, 8, 23), keyring) == 0
        assert await purge_keys(connection, tenant, date(2026, 10, 1), keyring) == 2
    for ring in (keyring, KeyRing(MASTER)):
        async with transaction(engine, tenant) as connection:
            cursor = await lock_cursor(connection, tenant, lane_of(bytes(16), ""), wait=True)
            assert cursor is not None
            read = await read_after(connection, tenant, [cursor], ring, 10)
        assert [message.body for message in read] == [None, None, b"body of 11"]


def test_many_are_sealed_as_each_would_be_alone() -> None:
    key = SealingKey(b"k" * 32)
    pairs = [(f"body {number}".encode(), f"place {number}".encode()) for number in range(50)]
    sealed = key.seal_each(pairs)
    assert [key.open(each, place) for each, (_, place) in zip(sealed, pairs, strict=True)] == [
        body for body, _ in pairs
    ]
    assert len({each[:12] for each in sealed}) == len(pairs)
    with pytest.raises(Unsealable):
        key.open(sealed[0], pairs[1][1])
    assert key.seal_each([]) == []
