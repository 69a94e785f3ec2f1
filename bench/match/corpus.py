"""Labelled descriptors: a contract keeps its habits for ever, a transaction draws a terminal and a bank.

`make_corpus(world, shares, seed, rows)` is reproducible byte for byte. The label of a row is the id of a shop of the
programme, or empty. A row of an outlet outside it names that outlet in `truth`, so that rivals can be learned.
"""

import csv
import random
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.match.places import Spot, far_town
from bench.match.texts import FACILITATORS, HOSTS, NOISE, Shares, banked, cut, spelled
from bench.match.world import TRADES, Chain, Outlet, World
from cashback.merchants.evidence import Sighting
from cashback.merchants.evidence.towns import plain

PER_CONTRACT = (1, 2, 2, 3, 3, 4, 6)
_STRATA = ("other_town", "same_town", "online", "stranger", "similar", "public")
_STRATA_SHARES = (28, 20, 10, 18, 16, 8)
_PUBLIC = (
    "RATP",
    "SNCF VOYAGEURS",
    "INDIGO PARKING",
    "EFFIA STATIONNEMENT",
    "DGFIP IMPOT",
    "Q PARK",
    "APRR AUTOROUTE",
    "TISSEO",
)
_HEADER = (
    *("id", "descriptor", "city", "postcode", "country", "category_code", "latitude", "longitude", "online", "mid"),
    *("shop", "stratum", "brand", "feed"),
)
_GENERIC_CODES = ("5999", "5399", "7299", "8999")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled transaction."""

    sighting: Sighting
    mid: str
    terminal: str
    shop: str
    """The label: id of a shop of the programme, empty otherwise."""
    truth: str
    """Id of the outlet, of the programme or not, if the catalogue has it."""
    stratum: str
    brand: str
    """By which splits are kept apart."""
    feed: str
    visible: bool


@dataclass(frozen=True, slots=True)
class _Contract:
    mid: str
    terminals: tuple[str, ...]
    text: str
    city: str
    postcode: str
    code: str
    point: tuple[float, float] | None
    country: str
    online: bool | None
    visible: bool


def split_of(brand: str) -> int:
    """0 to 9: brands of one number are never trained and tested on both."""
    return zlib.crc32(f"split {brand}".encode()) % 10


def make_corpus(world: World, shares: Shares, seed: int, rows: int) -> list[Row]:
    """About so many labelled transactions of a world, in random order."""
    random_ = random.Random(f"corpus {seed}")
    members = [outlet for outlet in world.outlets if outlet.entry.member]
    found: list[Row] = []
    while len(found) < rows:
        if random_.random() < shares.negatives:
            found += _negative(world, members, shares, random_)
        else:
            outlet = random_.choice(members)
            for contract in _contracts(world, outlet, shares, random_, 2 if random_.random() < 0.25 else 1):
                found += _rows(contract, outlet, "member", shares, random_)
    random_.shuffle(found)
    return found[:rows]


def write(rows: Iterable[Row], path: Path) -> None:
    """A corpus as a file of descriptors with its labels."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        for number, row in enumerate(rows):
            s = row.sighting
            told = (s.descriptor, s.city, s.postcode, s.country, s.category_code, s.latitude, s.longitude)
            cells = ["" if value is None else value for value in told]
            online = "" if s.online is None else "yes" if s.online else "no"
            writer.writerow((number, *cells, online, row.mid, row.shop, row.stratum, row.brand, row.feed))


def _contracts(world: World, outlet: Outlet, shares: Shares, random_: random.Random, count: int) -> list[_Contract]:
    return [
        _contract(world, outlet.chain, outlet.spot, outlet.entry.store_number, shares, random_) for _ in range(count)
    ]


def _contract(world: World, chain: Chain, spot: Spot, number: str, shares: Shares, random_: random.Random) -> _Contract:
    name, visible = chain.name, True
    if random_.random() < shares.legal_name:
        name, visible = chain.legal_name, chain.legal_shows
    if random_.random() < shares.stale:
        name, visible = random_.choice(world.strangers).name, False
    text = spelled(name, random_, shares, chain.aliases if visible else ())
    if random_.random() < shares.host:
        text = f"{random_.choice(HOSTS)} {text}"
    text = _with_extras(text, spot, number, shares, random_)
    if random_.random() < (shares.facilitator_independent if chain.independent else shares.facilitator_chain):
        prefix = random_.choice(FACILITATORS)
        text = (prefix.rstrip(" *_") + " " if random_.random() < shares.star_dropped else prefix) + text
    text = cut(text, random_)
    if random_.random() < 0.1:
        text = text.title()
    city, postcode = _town(chain, spot, shares, random_)
    point = None
    if random_.random() < shares.coordinates:
        point = (
            round(spot.latitude + random_.gauss(0, 0.0009), 5),
            round(spot.longitude + random_.gauss(0, 0.0013), 5),
        )
    return _Contract(
        _mid(random_),
        _terminals(random_),
        text,
        city,
        postcode,
        _code(chain.codes, shares, random_),
        point,
        "FR",
        None,
        visible,
    )


