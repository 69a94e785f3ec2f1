"""What our books expect at a bank, read from payouts, invoices and the ledger."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ids import show
from cashback.iso20022.entries import Direction
from cashback.programmes.schemas import Programme, currency_of
from cashback.reconciliation.matching import normal
from cashback.reconciliation.movements import references_in
from cashback.reconciliation.schemas import Expected, Kind

GRACE = timedelta(days=5)
"""From when a person recorded a payment until it must be at the bank: it may be recorded before it arrives."""
PAYOUT_GRACE = timedelta(days=3)
"""From the day a bank or Stripe is to carry a payout out until it must be booked."""

_PAYMENTS = """
SELECT key, debit, asset, amount, posted_at FROM transfers
WHERE operator_id = $1 AND shopper_id = $1 AND (debit = 'bank' OR credit = 'bank') AND posted_at >= $2 ORDER BY id
"""
# A file that was never written is not with the bank, whatever its payouts wait for.
_PAYOUTS = """
SELECT p.id, p.asset, p.amount, p.state, p.batch_id, b.execution_on, p.first_sent_at FROM payouts p
LEFT JOIN payout_batches b ON b.operator_id = p.operator_id AND b.id = p.batch_id
WHERE p.operator_id = $1 AND p.rail = ANY('{sepa,stripe}') AND p.first_sent_at IS NOT NULL
    AND coalesce(b.execution_on, p.first_sent_at::date) >= $2
    AND (p.rail <> 'sepa' OR b.state = 'written')
ORDER BY p.id
"""
_INVOICES = """
SELECT i.number, i.kind, i.due_on, i.gross_minor - i.paid_minor AS due_minor, s.currency FROM invoices i
JOIN settlements s ON s.operator_id = i.operator_id AND s.id = i.settlement_id
WHERE i.operator_id = $1 AND i.issued_on >= $2 AND i.gross_minor > i.paid_minor ORDER BY i.number
"""
_PAID, _GIVEN_BACK = "paid", ("failed", "returned")


async def all_expected(
    connection: AsyncConnection, programme: Programme, since: datetime, named_since: datetime
) -> list[Expected]:
    """Everything that our books expect at a bank since an instant, and since an earlier one what has a reference."""
    recorded = await payments(connection, programme, named_since)
    owed = await invoices(connection, programme, named_since.date(), recorded)
    kept = [one for one in recorded if one.due_on >= since.date() or len(one.references) > 1]
    return [*await payouts(connection, programme, since.date()), *owed, *kept]


async def payouts(connection: AsyncConnection, programme: Programme, since: date) -> list[Expected]:
    """What was sent to shoppers over a bank or Stripe, and is to be carried out from a day on."""
    rows = await fetch(connection, _PAYOUTS, (programme.operator_id, since))
    found = []
    for row in rows:
        currency = currency_of(row.asset)
        if currency is None:
            continue
        on = row.execution_on or row.first_sent_at.astimezone(programme.zone).date()
        found.append(
            Expected(
                kind=Kind.PAYOUT,
                ref=show("pyt", row.id),
                amount_minor=row.amount,
                currency=currency,
                direction=Direction.OUT,
                due_on=on + PAYOUT_GRACE,
                end_to_end=row.id.hex,
                group=None if row.batch_id is None else row.batch_id.hex,
                recorded=row.state == _PAID,
                returned=row.state in _GIVEN_BACK,
            )
        )
    return found


async def invoices(
    connection: AsyncConnection, programme: Programme, since: date, recorded: Iterable[Expected]
) -> list[Expected]:
    """What invoices of a day or later still ask for, beyond the payments that were recorded under their numbers.

    A credit note is due on no day: it is taken off an invoice, or paid back when somebody asks.
    """
    paid: defaultdict[str, int] = defaultdict(int)
    for one in recorded:
        for text in {normal(each) for each in one.references}:
            paid[text] += one.amount_minor if one.direction is Direction.IN else -one.amount_minor
    found = []
    for row in await fetch(connection, _INVOICES, (programme.operator_id, since)):
        note = row.kind == "credit_note"
        left = row.due_minor + (paid[normal(row.number)] if note else -paid[normal(row.number)])
        if left > 0:
            found.append(
                Expected(
                    kind=Kind.INVOICE,
                    ref=row.number,
                    amount_minor=left,
                    currency=row.currency,
                    direction=Direction.OUT if note else Direction.IN,
                    due_on=row.due_on or date.max,
                    references=(row.number,),
                    recorded=False,
                )
            )
    return found


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
