"""What a careful reader takes from each documented Fidel message, written down in full."""

from dataclasses import replace
from typing import Any

import pytest
from issuer_deliveries import delivery, fixture, micros, utc

from issuers.errors import Unreadable
from issuers.events import CardEvent, Channel, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.fidel import FidelAdapter

FIDEL = FidelAdapter()

AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="00000000-0000-4000-8000-c00000000001",
    fact_ref="authorization:00000000-0000-4000-8000-f00000000001",
    revision=micros("2026-09-15T09:20:31.500"),
    purchase_ref="00000000-0000-4000-8000-f00000000001",
    occurred_at=utc("2026-09-15T09:20:30"),  # 10:20:30 in Dublin's summer
    occurred_until=utc("2026-09-15T09:20:30"),
    time_basis=TimeBasis.MERCHANT_LOCAL,
    purchase_at=utc("2026-09-15T09:20:30"),
    amount_minor=84_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(
        identifiers=(
            MerchantIdentifier("fidel_location", "00000000-0000-4000-8000-e00000000001"),
            MerchantIdentifier("mid", "11112222"),
        ),
        descriptor="EXAMPLE BRAND",
        city="Exampletown",
        country="IE",
        channel=Channel.IN_STORE,
    ),
    last_four="0001",
    card_scheme="visa",
    metadata={"yourKey": "your value"},
)
SECOND_SHOP = MerchantEvidence(
    identifiers=(
        MerchantIdentifier("fidel_location", "00000000-0000-4000-8000-e00000000002"),
        MerchantIdentifier("mid", "TEST_MID_00000000-0000-4000-8000-600000000001"),
    ),
    descriptor="EXAMPLE BRAND",
    city="Exampletown",
    country="IE",
)
CLEARING = CardEvent(
    kind=EventKind.CLEARING,
    card_token="00000000-0000-4000-8000-c00000000002",
    fact_ref="clearing:00000000-0000-4000-8000-f00000000002",
    revision=micros("2026-09-18T12:00:00.750"),
    purchase_ref="00000000-0000-4000-8000-f00000000002",
    occurred_at=utc("2026-09-18T12:00:00.750"),
    occurred_until=utc("2026-09-18T12:00:00.750"),
    time_basis=TimeBasis.MERCHANT_LOCAL,
    purchase_at=utc("2026-09-16T10:00:05"),
    amount_minor=42_30,
    currency="EUR",
    final=True,
    merchant=SECOND_SHOP,
    last_four="0001",
    card_scheme="visa",
)
REFUND = CardEvent(
    kind=EventKind.REFUND,
    card_token="00000000-0000-4000-8000-c00000000002",
    fact_ref="refund:00000000-0000-4000-8000-f00000000003",
    revision=micros("2026-09-20T14:30:00.100"),
    purchase_ref="00000000-0000-4000-8000-f00000000003",
    occurred_at=utc("2026-09-20T14:30:00"),
    occurred_until=utc("2026-09-20T14:30:00"),
    time_basis=TimeBasis.MERCHANT_LOCAL,
    amount_minor=42_30,
    currency="EUR",
    refund_of="00000000-0000-4000-8000-f00000000002",
    merchant=SECOND_SHOP,
    last_four="0001",
    card_scheme="visa",
)
STREAM_SHOP = MerchantEvidence(
    identifiers=(), descriptor="EXAMPLE", category_code="5651", city="Exampletown", country="US"
)
STREAM_AUTHORIZATION = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="00000000-0000-4000-8000-c00000000008",
    fact_ref="authorization:00000000-0000-4000-8000-f00000000007",
    revision=micros("2026-09-15T14:20:30.100"),
    purchase_ref="00000000-0000-4000-8000-f00000000007",
    occurred_at=utc("2026-09-15T14:20:30"),
    occurred_until=utc("2026-09-15T14:20:30"),
    time_basis=TimeBasis.ASSUMED_UTC,
    purchase_at=utc("2026-09-15T14:20:30"),
    amount_minor=80_00,
    currency="USD",
    merchant=STREAM_SHOP,
    last_four="0001",
    card_scheme="visa",
)
STREAM_CLEARING = CardEvent(
    kind=EventKind.CLEARING,
    card_token="00000000-0000-4000-8000-c00000000009",
    fact_ref="clearing:00000000-0000-4000-8000-f00000000008",
    revision=micros("2026-09-18T12:00:00.100"),
    purchase_ref="00000000-0000-4000-8000-f00000000008",
    occurred_at=utc("2026-09-18T12:00:00.100"),
    occurred_until=utc("2026-09-18T12:00:00.100"),
    time_basis=TimeBasis.ASSUMED_UTC,
    purchase_at=utc("2026-09-16T14:00:05"),
    amount_minor=80_00,
    currency="USD",
    final=True,
    merchant=STREAM_SHOP,
    last_four="0001",
    card_scheme="visa",
    metadata={"yourKey": "your value"},
)
LINKED = CardEvent(
    kind=EventKind.CARD_LINKED,
    card_token="00000000-0000-4000-8000-c00000000004",
    fact_ref="card_linked:00000000-0000-4000-8000-c00000000004",
    revision=micros("2026-09-01T08:00:00.100"),
    purchase_ref="00000000-0000-4000-8000-c00000000004",
    occurred_at=utc("2026-09-01T08:00:00.100"),
    occurred_until=utc("2026-09-01T08:00:00.100"),
    time_basis=TimeBasis.INSTANT,
    last_four="0001",
    card_scheme="visa",
)
FAILED = CardEvent(
    kind=EventKind.OTHER,
    card_token="00000000-0000-4000-8000-c00000000005",
    fact_ref="other:00000000-0000-4000-8000-c00000000005",
    revision=micros("2026-09-01T08:00:00.100"),
    purchase_ref="00000000-0000-4000-8000-c00000000005",
    occurred_at=utc("2026-09-01T08:00:00.100"),
    occurred_until=utc("2026-09-01T08:00:00.100"),
    time_basis=TimeBasis.INSTANT,
)
API_OBJECT = replace(
    AUTHORIZATION,
    card_token="00000000-0000-4000-8000-c00000000003",
    fact_ref="authorization:00000000-0000-4000-8000-f00000000004",
    purchase_ref="00000000-0000-4000-8000-f00000000004",
    merchant=replace(
        AUTHORIZATION.merchant,
        identifiers=(
            MerchantIdentifier("fidel_location", "00000000-0000-4000-8000-e00000000003"),
            MerchantIdentifier("mid", "11112222"),
        ),
        channel=None,
    ),
)
CARD_ABSENT = replace(AUTHORIZATION, merchant=replace(AUTHORIZATION.merchant, channel=None))

