"""Offers and purchases of a made-up operator, seeded: the same numbers always make the same programme.

Conditions as the offers of shopping centres have them, 6.1 an offer: shops (1 to 12) on 89 %, centre on 99 %, minimum
spend and dates on all, weekdays and hours on 70 % each, segments on 60 %, first purchase on 25 %. What names no centre
names no shop either: it runs everywhere. A third has limits of each shopper and month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg.pgproto import pgproto

from cashback.offers.compiled import OfferVersion
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Fact, FactKind, Facts, History, Spend
from cashback.offers.terms import Terms

SHOPS_A_CENTRE = 60
SEGMENTS = 200
ZONE = ZoneInfo("Europe/Paris")
SEASON = date(2026, 9, 1)
SEASON_DAYS = 90
"""Days within which all purchases are made."""
OPENS_AT, CLOSES_AT = 9, 21
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHARE_PLACED, SHARE_SHOPS = 0.99, 0.89
SHARE_WEEKDAYS, SHARE_HOURS, SHARE_SEGMENTS, SHARE_FIRST = 0.70, 0.70, 0.60, 0.25
SHARE_LIMITED = 0.33
PURCHASES_A_SHOPPER = 5
ASSETS = ("EUR", "PTS", "PARKMIN")
POPULARITY = [1 / (rank + 4) ** 0.8 for rank in range(SHOPS_A_CENTRE)]
"""Of a centre's shops, Zipf-like: for purchases and for offers alike."""


def stored_id(number: int) -> UUID:
    """An id as the database's driver gives it, which is what decisions see."""
    found: UUID = pgproto.UUID(UUID(int=number).bytes)
    return found


@dataclass(frozen=True, slots=True)
class Spot:
    """A shop or a centre."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Town:
    """The places of an operator: shops stand in their centres' order, sixty to each."""

    centres: Sequence[Spot]
    shops: Sequence[Spot]


def make_town(centres: int) -> Town:
    """So many centres of sixty shops."""
    return Town(
        [Spot(stored_id(1_000_000 + each), f"centre-{each}", f"Centre {each}") for each in range(centres)],
        [Spot(stored_id(2_000_000 + each), f"shop-{each}", f"Shop {each}") for each in range(centres * SHOPS_A_CENTRE)],
    )


def make_offers(town: Town, count: int, seed: int = 1) -> list[OfferVersion]:
    """So many offers, live throughout; their dates say when they count."""
    random = Random(seed)
    return [
        OfferVersion(stored_id(3_000_000 + number), f"offer-{number}", 1, _terms(random, town), None, None)
        for number in range(count)
    ]


def compile_book(town: Town, offers: Sequence[OfferVersion]) -> OfferBook:
    """A fresh book, with nothing remembered."""
    zones = {centre.id: ZONE for centre in town.centres}
    return OfferBook.compile(offers, zones, ZONE, "EUR", shops=town.shops, centres=town.centres)


