"""The statements on funders, and what is summed of them in the ledger: no funder has a stored balance."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.funding.schemas import Funder, Mode
from cashback.ledger.chart import BANK, FUNDER_PREFIX
from cashback.ledger.totals import totals

_FUNDERS = """
SELECT account, name, mode, language, address, country, registration, vat_number, vat_bps, payment_days, alert_minor,
    low_since
FROM funders WHERE operator_id = $1 ORDER BY account
"""
_PUT = """
INSERT INTO funders (operator_id, account, name, mode, language, address, country, registration, vat_number, vat_bps,
    payment_days, alert_minor, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (operator_id, account) DO UPDATE SET name = EXCLUDED.name, mode = EXCLUDED.mode,
    language = EXCLUDED.language, address = EXCLUDED.address, country = EXCLUDED.country,
    registration = EXCLUDED.registration, vat_number = EXCLUDED.vat_number, vat_bps = EXCLUDED.vat_bps,
    payment_days = EXCLUDED.payment_days, alert_minor = EXCLUDED.alert_minor, updated_at = EXCLUDED.updated_at
"""
_OPEN_PAUSES = "SELECT funder, since, why FROM funding_pauses WHERE operator_id = $1 AND until IS NULL"
_WATCHED = """
SELECT EXISTS (SELECT 1 FROM funders WHERE operator_id = $1 AND (mode = 'prepaid' OR low_since IS NOT NULL))
    OR EXISTS (SELECT 1 FROM funding_pauses WHERE operator_id = $1 AND until IS NULL AND why = 'empty')
"""
# Of the house, not of shoppers: a few a month.
_PAYMENTS = f"""
SELECT reason, asset, amount, credit = '{BANK}' AS away, posted_at, key FROM transfers
WHERE operator_id = $1 AND shopper_id = $1 AND (debit = '{BANK}' AND credit = $2 OR credit = '{BANK}' AND debit = $2)
ORDER BY posted_at DESC, key DESC LIMIT 20
"""  # noqa: S608 - built from constants
_LOW = """
UPDATE funders SET low_since = CASE WHEN account = ANY($2::text[]) THEN coalesce(low_since, $3) END
WHERE operator_id = $1 AND (low_since IS NOT NULL) <> (account = ANY($2::text[])) RETURNING account
"""


async def funders(connection: AsyncConnection, operator_id: UUID) -> dict[str, Funder]:
    """Those that were told of, by account."""
    found = {}
    for row in await fetch(connection, _FUNDERS, (operator_id,)):
        found[row[0]] = Funder(row[0], row[1], Mode(row[2]), row[3], tuple(row[4]), *row[5:])
    return found


async def put(connection: AsyncConnection, operator_id: UUID, funder: Funder, now: datetime) -> None:
    """Keep a funder as it is told; whether it is low is found out anew."""
    await connection.exec_driver_sql(
        _PUT,
        (
            operator_id,
            funder.account,
            funder.name,
            funder.mode.value,
            funder.language,
            list(funder.address),
            funder.country,
            funder.registration,
            funder.vat_number,
            funder.vat_bps,
            funder.payment_days,
            funder.alert_minor,
            now,
        ),
    )


async def balances(connection: AsyncConnection, operator_id: UUID) -> dict[str, dict[str, int]]:
    """By account and asset: what every funder paid in less what it funded."""
    found: dict[str, dict[str, int]] = {}
    for each in await totals(connection, operator_id):
        if each.account.startswith(FUNDER_PREFIX):
            found.setdefault(each.account, {})[each.asset] = each.balance
    return found


async def open_pauses(connection: AsyncConnection, operator_id: UUID) -> Mapping[str, tuple[datetime, str]]:
    """By funder, as terms lead to it: since when it is paused, and why."""
    return {row[0]: (row[1], row[2]) for row in await fetch(connection, _OPEN_PAUSES, (operator_id,))}


async def payments(connection: AsyncConnection, operator_id: UUID, account: str) -> list[Any]:
    """A funder's last twenty: `reason`, `asset`, `amount`, whether it went `away` to the funder, `posted_at`, `key`."""
    return list(await fetch(connection, _PAYMENTS, (operator_id, account)))


async def any_watched(connection: AsyncConnection, operator_id: UUID) -> bool:
    """Whether there is a prepaid funder, or a mark or a pause left from one."""
    return bool((await connection.exec_driver_sql(_WATCHED, (operator_id,))).scalar())


async def mark_low(connection: AsyncConnection, operator_id: UUID, accounts: Iterable[str], now: datetime) -> list[str]:
    """Those that have little left are so since now, all others are not; answers whose mark changed."""
    return [account for (account,) in await fetch(connection, _LOW, (operator_id, list(accounts), now))]