def _with_extras(text: str, spot: Spot, number: str, shares: Shares, random_: random.Random) -> str:
    if number and random_.random() < shares.number:
        text += random_.choice(
            (f" {number}", f"#{number}", f" N{number}", f" MAG {number}", f" {int(number):05d}", f" {int(number):04d}")
        )
    elif not number and random_.random() < shares.stray_number:
        text += f" {random_.randrange(1, 9_999)}"
    if spot.short and random_.random() < shares.centre:
        text += f" {plain(random_.choice(spot.short))}"
    elif spot.street and random_.random() < shares.street:
        text += (
            f" {random_.randrange(1, 120)} {plain(spot.street)}" if random_.random() < 0.5 else f" {plain(spot.street)}"
        )
    if random_.random() < shares.town_in_text:
        text += f" {plain(random_.choice(spot.card_towns))}"
    if random_.random() < shares.noise:
        text += f" {random_.choice(NOISE)}"
    return text


def _town(chain: Chain, spot: Spot, shares: Shares, random_: random.Random) -> tuple[str, str]:
    draw = random_.random()
    has_postcode = random_.random() < shares.postcode
    if draw < shares.town_right:
        town = random_.choice(spot.card_towns) if random_.random() < 0.7 else spot.town
        if random_.random() < 0.06:
            town = f"{town} CEDEX"
        return _written(town, random_), spot.postcode if has_postcode else ""
    draw -= shares.town_right
    if draw < shares.town_office:
        office = chain.office[1] if random_.random() < 0.5 else spot.postcode
        return _written(chain.office[0], random_), office if has_postcode else ""
    draw -= shares.town_office
    if draw < shares.town_remote:
        remote = random_.choice(
            (f"01{random_.randrange(10**7, 10**8)}", f"0{random_.randrange(1, 9)}00 000 000", "WWW.SITE.FR")
        )
        return remote[:13], spot.postcode if has_postcode else ""
    return "", spot.postcode if has_postcode else ""


def _written(town: str, random_: random.Random) -> str:
    text = plain(town)
    if random_.random() < 0.3:
        text = text.replace("-", " ")
    if random_.random() < 0.05:
        text = text.title()
    return text[:13].rstrip()


def _mid(random_: random.Random) -> str:
    return "".join(random_.choices("0123456789", k=random_.choice((7, 15))))


def _terminals(random_: random.Random) -> tuple[str, ...]:
    return tuple(f"{random_.randrange(10**8):08d}" for _ in range(random_.choice((1, 1, 1, 2, 2, 3, 6))))


def _code(codes: tuple[str, ...], shares: Shares, random_: random.Random) -> str:
    if shares.code_missing and random_.random() < shares.code_missing:
        return ""
    draw = random_.random()
    if draw < shares.code_right:
        return random_.choice(codes)
    if draw < shares.code_right + shares.code_trade:
        return random_.choice(TRADES[random_.choice(sorted(TRADES))])
    return random_.choice(_GENERIC_CODES)


def _rows(
    contract: _Contract, outlet: Outlet | None, stratum: str, shares: Shares, random_: random.Random, brand: str = ""
) -> list[Row]:
    found = []
    for _ in range(random_.choice(PER_CONTRACT)):
        text, city, code, feed = contract.text, contract.city, contract.code, "network"
        if random_.random() < shares.bank:
            text, feed = banked(text, city if contract.country == "FR" else "", random_), "bank"
            city = "" if random_.random() < 0.7 else city
            code = "" if random_.random() < 0.6 else code
        latitude, longitude = contract.point or (None, None)
        sighting = Sighting(
            text,
            city or None,
            contract.postcode or None,
            contract.country,
            code or None,
            latitude,
            longitude,
            contract.online,
        )
        entry = outlet.entry if outlet else None
        found.append(
            Row(
                sighting,
                contract.mid,
                random_.choice(contract.terminals),
                entry.id if entry and entry.member else "",
                entry.id if entry and outlet and outlet.known else "",
                stratum,
                brand or (outlet.chain.name if outlet else ""),
                feed,
                contract.visible,
            )
        )
    return found


