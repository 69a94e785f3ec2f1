"""Who plays: the shops as each network calls them, and the cards that shoppers have linked."""

import random
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.merchants import service as merchants
from cashback.programmes.service import load_programme
from cashback.simulator.habits import habit_of

SCHEMES: Mapping[str, str] = MappingProxyType({"sandbox": "mid", "fidel": "fidel_location"})
"""The networks that are played, and the scheme in which each names a shop."""

_RANKS_FALL_BY = 0.5
"""Exponent of Zipf's law over shops of one kind: the tenth is visited a third as often as the first."""
_NAMESPACE = uuid.UUID("5f6a0c5e-3f0e-4b53-9a55-1d4b1c3c2f01")

_CARDS = """
SELECT shopper_id, network, token, scheme, last_four FROM cards
WHERE operator_id = $1 AND unlinked_at IS NULL AND network = ANY($2::text[])
ORDER BY shopper_id, network, token
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop, and by which identifier each network names it."""

    code: str
    name: str
    category: str
    """Merchant category code, ISO 18245."""
    zone: ZoneInfo
    identifiers: Mapping[str, str]
    """By network, as far as the programme knows them."""

    def called_by(self, network: str) -> str:
        """The network's identifier; where the programme knows none, the one the network would use all the same."""
        known = self.identifiers.get(network)
        if known is not None:
            return known
        made_up = uuid.uuid5(_NAMESPACE, f"{network}/{self.code}")
        return str(made_up) if network == "fidel" else f"99{made_up.int % 10**8:08d}"


@dataclass(frozen=True, slots=True)
class Card:
    """A card that its network can tell of."""

    shopper: str
    """Any name that is the same for all cards of one shopper."""
    network: str
    token: str
    scheme: str
    last_four: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The shops with how much each is visited, and the cards."""

    shops: tuple[Shop, ...]
    footfall: tuple[float, ...]
    """Cumulative weights, as `random.choices` takes them."""
    cards: tuple[Card, ...]
    favourites: tuple[Card, ...] = ()
    """Cards of the shopper whom people are shown first; played more often than the others."""

    def a_shop(self, rng: random.Random) -> Shop:
        """Any shop, the busy ones more often."""
        return rng.choices(self.shops, cum_weights=self.footfall)[0]


def assemble(shops: Sequence[Shop], cards: Sequence[Card], favourites: Sequence[Card] = ()) -> Cast:
    """The cast with the footfall of its shops: what people buy often, and within that a few busy shops."""
    ordered = sorted(shops, key=lambda shop: shop.code)
    ranked = list(ordered)
    # Which shop is the busy one is drawn once for each set of shops, not in the order of the alphabet.
    random.Random("footfall").shuffle(ranked)  # noqa: S311 - a game of chance, not a secret
    rank = {shop.code: position for position, shop in enumerate(ranked, 1)}
    weights = (habit_of(shop.category).footfall / rank[shop.code] ** _RANKS_FALL_BY for shop in ordered)
    return Cast(tuple(ordered), tuple(accumulate(weights)), tuple(cards), tuple(favourites))


async def load_shops(connection: AsyncConnection, operator_id: UUID, at: datetime) -> list[Shop]:
    """The shops of a programme with the identifiers that are valid at an instant."""
    programme = await load_programme(connection, operator_id)
    zones = {centre.id: centre.zone for centre in programme.centres.values()}
    named: dict[UUID, dict[str, str]] = {}
    for each in await merchants.load_identifiers(connection, operator_id):
        begun = each.valid_from is None or each.valid_from <= at
        over = each.valid_until is not None and each.valid_until <= at
        if SCHEMES.get(each.network) == each.scheme and begun and not over:
            named.setdefault(each.shop_id, {})[each.network] = each.value
    return [
        Shop(shop.code, shop.name, shop.category, zones[shop.centre_id], named.get(shop.id, {}))
        for shop in await merchants.load_shops(connection, operator_id)
    ]


async def load_cast(
    connection: AsyncConnection,
    operator_id: UUID,
    at: datetime,
    *,
    favourite: UUID | None = None,
    resting: Collection[UUID] = (),
) -> Cast:
    """Everyone whose card is linked now but for the `resting`; the `favourite`'s cards are those to play often."""
    cards: list[Card] = []
    favourites: list[Card] = []
    for shopper_id, network, token, scheme, last_four in await fetch(
        connection, _CARDS, (operator_id, sorted(SCHEMES))
    ):
        card = Card(str(shopper_id), network, token, scheme or "visa", last_four or "0000")
        if shopper_id not in resting:
            cards.append(card)
        if shopper_id == favourite:
            favourites.append(card)
    return assemble(await load_shops(connection, operator_id, at), cards, favourites)
