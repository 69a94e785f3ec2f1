"""What a provider is answered, and what is in the log behind the answer."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from receiver_door import (
    KEYRING,
    NOON,
    SECRETS,
    TABLES,
    Door,
    assert_problem,
    behind,
    fidel_auth,
    opened_door,
    served,
    stripe_event,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import system
from cashback.api import inbox_writer
from cashback.api.inbox_writer import InboxWriter
from cashback.api.receiver import BODY_MAX_BYTES, WebhookReceiver
from cashback.api.webhook_protocol import protocol_of
from cashback.clock import HeldClock
from cashback.db.engine import open_engine, transaction
from cashback.programmes.connections import ConnectionDirectory, rotate_secret
from issuers.registry import ADAPTERS
from webhooks import aside
from webhooks.group_commit import Busy
from webhooks.messages import NewMessage

AUTH = fidel_auth()


@pytest.mark.parametrize(
    ("provider", "body", "event", "status", "answer"),
    [
        ("fidel", fidel_auth(), "transaction.auth", 200, b""),
        ("stripe", stripe_event(), None, 200, b'{"received":true}'),
        ("sandbox", b'{"id":"evt_1","card":{"token":"tok_1"}}', None, 202, b'{"received":true}'),
        ("fidel", b"\xff\xfe not JSON", "transaction.auth", 200, b""),
        ("stripe", b"not JSON", None, 200, b'{"received":true}'),
        ("sandbox", b"", None, 202, b'{"received":true}'),
    ],
)
async def test_a_genuine_delivery_gets_the_providers_own_answer_and_is_in_the_log(
    door: Door, provider: str, body: bytes, event: str | None, status: int, answer: bytes
) -> None:
    response = await door.deliver(provider, body, event)
    assert (response.status_code, response.content) == (status, answer)
    (stored,) = await door.log()
    assert (stored.body, stored.event, stored.received_at) == (body, event, NOON)


async def test_what_is_not_a_webhook_goes_to_the_application(door: Door) -> None:
    for path in ("/", "/webhooks", "/webhooksx/abc", "/api/webhooks/abc"):
        response = await door.client.get(path)
        assert (response.status_code, response.content) == (299, b"the application")


async def test_while_a_secret_rotates_the_old_one_still_proves_and_then_no_more(door: Door) -> None:
    async def rotate(keep_previous: bool) -> None:
        async with transaction(door.engine, door.operator_id) as connection:
            await rotate_secret(
                connection,
                system(door.operator_id, "tests"),
                slug=door.slug("fidel"),
                secret=b"the new one",
                keep_previous=keep_previous,
                master=KEYRING.master,
                now=NOON,
            )
        door.connections.forget()

    async def status(body: bytes, secret: bytes) -> int:
        headers = door.signed("fidel", body, secret=secret)
        return (await door.client.post(door.path("fidel"), content=body, headers=headers)).status_code

    await rotate(keep_previous=True)
    assert [await status(b"1", SECRETS["fidel"]), await status(b"2", b"the new one")] == [200, 200]
    await rotate(keep_previous=False)
    assert [await status(b"3", SECRETS["fidel"]), await status(b"4", b"the new one")] == [401, 200]
    assert [each.body for each in await door.log()] == [b"1", b"2", b"4"]


async def test_the_same_delivery_again_is_acknowledged_and_stored_once(door: Door) -> None:
    for minutes in range(3):
        door.clock.move_to(NOON + timedelta(minutes=minutes))
        assert (await door.deliver("fidel", AUTH, "transaction.auth")).status_code == 200
    (stored,) = await door.log()
    assert stored.received_at == NOON


async def test_twenty_simultaneous_deliveries_of_one_event_are_one_row(door: Door) -> None:
    responses = await asyncio.gather(*(door.deliver("stripe", stripe_event()) for _ in range(20)))
    assert {response.status_code for response in responses} == {200}
    assert (await door.rows())["inbox_messages"] == 1
    assert (await door.rows())["inbox_conflicts"] == 0


async def test_authorization_and_clearing_that_share_everything_but_the_event_are_two(door: Door) -> None:
    for event in ("transaction.auth", "transaction.clearing"):
        assert (await door.deliver("fidel", AUTH, event)).status_code == 200
    assert [each.event for each in await door.log()] == ["transaction.auth", "transaction.clearing"]


async def test_a_field_that_varies_between_deliveries_makes_no_conflict(door: Door) -> None:
    for pending in (3, 2, 1):
        assert (await door.deliver("stripe", stripe_event(pending=pending))).status_code == 200
    assert [each.body for each in await door.log()] == [stripe_event(pending=3)]
    assert (await door.rows())["inbox_conflicts"] == 0


@pytest.mark.parametrize(
    "changed", [stripe_event(amount=9999), stripe_event(card="ic_other"), b'{"id":"evt_1","data":7}']
)
async def test_the_same_id_with_other_content_is_acknowledged_and_kept_aside(door: Door, changed: bytes) -> None:
    assert (await door.deliver("stripe", stripe_event())).status_code == 200
    assert (await door.deliver("stripe", changed)).status_code == 200
    assert (await door.deliver("stripe", changed)).status_code == 200
    assert [each.body for each in await door.log()] == [stripe_event()]
    async with transaction(door.engine, door.operator_id) as connection:
        (kept,) = await aside.conflicts(connection, door.operator_id, KEYRING)
    assert (kept.delivery_id, kept.body) == ("evt_1", changed)


async def test_a_card_number_reaches_no_column_and_no_hash_of_it_either(door: Door) -> None:
    number = "4242424242424242"
    body = json.dumps({"id": "tx_1", "note": f"paid with {number}", "card": {"id": "card_1"}}).encode()
    assert (await door.deliver("fidel", body, "transaction.auth")).status_code == 200
    stripe = stripe_event("evt_1").replace(b'"event"', b'"event 4242 4242 4242 4242"')
    assert (await door.deliver("stripe", stripe)).status_code == 200
    assert (await door.deliver("stripe", stripe.replace(b"1250", b"1251"))).status_code == 200
    async with transaction(door.engine, door.operator_id) as connection:
        kept = [*await door.log(), *await aside.conflicts(connection, door.operator_id, KEYRING)]
        columns = [
            value
            for name in TABLES
            for row in await connection.exec_driver_sql(f"SELECT * FROM {name}")
            for value in row
        ]
    assert len(kept) == 3
    for each in kept:
        assert each.body is not None
        assert b"4242" in each.body
        columns.append(each.body)
    digits = [str(value).replace(" ", "") for value in columns]
    assert not [text for text in digits if number in text]
    guessable = {hashlib.sha256(each).digest() for each in (body, stripe, b"transaction.auth\n" + body)}
    assert not guessable & {each.digest for each in kept}
    assert not {each.hex() for each in guessable} & {each.delivery_id for each in kept}


async def test_a_body_at_the_cap_is_taken(door: Door) -> None:
    body = fidel_auth().ljust(BODY_MAX_BYTES)
    assert (await door.deliver("fidel", body, "transaction.auth")).status_code == 200
    assert [each.body for each in await door.log()] == [body]


@contextmanager
def broken_commit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every group is written and then not committed, as on a full disk."""
    real = inbox_writer.append_new

    async def written_in_vain(driver: asyncpg.Connection, *arguments: Any) -> list[int]:
        async with driver.transaction():
            await real(driver, *arguments)
            raise RuntimeError("could not commit")

    with monkeypatch.context() as patch:
        patch.setattr(inbox_writer, "append_new", written_in_vain)
        yield


