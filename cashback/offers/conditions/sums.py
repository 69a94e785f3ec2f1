"""A sum that several purchases reach together: 200 EUR in a month, 50 EUR on one day's receipts.

Only purchases that meet every other condition of the offer are counted, in the order of their own time, by the clock of
their centre, from the day the offer was first live.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, model_validator

from cashback.offers.amounts import MoneyAmount
from cashback.offers.conditions.counting import PERIOD_FIELD, PeriodTally, period_said
from cashback.offers.kinds import FormField, Surroundings, TalliedKind, Tally, TrailEntry
from cashback.offers.periods import Period
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue

SHOPS_MAX = 500


class Repeats(StrEnum):
    """Which purchases earn once the sum is reached."""

    ONCE = "once"
    """The one that reaches it, once a period."""
    EACH = "each"
    """Every one that reaches it once more."""
    ONWARDS = "onwards"
    """The one that reaches it and all that follow in the period."""


_REACHED = {Repeats.ONCE: "already", Repeats.EACH: "again", Repeats.ONWARDS: "reached"}
"""What is said of a sum that was reached, for a purchase that it does not fall due with."""


class Reckons(StrEnum):
    """What the reward of the purchase that reaches the sum is reckoned from."""

    PURCHASE = "purchase"
    SUM = "sum"


class SpendAcross(TalliedKind):
    """The net of several purchases reaches an amount in a period, at so many shops if a number is given."""

    kind: Literal["spend_across"]
    amount: MoneyAmount
    period: Period = Field(Period.MONTH, description="day, week, month, year, or life of the offer.")
    shops: int | None = Field(None, gt=1, le=SHOPS_MAX, description="At so many different shops; without it: anywhere.")
    repeats: Repeats = Field(Repeats.ONCE, description="once, each time it is reached again, or onwards.")
    reckons: Reckons = Field(
        Reckons.PURCHASE, description="Reckon the reward from the purchase that reaches it, or the sum."
    )

    title: ClassVar = Texts("Spend over several purchases", "Dépense sur plusieurs achats")
    hint: ClassVar = Texts(
        "Receipts of one day, of a month, or of the whole offer.", "Tickets d'un jour, d'un mois, ou de toute l'offre."
    )
    form: ClassVar = (
        FormField("amount", "money", Texts("Amount", "Montant"), Texts("To reach together.", "À atteindre ensemble.")),
        PERIOD_FIELD,
        FormField("shops", "count", Texts("Shops", "Boutiques"), Texts("At least so many.", "Au moins autant.")),
        FormField("repeats", "choice", Texts("Earns", "Rapporte"), Texts("How often.", "Combien de fois.")),
        FormField(
            "reckons", "choice", Texts("Reckoned from", "Calculé sur"), Texts("Purchase or sum.", "Achat ou somme.")
        ),
    )
    says: ClassVar = {
        "ok": Texts("You reached {wanted} {period}: {got}", "Vous avez atteint {wanted} {period}\u00a0: {got}"),
        "no": Texts(
            "Spend {wanted} {period}: {got} so far, {missing} to go",
            "{wanted} d'achats {period}\u00a0: {got} jusqu'ici, encore {missing}",
        ),
        "shops": Texts(
            "Spend {wanted} at {shops} shops {period}: {got} so far, number of shops: {shops_got}",
            "{wanted} d'achats dans {shops} boutiques {period}\u00a0: {got} jusqu'ici, nombre de boutiques\u00a0:"
            " {shops_got}",
        ),
        "already": Texts(
            "You had reached {wanted} {period} before: it counts once",
            "Vous aviez déjà atteint {wanted} {period}\u00a0: cela compte une seule fois",
        ),
        "again": Texts(
            "Spend {wanted} once more {period}: {missing} to go",
            "Encore une fois {wanted} d'achats {period}\u00a0: encore {missing}",
        ),
        "reached": Texts("You reached {wanted} {period}: {got}", "Vous avez atteint {wanted} {period}\u00a0: {got}"),
    }

    @model_validator(mode="after")
    def _sum_is_one(self) -> "SpendAcross":
        if self.repeats is Repeats.EACH and self.reckons is Reckons.SUM:
            raise ValueError("a sum that is reached again and again has no one base: expected reckons: purchase")
        return self

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Amounts, period and shops."""
        currency = entry["currency"]
        return {
            "wanted": tongue.money(entry["wanted_minor"], currency),
            "got": tongue.money(entry["got_minor"], currency),
            "missing": tongue.money(entry["missing_minor"], currency),
            "shops": tongue.number(entry["shops"] or 0),
            "shops_got": tongue.number(entry["shops_got"]),
            "period": period_said(entry, tongue),
        }

    def tally(self, around: Surroundings) -> Callable[[], Tally]:
        """Sums of one period."""
        return lambda: PeriodTally(around, self.period, lambda: _Sum(self, around.currency))

    def counted_by(self) -> tuple[Period, ...]:
        """The period of the sum."""
        return (self.period,)


class _Sum:
    __slots__ = ("before", "currency", "reached", "rule", "shops", "sum")

    def __init__(self, rule: SpendAcross, currency: str) -> None:
        self.rule = rule
        self.currency = currency
        self.sum = 0
        self.shops: set[UUID | None] = set()
        self.reached = 0
        self.before = 0

    def add(self, spend: Spend) -> bool:
        rule = self.rule
        self.before = self.reached
        self.sum += spend.net_minor
        self.shops.add(spend.shop_id)
        if len(self.shops) >= (rule.shops or 1):
            self.reached = self.sum // rule.amount
        if rule.repeats is Repeats.ONWARDS:
            return self.reached > 0
        if rule.repeats is Repeats.EACH:
            return self.reached > self.before
        return self.reached > 0 and self.before == 0

    def reckoned(self, spend: Spend) -> int:
        return self.sum if self.rule.reckons is Reckons.SUM and self.before == 0 else spend.net_minor

    def figures(self, *, asked: bool, due: bool) -> dict[str, Any]:  # noqa: ARG002
        rule = self.rule
        next_aim = (self.reached + 1 if rule.repeats is Repeats.EACH else 1) * rule.amount
        missing = max(0, next_aim - self.sum)
        return {
            "kind": SpendAcross.name(),
            "wanted_minor": rule.amount,
            "got_minor": self.sum,
            "missing_minor": missing,
            "currency": self.currency,
            "shops": rule.shops,
            "shops_got": len(self.shops),
            **({} if due else self._reason(missing)),
        }

    def _reason(self, missing: int) -> dict[str, str]:
        if not self.reached and self.rule.shops and (missing == 0 or len(self.shops) < self.rule.shops):
            return {"reason": "shops"}
        return {"reason": _REACHED[self.rule.repeats]} if self.reached else {}
