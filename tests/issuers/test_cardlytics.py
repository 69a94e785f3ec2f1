"""What a careful reader takes from Cardlytics' messages on redemptions, written down in full."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from issuers.adapter import Delivery
from issuers.card_numbers import mask_card_numbers
from issuers.cardlytics import CardlyticsAdapter
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis

CARDLYTICS = CardlyticsAdapter()
FIXTURES = Path(__file__).parent / "fixtures" / "cardlytics"
CONFIRMED, PENDING = "rtm.redemption-confirmed", "rtm.redemption-pending"

CLEARING = CardEvent(
    kind=EventKind.CLEARING,
    card_token="acct-1",
    fact_ref="clearing:tx-1",
    revision=1789552800_000000,  # 2026-09-16T10:00:00Z
    purchase_ref="tx-1",
    occurred_at=datetime(2026, 9, 16, tzinfo=UTC),
    occurred_until=datetime(2026, 9, 16, 23, 59, 59, 999999, tzinfo=UTC),
    time_basis=TimeBasis.DATE,
    purchase_at=None,
    amount_minor=24_00,
    currency="USD",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(identifiers=(MerchantIdentifier("ad", "a1"),)),
    last_four=None,
    card_scheme=None,
    metadata={},
)
KEPT = replace(CLEARING, kind=EventKind.OTHER, fact_ref="other:r1", amount_minor=0, currency="XXX")
HELD = replace(
    KEPT,
    revision=1789460460_000000,  # 2026-09-15T08:21:00Z
    occurred_at=datetime(2026, 9, 15, 8, 20, 59, tzinfo=UTC),
    occurred_until=datetime(2026, 9, 15, 8, 20, 59, tzinfo=UTC),
    time_basis=TimeBasis.INSTANT,
)


def message(name: str = CONFIRMED, redemption: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A fixture; `redemption` and `changes` replace fields of it, and `...` takes one away."""
    body: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text()) | changes
    if redemption is not None:
        body["redemptions"] = [kept(body["redemptions"][0] | redemption)]
    return kept(body)


def kept(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not ...}


def delivery(body: Any, event: str | None = None, **headers: str) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(raw, headers, event, "https://example.com/webhooks/demo")


READ: list[tuple[dict[str, Any], str | None, tuple[CardEvent, ...]]] = [
    (message(), "USD", (CLEARING,)),
    (message(), "gbp", (replace(CLEARING, currency="GBP"),)),
    # Nothing in the message tells what the amount is in.
    (message(), None, (KEPT,)),
    (message(), "EUR", (KEPT,)),
    (message(), "rtm", (KEPT,)),
    (message(redemption={"amount": 99, "rewardSettlementRunDate": None}), "USD", (CLEARING,)),
    (message(redemption={"redeemingTransactionAmount": 34.46}), "USD", (replace(CLEARING, amount_minor=34_46),)),
    (message(redemption={"redeemingTransactionAmount": "34.46"}), "USD", (replace(CLEARING, amount_minor=34_46),)),
    (message(redemption={"adId": ...}), "USD", (replace(CLEARING, merchant=MerchantEvidence()),)),
    (message(eventTimestamp="2026-09-16T12:00:00+02:00"), "USD", (CLEARING,)),
    (
        message(redemption={"redemptionDate": "2026-09-16T10:00:00Z"}),
        "USD",
        (
            replace(
                CLEARING,
                occurred_at=datetime(2026, 9, 16, 10, tzinfo=UTC),
                occurred_until=datetime(2026, 9, 16, 10, tzinfo=UTC),
                time_basis=TimeBasis.INSTANT,
            ),
        ),
    ),
    (
        message(redemption={"redemptionDate": "2026-09-16T10:00:00"}),
        "USD",
        (
            replace(
                CLEARING,
                occurred_at=datetime(2026, 9, 16, 10, tzinfo=UTC),
                occurred_until=datetime(2026, 9, 16, 10, tzinfo=UTC),
                time_basis=TimeBasis.ASSUMED_UTC,
            ),
        ),
    ),
    (
        message(redemption={"redemptionDate": None}),
        "USD",
        (
            replace(
                CLEARING,
                occurred_at=datetime(2026, 9, 16, 10, tzinfo=UTC),
                occurred_until=datetime(2026, 9, 16, 10, tzinfo=UTC),
                time_basis=TimeBasis.INSTANT,
            ),
        ),
    ),
    # Forced by hand, taken back or without a transaction: no purchase is told.
    (message(redemption={"transactionId": "0"}), "USD", (replace(KEPT, purchase_ref="r1"),)),
    (message(redemption={"transactionId": ...}), "USD", (replace(KEPT, purchase_ref="r1"),)),
    (message(redemption={"redeemingTransactionAmount": -24.0}), "USD", (KEPT,)),
    (message(redemption={"redeemingTransactionAmount": 0}), "USD", (KEPT,)),
    (
        message(redemption={"redemptionId": ..., "transactionId": ""}),
        "USD",
        (
            replace(
                KEPT,
                fact_ref="other:00000000-0000-4000-8000-00000000000e",
                purchase_ref="00000000-0000-4000-8000-00000000000e",
            ),
        ),
    ),
    (message(redemption={"sourceAccountId": ...}), None, ()),
    (message(redemptions=[]), "USD", ()),
    # It may follow an authorization or a clearing, and its transaction may get another id when it clears.
    (message(PENDING), "USD", (HELD,)),
    (message(PENDING, event="REDEMPTION_ACCUMULATING_PENDING"), "USD", (HELD,)),
    (message("publisher-notification"), None, ()),
    (message("publisher-notification", transactionType=1), "USD", ()),
    (message(event="REDEMPTION_OF_TOMORROW", redemptions="?"), "USD", ()),
    ({"event": "ENROLLMENT_CONFIRMED", "eventId": "e1", "cardId": "c1"}, "USD", ()),
    ({"event": ["REDEMPTION_CONFIRMED"]}, "USD", ()),
    ({}, "USD", ()),
]


