"""Which lots a payout consumes: the one place where payouts meet the lots of rewards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.payouts.schemas import Payout


async def use(connection: AsyncConnection, operator_id: UUID, payout: Payout, now: datetime) -> None:
    """A payout was asked for: its amount is taken from the lots that expire first."""


async def give_back(connection: AsyncConnection, operator_id: UUID, payout: Payout, now: datetime) -> None:
    """A payout's amount is the shopper's again: it goes to the lots it was taken from."""
