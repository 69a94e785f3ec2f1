"""The console's figures as kept: brought up to date by upkeep, read by pages. Never commits.

Sums by day follow what changed within a minute; windows, cohorts and steps are measured once an hour, and on the first
round of a new day. What a page shows is as of then, and says so.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.figures.daily import HELD, OF_PURCHASES, OF_THE_LEDGER, SOURCES_DAY, TOLD, count, lock
from cashback.figures.measures import (
    ACTIVE,
    CARDS,
    COHORT,
    FIFTHS,
    GROUP_FIGURES,
    MEASURED_APART,
    STEPS,
    WEEK,
    ends_of_weeks,
    measure,
)
from cashback.figures.uplift import Group
from cashback.programmes.schemas import Programme

_AS_OF = "SELECT counted_at, measured_at FROM figure_cursors WHERE operator_id = $1 AND counted_at > 'epoch'"
_READ = """
SELECT figure, day, unit, amount FROM daily_figures
WHERE operator_id = $1 AND figure = ANY($2) AND day >= $3 AND day <= $4 ORDER BY figure, day, unit
"""
_HELD = """
SELECT figure, sum(amount) AS amount FROM daily_figures
WHERE operator_id = $1 AND figure = ANY($2) AND unit = $3 GROUP BY figure
"""
_EVER = (
    "SELECT figure, day, unit, amount FROM daily_figures WHERE operator_id = $1 AND figure = ANY($2) ORDER BY day, unit"
)


@dataclass(frozen=True, slots=True)
class AsOf:
    """How fresh the figures are; None: never kept."""

    counted_at: datetime | None = None
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """Sums of a run of days: for each figure and unit the amount of each day. Minor units, or units of an asset."""

    first: date
    last: date
    by_day: Mapping[tuple[str, str], Mapping[date, int]]

    @property
    def days(self) -> list[date]:
        """All of them, the oldest first."""
        return [self.first + timedelta(days=back) for back in range((self.last - self.first).days + 1)]

    def total(self, figure: str, unit: str | None = None) -> int:
        """The sum over the days, in one unit or over all."""
        return sum(
            sum(amounts.values())
            for (name, of), amounts in self.by_day.items()
            if name == figure and (unit is None or of == unit)
        )

    def line(self, figure: str, unit: str) -> list[int]:
        """The amount of each day, zero where nothing happened."""
        amounts = self.by_day.get((figure, unit), {})
        return [amounts.get(day, 0) for day in self.days]

    def units(self, figure: str) -> list[str]:
        """In what the figure is told."""
        return sorted(unit for name, unit in self.by_day if name == figure)


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the comparison; `last` is its Sunday."""

    last: date
    offered: Group
    held: Group


@dataclass(frozen=True, slots=True)
class Cohort:
    """Members who joined in one month, and how many of them bought in each month from then on."""

    month: date
    joined: int
    active: Sequence[int]


async def keep(connection: AsyncConnection, programme: Programme, now: datetime) -> None:
    """Count what changed, and measure again where the last time is an hour or a day ago."""
    await count(connection, programme, now)
    measured = (await lock(connection, programme)).measured_at
    zone = programme.zone
    if (
        measured is None
        or now - measured >= MEASURED_APART
        or measured.astimezone(zone).date() != now.astimezone(zone).date()
    ):
        await measure(connection, programme, now)


async def as_of(connection: AsyncConnection, operator_id: UUID) -> AsOf:
    """When the figures were last brought up to date."""
    rows = await fetch(connection, _AS_OF, (operator_id,))
    return AsOf(rows[0].counted_at, rows[0].measured_at) if rows else AsOf()


async def read_days(connection: AsyncConnection, operator_id: UUID, first: date, last: date) -> Days:
    """Sums by day of purchases and of the ledger, and who joined; both ends included."""
    figures = [*OF_PURCHASES, *OF_THE_LEDGER, STEPS[0]]
    by_day: defaultdict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for row in await fetch(connection, _READ, (operator_id, figures, first, last)):
        by_day[row.figure, row.unit][row.day] = int(row.amount)
    return Days(first, last, by_day)


async def read_held(connection: AsyncConnection, operator_id: UUID, asset: str) -> tuple[int, int]:
    """What members hold of an asset, pending and available, as of the last count."""
    sums = {row.figure: int(row.amount) for row in await fetch(connection, _HELD, (operator_id, list(HELD), asset))}
    return sums.get(HELD[0], 0), sums.get(HELD[1], 0)


