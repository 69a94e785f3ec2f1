"""What counts over several purchases have in common: periods that each begin at nothing, figures read at an instant."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
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


class Count(Protocol):
    """What was counted in one period."""

    def add(self, spend: Spend) -> bool:
        """Count a purchase; whether the reward falls due with it."""

    def reckoned(self, spend: Spend) -> int:
        """The amount that the reward of the purchase added last is reckoned from, in minor units."""

    def figures(self, *, asked: bool, due: bool) -> dict[str, Any]:
        """Where the count stands, for the trail of the purchase added last (`asked`), which made it fall due (`due`),
        or of one that was not counted."""


class PeriodTally:
    """Counts each period by itself; purchases near midnight may alternate between the periods of two zones."""

    __slots__ = ("_around", "_begin", "_counts", "_due", "_last", "_period", "_seen_at")

    def __init__(self, around: Surroundings, period: Period, begin: Callable[[], Count]) -> None:
        self._around = around
        self._period = period
        self._begin = begin
        self._counts: dict[str, Count] = {}
        self._last: Count | None = None
        self._due = False
        self._seen_at: datetime | None = None

    def see(self, spend: Spend) -> bool:
        """Count in the period that the purchase was made in."""
        key = self._period.key(spend.purchased_at, self._around.zone(spend.centre_id))
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = self._begin()
        self._last, self._seen_at = count, spend.purchased_at
        self._due = count.add(spend)
        return self._due

    def reckoned(self, spend: Spend) -> int:
        """By the count of its period."""
        return spend.net_minor if self._last is None else self._last.reckoned(spend)

    def entry(self, at: datetime, zone: ZoneInfo) -> TrailEntry:
        """Figures of the period that an instant lies in; nothing is reached in one without a purchase."""
        count = self._counts.get(self._period.key(at, zone)) or self._begin()
        asked = count is self._last and at == self._seen_at
        due = asked and self._due
        return {"ok": due, "period": self._period.value, **count.figures(asked=asked, due=due)}
