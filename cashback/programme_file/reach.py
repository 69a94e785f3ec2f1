"""Which shops and days the conditions of an offer leave: by these, what can never match is found. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from cashback.offers.conditions.channel import Channel, Networks
from cashback.offers.conditions.clock import ClockKind
from cashback.offers.conditions.hours import Hours
from cashback.offers.conditions.spend import MaximumSpend, MinimumSpend
from cashback.offers.conditions.when import WEEKDAYS, Dates, NotOn, Weekdays
from cashback.offers.conditions.where import Areas, Brands, Centres, Floors, ShopCategories, Shops
from cashback.offers.conditions.who import Tiers
from cashback.offers.kinds import Kind
from cashback.offers.periods import Period, week_of
from cashback.offers.terms import Terms
from cashback.programme_file.document import ProgrammeFile, ShopEntry

Condition = TypeVar("Condition", bound=Kind)

_WINDOW_DAYS = 800
"""Two years and more: in so many days every pattern of days of the week and of periods comes about."""
_ANY_YEAR = date(2027, 1, 1)

PLACES: Mapping[type[Kind], tuple[str, str, Callable[[ShopEntry], str]]] = {
    Shops: ("shops", "one of the shops named", lambda shop: shop.code),
    Centres: ("centres", "in the centres named", lambda shop: shop.centre),
    ShopCategories: ("categories", "of the categories named", lambda shop: shop.category),
    Brands: ("brands", "of the brands named", lambda shop: shop.brand or shop.name),
    Floors: ("floors", "on the floors named", lambda shop: shop.floor),
    Areas: ("areas", "in the areas named", lambda shop: shop.area),
}
"""Conditions that look at the shop: their field, their words, and what they look at."""


def only(terms: Terms, kind: type[Condition]) -> Condition | None:
    """The condition of a kind, if the offer has one."""
    return next((each for each in terms.conditions if isinstance(each, kind)), None)


class Shopping:
    """The shops of a file by everything that conditions look at, prepared once."""

    def __init__(self, file: ProgrammeFile) -> None:
        self.every = frozenset(shop.code for shop in file.shops)
        self.zones = {each.code: file.zone_of(each) for each in file.centres}
        self._centre_of = {shop.code: shop.centre for shop in file.shops}
        self._default_zone = ZoneInfo(file.programme.zone)
        held: dict[type[Kind], defaultdict[str, set[str]]] = {kind: defaultdict(set) for kind in PLACES}
        for shop in file.shops:
            for kind, (_, _, looked_at) in PLACES.items():
                held[kind][looked_at(shop)].add(shop.code)
        self._left: dict[tuple[type[Kind], tuple[str, ...]], frozenset[str]] = {}
        self._by_value = {kind: {value: frozenset(codes) for value, codes in by.items()} for kind, by in held.items()}

    def with_value(self, kind: type[Kind], value: str) -> frozenset[str]:
        """The shops that one value of a condition names."""
        return self._by_value[kind].get(value, frozenset())

    def of_condition(self, condition: Kind) -> frozenset[str]:
        """The shops that one condition of place leaves."""
        kind = type(condition)
        values: tuple[str, ...] = getattr(condition, PLACES[kind][0])
        left = self._left.get((kind, values))
        if left is None:
            left = frozenset().union(*(self.with_value(kind, value) for value in values))
            self._left[kind, values] = left
        return left

    def of_terms(self, terms: Terms) -> frozenset[str]:
        """The shops that all conditions of place leave."""
        left = self.every
        for condition in terms.conditions:
            if type(condition) in PLACES:
                left &= self.of_condition(condition)
        return left

    def zones_of(self, terms: Terms) -> set[ZoneInfo]:
        """By whose clocks the offer is judged."""
        centres = {self._centre_of[code] for code in self.of_terms(terms)}
        return {self.zones[code] for code in centres if code in self.zones} or {self._default_zone}


class Calendar:
    """The local days that an offer's dates, days of the week and days left out leave."""

    def __init__(self, terms: Terms) -> None:
        dates, weekdays, not_on = only(terms, Dates), only(terms, Weekdays), only(terms, NotOn)
        first = None if dates is None else dates.first_day
        last = None if dates is None else dates.last_day
        self.bounded = first is not None and last is not None
        """Whether the offer has a first and a last day."""
        self.first = first or (_ANY_YEAR if last is None else last - timedelta(days=_WINDOW_DAYS))
        self.last = last or self.first + timedelta(days=_WINDOW_DAYS)
        self._weekdays = range(7) if weekdays is None else frozenset(map(WEEKDAYS.index, weekdays.weekdays))
        self._left_out = frozenset(() if not_on is None else not_on.days)

    def days(self) -> Iterator[date]:
        """Every day that is left, of an offer without an end those of its first two years."""
        for number in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=number)
            if day.weekday() in self._weekdays and day not in self._left_out:
                yield day

    def any_of_the_week(self) -> bool:
        """Whether a day of the week that counts lies between the first and the last day."""
        length = min(7, (self.last - self.first).days + 1)
        return any((self.first + timedelta(days=each)).weekday() in self._weekdays for each in range(length))

    def most_in_one(self, period: Period) -> int | None:
        """The largest number of days that one period holds; None without an end."""
        if period is Period.LIFE and not self.bounded:
            return None
        return max(Counter(_period_of(period, day) for day in self.days()).values(), default=0)

    def weeks_in_a_row(self) -> int | None:
        """The longest run of weeks with a day that counts; None without an end."""
        if not self.bounded:
            return None
        longest = run = 0
        before: date | None = None
        for monday in sorted({week_of(day) for day in self.days()}):
            run = run + 1 if before is not None and monday - before == timedelta(days=7) else 1
            longest, before = max(longest, run), monday
        return longest


