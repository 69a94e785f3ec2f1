"""What a careful reader takes from Mastercard's notifications, written down in full."""

from dataclasses import replace
from typing import Any

import pytest
from issuer_deliveries import delivery, fixture, micros, utc

from issuers.card_numbers import mask_card_numbers
from issuers.errors import Unreadable
from issuers.events import (
    CardEvent,
    EventKind,
    MerchantEvidence,
    MerchantIdentifier,
    TimeBasis,
)
from issuers.mastercard import MastercardAdapter, NotificationNames

MASTERCARD = MastercardAdapter()

AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="00000000-0000-4000-8000-0000000000c2",
    fact_ref="authorization:trans-uid-0001",
    revision=0,
    purchase_ref="MCC:MXXX0ABCD:2026-09-15",
    occurred_at=utc("2026-09-15T00:00:00"),
    occurred_until=utc("2026-09-15T23:59:59.999999"),
    time_basis=TimeBasis.DATE,
    purchase_at=utc("2026-09-15T00:00:00"),
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(
        identifiers=(), descriptor="EXAMPLE CAFE", category_code=None, city=None, country=None, channel=None
    ),
    last_four=None,
    card_scheme="mastercard",
    metadata={},
)
DECLINE = replace(AUTHORIZATION, kind=EventKind.DECLINE, fact_ref="decline:trans-uid-0001")


def message(**changes: Any) -> dict[str, Any]:
    """The made-up notification with fields replaced, or removed by `...`."""
    whole = fixture("mastercard/authorization.json", **changes)
    return {name: value for name, value in whole.items() if value is not ...}


def parse(body: Any) -> tuple[CardEvent, ...]:
    return MASTERCARD.parse(delivery(body))


def test_a_notification_is_an_authorization_of_which_the_day_is_known() -> None:
    assert parse(message()) == (AUTHORIZATION,)


CASES: list[tuple[str, dict[str, Any], CardEvent]] = [
    ("approved, in another form", {"issuerResponse": "approval"}, AUTHORIZATION),
    ("declined", {"issuerResponse": "DECLINED"}, DECLINE),
    ("declined, in another form", {"issuerResponse": "Decline"}, DECLINE),
    ("types that are not told", {"transactionType": ..., "messageType": None, "cleared": False}, AUTHORIZATION),
    ("an amount written as text", {"cardholderAmount": "42.50"}, AUTHORIZATION),
    ("another amount", {"cardholderAmount": 0.07}, replace(AUTHORIZATION, amount_minor=7)),
    ("nothing to pay", {"cardholderAmount": 0}, replace(AUTHORIZATION, amount_minor=0)),
    (
        "yen",
        {"cardholderCurrency": "JPY", "cardholderAmount": 4250},
        replace(AUTHORIZATION, currency="JPY", amount_minor=4250),
    ),
    ("a currency by its number", {"cardholderCurrency": "978"}, AUTHORIZATION),
    ("a currency that is a number", {"cardholderCurrency": 36}, replace(AUTHORIZATION, currency="AUD")),
    ("a nameless shop", {"merchantName": None}, replace(AUTHORIZATION, merchant=MerchantEvidence())),
    (
        "a reference that is a number",
        {"referenceNumber": 123456789},
        replace(AUTHORIZATION, purchase_ref="MCC:123456789:2026-09-15"),
    ),
    ("no reference", {"referenceNumber": ...}, replace(AUTHORIZATION, purchase_ref="trans-uid-0001")),
    ("a blank reference", {"referenceNumber": " "}, replace(AUTHORIZATION, purchase_ref="trans-uid-0001")),
    ("no network", {"financialNetworkCode": None}, replace(AUTHORIZATION, purchase_ref="trans-uid-0001")),
    (
        "a reference beyond measure",
        {"referenceNumber": "9" * 255},
        replace(AUTHORIZATION, purchase_ref="trans-uid-0001"),
    ),
    (
        "the last day of all",
        {"settlementDate": "9999-12-31"},
        replace(
            AUTHORIZATION,
            purchase_ref="MCC:MXXX0ABCD:9999-12-31",
            occurred_at=utc("9999-12-31T00:00:00"),
            occurred_until=utc("9999-12-31T23:59:59.999999"),
            purchase_at=utc("9999-12-31T00:00:00"),
        ),
    ),
    ("names that are not documented", {"transactionDate": "2026-09-14T10:00:00Z", "merchantId": "1"}, AUTHORIZATION),
]


@pytest.mark.parametrize(("case", "changes", "expected"), CASES, ids=[case for case, *_ in CASES])
def test_values_are_read_as_they_are_meant(case: str, changes: dict[str, Any], expected: CardEvent) -> None:
    assert parse(message(**changes)) == (expected,)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuerResponse": ...},
        {"issuerResponse": ""},
        {"issuerResponse": "00"},
        {"issuerResponse": "NOT APPROVED"},
        {"transactionType": "REFUND"},
        {"transactionType": "PURCHASE_RETURN"},
        {"messageType": "CLEARING"},
        {"messageType": "REVERSAL"},
        {"cleared": True},
        {"cleared": "true"},
    ],
)
def test_what_is_not_surely_the_authorization_of_a_purchase_states_nothing(changes: dict[str, Any]) -> None:
    assert parse(message(**changes)) == ()


def test_a_notification_of_something_else_states_nothing() -> None:
    assert parse({"hello": "world"}) == ()


