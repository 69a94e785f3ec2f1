"""What another tenant, a tampering hand and an empty table's plan cannot do to the log."""

from uuid import uuid4

import pytest
from inbox_builders import CONNECTION, KEYRING, NOON, message, read_all, store
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import open_engine, transaction
from webhooks import aside, inbox
from webhooks.messages import LANES

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


async def test_a_tenant_the_statistics_have_never_heard_of_is_found_by_delivery_id(engine: AsyncEngine) -> None:
    """Believing that it has few rows, a planner would take any index that begins with the tenant, and read them all."""
    known, new = uuid4(), uuid4()
    await store(engine, known, [message(f"evt_{n}") for n in range(2000)])
    owner = open_engine(engine.url.render_as_string(hide_password=False), role=None)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("ANALYZE inbox_messages")
    await owner.dispose()
    columns = [[1], [CONNECTION], ["evt"], [None], [b"d"], [None], [NOON], [NOON.date()], [b"b"], [0]]
    async with transaction(engine, new) as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN {inbox._APPEND}", (new, *columns))
        plan = "\n".join(str(row[0]) for row in rows)
    assert "using pk_inbox_messages on inbox_messages" in plan
    assert "ix_inbox_messages_position" not in plan