DOCUMENTED: list[tuple[str, str | None, tuple[CardEvent, ...]]] = [
    ("transaction.auth", "transaction.auth", (AUTHORIZATION,)),
    ("transaction.auth.qualified", "transaction.auth.qualified", (CARD_ABSENT,)),
    ("transaction.clearing", "transaction.clearing", (CLEARING,)),
    ("transaction.clearing", "transaction.clearing.qualified", (CLEARING,)),
    ("transaction.refund", "transaction.refund", (REFUND,)),
    ("transaction.refund", "transaction.clearing", (REFUND,)),
    ("transaction.refund", "transaction.clearing.qualified", (REFUND,)),
    ("transaction.refund", "transaction.refund.qualified", (REFUND,)),
    ("transaction.refund", "transaction.refund.match.qualified", (REFUND,)),
    ("stream.transaction.auth", "transaction.auth", (STREAM_AUTHORIZATION,)),
    ("stream.transaction.clearing", "transaction.clearing", (STREAM_CLEARING,)),
    ("card.linked", "card.linked", (LINKED,)),
    ("card.failed", "card.failed", (FAILED,)),
    # Without an event name in the URL the body is read by its shape.
    ("transaction.auth", None, (AUTHORIZATION,)),
    ("transaction-object", None, (API_OBJECT,)),
    ("transaction.clearing", None, (CLEARING,)),
    ("transaction.refund", None, (REFUND,)),
    ("card.linked", None, (LINKED,)),
    ("card.failed", None, (FAILED,)),
    # Documented, about no card of ours: acknowledged, nothing stated.
    ("location.status", "location.status", ()),
    ("program.status", "program.status", ()),
    ("mid-request.failed", "mid-request.failed", ()),
    ("mid-request.failed", "mid-request.succeeded", ()),
    ("missing-transaction-request-failed", "missing-transaction-request.failed", ()),
    ("missing-transaction-request-succeeded", "missing-transaction-request.succeeded", ()),
    ("offer-object", "marketplace.offer.live", ()),
    ("oaas-offer-object-with-targeting", "marketplace.offer.updated", ()),
    ("historic.brand.consent", "brand.consent", ()),
    ("historic.reimbursement.issued", "reimbursement.issued", ()),
    ("historic.reimbursement.failed", "reimbursement.failed", ()),
    ("stream.card.verification.started", "card.verification.started", ()),
    ("create-card-response", None, ()),
    ("transaction.not-qualified.fragment", None, ()),
    ("location.status", None, ()),
    ("historic.brand.consent", None, ()),
]


