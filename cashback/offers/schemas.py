"""The values that go into and come out of the pure function.

`Spend` is all that offers may know of a purchase; it is made by whoever calls, so that this folder needs nothing of the
purchase's. Amounts are minor units of `currency`, or whole units of an asset. Times are aware UTC.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from cashback.offers.words import Word
from issuers.events import TimeBasis


class Spend(Struct, frozen=True, kw_only=True):
    """One purchase as the rules see it, at the net amount that should be rewarded."""

    purchase_id: UUID
    ref: str
    """The source and its own reference: orders purchases of one instant whatever arrived first."""
    counts: bool
    """False: superseded, lapsed, declined, made outside the card's link, an open credit. Nothing is owed."""
    net_minor: int
    gross_minor: int
    """What was spent before anything was given back."""
    currency: str
    purchased_at: datetime
    """The earliest instant at which it can have been made; it orders purchases and says what was live and said then."""
    purchased_until: datetime | None = None
    """The latest; None where `purchased_at` is certain. See `offers.uncertainty`."""
    time_basis: TimeBasis = TimeBasis.INSTANT
    """What the time was derived from: of one without a zone the interval is wider than what is told."""
    cleared_at: datetime | None
    """The hold is counted from here; None while only authorised."""
    network: str
    card_id: UUID
    channel: str | None
    """`in_store` or `online`; None where the network does not tell."""
    shop_id: UUID | None
    centre_id: UUID | None
    category: str | None
    """Merchant category code of the matched shop (ISO 18245)."""
    brand: str | None
    """The chain of the matched shop, by its name."""
    floor: str | None
    area: str | None
    """The part of the centre in which the shop lies, by the operator's own name: food court, east wing."""


class FactKind(Word):
    """What may be said of a shopper, over an interval of time."""

    SEGMENT = "segment"
    """A group that the operator put them in."""
    TIER = "tier"
    """Their standing in the programme: gold, silver."""
    TAG = "tag"
    """A word that the operator gave them."""
    ACTIVATION = "activation"
    """They activated an offer; the value is its code."""
    REFERRAL = "referral"
    """Somebody brought them; the value says who or what."""
    BIRTH_MONTH = "birth_month"
    """`01` to `12`."""

    @property
    def single(self) -> bool:
        """Whether one value holds at a time: the one that began last."""
        return self in (FactKind.TIER, FactKind.BIRTH_MONTH)


