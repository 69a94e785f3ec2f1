"""The terms of one version of one offer: an immutable, typed document. Its JSON is what the database keeps.

The two unions are the registry of kinds: what is in them can be written in a programme file, is matched, explained,
read aloud and offered in the console's form.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from enum import StrEnum
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

from cashback.money import BPS
from cashback.offers.amounts import (
    AMOUNT_MAX,
    Code,
    CurrencyCode,
    FileUnits,
    read_asset_amount,
    write_asset_amount,
)
from cashback.offers.conditions.channel import Channel, Networks
from cashback.offers.conditions.hours import Hours
from cashback.offers.conditions.repeat import ShopTrail, StampCard, Streak
from cashback.offers.conditions.spend import MaximumSpend, MinimumSpend
from cashback.offers.conditions.sums import SpendAcross
from cashback.offers.conditions.visits import Customer, NthPurchase
from cashback.offers.conditions.when import Dates, NotOn, Weekdays
from cashback.offers.conditions.where import Areas, Brands, Centres, Floors, ShopCategories, Shops
from cashback.offers.conditions.who import Activated, BirthdayMonth, Referred, Segments, Tags, Tiers
from cashback.offers.effects.multiplier import Multiplier
from cashback.offers.effects.plain import Fixed, Percent, PerUnit
from cashback.offers.effects.scale import Scale
from cashback.offers.kinds import Kind, Mentioned
from cashback.offers.limits import LIMITS_MAX, Limit, Measure
from cashback.offers.wording import Language, Texts

Where = Centres | Shops | ShopCategories | Brands | Floors | Areas | Networks | Channel
When = Dates | Weekdays | Hours | NotOn
Who = Segments | Tiers | Tags | BirthdayMonth | Activated | Referred | NthPurchase | Customer
HowMuch = MinimumSpend | MaximumSpend | SpendAcross | ShopTrail | StampCard | Streak
Condition = Annotated[Where | When | Who | HowMuch, Field(discriminator="kind")]
Reward = Annotated[Percent | Fixed | PerUnit | Scale | Multiplier, Field(discriminator="kind")]

CONDITIONS_MAX = 20
HOLD_DAYS_MAX = 365
TEXT_MAX = 200
PRIORITY_MAX = 1_000
EXPIRY_DAYS_MAX = 3_650


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


class Funder(StrEnum):
    """Who pays for a reward."""

    OPERATOR = "operator"
    SHOP = "shop"
    """The shop of the purchase."""
    BRAND = "brand"
    """The chain of that shop."""


class FundingShare(BaseModel):
    """One funder and its part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    funder: Funder
    share_bps: int = Field(gt=0, le=BPS, description="Basis points of the reward; the shares add up to 10000.")


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
    limits: tuple[Limit, ...] = Field((), max_length=LIMITS_MAX, description="How often and how much, for whom, when.")
    group: Code | None = Field(
        None, description="Offers of one group exclude each other; without one, an offer competes within its asset."
    )
    stacks_as: Code | None = Field(
        None, description="Offers of one group that stack as different things stand side by side."
    )
    priority: int = Field(
        0,
        ge=-PRIORITY_MAX,
        le=PRIORITY_MAX,
        description="The higher one wins its group; equal: the better for the shopper.",
    )
    holdout_bps: int = Field(0, ge=0, lt=BPS, description="Share of shoppers who do not receive it, to measure it by.")
    funding: tuple[FundingShare, ...] = Field((), max_length=3, description="Who pays; without it the operator.")
    commission_bps: int = Field(0, ge=0, le=BPS, description="The operator's commission on what others fund.")
    expires_after_days: int | None = Field(
        None, gt=0, le=EXPIRY_DAYS_MAX, description="Days after becoming available; without it: never."
    )
    notice_days: int = Field(0, ge=0, le=365, description="Days before expiry at which the shopper is told.")

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

    @field_validator("limits", mode="before")
    @classmethod
    def _limits_in_the_asset(cls, given: Any, info: ValidationInfo) -> Any:
        reward = info.data.get("reward")
        if reward is None or not isinstance(given, list | tuple):
            return given
        return [_limit_in_units(each, reward.asset, info) for each in given]

    @field_validator("limits")
    @classmethod
    def _each_limit_once(cls, limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
        twice = [code for code, times in Counter(each.code for each in limits).items() if times > 1]
        if twice:
            raise ValueError(f"one limit of {twice[0].replace(':', ' per ')} is enough, it is repeated")
        return limits

    @field_validator("funding")
    @classmethod
    def _all_is_funded(cls, funding: tuple[FundingShare, ...]) -> tuple[FundingShare, ...]:
        if len({each.funder for each in funding}) < len(funding):
            raise ValueError("each funder may be named once")
        total = sum(each.share_bps for each in funding)
        if funding and total != BPS:
            raise ValueError(f"the shares add up to {total} basis points, expected {BPS}")
        return funding

    @model_validator(mode="after")
    def _says_what_it_can_keep(self) -> "Terms":
        if self.stacks_as is not None and self.group is None:
            raise ValueError("stacks_as says how offers of one group stack: expected a group")
        if self.notice_days and self.expires_after_days is None:
            raise ValueError("notice_days come before an expiry: expected expires_after_days")
        if self.notice_days and self.expires_after_days is not None and self.notice_days >= self.expires_after_days:
            raise ValueError(f"notice_days {self.notice_days} are not fewer than expires_after_days")
        return self

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if isinstance(info.context, FileUnits):
            data.pop("currency", None)
            if self.budget is not None:
                data["budget"] = write_asset_amount(self.budget, self.reward.asset)
            for limit, written in zip(self.limits, data.get("limits", ()), strict=False):
                if limit.measure is Measure.AMOUNT:
                    written["at_most"] = write_asset_amount(limit.at_most, self.reward.asset)
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
        base = self.reward.multiplies()
        if base is not None:
            mentioned["offer"] += (base,)
        return dict(mentioned)


def _limit_in_units(given: Any, asset: str, info: ValidationInfo) -> Any:
    """A limit on amounts is counted in the asset; in a file, money of it is written in major units."""
    if not isinstance(given, Mapping) or given.get("measure") != Measure.AMOUNT or "at_most" not in given:
        return given
    return {**given, "at_most": read_asset_amount(given["at_most"], asset, info)}