def make_histories(town: Town, purchases: int, seed: int) -> list[History]:
    """Purchases grouped into shoppers, each with the segments they are in and their purchases in order of time."""
    random = Random(seed)
    histories = []
    for shopper in range(-(-purchases // PURCHASES_A_SHOPPER)):
        number = seed * 10_000_000 + shopper
        joined = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=random.randrange(500))
        segments = random.sample(range(SEGMENTS), random.randint(3, 12))
        home = random.randrange(len(town.centres))
        left = min(PURCHASES_A_SHOPPER, purchases - shopper * PURCHASES_A_SHOPPER)
        spends = []
        for nth in range(left):
            centre = home if random.random() < 0.8 else random.randrange(len(town.centres))
            (shop,) = random.choices(range(SHOPS_A_CENTRE), POPULARITY)
            spends.append(_spend(random, town, centre, shop, number * PURCHASES_A_SHOPPER + nth))
        spends.sort(key=lambda spend: spend.purchased_at)
        said = [Fact(FactKind.SEGMENT, f"segment-{each}", joined) for each in segments]
        histories.append(History(stored_id(number), spends, Facts(said)))
    return histories


def _spend(random: Random, town: Town, centre: int, shop: int, number: int) -> Spend:
    place = town.shops[centre * SHOPS_A_CENTRE + shop]
    at = datetime(SEASON.year, SEASON.month, SEASON.day, OPENS_AT, tzinfo=ZONE).astimezone(UTC)
    at += timedelta(days=random.randrange(SEASON_DAYS), seconds=random.randrange((CLOSES_AT - OPENS_AT) * 3_600))
    minor = max(1_00, int(random.lognormvariate(3.5, 0.9) * 100))
    return Spend(
        purchase_id=stored_id(5_000_000_000_000 + number),
        ref=f"sandbox:{number:014d}",
        counts=True,
        net_minor=minor,
        gross_minor=minor,
        currency="EUR",
        purchased_at=at,
        cleared_at=at + timedelta(days=1),
        network="sandbox",
        card_id=stored_id(number // PURCHASES_A_SHOPPER),
        channel="in_store",
        shop_id=place.id,
        centre_id=town.centres[centre].id,
        category=f"{5_000 + shop}",
        brand=None,
        floor=None,
        area=None,
    )


def _terms(random: Random, town: Town) -> Terms:
    asset = random.choice(ASSETS)
    document: dict[str, Any] = {
        "currency": "EUR",
        "conditions": [*_where(random, town), *_when(random), *_who(random)],
        "reward": _reward(random, asset),
        "hold_days": random.choice((0, 14, 30)),
    }
    if random.random() < SHARE_LIMITED:
        document["limits"] = random.choice(
            (
                [{"measure": "times", "at_most": random.randint(1, 5), "per": "shopper", "period": "month"}],
                [{"measure": "amount", "at_most": random.randint(5_00, 50_00), "per": "shopper", "period": "month"}],
            )
        )
    return Terms.model_validate(document)


def _where(random: Random, town: Town) -> list[dict[str, Any]]:
    if random.random() >= SHARE_PLACED:
        return []
    centre = random.randrange(len(town.centres))
    placed: list[dict[str, Any]] = [{"kind": "centres", "centres": [town.centres[centre].code]}]
    if random.random() < SHARE_SHOPS / SHARE_PLACED:
        first = centre * SHOPS_A_CENTRE
        count = random.randint(1, 12)
        chosen: dict[int, None] = {}
        while len(chosen) < count:
            chosen |= dict.fromkeys(random.choices(range(SHOPS_A_CENTRE), POPULARITY))
        placed.append({"kind": "shops", "shops": [town.shops[first + each].code for each in chosen]})
    return placed


def _when(random: Random) -> list[dict[str, Any]]:
    begin = SEASON + timedelta(days=random.randint(-90, 45))
    end = begin + timedelta(days=random.randint(60, 240))
    asked: list[dict[str, Any]] = [{"kind": "dates", "first_day": begin.isoformat(), "last_day": end.isoformat()}]
    if random.random() < SHARE_WEEKDAYS:
        asked.append({"kind": "weekdays", "weekdays": random.sample(WEEKDAYS, random.randint(1, 4))})
    if random.random() < SHARE_HOURS:
        opens = random.randint(OPENS_AT, CLOSES_AT - 3)
        ranges = [{"from": f"{opens:02d}:00", "to": f"{min(CLOSES_AT, opens + random.randint(2, 4)):02d}:00"}]
        asked.append({"kind": "hours", "ranges": ranges})
    return asked


def _who(random: Random) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = [{"kind": "minimum_spend", "amount": random.randint(15, 150) * 100}]
    if random.random() < SHARE_SEGMENTS:
        chosen = random.sample(range(SEGMENTS), random.randint(1, 4))
        asked.append({"kind": "segments", "segments": [f"segment-{each}" for each in chosen]})
    if random.random() < SHARE_FIRST:
        asked.append({"kind": "nth_purchase", "n": 1})
    return asked


def _reward(random: Random, asset: str) -> dict[str, Any]:
    if asset == "EUR":
        return {
            "kind": "percent",
            "asset": asset,
            "rate_bps": random.choice((200, 500, 800)),
            "cap_per_purchase": 20_00,
        }
    if asset == "PTS":
        return {"kind": "per_unit", "asset": asset, "units": random.randint(1, 5), "per": 1_00}
    return {"kind": "fixed", "asset": asset, "amount": random.choice((30, 60, 120))}
