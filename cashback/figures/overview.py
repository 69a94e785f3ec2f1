"""One period of a programme beside the one before it: what was bought, what was given for it, what it brought."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.figures.daily import CONFIRMED, EXPIRED, GIVEN, RECOGNISED, SALES, TAKEN_BACK, UNPLACED
from cashback.figures.measures import STEPS
from cashback.figures.service import AsOf, Days, as_of, read_days, read_groups, read_held, read_people
from cashback.figures.uplift import Group, Span, TooFew, Uplift, compare
from cashback.programmes.schemas import Programme


@dataclass(frozen=True, slots=True)
class Sums:
    """One period's figures in the programme's currency, minor units."""

    days: Days
    active: int
    cards: int
    currency: str

    @property
    def recognised(self) -> int:
        """Purchases whose shop is known, in every currency."""
        return self.days.total(RECOGNISED)

    @property
    def unplaced(self) -> int:
        """Purchases without a shop."""
        return self.days.total(UNPLACED)

    @property
    def sales(self) -> int:
        """What was spent at shops, refunds taken off."""
        return self.days.total(SALES, self.currency)

    @property
    def given(self) -> int:
        """Money that funders gave to members."""
        return self.days.total(GIVEN, self.currency)

    @property
    def taken_back(self) -> int:
        """Of it and of earlier gifts, what came back through refunds."""
        return self.days.total(TAKEN_BACK, self.currency)

    @property
    def confirmed(self) -> int:
        """What became available."""
        return self.days.total(CONFIRMED, self.currency)

    @property
    def expired(self) -> int:
        """What was not used in time."""
        return self.days.total(EXPIRED, self.currency)

    @property
    def joined(self) -> int:
        """Members who joined."""
        return self.days.total(STEPS[0])

    @property
    def cost(self) -> int:
        """Given, less what was taken back."""
        return self.given - self.taken_back


@dataclass(frozen=True, slots=True)
class Overview:
    """A period that ended with the day before, the one before it, and what members hold now."""

    period: int
    first: date
    last: date
    this: Sums
    before: Sums
    pending: int
    available: int
    offered: Group
    held: Group
    fresh: AsOf

    @property
    def uplift(self) -> Uplift | TooFew:
        """Against the hold-out."""
        return compare(self.offered, self.held)

    @property
    def per_unit(self) -> Span | None:
        """Incremental sales for each unit of money that the period cost; None without an interval or a cost."""
        found = self.uplift
        return None if isinstance(found, TooFew) or self.this.cost <= 0 else found.total.times(1 / self.this.cost)


async def read_overview(connection: AsyncConnection, programme: Programme, period: int, now: datetime) -> Overview:
    """The period of so many days up to yesterday. Reads kept figures alone."""
    operator_id, currency = programme.operator_id, programme.currency
    last = now.astimezone(programme.zone).date() - timedelta(days=1)
    first, length = last - timedelta(days=period - 1), timedelta(days=period)
    sums = []
    for begin, end in ((first, last), (first - length, last - length)):
        days = await read_days(connection, operator_id, begin, end)
        sums.append(Sums(days, *await read_people(connection, operator_id, end, period), currency))
    pending, available = await read_held(connection, operator_id, currency)
    groups = await read_groups(connection, operator_id, last, period)
    return Overview(
        period,
        first,
        last,
        sums[0],
        sums[1],
        pending,
        available,
        *groups,
        await as_of(connection, operator_id),
    )
