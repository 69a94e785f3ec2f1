"""Adyen Issuing: the proof, the envelope, and what states nothing."""

import pytest
from issuer_deliveries import FIXTURES, NOW, URL, delivery, fixture

from issuers.adapter import Delivery
from issuers.adyen import AdyenAdapter
from issuers.card_numbers import mask_card_numbers
from issuers.errors import SignatureRefused, Unreadable

ADYEN = AdyenAdapter()
KEY = b"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
OTHER_KEY = b"ff" * 32
BODY = b'{"id":"00000000-0000-4000-8000-f00000000001","amount":84.5,"currency":"EUR","auth":true,"cleared":false}'
# openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f -binary < body | base64
SIGNATURE = "2FqetOuyOCq6OGQP11b9TsnRVG1EizB8y3K6IL4PkzQ="


def signed(body: bytes = BODY, signature: str | None = SIGNATURE) -> Delivery:
    return Delivery(body, {} if signature is None else {"hmacsignature": signature}, None, URL)


def test_the_vector_verifies_and_is_what_signing_gives() -> None:
    ADYEN.verify(signed(), (KEY,), NOW)
    assert ADYEN.sign(BODY, secret=KEY, url=URL, event=None, now=NOW) == {
        "content-type": "application/json",
        "hmacsignature": SIGNATURE,
    }


@pytest.mark.parametrize("key", [KEY.lower(), KEY + b"\n", b" " + KEY])
def test_a_key_may_be_written_in_any_case_and_with_blanks_around(key: bytes) -> None:
    ADYEN.verify(signed(), (key,), NOW)


def test_any_of_several_keys_verifies_so_that_they_can_be_rotated() -> None:
    for keys in ((KEY, OTHER_KEY), (OTHER_KEY, KEY), (b"", b"no hex", KEY)):
        ADYEN.verify(signed(), keys, NOW)


REFUSED: list[tuple[str, Delivery, tuple[bytes, ...]]] = [
    ("another key", signed(), (OTHER_KEY,)),
    ("the digits themselves as a key", signed(signature="WNARM/YOfwrrNCszRgmdNiwc8B6bCR4ZnowVBzg/6ac="), (KEY,)),
    ("no key", signed(), ()),
    ("empty keys", signed(), (b"", b" \n")),
    ("not hex", signed(), (b"whsec_demo_secret",)),
    ("half a digit", signed(), (KEY[:-1],)),
    ("not ASCII", signed(), ("é".encode(),)),
    ("no header", signed(signature=None), (KEY,)),
    ("empty header", signed(signature=""), (KEY,)),
    ("not ASCII in the header", signed(signature="é"), (KEY,)),
    ("a surrogate in the header", signed(signature="\udcff"), (KEY,)),
    ("cut short", signed(signature=SIGNATURE[:-1]), (KEY,)),
    ("hex", signed(signature="d85a9eb4ebb2382aba38640fd756fd4ec9d1546d448b307ccb72ba20be0f9334"), (KEY,)),
    ("another body", signed(BODY.replace(b"84.5", b"84.6")), (KEY,)),
    ("a blank more", signed(BODY + b" "), (KEY,)),
    ("no body", signed(b""), (KEY,)),
    # hmac.digest(b"", body, "sha256"): what an empty key would accept.
    ("signed with nothing", signed(signature="LhWqJ5s2OUXM1nU8TSkTXriF5yAjVsXbSfGwcAI0kso="), (b"", KEY)),
]


@pytest.mark.parametrize(("case", "refused", "keys"), REFUSED, ids=[case for case, _, _ in REFUSED])
def test_everything_else_is_refused(case: str, refused: Delivery, keys: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureRefused) as caught:
        ADYEN.verify(refused, keys, NOW)
    assert caught.value.code == "signature_refused"


