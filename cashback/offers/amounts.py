"""Amounts as terms hold them and as a programme file writes them: integers here, major units of money there."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializationInfo,
    ValidationInfo,
    WithJsonSchema,
)

from cashback.money import minor, plain
from cashback.programmes.schemas import currency_of, is_currency

AMOUNT_MAX = 10**15
"""Ten trillion in minor units: far above any offer, far below what a 64-bit integer holds."""
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
ASSET_PATTERN = r"^[A-Z][A-Z0-9_]{0,31}(:[A-Za-z0-9][A-Za-z0-9._-]{0,31})?$"


@dataclass(frozen=True, slots=True)
class FileUnits:
    """Validation context: amounts of money are written in major units of this currency."""

    currency: str


def _currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError(f"{code!r} is not an ISO 4217 currency, expected a code such as EUR")
    return code


def _integer_of_units(given: Any, what: str) -> int:
    """A whole number written as an integer or as its digits; floats and fractions are refused."""
    try:
        number = Decimal(given) if isinstance(given, str | int) and not isinstance(given, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or number != number.to_integral_value():
        raise ValueError(f"expected a whole number of {what}, got {given!r}")
    return int(number)


def _integer_of_money(given: Any, currency: str) -> int:
    """Minor units of an amount in major units, written as text or a whole number."""
    example = plain(1000, currency)
    if isinstance(given, bool) or not isinstance(given, str | int | Decimal):
        raise ValueError(f'expected an amount of {currency} such as "{example}" in quotes, got {given!r}')
    try:
        amount = Decimal(given)
    except InvalidOperation:
        raise ValueError(f'expected an amount of {currency} such as "{example}", got {given!r}') from None
    if not amount.is_finite():
        raise ValueError(f'expected an amount of {currency} such as "{example}", got {given!r}')
    return minor(amount, currency)


def _read_money(given: Any, info: ValidationInfo) -> int:
    if isinstance(info.context, FileUnits):
        return _integer_of_money(given, info.context.currency)
    return _integer_of_units(given, "minor units")


def _write_money(amount: int, info: SerializationInfo) -> int | str:
    return plain(amount, info.context.currency) if isinstance(info.context, FileUnits) else amount


def read_asset_amount(given: Any, asset: str, info: ValidationInfo) -> int:
    """Units of an asset: of a money asset in major units in a file, whole units otherwise."""
    currency = currency_of(asset)
    if currency is not None and isinstance(info.context, FileUnits):
        return _integer_of_money(given, currency)
    return _integer_of_units(given, f"units of {asset}")


def write_asset_amount(amount: int, asset: str) -> int | str:
    """What `read_asset_amount` reads from a file."""
    currency = currency_of(asset)
    return amount if currency is None else plain(amount, currency)


def _read_beside_asset(given: Any, info: ValidationInfo) -> Any:
    asset = info.data.get("asset")
    return given if given is None or asset is None else read_asset_amount(given, asset, info)


_AMOUNT_IN_A_FILE = {"type": ["string", "integer"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}

CurrencyCode = Annotated[str, AfterValidator(_currency)]
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
AssetCode = Annotated[str, Field(pattern=ASSET_PATTERN)]
MoneyAmount = Annotated[
    int,
    Field(gt=0, le=AMOUNT_MAX),
    BeforeValidator(_read_money),
    PlainSerializer(_write_money),
    WithJsonSchema(
        _AMOUNT_IN_A_FILE
        | {"description": 'Money in major units of the programme\'s currency, for example "10.00"; more than zero.'}
    ),
]
AssetAmount = Annotated[
    int,
    Field(gt=0, le=AMOUNT_MAX),
    BeforeValidator(_read_beside_asset),
    WithJsonSchema(
        _AMOUNT_IN_A_FILE
        | {"description": 'Units of the asset: "10.00" of a money asset, 10 of any other; more than zero.'}
    ),
]
