"""The clients that pull pages: asked as documented, answered by their doubles, and every failure told apart."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from issuer_deliveries import OTHER_SECRETS, SECRETS

from issuers import es256
from issuers.berlin_group_api import BerlinGroupApi
from issuers.berlin_group_fake import FakeBank
from issuers.errors import (
    ConsentNeeded,
    CursorLost,
    IssuerError,
    ProviderRefused,
    ProviderUnavailable,
    TooManyCalls,
)
from issuers.feed_client import FEEDS, checked_base_url
from issuers.plaid_api import PlaidApi
from issuers.plaid_fake import FakePlaid
from issuers.pull import ANSWER_MAX_BYTES, Ask
from issuers.registry import ADAPTERS

REQUEST = UUID("00000000-0000-7000-8000-000000000001")
BANK = "https://bank.example/psd2"
Answer = Callable[[httpx.Request], httpx.Response]


def ask(**changes: Any) -> Ask:
    told = {
        "account": "acct-0001",
        "access": {"access_token": "access-1", "consent_id": "consent-1"},
        "cursor": "",
        "since": date(2026, 9, 1),
        "request_id": REQUEST,
        "psu_ip": None,
    }
    return Ask(**told | changes)


def plaid(answer: Answer) -> PlaidApi:
    return PlaidApi("client-1", "plaid-secret-1", transport=httpx.MockTransport(answer))


def bank(answer: Answer, base_url: str = BANK) -> BerlinGroupApi:
    return BerlinGroupApi(base_url, transport=httpx.MockTransport(answer))


def answering(status: int, body: Any = None, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: httpx.Response(status, content=content, headers=headers)


class Seen:
    """Answers an empty page and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json={"transactions": {}})


async def test_plaid_is_asked_as_it_documents() -> None:
    seen = Seen()
    async with plaid(seen) as api:
        await api.pull(ask())
        await api.pull(ask(cursor="cursor-7"))
    first, second = (json.loads(request.content) for request in seen.requests)
    assert str(seen.requests[0].url) == "https://production.plaid.com/transactions/sync"
    assert first == {
        "client_id": "client-1",
        "secret": "plaid-secret-1",
        "access_token": "access-1",
        "count": 500,
        "options": {"account_id": "acct-0001", "include_original_description": True},
    }
    assert second == first | {"cursor": "cursor-7"}


async def test_a_bank_is_asked_as_the_guidelines_say() -> None:
    seen = Seen()
    async with bank(seen) as api:
        await api.pull(ask(access={"consent_id": "consent-1"}))
        await api.pull(ask(psu_ip="192.0.2.7", account="acct 1/x"))
    unattended, attended = seen.requests
    assert unattended.method == "GET"
    assert str(unattended.url) == (f"{BANK}/v1/accounts/acct-0001/transactions?dateFrom=2026-09-01&bookingStatus=both")
    assert unattended.headers["consent-id"] == "consent-1"
    assert unattended.headers["x-request-id"] == str(REQUEST)
    assert "psu-ip-address" not in unattended.headers
    assert "authorization" not in unattended.headers
    assert attended.url.raw_path.startswith(b"/psd2/v1/accounts/acct%201%2Fx/transactions?")
    assert attended.headers["psu-ip-address"] == "192.0.2.7"
    assert attended.headers["authorization"] == "Bearer access-1"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("/v1/accounts/acct-0001/transactions?page=2", f"{BANK}/v1/accounts/acct-0001/transactions?page=2"),
        ("/psd2/v1/accounts/acct-0001/transactions?page=2", f"{BANK}/v1/accounts/acct-0001/transactions?page=2"),
        (f"{BANK}/v1/accounts/acct-0001/transactions?page=2", f"{BANK}/v1/accounts/acct-0001/transactions?page=2"),
    ],
)
async def test_the_link_to_the_next_page_is_followed(link: str, address: str) -> None:
    seen = Seen()
    async with bank(seen) as api:
        await api.pull(ask(cursor=link))
    assert str(seen.requests[0].url) == address


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/psd2/v1/x",
        "http://bank.example/psd2/v1/x",
        "https://bank.example:8443/x",
        "//elsewhere.example/x",
        "https://bank.example@elsewhere.example/x",
        "https://user:word@bank.example/x",
        "https://bank.example.elsewhere.example/x",
        "http://[",
    ],
)
async def test_a_link_that_leads_away_is_not_followed(link: str) -> None:
    seen = Seen()
    async with bank(seen) as api:
        with pytest.raises(CursorLost):
            await api.pull(ask(cursor=link))
    assert seen.requests == []