async def test_a_failed_commit_is_never_a_success(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await door.deliver("fidel", b"before", "transaction.auth")).status_code == 200
    before = await door.rows()
    with broken_commit(monkeypatch):
        responses = await asyncio.gather(
            *(door.deliver("fidel", fidel_auth(f"tx_{n}"), "transaction.auth") for n in range(5))
        )
    for response in responses:
        assert_problem(response, 503, "try_again")
        assert response.headers["retry-after"] == "2"
    assert await door.rows() == before
    # The provider delivers again, and then it is stored.
    assert (await door.deliver("fidel", fidel_auth("tx_0"), "transaction.auth")).status_code == 200
    assert (await door.rows())["inbox_messages"] == before["inbox_messages"] + 1


async def test_a_database_that_is_away_is_a_503_for_all_and_comes_back(engine: AsyncEngine) -> None:
    away = open_engine("postgresql+asyncpg://postgres@127.0.0.1:1/nowhere")
    async with opened_door(engine, writes=away) as door:
        responses = await asyncio.gather(
            *(door.deliver("fidel", fidel_auth(f"tx_{n}"), "transaction.auth") for n in range(5))
        )
        for response in responses:
            assert_problem(response, 503, "busy")
        assert await door.rows() == dict.fromkeys(TABLES, 0)
    await away.dispose()


