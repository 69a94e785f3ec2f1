"""Visa's deliveries: what proves them, what names them, and what is no message at all."""

import json
from typing import Any

import pytest
from issuer_deliveries import NOW, URL, delivery
from visa_messages import CLEARING, message

from issuers import mutual_tls
from issuers.adapter import Delivery
from issuers.card_numbers import mask_card_numbers
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import Acknowledgement
from issuers.visa import VisaAdapter

VISA = VisaAdapter()
SECRET = f"{mutual_tls.SANDBOX_FINGERPRINT}:visa-proxy-token-0001".encode()
OTHER_SECRET = f"{mutual_tls.SANDBOX_FINGERPRINT}:visa-proxy-token-0002".encode()

BROKEN = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"x"',
    b"\xff\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"CardId":"\\u0000"}',
]
MISTYPED: list[dict[str, Any]] = [
    {"CardId": 7},
    {"MessageElementsCollection": {}},
    {"MessageElementsCollection": [None]},
    {"MessageElementsCollection": [{"Value": "x"}]},
    {"UserDefinedFieldsCollection": "AUTH"},
]


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_not_the_documented_json_is_unreadable_and_has_an_envelope(body: bytes) -> None:
    with pytest.raises(Unreadable) as refusal:
        VISA.parse(delivery(body))
    assert refusal.value.detail.startswith("visa message: ")
    envelope = VISA.envelope(delivery(body))
    assert (len(envelope.delivery_id), len(envelope.content_digest), envelope.card_token) == (64, 32, None)


@pytest.mark.parametrize("changes", MISTYPED)
def test_a_field_of_another_type_is_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="visa message: "):
        VISA.parse(delivery(message("auth", **changes)))


@pytest.mark.parametrize("number", ["1" * 5000, "1e400", "-1e400", "1" + "0" * 400 + ".5"])
def test_a_huge_number_ends_in_a_refusal(number: str) -> None:
    body = json.dumps(message("auth", {"TransactionAmount": "HUGE"})).replace('"HUGE"', number).encode()
    with pytest.raises(Unreadable):
        VISA.parse(delivery(body))


def test_not_a_number_is_not_json() -> None:
    body = json.dumps(message("auth", {"TransactionAmount": float("nan")})).encode()
    with pytest.raises(Unreadable, match="visa message: "):
        VISA.parse(delivery(body))


def test_the_envelope_is_visas_own_id_and_the_card() -> None:
    envelope = VISA.envelope(delivery(message("settle")))
    assert envelope.delivery_id == "00000000-0000-4000-8000-0000000000a2"
    assert envelope.card_token == CLEARING.card_token
    assert VISA.envelope(Delivery(delivery(message("settle")).body, {"x": "y"}, None, "https://elsewhere")) == envelope
    other = VISA.envelope(delivery(message("settle", {"SettlementAmount": "1.00"})))
    assert (other.delivery_id, other.content_digest == envelope.content_digest) == (envelope.delivery_id, False)


@pytest.mark.parametrize("message_id", [None, "", 7, "x" * 256])
def test_without_an_id_of_visas_the_delivery_is_named_by_its_content(message_id: Any) -> None:
    envelope = VISA.envelope(delivery(message("auth", MessageId=message_id)))
    assert envelope.delivery_id == envelope.content_digest.hex()


def test_visas_identifiers_are_not_taken_for_card_numbers() -> None:
    # 371449635398431 has the length, the prefix and the check digit of an American Express card.
    body = delivery(message("auth", {"VipTransactionId": "371449635398431"})).body
    assert mask_card_numbers(body, pan_like_fields=VISA.capabilities.pan_like_fields) == body
    external = delivery(message("auth", ExternalUserId="4242424242424242")).body
    masked = mask_card_numbers(external, pan_like_fields=VISA.capabilities.pan_like_fields)
    assert b"4242424242424242" not in masked


def test_the_answer_is_the_one_visa_reads() -> None:
    assert VISA.acknowledgement(delivery(b"")) == Acknowledgement(
        200, b'{"error_msg":"","status_code":"0"}', "application/json"
    )


def a_signed_delivery(secret: bytes = SECRET) -> Delivery:
    body = delivery(message("auth")).body
    return Delivery(body, VISA.sign(body, secret=secret, url=URL, event=None, now=NOW), None, URL)


def test_the_client_certificate_and_the_proxys_token_verify() -> None:
    VISA.verify(a_signed_delivery(), (SECRET,), NOW)
    VISA.verify(a_signed_delivery(), (b"", OTHER_SECRET, SECRET), NOW)


@pytest.mark.parametrize("secrets", [(OTHER_SECRET,), (), (b"",), (b" ",)])
def test_another_secret_or_none_verifies_nothing(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureRefused):
        VISA.verify(a_signed_delivery(), secrets, NOW)


@pytest.mark.parametrize("header", ["client-cert", "x-proxy-token"])
def test_without_either_header_nothing_verifies(header: str) -> None:
    good = a_signed_delivery()
    left = {name: value for name, value in good.headers.items() if name != header}
    with pytest.raises(SignatureRefused, match=r"got none|got neither"):
        VISA.verify(Delivery(good.body, left, None, URL), (SECRET,), NOW)
