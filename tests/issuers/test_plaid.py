"""What a careful reader takes from Plaid's pages, written down in full."""

from dataclasses import replace
from typing import Any

import pytest
from issuer_deliveries import delivery, fixture, utc

from issuers.adapter import Delivery
from issuers.bank_pages import decoded
from issuers.card_numbers import mask_card_numbers
from issuers.errors import Unreadable
from issuers.events import (
    CardEvent,
    Channel,
    EventKind,
    MerchantEvidence,
    MerchantIdentifier,
    TimeBasis,
)
from issuers.plaid import PlaidAdapter

PLAID = PlaidAdapter()
POSTED = CardEvent(
    kind=EventKind.CLEARING,
    card_token="acct-0001",
    fact_ref="clearing:row-posted-0001",
    revision=7,
    purchase_ref="row-pending-0001",
    occurred_at=utc("2026-09-15T08:20:30"),
    occurred_until=utc("2026-09-15T08:20:30"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-15T08:20:30"),
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(
        identifiers=(
            MerchantIdentifier("plaid_store", "ent-0001/0004"),
            MerchantIdentifier("plaid_merchant", "ent-0001"),
        ),
        descriptor="CARD EXAMPLE FASHION 0004",
        category_code=None,
        city="Exampletown",
        country="FR",
        channel=Channel.IN_STORE,
    ),
    last_four=None,
    card_scheme=None,
    metadata={},
)
PENDING = CardEvent(
    kind=EventKind.AUTHORIZATION,
    card_token="acct-0001",
    fact_ref="authorization:row-pending-0002",
    revision=7,
    purchase_ref="row-pending-0002",
    occurred_at=utc("2026-09-18T11:59:00"),
    occurred_until=utc("2026-09-18T11:59:00"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=utc("2026-09-18T11:59:00"),
    amount_minor=18_90,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(
        identifiers=(MerchantIdentifier("plaid_merchant", "ent-0003"),),
        descriptor="EXAMPLE MARKETPLACE CAFE",
        category_code=None,
        city=None,
        country=None,
        channel=Channel.ONLINE,
    ),
    last_four=None,
    card_scheme=None,
    metadata={},
)
REMOVED = CardEvent(
    kind=EventKind.REVERSAL,
    card_token="acct-0001",
    fact_ref="reversal:row-pending-0001",
    revision=7,
    purchase_ref="row-pending-0001",
    occurred_at=utc("2026-09-15T08:20:30"),
    occurred_until=utc("2026-09-15T08:20:30"),
    time_basis=TimeBasis.INSTANT,
    purchase_at=None,
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=MerchantEvidence(),
    last_four=None,
    card_scheme=None,
    metadata={},
)


def page(*rows: dict[str, Any], removed: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    """A page with these rows added, and nothing remembered."""
    answer = {
        "added": list(rows),
        "modified": [],
        "removed": [{"transaction_id": ref, "account_id": "acct-0001"} for ref in removed],
        "next_cursor": "cursor-0002",
        "has_more": False,
    }
    return fixture("plaid/page.json", answer=answer, before={}) | changes


def posted(**changes: Any) -> dict[str, Any]:
    """The posted row of the recorded page, with fields replaced or removed by `...`."""
    row: dict[str, Any] = fixture("plaid/page.json")["answer"]["added"][0] | changes
    return {name: value for name, value in row.items() if value is not ...}


def parse(body: Any) -> tuple[CardEvent, ...]:
    return PLAID.parse(delivery(body))


def one(**changes: Any) -> CardEvent | None:
    found = parse(page(posted(**changes)))
    assert len(found) <= 1
    return found[0] if found else None


def test_a_recorded_page_tells_a_clearing_an_authorization_and_a_reversal() -> None:
    assert parse(fixture("plaid/page.json")) == (POSTED, PENDING, REMOVED)


DAY = {
    "occurred_at": utc("2026-09-14T22:00:00"),
    "occurred_until": utc("2026-09-15T21:59:59.999999"),
    "time_basis": TimeBasis.DATE,
    "purchase_at": utc("2026-09-14T22:00:00"),
}
LABELLED = MerchantEvidence(
    identifiers=(*POSTED.merchant.identifiers, MerchantIdentifier("label", "EXAMPLE PARIS 15")),
    descriptor="EXAMPLE",
    city="PARIS 15",
    country="FR",
    channel=Channel.IN_STORE,
)
CASES: list[tuple[str, dict[str, Any], CardEvent]] = [
    ("no link to a pending row", {"pending_transaction_id": None}, replace(POSTED, purchase_ref="row-posted-0001")),
    ("a whole number", {"amount": 42}, replace(POSTED, amount_minor=42_00)),
    ("yen", {"amount": 4250, "iso_currency_code": "JPY"}, replace(POSTED, amount_minor=4250, currency="JPY")),
    ("a day of authorization", {"authorized_datetime": None}, replace(POSTED, **DAY)),
    ("midnight is no time", {"authorized_datetime": "2026-09-15T00:00:00Z"}, replace(POSTED, **DAY)),
    (
        "only the day of booking",
        {"authorized_datetime": None, "authorized_date": None},
        replace(
            POSTED,
            occurred_at=utc("2026-09-11T22:00:00"),
            occurred_until=utc("2026-09-17T21:59:59.999999"),
            time_basis=TimeBasis.BOOKED,
            purchase_at=None,
        ),
    ),
    (
        "a raw label with day, town and card",
        {
            "authorized_datetime": None,
            "authorized_date": None,
            "original_description": "CARTE 15/09 EXAMPLE PARIS 15 CB*4521",
        },
        replace(POSTED, **DAY, merchant=LABELLED, last_four="4521"),
    ),
    (
        "a label with three digits",
        {"original_description": "ACHAT CB EXAMPLE 15.09.26 CARTE NUMERO 521"},
        replace(
            POSTED,
            merchant=replace(
                POSTED.merchant,
                identifiers=(*POSTED.merchant.identifiers, MerchantIdentifier("label", "EXAMPLE")),
                descriptor="EXAMPLE",
            ),
            metadata={"last_three": "521"},
        ),
    ),
    (
        "a refund",
        {"amount": -42.5, "authorized_datetime": None, "authorized_date": None, "pending_transaction_id": None},
        replace(
            POSTED,
            kind=EventKind.REFUND,
            fact_ref="refund:row-posted-0001",
            purchase_ref="row-posted-0001",
            occurred_at=utc("2026-09-16T22:00:00"),
            occurred_until=utc("2026-09-17T21:59:59.999999"),
            time_basis=TimeBasis.BOOKED,
            purchase_at=None,
        ),
    ),
    (
        "a European purchase",
        {"transaction_code": "purchase", "payment_channel": "other"},
        replace(POSTED, merchant=replace(POSTED.merchant, channel=None)),
    ),
    (
        "a pending row is of its day",
        {"pending": True, "pending_transaction_id": None, "authorized_datetime": None, "authorized_date": None},
        replace(
            POSTED,
            kind=EventKind.AUTHORIZATION,
            fact_ref="authorization:row-posted-0001",
            purchase_ref="row-posted-0001",
            occurred_at=utc("2026-09-16T22:00:00"),
            occurred_until=utc("2026-09-17T21:59:59.999999"),
            time_basis=TimeBasis.DATE,
            purchase_at=utc("2026-09-16T22:00:00"),
        ),
    ),
    (
        "no entity and no store",
        {"merchant_entity_id": None, "location": None},
        replace(
            POSTED,
            merchant=MerchantEvidence(descriptor="CARD EXAMPLE FASHION 0004", channel=Channel.IN_STORE),
        ),
    ),
    (
        "unknown and missing fields",
        {"name": ..., "location": ..., "payment_meta": ..., "merchant_entity_id": ..., "brand_new": {"a": [1]}},
        replace(POSTED, merchant=MerchantEvidence(descriptor="EXAMPLE FASHION", channel=Channel.IN_STORE)),
    ),
]


@pytest.mark.parametrize(("changes", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_row_means_what_it_says(changes: dict[str, Any], expected: CardEvent) -> None:
    assert one(**changes) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_channel": "other"},
        {"payment_channel": None},
        {"transaction_code": "transfer"},
        {"transaction_code": "direct debit"},
        {"transaction_code": "atm"},
        {"payment_meta": {"payee": "somebody"}},
        {"payment_meta": {"reference_number": "7"}},
        {"check_number": "123"},
        {"personal_finance_category": {"primary": "INCOME"}},
        {"personal_finance_category": {"primary": "TRANSFER_OUT"}},
        {"personal_finance_category": {"primary": "LOAN_PAYMENTS"}},
        {"personal_finance_category": {"primary": "BANK_FEES"}},
        {"iso_currency_code": None, "unofficial_currency_code": "BTC", "amount": 0.00012345},
        {"account_id": "acct-0002"},
        {"amount": 0},
        {"amount": -42.5, "pending": True},
        {"original_description": "AVOIR CARTE 15/09 EXAMPLE CB*4521"},
    ],
    ids=str,
)
def test_what_is_no_purchase_by_card_states_nothing(changes: dict[str, Any]) -> None:
    assert one(**changes) is None


def test_a_row_that_says_the_same_again_states_nothing_again() -> None:
    first = page(posted())
    after = PLAID.read_page(decoded(delivery(first).body, "plaid")).after
    told = {ref: {name: getattr(row, name) for name in row.__struct_fields__} for ref, row in after.items()}
    for row in told.values():
        row["since"], row["until"] = row["since"].isoformat(), row["until"].isoformat()
    again = page(posted(logo_url="https://example.invalid/another.png"), before=told, number=8, first=8)
    assert parse(again) == ()
    changed = page(posted(amount=40), before=told, number=9, first=9)
    assert parse(changed) == (replace(POSTED, amount_minor=40_00, revision=9),)
    gone = page(removed=("row-posted-0001",), before=told, number=9, first=9)
    (withdrawn,) = parse(gone)
    assert (withdrawn.kind, withdrawn.fact_ref, withdrawn.amount_minor, withdrawn.revision) == (
        EventKind.CLEARING,
        "clearing:row-posted-0001",
        0,
        9,
    )
    assert withdrawn.purchase_ref == "row-pending-0001"


@pytest.mark.parametrize("how", ["removed", "no card any more", "a refund"])
def test_what_was_authorised_and_is_no_longer_is_reversed(how: str) -> None:
    before = fixture("plaid/page.json")["before"]
    row = posted(transaction_id="row-pending-0001", pending=True, pending_transaction_id=None)
    changed = {
        "removed": page(removed=("row-pending-0001",), before=before),
        "no card any more": page(row | {"transaction_code": "transfer"}, before=before),
        "a refund": page(row | {"amount": -1, "pending": False}, before=before),
    }[how]
    assert REMOVED in parse(changed)


def test_a_row_that_comes_back_takes_its_reversal_back() -> None:
    before = fixture("plaid/page.json")["before"]
    before["row-pending-0001"] |= {"gone": True, "reversed": True}
    row = posted(transaction_id="row-pending-0001", pending=True, pending_transaction_id=None)
    authorised, reversal = parse(page(row, before=before))
    assert (authorised.kind, authorised.amount_minor) == (EventKind.AUTHORIZATION, 42_50)
    assert (reversal.kind, reversal.fact_ref, reversal.amount_minor) == (
        EventKind.REVERSAL,
        "reversal:row-pending-0001",
        0,
    )


def test_what_was_never_told_is_not_missed() -> None:
    assert parse(page(removed=("unheard-of",))) == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 42.505}, "EUR has 2 decimals"),
        ({"amount": "NaN"}, "expected a number of EUR"),
        ({"amount": None}, "amount"),
        ({"amount": 1e30}, "expected"),
        ({"iso_currency_code": "QQQ"}, "expected an ISO 4217 code"),
        ({"date": "17/09/2026"}, "expected an ISO 8601 date"),
        ({"authorized_datetime": "yesterday"}, "expected an ISO 8601 date and time"),
        ({"transaction_id": ""}, "expected an id"),
        ({"pending": "no"}, "pending"),
    ],
)
def test_a_damaged_row_is_unreadable_and_says_where(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        one(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"zone": "Mars/Olympus"},
        {"bank_page": "berlin_group"},
        {"number": "seven"},
        {"account": ""},
        {"pulled_at": "2026-09-21T14:13:20"},
        {"answer": {"added": []}},
        {"answer": None},
        {"before": {"a": 1}},
    ],
)
def test_a_damaged_page_is_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="plaid"):
        parse(page(posted(), **{name: changes[name] for name in changes}))


def test_an_answer_tells_where_to_go_on_and_what_it_concerns() -> None:
    answer = delivery(fixture("plaid/page.json")["answer"]).body
    progress = PLAID.progress(answer)
    assert (progress.cursor, progress.more) == ("cursor-0001", False)
    assert PLAID.names(answer) == {"row-posted-0001", "row-pending-0002", "row-pending-0001"}
    with pytest.raises(Unreadable):
        PLAID.progress(b'{"added": []}')


def test_card_numbers_are_masked_and_ids_that_look_like_some_are_not() -> None:
    row = posted(transaction_id="4970101234567893", original_description="CARTE 15/09 EXAMPLE 4970101234567893")
    body = delivery(page(row)).body
    masked = mask_card_numbers(body, pan_like_fields=PLAID.capabilities.pan_like_fields)
    (event,) = PLAID.parse(Delivery(masked, {}))
    assert event.fact_ref == "clearing:4970101234567893"
    assert event.last_four == "7893"
    assert b"EXAMPLE ************7893" in masked