async def test_a_connection_that_was_lost_meanwhile_costs_no_delivery(door: Door) -> None:
    assert (await door.deliver("fidel", fidel_auth("before"), "transaction.auth")).status_code == 200
    (kept,) = door.receiver._writer._kept
    backend = kept.driver.get_server_pid()
    owner = open_engine(door.engine.url.render_as_string(hide_password=False), role=None)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SELECT pg_terminate_backend($1, 5000)", (backend,))
    await owner.dispose()
    assert (await door.deliver("fidel", fidel_auth("after"), "transaction.auth")).status_code == 200
    assert [each.body for each in await door.log()] == [fidel_auth("before"), fidel_auth("after")]


async def test_connections_that_cannot_be_read_are_a_503_not_a_404(engine: AsyncEngine) -> None:
    away = open_engine("postgresql+asyncpg://postgres@127.0.0.1:1/nowhere")
    connections = ConnectionDirectory(away, KEYRING.master)
    receiver = WebhookReceiver(
        behind, engine=away, connections=connections, keyring=KEYRING, clock=HeldClock(NOON), adapters=ADAPTERS
    )
    async with (
        receiver.running(),
        httpx.AsyncClient(transport=httpx.ASGITransport(receiver), base_url="http://in") as client,
    ):
        assert_problem(await client.post("/webhooks/any", content=b"{}"), 503, "try_again")
    await away.dispose()


async def test_too_much_at_once_is_told_to_come_back(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise Busy("4096 items wait already")

    monkeypatch.setattr(door.receiver._group, "put", full)
    response = await door.deliver("fidel", AUTH, "transaction.auth")
    assert_problem(response, 503, "busy")
    assert response.headers["retry-after"] == "2"
    assert await door.rows() == dict.fromkeys(TABLES, 0)


async def test_one_flush_serves_several_operators(engine: AsyncEngine) -> None:
    async with opened_door(engine) as one, opened_door(engine) as two:
        batch = [(each.operator_id, _as_message(each, "tx")) for each in (one, two, one)]
        writer = InboxWriter(engine, KEYRING)
        receipts = await writer.write(batch)
        await writer.close()
        assert [str(receipt) for receipt in receipts] == ["stored", "stored", "duplicate"]
        assert [(await each.rows())["inbox_messages"] for each in (one, two)] == [1, 1]


def _as_message(door: Door, text: str) -> NewMessage:
    return NewMessage(door.operator_id, text, None, b"d" * 32, None, NOON, text.encode())


async def test_over_real_http(engine: AsyncEngine) -> None:
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        """Speaks the lifespan protocol; the receiver starts and stops with it."""
        assert scope["type"] == "lifespan"
        for step in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{step}"
            seen.append(step)
            await send({"type": f"lifespan.{step}.complete"})

    async with opened_door(engine) as door:
        receiver = WebhookReceiver(
            application,
            engine=engine,
            connections=door.connections,
            keyring=KEYRING,
            clock=door.clock,
            adapters=ADAPTERS,
        )

        async def chunks(total: int) -> AsyncIterator[bytes]:
            for _ in range(total // 1024):
                yield bytes(1024)

        async with (
            served(receiver, http=protocol_of(receiver)) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
        ):
            path, headers = door.path("fidel", "transaction.auth"), door.signed("fidel", AUTH, "transaction.auth")
            assert (await client.post(path, content=AUTH, headers=headers)).status_code == 200
            chunked = await client.post(path, content=_in_two(AUTH), headers=headers)
            assert chunked.status_code == 200
            assert_problem(await client.post(path, content=AUTH), 401, "signature_refused")
            assert_problem(await client.post(path, content=bytes(BODY_MAX_BYTES + 1)), 413, "body_too_large")
            assert_problem(await client.post(path, content=chunks(BODY_MAX_BYTES + 1024)), 413, "body_too_large")
            assert_problem(await client.post("/webhooks/%ff%zz", content=b""), 404, "unknown_connection")
            assert (await client.get(path)).headers["allow"] == "POST"
        assert [each.body for each in await door.log()] == [AUTH]
    assert seen == ["startup", "shutdown"]


async def _in_two(body: bytes) -> AsyncIterator[bytes]:
    yield body[:10]
    yield body[10:]
