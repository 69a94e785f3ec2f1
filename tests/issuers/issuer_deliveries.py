"""Builders of deliveries for the tests of the dialects. Every argument has a boring default."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from issuers.adapter import Delivery, as_sent
from issuers.mutual_tls import SANDBOX_FINGERPRINT
from issuers.registry import ADAPTERS

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)  # 1790000000, the moment of the signature vectors
URL = "https://example.com/webhooks/demo"


def mrs_secret(name: str, *, signs: bool = True) -> bytes:
    """What a connection to Mastercard's rewards service keeps; with the signer's key, as only a simulator's does."""
    folder = FIXTURES / "mastercard_mrs"
    parts = ["authority.pem", "signer.pem", "signer.key"] if signs else ["authority.pem"]
    return b"signing.ws.example.com\n" + b"".join((folder / f"{name}-{part}").read_bytes() for part in parts)


SECRETS = {
    "fidel": b"whsec_demo_secret",
    "stripe": b"whsec_demo_secret",
    "stripe_payouts": b"whsec_demo_secret",
    "stripe_charges": b"whsec_demo_secret",
    "lender": b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "sandbox": b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "sandbox_bank": b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "lithic": b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "marqeta": b"demo_user:demo_Passw0rd whsec_demo_secret",
    "adyen": b"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
    "kard": b"whsec_demo_secret",
    "visa": f"{SANDBOX_FINGERPRINT}:visa-proxy-token-0001".encode(),
    "mastercard": f"{SANDBOX_FINGERPRINT}:mastercard-proxy-token-0001".encode(),
    "mastercard_mrs": mrs_secret("first"),
    "amex": b"amex-client:whsec_demo_secret",
    "cardlytics": b"whsec_demo_secret",
    # Keys made for these tests with openssl; a real one comes without its private part `d`.
    "plaid": (
        b'{"alg":"ES256","crv":"P-256","kid":"key-0001","kty":"EC","use":"sig",'
        b'"x":"ZZhGE1vio3yM4F5va6wEqge6Z43-NE6RnWnoe1yVA3M",'
        b'"y":"AaQPGvfyuvecZMaqS0gn4SEZ249BYRGHm1NQZWvHXJA",'
        b'"d":"avLinD7GfBGtWzvlWAkh1_HeExFFKFPD1gdthDyQuIg"}'
    ),
    "berlin_group": b"whsec_demo_secret",
}
OTHER_SECRETS = {
    "fidel": b"another secret",
    "stripe": b"whsec_another",
    "stripe_payouts": b"whsec_another",
    "stripe_charges": b"whsec_another",
    "lender": b"whsec_c29tZSBvdGhlciBrZXkgYWx0b2dldGhlcg==",
    "sandbox": b"whsec_c29tZSBvdGhlciBrZXkgYWx0b2dldGhlcg==",
    "sandbox_bank": b"whsec_c29tZSBvdGhlciBrZXkgYWx0b2dldGhlcg==",
    "lithic": b"whsec_c29tZSBvdGhlciBrZXkgYWx0b2dldGhlcg==",
    "marqeta": b"another_user:another_Passw0rd whsec_another_secret",
    "adyen": b"ff" * 32,
    "kard": b"another secret",
    "visa": f"{SANDBOX_FINGERPRINT}:visa-proxy-token-0002".encode(),
    "mastercard": f"{SANDBOX_FINGERPRINT}:mastercard-proxy-token-0002".encode(),
    "mastercard_mrs": mrs_secret("second"),
    "amex": b"amex-client:whsec_another_secret",
    "cardlytics": b"another secret",
    "plaid": (
        b'{"alg":"ES256","crv":"P-256","kid":"key-0002","kty":"EC","use":"sig",'
        b'"x":"pdeytBDi_oD5XoOT63VrVk0Sfg3FJwzqrGuYzWeRu5s",'
        b'"y":"tyUYCcUgUt456-fyfXhOsBaPmAs8vqItR4WuQzQdpW0",'
        b'"d":"7KaIPDbpc27M7abEh6gW4TKjgjQSesrKajqxq39rh6o"}'
    ),
    "berlin_group": b"another secret",
}


