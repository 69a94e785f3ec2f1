"""The audit of plans is able to fail: each invariant is broken by hand, as the owner, and named by the report."""

from collections.abc import AsyncIterator

import pytest
from plan_world import LIGHT, Plans, plan_world
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.audit import audit
from cashback.audit.plans import INVARIANTS
from cashback.db.engine import open_engine
from cashback.instalments.schemas import Lender

BROKEN: dict[str, str] = {
    "a plan's transfers lead where its rows say": (
        "UPDATE transfers SET amount = amount + 1 WHERE credit = 'plans:collected' AND reason = 'plan_collected'"
    ),
    "what is left of a plan's principal and what was refunded are its amount": (
        "UPDATE plans SET refunded_minor = refunded_minor + 1 WHERE state = 'active'"
    ),
    "a plan is active exactly as long as something of it is open": (
        "UPDATE plans SET state = 'completed' WHERE state = 'active'"
    ),
    "only a partner lends for a purchase that was made, and what is lent is with its lender": (
        "UPDATE plans SET lender = 'merchant' WHERE funded_at IS NOT NULL"
    ),
    "the moves of a plan are counted and end where it stands": "DELETE FROM plan_moves WHERE number = 2",
    "an instalment stands as its last move left it": (
        "UPDATE instalments SET due_on = due_on + 1 WHERE state = 'open' AND number = 3"
    ),
    "a sale at checkout is evidence exactly of a plan that has begun": (
        "UPDATE statements SET amount_minor = amount_minor + 1 WHERE network = 'checkout' AND kind = 'clearing'"
    ),
    "a plan has followed what was given back of its sale": (
        "UPDATE purchases SET refunded_minor = 20000 WHERE network = 'checkout'"
    ),
}


@pytest.fixture
async def plans(engine: AsyncEngine) -> Plans:
    """Anna pays one sale in parts, of which some was given back, and another that the partner has paid."""
    made = await plan_world(engine)
    first = await made.begun()
    await made.refund(await made.do("collected", first, {2: 100_00}), 10_00)
    await made.do("lender_paid", await made.begun(regime=LIGHT, lender=Lender.PARTNER, fee=2_00))
    await made.open()
    await made.audit()
    return made


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The owner of the database, whom no policy stops."""
    opened = open_engine(database_url, role=None, pool_size=1)
    yield opened
    await opened.dispose()


async def test_each_broken_invariant_is_named(plans: Plans, owner: AsyncEngine) -> None:
    operator_id = plans.world.operator_id
    assert set(INVARIANTS) == set(BROKEN)
    for invariant, wrong in BROKEN.items():
        async with owner.connect() as connection:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(operator_id),))
            statement = f"{wrong} AND operator_id = '{operator_id}'"
            assert (await connection.exec_driver_sql(statement)).rowcount > 0, invariant
            await connection.exec_driver_sql("SET LOCAL ROLE cashback_app")
            report = await audit(connection, operator_id, plans.now)
            await connection.rollback()
        assert invariant in {each.invariant for each in report.breaches}
    await plans.audit()
