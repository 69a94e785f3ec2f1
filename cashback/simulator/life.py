"""What happens: purchases and what becomes of them, as dated happenings. Pure: the same seed gives the same life.

A purchase is authorised, perhaps declined or given up, cleared with the same amount or another one, refunded in part or
in full. What is told of it may be told late, out of order and more than once. Nothing here knows how a network says it.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from cashback.simulator.cast import Card, Cast, Shop
from cashback.simulator.habits import Habit, habit_of

DECLINED = 0.012
NEVER_CLEARED = 0.005
GIVEN_UP = 0.010
"""The authorization is reversed before anything clears."""
REFUNDED_IN_FULL = 0.45
"""Of purchases that see a refund at all."""
REFUNDED_AGAIN = 0.15
"""Of partial refunds that are followed by another."""
REFUND_NAMES_PURCHASE = 0.75
TOLD_LATE = 0.04
TOLD_AGAIN = 0.06
FAVOURITE_PLAYS = 0.10

SECOND = timedelta(seconds=1)
PURCHASES_OF_A_VISIT = (1, 1, 1, 1, 1, 2, 2, 3)
BETWEEN_SHOPS_MINUTES = (12, 55)
WEEK = (0.75, 0.75, 0.95, 0.85, 1.15, 1.75, 0.80)
"""Visits by day of the week, Monday first; they average to one."""
OPENS, CLOSES, CLOSES_TABLES = 10, 20, 22
"""Local hours; where people eat and watch films it goes on later."""
OPEN_LATE = frozenset({"5812", "5813", "7832"})


class Deed(StrEnum):
    """What a network may tell."""

    LINK = "link"
    """A shopper enrolled the card."""
    AUTHORIZE = "authorize"
    DECLINE = "decline"
    REVERSE = "reverse"
    """The authorised amount was given back before it cleared."""
    CLEAR = "clear"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Happening:
    """One fact and when its network tells it. Times are aware UTC in whole seconds."""

    deed: Deed
    card: Card
    fact: str
    """A UUID of this fact; the same when it is told again."""
    occurred_at: datetime
    told_at: datetime
    purchase: str = ""
    """A UUID shared by all facts of a purchase."""
    purchased_at: datetime | None = None
    shop: Shop | None = None
    amount_minor: int = 0
    names_purchase: bool = True
    """Whether the network says which purchase a refund belongs to."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon one thing follows another: bounds in seconds."""

    latency: tuple[int, int]
    """From a fact to the network telling it."""
    clearing: tuple[int, int]
    """From the purchase to its clearing."""
    reversal: tuple[int, int]
    """From the purchase to its reversal."""
    refund: tuple[int, int]
    """From the clearing to a refund."""
    late: tuple[int, int]
    """What a late message comes later."""
    again: tuple[int, int]
    """From a message to its repetition."""


MINUTE, HOUR, DAY = 60, 3_600, 86_400
TRUE_TO_LIFE = Pace(
    latency=(1, 4),
    clearing=(20 * HOUR, 3 * DAY),
    reversal=(2 * MINUTE, 18 * HOUR),
    refund=(1 * DAY, 21 * DAY),
    late=(6 * HOUR, 60 * HOUR),
    again=(5, 8 * HOUR),
)
WATCHED = Pace(latency=(0, 2), clearing=(10, 30), reversal=(4, 15), refund=(20, 35), late=(8, 40), again=(1, 20))
"""For people who look on: a life of weeks in a minute."""


@dataclass(frozen=True, slots=True)
class Regular:
    """A shopper of the history."""

    cards: tuple[Card, ...]
    since: datetime
    """No purchase before that."""
    visits_a_day: float


def story(rng: random.Random, card: Card, shop: Shop, at: datetime, pace: Pace) -> list[Happening]:
    """One purchase from beginning to end, in the order in which it is told. Refunds never exceed the clearing."""
    habit = habit_of(shop.category)
    begun = begin_purchase(rng, card, shop, at, habit.amount(rng))
    fate = rng.random()
    if fate < DECLINED:
        facts = [replace(begun, deed=Deed.DECLINE)]
    elif fate < DECLINED + NEVER_CLEARED:
        facts = [begun]
    elif fate < DECLINED + NEVER_CLEARED + GIVEN_UP:
        facts = [begun, fact_after(rng, begun, Deed.REVERSE, _between(rng, pace.reversal), begun.amount_minor)]
    else:
        cleared = fact_after(rng, begun, Deed.CLEAR, _between(rng, pace.clearing), _cleared_minor(rng, habit, begun))
        facts = [begun, cleared, *_refunds(rng, habit, cleared, pace)]
    return told(rng, facts, pace)


def returned(
    rng: random.Random, card: Card, shop: Shop, at: datetime, *, amount_minor: int, after: timedelta
) -> list[Happening]:
    """A purchase that clears within two days, and is brought back as a whole long after."""
    bought = begin_purchase(rng, card, shop, at.replace(microsecond=0), amount_minor)
    cleared = fact_after(rng, bought, Deed.CLEAR, timedelta(days=2), amount_minor)
    return [bought, cleared, fact_after(rng, bought, Deed.REFUND, after, amount_minor)]


