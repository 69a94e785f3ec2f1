"""A partner lends: a plan begins once it is bound, it is told of everything once, nothing is on our balance."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import pytest
from charge_double import ChargeDouble
from charged_world import Charged, charged_world
from lender_double import SECRET, LenderDouble
from sqlalchemy.ext.asyncio import AsyncEngine
from world import START, purchase

from cashback import checkout
from cashback.collecting import lending, opening
from cashback.errors import Conflict
from cashback.instalments import charge_news, service
from cashback.instalments.schemas import Lender, Plan, PlanState, Way
from issuers.adapter import Delivery
from issuers.registry import adapter

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

DUE = [date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 31)]
PAYABLE = """
SELECT debit, credit, sum(amount)::bigint FROM transfers WHERE key LIKE 'plan:%'
    AND (debit LIKE 'payable:%' OR credit LIKE 'payable:%') GROUP BY 1, 2 ORDER BY 1, 2
"""


@pytest.fixture
async def charged(engine: AsyncEngine) -> AsyncIterator[Charged]:
    async with ChargeDouble(START) as stripe:
        yield await charged_world(engine, stripe)


@pytest.fixture
async def lender(charged: Charged) -> AsyncIterator[LenderDouble]:
    async with LenderDouble(charged.now) as partner:
        async with charged.connection() as connection:
            master = charged.world.stage.road.keyring.master
            told = {"url": partner.url, "token": "partner-token"}
            await opening.open_lender(connection, charged.person(), master, told, charged.now)
        yield partner


async def a_split_purchase(charged: Charged) -> Plan:
    """A purchase that was recognised, and that its shopper splits."""
    await charged.world.link(at=START)
    await charged.world.play(*purchase("p-1", 300_00, at=START), at=START + timedelta(days=1))
    ((purchase_id,),) = await charged.world.rows("SELECT id FROM purchases")
    return await charged.accept(
        way=Way.AFTER_PURCHASE, lender=Lender.PARTNER, purchase_id=UUID(str(purchase_id)), order_ref=None
    )


async def stands(charged: Charged, plan: Plan) -> str | None:
    async with charged.connection() as connection:
        return await lending.contract_state(connection, plan)


async def sign(charged: Charged, plan: Plan, *, told: bool = True) -> None:
    async with charged.connection() as connection:
        held = await service.locked(connection, charged.world.operator_id, plan.id)
        await lending.sign(connection, charged.person(), held, charged.now)
    if told:
        await charged.collect()


async def begun(charged: Charged, plan: Plan) -> Plan:
    first = await charged.begin(plan)
    assert first.secret is not None
    charged.stripe.confirm(first.secret)
    await charged.confirm(plan)
    return await charged.plan(plan)


async def test_a_purchase_is_split_by_a_partner_and_by_nobody_else(charged: Charged, lender: LenderDouble) -> None:
    plan = await a_split_purchase(charged)
    with pytest.raises(Conflict) as refused:
        await charged.begin(plan)
    assert (refused.value.code, "is being made" in refused.value.detail) == ("lender_pending", True)
    assert await stands(charged, plan) == "proposed"
    with pytest.raises(Conflict, match="is being made") as early:
        await sign(charged, plan)
    assert (early.value.code, "None" in early.value.detail) == ("not_offered", False)
    await charged.collect()
    proposal = lender.proposals["prop_1"]
    assert (proposal["plan"], proposal["amount_minor"]) == (plan.id.hex, 300_00)
    assert proposal["instalments"][0]["amount_minor"] == 100_00
    rows = await charged.world.rows("SELECT state, ficp, lender_ref FROM lender_contracts")
    assert rows == [("offered", "clear", "prop_1")]
    assert await stands(charged, plan) == "offered"
    with pytest.raises(Conflict, match="must be signed"):
        await charged.begin(plan)
    for _ in range(2):
        await sign(charged, plan, told=False)
        assert await stands(charged, plan) == "signing"
    with pytest.raises(Conflict, match="on its way to the lender"):
        await charged.begin(plan)
    await charged.collect()
    assert await stands(charged, plan) == "signed"
    active = await begun(charged, plan)
    assert active.state is PlanState.ACTIVE
    await charged.collect()
    assert (proposal["funded"], proposal["reported"]) == (300_00, 100_00)
    await sign(charged, plan)
    assert await stands(charged, plan) == "funded"
    assert await charged.world.rows("SELECT count(*) FROM lender_calls WHERE what = 'sign'") == [(1,)]
    assert await charged.world.rows(PAYABLE) == [("payable:lender", "shopper:owed", 300_00)]
    await charged.pass_to(active.instalments[1].due_on)
    await charged.collect()
    await charged.collect()
    assert proposal["reported"] == 200_00
    await charged.audit()


@pytest.mark.parametrize("fault", ["drop", "down"])
async def test_a_lost_answer_tells_the_partner_nothing_twice(
    charged: Charged, lender: LenderDouble, fault: str
) -> None:
    plan = await a_split_purchase(charged)
    for step in (charged.collect, lambda: sign(charged, plan), lambda: begun(charged, plan), charged.collect):
        lender.faults.append(fault)
        await step()
        for _ in range(3):
            await charged.wait(timedelta(minutes=7))
            await charged.collect()
    assert len(lender.proposals) == 1
    proposal = lender.proposals["prop_1"]
    assert (proposal["funded"], proposal["reported"], proposal["state"]) == (300_00, 100_00, "funded")
    await charged.audit()


async def test_a_partner_who_answers_later_is_waited_for_and_its_message_makes_us_look(
    charged: Charged, lender: LenderDouble
) -> None:
    lender.answers = "pending"
    plan = await a_split_purchase(charged)
    await charged.collect()
    lender.decide("prop_1", "offered")
    (body,) = lender.messages
    delivery = Delivery(body, lender.signed(body, charged.now))
    adapter("lender").verify(delivery, (SECRET,), charged.now)
    async with charged.connection() as connection:
        facts = adapter("lender").parse(delivery)
        await charge_news.take_news(connection, charged.world.operator_id, facts * 2, charged.now)
    await charged.collect()
    assert await charged.world.rows("SELECT state FROM lender_contracts") == [("offered",)]
    assert (await charged.plan(plan)).state is PlanState.OPENING
    await charged.audit()


async def test_a_refusal_ends_the_plan_before_anything_was_charged(charged: Charged, lender: LenderDouble) -> None:
    lender.answers, lender.ficp = "refused", "listed"
    plan = await a_split_purchase(charged)
    await charged.collect()
    ended = await charged.plan(plan)
    assert (ended.state, ended.reason) == (PlanState.CANCELLED, "lender_refused")
    assert charged.stripe.intents == {}
    assert await charged.world.rows(PAYABLE) == []
    await charged.audit()


async def test_a_plan_that_lapses_is_taken_back_at_the_partner(charged: Charged, lender: LenderDouble) -> None:
    plan = await a_split_purchase(charged)
    await charged.collect()
    await charged.wait(timedelta(minutes=61))
    await charged.collect()
    await charged.collect()
    assert (await charged.plan(plan)).state is PlanState.CANCELLED
    assert lender.proposals["prop_1"]["withdrawn"]
    await charged.audit()


async def test_at_checkout_the_partner_pays_the_shop_and_is_told_of_a_refund(
    charged: Charged, lender: LenderDouble
) -> None:
    plan = await charged.accept(lender=Lender.PARTNER)
    await charged.collect()
    await sign(charged, plan)
    await begun(charged, plan)
    await charged.collect()
    await charged.collect()
    assert (await charged.plan(plan)).funded_at is not None
    async with charged.connection() as connection:
        snapshot = await charged.world.stage.road.snapshots.current(connection, charged.world.operator_id)
        held = await service.locked(connection, charged.world.operator_id, plan.id)
        await checkout.refund(connection, snapshot, charged.person(), held, 300_00, "all", charged.now)
    await charged.collect()
    await charged.collect()
    proposal = lender.proposals["prop_1"]
    assert (proposal["funded"], proposal["reported"] - proposal["refunded"]) == (300_00, 0)
    assert proposal["withdrawn"]
    assert charged.stripe.taken() == 0
    await charged.audit()
