"""Where shops are: real centres and streets, towns without one, and places that do not exist."""

import csv
import random
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent

SYLLABLES = (
    "VAL",
    "DIS",
    "MOD",
    "RETA",
    "COM",
    "FIN",
    "GES",
    "HOL",
    "TEX",
    "NOR",
    "SUD",
    "LUX",
    "MER",
    "DEX",
    "TRA",
    "PRO",
)
"""Pieces of invented names."""
_VILLAGE = (
    "ST JEAN",
    "ST PIERRE",
    "STE MARIE",
    "VILLENEUVE",
    "CHATEAUNEUF",
    "MONTFORT",
    "BEAUMONT",
    "ROCHEFORT",
    "BOISSY",
)
_OF = (
    "DU BOIS",
    "SUR LOIRE",
    "EN BRESSE",
    "LES BAINS",
    "DU VAL",
    "SUR SEINE",
    "LA FORET",
    "DES PRES",
    "EN AUGE",
    "DU LAC",
)
_FAR = (
    "Amiens|80000", "Reims|51100", "Perpignan|66000", "Mulhouse|68100", "Pau|64000", "Poitiers|86000",
    "La Rochelle|17000", "Le Mans|72000", "Troyes|10000", "Valence|26000", "Chambéry|73000", "Lorient|56100",
    "Quimper|29000", "Vannes|56000", "Béziers|34500", "Bayonne|64100", "Niort|79000", "Bourges|18000",
    "Évreux|27000", "Arras|62000", "Tarbes|65000", "Angoulême|16000", "Dunkerque|59140", "Versailles|78000",
    "Aix-en-Provence|13100", "Cannes|06400", "Saint-Malo|35400", "Boulogne-Billancourt|92100",
    "Saint-Denis|93200", "Montreuil|93100", "Argenteuil|95100", "Meaux|77100", "Antibes|06600",
    "Villeurbanne|69100", "Roubaix|59100", "Albi|81000", "Agen|47000", "Blois|41000", "Laval|53000",
    "Épinal|88000",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """A centre, or a street where there is none."""

    centre: str
    short: tuple[str, ...]
    town: str
    card_towns: tuple[str, ...]
    postcode: str
    latitude: float
    longitude: float
    street: str


@lru_cache(maxsize=1)
def spots() -> tuple[Spot, ...]:
    """The centres and streets."""
    with (HERE / "centres.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        Spot(
            row["centre"],
            tuple(filter(None, row["short"].split("|"))),
            row["town"],
            tuple(filter(None, row["card_towns"].split("|"))),
            row["postcode"],
            float(row["latitude"]),
            float(row["longitude"]),
            "" if row["street"] == "no" else row["street"],
        )
        for row in rows
    )


def village(random_: random.Random) -> Spot:
    """A street in a town that no list of larger towns has."""
    name = f"{random_.choice(_VILLAGE)} {random_.choice(_OF)}"
    return _far_spot(name, f"{random_.randrange(1, 96):02d}{random_.randrange(100, 999)}", random_)


def far_town(random_: random.Random) -> Spot:
    """A street in a town without a centre of the programme."""
    if random_.random() < 0.35:
        return village(random_)
    name, postcode = random_.choice(_FAR).split("|")
    return _far_spot(name, postcode, random_)


def imagined_places(count: int, seed: int) -> list[Spot]:
    """So many centres in towns that do not exist, with names of their own."""
    random_ = random.Random(f"places {seed}")
    found: dict[str, Spot] = {}
    while len(found) < count:
        town = f"{random_.choice(_VILLAGE)} {''.join(random_.sample(SYLLABLES, 2))} {random_.choice(_OF)}"
        spot = _far_spot(town, f"{random_.randrange(1, 96):02d}{random_.randrange(100, 999)}", random_)
        short = f"{''.join(random_.sample(SYLLABLES, 2))} {random_.randrange(2, 99)}"
        found.setdefault(town, replace(spot, centre=short.title(), short=(short,), street=""))
    return list(found.values())


def _far_spot(name: str, postcode: str, random_: random.Random) -> Spot:
    latitude, longitude = round(random_.uniform(43.2, 50.5), 4), round(random_.uniform(-1.5, 6.5), 4)
    return Spot(
        "",
        (),
        name,
        (name,),
        postcode,
        latitude,
        longitude,
        random_.choice(("Rue Nationale", "Grande Rue", "ZAC Nord")),
    )
