"""What an operator's programme is in memory: a frozen snapshot of one revision.

Assets are named so that their code alone says whether they are money: `EUR` and `GIFTCARD:GBP` are counted in the minor
units of the currency at the end of the code, `PTS` and `TICKET:2026-11` in whole units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies

from cashback.money import plain

_CURRENCIES = frozenset(list_currencies())
"""ISO 4217 codes, past and present, as CLDR lists them."""


class AssetKind(StrEnum):
    """What one unit of an asset is."""

    MONEY = "money"
    """Minor units of the currency that ends the asset's code."""
    POINTS = "points"
    """Points of the programme."""
    TICKET = "ticket"
    """Entries of one draw."""
    MINUTES = "minutes"
    """Minutes of parking."""
    GIFT = "gift"
    """Pieces of one gift."""
    PERK = "perk"
    """Times that something is granted: the fee of a payment in instalments is waived."""


class Clawback(StrEnum):
    """What a correction does when the units are already used."""

    DEBT = "debt"
    """The balance goes below zero and later rewards recover it."""
    FORGIVE = "forgive"
    """What was used stays used; only what is left is taken."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """`threshold` units of an asset become `amount` units of the asset `into`."""

    threshold: int
    into: str
    amount: int
    yearly_limit: int | None
    """Conversions per calendar year in the programme's zone; None: as often as reached."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One thing that the ledger counts."""

    code: str
    kind: AssetKind
    name_en: str
    name_fr: str
    clawback: Clawback
    conversion: Conversion | None

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of a money asset, None of every other kind."""
        return currency_of(self.code)


@dataclass(frozen=True, slots=True)
class Centre:
    """One shopping centre, or one town."""

    id: UUID
    code: str
    name: str
    zone: ZoneInfo
    country: str


@dataclass(frozen=True, slots=True)
class Programme:
    """Everything of a programme but its shops and offers, as of one revision."""

    operator_id: UUID
    code: str
    name: str
    zone: ZoneInfo
    """Calendar years of conversion are counted here; a centre has its own zone for dates."""
    currency: str
    revision: int
    centres: Mapping[UUID, Centre]
    assets: Mapping[str, Asset]
    holdout_bps: int = 0
    """Share of shoppers who receive no offer at all, so that the programme can be measured."""


@lru_cache(maxsize=4096)
def currency_of(asset: str) -> str | None:
    """The currency in whose minor units an asset is counted: `EUR` of `EUR`, `GBP` of `GIFTCARD:GBP`, None of `PTS`."""
    suffix = asset.rpartition(":")[2]
    return suffix if suffix in _CURRENCIES else None


def plainly(amount: int, asset: str) -> str:
    """`20.00 EUR`, `100 PTS`: for commands, refusals and logs; people get the formatter of their language."""
    currency = currency_of(asset)
    return f"{amount} {asset}" if currency is None else f"{plain(amount, currency)} {asset}"


def is_currency(code: str) -> bool:
    """Whether a code is one of ISO 4217."""
    return code in _CURRENCIES
