"""How much one purchase amounts to."""

from typing import ClassVar, Literal

from cashback.offers.amounts import MoneyAmount
from cashback.offers.kinds import (
    ConditionKind,
    Explainer,
    FormField,
    Surroundings,
    Test,
    TrailEntry,
)
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue


class MinimumSpend(ConditionKind):
    """The net of the purchase, after refunds, reaches an amount in the offer's currency."""

    kind: Literal["minimum_spend"]
    amount: MoneyAmount

    title: ClassVar = Texts("Minimum spend", "Achat minimum")
    hint: ClassVar = Texts(
        "Exactly the minimum is enough; what was refunded does not count.",
        "Le minimum exact suffit\u00a0; ce qui est remboursé ne compte pas.",
    )
    form: ClassVar = (
        FormField(
            "amount",
            "money",
            Texts("Amount", "Montant"),
            Texts("In the programme's currency.", "Dans la devise du programme."),
        ),
    )
    says: ClassVar = {
        "ok": Texts(
            "Minimum spend {wanted}: you spent {got}", "Achat minimum de {wanted}\u00a0: vous avez dépensé {got}"
        ),
        "no": Texts(
            "Minimum spend {wanted}: you spent {got}", "Achat minimum de {wanted}\u00a0: vous avez dépensé {got}"
        ),
        "currency": Texts(
            "Minimum spend {wanted}: a purchase of {got} in another currency does not count",
            "Achat minimum de {wanted}\u00a0: un achat de {got} dans une autre devise ne compte pas",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Both amounts as money."""
        return {
            "wanted": tongue.money(entry["wanted_minor"], entry["currency"]),
            "got": tongue.money(entry["got_minor"], str(entry.get("got_currency", entry["currency"]))),
        }

    def least_minor(self) -> int:
        """The minimum."""
        return self.amount

    def told_by_index(self, around: Surroundings) -> bool:  # noqa: ARG002
        """Offers stand in the order of what must be spent."""
        return True

    def test(self, around: Surroundings) -> Test:
        """One comparison, in one currency."""
        minimum, currency = self.amount, around.currency
        return lambda spend: spend.net_minor >= minimum and spend.currency == currency

    def explainer(self, around: Surroundings) -> Explainer:
        """`{"kind", "ok", "wanted_minor", "got_minor", "currency", "missing_minor"}`, or the reason `currency`."""
        minimum, currency = self.amount, around.currency
        known: TrailEntry = {"kind": self.name(), "wanted_minor": minimum, "currency": currency}

        def explain(spend: Spend) -> TrailEntry:
            net = spend.net_minor
            if spend.currency != currency:
                return {**known, "ok": False, "reason": "currency", "got_minor": net, "got_currency": spend.currency}
            return {**known, "ok": net >= minimum, "got_minor": net, "missing_minor": max(minimum - net, 0)}

        return explain


class MaximumSpend(ConditionKind):
    """What was spent, before anything was given back, stays within an amount in the offer's currency.

    Before refunds: otherwise giving something back would make a purchase earn that did not.
    """

    kind: Literal["maximum_spend"]
    amount: MoneyAmount

    title: ClassVar = Texts("Maximum spend", "Achat maximum")
    hint: ClassVar = Texts(
        "Exactly the maximum still counts; refunds change nothing.",
        "Le maximum exact compte encore\u00a0; un remboursement n'y change rien.",
    )
    form: ClassVar = (
        FormField(
            "amount",
            "money",
            Texts("Amount", "Montant"),
            Texts("In the programme's currency.", "Dans la devise du programme."),
        ),
    )
    says: ClassVar = {
        "ok": Texts(
            "For purchases of up to {wanted}: you spent {got}",
            "Pour les achats jusqu'à {wanted}\u00a0: vous avez dépensé {got}",
        ),
        "no": Texts(
            "Only for purchases of up to {wanted}: you spent {got}",
            "Seulement pour les achats jusqu'à {wanted}\u00a0: vous avez dépensé {got}",
        ),
        "currency": Texts(
            "Only for purchases of up to {wanted}: a purchase of {got} in another currency does not count",
            "Seulement pour les achats jusqu'à {wanted}\u00a0: un achat de {got} dans une autre devise ne compte pas",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Both amounts as money."""
        return MinimumSpend.words(entry, tongue)

    def test(self, around: Surroundings) -> Test:
        """One comparison, in one currency."""
        maximum, currency = self.amount, around.currency
        return lambda spend: spend.gross_minor <= maximum and spend.currency == currency

    def explainer(self, around: Surroundings) -> Explainer:
        """`{"kind", "ok", "wanted_minor", "got_minor", "currency"}`, or the reason `currency`."""
        maximum, currency = self.amount, around.currency
        known: TrailEntry = {"kind": self.name(), "wanted_minor": maximum, "currency": currency}

        def explain(spend: Spend) -> TrailEntry:
            gross = spend.gross_minor
            if spend.currency != currency:
                return {**known, "ok": False, "reason": "currency", "got_minor": gross, "got_currency": spend.currency}
            return {**known, "ok": gross <= maximum, "got_minor": gross}

        return explain
