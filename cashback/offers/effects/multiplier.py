"""A multiple of what another offer gives: double points on Tuesdays."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import Field

from cashback.money import BPS, Rounding, divided
from cashback.offers.amounts import Code
from cashback.offers.effects.base import ASSET, BOUNDS, REFUSALS, RewardExplainer, RewardKind
from cashback.offers.kinds import FormField, Surroundings, TrailEntry
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue

FACTOR_MAX_BPS = 100 * BPS


class Multiplier(RewardKind):
    """What another offer gives for the same purchase, multiplied: the reward is what comes on top of it.

    The base is what the other offer actually gives, after its own cap, limits and quotas, in the same asset.
    """

    kind: Literal["multiplier"]
    of: Code = Field(description="Code of the offer whose reward is multiplied.")
    factor_bps: int = Field(gt=BPS, le=FACTOR_MAX_BPS, description="Basis points: 20000 doubles.")
    rounding: Rounding = Field(Rounding.HALF_UP, description="What happens to a fraction of a unit.")

    title: ClassVar = Texts("Multiple of another offer", "Multiple d'une autre offre")
    hint: ClassVar = Texts("20000 basis points double it.", "20000 points de base la doublent.")
    form: ClassVar = (
        ASSET,
        FormField("of", "offer", Texts("Offer", "Offre"), Texts("Whose reward grows.", "Dont la récompense grandit.")),
        FormField("factor_bps", "rate", Texts("Factor", "Facteur"), Texts("200 % doubles.", "200 % double.")),
        FormField("rounding", "rounding", Texts("Rounding", "Arrondi"), Texts("Done once.", "Fait une seule fois.")),
        *BOUNDS,
    )
    says: ClassVar = {
        "ok": Texts(
            "{base} of the offer {of}, times {factor}: {amount} more",
            "{base} de l'offre {of}, fois {factor}\u00a0: {amount} en plus",
        ),
        "capped": Texts(
            "{base} of the offer {of}, times {factor}: {uncapped} more, capped at {amount} per purchase",
            "{base} de l'offre {of}, fois {factor}\u00a0: {uncapped} en plus, plafonné à {amount} par achat",
        ),
        "no_base": Texts(
            "Multiplies the offer {of}, which gives nothing for this purchase",
            "Multiplie l'offre {of}, qui ne donne rien pour cet achat",
        ),
        **REFUSALS,
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The factor, the offer, and the amounts in the asset."""
        said = {
            "currency": entry["currency"],
            "got_currency": str(entry.get("got_currency", entry["currency"])),
            "of": str(entry["of"]),
            "factor": tongue.number(entry["factor_bps"], BPS),
        }
        for name, key in (("base", "base"), ("amount", "amount"), ("uncapped", "uncapped")):
            if key in entry:
                said[name] = tongue.amount(entry[key], entry["asset"])
        return said

    def multiplies(self) -> str | None:
        """The other offer."""
        return self.of

    def unbounded(self) -> Callable[[int], int]:
        """What comes on top of the other offer's amount."""
        more, rounding = self.factor_bps - BPS, self.rounding
        return lambda base: divided(base * more, BPS, rounding)

    def figures(self) -> dict[str, Any]:
        """The offer and the factor."""
        return {"of": self.of, "factor_bps": self.factor_bps, "rounding": self.rounding.value}

    def explainer(self, around: Surroundings) -> RewardExplainer:
        """The base is units of the asset here, under `base` instead of `base_minor`."""
        explain_any = super().explainer(around)

        def explain(spend: Spend, base: int) -> TrailEntry:
            entry = explain_any(spend, base)
            if entry["ok"]:
                entry["base"] = entry.pop("base_minor")
                if base == 0:
                    entry |= {"ok": False, "reason": "no_base"}
            return entry

        return explain
