"""What a careful reader takes from Marqeta's messages, written down in full."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from issuer_deliveries import delivery, fixture, micros, utc
from marqeta_messages import a_message

from issuers.events import CardEvent, Channel, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.marqeta import MarqetaAdapter

MARQETA = MarqetaAdapter()
SHOP = MerchantEvidence(
    identifiers=(
        MerchantIdentifier("terminal", "11112222/T7"),
        MerchantIdentifier("mid", "11112222"),
        MerchantIdentifier("network_mid", "33334444"),
    ),
    descriptor="EXAMPLE SHOP",
    category_code="5651",
    city="Exampletown",
    country="FR",
    channel=Channel.IN_STORE,
)


AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="card-0001",
    fact_ref="authorization:tok-1",
    revision=micros("2026-09-16T12:00:00"),
    purchase_ref="tok-1",
    occurred_at=utc("2026-09-15T08:20:30"),
    occurred_until=utc("2026-09-15T08:20:30"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-15T08:20:30"),
    amount_minor=84_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four="4242",
    card_scheme="mastercard",
    metadata={"shopper": "s1", "tier": "2"},
)
FOLLOWED = {"occurred_at": utc("2026-09-16T12:00:00"), "occurred_until": utc("2026-09-16T12:00:00")}
CLEARING = replace(AUTHORIZATION, kind=EventKind.CLEARING, fact_ref="clearing:tok-2", **FOLLOWED)
REVERSAL = replace(AUTHORIZATION, kind=EventKind.REVERSAL, fact_ref="reversal:tok-2", **FOLLOWED)
REFUND = replace(
    AUTHORIZATION,
    kind=EventKind.REFUND,
    fact_ref="refund:tok-2",
    purchase_ref="tok-2",
    purchase_at=None,
    **FOLLOWED,
)
OTHER = CardEvent(
    kind=EventKind.OTHER,
    card_token="card-0001",
    fact_ref="other:tok-2",
    revision=micros("2026-09-16T12:00:00"),
    purchase_ref="tok-2",
    time_basis=TimeBasis.INSTANT,
    **FOLLOWED,
)
UNLINKED = replace(OTHER, kind=EventKind.CARD_UNLINKED, fact_ref="card_unlinked:tok-2", purchase_ref="card-0001")
AFTER = {"preceding_related_transaction_token": "tok-1"}
DECLINE = replace(AUTHORIZATION, kind=EventKind.DECLINE, fact_ref="decline:tok-1")


def parse(*messages: dict[str, Any]) -> tuple[CardEvent, ...]:
    return MARQETA.parse(delivery({"transactions": list(messages)}))


def test_the_recorded_authorization_in_full() -> None:
    assert MARQETA.parse(delivery(fixture("marqeta/authorization.json"))) == (
        CardEvent(
            kind=EventKind.AUTHORIZATION,
            card_token="00000000-0000-4000-8000-c00000000001",
            fact_ref="authorization:tok-0001",
            revision=micros("2026-09-15T08:20:30"),
            purchase_ref="tok-0001",
            occurred_at=utc("2026-09-15T08:20:30"),
            occurred_until=utc("2026-09-15T08:20:30"),
            time_basis=TimeBasis.INSTANT,
            purchase_at=utc("2026-09-15T08:20:30"),
            amount_minor=84_50,
            currency="USD",
            final=False,
            refund_of=None,
            merchant=MerchantEvidence(
                identifiers=(MerchantIdentifier("mid", "11112222"), MerchantIdentifier("network_mid", "11112222")),
                descriptor="EXAMPLE FASHION",
                category_code="5651",
                city="Exampletown",
                country="US",
                channel=None,
            ),
            last_four=None,
            card_scheme="discover",
            metadata={},
        ),
    )


MESSAGES: list[tuple[str, dict[str, Any], CardEvent]] = [
    ("authorization", a_message("authorization", "tok-1", 84.5), AUTHORIZATION),
    # A recurring payment may name an earlier one: it is a purchase of its own all the same.
    (
        "authorization after another",
        a_message("authorization", "tok-1", 84.5, preceding_related_transaction_token="tok-0"),
        AUTHORIZATION,
    ),
    ("cash back at the till", a_message("authorization.cashback", "tok-1", "84.50"), AUTHORIZATION),
    ("stand-in", a_message("authorization.standin", "tok-1", 84.5), AUTHORIZATION),
    ("PIN debit, two messages", a_message("pindebit.authorization", "tok-1", 84.5), AUTHORIZATION),
    (
        "incremental",
        a_message("authorization.incremental", "tok-2", 10, **AFTER),
        replace(AUTHORIZATION, fact_ref="authorization:tok-2", amount_minor=10_00),
    ),
    (
        "an advice restates the authorization",
        a_message("authorization.advice", "tok-2", 49.95, **AFTER),
        replace(AUTHORIZATION, revision=micros("2026-09-16T12:00:00") + 1, amount_minor=49_95),
    ),
    (
        "an advice of an offline terminal",
        a_message("authorization.advice", "tok-1", 84.5, preceding_related_transaction_token=None),
        AUTHORIZATION,
    ),
    ("partly approved", a_message("authorization", "tok-1", 84.5, response={"code": "0002"}), AUTHORIZATION),
    ("without an answer", a_message("authorization", "tok-1", 84.5, response=None), AUTHORIZATION),
    (
        "declined by state",
        a_message("authorization", "tok-1", 84.5, state="DECLINED", response=None),
        DECLINE,
    ),
    ("failed", a_message("authorization", "tok-1", 84.5, state="ERROR"), DECLINE),
    ("declined by code", a_message("authorization", "tok-1", 84.5, response={"code": "1016"}), DECLINE),
    (
        "a declined increment",
        a_message("authorization.incremental", "tok-2", 84.5, state="DECLINED", **AFTER),
        replace(DECLINE, fact_ref="decline:tok-2"),
    ),
    (
        "a declined advice corrects nothing",
        a_message("authorization.advice", "tok-2", 84.5, response={"code": "1001"}, **AFTER),
        replace(DECLINE, fact_ref="decline:tok-2"),
    ),
    (
        "part of the hold given back",
        a_message("authorization.reversal", "tok-2", 10.0, request_amount=84.5, **AFTER),
        replace(REVERSAL, amount_minor=10_00),
    ),
    ("reversed", a_message("authorization.reversal", "tok-2", 84.5, state="CLEARED", **AFTER), REVERSAL),
    ("expired", a_message("authorization.reversal.issuerexpiration", "tok-2", 84.5, **AFTER), REVERSAL),
    (
        "PIN debit expired",
        a_message("pindebit.authorization.reversal.issuerexpiration", "tok-2", 84.5, **AFTER),
        REVERSAL,
    ),
    ("a reversal that failed", a_message("authorization.reversal", "tok-2", 84.5, state="ERROR", **AFTER), OTHER),
    ("clearing", a_message("authorization.clearing", "tok-2", 84.5, state="COMPLETION", **AFTER), CLEARING),
    (
        "the code of a clearing answers nobody",
        a_message("authorization.clearing", "tok-2", 84.5, response={"code": "1016"}, **AFTER),
        CLEARING,
    ),
    (
        "the last clearing",
        a_message("authorization.clearing", "tok-2", 84.5, is_final_clearing=True, **AFTER),
        replace(CLEARING, final=True),
    ),
    (
        "two of two",
        a_message(
            "authorization.clearing",
            "tok-2",
            84.5,
            multi_clearing_sequence_number=2,
            multi_clearing_sequence_count="2",
            **AFTER,
        ),
        replace(CLEARING, final=True),
    ),
    (
        "one of two",
        a_message(
            "authorization.clearing",
            "tok-2",
            84.5,
            multi_clearing_sequence_number=1,
            multi_clearing_sequence_count=2,
            **AFTER,
        ),
        CLEARING,
    ),
    (
        "two of two, and more to come",
        a_message(
            "authorization.clearing",
            "tok-2",
            84.5,
            is_final_clearing=False,
            multi_clearing_sequence_number=2,
            multi_clearing_sequence_count=2,
            **AFTER,
        ),
        CLEARING,
    ),
    (
        "a clearing that names the beginning beside its predecessor",
        a_message(
            "authorization.clearing",
            "tok-2",
            84.5,
            original_transaction_token="tok-1",
            preceding_related_transaction_token="tok-9",
        ),
        CLEARING,
    ),
    ("force post", a_message("authorization.clearing", "tok-2", 84.5), replace(CLEARING, purchase_ref="tok-2")),
    ("cleared with cash back", a_message("authorization.clearing.cashback", "tok-2", 84.5, **AFTER), CLEARING),
    ("PIN debit cleared", a_message("pindebit.authorization.clearing", "tok-2", 84.5, **AFTER), CLEARING),
    ("a clearing that failed", a_message("authorization.clearing", "tok-2", 84.5, state="DECLINED", **AFTER), OTHER),
    (
        "PIN debit in one message",
        a_message("pindebit", "tok-2", 84.5, state="COMPLETION"),
        replace(CLEARING, purchase_ref="tok-2", final=True),
    ),
    ("PIN debit declined", a_message("pindebit", "tok-1", 84.5, response={"code": "1016"}), DECLINE),
    (
        "PIN debit reversed after it was collected",
        a_message("pindebit.reversal", "tok-2", 84.5, **AFTER),
        replace(REFUND, refund_of="tok-1"),
    ),
    ("refund", a_message("refund", "tok-2", 84.5, state="COMPLETION"), REFUND),
    ("refund that names its purchase", a_message("refund", "tok-2", 84.5, **AFTER), replace(REFUND, refund_of="tok-1")),
    ("PIN debit refund", a_message("pindebit.refund", "tok-2", 84.5), REFUND),
    (
        "the clearing of a refund names the refund's announcement",
        a_message("refund.authorization.clearing", "tok-2", 84.5, **AFTER),
        REFUND,
    ),
    (
        "the clearing of a refund that names its purchase",
        a_message("refund.authorization.clearing", "tok-2", 84.5, original_transaction_token="tok-0", **AFTER),
        replace(REFUND, refund_of="tok-0"),
    ),
    ("a refund that was declined", a_message("refund", "tok-2", 84.5, state="DECLINED"), OTHER),
    *(
        (kind, a_message(kind, "tok-2", 84.5, **AFTER), OTHER)
        for kind in (
            "refund.authorization",
            "refund.authorization.reversal",
            "authorization.atm.withdrawal",
            "authorization.clearing.atm.withdrawal",
            "authorization.quasi.cash",
            "authorization.clearing.chargeback",
            "authorization.clearing.representment",
            "pindebit.atm.withdrawal",
            "pindebit.balanceinquiry",
            "original.credit.authorization.clearing",
            "account.funding.authorization",
            "gpa.credit",
            "something.of.tomorrow",
        )
    ),
]


@pytest.mark.parametrize(("case", "message", "expected"), MESSAGES, ids=[case for case, *_ in MESSAGES])
def test_every_message_is_one_fact(case: str, message: dict[str, Any], expected: CardEvent) -> None:
    assert parse(message) == (expected,)


NOT_THERE = {"terminal_id": "T7", "card_presence": False, "card_holder_presence": False}
FIELDS: list[tuple[dict[str, Any], CardEvent]] = [
    (
        {"user_transaction_time": None},
        replace(AUTHORIZATION, purchase_at=utc("2026-09-16T12:00:00"), **FOLLOWED),
    ),
    ({"network": None, "card": None}, replace(AUTHORIZATION, card_scheme=None, last_four=None, metadata={})),
    ({"card_acceptor": None, "pos": None}, replace(AUTHORIZATION, merchant=MerchantEvidence())),
    (
        {"card_acceptor": {"mid": "0", "network_mid": "", "country": "USA"}},
        replace(
            AUTHORIZATION,
            merchant=MerchantEvidence(country="US", channel=Channel.IN_STORE),
        ),
    ),
    (
        {"pos": NOT_THERE, "transaction_metadata": {"payment_channel": "ECOMMERCE"}},
        replace(AUTHORIZATION, merchant=replace(SHOP, channel=Channel.ONLINE)),
    ),
    (
        {"pos": NOT_THERE, "transaction_metadata": {"payment_channel": "MOTO"}},
        replace(AUTHORIZATION, merchant=replace(SHOP, channel=None)),
    ),
    (
        {
            "pos": NOT_THERE | {"card_presence": True},
            "transaction_metadata": {"payment_channel": "ECOMMERCE"},
        },
        replace(AUTHORIZATION, merchant=replace(SHOP, channel=None)),
    ),
    ({"amount": 1280, "currency_code": "JPY"}, replace(AUTHORIZATION, amount_minor=1280, currency="JPY")),
    ({"amount": "12.345", "currency_code": "KWD"}, replace(AUTHORIZATION, amount_minor=12_345, currency="KWD")),
    ({"created_time": "2026-09-16T12:00:00"}, AUTHORIZATION),
    (
        {"created_time": "2026-09-16T12:00:00.750Z"},
        replace(AUTHORIZATION, revision=micros("2026-09-16T12:00:00.750")),
    ),
]


@pytest.mark.parametrize(("changes", "expected"), FIELDS)
def test_fields_that_may_be_missing_or_say_otherwise(changes: dict[str, Any], expected: CardEvent) -> None:
    assert parse(a_message("authorization", "tok-1", 84.5) | changes) == (expected,)


def test_a_batch_is_all_its_messages_in_their_order_and_cards_too() -> None:
    other_card = a_message("authorization", "tok-8", 84.5, card_token="card-0002")
    batch = {
        "transactions": [a_message("authorization.clearing", "tok-2", 84.5, **AFTER), other_card],
        "cardtransitions": [
            {"token": "tok-2", "card_token": "card-0001", "state": "TERMINATED", "created_time": "2026-09-16T12:00:00Z"}
        ],
    }
    assert MARQETA.parse(delivery(batch)) == (
        CLEARING,
        replace(AUTHORIZATION, card_token="card-0002", fact_ref="authorization:tok-8", purchase_ref="tok-8"),
        UNLINKED,
    )
    assert MARQETA.envelope(delivery(batch)).card_token == "card-0001"


@pytest.mark.parametrize(
    ("state", "expected"),
    [("TERMINATED", UNLINKED), ("SUSPENDED", OTHER), ("ACTIVE", OTHER), (None, OTHER)],
)
def test_only_a_terminated_card_is_gone(state: str | None, expected: CardEvent) -> None:
    change = {"token": "tok-2", "card_token": "card-0001", "state": state, "created_time": "2026-09-16T12:00:00Z"}
    assert MARQETA.parse(delivery({"cardtransitions": [change]})) == (expected,)
    assert MARQETA.envelope(delivery({"cardtransitions": [change]})).card_token == "card-0001"


@pytest.mark.parametrize(
    "body",
    [
        {"pings": [{"token": "marqeta", "payload": "healthcheck"}]},
        {"usertransitions": [{"token": "t", "status": "ACTIVE"}]},
        {"transactions": []},
        {"transactions": None, "cardtransitions": None},
        {"transactions": [{"type": "gpa.credit", "token": "t", "amount": 5, "created_time": "2026-09-16T12:00:00Z"}]},
        {"transactions": [{"type": "something", "token": "t", "card_token": "card-0001"}]},
        {"cardtransitions": [{"state": "TERMINATED"}]},
        {},
    ],
)
def test_what_concerns_no_card_states_nothing(body: dict[str, Any]) -> None:
    assert MARQETA.parse(delivery(body)) == ()


def held(statements: Iterable[CardEvent]) -> dict[str, CardEvent]:
    facts: dict[str, CardEvent] = {}
    for each in statements:
        if each.fact_ref not in facts or each.revision > facts[each.fact_ref].revision:
            facts[each.fact_ref] = each
    return facts


def test_the_messages_of_a_purchase_end_the_same_in_any_order_and_number() -> None:
    # Authorization and advice bear the same second.
    messages = [
        a_message("authorization", "tok-1", 84.5),
        a_message("authorization.advice", "tok-2", 60, **AFTER),
        a_message("authorization.incremental", "tok-3", 5, **AFTER),
        a_message("authorization.reversal", "tok-4", 1, **AFTER),
        a_message("authorization.clearing", "tok-5", 64, **AFTER),
    ]
    expected = {
        "authorization:tok-1": 60_00,
        "authorization:tok-3": 5_00,
        "reversal:tok-4": 1_00,
        "clearing:tok-5": 64_00,
    }
    for order in permutations(messages):
        facts = held((*parse(*order[:3]), *parse(*order[1:]), *parse(order[0])))
        assert {ref: fact.amount_minor for ref, fact in facts.items()} == expected
        assert {fact.purchase_ref for fact in facts.values()} == {"tok-1"}
