"""What was really bought: every purchase with its instant, what was collected and given back, and what disturbs it.

Pure: the same seed, rates and number give the same purchases. How often each thing happens is a share of `rates`, taken
exactly and not by chance, so that a small world has one of everything.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from cashback.simulator.chaos.people import CURRENCY, FUEL, NIGHT_CATEGORIES, ZONE, Shop, Shopper, an_id
from cashback.simulator.chaos.rates import Disturbance, Rates
from cashback.simulator.habits import habit_of
from cashback.simulator.life import BETWEEN_SHOPS_MINUTES, OPEN_LATE, PURCHASES_OF_A_VISIT, WEEK

View = tuple[str, str]
"""A source's network and its own reference."""

SOLD_AT_NIGHT_MINUTES = (15, 45)
"""Into the hour that comes twice, or around the one that is skipped."""
LINKED_REFUNDS = 0.02
"""Share of purchases given back in full that every source links."""
REFUNDED_TWICE = 0.2
"""Of partial refunds those that are followed by another."""
PAYS_BY_DEVICE = 0.6
"""Of the purchases of somebody who has a telephone for it."""
AUTHORISED_AT_THE_PUMP_MINOR = (100_00, 120_00, 150_00)
TIPPING = frozenset({"5812", "5813", "7230"})
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Refund:
    """An amount given back."""

    id: str
    at: datetime
    amount_minor: int
    full: bool
    """All that was collected."""
    linked: bool
    """Whether sources that can say which purchase it is of do so."""
    untold_by: str | None = None
    """The role of the source that says nothing of it: `network` or `issuer`."""
    views: list[View] = field(default_factory=list)


@dataclass(slots=True)
class Purchase:
    """One purchase as a person would describe it."""

    id: str
    shopper: Shopper
    shop: Shop
    at: datetime
    authorised: list[tuple[datetime, int]]
    """Every authorization, each adding to the one before; none of a force post."""
    settled: list[tuple[datetime, int]]
    """Every amount collected; none where the authorization expired."""
    by_device: bool = False
    refunds: list[Refund] = field(default_factory=list)
    disturbances: set[Disturbance] = field(default_factory=set)
    views: list[View] = field(default_factory=list)
    withdrawn: list[View] = field(default_factory=list)
    """Views that their own source took back: what was pending and was booked under another name, or never."""

    @property
    def amount_minor(self) -> int:
        """What was collected."""
        return sum(amount for _, amount in self.settled)

    @property
    def authorised_minor(self) -> int:
        """What was authorised in the end."""
        return sum(amount for _, amount in self.authorised)

    @property
    def net_minor(self) -> int:
        """What was collected and not given back."""
        return self.amount_minor - sum(each.amount_minor for each in self.refunds)


@dataclass(frozen=True, slots=True)
class Town:
    """Everything that purchases are made of."""

    shops: tuple[Shop, ...]
    shoppers: tuple[Shopper, ...]
    begin: datetime
    end: datetime
    rates: Rates


def purchases(seed: int, town: Town, many: int) -> list[Purchase]:
    """So many purchases, in the order in which they were made."""
    rng = random.Random(f"{seed}/purchases")  # noqa: S311 - a game of chance, not a secret
    made = _bought(rng, town, many)
    made.sort(key=lambda each: (each.at, each.shopper.name, each.shop.code))
    for number, each in enumerate(made, 1):
        each.id = f"purchase-{number:06d}"
    _amounts(rng, town, made)
    _collected(rng, town, made)
    _given_back(rng, town, made)
    _people(rng, made)
    _silences(rng, town, made)
    return made


