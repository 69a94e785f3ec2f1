"""A quote is accepted once, while it stands, and only if it may still be: what has changed since is judged again."""

import asyncio
import json
from typing import Any

import pytest
from deciding import House, a_house, policy_with
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of

from cashback.decisions.accepting import Opened, Turned
from cashback.decisions.rulebooks import Role
from cashback.errors import Conflict, Invalid, ProductError

FREE_OF_WAITING = policy_with("no-waiting", hours_between_plans=0)


async def plans(house: House) -> list[tuple[Any, ...]]:
    return await house.world.rows("SELECT decision_id, way, lender, amount_minor, state FROM plans ORDER BY id")


async def test_a_quote_opens_one_plan_and_the_same_key_answers_the_same(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    answered = await house.ask(anna)
    opened = await house.accept(answered, "3x24", key="sale-1", order_ref="order-7")
    assert isinstance(opened, Opened)
    assert await plans(house) == [(answered.decided.id, "checkout", "merchant", 90_00, "opening")]
    dues = await house.world.rows("SELECT principal_minor, due_on::text FROM instalments ORDER BY number")
    assert dues == [(30_00, "2026-12-31"), (30_00, "2027-01-24"), (30_00, "2027-02-17")]
    again = await house.accept(answered, "3x24", key="sale-1", order_ref="order-7")
    assert isinstance(again, Opened)
    assert again.plan.id == opened.plan.id
    before = await state_of(engine, house.world.operator_id)
    for more, code in (({"key": "sale-1", "plan": "2x"}, "idempotency_key"), ({"plan": "3x24"}, "quote_used")):
        with pytest.raises(Conflict) as refused:
            await house.accept(answered, **more)
        assert refused.value.code == code
    assert await state_of(engine, house.world.operator_id) == before
    await house.audit()


async def test_what_is_no_quote_any_more_opens_nothing(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    answered = await house.ask(anna)
    before = await state_of(engine, house.world.operator_id)
    refusals: list[tuple[dict[str, Any], type[ProductError], str]] = [
        ({"plan": "9x"}, Invalid, "no_quote"),
        ({"plan": "3x"}, Invalid, "no_quote"),
        ({"plan": "2x", "counter": "starter"}, Invalid, "no_quote"),
    ]
    for more, kind, code in refusals:
        with pytest.raises(kind) as refused:
            await house.accept(answered, **more)
        assert refused.value.code == code
    house.pass_days(30.5 / 24 / 60)
    with pytest.raises(Conflict) as expired:
        await house.accept(answered, "2x")
    assert expired.value.code == "quote_expired"
    assert await state_of(engine, house.world.operator_id) == before


async def test_what_has_changed_since_the_quote_is_judged_and_the_refusal_is_kept(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    answered = await house.ask(anna)
    await house.tell_card(anna, "card-of-anna", prepaid=True)
    turned = await house.accept(answered, "2x")
    assert isinstance(turned, Turned)
    value = json.loads(turned.answered.record)
    assert [each["code"] for each in value["plans"][0]["reasons"]] == ["card_prepaid"]
    assert turned.answered.decided.earlier_id == answered.decided.id
    assert await plans(house) == []
    await house.audit()


async def test_a_counter_offer_is_accepted_as_it_was_made(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    await house.declare(anna, 1150_00)
    answered = await house.ask(anna, 120_00, plans=("2x",))
    (plan,) = json.loads(answered.record)["plans"]
    assert (plan["eligible"], [each["kind"] for each in plan["counter_offers"]]) == (
        False,
        ["lower_amount", "higher_first"],
    )
    opened = await house.accept(answered, "2x", counter="higher_first")
    assert isinstance(opened, Opened)
    first, second = opened.plan.instalments
    assert first.principal_minor + second.principal_minor == 120_00
    assert second.principal_minor <= (1150_00 - 1000_00) * 33 // 100
    assert opened.decided.used_plan == "2x:higher_first"


async def test_of_two_checkouts_that_race_for_the_last_of_a_limit_one_wins(engine: AsyncEngine) -> None:
    """180.00 may be lent; each of two quotes would lend 150.00 and both were open when they were made."""
    house = await a_house(engine)
    await house.load(Role.POLICY, FREE_OF_WAITING)
    for number in range(2):
        shopper = f"racer-{number}"
        who = await house.regular(shopper, amount=300_00)
        await house.declare(who, 4000_00)
        quotes = [await house.ask(who, 300_00, plans=("2x",)) for _ in range(2)]
        assert [each.decided.outcome for each in quotes] == ["eligible", "eligible"]
        done = await asyncio.gather(*(house.accept(each, "2x") for each in quotes))
        assert sorted(type(each).__name__ for each in done) == ["Opened", "Turned"]
        (turned,) = (each for each in done if isinstance(each, Turned))
        codes = {each["code"] for each in json.loads(turned.answered.record)["plans"][0]["reasons"]}
        assert codes & {"limit_used", "over_limit"}
        lent = await house.world.rows(
            "SELECT count(*), sum(amount_minor)::bigint FROM plans WHERE shopper_id = $1", who
        )
        assert lent == [(1, 300_00)]
    await house.audit()


async def test_a_purchase_is_split_once(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    await house.load(Role.POLICY, FREE_OF_WAITING)
    anna = await house.regular(amount=150_00)
    await house.declare(anna)
    ((bought,),) = await house.world.rows("SELECT id FROM purchases WHERE purchase_ref = 'anna-19'")
    quotes = [await house.ask(anna, 150_00, purchase_id=bought) for _ in range(2)]
    opened = await house.accept(quotes[0], "3x")
    assert isinstance(opened, Opened)
    assert await plans(house) == [(quotes[0].decided.id, "after_purchase", "partner", 150_00, "opening")]
    with pytest.raises(Conflict) as refused:
        await house.accept(quotes[1], "3x")
    assert refused.value.code == "already_split"
    assert len(await plans(house)) == 1
    await house.audit()
