"""The kinds of rewards: percent, fixed, per unit, in any asset. A new kind is one class here and one in the union."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from cashback.money import BPS, Rounding, portion
from cashback.offers.kinds import AssetAmount, FormField, MoneyAmount, RewardKind, TrailEntry
from cashback.offers.wording import Texts, Tongue
from cashback.programmes.schemas import currency_of

_ASSET = FormField("asset", "asset", Texts("Asset", "Actif"), Texts("What is earned.", "Ce qui est gagné."))
_CAP = FormField(
    "cap_per_purchase",
    "asset_amount",
    Texts("Cap per purchase", "Plafond par achat"),
    Texts("At most this much for one purchase.", "Pas plus que cela pour un achat."),
)
_REFUSALS = {
    "currency": Texts(
        "Purchases in {currency} count: this one was in {got_currency}",
        "Les achats en {currency} comptent\u00a0: celui-ci était en {got_currency}",
    ),
    "nothing_spent": Texts("Nothing of this purchase is left to reward", "Il ne reste rien de cet achat à récompenser"),
}


def _common_words(entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
    """The figures every kind of reward has, as far as the entry holds them."""
    said = {"currency": entry["currency"], "got_currency": str(entry.get("got_currency", entry["currency"]))}
    if "base_minor" in entry:
        said["base"] = tongue.money(entry["base_minor"], entry["currency"])
    if "amount" in entry:
        said["amount"] = tongue.amount(entry["amount"], entry["asset"])
        said["uncapped"] = tongue.amount(entry["uncapped"], entry["asset"])
    return said


class Percent(RewardKind):
    """A share of the net, in money of the same currency; rounded once, as named."""

    kind: Literal["percent"]
    rate_bps: int = Field(gt=0, le=BPS, description="Basis points: 500 is 5 %.")
    rounding: Rounding = Field(Rounding.HALF_UP, description="What happens to a fraction of a minor unit.")

    title: ClassVar = Texts("Percentage of the purchase", "Pourcentage de l'achat")
    hint: ClassVar = Texts("Money back, in the currency of the purchase.", "De l'argent, dans la devise de l'achat.")
    form: ClassVar = (
        _ASSET,
        FormField("rate_bps", "rate", Texts("Rate", "Taux"), Texts("Up to 100 %.", "Jusqu'à 100 %.")),
        FormField("rounding", "rounding", Texts("Rounding", "Arrondi"), Texts("Done once.", "Fait une seule fois.")),
        _CAP,
    )
    says: ClassVar = {
        "ok": Texts("{rate} of {base}: {amount}", "{rate} de {base}\u00a0: {amount}"),
        "capped": Texts(
            "{rate} of {base} is {uncapped}, capped at {amount} per purchase",
            "{rate} de {base} font {uncapped}, plafonné à {amount} par achat",
        ),
        **_REFUSALS,
    }

    @model_validator(mode="after")
    def _pays_money(self) -> "Percent":
        if currency_of(self.asset) is None:
            raise ValueError(f"a percentage pays money such as EUR; for {self.asset} use the kind per_unit")
        return self

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Rate, base and amounts."""
        return _common_words(entry, tongue) | {"rate": tongue.rate(entry["rate_bps"])}

    def uncapped(self) -> Callable[[int], int]:
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
        _ASSET,
        FormField("amount", "asset_amount", Texts("Amount", "Montant"), Texts("Per purchase.", "Par achat.")),
        _CAP,
    )
    says: ClassVar = {
        "ok": Texts("{amount} per purchase", "{amount} par achat"),
        "capped": Texts("{uncapped}, capped at {amount} per purchase", "{uncapped}, plafonné à {amount} par achat"),
        **_REFUSALS,
    }
    asset_amounts: ClassVar = ("amount", "cap_per_purchase")

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The amounts."""
        return _common_words(entry, tongue)

    def uncapped(self) -> Callable[[int], int]:
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
        _ASSET,
        FormField(
            "units", "asset_amount", Texts("Units", "Unités"), Texts("For each full step.", "Par tranche entière.")
        ),
        FormField(
            "per", "money", Texts("Step", "Tranche"), Texts("Spend that earns once.", "Dépense qui rapporte une fois.")
        ),
        _CAP,
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
        **_REFUSALS,
    }
    asset_amounts: ClassVar = ("units", "cap_per_purchase")

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Units, step, base and amounts."""
        return _common_words(entry, tongue) | {
            "units": tongue.count(entry["units"], entry["asset"]),
            "per": tongue.money(entry["per_minor"], entry["currency"]),
        }

    def uncapped(self) -> Callable[[int], int]:
        """Full steps times units."""
        units, per = self.units, self.per
        return lambda net_minor: net_minor // per * units

    def figures(self) -> dict[str, Any]:
        """Units and step."""
        return {"units": self.units, "per_minor": self.per}
