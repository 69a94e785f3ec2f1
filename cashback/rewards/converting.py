"""Conversion of what matured: points that reach their threshold become money, year by year, or are undone."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.offers.lots import Stand
from cashback.programmes.schemas import Programme
from cashback.rewards import storage
from cashback.rewards.difference import Convertible, Difference
from cashback.rewards.plan import YearRow, conversion_plan

_NONE_EXPIRE: Mapping[Convertible, Stand] = {}


async def convert(
    connection: AsyncConnection,
    programme: Programme,
    found: Difference,
    convertible: Iterable[Convertible],
    now: datetime,
    aged: Mapping[Convertible, Stand] = _NONE_EXPIRE,
) -> list[tuple[YearRow, datetime | None]]:
    """Add what matured to the years, and convert what reaches the threshold, or undo what no longer does.

    `aged` says how lots stand of which any expires: there the order of time decides, not the sum of a year.
    """
    pairs = sorted(found.matured.keys() | set(convertible) | aged.keys())
    stored = await storage.years_of(connection, pairs)
    this_year = now.astimezone(programme.zone).year
    writes: list[tuple[YearRow, datetime | None]] = []
    for pair in pairs:
        rule = programme.assets[pair[1]].conversion
        if rule is None:
            continue
        rows = dict(stored[pair])
        for year, more in found.matured[pair].items() if pair in found.matured else ():
            row = rows.get(year) or YearRow(*pair, year, 0, 0, 0)
            rows[year] = replace(row, matured=row.matured + more)
        changed, transfers, carried = conversion_plan(rows, rule, *pair, this_year, aged.get(pair))
        rows.update({each.year: each for each in changed})
        due_at = _new_year(programme, this_year + 1) if carried >= rule.threshold else None
        newest = max(rows, default=this_year)
        writes.extend((row, due_at if year == newest else None) for year, row in rows.items())
        found.transfers.extend(transfers)
    return writes


def _new_year(programme: Programme, year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=programme.zone).astimezone(UTC)
