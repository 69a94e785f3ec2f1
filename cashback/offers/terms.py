"""The terms of one version of one offer: an immutable, typed document. Its JSON is what the database keeps.

The two unions are the registry of kinds: what is in them can be written in a programme file, is matched, explained,
read aloud and offered in the console's form.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)

from cashback.offers.conditions.spend import MinimumSpend
from cashback.offers.conditions.when import Dates
from cashback.offers.conditions.where import Centres, ShopCategories, Shops
from cashback.offers.effects import Fixed, Percent, PerUnit
from cashback.offers.kinds import (
    AMOUNT_MAX,
    CurrencyCode,
    FileUnits,
    Kind,
    Mentioned,
    read_asset_amount,
    write_asset_amount,
)
from cashback.offers.wording import Language, Texts

Condition = Annotated[Centres | Shops | ShopCategories | Dates | MinimumSpend, Field(discriminator="kind")]
Reward = Annotated[Percent | Fixed | PerUnit, Field(discriminator="kind")]

CONDITIONS_MAX = 20
HOLD_DAYS_MAX = 365
TEXT_MAX = 200


def _by_name(union: Any) -> Mapping[str, type[Kind]]:
    classes: tuple[type[Kind], ...] = get_args(get_args(union)[0])
    return {kind.name(): kind for kind in classes}


CONDITIONS: Mapping[str, type[Kind]] = _by_name(Condition)
REWARDS: Mapping[str, type[Kind]] = _by_name(Reward)


class Bilingual(BaseModel):
    """A short text for shoppers in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str = Field(min_length=1, max_length=TEXT_MAX)
    fr: str = Field(min_length=1, max_length=TEXT_MAX)

    def said(self, language: Language) -> str:
        """The text in one language."""
        return Texts(self.en, self.fr).said(language)


class Terms(BaseModel):
    """What an offer asks and gives. Every condition must hold; there is one reward, in one asset.

    Amounts are integers: minor units of `currency`, or units of the reward's asset. Validated with the context
    `FileUnits`, the same document is read with money in major units and the programme's currency filled in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: CurrencyCode = Field(description="Currency of the purchases that count; a file may leave it out.")
    name: Bilingual | None = Field(None, description="What the offer is called.")
    promise: Bilingual | None = Field(None, description="One sentence for shoppers.")
    conditions: tuple[Condition, ...] = Field((), max_length=CONDITIONS_MAX)
    reward: Reward
    hold_days: int = Field(0, ge=0, le=HOLD_DAYS_MAX, description="Days from clearing until the reward is available.")
    budget: Annotated[
        int | None,
        WithJsonSchema(
            {
                "anyOf": [{"type": ["string", "integer"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}, {"type": "null"}],
                "description": "Total in the reward's asset that the offer may ever give, never exceeded.",
            }
        ),
    ] = Field(None, gt=0, le=AMOUNT_MAX)

    @model_validator(mode="before")
    @classmethod
    def _currency_of_the_programme(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(info.context, FileUnits) and isinstance(data, Mapping):
            given = data.get("currency", info.context.currency)
            if given != info.context.currency:
                raise ValueError(f"an offer counts purchases in the programme's {info.context.currency}, not {given}")
            return {**data, "currency": given}
        return data

    @field_validator("conditions")
    @classmethod
    def _each_kind_once(cls, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        twice = [kind for kind, times in Counter(condition.kind for condition in conditions).items() if times > 1]
        if twice:
            raise ValueError(f"a kind of condition may stand once, {', '.join(twice)} is repeated: merge them")
        return conditions

    @field_validator("budget", mode="before")
    @classmethod
    def _budget_in_the_asset(cls, given: Any, info: ValidationInfo) -> Any:
        reward = info.data.get("reward")
        return given if given is None or reward is None else read_asset_amount(given, reward.asset, info)

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if isinstance(info.context, FileUnits):
            data.pop("currency", None)
            if self.budget is not None:
                data["budget"] = write_asset_amount(self.budget, self.reward.asset)
        return data

    def stored(self) -> dict[str, Any]:
        """The JSON that is kept. Defaults are left out, so that a field added later changes no digest."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def digest(self) -> bytes:
        """SHA-256 of the canonical JSON: the same terms have the same digest, whatever the order of keys."""
        canonical = json.dumps(self.stored(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return sha256(canonical.encode()).digest()

    def references(self) -> dict[Mentioned, tuple[str, ...]]:
        """Everything that the conditions mention."""
        mentioned: defaultdict[Mentioned, tuple[str, ...]] = defaultdict(tuple)
        for condition in self.conditions:
            for what, codes in condition.references().items():
                mentioned[what] += codes
        return dict(mentioned)
