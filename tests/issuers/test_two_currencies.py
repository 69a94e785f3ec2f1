"""Purchases in another currency than the account's: the event tells the shop's amount, the account's beside it."""

from copy import deepcopy
from typing import Any

import pytest
from issuer_deliveries import FIXTURES, a_stripe_authorization, a_stripe_event, a_stripe_transaction, delivery
from lithic_messages import a_transaction, an_event
from visa_messages import message

from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind
from issuers.lithic import LithicAdapter
from issuers.stripe_issuing import StripeIssuingAdapter
from issuers.visa import VisaAdapter

STRIPE, LITHIC, VISA = StripeIssuingAdapter(), LithicAdapter(), VisaAdapter()
ABSENT: Any = ...

Amounts = tuple[int, str, int | None, str | None]


def amounts(event: CardEvent) -> Amounts:
    return event.amount_minor, event.currency, event.other_minor, event.other_currency


def changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (base | changes).items() if value is not ABSENT}


# An account in pounds, a shop in euros.
HELD = {"amount": 85_00, "currency": "gbp", "merchant_amount": 100_00, "merchant_currency": "eur"}
STRIPE_AUTHORIZATIONS: list[tuple[str, dict[str, Any], Amounts]] = [
    ("authorised", {}, (100_00, "EUR", 85_00, "GBP")),
    ("raised", {"amount": 93_50, "merchant_amount": 110_00}, (110_00, "EUR", 93_50, "GBP")),
    ("approved in part", {"amount": 42_50, "merchant_amount": 50_00}, (50_00, "EUR", 42_50, "GBP")),
    ("closed", {"status": "closed"}, (100_00, "EUR", 85_00, "GBP")),
    ("declined", {"approved": False, "status": "closed"}, (100_00, "EUR", 85_00, "GBP")),
    ("reversed, amounts repeated", {"status": "reversed"}, (0, "EUR", 0, "GBP")),
    ("reversed", {"status": "reversed", "amount": 0, "merchant_amount": 0}, (0, "EUR", 0, "GBP")),
    ("reversed, one of them let go", {"status": "reversed", "amount": 0}, (0, "EUR", 0, "GBP")),
    ("expired", {"status": "expired"}, (0, "EUR", 0, "GBP")),
    ("a refund is announced", {"amount": -85_00, "merchant_amount": -100_00}, (100_00, "EUR", 85_00, "GBP")),
    ("no decimals in the shop", {"merchant_amount": 16000, "merchant_currency": "jpy"}, (16000, "JPY", 85_00, "GBP")),
    ("Stripe's own unit", {"merchant_amount": 1449900, "merchant_currency": "isk"}, (14499, "ISK", 85_00, "GBP")),
    ("one currency", {"merchant_amount": 85_00, "merchant_currency": "gbp"}, (85_00, "GBP", None, None)),
    ("one currency, two amounts", {"merchant_currency": "gbp"}, (85_00, "GBP", None, None)),
    ("no shop's amount", {"merchant_amount": ABSENT}, (85_00, "GBP", None, None)),
    ("no shop's currency", {"merchant_currency": None}, (85_00, "GBP", None, None)),
    ("no such currency", {"merchant_currency": "eurr"}, (85_00, "GBP", None, None)),
    ("a currency that is none", {"merchant_currency": {"code": "eur"}}, (85_00, "GBP", None, None)),
    ("an amount in text", {"merchant_amount": "10000"}, (85_00, "GBP", None, None)),
    ("an amount that is no whole number", {"merchant_amount": 100.5}, (85_00, "GBP", None, None)),
    ("true is no amount", {"merchant_amount": True}, (85_00, "GBP", None, None)),
    ("beyond all amounts", {"merchant_amount": 10**15 + 1}, (85_00, "GBP", None, None)),
    ("beyond 64 bits", {"merchant_amount": 10**30}, (85_00, "GBP", None, None)),
    ("a part of a krona", {"merchant_amount": 1449950, "merchant_currency": "isk"}, (85_00, "GBP", None, None)),
    ("the other way", {"merchant_amount": -100_00}, (85_00, "GBP", None, None)),
    ("nothing at the shop", {"merchant_amount": 0}, (85_00, "GBP", None, None)),
]


@pytest.mark.parametrize(("case", "changes", "expected"), STRIPE_AUTHORIZATIONS)
def test_a_stripe_authorization(case: str, changes: dict[str, Any], expected: Amounts) -> None:
    stated = changed(a_stripe_authorization(**HELD), changes)
    (event,) = STRIPE.parse(delivery(a_stripe_event("issuing_authorization.updated", stated)))
    assert amounts(event) == expected


