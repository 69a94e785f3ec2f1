"""A country of shops: centres and streets with real names, real brands, outlets inside a programme and their rivals.

Brands come from the name-suggestion-index (BSD 3-Clause, licence beside the file). Their legal names, head offices and
store numbers are invented, and so is who has a shop where.
"""

import csv
import gzip
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bench.match.places import SYLLABLES, Spot, far_town, spots
from cashback.merchants.evidence import BrandEntry, OutletEntry

HERE = Path(__file__).parent

TRADES = {
    "clothes": ("5651", "5691", "5621", "5699"),
    "shoes": ("5661",),
    "jewelry": ("5944",),
    "watches": ("5944",),
    "cosmetics": ("5977",),
    "perfumery": ("5977",),
    "beauty": ("7230", "7298"),
    "hairdresser": ("7230",),
    "optician": ("8043",),
    "electronics": ("5732",),
    "mobile_phone": ("4812", "5732"),
    "books": ("5942",),
    "toys": ("5945",),
    "sports": ("5941",),
    "outdoor": ("5941",),
    "supermarket": ("5411",),
    "convenience": ("5411", "5499"),
    "bakery": ("5462",),
    "pastry": ("5462",),
    "chocolate": ("5441",),
    "fast_food": ("5814",),
    "restaurant": ("5812",),
    "cafe": ("5814", "5812"),
    "ice_cream": ("5451", "5814"),
    "cinema": ("7832",),
    "fitness_centre": ("7997",),
    "furniture": ("5712",),
    "interior_decoration": ("5719",),
    "houseware": ("5719",),
    "doityourself": ("5200", "5211"),
    "pharmacy": ("5912",),
    "variety_store": ("5331", "5399"),
    "department_store": ("5311",),
    "bag": ("5948",),
    "fashion_accessories": ("5699",),
    "baby_goods": ("5641",),
    "travel_agency": ("4722",),
    "tea": ("5499",),
    "garden_centre": ("5261",),
    "pet": ("5995",),
    "stationery": ("5943",),
    "hearing_aids": ("5975",),
    "kitchen": ("5712",),
    "bed": ("5712",),
    "household_linen": ("5719",),
    "e-cigarette": ("5993",),
    "alcohol": ("5921",),
    "frozen_food": ("5411",),
}
"""Kinds of shop that centres have, and their category codes."""

_FIRST = ("CHEZ", "LE", "LA", "AU", "ATELIER", "MAISON", "CAFE", "BISTROT", "SALON", "L", "INSTITUT", "COMPTOIR")
_SECOND = (
    "MARIUS", "LUCIE", "PETIT PRINCE", "JARDIN", "OLIVIER", "BELLE ROSE", "PASSAGE", "VINTAGE", "GOURMAND", "NOMADE",
    "DES LILAS", "BLEU", "SOLEIL", "PANIER", "TEMPS PERDU", "MARGOT", "ANTOINE", "FLEURS", "COIN", "PAPILLON", "CORNER",
    "DUPONT", "MARTIN", "LEFEVRE", "MOREAU", "GARNIER", "ROUSSEL", "FAURE", "LEMOINE", "PERRIN", "RENARD", "COLIN",
)  # fmt: skip
_THIRD = ("", "", "", "CREPERIE", "COIFFURE", "BIJOUX", "OPTIQUE", "TRAITEUR", "FLEURISTE", "SUSHI", "BURGER", "NAILS")


