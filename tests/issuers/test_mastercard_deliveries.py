"""Mastercard's deliveries: what proves them, what names them, and what is no notification at all."""

import json
from typing import Any

import pytest
from issuer_deliveries import NOW, URL, delivery, fixture

from issuers import mutual_tls
from issuers.adapter import Delivery
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import Acknowledgement
from issuers.mastercard import MastercardAdapter

MASTERCARD = MastercardAdapter()
SECRET = f"{mutual_tls.SANDBOX_FINGERPRINT}:mastercard-proxy-token-0001".encode()
OTHER_SECRET = f"{mutual_tls.SANDBOX_FINGERPRINT}:mastercard-proxy-token-0002".encode()


def message(**changes: Any) -> dict[str, Any]:
    return fixture("mastercard/authorization.json", **changes)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"\xff\x00",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"transUid":"\\u0000"}',
    ],
)
def test_what_is_not_an_object_is_unreadable_and_has_an_envelope(body: bytes) -> None:
    with pytest.raises(Unreadable) as refusal:
        MASTERCARD.parse(delivery(body))
    assert refusal.value.detail.startswith("mastercard notification: ")
    envelope = MASTERCARD.envelope(delivery(body))
    assert (len(envelope.delivery_id), len(envelope.content_digest), envelope.card_token) == (64, 32, None)


@pytest.mark.parametrize("field", ["cardholderAmount", "cardholderCurrency", "cleared", "tomorrow"])
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1" * 5000])
def test_what_is_no_number_of_json_ends_in_a_refusal(field: str, number: str) -> None:
    body = json.dumps(message(**{field: "HUGE"})).replace('"HUGE"', number).encode()
    try:
        MASTERCARD.parse(delivery(body))
    except Unreadable:
        return
    assert number == "1" * 5000
    assert field in ("cleared", "tomorrow")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 400, "1" + "0" * 400 + ".5"])
def test_a_huge_amount_is_refused(number: str) -> None:
    body = json.dumps(message(cardholderAmount="HUGE")).replace('"HUGE"', number).encode()
    with pytest.raises(Unreadable):
        MASTERCARD.parse(delivery(body))


def test_the_envelope_is_mastercards_own_id_and_the_card() -> None:
    envelope = MASTERCARD.envelope(delivery(message()))
    assert (envelope.delivery_id, envelope.card_token) == ("trans-uid-0001", "00000000-0000-4000-8000-0000000000c2")
    again = Delivery(delivery(message()).body, {"x": "y"}, None, "https://elsewhere.example")
    assert MASTERCARD.envelope(again) == envelope
    other = MASTERCARD.envelope(delivery(message(cardholderAmount=1)))
    assert (other.delivery_id, other.content_digest == envelope.content_digest) == ("trans-uid-0001", False)


@pytest.mark.parametrize("trans_uid", [None, "", 7, "x" * 256])
def test_without_an_id_of_mastercards_the_delivery_is_named_by_its_content(trans_uid: Any) -> None:
    envelope = MASTERCARD.envelope(delivery(message(transUid=trans_uid)))
    assert envelope.delivery_id == envelope.content_digest.hex()


def test_the_answer_is_the_one_mastercard_reads() -> None:
    assert MASTERCARD.acknowledgement(delivery(b"")) == Acknowledgement(200, b'{"success":true}', "application/json")


def a_signed_delivery(secret: bytes = SECRET) -> Delivery:
    body = delivery(message()).body
    return Delivery(body, MASTERCARD.sign(body, secret=secret, url=URL, event=None, now=NOW), None, URL)


def test_the_client_certificate_and_the_proxys_token_verify() -> None:
    MASTERCARD.verify(a_signed_delivery(), (SECRET,), NOW)
    MASTERCARD.verify(a_signed_delivery(), (b"", OTHER_SECRET, SECRET), NOW)


@pytest.mark.parametrize("secrets", [(OTHER_SECRET,), (), (b"",), (b" ",)])
def test_another_secret_or_none_verifies_nothing(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureRefused):
        MASTERCARD.verify(a_signed_delivery(), secrets, NOW)


@pytest.mark.parametrize("header", ["client-cert", "x-proxy-token"])
def test_without_either_header_nothing_verifies(header: str) -> None:
    good = a_signed_delivery()
    left = {name: value for name, value in good.headers.items() if name != header}
    with pytest.raises(SignatureRefused, match=r"got none|got neither"):
        MASTERCARD.verify(Delivery(good.body, left, None, URL), (SECRET,), NOW)
