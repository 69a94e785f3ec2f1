"""What a careful reader takes from Stripe Issuing's events, written down in full."""

from dataclasses import replace
from typing import Any

import pytest
from issuer_deliveries import (
    a_stripe_authorization,
    a_stripe_event,
    a_stripe_transaction,
    delivery,
    fixture,
    utc,
)

from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.stripe_issuing import StripeIssuingAdapter

STRIPE = StripeIssuingAdapter()
SHOP = MerchantEvidence(
    identifiers=(MerchantIdentifier("terminal", "1234567890/T7"), MerchantIdentifier("network_id", "1234567890")),
    descriptor="EXAMPLE SHOP",
    category_code="5651",
    city="Exampletown",
    country="FR",
)
AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="ic_0001",
    fact_ref="authorization:iauth_0001",
    revision=1790000001_000000,
    purchase_ref="iauth_0001",
    occurred_at=utc("2026-09-21T11:26:40"),
    occurred_until=utc("2026-09-21T11:26:40"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-21T11:26:40"),
    amount_minor=50_00,
    currency="EUR",
    merchant=SHOP,
    last_four="4242",
    card_scheme="visa",
    metadata={"shopper": "s1"},
)
CAPTURE = CardEvent(
    kind=EventKind.CLEARING,
    card_token="ic_0001",
    fact_ref="clearing:ipi_0001",
    revision=1790000001_000000,
    purchase_ref="iauth_0001",
    occurred_at=utc("2026-09-21T14:13:20"),
    occurred_until=utc("2026-09-21T14:13:20"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=None,
    amount_minor=42_30,
    currency="EUR",
    merchant=SHOP,
)
REFUND = replace(
    CAPTURE, kind=EventKind.REFUND, fact_ref="refund:ipi_0001", purchase_ref="ipi_0001", refund_of="iauth_0001"
)


def parse(kind: str, stated: Any, **changes: Any) -> tuple[CardEvent, ...]:
    return STRIPE.parse(delivery(a_stripe_event(kind, stated, **changes)))


def test_the_vendors_example_holds_nothing_yet() -> None:
    # `approved` is true, but nothing is held: the 700 of `pending_request` is asked for and not decided.
    assert STRIPE.parse(delivery(fixture("stripe/issuing_authorization.created.json"))) == (
        CardEvent(
            kind=EventKind.AUTHORIZATION,
            card_token="ic_1Pgag5B7WZ01zgkWephORn8N",
            fact_ref="authorization:iauth_1Pgc77B7WZ01zgkWn0SmtHBY",
            revision=1234567890_000000,
            purchase_ref="iauth_1Pgc77B7WZ01zgkWn0SmtHBY",
            occurred_at=utc("2009-02-13T23:31:30"),
            occurred_until=utc("2009-02-13T23:31:30"),
            time_basis=TimeBasis.INSTANT,
            purchase_at=utc("2009-02-13T23:31:30"),
            amount_minor=0,
            currency="USD",
            merchant=MerchantEvidence(
                identifiers=(MerchantIdentifier("network_id", "1234567890"),),
                descriptor="Rocket Rides",
                category_code="4121",
                city="San Francisco",
                country="US",
            ),
            last_four="4242",
            card_scheme="visa",
        ),
    )


def test_the_vendors_token_object_is_no_event_and_its_event_states_nothing() -> None:
    token = fixture("stripe/issuing.token.json")
    assert parse("issuing_token.created", token) == ()
    with pytest.raises(Unreadable, match=r"missing required field `type`"):
        STRIPE.parse(delivery(token))


AUTHORIZATIONS: list[tuple[str, dict[str, Any], CardEvent]] = [
    ("created", {}, AUTHORIZATION),
    ("updated", {"amount": 60_00}, replace(AUTHORIZATION, amount_minor=60_00)),  # incremental
    ("updated", {"amount": 20_00}, replace(AUTHORIZATION, amount_minor=20_00)),  # partly reversed
    ("updated", {"status": "reversed"}, replace(AUTHORIZATION, amount_minor=0, final=True)),
    ("updated", {"status": "reversed", "amount": 0}, replace(AUTHORIZATION, amount_minor=0, final=True)),
    # Stripe let the hold go, and says that a capture may still come.
    ("updated", {"status": "expired"}, replace(AUTHORIZATION, amount_minor=0)),
    ("updated", {"status": "closed"}, AUTHORIZATION),
    ("created", {"approved": False, "status": "closed"}, replace(AUTHORIZATION, kind=EventKind.DECLINE)),
    ("created", {"currency": "jpy", "amount": 1280}, replace(AUTHORIZATION, currency="JPY", amount_minor=1280)),
    ("created", {"merchant_data": None}, replace(AUTHORIZATION, merchant=MerchantEvidence())),
    (
        "created",
        {"card": "ic_0001"},
        replace(AUTHORIZATION, last_four=None, card_scheme=None, metadata={}),
    ),
    (
        "request",
        {"amount": 0, "pending_request": {"amount": 700, "currency": "eur"}},
        replace(AUTHORIZATION, kind=EventKind.OTHER, fact_ref="request:iauth_0001", amount_minor=0),
    ),
    (
        "created",
        {"amount": -500},
        replace(AUTHORIZATION, kind=EventKind.OTHER, fact_ref="request:iauth_0001", amount_minor=500),
    ),
]


@pytest.mark.parametrize(("event", "changes", "expected"), AUTHORIZATIONS)
def test_an_authorization_is_one_fact_in_its_latest_state(
    event: str, changes: dict[str, Any], expected: CardEvent
) -> None:
    assert parse(f"issuing_authorization.{event}", a_stripe_authorization(**changes)) == (expected,)


def test_a_closed_authorization_brings_the_captures_it_lists() -> None:
    first = a_stripe_transaction(amount=-30_00)
    second = a_stripe_transaction(id="ipi_0002", amount=-12_30)
    closed = a_stripe_authorization(status="closed", transactions=[first, second])
    assert parse("issuing_authorization.updated", closed) == (
        replace(AUTHORIZATION, final=True),
        replace(CAPTURE, amount_minor=30_00),
        replace(CAPTURE, fact_ref="clearing:ipi_0002", amount_minor=12_30),
    )


TRANSACTIONS: list[tuple[str, dict[str, Any], tuple[CardEvent, ...]]] = [
    ("capture", {}, (CAPTURE,)),
    ("partial capture", {"amount": -10_00}, (replace(CAPTURE, amount_minor=10_00),)),
    ("force capture", {"authorization": None}, (replace(CAPTURE, purchase_ref="ipi_0001"),)),
    ("linked refund", {"type": "refund", "amount": 42_30}, (REFUND,)),
    ("partial refund", {"type": "refund", "amount": 5_00}, (replace(REFUND, amount_minor=5_00),)),
    ("unlinked refund", {"type": "refund", "amount": 42_30, "authorization": None}, (replace(REFUND, refund_of=None),)),
    ("expanded authorization", {"authorization": {"id": "iauth_0001", "object": "issuing.authorization"}}, (CAPTURE,)),
    (
        "expanded card",
        {"card": {"id": "ic_0001", "last4": "4242", "brand": "MasterCard", "metadata": {}}},
        (replace(CAPTURE, last_four="4242", card_scheme="mastercard"),),
    ),
    (
        "no terminal",
        {"merchant_data": {"network_id": "1234567890", "terminal_id": None}},
        (replace(CAPTURE, merchant=MerchantEvidence((MerchantIdentifier("network_id", "1234567890"),))),),
    ),
    (
        "terminal of nobody",
        {"merchant_data": {"network_id": "", "terminal_id": "T7"}},
        (replace(CAPTURE, merchant=MerchantEvidence()),),
    ),
    # Stripe's smallest unit is not ISO 4217's for these three.
    (
        "ISK",
        {"currency": "isk", "merchant_currency": "isk", "amount": -128000},
        (replace(CAPTURE, currency="ISK", amount_minor=1280),),
    ),
    (
        "UGX",
        {"currency": "ugx", "merchant_currency": "ugx", "amount": -500000},
        (replace(CAPTURE, currency="UGX", amount_minor=5000),),
    ),
    (
        "MGA",
        {"currency": "mga", "merchant_currency": "mga", "amount": -500},
        (replace(CAPTURE, currency="MGA", amount_minor=50000),),
    ),
    (
        "KWD",
        {"currency": "kwd", "merchant_currency": "kwd", "amount": -12340},
        (replace(CAPTURE, currency="KWD", amount_minor=12340),),
    ),
    ("a type of tomorrow", {"type": "fee"}, ()),
]


@pytest.mark.parametrize("event", ["issuing_transaction.created", "issuing_transaction.updated"])
@pytest.mark.parametrize(("case", "changes", "expected"), TRANSACTIONS, ids=[case for case, _, _ in TRANSACTIONS])
def test_a_transaction_is_a_clearing_or_a_refund(
    case: str, changes: dict[str, Any], expected: tuple[CardEvent, ...], event: str
) -> None:
    assert parse(event, a_stripe_transaction(**changes)) == expected


@pytest.mark.parametrize("event", ["issuing_card.updated", "issuing_dispute.created", "charge.succeeded", "v2.core.x"])
def test_every_other_event_states_nothing(event: str) -> None:
    assert parse(event, {"id": "x", "object": "whatever"}) == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 4230}, "expected a capture below zero and a refund above it, got 4230"),
        ({"type": "refund", "amount": -1}, "expected a capture below zero"),
        ({"amount": -42.3}, "Expected `int`, got `float` - at `$.data.object.amount`"),
        ({"amount": 10**18}, "expected at most"),
        ({"currency": "btc"}, "expected an ISO 4217 code such as EUR, got 'btc'"),
        ({"currency": "isk", "merchant_currency": "isk", "amount": -128050}, "ISK is written in hundreds, got -128050"),
        ({"card": {"id": None}}, "$.data.object.card: expected an id"),
        ({"created": 10**15}, "expected unix seconds"),
        ({"created": "today"}, "Expected `int`, got `str` - at `$.data.object.created`"),
    ],
)
def test_what_is_not_documented_is_unreadable_and_says_where(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse("issuing_transaction.created", a_stripe_transaction(**changes))
    assert says in refusal.value.detail


def test_pending_webhooks_and_key_order_stay_out_of_the_digest_and_nothing_else_does() -> None:
    event = a_stripe_event("issuing_transaction.created", a_stripe_transaction())
    first = STRIPE.envelope(delivery(event))
    again = STRIPE.envelope(delivery(dict(reversed(event.items())) | {"pending_webhooks": 0}))
    other = STRIPE.envelope(delivery(event | {"created": 1790000002}))
    assert (first.delivery_id, first.card_token) == ("evt_0001", "ic_0001")
    assert first == again
    assert (other.delivery_id, other.content_digest != first.content_digest) == ("evt_0001", True)


def a_card(**changes: Any) -> dict[str, Any]:
    card = {
        "id": "ic_0002",
        "object": "issuing.card",
        "brand": "Visa",
        "created": 1790000000,
        "last4": "9999",
        "metadata": {},
        "replacement_for": "ic_0001",
        "replacement_reason": "lost",
    }
    return a_stripe_event("issuing_card.created", card | changes)


@pytest.mark.parametrize("old", ["ic_0001", {"id": "ic_0001", "object": "issuing.card"}])
def test_a_card_given_in_the_place_of_another_links_as_that_one(old: Any) -> None:
    told = delivery(a_card(replacement_for=old))
    (event,) = STRIPE.parse(told)
    assert (event.kind, event.card_token, event.replaces) == (EventKind.CARD_LINKED, "ic_0002", "ic_0001")
    assert (event.last_four, event.card_scheme, event.fact_ref) == ("9999", "visa", "card_linked:ic_0002")
    assert event.occurred_at == event.occurred_until == utc("2026-09-21T14:13:20")
    assert STRIPE.envelope(told).card_token == "ic_0002"


def test_a_new_card_that_replaces_none_tells_nothing() -> None:
    assert STRIPE.parse(delivery(a_card(replacement_for=None))) == ()
    with pytest.raises(Unreadable, match=r"created"):
        STRIPE.parse(delivery(a_card(created="soon")))
