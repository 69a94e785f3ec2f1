"""Percent, fixed, per unit: rewards of what was spent, in any asset."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from cashback.money import BPS, Rounding, portion
from cashback.offers.amounts import AssetAmount, MoneyAmount
from cashback.offers.effects.base import ASSET, BOUNDS, REFUSALS, RewardKind, common_words
from cashback.offers.kinds import FormField, TrailEntry
from cashback.offers.wording import Texts, Tongue
from cashback.programmes.schemas import currency_of


class Percent(RewardKind):
    """A share of the net, in money of the same currency; rounded once, as named."""

    kind: Literal["percent"]
    rate_bps: int = Field(gt=0, le=BPS, description="Basis points: 500 is 5 %.")
    rounding: Rounding = Field(Rounding.HALF_UP, description="What happens to a fraction of a minor unit.")

    title: ClassVar = Texts("Percentage of the purchase", "Pourcentage de l'achat")
    hint: ClassVar = Texts("Money back, in the currency of the purchase.", "De l'argent, dans la devise de l'achat.")
    form: ClassVar = (
        ASSET,
        FormField("rate_bps", "rate", Texts("Rate", "Taux"), Texts("Up to 100 %.", "Jusqu'à 100 %.")),
        FormField("rounding", "rounding", Texts("Rounding", "Arrondi"), Texts("Done once.", "Fait une seule fois.")),
        *BOUNDS,
    )
    says: ClassVar = {
        "ok": Texts("{rate} of {base}: {amount}", "{rate} de {base}\u00a0: {amount}"),
        "capped": Texts(
            "{rate} of {base} is {uncapped}, capped at {amount} per purchase",
            "{rate} de {base} font {uncapped}, plafonné à {amount} par achat",
        ),
        **REFUSALS,
    }

    @model_validator(mode="after")
    def _pays_money(self) -> "Percent":
        if currency_of(self.asset) is None:
            raise ValueError(f"a percentage pays money such as EUR; for {self.asset} use the kind per_unit")
        return self

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Rate, base and amounts."""
        return common_words(entry, tongue) | {"rate": tongue.rate(entry["rate_bps"])}

    def unbounded(self) -> Callable[[int], int]:
        """The portion of the net."""
        rate_bps, rounding = self.rate_bps, self.rounding
        return lambda net_minor: portion(net_minor, rate_bps, rounding)

    def figures(self) -> dict[str, Any]:
        """Rate and rounding."""
        return {"rate_bps": self.rate_bps, "rounding": self.rounding.value}


class Fixed(RewardKind):
    """The same amount for every purchase."""

    kind: Literal["fixed"]
    amount: AssetAmount

    title: ClassVar = Texts("Fixed amount per purchase", "Montant fixe par achat")
    hint: ClassVar = Texts("Whatever the purchase amounts to.", "Quel que soit le montant de l'achat.")
    form: ClassVar = (
        ASSET,
        FormField("amount", "asset_amount", Texts("Amount", "Montant"), Texts("Per purchase.", "Par achat.")),
        *BOUNDS,
    )
    says: ClassVar = {
        "ok": Texts("{amount} per purchase", "{amount} par achat"),
        "capped": Texts("{uncapped}, capped at {amount} per purchase", "{uncapped}, plafonné à {amount} par achat"),
        **REFUSALS,
    }
    asset_amounts: ClassVar = ("amount", "minimum", "cap_per_purchase")

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The amounts."""
        return common_words(entry, tongue)

    def unbounded(self) -> Callable[[int], int]:
        """The amount."""
        amount = self.amount
        return lambda _: amount

    def figures(self) -> dict[str, Any]:
        """Nothing beyond the amount."""
        return {}


class PerUnit(RewardKind):
    """So many units for every full step of spend: one point per full pound. What is short of a step earns nothing."""

    kind: Literal["per_unit"]
    units: AssetAmount
    per: MoneyAmount

    title: ClassVar = Texts("Units per amount spent", "Unités par montant dépensé")
    hint: ClassVar = Texts("Only full steps count.", "Seules les tranches entières comptent.")
    form: ClassVar = (
        ASSET,
        FormField(
            "units", "asset_amount", Texts("Units", "Unités"), Texts("For each full step.", "Par tranche entière.")
        ),
        FormField(
            "per", "money", Texts("Step", "Tranche"), Texts("Spend that earns once.", "Dépense qui rapporte une fois.")
        ),
        *BOUNDS,
    )
    says: ClassVar = {
        "ok": Texts(
            "{units} for every full {per} of {base}: {amount}",
            "{units} par tranche de {per} sur {base}\u00a0: {amount}",
        ),
        "capped": Texts(
            "{units} for every full {per} of {base} is {uncapped}, capped at {amount} per purchase",
            "{units} par tranche de {per} sur {base} font {uncapped}, plafonné à {amount} par achat",
        ),
        **REFUSALS,
    }
    asset_amounts: ClassVar = ("units", "minimum", "cap_per_purchase")

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Units, step, base and amounts."""
        return common_words(entry, tongue) | {
            "units": tongue.count(entry["units"], entry["asset"]),
            "per": tongue.money(entry["per_minor"], entry["currency"]),
        }

    def unbounded(self) -> Callable[[int], int]:
        """Full steps times units."""
        units, per = self.units, self.per
        return lambda net_minor: net_minor // per * units

    def figures(self) -> dict[str, Any]:
        """Units and step."""
        return {"units": self.units, "per_minor": self.per}
