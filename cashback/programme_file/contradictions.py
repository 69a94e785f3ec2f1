"""Offers that can never give anything, whatever is bought: their terms contradict each other or the shops of the file.

Days that lie in the past are no contradiction: purchases of their time may still arrive.
"""

from collections.abc import Iterator
from itertools import combinations

from cashback.money import plain
from cashback.offers.conditions.hours import Hours
from cashback.offers.conditions.repeat import ShopTrail, StampCard, Streak
from cashback.offers.conditions.spend import MaximumSpend, MinimumSpend
from cashback.offers.conditions.sums import Reckons, SpendAcross
from cashback.offers.conditions.visits import Customer, NthPurchase, Status
from cashback.offers.conditions.when import NotOn, Weekdays
from cashback.offers.conditions.where import ShopCategories, Shops
from cashback.offers.effects.plain import PerUnit
from cashback.offers.kinds import Kind, Level
from cashback.offers.limits import Measure, Over
from cashback.offers.periods import Period
from cashback.offers.terms import Terms
from cashback.programme_file.document import OfferEntry, ProgrammeFile
from cashback.programme_file.reach import PLACES, Calendar, Shopping, apart, hours_exist, only
from cashback.programme_file.yaml_text import Path
from cashback.programmes.schemas import plainly

Found = tuple[Path, str]
NEVER = "the offer can never match"

_WITHIN: dict[Level, set[Level]] = {
    Level.SHOP: {Level.SHOP, Level.BRAND, Level.CENTRE, Level.PROGRAMME},
    Level.BRAND: {Level.BRAND, Level.PROGRAMME},
    Level.CENTRE: {Level.CENTRE, Level.PROGRAMME},
    Level.PROGRAMME: {Level.PROGRAMME},
}
"""Where a purchase counts as well that was made at a level."""


def contradictions(file: ProgrammeFile, passed_over: set[int]) -> Iterator[Found]:
    """Every contradiction with the field to mend; offers of which something else is wrong are passed over."""
    shopping = Shopping(file)
    by_code = {each.code: each for each in file.offers}
    for position, offer in enumerate(file.offers):
        if position in passed_over:
            continue
        here: Path = ("offers", position)
        for path, message in _of_offer(offer, by_code, shopping):
            yield (*here, *path), message


def _of_offer(offer: OfferEntry, by_code: dict[str, OfferEntry], shopping: Shopping) -> Iterator[Found]:
    yield from _base(offer, by_code, shopping)
    yield from _amounts(offer)
    if shopping.every:
        yield from _places(offer, shopping)
    yield from _days(offer, shopping)
    yield from _visits(offer)
    yield from _limits(offer)


def at(terms: Terms, kind: type[Kind], *field: str) -> Path:
    """Where the condition of a kind stands in its offer."""
    return "conditions", next(n for n, each in enumerate(terms.conditions) if isinstance(each, kind)), *field


def _base(offer: OfferEntry, by_code: dict[str, OfferEntry], shopping: Shopping) -> Iterator[Found]:
    code = offer.reward.multiplies()
    if code is None:
        return
    here: Path = ("reward", "of")
    base = by_code[code]
    if base.reward.multiplies() is not None:
        yield here, f"{code} is itself a multiplier; expected an offer that reckons from what was spent"
    elif base.reward.asset != offer.reward.asset:
        yield here, f"{code} gives {base.reward.asset}, a multiple of it cannot be {offer.reward.asset}"
    elif apart(offer, base, shopping):
        yield here, f"no purchase meets the conditions of both this offer and {code}: {NEVER}"


def _amounts(offer: OfferEntry) -> Iterator[Found]:
    minimum, maximum = only(offer, MinimumSpend), only(offer, MaximumSpend)
    if minimum is not None and maximum is not None and minimum.amount > maximum.amount:
        low, high = (plain(each.amount, offer.currency) for each in (minimum, maximum))
        yield at(offer, MaximumSpend, "amount"), f"the maximum {high} is below the minimum_spend {low}: {NEVER}"


def _places(offer: OfferEntry, shopping: Shopping) -> Iterator[Found]:
    placed = [each for each in offer.conditions if type(each) in PLACES]
    left = {type(each): shopping.of_condition(each) for each in placed}
    if not left.get(ShopCategories, {""}) and Shops not in left:
        return  # no shop has these categories yet: one that opens later may
    disjoint = False
    for one, other in combinations(placed, 2):
        if not left[type(one)] & left[type(other)]:
            disjoint = True
            field, words, _ = PLACES[type(other)]
            message = f"no shop of this file is {PLACES[type(one)][1]} and {words}: {NEVER}"
            yield at(offer, type(other), field), message
    shops = shopping.of_terms(offer)
    if not shops and not disjoint:
        kinds = ", ".join(each.kind for each in placed)
        last = type(placed[-1])
        yield at(offer, last, PLACES[last][0]), f"no shop of this file meets all of {kinds}: {NEVER}"
    if shops:
        yield from _enough_shops(offer, len(shops))