async def read_people(connection: AsyncConnection, operator_id: UUID, last: date, period: int) -> tuple[int, int]:
    """Members who bought at a shop within the period that ended on a day, and cards that were linked at its end."""
    rows = await fetch(connection, _READ, (operator_id, [ACTIVE, CARDS], last, last))
    found = {(row.figure, row.unit): int(row.amount) for row in rows}
    return found.get((ACTIVE, str(period)), 0), found.get((CARDS, ""), 0)


async def read_sources(connection: AsyncConnection, operator_id: UUID) -> dict[str, datetime]:
    """When each network last told something of a purchase, to the second."""
    rows = await fetch(connection, _READ, (operator_id, [TOLD], SOURCES_DAY, SOURCES_DAY))
    return {row.unit: datetime.fromtimestamp(int(row.amount), UTC) for row in rows}


async def read_groups(connection: AsyncConnection, operator_id: UUID, last: date, period: int) -> tuple[Group, Group]:
    """The offer group and the hold-out over the period that ended on a day."""
    found = await _of_window(connection, operator_id, _GROUPED, last, str(period))
    return _group(found, "offered"), _group(found, "held")


async def read_weeks(connection: AsyncConnection, operator_id: UUID, today: date) -> list[Week]:
    """The whole weeks before this day, the oldest first; of a week without members both groups are empty."""
    ends = ends_of_weeks(today)
    found: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for row in await fetch(connection, _READ, (operator_id, _GROUPED, ends[0], ends[-1])):
        if row.unit == WEEK:
            found[row.day][row.figure] = int(row.amount)
    return [Week(day, _group(found[day], "offered"), _group(found[day], "held")) for day in ends]


async def read_fifths(
    connection: AsyncConnection, operator_id: UUID, last: date
) -> dict[tuple[int, int], tuple[int, int]]:
    """Buyers of the window that ended on a day: members and spend by fifths of recency and frequency, 1 the lowest."""
    found: defaultdict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for row in await fetch(connection, _READ, (operator_id, list(FIFTHS), last, last)):
        recent, often = row.unit.split(",")
        found[int(recent), int(often)][row.figure] = int(row.amount)
    return {place: (amounts[FIFTHS[0]], amounts[FIFTHS[1]]) for place, amounts in found.items()}


async def read_steps(connection: AsyncConnection, operator_id: UUID) -> dict[str, int]:
    """How many members ever took each step, in the order of the steps."""
    taken = dict.fromkeys(STEPS, 0)
    for row in await fetch(connection, _EVER, (operator_id, list(STEPS))):
        taken[row.figure] += int(row.amount)
    return taken


async def read_cohorts(connection: AsyncConnection, operator_id: UUID, today: date, months: int) -> list[Cohort]:
    """The newest joining months up to this one, the oldest first; months in which nobody joined are left out."""
    joined: defaultdict[date, int] = defaultdict(int)
    for row in await fetch(connection, _EVER, (operator_id, [STEPS[0]])):
        joined[row.day.replace(day=1)] += int(row.amount)
    active: defaultdict[tuple[str, date], int] = defaultdict(int)
    for row in await fetch(connection, _EVER, (operator_id, [COHORT])):
        active[row.unit, row.day] = int(row.amount)
    this = today.replace(day=1)
    run = [_back(this, back) for back in range(months - 1, -1, -1)]
    return [
        Cohort(month, joined[month], [active[f"{month:%Y-%m}", later] for later in run if later >= month])
        for month in run
        if joined.get(month)
    ]


_GROUPED = [f"{side}_{name}" for side in ("held", "offered") for name in GROUP_FIGURES]


async def _of_window(
    connection: AsyncConnection, operator_id: UUID, figures: Sequence[str], last: date, unit: str
) -> dict[str, int]:
    rows = await fetch(connection, _READ, (operator_id, list(figures), last, last))
    return {row.figure: int(row.amount) for row in rows if row.unit == unit}


def _group(found: Mapping[str, int], side: str) -> Group:
    return Group(*(found.get(f"{side}_{name}", 0) for name in GROUP_FIGURES))


def _back(month: date, months: int) -> date:
    """The first day of the month so many before."""
    place = month.year * 12 + month.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)
