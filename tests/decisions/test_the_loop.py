"""Paying on time raises the score by what was promised, a delay lowers it and says why; and what is forgotten."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from deciding import House, a_house
from sqlalchemy.ext.asyncio import AsyncEngine
from test_replaying import keep_drawn

from cashback.checkout import enter_sale
from cashback.decisions import asking, means, monitoring, retention
from cashback.decisions.accepting import Opened
from cashback.decisions.replaying import replay_one
from cashback.decisions.rulebooks import Role
from cashback.decisions.shown import score_of_shopper
from cashback.errors import Conflict, Invalid, NotFound
from cashback.instalments import service as plans
from cashback.instalments import settings as plan_settings
from cashback.instalments.schemas import Plan
from eligibility import encode, shipped_card
from eligibility.reading import plain


async def seen(house: House, shopper_id: UUID) -> dict[str, Any]:
    async with house.world.connection() as connection:
        return await score_of_shopper(connection, await house.snapshot(connection), shopper_id, house.world.now)


async def pay(house: House, plan: Plan, number: int) -> None:
    async with house.world.connection() as connection:
        snapshot = await house.snapshot(connection)
        held = await plans.locked(connection, house.world.operator_id, plan.id)
        if number == 1:
            active = await plans.activate(connection, house.actor, held, house.world.now)
            await enter_sale(connection, snapshot, house.actor, active, house.world.now)
            return
        owed = held.instalments[number - 1].owed_minor
        await plans.collected(connection, house.actor, held, {number: owed}, house.world.now)


async def fail(house: House, plan: Plan, number: int) -> None:
    async with house.world.connection() as connection:
        held = await plans.locked(connection, house.world.operator_id, plan.id)
        settings = await plan_settings.in_force(connection, house.world.operator_id)
        await plans.failed(
            connection, house.actor, held, [number], settings, house.world.now, reason="insufficient_funds", retry=True
        )


async def a_plan(house: House, shopper_id: UUID) -> Plan:
    opened = await house.accept(await house.ask(shopper_id, 63_00, plans=("3x24",)), "3x24")
    assert isinstance(opened, Opened)
    await pay(house, opened.plan, 1)
    return opened.plan


def points(score: dict[str, Any], block: str) -> int:
    return next(each["points"] for each in score["blocks"] if each["id"] == block)


async def test_what_is_promised_for_a_payment_on_time_is_given_and_a_delay_costs_and_says_so(
    engine: AsyncEngine,
) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    plan = await a_plan(house, anna)
    ((sale,),) = await house.world.rows("SELECT purchase_id FROM plans")
    with pytest.raises(Conflict) as twice:
        await house.ask(anna, 63_00, purchase_id=sale)
    assert twice.value.code == "already_split"
    house.pass_days(24)
    before = await seen(house, anna)
    (promised,) = (each for each in before["improvements"] if each["feature"] == "on_time_share_bps")
    assert (promised["steps"], promised["text_en"]) == (1, f"one more instalment on time: +{promised['points']}")
    await pay(house, plan, 2)
    after = await seen(house, anna)
    assert after["value"] - before["value"] == points(after, "repayment") - points(before, "repayment")
    assert after["value"] - before["value"] == promised["points"] > 0
    house.pass_days(25)
    await fail(house, plan, 3)
    late = await seen(house, anna)
    assert points(late, "repayment") < points(after, "repayment")
    assert late["value"] < after["value"]
    assert {each["feature"] for each in late["top_reasons"]} & {
        "open_incident",
        "worst_days_late_12m",
        "on_time_share_bps",
    }
    asked = await house.ask(anna, plans=("2x",))
    told = [each["code"] for each in json.loads(asked.record)["plans"][0]["reasons"]]
    assert "in_arrears" in told
    house.pass_days(1)
    await pay(house, plan, 3)
    settled = await seen(house, anna)
    assert late["value"] < settled["value"]
    assert [each["outcome"] for each in settled["history"]] == [asked.decided.outcome, "eligible"]
    await house.audit()


async def test_what_has_had_its_time_is_destroyed_and_what_was_erased_still_replays(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    world = house.world
    anna = await house.regular(visits=6)
    await house.declare(anna)
    asked = await house.ask(anna)
    ((pseudonym,),) = await world.rows("SELECT pseudonym FROM decision_subjects")
    async with world.connection() as connection:
        await retention.erase(connection, house.actor, anna, world.now)
    left = await world.rows("SELECT count(*) FROM decisions UNION ALL SELECT count(*) FROM decision_subjects")
    assert left == [(0,), (0,)]
    assert await world.rows("SELECT pseudonym FROM decision_records") == [(pseudonym,)]
    async with world.connection() as connection:
        assert (await replay_one(connection, world.operator_id, asked.decided.id)).others == 0
        with pytest.raises(NotFound):
            await asking.find(connection, house.actor, asked.decided.id)
    await house.audit()
    house.pass_days(1827)
    async with world.connection() as connection:
        forgotten = await retention.forget(connection, world.operator_id, world.now)
        again = await retention.forget(connection, world.operator_id, world.now)
    assert (forgotten.records, again.records) == (1, 0)
    assert await world.rows("SELECT count(*) FROM decision_records") == [(0,)]
    assert await world.rows("SELECT count(*) FROM decision_log") == [(1,)]
    report = await world.report()
    assert [each for each in report.breaches if "decision" in each.invariant] == []


async def test_means_are_sealed_dated_and_destroyed(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    world = house.world
    anna = await house.regular(visits=4)
    await house.declare(anna, 2345_67)
    house.pass_days(1)
    await house.declare(anna, 3456_78)
    ((sealed,), _) = await world.rows("SELECT sealed FROM declared_means ORDER BY declared_at")
    assert b"234567" not in sealed
    assert (
        await world.rows("SELECT detail FROM audit_log WHERE action = 'means.declared' AND detail::text ~ '[0-9]'")
        == []
    )
    async with world.connection() as connection:
        told = await means.declared_by(connection, house.master, world.operator_id, anna)
    assert told is not None
    assert (told[0].income_minor, told[1]) == (3456_78, world.now)
    for wrong in ({"income_minor": None}, {"expenses_minor": -1}, {"country": "fr"}):
        with pytest.raises(Invalid):
            await house.declare(anna, **wrong)
    house.pass_days(364.5)
    async with world.connection() as connection:
        assert (await retention.forget(connection, world.operator_id, world.now)).means == 1
        assert await means.declared_by(connection, house.master, world.operator_id, anna) is not None


async def test_the_operator_watches_outcomes_drift_and_the_challenger(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    other = plain(shipped_card().written) | {"id": "other-card", "base": shipped_card().written.base}
    for row in other["characteristics"]:
        if row["block"] == "repayment":
            row["missing"] = 0 if row["missing"] is not None else None
    await keep_drawn(house, 150, 3)
    house.pass_days(30)
    await house.load(Role.CHALLENGER, encode(other))
    await keep_drawn(house, 150, 4)
    async with house.world.connection() as connection:
        now = house.world.now + timedelta(seconds=1)
        found = await monitoring.monitor(connection, house.world.operator_id, now, 30)
    assert (found["decisions"], sum(found["outcomes"].values())) == (150, 150)
    assert found["approval_bps"] == found["outcomes"]["eligible"] * 10_000 // 150
    assert found["challenger"]["scored"] > 0
    assert 0 < found["challenger"]["disagrees"] < found["challenger"]["scored"]
    assert set(found["drift"]) == set(shipped_card().names)
    assert all(each["psi_bps"] >= 0 for each in found["drift"].values())
    assert found["reviews"] == {"states": {}, "late": 0, "overturned_bps": None, "overturned_by_reason": {}}


def test_a_shift_is_seen_and_none_is_none() -> None:
    same = Counter({0: 50, 1: 30, None: 20})
    assert monitoring.psi(same, same) == 0
    assert monitoring.psi(same, Counter({0: 20, 1: 30, None: 50})) > monitoring.ACT
    assert monitoring.psi(Counter({0: 500, 1: 500}), Counter({0: 490, 1: 510})) < monitoring.WATCH