PULLED = ("berlin_group",)
"""Networks that push nothing: no delivery verifies, and the bodies are pages that were pulled."""


def fixture(path: str, **changes: Any) -> dict[str, Any]:
    """A recorded message; `changes` replace top-level fields."""
    body: dict[str, Any] = json.loads((FIXTURES / path).read_text())
    return body | changes


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def micros(text: str) -> int:
    moment = utc(text)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def delivery(body: Any, event: str | None = None) -> Delivery:
    """An unsigned delivery; `body` is bytes or what JSON can say."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(raw, {}, event, URL)


def signed(
    network: str, body: Any, *, event: str | None = None, secret: bytes | None = None, now: datetime = NOW
) -> Delivery:
    """As the provider would send it; what is pulled comes without any proof."""
    plain = delivery(body, event)
    if network in PULLED:
        return plain
    known = SECRETS[network] if secret is None else secret
    return as_sent(ADAPTERS[network], plain.body, secret=known, url=URL, event=event, now=now)


def with_headers(original: Delivery, **headers: str | None) -> Delivery:
    """The same delivery with headers replaced (`x_fidel_timestamp="1"`) or removed (None)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    merged: dict[str, str | None] = {**original.headers, **named}
    kept = {name: value for name, value in merged.items() if value is not None}
    return Delivery(original.body, kept, original.event, original.url)


A_SANDBOX_CLEARING: dict[str, Any] = {
    "id": "evt_0001",
    "type": "clearing",
    "created_at": "2026-09-18T12:00:00.750000+00:00",
    "card": {"token": "crd_0001", "last_four": "4242", "scheme": "visa", "metadata": {"shopper": "s1"}},
    "purchase": "pch_0001",
    "fact": "clr_0001",
    "amount_minor": 4230,
    "currency": "EUR",
    "occurred_at": "2026-09-18T14:00:00+02:00",
    "purchase_at": "2026-09-16T11:00:05+02:00",
    "final": True,
    "merchant": {
        "mid": "11112222",
        "terminal": "7",
        "descriptor": "EXAMPLE SHOP",
        "mcc": "5651",
        "city": "Exampletown",
        "country": "FR",
    },
}


def a_sandbox_message(**changes: Any) -> dict[str, Any]:
    return deepcopy(A_SANDBOX_CLEARING) | changes


A_STRIPE_MERCHANT: dict[str, Any] = {
    "category": "clothing",
    "category_code": "5651",
    "city": "Exampletown",
    "country": "FR",
    "name": "EXAMPLE SHOP",
    "network_id": "1234567890",
    "postal_code": "00000",
    "state": None,
    "tax_id": None,
    "terminal_id": "T7",
    "url": None,
}


def a_stripe_transaction(**changes: Any) -> dict[str, Any]:
    base = {
        "id": "ipi_0001",
        "object": "issuing.transaction",
        "amount": -4230,
        "authorization": "iauth_0001",
        "card": "ic_0001",
        "created": 1790000000,
        "currency": "eur",
        "merchant_amount": -4230,
        "merchant_currency": "eur",
        "merchant_data": A_STRIPE_MERCHANT,
        "network_data": {"authorization_code": "S000001", "processing_date": "2026-09-21", "transaction_id": None},
        "type": "capture",
        "wallet": None,
    }
    return deepcopy(base) | changes


def a_stripe_authorization(**changes: Any) -> dict[str, Any]:
    base = {
        "id": "iauth_0001",
        "object": "issuing.authorization",
        "amount": 5000,
        "approved": True,
        "card": {
            "id": "ic_0001",
            "object": "issuing.card",
            "brand": "Visa",
            "last4": "4242",
            "metadata": {"shopper": "s1"},
        },
        "created": 1789990000,
        "currency": "eur",
        "merchant_data": A_STRIPE_MERCHANT,
        "pending_request": None,
        "status": "pending",
        "transactions": [],
    }
    return deepcopy(base) | changes


