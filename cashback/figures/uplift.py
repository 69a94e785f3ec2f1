"""What an offer or a programme brought, by comparing those who receive it with those who are held out of it.

Everybody is counted in the group the hash gave them, whether they bought or not: what the groups differ in is the offer
alone. The interval of the difference is Welch's (1947, unequal variances); that of the ratio is Fieller's (1954), which
stays right where the mean below the line is not far from zero. Spend is skewed, and both intervals lean on means being
nearly normal: below `MEMBERS_MIN` members or `BUYERS_MIN` buyers in a group nothing is said.
"""

from dataclasses import dataclass
from math import sqrt

MEMBERS_MIN = 100
"""In each group: the fewest for which an interval is shown."""
BUYERS_MIN = 30
"""Of them, those who bought at all."""
_Z = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Group:
    """One side of the comparison over one window. Spend is in minor units, of those who bought nothing zero."""

    members: int = 0
    buyers: int = 0
    spend: int = 0
    squares: int = 0
    """The sum of the members' spends, each squared."""

    @property
    def mean(self) -> float:
        """Minor units per member."""
        return self.spend / self.members if self.members else 0.0

    @property
    def variance(self) -> float:
        """Of the spend between members, without bias; 0 for fewer than two."""
        if self.members < 2:
            return 0.0
        return max(0.0, (self.squares - self.spend * self.spend / self.members) / (self.members - 1))

    @property
    def error(self) -> float:
        """The square of the standard error of the mean."""
        return self.variance / self.members if self.members else 0.0

    @property
    def enough(self) -> bool:
        """Whether an interval says anything."""
        return self.members >= MEMBERS_MIN and self.buyers >= BUYERS_MIN


@dataclass(frozen=True, slots=True)
class Span:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> "Span":
        """The same in another unit."""
        ends = sorted((self.low * factor, self.high * factor))
        return Span(self.value * factor, ends[0], ends[1])

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Uplift:
    """What the offer group spent more than the hold-out."""

    per_member: Span
    """Minor units per member of the offer group."""
    total: Span
    """Minor units of all of them: the incremental sales."""
    share: Span
    """Of what the hold-out spends per member: 0.14 is 14 % more."""


@dataclass(frozen=True, slots=True)
class TooFew:
    """No interval yet: of what there are how many, and how many are wanted."""

    what: str
    """`members` or `buyers` of the smaller group, or `holdout` when nobody is held out."""
    have: int
    want: int


def compare(offered: Group, held: Group) -> Uplift | TooFew:
    """The offer group against the hold-out over the same window."""
    if held.members == 0:
        return TooFew("holdout", 0, MEMBERS_MIN)
    members, buyers = min(offered.members, held.members), min(offered.buyers, held.buyers)
    if members < MEMBERS_MIN:
        return TooFew("members", members, MEMBERS_MIN)
    if buyers < BUYERS_MIN:
        return TooFew("buyers", buyers, BUYERS_MIN)
    wide = student(_degrees(offered, held))
    share = _ratio(offered, held, wide)
    if share is None:
        return TooFew("buyers", buyers, max(buyers + 1, 2 * BUYERS_MIN))
    difference = offered.mean - held.mean
    half = wide * sqrt(offered.error + held.error)
    per_member = Span(difference, difference - half, difference + half)
    return Uplift(per_member, per_member.times(offered.members), share)


def mean_of(group: Group) -> Span | None:
    """A group's mean with its interval; None for fewer than `MEMBERS_MIN` members."""
    if group.members < MEMBERS_MIN:
        return None
    half = student(group.members - 1) * sqrt(group.error)
    return Span(group.mean, group.mean - half, group.mean + half)


def student(degrees: float) -> float:
    """The two-sided 95 % point of Student's t (Abramowitz and Stegun 26.7.5); right to 0.001 from 10 degrees on."""
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / degrees**power for power, term in enumerate(terms, start=1))


def _degrees(a: Group, b: Group) -> float:
    """Welch and Satterthwaite's degrees of freedom."""
    below = a.error**2 / (a.members - 1) + b.error**2 / (b.members - 1)
    return (a.error + b.error) ** 2 / below if below else a.members + b.members - 2


def _ratio(offered: Group, held: Group, wide: float) -> Span | None:
    """How much larger the first mean is, by Fieller; None where the second cannot be told from zero."""
    top, bottom = offered.mean, held.mean
    spread = wide * wide
    room = bottom * bottom - spread * held.error
    if room <= 0:
        return None
    inner = (top * bottom) ** 2 - (top * top - spread * offered.error) * room
    half = sqrt(max(0.0, inner))
    return Span(top / bottom - 1, (top * bottom - half) / room - 1, (top * bottom + half) / room - 1)
