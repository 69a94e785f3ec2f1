"""The sale of a plan that began at checkout, entered as evidence and settled in the transaction of its beginning."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.instalments.schemas import Plan, Way
from cashback.rewards.snapshot import Snapshot


async def enter_sale(connection: AsyncConnection, snapshot: Snapshot, plan: Plan, now: datetime) -> None:
    """Enter what was bought; a plan that splits a purchase has its sale already."""
    if plan.way is not Way.CHECKOUT:
        return
