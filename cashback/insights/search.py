"""What the console's search finds: shops, offers and purchases, each by an index and a few at a time.

Purchases are found by their day, their amount, the last four digits of their card, or several of them together; members
as `seeking` says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.insights.house import House
from cashback.money import exponent

TEXT_MAX = 100
SHOWN = 8
"""Of each kind; one more is read, which tells whether there are more."""
PURCHASES_MOST = 200
"""Purchases that one search shows when all of them are asked for."""
LOOKED_AT = 5_000
"""Newest purchases that are looked through for an amount where no day is told."""
LOOKED_AT_OF_A_DAY = 100_000
"""The same of one day: all of them, at any programme that one centre has."""
SHORTEST = 2

_DAY_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_DAY_LOCAL = re.compile(r"(?<![\w/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\w/])")
_AMOUNT = re.compile(r"(?<![\d.,/-])(\d{1,6})[.,](\d{2})(?![\d.,/-])")
_FOUR = re.compile(r"(?<![\d.,/-])(\d{4})(?![\d.,/-])")

_SHOPS = """
SELECT s.id, s.code, s.name, s.floor, c.name AS centre FROM shops s
LEFT JOIN centres c ON c.operator_id = s.operator_id AND c.id = s.centre_id
WHERE s.operator_id = $1 AND (strpos(lower(s.name), $2) > 0 OR strpos(s.code, $2) > 0 OR strpos(lower(s.brand), $2) > 0)
ORDER BY strpos(lower(s.name), $2) <> 1, s.name, s.code LIMIT $3
"""
_SHOP = """
SELECT s.id, s.code, s.name, s.floor, c.name AS centre FROM shops s
LEFT JOIN centres c ON c.operator_id = s.operator_id AND c.id = s.centre_id WHERE s.operator_id = $1 AND s.id = $2
"""
_OFFERS = """
SELECT o.id, o.code, (SELECT r.terms -> 'name' ->> $2 FROM offer_revisions r
    WHERE r.operator_id = o.operator_id AND r.offer_id = o.id ORDER BY r.revision DESC LIMIT 1) AS draft
FROM offers o WHERE o.operator_id = $1 ORDER BY o.code
"""
_COLUMNS = """
p.id, p.shopper_id, p.purchased_at, p.net_minor, p.authorised_minor, p.cleared_minor, p.currency, p.state,
s.name AS shop, p.merchant ->> 'descriptor' AS descriptor
"""
_BY_TIME = f"""
SELECT {_COLUMNS} FROM (SELECT * FROM purchases WHERE operator_id = $1 AND purchased_at >= $2 AND purchased_at < $3
    AND state NOT IN ('superseded', 'witness') ORDER BY purchased_at DESC, id DESC LIMIT $4) AS p
LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
WHERE $5::bigint IS NULL OR $5 IN (p.net_minor, p.authorised_minor, p.cleared_minor)
ORDER BY p.purchased_at DESC, p.id DESC LIMIT $6
"""  # noqa: S608 - built from constants
_BY_CARD = f"""
SELECT {_COLUMNS} FROM (SELECT DISTINCT shopper_id, card_id FROM cards
    WHERE operator_id = $1 AND last_four = $2 LIMIT 200) AS c
CROSS JOIN LATERAL (SELECT * FROM purchases p WHERE p.operator_id = $1 AND p.shopper_id = c.shopper_id
    AND p.card_id = c.card_id AND p.purchased_at >= $3 AND p.purchased_at < $4
    AND p.state NOT IN ('superseded', 'witness')
    AND ($5::bigint IS NULL OR $5 IN (p.net_minor, p.authorised_minor, p.cleared_minor))
    ORDER BY p.purchased_at DESC LIMIT $6) AS p
LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
ORDER BY p.purchased_at DESC, p.id DESC LIMIT $6
"""  # noqa: S608 - built from constants


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed, as far as it is understood."""

    text: str
    day: date | None = None
    amount: str = ""
    """As typed, with a point: `12.50`."""
    last_four: str = ""
    rest: str = field(default="", compare=False)
    """What else was typed."""

    @property
    def of_purchases(self) -> bool:
        """Whether it tells one purchase from others."""
        return bool(self.day or self.amount or self.last_four)


