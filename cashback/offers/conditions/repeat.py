"""What several purchases must reach together: a number of shops, stamps on a card, a streak of weeks.

Only purchases that meet every other condition of the offer are counted, in the order of their own time, by the clock of
their centre, from the day the offer was first live. The reward falls due with the purchase that reaches the aim; when
evidence changes, the sums are worked out again and the reward moves with them.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from cashback.offers.conditions.counting import PERIOD_FIELD, PeriodTally, period_said
from cashback.offers.kinds import FormField, Surroundings, TalliedKind, Tally, TrailEntry
from cashback.offers.periods import Period, local, week_of
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue

SHOPS_MAX = 500
STAMPS_MAX = 1_000
WEEKS_MAX = 104


class ShopTrail(TalliedKind):
    """So many different shops are visited in a period; the purchase at the last of them earns, once a period."""

    kind: Literal["trail"]
    shops: int = Field(gt=1, le=SHOPS_MAX, description="Different shops to visit.")
    period: Period = Field(Period.LIFE, description="day, week, month, year, or life of the offer.")

    title: ClassVar = Texts("A trail of shops", "Un parcours de boutiques")
    hint: ClassVar = Texts("Among the shops of this offer.", "Parmi les boutiques de cette offre.")
    form: ClassVar = (
        FormField("shops", "count", Texts("Shops", "Boutiques"), Texts("Two or more.", "Deux ou plus.")),
        PERIOD_FIELD,
    )
    says: ClassVar = {
        "ok": Texts("You visited {wanted} shops {period}", "Vous avez visité {wanted} boutiques {period}"),
        "no": Texts(
            "{wanted} shops to visit {period}: {got} so far",
            "{wanted} boutiques à visiter {period}\u00a0: {got} jusqu'ici",
        ),
        "already": Texts(
            "You had visited {wanted} shops {period} before: it counts once",
            "Vous aviez déjà visité {wanted} boutiques {period}\u00a0: cela compte une seule fois",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Numbers of shops, and the period."""
        return {
            "wanted": tongue.number(entry["wanted"]),
            "got": tongue.number(entry["got"]),
            "period": period_said(entry, tongue),
        }

    def tally(self, around: Surroundings) -> Callable[[], Tally]:
        """Shops visited in one period."""
        return lambda: PeriodTally(around, self.period, lambda: _ShopsVisited(self))

    def counted_by(self) -> tuple[Period, ...]:
        """The period of the trail."""
        return (self.period,)


class _ShopsVisited:
    __slots__ = ("rule", "shops")

    def __init__(self, rule: ShopTrail) -> None:
        self.rule = rule
        self.shops: set[UUID | None] = set()

    def add(self, spend: Spend) -> bool:
        before = len(self.shops)
        self.shops.add(spend.shop_id)
        return before < self.rule.shops <= len(self.shops)

    def reckoned(self, spend: Spend) -> int:
        return spend.net_minor

    def figures(self, *, asked: bool, due: bool) -> dict[str, Any]:  # noqa: ARG002
        got, wanted = len(self.shops), self.rule.shops
        reason = {"reason": "already"} if not due and got >= wanted else {}
        return {"kind": ShopTrail.name(), "wanted": wanted, "got": got, "missing": max(0, wanted - got), **reason}


