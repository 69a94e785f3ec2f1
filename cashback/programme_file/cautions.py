"""What is allowed and perhaps not meant: rivals that nothing ranks, names that add nothing, hours that nobody tells.

Told, never refused.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import combinations, islice

from cashback.offers.conditions.channel import Networks
from cashback.offers.conditions.hours import Hours
from cashback.offers.conditions.where import ShopCategories
from cashback.offers.kinds import Kind
from cashback.programme_file.contradictions import Found, at
from cashback.programme_file.document import OfferEntry, ProgrammeFile
from cashback.programme_file.reach import PLACES, Shopping, apart, only
from issuers.registry import ADAPTERS

CAUTIONS_MAX = 200
"""More than anybody reads; what lies beyond is not looked for."""
PAIRS_MAX = 20_000
"""Pairs of one group that are compared."""


def cautions(file: ProgrammeFile, providers: Collection[str] = ()) -> list[Found]:
    """Every caution of a valid document with its field, the first of them where there are very many.

    `providers` are those to whom the operator has a connection, where that is known.
    """
    shopping = Shopping(file)
    found: list[Found] = []
    for sought in (
        _names_that_add_nothing(file, shopping),
        _rivals(file, shopping),
        _hours_that_nobody_tells(file, providers),
    ):
        for each in sought:
            if len(found) >= CAUTIONS_MAX:
                return found
            found.append(each)
    return found


def _names_that_add_nothing(file: ProgrammeFile, shopping: Shopping) -> Iterator[Found]:
    if not shopping.every:
        return
    for position, offer in enumerate(file.offers):
        for condition in offer.conditions:
            if type(condition) in PLACES:
                for path, message in _of_condition(offer, condition, shopping):
                    yield ("offers", position, *path), message


def _of_condition(offer: OfferEntry, condition: Kind, shopping: Shopping) -> Iterator[Found]:
    kind = type(condition)
    field, _, _ = PLACES[kind]
    others = shopping.every
    beside = [each for each in offer.conditions if type(each) in PLACES and each is not condition]
    for each in beside:
        others &= shopping.of_condition(each)
    for index, value in enumerate(getattr(condition, field)):
        named = shopping.with_value(kind, value)
        path = (*at(offer, kind, field), index)
        if not named and kind is ShopCategories:
            yield path, f"no shop of this file has the category {value}"
        elif others and not named & others:
            rest = " and ".join(PLACES[type(each)][1] for each in beside)
            yield path, f"{value} adds nothing: no shop of it is {rest}"


def _rivals(file: ProgrammeFile, shopping: Shopping) -> Iterator[Found]:
    """Offers of one group between which only the amount decides."""
    groups: defaultdict[tuple[str, int, bool], list[tuple[int, OfferEntry]]] = defaultdict(list)
    for position, offer in enumerate(file.offers):
        if offer.group is not None:
            multiplies = offer.reward.multiplies() is not None
            groups[offer.group, offer.priority, multiplies].append((position, offer))
    for (group, priority, _), members in groups.items():
        for (_, one), (position, other) in islice(combinations(members, 2), PAIRS_MAX):
            if _stack(one, other) or apart(one, other, shopping):
                continue
            message = (
                f"{other.code} and {one.code} exclude each other in the group {group} with equal priority {priority}: "
                "where both apply, the better one for the shopper is given"
            )
            yield ("offers", position, "group"), message


def _hours_that_nobody_tells(file: ProgrammeFile, providers: Collection[str]) -> Iterator[Found]:
    """Rules on hours that no purchase can meet, because every source of theirs tells only the day."""
    sources = {each.network for shop in file.shops for each in shop.identifiers or ()} | set(providers)
    for position, offer in enumerate(file.offers):
        hours, named = only(offer, Hours), only(offer, Networks)
        if hours is None or hours.in_favour or hours.whole_day():
            continue
        heard = sources if named is None else set(named.networks)
        if heard and all(each in ADAPTERS and not ADAPTERS[each].capabilities.tells_hour for each in heard):
            message = (
                f"only the day of a purchase is told by {', '.join(sorted(heard))}, so that none meets these hours: "
                "with unsure: yes it counts all the same"
            )
            yield ("offers", position, *at(offer, Hours, "ranges")), message


def _stack(one: OfferEntry, other: OfferEntry) -> bool:
    return one.stacks_as is not None and other.stacks_as is not None and one.stacks_as != other.stacks_as