@pytest.mark.parametrize(("name", "event", "expected"), DOCUMENTED)
def test_every_documented_message(name: str, event: str | None, expected: tuple[CardEvent, ...]) -> None:
    assert FIDEL.parse(delivery(fixture(f"fidel/{name}.json"), event)) == expected


def test_the_two_events_of_a_refund_differ_as_deliveries_and_state_one_fact() -> None:
    body = fixture("fidel/transaction.refund.json")
    as_refund, as_clearing = delivery(body, "transaction.refund"), delivery(body, "transaction.clearing")
    assert FIDEL.envelope(as_refund).delivery_id != FIDEL.envelope(as_clearing).delivery_id
    assert FIDEL.parse(as_refund) == FIDEL.parse(as_clearing)


def test_an_unmatched_refund_names_only_itself() -> None:
    body = fixture("fidel/transaction.refund.json")
    del body["originalTransactionId"]
    assert FIDEL.parse(delivery(body, "transaction.refund")) == (replace(REFUND, refund_of=None),)


def test_a_matched_refund_may_name_its_purchase_in_the_object_alone() -> None:
    body = fixture("fidel/transaction.refund.json")
    body["originalTransaction"] = {"id": body.pop("originalTransactionId"), "amount": 42.3, "currency": "EUR"}
    assert FIDEL.parse(delivery(body, "transaction.refund.match.qualified")) == (REFUND,)


def test_a_name_of_tomorrow_about_a_card_is_kept_and_moves_nothing() -> None:
    (event,) = FIDEL.parse(delivery(fixture("fidel/transaction.auth.json"), "transaction.voided"))
    assert event.kind is EventKind.OTHER
    assert (event.amount_minor, event.currency) == (0, "XXX")


@pytest.mark.parametrize(
    ("written", "currency", "expected_minor"),
    [
        ("84.5", "EUR", 84_50),
        ("84.50", "EUR", 84_50),
        ("84.500", "EUR", 84_50),
        ("4.35", "GBP", 4_35),  # 434.99999… as a float
        ("1.1", "USD", 1_10),
        ("0.1", "EUR", 10),
        ("1e2", "EUR", 100_00),
        ("100", "AED", 100_00),
        ("0", "EUR", 0),
        ("1280", "JPY", 1280),
        ("1280.0", "JPY", 1280),
        ("12.345", "KWD", 12_345),
        ("12.3", "BHD", 12_300),
        ('"84.5"', "EUR", 84_50),
        ("84.5", "eur", 84_50),
    ],
)
def test_amounts_are_exact_in_the_decimals_of_their_currency(written: str, currency: str, expected_minor: int) -> None:
    body = delivery(fixture("fidel/transaction.auth.json", currency=currency)).body
    (event,) = FIDEL.parse(delivery(body.replace(b"84.5", written.encode()), "transaction.auth"))
    assert (event.amount_minor, event.currency) == (expected_minor, currency.upper())


