"""What our books expect at a bank, read from the ledger and from those who ask for money or send it."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.iso20022.entries import Direction
from cashback.programmes.schemas import Programme, currency_of
from cashback.reconciliation.movements import references_in
from cashback.reconciliation.schemas import Expected, Kind

GRACE = timedelta(days=5)
"""From when a person recorded a payment until it must be at the bank: it may be recorded before it arrives."""

_PAYMENTS = """
SELECT key, debit, asset, amount, posted_at FROM transfers
WHERE operator_id = $1 AND shopper_id = $1 AND (debit = 'bank' OR credit = 'bank') AND posted_at >= $2 ORDER BY id
"""


async def all_expected(
    connection: AsyncConnection, programme: Programme, since: datetime, named_since: datetime
) -> list[Expected]:
    """Everything that our books expect at a bank since an instant, and since an earlier one what has a reference."""
    found = await payments(connection, programme, named_since)
    return [one for one in found if one.due_on >= since.date() or len(one.references) > 1]


async def payments(connection: AsyncConnection, programme: Programme, since: datetime) -> list[Expected]:
    """What funders paid and were paid back, as people recorded it. Named by its key, so that an invoice's number in it
    is compared with what the payer wrote."""
    rows = await fetch(connection, _PAYMENTS, (programme.operator_id, since))
    found = []
    for row in rows:
        currency, key = currency_of(row.asset), row.key.removeprefix("funding:")
        if currency is None:
            continue
        found.append(
            Expected(
                kind=Kind.PAYMENT,
                ref=key,
                amount_minor=row.amount,
                currency=currency,
                direction=Direction.IN if row.debit == "bank" else Direction.OUT,
                due_on=row.posted_at.astimezone(programme.zone).date() + GRACE,
                references=(key, *references_in(key)),
            )
        )
    return found
