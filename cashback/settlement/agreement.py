"""Whether what was settled and what is still open come to what the ledger says of each funder, to the cent.

A settlement that was issued over books that do not agree would have to be corrected by another one; so this is looked
at before. The ledger's side is its own totals, which know nothing of settlements.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ledger.totals import totals
from cashback.settlement import storage

_OPEN = """
SELECT t.account, sum(t.amount)::bigint FROM (
    SELECT shopper_id, key, 'debit' AS side, debit AS account, amount FROM transfers
    WHERE operator_id = $1 AND asset = $2 AND debit LIKE 'funder:%'
    UNION ALL SELECT shopper_id, key, 'credit', credit, -amount FROM transfers
    WHERE operator_id = $1 AND asset = $2 AND credit LIKE 'funder:%') AS t
WHERE NOT EXISTS (
    SELECT 1 FROM settled_transfers h WHERE h.shopper_id = t.shopper_id AND h.key = t.key AND h.side = t.side)
GROUP BY t.account
"""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A funder of which the two say something else; minor units, above zero it owes."""

    account: str
    settled_minor: int
    """What its last settlement closed with, and everything that is in none yet."""
    ledger_minor: int


async def disagreements(connection: AsyncConnection, operator_id: UUID, currency: str) -> list[Disagreement]:
    """The funders whose settlements and open movements do not come to what stands in the ledger; none if all is well.

    Reads every movement that is in no settlement yet: seconds where a large month is open.
    """
    closings = await storage.before(connection, operator_id)
    still_open: dict[str, int] = {row[0]: row[1] for row in await fetch(connection, _OPEN, (operator_id, currency))}
    accounts = sorted(closings.keys() | still_open.keys())
    ledger = {
        each.account: -each.balance
        for each in await totals(connection, operator_id, accounts)
        if each.asset == currency
    }
    found = []
    for account in accounts:
        settled = closings[account][0] if account in closings else 0
        told = Disagreement(account, settled + still_open.get(account, 0), ledger.get(account, 0))
        if told.settled_minor != told.ledger_minor:
            found.append(told)
    return found
