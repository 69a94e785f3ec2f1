"""What every kind of condition and reward is made of: its fields, its test, its index keys, its figures, its sentences.

A kind is one class. The engine, the explanation, the console's form and the programme file all read that class, so they
cannot disagree. Stored terms hold integers: minor units of the offer's currency, or units of an asset. A programme file
writes money in major units ("10.00"); the same class reads both, told apart by the validation context `FileUnits`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Literal, Protocol, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    WithJsonSchema,
    model_serializer,
)

from cashback.money import minor, plain
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue
from cashback.programmes.schemas import currency_of, is_currency

TrailEntry = dict[str, Any]
Test = Callable[[Spend], bool]
Amount = Callable[[Spend], int]
Explainer = Callable[[Spend], TrailEntry]

SINCE_EVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

AMOUNT_MAX = 10**15
"""Ten trillion in minor units: far above any offer, far below what a 64-bit integer holds."""
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
ASSET_PATTERN = r"^[A-Z][A-Z0-9_]{0,31}(:[A-Za-z0-9][A-Za-z0-9._-]{0,31})?$"


@dataclass(frozen=True, slots=True)
class FileUnits:
    """Validation context: amounts of money are written in major units of this currency."""

    currency: str


class Place(Protocol):
    """A shop or a centre that terms name by its code."""

    @property
    def id(self) -> UUID:
        """What purchases carry."""

    @property
    def code(self) -> str:
        """What terms carry; never changes."""

    @property
    def name(self) -> str:
        """What people read."""


class Surroundings:
    """What terms refer to and do not hold: ids and names behind codes, and the zone of each centre. Never changes."""

    __slots__ = ("centres", "currency", "default_zone", "places", "shops", "zones")

    def __init__(
        self,
        *,
        currency: str,
        default_zone: ZoneInfo,
        zones: Mapping[UUID, ZoneInfo],
        shops: Iterable[Place] = (),
        centres: Iterable[Place] = (),
    ) -> None:
        self.currency = currency
        self.default_zone = default_zone
        self.zones = zones
        self.shops = {shop.code: shop for shop in shops}
        self.centres = {centre.code: centre for centre in centres}
        self.places: dict[UUID, Place] = {place.id: place for place in (*self.shops.values(), *self.centres.values())}

    def zone(self, centre_id: UUID | None) -> ZoneInfo:
        """The zone of a centre; the programme's where the centre is not known."""
        return self.default_zone if centre_id is None else self.zones.get(centre_id, self.default_zone)


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """Values of one dimension of the index under which an offer is found."""

    dimension: Literal["shop", "brand", "centre", "category", "segment"]
    values: frozenset[UUID] | frozenset[str]


Mentioned = Literal["shop", "centre", "brand", "floor", "area", "offer"]
References = Mapping[Mentioned, tuple[str, ...]]
"""Codes and names that terms mention and a programme must know; each stands in the field of its plural."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the console's form for a kind."""

    name: str
    widget: Literal[
        "shops", "centres", "categories", "brands", "floors", "areas", "networks", "channel", "day", "days", "weekdays",
        "time", "money", "asset", "asset_amount", "rate", "rounding", "count", "choice", "names", "switch", "offer",
        "steps",
    ]  # fmt: skip
    label: Texts
    hint: Texts


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


class Kind(BaseModel):
    """Base of conditions and rewards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[Texts]
    hint: ClassVar[Texts]
    form: ClassVar[tuple[FormField, ...]]
    says: ClassVar[Mapping[str, Texts]]
    """Sentences by outcome: `ok`, `no`, or the `reason` of a trail entry; placeholders are the keys of `words`."""

    @classmethod
    def name(cls) -> str:
        """The value of `kind` in terms, trails and files."""
        (kind,) = get_args(cls.model_fields["kind"].annotation)
        return str(kind)

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The figures of a trail entry as they are said in one language."""
        raise NotImplementedError

    @classmethod
    def sentence(cls, entry: TrailEntry, tongue: Tongue) -> str:
        """A trail entry of this kind, read aloud."""
        outcome = entry.get("reason") or ("ok" if entry["ok"] else "no")
        return cls.says[outcome].said(tongue.language).format_map(cls.words(entry, tongue))


class ConditionKind(Kind):
    """One thing that must be true of a purchase."""

    def test(self, around: Surroundings) -> Test:
        """The cheap test that decides; everything that can be prepared is prepared here, once."""
        raise NotImplementedError

    def explainer(self, around: Surroundings) -> Explainer:
        """Builds `{"kind", "ok", …}` of a purchase with the figure wanted and the figure got, plain JSON."""
        raise NotImplementedError

    def index_keys(self, around: Surroundings) -> IndexKeys | None:  # noqa: ARG002 - kinds that select use it
        """Where the index finds offers with this condition; None when it selects no place."""
        return None

    def span(self, around: Surroundings) -> tuple[datetime, datetime]:  # noqa: ARG002 - kinds of time use it
        """Half-open interval outside of which the test fails everywhere; lets the index leave out whole days."""
        return SINCE_EVER, FOR_EVER

    def references(self) -> References:
        """What this condition mentions."""
        return {}


class RewardKind(Kind):
    """What a purchase earns: an integer amount of one asset, reckoned from its net in the offer's currency."""

    asset: AssetCode
    cap_per_purchase: AssetAmount | None = None

    asset_amounts: ClassVar[tuple[str, ...]] = ("cap_per_purchase",)
    """Fields counted in the asset; a file writes those of a money asset in major units."""

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if isinstance(info.context, FileUnits):
            for name in self.asset_amounts:
                if data.get(name) is not None:
                    data[name] = write_asset_amount(data[name], self.asset)
        return data

    def uncapped(self) -> Callable[[int], int]:
        """From a net in minor units of the offer's currency to the amount before the cap."""
        raise NotImplementedError

    def figures(self) -> dict[str, Any]:
        """What the trail repeats of the terms of this kind."""
        raise NotImplementedError

    def test(self, around: Surroundings) -> Test:
        """A reward counts purchases in the offer's currency of which something is left after refunds."""
        currency = around.currency

        def accepts(spend: Spend) -> bool:
            return spend.net_minor > 0 and spend.currency == currency

        return accepts

    def reckoner(self) -> Amount:
        """The amount wanted for a purchase that every test let through, cap included."""
        cap, uncapped = self.cap_per_purchase, self.uncapped()
        if cap is None:
            return lambda spend: uncapped(spend.net_minor)
        return lambda spend: min(uncapped(spend.net_minor), cap)

    def explainer(self, around: Surroundings) -> Explainer:
        """Builds `{"kind", "ok", "asset", "currency", "base_minor", …figures, "uncapped", "cap", "amount"}`."""
        currency, cap, uncapped = around.currency, self.cap_per_purchase, self.uncapped()
        known = {"kind": self.name(), "asset": self.asset, "currency": currency, **self.figures()}

        def explain(spend: Spend) -> TrailEntry:
            if spend.currency != currency:
                return {**known, "ok": False, "reason": "currency", "got_currency": spend.currency}
            net = spend.net_minor
            if net <= 0:
                return {**known, "ok": False, "reason": "nothing_spent", "base_minor": net}
            full = uncapped(net)
            if cap is not None and full > cap:
                figures = {"base_minor": net, "uncapped": full, "cap": cap, "amount": cap}
                return {**known, "ok": True, "reason": "capped", **figures}
            return {**known, "ok": True, "base_minor": net, "uncapped": full, "cap": cap, "amount": full}

        return explain
