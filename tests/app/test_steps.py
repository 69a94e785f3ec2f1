"""What calls somebody outside has committed its intention before, whatever becomes of the request and its answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from app_desk import Desk, assert_problem, opened_desk
from charge_double import ChargeDouble
from charged_world import Charged
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER

from cashback.api import gate
from cashback.collecting.sandbox_rail import SandboxRail
from cashback.collecting.schemas import RailName
from cashback.db.engine import open_engine
from cashback.db.unit import in_steps, unit_of
from cashback.idempotency.service import LEASE, InFlight, Keyed

AT_ONCE = 12
"""More than a pool of one has connections, with its four beyond."""
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
    key = Keyed(desk.world.stage.road.keyring, desk.world.operator_id, uuid4(), "k", sent=b"", now=desk.world.now)
    async with unit_of(desk.world.engine, desk.world.operator_id, key) as unit:
        async with unit.part() as connection:
            await connection.exec_driver_sql("SELECT pg_current_xact_id()")
        with pytest.raises(RuntimeError, match="before the steps"):
            await in_steps()


async def test_what_waits_for_a_processor_holds_no_connection_and_a_repeat_is_told_that_it_is_under_way(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PAUSES_SECONDS", ())
    few = open_engine(engine.url, pool_size=1)
    async with opened_desk(few) as desk:
        charged = Charged(desk.world, ChargeDouble(desk.world.now))
        await charged.open(RailName.SANDBOX, {})
        called, answered = asyncio.Semaphore(0), asyncio.Event()
        ask = SandboxRail.ask

        async def slowly(rail: SandboxRail, *of: Any) -> Any:
            called.release()
            await answered.wait()
            return await ask(rail, *of)

        monkeypatch.setattr(SandboxRail, "ask", slowly)

        async def post(key: str) -> httpx.Response:
            path = f"/v1/shoppers/{SHOPPER}/mandates"
            return await desk.ask("POST", path, json={}, headers={"idempotency-key": key})

        await desk.ask("PUT", f"/v1/shoppers/{SHOPPER}", json={})

        async with asyncio.timeout(20):
            posted = [asyncio.create_task(post(f"k-{number}")) for number in range(AT_ONCE)]
            for _ in posted:
                await called.acquire()
            assert (await desk.ask("GET", "/v1/shoppers")).status_code == 200
            assert_problem(await post("k-0"), 409, "idempotency_in_flight")
            answered.set()
            answers = await asyncio.gather(*posted)
        assert {each.status_code for each in answers} == {201}
        assert (await post("k-0")).content == answers[0].content
        assert await desk.world.rows("SELECT count(*) FROM mandates") == [(AT_ONCE,)]
        assert await desk.world.rows("SELECT count(*) FROM idempotency_holds") == [(0,)]
        await desk.world.audit()
    await few.dispose()


async def test_a_key_whose_process_died_between_two_steps_is_free_again_after_a_while(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PAUSES_SECONDS", ())
    charged = Charged(desk.world, ChargeDouble(desk.world.now))
    await charged.open(RailName.SANDBOX, {})
    plan = await charged.accept(300_00, count=3, days=20)

    async def post(card: str = "sim_ok") -> httpx.Response:
        path, body = f"/v1/instalment-plans/{plan.ref}/first-payment", {"rail": "sandbox", "card": card}
        return await desk.ask("POST", path, json=body, headers={"idempotency-key": "k"})

    async def never(*_: object) -> None:
        """The process is gone: nobody lets go."""

    async def ends(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Keyed, "keep", ends)
        dying.setattr(Keyed, "let_go", never)
        assert (await post()).status_code == 500
    assert_problem(await post(), 409, "idempotency_in_flight")
    desk.world.clock.advance(LEASE)
    assert_problem(await post(card="sim_confirm"), 409, "idempotency_key_reused")
    assert (await post()).status_code == 201
    assert len(await desk.world.rows(CHARGES)) == 1
    await desk.world.audit()


async def test_who_comes_back_late_lets_go_of_nobody_elses_key(desk: Desk) -> None:
    world, caller = desk.world, uuid4()
    late, now = (
        Keyed(world.stage.road.keyring, world.operator_id, caller, "k", sent=b"same", now=at)
        for at in (world.now, world.now + LEASE)
    )
    for each in (late, now):
        async with world.connection() as connection:
            await each.hold(connection)
            await each.hold_on(connection)
    async with world.connection() as connection:
        await late.let_go(connection)
        with pytest.raises(InFlight):
            await Keyed(
                world.stage.road.keyring, world.operator_id, caller, "k", sent=b"same", now=world.now + LEASE
            ).hold(connection)
        await now.let_go(connection)
    assert await world.rows("SELECT count(*) FROM idempotency_holds") == [(0,)]
