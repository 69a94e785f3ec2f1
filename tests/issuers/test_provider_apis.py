"""The clients that look cards up, unlink and deactivate them: Fidel against its double, Stripe's SDK over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import pytest
from issuer_deliveries import fixture

from issuers.errors import IssuerError, ProviderRefused, ProviderUnavailable
from issuers.fidel_api import FidelApi
from issuers.fidel_fake import FakeFidel
from issuers.provider_cards import ProviderCard
from issuers.stripe_api import StripeIssuingApi

# The SDK hands its form to httpx in a way that httpx discourages; as an error the warning would hide the answer.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

FIDEL_CARD = "00000000-0000-4000-8000-c00000000001"


def a_fake(**choices: object) -> FakeFidel:
    return FakeFidel(api_key="sk_test_1", cards={FIDEL_CARD: ("visa", "0001")}, **choices)  # type: ignore[arg-type]


def client(handler: Callable[[httpx.Request], httpx.Response], api_key: str = "sk_test_1") -> FidelApi:
    return FidelApi(api_key, transport=httpx.MockTransport(handler))


async def test_fidel_tells_a_card_and_forgets_it_once() -> None:
    fake = a_fake()
    async with client(fake) as api:
        assert await api.card(FIDEL_CARD) == ProviderCard(FIDEL_CARD, "0001", "visa", active=True)
        assert await api.unlink(FIDEL_CARD) is True
        assert fake.cards == {}
        assert await api.unlink(FIDEL_CARD) is False
        assert await api.card(FIDEL_CARD) is None


async def test_fidel_is_asked_as_it_documents() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=fixture("fidel/create-card-response.json"))

    async with client(answer) as api:
        found = await api.card(FIDEL_CARD)
        await api.unlink(FIDEL_CARD)
    assert [(request.method, str(request.url)) for request in seen] == [
        ("GET", f"https://api.fidel.uk/v1/cards/{FIDEL_CARD}"),
        ("DELETE", f"https://api.fidel.uk/v1/cards/{FIDEL_CARD}"),
    ]
    assert {(request.headers["fidel-key"], request.headers["fidel-version"]) for request in seen} == {
        ("sk_test_1", "2024-11-25")
    }
    assert {request.extensions["timeout"]["read"] for request in seen} == {15.0}
    assert found is not None
    assert (found.scheme, found.active) == ("visa", True)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_passing_failure_of_fidel_is_unavailable_and_nothing_is_removed(status: int) -> None:
    fake = a_fake(status=status)
    async with client(fake) as api:
        for call in (api.card, api.unlink):
            with pytest.raises(ProviderUnavailable, match=f"answered {status}"):
                await call(FIDEL_CARD)
    assert fake.cards == {FIDEL_CARD: ("visa", "0001")}


async def test_a_wrong_key_is_refused_and_nothing_is_removed() -> None:
    fake = a_fake()
    async with client(fake, api_key="sk_test_wrong") as api:
        with pytest.raises(ProviderRefused, match="answered 401"):
            await api.unlink(FIDEL_CARD)
    assert fake.cards == {FIDEL_CARD: ("visa", "0001")}


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
async def test_no_answer_of_fidel_is_unavailable(error: type[httpx.TransportError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("down", request=request)

    async with client(fail) as api:
        with pytest.raises(ProviderUnavailable, match="no answer"):
            await api.unlink(FIDEL_CARD)


async def test_an_unreadable_success_of_fidel_is_unavailable_and_an_empty_one_is_no_card() -> None:
    async with client(lambda _: httpx.Response(200, text="<html>")) as api:
        with pytest.raises(ProviderUnavailable, match="answer to a look-up"):
            await api.card(FIDEL_CARD)
    async with client(lambda _: httpx.Response(200, json={"items": []})) as api:
        assert await api.card(FIDEL_CARD) is None


@pytest.mark.parametrize("card_id", ["", "..", "a/b", "a?b", "x" * 65, "é"])
async def test_an_id_that_would_address_something_else_is_never_sent(card_id: str) -> None:
    fake = a_fake()
    async with client(fake) as fidel, StripeIssuingApi("sk_test_1", base_url="http://127.0.0.1:9") as stripe:
        for call in (fidel.card(card_id), fidel.unlink(card_id), stripe.card(card_id)):
            with pytest.raises(ValueError, match="card id: expected"):
                await call
    assert fake.cards == {FIDEL_CARD: ("visa", "0001")}


@dataclass(slots=True)
class StripeDouble:
    """A tiny HTTP server that answers for one issuing card. `answers` are given before the card is looked at."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    status: str = "active"
    asked: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
            method, path, _ = request.split(" ")
            self.asked.append((method, path, headers, body))
            code, text = self.answer(method, path, body)
            writer.write(
                f"HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n"
                f"connection: close\r\n\r\n{text}".encode()
            )
            await writer.drain()
        finally:
            writer.close()

    def answer(self, method: str, path: str, body: str) -> tuple[int, str]:
        if self.answers:
            return self.answers.pop(0)
        if path != "/v1/issuing/cards/ic_0001":
            return 404, '{"error":{"type":"invalid_request_error","code":"resource_missing","message":"none"}}'
        if method == "POST":
            self.status = parse_qs(body)["status"][0]
        return 200, (
            '{"id":"ic_0001","object":"issuing.card","brand":"Visa","last4":"4242","status":"' + self.status + '"}'
        )


