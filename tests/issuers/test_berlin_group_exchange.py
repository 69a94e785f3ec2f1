"""What a bank's row tells of a purchase in another currency than the account's."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from issuer_deliveries import delivery, fixture

from issuers.bank_pages import Reading, decoded
from issuers.berlin_group import BerlinGroupAdapter
from issuers.berlin_group_exchange import shops_amount
from issuers.card_numbers import mask_card_numbers
from issuers.currencies import exponent
from issuers.events import CardEvent, EventKind
from issuers.two_currencies import Amount

BANK = BerlinGroupAdapter()
LABEL = "CARTE 15/09 EXAMPLE PARIS 15 CB*4521"
ABSENT: Any = ...

Amounts = tuple[int, str, int | None, str | None]


def amounts(event: CardEvent) -> Amounts:
    return event.amount_minor, event.currency, event.other_minor, event.other_currency


def read(body: Any) -> Reading:
    return BANK.read_page(decoded(delivery(body).body, "berlin_group"))


def row(exchange: Any, amount: str = "-85.00", currency: str = "GBP", **more: Any) -> dict[str, Any]:
    told = {
        "transactionAmount": {"currency": currency, "amount": amount},
        "remittanceInformationUnstructured": LABEL,
        "bookingDate": "2026-09-17",
        "currencyExchange": exchange,
    } | more
    return {name: value for name, value in told.items() if value is not ABSENT}


def page(booked: list[Any] = [], pending: list[Any] = [], **changes: Any) -> dict[str, Any]:  # noqa: B006 - never changed
    answer = {"transactions": {"booked": booked, "pending": pending, "_links": {}}}
    return fixture("berlin_group/page.json", answer=answer, before={}) | changes


def after(reading: Reading) -> dict[str, Any]:
    return msgspec.json.decode(msgspec.json.encode(dict(reading.after)))  # type: ignore[no-any-return]


def test_a_recorded_list_of_an_account_in_zlotys_tells_what_the_shops_took() -> None:
    events = BANK.parse(delivery(fixture("berlin_group/foreign.json")))
    assert [(event.kind, event.fact_ref, *amounts(event)) for event in events] == [
        (EventKind.AUTHORIZATION, "authorization:t:tx-1003", 9_00, "EUR", 38_60, "PLN"),
        (EventKind.CLEARING, "clearing:t:tx-1001", 42_50, "EUR", 181_95, "PLN"),
        (EventKind.REFUND, "refund:t:tx-1002", 20_00, "EUR", 85_90, "PLN"),
    ]


def rate(value: Any, unit: Any = "EUR", source: Any = "EUR", target: Any = "GBP", **more: Any) -> dict[str, Any]:
    told = {"sourceCurrency": source, "targetCurrency": target, "unitCurrency": unit, "exchangeRate": value} | more
    return {name: each for name, each in told.items() if each is not ABSENT}


def instructed(amount: Any, currency: Any) -> dict[str, Any]:
    return {"instructedAmount": {"amount": amount, "currency": currency}}


AN_EURO = rate("0.85")
UNTOLD: Amounts = (85_00, "GBP", None, None)
EUROS: Amounts = (100_00, "EUR", 85_00, "GBP")
EXCHANGES: list[tuple[str, dict[str, Any], Amounts]] = [
    ("one euro costs 0.85 pounds", row([AN_EURO]), EUROS),
    ("an object instead of a list", row(AN_EURO), EUROS),
    ("source and target the other way", row([rate("0.85", source="GBP", target="EUR")]), EUROS),
    ("one pound costs 1.1764… euros", row([rate("1.176470588235", unit="GBP")]), EUROS),
    ("a rate as a number", row([rate(0.85)]), EUROS),
    ("codes in small letters", row([rate("0.85", unit="eur", source="eur", target="gbp")]), EUROS),
    ("money back", row([AN_EURO], "85.00", remittanceInformationUnstructured=f"AVOIR {LABEL}"), EUROS),
    # 8.51 / 0.85 = 10.0117…; 8.50 / 0.80 = 10.625; 0.01 / 2 = 0.005; 0.01 / 2.5 = 0.004.
    ("rounded down", row([AN_EURO], "-8.51"), (10_01, "EUR", 8_51, "GBP")),
    ("half a cent goes up", row([rate("0.80")], "-8.50"), (10_63, "EUR", 8_50, "GBP")),
    ("half a cent is a cent", row([rate("2")], "-0.01"), (1, "EUR", 1, "GBP")),
    ("less is none", row([rate("2.5")], "-0.01"), (1, "GBP", None, None)),
    # An account in euros at a till in dollars; the bank repeats the account's amount as instructed.
    (
        "the account's amount instructed",
        row([rate("1.15", target="USD", **instructed("4.07", "EUR"))], "-4.07", "EUR"),
        (4_68, "USD", 4_07, "EUR"),
    ),
    ("no decimals", row([rate("188.4", "GBP", "JPY", "GBP")]), (16014, "JPY", 85_00, "GBP")),
    ("three decimals", row([rate("0.4093", "GBP", "GBP", "KWD")]), (34_791, "KWD", 85_00, "GBP")),
    ("an account without decimals", row([rate("163.25", target="JPY")], "-1633", "JPY"), (10_00, "EUR", 1633, "JPY")),
    ("a rate of 35 decimals", row([rate("0.85" + "0" * 33)]), EUROS),
    # The amount itself, whatever the rate says.
    ("instructed", row([rate("0.8491", **instructed("100.00", "EUR"))]), EUROS),
    ("instructed with a sign", row([rate("0.8491", **instructed("-100.00", "EUR"))]), EUROS),
    ("instructed as a number", row([rate(ABSENT, **instructed(100, "EUR"))]), EUROS),
    ("instructed alone", row([instructed("100.00", "EUR")]), EUROS),
    ("instructed, no such rate", row([rate("about 0.85", "XYZ", **instructed("100.00", "EUR"))]), EUROS),
    # A damaged amount leaves the rate.
    ("instructed, three decimals", row([rate("0.85", **instructed("100.001", "EUR"))]), EUROS),
    ("instructed in no currency", row([rate("0.85", **instructed("99.00", "EURO"))]), EUROS),
    ("instructed in a third currency", row([rate("0.85", **instructed("99.00", "USD"))]), EUROS),
    ("instructed as text", row([rate("0.85", instructedAmount="99.00 EUR")]), EUROS),
]
EXCHANGES += [
    (case, row(exchange), UNTOLD)
    for case, exchange in (
        ("no exchange", ABSENT),
        ("null", None),
        ("none in the list", []),
        ("text", "0.85"),
        ("a list of lists", [[AN_EURO]]),
        ("a list of text", ["EUR"]),
        ("an empty object", [{}]),
        # A chain or reference rates: the first example of a bank's own page has three.
        ("two rates", [AN_EURO, rate("132.28", "ISK", "ISK", "USD")]),
        ("no unit", [rate("0.85", unit=ABSENT)]),
        ("a third unit", [rate("0.85", unit="USD")]),
        ("a unit that is none", [rate("0.85", unit=1)]),
        ("no target", [rate("0.85", target=ABSENT)]),
        ("no source", [rate("0.85", source=None)]),
        ("one currency", [rate("0.85", unit="GBP", source="GBP")]),
        ("not of this account", [rate("0.85", target="PLN")]),
        ("no such currency", [rate("0.85", source="EURO", unit="EURO")]),
        ("no rate", [rate(ABSENT)]),
        ("a rate of zero", [rate("0.000")]),
        ("a rate below zero", [rate("-0.85")]),
        ("a comma", [rate("0,85")]),
        ("an exponent", [rate("85E-2")]),
        ("a fraction", [rate("17/20")]),
        ("not a number", [rate("NaN")]),
        ("true", [rate(True)]),
        ("beyond all rates", [rate("1" * 13)]),
        ("beyond all decimals", [rate("0." + "8" * 41)]),
        ("beyond all amounts", [rate("0." + "0" * 39 + "1")]),
        ("other digits", [rate("٠.٨٥")]),
        ("instructed nothing", [rate(ABSENT, **instructed("0.00", "EUR"))]),
        ("instructed not of this account", [rate(ABSENT, target="PLN", **instructed("100.00", "EUR"))]),
        ("instructed beyond all amounts", [instructed("1E+20", "EUR")]),
        ("instructed no number", [instructed(["100.00"], "EUR")]),
        ("instructed in the account's currency", [instructed("85.00", "GBP")]),
    )
]


@pytest.mark.parametrize(("case", "told", "expected"), EXCHANGES, ids=[case for case, *_ in EXCHANGES])
def test_the_shops_amount_where_it_is_told_beyond_doubt(case: str, told: dict[str, Any], expected: Amounts) -> None:
    reading = read(page([told]))
    assert reading.unread == ()
    assert [amounts(event) for event in reading.events] == [expected]


def test_a_row_that_is_no_purchase_states_nothing_whatever_its_exchange() -> None:
    reading = read(page([row([AN_EURO], remittanceInformationUnstructured="VIR SEPA LOYER")]))
    assert (reading.events, reading.unread) == ((), ())


def test_a_pending_row_that_is_gone_gives_back_in_both_and_one_that_comes_again_takes_it_back_in_both() -> None:
    held = row([AN_EURO], transactionId="tx-0001", bookingDate=None)
    first = read(page(pending=[held]))
    second = read(page(before=after(first), number=8, first=8))
    third = read(page(pending=[held], before=after(second), number=9, first=9))
    told = [[(event.kind, *amounts(event)) for event in each.events] for each in (first, second, third)]
    assert told == [
        [(EventKind.AUTHORIZATION, *EUROS)],
        [(EventKind.REVERSAL, *EUROS)],
        [(EventKind.AUTHORIZATION, *EUROS), (EventKind.REVERSAL, 0, "EUR", 0, "GBP")],
    ]


def test_an_exchange_that_comes_with_the_booking_keeps_the_purchase_and_restates_the_row() -> None:
    pending = row(ABSENT, transactionId="tx-0001", bookingDate=None)
    booked = row([AN_EURO], transactionId="tx-0002")
    first = read(page(pending=[pending]))
    second = read(page([booked], before=after(first), number=8, first=8))
    clearing, reversal = sorted(second.events, key=lambda event: event.kind)
    assert (clearing.kind, clearing.purchase_ref, amounts(clearing)) == (EventKind.CLEARING, "t:tx-0001", EUROS)
    assert (reversal.kind, amounts(reversal)) == (EventKind.REVERSAL, UNTOLD)


@pytest.mark.parametrize("named", [{"transactionId": "tx-0001"}, {}])
def test_a_row_is_told_anew_only_when_another_amount_follows_from_its_exchange(named: dict[str, Any]) -> None:
    first = read(page([row(ABSENT, **named)]))
    again = read(
        page([row([rate("0.85", quotationDate="2026-09-16")], **named)], before=after(first), number=8, first=8)
    )
    (event,) = again.events
    assert (event.fact_ref, event.revision) == (first.events[0].fact_ref, 8)
    assert (amounts(first.events[0]), amounts(event)) == (UNTOLD, EUROS)
    same = read(page([row(rate("0.8500"), **named)], before=after(again), number=9, first=9))
    assert (same.events, same.told) == ((), False)


def test_a_row_with_nothing_told_of_a_shops_currency_is_known_as_before_exchanges_were_read() -> None:
    (ref,), (known,) = (tuple(each) for each in zip(*read(page([row(ABSENT)])).after.items(), strict=True))
    (other,), (too,) = (tuple(each) for each in zip(*read(page([row([{}])])).after.items(), strict=True))
    assert (ref, known.digest) == (other, too.digest)
    assert ref == f"c:{known.digest}:0"


def test_a_rate_in_which_a_card_number_seems_to_stand_is_not_masked() -> None:
    body = delivery(page([row([rate("0.4242424242424242")])])).body
    assert mask_card_numbers(body, pan_like_fields=BANK.capabilities.pan_like_fields) == body


CURRENCIES = ("EUR", "GBP", "JPY", "KWD", "PLN")


@given(
    minor=st.integers(1, 10**9),
    pair=st.permutations(CURRENCIES).map(lambda all_: (all_[0], all_[1])),
    price=st.decimals("0.0001", "9999", places=4),
    by_account=st.booleans(),
)
def test_the_rate_is_what_one_unit_costs(minor: int, pair: tuple[str, str], price: Decimal, by_account: bool) -> None:
    account, shop = pair
    unit = account if by_account else shop
    told = shops_amount(Amount(minor, account), [rate(str(price), unit, account, shop)])
    billed = Decimal(minor).scaleb(-exponent(account))
    exact = billed * price if by_account else billed / price
    expected = int(exact.quantize(Decimal(1).scaleb(-exponent(shop)), ROUND_HALF_UP).scaleb(exponent(shop)))
    assert told == (None if expected > 10**15 else Amount(expected, shop))


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["EUR", "GBP", "0.85", "100.00"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "sourceCurrency",
                    "targetCurrency",
                    "unitCurrency",
                    "exchangeRate",
                    "instructedAmount",
                    "amount",
                    "currency",
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(exchange=JUNK)
def test_no_exchange_keeps_a_row_from_being_read(exchange: Any) -> None:
    reading = read(page([row(exchange)]))
    (event,) = reading.events
    assert event.kind is EventKind.CLEARING
    assert amounts(event) == UNTOLD or (event.other_minor, event.other_currency) == (85_00, "GBP")