class Fact(Struct, frozen=True):
    """One thing said of a shopper, from an instant until another (not including it), or for good."""

    kind: FactKind
    value: str
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it was so then."""
        return self.since <= at and (self.until is None or at < self.until)


class _Held(NamedTuple):
    """What held of one kind between two changes."""

    begin: datetime | None
    end: datetime | None
    values: list[str]
    among: frozenset[str]

    def covers(self, at: datetime) -> bool:
        """Whether nothing changes between these changes and an instant."""
        return (self.begin is None or self.begin <= at) and (self.end is None or at < self.end)


class Facts:
    """Everything said of one shopper, asked as of the time of a purchase."""

    __slots__ = ("_by_kind", "_held")

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._by_kind: dict[FactKind, list[Fact]] = {}
        for each in facts:
            self._by_kind.setdefault(each.kind, []).append(each)
        self._held: dict[FactKind, _Held] = {}
        """Of each kind the answer given last: many offers ask the same of one purchase."""

    def every(self) -> list[Fact]:
        """All of it, in the order in which it began."""
        found = (each for facts in self._by_kind.values() for each in facts)
        return sorted(found, key=lambda each: (each.since, each.kind, each.value))

    def values(self, kind: FactKind, at: datetime) -> list[str]:
        """The values that held then, in alphabetical order."""
        return self._at(kind, at).values if kind in self._by_kind else []

    def ever(self, kind: FactKind, value: str) -> bool:
        """Whether it was ever said."""
        return any(each.value == value for each in self._by_kind.get(kind, ()))

    def any_of(self, kind: FactKind, values: frozenset[str], at: datetime) -> bool:
        """Whether one of these values held then."""
        return kind in self._by_kind and not values.isdisjoint(self._at(kind, at).among)

    def _at(self, kind: FactKind, at: datetime) -> _Held:
        held = self._held.get(kind)
        if held is None or not held.covers(at):
            held = self._held[kind] = self._read(kind, at)
        return held

    def _read(self, kind: FactKind, at: datetime) -> _Held:
        begin: datetime | None = None
        end: datetime | None = None
        holding = []
        for each in self._by_kind[kind]:
            since, until = each.since, each.until
            for change in (since,) if until is None else (since, until):
                if change > at:
                    end = change if end is None or change < end else end
                elif begin is None or change > begin:
                    begin = change
            if since <= at and (until is None or at < until):
                holding.append(each)
        if kind.single and len(holding) > 1:
            holding = [max(holding, key=lambda each: (each.since, each.value))]
        values = sorted({each.value for each in holding})
        return _Held(begin, end, values, frozenset(values))

    def changes(
        self, kind: FactKind, first: datetime, end: datetime, *, after: timedelta | None = None
    ) -> list[datetime]:
        """The instants of an interval at which something of a kind begins or ends, or is just `after` old."""
        found: set[datetime] = set()
        for each in self._by_kind.get(kind, ()):
            ages = None if after is None else each.since + after
            found |= {at for at in (each.since, each.until, ages) if at is not None and first < at < end}
        return sorted(found)

    def since(self, kind: FactKind, value: str | None, at: datetime) -> datetime | None:
        """When what held then had begun, the latest beginning; of any value when none is named."""
        begun = (
            each.since
            for each in self._by_kind.get(kind, ())
            if (value is None or each.value == value) and each.holds(at)
        )
        return max(begun, default=None)


NOTHING_SAID = Facts()
SOMEBODY = UUID(int=0)
"""Stands for a shopper of whom only purchases are known."""


@dataclass(frozen=True, slots=True)
class History:
    """One shopper: their purchases, in any order, and what was said of them."""

    shopper_id: UUID
    spends: Sequence[Spend]
    facts: Facts = NOTHING_SAID
    frozen: Mapping[UUID, Mapping[UUID, int]] = field(default_factory=dict)
    """Of purchases that are closed: what each offer's reward amounts to. Counted, never decided again."""


class Grant(Struct, frozen=True):
    """What quotas gave to one purchase for one offer. An input of the function; a refusal is final."""

    wanted: int
    granted: int
    buckets: tuple[str, ...] = ("total",)
    """The quotas of the offer that it was drawn from."""


Trail = list[dict[str, Any]]
"""One entry per condition and effect: `{"kind", "ok", …figures}`; `offers.sentences` reads it aloud."""


class Draw(Struct, frozen=True):
    """One quota that a reward is drawn from."""

    bucket: str
    """`total`, or a limit with its shop and its period."""
    cap: int
    times: bool
    """Each reward takes one, whatever it amounts to."""
    whole: bool
    """All of a reward or nothing of it."""


Funders = tuple[tuple[str, int], ...]
"""Who pays, for how many of 10000 parts: `operator`, `shop:<id in hex>`, `brand:<name>`. Empty: the operator alone."""


class Entitlement(Struct, frozen=True, gc=False):
    """What one offer owes for one purchase."""

    shopper_id: UUID
    purchase_id: UUID
    offer_id: UUID
    version: int
    asset: str
    amount: int
    """What should stand now, at the grant given."""
    wanted: int
    """What the terms promise before any limit, quota or hold-out."""
    within: int
    """What is left of that within the shopper's own limits: what quotas are asked for."""
    asks: int
    """How much more quotas would have to grant for `amount` to hold; 0 when nothing is left to ask."""
    draws: tuple[Draw, ...]
    """The quotas that a grant is drawn from; empty when the offer has none."""
    matures_at: datetime | None
    """When pending becomes available; None while the purchase has not cleared."""
    trail: Trail
    held_out: bool = False
    """The shopper belongs to the group that does not receive the offer, so that its effect can be measured."""
    funders: Funders = ()
    expires_days: int | None = None
    """How many days after it became available it can still be used; None: for ever."""
    notice_days: int = 0
    """How many days before the last of them the shopper is told; 0: not at all."""