@pytest.mark.parametrize(("body", "event", "expected"), READ)
def test_a_redemption_states_one_fact(body: dict[str, Any], event: str | None, expected: tuple[CardEvent, ...]) -> None:
    assert CARDLYTICS.parse(delivery(body, event)) == expected


def test_several_offers_on_one_transaction_state_one_clearing() -> None:
    body = message()
    second = body["redemptions"][0] | {"redemptionId": "r2", "adId": "a2", "amount": 3}
    third = body["redemptions"][0] | {"redemptionId": "r3", "transactionId": "tx-2", "sourceAccountId": "acct-2"}
    body["redemptions"] += [second, third]
    assert CARDLYTICS.parse(delivery(body, "USD")) == (
        CLEARING,
        replace(CLEARING, merchant=MerchantEvidence(identifiers=(MerchantIdentifier("ad", "a2"),))),
        replace(CLEARING, card_token="acct-2", fact_ref="clearing:tx-2", purchase_ref="tx-2"),
    )


def test_any_order_and_any_repetition_ends_with_the_latest_statement() -> None:
    corrected = message(
        redemption={"redeemingTransactionAmount": 20.0},
        eventId="00000000-0000-4000-8000-00000000000f",
        eventTimestamp="2026-09-17T10:00:00Z",
    )
    for order in permutations([message(PENDING), message(), corrected, message()]):
        facts: dict[str, CardEvent] = {}
        for body in order:
            for event in CARDLYTICS.parse(delivery(body, "USD")):
                if event.fact_ref not in facts or event.revision >= facts[event.fact_ref].revision:
                    facts[event.fact_ref] = event
        assert {ref: event.amount_minor for ref, event in facts.items()} == {"other:r1": 0, "clearing:tx-1": 20_00}


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    (
        message(redemption={"redeemingTransactionAmount": ...}),
        "$.redemptions[0].redeemingTransactionAmount: expected an amount in major",
    ),
    (message(redemption={"redeemingTransactionAmount": "NaN"}), "amount: expected a number of USD"),
    (message(redemption={"redeemingTransactionAmount": "1e999999999"}), "amount: expected a number of USD"),
    (message(redemption={"redeemingTransactionAmount": 10**300}), "amount: expected a number of USD"),
    (message(redemption={"redeemingTransactionAmount": 24.005}), "amount: USD has 2 decimals, got 24.005"),
    (message(redemption={"redeemingTransactionAmount": [24]}), "`$.redemptions[0].redeemingTransactionAmount`"),
    (message(redemption={"sourceAccountId": ...}), "$.redemptions[0].sourceAccountId: expected an id"),
    (message(redemption={"sourceAccountId": "x" * 256}), "$.redemptions[0].sourceAccountId: expected an id"),
    (message(redemption={"sourceAccountId": 388836454}), "`$.redemptions[0].sourceAccountId`"),
    (
        message(redemption={"redemptionDate": "16/09/2026"}),
        "$.redemptions[0].redemptionDate: expected an ISO 8601 date, got '16/09/2026'",
    ),
    (
        message(redemption={"redemptionDate": "at 10:00"}),
        "$.redemptions[0].redemptionDate: expected an ISO 8601 date and time",
    ),
    (message(redemption={"redemptionDate": 7}), "`$.redemptions[0].redemptionDate`"),
    (message(eventTimestamp="2026-09-16"), "$.eventTimestamp: expected an ISO 8601 date and time"),
    (message(eventTimestamp=...), "missing required field `eventTimestamp`"),
    (message(eventId=...), "missing required field `eventId`"),
    (message(eventId="", redemption={"redemptionId": ""}), "$.eventId: expected an id"),
    (message(redemptions=...), "missing required field `redemptions`"),
    (message(redemptions={}), "Expected `array`, got `object` - at `$.redemptions`"),
    (message(redemptions=[7]), "at `$.redemptions[0]`"),
    (message(redemption={"adId": "a\u0000"}), "without the character U+0000"),
]


