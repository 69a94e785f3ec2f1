"""Account numbers, the characters of SEPA and the days of TARGET."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.iso20022.business_days import business_day_from, is_business_day
from cashback.iso20022.characters import is_identifier, sepa_text
from cashback.iso20022.errors import AccountRefused
from cashback.iso20022.iban import read_bic, read_iban


def test_an_account_is_read_as_people_type_it_and_shows_its_last_four_alone() -> None:
    account = read_iban(" fr76 3000 6000 0112 3456 7890 189 ")
    assert account.iban == "FR7630006000011234567890189"
    assert (account.last_four, account.country, account.bic) == ("0189", "FR", "AGRIFRPPXXX")
    assert "3000" not in repr(account)
    assert read_iban("DE89370400440532013000").bic == "COBADEFFXXX"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FR7630006000011234567890188", "wrong_check_digits"),
        ("FR763000600001123456789018", "wrong_length"),
        ("US64SVBKUS6S3300958879", "unknown_country"),
        ("BR9700360305000010009795493P1", "outside_sepa"),
        ("FR76300060000112345678901é9", "not_an_iban"),
        ("", "not_an_iban"),
        ("4111111111111111", "not_an_iban"),
    ],
)
def test_an_account_that_cannot_be_is_refused_and_not_repeated(text: str, reason: str) -> None:
    with pytest.raises(AccountRefused, match="IBAN: ") as refused:
        read_iban(text)
    assert refused.value.reason == reason
    assert not text or text not in str(refused.value)


def test_a_bank_is_read_in_capitals_or_refused() -> None:
    assert read_bic("agrifrpp") == "AGRIFRPP"
    for wrong in ("AGRI", "XXXXZZPP", "AGRIFRPPXXXX", ""):
        with pytest.raises(AccountRefused) as refused:
            read_bic(wrong)
        assert refused.value.reason == "not_a_bic"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoé Œuvre & Fils_2 [Nord]", "Zoe Oeuvre + Fils-2 (Nord)"),
        ("Łukasz Żółć", "Lukasz Zolc"),
        ("Σωκράτης", "Sokratis"),
        ("//a//b//", "a/b"),
        ("a\u00a0 b\n\tc", "a b c"),
        ("!!!", "..."),
        ("\u200b", ""),
        ("x" * 80, "x" * 70),
        ("x" * 69 + " y", "x" * 69),
    ],
)
def test_names_are_written_in_the_characters_of_sepa(text: str, expected: str) -> None:
    assert sepa_text(text, 70) == expected


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(1, 140))
def test_any_text_becomes_one_that_every_bank_takes_and_stays_so(text: str, length: int) -> None:
    once = sepa_text(text, length)
    assert re.fullmatch(r"[A-Za-z0-9/\-?:().,'+ ]*", once)
    assert len(once) <= length
    assert once == once.strip(" /")
    assert "//" not in once
    assert sepa_text(once, length) == once


def test_an_identifier_survives_or_is_none() -> None:
    assert all(is_identifier(text) for text in ("019aca00000070008000000000000001", "2026-11/7", "a b", "x" * 35))
    assert not any(is_identifier(text) for text in ("", " a", "a ", "/a", "a/", "a//b", "pay_1", "é", "x" * 36, "a\n"))


EASTERS = {
    2024: date(2024, 3, 31), 2025: date(2025, 4, 20), 2026: date(2026, 4, 5), 2027: date(2027, 3, 28),
    2028: date(2028, 4, 16), 2029: date(2029, 4, 1), 2030: date(2030, 4, 21), 2038: date(2038, 4, 25),
}  # fmt: skip


@pytest.mark.parametrize(("year", "easter"), EASTERS.items())
def test_target_is_closed_on_six_days_and_at_weekends(year: int, easter: date) -> None:
    closing = {date(year, 1, 1), easter - timedelta(2), easter + timedelta(1), date(year, 5, 1)}
    closing |= {date(year, 12, 25), date(year, 12, 26)}
    first = date(year, 1, 1)
    days = [first + timedelta(number) for number in range((date(year + 1, 1, 1) - first).days)]
    assert [day for day in days if not is_business_day(day)] == [
        day for day in days if day.weekday() >= 5 or day in closing
    ]


def test_a_payment_waits_for_the_next_day_that_is_open() -> None:
    assert business_day_from(date(2026, 11, 30)) == date(2026, 11, 30)
    assert business_day_from(date(2026, 11, 28)) == date(2026, 11, 30)
    assert business_day_from(date(2026, 4, 3)) == date(2026, 4, 7)
    assert business_day_from(date(2027, 12, 31) + timedelta(1)) == date(2028, 1, 3)
