"""Visa's enrolment: the real client against its double, and what is sent as it is documented."""

import json
from collections.abc import Callable

import httpx
import pytest
from issuer_deliveries import fixture

from issuers.errors import ProviderRefused, ProviderUnavailable
from issuers.provider_cards import ProviderCard
from issuers.visa_api import VisaApi
from issuers.visa_fake import FakeVisa

CARD_ID = "00000000-0000-4000-8000-0000000000c1"
ALIAS = "tok_vault_0001"
USER = "card-token-0001"
CORRELATION = "00000000-0000-4000-8000-0000000000d1"
CARD = ProviderCard(CARD_ID, "0001", "visa", active=True)


def a_fake(**choices: object) -> FakeVisa:
    return FakeVisa(vault={ALIAS: (CARD_ID, "0001")}, **choices)  # type: ignore[arg-type]


def client(handler: Callable[[httpx.Request], httpx.Response], password: str = "visa-password") -> VisaApi:
    return VisaApi(
        user="visa-user",
        password=password,
        community="EXAMPLECTE01",
        base_url="https://vault.example",
        transport=httpx.MockTransport(handler),
    )


async def test_a_card_is_enrolled_and_its_user_unenrolled_once() -> None:
    fake = a_fake()
    async with client(fake) as api:
        assert await api.enroll(USER, ALIAS, correlation_id=CORRELATION) == CARD
        assert fake.enrolled == {USER: ALIAS}
        assert await api.unenroll(USER, correlation_id=CORRELATION) is True
        assert fake.enrolled == {}
        assert await api.unenroll(USER, correlation_id=CORRELATION) is False


async def test_visa_is_asked_as_it_is_documented() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=fixture("visa/enroll-response.json"))

    async with client(answer) as api:
        assert await api.enroll(USER, ALIAS, correlation_id=CORRELATION) == CARD
        await api.unenroll(USER, correlation_id=CORRELATION)
    expected = fixture("visa/enroll-request.json")
    expected["userDetails"]["cards"] = [{"cardNumber": ALIAS}]
    assert [(request.method, str(request.url), json.loads(request.content)) for request in seen] == [
        ("POST", "https://vault.example/vop/v1/users/enroll", expected),
        (
            "POST",
            "https://vault.example/vop/v1/users/unenroll",
            {"correlationId": CORRELATION, "communityCode": "EXAMPLECTE01", "userKey": USER},
        ),
    ]
    # printf '%s' visa-user:visa-password | base64
    assert {request.headers["authorization"] for request in seen} == {"Basic dmlzYS11c2VyOnZpc2EtcGFzc3dvcmQ="}
    assert {request.extensions["timeout"]["read"] for request in seen} == {15.0}


@pytest.mark.parametrize("code", ["3000", "4000", "5000", "6000"])
async def test_a_passing_code_is_worth_another_try(code: str) -> None:
    async with client(a_fake(code=code)) as api:
        with pytest.raises(ProviderUnavailable, match=f"visa: POST /vop/v1/users/enroll: answered {code}"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)
        with pytest.raises(ProviderUnavailable, match=f"visa: POST /vop/v1/users/unenroll: answered {code}"):
            await api.unenroll(USER, correlation_id=CORRELATION)


@pytest.mark.parametrize("code", ["1000", "1010", "2000", "7000", "RTMENRE0049", "success", "a code of tomorrow"])
async def test_every_other_code_refuses(code: str) -> None:
    async with client(a_fake(code=code)) as api:
        with pytest.raises(ProviderRefused, match=f"answered {code}, expected SUCCESS"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)
        with pytest.raises(ProviderRefused, match=f"answered {code}, expected SUCCESS"):
            await api.unenroll(USER, correlation_id=CORRELATION)


async def test_the_detailed_code_wins_over_the_general_one() -> None:
    async with client(a_fake(code="SUCCESS", detail="RTMENRE0049")) as api:
        with pytest.raises(ProviderRefused, match="answered RTMENRE0049"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)
    async with client(a_fake(code="3000", detail="RTMENRE0026")) as api:
        assert await api.unenroll(USER, correlation_id=CORRELATION) is False
        with pytest.raises(ProviderRefused, match="answered RTMENRE0026"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)


async def test_a_code_is_believed_whatever_the_http_status() -> None:
    body = {"responseStatus": {"code": "4000", "responseStatusDetails": None}}
    async with client(lambda _: httpx.Response(400, json=body)) as api:
        with pytest.raises(ProviderUnavailable, match="answered 4000"):
            await api.unenroll(USER, correlation_id=CORRELATION)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, ProviderRefused), (404, ProviderRefused), (429, ProviderUnavailable), (503, ProviderUnavailable)],
)
async def test_without_a_code_the_http_status_tells(status: int, expected: type[Exception]) -> None:
    async with client(a_fake(status=status)) as api:
        with pytest.raises(expected, match=f"answered {status}"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)


async def test_a_wrong_password_is_refused() -> None:
    async with client(a_fake(), password="another") as api:
        with pytest.raises(ProviderRefused, match="answered 401"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"responseStatus":{}}'])
async def test_an_unreadable_success_is_unavailable(answer: bytes) -> None:
    async with client(lambda _: httpx.Response(200, content=answer)) as api:
        with pytest.raises(ProviderUnavailable, match="visa: answer to POST /vop/v1/users/unenroll"):
            await api.unenroll(USER, correlation_id=CORRELATION)


@pytest.mark.parametrize("user", [None, {}, {"cards": None}, {"cards": []}])
async def test_a_success_without_a_card_is_unavailable(user: object) -> None:
    body = {"responseStatus": {"code": "SUCCESS"}, "userDetails": user}
    async with client(lambda _: httpx.Response(200, json=body)) as api:
        with pytest.raises(ProviderUnavailable, match="expected a card in the answer, got none"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)


async def test_no_answer_is_unavailable() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with client(fail) as api:
        with pytest.raises(ProviderUnavailable, match="visa: POST /vop/v1/users/enroll: no answer"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)


@pytest.mark.parametrize("text", ["", " ", "4242424242424242", "4242 4242 4242 4242", "x" * 256])
async def test_a_card_number_or_nothing_is_never_sent(text: str) -> None:
    fake = a_fake()
    async with client(fake) as api:
        for call in (
            api.enroll(text, ALIAS, correlation_id=CORRELATION),
            api.enroll(USER, text, correlation_id=CORRELATION),
            api.unenroll(text, correlation_id=CORRELATION),
        ):
            with pytest.raises(
                ValueError, match=r"(user key|card alias): expected (1 to 255 characters|no card number)"
            ):
                await call
    assert fake.enrolled == {}


async def test_the_fake_knows_its_vault_its_community_and_its_paths() -> None:
    async with client(a_fake()) as api:
        with pytest.raises(ProviderRefused, match="answered 1000"):
            await api.enroll(USER, "tok_unknown", correlation_id=CORRELATION)
    async with client(a_fake(community="ANOTHER")) as api:
        with pytest.raises(ProviderRefused, match="answered 1000"):
            await api.enroll(USER, ALIAS, correlation_id=CORRELATION)
        with pytest.raises(ProviderRefused, match="answered 1000"):
            await api.unenroll(USER, correlation_id=CORRELATION)
