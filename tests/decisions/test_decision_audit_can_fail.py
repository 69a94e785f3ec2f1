"""The audit of decisions is able to fail: each invariant is broken by hand, as the owner, and named by the report."""

from collections.abc import AsyncIterator

import pytest
from deciding import House, a_house, policy_with
from ledgers import seal_all
from sqlalchemy.ext.asyncio import AsyncEngine
from test_reviewing import contested, overturn, read

from cashback.audit import audit
from cashback.audit.decisions import INVARIANTS
from cashback.db.engine import open_engine
from cashback.decisions.accepting import Opened
from cashback.decisions.rulebooks import Role

SEALED = "what was sealed stands as it was sealed"
BROKEN: dict[str, str] = {
    "a decision's record is what was logged of it": "DELETE FROM decision_records WHERE true",
    "the rules of one role hold one after the other": "UPDATE credit_rules SET live_until = NULL WHERE true",
    "a decision was logged, under the pseudonym of its shopper": (
        "UPDATE decision_subjects SET pseudonym = gen_random_uuid() WHERE true"
    ),
    "a quote that was accepted opened the plan that it names": "UPDATE plans SET decision_id = id WHERE true",
    "a review that overturned names a decision by people": (
        "UPDATE decision_reviews SET new_decision_id = decision_id WHERE true"
    ),
    SEALED: "UPDATE decision_log SET automated = NOT automated WHERE true",
}


@pytest.fixture(scope="module")
async def house(engine: AsyncEngine) -> House:
    """Anna was refused, people overturned that, and she accepted their quote; rules were changed twice."""
    made = await a_house(engine)
    await made.load(Role.POLICY, policy_with("first", quote_minutes=20))
    made.pass_days(0.1)
    await made.load(Role.POLICY, policy_with("second", quote_minutes=10))
    _, review = await contested(made)
    answered = await read(made, await overturn(made, review, "ada"))
    assert isinstance(await made.accept(answered, "2x"), Opened)
    await seal_all(made.world)
    await made.audit()
    return made


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The owner of the database, whom no policy stops."""
    opened = open_engine(database_url, role=None, pool_size=1)
    yield opened
    await opened.dispose()


@pytest.mark.parametrize("invariant", BROKEN)
async def test_a_broken_invariant_is_named(house: House, owner: AsyncEngine, invariant: str) -> None:
    operator_id = house.world.operator_id
    async with owner.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(operator_id),))
        statement = f"{BROKEN[invariant]} AND operator_id = '{operator_id}'"
        assert (await connection.exec_driver_sql(statement)).rowcount > 0
        await connection.exec_driver_sql("SET LOCAL ROLE cashback_app")
        report = await audit(connection, operator_id, house.world.now)
        await connection.rollback()
    named = {each.invariant: each.row for each in report.breaches}
    assert named.get(invariant)
    await house.world.audit()


def test_every_invariant_was_broken() -> None:
    assert {*INVARIANTS, SEALED} == set(BROKEN)
