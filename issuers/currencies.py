"""ISO 4217: how many decimals a currency has, and the exact road from a provider's amount to minor units.

Source of the exponents: ISO 4217 list one (active codes), with the two codes most recently replaced (ANG, BGN) kept
because late clearings may still carry them. Nothing here is a float: an amount is a `Decimal` read from the text.
"""

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation

from issuers.errors import Unreadable

_TWO_DECIMALS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
_EXPONENTS = (
    dict.fromkeys(_TWO_DECIMALS.split(), 2)
    | dict.fromkeys(_NO_DECIMALS.split(), 0)
    | dict.fromkeys(_THREE_DECIMALS.split(), 3)
    | dict.fromkeys(_FOUR_DECIMALS.split(), 4)
)

AMOUNT_MAX_MINOR = 10**15
"""Ten thousand thousand million euros. Above it a message is damaged, and the database's integers stay far away."""

# Sixty digits hold every amount below the bound; whatever needs more is inexact and therefore refused.
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


def currency_code(text: str) -> str:
    """The ISO 4217 alphabetic code in upper case; raises `Unreadable` for a code that is not in use."""
    code = text.upper()
    if code not in _EXPONENTS:
        raise Unreadable(f"currency: expected an ISO 4217 code such as EUR, got {text[:16]!r}")
    return code


def exponent(currency: str) -> int:
    """How many decimals the currency has: EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS[currency_code(currency)]


def minor_units(amount: Decimal | str, currency: str) -> int:
    """An amount in major units as an integer of minor units of `currency`, with its sign.

    Exact or refused: `Unreadable` when the amount has more decimals than the currency (84.505 EUR, 10.5 JPY), is not
    a number, or is beyond `AMOUNT_MAX_MINOR`.
    """
    decimals = exponent(currency)
    try:
        value = Decimal(amount)
        if not value.is_finite() or value.adjusted() > 16:
            raise Unreadable(f"amount: expected a number of {currency}, got {str(amount)[:32]}")
        scaled = value.scaleb(decimals, _EXACT)
        minor = int(scaled)
    except DecimalException as error:
        raise Unreadable(f"amount: expected an exact amount of {currency}, got {str(amount)[:32]}") from error
    if scaled != minor:
        raise Unreadable(f"amount: {currency} has {decimals} decimals, got {str(amount)[:32]}")
    return bounded_minor(minor)


def bounded_minor(minor: int) -> int:
    """The same integer, or `Unreadable` when it is beyond `AMOUNT_MAX_MINOR` on either side of zero."""
    if not -AMOUNT_MAX_MINOR <= minor <= AMOUNT_MAX_MINOR:
        raise Unreadable(f"amount: expected at most {AMOUNT_MAX_MINOR} minor units, got {str(minor)[:32]}")
    return minor
