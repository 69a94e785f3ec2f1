"""Connections to providers: sealed secrets, refusals that change nothing, a directory strangers cannot tire."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

import cashback.programmes.connections as connections_module
from cashback.actors import Actor, Scope, system
from cashback.db.engine import transaction
from cashback.errors import Conflict, Forbidden, Invalid, NotFound, ProductError
from cashback.programmes.connections import (
    ConnectionDirectory,
    close_connection,
    load_connections,
    open_connection,
    rotate_secret,
)
from webhooks.sealing import SealingKey

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MASTER = SealingKey(b"m" * 32)


class Operator:
    """One operator with its own slug, and the commands with their usual arguments."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.id = uuid4()
        self.actor = system(self.id, "tests")
        self.slug = f"fidel-{self.id}"

    async def open(self, actor: Actor | None = None, **changed: Any) -> UUID:
        arguments: dict[str, Any] = {
            "slug": self.slug,
            "provider": "fidel",
            "registered_url": f"https://rewards.example/webhooks/{self.slug}",
            "secret": b"a secret",
            "providers": {"fidel", "sandbox"},
            "master": MASTER,
            "now": NOON,
            **changed,
        }
        async with transaction(self.engine, self.id) as connection:
            return await open_connection(connection, actor or self.actor, **arguments)

    async def rotate(self, secret: bytes, *, keep_previous: bool, slug: str | None = None) -> None:
        async with transaction(self.engine, self.id) as connection:
            await rotate_secret(
                connection,
                self.actor,
                slug=slug or self.slug,
                secret=secret,
                keep_previous=keep_previous,
                master=MASTER,
                now=NOON,
            )

    async def close(self) -> None:
        async with transaction(self.engine, self.id) as connection:
            await close_connection(connection, self.actor, slug=self.slug, now=NOON)

    async def secrets(self) -> tuple[bytes, ...]:
        return (await load_connections(self.engine, MASTER))[self.slug].secrets

    async def written(self) -> list[tuple[Any, ...]]:
        async with transaction(self.engine, self.id) as connection:
            kept = await connection.exec_driver_sql("SELECT id, secrets, active FROM connections ORDER BY id")
            audited = await connection.exec_driver_sql("SELECT action, subject FROM audit_log ORDER BY id")
            return [tuple(row) for row in (*kept, *audited)]


@pytest.fixture
async def operator(engine: AsyncEngine) -> AsyncIterator[Operator]:
    made = Operator(engine)
    yield made
    async with transaction(engine, made.id) as connection:
        await connection.exec_driver_sql("DELETE FROM connections")


async def test_a_connection_is_found_by_its_slug_with_its_secret(engine: AsyncEngine, operator: Operator) -> None:
    connection_id = await operator.open()
    found = (await load_connections(engine, MASTER))[operator.slug]
    assert (found.operator_id, found.id, found.provider, found.secrets) == (
        operator.id,
        connection_id,
        "fidel",
        (b"a secret",),
    )
    assert found.registered_url == f"https://rewards.example/webhooks/{operator.slug}"
    assert "a secret" not in repr(found)


@pytest.mark.parametrize(
    ("changed", "refusal", "says"),
    [
        ({"secret": b""}, Invalid, "empty secret"),
        ({"secret": b" \n"}, Invalid, "empty secret"),
        ({"secret": b"s" * 16_385}, Invalid, "16384 bytes"),
        ({"provider": "visa"}, Invalid, "expected one of fidel, sandbox"),
        ({"slug": ""}, Invalid, "slug"),
        ({"slug": "Upper"}, Invalid, "slug"),
        ({"slug": "a/b"}, Invalid, "slug"),
        ({"slug": "-a"}, Invalid, "slug"),
        ({"slug": "a" * 65}, Invalid, "slug"),
        ({"registered_url": "ftp://rewards.example/x"}, Invalid, "registered_url"),
        ({"registered_url": "https:///x"}, Invalid, "registered_url"),
        ({"registered_url": "https://rewards.example/x/"}, Invalid, "registered_url"),
    ],
)
async def test_what_is_refused_writes_nothing(
    operator: Operator, changed: dict[str, Any], refusal: type[ProductError], says: str
) -> None:
    with pytest.raises(refusal, match=says):
        await operator.open(**changed)
    assert await operator.written() == []


async def test_only_who_may_change_the_programme_may_change_a_connection(operator: Operator) -> None:
    await operator.open()
    before = await operator.written()
    reader = Actor(operator_id=operator.id, name="key:reader", scopes=frozenset({Scope.READ, Scope.MONEY}))
    operator.actor = reader
    with pytest.raises(Forbidden, match="key:reader lacks the scope 'programme'"):
        await operator.open(slug="another")
    with pytest.raises(Forbidden):
        await operator.rotate(b"new", keep_previous=False)
    with pytest.raises(Forbidden):
        await operator.close()
    assert await operator.written() == before