@pytest.mark.parametrize(
    ("local", "zone", "earliest", "latest"),
    [
        ("2026-07-01T12:00:00", "Europe/Paris", "2026-07-01T10:00:00", "2026-07-01T10:00:00"),
        ("2026-01-01T12:00:00", "Europe/Paris", "2026-01-01T11:00:00", "2026-01-01T11:00:00"),
        ("2026-09-15T10:20:30", "Asia/Tokyo", "2026-09-15T01:20:30", "2026-09-15T01:20:30"),
        ("2026-12-31T23:30:00", "America/New_York", "2027-01-01T04:30:00", "2027-01-01T04:30:00"),
        # 02:30 happens twice when the clocks go back, and never when they go forward.
        ("2026-10-25T02:30:00", "Europe/Paris", "2026-10-25T00:30:00", "2026-10-25T01:30:00"),
        ("2026-10-25T03:00:00", "Europe/Paris", "2026-10-25T02:00:00", "2026-10-25T02:00:00"),
        ("2026-03-29T02:30:00", "Europe/Paris", "2026-03-29T01:30:00", "2026-03-29T01:30:00"),
        ("2026-09-15T10: 20: 30", "Europe/Dublin", "2026-09-15T09:20:30", "2026-09-15T09:20:30"),
        ("2026-09-15 10:20:30.123", "Europe/Dublin", "2026-09-15T09:20:30.123", "2026-09-15T09:20:30.123"),
    ],
)
def test_local_times_are_read_in_the_zone_of_the_shop(local: str, zone: str, earliest: str, latest: str) -> None:
    body = fixture("fidel/transaction.auth.json", datetime=local)
    body["location"]["timezone"] = zone
    (event,) = FIDEL.parse(delivery(body, "transaction.auth"))
    assert event.time_basis is TimeBasis.MERCHANT_LOCAL
    assert (event.occurred_at, event.occurred_until) == (utc(earliest), utc(latest))


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "../../etc/passwd", "Europe", "\u0001"])
def test_without_a_known_zone_the_time_is_assumed_to_be_utc(zone: str | None) -> None:
    body = fixture("fidel/transaction.auth.json")
    body["location"]["timezone"] = zone
    (event,) = FIDEL.parse(delivery(body, "transaction.auth"))
    assert (event.occurred_at, event.time_basis) == (utc("2026-09-15T10:20:30"), TimeBasis.ASSUMED_UTC)


def test_a_time_with_its_own_offset_is_an_instant() -> None:
    body = fixture("fidel/transaction.auth.json", datetime="2026-09-15T10:20:30+05:00")
    (event,) = FIDEL.parse(delivery(body, "transaction.auth"))
    assert (event.occurred_at, event.time_basis) == (utc("2026-09-15T05:20:30"), TimeBasis.INSTANT)


@pytest.mark.parametrize(
    ("updated", "expected"),
    [
        ("2026-09-15T09:20:31.500Z", micros("2026-09-15T09:20:31.500")),
        ("2026-09-15T09: 20: 31.500Z", micros("2026-09-15T09:20:31.500")),
        ("2026-09-15T09:20:31.500001Z", micros("2026-09-15T09:20:31.500001")),
        ("2026-09-15T11:20:31+02:00", micros("2026-09-15T09:20:31")),
        (None, micros("2026-09-15T09:20:31.500")),  # `created` then
    ],
)
def test_the_revision_is_the_providers_clock_in_microseconds(updated: str | None, expected: int) -> None:
    (event,) = FIDEL.parse(delivery(fixture("fidel/transaction.auth.json", updated=updated), "transaction.auth"))
    assert event.revision == expected


