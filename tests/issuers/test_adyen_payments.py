"""What a careful reader takes from Adyen's older payment webhooks, every field written down."""

from dataclasses import replace
from typing import Any

import pytest
from issuer_deliveries import delivery, fixture, utc

from issuers.adyen import AdyenAdapter
from issuers.errors import Unreadable
from issuers.events import CardEvent, Channel, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis

ADYEN = AdyenAdapter()
SHOP = MerchantEvidence(
    identifiers=(MerchantIdentifier("mid", "526567789012346"),),
    descriptor="Store-ecom",
    category_code="7999",
    city="Amsterdam",
    country="NL",
    channel=Channel.ONLINE,
)
AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="PI32272223222B5CZW7BQ2V3T",
    fact_ref="authorization:1W1UG35QDNNE694X",
    revision=1617274598_000000,
    purchase_ref="1W1UG35QDNNE694X",
    occurred_at=utc("2021-04-01T10:56:38"),
    occurred_until=utc("2021-04-01T10:56:38"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2021-04-01T10:56:38"),
    amount_minor=20_00,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four=None,
    card_scheme=None,
    metadata={},
)
DECLINE = CardEvent(
    kind=EventKind.DECLINE,
    card_token="PI32272223222B5CZW7BQ2V3T",
    fact_ref="decline:2L470J5Q6VVUAWGT",
    revision=1615800643_000000,
    purchase_ref="2L470J5Q6VVUAWGT",
    occurred_at=utc("2021-03-15T09:30:43"),
    occurred_until=utc("2021-03-15T09:30:43"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2021-03-15T09:30:43"),
    amount_minor=10_00,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four=None,
    card_scheme=None,
    metadata={},
)
# The word is Expired, the title of the sample says cancelled in part: 12.00 of 25.00 were let go.
REVERSAL = CardEvent(
    kind=EventKind.REVERSAL,
    card_token="PI32272223222B5CZW7BQ2V3T",
    fact_ref="reversal:2L470J5QAVHDDZTW/1616668925000000/1200",
    revision=1616668925_000000,
    purchase_ref="2L470J5QAVHDDZTW",
    occurred_at=utc("2021-03-25T10:42:05"),
    occurred_until=utc("2021-03-25T10:42:05"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=None,
    amount_minor=12_00,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four=None,
    card_scheme=None,
    metadata={},
)
REFUND_REQUEST = CardEvent(
    kind=EventKind.OTHER,
    card_token="PI3227C223222B5BKTS5RC3D3",
    fact_ref="other:IZMP115QIFI1EXZK",
    revision=1618313717_000000,
    purchase_ref="IZMP115QIFI1EXZK",
    occurred_at=utc("2021-04-13T11:35:17"),
    occurred_until=utc("2021-04-13T11:35:17"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=None,
    amount_minor=20_00,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(),
    last_four=None,
    card_scheme=None,
    metadata={},
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("payment-created-authorized", (AUTHORIZATION,)),
        ("payment-created-rejected", (DECLINE,)),
        ("payment-updated-partially-cancelled", (REVERSAL,)),
        ("payment-created-refund-requested", (REFUND_REQUEST,)),
        ("payment-created-funds-transfer", ()),
        # It asks for a decision and tells no time.
        ("balancePlatform.authorisation.relayed", ()),
    ],
)
def test_the_vendors_samples(name: str, expected: tuple[CardEvent, ...]) -> None:
    assert ADYEN.parse(delivery(fixture(f"adyen/{name}.json"))) == expected


def amount(value: int, currency: str = "EUR") -> dict[str, Any]:
    return {"currency": currency, "value": value}


def parse(kind: str, sample: str = "payment-created-authorized", **changes: Any) -> tuple[CardEvent, ...]:
    message = fixture(f"adyen/{sample}.json", type=f"balancePlatform.{kind}")
    message["data"] |= changes
    return ADYEN.parse(delivery(message))


CAPTURED = replace(
    AUTHORIZATION,
    kind=EventKind.CLEARING,
    fact_ref="clearing:CP00000000000001/1617343200000000/1500",
    revision=1617343200_000000,
    occurred_at=utc("2021-04-02T06:00:00"),
    occurred_until=utc("2021-04-02T06:00:00"),
    purchase_at=None,
    amount_minor=15_00,
)
CAPTURE = {
    "id": "CP00000000000001",
    "paymentId": "1W1UG35QDNNE694X",
    "status": "Captured",
    "creationDate": "2021-04-02T08:00:00+02:00",
    "modification": {"amount": amount(-1500), "type": "Captured"},
}
REFUNDED = replace(
    REFUND_REQUEST,
    kind=EventKind.REFUND,
    fact_ref="refund:IN00000000000001",
    amount_minor=5_00,
)
REFUND = {
    "id": "IN00000000000001",
    "paymentId": "IZMP115QIFI1EXZK",
    "status": "Refunded",
    "modification": {"amount": amount(500), "type": "Refunded"},
}
ADJUSTED = replace(
    AUTHORIZATION,
    fact_ref="authorization:1W1UG35QDNNE694X/1617274598000000/350",
    purchase_at=None,
    amount_minor=3_50,
)
LOWERED = replace(ADJUSTED, kind=EventKind.REVERSAL, fact_ref="reversal:1W1UG35QDNNE694X/1617274598000000/350")
KEPT = replace(
    AUTHORIZATION,
    kind=EventKind.OTHER,
    fact_ref="other:1W1UG35QDNNE694X",
    purchase_at=None,
    amount_minor=0,
    currency="XXX",
)


def modified(value: int) -> dict[str, Any]:
    return {"amount": amount(value), "type": "whatever"}


WRITTEN: list[tuple[str, str, dict[str, Any], tuple[CardEvent, ...]]] = [
    ("captured", "outgoingTransfer.created", CAPTURE, (CAPTURED,)),
    (
        "captured under the payment's own id",
        "outgoingTransfer.created",
        CAPTURE | {"id": "1W1UG35QDNNE694X"},
        (replace(CAPTURED, fact_ref="clearing:1W1UG35QDNNE694X/1617343200000000/1500"),),
    ),
    (
        "captured without a modification",
        "outgoingTransfer.created",
        CAPTURE | {"modification": None},
        (replace(CAPTURED, fact_ref="clearing:CP00000000000001/1617343200000000/2000", amount_minor=20_00),),
    ),
    (
        "captured of nothing known",
        "outgoingTransfer.created",
        CAPTURE | {"paymentId": None},
        (replace(CAPTURED, purchase_ref="CP00000000000001"),),
    ),
    ("raised", "payment.updated", {"status": "AuthAdjustmentAuthorised", "modification": modified(-350)}, (ADJUSTED,)),
    ("lowered", "payment.updated", {"status": "AuthAdjustmentAuthorised", "modification": modified(350)}, (LOWERED,)),
    (
        "cancelled",
        "payment.updated",
        {"status": "Cancelled", "modification": modified(2000)},
        (replace(LOWERED, fact_ref="reversal:1W1UG35QDNNE694X/1617274598000000/2000", amount_minor=20_00),),
    ),
    ("expired by nothing", "payment.updated", {"status": "Expired", "modification": modified(0)}, (KEPT,)),
    ("adjustment refused", "payment.updated", {"status": "AuthAdjustmentRefused"}, (KEPT,)),
    ("a status of tomorrow", "payment.updated", {"status": "Tomorrow"}, (KEPT,)),
    ("a status of tomorrow, no time", "payment.updated", {"status": "Tomorrow", "creationDate": None}, ()),
    (
        "cash",
        "payment.created",
        {"processingType": "atmWithdraw"},
        (replace(KEPT, merchant=replace(SHOP, channel=None)),),
    ),
    (
        "error",
        "payment.created",
        {"status": "Error"},
        (replace(AUTHORIZATION, kind=EventKind.DECLINE, fact_ref="decline:1W1UG35QDNNE694X"),),
    ),
    ("an account check", "payment.created", {"amount": amount(0)}, (replace(KEPT, currency="EUR"),)),
    (
        "at a terminal",
        "payment.created",
        {"processingType": "pos"},
        (replace(AUTHORIZATION, merchant=replace(SHOP, channel=Channel.IN_STORE)),),
    ),
    (
        "by telephone",
        "payment.created",
        {"processingType": "moto"},
        (replace(AUTHORIZATION, merchant=replace(SHOP, channel=None)),),
    ),
    (
        "yen",
        "payment.created",
        {"amount": amount(-1280, "JPY")},
        (replace(AUTHORIZATION, amount_minor=1280, currency="JPY"),),
    ),
    # Adyen's decimals differ from ISO 4217 for these four.
    (
        "ISK",
        "payment.created",
        {"amount": amount(-128000, "ISK")},
        (replace(AUTHORIZATION, amount_minor=1280, currency="ISK"),),
    ),
    (
        "CLP",
        "payment.created",
        {"amount": amount(-128000, "CLP")},
        (replace(AUTHORIZATION, amount_minor=1280, currency="CLP"),),
    ),
    (
        "IDR",
        "payment.created",
        {"amount": amount(-1280, "IDR")},
        (replace(AUTHORIZATION, amount_minor=128000, currency="IDR"),),
    ),
    (
        "CVE",
        "payment.created",
        {"amount": amount(-1280, "CVE")},
        (replace(AUTHORIZATION, amount_minor=128000, currency="CVE"),),
    ),
]


@pytest.mark.parametrize(("case", "kind", "changes", "expected"), WRITTEN, ids=[each[0] for each in WRITTEN])
def test_payments_captures_and_adjustments(
    case: str, kind: str, changes: dict[str, Any], expected: tuple[CardEvent, ...]
) -> None:
    assert parse(kind, **changes) == expected


def test_a_refund_is_told_by_the_incoming_transfer_and_under_the_id_of_its_request() -> None:
    sample = "payment-created-refund-requested"
    assert parse("incomingTransfer.updated", sample, **REFUND) == (REFUNDED,)
    pending = REFUND | {"status": "PendingIncomingTransfer"}
    kept = replace(REFUNDED, kind=EventKind.OTHER, fact_ref="other:IN00000000000001", amount_minor=0, currency="XXX")
    assert parse("incomingTransfer.created", sample, **pending) == (kept,)
    # A request that ends changes nothing that was authorised.
    ended = replace(REFUND_REQUEST, amount_minor=0, currency="XXX")
    assert parse("payment.updated", sample, status="Cancelled") == (ended,)


def test_two_partial_captures_are_two_facts_and_a_repetition_is_one() -> None:
    first = parse("outgoingTransfer.created", **CAPTURE)
    second = parse("outgoingTransfer.created", **CAPTURE | {"modification": {"amount": amount(-500)}})
    again = parse("outgoingTransfer.created", **CAPTURE)
    assert first == again
    assert {fact.fact_ref for fact in first + second} == {
        "clearing:CP00000000000001/1617343200000000/1500",
        "clearing:CP00000000000001/1617343200000000/500",
    }


UNREADABLE: list[tuple[str, dict[str, Any], str]] = [
    ("payment.created", {"paymentInstrument": None}, "expected $.data.paymentInstrument beside merchantData"),
    ("payment.created", {"paymentInstrument": {"id": ""}}, "$.data.paymentInstrument.id: expected an id"),
    ("payment.created", {"id": None}, "$.data.id: expected an id"),
    ("payment.created", {"creationDate": None}, "$.data.creationDate: expected an ISO 8601 date and time"),
    ("payment.created", {"creationDate": "2021-04-01"}, "$.data.creationDate: expected an ISO 8601 date and time"),
    ("payment.created", {"amount": None}, "$.data.amount: expected an amount, got none"),
    ("payment.created", {"amount": amount(-(10**18))}, "amount: expected at most"),
    ("payment.created", {"amount": {"currency": "EUR", "value": -20.0}}, "Expected `int`, got `float`"),
    ("payment.created", {"amount": {"currency": "EUR", "value": "-20"}}, "Expected `int`, got `str`"),
    ("payment.created", {"amount": amount(-1, "BTC")}, "expected an ISO 4217 code such as EUR, got 'BTC'"),
    ("payment.created", {"amount": amount(-128050, "ISK")}, "ISK is written in hundreds, got -128050"),
    ("payment.updated", {"status": "Expired", "modification": None}, "$.data.modification.amount: expected an amount"),
    ("payment.updated", {"status": "Expired"}, "expected what was let go, above zero, got -2000"),
    ("outgoingTransfer.created", CAPTURE | {"modification": modified(1500)}, "expected a captured amount below zero"),
    ("incomingTransfer.updated", {"status": "Refunded"}, "expected a refunded amount above zero, got -2000"),
    ("payment.created", {"merchantData": [[]]}, "$.data.merchantData"),
]


@pytest.mark.parametrize(("kind", "changes", "says"), UNREADABLE)
def test_what_is_not_documented_is_unreadable_and_says_where(kind: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse(kind, **changes)
    assert says in refusal.value.detail