@pytest.mark.parametrize(("body", "says"), UNREADABLE)
def test_what_is_not_documented_is_unreadable_and_says_where(body: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        CARDLYTICS.parse(delivery(body, "USD"))
    assert says in caught.value.detail


BROKEN = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"x"',
    b"\xff\x00",
    b"[" * 100_000,
    b'{"event":NaN}',
    b'{"event":' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^cardlytics"):
        CARDLYTICS.parse(delivery(body, "USD"))


@pytest.mark.parametrize(
    "body",
    [
        *BROKEN,
        b'{"eventId":"\\u0000"}',
        b'{"eventId":7,"redemptions":[7,{},{"sourceAccountId":7}]}',
        b'{"redemptions":{}}',
    ],
)
def test_what_cannot_be_read_still_has_an_envelope(body: bytes) -> None:
    envelope = CARDLYTICS.envelope(delivery(body))
    assert envelope.card_token is None
    assert len(envelope.delivery_id) == 64
    assert len(envelope.content_digest) == 32


def test_the_envelope_is_the_events_own_and_survives_a_later_delivery() -> None:
    first = CARDLYTICS.envelope(delivery(message(notificationTimestamp="2026-09-16T10:00:01Z")))
    again = CARDLYTICS.envelope(delivery(dict(reversed(message(notificationTimestamp="2026-09-16T10:05:01Z").items()))))
    other = CARDLYTICS.envelope(delivery(message(eventTimestamp="2026-09-16T10:00:01Z")))
    assert first == again
    assert (first.delivery_id, first.card_token) == ("00000000-0000-4000-8000-00000000000e", "acct-1")
    assert (other.delivery_id, other.content_digest != first.content_digest) == (first.delivery_id, True)
    # What the address says of the currency belongs to the content.
    assert CARDLYTICS.envelope(delivery(message(), "USD")) != CARDLYTICS.envelope(delivery(message(), "GBP"))


def test_a_notification_has_a_hash_as_its_id_and_its_account_as_the_lane() -> None:
    held = CARDLYTICS.envelope(delivery(message("publisher-notification")))
    cleared = CARDLYTICS.envelope(delivery(message("publisher-notification", transactionType=1)))
    assert held.card_token == cleared.card_token == "acct-1"
    assert len(held.delivery_id) == 64
    assert held.delivery_id != cleared.delivery_id


def test_the_lane_is_the_first_account_that_a_message_names() -> None:
    body = message()
    body["redemptions"] = [{"redemptionId": "r0"}, *body["redemptions"], {"sourceAccountId": "acct-2"}]
    assert CARDLYTICS.envelope(delivery(body)).card_token == "acct-1"


@pytest.mark.parametrize("field", ["redemptionId", "adId", "sourceCustomerId", "sourceAccountId", "transactionId"])
def test_ids_that_look_like_card_numbers_are_kept(field: str) -> None:
    fields = CARDLYTICS.capabilities.pan_like_fields
    body = json.dumps(message(redemption={field: "4242424242424242"})).encode()
    assert mask_card_numbers(body, pan_like_fields=fields) == body
    named = json.dumps(message("publisher-notification", merchantName="4242424242424242")).encode()
    assert b"4242424242424242" not in mask_card_numbers(named, pan_like_fields=fields)


def test_the_acknowledgement_is_a_plain_200() -> None:
    answer = CARDLYTICS.acknowledgement(delivery(message()))
    assert (answer.status, answer.body) == (200, b"")
