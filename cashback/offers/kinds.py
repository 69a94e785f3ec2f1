"""What every kind of condition and reward is made of: its fields, its test, its index keys, its figures, its sentences.

A kind is one class. The engine, the explanation, the console's form and the programme file all read that class, so they
cannot disagree. Stored terms hold integers: minor units of the offer's currency, or units of an asset. A programme file
writes money in major units ("10.00"); the same class reads both, told apart by the validation context `FileUnits`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Protocol, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from cashback.offers.marks import Marks
from cashback.offers.of_members import told
from cashback.offers.periods import Period
from cashback.offers.schemas import FactKind, Facts, Spend
from cashback.offers.wording import Texts, Tongue
from cashback.offers.words import Word

TrailEntry = dict[str, Any]
Test = Callable[[Spend], bool]
Explainer = Callable[[Spend], TrailEntry]

SINCE_EVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

NEVER, THROUGHOUT, IN_PART = 0, 1, 2
"""What a clock says of an hour of the local week."""
ALWAYS = bytes((THROUGHOUT,)) * (7 * 24)
"""The clock of what does not go by the clock: one byte for each hour of the local week, from Monday 00:00."""


class Place(Protocol):
    """A shop or a centre that terms name by its code."""

    @property
    def id(self) -> UUID:
        """What purchases carry."""

    @property
    def code(self) -> str:
        """What terms carry; never changes."""

    @property
    def name(self) -> str:
        """What people read."""


Pauses = Mapping[str, Sequence[tuple[datetime, datetime | None]]]
"""By funder: since when and until when (excluded; None: still) nothing is promised in its name."""


class Surroundings:
    """What terms refer to and do not hold: ids and names behind codes, and the zone of each centre.

    Never changes but for the marks, which grow as terms are compiled.
    """

    __slots__ = (
        "centres",
        "currency",
        "default_zone",
        "different_zones",
        "marks",
        "pauses",
        "places",
        "shops",
        "zones",
    )

    def __init__(
        self,
        *,
        currency: str,
        default_zone: ZoneInfo,
        zones: Mapping[UUID, ZoneInfo],
        shops: Iterable[Place] = (),
        centres: Iterable[Place] = (),
        pauses: Pauses | None = None,
    ) -> None:
        self.pauses: Pauses = pauses or {}
        self.currency = currency
        self.default_zone = default_zone
        self.zones = zones
        self.different_zones = frozenset((default_zone, *zones.values()))
        self.shops = {shop.code: shop for shop in shops}
        self.centres = {centre.code: centre for centre in centres}
        self.marks = Marks()
        self.places: dict[UUID, Place] = {place.id: place for place in (*self.shops.values(), *self.centres.values())}

    def zone(self, centre_id: UUID | None) -> ZoneInfo:
        """The zone of a centre; the programme's where the centre is not known."""
        return self.default_zone if centre_id is None else self.zones.get(centre_id, self.default_zone)


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """Values of one dimension of the index under which an offer is found."""

    dimension: Literal["shop", "brand", "centre", "category"]
    values: frozenset[UUID] | frozenset[str]


Mentioned = Literal["shop", "centre", "brand", "floor", "area", "offer"]
References = Mapping[Mentioned, tuple[str, ...]]
"""Codes and names that terms mention and a programme must know; each stands in the field of its plural."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the console's form for a kind."""

    name: str
    widget: Literal[
        "shops", "centres", "categories", "brands", "floors", "areas", "networks", "channel", "day", "days", "weekdays",
        "time", "money", "asset", "asset_amount", "rate", "rounding", "count", "choice", "names", "switch", "offer",
        "steps",
    ]  # fmt: skip
    label: Texts
    hint: Texts


class Kind(BaseModel):
    """Base of conditions and rewards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[Texts]
    hint: ClassVar[Texts]
    form: ClassVar[tuple[FormField, ...]]
    says: ClassVar[Mapping[str, Texts]]
    """Sentences by outcome: `ok`, `no`, or the `reason` of a trail entry; placeholders are the keys of `words`."""

    @classmethod
    def name(cls) -> str:
        """The value of `kind` in terms, trails and files."""
        (kind,) = get_args(cls.model_fields["kind"].annotation)
        return str(kind)

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The figures of a trail entry as they are said in one language."""
        raise NotImplementedError

    @classmethod
    def sentence(cls, entry: TrailEntry, tongue: Tongue) -> str:
        """A trail entry of this kind, read aloud."""
        outcome = entry.get("reason") or ("ok" if entry["ok"] else "no")
        return told(cls.says[outcome], tongue).format_map(cls.words(entry, tongue))


class Level(Word):
    """How far around a purchase one looks for others."""

    SHOP = "shop"
    BRAND = "brand"
    CENTRE = "centre"
    PROGRAMME = "programme"

    def key(self, spend: Spend) -> object:
        """What purchases of one place share; None where the place is not known."""
        if self is Level.SHOP:
            return spend.shop_id
        if self is Level.CENTRE:
            return spend.centre_id
        # The class stands for the programme: its own word may be the name of a brand.
        return spend.brand if self is Level.BRAND else Level


