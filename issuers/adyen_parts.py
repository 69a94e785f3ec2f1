"""What both generations of Adyen's issuing webhooks share: money, the seller, how the card was read."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from issuers import reading
from issuers.countries import alpha_2
from issuers.currencies import bounded_minor, currency_code
from issuers.errors import Unreadable
from issuers.events import Channel, MerchantEvidence, TimeBasis

SCHEMES = ("acquirer_mid", "mid")
"""The merchant identifiers, most precise first: a merchant id is unique only beside the acquirer that gave it."""

NO_PURCHASE = frozenset(("atmWithdraw", "balanceInquiry"))
"""Ways of processing that buy nothing."""

# A token may be a phone at a terminal or in an app; a card on file, a typed number, a recurring payment tell nothing.
_CHANNELS = {
    "chip": Channel.IN_STORE,
    "contactless": Channel.IN_STORE,
    "magstripe": Channel.IN_STORE,
    "pos": Channel.IN_STORE,
    "ecommerce": Channel.ONLINE,
}


class Amount(msgspec.Struct):
    """Minor units by Adyen's own table, negative where money leaves the account."""

    value: int
    currency: str


class Reference(msgspec.Struct):
    """A resource named by its id."""

    id: str | None = None


class NameLocation(msgspec.Struct):
    """Name and place of a seller in version 1; the country is alpha-3."""

    name: str | None = None
    city: str | None = None
    country: str | None = None


class Merchant(msgspec.Struct, rename="camel"):
    """The seller: flat in version 4, with a `nameLocation` in version 1."""

    acquirer_id: str | None = None
    merchant_id: str | None = None
    mcc: str | None = None
    name: str | None = None
    city: str | None = None
    country: str | None = None
    country_code: str | None = None
    name_location: NameLocation | None = None


class Counterparty(msgspec.Struct):
    """The other side of a transfer."""

    merchant: Merchant | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of Adyen's with how it was understood."""

    at: datetime
    basis: TimeBasis


def moment(text: str | None, where: str) -> Moment:
    """An ISO 8601 time; Adyen writes the offset. Raises `Unreadable`."""
    at, _, basis = reading.merchant_time(text, None, where)
    return Moment(at, basis)


def iso_minor(value: int, currency: str) -> int:
    """Adyen's minor units as those of ISO 4217, with their sign; raises `Unreadable` where that is not exact.

    docs.adyen.com/development-resources/currency-codes: four currencies differ. CLP and ISK are written with two
    decimals they do not have, CVE and IDR without the two they have.
    """
    code = currency_code(currency)
    if code in ("CVE", "IDR"):
        return bounded_minor(value * 100)
    if code in ("CLP", "ISK"):
        if value % 100:
            raise Unreadable(f"adyen amount: {code} is written in hundreds, got {str(value)[:32]}")
        return bounded_minor(value // 100)
    return bounded_minor(value)


def channel(*ways: str | None) -> Channel | None:
    """The channel on which all that is told agrees; None where it tells nothing or contradicts itself."""
    told = {_CHANNELS[way] for way in ways if way in _CHANNELS}
    return told.pop() if len(told) == 1 else None


def evidence(told: Merchant | None, met: Channel | None) -> MerchantEvidence:
    """All that a message says about the seller."""
    if told is None:
        return MerchantEvidence(channel=met)
    place = told.name_location or NameLocation(told.name, told.city, told.country)
    both = f"{told.acquirer_id}/{told.merchant_id}" if told.acquirer_id and told.merchant_id else None
    return MerchantEvidence(
        identifiers=reading.identifiers(("acquirer_mid", both), ("mid", told.merchant_id)),
        descriptor=place.name,
        category_code=told.mcc,
        city=place.city,
        country=told.country_code or alpha_2(place.country),
        channel=met,
    )
