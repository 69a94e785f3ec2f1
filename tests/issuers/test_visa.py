"""What a careful reader takes from Visa's real-time messages, written down in full."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from issuer_deliveries import delivery, micros, utc
from visa_messages import AUTHORIZATION, CLEARING, EXPECTED, REFUND, message

from issuers.errors import Unreadable
from issuers.events import CardEvent, MerchantEvidence, MerchantIdentifier, TimeBasis
from issuers.visa import VisaAdapter

VISA = VisaAdapter()


def parse(body: Any) -> tuple[CardEvent, ...]:
    return VISA.parse(delivery(body))


@pytest.mark.parametrize("name", list(EXPECTED))
def test_a_message_of_each_type_states_one_fact(name: str) -> None:
    assert parse(message(name)) == (EXPECTED[name],)


@pytest.mark.parametrize("name", list(EXPECTED))
@pytest.mark.parametrize("write", [str.lower, str.title, lambda text: f" {text} "])
def test_the_type_is_read_in_any_case(name: str, write: Callable[[str], str]) -> None:
    kind = [{"Key": "Campaign", "Value": None}, {"Key": "TransactionType", "Value": write(name.upper())}]
    assert parse(message(name, UserDefinedFieldsCollection=kind)) == (EXPECTED[name],)


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        [{"Key": "TransactionType", "Value": "STATEMENT_CREDIT"}],
        [{"Key": "TransactionType", "Value": ""}],
        [{"Key": "TransactionType", "Value": None}],
        [{"Key": "TransactionType"}],
        [{"Key": "TransactionType", "Value": {"AUTH": True}}],
        [{"Key": "transactiontype", "Value": "AUTH"}],
    ],
)
def test_a_type_that_is_not_documented_states_nothing(fields: Any) -> None:
    assert parse(message("auth", UserDefinedFieldsCollection=fields)) == ()
    assert parse({"UserDefinedFieldsCollection": fields, "MessageElementsCollection": None}) == ()


def shop(*identifiers: tuple[str, str], descriptor: str | None = "EXAMPLE FASHION STORE 4") -> MerchantEvidence:
    return MerchantEvidence(tuple(MerchantIdentifier(*each) for each in identifiers), descriptor)


ALL_BUT_MID = (("vsid", "300000001"), ("vmid", "20000001"))
BILLED: dict[str, Any] = {"other_minor": 42_50, "other_currency": "EUR"}
CASES: list[tuple[str, str, dict[str, Any], CardEvent]] = [
    ("another amount", "auth", {"TransactionAmount": "0.01"}, replace(AUTHORIZATION, amount_minor=1)),
    ("a whole amount", "auth", {"TransactionAmount": "42"}, replace(AUTHORIZATION, amount_minor=42_00)),
    ("an amount that is a number", "auth", {"TransactionAmount": 42.5}, AUTHORIZATION),
    (
        "the billed amount is not the shop's",
        "auth",
        {"BillingAmount": "36.00", "BillingCurrencyCode": 826},
        replace(AUTHORIZATION, other_minor=36_00, other_currency="GBP"),
    ),
    (
        "pounds",
        "auth",
        {"CurrencyCodeNumeric": "826"},
        replace(AUTHORIZATION, currency="GBP", **BILLED),
    ),
    (
        "yen have no decimals, written or not",
        "auth",
        {"CurrencyCodeNumeric": "392", "TransactionAmount": "4250.00"},
        replace(AUTHORIZATION, currency="JPY", amount_minor=4250, **BILLED),
    ),
    (
        "Australian dollars without their leading zero",
        "auth",
        {"CurrencyCodeNumeric": 36},
        replace(AUTHORIZATION, currency="AUD", **BILLED),
    ),
    (
        "a currency by its letters",
        "auth",
        {"CurrencyCodeNumeric": "chf"},
        replace(AUTHORIZATION, currency="CHF", **BILLED),
    ),
    ("nothing to pay", "auth", {"TransactionAmount": "0"}, replace(AUTHORIZATION, amount_minor=0)),
    (
        "no time in GMT: the retailer's, read as UTC",
        "auth",
        {"MerchantDateTimeGMT": ""},
        replace(
            AUTHORIZATION,
            revision=micros("2026-09-15T10:20:30"),
            occurred_at=utc("2026-09-15T10:20:30"),
            occurred_until=utc("2026-09-15T10:20:30"),
            time_basis=TimeBasis.ASSUMED_UTC,
            purchase_at=utc("2026-09-15T10:20:30"),
        ),
    ),
    (
        "no time in GMT at settlement",
        "settle",
        {"MerchantDateTimeGMT": None},
        replace(CLEARING, time_basis=TimeBasis.ASSUMED_UTC, purchase_at=utc("2026-09-15T10:20:30")),
    ),
    (
        "a tip: another amount settled than authorised",
        "settle",
        {"SettlementAmount": "47.50"},
        replace(CLEARING, amount_minor=47_50),
    ),
    (
        "settled in another currency than authorised",
        "settle",
        {"SettlementAmount": "49.90", "SettlementCurrencyCodeNumeric": "840"},
        replace(CLEARING, amount_minor=49_90, currency="USD", **BILLED),
    ),
    (
        "seven zeros before the MID",
        "settle",
        {"MerchantCardAcceptorId": "000000011112222"},
        replace(
            CLEARING,
            merchant=shop(
                ("acquirer_mid", "400000/000000011112222"),
                ("acquirer_mid", "400000/11112222"),
                ("mid", "000000011112222"),
                ("mid", "11112222"),
                *ALL_BUT_MID,
            ),
        ),
    ),
    (
        "six zeros belong to the MID",
        "settle",
        {"MerchantCardAcceptorId": "00000011112222"},
        replace(
            CLEARING, merchant=shop(("acquirer_mid", "400000/00000011112222"), ("mid", "00000011112222"), *ALL_BUT_MID)
        ),
    ),
    (
        "no acquirer",
        "auth",
        {"MerchantAcquirerBin": ""},
        replace(AUTHORIZATION, merchant=shop(("mid", "11112222"), *ALL_BUT_MID)),
    ),
    (
        "a MID of nobody",
        "auth",
        {"MerchantCardAcceptorId": "0"},
        replace(AUTHORIZATION, merchant=shop(*ALL_BUT_MID)),
    ),
    (
        "Visa's own ids unknown in their three ways",
        "auth",
        {"VisaStoreId": "0", "VisaMerchantId": None, "VisaStoreName": ""},
        replace(
            AUTHORIZATION,
            merchant=shop(("acquirer_mid", "400000/11112222"), ("mid", "11112222"), descriptor="EXAMPLE FASHION"),
        ),
    ),
    (
        "nothing known of the shop",
        "auth",
        dict.fromkeys(
            ["MerchantCardAcceptorId", "VisaStoreId", "VisaMerchantId", "VisaStoreName", "VisaMerchantName"], ""
        ),
        replace(AUTHORIZATION, merchant=MerchantEvidence()),
    ),
    ("no last digits", "auth", {"PanLastFour": ...}, replace(AUTHORIZATION, last_four=None)),
    (
        "a refund just after midnight",
        "return",
        {"DateTime": "1/2/2026 12:00:00 AM"},
        replace(
            REFUND,
            revision=micros("2026-01-02T00:00:00"),
            occurred_at=utc("2026-01-02T00:00:00"),
            occurred_until=utc("2026-01-02T00:00:00"),
        ),
    ),
    (
        "a refund just after noon",
        "return",
        {"DateTime": "12/31/2026 12:59:59 pm"},
        replace(
            REFUND,
            revision=micros("2026-12-31T12:59:59"),
            occurred_at=utc("2026-12-31T12:59:59"),
            occurred_until=utc("2026-12-31T12:59:59"),
        ),
    ),
    (
        "a refund in the morning, with zeros",
        "return",
        {"DateTime": "09/20/2026 02:05:07 AM"},
        replace(
            REFUND,
            revision=micros("2026-09-20T02:05:07"),
            occurred_at=utc("2026-09-20T02:05:07"),
            occurred_until=utc("2026-09-20T02:05:07"),
        ),
    ),
    ("an authorisation code says nothing", "return", {"AuthCode": "000001"}, REFUND),
]


@pytest.mark.parametrize(("case", "name", "values", "expected"), CASES, ids=[case for case, *_ in CASES])
def test_values_are_read_as_they_are_meant(case: str, name: str, values: dict[str, Any], expected: CardEvent) -> None:
    assert parse(message(name, values)) == (expected,)


def test_without_an_external_user_nothing_is_attached() -> None:
    assert parse(message("auth", ExternalUserId=None)) == (replace(AUTHORIZATION, metadata={}),)


UNREADABLE: list[tuple[str, dict[str, Any], str]] = [
    ("auth", {"TransactionAmount": "42.505"}, "visa AUTH: Transaction.TransactionAmount: amount: EUR has 2 decimals"),
    ("auth", {"TransactionAmount": "-1"}, "visa AUTH: Transaction.TransactionAmount: expected zero or more, got -1"),
    ("auth", {"TransactionAmount": "forty"}, "visa AUTH: Transaction.TransactionAmount: amount: expected an exact"),
    ("auth", {"TransactionAmount": ""}, "visa AUTH: Transaction.TransactionAmount: amount: expected an exact"),
    ("auth", {"TransactionAmount": "NaN"}, "visa AUTH: Transaction.TransactionAmount: amount: expected a number"),
    ("auth", {"TransactionAmount": "1e99999"}, "visa AUTH: Transaction.TransactionAmount: amount: expected a number"),
    ("auth", {"TransactionAmount": True}, "visa AUTH: Transaction.TransactionAmount: amount: expected an exact"),
    ("auth", {"TransactionAmount": ...}, "visa AUTH: Transaction.TransactionAmount: amount: expected an exact"),
    (
        "auth",
        {"CurrencyCodeNumeric": "0"},
        "CurrencyCodeNumeric: currency: expected an ISO 4217 number such as 978, got '000'",
    ),
    ("auth", {"CurrencyCodeNumeric": ""}, "CurrencyCodeNumeric: currency: expected an ISO 4217 code such as EUR"),
    (
        "auth",
        {"VipTransactionId": ""},
        "visa AUTH: Transaction.VipTransactionId: expected an id of 1 to 255 characters",
    ),
    ("auth", {"VipTransactionId": "0"}, "visa AUTH: Transaction.VipTransactionId: expected an id"),
    ("auth", {"VipTransactionId": "9" * 256}, "visa AUTH: Transaction.VipTransactionId: expected an id"),
    (
        "auth",
        {"MerchantDateTimeGMT": "2026-09-15"},
        "Transaction.MerchantDateTimeGMT: expected an ISO 8601 date and time",
    ),
    ("auth", {"MerchantDateTimeGMT": "", "TimeStampYYMMDD": ""}, "Transaction.TimeStampYYMMDD: expected an ISO 8601"),
    ("settle", {"SettlementAmount": ""}, "visa SETTLE: Transaction.SettlementAmount: amount: expected an exact amount"),
    (
        "settle",
        {"SettlementCurrencyCodeNumeric": "0"},
        "visa SETTLE: Transaction.SettlementCurrencyCodeNumeric: currency: expected",
    ),
    ("settle", {"SettlementDate": ""}, "visa SETTLE: Transaction.SettlementDate: expected an ISO 8601 date and time"),
    ("return", {"Amount": "-12.50"}, "visa RETURN: ReturnTransaction.Amount: expected zero or more, got -12.50"),
    ("return", {"VipTransactionId": None}, "visa RETURN: ReturnTransaction.VipTransactionId: expected an id"),
    ("return", {"DateTime": "2026-09-20T14:05:07"}, "expected M/D/YYYY h:m:s AM or PM, got '2026-09-20T14:05:07'"),
    ("return", {"DateTime": "13/1/2026 2:05:07 PM"}, "expected M/D/YYYY h:m:s AM or PM"),
    ("return", {"DateTime": "9/20/2026 13:05:07 PM"}, "expected M/D/YYYY h:m:s AM or PM"),
    ("return", {"DateTime": "9/20/2026 0:05:07 AM"}, "expected M/D/YYYY h:m:s AM or PM"),
    ("return", {"DateTime": "9/20/2026 2:65:07 PM"}, "expected M/D/YYYY h:m:s AM or PM"),
    ("return", {"DateTime": "9/20/0000 2:05:07 PM"}, "expected M/D/YYYY h:m:s AM or PM"),
    ("return", {"DateTime": "9/20/2026 2:05:07"}, "expected M/D/YYYY h:m:s AM or PM"),
]


@pytest.mark.parametrize(("name", "values", "says"), UNREADABLE)
def test_what_is_not_documented_is_unreadable_and_says_where(name: str, values: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        parse(message(name, values))
    assert says in refusal.value.detail


@pytest.mark.parametrize("card", [None, "", "x" * 256])
def test_a_message_of_no_card_is_unreadable(card: str | None) -> None:
    with pytest.raises(Unreadable, match=r"visa message: \$\.CardId: expected an id"):
        parse(message("auth", CardId=card))


def stated(bodies: list[dict[str, Any]]) -> dict[str, CardEvent]:
    """The latest statement of each fact, whatever arrived last."""
    facts: dict[str, CardEvent] = {}
    for event in (event for body in bodies for event in parse(body)):
        known = facts.get(event.fact_ref)
        if known is None or event.revision > known.revision:
            facts[event.fact_ref] = event
    return facts


def orders() -> Iterator[list[dict[str, Any]]]:
    bodies = [
        message("auth"),
        message("settle", {"SettlementAmount": "30.00"}),
        message("settle", {"SettlementAmount": "12.50", "SettlementDate": "2026-09-18T03:04:05"}, MessageId="a4"),
        message("settle", {"SettlementAmount": "30.00"}, MessageId="repeated-under-another-id"),
        message("return"),
    ]
    for order in permutations(bodies):
        yield list(order)


def test_any_order_and_a_settlement_told_twice_state_the_same_facts() -> None:
    expected = {
        "authorization:100000000000001": AUTHORIZATION,
        "clearing:100000000000001:2026-09-17T03:04:05": replace(CLEARING, amount_minor=30_00),
        "clearing:100000000000001:2026-09-18T03:04:05": replace(
            CLEARING,
            fact_ref="clearing:100000000000001:2026-09-18T03:04:05",
            revision=micros("2026-09-18T03:04:05"),
            occurred_at=utc("2026-09-18T03:04:05"),
            occurred_until=utc("2026-09-18T03:04:05"),
            amount_minor=12_50,
        ),
        "refund:100000000000009": REFUND,
    }
    for order in orders():
        assert stated(order) == expected
