"""What is told of plans: to integrators by events as their schemas say, to shoppers in both languages."""

import json
from typing import Any

import jsonschema
from plan_world import Plans, plan_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import day

from cashback.catalogue.reading import texts_in
from cashback.courier import service as courier
from cashback.events.catalogue import EVENTS
from cashback.notifications.service import inbox
from cashback.notifications.words import said
from cashback.offers.wording import Tongue
from webhooks.egress import Egress


async def listened(engine: AsyncEngine) -> Plans:
    plans = await plan_world(engine)
    url, ring = "http://127.0.0.1:9/plans", plans.world.stage.road.keyring
    await courier.add(
        engine, ring, Egress(loopback=True), plans.person(), url=url, ed25519=False, now=plans.now,
        types=["plan.*", "instalment.*", "purchase.*"],
    )  # fmt: skip
    return plans


async def told(plans: Plans) -> list[tuple[str, dict[str, Any]]]:
    """Types and data of all events of plans, each as its schema says."""
    rows = await plans.world.rows(
        "SELECT type, data FROM outbox_messages WHERE type ~ '^(plan|instalment)' ORDER BY told_at, type, key"
    )
    found = [(type_, json.loads(data)) for type_, data in rows]
    for type_, data in found:
        jsonschema.validate(data, EVENTS[type_].schema(), jsonschema.Draft202012Validator)
    return found


async def test_the_life_of_a_plan_is_told(engine: AsyncEngine) -> None:
    plans = await listened(engine)
    plan = await plans.begun()
    plans.world.clock.move_to(day(24))
    assert [await plans.pass_days(), await plans.pass_days()] == [1, 0]
    plans.world.clock.move_to(day(25))
    assert [await plans.pass_days(), await plans.pass_days()] == [1, 0]
    await plans.do("collected", plan, {2: 100_00})
    plans.world.clock.move_to(day(26))
    await plans.refund(plan, 40_00)
    plans.world.clock.move_to(day(27))
    await plans.refund(plan, 260_00, "rest")
    found = await told(plans)
    assert [type_ for type_, _ in found] == [
        "instalment.paid", "plan.activated", "plan.opened", "instalment.due", "instalment.late", "instalment.paid",
        "plan.refunded", "plan.refunded",
    ]  # fmt: skip
    due = next(data for type_, data in found if type_ == "instalment.due")
    assert (due["number"], due["owed_minor"], due["plan"]) == (2, 100_00, plan.ref)
    last = found[-1][1]
    assert (last["state"], last["refunded_minor"], last["owed_minor"]) == ("refunded", 300_00, 0)
    assert plan.order_ref is not None
    assert plan.order_ref not in json.dumps(found)
    activated = next(data for type_, data in found if type_ == "plan.activated")
    ((recognised,),) = await plans.world.rows("SELECT data FROM outbox_messages WHERE type = 'purchase.recognised'")
    sale = json.loads(recognised)
    assert (sale["plan"], sale["purchase"]) == (plan.ref, activated["purchase"])
    await plans.audit()


async def test_whatever_an_inbox_says_of_plans_is_said_in_both_languages(engine: AsyncEngine) -> None:
    plans = await plan_world(engine, late_fee_minor=5_00)
    plan = await plans.begun()
    plans.world.clock.move_to(day(24))
    await plans.pass_days()
    plans.world.clock.move_to(day(32))
    await plans.pass_days()
    await plans.do("pause", plan)
    await plans.do("move_day", plan, 3, (await plans.read(plan)).instalments[2].due_on.replace(day=24))
    plan = await plans.refund(plan, 150_00)
    plan = await plans.do("collected", plan, {2: 40_00})
    await plans.refund(plan, 50_00, "more")
    async with plans.world.connection() as connection:
        notices = await inbox(connection, await plans.world.stage.shopper("anna"))
    kinds = {each.notice.kind for each in notices}
    assert kinds == {
        "plan_activated", "instalment_due", "plan_late_fee", "plan_paused", "plan_moved", "plan_refunded",
        "instalment_paid",
    }  # fmt: skip
    for language in ("en", "fr"):
        for each in notices:
            sentence = said(each.notice, Tongue(language, {"EUR": "euros"}))
            assert sentence != each.notice.kind
            assert "{" not in sentence
            assert "€" in sentence
    assert {key.removeprefix("notice.") for key in texts_in("en") if key.startswith("notice.plan_")} > kinds - {
        "instalment_due",
        "instalment_paid",
    }
