"""Plaid's webhooks: how they prove themselves, and what they say."""

from datetime import timedelta
from typing import Any

import pytest
from issuer_deliveries import NOW, OTHER_SECRETS, SECRETS, delivery, fixture, signed

from issuers import es256
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused, TimestampExpired, UnknownKey
from issuers.events import CardEvent, EventKind
from issuers.plaid import PlaidAdapter

PLAID = PlaidAdapter()
WEBHOOK = fixture("plaid/SYNC_UPDATES_AVAILABLE.json")

# Made with openssl apart from this code: `openssl dgst -sha256 -sign key.pem` over header and claims, the DER signature
# turned into its two numbers of 32 bytes; the claims name the hash of VECTOR_BODY and the second 1790000000.
VECTOR_BODY = (
    b'{"id":"00000000-0000-4000-8000-f00000000001","amount":84.5,"currency":"EUR","auth":true,"cleared":false}'
)
VECTOR = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtleS0wMDAxIiwidHlwIjoiSldUIn0."
    "eyJpYXQiOjE3OTAwMDAwMDAsInJlcXVlc3RfYm9keV9zaGEyNTYiOiJlNjNhZDM0NWM1ZDdkNzUyMzE4MTQ2MWIxMTI0MjJiZjk3NWEyZjM0"
    "MzA3ZTQ3YmE0ZGIyNzBiZWFhMTkyZjAyIn0."
    "QW76doUa1FUvXs9PqCVOz2UF6EBnhH8_ys6ZU1DmXsxY3yGPHzpUEvipqJeJ28m2y5TSMIxKFmit3pXB_CvCMw"
)


def parse(body: Any) -> tuple[CardEvent, ...]:
    return PLAID.parse(delivery(body))


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        ("SYNC_UPDATES_AVAILABLE", {"code": "SYNC_UPDATES_AVAILABLE"}),
        ("LOGIN_REPAIRED", {"code": "LOGIN_REPAIRED", "repaired": "true"}),
        ("ERROR", {"code": "ERROR"}),
        ("PENDING_EXPIRATION", {"code": "PENDING_EXPIRATION", "consent_until": "2026-11-10T09:30:00+00:00"}),
    ],
)
def test_a_webhook_says_that_an_item_has_news(name: str, metadata: dict[str, str]) -> None:
    (news,) = parse(fixture(f"plaid/{name}.json"))
    assert (news.kind, news.card_token, news.metadata) == (EventKind.FEED_NEWS, "item-0001", metadata)
    assert (news.amount_minor, news.currency) == (0, "XXX")


@pytest.mark.parametrize(
    "changes",
    [{"webhook_type": "BALANCE"}, {"webhook_code": "RECURRING_TRANSACTIONS_UPDATE"}, {"item_id": None}],
)
def test_other_webhooks_say_nothing_here(changes: dict[str, Any]) -> None:
    assert parse(WEBHOOK | changes) == ()


def test_the_signature_made_elsewhere_verifies() -> None:
    good = Delivery(VECTOR_BODY, {"plaid-verification": VECTOR})
    PLAID.verify(good, (SECRETS["plaid"],), NOW)
    for body in (VECTOR_BODY + b" ", b""):
        with pytest.raises(SignatureRefused, match="another body"):
            PLAID.verify(Delivery(body, good.headers), (SECRETS["plaid"],), NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_token_is_good_for_five_minutes(seconds: int) -> None:
    good = signed("plaid", WEBHOOK)
    PLAID.verify(good, (SECRETS["plaid"],), NOW + timedelta(seconds=300))
    with pytest.raises(TimestampExpired):
        PLAID.verify(good, (SECRETS["plaid"],), NOW + timedelta(seconds=seconds))


def test_a_key_that_is_not_known_is_named_and_one_that_expired_proves_nothing() -> None:
    with pytest.raises(UnknownKey, match=r"the key 'key-0001' is none of this connection's yet") as unknown:
        PLAID.verify(signed("plaid", WEBHOOK), (OTHER_SECRETS["plaid"],), NOW)
    assert unknown.value.key_id == "key-0001"
    expired = SECRETS["plaid"].replace(b'"kty"', b'"expired_at":1789999999,"kty"')
    with pytest.raises(SignatureRefused, match="had expired"):
        PLAID.verify(signed("plaid", WEBHOOK), (expired,), NOW)


def test_another_key_under_the_same_name_proves_nothing() -> None:
    impostor = OTHER_SECRETS["plaid"].replace(b"key-0002", b"key-0001")
    with pytest.raises(SignatureRefused, match="not that of the key it names"):
        PLAID.verify(signed("plaid", WEBHOOK, secret=impostor), (SECRETS["plaid"],), NOW)


def test_a_token_that_claims_another_algorithm_is_refused() -> None:
    head, claims, signature = VECTOR.split(".")
    for header in (b'{"alg":"none","kid":"key-0001"}', b'{"alg":"HS256","kid":"key-0001"}', b"{}", b"x"):
        forged = f"{es256._text(header)}.{claims}.{signature}"
        with pytest.raises(SignatureRefused):
            PLAID.verify(Delivery(VECTOR_BODY, {"plaid-verification": forged}), (SECRETS["plaid"],), NOW)
    for broken in (f"{head}.{claims}", f"{head}.{claims}.", f"{head}.{claims}.{signature[:-2]}", "a" * 5000):
        with pytest.raises(SignatureRefused):
            PLAID.verify(Delivery(VECTOR_BODY, {"plaid-verification": broken}), (SECRETS["plaid"],), NOW)


@pytest.mark.parametrize("claims", [{}, {"iat": 1_790_000_000}, {"iat": "now", "request_body_sha256": "x"}])
def test_a_token_without_its_claims_is_refused(claims: dict[str, Any]) -> None:
    token = es256.signed(claims, SECRETS["plaid"])
    with pytest.raises(SignatureRefused, match="expected request_body_sha256 and iat"):
        PLAID.verify(Delivery(b"", {"plaid-verification": token}), (SECRETS["plaid"],), NOW)


def test_the_same_webhook_of_two_days_is_two_deliveries() -> None:
    today, tomorrow = signed("plaid", WEBHOOK), signed("plaid", WEBHOOK, now=NOW + timedelta(days=1))
    first, second = PLAID.envelope(today), PLAID.envelope(tomorrow)
    assert first.delivery_id != second.delivery_id
    assert first.content_digest == second.content_digest
    assert PLAID.envelope(today) == first
    assert first.card_token is None
