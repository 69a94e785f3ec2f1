"""Visa's settlement file: a row states what the real-time message states, and a file with a bad row is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from issuer_deliveries import FIXTURES, URL

from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.file_formats import read_file
from issuers.files import FileContent, FileRefused
from issuers.mastercard_tgx2 import Trailer
from issuers.visa import VisaAdapter
from issuers.visa_settlement_file import COLUMNS

VISA = VisaAdapter()
FILE = FIXTURES / "visa" / "settlement.psv"
HEADER, SALE, CREDIT = FILE.read_bytes().splitlines()
NAMES = HEADER.decode().split("|")


def row(like: bytes = SALE, **changes: str) -> bytes:
    """A row with some columns changed; `Transaction.` is left out of their names."""
    values = dict(zip(NAMES, like.decode().split("|"), strict=True))
    for name, value in changes.items():
        whole = name if name in values else f"Transaction.{name}"
        assert whole in values
        values[whole] = value
    return "|".join(values.values()).encode()


def a_file(*rows: bytes, header: bytes = HEADER) -> bytes:
    return b"\n".join((header, *rows)) + b"\n"


def content(data: bytes) -> FileContent:
    return read_file("visa-settlement", data, None, Trailer())


def facts(data: bytes) -> list[CardEvent]:
    read = content(data)
    return [event for record in read.records for event in VISA.parse(Delivery(record.body, {}, read.event, URL))]


def refused(data: bytes) -> tuple[str, ...]:
    with pytest.raises(FileRefused) as caught:
        content(data)
    return caught.value.problems


def test_the_fixture_has_the_documented_columns() -> None:
    assert len(NAMES) == len(COLUMNS) == 36
    assert sorted(NAMES) == sorted(COLUMNS)


def test_every_field_of_a_sale_and_a_credit() -> None:
    sale, credit = facts(FILE.read_bytes())
    settled = datetime(2026, 9, 17, 3, 4, 5, tzinfo=UTC)
    bought = datetime(2026, 9, 15, 8, 20, 30, tzinfo=UTC)
    merchant = MerchantEvidence(
        identifiers=(
            MerchantIdentifier("acquirer_mid", "400000/11112222"),
            MerchantIdentifier("mid", "11112222"),
            MerchantIdentifier("vsid", "300000001"),
            MerchantIdentifier("vmid", "20000001"),
        ),
        descriptor="EXAMPLE FASHION STORE 4",
        category_code="5651",
        city="EXAMPLETOWN",
    )
    assert sale == CardEvent(
        kind=EventKind.CLEARING,
        card_token="00000000-0000-4000-8000-0000000000c1",
        fact_ref="clearing:100000000000001:2026-09-17T03:04:05",
        revision=1789614245_000000,  # date -u -d 2026-09-17T03:04:05Z +%s
        purchase_ref="100000000000001",
        occurred_at=settled,
        occurred_until=settled,
        time_basis=TimeBasis.INSTANT,
        purchase_at=bought,
        amount_minor=42_50,
        currency="EUR",
        merchant=merchant,
        last_four="0001",
        card_scheme="visa",
    )
    given_back = datetime(2026, 9, 18, tzinfo=UTC)
    assert credit == CardEvent(
        kind=EventKind.REFUND,
        card_token="00000000-0000-4000-8000-0000000000c1",
        fact_ref="refund:100000000000009",
        revision=1789689600_000000,  # date -u -d 2026-09-18T00:00:00Z +%s
        purchase_ref="100000000000009",
        occurred_at=given_back,
        occurred_until=given_back,
        time_basis=TimeBasis.ASSUMED_UTC,
        amount_minor=10_00,
        currency="EUR",
        merchant=merchant,
        last_four="0001",
        card_scheme="visa",
    )
    read = content(FILE.read_bytes())
    assert read.totals == (("clearing", "EUR", 42_50), ("refund", "EUR", 10_00))
    assert read.unchecked == ("the file has no trailer: nothing tells whether it is whole",)
    cards = {VISA.envelope(Delivery(record.body, {}, read.event, URL)).card_token for record in read.records}
    assert cards == {sale.card_token}


def test_a_row_and_the_real_time_message_of_one_settlement_are_one_fact() -> None:
    settle = json.loads((FIXTURES / "visa" / "settle.json").read_text())
    (message,) = VISA.parse(Delivery(json.dumps(settle).encode(), {}, None, URL))
    (told,) = facts(a_file(SALE))
    assert (told.fact_ref, told.purchase_ref, told.amount_minor, told.currency) == (
        message.fact_ref,
        message.purchase_ref,
        message.amount_minor,
        message.currency,
    )


def test_columns_may_stand_in_any_order_and_lines_end_as_they_like() -> None:
    turned = [b"|".join(reversed(each.split(b"|"))) for each in (HEADER, SALE, CREDIT)]
    assert facts(b"\xef\xbb\xbf" + b"\r\n".join(turned)) == facts(FILE.read_bytes())


def test_a_row_of_another_code_states_nothing_and_is_counted() -> None:
    read = content(a_file(SALE, row(TransactionCode="25"), row(TransactionCode="")))
    assert read.totals == (("clearing", "EUR", 42_50),)
    assert "2 records state nothing that is understood" in read.unchecked
    (sale,) = facts(a_file(row(TransactionCode="5")))
    assert sale.kind is EventKind.CLEARING


def test_a_card_number_is_masked_where_no_identifier_stands_and_refused_as_a_card() -> None:
    (record,) = content(a_file(row(MerchantName="PAID BY 4242424242424242"))).records
    assert b"4242424242424242" not in record.body
    assert b"PAID BY ************4242" in record.body
    told = row().replace(b"00000000-0000-4000-8000-0000000000c1", b"4242424242424242")
    assert "expected a token, got what looks like a card number" in refused(a_file(told))[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file: expected records, got nothing"),
        (b"{}", "line 1: visa settlement file: expected the 36 documented columns, the header misses"),
        (a_file(SALE, header=HEADER.replace(b"Card.CardId|", b"")), "the header misses ['Card.CardId']"),
        (a_file(SALE, header=HEADER + b"|Card.Number"), "the header does not know ['Card.Number']"),
        (a_file(SALE, header=HEADER + b"|Card.CardId"), "the header names twice ['Card.CardId']"),
        (a_file(SALE + b"|"), "line 2: visa settlement file: expected 36 values between pipes, got 37"),
        (a_file(SALE, b""), "line 3: visa settlement file: expected 36 values between pipes, got 1"),
        (a_file(SALE)[:-60], "line 2: visa settlement file: expected 36 values"),
        (a_file(row(MerchantName="x")).replace(b"|x|", b"|\xe9|"), "line 2: visa settlement file: expected UTF-8"),
        (a_file(SALE).decode().encode("utf-16"), "line 1: visa settlement file: expected UTF-8"),
        (a_file(row(MerchantName="x" * 20_000)), "expected at most 16384 bytes"),
        (a_file(row(MerchantName="\x00")), "without the character U+0000"),
        (a_file(row(SettlementAmount="42,50")), "line 2: visa settlement file: Transaction.SettlementAmount"),
        (a_file(row(SettlementAmount="-1")), "Transaction.SettlementAmount: expected zero or more"),
        (a_file(row(SettlementCurrencyCodeNumeric="999")), "Transaction.SettlementCurrencyCodeNumeric: currency"),
        (a_file(row(SettlementDate="16/09/2026")), "Transaction.SettlementDate: expected an ISO 8601"),
        (a_file(row(MerchantDateTimeGMT="yesterday")), "Transaction.MerchantDateTimeGMT: expected an ISO 8601"),
        (a_file(row(VipTransactionId="0")), "Transaction.VipTransactionId: expected an id"),
        (a_file(row(**{"Card.CardId": ""})), "$.CardId: expected an id"),
        (a_file(row(CREDIT, VipTransactionId="")), "Transaction.VipTransactionId: expected an id"),
    ],
)
def test_a_file_with_a_bad_line_is_refused_whole(data: bytes, says: str) -> None:
    assert any(says in problem for problem in refused(data)), refused(data)


def test_every_bad_row_is_named() -> None:
    problems = refused(a_file(row(SettlementAmount="x"), SALE, row(SettlementDate="x")))
    assert [problem.partition(":")[0] for problem in problems] == ["line 2", "line 4"]


def test_a_kept_row_that_is_none_is_unreadable_and_has_an_envelope() -> None:
    for body in (b"", b"{}", HEADER, HEADER + b"\n" + SALE + b"\n" + SALE, b"\xff"):
        delivery = Delivery(body, {}, "settlement-file", URL)
        with pytest.raises(Unreadable, match="visa settlement file"):
            VISA.parse(delivery)
        assert VISA.envelope(delivery).card_token is None


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_refused_or_read(data: st.DataObject) -> None:
    damaged = bytearray(FILE.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        events = facts(bytes(damaged))
    except FileRefused:
        return
    assert all(event.amount_minor >= 0 and replace(event) == event for event in events)
