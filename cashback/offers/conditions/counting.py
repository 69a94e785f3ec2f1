"""What counts over several purchases have in common: a period that begins anew, and figures read at an instant."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cashback.offers.kinds import FormField, Surroundings, TrailEntry
from cashback.offers.periods import Period
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue

PERIODS = {
    Period.DAY: Texts("in one day", "en un jour"),
    Period.WEEK: Texts("in one week", "en une semaine"),
    Period.MONTH: Texts("in one month", "en un mois"),
    Period.YEAR: Texts("in one year", "en un an"),
    Period.LIFE: Texts("in all", "au total"),
}
PERIOD_FIELD = FormField(
    "period", "choice", Texts("Period", "Période"), Texts("By the centre's calendar.", "Au calendrier du centre.")
)


def period_said(entry: TrailEntry, tongue: Tongue) -> str:
    return PERIODS[Period(entry["period"])].said(tongue.language)


class Counted:
    """What every tally keeps: the period it counts in, and what came of the purchase seen last."""

    __slots__ = ("around", "due", "key", "period", "seen_at")

    def __init__(self, around: Surroundings, period: Period) -> None:
        self.around = around
        self.period = period
        self.key: str | None = None
        self.due = False
        self.seen_at: datetime | None = None

    def see(self, spend: Spend) -> bool:
        """Begin anew with a new period, then count."""
        key = self.period.key(spend.purchased_at, self.around.zone(spend.centre_id))
        if key != self.key:
            self.key = key
            self.begin()
        self.seen_at = spend.purchased_at
        self.due = self.count(spend)
        return self.due

    def reckoned(self, spend: Spend) -> int:
        """The purchase's own net."""
        return spend.net_minor

    def entry(self, at: datetime, zone: ZoneInfo) -> TrailEntry:
        """Figures as they stand; nothing is reached yet in a period without a purchase."""
        if self.period.key(at, zone) != self.key:
            self.key = self.period.key(at, zone)
            self.begin()
            self.due = False
        return {"ok": self.due and at == self.seen_at, "period": self.period.value, **self.figures()}

    def begin(self) -> None:
        raise NotImplementedError

    def count(self, spend: Spend) -> bool:
        raise NotImplementedError

    def figures(self) -> dict[str, Any]:
        raise NotImplementedError