@pytest.mark.parametrize("secret", [b"", b"  ", b"no hex"])
def test_nothing_is_signed_without_a_key(secret: bytes) -> None:
    with pytest.raises(ValueError, match="at least one byte in hex digits"):
        ADYEN.sign(BODY, secret=secret, url=URL, event=None, now=NOW)


def test_any_2xx_is_enough() -> None:
    assert ADYEN.acknowledgement(signed()).status == 200


ENVELOPES: list[tuple[str, str | None, str | None]] = [
    ("transfer.captured", "EV0000000000000003/3", "PI00000000000000000000001"),
    ("payment-created-authorized", None, "PI32272223222B5CZW7BQ2V3T"),
    ("payment-created-refund-requested", None, "PI3227C223222B5BKTS5RC3D3"),
    ("payment-created-funds-transfer", None, None),
    ("balancePlatform.authorisation.relayed", None, "PI123ABCDEFGHIJKLMN456789"),
]


@pytest.mark.parametrize(("name", "delivery_id", "card"), ENVELOPES)
def test_an_envelope_has_the_events_id_or_a_hash_and_the_card(
    name: str, delivery_id: str | None, card: str | None
) -> None:
    body = (FIXTURES / f"adyen/{name}.json").read_bytes()
    found = ADYEN.envelope(delivery(body))
    assert (found.delivery_id, found.card_token) == (delivery_id or found.content_digest.hex(), card)
    assert ADYEN.envelope(Delivery(body, {}, None, "https://elsewhere.example")) == found
    assert ADYEN.envelope(delivery(body + b" ")).content_digest != found.content_digest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b"\xff\x00",
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"data":7}',
        b'{"data":{"eventId":7}}',
        b'{"data":{"eventId":"x","sequenceNumber":%b}}' % (b"9" * 5000),
        b'{"data":{"eventId":"%b"}}' % (b"x" * 300),
        b'{"data":{"eventId":"\\u0000"}}',
        b'{"data":{"paymentInstrument":{"id":7}}}',
        b'{"id":NaN}',
    ],
)
def test_what_cannot_be_read_still_has_an_envelope(body: bytes) -> None:
    found = ADYEN.envelope(delivery(body))
    assert (found.delivery_id, found.card_token) == (found.content_digest.hex(), None)


def test_the_ids_of_a_message_are_not_taken_for_card_numbers() -> None:
    visa_like = "4242424242424242"
    message = fixture("adyen/transfer.captured.json")
    message["data"]["counterparty"]["merchant"]["merchantId"] = visa_like
    message["data"]["categoryData"]["schemeUniqueTransactionId"] = visa_like
    body = delivery(message).body
    assert mask_card_numbers(body, pan_like_fields=ADYEN.capabilities.pan_like_fields) == body
    message["data"]["description"] = visa_like
    body = delivery(message).body
    assert mask_card_numbers(body, pan_like_fields=ADYEN.capabilities.pan_like_fields).count(b"*" * 12) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"7",
        b"\xff\x00",
        b"[" * 100_000,
        b'{"type":' * 100_000,
        b'{"type":7}',
        b'{"type":"balancePlatform.payment.created"}',
        b'{"type":"balancePlatform.payment.created","data":[]}',
        b'{"type":"balancePlatform.payment.created","data":{"amount":{"value":NaN,"currency":"EUR"}}}',
        b'{"type":"balancePlatform.payment.created","data":{"amount":{"value":%b,"currency":"EUR"}}}' % (b"9" * 5000),
        b'{"type":"x","y":"\\u0000"}',
    ],
)
def test_what_is_not_the_documented_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        ADYEN.parse(delivery(body))
    assert caught.value.detail.startswith("adyen")


@pytest.mark.parametrize(
    "kind", ["balancePlatform.paymentInstrument.created", "balancePlatform.report.created", "merchant.updated", ""]
)
def test_every_other_webhook_states_nothing(kind: str) -> None:
    assert ADYEN.parse(delivery({"type": kind, "data": [7]})) == ()