def plaid_failure(status: int, code: str, kind: str = "ITEM_ERROR") -> Answer:
    return answering(status, {"error_type": kind, "error_code": code, "error_message": "secret text"})


def bank_failure(status: int, *codes: str, **headers: str) -> Answer:
    messages = [{"category": "ERROR", "code": code, "text": "secret text"} for code in codes]
    return answering(status, {"tppMessages": messages}, **headers)


FAILURES: list[tuple[Callable[[Answer], PlaidApi | BerlinGroupApi], Answer, type[IssuerError], str]] = [
    (plaid, plaid_failure(400, "ITEM_LOGIN_REQUIRED"), ConsentNeeded, "log in at their bank again"),
    (plaid, plaid_failure(400, "USER_PERMISSION_REVOKED"), ConsentNeeded, "USER_PERMISSION_REVOKED"),
    (plaid, plaid_failure(400, "PRODUCT_NOT_READY"), ProviderUnavailable, "PRODUCT_NOT_READY"),
    (plaid, plaid_failure(400, "INSTITUTION_DOWN", "INSTITUTION_ERROR"), ProviderUnavailable, "INSTITUTION_DOWN"),
    (plaid, plaid_failure(429, "TRANSACTIONS_LIMIT", "RATE_LIMIT_EXCEEDED"), TooManyCalls, "answered 429"),
    (plaid, plaid_failure(400, "INVALID_ACCESS_TOKEN", "INVALID_INPUT"), ProviderRefused, "INVALID_ACCESS_TOKEN"),
    (
        plaid,
        plaid_failure(400, "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION", "TRANSACTIONS_ERROR"),
        CursorLost,
        "MUTATION",
    ),
    (plaid, answering(500, b"<html>"), ProviderUnavailable, "answered 500"),
    (plaid, answering(302), ProviderUnavailable, "answered 302"),
    (plaid, answering(200, b"<html>"), ProviderUnavailable, "answer to a sync"),
    (plaid, answering(200, b"[" * 100_000), ProviderUnavailable, "answer to a sync"),
    (bank, bank_failure(401, "CONSENT_EXPIRED"), ConsentNeeded, "give their consent at the bank again"),
    (bank, bank_failure(401, "CONSENT_INVALID"), ConsentNeeded, "CONSENT_INVALID"),
    (bank, bank_failure(403, "CONSENT_UNKNOWN"), ConsentNeeded, "CONSENT_UNKNOWN"),
    (bank, bank_failure(401, "TOKEN_EXPIRED"), ConsentNeeded, "TOKEN_EXPIRED"),
    (bank, bank_failure(429, "ACCESS_EXCEEDED"), TooManyCalls, "ACCESS_EXCEEDED"),
    (bank, bank_failure(400, "PERIOD_INVALID"), ProviderRefused, "PERIOD_INVALID"),
    (bank, bank_failure(403, "SERVICE_BLOCKED"), ProviderRefused, "SERVICE_BLOCKED"),
    (bank, answering(404, b"nothing"), ProviderRefused, "answered 404"),
    (bank, answering(503, b""), ProviderUnavailable, "answered 503"),
    (bank, answering(200, b"<html>"), ProviderUnavailable, "answer to a list"),
    (bank, answering(200, b"7"), ProviderUnavailable, "answer to a list"),
]


@pytest.mark.parametrize(("client", "answer", "error", "says"), FAILURES)
async def test_a_failure_is_told_apart_and_tells_no_secret(
    client: Callable[[Answer], PlaidApi | BerlinGroupApi], answer: Answer, error: type[IssuerError], says: str
) -> None:
    async with client(answer) as api:
        with pytest.raises(error, match=says) as caught:
            await api.pull(ask())
    assert type(caught.value) is error
    for secret in ("plaid-secret-1", "access-1", "consent-1", "secret text"):
        assert secret not in caught.value.detail


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("120", 120), ("0", 0), ("999999", 86_400), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)],
)
async def test_a_time_to_wait_is_taken_where_it_is_seconds(told: str, seconds: int | None) -> None:
    async with bank(bank_failure(429, "ACCESS_EXCEEDED", **{"retry-after": told})) as api:
        with pytest.raises(TooManyCalls) as caught:
            await api.pull(ask())
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_a_page_that_is_no_longer_there_begins_the_list_again(status: int) -> None:
    async with bank(bank_failure(status, "RESOURCE_UNKNOWN")) as api:
        with pytest.raises(CursorLost):
            await api.pull(ask(cursor="/v1/accounts/acct-0001/transactions?page=2"))