NAMED = MastercardAdapter(
    NotificationNames(
        purchased_at="times.purchase",
        merchant_identifiers=(("location", "merchant.location"), ("mid", "merchant.acquiring.mid")),
        last_four="cardLastNumbers",
    )
)
SCHEMA: dict[str, Any] = {
    "times": {"purchase": "2026-09-14T23:30:00+02:00"},
    "merchant": {"location": 123456, "acquiring": {"mid": "1500001"}},
    "cardLastNumbers": 7,
}
TOLD = replace(
    AUTHORIZATION,
    revision=micros("2026-09-14T21:30:00"),
    occurred_at=utc("2026-09-14T21:30:00"),
    occurred_until=utc("2026-09-14T21:30:00"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-14T21:30:00"),
    merchant=MerchantEvidence(
        identifiers=(MerchantIdentifier("location", "123456"), MerchantIdentifier("mid", "1500001")),
        descriptor="EXAMPLE CAFE",
    ),
    last_four="0007",
)
LOCAL = replace(
    TOLD,
    revision=micros("2026-09-14T23:30:00"),
    occurred_at=utc("2026-09-14T23:30:00"),
    occurred_until=utc("2026-09-14T23:30:00"),
    time_basis=TimeBasis.ASSUMED_UTC,
    purchase_at=utc("2026-09-14T23:30:00"),
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, TOLD),
        ({"times": {"purchase": "2026-09-14T23:30:00"}}, LOCAL),
        ({"cardLastNumbers": "4242"}, replace(TOLD, last_four="4242")),
        ({"cardLastNumbers": "************4242"}, replace(TOLD, last_four=None)),
        ({"cardLastNumbers": True}, replace(TOLD, last_four=None)),
        (
            {"merchant": {"location": "0", "acquiring": None}},
            replace(TOLD, merchant=replace(TOLD.merchant, identifiers=())),
        ),
        ({"merchant": "EXAMPLE CAFE"}, replace(TOLD, merchant=replace(TOLD.merchant, identifiers=()))),
        ({"settlementDate": ...}, replace(TOLD, purchase_ref="trans-uid-0001")),
    ],
)
def test_the_names_of_the_vendors_schema_tell_time_shop_and_last_digits(
    changes: dict[str, Any], expected: CardEvent
) -> None:
    assert NAMED.parse(delivery(message(**SCHEMA | changes))) == (expected,)


def test_a_named_time_that_is_missing_is_unreadable() -> None:
    with pytest.raises(Unreadable, match=r"\$\.times\.purchase: expected an ISO 8601 date and time, got 'None'"):
        NAMED.parse(delivery(message()))


def test_what_an_adapter_was_told_is_what_it_can_do() -> None:
    assert MASTERCARD.capabilities.identifier_schemes == ()
    assert NAMED.capabilities.identifier_schemes == ("location", "mid")
    # 371449635398431 has the length, the prefix and the check digit of an American Express card.
    body = delivery(message(**SCHEMA | {"merchant": {"location": "371449635398431"}}, transUid="371449635398431")).body
    assert mask_card_numbers(body, pan_like_fields=NAMED.capabilities.pan_like_fields) == body
    assert mask_card_numbers(body, pan_like_fields=MASTERCARD.capabilities.pan_like_fields) != body


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"transUid": ...}, "mastercard notification: $.transUid: expected an id of 1 to 255 characters"),
    ({"transUid": "x" * 256}, "mastercard notification: $.transUid: expected an id of 1 to 255 characters"),
    ({"cardReference": ""}, "mastercard notification: $.cardReference: expected an id of 1 to 255 characters"),
    ({"cardholderAmount": ...}, "expected cardholderAmount and cardholderCurrency, one of them is missing"),
    ({"cardholderCurrency": None}, "expected cardholderAmount and cardholderCurrency, one of them is missing"),
    ({"cardholderAmount": -1}, "$.cardholderAmount: expected zero or more, got -100 minor units"),
    ({"cardholderAmount": 42.505}, "EUR has 2 decimals, got 42.505"),
    ({"cardholderAmount": "NaN"}, "expected a number of EUR"),
    ({"cardholderAmount": "1e99999"}, "expected a number of EUR"),
    ({"cardholderAmount": "forty"}, "Invalid decimal string - at `$.cardholderAmount`"),
    ({"cardholderAmount": [1]}, "Expected `decimal | null`, got `array` - at `$.cardholderAmount`"),
    ({"cardholderCurrency": "BTC"}, "$.cardholderCurrency: currency: expected an ISO 4217 code such as EUR, got 'BTC'"),
    ({"settlementDate": "0915"}, "$.settlementDate: expected an ISO 8601 date, got '0915'"),
    ({"settlementDate": ...}, "$.settlementDate: expected an ISO 8601 date, got ''"),
    ({"settlementDate": 20260915}, "Expected `str | null`, got `int` - at `$.settlementDate`"),
    ({"transUid": 7}, "Expected `str | null`, got `int` - at `$.transUid`"),
    ({"issuerResponse": {}}, "Expected `str | null`, got `object` - at `$.issuerResponse`"),
]


@pytest.mark.parametrize(("changes", "says"), UNREADABLE)
def test_what_is_not_documented_is_unreadable_and_says_where(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse(message(**changes))
    assert says in refusal.value.detail