class Visits:
    """What one shopper has bought so far at the levels that are looked at. Grows in the order of purchase time."""

    __slots__ = ("_held", "_levels")

    def __init__(self, levels: Iterable[Level] = ()) -> None:
        self._held: dict[object, tuple[int, datetime]] = {}
        self._levels = levels

    def before(self, key: object) -> tuple[int, datetime | None]:
        """How many purchases were made there, and when the last one was."""
        return self._held.get(key, (0, None))

    def add(self, spend: Spend) -> None:
        """Count a purchase at each of the levels."""
        held, at = self._held, spend.purchased_at
        for level in self._levels:
            key = level.key(spend)
            if key is not None:
                held[key] = (held[key][0] + 1 if key in held else 1, at)


@dataclass(slots=True)
class Person:
    """One shopper at the moment of a purchase: what is said of them, and what they bought before."""

    facts: Facts
    visits: Visits
    history: Sequence[Spend] = ()
    """All that they bought, before and after; only what is uncertain of its order is read from it."""
    _uncertain: bool | None = field(default=None, init=False)

    def all_certain(self) -> bool:
        """Whether of everything they bought the time is certain."""
        if self._uncertain is None:
            self._uncertain = any(each.purchased_until is not None for each in self.history)
        return not self._uncertain


class ConditionKind(Kind):
    """One thing that must be true of a purchase."""

    def test(self, around: Surroundings) -> Test:
        """The cheap test that decides; everything that can be prepared is prepared here, once."""
        raise NotImplementedError

    def certain_test(self, around: Surroundings) -> Test:
        """The same for purchases whose time is certain, perhaps cheaper."""
        return self.test(around)

    def explainer(self, around: Surroundings) -> Explainer:
        """Builds `{"kind", "ok", …}` of a purchase with the figure wanted and the figure got, plain JSON."""
        raise NotImplementedError

    def index_keys(self, around: Surroundings) -> IndexKeys | None:  # noqa: ARG002 - kinds that select use it
        """Where the index finds offers with this condition; None when it selects no place."""
        return None

    def span(self, around: Surroundings) -> tuple[datetime, datetime]:  # noqa: ARG002 - kinds of time use it
        """Half-open interval outside of which no certain time passes the test; lets the index leave out whole days."""
        return SINCE_EVER, FOR_EVER

    def least_minor(self) -> int:
        """Net below which the test fails everywhere; lets the index leave out offers without asking them."""
        return 0

    def told_by_index(self, around: Surroundings) -> bool:  # noqa: ARG002
        """Whether `span` and `least_minor` say all that the test says of a purchase in the programme's currency.

        Of one whose time is certain; of any other every test is asked.
        """
        return False

    def clock(self) -> bytes | None:
        """Of each hour of the local week, whether certain times pass: `NEVER`, `THROUGHOUT` or `IN_PART` of it.

        None when the test looks at anything but the weekday, the hour and the minute of the centre's clock.
        """
        return None

    def references(self) -> References:
        """What this condition mentions."""
        return {}


PersonalTest = Callable[[Spend, Person], bool]
PersonalExplainer = Callable[[Spend, Person], TrailEntry]


class PersonalKind(ConditionKind):
    """One thing that must be true of the shopper, as of the time of a purchase."""

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - a purchase alone never fails it
        """Says nothing of a purchase without its shopper."""
        return lambda _: True

    def looks_back(self) -> Level | None:
        """How far around the purchase earlier ones are looked for; None when they decide nothing."""
        return None

    def one_of(self) -> tuple[FactKind, frozenset[str]] | None:
        """Values of which one must be said of the shopper at the time of the purchase, where that is all it asks."""
        return None

    def concerns(self, facts: Facts, at: datetime) -> bool:
        """Whether a shopper of whom this is said can meet it at all at that time, wherever they buy."""
        asked = self.one_of()
        return asked is None or facts.any_of(*asked, at)

    def personal_test(self, around: Surroundings) -> PersonalTest:
        """The test that decides."""
        raise NotImplementedError

    def personal_explainer(self, around: Surroundings) -> PersonalExplainer:
        """Builds `{"kind", "ok", …}` with the figure wanted and the figure got, plain JSON."""
        raise NotImplementedError


class Tally(Protocol):
    """Counts one shopper's purchases for one offer, in the order of their time, and says when its reward falls due."""

    def see(self, spend: Spend) -> bool:
        """Count a purchase that meets every other condition; whether the reward falls due with it."""

    def reckoned(self, spend: Spend) -> int:
        """The amount that the reward of the purchase seen last is reckoned from, in minor units."""

    def entry(self, at: datetime, zone: ZoneInfo) -> TrailEntry:
        """`{"kind", "ok", …}` with the figures as they stand after the purchase seen last, read at an instant."""


class TalliedKind(ConditionKind):
    """Something that several purchases must reach together."""

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - one purchase alone never fails it
        """Says nothing of one purchase."""
        return lambda _: True

    def tally(self, around: Surroundings) -> Callable[[], Tally]:
        """Makes the count of one shopper."""
        raise NotImplementedError

    def counted_by(self) -> tuple[Period, ...]:
        """The periods of the centre's calendar that decide how a purchase is counted."""
        raise NotImplementedError