def _negative(world: World, members: list[Outlet], shares: Shares, random_: random.Random) -> list[Row]:
    stratum = random_.choices(_STRATA, _STRATA_SHARES)[0]
    model = random_.choice(members)
    if stratum in ("other_town", "same_town"):
        return _rival_rows(world, model, stratum, shares, random_)
    if stratum == "online":
        return _rows(_online(world, model.chain, shares, random_), None, stratum, shares, random_, model.chain.name)
    if stratum == "public":
        chain = Chain(
            random_.choice(_PUBLIC), (), ("4111",), 0, "", False, ("Paris", "75012"), False, independent=False
        )
        return _rows(
            _contract(world, chain, model.spot, "", shares, random_), None, stratum, shares, random_, chain.name
        )
    if stratum == "stranger":
        chain = random_.choice(world.strangers)
        number = str(random_.randrange(11, 9_999)) if chain.numbered else ""
        return _rows(
            _contract(world, chain, model.spot, number, shares, random_), None, stratum, shares, random_, chain.name
        )
    near = Chain(
        _similar(model.chain.name, random_), (), model.chain.codes, 0, "SARL X", False, model.chain.office, False, True
    )
    return _rows(
        _contract(world, near, model.spot, "", shares, random_), None, stratum, shares, random_, model.chain.name
    )


def _rival_rows(world: World, model: Outlet, stratum: str, shares: Shares, random_: random.Random) -> list[Row]:
    towns = {outlet.spot.town for outlet in world.by_chain[model.chain.name] if outlet.entry.member}
    rivals = [
        outlet
        for outlet in world.by_chain[model.chain.name]
        if not outlet.entry.member and (outlet.spot.town in towns) == (stratum == "same_town")
    ]
    if not rivals:
        candidates = [o for o in random_.choices(world.outlets, k=60) if not o.entry.member]
        rivals = [o for o in candidates if stratum == "other_town" or o.spot.card_towns[0] != o.spot.town][
            :1
        ] or candidates[:1]
    if not rivals:
        return []
    outlet = random_.choice(rivals)
    (contract,) = _contracts(world, outlet, shares, random_, 1)
    return _rows(contract, outlet, stratum, shares, random_)


def _online(world: World, chain: Chain, shares: Shares, random_: random.Random) -> _Contract:
    base = plain(chain.name)
    text = random_.choice(
        (
            f"{base.replace(' ', '')}.COM",
            f"WWW.{base.replace(' ', '')}.FR",
            f"PAYPAL *{base}",
            f"{base} ONLINE",
            f"{base} WEB",
            f"PAYPAL {base}",
        )
    )
    country = random_.choice(("FR", "FR", "LU", "IE", "ES"))
    city = random_.choice(
        (chain.office[0], "", "LUXEMBOURG" if country != "FR" else "", f"08{random_.randrange(10**7, 10**8)}")
    )
    made = _contract(world, chain, far_town(random_), "", shares, random_)
    told = True if random_.random() < 0.5 else None
    return _Contract(
        made.mid, made.terminals, cut(text, random_), plain(city)[:13], "", made.code, None, country, told, True
    )


def _similar(name: str, random_: random.Random) -> str:
    words = plain(name).split()
    kind = random_.randrange(5)
    if kind == 0:
        return (
            f"{words[0]} {random_.choice(('COIFFURE', 'OPTIQUE', 'CAFE', 'PIZZA', 'NAILS', 'MODE', 'HOME', 'BEAUTY'))}"
        )
    if kind == 1:
        return f"{random_.choice(('CHEZ', 'LE PETIT', 'NEW', 'MISS', 'LA'))} {words[-1]}"
    if kind == 2:
        return f"{words[0]}{random_.choice(('A', 'IA', 'ELLE', 'INO', 'ETTE', 'LAND'))}"
    letters = list(plain(name))
    for at in random_.sample(range(len(letters)), min(len(letters), kind - 1)):
        letters[at] = random_.choice([letter for letter in "ABCDEFGHIJKLMNOPRSTUV" if letter != letters[at]])
    return "".join(letters)
