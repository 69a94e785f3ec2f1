"""The whole: from a seed to people, purchases, and every delivery in the order in which it arrives."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cashback.errors import Invalid
from cashback.simulator.chaos.bank import Bank, SandboxBank, holds, rows
from cashback.simulator.chaos.issuer import Issuer, new_cards
from cashback.simulator.chaos.network import NETWORK, CardNetwork
from cashback.simulator.chaos.people import Shopper, shoppers, shops
from cashback.simulator.chaos.rates import Disturbance, Rates
from cashback.simulator.chaos.telling import Sent, Source
from cashback.simulator.chaos.truth import Purchase, Town, purchases

SPAN = timedelta(days=190)
"""Half a year: from the first of October both nights in which clocks change lie in it."""
PURCHASES_MIN, PURCHASES_MAX = 100, 200_000
LATER = (timedelta(hours=1), timedelta(days=4))
"""What a reordered delivery comes later."""
AGAIN = (timedelta(seconds=2), timedelta(hours=30))
"""From a delivery to its repetition."""
SETTLES_AFTER = timedelta(days=60)
"""From the last delivery to the end: every hold is over, and what was never collected has lapsed."""


@dataclass(frozen=True, slots=True)
class Link:
    """A shopper links a card or an account."""

    at: datetime
    shopper: str
    provider: str
    token: str
    last_four: str | None


@dataclass(frozen=True, slots=True)
class World:
    """A hostile world."""

    seed: int
    town: Town
    purchases: list[Purchase]
    links: list[Link]
    deliveries: list[Sent]

    @property
    def ends_at(self) -> datetime:
        """When nothing changes any more."""
        return self.deliveries[-1].at + SETTLES_AFTER


def a_world(seed: int, many: int, begin: datetime, rates: Rates, bank: Bank | None = None) -> World:
    """The world of a seed; `Invalid` for a number of purchases out of bounds."""
    if not PURCHASES_MIN <= many <= PURCHASES_MAX:
        raise Invalid(f"expected from {PURCHASES_MIN} to {PURCHASES_MAX} purchases, got {many}", code="chaos_size")
    end = begin + SPAN
    town = Town(shops(seed, rates, begin, end), shoppers(seed, rates, many, begin, end), begin, end, rates)
    made = purchases(seed, town, many)
    chosen = bank or SandboxBank()
    return World(seed, town, made, _links(town.shoppers, chosen, begin), _arrivals(seed, town, made, chosen))


def _links(people: Iterable[Shopper], bank: Bank, begin: datetime) -> list[Link]:
    linked: list[Link] = []
    for each in people:
        linked.append(Link(begin - timedelta(days=1), each.name, bank.network, each.account, None))
        for card in each.cards:
            linked.append(Link(card.since, each.name, NETWORK, card.network_token, card.last_four))
            if card is each.cards[0] or each.issuer != "stripe":
                linked.append(Link(card.since, each.name, each.issuer, card.issuer_token, card.last_four))
    return sorted(linked, key=lambda link: (link.at, link.shopper, link.provider))


def _arrivals(seed: int, town: Town, made: Sequence[Purchase], bank: Bank) -> list[Sent]:
    rng = random.Random(f"{seed}/sources")  # noqa: S311 - a game of chance, not a secret
    sources: tuple[Source, ...] = (CardNetwork(), Issuer())
    sent = [each for purchase in made for source in sources for each in source.tell(rng, purchase)]
    booked = rows(rng, made)
    sent += bank.tell(booked, holds(rng, made, booked))
    sent += new_cards(rng, town.shoppers)
    return sorted(_disturbed(rng, town.rates, sent), key=lambda each: (each.at, each.provider, each.body))


def _disturbed(rng: random.Random, rates: Rates, sent: Sequence[Sent]) -> Iterator[Sent]:
    late = set(rng.sample(range(len(sent)), rates.count(Disturbance.REORDER, len(sent))))
    twice = set(rng.sample(range(len(sent)), rates.count(Disturbance.DUPLICATE, len(sent))))
    for number, each in enumerate(sent):
        told = each
        if number in late:
            told = replace(each, at=each.at + _between(rng, *LATER))
            _flag(each, Disturbance.REORDER)
        yield told
        if number in twice:
            _flag(each, Disturbance.DUPLICATE)
            yield replace(told, at=told.at + _between(rng, *AGAIN))


def _flag(sent: Sent, disturbance: Disturbance) -> None:
    for purchase in sent.of:
        purchase.disturbances.add(disturbance)


def _between(rng: random.Random, least: timedelta, most: timedelta) -> timedelta:
    return timedelta(seconds=rng.randint(int(least.total_seconds()), int(most.total_seconds())))
