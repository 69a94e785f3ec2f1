"""What is refused at the door: the caller sees a problem document, and nothing is written."""

import asyncio
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receiver_door import KEYRING, NOON, TABLES, Door, assert_problem, fidel_auth

import cashback.api.receiver as receiver_module
from cashback.actors import system
from cashback.api.receiver import BODY_MAX_BYTES
from cashback.db.engine import transaction
from cashback.programmes.connections import close_connection, rotate_secret

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
    door.connections.forget()
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


@pytest.mark.parametrize("pieces", [[part(b"x", True)], []], ids=["trickles", "never begins"])
async def test_a_body_that_does_not_arrive_is_given_up(
    door: Door, pieces: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_module, "BODY_SECONDS_MAX", 0.01)
    statuses: list[int] = []
    trickle = iter(pieces)

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
