"""How a merchant's name comes to look on a card statement: habits of a terminal, and the wrapping of a bank."""

import random
from dataclasses import dataclass, fields

from cashback.merchants.evidence.towns import plain

ABBREVIATIONS = {
    "RESTAURANT": "REST", "BOULANGERIE": "BOUL", "PHARMACIE": "PHIE", "COIFFURE": "COIF", "MAISON": "MSN",
    "GALERIES": "GAL", "INTERNATIONAL": "INTL", "COMPAGNIE": "CIE", "SAINT": "ST", "BURGER": "BGR", "COFFEE": "COF",
}  # fmt: skip
FACILITATORS = (
    "SumUp  *",
    "SUMUP *",
    "Zettle_*",
    "SQ *",
    "PAYPLUG *",
    "CCV*",
    "LSP*",
    "PAY.nl*",
    "MYPOS *",
    "STRIPE *",
)
"""Those that shops have; a web shop's wallet is in the stratum `online`."""
HOSTS = ("GALERIES LAFAYETTE", "PRINTEMPS", "AUCHAN", "TOTAL RELAIS", "BHV", "CARREFOUR", "SNCF GARE", "ADP ORLY")
NOISE = ("FR", "MAG", "SC", "CB")
BANKS = (
    "FACTURE CARTE DU {dmy} {name:<16} {town}   CARTE 4974XXXXXXXX{card}",
    "FACTURE CARTE DU {dmy} {name} {town} CARTE 4974XXXXXXXX{card}",
    "ACHAT CB {name} {d}.{m}.{y} CARTE NUMERO {card}",
    "CARTE {d}/{m} {name} {town}",
    "CARTE {d}/{m}/{y} {name} {town} CB*{card}",
    "CARTE X{card} {d}/{m} {name}",
    "PAIEMENT CB {d}{m} {town} {name}",
    "CB {name} FACT {dmy}",
)
_VOWELS = str.maketrans("", "", "AEIOUYaeiouy")


@dataclass(frozen=True, slots=True)
class Shares:
    """How often each thing happens, 0 to 1; the defaults are those of the reference measurement."""

    legal_name: float = 0.035
    legal_suffix: float = 0.04
    leading: float = 0.02
    abbreviated: float = 0.04
    alias: float = 0.03
    typo: float = 0.02
    glued: float = 0.035
    title_case: float = 0.10
    number: float = 0.55
    stray_number: float = 0.06
    centre: float = 0.17
    street: float = 0.25
    town_in_text: float = 0.10
    noise: float = 0.10
    facilitator_independent: float = 0.38
    facilitator_chain: float = 0.02
    star_dropped: float = 0.3
    host: float = 0.006
    stale: float = 0.004
    bank: float = 0.22
    town_right: float = 0.80
    town_office: float = 0.04
    town_remote: float = 0.03
    postcode: float = 0.30
    coordinates: float = 0.08
    code_right: float = 0.86
    code_trade: float = 0.07
    code_missing: float = 0.0
    negatives: float = 0.30


CLEAN = Shares()
HARSH = Shares(
    legal_name=0.07,
    leading=0.0,
    abbreviated=0.07,
    alias=0.02,
    typo=0.04,
    glued=0.06,
    host=0.012,
    stale=0.008,
    town_right=0.62,
    town_office=0.08,
    town_remote=0.04,
    postcode=0.15,
)


def varied(random_: random.Random) -> Shares:
    """Shares somewhere between clean and a little harsher than harsh, each with a swing of its own."""
    way = random_.uniform(0.0, 1.15)
    found = {}
    for each in fields(Shares):
        low, high = getattr(CLEAN, each.name), getattr(HARSH, each.name)
        middle = low + way * (high - low)
        swing = 1.0 if each.name in ("town_right", "code_right", "negatives") else random_.uniform(0.6, 1.6)
        found[each.name] = max(0.0, min(0.95, middle * swing))
    found["code_missing"] = random_.choice((0.0, 0.0, 0.3, 1.0))
    return Shares(**found)


def spelled(name: str, random_: random.Random, shares: Shares, aliases: tuple[str, ...], first: bool = True) -> str:
    """A name as the person who set up the terminal wrote it."""
    if aliases and random_.random() < shares.alias:
        name = random_.choice(aliases)
    text = plain(name)
    text = text.replace("&", random_.choice((" ET ", " ", "&", "+", "  ")))
    marks = [mark for mark in "'-.,!/" if mark in text]
    if marks:
        fate = random_.random()
        for mark in marks:
            text = text.replace(mark, " " if fate < 0.5 else "" if fate < 0.8 else mark)
    if random_.random() < shares.abbreviated:
        text = _abbreviated(text, random_)
    if random_.random() < shares.typo:
        text = _mistyped(text, random_)
    if " " in text and random_.random() < shares.glued:
        text = text.replace(" ", "")
    if first and random_.random() < shares.leading:
        text = f"{random_.choice(('SARL', 'STE', 'MAG', 'BOUTIQUE'))} {text}"
    if random_.random() < shares.legal_suffix:
        text = f"{text} {random_.choice(('SAS', 'SARL', 'FR', 'FRANCE'))}"
    return " ".join(text.split())


def cut(text: str, random_: random.Random) -> str:
    """Cut to the width of a network or terminal."""
    width = random_.choices((22, 25, 16, 40), (45, 40, 8, 7))[0]
    return text[:width].rstrip()


def banked(text: str, town: str, random_: random.Random) -> str:
    """Wrapped as a bank prints it."""
    d, m, y = f"{random_.randrange(1, 29):02d}", f"{random_.randrange(1, 13):02d}", "26"
    form = random_.choice(BANKS)
    filled = form.format(
        dmy=d + m + y, d=d, m=m, y=y, name=text, town=town[:13], card=f"{random_.randrange(10_000):04d}"
    )
    return filled.strip()


def _abbreviated(text: str, random_: random.Random) -> str:
    words = text.split()
    if any(word in ABBREVIATIONS for word in words):
        return " ".join(ABBREVIATIONS.get(word, word) for word in words)
    if random_.random() < 0.5 and len(text) > 5:
        return " ".join(word[:1] + word[1:].translate(_VOWELS) for word in words)
    return " ".join(word[:4] for word in words)


def _mistyped(text: str, random_: random.Random) -> str:
    if len(text) < 4:
        return text
    at = random_.randrange(1, len(text) - 1)
    kind = random_.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + random_.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") + text[at + 1 :]
