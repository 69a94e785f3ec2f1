"""Descriptors taken apart: the forms of banks and facilitators, and every piece that is taken off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback.merchants.evidence.normalise import TEXT_MAX, name_words, normalise
from cashback.merchants.evidence.towns import read_town, town_key

CASES = [
    ("FACTURE CARTE DU 120326 ZARA 0123 PARIS   CARTE 4974XXXXXXXX1234", "ZARA", ("123",), {"PARIS"}, None),
    ("ACHAT CB H&M 616 12.03.26 CARTE NUMERO 123", "H M", ("616",), set(), None),
    ("CARTE 12/03 ZARA PARIS 15 CB*4521", "ZARA", (), {"PARIS"}, None),
    ("CARTE 12/03/26 NATURE ET DECOUVERTES CB*4521", "NATURE DECOUVERTES", (), set(), None),
    ("CARTE X1234 12/03 BURGER KING LYON 3EME", "BURGER KING", (), {"LYON"}, None),
    ("PAIEMENT CB 1203 CRETEIL SEPHORA", "SEPHORA", (), {"CRETEIL"}, None),
    ("CB FNAC FACT 120326", "FNAC", (), set(), None),
    ("SumUp  *LE PETIT CAFE", "LE PETIT CAFE", (), set(), "sumup"),
    ("SUMUP LE PETIT CAFE", "LE PETIT CAFE", (), set(), "sumup"),
    ("PAYPAL ZALANDO", "ZALANDO", (), set(), "paypal"),
    ("Zettle_*Atelier Bleu", "ATELIER BLEU", (), set(), "zettle"),
    ("SQ *COFFEE#12", "COFFEE", ("12",), set(), "square"),
    ("PAY.nl*Mollat", "MOLLAT", (), set(), "paynl"),
    ("XYZ*BOUTIQUE NOA", "NOA", (), set(), "other"),
    ("SAS DUPONT", "DUPONT", (), set(), None),
    ("STE ZARA FRANCE", "ZARA", (), set(), None),
    ("McDonald's 123", "MCDONALDS", ("123",), set(), None),
    ("ZARA MAG 0042", "ZARA", ("42",), set(), None),
    ("4 MURS", "4 MURS", (), set(), None),
    ("ETAM 12 RUE DE RIVOLI", "ETAM", (), set(), None),
    ("Séphora Créteil", "SEPHORA", (), {"CRETEIL"}, None),
]


@pytest.mark.parametrize(("text", "core", "numbers", "towns", "facilitator"), CASES)
def test_a_descriptor_is_taken_apart(
    text: str, core: str, numbers: tuple[str, ...], towns: set[str], facilitator: str | None
) -> None:
    parts = normalise(text)
    assert " ".join(parts.core) == core
    assert parts.numbers == numbers
    assert parts.towns == towns
    assert parts.facilitator == facilitator


def test_what_is_taken_off_is_kept_in_order() -> None:
    parts = normalise("FACTURE CARTE DU 120326 ZARA 0123 PARIS   CARTE 4974XXXXXXXX1234")
    assert parts.bank
    assert parts.removed == [
        ("bank", "FACTURE CARTE DU 120326"),
        ("bank", "CARTE 4974XXXXXXXX1234"),
        ("town", "PARIS"),
        ("number", "0123"),
    ]


def test_an_address_on_the_web_is_marked_as_online() -> None:
    assert normalise("WWW.ZARA.COM/FR").online
    assert normalise("WWW.ZARA.COM/FR").core == ("ZARA",)
    assert not normalise("ZARA").online


def test_a_name_that_is_a_place_stays_a_name() -> None:
    assert normalise("PARIS").core == ("PARIS",)
    assert name_words("Lyon")[1] == ("LYON",)


@given(st.text(max_size=2 * TEXT_MAX))
def test_any_text_is_understood(text: str) -> None:
    parts = normalise(text)
    assert all(word.isascii() and word.isalnum() and word == word.upper() for word in (*parts.core, *parts.whole))
    assert bool(parts.core) == bool(parts.whole)


@given(st.sampled_from([case[0] for case in CASES]), st.sampled_from(["lower", "title", "spaces"]))
def test_case_and_spaces_change_nothing(text: str, way: str) -> None:
    other = {"lower": text.lower(), "title": text.title(), "spaces": f"  {text.replace(' ', '  ')} "}[way]
    first, second = normalise(text), normalise(other)
    assert (first.core, first.numbers, first.towns, first.facilitator) == (
        second.core,
        second.numbers,
        second.towns,
        second.facilitator,
    )


@pytest.mark.parametrize(
    ("text", "key", "district", "remote"),
    [
        ("Saint-Denis Cedex 2", "STDENIS", None, False),
        ("ST DENIS", "STDENIS", None, False),
        ("75015 PARIS", "PARIS", 15, False),
        ("PARIS 15EME", "PARIS", 15, False),
        ("PARIS CEDEX 08", "PARIS", None, False),
        ("LYON 3", "LYON", 3, False),
        ("0145678901", "", None, True),
        ("WWW.SITE.FR", "", None, True),
        ("", "", None, False),
        ("Le Havre", "HAVRE", None, False),
    ],
)
def test_a_town_field_is_read(text: str, key: str, district: int | None, remote: bool) -> None:
    field = read_town(text)
    assert (field.key, field.district, field.remote) == (key, district, remote)


def test_towns_are_compared_by_a_key() -> None:
    assert town_key("Saint-Laurent-du-Var") == town_key("ST LAURENT DU VAR")
    assert town_key("Rosny-sous-Bois") == town_key("ROSNY S BOIS")
    assert town_key("Évry") != town_key("Ivry")
