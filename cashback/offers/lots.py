"""Lots in time: what of a shopper's units of one asset is left, what has expired, what was exchanged. Pure.

A lot is what one reward made available; it stands from the end of its hold until its terms end it. What is available
and stands in no reward (converted money, an adjustment) is a lot without end. Whatever takes from the balance takes of
the lot that ends first, and a use remembers of which lots it took.

Everything is played again in the order of its own time, with the amounts that are known now: a refund told late ends
where the refund told first would have. Taken more than a lot turns out to hold is a debt, which the lots pay that stand
then and those that come after.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.programmes.schemas import Conversion

GIVEN_BACK_DAYS = 30
"""Units that come back from a use, a payout that failed, can be used for so many days at least."""
TOLD_AT = time(9)
"""The hour of the programme's day at which a shopper is told of what will expire."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_NO_REWARD = UUID(int=0)


def ends_at(since: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the day that is so many days after `since` in a zone's calendar, aware UTC; itself excluded."""
    return _midnight(since, days + 1, zone)


def told_at(end: datetime, notice_days: int, zone: ZoneInfo) -> datetime:
    """When a shopper is told of an end: in the morning, so many days before the last day."""
    last_day = end.astimezone(zone).date() - timedelta(days=1 + notice_days)
    return datetime.combine(last_day, TOLD_AT, tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Lot:
    """What one reward made available. `reward_id` None: it came beside the rewards."""

    reward_id: UUID | None
    amount: int
    since: datetime
    """Aware UTC: the end of the hold."""
    expires_at: datetime | None = None
    """Aware UTC, from then on it cannot be used; None: never."""
    notice_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A command that took units, and of which lots it took them when it was given."""

    key: str
    at: datetime
    parts: tuple[tuple[UUID | None, int], ...]
    given_back_at: datetime | None = None
    """When all of it came back; None: it did not."""


@dataclass(slots=True)
class Left:
    """What is left of a lot, or of what came back to one."""

    lot: Lot
    amount: int

    @property
    def order(self) -> tuple[datetime, datetime, UUID]:
        """What ends first is used first; what never ends, last."""
        return self.lot.expires_at or _NEVER, self.lot.since, self.lot.reward_id or _NO_REWARD


@dataclass(slots=True)
class Stand:
    """How the lots of one shopper and asset stand at an instant."""

    left: list[Left] = field(default_factory=list)
    """In the order in which they are used."""
    expired: dict[UUID, int] = field(default_factory=dict)
    """By reward, what expired of it; what did not is left out."""
    converted: dict[int, int] = field(default_factory=dict)
    """Units exchanged, by calendar year of the programme's zone."""
    exchanges: list[tuple[datetime, int]] = field(default_factory=list)
    """The same, one by one: when, how many units."""
    debt: int = 0
    """Taken more than there was; nothing is left while there is a debt."""

    def convertible(self) -> int:
        """Units of rewards that have not been exchanged yet."""
        return sum(each.amount for each in self.left if each.lot.reward_id is not None)

    def next_end(self) -> tuple[datetime, int] | None:
        """When something that is left expires next, and how much does then."""
        ends = [(each.lot.expires_at, each.amount) for each in self.left if each.lot.expires_at is not None]
        return None if not ends else (ends[0][0], sum(amount for at, amount in ends if at == ends[0][0]))

    def taken_by(self, amount: int) -> tuple[list[tuple[UUID | None, int]], int]:
        """Of which rewards an amount would be taken now, and how much of it nothing is left for."""
        parts: dict[UUID | None, int] = {}
        for each in self.left:
            taken = min(amount, each.amount)
            if taken:
                parts[each.lot.reward_id] = parts.get(each.lot.reward_id, 0) + taken
                amount -= taken
        return list(parts.items()), amount


def stand(
    lots: Iterable[Lot], uses: Iterable[Use], now: datetime, *, zone: ZoneInfo, rule: Conversion | None = None
) -> Stand:
    """How lots stand at `now`, of which these uses took, and of which `rule` exchanges what reaches its threshold.

    A lot of a negative amount is a taking without a key: an adjustment that took back.
    """
    shelf = _Shelf(zone, rule)
    happenings = sorted(_happenings(shelf, lots, uses, now), key=_in_time)
    for at, at_once in groupby(happenings, key=lambda each: each[0]):
        shelf.expire(at)
        exchanged = False
        for _, rank, what in at_once:
            if rank > _YEAR and not exchanged:
                shelf.exchange(at)
                exchanged = True
            shelf.happen(at, rank, what)
        shelf.exchange(at)
    shelf.expire(now)
    result = shelf.result
    result.debt = sum(amount for _, amount in shelf.debts)
    return result


_COMES, _YEAR, _TAKES, _BACK = range(4)
_Happening = tuple[datetime, int, Lot | Use | None]


def _happenings(shelf: "_Shelf", lots: Iterable[Lot], uses: Iterable[Use], now: datetime) -> Iterable[_Happening]:
    first = now
    for lot in lots:
        if lot.since <= now:
            first = min(first, lot.since)
            yield lot.since, _COMES if lot.amount > 0 else _TAKES, lot
    for use in uses:
        yield min(use.at, now), _TAKES, use
        if use.given_back_at is not None:
            yield min(use.given_back_at, now), _BACK, use
    if shelf.rule is not None and shelf.rule.yearly_limit is not None:
        for year in range(first.astimezone(shelf.zone).year + 1, now.astimezone(shelf.zone).year + 1):
            yield datetime(year, 1, 1, tzinfo=shelf.zone).astimezone(UTC), _YEAR, None


def _in_time(happening: _Happening) -> tuple[datetime, int, datetime, str]:
    at, rank, what = happening
    if isinstance(what, Lot):
        return at, rank, what.expires_at or _NEVER, str(what.reward_id)
    return at, rank, _NEVER, "" if what is None else what.key


class _Shelf:
    """The lots that stand while time passes."""

    def __init__(self, zone: ZoneInfo, rule: Conversion | None) -> None:
        self.zone = zone
        self.rule = rule
        self.result = Stand()
        self.debts: list[tuple[str, int]] = []
        self.takings: dict[str, list[tuple[Lot, int]]] = {}
        self._ready = 0
        """Units of rewards on the shelf."""

    def happen(self, at: datetime, rank: int, what: Lot | Use | None) -> None:
        """What an instant brings; a new year brings nothing by itself."""
        if isinstance(what, Lot):
            if rank == _COMES:
                self.come(what)
            else:
                self.take("", ((None, -what.amount),))
        elif what is not None:
            if rank == _TAKES:
                self.take(what.key, what.parts)
            else:
                self.give_back(what.key, at)

    def come(self, lot: Lot) -> None:
        """A lot comes; what is owed of earlier takings is paid of it first."""
        amount = lot.amount
        while self.debts and amount:
            key, owed = self.debts[0]
            paid = min(owed, amount)
            amount -= paid
            self.takings.setdefault(key, []).append((lot, paid))
            if paid == owed:
                del self.debts[0]
            else:
                self.debts[0] = (key, owed - paid)
        if amount:
            self._ready += amount if lot.reward_id is not None else 0
            insort(self.result.left, Left(lot, amount), key=lambda each: each.order)

    def expire(self, at: datetime) -> None:
        """What ended by then is not left any more."""
        left, ended = self.result.left, 0
        for each in left:
            if each.order[0] > at:
                break
            ended += 1
            reward_id = each.lot.reward_id
            if reward_id is not None and each.amount:
                self.result.expired[reward_id] = self.result.expired.get(reward_id, 0) + each.amount
                self._ready -= each.amount
        del left[:ended]

    def exchange(self, at: datetime) -> None:
        """Exchange what reaches the threshold, as often as the year allows."""
        rule = self.rule
        if rule is None or self._ready < rule.threshold:
            return
        year = at.astimezone(self.zone).year
        times = self._ready // rule.threshold
        if rule.yearly_limit is not None:
            times = min(times, rule.yearly_limit - self.result.converted.get(year, 0) // rule.threshold)
        if times > 0:
            units = times * rule.threshold
            self._take_of([each for each in self.result.left if each.lot.reward_id is not None], units)
            self._sweep()
            self.result.converted[year] = self.result.converted.get(year, 0) + units
            self.result.exchanges.append((at, units))

    def take(self, key: str, parts: Sequence[tuple[UUID | None, int]]) -> None:
        """Take as it was remembered; what those lots do not hold any more, of the others; the rest is a debt."""
        taken: list[tuple[Lot, int]] = []
        wanted = sum(amount for _, amount in parts)
        for reward_id, amount in parts:
            taken += self._take_of([each for each in self.result.left if each.lot.reward_id == reward_id], amount)
        taken += self._take_of(self.result.left, wanted - sum(amount for _, amount in taken))
        self._sweep()
        self.takings[key] = taken
        missing = wanted - sum(amount for _, amount in taken)
        if missing:
            self.debts.append((key, missing))

    def give_back(self, key: str, at: datetime) -> None:
        """All that a use took comes back to where it was taken; it can be used for some days, whatever its lot says."""
        self.debts = [each for each in self.debts if each[0] != key]
        at_least = _midnight(at, GIVEN_BACK_DAYS + 1, self.zone)
        for lot, amount in self.takings.pop(key):
            back = replace(lot, amount=amount, since=at)
            if lot.expires_at is not None and lot.expires_at < at_least:
                longer = at_least - lot.expires_at
                notice_at = None if lot.notice_at is None else lot.notice_at + longer
                back = replace(back, expires_at=at_least, notice_at=notice_at)
            self.come(back)

    def _take_of(self, among: Sequence[Left], amount: int) -> list[tuple[Lot, int]]:
        taken: list[tuple[Lot, int]] = []
        for each in among:
            if not amount:
                break
            part = min(amount, each.amount)
            if part:
                each.amount -= part
                amount -= part
                self._ready -= part if each.lot.reward_id is not None else 0
                taken.append((each.lot, part))
        return taken

    def _sweep(self) -> None:
        self.result.left = [each for each in self.result.left if each.amount]


def _midnight(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