def clock_changes(begin: datetime, end: datetime) -> list[datetime]:
    """The instants between two others at which the clocks of `ZONE` change."""
    hours = (
        begin.replace(minute=0, second=0, microsecond=0) + number * HOUR for number in range((end - begin) // HOUR)
    )
    return [hour for hour in hours if (hour - HOUR).astimezone(ZONE).utcoffset() != hour.astimezone(ZONE).utcoffset()]


def _bought(rng: random.Random, town: Town, many: int) -> list[Purchase]:
    rates = town.rates
    pairs = max(1, rates.count(Disturbance.TWINS, many) // 2) if rates.of(Disturbance.TWINS) else 0
    at_night = list(_nights(rng, town, rates.count(Disturbance.DST_NIGHT, many)))
    ordinary = many - pairs - len(at_night)
    usual = [shop for shop in town.shops if shop.category != FUEL]
    weights = list(accumulate(habit_of(shop.category).footfall for shop in usual))
    station = next(shop for shop in town.shops if shop.category == FUEL)
    pumped = set(rng.sample(range(ordinary), rates.count(Disturbance.FUEL, ordinary)))
    made: list[Purchase] = []
    while len(made) < ordinary:
        visited = [
            station if number in pumped else rng.choices(usual, cum_weights=weights)[0]
            for number in range(len(made), min(ordinary, len(made) + rng.choice(PURCHASES_OF_A_VISIT)))
        ]
        made += _visit(rng, town, visited)
    for first in rng.sample([each for each in made if each.shop.category != FUEL], pairs):
        later = first.at + timedelta(minutes=rng.randint(2, 90))
        if later.astimezone(ZONE).date() != first.at.astimezone(ZONE).date():
            later = first.at + timedelta(minutes=1)
        made.append(Purchase("", first.shopper, first.shop, later, [(later, first.authorised_minor)], []))
        for each in (first, made[-1]):
            each.disturbances.add(Disturbance.TWINS)
    return made + at_night


def _visit(rng: random.Random, town: Town, visited: Sequence[Shop]) -> Iterator[Purchase]:
    days = (town.end - town.begin).days
    # Every day is as likely as its day of the week is busy.
    day = next(
        each
        for each in ((town.begin.astimezone(ZONE) + timedelta(days=rng.randrange(days))).date() for _ in range(10_000))
        if rng.random() < WEEK[each.weekday()] / max(WEEK)
    )
    late = all(shop.category in OPEN_LATE for shop in visited)
    at = _local(day, rng.triangular(10, 22 if late else 19, 20 if late else 16.5))
    shopper = rng.choice(town.shoppers)
    for shop in visited:
        yield _a_purchase(rng, shopper, shop, at)
        at += timedelta(minutes=rng.randint(*BETWEEN_SHOPS_MINUTES), seconds=rng.randrange(60))


def _nights(rng: random.Random, town: Town, many: int) -> Iterator[Purchase]:
    changes = clock_changes(town.begin, town.end)
    open_late = [shop for shop in town.shops if shop.category in NIGHT_CATEGORIES and shop.category != FUEL]
    for number in range(max(many, 2 * len(changes)) if many and changes else 0):
        # The hour before the change and the one after it: in autumn both are called two o'clock.
        before = number // len(changes) % 2 == 0
        minutes = timedelta(minutes=rng.randint(*SOLD_AT_NIGHT_MINUTES), seconds=rng.randrange(60))
        at = changes[number % len(changes)] + (minutes - HOUR if before else minutes)
        night = _a_purchase(rng, rng.choice(town.shoppers), rng.choice(open_late), at)
        night.disturbances.add(Disturbance.DST_NIGHT)
        yield night


def _local(day: date, hour: float) -> datetime:
    midnight = datetime.combine(day, time(0), tzinfo=ZONE)
    return (midnight + timedelta(seconds=round(hour * 3600))).astimezone(UTC)


def _a_purchase(rng: random.Random, shopper: Shopper, shop: Shop, at: datetime) -> Purchase:
    return Purchase("", shopper, shop, at, [(at, habit_of(shop.category).amount(rng))], [])


def _amounts(rng: random.Random, town: Town, made: Sequence[Purchase]) -> None:
    """What was authorised, where that is not what was paid at the till: told first, collected as paid."""
    draw = _drawing(rng, town.rates, made)
    for each in made:
        each.settled = [(each.at, each.authorised[0][1])]
        if each.shop.category == FUEL:
            each.authorised = [(each.at, rng.choice(AUTHORISED_AT_THE_PUMP_MINOR))]
            each.disturbances.add(Disturbance.FUEL)
    for each in draw(Disturbance.TIP, lambda each: each.shop.category in TIPPING):
        paid = each.settled[0][1]
        each.settled = [(each.at, paid + max(1, paid * rng.randint(4, 15) // 100))]
    for each in draw(Disturbance.INCREMENTAL, lambda each: each.authorised_minor > 1_00):
        first = each.authorised_minor * rng.randint(40, 80) // 100
        more = each.authorised_minor - first
        each.authorised = [(each.at, first), (each.at + timedelta(minutes=rng.randint(10, 40)), more)]
    for each in draw(Disturbance.THREE_SETTLEMENTS, lambda each: each.authorised_minor > 10_00):
        whole = each.authorised_minor
        part, other = whole * rng.randint(20, 30) // 100, whole * rng.randint(31, 45) // 100
        each.settled = [(each.at, part), (each.at, other), (each.at, whole - part - other)]
    for each in draw(Disturbance.FORCE_POST, lambda _: True):
        each.authorised = []
    for each in draw(Disturbance.EXPIRED, lambda _: True):
        each.settled = []


Draw = Callable[[Disturbance, Callable[[Purchase], bool]], list[Purchase]]
_SINGULAR = frozenset({Disturbance.TWINS, Disturbance.FUEL, Disturbance.DST_NIGHT})


def _drawing(rng: random.Random, rates: Rates, made: Sequence[Purchase]) -> Draw:
    """Draws purchases for a disturbance, each for one at most."""
    taken: set[str] = set()

    def draw(disturbance: Disturbance, fits: Callable[[Purchase], bool]) -> list[Purchase]:
        free = [each for each in made if each.id not in taken and not each.disturbances & _SINGULAR and fits(each)]
        drawn = rng.sample(free, min(len(free), rates.count(disturbance, len(made))))
        for each in drawn:
            taken.add(each.id)
            each.disturbances.add(disturbance)
        return drawn

    return draw


def _collected(rng: random.Random, town: Town, made: Sequence[Purchase]) -> None:
    collected = [each for each in made if each.settled]
    late = {each.id for each in rng.sample(collected, town.rates.count(Disturbance.LATE_CLEARING, len(collected)))}
    for each in collected:
        days = rng.uniform(4, 10) if each.id in late else rng.uniform(0.8, 3)
        if each.id in late:
            each.disturbances.add(Disturbance.LATE_CLEARING)
        settled = []
        for _, amount in each.settled:
            settled.append((each.at + timedelta(seconds=round(days * 86_400)), amount))
            days += rng.uniform(1.1, 2.5)
        each.settled = settled


def _given_back(rng: random.Random, town: Town, made: Sequence[Purchase]) -> None:
    rates = town.rates
    may = [each for each in made if each.settled and habit_of(each.shop.category).refunds and each.amount_minor > 2_00]
    partial = rates.count(Disturbance.PARTIAL_REFUND, len(made))
    unlinked = rates.count(Disturbance.UNLINKED_REFUND, len(made))
    drawn = rng.sample(may, min(len(may), partial + unlinked + round(LINKED_REFUNDS * len(made))))
    for number, each in enumerate(drawn):
        after = each.settled[-1][0] + timedelta(seconds=rng.randint(12 * 3600, 30 * 86_400))
        if number < partial:
            each.disturbances.add(Disturbance.PARTIAL_REFUND)
            _give_back(rng, each, after, each.amount_minor * rng.randint(15, 60) // 100, linked=rng.random() < 0.3)
            if rng.random() < REFUNDED_TWICE:
                again = after + timedelta(seconds=rng.randint(3_600, 9 * 86_400))
                _give_back(rng, each, again, each.amount_minor * rng.randint(10, 30) // 100, linked=False)
        else:
            linked = number >= partial + unlinked
            each.disturbances |= set() if linked else {Disturbance.UNLINKED_REFUND}
            _give_back(rng, each, after, each.amount_minor, linked=linked)
    refunded = [(each, refund) for each in made for refund in each.refunds]
    for each, refund in rng.sample(refunded, rates.count(Disturbance.UNTOLD_REFUND, len(refunded))):
        refund.untold_by = rng.choice(("network", "issuer"))
        each.disturbances.add(Disturbance.UNTOLD_REFUND)


def _give_back(rng: random.Random, purchase: Purchase, at: datetime, amount_minor: int, *, linked: bool) -> None:
    full = amount_minor == purchase.amount_minor
    purchase.refunds.append(Refund(an_id(rng), at.replace(microsecond=0), max(1, amount_minor), full, linked))


def _people(rng: random.Random, made: Sequence[Purchase]) -> None:
    """What follows from who bought where and when."""
    for each in made:
        shopper, shop = each.shopper, each.shop
        if shopper.device_last_four is not None and rng.random() < PAYS_BY_DEVICE:
            each.by_device = True
            each.disturbances.add(Disturbance.WALLET)
        if shopper.billed_in != CURRENCY:
            each.disturbances.add(Disturbance.FOREIGN_BILLING)
        if shop.mid_at(each.at) != shop.mid:
            each.disturbances.add(Disturbance.MID_DRIFT)
        moments = [each.at, *(at for at, _ in each.settled), *(refund.at for refund in each.refunds)]
        if any(shopper.card_at(at) != shopper.cards[0] for at in moments):
            each.disturbances.add(Disturbance.REISSUED)


def _silences(rng: random.Random, town: Town, made: Sequence[Purchase]) -> None:
    """Which sources do not see it; one always does, and of what expired one that knows authorizations."""
    rates = town.rates
    for silence in (Disturbance.CB_ROUTED, Disturbance.ISSUER_SILENT, Disturbance.BANK_SILENT):
        for each in rng.sample(list(made), rates.count(silence, len(made))):
            each.disturbances.add(silence)
    for each in made:
        if {Disturbance.CB_ROUTED, Disturbance.ISSUER_SILENT} <= each.disturbances:
            each.disturbances.discard(Disturbance.BANK_SILENT if each.settled else Disturbance.ISSUER_SILENT)
    seen = [each for each in made if Disturbance.CB_ROUTED not in each.disturbances]
    for each in rng.sample(seen, rates.count(Disturbance.CLEARING_MID, len(seen))):
        each.disturbances.add(Disturbance.CLEARING_MID)