def _period_of(period: Period, day: date) -> tuple[int, ...]:
    match period:
        case Period.DAY:
            return (day.toordinal(),)
        case Period.WEEK:
            return day.isocalendar()[:2]
        case Period.MONTH:
            return day.year, day.month
        case Period.YEAR:
            return (day.year,)
        case Period.LIFE:
            return ()


def hours_exist(hours: Hours, day: date, zone: ZoneInfo) -> bool:
    """Whether the clock reads a time of the ranges on a day: on the night in spring an hour is missing."""
    return any(_exists(day, minute, zone) for each in hours.ranges for span in each.spans() for minute in _edges(span))


def _edges(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], span[1] - 1


def _exists(day: date, minute: int, zone: ZoneInfo) -> bool:
    written = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return written.astimezone(UTC).astimezone(zone) == written


def apart(one: Terms, other: Terms, shopping: Shopping) -> bool:
    """Whether no purchase can meet the conditions of both, as far as places, times, tiers and amounts tell."""
    if shopping.every and not shopping.of_terms(one) & shopping.of_terms(other):
        return True
    return _apart_in_time(one, other) or _apart_in_values(one, other) or _apart_in_amount(one, other)


def _apart_in_time(one: Terms, other: Terms) -> bool:
    dates = [each for each in (only(one, Dates), only(other, Dates)) if each is not None]
    first = max((each.first_day for each in dates if each.first_day), default=None)
    last = min((each.last_day for each in dates if each.last_day), default=None)
    if first is not None and last is not None and last < first and not _may_both_count(one, other, Dates):
        return True
    hours = (only(one, Hours), only(other, Hours))
    if hours[0] is None or hours[1] is None or _may_both_count(one, other, Hours):
        return False
    spans, others = ([span for each in held.ranges for span in each.spans()] for held in hours if held is not None)
    return not any(begin < until and since < end for begin, end in spans for since, until in others)


def _may_both_count(one: Terms, other: Terms, kind: type[ClockKind]) -> bool:
    """Whether a purchase whose time is uncertain may meet conditions of a kind that no instant meets together."""
    mine, theirs = only(one, kind), only(other, kind)
    return mine is not None and theirs is not None and mine.in_favour and theirs.in_favour


def _apart_in_values(one: Terms, other: Terms) -> bool:
    kinds: tuple[tuple[type[Kind], str], ...] = ((Weekdays, "weekdays"), (Tiers, "tiers"), (Networks, "networks"))
    for kind, field in kinds:
        mine, theirs = only(one, kind), only(other, kind)
        if issubclass(kind, ClockKind) and _may_both_count(one, other, kind):
            continue
        if mine is not None and theirs is not None and not {*getattr(mine, field)} & {*getattr(theirs, field)}:
            return True
    channels = (only(one, Channel), only(other, Channel))
    return channels[0] is not None and channels[1] is not None and channels[0].channel != channels[1].channel


def _apart_in_amount(one: Terms, other: Terms) -> bool:
    for low, high in ((one, other), (other, one)):
        minimum, maximum = only(low, MinimumSpend), only(high, MaximumSpend)
        if minimum is not None and maximum is not None and minimum.amount > maximum.amount:
            return True
    return False
