"""Dates and names as each language writes and sorts them."""

from datetime import UTC, datetime

import pytest

from cashback.offers.wording import Tongue
from cashback.web.formats import Formats, in_order


@pytest.mark.parametrize(
    ("day", "english", "french"),
    [
        ("2026-12-01", "1 Dec 2026", "1er déc. 2026"),
        ("2026-12-11", "11 Dec 2026", "11 déc. 2026"),
        ("2026-12-10", "10 Dec 2026", "10 déc. 2026"),
    ],
)
def test_french_writes_the_first_of_a_month_as_an_ordinal(day: str, english: str, french: str) -> None:
    assert Tongue("en", {}).day(day).replace("\u00a0", " ") == english
    assert Tongue("fr", {}).day(day).replace("\u00a0", " ") == french
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert Formats("fr", {}, at).day(at, UTC).replace("\u00a0", " ") == french.removesuffix(" 2026")


def test_names_are_sorted_as_people_look_for_them() -> None:
    names = ["Librairie Page Treize", "Éclipse Douce", "bar Le Déversoir", "Bar à Jus", "Zeste", "Librairie du Halage"]
    assert sorted(names, key=in_order) == [
        "Bar à Jus", "bar Le Déversoir", "Éclipse Douce", "Librairie du Halage", "Librairie Page Treize", "Zeste",
    ]  # fmt: skip
