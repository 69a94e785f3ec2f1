"""Cardlytics' token: HS256 over the MD5 of the body, good for an hour at most."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

import pytest

from issuers.adapter import Delivery
from issuers.cardlytics import CardlyticsAdapter
from issuers.errors import SignatureRefused, TimestampExpired

CARDLYTICS = CardlyticsAdapter()
SECRET = b"whsec_demo_secret"
OTHER_SECRET = b"another secret"
NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)  # 1790000000

# A vector computed apart from this code. printf '%s' "$BODY" | openssl md5 gives the sub; with H and P the base64url of
# {"alg":"HS256","typ":"JWT"} and {"sub":"0118…1c7d","exp":1790003600}, the last part is the base64url of
# printf '%s' "$H.$P" | openssl dgst -sha256 -hmac whsec_demo_secret -binary
BODY = b'{"id":"00000000-0000-4000-8000-f00000000001","amount":84.5,"currency":"EUR","auth":true,"cleared":false}'
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJzdWIiOiIwMTE4NDA4YzFlNzlhNzk0ZjhjMThhMGNjOGNmMWM3ZCIsImV4cCI6MTc5MDAwMzYwMH0."
    "mYmHJLA43eC2VIzcU5Y40cs9Rh4ojerchKt-xjxJ_KA"
)


def delivery(body: bytes, **headers: str) -> Delivery:
    return Delivery(body, headers, None, "https://example.com/webhooks/demo")


def token(claims: dict[str, Any], secret: bytes = SECRET, header: str = '{"alg":"HS256"}') -> str:
    head, body = (urlsafe_b64encode(part.encode()).rstrip(b"=") for part in (header, json.dumps(claims)))
    code = hmac.digest(secret, head + b"." + body, "sha256")
    return b".".join((head, body, urlsafe_b64encode(code).rstrip(b"="))).decode()


def shown(claims: dict[str, Any], body: bytes = BODY, **choices: Any) -> Delivery:
    return delivery(body, authorization=f"Bearer {token(claims, **choices)}")


def refusal(refused: Delivery, *secrets: bytes, now: datetime = NOW) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        CARDLYTICS.verify(refused, secrets or (SECRET,), now)
    return caught.value


def test_the_vector_verifies_and_signing_gives_it() -> None:
    CARDLYTICS.verify(delivery(BODY, authorization=f"Bearer {TOKEN}"), (SECRET,), NOW)
    CARDLYTICS.verify(delivery(BODY, authorization=f"bearer {TOKEN}"), (b"", OTHER_SECRET, SECRET), NOW)
    made = CARDLYTICS.sign(BODY, secret=SECRET, url="https://elsewhere.example", event="USD", now=NOW)
    assert made == {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], BODY.replace(b"84.5", b"84.6"), b"", b"\xff"])
def test_the_bytes_are_signed(body: bytes) -> None:
    refused = refusal(delivery(body, authorization=f"Bearer {TOKEN}"))
    assert refused.code == "signature_refused"
    assert "MD5" in refused.detail


def test_another_secret_is_refused_and_not_called_expired() -> None:
    good = delivery(BODY, authorization=f"Bearer {TOKEN}")
    for now in (NOW, NOW + timedelta(days=1)):
        assert refusal(good, OTHER_SECRET, now=now).code == "signature_refused"


@pytest.mark.parametrize("secrets", [(), (b"",), (b"", b" \n")])
def test_without_a_secret_nothing_verifies(secrets: tuple[bytes, ...]) -> None:
    forged = shown({"sub": md5(BODY).hexdigest(), "exp": 1790000060}, secret=b"")
    for refused in (forged, delivery(BODY, authorization=f"Bearer {TOKEN}")):
        with pytest.raises(SignatureRefused, match="no secret is configured"):
            CARDLYTICS.verify(refused, secrets, NOW)
    assert refusal(forged, b"", SECRET).code == "signature_refused"


@pytest.mark.parametrize("header", ["", " ", "Bearer", "Bearer ", f"Token {TOKEN}", TOKEN, f"Bearer {TOKEN}, Bearer x"])
def test_a_missing_or_malformed_header_is_refused(header: str) -> None:
    assert refusal(delivery(BODY, authorization=header)).code == "signature_refused"
    assert refusal(delivery(BODY)).code == "signature_refused"


@pytest.mark.parametrize("given", ["a", "a.b.c", "..", f"{TOKEN}.x", f"{TOKEN}=", "é.é.é", TOKEN[:-1] + "B"])
def test_what_is_no_token_is_refused(given: str) -> None:
    assert refusal(delivery(BODY, authorization=f"Bearer {given}")).code == "signature_refused"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1790000060},
        {"sub": None, "exp": 1790000060},
        {"sub": "", "exp": 1790000060},
        {"sub": "é", "exp": 1790000060},
        {"sub": md5(BODY).hexdigest()},
        {"sub": md5(BODY).hexdigest(), "exp": None},
        {"sub": md5(BODY).hexdigest(), "exp": "1790000060"},
        {"sub": md5(BODY).hexdigest(), "exp": -1},
        {"sub": md5(BODY).hexdigest(), "exp": 1e300},
        {"sub": md5(BODY).hexdigest(), "exp": 10**400},
    ],
)
def test_a_token_without_the_documented_claims_is_refused(claims: dict[str, Any]) -> None:
    assert refusal(shown(claims)).code == "signature_refused"


@pytest.mark.parametrize("header", ['{"alg":"none"}', '{"alg":"HS512"}', '{"alg":"RS256"}', "{}", "[]", ""])
def test_another_algorithm_is_refused_even_under_the_secret(header: str) -> None:
    good = {"sub": md5(BODY).hexdigest(), "exp": 1790000060}
    assert refusal(shown(good, header=header)).code == "signature_refused"


@pytest.mark.parametrize("ahead", [0, 1, 3600, 3900, 59.5])
def test_a_token_is_good_until_its_exp_which_lies_an_hour_ahead_at_most(ahead: float) -> None:
    # Five minutes more are for two clocks that differ. The digits of the MD5 may be written either way.
    sub = md5(BODY).hexdigest()
    for written in (sub, sub.upper()):
        CARDLYTICS.verify(
            shown({"sub": written, "exp": 1790000000 + ahead, "iss": "cdlx:x", "jti": "j"}), (SECRET,), NOW
        )


@pytest.mark.parametrize(
    ("ahead", "says"), [(-1, "expired 1 s ago"), (3901, "3901 s ahead"), (-86_400, "ago"), (86_400 * 365, "ahead")]
)
def test_outside_of_it_a_genuine_token_is_expired(ahead: int, says: str) -> None:
    refused = refusal(shown({"sub": md5(BODY).hexdigest(), "exp": 1790000000 + ahead}))
    assert isinstance(refused, TimestampExpired)
    assert says in refused.detail
