"""`cashback plans` as people type it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

from cashback import checkout
from cashback.actors import system
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.ids import uuid7
from cashback.instalments import service
from cashback.instalments.schemas import Accepted, Lender, Part, Settings, Way
from cashback.programmes.operators import find_operator
from cashback.rewards.snapshot import load_snapshot
from cashback.shoppers.service import lock, open_shoppers
from eligibility.schedule import Terms, schedule


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def bought(line: Line) -> str:
    """Anna buys for 90.00 in three parts, and has paid the first."""
    engine, now = open_engine(line.environment["DATABASE_URL"]), SystemClock().now()
    try:
        operator_id = await find_operator(engine, "quai")
        assert operator_id is not None
        actor = system(operator_id, "t")
        async with transaction(engine, operator_id) as connection:
            anna: UUID = (await open_shoppers(connection, actor, ["anna"], locale="fr", now=now))["anna"]
            await lock(connection, [anna])
            snapshot = await load_snapshot(connection, operator_id)
            today = now.astimezone(snapshot.programme.zone).date()
            parts = schedule(90_00, Terms(id="3x", count=3, every_days=24), today)
            accepted = Accepted(
                shopper_id=anna, key="k", decision_id=uuid7(now), way=Way.CHECKOUT, lender=Lender.PARTNER,
                shop_id=snapshot.shops.by_code["cafe"].id, order_ref="o-1", purchase_id=None, mandate_id=None,
                currency="EUR", terms={}, regime="light", is_credit=True, taeg_bps=0, concluded_on=today,
                parts=tuple(
                    Part(due_on=each.due_on, principal_minor=each.principal_minor, fee_minor=0) for each in parts
                ),
            )  # fmt: skip
            plan = await service.open_plan(connection, actor, accepted, Settings(), now)
            plan = await service.activate(connection, actor, plan, now)
            return (await checkout.enter_sale(connection, snapshot, actor, plan, now)).ref
    finally:
        await engine.dispose()


async def test_plans_are_run_from_the_command_line(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    of, ada, bob = ("--operator", "quai"), ("--operator", "quai", "--as", "ada"), ("--operator", "quai", "--as", "bob")
    assert line("plans", "settings", *ada)[0] == "no plans are offered: --offer offers them\n"
    assert "write_off_days: 120" in line("plans", "settings", "--offer", "--write-off-days", "120", *ada)[0]
    assert "expected days such as 2,4,7" in line("plans", "settings", "--retry-days", "x", *ada, code=1)[1]
    assert line("plans", "settings", "--late-fee", "5.00", *ada)[0].count("late_fee_minor: 500") == 1
    assert (line("plans", "list", *of)[0], line("plans", "book", *of)[0]) == ("there is no plan\n",) * 2
    plan = await bought(line)
    assert plan in line("plans", "list", "--state", "active", *of)[0]
    assert "activated, active, system:t" in line("plans", "show", plan, *of)[0]
    assert "15.00 of 90.00 EUR owed" not in line("plans", "pause", plan, *ada)[0]
    assert "once is all" in line("plans", "pause", plan, *ada, code=1)[1]
    assert "30.00 of 90.00 EUR owed" in line("plans", "refund", plan, "30.00", "--key", "r", *ada)[0]
    assert line("plans", "remittances", *of)[0] == "cafe: 30.00 EUR of 1 plans\n"
    assert line("plans", "remit", "cafe", "30.00", "--key", "m", *ada)[0] == "written down for 1 plans\n"
    assert "exposure: 30.00" in line("plans", "book", *of)[0]
    assert "is not ahead" in line("plans", "move", plan, "1", "2030-01-01", *ada, code=1)[1]
    assert "active" in line("plans", "write-off", plan, "--words", "gone", *ada)[0]
    assert "withdrawn" in line("plans", "withdraw", plan, *bob)[0]
    assert "30.00 EUR go back to the card" in line("plans", "show", plan, *of)[0]
    assert line("audit", *of)[0]
