"""What a careful reader takes from Amex's two messages, written down in full."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from issuers.adapter import Delivery
from issuers.amex import AmexAdapter
from issuers.card_numbers import mask_card_numbers
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis

AMEX = AmexAdapter()
FIXTURES = Path(__file__).parent / "fixtures" / "amex"
SECRET = b"amex-client:whsec_demo_secret"
NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)  # 1790000000
PURCHASE = "card-token-0003/9400000001/000003"
SHOP = MerchantEvidence(identifiers=(MerchantIdentifier("se_number", "9400000001"),))
AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="card-token-0003",
    fact_ref="authorization:000000000000001",
    revision=0,
    purchase_ref=PURCHASE,
    occurred_at=datetime(2026, 9, 15, 8, 20, 30, tzinfo=UTC),
    occurred_until=datetime(2026, 9, 15, 8, 20, 30, tzinfo=UTC),
    time_basis=TimeBasis.INSTANT,
    purchase_at=datetime(2026, 9, 15, 8, 20, 30, tzinfo=UTC),
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four=None,
    card_scheme="amex",
    metadata={},
)
CLEARING = replace(
    AUTHORIZATION,
    kind=EventKind.CLEARING,
    fact_ref="clearing:MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx",
    time_basis=TimeBasis.MERCHANT_LOCAL,
)
REFUND = CardEvent(
    kind=EventKind.REFUND,
    card_token="card-token-0003",
    fact_ref="refund:MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAy",
    revision=0,
    purchase_ref="MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAy",
    occurred_at=datetime(2026, 9, 18, 16, 5, tzinfo=UTC),
    occurred_until=datetime(2026, 9, 18, 16, 5, tzinfo=UTC),
    time_basis=TimeBasis.MERCHANT_LOCAL,
    purchase_at=None,
    amount_minor=12_50,
    currency="EUR",
    final=False,
    refund_of=PURCHASE,
    merchant=SHOP,
    last_four=None,
    card_scheme="amex",
    metadata={},
)
UNJOINED = replace(
    AUTHORIZATION, kind=EventKind.OTHER, fact_ref="other:000000000000001", purchase_ref="000000000000001"
)


def message(name: str, **changes: Any) -> dict[str, Any]:
    """A fixture; `changes` replace fields, and `...` takes one away."""
    body: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text()) | changes
    return {key: value for key, value in body.items() if value is not ...}


def delivery(body: Any, event: str | None = None, **headers: str) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(raw, headers, event, "https://example.com/webhooks/demo")


READ: list[tuple[str, dict[str, Any], CardEvent]] = [
    ("auth", {}, AUTHORIZATION),
    ("auth", {"transaction_amount": 42.5}, AUTHORIZATION),
    ("auth", {"transaction_amount": 42}, replace(AUTHORIZATION, amount_minor=42_00)),
    ("auth", {"transaction_amount": "0.00"}, replace(AUTHORIZATION, amount_minor=0)),
    ("auth", {"transaction_currency": "UKL"}, replace(AUTHORIZATION, currency="GBP")),
    ("auth", {"transaction_currency": " eur "}, AUTHORIZATION),
    ("auth", {"transaction_currency": "978"}, AUTHORIZATION),
    ("auth", {"approval_code": " 000003 "}, AUTHORIZATION),
    # In winter too: Phoenix keeps its clocks.
    (
        "auth",
        {"transaction_time": "2026-01-15 23:20:30"},
        replace(
            AUTHORIZATION,
            occurred_at=datetime(2026, 1, 16, 6, 20, 30, tzinfo=UTC),
            occurred_until=datetime(2026, 1, 16, 6, 20, 30, tzinfo=UTC),
            purchase_at=datetime(2026, 1, 16, 6, 20, 30, tzinfo=UTC),
        ),
    ),
    # Without what joins it to its settlement it would be counted beside it.
    ("auth", {"approval_code": ...}, UNJOINED),
    ("auth", {"approval_code": None}, UNJOINED),
    ("auth", {"approval_code": ""}, UNJOINED),
    ("auth", {"approval_code": "000000"}, UNJOINED),
    ("auth", {"merchant_number": ...}, replace(UNJOINED, merchant=MerchantEvidence())),
    ("auth", {"merchant_number": "0"}, replace(UNJOINED, merchant=MerchantEvidence())),
    (
        "auth",
        {"transaction_amount": "-5.00"},
        replace(AUTHORIZATION, kind=EventKind.OTHER, fact_ref="other:000000000000001", amount_minor=5_00),
    ),
    ("settlement", {}, CLEARING),
    ("settlement", {"transactionAmount": "42.50"}, CLEARING),
    ("settlement", {"currencyCode": 978}, CLEARING),
    ("settlement", {"currencyCode": "826"}, replace(CLEARING, currency="GBP")),
    (
        "settlement",
        {"currencyCode": "036", "transactionAmount": 1.01},
        replace(CLEARING, currency="AUD", amount_minor=101),
    ),
    (
        "settlement",
        {"currencyCode": "392", "transactionAmount": 1280},
        replace(CLEARING, currency="JPY", amount_minor=1280),
    ),
    ("settlement", {"dpan": ""}, CLEARING),
    ("settlement", {"dpan": ..., "partnerId": ..., "recordId": ..., "offerId": ...}, CLEARING),
    (
        "settlement",
        {"approvalCode": ""},
        replace(CLEARING, purchase_ref="MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"),
    ),
    (
        "settlement",
        {"transactionDate": "2026-01-15 09:20:30"},
        replace(
            CLEARING,
            occurred_at=datetime(2026, 1, 15, 9, 20, 30, tzinfo=UTC),
            occurred_until=datetime(2026, 1, 15, 9, 20, 30, tzinfo=UTC),
            purchase_at=datetime(2026, 1, 15, 9, 20, 30, tzinfo=UTC),
        ),
    ),
    # The hour that London repeats when its clocks go back is one of two.
    (
        "settlement",
        {"transactionDate": "2026-10-25 01:30:00"},
        replace(
            CLEARING,
            occurred_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            occurred_until=datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            purchase_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ),
    ),
    ("settlement.refund", {}, REFUND),
    ("settlement.refund", {"transactionAmount": -12.5}, REFUND),
    ("settlement.refund", {"approvalCode": ...}, replace(REFUND, refund_of=None)),
]


@pytest.mark.parametrize(("name", "changes", "expected"), READ)
@pytest.mark.parametrize("event", [None, "auth", "settlement"])
def test_a_message_states_one_fact_whatever_its_address(
    name: str, changes: dict[str, Any], expected: CardEvent, event: str | None
) -> None:
    assert AMEX.parse(delivery(message(name, **changes), event)) == (expected,)


def test_any_order_and_any_repetition_states_the_same_facts_of_one_purchase() -> None:
    sent = [message("auth"), message("settlement"), message("settlement.refund")]
    ends = set()
    for order in permutations([*sent, *sent[:2]]):
        facts = {event.fact_ref: event for body in order for event in AMEX.parse(delivery(body))}
        ends.add(tuple(sorted((ref, event.amount_minor) for ref, event in facts.items())))
        assert {event.refund_of or event.purchase_ref for event in facts.values()} == {PURCHASE}
    assert len(ends) == 1


@pytest.mark.parametrize(
    "changes", [{"cardToken": "card-token-0004"}, {"merchantNumber": "9400000002"}, {"approvalCode": "000004"}]
)
def test_another_card_shop_or_approval_is_another_purchase(changes: dict[str, str]) -> None:
    (event,) = AMEX.parse(delivery(message("settlement", **changes)))
    assert event.purchase_ref != PURCHASE
    assert event.purchase_ref.count("/") == 2


@pytest.mark.parametrize("body", [{}, {"status": "ok"}, {"transaction_id": None}, {"client_id": "x"}])
def test_an_object_that_is_neither_message_states_nothing(body: dict[str, Any]) -> None:
    assert AMEX.parse(delivery(body)) == ()


UNREADABLE: list[tuple[str, dict[str, Any], str]] = [
    ("auth", {"cm_alias": ...}, "amex authorization: $.cm_alias: expected an id"),
    ("auth", {"cm_alias": "x" * 256}, "amex authorization: $.cm_alias: expected an id"),
    ("auth", {"transaction_id": ""}, "amex authorization: $.transaction_id: expected an id"),
    ("auth", {"transaction_id": 12349}, "Expected `str | null`, got `int` - at `$.transaction_id`"),
    ("auth", {"transaction_amount": None}, "$.transaction_amount: expected an amount in major units, got none"),
    ("auth", {"transaction_amount": "NaN"}, "amount: expected a number of EUR, got NaN"),
    ("auth", {"transaction_amount": "sNaN"}, "amount: expected a number of EUR"),
    ("auth", {"transaction_amount": "Infinity"}, "amount: expected a number of EUR"),
    ("auth", {"transaction_amount": "1e999999999"}, "amount: expected a number of EUR"),
    ("auth", {"transaction_amount": 10**300}, "amount: expected a number of EUR"),
    ("auth", {"transaction_amount": "42.505"}, "amount: EUR has 2 decimals, got 42.505"),
    ("auth", {"transaction_amount": "1,00"}, "at `$.transaction_amount`"),
    ("auth", {"transaction_amount": [42]}, "at `$.transaction_amount`"),
    ("auth", {"transaction_amount": True}, "at `$.transaction_amount`"),
    ("auth", {"transaction_currency": ...}, "$.transaction_currency: expected a currency, got none"),
    ("auth", {"transaction_currency": "QQQ"}, "expected an ISO 4217 code such as EUR, got 'QQQ'"),
    ("auth", {"transaction_time": ...}, "$.transaction_time: expected an ISO 8601 date and time"),
    ("auth", {"transaction_time": "2026-09-15"}, "$.transaction_time: expected an ISO 8601 date and time"),
    ("auth", {"transaction_time": "9999-12-31 23:00:00"}, "expected a time between the years 1 and 9999"),
    ("auth", {"approval_code": 3}, "at `$.approval_code`"),
    ("auth", {"merchant_number": "a\u0000b"}, "without the character U+0000"),
    ("settlement", {"cardToken": ...}, "amex settlement: $.cardToken: expected an id"),
    ("settlement", {"transactionId": ...}, "amex settlement: $.transactionId: expected an id"),
    ("settlement", {"transactionAmount": ...}, "$.transactionAmount: expected an amount in major units"),
    ("settlement", {"currencyCode": "000"}, "expected an ISO 4217 number such as 978, got '000'"),
    ("settlement", {"currencyCode": -978}, "expected an ISO 4217 code such as EUR, got '-978'"),
    ("settlement", {"transactionDate": "15/09/2026 09:20"}, "$.transactionDate: expected an ISO 8601 date and time"),
    ("settlement", {"dpan": 7, "cardToken": {"a": 1}}, "at `$.cardToken`"),
]


@pytest.mark.parametrize(("name", "changes", "says"), UNREADABLE)
def test_what_is_not_documented_is_unreadable_and_says_where(name: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        AMEX.parse(delivery(message(name, **changes)))
    assert says in caught.value.detail


BROKEN = [b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\x00", b"[" * 100_000, b'{"transactionId":NaN}']


@pytest.mark.parametrize("body", [*BROKEN, b'[{"transactionId":"1"}]', b'{"cm_alias":"a","transaction_amount":NaN}'])
def test_what_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^amex"):
        AMEX.parse(delivery(body))


@pytest.mark.parametrize("body", [*BROKEN, b'{"cm_alias":7}', b'{"cardToken":""}', b'{"cm_alias":"\\u0000"}', b"{}"])
def test_what_cannot_be_read_still_has_an_envelope(body: bytes) -> None:
    envelope = AMEX.envelope(delivery(body))
    assert envelope.card_token is None
    assert len(envelope.delivery_id) == 64
    assert len(envelope.content_digest) == 32


@pytest.mark.parametrize("name", ["auth", "settlement", "settlement.refund"])
def test_the_lane_is_the_card_and_a_repeated_delivery_has_the_same_envelope(name: str) -> None:
    first = AMEX.envelope(delivery(message(name), **AMEX.sign(b"", secret=SECRET, url="", event=None, now=NOW)))
    again = AMEX.envelope(delivery(message(name)))
    assert first == again
    assert first.card_token == "card-token-0003"
    assert AMEX.envelope(delivery(message(name, offer_id="7"))).delivery_id != first.delivery_id


def test_ids_that_look_like_card_numbers_are_kept_and_a_card_number_elsewhere_is_not() -> None:
    number = "371449635398431"
    for name, field in (("auth", "transaction_id"), ("auth", "cm_alias"), ("settlement", "transactionId")):
        body = json.dumps(message(name, **{field: number})).encode()
        assert mask_card_numbers(body, pan_like_fields=AMEX.capabilities.pan_like_fields) == body
    body = json.dumps(message("settlement", dpan=number)).encode()
    assert number.encode() not in mask_card_numbers(body, pan_like_fields=AMEX.capabilities.pan_like_fields)


def test_the_acknowledgement_is_the_known_operators() -> None:
    answer = AMEX.acknowledgement(delivery(message("auth")))
    assert (answer.status, answer.body, answer.content_type) == (200, b'{"success":true}', "application/json")