async def test_no_answer_and_an_endless_one_pass() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("slow", request=request)

    for answer, says in ((silent, "no answer"), (answering(200, b" " * (ANSWER_MAX_BYTES + 1)), "more than")):
        for client in (plaid(answer), bank(answer)):
            async with client as api:
                with pytest.raises(ProviderUnavailable, match=says):
                    await api.pull(ask())


async def test_an_answer_in_latin_1_is_a_passing_failure() -> None:
    async with bank(answering(200, '{"transactions": {"booked": "Café"}}'.encode("latin-1"))) as api:
        with pytest.raises(ProviderUnavailable, match="answer to a list"):
            await api.pull(ask())


async def test_the_key_of_a_webhook_is_fetched_by_its_id_and_proves_without_its_private_part() -> None:
    public = {name: value for name, value in json.loads(SECRETS["plaid"]).items() if name != "d"}
    fake = FakePlaid("client-1", "plaid-secret-1", "access-1", keys={"key-0001": public | {"expired_at": None}})
    async with plaid(fake) as api:
        secret = await api.verification_key("key-0001")
        with pytest.raises(ProviderRefused, match="INVALID_WEBHOOK_VERIFICATION_KEY_ID"):
            await api.verification_key("key-0009")
        fake.keys["key-0001"] = json.loads(OTHER_SECRETS["plaid"])
        with pytest.raises(ProviderUnavailable, match="expected the key 'key-0001'"):
            await api.verification_key("key-0001")
        fake.keys["key-0001"] = {"kid": "key-0001", "kty": "RSA"}
        with pytest.raises(ProviderUnavailable, match="expected the key 'key-0001'"):
            await api.verification_key("key-0001")
    assert len(secret) <= 512
    key, claims = es256.proven(es256.signed({"iat": 1}, SECRETS["plaid"]), (secret,))
    assert (key.kid, key.d, claims) == ("key-0001", None, b'{"iat":1}')


async def test_the_fake_plaid_gives_changes_since_a_cursor() -> None:
    fake = FakePlaid("client-1", "plaid-secret-1", "access-1", page_size=1)
    fake.change("add", {"account_id": "acct-0001", "transaction_id": "1"})
    fake.change("remove", {"account_id": "acct-0001", "transaction_id": "1", "amount": 7})
    async with plaid(fake) as api:
        first = json.loads(await api.pull(ask()))
        second = json.loads(await api.pull(ask(cursor=first["next_cursor"])))
        third = json.loads(await api.pull(ask(cursor=second["next_cursor"])))
        with pytest.raises(ProviderRefused, match="INVALID_ACCESS_TOKEN"):
            await api.pull(ask(access={"access_token": "another"}))
    assert (len(first["added"]), first["has_more"]) == (1, True)
    assert (second["removed"], second["has_more"]) == ([{"account_id": "acct-0001", "transaction_id": "1"}], False)
    assert [third[part] for part in ("added", "modified", "removed")] == [[], [], []]


async def test_the_fake_bank_refuses_what_a_bank_refuses() -> None:
    fake = FakeBank("consent-1", "acct-0001", booked=[{"bookingDate": "2026-09-02"}, {"bookingDate": "2026-08-02"}])
    async with bank(fake, "https://bank.example") as api:
        for _ in range(4):
            answer = json.loads(await api.pull(ask()))
            assert answer["transactions"]["booked"] == [{"bookingDate": "2026-09-02"}]
        with pytest.raises(TooManyCalls, match="ACCESS_EXCEEDED"):
            await api.pull(ask())
        await api.pull(ask(psu_ip="192.0.2.7"))
        with pytest.raises(ConsentNeeded, match="CONSENT_UNKNOWN"):
            await api.pull(ask(access={"consent_id": "another"}))
        with pytest.raises(ProviderRefused, match="RESOURCE_UNKNOWN"):
            await api.pull(ask(account="another"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://bank.example/psd2/", "https://bank.example/psd2"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url_is_https_or_this_machine(given: str, kept: str) -> None:
    assert checked_base_url(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "bank.example",
        "http://bank.example",
        "ftp://bank.example",
        "https://",
        "https://bank.example/?a=1",
        "https://b/#x",
    ],
)
def test_another_base_url_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="expected https://host/path"):
        checked_base_url(given)


def test_every_feed_is_an_adapter_of_the_registry() -> None:
    for name, feed in FEEDS.items():
        assert ADAPTERS[name].name == name
        assert type(ADAPTERS[name]) is type(feed.adapter)
    assert {name: feed.adapter.calls_per_day for name, feed in FEEDS.items()} == {"plaid": 48, "berlin_group": 4}


def test_a_question_never_shows_what_opens_an_account() -> None:
    assert "access-1" not in repr(ask())
