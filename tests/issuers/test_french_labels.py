"""What labels of French statement lines tell, form by form, and that reading one never fails."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from issuers.card_numbers import mask_text
from issuers.french_labels import DAYS_BEFORE_MAX, CardLabel, descriptor_of, read_label

BOOKED = date(2026, 3, 14)
BOUGHT = date(2026, 3, 12)


def label(form: str, merchant: str, **more: object) -> CardLabel:
    told = {"purchased_on": BOUGHT, "town": None, "last_digits": None, "refund": False} | more
    return CardLabel(form=form, merchant=merchant, **told)  # type: ignore[arg-type]


LABELS: list[tuple[str, CardLabel]] = [
    ("CARTE 12/03 ZARA PARIS 15 CB*4521", label("carte_day", "ZARA", town="PARIS 15", last_digits="4521")),
    ("carte 12/03 zara paris 15 cb*4521", label("carte_day", "ZARA", town="PARIS 15", last_digits="4521")),
    ("CARTE 12/03 ZARA", label("carte_day", "ZARA")),
    ("CARTE 12/03 ZARA PARIS", label("carte_day", "ZARA PARIS")),
    ("CARTE 12/03/26 ZARA HOME CB*4521", label("carte_day", "ZARA HOME", last_digits="4521")),
    ("CARTE 12/03/2026 ZARA CB *4521", label("carte_day", "ZARA", last_digits="4521")),
    ("CARTE DU 120326 ZARA", label("carte_day", "ZARA")),
    ("CARTE 12/03 H&M 42,50 EUR CB*4521", label("carte_day", "H&M", last_digits="4521")),
    ("CARTE 12/03 FNAC 75015 PARIS", label("carte_day", "FNAC", town="PARIS")),
    ("CARTE 12/03 FNAC LYON 2EME", label("carte_day", "FNAC", town="LYON 2EME")),
    ("CARTE 12/03 FNAC LYON 21", label("carte_day", "FNAC LYON 21")),
    ("CARTE 12/03\u00a0ZARA", label("carte_day", "ZARA")),
    ("CARTE 12/03 FNAC         ANNECY", label("carte_day", "FNAC", town="ANNECY")),
    ("CB 12/03 FNAC", label("carte_day", "FNAC")),
    (
        "FACTURE CARTE DU 120326 ZARA            PARIS   CARTE 4974XXXXXXXX4521",
        label("facture_carte", "ZARA", town="PARIS", last_digits="4521"),
    ),
    (
        "FACTURE CARTE DU 120326 ZARA 0423       PARIS   CARTE 4974XXXXXXXX4521",
        label("facture_carte", "ZARA 0423", town="PARIS", last_digits="4521"),
    ),
    (
        "FACTURE CARTE DU 120326 ZARA 0423 PARIS CARTE 4974XXXXXXXX4521",
        label("facture_carte", "ZARA 0423 PARIS", last_digits="4521"),
    ),
    ("ACHAT CB ZARA 12.03.26 CARTE NUMERO 521", label("carte_numero", "ZARA", last_digits="521")),
    ("ACHAT CB ZARA 12.03.26 EUR 42,50 CARTE NUMERO 521", label("carte_numero", "ZARA", last_digits="521")),
    ("ACHAT CB ZARA 12.03.26", label("carte_numero", "ZARA")),
    ("PAIEMENT CB 1203 PARIS ZARA", label("paiement_cb", "ZARA", town="PARIS")),
    ("PAIEMENT CB 1203 LE MANS ZARA", label("paiement_cb", "LE MANS ZARA")),
    ("PAIEMENT CB 1203 LE MANS  ZARA HOME", label("paiement_cb", "ZARA HOME", town="LE MANS")),
    ("CB ZARA FACT 120326", label("cb_fact", "ZARA")),
    ("CB  ZARA HOME  FACT 120326", label("cb_fact", "ZARA HOME")),
    ("CARTE X4521 12/03 ZARA", label("carte_x", "ZARA", last_digits="4521")),
    ("AVOIR CARTE 12/03 ZARA CB*4521", label("carte_day", "ZARA", last_digits="4521", refund=True)),
    ("AVOIR CARTE X4521 12/03 ZARA", label("carte_x", "ZARA", last_digits="4521", refund=True)),
    ("REMBOURSEMENT CB ZARA 12.03.26", label("shop_day", "ZARA", refund=True)),
    ("REMBOURSEMENT CB 1203 PARIS ZARA", label("day_town", "ZARA", town="PARIS", refund=True)),
    ("REMBOURSEMENT CB ZARA FACT 120326", label("cb_fact", "ZARA", refund=True)),
    ("CARTE 12/03 ZARA 4970101234567893", label("carte_day", "ZARA", last_digits="7893")),
    ("CARTE 12/03 ZARA CARTE 4970 1012 3456 7893", label("carte_day", "ZARA", last_digits="7893")),
]


@pytest.mark.parametrize(("text", "expected"), LABELS, ids=[text for text, _ in LABELS])
def test_a_label_of_a_card_purchase_is_read_whole(text: str, expected: CardLabel) -> None:
    assert read_label(text, BOOKED) == expected


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "VIR SEPA SALAIRE MARS 12/03",
        "PRLV SEPA EDF 120326",
        "CHEQUE 1234567",
        "RETRAIT DAB 12/03 PARIS",
        "CARTE 12/03 RETRAIT DAB PARIS CB*4521",
        "COTISATION CARTE BLEUE 12/03",
        "CARTE BLEUE",
        "CARTE 4521 ZARA",
        "CARTE 1203 ZARA",
        "CB ZARA 12.03.26",
        "ZARA PARIS 12/03",
        "CARTE 12/03",
        "CARTE 12/03 ***",
        "FRAIS CARTE 12/03",
    ],
)
def test_what_is_no_card_purchase_is_none(text: str | None) -> None:
    assert read_label(text, BOOKED) is None


@pytest.mark.parametrize(
    ("text", "booked", "purchased"),
    [
        ("CARTE 14/03 ZARA", BOOKED, date(2026, 3, 14)),
        ("CARTE 15/03 ZARA", BOOKED, None),
        ("CARTE 31/12 ZARA", date(2026, 1, 2), date(2025, 12, 31)),
        ("CARTE 29/02 ZARA", date(2028, 3, 1), date(2028, 2, 29)),
        ("CARTE 29/02 ZARA", BOOKED, None),
        ("CARTE 04/12 ZARA", BOOKED, date(2025, 12, 4)),
        ("CARTE 03/12 ZARA", BOOKED, None),
        ("CARTE 39/03 ZARA", BOOKED, None),
        ("CARTE 12/03/25 ZARA", BOOKED, None),
        ("CARTE 12/03/26 ZARA", BOOKED, date(2026, 3, 12)),
        ("CARTE 15/03/26 ZARA", BOOKED, None),
        ("CARTE 01/01 ZARA", date(1, 1, 1), date(1, 1, 1)),
    ],
)
def test_the_year_is_the_latest_that_puts_the_day_before_the_booking(
    text: str, booked: date, purchased: date | None
) -> None:
    read = read_label(text, booked)
    assert read is not None
    assert read.purchased_on == purchased


def test_four_digits_are_the_last_four_and_three_are_not() -> None:
    assert label("carte_day", "ZARA", last_digits="4521").last_four == "4521"
    assert label("carte_numero", "ZARA", last_digits="521").last_four is None
    assert label("carte_day", "ZARA").last_four is None


days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
WORDS = "CARTE CB FACT FACTURE DU ACHAT AVOIR X4521 12/03 120326 12.03.26 1203 ZARA CB*4521 NUMERO 521 75015 PARIS * é"
words = st.sampled_from([*WORDS.split(), "4970101234567893", "PAIEMENT", "REMBOURSEMENT", " "])
anything = st.one_of(st.text(), st.lists(words, max_size=8).map(" ".join))


@given(anything, st.dates())
def test_reading_never_fails_and_never_tells_a_day_after_the_booking(text: str, booked: date) -> None:
    read = read_label(text, booked)
    if read is not None and read.purchased_on is not None:
        assert timedelta(0) <= booked - read.purchased_on <= timedelta(days=DAYS_BEFORE_MAX)
    described = descriptor_of(text)
    assert described is None or described.isprintable()


@given(anything, days)
@example("4539 1488        0343 6467", date(2026, 3, 14))
@example("CARTE 12/03 SHOP 4539 1488        0343 6467", date(2026, 3, 14))
def test_no_card_number_survives(text: str, booked: date) -> None:
    read = read_label(text, booked)
    told = [] if read is None else [read.merchant, read.town or ""]
    assert all(mask_text(each) == each for each in (*told, descriptor_of(text) or ""))


shops = st.lists(st.sampled_from(["ZARA", "H&M", "L'OCCITANE", "MONOP'", "C&A", "AUX 3 BRASSEURS"]), min_size=1)


@given(shops.map(" ".join), days, st.integers(0, DAYS_BEFORE_MAX), st.from_regex(r"[0-9]{4}", fullmatch=True))
def test_what_a_bank_prints_is_read_back(shop: str, bought: date, late: int, digits: str) -> None:
    booked = bought + timedelta(days=late)
    for text in (
        f"CARTE {bought:%d/%m} {shop} CB*{digits}",
        f"CARTE X{digits} {bought:%d/%m} {shop}",
        f"AVOIR CARTE {bought:%d/%m} {shop} CB*{digits}",
    ):
        read = read_label(text, booked)
        assert read is not None
        assert (read.merchant, read.purchased_on, read.last_four) == (shop, bought, digits)
        assert read.refund is text.startswith("AVOIR")