@dataclass(frozen=True, slots=True)
class Found:
    """One hit; `name` and `sub` are what its kind is known by."""

    kind: str
    id: UUID
    code: str
    name: str
    sub: str = ""
    at: datetime | None = None
    amount_minor: int = 0
    currency: str = ""
    floor: str = ""
    """Of a shop."""


def wanted(text: str) -> Wanted:
    """A day (2026-11-20, 20/11/2026), an amount with two decimals, four digits of a card; else a text alone."""
    rest, day = text, None
    for pattern, order in ((_DAY_ISO, (0, 1, 2)), (_DAY_LOCAL, (2, 1, 0))):
        if found := pattern.search(rest):
            parts = [int(found.group(place + 1)) for place in order]
            try:
                day, rest = date(*parts), pattern.sub(" ", rest, count=1)
            except ValueError:
                continue
            break
    amount = _AMOUNT.search(rest)
    if amount:
        rest = _AMOUNT.sub(" ", rest, count=1)
    four = _FOUR.search(rest)
    if four:
        rest = _FOUR.sub(" ", rest, count=1)
    told = f"{amount[1]}.{amount[2]}" if amount else ""
    return Wanted(text, day, told, four[1] if four else "", rest.strip())


async def find_shops(connection: AsyncConnection, house: House, text: str) -> list[Found]:
    """Shops with the text in their name, brand or code; those that begin with it first."""
    if len(text) < SHORTEST:
        return []
    rows = await fetch(connection, _SHOPS, (house.programme.operator_id, text.lower(), SHOWN + 1))
    return [_shop(row) for row in rows]


async def find_shop(connection: AsyncConnection, house: House, shop_id: UUID) -> list[Found]:
    """The one with this id."""
    return [_shop(row) for row in await fetch(connection, _SHOP, (house.programme.operator_id, shop_id))]


async def find_offers(connection: AsyncConnection, house: House, text: str, language: str) -> list[Found]:
    """Offers with the text in their code or in their name, in any language; a draft by the name it would have."""
    if len(text) < SHORTEST:
        return []
    found, sought = [], text.lower()
    for row in await fetch(connection, _OFFERS, (house.programme.operator_id, language)):
        names = house.by_code.get(row.code, {})
        known = [*names.values(), *([row.draft] if row.draft else [])]
        if sought in row.code or any(sought in name.lower() for name in known):
            found.append(Found("offer", row.id, row.code, names.get(language) or row.draft or row.code, row.code))
    return found


async def find_purchases(
    connection: AsyncConnection, house: House, asked: Wanted, wanted: int = SHOWN + 1
) -> list[Found]:
    """The newest purchases of that day, amount and card; without a day, an amount is looked for among the newest."""
    programme = house.programme
    since, until = _between(asked.day, programme.zone)
    amount = None
    if asked.amount:
        amount = int(Decimal(asked.amount).scaleb(exponent(programme.currency)))
    if asked.last_four:
        values: tuple[Any, ...] = (programme.operator_id, asked.last_four, since, until, amount, wanted)
        rows = await fetch(connection, _BY_CARD, values)
    else:
        values = (programme.operator_id, since, until, LOOKED_AT if amount is not None else wanted, amount, wanted)
        most = SHOWN if amount is None else LOOKED_AT if asked.day is None else LOOKED_AT_OF_A_DAY
        values = (programme.operator_id, since, until, most, amount, SHOWN)
        rows = await fetch(connection, _BY_TIME, values)
    return [_purchase(row) for row in rows]


def _between(day: date | None, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if day is None:
        return datetime(1970, 1, 1, tzinfo=zone), datetime(9999, 1, 1, tzinfo=zone)
    begin = datetime.combine(day, time(), zone)
    return begin, datetime.combine(day + timedelta(days=1), time(), zone)


def _shop(row: Any) -> Found:
    return Found("shop", row.id, row.code, row.name, row.centre, floor=row.floor)


def _purchase(row: Any) -> Found:
    amount = row.net_minor or row.cleared_minor or row.authorised_minor
    name = row.shop or row.descriptor or ""
    return Found("purchase", row.id, "", name, "", row.purchased_at, amount, row.currency)


def sorts(found: Sequence[Found]) -> list[tuple[str, list[Found]]]:
    """Hits by kind, in the order of the page; kinds without a hit are left out."""
    kinds = ("member", "shop", "offer", "purchase")
    by_kind = [(kind, [each for each in found if each.kind == kind]) for kind in kinds]
    return [(kind, hits) for kind, hits in by_kind if hits]
