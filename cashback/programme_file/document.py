"""What a programme file says, typed: programme, centres, assets, shops with their identifiers, offers.

Validated with the context `FileUnits`, amounts of money are written in major units of the programme's currency, those
of an asset in its own units. `docs/programme.schema.json` is generated from these classes.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from cashback.merchants.schemas import instant
from cashback.money import BPS
from cashback.offers.amounts import (
    AMOUNT_MAX,
    AssetAmount,
    AssetCode,
    Code,
    CurrencyCode,
    FileUnits,
    read_asset_amount,
    write_asset_amount,
)
from cashback.offers.conditions.lists import Category
from cashback.offers.terms import Bilingual, Terms
from cashback.payouts.policy import PayoutPolicy
from cashback.programmes.schemas import Asset, AssetKind, Clawback, Conversion

CENTRES_MAX = 1_000
ASSETS_MAX = 1_000
SHOPS_MAX = 20_000
OFFERS_MAX = 20_000
IDENTIFIERS_MAX = 1_000
UTC_ZONE = ZoneInfo("UTC")
_DEBTS = (AssetKind.MONEY, AssetKind.POINTS)
"""Kinds that are owed back after use unless the file says otherwise; what was parked, drawn or collected is gone."""


def _known_zone(key: str) -> str:
    try:
        ZoneInfo(key)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{key!r} is not a time zone, expected a name such as Europe/Paris") from None
    return key


def _moment(text: str) -> str:
    instant(text, UTC_ZONE)
    return text


def _into_amount(given: Any, info: ValidationInfo) -> Any:
    into = info.data.get("into")
    return given if into is None else read_asset_amount(given, into, info)


def _filled_in(*fields: str) -> Callable[[dict[str, Any]], None]:
    """Fields that every entry has and a file may leave out, because they are filled in while it is read."""

    def may_be_left_out(schema: dict[str, Any]) -> None:
        schema["required"] = [field for field in schema["required"] if field not in fields]

    return may_be_left_out


Name = Annotated[str, Field(min_length=1, max_length=120)]
ZoneName = Annotated[str, AfterValidator(_known_zone), Field(description="IANA time zone, for example Europe/Paris.")]
Word = Annotated[str, Field(pattern=r"^\S(.{0,126}\S)?$")]
Moment = Annotated[
    str,
    AfterValidator(_moment),
    Field(description="A date (its first instant in the centre's zone) or an instant with its offset."),
]


class Entry(BaseModel):
    """Base of every part: immutable, and a misspelt field never loads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProgrammeEntry(Entry):
    """The programme itself. Code, zone and currency never change once applied."""

    code: Code
    name: Name
    zone: ZoneName
    currency: CurrencyCode = Field(description="ISO 4217 code; offers count purchases in it.")
    holdout_bps: int = Field(
        0,
        ge=0,
        lt=BPS,
        description="Share of shoppers who receive no offer, to measure by; never changes once applied.",
    )


class CentreEntry(Entry):
    """One centre. Its zone never changes once applied; without one it has the programme's."""

    code: Code
    name: Name
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")
    zone: ZoneName | None = None


class IdentifierEntry(Entry):
    """One name of the shop in one scheme of one network, valid from a moment until (not including) another."""

    network: Word = Field(description="Which provider says it: its name, such as fidel or visa.")
    scheme: Word = Field(description="What kind of identifier it is: mid, terminal, fidel_location.")
    value: Word = Field(description="Exactly as the provider writes it; quote it, zeros in front count.")
    valid_from: Moment | None = None
    valid_until: Moment | None = Field(None, description="Excluded.")

    @model_validator(mode="after")
    def _in_order(self) -> "IdentifierEntry":
        if self.valid_from is not None and self.valid_until is not None:
            begin, end = (instant(text, UTC_ZONE) for text in (self.valid_from, self.valid_until))
            if begin is not None and end is not None and end <= begin:
                raise ValueError(f"valid_until {self.valid_until} is not after valid_from {self.valid_from}")
        return self


