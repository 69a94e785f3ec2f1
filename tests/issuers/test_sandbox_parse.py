"""The sandbox network's own format, message by message."""

from dataclasses import replace
from typing import Any

import pytest
from issuer_deliveries import a_sandbox_message, delivery, micros, utc

from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.sandbox import SandboxAdapter

SANDBOX = SandboxAdapter()
CLEARING = CardEvent(
    kind=EventKind.CLEARING,
    card_token="crd_0001",
    fact_ref="clearing:clr_0001",
    revision=micros("2026-09-18T12:00:00.750"),
    purchase_ref="pch_0001",
    occurred_at=utc("2026-09-18T12:00:00"),
    occurred_until=utc("2026-09-18T12:00:00"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-16T09:00:05"),
    amount_minor=42_30,
    currency="EUR",
    final=True,
    merchant=MerchantEvidence(
        identifiers=(MerchantIdentifier("terminal", "11112222/7"), MerchantIdentifier("mid", "11112222")),
        descriptor="EXAMPLE SHOP",
        category_code="5651",
        city="Exampletown",
        country="FR",
    ),
    last_four="4242",
    card_scheme="visa",
    metadata={"shopper": "s1"},
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, CLEARING),
        (
            {"type": "authorization", "final": False},
            replace(CLEARING, kind=EventKind.AUTHORIZATION, fact_ref="authorization:clr_0001", final=False),
        ),
        ({"type": "reversal"}, replace(CLEARING, kind=EventKind.REVERSAL, fact_ref="reversal:clr_0001")),
        ({"type": "decline"}, replace(CLEARING, kind=EventKind.DECLINE, fact_ref="decline:clr_0001")),
        (
            {"type": "refund", "refund_of": "pch_0000", "purchase_at": None},
            replace(
                CLEARING, kind=EventKind.REFUND, fact_ref="refund:clr_0001", refund_of="pch_0000", purchase_at=None
            ),
        ),
        (
            {"merchant": {"mid": "0"}, "card": {"token": "crd_0001"}},
            replace(CLEARING, merchant=MerchantEvidence(), last_four=None, card_scheme=None, metadata={}),
        ),
    ],
)
def test_a_purchase_message_is_one_fact(changes: dict[str, Any], expected: CardEvent) -> None:
    assert SANDBOX.parse(delivery(a_sandbox_message(**changes))) == (expected,)


@pytest.mark.parametrize(
    ("kind", "expected"), [("card.linked", EventKind.CARD_LINKED), ("card.unlinked", EventKind.CARD_UNLINKED)]
)
def test_a_card_message_is_one_fact(kind: str, expected: EventKind) -> None:
    message = {name: a_sandbox_message()[name] for name in ("id", "created_at", "card")} | {"type": kind}
    assert SANDBOX.parse(delivery(message)) == (
        CardEvent(
            kind=expected,
            card_token="crd_0001",
            fact_ref=f"{expected.value}:evt_0001",
            revision=micros("2026-09-18T12:00:00.750"),
            purchase_ref="crd_0001",
            occurred_at=utc("2026-09-18T12:00:00.750"),
            occurred_until=utc("2026-09-18T12:00:00.750"),
            time_basis=TimeBasis.INSTANT,
            last_four="4242",
            card_scheme="visa",
            metadata={"shopper": "s1"},
        ),
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"type": "chargeback"}, "$.type: expected one of authorization, reversal, clearing"),
        ({"amount_minor": 42.3}, "Expected `int`, got `float` - at `$.amount_minor`"),
        ({"amount_minor": -1}, "Expected `int` >= 0 - at `$.amount_minor`"),
        ({"amount_minor": 10**16}, "Expected `int` <= 1000000000000000 - at `$.amount_minor`"),
        ({"currency": "EURO"}, "expected an ISO 4217 code"),
        ({"occurred_at": "2026-09-18T14:00:00"}, "timezone component - at `$.occurred_at`"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "between the years 1 and 9999"),
        ({"purchase": ""}, "length >= 1 - at `$.purchase`"),
        ({"card": {"token": "x" * 256}}, "length <= 255 - at `$.card.token`"),
        ({"card": {}}, "missing required field `token` - at `$.card`"),
        ({"card": {"token": "c", "last_four": "42"}}, "at `$.card.last_four`"),
        ({"merchant": {"mid": "1", "country": "FRA"}}, "at `$.merchant.country`"),
        ({"amount_minr": 1}, "contains unknown field `amount_minr`"),
    ],
)
def test_what_the_format_does_not_allow_is_unreadable_and_says_where(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        SANDBOX.parse(delivery(a_sandbox_message(**changes)))
    assert says in refusal.value.detail


def test_the_delivery_id_is_the_events_own_and_the_digest_sees_every_byte() -> None:
    first, other = (
        SANDBOX.envelope(delivery(a_sandbox_message())),
        SANDBOX.envelope(delivery(a_sandbox_message(amount_minor=1))),
    )
    assert (first.delivery_id, first.card_token) == ("evt_0001", "crd_0001")
    assert (other.delivery_id, other.content_digest != first.content_digest) == ("evt_0001", True)
