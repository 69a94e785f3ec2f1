"""What another tenant, a tampering hand and an empty table's plan cannot do to the log."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from inbox_builders import CONNECTION, KEYRING, NOON, message, read_all, store
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import open_engine, transaction
from webhooks import aside, inbox
from webhooks.columns import log_columns
from webhooks.messages import LANES, NewMessage
from webhooks.sealing import SealingKey

TABLES = ("inbox_messages", "inbox_cursors", "inbox_conflicts", "inbox_parked", "inbox_unclaimed", "inbox_keys")


async def test_another_tenant_and_no_tenant_see_nothing(engine: AsyncEngine) -> None:
    tenant, stranger = uuid4(), uuid4()
    await store(engine, tenant, [message("evt")])
    await store(engine, tenant, [message("evt", content="changed")])
    (read,) = await read_all(engine, tenant)
    async with transaction(engine, tenant) as connection:
        await aside.park(connection, tenant, [(read, "unreadable", "why")], NOON)
        await aside.hold_unclaimed(connection, tenant, [read])
    async with engine.begin() as connection:
        blind = [(await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES]
    async with transaction(engine, stranger) as connection:
        foreign = [(await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES]
        assert await aside.parked(connection, tenant, KEYRING) == []
        assert await aside.conflicts(connection, tenant, KEYRING) == []
    async with transaction(engine, tenant) as connection:
        own = [(await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES]
    assert own == [1, LANES, 1, 1, 1, 1]
    assert blind == foreign == [0] * len(TABLES)


async def test_a_message_cannot_be_written_for_another_tenant(engine: AsyncEngine) -> None:
    tenant, stranger = uuid4(), uuid4()
    await store(engine, stranger, [message("own")])
    with pytest.raises(DBAPIError, match="row-level security"):
        async with transaction(engine, tenant) as connection:
            await inbox.append(connection, stranger, [message("evt")], KEYRING)
    assert [each.delivery_id for each in await read_all(engine, stranger)] == ["own"]


async def test_the_log_cannot_be_changed_by_the_app(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("evt")])
    for statement in ("UPDATE inbox_messages SET event = 'x'", "DELETE FROM inbox_messages", "TRUNCATE inbox_messages"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with transaction(engine, tenant) as connection:
                await connection.exec_driver_sql(statement)
    assert len(await read_all(engine, tenant)) == 1


async def test_a_body_copied_to_another_row_does_not_open(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await store(engine, tenant, [message("evt")])
    async with transaction(engine, tenant) as connection:
        await connection.exec_driver_sql(
            """INSERT INTO inbox_messages (tenant_id, lane, connection_id, delivery_id, digest, subject, received_at,
                key_period, body, ordinal)
            SELECT tenant_id, lane, connection_id, 'copy', digest, subject, received_at, key_period, body, ordinal + 1
            FROM inbox_messages"""
        )
    assert [(each.delivery_id, each.body) for each in await read_all(engine, tenant)] == [
        ("evt", b"evt: as sent"),
        ("copy", None),
    ]


async def planned(engine: AsyncEngine, statement: str, *arguments: Any) -> str:
    """How a statement of a tenant that the statistics have never heard of is carried out, in a log that is long."""
    known, new = uuid4(), uuid4()
    await store(engine, known, [message(f"evt_{n}") for n in range(2000)])
    owner = open_engine(engine.url.render_as_string(hide_password=False), role=None)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("ANALYZE inbox_messages")
    await owner.dispose()
    async with transaction(engine, new) as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", (new, *arguments))
        return "\n".join(str(row[0]) for row in rows)


async def test_a_delivery_id_is_found_by_its_key(engine: AsyncEngine) -> None:
    """Believing that a tenant has few rows, a planner would take any index that begins with it, and read them all."""
    message = NewMessage(CONNECTION, "evt", None, b"d", None, NOON, b"b")
    keys = {NOON.date().replace(day=1): SealingKey(bytes(32))}
    columns = log_columns(UUID(int=1), [message], [inbox._name_of(message)], keys, [0])
    plan = await planned(engine, inbox._APPEND, *columns)
    assert "using pk_inbox_messages on inbox_messages" in plan
    assert "ix_inbox_messages_position" not in plan


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        (inbox._READ_AFTER, ([3, 4], [0, 0], [-1, -1], 500)),
        (inbox._LANES_WITH_WORK, (LANES, 1)),
        (inbox._DEPTH, (LANES, 1000)),
    ],
)
async def test_what_was_read_before_is_never_walked_through_again(
    engine: AsyncEngine, statement: str, arguments: tuple[Any, ...]
) -> None:
    plan = await planned(engine, statement, *arguments)
    conditions = [line for line in plan.splitlines() if "Index Cond" in line]
    assert [line for line in conditions if "(ROW(" in line and "tenant_id" in line and "lane" in line]
    assert "Filter: (ROW(" not in plan
