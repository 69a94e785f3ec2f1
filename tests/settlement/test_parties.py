"""Who may stand on an invoice: numbers whose check digits hold, and nothing left out that the law wants."""

from typing import Any

import pytest
from settling import SELLER

from cashback.errors import Invalid
from cashback.funding.schemas import Funder
from cashback.settlement.parties import buyer_of, invoiceable, seller_of


def test_numbers_are_kept_as_they_are_written_on_an_invoice() -> None:
    seller = seller_of({**SELLER, "registration": "732 829 320 00074"})
    assert (seller.registration, seller.vat_number) == ("732829320", "FR44732829320")
    assert (seller.iban, seller.bic) == ("FR7630006000011234567890189", "AGRIFRPP")
    assert seller_of({**SELLER, "country": "DE", "registration": "HRB 1"}).registration == "HRB 1"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("address", []),
        ("registration", "732829321"),
        ("vat_number", "FR45732829320"),
        ("iban", "FR7630006000011234567890188"),
        ("bic", "AGRI"),
        ("email", "nobody"),
        ("country", "France"),
        ("penalty_bps", 10_001),
        ("vat", "FR44732829320"),
    ],
)
def test_a_wrong_fact_of_the_seller_is_named(field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        seller_of({**SELLER, field: value})
    assert refused.value.detail.startswith(field)


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({}, "address and registration are"),
        ({"address": ("1 rue",)}, "registration are"),
        ({"registration": "552100554"}, "address are"),
    ],
)
def test_a_buyer_is_known_before_it_is_invoiced(told: dict[str, Any], missing: str) -> None:
    with pytest.raises(Invalid, match=missing) as refused:
        invoiceable("shop:cafe", buyer_of(Funder("funder:shop:x", "Café", **told)))
    assert refused.value.code == "funder_untold"
