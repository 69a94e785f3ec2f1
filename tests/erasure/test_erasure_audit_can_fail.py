"""The audit is able to fail for people who were erased: each invariant is broken by hand and named."""

import pytest
from erasing import Erasing, a_person
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.audit import audit
from cashback.audit.erasures import INVARIANTS

A_SESSION = """
INSERT INTO sessions (operator_id, id, digest, role, subject_id, method, device, opened_at, seen_at, idle_seconds,
    expires_at) VALUES ('{o}', gen_random_uuid(), 'left over', 'shopper', '{s}', 'code', '', now(), now(), 1, now())
"""
BROKEN: dict[str, tuple[str, ...]] = {
    "who was erased is on the list of erasures, and nobody else": (
        "UPDATE shoppers SET erased_at = now() WHERE erased_at IS NULL",
        "UPDATE shoppers SET erased_at = NULL",
    ),
    "nothing leads to somebody who was erased": (
        "INSERT INTO shopper_references VALUES ('{o}', 'left over', '{s}')",
        A_SESSION,
        "UPDATE payout_accounts SET sealed = 'x'",
        "INSERT INTO shopper_facts VALUES ('{o}', '{s}', 'tag', 'x', now(), NULL, 'x', now())",
    ),
    "nothing of somebody who was erased waits": (
        "UPDATE purchases SET due_at = now() WHERE shopper_id = '{s}'",
        "UPDATE claims SET state = 'open', answered_at = NULL",
        "UPDATE rewards SET pending = 1, amount = amount + 1 WHERE shopper_id = '{s}' AND asset = 'EUR'",
        "UPDATE balances SET pending = 1 WHERE shopper_id = '{s}'",
    ),
}
CASES = [(invariant, number) for invariant, ways in BROKEN.items() for number in range(len(ways))]


@pytest.fixture(scope="module")
async def erased(engine: AsyncEngine) -> Erasing:
    made = await a_person(engine)
    await made.erase()
    await made.audit()
    return made


@pytest.mark.parametrize(("invariant", "way"), CASES)
async def test_a_trace_that_was_left_is_named(erased: Erasing, invariant: str, way: int) -> None:
    statement = BROKEN[invariant][way].format(o=erased.world.operator_id, s=erased.shopper_id)
    async with erased.world.connection() as connection:
        await connection.exec_driver_sql(statement)
        report = await audit(connection, erased.world.operator_id, erased.world.now)
        assert invariant in {each.invariant for each in report.breaches}
        await connection.rollback()
    await erased.audit()


def test_every_invariant_of_erasures_was_broken() -> None:
    assert set(BROKEN) == set(INVARIANTS)
