"""Marqeta's proof, envelope and bodies that are not what it documents."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from issuer_deliveries import NOW, delivery, with_headers
from marqeta_messages import OTHER_SECRET, SECRET, a_message

from issuers.adapter import Delivery
from issuers.card_numbers import mask_card_numbers
from issuers.errors import SignatureRefused, Unreadable
from issuers.marqeta import MarqetaAdapter

MARQETA = MarqetaAdapter()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": None}, "marqeta authorization: $.transactions[1]: expected amount and currency_code"),
        ({"currency_code": None}, "$.transactions[1]: expected amount and currency_code, one of them is missing"),
        ({"currency_code": "BTC"}, "expected an ISO 4217 code such as EUR, got 'BTC'"),
        ({"amount": -1}, "$.transactions[1].amount: expected zero or more, as the type gives the sign, got -1"),
        ({"amount": 84.505}, "amount: EUR has 2 decimals, got 84.505"),
        ({"amount": 10**30}, "amount: expected a number of EUR"),
        ({"amount": "1e999999999"}, "amount: expected a number of EUR"),
        ({"amount": "NaN"}, "amount: expected a number of EUR, got NaN"),
        ({"amount": "sNaN"}, "amount: expected a number of EUR, got sNaN"),
        ({"amount": "much"}, "at `$.transactions[1].amount`"),
        ({"token": ""}, "$.transactions[1].token: expected an id of 1 to 255 characters"),
        ({"token": None}, "Expected `str`, got `null` - at `$.transactions[1].token`"),
        ({"card_token": None}, "$.transactions[1].card_token: expected an id of 1 to 255 characters, got 'None'"),
        ({"created_time": None}, "$.transactions[1].created_time: expected an ISO 8601 date and time, got 'None'"),
        ({"created_time": "2026-09-16"}, "$.transactions[1].created_time: expected an ISO 8601"),
        ({"user_transaction_time": "0001-01-01T00:00:00+14:00"}, "user_transaction_time: expected a time between"),
        ({"type": 7}, "Expected `str`, got `int` - at `$.transactions[1].type`"),
        ({"pos": []}, "Expected `object | null`, got `array` - at `$.transactions[1].pos`"),
        ({"card_token": "a\u0000"}, "expected text without the character U+0000"),
    ],
)
def test_one_message_that_cannot_be_read_sets_its_batch_aside_and_says_which(
    changes: dict[str, Any], says: str
) -> None:
    good, bad = a_message("authorization", "tok-0", 1), a_message("authorization", "tok-1", 84.5) | changes
    with pytest.raises(Unreadable) as refusal:
        MARQETA.parse(delivery({"transactions": [good, bad]}))
    assert says in refusal.value.detail


NOT_JSON = [b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\x00", b"[" * 100_000, b'{"x":' + b"[" * 100_000]


@pytest.mark.parametrize(
    "body",
    [*NOT_JSON, b'{"transactions":{}}', b'{"transactions":[7]}', b'{"transactions":[{"type":"a","amount":NaN}]}'],
)
def test_malformed_bodies_are_unreadable_and_still_have_an_envelope(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^marqeta batch: "):
        MARQETA.parse(delivery(body))
    envelope = MARQETA.envelope(delivery(body))
    assert (envelope.card_token, len(envelope.delivery_id), len(envelope.content_digest)) == (None, 64, 32)


# Computed apart from this code: hex HMAC of the body under the signing secret, once with each algorithm, and
# printf '%s' 'demo_user:demo_Passw0rd' | base64
VECTOR_BODY = (
    b'{"id":"00000000-0000-4000-8000-f00000000001","amount":84.5,"currency":"EUR","auth":true,"cleared":false}'
)
BASIC = "Basic ZGVtb191c2VyOmRlbW9fUGFzc3cwcmQ="
SHA256 = "12cd921b7fbc4e37aa7a6e16a7fdb6e113de543343c21331e9d8e884103d1256"
SHA1 = "8fc264ddf171d6bb0288fdb95e72b87ea644d8ed"
VECTOR = Delivery(VECTOR_BODY, {"authorization": BASIC, "x-marqeta-signature": SHA256})


@pytest.mark.parametrize("signature", [SHA256, SHA1])
def test_the_vectors_of_both_algorithms_verify_at_any_time(signature: str) -> None:
    signed = with_headers(VECTOR, x_marqeta_signature=signature)
    MARQETA.verify(signed, (SECRET,), NOW)
    MARQETA.verify(signed, (b"", OTHER_SECRET, SECRET), NOW + timedelta(days=400))
    MARQETA.verify(with_headers(signed, authorization=BASIC.replace("Basic", "bASIC")), (SECRET,), NOW)


def test_signing_gives_the_vector() -> None:
    made = MARQETA.sign(VECTOR_BODY, secret=SECRET, url="x", event="y", now=NOW)
    assert made == VECTOR.headers | {"content-type": "application/json"}


def test_a_password_may_hold_a_colon_and_a_space() -> None:
    secret = b"user:pass:word 1 key"
    made = MARQETA.sign(b"{}", secret=secret, url="", event=None, now=NOW)
    # printf '%s' 'user:pass:word 1' | base64
    assert made["authorization"] == "Basic dXNlcjpwYXNzOndvcmQgMQ=="
    MARQETA.verify(Delivery(b"{}", made), (secret,), NOW)


HALF_SECRETS = [
    b"",
    b" \n",
    b"whsec_demo_secret",
    b" whsec_demo_secret",
    b": whsec_demo_secret",
    b"demo_user: whsec_demo_secret",
    b":demo_Passw0rd whsec_demo_secret",
    b"demo_user:demo_Passw0rd",
    b"demo_user:demo_Passw0rd ",
]


@pytest.mark.parametrize("secret", [*HALF_SECRETS, OTHER_SECRET, b"\xff", b"demo_user:x whsec_demo_secret"])
def test_a_wrong_empty_or_half_secret_proves_nothing(secret: bytes) -> None:
    for secrets in ((secret,), (secret, OTHER_SECRET)):
        with pytest.raises(SignatureRefused) as refusal:
            MARQETA.verify(VECTOR, secrets, NOW)
        assert refusal.value.code == "signature_refused"


@pytest.mark.parametrize("secret", HALF_SECRETS)
def test_nothing_is_signed_with_half_a_secret(secret: bytes) -> None:
    with pytest.raises(ValueError, match="none of them empty"):
        MARQETA.sign(b"{}", secret=secret, url="", event=None, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"authorization": None},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic "},
        {"authorization": BASIC.replace("Basic", "Bearer")},
        {"authorization": "Basic YW5vdGhlcl91c2VyOmFub3RoZXJfUGFzc3cwcmQ="},
        {"authorization": "Basic é"},
        {"x_marqeta_signature": None},
        {"x_marqeta_signature": ""},
        {"x_marqeta_signature": SHA256[:-1]},
        {"x_marqeta_signature": SHA1[:-1] + "0"},
        {"x_marqeta_signature": SHA256[:40]},
        {"x_marqeta_signature": "é" * 32},
    ],
)
def test_both_headers_must_be_right(changes: dict[str, str | None]) -> None:
    with pytest.raises(SignatureRefused):
        MARQETA.verify(with_headers(VECTOR, **changes), (SECRET, OTHER_SECRET), NOW)


def test_credentials_of_one_secret_and_the_signature_of_another_prove_nothing() -> None:
    other = MARQETA.sign(VECTOR_BODY, secret=OTHER_SECRET, url="", event=None, now=NOW)
    mixed = with_headers(VECTOR, x_marqeta_signature=other["x-marqeta-signature"])
    with pytest.raises(SignatureRefused):
        MARQETA.verify(mixed, (SECRET, OTHER_SECRET), NOW)


@pytest.mark.parametrize("body", [b"", VECTOR_BODY + b" ", VECTOR_BODY.replace(b"84.5", b"84.6")])
@pytest.mark.parametrize("signature", [SHA256, SHA1])
def test_another_body_is_refused(body: bytes, signature: str) -> None:
    signed = with_headers(VECTOR, x_marqeta_signature=signature)
    with pytest.raises(SignatureRefused):
        MARQETA.verify(msgspec.structs.replace(signed, body=body), (SECRET,), NOW)


def test_the_envelope_is_of_the_body_whenever_it_is_delivered() -> None:
    body = delivery({"transactions": [a_message("authorization", "tok-1", 84.5)]}).body
    first = MARQETA.envelope(Delivery(body, {"x-marqeta-signature": SHA1}))
    assert first == MARQETA.envelope(Delivery(body, {"x-marqeta-signature": SHA256}))
    assert (first.delivery_id, first.card_token) == (first.content_digest.hex(), "card-0001")
    assert MARQETA.envelope(Delivery(body + b" ", {})).delivery_id != first.delivery_id
    assert MARQETA.acknowledgement(Delivery(body, {})).status == 200


def test_identifiers_that_look_like_card_numbers_stay_and_a_card_number_in_a_text_does_not() -> None:
    looks_like_one = "4242424242424242"
    message = a_message(
        "authorization", looks_like_one, 1, card_acceptor={"mid": looks_like_one, "name": looks_like_one}
    )
    raw = json.dumps({"transactions": [message | {"raw": {"2": looks_like_one}}]}).encode()
    masked = json.loads(mask_card_numbers(raw, pan_like_fields=MARQETA.capabilities.pan_like_fields))["transactions"][0]
    assert masked["token"] == looks_like_one
    assert masked["card_acceptor"] == {"mid": looks_like_one, "name": "************4242"}
    assert masked["raw"] == {"2": "************4242"}
