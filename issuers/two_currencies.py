"""One amount told in two currencies: the shop's, in which offers are written, and the account's beside it.

One of the two is what a message must tell; the other is optional. What is damaged in the optional part, or contradicts
the rest, is left out and never makes a message unreadable.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from issuers.currencies import currency_code
from issuers.errors import Unreadable


class Amount(NamedTuple):
    """Minor units, perhaps with a sign, and their ISO 4217 code."""

    minor: int
    currency: str


class Told(NamedTuple):
    """What an event tells, all positive: `other_*` is the account's, only where its currency is not the shop's."""

    minor: int
    currency: str
    other_minor: int | None = None
    other_currency: str | None = None


def if_readable(tell: Callable[[], Amount | None]) -> Amount | None:
    """The optional amount, or None where it is damaged."""
    try:
        return tell()
    except Unreadable:
        return None


def optional_amount(minor: Any, currency: Any, convert: Callable[[int, str], int]) -> Amount | None:
    """An integer and a code as they came, by the provider's own unit; None where one of them is neither."""
    if isinstance(minor, bool) or not isinstance(minor, int) or not isinstance(currency, str):
        return None
    return if_readable(lambda: Amount(convert(minor, currency), currency_code(currency)))


def account_beside(shop: Amount, account: Amount | None) -> Told:
    """Of a message that always tells the shop's amount."""
    if account is None or not _tell_one_amount(shop, account):
        return Told(abs(shop.minor), shop.currency)
    return Told(abs(shop.minor), shop.currency, abs(account.minor), account.currency)


def shop_first(account: Amount, shop: Amount | None) -> Told:
    """Of a message that always tells the account's amount."""
    if shop is None or not _tell_one_amount(shop, account):
        return Told(abs(account.minor), account.currency)
    return Told(abs(shop.minor), shop.currency, abs(account.minor), account.currency)


def _tell_one_amount(shop: Amount, account: Amount) -> bool:
    return shop.currency != account.currency and _sign(shop.minor) == _sign(account.minor)


def _sign(minor: int) -> int:
    return (minor > 0) - (minor < 0)