@pytest.mark.parametrize(
    ("location_id", "mid", "expected"),
    [
        (None, "11112222", [("mid", "11112222")]),
        ("loc", None, [("fidel_location", "loc")]),
        ("loc", "", [("fidel_location", "loc")]),
        ("loc", "0", [("fidel_location", "loc")]),
        ("loc", "  ", [("fidel_location", "loc")]),
        ("0", "00", [("mid", "00")]),
        ("loc", 11112222, [("fidel_location", "loc"), ("mid", "11112222")]),
    ],
)
def test_blank_identifiers_are_no_evidence(location_id: Any, mid: Any, expected: list[tuple[str, str]]) -> None:
    body = fixture("fidel/transaction.auth.json")
    body["location"]["id"], body["identifiers"]["MID"] = location_id, mid
    (event,) = FIDEL.parse(delivery(body, "transaction.auth"))
    assert [(found.scheme, found.value) for found in event.merchant.identifiers] == expected


@pytest.mark.parametrize(
    ("alpha_3", "expected"),
    [
        ("GBR", "GB"),
        ("IRL", "IE"),
        ("USA", "US"),
        ("CAN", "CA"),
        ("SWE", "SE"),
        ("ARE", "AE"),
        ("JPN", "JP"),
        ("FRA", "FR"),
        ("fra", "FR"),
        ("FR", "FR"),
        ("???", "???"),
        (None, None),
    ],
)
def test_countries_become_alpha_2(alpha_3: str | None, expected: str | None) -> None:
    body = fixture("fidel/transaction.auth.json")
    body["location"]["countryCode"] = alpha_3
    (event,) = FIDEL.parse(delivery(body, "transaction.auth"))
    assert event.merchant.country == expected


def test_metadata_values_become_strings() -> None:
    metadata = {"shopper": "s1", "n": 7, "x": 0.1, "yes": True, "none": None, "deep": {"a": [1.10]}}
    (event,) = FIDEL.parse(delivery(fixture("fidel/card.linked.json", metadata=metadata), "card.linked"))
    assert event.metadata == {"shopper": "s1", "n": "7", "x": "0.1", "yes": "true", "deep": '{"a":[1.1]}'}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 84.505}, "EUR has 2 decimals, got 84.505"),
        ({"amount": 10.5, "currency": "JPY"}, "JPY has 0 decimals, got 10.5"),
        ({"amount": 1e30}, "expected a number of EUR"),
        ({"amount": "NaN"}, "expected a number of EUR"),
        ({"amount": None}, "expected amount, currency and card"),
        ({"amount": "ten"}, "$.amount"),
        ({"currency": "EURO"}, "expected an ISO 4217 code"),
        ({"card": None}, "expected amount, currency and card"),
        ({"card": {"id": ""}}, "$.card.id: expected an id of 1 to 255 characters"),
        ({"card": {"id": "x" * 256}}, "$.card.id: expected an id"),
        ({"id": None}, "$.id: expected an id"),
        ({"id": 7}, "Expected `str | null`, got `int` - at `$.id`"),
        ({"id": "a\u0000b"}, "U+0000"),
        ({"datetime": None}, "$.datetime: expected an ISO 8601 date and time, got 'None'"),
        ({"datetime": "2026-09-15"}, "$.datetime: expected an ISO 8601 date and time"),
        (
            {"datetime": "9999-12-31T23:59:59+00:00", "updated": "9999-12-31T23:59:59-01:00"},
            "between the years 1 and 9999",
        ),
        ({"updated": "yesterday"}, "$.updated: expected an ISO 8601 date and time"),
    ],
)
def test_what_is_not_documented_is_unreadable_and_says_where(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        FIDEL.parse(delivery(fixture("fidel/transaction.auth.json", **changes), "transaction.auth"))
    assert says in refusal.value.detail


def test_a_shape_that_is_neither_authorised_nor_cleared_needs_its_event_name() -> None:
    body = fixture("fidel/transaction.auth.json", auth=False)
    with pytest.raises(Unreadable, match="the URL names no event"):
        FIDEL.parse(delivery(body))
    assert FIDEL.parse(delivery(body, "transaction.auth")) == (AUTHORIZATION,)
