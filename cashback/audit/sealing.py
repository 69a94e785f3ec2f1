"""Sealed tables against their chains: whole, or the newest block and some others, and how far the seals are behind."""

import random
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.audit.report import Breach, Report
from cashback.books.sealed import SEALED
from cashback.books.service import depth, head
from cashback.books.verify import verify, verify_some

SAMPLED_BLOCKS = 8
"""Blocks of each chain that are looked at beside the newest one; every audit looks at others."""


async def check_seals(
    connection: AsyncConnection, operator_id: UUID, report: Report, now: datetime, *, every: bool
) -> None:
    """Compare sealed rows with what was sealed. `every`: of all blocks, and every signature; else of a sample."""
    for sealed in SEALED:
        last = await head(connection, operator_id, sealed.chain)
        behind = await depth(connection, operator_id, sealed)
        report.unsealed += behind.rows
        if behind.oldest is not None:
            report.unsealed_since = min(behind.oldest, report.unsealed_since or behind.oldest)
        if every:
            found = await verify(connection, operator_id, sealed)
        else:
            chance = random.Random(now.timestamp())  # noqa: S311 - which blocks are looked at is no secret
            earlier = range(1, 1 if last is None else last.number)
            sample = chance.sample(earlier, min(SAMPLED_BLOCKS, len(earlier)))
            numbers = sorted(sample) + ([] if last is None else [last.number])
            found = await verify_some(connection, operator_id, sealed, numbers)
        report.breaches.extend(Breach("what was sealed stands as it was sealed", str(each)) for each in found.faults)