@asynccontextmanager
async def stripe_double(*answers: tuple[int, str]) -> AsyncIterator[tuple[StripeDouble, StripeIssuingApi]]:
    double = StripeDouble(list(answers))
    server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, StripeIssuingApi("sk_test_1", base_url=f"http://127.0.0.1:{port}") as api:
        yield double, api


async def test_stripe_tells_a_card_and_deactivates_it() -> None:
    async with stripe_double() as (double, api):
        assert await api.card("ic_0001") == ProviderCard("ic_0001", "4242", "visa", active=True)
        assert await api.deactivate("ic_0001", idempotency_key="deactivate:ic_0001") is True
        assert await api.card("ic_0001") == ProviderCard("ic_0001", "4242", "visa", active=False)
    method, path, headers, body = double.asked[1]
    assert (method, path, body) == ("POST", "/v1/issuing/cards/ic_0001", "status=inactive")
    assert headers["idempotency-key"] == "deactivate:ic_0001"
    assert headers["authorization"] == "Bearer sk_test_1"


async def test_a_card_that_stripe_does_not_know_is_none() -> None:
    async with stripe_double() as (double, api):
        assert await api.card("ic_0002") is None
        assert await api.deactivate("ic_0002", idempotency_key="k") is False
    assert double.status == "active"


async def test_stripe_is_asked_again_under_the_same_key_after_a_passing_failure() -> None:
    async with stripe_double((500, "{}")) as (double, api):
        assert await api.deactivate("ic_0001", idempotency_key="k1") is True
    assert [headers["idempotency-key"] for _, _, headers, _ in double.asked] == ["k1", "k1"]
    assert double.status == "inactive"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, '{"error":{"type":"invalid_request_error","message":"no"}}'), ProviderRefused),
        ((400, '{"error":{"type":"invalid_request_error","message":"canceled"}}'), ProviderRefused),
        ((429, '{"error":{"type":"rate_limit_error","message":"slow"}}'), ProviderUnavailable),
        ((200, "<html>"), ProviderUnavailable),
    ],
)
async def test_a_failure_of_stripe_is_told_by_what_to_do_about_it(
    answer: tuple[int, str], expected: type[IssuerError]
) -> None:
    async with stripe_double(answer) as (double, api):
        with pytest.raises(expected, match=f"deactivate issuing card ic_0001: answered {answer[0]}"):
            await api.deactivate("ic_0001", idempotency_key="k")
    assert double.status == "active"


async def test_no_answer_of_stripe_is_unavailable() -> None:
    async with StripeIssuingApi("sk_test_1", base_url="http://127.0.0.1:9") as api:
        with pytest.raises(ProviderUnavailable, match="retrieve issuing card ic_0001: no answer"):
            await api.card("ic_0001")