def a_stripe_event(kind: str, stated: Any, **changes: Any) -> dict[str, Any]:
    base = {
        "id": "evt_0001",
        "object": "event",
        "created": 1790000001,
        "pending_webhooks": 1,
        "type": kind,
        "data": {"object": stated},
    }
    return base | changes


def a_stripe_payout(**changes: Any) -> dict[str, Any]:
    base = {
        "id": "po_0001",
        "object": "payout",
        "amount": 1000,
        "arrival_date": 1790100000,
        "automatic": False,
        "created": 1790000000,
        "currency": "eur",
        "failure_code": None,
        "metadata": {"payout": "0198b2c0a1b27c3d8e4f4242424242ab"},
        "method": "standard",
        "status": "paid",
        "type": "bank_account",
    }
    return deepcopy(base) | changes


def a_stripe_intent(**changes: Any) -> dict[str, Any]:
    base = {
        "id": "pi_0001",
        "object": "payment_intent",
        "amount": 1000,
        "created": 1790000000,
        "currency": "eur",
        "customer": "cus_0001",
        "metadata": {"collection": "0198b2c0a1b27c3d8e4f4242424242ab", "plan": "0198b2c0a1b27c3d8e4f4242424242ac"},
        "status": "succeeded",
    }
    return deepcopy(base) | changes


A_MESSAGE: dict[str, Any] = {
    "fidel": fixture("fidel/transaction.auth.json"),
    "stripe": a_stripe_event("issuing_transaction.created", a_stripe_transaction()),
    "stripe_payouts": a_stripe_event("payout.paid", a_stripe_payout(), account="acct_0001"),
    "stripe_charges": a_stripe_event("payment_intent.succeeded", a_stripe_intent()),
    "lender": {
        "id": "msg_0001",
        "created_at": "2026-09-21T14:13:20+00:00",
        "plan": "0198b2c0a1b27c3d8e4f4242424242ab",
        "event": "offered",
    },
    "sandbox": A_SANDBOX_CLEARING,
    "sandbox_bank": A_SANDBOX_CLEARING,
    "lithic": fixture("lithic/card_transaction.updated.json"),
    "marqeta": fixture("marqeta/authorization.json"),
    "adyen": fixture("adyen/transfer.captured.json"),
    "kard": fixture("kard/earnedRewardSettled.json"),
    "visa": fixture("visa/auth.json"),
    "mastercard": fixture("mastercard/authorization.json"),
    "mastercard_mrs": (FIXTURES / "mastercard_mrs" / "authorization.xml").read_bytes(),
    "amex": fixture("amex/auth.json"),
    "cardlytics": fixture("cardlytics/rtm.redemption-confirmed.json"),
    "plaid": fixture("plaid/page.json"),
    "berlin_group": fixture("berlin_group/page.json"),
}
EVENT = {"fidel": "transaction.auth", "cardlytics": "USD", "mastercard_mrs": "EUR.Europe.Paris"}
"""Where the last segment of the URL says something."""
PROOF = {
    "fidel": ["x-fidel-signature", "x-fidel-timestamp"],
    "stripe": ["stripe-signature"],
    "stripe_payouts": ["stripe-signature"],
    "stripe_charges": ["stripe-signature"],
    "lender": ["webhook-signature", "webhook-id", "webhook-timestamp"],
    "sandbox": ["webhook-signature", "webhook-id", "webhook-timestamp"],
    "sandbox_bank": ["webhook-signature", "webhook-id", "webhook-timestamp"],
    "lithic": ["webhook-signature", "webhook-id", "webhook-timestamp"],
    "marqeta": ["x-marqeta-signature", "authorization"],
    "adyen": ["hmacsignature"],
    "kard": ["notify-signature"],
    "visa": ["client-cert", "x-proxy-token"],
    "mastercard": ["client-cert", "x-proxy-token"],
    "mastercard_mrs": [],
    "amex": ["authorization"],
    "cardlytics": ["authorization"],
    "plaid": ["plaid-verification"],
    "berlin_group": ["x-request-id"],
}
"""The headers that prove a delivery, first the one that carries the proof itself; none where the body carries it."""
