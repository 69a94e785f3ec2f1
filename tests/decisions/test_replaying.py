"""Stored decisions are decided again: thousands of them give their own bytes, and an altered one is found."""

import os
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from applications import a_usury_table, drawn
from deciding import House, a_house, policy_with
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World

from cashback.db.engine import open_engine, transaction
from cashback.decision_log import service as log
from cashback.decision_log.service import PAGE, Kept
from cashback.decisions import rulebooks
from cashback.decisions.replaying import replay_all, replay_one, replay_sample
from cashback.decisions.rulebooks import Role
from cashback.ids import uuid7
from eligibility import Outcome, Rulebook, decide, encode, shipped_bytes
from eligibility.reading import plain

DECISIONS = 10_000 if os.environ.get("LAWS") == "thorough" else 2_000


def usury_bytes() -> bytes:
    """The made-up quarter of `a_usury_table`, as a file."""
    table = a_usury_table()
    quarters = [plain(each) for each in table.quarters]
    return encode({"format": 1, "id": table.id, "law": "L. 314-6", "currency": table.currency, "quarters": quarters})


async def rulebook_of(house: House) -> Rulebook:
    async with house.world.connection() as connection:
        return (await rulebooks.in_force(connection, house.world.operator_id, house.world.now)).rulebook


async def keep_drawn(house: House, count: int, seed: int) -> set[Outcome]:
    """So many decisions on applications that are drawn, kept a page at a time."""
    draw, rulebook, world = Random(seed), await rulebook_of(house), house.world
    outcomes, kept = set(), []
    for number in range(count):
        application = drawn(draw, number)
        decision = decide(rulebook, replace(application, plans=application.plans[:1]))
        outcomes.add(decision.outcome)
        kept.append(Kept(uuid7(world.now), UUID(int=number), world.now, decision.record))
    async with world.connection() as connection:
        force = await rulebooks.in_force(connection, world.operator_id, world.now)
        await rulebooks.keep_tables(connection, world.operator_id, force.bodies, "tests", world.now)
        for first in range(0, count, PAGE):
            await log.keep(connection, world.operator_id, kept[first : first + PAGE])
    return outcomes


async def test_thousands_of_stored_decisions_give_their_own_bytes(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    await house.load(Role.USURY, usury_bytes())
    await house.load(Role.CHALLENGER, shipped_bytes("card"))
    assert await keep_drawn(house, DECISIONS, 7) == set(Outcome)
    await house.load(Role.CHALLENGER, None)
    await house.load(Role.POLICY, policy_with("later", quote_minutes=10))
    async with house.world.connection() as connection:
        found = await replay_all(connection, house.world.operator_id)
        assert (found.decisions, found.others, found.faults) == (DECISIONS, 0, [])
        drawn_ones = await replay_sample(connection, house.world.operator_id, 20, "salt")
    assert (drawn_ones.decisions, drawn_ones.others) == (20, 0)


async def altered(database_url: str, world: World, statement: str, *values: Any) -> None:
    """What nobody may do to a record, done by the owner of the database without its trigger."""
    owner = open_engine(database_url, role=None, pool_size=1)
    try:
        async with transaction(owner, world.operator_id) as connection:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            await connection.exec_driver_sql(statement, values)
    finally:
        await owner.dispose()


async def test_a_record_that_was_altered_is_named_by_replay_and_by_the_audit(
    engine: AsyncEngine, database_url: str
) -> None:
    house = await a_house(engine)
    await keep_drawn(house, 3, 11)
    ((first,), *_) = await house.world.rows("SELECT id FROM decision_records ORDER BY id")
    await house.audit()
    await altered(
        database_url,
        house.world,
        """UPDATE decision_records SET record = convert_to(replace(convert_from(record, 'UTF8'),
        '"automated":true', '"automated":true '), 'UTF8') WHERE operator_id = $1 AND id = $2""",
        house.world.operator_id,
        first,
    )
    async with house.world.connection() as connection:
        found = await replay_one(connection, house.world.operator_id, first)
        everything = await replay_all(connection, house.world.operator_id)
    assert (found.others, everything.decisions, everything.others) == (1, 3, 1)
    report = await house.world.report()
    assert [each.invariant for each in report.breaches] == ["a decision's record is what was logged of it"]