CAPTURED = {"amount": -85_00, "currency": "gbp", "merchant_amount": -100_00, "merchant_currency": "eur"}
STRIPE_TRANSACTIONS: list[tuple[str, dict[str, Any], EventKind, Amounts]] = [
    ("captured", {}, EventKind.CLEARING, (100_00, "EUR", 85_00, "GBP")),
    (
        "captured in part",
        {"amount": -34_00, "merchant_amount": -40_00},
        EventKind.CLEARING,
        (40_00, "EUR", 34_00, "GBP"),
    ),
    (
        "refunded in full, on a day of another rate",
        {"type": "refund", "amount": 86_10, "merchant_amount": 100_00},
        EventKind.REFUND,
        (100_00, "EUR", 86_10, "GBP"),
    ),
    ("the other way", {"merchant_amount": 100_00}, EventKind.CLEARING, (85_00, "GBP", None, None)),
    ("damaged", {"merchant_amount": [], "merchant_currency": 978}, EventKind.CLEARING, (85_00, "GBP", None, None)),
]


@pytest.mark.parametrize(("case", "changes", "kind", "expected"), STRIPE_TRANSACTIONS)
def test_a_stripe_transaction(case: str, changes: dict[str, Any], kind: EventKind, expected: Amounts) -> None:
    stated = changed(a_stripe_transaction(**CAPTURED), changes)
    (event,) = STRIPE.parse(delivery(a_stripe_event("issuing_transaction.created", stated)))
    assert (event.kind, amounts(event)) == (kind, expected)


def test_a_stripe_capture_of_the_wrong_sign_stays_unreadable_whatever_the_shop_was_paid() -> None:
    stated = a_stripe_transaction(**CAPTURED | {"amount": 85_00})
    with pytest.raises(Unreadable, match="expected a capture below zero"):
        STRIPE.parse(delivery(a_stripe_event("issuing_transaction.created", stated)))


def test_a_closed_stripe_authorization_and_the_captures_it_lists_tell_both() -> None:
    listed = [
        a_stripe_transaction(**CAPTURED | {"amount": -51_00, "merchant_amount": -60_00}),
        a_stripe_transaction(id="ipi_0002", **CAPTURED | {"amount": -34_10, "merchant_amount": -40_00}),
    ]
    stated = a_stripe_authorization(**HELD, status="closed", transactions=listed)
    events = STRIPE.parse(delivery(a_stripe_event("issuing_authorization.updated", stated)))
    assert [amounts(event) for event in events] == [
        (100_00, "EUR", 85_00, "GBP"),
        (60_00, "EUR", 51_00, "GBP"),
        (40_00, "EUR", 34_10, "GBP"),
    ]


def lithic(*events: dict[str, Any], **changes: Any) -> list[Amounts]:
    return [amounts(event) for event in LITHIC.parse(delivery(a_transaction(*events, **changes)))]


def billed(event: dict[str, Any], cardholder: Any) -> dict[str, Any]:
    told = deepcopy(event)
    told["amounts"]["cardholder"] = cardholder
    return told


A1 = an_event("a1", "AUTHORIZATION", 50_00, "15T08:20:30")
RETURNED = billed(an_event("t1", "RETURN", 50_00, "17T08:00:00"), {"amount": 101_00, "currency": "USD"})
LITHIC_BILLED: list[tuple[Any, Amounts]] = [
    ({"amount": 56_10, "conversion_rate": "1.122", "currency": "USD"}, (50_00, "EUR", 56_10, "USD")),
    # Returns are told with a sign of their own; the type says what they are.
    ({"amount": -56_10, "currency": "USD"}, (50_00, "EUR", 56_10, "USD")),
    ({"amount": 8000, "currency": "jpy"}, (50_00, "EUR", 8000, "JPY")),
    ({"amount": 50_00, "currency": "EUR"}, (50_00, "EUR", None, None)),
    ({"amount": 0, "currency": "USD"}, (50_00, "EUR", None, None)),
    ({"amount": "5610", "currency": "USD"}, (50_00, "EUR", None, None)),
    ({"amount": 56.1, "currency": "USD"}, (50_00, "EUR", None, None)),
    ({"amount": 10**15 + 1, "currency": "USD"}, (50_00, "EUR", None, None)),
    ({"amount": 56_10, "currency": "DOLLARS"}, (50_00, "EUR", None, None)),
    ({"amount": 56_10}, (50_00, "EUR", None, None)),
    (None, (50_00, "EUR", None, None)),
    ("56.10 USD", (50_00, "EUR", None, None)),
    ([{"amount": 56_10, "currency": "USD"}], (50_00, "EUR", None, None)),
]


@pytest.mark.parametrize(("cardholder", "expected"), LITHIC_BILLED)
def test_what_lithic_bills_stands_beside_what_the_till_took(cardholder: Any, expected: Amounts) -> None:
    assert lithic(billed(A1, cardholder)) == [expected]


