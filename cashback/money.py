"""Integer amounts: portions in basis points, named rounding, minor-unit exponents of ISO 4217.

An *asset* is anything the ledger counts: a currency (`EUR`, in cents) or units (`PTS`, `TICKET:spring`).
"""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum

BPS = 10_000

_EXPONENTS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip


class Rounding(StrEnum):
    """How a fraction of a minor unit becomes an integer, once."""

    HALF_UP = "half_up"
    """To the nearest; exactly half goes up."""
    DOWN = "down"
    """Towards zero: never more than the rate promises."""


def exponent(currency: str) -> int:
    """Number of decimals of a currency (ISO 4217, list of 2026); 2 where the list does not say otherwise."""
    return _EXPONENTS.get(currency, 2)


def portion(amount_minor: int, rate_bps: int, rounding: Rounding) -> int:
    """`rate_bps` ten-thousandths of a non-negative amount, rounded once as named."""
    if amount_minor < 0 or rate_bps < 0:
        raise ValueError(f"a portion needs non-negative arguments, got {amount_minor} and {rate_bps}")
    return (amount_minor * rate_bps + (BPS // 2 if rounding is Rounding.HALF_UP else 0)) // BPS


def divided(numerator: int, denominator: int, rounding: Rounding) -> int:
    """A non-negative fraction as an integer, rounded once as named."""
    whole, rest = divmod(numerator, denominator)
    return whole + 1 if rounding is Rounding.HALF_UP and rest * 2 >= denominator else whole


def minor(amount: Decimal | str | int, currency: str) -> int:
    """Minor units of an amount in major units; ValueError if it has more decimals than the currency."""
    scaled = Decimal(str(amount)).scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} {currency} has more than {exponent(currency)} decimals")
    return int(scaled)


def major(amount_minor: int, currency: str, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
    """The amount in major units, exactly."""
    digits = exponent(currency)
    mode = ROUND_HALF_UP if rounding is Rounding.HALF_UP else ROUND_DOWN
    return Decimal(amount_minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits), rounding=mode)


def plain(amount_minor: int, currency: str) -> str:
    """`30.00`: digits for machines, logs and trails; people get the formatter of their language."""
    return str(major(amount_minor, currency))
