"""Points against the years they matured in: what was converted is what the sums of the years say."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.audit.report import Breach, Report
from cashback.db.engine import fetch
from cashback.offers.conversion import converted_units
from cashback.rewards.lot_proof import EXCHANGED
from cashback.rewards.snapshot import Snapshot

_MATURED = """
SELECT r.shopper_id, r.asset, extract(year FROM r.matures_at AT TIME ZONE $1)::int AS year,
    sum(r.available + r.expired)::bigint AS matured, bool_or(r.expires_at IS NOT NULL) AS ends
FROM rewards r WHERE r.available + r.expired > 0 AND r.shopper_id NOT IN (SELECT shopper_id FROM erasures)
GROUP BY 1, 2, 3
"""

_YEARS = """
SELECT shopper_id, asset, year, matured, converted, due_at FROM matured_years
WHERE shopper_id NOT IN (SELECT shopper_id FROM erasures)
"""


async def check_conversions(connection: AsyncConnection, snapshot: Snapshot, report: Report, now: datetime) -> None:
    """Compare the years of one operator with their rewards and with what was converted; those overdue only wait."""
    assets = snapshot.programme.assets
    matured: dict[tuple[UUID, str], dict[int, int]] = {}
    in_time: set[tuple[UUID, str]] = set()
    for shopper_id, asset, year, amount, ends in await fetch(connection, _MATURED, (snapshot.programme.zone.key,)):
        if assets[asset].conversion is not None:
            matured.setdefault((shopper_id, asset), {})[year] = amount
            if ends:
                in_time.add((shopper_id, asset))
    stored: dict[tuple[UUID, str], dict[int, tuple[int, int]]] = {}
    overdue: set[tuple[UUID, str]] = set()
    for shopper_id, asset, year, amount, converted, due_at in await fetch(connection, _YEARS):
        stored.setdefault((shopper_id, asset), {})[year] = (amount, converted)
        if due_at is not None and due_at <= now:
            overdue.add((shopper_id, asset))
    report.waiting += len(overdue)
    this_year = now.astimezone(snapshot.programme.zone).year
    for pair in matured.keys() | stored.keys():
        rule = assets[pair[1]].conversion
        held = {year: amount for year, (amount, _) in stored.get(pair, {}).items() if amount}
        if held != matured.get(pair, {}):
            report.breaches.append(
                Breach("a year holds what its rewards made available", f"{pair}: {held}, not {matured.get(pair)}")
            )
        if rule is None or pair in overdue or pair in in_time:  # where lots expire, their proof looks at exchanges
            continue
        expected = {year: units for year, units in converted_units(held, rule, this_year)[0].items() if units}
        posted = {year: units for year, (_, units) in stored.get(pair, {}).items() if units}
        if posted != expected:
            report.breaches.append(Breach(EXCHANGED, f"{pair}: {posted}, not {expected}"))
