"""What a bank's row tells of a purchase in another currency than the account's: `currencyExchange`.

Format: `ReportExchangeRate` of NextGenPSD2 XS2A 1.3, in a list or, as some banks send it, alone. Its words are those of
ISO 20022: `unitCurrency` is the currency of which one unit costs `exchangeRate` of the other (1 EUR = 0.8500 GBP: the
unit is EUR, the rate 0.8500). What a reader must know:

* Banks do not agree which currency is the source and which the target: of a card payment in dollars from an account in
  euros some say EUR to USD, others USD to EUR. The pair tells the shop's currency all the same: it is the one that is
  not the account's.
* `instructedAmount`, where it is in the shop's currency, is the amount itself. Some banks repeat the account's there,
  which tells nothing.
* A list of more than one rate may be a chain or a set of reference rates, and nothing tells which: it is not read.
* An amount by the rate is rounded half up, once. It may miss the till's by the rounding of rate and billing, and by the
  bank's fee where that is in the billed amount.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from issuers.currencies import bounded_minor, currency_code, exponent, minor_units
from issuers.two_currencies import Amount, if_readable

# Longer than any rate that a bank was seen to write (35 decimals), and short enough to be computed with.
_RATE = re.compile(r"\d{1,12}(?:\.\d{1,40})?", re.ASCII)


def shops_amount(account: Amount, exchange: Any) -> Amount | None:
    """The amount in the shop's currency, with the sign of the account's; None where it is not told beyond doubt."""
    told = exchange[0] if isinstance(exchange, list) and len(exchange) == 1 else exchange
    if not isinstance(told, dict):
        return None
    return if_readable(lambda: _instructed(account, told)) or if_readable(lambda: _by_rate(account, told))


def _instructed(account: Amount, told: dict[str, Any]) -> Amount | None:
    stated = told.get("instructedAmount")
    if not isinstance(stated, dict) or not isinstance(stated.get("currency"), str):
        return None
    currency = currency_code(stated["currency"])
    if currency == account.currency or (_names_a_pair(told) and currency != _shops_currency(account, told)):
        return None
    minor = abs(minor_units(_text(stated.get("amount")), currency))
    return Amount(-minor if account.minor < 0 else minor, currency)


def _by_rate(account: Amount, told: dict[str, Any]) -> Amount | None:
    currency, unit, text = _shops_currency(account, told), told.get("unitCurrency"), _text(told.get("exchangeRate"))
    if currency is None or not isinstance(unit, str) or _RATE.fullmatch(text) is None:
        return None
    rate, unit = Fraction(text), currency_code(unit)
    if not rate or unit not in (currency, account.currency):
        return None
    units = abs(account.minor) * Fraction(10) ** (exponent(currency) - exponent(account.currency))
    exact = units * rate if unit == account.currency else units / rate
    minor = bounded_minor(int(exact + Fraction(1, 2)))
    return Amount(-minor if account.minor < 0 else minor, currency)


def _names_a_pair(told: dict[str, Any]) -> bool:
    return told.get("sourceCurrency") is not None or told.get("targetCurrency") is not None


def _shops_currency(account: Amount, told: dict[str, Any]) -> str | None:
    """The currency of the pair that is not the account's; None where the pair is none or not of this account."""
    source, target = told.get("sourceCurrency"), told.get("targetCurrency")
    if not isinstance(source, str) or not isinstance(target, str):
        return None
    pair = {currency_code(source), currency_code(target)}
    return (pair - {account.currency}).pop() if len(pair) == 2 and account.currency in pair else None


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else ""
