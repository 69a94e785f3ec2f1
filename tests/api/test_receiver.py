"""What a provider sees at the door, and what is written behind it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as engine_event
from sqlalchemy.ext.asyncio import AsyncEngine

import cashback.api.receiver as receiver_module
from cashback.actors import system
from cashback.api.inbox_writer import InboxWriter
from cashback.api.receiver import BODY_MAX_BYTES, WebhookReceiver
from cashback.clock import HeldClock
from cashback.db.engine import open_engine, transaction
from cashback.programmes.connections import ConnectionDirectory, close_connection, open_connection, rotate_secret
from issuers.registry import ADAPTERS
from webhooks import aside
from webhooks.group_commit import Busy
from webhooks.messages import Message, NewMessage, opened
from webhooks.sealing import KeyRing

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEYRING = KeyRing(b"m" * 32)
SECRETS = {"fidel": b"fidel-secret", "stripe": b"whsec_c3RyaXBl", "sandbox": b"whsec_c2FuZGJveC1zZWNyZXQ="}
TABLES = ("inbox_messages", "inbox_cursors", "inbox_conflicts", "inbox_parked", "inbox_unclaimed", "inbox_keys")


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """The application behind the receiver."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"the application"})


@dataclass
class Door:
    """A running receiver with one connection per provider, and a provider's pen."""

    engine: AsyncEngine
    operator_id: UUID
    clock: HeldClock
    receiver: WebhookReceiver
    connections: ConnectionDirectory
    client: httpx.AsyncClient

    def slug(self, provider: str) -> str:
        return f"{provider}-{self.operator_id}"

    def url(self, provider: str) -> str:
        return f"https://rewards.example/webhooks/{self.slug(provider)}"

    def path(self, provider: str, event: str | None = None) -> str:
        return f"/webhooks/{self.slug(provider)}" + (f"/{event}" if event else "")

    def signed(
        self,
        provider: str,
        body: bytes,
        event: str | None = None,
        *,
        secret: bytes | None = None,
        at: datetime | None = None,
    ) -> dict[str, str]:
        url = self.url(provider) + (f"/{event}" if event else "")
        return ADAPTERS[provider].sign(
            body, secret=secret or SECRETS[provider], url=url, event=event, now=at or self.clock.now()
        )

    async def deliver(self, provider: str, body: bytes, event: str | None = None) -> httpx.Response:
        return await self.client.post(
            self.path(provider, event), content=body, headers=self.signed(provider, body, event)
        )

    async def rows(self) -> dict[str, int]:
        async with transaction(self.engine, self.operator_id) as connection:
            return {
                name: (await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES
            }

    async def log(self) -> list[Message]:
        async with transaction(self.engine, self.operator_id) as connection:
            rows = await connection.exec_driver_sql(
                "SELECT m.*, k.wrapped FROM inbox_messages m JOIN inbox_keys k ON period = key_period ORDER BY xid, ordinal"
            )
            return [opened(self.operator_id, row, KEYRING) for row in rows]


@asynccontextmanager
async def opened_door(engine: AsyncEngine, *, writes: AsyncEngine | None = None) -> AsyncIterator[Door]:
    operator_id = uuid4()
    clock = HeldClock(NOON)
    actor = system(operator_id, "tests")
    async with transaction(engine, operator_id) as connection:
        for provider, secret in SECRETS.items():
            await open_connection(
                connection,
                actor,
                slug=f"{provider}-{operator_id}",
                provider=provider,
                registered_url=f"https://rewards.example/webhooks/{provider}-{operator_id}",
                secret=secret,
                providers=ADAPTERS,
                master=KEYRING.master,
                now=NOON,
            )
    connections = ConnectionDirectory(engine, KEYRING.master)
    receiver = WebhookReceiver(
        behind, engine=writes or engine, connections=connections, keyring=KEYRING, clock=clock, adapters=ADAPTERS
    )
    transport = httpx.ASGITransport(receiver)
    async with receiver.running(), httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        yield Door(engine, operator_id, clock, receiver, connections, client)


@pytest.fixture
async def door(engine: AsyncEngine) -> AsyncIterator[Door]:
    async with opened_door(engine) as made:
        yield made


def fidel_auth(transaction_id: str = "tx_1", card: str = "card_1", amount: float = 12.5) -> bytes:
    return json.dumps({"id": transaction_id, "amount": amount, "currency": "EUR", "card": {"id": card}}).encode()


def stripe_event(event_id: str = "evt_1", *, card: str = "ic_1", amount: int = 1250, pending: int = 1) -> bytes:
    return json.dumps(
        {
            "id": event_id,
            "object": "event",
            "type": "issuing_authorization.created",
            "pending_webhooks": pending,
            "data": {"object": {"id": "iauth_1", "amount": amount, "currency": "eur", "card": {"id": card}}},
        }
    ).encode()


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    problem = response.json()
    assert sorted(problem) == ["code", "detail", "status", "title", "type"]
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:cashback:problem:{code}")
    assert problem["title"] == code.replace("_", " ").capitalize()
    assert problem["detail"]


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


Tamper = Callable[[Door, bytes, dict[str, str]], tuple[str, bytes, dict[str, str]]]
AUTH = fidel_auth()


def fidel(change: Callable[[Door, bytes, dict[str, str]], dict[str, str]]) -> Tamper:
    return lambda door, body, headers: (door.path("fidel", "transaction.auth"), body, change(door, body, headers))


REFUSALS: dict[str, tuple[int, str, Tamper]] = {
    "no signature": (401, "signature_refused", fidel(lambda d, b, h: {})),
    "no timestamp": (401, "signature_refused", fidel(lambda d, b, h: {**h, "x-fidel-timestamp": ""})),
    "a timestamp that is no number": (
        401,
        "signature_refused",
        fidel(lambda d, b, h: {**h, "x-fidel-timestamp": "now"}),
    ),
    "a signature that is not ASCII": (
        401,
        "signature_refused",
        fidel(lambda d, b, h: {**h, "x-fidel-signature": "\xe9"}),
    ),
    "another secret": (
        401,
        "signature_refused",
        fidel(lambda d, b, h: d.signed("fidel", b, "transaction.auth", secret=b"guess")),
    ),
    "a signature for another event of the URL": (
        401,
        "signature_refused",
        fidel(lambda d, b, h: d.signed("fidel", b, "transaction.clearing")),
    ),
    "a new timestamp on an old signature": (
        401,
        "signature_refused",
        fidel(lambda d, b, h: {**h, "x-fidel-timestamp": str(int(h["x-fidel-timestamp"]) + 1)}),
    ),
    "one byte more": (
        401,
        "signature_refused",
        lambda d, b, h: (d.path("fidel", "transaction.auth"), b + b" ", h),
    ),
    "the same JSON written otherwise": (
        401,
        "signature_refused",
        lambda d, b, h: (d.path("fidel", "transaction.auth"), json.dumps(json.loads(b), indent=1).encode(), h),
    ),
    "signed six minutes ago": (
        401,
        "timestamp_expired",
        fidel(lambda d, b, h: d.signed("fidel", b, "transaction.auth", at=NOON - timedelta(minutes=6))),
    ),
    "signed six minutes ahead": (
        401,
        "timestamp_expired",
        fidel(lambda d, b, h: d.signed("fidel", b, "transaction.auth", at=NOON + timedelta(minutes=6))),
    ),
    "another provider's connection": (401, "signature_refused", lambda d, b, h: (d.path("stripe"), b, h)),
    "an unknown connection": (404, "unknown_connection", lambda d, b, h: ("/webhooks/nobody", b, h)),
    "no connection": (404, "unknown_connection", lambda d, b, h: ("/webhooks/", b, h)),
    "a name with NUL": (404, "unknown_connection", lambda d, b, h: ("/webhooks/a%00b", b, h)),
    "a name that is not UTF-8": (404, "unknown_connection", lambda d, b, h: ("/webhooks/%ff%fe%zz", b, h)),
    "an empty event": (404, "not_found", lambda d, b, h: (d.path("fidel") + "/", b, h)),
    "a path that goes on": (404, "not_found", lambda d, b, h: (d.path("fidel", "transaction.auth/x"), b, h)),
    "an event with NUL": (404, "not_found", lambda d, b, h: (d.path("fidel", "a%00"), b, h)),
    "an event that is a card number": (404, "not_found", lambda d, b, h: (d.path("fidel", "4242424242424242"), b, h)),
    "an event of 101 characters": (404, "not_found", lambda d, b, h: (d.path("fidel", "e" * 101), b, h)),
    "a body above the cap": (
        413,
        "body_too_large",
        lambda d, b, h: (d.path("fidel", "transaction.auth"), b.ljust(BODY_MAX_BYTES + 1), h),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_a_problem_document_and_writes_nothing(door: Door, name: str) -> None:
    status, code, tamper = REFUSALS[name]
    assert (await door.deliver("fidel", fidel_auth("before"), "transaction.auth")).status_code == 200
    before = await door.rows()
    path, body, headers = tamper(door, AUTH, door.signed("fidel", AUTH, "transaction.auth"))
    response = await door.client.post(path, content=body, headers={k: v.encode("latin-1") for k, v in headers.items()})
    assert_problem(response, status, code)
    assert await door.rows() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_only_post_is_a_webhook(door: Door, method: str) -> None:
    response = await door.client.request(method, door.path("fidel"), headers=door.signed("fidel", b""))
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert await door.rows() == dict.fromkeys(TABLES, 0)


async def test_a_closed_connection_is_as_unknown_as_any(door: Door) -> None:
    async with transaction(door.engine, door.operator_id) as connection:
        actor = system(door.operator_id, "tests")
        await close_connection(connection, actor, slug=door.slug("fidel"), now=NOON)
    closed = await door.deliver("fidel", AUTH, "transaction.auth")
    assert_problem(closed, 404, "unknown_connection")
    unknown = await door.client.post("/webhooks/nobody", content=AUTH)
    assert closed.content == unknown.content
    assert await door.rows() == dict.fromkeys(TABLES, 0)


@pytest.mark.parametrize("blank", [b"", b" \t"])
@pytest.mark.parametrize("provider", ["fidel", "stripe", "sandbox"])
async def test_an_empty_secret_never_verifies_even_if_one_got_into_the_database(
    door: Door, provider: str, blank: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cashback.programmes.connections._checked", lambda secret: secret)
    async with transaction(door.engine, door.operator_id) as connection:
        await rotate_secret(
            connection,
            system(door.operator_id, "tests"),
            slug=door.slug(provider),
            secret=blank,
            keep_previous=False,
            master=KEYRING.master,
            now=NOON,
        )
    body = AUTH
    stamp = str(int(NOON.timestamp()))
    guesses = {
        "fidel": {"x-fidel-timestamp": stamp + "000", "x-fidel-signature": ""},
        "stripe": {"stripe-signature": f"t={stamp},v1={_hex_hmac(blank, f'{stamp}.'.encode() + body)}"},
        "sandbox": {"webhook-id": "a", "webhook-timestamp": stamp, "webhook-signature": "v1,"},
    }
    response = await door.client.post(door.path(provider), content=body, headers=guesses[provider])
    assert_problem(response, 401, "signature_refused")
    assert await door.rows() == dict.fromkeys(TABLES, 0)


def _hex_hmac(key: bytes, signed: bytes) -> str:
    return hmac.new(key, signed, "sha256").hexdigest()


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


class BrokenCommit:
    """Makes every commit of an engine fail, as a full disk would."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        engine_event.listen(self._engine.sync_engine, "commit", self._fail)

    def __exit__(self, *_: object) -> None:
        engine_event.remove(self._engine.sync_engine, "commit", self._fail)

    @staticmethod
    def _fail(_: object) -> None:
        raise RuntimeError("could not commit")


async def test_a_failed_commit_is_never_a_success(door: Door) -> None:
    assert (await door.deliver("fidel", b"before", "transaction.auth")).status_code == 200
    before = await door.rows()
    with BrokenCommit(door.engine):
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
    async def full(_: object) -> None:
        raise Busy("4096 items wait already")

    monkeypatch.setattr(door.receiver._group, "submit", full)
    response = await door.deliver("fidel", AUTH, "transaction.auth")
    assert_problem(response, 503, "busy")
    assert response.headers["retry-after"] == "2"
    assert await door.rows() == dict.fromkeys(TABLES, 0)


async def test_one_flush_serves_several_operators(engine: AsyncEngine) -> None:
    async with opened_door(engine) as one, opened_door(engine) as two:
        batch = [(each.operator_id, _as_message(each, "tx")) for each in (one, two, one)]
        receipts = await InboxWriter(engine, KEYRING).write(batch)
        assert [str(receipt) for receipt in receipts] == ["stored", "stored", "duplicate"]
        assert [(await each.rows())["inbox_messages"] for each in (one, two)] == [1, 1]


def _as_message(door: Door, text: str) -> NewMessage:
    return NewMessage(door.operator_id, text, None, b"d" * 32, None, NOON, text.encode())


async def _call(
    door: Door, messages: Sequence[dict[str, Any]], headers: dict[str, str] | None = None
) -> tuple[int, int]:
    """Speak ASGI to the receiver; returns the status (0: nothing was sent) and how many messages it took."""
    taken = 0
    sent: list[int] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return messages[taken - 1] if taken <= len(messages) else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": "POST", "path": door.path("fidel", "transaction.auth"), "headers": raw}
    await door.receiver(scope, receive, send)
    return (sent[0] if sent else 0), taken


def part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


KILOBYTES_64 = bytes(64 * 1024)


@pytest.mark.parametrize(
    ("case", "messages", "headers", "status", "taken"),
    [
        ("declared too long: not read at all", [part(b"x", True)] * 9, {"content-length": "262145"}, 413, 0),
        ("declared absurdly long", [part(b"x", True)] * 9, {"content-length": "9" * 5000}, 413, 0),
        (
            "declared short, sends on: reading stops at the cap",
            [part(KILOBYTES_64, True)] * 9,
            {"content-length": "5"},
            413,
            5,
        ),
        ("chunks without an end", [part(KILOBYTES_64, True)] * 9, {}, 413, 5),
        ("one part above the cap", [part(bytes(BODY_MAX_BYTES + 1), False)], {}, 413, 1),
        ("leaves in the middle", [part(b"x", True)], {}, 0, 2),
        ("leaves at once", [], {}, 0, 1),
        ("a length that is no number", [part(b"x", False)], {"content-length": "many"}, 401, 1),
    ],
)
async def test_reading_stops_at_the_cap(
    door: Door, case: str, messages: list[dict[str, Any]], headers: dict[str, str], status: int, taken: int
) -> None:
    assert await _call(door, messages, headers) == (status, taken)
    assert await door.rows() == dict.fromkeys(TABLES, 0)


async def test_a_body_in_parts_is_verified_as_one(door: Door) -> None:
    headers = door.signed("fidel", AUTH, "transaction.auth")
    assert await _call(door, [part(AUTH[:7], True), part(b"", True), part(AUTH[7:], False)], headers) == (200, 3)
    assert [each.body for each in await door.log()] == [AUTH]


async def test_a_body_that_trickles_is_given_up(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver_module, "BODY_SECONDS_MAX", 0.01)
    statuses: list[int] = []
    trickle = iter([part(b"x", True)])

    async def receive() -> dict[str, Any]:
        for each in trickle:
            return each
        await asyncio.sleep(3600)
        raise AssertionError("the receiver waited for ever")

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "POST", "path": door.path("fidel"), "headers": []}
    await door.receiver(scope, receive, send)
    assert statuses == [408, 0]
    assert await door.rows() == dict.fromkeys(TABLES, 0)


ANY_HEADER = st.sampled_from(
    [
        "x-fidel-signature",
        "x-fidel-timestamp",
        "stripe-signature",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
)
ANY_VALUE = st.one_of(
    st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=60),
    st.sampled_from(["t=1,v1=", "t=,v1=é", "t=9999999999999999999,v1=aa", "v1,", "v1,=", "²", "-1", "1e3", "١٢٣"]),
).map(lambda text: text.encode("latin-1", "replace"))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    provider=st.sampled_from(["fidel", "stripe", "sandbox"]),
    body=st.binary(max_size=200),
    headers=st.lists(st.tuples(ANY_HEADER.map(str.encode), ANY_VALUE), max_size=6),
)
async def test_whatever_is_sent_without_the_secret_is_a_401(
    door: Door, provider: str, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return part(body, False)

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "POST", "path": door.path(provider), "headers": headers}
    await door.receiver(scope, receive, send)
    assert statuses[0] == 401


@asynccontextmanager
async def served(application: Any) -> AsyncIterator[str]:
    """A real server on a free port."""
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


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

        async with served(receiver) as address, httpx.AsyncClient(base_url=address) as client:
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
