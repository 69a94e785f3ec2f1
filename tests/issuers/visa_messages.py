"""Visa's recorded messages, changed at will, and what a careful reader takes from each, every field written down."""

from typing import Any

from issuer_deliveries import fixture, micros, utc

from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis

SHOP = MerchantEvidence(
    identifiers=(
        MerchantIdentifier("acquirer_mid", "400000/11112222"),
        MerchantIdentifier("mid", "11112222"),
        MerchantIdentifier("vsid", "300000001"),
        MerchantIdentifier("vmid", "20000001"),
    ),
    descriptor="EXAMPLE FASHION STORE 4",
    category_code=None,
    city=None,
    country=None,
    channel=None,
)
AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="00000000-0000-4000-8000-0000000000c1",
    fact_ref="authorization:100000000000001",
    revision=micros("2026-09-15T08:20:30"),
    purchase_ref="100000000000001",
    occurred_at=utc("2026-09-15T08:20:30"),
    occurred_until=utc("2026-09-15T08:20:30"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-15T08:20:30"),
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four="0001",
    card_scheme="visa",
    metadata={"external_user_id": "card-token-0001"},
)
CLEARING = CardEvent(
    kind=EventKind.CLEARING,
    card_token="00000000-0000-4000-8000-0000000000c1",
    fact_ref="clearing:100000000000001:2026-09-17T03:04:05",
    revision=micros("2026-09-17T03:04:05"),
    purchase_ref="100000000000001",
    occurred_at=utc("2026-09-17T03:04:05"),
    occurred_until=utc("2026-09-17T03:04:05"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-15T08:20:30"),
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four="0001",
    card_scheme="visa",
    metadata={"external_user_id": "card-token-0001"},
)
REFUND = CardEvent(
    kind=EventKind.REFUND,
    card_token="00000000-0000-4000-8000-0000000000c1",
    fact_ref="refund:100000000000009",
    revision=micros("2026-09-20T14:05:07"),
    purchase_ref="100000000000009",
    occurred_at=utc("2026-09-20T14:05:07"),
    occurred_until=utc("2026-09-20T14:05:07"),
    time_basis=TimeBasis.ASSUMED_UTC,
    purchase_at=None,
    amount_minor=12_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=SHOP,
    last_four=None,
    card_scheme="visa",
    metadata={"external_user_id": "card-token-0001"},
)
EXPECTED = {"auth": AUTHORIZATION, "settle": CLEARING, "return": REFUND}


def message(name: str, values: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A recorded message; `values` replace the values of elements by the last part of their key, `...` removes one."""
    body = fixture(f"visa/{name}.json")
    prefix = "ReturnTransaction" if name == "return" else "Transaction"
    changed = {f"{prefix}.{key}": value for key, value in (values or {}).items()}
    elements = body["MessageElementsCollection"]
    elements = [{"Key": pair["Key"], "Value": changed.get(pair["Key"], pair["Value"])} for pair in elements]
    body["MessageElementsCollection"] = [pair for pair in elements if pair["Value"] is not Ellipsis]
    return body | changes
