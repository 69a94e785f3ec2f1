"""The lender's side of plans that a partner lends."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.instalments.schemas import Plan

_STATE = "SELECT state FROM lender_contracts WHERE shopper_id = $1 AND plan_id = $2"


async def contract_state(connection: AsyncConnection, plan: Plan) -> str | None:
    """Where the lender's contract of a plan stands; None: it was never proposed."""
    row: tuple[UUID, UUID] = (plan.shopper_id, plan.id)
    found = (await connection.exec_driver_sql(_STATE, row)).scalar()
    return None if found is None else str(found)