def test_lithics_facts_that_stand_for_nothing_do_so_in_both() -> None:
    advice = an_event("v1", "AUTHORIZATION_ADVICE", 40_00, "15T09:00:00")
    assert lithic(A1, advice) == [(0, "EUR", 0, "USD"), (40_00, "EUR", 80_00, "USD")]
    assert lithic(A1, status="DECLINED") == [(0, "EUR", 0, "USD")]


TAKEN_BACK: list[tuple[int, Any, Amounts]] = [
    (50_00, {"amount": 99_00, "currency": "USD"}, (0, "EUR", 0, "USD")),
    (50_00, None, (0, "EUR", 0, "USD")),
    (20_00, {"amount": 40_40, "currency": "USD"}, (30_00, "EUR", 60_60, "USD")),
    (20_00, None, (30_00, "EUR", None, None)),
    (20_00, {"amount": 35_00, "currency": "GBP"}, (30_00, "EUR", None, None)),
    # More than the return itself was billed: the two do not agree.
    (20_00, {"amount": 101_00, "currency": "USD"}, (30_00, "EUR", None, None)),
]


@pytest.mark.parametrize(("amount", "cardholder", "expected"), TAKEN_BACK)
def test_a_return_that_lithic_takes_back_is_lessened_in_both(amount: int, cardholder: Any, expected: Amounts) -> None:
    assert lithic(A1, RETURNED)[1] == (50_00, "EUR", 101_00, "USD")
    undone = billed(an_event("b1", "RETURN_REVERSAL", amount, "18T08:00:00"), cardholder)
    assert lithic(A1, RETURNED, undone)[1] == expected


VISA_MESSAGES: list[tuple[str, dict[str, Any], Amounts]] = [
    ("auth", {"BillingAmount": "36.13", "BillingCurrencyCode": "826"}, (42_50, "EUR", 36_13, "GBP")),
    ("auth", {"BillingAmount": 36, "BillingCurrencyCode": 826}, (42_50, "EUR", 36_00, "GBP")),
    ("auth", {"BillingAmount": "6800", "BillingCurrencyCode": "JPY"}, (42_50, "EUR", 6800, "JPY")),
    # Leading zeros of a number may be lost: 36 is the Australian dollar.
    ("auth", {"BillingAmount": "70.10", "BillingCurrencyCode": "36"}, (42_50, "EUR", 70_10, "AUD")),
    ("auth", {"SettlementBillingAmount": "36.13", "SettlementBillingCurrency": "GBP"}, (42_50, "EUR", None, None)),
    ("settle", {"SettlementBillingAmount": "36.40", "SettlementBillingCurrency": "GBP"}, (42_50, "EUR", 36_40, "GBP")),
    ("settle", {"SettlementBillingAmount": "36.40", "SettlementBillingCurrency": "826"}, (42_50, "EUR", 36_40, "GBP")),
    # What was authorised is not what was settled.
    ("settle", {"BillingAmount": "36.13", "BillingCurrencyCode": "826"}, (42_50, "EUR", None, None)),
    ("return", {"AcquirerAmount": "10.63", "AcquirerCurrencyCode": "826"}, (12_50, "EUR", None, None)),
]
VISA_MESSAGES += [
    (name, {amount: told, currency: code}, (42_50, "EUR", None, None))
    for name, amount, currency in (
        ("auth", "BillingAmount", "BillingCurrencyCode"),
        ("settle", "SettlementBillingAmount", "SettlementBillingCurrency"),
    )
    for told, code in (
        ("0", "826"),
        ("0", "0"),
        ("", ""),
        ("36.13", ""),
        ("36.13", "999"),
        ("36.13", "POUND"),
        ("36.131", "826"),
        ("-36.13", "826"),
        ("36,13", "826"),
        ("NaN", "826"),
        (None, None),
        (["36.13"], {"code": 826}),
        (ABSENT, ABSENT),
    )
]


@pytest.mark.parametrize(("name", "values", "expected"), VISA_MESSAGES)
def test_what_visa_bills_stands_beside_what_the_shop_took(name: str, values: dict[str, Any], expected: Amounts) -> None:
    (event,) = VISA.parse(delivery(message(name, values)))
    assert amounts(event) == expected


@pytest.mark.parametrize("line", [1, 2])
def test_a_row_of_visas_settlement_file_tells_both_too(line: int) -> None:
    table = (FIXTURES / "visa" / "settlement.psv").read_bytes().splitlines()
    names, values = table[0].decode().split("|"), table[line].decode().split("|")
    told = dict(zip(names, values, strict=True)) | {
        "Transaction.SettlementAmount": "10.00",
        "Transaction.SettlementBillingAmount": "8.57",
        "Transaction.SettlementBillingCurrency": "826",
    }
    body = table[0] + b"\n" + "|".join(told.values()).encode()
    (event,) = VISA.parse(Delivery(url="", event="settlement-file", headers={}, body=body))
    assert amounts(event) == (10_00, "EUR", 8_57, "GBP")
