"""What a careful reader takes from a bank's list of transactions, written down in full."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from issuer_deliveries import NOW, SECRETS, delivery, fixture, utc

from issuers.bank_pages import Reading, decoded
from issuers.berlin_group import BerlinGroupAdapter
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis

BANK = BerlinGroupAdapter()
HERE = MerchantEvidence(
    identifiers=(MerchantIdentifier("label", "EXAMPLE PARIS 15"),), descriptor="EXAMPLE", city="PARIS 15"
)

BOOKED = CardEvent(
    kind=EventKind.CLEARING,
    card_token="acct-0001",
    fact_ref="clearing:t:tx-0001",
    revision=7,
    purchase_ref="t:tx-0001",
    occurred_at=utc("2026-09-14T22:00:00"),
    occurred_until=utc("2026-09-15T21:59:59.999999"),
    time_basis=TimeBasis.DATE,
    purchase_at=utc("2026-09-14T22:00:00"),
    amount_minor=42_50,
    currency="EUR",
    final=False,
    refund_of=None,
    merchant=HERE,
    last_four="4521",
    card_scheme=None,
    metadata={},
)
CAFE = replace(
    BOOKED,
    fact_ref="clearing:e:2026-0002",
    purchase_ref="e:2026-0002",
    occurred_at=utc("2026-09-12T22:00:00"),
    occurred_until=utc("2026-09-18T21:59:59.999999"),
    time_basis=TimeBasis.BOOKED,
    purchase_at=None,
    amount_minor=18_90,
    merchant=MerchantEvidence(descriptor="EXAMPLE CAFE", category_code="5812"),
    last_four=None,
)
REFUND = replace(
    BOOKED,
    kind=EventKind.REFUND,
    fact_ref="refund:c:…",
    purchase_ref="c:…",
    occurred_at=utc("2026-09-17T22:00:00"),
    occurred_until=utc("2026-09-18T21:59:59.999999"),
    purchase_at=None,
    amount_minor=12_00,
)
PENDING = replace(
    BOOKED,
    kind=EventKind.AUTHORIZATION,
    fact_ref="authorization:t:tx-0006",
    purchase_ref="t:tx-0006",
    occurred_at=utc("2026-09-19T22:00:00"),
    occurred_until=utc("2026-09-20T21:59:59.999999"),
    purchase_at=utc("2026-09-19T22:00:00"),
    amount_minor=9_00,
    merchant=MerchantEvidence(
        identifiers=(MerchantIdentifier("label", "EXAMPLE PRESSE"),), descriptor="EXAMPLE PRESSE"
    ),
)
GONE = replace(
    BOOKED,
    kind=EventKind.REVERSAL,
    fact_ref="reversal:t:tx-0000",
    purchase_ref="t:tx-0000",
    occurred_at=utc("2026-09-13T22:00:00"),
    occurred_until=utc("2026-09-14T21:59:59.999999"),
    purchase_at=None,
    amount_minor=7_00,
    merchant=MerchantEvidence(),
    last_four=None,
)
LABEL = "CARTE 15/09 EXAMPLE PARIS 15 CB*4521"


def row(label: str | None = LABEL, amount: str = "-42.50", booked: str | None = "2026-09-17", **more: Any) -> Any:
    told = {
        "transactionAmount": {"currency": "EUR", "amount": amount},
        "remittanceInformationUnstructured": label,
        "bookingDate": booked,
    }
    return told | more


def page(booked: list[Any] = [], pending: list[Any] = [], **changes: Any) -> dict[str, Any]:  # noqa: B006 - never changed
    """A complete list with nothing remembered."""
    answer = {"transactions": {"booked": booked, "pending": pending, "_links": {}}}
    return fixture("berlin_group/page.json", answer=answer, before={}) | changes


def read(body: Any) -> Reading:
    return BANK.read_page(decoded(delivery(body).body, "berlin_group"))


def parse(body: Any) -> tuple[CardEvent, ...]:
    return BANK.parse(delivery(body))


def remembered(*readings: Reading) -> dict[str, Any]:
    """What is remembered after pages, as the next page carries it."""
    rows = {ref: each for reading in readings for ref, each in reading.after.items()}
    return msgspec.json.decode(msgspec.json.encode(rows))  # type: ignore[no-any-return]


def nameless(event: CardEvent) -> CardEvent:
    """The same event, its derived reference replaced by what the tables show."""
    assert event.fact_ref.split(":", 1)[1] == event.purchase_ref
    return replace(event, fact_ref=f"{event.kind.value}:c:…", purchase_ref="c:…")


def test_a_recorded_list_tells_what_is_pending_booked_refunded_and_gone() -> None:
    pending, booked, cafe, refund, gone = parse(fixture("berlin_group/page.json"))
    assert (pending, booked, cafe, gone) == (PENDING, BOOKED, CAFE, GONE)
    assert nameless(refund) == REFUND


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, BOOKED),
        ({"bankTransactionCode": "PMNT-CCRD-POSD"}, BOOKED),
        ({"bookingDate": None, "valueDate": "2026-09-17"}, BOOKED),
        ({"bookingDate": None}, BOOKED),
        ({"remittanceInformationUnstructured": None, "additionalInformation": LABEL}, BOOKED),
        (
            {
                "remittanceInformationUnstructured": None,
                "remittanceInformationUnstructuredArray": ["CARTE 15/09 EXAMPLE", "PARIS 15 CB*4521"],
            },
            BOOKED,
        ),
        (
            {"transactionAmount": {"currency": "JPY", "amount": "-4250"}},
            replace(BOOKED, currency="JPY", amount_minor=4250),
        ),
        (
            {"remittanceInformationUnstructured": "ACHAT CB EXAMPLE 15.09.26 CARTE NUMERO 521"},
            replace(
                BOOKED,
                merchant=MerchantEvidence(identifiers=(MerchantIdentifier("label", "EXAMPLE"),), descriptor="EXAMPLE"),
                last_four=None,
                metadata={"last_three": "521"},
            ),
        ),
        (
            {"remittanceInformationUnstructured": "CARTE 18/09 EXAMPLE PARIS 15 CB*4521"},
            replace(
                BOOKED,
                occurred_at=utc("2026-09-11T22:00:00"),
                occurred_until=utc("2026-09-17T21:59:59.999999"),
                time_basis=TimeBasis.BOOKED,
                purchase_at=None,
            ),
        ),
    ],
)
def test_a_row_means_what_it_says(changes: dict[str, Any], expected: CardEvent) -> None:
    assert parse(page([row(transactionId="tx-0001") | changes])) == (expected,)


def test_days_are_the_banks_own() -> None:
    (event,) = parse(page([row(transactionId="tx-0001")], zone="Indian/Reunion"))
    assert (event.occurred_at, event.occurred_until) == (
        utc("2026-09-14T20:00:00"),
        utc("2026-09-15T19:59:59.999999"),
    )
    (night,) = parse(page([row("CARTE 25/10 EXAMPLE", booked="2026-10-26")], pulled_at="2026-10-26T12:00:00Z"))
    assert night.occurred_until - night.occurred_at == utc("2026-01-02T00:59:59.999999") - utc("2026-01-01T00:00:00")


@pytest.mark.parametrize(
    "changes",
    [
        {"bankTransactionCode": "PMNT-ICDT-ESCT"},
        {"bankTransactionCode": "PMNT-RCDT-SALA", "transactionAmount": {"currency": "EUR", "amount": "2000.00"}},
        {"bankTransactionCode": "PMNT-CCRD-CWDL"},
        {"bankTransactionCode": "PMNT-CCRD-XBCW"},
        {"bankTransactionCode": "PMNT-MCRD-POSP"},
        {"remittanceInformationUnstructured": "VIR SEPA LOYER"},
        {"remittanceInformationUnstructured": None},
        {"remittanceInformationUnstructured": "REMBOURSEMENT CB EXAMPLE 15.09.26"},
        {"transactionAmount": {"currency": "EUR", "amount": "0.00"}},
    ],
    ids=str,
)
def test_what_is_no_purchase_by_card_states_nothing(changes: dict[str, Any]) -> None:
    assert parse(page([row(transactionId="tx-0001") | changes])) == ()


def test_two_equal_rows_without_a_name_stay_two_and_stay_the_same_two() -> None:
    first = read(page([row(), row()]))
    assert len({event.fact_ref for event in first.events}) == 2
    again = read(page([row(), row()], before=remembered(first), number=8, first=8))
    assert (again.events, again.told) == ((), False)
    third = read(page([row(), row(), row()], before=remembered(first), number=9, first=9))
    assert len(third.events) == 1
    assert third.events[0].fact_ref not in {event.fact_ref for event in first.events}


def test_equal_rows_on_two_pages_of_one_list_are_counted_on() -> None:
    more = {"transactions": {"booked": [row()], "_links": {"next": {"href": "/v1/next"}}}}
    first = read(page(answer=more))
    second = read(page([row()], before=remembered(first), number=8, first=7))
    refs = {event.fact_ref for event in (*first.events, *second.events)}
    assert len(refs) == 2


def test_an_id_on_two_different_rows_is_no_id() -> None:
    shared = [row(amount="-10.00", entryReference="batch"), row(amount="-20.00", entryReference="batch")]
    events = parse(page(shared))
    assert sorted(event.amount_minor for event in events) == [10_00, 20_00]
    assert all("batch" not in event.fact_ref for event in events)
    same = [row(entryReference="once"), row(entryReference="once")]
    assert [event.fact_ref for event in parse(page(same))] == ["clearing:e:once"]


def test_a_row_that_keeps_its_name_is_one_purchase() -> None:
    first = read(page(pending=[row(booked=None, transactionId="tx-1")]))
    second = read(page([row(transactionId="tx-1")], before=remembered(first), number=8, first=8))
    (clearing,) = second.events
    assert (clearing.fact_ref, clearing.purchase_ref) == ("clearing:t:tx-1", "t:tx-1")


@pytest.mark.parametrize(
    ("booked", "linked"),
    [
        ([row(entryReference="b-1")], True),
        ([row()], True),
        ([row(entryReference="b-1", amount="-42.51")], False),
        ([row("CARTE 14/09 EXAMPLE PARIS 15 CB*4521", entryReference="b-1")], False),
        ([row("CARTE 15/09 EXAMPLE PARIS 15 CB*9999", entryReference="b-1")], False),
        ([row("CARTE 15/09 ANOTHER PARIS 15 CB*4521", entryReference="b-1")], False),
        ([row("EXAMPLE", entryReference="b-1", bankTransactionCode="PMNT-CCRD-POSD")], False),
        ([row(entryReference="b-1"), row(entryReference="b-2")], False),
    ],
)
def test_a_booked_row_continues_a_pending_one_only_beyond_doubt(booked: list[Any], linked: bool) -> None:
    first = read(page(pending=[row(booked=None, transactionId="p-1")]))
    events = parse(page(booked, before=remembered(first), number=8, first=8))
    clearings = [event for event in events if event.kind is EventKind.CLEARING]
    assert [event.purchase_ref == "t:p-1" for event in clearings] == [linked] * len(booked)
    reversals = [event for event in events if event.kind is EventKind.REVERSAL]
    assert [(event.fact_ref, event.amount_minor) for event in reversals] == [("reversal:t:p-1", 42_50)]


def test_two_that_are_gone_and_alike_leave_doubt() -> None:
    first = read(page(pending=[row(booked=None, transactionId="p-1"), row(booked=None, transactionId="p-2")]))
    events = parse(page([row(entryReference="b-1")], before=remembered(first), number=8, first=8))
    assert [event.purchase_ref for event in events if event.kind is EventKind.CLEARING] == ["e:b-1"]


def test_the_link_stays_when_the_row_is_changed_later() -> None:
    first = read(page(pending=[row(booked=None, transactionId="p-1")]))
    second = read(page([row(entryReference="b-1")], before=remembered(first), number=8, first=8))
    changed = row(entryReference="b-1", valueDate="2026-09-18")
    third = parse(page([changed], before=remembered(first, second), number=9, first=9))
    assert [(event.purchase_ref, event.revision) for event in third] == [("t:p-1", 9)]


def test_nothing_is_gone_before_the_last_page_and_booked_rows_are_not_missed() -> None:
    first = read(page([row(transactionId="b-1")], [row(booked=None, transactionId="p-1")]))
    more = {"transactions": {"booked": [], "pending": [], "_links": {"next": {"href": "/v1/next"}}}}
    assert parse(page(answer=more, before=remembered(first), number=8, first=8)) == ()
    gone = parse(page(before=remembered(first), number=9, first=8))
    assert [event.fact_ref for event in gone] == ["reversal:t:p-1"]


def test_reading_a_page_again_tells_the_same() -> None:
    body = fixture("berlin_group/page.json")
    assert parse(body) == parse(body)
    assert read(body) == read(body)


def test_a_row_that_cannot_be_read_is_left_out_said_and_not_remembered() -> None:
    reading = read(page([row(amount="-1.001", transactionId="odd"), row(transactionId="good")]))
    assert [event.fact_ref for event in reading.events] == ["clearing:t:good"]
    assert reading.after.keys() == {"t:good"}
    assert reading.unread == ("berlin_group page: a row of 2026-09-17: amount: EUR has 2 decimals, got -1.001",)


@pytest.mark.parametrize(
    "changes",
    [
        {"zone": "Mars/Olympus"},
        {"answer": {}},
        {"answer": {"transactions": []}},
        {"answer": {"transactions": {"booked": [{"transactionAmount": {"currency": "EUR", "amount": 7}}]}}},
        {"bank_page": "plaid"},
        {"number": 1.5},
    ],
)
def test_a_damaged_page_is_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match="berlin_group"):
        parse(page([row()], **changes))


def test_an_answer_tells_where_to_go_on_and_what_it_concerns() -> None:
    answer = {"transactions": {"booked": [row(transactionId="t")], "_links": {"next": {"href": "/v1/more?page=2"}}}}
    progress = BANK.progress(delivery(answer).body)
    assert (progress.cursor, progress.more) == ("/v1/more?page=2", True)
    assert BANK.names(delivery(answer).body) == {"t:t"}
    assert not BANK.progress(delivery({"transactions": {"booked": []}}).body).more


def test_no_delivery_is_genuine() -> None:
    with pytest.raises(SignatureRefused, match="banks are asked and push nothing"):
        BANK.verify(delivery(page()), (SECRETS["berlin_group"],), NOW)
    with pytest.raises(ValueError, match="pushes nothing"):
        BANK.sign(b"", secret=b"x", url="", event=None, now=NOW)
