"""What funders have spent of late, what budgets of offers may still cost them, and how long their money lasts.

No transfer is read for it: what stood on an account is written down once a day, so that what was spent since a day is a
difference of two balances, less what the funder paid meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.funding import storage
from cashback.funding.schemas import Mode, Standing
from cashback.ledger.chart import BANK, FUNDER, FUNDER_PREFIX
from cashback.offers.compiled import CompiledOffer
from cashback.offers.terms import Funder as Payer
from cashback.rewards.snapshot import Snapshot

WINDOW = timedelta(days=28)
"""So far back spending is looked at."""
KEPT = timedelta(days=400)
"""So long what stood on an account on a day is kept."""
BPS = 10_000

_KNOWN = "SELECT EXISTS (SELECT 1 FROM funder_days WHERE operator_id = $1 AND day = $2)"
_KEEP = """
INSERT INTO funder_days (operator_id, day, account, asset, balance)
SELECT $1, $2, t.* FROM unnest($3::text[], $4::text[], $5::bigint[]) AS t ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM funder_days WHERE operator_id = $1 AND day < $2"
_FROM = """
SELECT day, account, asset, balance FROM funder_days WHERE operator_id = $1 AND day = (
    SELECT min(day) FROM funder_days WHERE operator_id = $1 AND day >= $2)
"""
# Of the house, not of shoppers: a few a month.
_PAID = f"""
SELECT debit, credit, asset, sum(amount)::bigint FROM transfers
WHERE operator_id = $1 AND shopper_id = $1 AND posted_at >= $2 AND (debit = '{BANK}' OR credit = '{BANK}')
GROUP BY debit, credit, asset
"""  # noqa: S608 - built from constants
_LEFT = """
SELECT offer_id, asset, cap - granted FROM quotas WHERE operator_id = $1 AND bucket = 'total' AND granted < cap
"""


@dataclass(frozen=True, slots=True)
class Outlook:
    """One funder's money ahead, in minor units of the programme's currency; units of assets at what they are worth."""

    spent_minor: int | None
    """Since `since`, less what was taken back; None: no day is known to reckon from."""
    since: datetime | None
    committed_minor: int
    """What is left in the budgets of live offers that it may have to pay, at most. Offers without a budget add none."""
    daily_minor: int | None
    """Spent in a day, on average since then, rounded down."""
    lasts_until: datetime | None
    """When what it paid in is used up at this pace; None: it is invoiced after, spends nothing, or nothing is left."""


async def keep_day(connection: AsyncConnection, operator_id: UUID, day: date) -> bool:
    """Write down what stands on funders' accounts, once a day; False if that was done."""
    if (await fetch(connection, _KNOWN, (operator_id, day)))[0][0]:
        return False
    held = await storage.balances(connection, operator_id)
    rows = [(account, asset, balance) for account, found in held.items() for asset, balance in found.items()]
    columns = ([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    await connection.exec_driver_sql(_KEEP, (operator_id, day, *columns))
    await connection.exec_driver_sql(_FORGET, (operator_id, day - KEPT))
    return bool(rows)


async def outlooks(
    connection: AsyncConnection, snapshot: Snapshot, found: Iterable[Standing], now: datetime
) -> dict[str, Outlook]:
    """By account of these funders."""
    operator_id, zone = snapshot.operator_id, snapshot.programme.zone
    first = (now - WINDOW).astimezone(zone).date()
    then = await fetch(connection, _FROM, (operator_id, first))
    since = datetime.combine(then[0].day, time(0), zone).astimezone(UTC) if then else None
    before: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in then:
        before[row.account, row.asset] = row.balance
    paid = await _paid(connection, operator_id, since)
    committed = _committed(snapshot, await _left(connection, operator_id), now)
    return {
        each.funder.account: _outlook(snapshot, each, since, before, paid, committed, now)
        for each in found
    }  # fmt: skip


def _outlook(
    snapshot: Snapshot,
    each: Standing,
    since: datetime | None,
    before: Mapping[tuple[str, str], int],
    paid: Mapping[tuple[str, str], int],
    committed: Mapping[str, int],
    now: datetime,
) -> Outlook:
    account, promised = each.funder.account, committed.get(each.funder.account, 0)
    if since is None:
        return Outlook(None, None, promised, None, None)
    rates, spent = snapshot.book.worth, 0
    assets = {asset for name, asset in before if name == account} | each.balances.keys()
    for asset in assets & rates.keys():
        units = before.get((account, asset), 0) + paid.get((account, asset), 0) - each.balances.get(asset, 0)
        spent += units * rates[asset][0] // rates[asset][1]
    daily = spent * 86_400 // max(86_400, int((now - since).total_seconds()))
    lasts = None
    if each.funder.mode is Mode.PREPAID and daily > 0 and each.worth_minor > 0:
        lasts = now + timedelta(days=min(each.worth_minor // daily, 3_650))
    return Outlook(spent, since, promised, daily, lasts)


async def _paid(
    connection: AsyncConnection, operator_id: UUID, since: datetime | None
) -> Mapping[tuple[str, str], int]:
    """By account and asset: what funders paid in since then, less what they got back."""
    paid: defaultdict[tuple[str, str], int] = defaultdict(int)
    if since is not None:
        for debit, credit, asset, amount in await fetch(connection, _PAID, (operator_id, since)):
            account = credit if debit == BANK else debit
            paid[account, asset] += amount if debit == BANK else -amount
    return paid


async def _left(connection: AsyncConnection, operator_id: UUID) -> dict[UUID, tuple[str, int]]:
    return {row[0]: (row[1], row[2]) for row in await fetch(connection, _LEFT, (operator_id,))}


def _committed(snapshot: Snapshot, left: Mapping[UUID, tuple[str, int]], now: datetime) -> Mapping[str, int]:
    rates = snapshot.book.worth
    found: defaultdict[str, int] = defaultdict(int)
    for offer in snapshot.book.offers:
        live = offer.live_from <= now and (offer.live_until is None or now < offer.live_until)
        if not live or offer.offer_id not in left:
            continue
        asset, units = left[offer.offer_id]
        worth, per = rates.get(asset, (0, 1))
        shares = [(each.funder, each.share_bps) for each in offer.terms.funding] or [(Payer.OPERATOR, BPS)]
        for payer, share_bps in shares:
            for account in _accounts(snapshot, offer, payer):
                found[account] += units * worth // per * share_bps // BPS
    return found


def _accounts(snapshot: Snapshot, offer: CompiledOffer, payer: Payer) -> Iterable[str]:
    """Who may have to pay: of a shop or a brand each one that the offer names; an offer for all shops names none."""
    if payer is Payer.OPERATOR:
        return (FUNDER,)
    keys: Any = () if offer.keys is None else offer.keys.values
    named = "" if offer.keys is None else offer.keys.dimension
    shops = [snapshot.shops.shops[each] for each in keys if each in snapshot.shops.shops] if named == "shop" else []
    if payer is Payer.SHOP:
        return tuple(f"{FUNDER_PREFIX}shop:{each.id.hex}" for each in shops)
    brands = {each.brand for each in shops if each.brand} | (set(keys) if named == "brand" else set())
    return tuple(f"{FUNDER_PREFIX}brand:{each}" for each in sorted(brands))
