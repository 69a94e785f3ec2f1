"""The audit of charges is able to fail: each invariant is broken by hand, as the owner, and named by the report."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from charge_double import ChargeDouble
from charged_world import Charged, charged_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import START

from cashback import checkout
from cashback.audit import audit
from cashback.audit.collecting import INVARIANTS
from cashback.db.engine import open_engine
from cashback.instalments import service

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

DUE = [date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 31)]
BROKEN: dict[str, str] = {
    "what was taken for a plan stands in its books": (
        "UPDATE collections SET state = 'failed' WHERE kind = 'due' AND state = 'succeeded'"
    ),
    "no charge gives back more than was taken by it": "UPDATE paybacks SET amount_minor = 10001 WHERE true",
    "a plan begins exactly with a first payment that succeeded": (
        "UPDATE collections SET kind = 'early' WHERE kind = 'first'"
    ),
    "the parts of a charge are its amount": "UPDATE collections SET parts = '{\"1\": 1}' WHERE kind = 'due'",
    "the moves of a charge are counted and end where it stands": (
        "DELETE FROM charge_moves WHERE to_state = 'calling'"
    ),
}


@pytest.fixture
async def charged(engine: AsyncEngine) -> AsyncIterator[Charged]:
    """Anna has paid two instalments, and part of them was given back."""
    async with ChargeDouble(START) as stripe:
        made = await charged_world(engine, stripe)
        plan = await made.an_active_plan(due=DUE)
        await made.pass_to(DUE[1])
        await made.collect()
        async with made.connection() as connection:
            snapshot = await made.world.stage.road.snapshots.current(connection, made.world.operator_id)
            held = await service.locked(connection, made.world.operator_id, plan.id)
            await checkout.refund(connection, snapshot, made.person(), held, 210_00, "some", made.now)
        await made.collect()
        await made.audit()
        yield made


def test_every_invariant_of_charges_is_broken_here() -> None:
    assert BROKEN.keys() == INVARIANTS.keys()


@pytest.mark.parametrize("invariant", BROKEN)
async def test_a_broken_invariant_of_charges_is_named(charged: Charged, database_url: str, invariant: str) -> None:
    operator_id = charged.world.operator_id
    owner = open_engine(database_url, role=None, pool_size=1)
    async with owner.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(operator_id),))
        statement = f"{BROKEN[invariant]} AND operator_id = '{operator_id}'"
        assert (await connection.exec_driver_sql(statement)).rowcount > 0
        await connection.exec_driver_sql("SET LOCAL ROLE cashback_app")
        report = await audit(connection, operator_id, charged.now)
        await connection.rollback()
    await owner.dispose()
    named = {each.invariant: each.row for each in report.breaches}
    assert named.get(invariant)
