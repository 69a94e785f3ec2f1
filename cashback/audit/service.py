"""One audit of one operator's books, from the statements to the derivation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.audit.collecting import INVARIANTS as OF_COLLECTING
from cashback.audit.conversions import check_conversions
from cashback.audit.decisions import INVARIANTS as OF_DECISIONS
from cashback.audit.deriving import derive_all
from cashback.audit.erasures import INVARIANTS as OF_ERASURES
from cashback.audit.invariants import INVARIANTS
from cashback.audit.payouts import INVARIANTS as OF_PAYOUTS
from cashback.audit.plans import INVARIANTS as OF_PLANS
from cashback.audit.report import Breach, Report
from cashback.audit.sealing import check_seals
from cashback.db.engine import fetch
from cashback.rewards.lot_proof import broken_lots
from cashback.rewards.snapshot import load_snapshot

_TOTALS = """
SELECT asset, sum(pending + available + converted + paid + in_transit + expired)::bigint
FROM balances GROUP BY asset ORDER BY asset
"""


async def audit(connection: AsyncConnection, operator_id: UUID, now: datetime, *, every_seal: bool = False) -> Report:
    """Check every invariant of one operator's books, in the caller's transaction.

    `every_seal`: read every sealed row again, and every signature; without it a sample of the blocks.
    """
    report = Report()
    for name, statement in (INVARIANTS | OF_PAYOUTS | OF_PLANS | OF_DECISIONS | OF_COLLECTING | OF_ERASURES).items():
        row = (await connection.exec_driver_sql(statement)).first()
        if row is not None:
            report.breaches.append(Breach(name, ", ".join(str(value) for value in row)))
    await check_seals(connection, operator_id, report, now, every=every_seal)
    snapshot = await load_snapshot(connection, operator_id)
    await check_conversions(connection, snapshot, report, now)
    async for broken in broken_lots(connection, snapshot.programme, now):
        if isinstance(broken, UUID):
            report.waiting += 1
        else:
            report.breaches.append(Breach(*broken))
    await derive_all(connection, snapshot, operator_id, report, now)
    report.transfers = (await connection.exec_driver_sql("SELECT count(*) FROM transfers")).scalar_one()
    report.totals = dict(await fetch(connection, _TOTALS))
    return report