@dataclass(frozen=True, slots=True)
class Chain:
    """A brand, or an independent shop."""

    name: str
    aliases: tuple[str, ...]
    codes: tuple[str, ...]
    weight: float
    legal_name: str
    legal_shows: bool
    """Whether the legal name has the brand in it."""
    office: tuple[str, str]
    """Town and postcode of the head office."""
    numbered: bool
    independent: bool


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet; `known`: it stands in the catalogue."""

    entry: OutletEntry
    chain: Chain
    spot: Spot
    known: bool = True


@dataclass(slots=True)
class World:
    """All that exists, and what the operator knows of it."""

    outlets: list[Outlet]
    strangers: list[Chain]
    """Brands that the catalogue does not have."""
    complete: frozenset[str]
    spots: list[Spot]
    decoys: tuple[str, ...]
    by_chain: dict[str, list[Outlet]] = field(default_factory=dict)

    def catalogue(self) -> tuple[list[OutletEntry], list[BrandEntry]]:
        """What the operator gives: known outlets, and brands with their completeness."""
        names = {outlet.chain.name: outlet.chain for outlet in self.outlets}
        brands = [BrandEntry(name, chain.aliases, name in self.complete) for name, chain in sorted(names.items())]
        brands += [BrandEntry(name) for name in self.decoys if name not in names]
        return [outlet.entry for outlet in self.outlets if outlet.known], brands


@dataclass(frozen=True, slots=True)
class Plan:
    """How a world is made; the defaults are those of the reference measurement."""

    seed: int
    shops: int = 5_000
    names: int = 1_217
    independents: float = 0.088
    complete: float = 1.0
    """Share of brands whose outlets are all known, and attested."""
    known: float = 0.69
    """Share of rivals known of the other brands."""
    rivals_big: float = 0.8
    rivals_small: float = 0.07
    far: float = 0.35
    """Outlets in other towns, per outlet of the programme."""
    decoys: float = 0.7
    """Share of the brands outside the catalogue whose names are known."""
    card_towns: float = 0.5
    """Share of outlets that tell the other names of their town."""


@lru_cache(maxsize=1)
def brand_rows() -> tuple[dict[str, str], ...]:
    """The brands of trades that centres have."""
    with gzip.open(HERE / "nsi_brands_fr.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return tuple(row for row in csv.DictReader(file) if row["val"] in TRADES)


def make_world(plan: Plan, places: Sequence[Spot] | None = None) -> World:
    """The world of a plan, at the real centres and streets or at other places; the same plan, the same world."""
    random_ = random.Random(f"world {plan.seed}")
    chains, strangers = _chains(plan, random_)
    every = list(spots() if places is None else places)
    centres = [spot for spot in every if not spot.street]
    random_.shuffle(centres)
    inside = centres[: max(2, min(70 if places is None else len(centres), plan.shops // 40))]
    outlets = _members(plan, chains, inside, random_)
    outlets += _rivals(plan, outlets, every, random_)
    complete = frozenset(chain.name for chain in chains if random_.random() < plan.complete)
    outlets = [
        Outlet(o.entry, o.chain, o.spot, o.entry.member or o.chain.name in complete or random_.random() < plan.known)
        for o in outlets
    ]
    decoys = tuple(sorted(chain.name for chain in strangers if random_.random() < plan.decoys))
    world = World(outlets, strangers, complete, every, decoys)
    for outlet in outlets:
        world.by_chain.setdefault(outlet.chain.name, []).append(outlet)
    return world


def _chains(plan: Plan, random_: random.Random) -> tuple[list[Chain], list[Chain]]:
    rows = list(brand_rows())
    unique = {row["name"].casefold(): row for row in rows}
    rows = [unique[name] for name in sorted(unique)]
    random_.shuffle(rows)
    alone = round(plan.names * plan.independents)
    chains = [_chain(row, random_) for row in rows]
    chosen = min(plan.names - alone, round(0.8 * len(chains)))
    names = {chain.name.casefold() for chain in chains}
    single: list[Chain] = []
    while len(single) < alone:
        surname = "".join(random_.sample(SYLLABLES, 2)) if alone > 500 else ""
        words = (random_.choice(_FIRST), random_.choice(_SECOND), random_.choice(_THIRD), surname)
        name = " ".join(filter(None, words)).title()
        if name.casefold() not in names:
            names.add(name.casefold())
            single.append(_independent(name, random_))
    return chains[:chosen] + single, chains[chosen:]


def _chain(row: dict[str, str], random_: random.Random) -> Chain:
    shows = random_.random() < 0.6
    legal = f"{row['name']} FRANCE" if shows else "".join(random_.sample(SYLLABLES, random_.choice((3, 4))))
    if random_.random() < 0.55:
        office = ("Paris", f"750{random_.randrange(1, 21):02d}")
    else:
        office = random_.choice([(spot.town, spot.postcode) for spot in spots()])
    return Chain(
        row["name"],
        tuple(alias for alias in row["aliases"].split("|") if alias)[:3],
        TRADES[row["val"]],
        0.3 + min(40.0, float(row["osm"] or 0)) ** 0.6,
        legal + random_.choice((" SAS", " SA", " SARL", "")),
        shows,
        office,
        random_.random() < 0.55,
        independent=False,
    )


def _independent(name: str, random_: random.Random) -> Chain:
    legal = f"SARL {random_.choice(_SECOND)} {random_.choice(SYLLABLES)}"
    spot = random_.choice(spots())
    codes = TRADES[random_.choice(sorted(TRADES))]
    return Chain(name, (), codes, 0.0, legal, False, (spot.town, spot.postcode), False, independent=True)


def _members(plan: Plan, chains: list[Chain], inside: list[Spot], random_: random.Random) -> list[Outlet]:
    brands = [chain for chain in chains if not chain.independent]
    found: list[Outlet] = []
    for chain in chains:
        if chain.independent:
            found.append(_outlet(plan, f"S{len(found):06d}", chain, random_.choice(inside), True, random_))
    taken = {(outlet.chain.name, outlet.spot.centre) for outlet in found}
    weights = [chain.weight for chain in brands]
    tries = 0
    while len(found) < plan.shops and tries < plan.shops * 20:
        tries += 1
        chain, spot = random_.choices(brands, weights)[0], random_.choice(inside)
        if (chain.name, spot.centre) not in taken:
            taken.add((chain.name, spot.centre))
            found.append(_outlet(plan, f"S{len(found):06d}", chain, spot, True, random_))
    return found


def _rivals(plan: Plan, members: list[Outlet], every: list[Spot], random_: random.Random) -> list[Outlet]:
    by_town: dict[str, list[Spot]] = {}
    for spot in every:
        by_town.setdefault(spot.town, []).append(spot)
    taken = {(outlet.chain.name, outlet.spot.centre or outlet.spot.street) for outlet in members}
    pairs = sorted({(outlet.chain.name, outlet.spot.town) for outlet in members})
    chains = {outlet.chain.name: outlet.chain for outlet in members if not outlet.chain.independent}
    found: list[Outlet] = []
    for name, town in pairs:
        big = len(by_town[town]) > 3
        if name not in chains or random_.random() >= (plan.rivals_big if big else plan.rivals_small):
            continue
        free = [spot for spot in by_town[town] if (name, spot.centre or spot.street) not in taken]
        spot = random_.choice(free) if free else _beside(random_.choice(by_town[town]), random_)
        found.append(_outlet(plan, f"R{len(found):06d}", chains[name], spot, False, random_))
    names = sorted(chains)
    streets = [each for each in every if each.street]
    for _ in range(round(plan.far * len(members))):
        chain = chains[random_.choice(names)]
        spot = random_.choice(streets) if streets and random_.random() >= 0.8 else far_town(random_)
        found.append(_outlet(plan, f"R{len(found):06d}", chain, spot, False, random_))
    return found


def _beside(spot: Spot, random_: random.Random) -> Spot:
    """A street of the same town, sometimes with the same postcode."""
    postcode = spot.postcode
    if spot.town in ("Paris", "Lyon", "Marseille"):
        postcode = postcode[:3] + f"{random_.randrange(1, {'Paris': 21, 'Lyon': 10, 'Marseille': 17}[spot.town]):02d}"
    latitude = round(spot.latitude + random_.uniform(-0.03, 0.03), 4)
    longitude = round(spot.longitude + random_.uniform(-0.03, 0.03), 4)
    return Spot(
        "",
        (),
        spot.town,
        spot.card_towns,
        postcode,
        latitude,
        longitude,
        random_.choice(("Rue du Marché", "Bd Gambetta")),
    )


def _outlet(plan: Plan, id_: str, chain: Chain, spot: Spot, member: bool, random_: random.Random) -> Outlet:
    number = str(random_.randrange(11, 9_999)) if chain.numbered else ""
    told = random_.random() < plan.card_towns
    entry = OutletEntry(
        id=id_,
        name=chain.name,
        brand=chain.name,
        member=member,
        legal_name=chain.legal_name if random_.random() < 0.7 else "",
        city=spot.town,
        other_cities=tuple(town for town in spot.card_towns if not any(c.isdigit() for c in town)) if told else (),
        postcode=spot.postcode,
        centre=spot.centre if not spot.street else "",
        centre_names=spot.short if told else (),
        latitude=spot.latitude if random_.random() < 0.9 else None,
        longitude=spot.longitude,
        category_codes=chain.codes if random_.random() < 0.9 else (),
        store_number=number,
    )
    return Outlet(entry, chain, spot)
