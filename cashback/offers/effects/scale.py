"""A percentage that grows with the spend: 5 % up to 50 EUR, 8 % above."""

from collections.abc import Callable
from enum import StrEnum
from itertools import pairwise
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cashback.money import BPS, Rounding, divided
from cashback.offers.amounts import MoneyAmount
from cashback.offers.effects.base import ASSET, BOUNDS, REFUSALS, RewardKind, common_words
from cashback.offers.kinds import FormField, TrailEntry
from cashback.offers.wording import Texts, Tongue
from cashback.programmes.schemas import currency_of

STEPS_MAX = 20


class Applies(StrEnum):
    """What the rate of a step is applied to."""

    PART = "part"
    """Each step's rate to the part of the spend that lies in the step."""
    WHOLE = "whole"
    """The rate of the step reached to all of the spend."""


class ScaleStep(BaseModel):
    """From an amount on, a rate. Without an amount: from the first cent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_amount: MoneyAmount | None = None
    rate_bps: int = Field(ge=0, le=BPS, description="Basis points: 500 is 5 %.")

    @property
    def begins(self) -> int:
        """The first minor unit of the step."""
        return self.from_amount or 0


class Scale(RewardKind):
    """A percentage by steps, in money of the same currency; rounded once, as named."""

    kind: Literal["scale"]
    steps: tuple[ScaleStep, ...] = Field(max_length=STEPS_MAX, json_schema_extra={"minItems": 1})
    applies: Applies = Field(
        Applies.PART, description="part: each rate to its own step; whole: the rate reached to all."
    )
    rounding: Rounding = Field(Rounding.HALF_UP, description="What happens to a fraction of a minor unit.")

    title: ClassVar = Texts("Percentage that grows with the purchase", "Pourcentage qui grandit avec l'achat")
    hint: ClassVar = Texts("For example 5 % up to 50, 8 % above.", "Par exemple 5 % jusqu'à 50, 8 % au-delà.")
    form: ClassVar = (
        ASSET,
        FormField("steps", "steps", Texts("Steps", "Paliers"), Texts("From an amount, a rate.", "Un taux par palier.")),
        FormField(
            "applies",
            "choice",
            Texts("The rate applies to", "Le taux s'applique"),
            Texts("The part in its step, or all of it.", "À la tranche, ou à tout l'achat."),
        ),
        FormField("rounding", "rounding", Texts("Rounding", "Arrondi"), Texts("Done once.", "Fait une seule fois.")),
        *BOUNDS,
    )
    says: ClassVar = {
        "ok": Texts("{steps}: {amount}", "{steps}\u00a0: {amount}"),
        "capped": Texts(
            "{steps}: {uncapped}, capped at {amount} per purchase",
            "{steps}\u00a0: {uncapped}, plafonné à {amount} par achat",
        ),
        **REFUSALS,
    }

    @model_validator(mode="after")
    def _steps_in_order(self) -> "Scale":
        if not self.steps:
            raise ValueError("expected at least one step")
        if currency_of(self.asset) is None:
            raise ValueError(f"a scale pays money such as EUR; for {self.asset} use the kind per_unit")
        for first, second in pairwise(self.steps):
            if second.begins <= first.begins:
                raise ValueError(f"steps begin one above the other, {second.begins} does not follow {first.begins}")
            if self.applies is Applies.WHOLE and second.rate_bps < first.rate_bps:
                raise ValueError("a rate that applies to the whole may not fall: a refund would raise the reward")
        return self

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The steps, base and amounts."""
        return common_words(entry, tongue) | {"steps": _steps_said(entry, tongue) if "base_minor" in entry else ""}

    def unbounded(self) -> Callable[[int], int]:
        """Each part at its own rate, or all of it at the rate reached."""
        steps = [(each.begins, each.rate_bps) for each in self.steps]
        rounding = self.rounding
        if self.applies is Applies.WHOLE:
            return lambda base: divided(
                base * max((rate for begins, rate in steps if begins <= base), default=0), BPS, rounding
            )
        ends = [*(begins for begins, _ in steps[1:]), None]
        parts = [(begins, end, rate) for (begins, rate), end in zip(steps, ends, strict=True)]

        def by_parts(base: int) -> int:
            total = 0
            for begins, end, rate in parts:
                if base <= begins:
                    break
                total += ((base if end is None else min(base, end)) - begins) * rate
            return divided(total, BPS, rounding)

        return by_parts

    def figures(self) -> dict[str, Any]:
        """Steps and rounding."""
        return {
            "steps": [{"from_minor": each.begins, "rate_bps": each.rate_bps} for each in self.steps],
            "applies": self.applies.value,
            "rounding": self.rounding.value,
        }


_OF = Texts("{rate} of {base}", "{rate} de {base}")
_FROM = Texts("{rate} from {begins}", "{rate} à partir de {begins}")
_ABOVE = Texts("{rate} above {begins}", "{rate} au-delà de {begins}")
_AT = Texts("{base} at {rates}", "{base} à {rates}")
_THEN = Texts(", then ", ", puis ")


def _steps_said(entry: TrailEntry, tongue: Tongue) -> str:
    """The rates that the base was reckoned at; the first one that it fell short of, if it fell short of all."""
    language, base_minor, currency = tongue.language, entry["base_minor"], entry["currency"]
    whole = entry["applies"] == Applies.WHOLE.value
    base = tongue.money(base_minor, currency)
    reached = [each for each in entry["steps"] if each["from_minor"] <= base_minor - (0 if whole else 1)]

    def said(step: TrailEntry, texts: Texts) -> str:
        begins = tongue.money(step["from_minor"], currency)
        return texts.said(language).format(rate=tongue.rate(step["rate_bps"]), base=base, begins=begins)

    if not reached:
        return said(entry["steps"][0], _FROM if whole else _ABOVE)
    if whole or reached == [{"from_minor": 0, "rate_bps": reached[0]["rate_bps"]}]:
        return said(reached[-1], _OF)
    rates = [said(each, _ABOVE) if each["from_minor"] else tongue.rate(each["rate_bps"]) for each in reached]
    return _AT.said(language).format(base=base, rates=_THEN.said(language).join(rates))
