"""Who stands on an invoice: the operator as it says so itself, and funders as they are known. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from stdnum import bic, iban
from stdnum.eu import vat
from stdnum.fr import siren

from cashback.errors import Invalid
from cashback.funding.schemas import Funder
from cashback.money import BPS
from cashback.settlement.schemas import Party, Seller

_SIREN_DIGITS = 9


def _iban(text: str) -> str:
    if not iban.is_valid(text):
        raise ValueError("expected an IBAN whose check digits hold")
    return str(iban.compact(text))


def _bic(text: str) -> str:
    if not bic.is_valid(text):
        raise ValueError("expected a BIC of 8 or 11 characters")
    return str(bic.compact(text))


def _vat(text: str) -> str:
    if not vat.is_valid(text):
        raise ValueError("expected a VAT number of the European Union, its country first")
    return str(vat.compact(text))


_Text = Annotated[str, Field(min_length=1, max_length=120)]
_Mail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=120)]


class SellerTold(BaseModel):
    """The operator as it invoices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text
    address: Annotated[tuple[_Text, ...], Field(min_length=1, max_length=4)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "FR"
    registration: Annotated[str, Field(min_length=1, max_length=40, description="A SIREN in France")]
    vat_number: Annotated[str, AfterValidator(_vat)] | None = None
    legal_form: _Text | None = None
    registered_at: _Text | None = None
    email: _Mail | None = None
    members_email: _Mail | None = None
    iban: Annotated[str, AfterValidator(_iban)] | None = None
    bic: Annotated[str, AfterValidator(_bic)] | None = None
    penalty_bps: Annotated[int, Field(ge=0, le=BPS, strict=True)] = 0


def seller_of(told: Mapping[str, Any]) -> Seller:
    """The seller in what was told; Invalid with the first field that is wrong."""
    try:
        read = SellerTold.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "seller"
        raise Invalid(f"{place}: {first['msg']}", code="seller") from None
    facts = read.model_dump()
    facts["registration"] = registered(read.registration, read.country, "registration")
    return Seller(**facts)


def buyer_of(funder: Funder) -> Party:
    """A funder as an invoice names it."""
    return Party(
        name=funder.name,
        address=funder.address,
        country=funder.country,
        registration=funder.registration,
        vat_number=funder.vat_number,
    )


def registered(number: str, country: str, where: str) -> str:
    """A registration as it is written on an invoice; in France it is a SIREN, of which a SIRET holds one."""
    if country != "FR":
        return number
    compact = siren.compact(number)[:_SIREN_DIGITS]
    if not siren.is_valid(compact):
        raise Invalid(f"{where}: expected a SIREN of nine digits whose check digit holds", code="registration")
    return str(compact)


def invoiceable(account: str, buyer: Party) -> Party:
    """The same party, if an invoice may be made out to it; Invalid with what is missing."""
    missing = [name for name in ("address", "registration") if not getattr(buyer, name)]
    if missing:
        raise Invalid(f"{account} cannot be invoiced: its {' and '.join(missing)} are not known", code="funder_untold")
    assert buyer.registration is not None
    return Party(
        name=buyer.name,
        address=buyer.address,
        country=buyer.country,
        registration=registered(buyer.registration, buyer.country, f"the registration of {account}"),
        vat_number=buyer.vat_number,
    )
