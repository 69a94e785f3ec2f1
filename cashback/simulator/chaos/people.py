"""Who lives in the world: the shops as each source names them, the shoppers with their cards and accounts.

The programme that goes with it names the shops by what an operator knows of them: the network's location and the MID of
the contract that ran when the programme was made.
"""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cashback.simulator.chaos.rates import Disturbance, Rates

ZONE = ZoneInfo("Europe/Paris")
CURRENCY = "EUR"
TOWN = "PARIS"
NIGHT_CATEGORIES = frozenset({"5813", "5542"})
"""Bars and the petrol station are open when clocks change."""
FUEL = "5542"
PURCHASES_OF_A_SHOPPER = 40
"""On average, in half a year."""

_SHOPS = (
    ("boulangerie-roselet", "Boulangerie Roselet", "5462"),
    ("marche-tilleul", "Marché du Tilleul", "5411"),
    ("supermarche-bellac", "Supermarché Bellac", "5411"),
    ("pharmacie-ormeau", "Pharmacie de l'Ormeau", "5912"),
    ("opticien-clairval", "Opticien Clairval", "8043"),
    ("fleurs-jonquille", "Fleurs Jonquille", "5992"),
    ("presse-du-parvis", "Presse du Parvis", "5994"),
    ("chocolats-vernon", "Chocolats Vernon", "5441"),
    ("librairie-septembre", "Librairie Septembre", "5942"),
    ("papeterie-plume-noire", "Papeterie Plume Noire", "5943"),
    ("jouets-marelle", "Jouets Marelle", "5945"),
    ("sport-cavalier", "Sport Cavalier", "5941"),
    ("yoga-mirabelle", "Yoga Mirabelle", "5655"),
    ("atelier-corvisier", "Atelier Corvisier", "5651"),
    ("maison-brugnon", "Maison Brugnon", "5651"),
    ("garance-montel", "Garance Montel", "5621"),
    ("eclipse-rousse", "Éclipse Rousse", "5621"),
    ("tailleur-landry", "Tailleur Landry", "5611"),
    ("petits-galets", "Petits Galets", "5641"),
    ("souliers-perrault", "Souliers Perrault", "5661"),
    ("sandale-et-vague", "Sandale & Vague", "5661"),
    ("maroquinerie-sauvin", "Maroquinerie Sauvin", "5948"),
    ("parfumerie-aubepine", "Parfumerie Aubépine", "5977"),
    ("bijoux-lazuli", "Bijoux Lazuli", "5944"),
    ("grand-bazar-tournier", "Grand Bazar Tournier", "5311"),
    ("bazar-amande", "Bazar Amande", "5331"),
    ("meubles-courtois", "Meubles Courtois", "5712"),
    ("table-et-faience", "Table & Faïence", "5719"),
    ("electro-mistral", "Électro Mistral", "5732"),
    ("mobile-alizes", "Mobile Alizés", "4812"),
    ("animalerie-ronron", "Animalerie Ronron", "5995"),
    ("coiffure-epi", "Coiffure Épi", "7230"),
    ("bistrot-passerelle", "Bistrot La Passerelle", "5812"),
    ("brasserie-du-mail", "Brasserie du Mail", "5812"),
    ("trattoria-olmo", "Trattoria Olmo", "5812"),
    ("creperie-ker-ana", "Crêperie Ker Ana", "5812"),
    ("burger-tournebride", "Burger Tournebride", "5814"),
    ("cantine-soba", "Cantine Soba", "5814"),
    ("bar-des-ecluses", "Bar des Écluses", "5813"),
    ("bar-minuit-vingt", "Bar Minuit Vingt", "5813"),
    ("cinema-luciole", "Cinéma Luciole", "7832"),
    ("station-des-quais", "Station des Quais", FUEL),
)
_BILLED_IN = (("CHF", 9_412), ("GBP", 8_547))
"""Currencies of foreign accounts, and how many ten-thousandths of one are paid for a euro."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop with its acceptance contract."""

    code: str
    name: str
    category: str
    location: str
    """The network's id of it."""
    mid: str
    """Ten digits, zero first: as the operator knows it."""
    later_mid: str | None
    """The MID of a new contract that the operator was not told of."""
    later_from: datetime | None
    terminal_skew: timedelta
    """How far the terminal's clock is ahead."""

    def mid_at(self, at: datetime) -> str:
        """The MID of the contract that runs then."""
        drifted = self.later_mid is not None and self.later_from is not None and self.later_from <= at
        return self.later_mid if drifted and self.later_mid is not None else self.mid


@dataclass(frozen=True, slots=True)
class Card:
    """A card as network and issuer know it, from an instant on."""

    since: datetime
    network_token: str
    issuer_token: str
    last_four: str