async def test_a_slug_is_taken_once_over_all_operators(engine: AsyncEngine, operator: Operator) -> None:
    await operator.open()
    stranger = Operator(engine)
    for rival in (operator, stranger):
        with pytest.raises(Conflict, match="is taken") as refused:
            await rival.open(slug=operator.slug)
        assert refused.value.code == "connection_exists"
    assert await stranger.written() == []
    assert len(await operator.written()) == 2


async def test_rotation_keeps_at_most_the_last_secret(operator: Operator) -> None:
    await operator.open(secret=b"one")
    await operator.rotate(b"two", keep_previous=True)
    assert await operator.secrets() == (b"two", b"one")
    await operator.rotate(b"three", keep_previous=True)
    assert await operator.secrets() == (b"three", b"two")
    await operator.rotate(b"three", keep_previous=True)
    assert await operator.secrets() == (b"three", b"two")
    await operator.rotate(b"three", keep_previous=False)
    assert await operator.secrets() == (b"three",)
    with pytest.raises(Invalid, match="empty secret"):
        await operator.rotate(b"", keep_previous=True)
    assert await operator.secrets() == (b"three",)


async def test_what_does_not_exist_cannot_be_rotated_or_closed(engine: AsyncEngine, operator: Operator) -> None:
    await operator.open()
    stranger = Operator(engine)
    stranger.slug = operator.slug
    for attempt in (stranger.rotate(b"mine now", keep_previous=False), stranger.close()):
        with pytest.raises(NotFound) as refused:
            await attempt
        assert refused.value.code == "unknown_connection"
    assert await operator.secrets() == (b"a secret",)


async def test_every_change_is_in_the_audit_log_without_the_secret(operator: Operator) -> None:
    await operator.open()
    await operator.rotate(b"another", keep_previous=True)
    await operator.close()
    async with transaction(operator.engine, operator.id) as connection:
        rows = (await connection.exec_driver_sql("SELECT * FROM audit_log")).all()
    assert sorted(row.action for row in rows) == ["connection.closed", "connection.opened", "connection.rotated"]
    assert {(row.actor, row.subject, row.at) for row in rows} == {("system:tests", f"connection:{operator.slug}", NOON)}
    assert not [row for row in rows if "another" in str(row) or "a secret" in str(row)]


async def test_secrets_copied_to_another_connection_prove_nothing(engine: AsyncEngine, operator: Operator) -> None:
    await operator.open()
    await operator.open(slug=f"other-{operator.id}", secret=b"other")
    async with transaction(engine, operator.id) as connection:
        await connection.exec_driver_sql(
            "UPDATE connections SET secrets = (SELECT secrets FROM connections WHERE slug LIKE 'other-%')"
        )
    loaded = await load_connections(engine, MASTER)
    assert (loaded[operator.slug].secrets, loaded[f"other-{operator.id}"].secrets) == ((), (b"other",))


class Queries:
    """Counts the statements that read connections."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.count = 0
        self._engine = engine.sync_engine

    def __enter__(self) -> "Queries":
        event.listen(self._engine, "before_cursor_execute", self._see)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._see)

    def _see(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.count += "FROM connections" in statement


async def test_strangers_cause_no_storm_of_queries(engine: AsyncEngine, operator: Operator) -> None:
    await operator.open()
    directory = ConnectionDirectory(engine, MASTER)
    with Queries(engine) as queries:
        found = await asyncio.gather(*(directory.find(f"nobody-{number}") for number in range(200)))
        assert found == [None] * 200
        known = await asyncio.gather(*(directory.find(operator.slug) for _ in range(200)))
        assert {each.slug for each in known if each is not None} == {operator.slug}
    assert queries.count == 1


@pytest.mark.parametrize("limit", ["MAX_AGE_SECONDS", "UNKNOWN_RELOAD_SECONDS"])
async def test_what_grew_old_is_read_again(
    engine: AsyncEngine, operator: Operator, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    directory = ConnectionDirectory(engine, MASTER)
    if limit == "MAX_AGE_SECONDS":
        await operator.open()
        assert await directory.find(operator.slug) is not None
        await operator.close()
        assert await directory.find(operator.slug) is not None
    else:
        assert await directory.find(operator.slug) is None
        await operator.open()
        assert await directory.find(operator.slug) is None
    monkeypatch.setattr(connections_module, "MAX_AGE_SECONDS", -1.0)
    monkeypatch.setattr(connections_module, "UNKNOWN_RELOAD_SECONDS", -1.0)
    found = await directory.find(operator.slug)
    assert (found is None) == (limit == "MAX_AGE_SECONDS")


async def test_a_process_that_changed_a_connection_forgets_at_once(engine: AsyncEngine, operator: Operator) -> None:
    directory = ConnectionDirectory(engine, MASTER)
    assert await directory.find(operator.slug) is None
    await operator.open()
    directory.forget()
    assert await directory.find(operator.slug) is not None
