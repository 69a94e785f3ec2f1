"""Signatures computed once, apart from this code, from the algorithms that the providers document."""

import pytest
from issuer_deliveries import NOW

from issuers.adapter import Delivery
from issuers.errors import SignatureRefused
from issuers.registry import adapter

BODY = b'{"id":"00000000-0000-4000-8000-f00000000001","amount":84.5,"currency":"EUR","auth":true,"cleared":false}'
URL = "https://example.com/webhooks/demo"
VECTORS: list[tuple[str, bytes, dict[str, str]]] = [
    (
        # base64(HMAC-SHA256(key, base64(HMAC-SHA256(key, body + url + timestamp))))
        "fidel",
        b"whsec_demo_secret",
        {
            "x-fidel-timestamp": "1790000000000",
            "x-fidel-signature": "fbt07F/gTRTKqSFCMlf09H0X/ri85nKBRmxWbhMQ8Ak=",
        },
    ),
    (
        # hex(HMAC-SHA256(key, "{t}.{body}"))
        "stripe",
        b"whsec_demo_secret",
        {"stripe-signature": "t=1790000000,v1=5ea1148962901353ad5b6294a853f19b4696d6e7fdb7ee20bbac35f2c9e2a49a"},
    ),
    (
        # Standard Webhooks: base64(HMAC-SHA256(decoded key, "{id}.{timestamp}.{body}"))
        "sandbox",
        b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        {
            "webhook-id": "msg_demo_0001",
            "webhook-timestamp": "1790000000",
            "webhook-signature": "v1,GxXDirCF7Qb+nBNAcL+bL0dpqOFb8tvFsL+2IB7e3h0=",
        },
    ),
]


@pytest.mark.parametrize(("network", "secret", "headers"), VECTORS)
def test_a_vector_verifies_and_a_changed_byte_does_not(network: str, secret: bytes, headers: dict[str, str]) -> None:
    adapter(network).verify(Delivery(BODY, headers, url=URL), (secret,), NOW)
    with pytest.raises(SignatureRefused):
        adapter(network).verify(Delivery(BODY.replace(b"84.5", b"84.6"), headers, url=URL), (secret,), NOW)


@pytest.mark.parametrize(("network", "secret", "headers"), VECTORS[:2])
def test_signing_gives_the_vector(network: str, secret: bytes, headers: dict[str, str]) -> None:
    made = adapter(network).sign(BODY, secret=secret, url=URL, event=None, now=NOW)
    assert made == headers | {"content-type": "application/json"}


def test_the_sandbox_signs_under_the_id_of_the_event() -> None:
    # printf '%s' 'evt_1.1790000000.{"id":"evt_1"}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f -binary
    made = adapter("sandbox").sign(b'{"id":"evt_1"}', secret=VECTORS[2][1], url="", event=None, now=NOW)
    assert made == {
        "content-type": "application/json",
        "webhook-id": "evt_1",
        "webhook-timestamp": "1790000000",
        "webhook-signature": "v1,YtosKtQ+KEUpmI89LR4jovYA0MX3Qx1Op9SZ3foqQ1c=",
    }
