"""What calls somebody outside has committed its intention before, whatever becomes of the request and its answer."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from app_desk import Desk, opened_desk
from charge_double import ChargeDouble
from charged_world import Charged
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.collecting.sandbox_rail import SandboxRail
from cashback.collecting.schemas import RailName
from cashback.db.unit import in_steps, unit_of
from cashback.idempotency.service import Keyed

CHARGES = "SELECT id, state FROM collections"


class Killed(RuntimeError):
    """The process ended here."""


@pytest.fixture
async def desk(engine: AsyncEngine) -> AsyncIterator[Desk]:
    async with opened_desk(engine) as desk:
        yield desk


async def test_a_charge_is_written_before_its_rail_is_called_and_made_once_though_the_first_answer_is_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged = Charged(desk.world, ChargeDouble(desk.world.now))
    await charged.open(RailName.SANDBOX, {})
    plan = await charged.accept(300_00, count=3, days=20)
    before_the_call, called = [], []
    charge = SandboxRail.charge

    async def watched(rail: SandboxRail, one: Any, key: str) -> Any:
        before_the_call.extend(await desk.world.rows(CHARGES))
        called.append(key)
        return await charge(rail, one, key)

    async def ends(*_: object) -> None:
        raise Killed

    async def post() -> httpx.Response:
        return await desk.ask(
            "POST",
            f"/v1/instalment-plans/{plan.ref}/first-payment",
            json={"rail": "sandbox", "card": "sim_ok"},
            headers={"idempotency-key": "k"},
        )

    monkeypatch.setattr(SandboxRail, "charge", watched)
    with monkeypatch.context() as dying:
        dying.setattr(Keyed, "keep", ends)
        assert (await post()).status_code == 500
    assert [state for _, state in before_the_call] == ["calling"]
    assert [each for each, _ in await desk.world.rows(CHARGES)] == [each for each, _ in before_the_call]
    first = await post()
    again = await post()
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(called) == len(await desk.world.rows(CHARGES)) == 1
    await desk.world.audit()


async def test_a_plan_that_opens_is_withdrawn_from_under_a_key_and_its_payment_cancelled_first(desk: Desk) -> None:
    charged = Charged(desk.world, ChargeDouble(desk.world.now))
    await charged.open(RailName.SANDBOX, {})
    plan = await charged.accept(300_00, count=3, days=20)
    path = f"/v1/instalment-plans/{plan.ref}"
    begun = await desk.ask("POST", f"{path}/first-payment", json={"rail": "sandbox", "card": "sim_confirm"})
    assert (begun.status_code, begun.json()["state"]) == (201, "needs_shopper")
    answers = [await desk.ask("POST", f"{path}/withdraw", headers={"idempotency-key": "w"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200], answers[0].text
    assert answers[0].content == answers[1].content
    assert [state for _, state in await desk.world.rows(CHARGES)] == ["given_up"]
    assert (await charged.plan(plan)).state == "cancelled"
    await desk.world.audit()


async def test_what_wrote_before_its_steps_is_a_defect(desk: Desk) -> None:
    async def begin(_: object) -> None:
        return None

    async with unit_of(desk.world.engine, desk.world.operator_id, begin) as unit:
        async with unit.part() as connection:
            await connection.exec_driver_sql("SELECT pg_current_xact_id()")
        with pytest.raises(RuntimeError, match="before the steps"):
            await in_steps()