def told(rng: random.Random, facts: Sequence[Happening], pace: Pace) -> list[Happening]:
    """The facts as they are told: some late, so that a later one comes first, and some again."""
    happenings: list[Happening] = []
    for fact in facts:
        delay = _between(rng, pace.latency)
        if rng.random() < TOLD_LATE:
            delay += _between(rng, pace.late)
        happenings.append(replace(fact, told_at=fact.occurred_at + delay))
        if rng.random() < TOLD_AGAIN:
            happenings.append(replace(happenings[-1], told_at=happenings[-1].told_at + _between(rng, pace.again)))
    return sorted(happenings, key=lambda each: each.told_at)


def link(rng: random.Random, card: Card, at: datetime) -> Happening:
    """A card that is enrolled."""
    moment = at.replace(microsecond=0)
    return Happening(Deed.LINK, card, fact=_uuid(rng), occurred_at=moment, told_at=moment + SECOND)


def a_purchase(rng: random.Random, cast: Cast, at: datetime) -> list[Happening]:
    """A purchase that somebody makes now, whatever the hour; the favourite makes more of them than others do."""
    favoured = cast.favourites and rng.random() < FAVOURITE_PLAYS
    card = rng.choice(cast.favourites if favoured else cast.cards)
    return story(rng, card, cast.a_shop(rng), at.replace(microsecond=0), WATCHED)


def history(
    rng: random.Random, cast: Cast, regulars: Sequence[Regular], begin: datetime, end: datetime
) -> Iterator[Happening]:
    """All that is told of purchases made from `begin` until `end`, day by day; some of it is told after `end`."""
    zone = cast.shops[0].zone
    day, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for regular in regulars:
            if rng.random() < regular.visits_a_day * WEEK[day.weekday()]:
                yield from _visit(rng, cast, regular, day, begin, end)
        day += timedelta(days=1)


def _visit(
    rng: random.Random, cast: Cast, regular: Regular, day: date, begin: datetime, end: datetime
) -> Iterator[Happening]:
    shops = [cast.a_shop(rng) for _ in range(rng.choice(PURCHASES_OF_A_VISIT))]
    late = all(shop.category in OPEN_LATE for shop in shops)
    # A triangle around half past four: few come at opening, most in the afternoon.
    hour = rng.triangular(OPENS, CLOSES_TABLES if late else CLOSES - 1, 20 if late else 16.5)
    midnight = datetime.combine(day, time(0), tzinfo=shops[0].zone)
    at = (midnight + timedelta(seconds=round(hour * 3600))).astimezone(UTC)
    card = rng.choice(regular.cards)
    for shop in shops:
        if max(begin, regular.since) <= at < end:
            yield from story(rng, card, shop, at, TRUE_TO_LIFE)
        at += timedelta(minutes=rng.randint(*BETWEEN_SHOPS_MINUTES))


def begin_purchase(rng: random.Random, card: Card, shop: Shop, at: datetime, amount_minor: int) -> Happening:
    """The authorization with which a purchase begins."""
    return Happening(
        Deed.AUTHORIZE,
        card,
        fact=_uuid(rng),
        occurred_at=at,
        told_at=at,
        purchase=_uuid(rng),
        purchased_at=at,
        shop=shop,
        amount_minor=amount_minor,
    )


def _cleared_minor(rng: random.Random, habit: Habit, begun: Happening) -> int:
    change = rng.random()
    if change < habit.tips:
        return begun.amount_minor + begun.amount_minor * rng.randint(4, 12) // 100
    if change < habit.tips + habit.shrinks:
        return max(1, begun.amount_minor - begun.amount_minor * rng.randint(5, 30) // 100)
    return begun.amount_minor


def _refunds(rng: random.Random, habit: Habit, cleared: Happening, pace: Pace) -> list[Happening]:
    refunds: list[Happening] = []
    left, since = cleared.amount_minor, cleared
    chance = habit.refunds
    while left > 0 and rng.random() < chance:
        in_full = rng.random() < REFUNDED_IN_FULL
        amount = left if in_full else max(1, left * rng.randint(15, 70) // 100)
        since = fact_after(rng, since, Deed.REFUND, _between(rng, pace.refund), amount)
        refunds.append(replace(since, names_purchase=rng.random() < REFUND_NAMES_PURCHASE))
        left -= amount
        chance = REFUNDED_AGAIN
    return refunds


def fact_after(rng: random.Random, before: Happening, deed: Deed, after: timedelta, amount_minor: int) -> Happening:
    """A later fact of the same purchase."""
    at = before.occurred_at + after
    return replace(before, deed=deed, fact=_uuid(rng), occurred_at=at, told_at=at, amount_minor=amount_minor)


def _between(rng: random.Random, bounds: tuple[int, int]) -> timedelta:
    return timedelta(seconds=rng.randint(*bounds))


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