class StampCard(TalliedKind):
    """Every nth visit earns: one stamp a purchase, or one a day."""

    kind: Literal["stamp_card"]
    every: int = Field(gt=1, le=STAMPS_MAX, description="Stamps on a full card.")
    one_a_day: bool = Field(False, description="At most one stamp in a local day.")
    period: Period = Field(Period.LIFE, description="After which an unfinished card is empty again.")

    title: ClassVar = Texts("A stamp card", "Une carte à tampons")
    hint: ClassVar = Texts("Every nth visit earns.", "Chaque n-ième visite rapporte.")
    form: ClassVar = (
        FormField("every", "count", Texts("Stamps", "Tampons"), Texts("On a full card.", "Sur une carte pleine.")),
        FormField("one_a_day", "switch", Texts("One a day", "Un par jour"), Texts("At most.", "Au plus.")),
        PERIOD_FIELD,
    )
    says: ClassVar = {
        "ok": Texts(
            "Stamp {got} of {wanted}: the card is full", "Tampon {got} sur {wanted}\u00a0: la carte est pleine"
        ),
        "no": Texts("Stamp {got} of {wanted}", "Tampon {got} sur {wanted}"),
        "same_day": Texts(
            "Stamp {got} of {wanted}: only one a day", "Tampon {got} sur {wanted}\u00a0: un seul par jour"
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Stamps on the card."""
        return {"wanted": tongue.number(entry["wanted"]), "got": tongue.number(entry["got"])}

    def tally(self, around: Surroundings) -> Callable[[], Tally]:
        """Stamps of one period."""
        return lambda: PeriodTally(around, self.period, lambda: _Stamps(self, around))

    def counted_by(self) -> tuple[Period, ...]:
        """The period of the card, and the day where only one stamp is given in it."""
        return (self.period, Period.DAY) if self.one_a_day else (self.period,)


class _Stamps:
    __slots__ = ("around", "days", "rule", "same_day", "stamps")

    def __init__(self, rule: StampCard, around: Surroundings) -> None:
        self.rule = rule
        self.around = around
        self.days: set[date] = set()
        self.stamps = 0
        self.same_day = False

    def add(self, spend: Spend) -> bool:
        day = local(spend.purchased_at, self.around.zone(spend.centre_id)).date()
        self.same_day = self.rule.one_a_day and day in self.days
        self.days.add(day)
        if self.same_day:
            return False
        self.stamps += 1
        return self.stamps % self.rule.every == 0

    def reckoned(self, spend: Spend) -> int:
        return spend.net_minor

    def figures(self, *, asked: bool, due: bool) -> dict[str, Any]:
        wanted = self.rule.every
        got = self.stamps % wanted or (wanted if due else 0)
        reason = {"reason": "same_day"} if asked and self.same_day else {}
        return {"kind": StampCard.name(), "wanted": wanted, "got": got, "missing": wanted - got, **reason}


class Streak(TalliedKind):
    """A purchase in each of so many weeks in a row; the first of the last week earns, and the streak begins anew."""

    kind: Literal["streak"]
    weeks: int = Field(gt=1, le=WEEKS_MAX, description="Weeks in a row, each from Monday by the centre's calendar.")

    title: ClassVar = Texts("A streak of weeks", "Des semaines d'affilée")
    hint: ClassVar = Texts("A week without a purchase breaks it.", "Une semaine sans achat l'interrompt.")
    form: ClassVar = (FormField("weeks", "count", Texts("Weeks", "Semaines"), Texts("Two or more.", "Deux ou plus.")),)
    says: ClassVar = {
        "ok": Texts("{wanted} weeks in a row", "{wanted} semaines d'affilée"),
        "no": Texts("{wanted} weeks in a row: {got} so far", "{wanted} semaines d'affilée\u00a0: {got} jusqu'ici"),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Weeks asked for and reached."""
        return {"wanted": tongue.number(entry["wanted"]), "got": tongue.number(entry["got"])}

    def tally(self, around: Surroundings) -> Callable[[], Tally]:
        """Weeks in a row."""
        return lambda: _StreakTally(around, self.weeks)

    def counted_by(self) -> tuple[Period, ...]:
        """Weeks."""
        return (Period.WEEK,)


class _StreakTally:
    __slots__ = ("around", "due", "monday", "run", "seen_at", "weeks")

    def __init__(self, around: Surroundings, weeks: int) -> None:
        self.around = around
        self.weeks = weeks
        self.run = 0
        self.monday: date | None = None
        self.due = False
        self.seen_at: datetime | None = None

    def see(self, spend: Spend) -> bool:
        monday = week_of(local(spend.purchased_at, self.around.zone(spend.centre_id)).date())
        self.seen_at = spend.purchased_at
        self.due = False
        # By the clock of another zone a purchase may still lie in the week before: that week is counted already.
        if self.monday is None or monday > self.monday:
            follows = self.monday is not None and monday == self.monday + timedelta(days=7)
            self.run = self.run % self.weeks + 1 if follows else 1
            self.monday = monday
            self.due = self.run == self.weeks
        return self.due

    def reckoned(self, spend: Spend) -> int:
        return spend.net_minor

    def entry(self, at: datetime, zone: ZoneInfo) -> TrailEntry:
        """A streak that was broken since the purchase seen last, or has just paid, stands at zero."""
        due = self.due and at == self.seen_at
        broken = self.monday is not None and week_of(local(at, zone).date()) > self.monday + timedelta(days=7)
        got = 0 if broken or (self.run == self.weeks and not due) else self.run
        return {"kind": Streak.name(), "ok": due, "wanted": self.weeks, "got": got, "missing": self.weeks - got}
