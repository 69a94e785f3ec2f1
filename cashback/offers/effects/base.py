"""What every kind of reward is made of: an asset, a floor and a cap, and how an amount is reckoned from a base."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import SerializationInfo, SerializerFunctionWrapHandler, model_serializer, model_validator

from cashback.offers.amounts import AssetAmount, AssetCode, FileUnits, write_asset_amount
from cashback.offers.kinds import FormField, Kind, Surroundings, Test, TrailEntry
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue

Reckoner = Callable[[int], int]
"""From a base to the amount earned, floor and cap included."""
RewardExplainer = Callable[[Spend, int], TrailEntry]

ASSET = FormField("asset", "asset", Texts("Asset", "Actif"), Texts("What is earned.", "Ce qui est gagné."))
BOUNDS = (
    FormField(
        "minimum",
        "asset_amount",
        Texts("At least", "Au moins"),
        Texts("Never less than this for one purchase.", "Jamais moins que cela pour un achat."),
    ),
    FormField(
        "cap_per_purchase",
        "asset_amount",
        Texts("Cap per purchase", "Plafond par achat"),
        Texts("At most this much for one purchase.", "Pas plus que cela pour un achat."),
    ),
)
REFUSALS = {
    "currency": Texts(
        "Purchases in {currency} count: this one was in {got_currency}",
        "Les achats en {currency} comptent\u00a0: celui-ci était en {got_currency}",
    ),
    "nothing_spent": Texts("Nothing of this purchase is left to reward", "Il ne reste rien de cet achat à récompenser"),
    "raised": Texts("{amount}, the least that a purchase earns here", "{amount}, le minimum qu'un achat rapporte ici"),
}


def common_words(entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
    """The figures every kind of reward has, as far as the entry holds them."""
    said = {"currency": entry["currency"], "got_currency": str(entry.get("got_currency", entry["currency"]))}
    if "base_minor" in entry:
        said["base"] = tongue.money(entry["base_minor"], entry["currency"])
    if "amount" in entry:
        said["amount"] = tongue.amount(entry["amount"], entry["asset"])
        said["uncapped"] = tongue.amount(entry["uncapped"], entry["asset"])
    return said


class RewardKind(Kind):
    """What a purchase earns: an integer amount of one asset, reckoned from a base in the offer's currency.

    The base is the net of the purchase, or what several purchases reached together.
    """

    asset: AssetCode
    minimum: AssetAmount | None = None
    cap_per_purchase: AssetAmount | None = None

    asset_amounts: ClassVar[tuple[str, ...]] = ("minimum", "cap_per_purchase")
    """Fields counted in the asset; a file writes those of a money asset in major units."""

    @model_validator(mode="after")
    def _floor_below_cap(self) -> "RewardKind":
        if self.minimum is not None and self.cap_per_purchase is not None and self.minimum > self.cap_per_purchase:
            raise ValueError(f"cap_per_purchase {self.cap_per_purchase} is below the minimum {self.minimum}")
        return self

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if isinstance(info.context, FileUnits):
            for name in self.asset_amounts:
                if data.get(name) is not None:
                    data[name] = write_asset_amount(data[name], self.asset)
        return data

    @abstractmethod
    def unbounded(self) -> Callable[[int], int]:
        """From a base in minor units of the offer's currency to the amount before floor and cap."""

    @abstractmethod
    def figures(self) -> dict[str, Any]:
        """What the trail repeats of the terms of this kind."""

    def multiplies(self) -> str | None:
        """The code of the offer whose reward is the base; None where the base is what was spent."""
        return None

    def test(self, around: Surroundings) -> Test:
        """A reward counts purchases in the offer's currency of which something is left after refunds."""
        currency = around.currency

        def accepts(spend: Spend) -> bool:
            return spend.net_minor > 0 and spend.currency == currency

        return accepts

    def reckoner(self) -> Reckoner:
        """The amount wanted from a base, floor and cap included. Never falls when the base grows."""
        floor, cap, unbounded = self.minimum, self.cap_per_purchase, self.unbounded()
        if floor is None and cap is None:
            return unbounded
        if floor is None:
            return lambda base: min(unbounded(base), cap)  # type: ignore[type-var, return-value]
        if cap is None:
            return lambda base: max(unbounded(base), floor)
        return lambda base: min(max(unbounded(base), floor), cap)

    def explainer(self, around: Surroundings) -> RewardExplainer:
        """Builds `{"kind", "ok", "asset", "currency", "base_minor", …figures, "uncapped", "cap", "amount"}`."""
        currency, floor, cap, unbounded = around.currency, self.minimum, self.cap_per_purchase, self.unbounded()
        known = {"kind": self.name(), "asset": self.asset, "currency": currency, **self.figures()}

        def explain(spend: Spend, base: int) -> TrailEntry:
            if spend.currency != currency:
                return {**known, "ok": False, "reason": "currency", "got_currency": spend.currency}
            if spend.net_minor <= 0:
                return {**known, "ok": False, "reason": "nothing_spent", "base_minor": spend.net_minor}
            full = unbounded(base)
            entry = {**known, "ok": True, "base_minor": base, "uncapped": full, "cap": cap, "amount": full}
            if cap is not None and full > cap:
                entry |= {"reason": "capped", "amount": cap}
            elif floor is not None and full < floor:
                entry |= {"reason": "raised", "amount": floor}
            return entry

        return explain
