"""The shoppers of the demonstration: invented names, their cards, and how often they come."""

import random
import uuid
from datetime import datetime, timedelta
from itertools import product

from cashback.simulator.cast import Card
from cashback.simulator.life import Regular

FAVOURITE = "Camille Laurent"
"""Comes nearly every day, so that the wallet people are shown first has something to show."""
FAVOURITE_VISITS_A_DAY = 1.3
VISITS_A_DAY = 0.23
"""Of the others on average; a few come often, most of them seldom."""
VISITS_A_DAY_MAX = 0.35
UNEVENNESS = 1.3
"""Shape of the gamma distribution of visits: 1 would be exponential, more is more even."""
SECOND_CARD = 0.25
ON_FIDEL = 0.4
JOINED_LATER = 0.25

# fmt: off
_FIRST = (
    "Adèle", "Aïcha", "Alix", "Anaïs", "Antoine", "Arthur", "Aya", "Basile", "Bastien", "Capucine", "Chloé",
    "Clément", "Diane", "Élias", "Éloïse", "Émile", "Fanny", "Farid", "Gabin", "Hugo", "Ibrahim", "Inès",
    "Jeanne", "Jules", "Karim", "Léa", "Lina", "Lou", "Margaux", "Marius", "Maud", "Mehdi", "Nadia", "Noé",
    "Océane", "Oscar", "Pauline", "Rayan", "Romane", "Salomé", "Samir", "Sarah", "Soline", "Théo", "Timothée",
    "Victoire", "Yanis", "Yasmine", "Zoé",
)
_LAST = (
    "Aubry", "Barbier", "Belkacem", "Bonnet", "Bourdin", "Caron", "Chevalier", "Colas", "Diallo", "Dumas",
    "Faure", "Fontaine", "Garnier", "Girard", "Hamidi", "Jacquet", "Klein", "Lambert", "Leclerc", "Lemoine",
    "Marchand", "Mercier", "Morel", "Nguyen", "Perrin", "Picard", "Renaud", "Roussel", "Traoré", "Vidal",
)
# fmt: on

SHOPPERS_MAX = 1 + len(_FIRST) * len(_LAST)


def names(rng: random.Random, count: int) -> list[str]:
    """So many different names, the favourite's first."""
    others = [f"{first} {last}" for first, last in product(_FIRST, _LAST)]
    return [FAVOURITE, *rng.sample(others, count - 1)]


def regulars(rng: random.Random, people: list[str], begin: datetime, end: datetime) -> list[Regular]:
    """Everybody's cards and habits, the favourite first.

    The second one buys nothing by habit: `seeding` gives them a purchase that is brought back after its reward was
    paid out. The last one has just joined and has not bought anything yet.
    """
    joining = end - begin
    found: list[Regular] = []
    for position, name in enumerate(people):
        cards = [_card(rng, name)]
        if rng.random() < SECOND_CARD or name == FAVOURITE:
            cards.append(_card(rng, name))
        since = begin
        visits = min(rng.gammavariate(UNEVENNESS, VISITS_A_DAY / UNEVENNESS), VISITS_A_DAY_MAX)
        if name == FAVOURITE:
            visits = FAVOURITE_VISITS_A_DAY
        elif position == 1:
            visits = 0.0
        elif position == len(people) - 1:
            since, visits = end - timedelta(hours=2), 0.0
        elif rng.random() < JOINED_LATER:
            since = begin + joining * rng.uniform(0.05, 0.7)
        found.append(Regular(tuple(cards), since.replace(microsecond=0), visits))
    return found


def _card(rng: random.Random, shopper: str) -> Card:
    network = "fidel" if rng.random() < ON_FIDEL else "sandbox"
    token = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    scheme = rng.choice(("visa", "visa", "mastercard"))
    return Card(
        shopper, network, token if network == "fidel" else f"tok_{token}", scheme, f"{rng.randrange(10_000):04d}"
    )
