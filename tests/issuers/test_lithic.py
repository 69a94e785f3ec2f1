"""What a careful reader takes from Lithic's messages, written down in full."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from issuer_deliveries import delivery, fixture, micros, utc
from lithic_messages import CARD, PURCHASE, a_transaction, an_event

from issuers.events import CardEvent, Channel, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.lithic import LithicAdapter

LITHIC = LithicAdapter()
SHOP = MerchantEvidence(
    identifiers=(MerchantIdentifier("terminal", "11112222/T7"), MerchantIdentifier("mid", "11112222")),
    descriptor="EXAMPLE SHOP",
    category_code="5651",
    city="EXAMPLETOWN",
    country="FR",
    channel=Channel.IN_STORE,
)


def a_fact(kind: EventKind, token: str, amount: int, at: str, listed: int, **changes: Any) -> CardEvent:
    moment = utc(f"2026-09-{at}")
    return replace(
        CardEvent(
            kind=kind,
            card_token=CARD,
            fact_ref=f"{kind.value}:{token}",
            revision=micros("2026-09-20T10:00:00.250") + listed,
            purchase_ref=PURCHASE,
            occurred_at=moment,
            occurred_until=moment,
            time_basis=TimeBasis.INSTANT,
            purchase_at=utc("2026-09-15T08:20:30"),
            amount_minor=amount,
            currency="EUR",
            other_minor=amount * 2,
            other_currency="USD",
            final=False,
            refund_of=None,
            merchant=SHOP,
            last_four=None,
            card_scheme="mastercard",
            metadata={},
        ),
        **changes,
    )


AUTHORIZATION, REVERSAL, CLEARING = EventKind.AUTHORIZATION, EventKind.REVERSAL, EventKind.CLEARING
REFUND, DECLINE, OTHER = EventKind.REFUND, EventKind.DECLINE, EventKind.OTHER
LINKED = {"purchase_at": None, "refund_of": PURCHASE}
UNLINKED = {"purchase_at": None, "refund_of": None}
NOTHING = {"purchase_at": None, "currency": "XXX", "other_minor": None, "other_currency": None}


def parse(*events: dict[str, Any], **changes: Any) -> tuple[CardEvent, ...]:
    return LITHIC.parse(delivery(a_transaction(*events, **changes)))


def test_the_recorded_purchase_in_full() -> None:
    shop = MerchantEvidence(
        identifiers=(MerchantIdentifier("mid", "11112222"),),
        descriptor="EXAMPLE FASHION",
        category_code="5651",
        city="NEW YORK",
        country="US",
        channel=Channel.IN_STORE,
    )
    authorization = CardEvent(
        kind=AUTHORIZATION,
        card_token=CARD,
        fact_ref="authorization:e1",
        revision=micros("2026-10-01T17:28:42") + 2,
        purchase_ref=PURCHASE,
        occurred_at=utc("2026-09-29T12:56:36"),
        occurred_until=utc("2026-09-29T12:56:36"),
        time_basis=TimeBasis.INSTANT,
        purchase_at=utc("2026-09-29T12:56:36"),
        amount_minor=42_50,
        currency="USD",
        final=False,
        refund_of=None,
        merchant=shop,
        last_four=None,
        card_scheme="visa",
        metadata={},
    )
    assert LITHIC.parse(delivery(fixture("lithic/card_transaction.updated.json"))) == (
        authorization,
        replace(authorization, kind=CLEARING, fact_ref="clearing:e2"),
    )


A1 = an_event("a1", "AUTHORIZATION", 50_00, "15T08:20:30")
LIFE: list[tuple[str, list[dict[str, Any]], dict[str, Any], list[CardEvent]]] = [
    ("authorised", [A1], {}, [a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 1)]),
    (
        "incremental authorizations add up",
        [A1, an_event("a2", "AUTHORIZATION", 10_00, "15T09:00:00")],
        {},
        [
            a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 2),
            a_fact(AUTHORIZATION, "a2", 10_00, "15T09:00:00", 2),
        ],
    ),
    (
        "an advice overrides what was authorised and given back before it",
        [
            A1,
            an_event("r1", "AUTHORIZATION_REVERSAL", 5_00, "15T08:30:00"),
            an_event("v1", "AUTHORIZATION_ADVICE", 32_10, "15T08:40:00"),
            an_event("r2", "AUTHORIZATION_REVERSAL", 2_00, "15T08:50:00"),
        ],
        {},
        [
            a_fact(AUTHORIZATION, "a1", 0, "15T08:20:30", 4),
            a_fact(REVERSAL, "r1", 0, "15T08:30:00", 4),
            a_fact(AUTHORIZATION, "v1", 32_10, "15T08:40:00", 4),
            a_fact(REVERSAL, "r2", 2_00, "15T08:50:00", 4),
        ],
    ),
    (
        "an advice of an offline terminal begins a purchase",
        [an_event("v1", "AUTHORIZATION_ADVICE", 12_00, "15T08:20:30")],
        {},
        [a_fact(AUTHORIZATION, "v1", 12_00, "15T08:20:30", 1)],
    ),
    (
        "partly reversed, then expired",
        [
            A1,
            an_event("r1", "AUTHORIZATION_REVERSAL", 20_00, "15T09:00:00"),
            an_event("x1", "AUTHORIZATION_EXPIRY", 30_00, "22T08:20:30"),
        ],
        {"status": "EXPIRED"},
        [
            a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 3),
            a_fact(REVERSAL, "r1", 20_00, "15T09:00:00", 3),
            a_fact(REVERSAL, "x1", 30_00, "22T08:20:30", 3),
        ],
    ),
    (
        "an expiry that was ignored takes nothing back",
        [A1, an_event("x1", "AUTHORIZATION_EXPIRY", 50_00, "22T08:20:30", "IGNORED_TTL_EXPIRY")],
        {},
        [
            a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 2),
            a_fact(OTHER, "x1", 0, "22T08:20:30", 2, **NOTHING),
        ],
    ),
    (
        "two clearings, a return of one, half of it taken back",
        [
            A1,
            an_event("c1", "CLEARING", 30_00, "16T00:00:00"),
            an_event("c2", "CLEARING", 20_00, "17T00:00:00"),
            an_event("t1", "RETURN", -20_00, "18T00:00:00", effective_polarity="CREDIT"),
            an_event("b1", "RETURN_REVERSAL", 10_00, "19T00:00:00"),
        ],
        {"status": "SETTLED"},
        [
            a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 5),
            a_fact(CLEARING, "c1", 30_00, "16T00:00:00", 5),
            a_fact(CLEARING, "c2", 20_00, "17T00:00:00", 5),
            a_fact(REFUND, "t1", 10_00, "18T00:00:00", 5, purchase_ref="t1", **LINKED),
            a_fact(OTHER, "b1", 0, "19T00:00:00", 5, **NOTHING),
        ],
    ),
    (
        "a return reversal takes back the latest return first, and nothing beyond the returns",
        [
            A1,
            an_event("t1", "RETURN", 5_00, "16T00:00:00"),
            an_event("t2", "RETURN", 7_00, "17T00:00:00"),
            an_event("b1", "RETURN_REVERSAL", 9_00, "18T00:00:00"),
            an_event("b2", "RETURN_REVERSAL", 99_00, "18T01:00:00"),
            an_event("t3", "RETURN", 1_00, "19T00:00:00"),
        ],
        {},
        [
            a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 6),
            a_fact(REFUND, "t1", 0, "16T00:00:00", 6, purchase_ref="t1", **LINKED),
            a_fact(REFUND, "t2", 0, "17T00:00:00", 6, purchase_ref="t2", **LINKED),
            a_fact(OTHER, "b1", 0, "18T00:00:00", 6, **NOTHING),
            a_fact(OTHER, "b2", 0, "18T01:00:00", 6, **NOTHING),
            a_fact(REFUND, "t3", 1_00, "19T00:00:00", 6, purchase_ref="t3", **LINKED),
        ],
    ),
    (
        "a return alone is of an unknown purchase",
        [an_event("t1", "RETURN", 20_00, "18T00:00:00")],
        {"status": "SETTLED"},
        [a_fact(REFUND, "t1", 20_00, "18T00:00:00", 1, purchase_ref="t1", **UNLINKED)],
    ),
    (
        "a return whose original was not found moved nothing",
        [an_event("t1", "RETURN", 20_00, "18T00:00:00", "ORIGINAL_NOT_FOUND")],
        {"status": "DECLINED"},
        [a_fact(OTHER, "t1", 0, "18T00:00:00", 1, **NOTHING)],
    ),
    (
        "an announced credit, then its return",
        [
            an_event("k1", "CREDIT_AUTHORIZATION", 20_00, "18T00:00:00"),
            an_event("k2", "CREDIT_AUTHORIZATION_ADVICE", 20_00, "18T01:00:00"),
            an_event("t1", "RETURN", 20_00, "19T00:00:00"),
        ],
        {},
        [
            a_fact(OTHER, "k1", 0, "18T00:00:00", 3, **NOTHING),
            a_fact(OTHER, "k2", 0, "18T01:00:00", 3, **NOTHING),
            a_fact(REFUND, "t1", 20_00, "19T00:00:00", 3, purchase_ref="t1", **UNLINKED),
        ],
    ),
    (
        "a force post has no known time of purchase",
        [an_event("c1", "CLEARING", 9_90, "16T00:00:00")],
        {"status": "SETTLED"},
        [a_fact(CLEARING, "c1", 9_90, "16T00:00:00", 1, purchase_at=None)],
    ),
    (
        "purchase and clearing in one message, corrected twice, returned",
        [
            an_event("f1", "FINANCIAL_AUTHORIZATION", 25_00, "15T08:20:30"),
            an_event("d1", "CORRECTION_DEBIT", 3_00, "16T00:00:00"),
            an_event("d2", "CORRECTION_CREDIT", 1_00, "17T00:00:00"),
            an_event("t1", "RETURN", 27_00, "18T00:00:00"),
        ],
        {"status": "VOIDED"},
        [
            a_fact(CLEARING, "f1", 25_00, "15T08:20:30", 4, final=True),
            a_fact(CLEARING, "d1", 3_00, "16T00:00:00", 4),
            a_fact(REFUND, "d2", 1_00, "17T00:00:00", 4, purchase_ref="d2", **LINKED),
            a_fact(REFUND, "t1", 27_00, "18T00:00:00", 4, purchase_ref="t1", **LINKED),
        ],
    ),
    (
        "a credit in one message",
        [an_event("f1", "FINANCIAL_CREDIT_AUTHORIZATION", 8_00, "18T00:00:00")],
        {},
        [a_fact(REFUND, "f1", 8_00, "18T00:00:00", 1, purchase_ref="f1", **UNLINKED)],
    ),
    (
        "a single message that timed out was refused by the network in the end",
        [
            an_event("f1", "FINANCIAL_AUTHORIZATION", 25_00, "15T08:20:30"),
            an_event("c1", "CLEARING", 25_00, "15T08:21:00", "DECLINED"),
        ],
        {"status": "DECLINED"},
        [
            a_fact(CLEARING, "f1", 0, "15T08:20:30", 2, final=True),
            a_fact(OTHER, "c1", 0, "15T08:21:00", 2, **NOTHING),
        ],
    ),
    (
        "the network declined in Lithic's place",
        [A1, an_event("v1", "AUTHORIZATION_ADVICE", 50_00, "15T08:21:00", "SWITCH_INOPERATIVE_ADVICE")],
        {"status": "DECLINED"},
        [
            a_fact(AUTHORIZATION, "a1", 0, "15T08:20:30", 2),
            a_fact(DECLINE, "v1", 50_00, "15T08:21:00", 2),
        ],
    ),
    (
        "declined",
        [an_event("a1", "AUTHORIZATION", 50_00, "15T08:20:30", "INSUFFICIENT_FUNDS")],
        {"status": "DECLINED"},
        [a_fact(DECLINE, "a1", 50_00, "15T08:20:30", 1)],
    ),
    (
        "a declined increment leaves the hold",
        [A1, an_event("a2", "AUTHORIZATION", 10_00, "15T09:00:00", "CARD_PAUSED")],
        {},
        [
            a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 2),
            a_fact(DECLINE, "a2", 10_00, "15T09:00:00", 2),
        ],
    ),
    (
        "an inquiry and a type of tomorrow, without amounts",
        [
            an_event("q1", "BALANCE_INQUIRY", 0, "15T08:20:30", amounts=None),
            an_event("z1", "SOMETHING_NEW", 1, "15T08:20:31", amounts={}),
        ],
        {},
        [
            a_fact(OTHER, "q1", 0, "15T08:20:30", 2, **NOTHING),
            a_fact(OTHER, "z1", 0, "15T08:20:31", 2, **NOTHING),
        ],
    ),
]


@pytest.mark.parametrize(("case", "events", "changes", "expected"), LIFE, ids=[case for case, *_ in LIFE])
def test_every_event_of_a_transaction_is_one_fact(
    case: str, events: list[dict[str, Any]], changes: dict[str, Any], expected: list[CardEvent]
) -> None:
    assert parse(*events, **changes) == tuple(expected)


@pytest.mark.parametrize(("case", "events", "changes", "expected"), LIFE, ids=[case for case, *_ in LIFE])
def test_the_order_of_the_list_decides_nothing(
    case: str, events: list[dict[str, Any]], changes: dict[str, Any], expected: list[CardEvent]
) -> None:
    assert parse(*reversed(events), **changes) == tuple(expected)


AUTHORIZED = a_fact(AUTHORIZATION, "a1", 50_00, "15T08:20:30", 1)


def a_pos(card: str, cardholder: str, pan: str) -> dict[str, Any]:
    return {"entry_mode": {"card": card, "cardholder": cardholder, "pan": pan}, "terminal": None}


ONLY_MID = (MerchantIdentifier("mid", "11112222"),)
FIELDS: list[tuple[dict[str, Any], CardEvent]] = [
    ({"network": "UNKNOWN"}, replace(AUTHORIZED, card_scheme=None)),
    ({"network": None}, replace(AUTHORIZED, card_scheme=None)),
    ({"merchant": None, "pos": None}, replace(AUTHORIZED, merchant=MerchantEvidence())),
    (
        {"merchant": {"acceptor_id": "0"}},
        replace(AUTHORIZED, merchant=MerchantEvidence(channel=Channel.IN_STORE)),
    ),
    ({"updated": None}, replace(AUTHORIZED, revision=micros("2026-09-15T08:20:30") + 1)),
    (
        {"pos": a_pos("NOT_PRESENT", "ELECTRONIC_ORDER", "CREDENTIAL_ON_FILE")},
        replace(AUTHORIZED, merchant=replace(SHOP, identifiers=ONLY_MID, channel=Channel.ONLINE)),
    ),
    (
        {"pos": a_pos("NOT_PRESENT", "NOT_PRESENT", "ECOMMERCE")},
        replace(AUTHORIZED, merchant=replace(SHOP, identifiers=ONLY_MID, channel=Channel.ONLINE)),
    ),
    (
        {"pos": a_pos("NOT_PRESENT", "TELEPHONE_ORDER", "KEY_ENTERED")},
        replace(AUTHORIZED, merchant=replace(SHOP, identifiers=ONLY_MID, channel=None)),
    ),
    (
        {"pos": a_pos("PRESENT", "ELECTRONIC_ORDER", "ECOMMERCE")},
        replace(AUTHORIZED, merchant=replace(SHOP, identifiers=ONLY_MID, channel=None)),
    ),
    ({"event_type": None}, AUTHORIZED),
    ({"created": "2026-09-15T10:20:30+02:00"}, AUTHORIZED),
]


@pytest.mark.parametrize(("changes", "expected"), FIELDS)
def test_fields_that_may_be_missing_or_say_otherwise(changes: dict[str, Any], expected: CardEvent) -> None:
    assert parse(A1, **changes) == (expected,)


def test_a_currency_without_decimals_is_in_its_smallest_unit_too() -> None:
    yen = {"merchant": {"amount": 1280, "currency": "JPY"}, "cardholder": {"amount": 100_00, "currency": "USD"}}
    assert parse(A1 | {"amounts": yen}) == (replace(AUTHORIZED, amount_minor=1280, currency="JPY"),)


@pytest.mark.parametrize("events", [[], None])
def test_a_transaction_without_events_states_nothing(events: object) -> None:
    assert LITHIC.parse(delivery(a_transaction(events=events))) == ()


def held(statements: Iterable[CardEvent]) -> dict[str, CardEvent]:
    facts: dict[str, CardEvent] = {}
    for each in statements:
        if each.fact_ref not in facts or each.revision > facts[each.fact_ref].revision:
            facts[each.fact_ref] = each
    return facts


def test_the_states_of_a_transaction_end_the_same_in_any_order_and_number() -> None:
    events = [
        A1,
        an_event("v1", "AUTHORIZATION_ADVICE", 40_00, "15T08:40:00"),
        an_event("c1", "CLEARING", 38_00, "16T00:00:00"),
        an_event("t1", "RETURN", 8_00, "18T00:00:00"),
        an_event("b1", "RETURN_REVERSAL", 8_00, "18T00:00:00.5"),
    ]
    # The clock of the last two states shows one second.
    clocks = [
        "2026-09-15T08:20:30Z",
        "2026-09-15T08:40:00Z",
        "2026-09-16T00:00:00Z",
        "2026-09-18T00:00:00Z",
        "2026-09-18T00:00:00Z",
    ]
    told = [parse(*events[: count + 1], updated=clock) for count, clock in enumerate(clocks)]
    expected = held(told[-1])
    assert {ref: fact.amount_minor for ref, fact in expected.items()} == {
        "authorization:a1": 0,
        "authorization:v1": 40_00,
        "clearing:c1": 38_00,
        "refund:t1": 0,
        "other:b1": 0,
    }
    for order in permutations(told):
        assert held(event for state in (*order, *order[:2]) for event in state) == expected
