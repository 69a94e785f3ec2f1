"""Amex's handshake, the tokens that it gives and how they verify when they come back."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from issuers import amex_tokens, hs256
from issuers.adapter import Delivery
from issuers.amex import AmexAdapter
from issuers.errors import SignatureRefused, TimestampExpired

AMEX = AmexAdapter()
HANDSHAKE = (Path(__file__).parent / "fixtures" / "amex" / "handshake.json").read_bytes()
KEY = b"whsec_demo_secret"
SECRET = b"amex-client:whsec_demo_secret"
OTHER_SECRET = b"amex-client:whsec_another_secret"
NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)  # 1790000000
# H=$(printf '%s' '{"alg":"HS256","typ":"JWT"}' | openssl base64 -A | tr '+/' '-_' | tr -d '=')
# P=$(printf '%s' '{"exp":1790000300,"nbf":1790000000,"iss":"rewards-receiver","aud":"amex-messages","iat":1790000000,
#   "sub":"amex-client"}' | openssl base64 -A | tr '+/' '-_' | tr -d '=')   (one line, no blank after the comma)
# printf '%s' "$H.$P" | openssl dgst -sha256 -hmac whsec_demo_secret -binary | openssl base64 -A | tr '+/' '-_'
#   | tr -d '='
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJleHAiOjE3OTAwMDAzMDAsIm5iZiI6MTc5MDAwMDAwMCwiaXNzIjoicmV3YXJkcy1yZWNlaXZlciIsImF1ZCI6ImFtZXgtbWVzc2FnZXMi"
    "LCJpYXQiOjE3OTAwMDAwMDAsInN1YiI6ImFtZXgtY2xpZW50In0."
    "SZw4QOr1JMdjislIDzx_szO0uwE7UdVJ5_M5SjIny_8"
)


def delivery(body: bytes, **headers: str) -> Delivery:
    return Delivery(body, headers, None, "https://example.com/webhooks/demo")


def shown(token: str, body: Any = b"{}") -> Delivery:
    return delivery(body, authorization=f"Token {token}")


def signed_by_hand(header: str, claims: str, secret: bytes = KEY) -> str:
    head, body = (urlsafe_b64encode(part.encode()).rstrip(b"=") for part in (header, claims))
    code = hmac.digest(secret, head + b"." + body, "sha256")
    return b".".join((head, body, urlsafe_b64encode(code).rstrip(b"="))).decode()


def claims(**changes: Any) -> str:
    good = {
        "exp": 1790000300,
        "nbf": 1790000000,
        "iss": "rewards-receiver",
        "aud": "amex-messages",
        "iat": 1790000000,
        "sub": "amex-client",
    }
    return json.dumps({key: value for key, value in (good | changes).items() if value is not ...})


def refusal(refused: Delivery, *secrets: bytes, now: datetime = NOW) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        AMEX.verify(refused, secrets or (SECRET,), now)
    return caught.value


def test_the_handshake_gives_the_token_that_verifies() -> None:
    answer = amex_tokens.answer_handshake(HANDSHAKE, secrets=(OTHER_SECRET, SECRET), now=NOW)
    assert json.loads(answer) == {"api_key": TOKEN}
    AMEX.verify(shown(TOKEN), (SECRET,), NOW)
    AMEX.verify(delivery(b"any body", authorization=f"token {TOKEN}"), (b"", OTHER_SECRET, SECRET), NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"client_id":"amex-client"}',
        b'{"client_id":null,"client_secret":"whsec_demo_secret"}',
        b'{"client_id":"amex-client","client_secret":""}',
        b'{"client_id":"amex-client","client_secret":"another secret"}',
        b'{"client_id":"another","client_secret":"whsec_demo_secret"}',
        b'{"client_id":"","client_secret":"whsec_demo_secret"}',
        b'{"client_id":"amex-client","client_secret":"\xc3\xa9"}',
    ],
)
def test_other_credentials_get_no_token(body: bytes) -> None:
    with pytest.raises(SignatureRefused, match="amex handshake"):
        amex_tokens.answer_handshake(body, secrets=(SECRET,), now=NOW)


@pytest.mark.parametrize("secrets", [(), (b"",), (b"", b" \n")])
def test_without_a_secret_there_is_no_handshake_and_nothing_verifies(secrets: tuple[bytes, ...]) -> None:
    empty = b'{"client_id":"amex-client","client_secret":""}'
    with pytest.raises(SignatureRefused, match="no secret is configured"):
        amex_tokens.answer_handshake(empty, secrets=secrets, now=NOW)
    with pytest.raises(SignatureRefused, match="no secret is configured"):
        AMEX.verify(shown(TOKEN), secrets, NOW)
    with pytest.raises(SignatureRefused, match="no secret is configured"):
        AMEX.verify(shown(signed_by_hand('{"alg":"HS256"}', claims(), b"")), secrets, NOW)


@pytest.mark.parametrize(
    "secret",
    [
        b"whsec_demo_secret",
        b":whsec_demo_secret",
        b"amex-client:",
        b"amex-client:fifteen-letters",
        b"a b:" + KEY,
        b"\xff",
    ],
)
def test_a_secret_that_holds_no_credentials_opens_nothing(secret: bytes) -> None:
    shown_whole = json.dumps({"client_id": "amex-client", "client_secret": "whsec_demo_secret"}).encode()
    with pytest.raises(SignatureRefused, match="expected <client id>:<client secret") as caught:
        amex_tokens.answer_handshake(shown_whole, secrets=(secret,), now=NOW)
    assert caught.value.status == 403
    assert refusal(shown(TOKEN), secret).status == 401
    with pytest.raises(ValueError, match="expected <client id>"):
        AMEX.sign(b"{}", secret=secret, url="", event=None, now=NOW)


def test_a_token_of_another_client_under_the_same_secret_is_refused() -> None:
    refused = refusal(shown(TOKEN), b"another-client:whsec_demo_secret")
    assert "expected its sub to be the client id" in refused.detail
    both = (b"another-client:whsec_demo_secret", SECRET)
    AMEX.verify(shown(TOKEN), both, NOW)


def test_what_is_longer_than_credentials_are_is_not_read() -> None:
    long = json.dumps({"client_id": "amex-client", "client_secret": "whsec_demo_secret", "more": "x" * 5000}).encode()
    with pytest.raises(SignatureRefused, match="expected client_id and client_secret as texts"):
        amex_tokens.answer_handshake(long, secrets=(SECRET,), now=NOW)


def test_signing_is_what_a_handshake_gives() -> None:
    made = AMEX.sign(b"{}", secret=SECRET, url="https://elsewhere.example", event="auth", now=NOW)
    assert made["content-type"] == "application/json"
    AMEX.verify(delivery(b"{}", **made), (SECRET,), NOW)
    assert refusal(delivery(b"{}", **made), OTHER_SECRET).code == "signature_refused"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299, 300])
def test_a_token_is_good_for_five_minutes_inclusive(seconds: int) -> None:
    AMEX.verify(shown(TOKEN), (SECRET,), NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "says"), [(-301, "301 s ahead"), (301, "301 s ago"), (86_400, "ago")])
def test_outside_of_it_a_genuine_token_is_expired(seconds: int, says: str) -> None:
    refused = refusal(shown(TOKEN), now=NOW + timedelta(seconds=seconds))
    assert isinstance(refused, TimestampExpired)
    assert says in refused.detail


@pytest.mark.parametrize(
    "header", ["", " ", "Token", "Token ", "Bearer " + TOKEN, TOKEN, f"Token  {TOKEN}", f"Token {TOKEN}, Token {TOKEN}"]
)
def test_a_missing_or_malformed_header_is_refused(header: str) -> None:
    assert refusal(delivery(b"{}", authorization=header)).code == "signature_refused"
    assert refusal(delivery(b"{}")).code == "signature_refused"


@pytest.mark.parametrize("changed", [0, 5, 40, 60, 200, -44, -20, -1])
def test_a_changed_character_of_the_token_is_refused(changed: int) -> None:
    other = "A" if TOKEN[changed] != "A" else "B"
    place = changed % len(TOKEN)
    assert refusal(shown(TOKEN[:place] + other + TOKEN[place + 1 :])).code == "signature_refused"


@pytest.mark.parametrize(
    "token", ["a", "a.b", "a.b.c", "..", f"{TOKEN}.x", f"{TOKEN}=", "é.é.é", TOKEN[:-43], "." * 999]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refusal(shown(token)).code == "signature_refused"


@pytest.mark.parametrize(
    ("header", "body", "says"),
    [
        ('{"alg":"none"}', claims(), "expected alg HS256"),
        ('{"alg":"HS512"}', claims(), "expected alg HS256"),
        ('{"alg":"HS256","crit":["b64"]}', claims(), "no crit"),
        ('{"typ":"JWT"}', claims(), "the token is none"),
        ("", claims(), "the token is none"),
        ("[]", claims(), "the token is none"),
        ('{"alg":"HS256"}', "", "the token is none"),
        ('{"alg":"HS256"}', "null", "the token is none"),
        ('{"alg":"HS256"}', "[" * 50_000, "the token is none"),
        ('{"alg":"HS256"}', claims(exp="1790000300"), "the token is none"),
        ('{"alg":"HS256"}', claims(iss="cardlytics"), "expected iss rewards-receiver"),
        ('{"alg":"HS256"}', claims(aud=["amex-messages"]), "expected iss rewards-receiver, aud amex-messages"),
        ('{"alg":"HS256"}', claims(sub=""), "and a sub"),
        ('{"alg":"HS256"}', claims(sub=...), "and a sub"),
        ('{"alg":"HS256"}', claims(exp=...), "claim exp"),
        ('{"alg":"HS256"}', claims(nbf=...), "claim nbf"),
        ('{"alg":"HS256"}', claims(iat=...), "claim iat"),
        ('{"alg":"HS256"}', claims(exp=-1), "claim exp"),
        ('{"alg":"HS256"}', claims(exp=1e300), "claim exp"),
        ('{"alg":"HS256"}', claims(exp=10**400), "claim exp"),
    ],
)
def test_a_token_of_another_kind_is_refused_even_under_the_secret(header: str, body: str, says: str) -> None:
    refused = refusal(shown(signed_by_hand(header, body)))
    assert refused.code == "signature_refused"
    assert says in refused.detail


@pytest.mark.parametrize(
    "changes", [{"exp": 1789999999}, {"nbf": 1790000301}, {"iat": 1789999699, "exp": 1890000000}, {"iat": 1790000301}]
)
def test_each_time_of_a_token_counts(changes: dict[str, int]) -> None:
    assert refusal(shown(signed_by_hand('{"alg":"HS256"}', claims(**changes)))).code == "timestamp_expired"


def test_no_body_is_signed() -> None:
    for body in (b"", b"{}", b"\xff", b'{"cm_alias":"x"}'):
        AMEX.verify(shown(TOKEN, body), (SECRET,), NOW)


def test_the_algorithm_of_a_token_is_written_and_not_negotiated() -> None:
    assert hs256.encoded({"sub": "x"}, KEY).split(".")[0] == TOKEN.split(".")[0]
