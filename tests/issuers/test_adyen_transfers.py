"""What a careful reader takes from Adyen's transfer webhooks, version 4, every field written down."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from issuer_deliveries import delivery, fixture, utc

from issuers.adyen import AdyenAdapter
from issuers.errors import Unreadable
from issuers.events import CardEvent, Channel, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis

ADYEN = AdyenAdapter()
SHOP = MerchantEvidence(
    identifiers=(
        MerchantIdentifier("acquirer_mid", "012345/000000000000777"),
        MerchantIdentifier("mid", "000000000000777"),
    ),
    descriptor="EXAMPLE SHOP",
    category_code="5651",
    city="Exampletown",
    country="FR",
    channel=Channel.IN_STORE,
)
AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="PI00000000000000000000001",
    fact_ref="authorization:EV0000000000000002",
    revision=3,
    purchase_ref="TR00000000000001",
    occurred_at=utc("2026-09-15T08:20:31"),
    occurred_until=utc("2026-09-15T08:20:31"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-15T08:20:28"),
    amount_minor=42_00,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four=None,
    card_scheme=None,
    metadata={},
)
CLEARING = replace(
    AUTHORIZATION,
    kind=EventKind.CLEARING,
    fact_ref="clearing:EV0000000000000003",
    occurred_at=utc("2026-09-16T03:59:58"),
    occurred_until=utc("2026-09-16T03:59:58"),
    amount_minor=40_00,
)


def event(number: int, status: str, **changes: Any) -> dict[str, Any]:
    """Event `number`, at 8:00 UTC of day `number` of September; keywords name registers of a mutation in EUR."""
    registers = {name: changes.pop(name) for name in ("balance", "reserved", "received") if name in changes}
    return {
        "id": f"EV{number:016}",
        "type": "accounting",
        "status": status,
        "bookingDate": f"2026-09-{number:02}T10:00:00+02:00",
        "mutations": [{"currency": "EUR", **registers}] if registers else None,
    } | changes


def message(events: Sequence[dict[str, Any]] | None = None, /, **changes: Any) -> dict[str, Any]:
    told = deepcopy(fixture("adyen/transfer.captured.json"))
    if events is not None:
        told["data"] |= {"events": events, "status": events[-1]["status"] if events else "received"}
        told["data"] |= {"eventId": events[-1]["id"] if events else None, "sequenceNumber": len(events)}
    told["data"] |= changes
    return told


def parse(events: Sequence[dict[str, Any]] | None = None, /, **changes: Any) -> tuple[CardEvent, ...]:
    return ADYEN.parse(delivery(message(events, **changes)))


def brief(facts: Sequence[CardEvent]) -> list[tuple[str, int, str, str | None]]:
    return [(fact.fact_ref, fact.amount_minor, fact.purchase_ref, fact.refund_of) for fact in facts]


RECEIVED = event(1, "received", received=-4200)
AUTHORISED = event(2, "authorised", received=4200, reserved=-4200)


@pytest.mark.parametrize("kind", ["created", "updated"])
def test_a_captured_payment_states_its_authorization_and_its_capture(kind: str) -> None:
    told = message() | {"type": f"balancePlatform.transfer.{kind}"}
    assert ADYEN.parse(delivery(told)) == (AUTHORIZATION, CLEARING)


PURCHASE = "TR00000000000001"
LIVES: list[tuple[str, list[dict[str, Any]], list[tuple[str, int]]]] = [
    ("asked", [RECEIVED], []),
    ("agreed", [RECEIVED, AUTHORISED], [("authorization:EV0000000000000002", 42_00)]),
    (
        "a tip",
        [RECEIVED, AUTHORISED, event(3, "authAdjustmentAuthorised", reserved=-500)],
        [("authorization:EV0000000000000002", 42_00), ("authorization:EV0000000000000003", 5_00)],
    ),
    (
        "lowered",
        [RECEIVED, AUTHORISED, event(3, "authAdjustmentAuthorised", reserved=1000)],
        [("authorization:EV0000000000000002", 42_00), ("reversal:EV0000000000000003", 10_00)],
    ),
    (
        "an adjustment refused",
        [RECEIVED, AUTHORISED, event(3, "authAdjustmentRefused", reserved=0), event(4, "authAdjustmentError")],
        [("authorization:EV0000000000000002", 42_00)],
    ),
    (
        "cancelled in part, the rest expired",
        [RECEIVED, AUTHORISED, event(3, "cancelled", reserved=1200), event(4, "expired", reserved=3000)],
        [
            ("authorization:EV0000000000000002", 42_00),
            ("reversal:EV0000000000000003", 12_00),
            ("reversal:EV0000000000000004", 30_00),
        ],
    ),
    (
        "captured twice, the rest expired",
        [
            RECEIVED,
            AUTHORISED,
            event(3, "capturePending"),
            event(4, "captured", balance=-2500, reserved=2500),
            event(5, "captured", balance=-1500, reserved=1500),
            event(6, "expired", reserved=200),
        ],
        [
            ("authorization:EV0000000000000002", 42_00),
            ("clearing:EV0000000000000004", 25_00),
            ("clearing:EV0000000000000005", 15_00),
            ("reversal:EV0000000000000006", 2_00),
        ],
    ),
    (
        "captured without an authorization",
        [RECEIVED, event(3, "captured", balance=-4200, received=4200)],
        [("clearing:EV0000000000000003", 42_00)],
    ),
    ("refused", [RECEIVED, event(2, "refused", received=4200)], [("decline:EV0000000000000002", 42_00)]),
    ("refused, no mutation", [RECEIVED, event(2, "error")], [("decline:EV0000000000000002", 42_00)]),
    (
        "refused here and agreed by the scheme",
        [RECEIVED, event(2, "refused", received=4200), event(3, "adviceAuthorised", reserved=-4200)],
        [("authorization:EV0000000000000003", 42_00)],
    ),
    (
        "agreed here and refused by the scheme",
        [RECEIVED, AUTHORISED, event(3, "adviceRefused", reserved=4200)],
        [("authorization:EV0000000000000002", 42_00), ("reversal:EV0000000000000003", 42_00)],
    ),
    (
        "agreed again after the scheme, without a change",
        [RECEIVED, AUTHORISED, event(3, "adviceAuthorised", reserved=0)],
        [("authorization:EV0000000000000002", 42_00)],
    ),
    (
        "disputes, fees and tracking",
        [
            RECEIVED,
            AUTHORISED,
            event(3, "captured", balance=-4200, reserved=4200),
            event(4, "chargeback", balance=4200),
            event(5, "fee", balance=-100),
            event(6, "captured", type="tracking"),
        ],
        [("authorization:EV0000000000000002", 42_00), ("clearing:EV0000000000000003", 42_00)],
    ),
    (
        "amounts instead of mutations",
        [
            event(2, "authorised"),
            event(3, "captured", amount={"currency": "EUR", "value": -4000}),
            event(4, "expired", amount={"currency": "EUR", "value": 200}),
        ],
        [
            ("authorization:EV0000000000000002", 42_00),
            ("clearing:EV0000000000000003", 40_00),
            ("reversal:EV0000000000000004", 2_00),
        ],
    ),
]


@pytest.mark.parametrize(("case", "events", "expected"), LIVES, ids=[case for case, _, _ in LIVES])
def test_each_event_is_one_fact(case: str, events: list[dict[str, Any]], expected: list[tuple[str, int]]) -> None:
    facts = parse(events)
    assert brief(facts) == [(name, minor, PURCHASE, None) for name, minor in expected]
    for fact in facts:
        day = int(fact.fact_ref[-2:])
        told = utc(f"2026-09-{day:02}T08:00:00")
        rest = replace(
            CLEARING,
            kind=EventKind(fact.fact_ref.split(":")[0]),
            fact_ref=fact.fact_ref,
            revision=len(events),
            occurred_at=told,
            occurred_until=told,
            amount_minor=fact.amount_minor,
        )
        assert fact == rest


def test_what_comes_back_within_a_payment_is_one_fact_of_the_sum_so_far() -> None:
    events = [RECEIVED, AUTHORISED, event(3, "captured", balance=-4200, reserved=4200)]
    events += [event(4, "refunded", balance=1000), event(5, "refunded", balance=500)]
    told = parse(events)[-1]
    assert told == replace(
        CLEARING,
        kind=EventKind.REFUND,
        fact_ref="refund:TR00000000000001",
        revision=5,
        occurred_at=utc("2026-09-04T08:00:00"),
        occurred_until=utc("2026-09-04T08:00:00"),
        amount_minor=15_00,
        refund_of="TR00000000000001",
    )
    later = parse([*events, event(6, "refundReversed", balance=-500)])[-1]
    assert later == replace(told, revision=6, amount_minor=10_00)
    whole = parse([*events[:3], event(4, "captureReversed", balance=4200)])[-1]
    assert (whole.kind, whole.amount_minor, whole.refund_of) == (EventKind.REFUND, 42_00, "TR00000000000001")


REFUND = {"id": "TR00000000000002", "direction": "incoming", "amount": {"currency": "EUR", "value": 1500}}
REFUNDED = [event(1, "received", received=1500), event(2, "refunded", balance=1500, received=-1500)]


def test_a_refund_is_a_transfer_of_its_own_and_names_no_purchase() -> None:
    expected = replace(
        CLEARING,
        kind=EventKind.REFUND,
        fact_ref="refund:TR00000000000002",
        revision=2,
        purchase_ref="TR00000000000002",
        occurred_at=utc("2026-09-02T08:00:00"),
        occurred_until=utc("2026-09-02T08:00:00"),
        purchase_at=None,
        amount_minor=15_00,
        refund_of=None,
    )
    assert parse(REFUNDED, **REFUND) == (expected,)
    assert parse(REFUNDED, **REFUND | {"type": "refund", "direction": None}) == (expected,)
    assert parse([event(2, "refunded")], **REFUND) == (replace(expected, revision=1),)
    assert parse(REFUNDED[:1], **REFUND) == ()
    assert parse([REFUNDED[0], event(2, "authorised", received=-1500, reserved=1500)], **REFUND) == ()
    gone = parse([*REFUNDED, event(3, "refundReversed", balance=-1500)], **REFUND)
    assert gone == (replace(expected, revision=3, amount_minor=0),)
    gone = parse([*REFUNDED, event(3, "refundReversed", amount={"currency": "EUR", "value": 1500})], **REFUND)
    assert gone == (replace(expected, revision=3, amount_minor=0),)


def test_in_any_order_and_repeated_the_highest_sequence_number_decides() -> None:
    events = [RECEIVED, AUTHORISED, event(3, "captured", balance=-4200, reserved=4200)]
    events += [event(4, "refunded", balance=1000), event(5, "refundReversed", balance=-1000)]
    messages = [parse(events[: number + 1]) for number in range(len(events))]
    ends = set()
    for order in permutations([*messages, messages[2]]):
        held: dict[str, CardEvent] = {}
        for facts in order:
            for fact in facts:
                if fact.fact_ref not in held or fact.revision > held[fact.fact_ref].revision:
                    held[fact.fact_ref] = fact
        ends.add(tuple(sorted((name, fact.revision, fact.amount_minor) for name, fact in held.items())))
    assert ends == {
        (
            ("authorization:EV0000000000000002", 5, 42_00),
            ("clearing:EV0000000000000003", 5, 42_00),
            ("refund:TR00000000000001", 5, 0),
        )
    }


@pytest.mark.parametrize(
    ("entry", "processing", "channel"),
    [
        ("chip", "pos", Channel.IN_STORE),
        ("magstripe", None, Channel.IN_STORE),
        ("contactless", "token", Channel.IN_STORE),
        ("ecommerce", "ecommerce", Channel.ONLINE),
        ("cof", "ecommerce", Channel.ONLINE),
        ("contactless", "ecommerce", None),
        ("manual", "moto", None),
        ("token", "recurring", None),
        ("cof", None, None),
        (None, None, None),
    ],
)
def test_a_channel_is_told_where_nothing_contradicts_it(
    entry: str | None, processing: str | None, channel: Channel | None
) -> None:
    way = {"type": "issuedCard", "panEntryMode": entry, "processingType": processing}
    assert {fact.merchant for fact in parse(categoryData=way)} == {replace(SHOP, channel=channel)}


def test_evidence_currencies_and_times_that_are_told_otherwise() -> None:
    shop = {"merchantId": "0", "country": "FRA", "countryCode": "FR"}
    assert parse(counterparty={"merchant": shop})[0].merchant == MerchantEvidence(
        country="FR", channel=Channel.IN_STORE
    )
    assert parse(counterparty=None)[0].merchant == MerchantEvidence(channel=Channel.IN_STORE)
    # The account was charged in dollars too: the mutation in the transfer's currency counts.
    both = [{"currency": "USD", "reserved": -4700}, {"currency": "EUR", "reserved": -4200}]
    assert brief(parse([event(2, "authorised", mutations=both)]))[0][1] == 42_00
    krona = event(2, "authorised", mutations=[{"currency": "ISK", "reserved": -128000}])
    assert [(fact.amount_minor, fact.currency) for fact in parse([krona])] == [(1280, "ISK")]
    undated = parse([RECEIVED, event(2, "authorised", reserved=-4200, bookingDate=None)], createdAt=None)[0]
    assert (undated.occurred_at, undated.purchase_at) == (utc("2026-09-16T04:00:00"), utc("2026-09-01T08:00:00"))
    local = parse([event(2, "authorised", reserved=-4200)], createdAt="2026-09-15T10:20:28")[0]
    assert (local.purchase_at, local.time_basis) == (utc("2026-09-15T10:20:28"), TimeBasis.ASSUMED_UTC)
    assert parse(sequenceNumber=None)[0].revision == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "bank"},
        {"category": None},
        {"category": "platformPayment", "events": 7, "amount": "much"},
        {"type": "atmWithdrawal"},
        {"type": "chargeback"},
        {"type": "a type of tomorrow"},
        {"categoryData": {"type": "issuedCard", "processingType": "atmWithdraw"}},
        {"categoryData": {"type": "issuedCard", "processingType": "balanceInquiry"}},
        {"events": [], "status": "received"},
        {"events": None, "status": "a status of tomorrow"},
    ],
)
def test_every_other_transfer_states_nothing(changes: dict[str, Any]) -> None:
    assert parse(**changes) == ()


UNREADABLE: list[tuple[str, dict[str, Any], str]] = [
    ("no card", {"paymentInstrument": None}, "$.data.paymentInstrument.id: expected an id"),
    ("no transfer", {"id": None}, "$.data.id: expected an id"),
    ("no amount", {"amount": None}, "Expected `object`, got `null` - at `$.data.amount`"),
    ("huge id", {"id": "x" * 256}, "$.data.id: expected an id of 1 to 255 characters"),
    ("sequence below zero", {"sequenceNumber": -1}, "$.data.sequenceNumber: expected a number from 1, got -1"),
    ("sequence beyond", {"sequenceNumber": 2**80}, "sequenceNumber: expected a number from 1"),
    ("sequence as text", {"sequenceNumber": "3"}, "Expected `int | null`, got `str`"),
    ("events no list", {"events": {}}, "Expected `array | null`, got `object` - at `$.data.events`"),
    ("event without an id", {"events": [AUTHORISED | {"id": None}]}, "$.data.events[].id: expected an id"),
    ("day only", {"events": [AUTHORISED | {"bookingDate": "2026-09-15"}]}, "bookingDate: expected an ISO 8601"),
    ("capture without an amount", {"events": [event(3, "captured")]}, "captured: expected mutations or an amount"),
    ("status without events", {"events": None, "eventId": "EV1"}, "captured: expected mutations or an amount"),
    ("expiry without an amount", {"events": [event(3, "expired")]}, "expired: expected mutations or an amount"),
    ("refund without an amount", {"events": [event(3, "refunded")]}, "refunded: expected mutations or an amount"),
    (
        "adjustment without a difference",
        {"events": [event(3, "authAdjustmentAuthorised", amount={"currency": "EUR", "value": 4700})]},
        "expected mutations, which alone tell the difference",
    ),
    (
        "mutations in other currencies",
        {"events": [event(3, "captured", mutations=[{"currency": "USD"}, {"currency": "GBP"}])]},
        "expected a mutation in 'EUR', there is none",
    ),
    (
        "refunds in two currencies",
        {
            "events": [
                event(3, "refunded", balance=1),
                event(4, "refunded", mutations=[{"currency": "USD", "balance": 1}]),
            ]
        },
        "expected all refunds in one currency, got EUR, USD",
    ),
    ("beyond all money", {"events": [event(3, "captured", balance=-(10**18))]}, "amount: expected at most"),
    ("half a cent", {"events": [event(3, "captured", balance=-1.5)]}, "Expected `int | null`, got `float`"),
    (
        "no currency",
        {"events": [event(3, "captured", mutations=[{"balance": 1}])]},
        "missing required field `currency`",
    ),
]


@pytest.mark.parametrize(("case", "changes", "says"), UNREADABLE, ids=[case for case, _, _ in UNREADABLE])
def test_what_is_not_documented_is_unreadable_and_says_where(case: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse(**changes)
    assert says in refusal.value.detail


def test_without_events_an_authorization_is_told_by_the_transfer_itself() -> None:
    told = parse(events=None, status="authorised", eventId="EV0000000000000009")
    moment = utc("2026-09-16T04:00:00")
    expected = replace(
        AUTHORIZATION, fact_ref="authorization:EV0000000000000009", occurred_at=moment, occurred_until=moment
    )
    assert told == (expected,)