def _enough_shops(offer: OfferEntry, there_are: int) -> Iterator[Found]:
    trail, across = only(offer, ShopTrail), only(offer, SpendAcross)
    has = f"the offer has {there_are} shop{'' if there_are == 1 else 's'}"
    if trail is not None and trail.shops > there_are:
        yield at(offer, ShopTrail, "shops"), f"{has}: a trail of {trail.shops} is never completed"
    if across is not None and across.shops is not None and across.shops > there_are:
        yield at(offer, SpendAcross, "shops"), f"{has}: {across.shops} are never visited"


def _days(offer: OfferEntry, shopping: Shopping) -> Iterator[Found]:
    calendar = Calendar(offer)
    range_said = f"from {calendar.first} to {calendar.last}"
    weekdays, hours = only(offer, Weekdays), only(offer, Hours)
    if calendar.bounded and weekdays is not None and not calendar.any_of_the_week():
        named = ", ".join(weekdays.weekdays)
        yield at(offer, Weekdays, "weekdays"), f"no day {range_said} is one of {named}: {NEVER}"
        return
    if calendar.bounded and next(calendar.days(), None) is None:
        yield at(offer, NotOn, "days"), f"every day {range_said} that would count is left out: {NEVER}"
        return
    if calendar.bounded and hours is not None:
        zones = shopping.zones_of(offer)
        if not any(hours_exist(hours, day, zone) for day in calendar.days() for zone in zones):
            yield at(offer, Hours, "ranges"), f"the clock reads none of these times {range_said}: {NEVER}"
    yield from _repeats(offer, calendar)


def _repeats(offer: OfferEntry, calendar: Calendar) -> Iterator[Found]:
    card, streak = only(offer, StampCard), only(offer, Streak)
    if card is not None and card.one_a_day:
        most = calendar.most_in_one(card.period)
        if most is not None and card.every > most:
            period = "the offer" if card.period is Period.LIFE else f"one {card.period}"
            days = f"{most} day{'' if most == 1 else 's'} of {period} count{'s' if most == 1 else ''}"
            yield at(offer, StampCard, "every"), f"{days}, one stamp a day: {card.every} stamps are never reached"
    if streak is not None:
        longest = calendar.weeks_in_a_row()
        if longest is not None and streak.weeks > longest:
            yield (
                at(offer, Streak, "weeks"),
                f"the offer has {longest} weeks in a row: {streak.weeks} are never reached",
            )


def _visits(offer: OfferEntry) -> Iterator[Found]:
    nth, customer = only(offer, NthPurchase), only(offer, Customer)
    if nth is None or customer is None:
        return
    here = at(offer, NthPurchase, "n")
    if customer.status is Status.NEW and nth.n > 1 and customer.at in _WITHIN[nth.at]:
        yield here, f"who is new in the {customer.at} has no purchase number {nth.n} in the {nth.at}: {NEVER}"
    if customer.status is not Status.NEW and nth.n == 1 and nth.at in _WITHIN[customer.at]:
        yield here, f"who bought in the {customer.at} before makes no first purchase in the {nth.at}: {NEVER}"


def _limits(offer: OfferEntry) -> Iterator[Found]:
    """A limit that refuses what it cannot give whole must leave room for the least that a purchase gives."""
    least = _least(offer)
    for position, limit in enumerate(offer.limits):
        if limit.measure is Measure.AMOUNT and limit.over is Over.REFUSE and least > limit.at_most:
            gives, allows = (plainly(each, offer.reward.asset) for each in (least, limit.at_most))
            message = f"one purchase gives at least {gives}, the limit refuses all above {allows}: it never gives"
            yield ("limits", position, "at_most"), message


def _least(offer: OfferEntry) -> int:
    """The smallest reward above zero that a purchase may give."""
    minimum, across = only(offer, MinimumSpend), only(offer, SpendAcross)
    base = 1 if minimum is None else minimum.amount
    if across is not None and across.reckons is Reckons.SUM:
        base = max(base, across.amount)
    reward = offer.reward
    if reward.multiplies() is not None:
        return reward.minimum or 0
    least = reward.reckoner()(base)
    if least == 0 and isinstance(reward, PerUnit):
        return reward.reckoner()(reward.per)
    return least