@dataclass(frozen=True, slots=True)
class Shopper:
    """Somebody with one card, replaced at most once, and the account behind it."""

    name: str
    issuer: str
    """Adapter of the issuer: `lithic` or `stripe`."""
    account: str
    """The bank's token of the account."""
    cards: tuple[Card, ...]
    device_last_four: str | None
    """Of the number on the telephone that they sometimes pay with."""
    billed_in: str
    rate: int
    """Ten-thousandths of the billing currency for one euro."""

    def card_at(self, at: datetime) -> Card:
        """The card they had then."""
        return max((each for each in self.cards if each.since <= at), key=lambda each: each.since)

    def billed(self, amount_minor: int) -> int:
        """An amount in EUR as the account is charged."""
        return amount_minor if self.billed_in == CURRENCY else max(1, amount_minor * self.rate // 10_000)


def shops(seed: int, rates: Rates, begin: datetime, end: datetime) -> tuple[Shop, ...]:
    """All shops; some change their acquirer in the middle half of the time."""
    rng = random.Random(f"{seed}/shops")  # noqa: S311 - a game of chance, not a secret
    drifting = set(rng.sample(range(len(_SHOPS)), rates.count(Disturbance.MID_DRIFT, len(_SHOPS))))
    made = []
    for number, (code, name, category) in enumerate(_SHOPS):
        drifts = number in drifting
        since = begin + (end - begin) * rng.uniform(0.25, 0.75)
        made.append(
            Shop(
                code=code,
                name=name,
                category=category,
                location=an_id(rng),
                mid=f"0{rng.randrange(10**8, 10**9)}",
                later_mid=f"{rng.randrange(10**14, 10**15)}" if drifts else None,
                later_from=since.replace(microsecond=0) if drifts else None,
                terminal_skew=timedelta(seconds=rng.randint(-90, 90)),
            )
        )
    return tuple(made)


def shoppers(seed: int, rates: Rates, purchases: int, begin: datetime, end: datetime) -> tuple[Shopper, ...]:
    """As many as so many purchases are made by."""
    rng = random.Random(f"{seed}/shoppers")  # noqa: S311 - a game of chance, not a secret
    many = max(3, purchases // PURCHASES_OF_A_SHOPPER)
    chosen = {
        each: set(rng.sample(range(many), rates.count(each, many)))
        for each in (Disturbance.REISSUED, Disturbance.WALLET, Disturbance.FOREIGN_BILLING)
    }
    made = []
    for number in range(many):
        first = _a_card(rng, begin - timedelta(days=1))
        again = _a_card(rng, (begin + (end - begin) * rng.uniform(0.3, 0.7)).replace(microsecond=0))
        currency, rate = rng.choice(_BILLED_IN) if number in chosen[Disturbance.FOREIGN_BILLING] else (CURRENCY, 10_000)
        made.append(
            Shopper(
                name=f"shopper-{number + 1:05d}",
                issuer="lithic" if number % 2 else "stripe",
                account=an_id(rng),
                cards=(first, again) if number in chosen[Disturbance.REISSUED] else (first,),
                device_last_four=_four(rng) if number in chosen[Disturbance.WALLET] else None,
                billed_in=currency,
                rate=rate,
            )
        )
    return tuple(made)


def programme(known: Sequence[Shop]) -> str:
    """The programme file of the world: cashback with a minimum, a limit per month, and points in the evening."""
    lines = [
        "# The programme of a hostile world; docs/simulator.md.",
        f"programme: {{code: chaos, name: A hostile world, zone: {ZONE.key}, currency: {CURRENCY}}}",
        "centres:",
        "  - {code: quays, name: Centre of the quays, country: FR}",
        "assets:",
        "  - {code: EUR, kind: money, name: {en: cashback, fr: cashback}}",
        "  - {code: PTS, kind: points, name: {en: points, fr: points}}",
        "offers:",
        "  - code: five",
        '    conditions: [{kind: minimum_spend, amount: "10.00"}]',
        "    reward: {kind: percent, asset: EUR, rate_bps: 500}",
        '    limits: [{measure: amount, at_most: "15.00", per: shopper, period: month}]',
        "    hold_days: 14",
        "  - code: evening",
        '    conditions: [{kind: hours, ranges: [{from: "18:00", to: "20:00"}]}]',
        "    reward: {kind: fixed, asset: PTS, amount: 100}",
        "shops:",
    ]
    for each in known:
        names = (
            f"{{network: fidel, scheme: fidel_location, value: {each.location}}}",
            f'{{network: lithic, scheme: mid, value: "{each.mid}"}}',
            f'{{network: stripe, scheme: network_id, value: "{each.mid}"}}',
        )
        lines.append(f'  - code: {each.code}\n    name: "{each.name}"\n    centre: quays')
        lines.append(f'    category: "{each.category}"\n    identifiers:')
        lines += [f"      - {name}" for name in names]
    return "\n".join(lines) + "\n"


def an_id(rng: random.Random) -> str:
    """A UUID that the seed decides."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _a_card(rng: random.Random, since: datetime) -> Card:
    return Card(since, network_token=an_id(rng), issuer_token=an_id(rng), last_four=_four(rng))


def _four(rng: random.Random) -> str:
    return f"{rng.randrange(10_000):04d}"
