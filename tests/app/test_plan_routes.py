"""Plans over HTTP: shown, eased, refunded, given up, and what the operator's book says of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from app_desk import EVERY_SCOPE, Desk, application, assert_problem
from plan_world import LIGHT, Plans, plan_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER, day

from cashback.instalments.schemas import Lender


@dataclass(slots=True)
class Till:
    """A desk, and the plans that shoppers accept there."""

    desk: Desk
    plans: Plans

    async def post(self, path: str, status: int = 200, key: str | None = None, **content: Any) -> dict[str, Any]:
        answer = await self.desk.ask("POST", f"/v1/{path}", key=key, **content)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.desk.ask("GET", f"/v1/{path}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
async def till(engine: AsyncEngine) -> AsyncIterator[Till]:
    plans = await plan_world(engine)
    async with application(engine, plans.world.clock, plans.world.stage.road.keyring) as client:
        desk = Desk(plans.world, client, "")
        desk.key = await desk.key_with(*EVERY_SCOPE, label="all")
        yield Till(desk, plans)


async def test_a_plan_is_shown_refunded_and_remitted(till: Till) -> None:
    plan = await till.plans.begun()
    shown = await till.get(f"instalment-plans/{plan.ref}")
    assert [each["what"] for each in shown["moves"]] == ["opened", "activated", "entered"]
    assert (shown["owed_minor"], shown["lender_of_record"], shown["withdraw_until"]) == (200_00, "merchant", None)
    assert [each["due_on"] for each in shown["instalments"]] == ["2026-11-01", "2026-11-25", "2026-12-19"]
    path, once = f"instalment-plans/{plan.ref}/refunds", {"idempotency-key": "r-1"}
    refunded = await till.post(path, json={"amount_minor": 60_00}, headers=once)
    assert await till.post(path, json={"amount_minor": 60_00}, headers=once) == refunded
    assert (refunded["owed_minor"], refunded["refunded_minor"]) == (140_00, 60_00)
    again = await till.desk.ask("POST", f"/v1/{path}", json={"amount_minor": 70_00}, headers=once)
    assert_problem(again, 409, "idempotency_key_reused")
    (left,) = (await till.get("instalment-remittances"))["data"]
    assert left == {"shop": "cafe", "currency": "EUR", "plans": 1, "amount_minor": 100_00}
    remitted = {"json": {"shop": "cafe", "currency": "EUR", "amount_minor": 100_00}}
    assert await till.post("instalment-remittances", 201, headers={"idempotency-key": "m"}, **remitted) == {"plans": 1}
    assert (await till.get("instalment-remittances"))["data"] == []
    (book,) = (await till.get("instalment-book"))["book"]
    assert (book["exposure_minor"], book["collected_minor"], book["cost_of_risk_bps"]) == (140_00, 100_00, 0)
    await till.plans.audit()


async def test_a_shopper_pauses_moves_and_withdraws(till: Till) -> None:
    plan = await till.plans.begun(regime=LIGHT, lender=Lender.PARTNER, fee=1_00)
    moved = await till.post(f"instalment-plans/{plan.ref}/move", json={"number": 3, "day": "2026-12-24"})
    assert (moved["instalments"][2]["due_on"], moved["may_move"]) == ("2026-12-24", False)
    paused = await till.post(f"instalment-plans/{plan.ref}/pause")
    assert (paused["instalments"][1]["due_on"], paused["may_pause"]) == ("2026-12-25", False)
    gone = await till.post(f"instalment-plans/{plan.ref}/withdraw")
    assert (gone["state"], gone["to_return_minor"], gone["owed_minor"]) == ("withdrawn", 101_00, 0)
    own = await till.get(f"shoppers/{SHOPPER}/instalment-plans")
    assert [each["id"] for each in own["data"]] == [plan.ref]
    await till.plans.audit()


async def test_two_keys_write_a_plan_off(till: Till) -> None:
    plan = await till.plans.begun()
    till.plans.world.clock.move_to(day(40))
    assert [each["id"] for each in (await till.get("instalment-plans?late=true&shop=cafe"))["data"]] == [plan.ref]
    assert (await till.get("instalment-plans?late=true&state=completed"))["data"] == []
    words = {"json": {"words": "moved abroad"}}
    assert (await till.post(f"instalment-plans/{plan.ref}/write-off", **words))["state"] == "active"
    alone = await till.desk.ask("POST", f"/v1/instalment-plans/{plan.ref}/write-off", **words)
    assert_problem(alone, 403, "second_person")
    second = await till.desk.key_with(*EVERY_SCOPE, label="second")
    done = await till.post(f"instalment-plans/{plan.ref}/write-off", key=second, **words)
    assert (done["state"], done["reason"]) == ("written_off", "agreed")
    (book,) = (await till.get("instalment-book"))["book"]
    assert (book["lost_minor"], book["cost_of_risk_bps"], book["late_minor"]["8-30"]) == (200_00, 6666, 0)
    other = await till.plans.begun()
    first = await till.get("instalment-plans?limit=1")
    assert [each["id"] for each in first["data"]] == [plan.ref]
    second_page = await till.get(f"instalment-plans?limit=1&cursor={first['next_cursor']}")
    assert ([each["id"] for each in second_page["data"]], second_page["has_more"]) == ([other.ref], False)
    await till.plans.audit()


async def test_settings_are_told_and_checked(till: Till) -> None:
    held = await till.get("instalment-settings")
    assert (held["refund_policy"], held["retry_days"]) == ("reamortise", [2, 4, 7])
    answer = await till.desk.ask("PUT", "/v1/instalment-settings", json={"refund_policy": "last", "retry_days": [3]})
    assert (answer.status_code, answer.json()["retry_days"]) == (200, [3])
    for wrong in ({"retry_days": [4, 2]}, {"late_fee_minor": -1}, {"write_off_days": 5}, {"opening_minutes": 0}):
        before = await till.desk.state()
        assert_problem(await till.desk.ask("PUT", "/v1/instalment-settings", json=wrong), 422, "settings")
        assert await till.desk.state() == before


async def test_what_is_late_by_age(till: Till) -> None:
    await till.plans.begun()
    for later, late in ((24, {}), (25, {"1-7": 100_00}), (60, {"8-30": 100_00, "31-60": 100_00})):
        till.plans.world.clock.move_to(day(later))
        (book,) = (await till.get("instalment-book"))["book"]
        assert {age: amount for age, amount in book["late_minor"].items() if amount} == late
