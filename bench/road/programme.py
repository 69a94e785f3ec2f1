"""The programme that the road is measured with: 60 shops, 10 offers, four assets, one conversion, one budget.

Written as a table, from which both the programme file and the independent model (`bench.road.oracle`) are made.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cashback.programme_file.document import ProgrammeFile
from cashback.programme_file.reading import parse

CURRENCY = "EUR"
SHOPS = 60
VISITED = range(50)
"""Shops in which the load buys; what was stored before it (`bench.road.history`) was bought in the others."""
CATEGORIES = ("5812", "5651", "5411", "5942", "5732", "5977")
"""Shop number n is of category n modulo 6: restaurants, clothes, groceries, books, electronics, cosmetics."""
POINTS = "PTS"
THRESHOLD, CONVERTS_TO = 100, 200
"""100 points become 2.00 EUR."""
BUDGET_MINOR = 50_000_000
"""Never used up, so that what each purchase earns does not depend on the order of the load."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer. Amounts are minor units of EUR, or units of `asset`."""

    code: str
    asset: str
    hold_days: int
    minimum: int = 0
    shops: range | None = None
    category: str | None = None
    last_day: date | None = None
    rate_bps: int = 0
    round_down: bool = False
    fixed: int = 0
    per: int = 0
    cap: int | None = None
    budget: int | None = None


OFFERS = (
    Offer("everywhere", CURRENCY, 14, minimum=1500, rate_bps=300, cap=600),
    Offer("fashion", CURRENCY, 30, minimum=4000, shops=range(6, 18), rate_bps=800, round_down=True, cap=1200),
    Offer("tables", CURRENCY, 7, minimum=1000, category="5812", rate_bps=500, cap=500),
    Offer("launch", CURRENCY, 14, minimum=2000, shops=range(40, 46), rate_bps=1000, cap=1500, budget=BUDGET_MINOR),
    Offer("screens", CURRENCY, 30, minimum=10000, category="5732", rate_bps=250, cap=2500),
    Offer("books", CURRENCY, 0, category="5942", fixed=50),
    Offer("club", POINTS, 14, minimum=1000, fixed=40),
    Offer("beauty", POINTS, 14, minimum=2000, category="5977", fixed=60),
    Offer("parking", "PARKMIN", 0, minimum=2000, category="5411", fixed=60),
    Offer("draw", "TICKET:draw", 0, last_day=date(2100, 12, 31), per=2500, cap=5),
)


def mid(shop: int) -> str:
    """The merchant identifier of a shop."""
    return f"00771{shop:05d}"


def programme(offers: Sequence[Offer] = OFFERS) -> ProgrammeFile:
    """The programme file of the table, or of some of its offers."""
    return parse(json.dumps(_document(offers)), "bench")


def _document(offers: Sequence[Offer]) -> dict[str, Any]:
    return {
        "programme": {"code": "bench", "name": "Bench", "zone": "Europe/Paris", "currency": CURRENCY},
        "centres": [{"code": "centre", "name": "Centre", "country": "FR"}],
        "assets": [
            {"code": CURRENCY, "kind": "money", "name": {"en": "cashback", "fr": "cashback"}},
            {
                "code": POINTS,
                "kind": "points",
                "name": {"en": "points", "fr": "points"},
                "conversion": {"threshold": THRESHOLD, "into": CURRENCY, "amount": _euros(CONVERTS_TO)},
            },
            {"code": "PARKMIN", "kind": "minutes", "name": {"en": "minutes", "fr": "minutes"}},
            {"code": "TICKET:draw", "kind": "ticket", "name": {"en": "entries", "fr": "participations"}},
        ],
        "shops": [
            {
                "code": f"shop-{shop}",
                "name": f"Shop {shop}",
                "centre": "centre",
                "category": CATEGORIES[shop % len(CATEGORIES)],
                "identifiers": [{"network": "sandbox", "scheme": "mid", "value": mid(shop)}],
            }
            for shop in range(SHOPS)
        ],
        "offers": [_offer(offer) for offer in offers],
    }


def _offer(offer: Offer) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [{"kind": "centres", "centres": ["centre"]}]
    if offer.shops is not None:
        conditions.append({"kind": "shops", "shops": [f"shop-{shop}" for shop in offer.shops]})
    if offer.category is not None:
        conditions.append({"kind": "categories", "categories": [offer.category]})
    if offer.last_day is not None:
        conditions.append({"kind": "dates", "last_day": offer.last_day.isoformat()})
    if offer.minimum:
        conditions.append({"kind": "minimum_spend", "amount": _euros(offer.minimum)})
    written = {
        "code": offer.code,
        "name": {"en": offer.code, "fr": offer.code},
        "conditions": conditions,
        "reward": _reward(offer),
        "hold_days": offer.hold_days,
    }
    return written if offer.budget is None else written | {"budget": _euros(offer.budget)}


def _reward(offer: Offer) -> dict[str, Any]:
    def amount(units: int) -> str | int:
        return _euros(units) if offer.asset == CURRENCY else units

    reward: dict[str, Any] = {"asset": offer.asset}
    if offer.rate_bps:
        reward |= {"kind": "percent", "rate_bps": offer.rate_bps, "rounding": "down" if offer.round_down else "half_up"}
    elif offer.per:
        reward |= {"kind": "per_unit", "units": amount(1), "per": _euros(offer.per)}
    else:
        reward |= {"kind": "fixed", "amount": amount(offer.fixed)}
    return reward if offer.cap is None else reward | {"cap_per_purchase": amount(offer.cap)}


def _euros(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
