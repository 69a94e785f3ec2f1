"""Lithic's proof, envelope and bodies that are not what it documents."""

import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from issuer_deliveries import NOW, delivery, with_headers
from lithic_messages import CARD, OTHER_SECRET, SECRET, a_transaction, an_event

from issuers.adapter import Delivery
from issuers.card_numbers import mask_card_numbers
from issuers.errors import SignatureRefused, TimestampExpired, Unreadable
from issuers.lithic import LithicAdapter

LITHIC = LithicAdapter()
A1 = an_event("a1", "AUTHORIZATION", 50_00, "15T08:20:30")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"token": ""}, "lithic transaction: $.token: expected an id of 1 to 255 characters"),
        ({"card_token": ""}, "lithic transaction: $.card_token: expected an id"),
        ({"card_token": None}, "lithic transaction: Expected `str`, got `null` - at `$.card_token`"),
        ({"created": "2026-09-15"}, "lithic transaction: $.created: expected an ISO 8601 date and time"),
        ({"updated": "yesterday"}, "lithic transaction: $.updated: expected an ISO 8601"),
        ({"events": {}}, "lithic transaction: Expected `array | null`, got `object` - at `$.events`"),
        ({"events": [7]}, "lithic transaction: Expected `object`, got `int` - at `$.events[0]`"),
        ({"events": [A1 | {"token": ""}]}, "lithic transaction: $.events[].token: expected an id"),
        ({"events": [A1 | {"created": None}]}, "Expected `str`, got `null` - at `$.events[0].created`"),
        ({"events": [A1 | {"created": "0001-01-01T00:00:00+14:00"}]}, "$.events[0].created: expected a time between"),
        ({"events": [A1 | {"amounts": None}]}, "lithic transaction: $.events[0].amounts.merchant: expected amount"),
        ({"events": [A1 | {"amounts": {"merchant": {"amount": 4.5, "currency": "EUR"}}}]}, "Expected `int`"),
        ({"events": [A1 | {"amounts": {"merchant": {"amount": 10**18, "currency": "EUR"}}}]}, "expected at most"),
        ({"events": [A1 | {"amounts": {"merchant": {"amount": 10**30, "currency": "EUR"}}}]}, "amount"),
        ({"events": [A1 | {"amounts": {"merchant": {"amount": 1, "currency": "BTC"}}}]}, "ISO 4217 code"),
        ({"merchant": []}, "Expected `object | null`, got `array` - at `$.merchant`"),
        ({"token": "a\u0000"}, "expected text without the character U+0000"),
    ],
)
def test_what_is_not_documented_is_unreadable_and_says_where(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        LITHIC.parse(delivery(a_transaction(A1) | changes))
    assert says in refusal.value.detail


OTHER_EVENTS: list[dict[str, Any]] = [
    {"event_type": "card.created", "card_token": CARD, "replacement_for": None},
    {"event_type": "card.updated", "card_token": CARD, "state": "CLOSED", "previous_fields": {"state": "OPEN"}},
    {"event_type": "card.reissued", "card_token": CARD},
    {"event_type": "card.converted", "card_token": CARD},
    {"event_type": "card.of_tomorrow", "card_token": CARD, "events": [{"anything": 1}]},
    {"event_type": "payment_transaction.updated", "token": "p1", "events": [{"type": "ACH_RECEIPT_SETTLED"}]},
    {"event_type": "dispute.updated", "token": "d1"},
    {},
]


@pytest.mark.parametrize("body", OTHER_EVENTS)
def test_every_other_message_states_nothing_and_a_cards_keeps_its_lane(body: dict[str, Any]) -> None:
    assert LITHIC.parse(delivery(body)) == ()
    assert LITHIC.envelope(delivery(body)).card_token == body.get("card_token")


NOT_JSON = [b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\x00", b"[" * 100_000, b'{"events":' + b"[" * 100_000]


@pytest.mark.parametrize("body", [*NOT_JSON, b'{"event_type":7}', b'{"card_token":NaN}'])
def test_malformed_bodies_are_unreadable_and_still_have_an_envelope(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^lithic message: "):
        LITHIC.parse(delivery(body))
    envelope = LITHIC.envelope(delivery(body))
    assert (envelope.card_token, len(envelope.delivery_id), len(envelope.content_digest)) == (None, 64, 32)


VECTOR_BODY = (
    b'{"id":"00000000-0000-4000-8000-f00000000001","amount":84.5,"currency":"EUR","auth":true,"cleared":false}'
)
VECTOR = Delivery(
    VECTOR_BODY,
    {
        # Computed apart from this code: base64(HMAC-SHA256(decoded key, "{id}.{timestamp}.{body}"))
        "webhook-id": "msg_demo_0001",
        "webhook-timestamp": "1790000000",
        "webhook-signature": "v1,GxXDirCF7Qb+nBNAcL+bL0dpqOFb8tvFsL+2IB7e3h0=",
    },
)


def test_the_vector_verifies_alone_among_others_and_with_a_rotated_secret() -> None:
    LITHIC.verify(VECTOR, (SECRET,), NOW)
    LITHIC.verify(VECTOR, (OTHER_SECRET, b"", SECRET), NOW)
    listed = "v1a,x v1,AAAA " + VECTOR.headers["webhook-signature"]
    LITHIC.verify(with_headers(VECTOR, webhook_signature=listed), (SECRET,), NOW)


def test_a_signed_body_verifies_under_an_id_that_the_body_gives() -> None:
    made = LITHIC.sign(b'{"a":1}', secret=SECRET, url="", event=None, now=NOW)
    again = LITHIC.sign(b'{"a":1}', secret=SECRET, url="x", event="y", now=NOW + timedelta(minutes=1))
    # printf '{"a":1}' | sha256sum | cut -c1-32
    assert made["webhook-id"] == again["webhook-id"] == "msg_015abd7f5cc57a2dd94b7590f04ad808"
    LITHIC.verify(Delivery(b'{"a":1}', made), (SECRET,), NOW)
    with pytest.raises(ValueError, match="at least one byte"):
        LITHIC.sign(b"{}", secret=b"whsec_", url="", event=None, now=NOW)


@pytest.mark.parametrize(
    "secrets",
    [(), (b"",), (b" \n",), (OTHER_SECRET,), (b"whsec_",), (b"whsec_***",), (SECRET[6:],), (b"\xff",)],
)
def test_a_wrong_missing_or_malformed_secret_proves_nothing(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(SignatureRefused) as refusal:
        LITHIC.verify(VECTOR, secrets, NOW)
    assert refusal.value.code == "signature_refused"


def test_the_key_of_an_empty_secret_proves_nothing() -> None:
    forged = b64encode(hmac.digest(b"", b"msg_demo_0001.1790000000." + VECTOR_BODY, "sha256")).decode()
    with pytest.raises(SignatureRefused):
        LITHIC.verify(with_headers(VECTOR, webhook_signature=f"v1,{forged}"), (b"whsec_", b"", OTHER_SECRET), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook_id": "msg_demo_0002"},
        {"webhook_id": None},
        {"webhook_timestamp": "1790000001"},
        {"webhook_timestamp": None},
        {"webhook_timestamp": "1e9"},
        {"webhook_signature": None},
        {"webhook_signature": "v1,é"},
        {"webhook_signature": "v2,GxXDirCF7Qb+nBNAcL+bL0dpqOFb8tvFsL+2IB7e3h0="},
        {"webhook_signature": "v1,AAAA " * 16 + VECTOR.headers["webhook-signature"]},
    ],
)
def test_other_headers_are_refused(changes: dict[str, str | None]) -> None:
    with pytest.raises(SignatureRefused):
        LITHIC.verify(with_headers(VECTOR, **changes), (SECRET,), NOW)


@pytest.mark.parametrize("body", [b"", VECTOR_BODY + b" ", VECTOR_BODY.replace(b"84.5", b"84.6")])
def test_another_body_is_refused(body: bytes) -> None:
    with pytest.raises(SignatureRefused):
        LITHIC.verify(msgspec.structs.replace(VECTOR, body=body), (SECRET,), NOW)


@pytest.mark.parametrize(("seconds", "expired"), [(-301, True), (-300, False), (300, False), (301, True)])
def test_the_window_is_five_minutes_both_ways_inclusive(seconds: int, expired: bool) -> None:
    moment = NOW + timedelta(seconds=seconds)
    if not expired:
        LITHIC.verify(VECTOR, (SECRET,), moment)
        return
    with pytest.raises(TimestampExpired):
        LITHIC.verify(VECTOR, (SECRET,), moment)


def test_the_envelope_is_that_of_the_event_whenever_it_is_delivered() -> None:
    body = delivery(a_transaction(A1)).body
    first = LITHIC.envelope(Delivery(body, {"webhook-id": "msg_1", "webhook-timestamp": "1"}))
    again = LITHIC.envelope(Delivery(body, {"webhook-id": "msg_1", "webhook-timestamp": "2"}))
    assert first == again
    assert (first.delivery_id, first.card_token) == ("msg_1", CARD)
    assert LITHIC.envelope(Delivery(body, {})).delivery_id == first.content_digest.hex()
    assert LITHIC.envelope(Delivery(body, {"webhook-id": "x" * 256})).delivery_id == first.content_digest.hex()
    assert LITHIC.acknowledgement(Delivery(body, {})).status == 200


def test_identifiers_that_look_like_card_numbers_stay_and_a_card_number_in_a_text_does_not() -> None:
    looks_like_one = "4242424242424242"
    body = a_transaction(
        an_event("c1", "CLEARING", 1, "16T00:00:00", network_info={"visa": {"transaction_id": looks_like_one}}),
        merchant={"acceptor_id": looks_like_one, "descriptor": f"SHOP {looks_like_one}"},
    )
    raw = json.dumps(body).encode()
    masked = json.loads(mask_card_numbers(raw, pan_like_fields=LITHIC.capabilities.pan_like_fields))
    assert masked["events"][0]["network_info"]["visa"]["transaction_id"] == looks_like_one
    assert masked["merchant"] == {"acceptor_id": looks_like_one, "descriptor": "SHOP ************4242"}