class ShopEntry(Entry):
    """One shop. Without `identifiers` those it has stay; with it, the list is complete."""

    code: Code
    name: Name
    centre: Code
    category: Category = Field(description="Merchant category code of four digits, ISO 18245.")
    brand: Name | None = Field(None, description="The chain it belongs to; without one, its own name.")
    floor: str = Field("", max_length=64)
    area: str = Field("", max_length=64, description="The part of the centre it lies in: food court, east wing.")
    identifiers: tuple[IdentifierEntry, ...] | None = Field(None, max_length=IDENTIFIERS_MAX)


class ConversionEntry(Entry):
    """`threshold` units become `amount` units of `into`, at most `yearly_limit` times in a calendar year."""

    threshold: int = Field(gt=0, le=AMOUNT_MAX)
    into: AssetCode
    amount: Annotated[AssetAmount, BeforeValidator(_into_amount)]
    yearly_limit: int | None = Field(None, gt=0, le=1_000_000)

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if isinstance(info.context, FileUnits):
            data["amount"] = write_asset_amount(self.amount, self.into)
        return data


class AssetEntry(Entry):
    """One thing that is earned. Kind and conversion never change once applied."""

    model_config = ConfigDict(json_schema_extra=_filled_in("clawback"))

    code: AssetCode = Field(description="EUR, PTS, TICKET:2026-11; money ends in its currency: GIFTCARD:GBP.")
    kind: AssetKind
    name: Bilingual
    clawback: Clawback = Field(
        description="What a correction does after use; without it debt for money and points, forgive for the rest."
    )
    conversion: ConversionEntry | None = None

    @model_validator(mode="before")
    @classmethod
    def _usual_clawback(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("clawback") is None and "kind" in data:
            return {**data, "clawback": Clawback.DEBT if data["kind"] in _DEBTS else Clawback.FORGIVE}
        return data

    def asset(self) -> Asset:
        """The asset as the programme's snapshot holds it."""
        rule = self.conversion
        return Asset(
            code=self.code,
            kind=self.kind,
            name_en=self.name.en,
            name_fr=self.name.fr,
            clawback=self.clawback,
            conversion=None if rule is None else Conversion(rule.threshold, rule.into, rule.amount, rule.yearly_limit),
        )


class OfferEntry(Terms):
    """One offer: its code and its terms. A change of the terms is a new version; an offer left out is ended."""

    model_config = ConfigDict(json_schema_extra=_filled_in("currency"))

    code: Code

    def terms(self) -> Terms:
        """The terms alone."""
        return Terms.model_validate(self.model_dump(exclude={"code"}))


class ProgrammeFile(Entry):
    """The whole programme."""

    programme: ProgrammeEntry
    centres: tuple[CentreEntry, ...] = Field(max_length=CENTRES_MAX, json_schema_extra={"minItems": 1})
    assets: tuple[AssetEntry, ...] = Field(max_length=ASSETS_MAX, json_schema_extra={"minItems": 1})
    shops: tuple[ShopEntry, ...] = Field((), max_length=SHOPS_MAX)
    offers: tuple[OfferEntry, ...] = Field((), max_length=OFFERS_MAX)
    payouts: PayoutPolicy | None = Field(None, description="Left out: nothing is paid out.")

    def zone_of(self, centre: CentreEntry) -> ZoneInfo:
        """The zone in which the centre's days are counted."""
        return ZoneInfo(centre.zone or self.programme.zone)

    def plain(self) -> dict[str, Any]:
        """The document as it would be written in a file: what `reading.from_plain` reads back to the same value."""
        context = FileUnits(self.programme.currency)
        document: dict[str, Any] = _names_first(self.model_dump(mode="json", context=context, exclude_defaults=True))
        return document


def _names_first(value: Any) -> Any:
    """The same document with `code` or `kind` at the head of each mapping, where a reader looks for it."""
    if isinstance(value, list):
        return [_names_first(each) for each in value]
    if isinstance(value, dict):
        heads = [key for key in ("code", "kind") if key in value][:1]
        return {key: _names_first(value[key]) for key in (*heads, *(key for key in value if key not in heads))}
    return value
