"""A question is gathered, judged, answered and kept; asked again it is the same answer."""

import json

import pytest
from deciding import ASKED_ON, a_house, policy_with
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.decisions.rulebooks import Role
from cashback.errors import Conflict, Invalid
from eligibility import FicpStatus


async def test_a_regular_may_pay_in_parts_and_the_answer_is_kept(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    answered = await house.ask(anna)
    value = json.loads(answered.record)
    history = value["application"]["history"]
    assert (history["visits_total"], history["distinct_shops"], history["median_basket_minor"]) == (20, 2, 60_00)
    assert (history["days_linked"], history["months_linked"], history["days_since_visit"]) == (60, 2, 2)
    assert history["median_month_minor"] == 600_00
    assert {plan["id"]: plan["eligible"] for plan in value["plans"]} == {
        "2x": True, "3x24": True, "3x": False, "4x": False,
    }  # fmt: skip
    assert value["outcome"] == "eligible"
    again = await house.ask(anna, key=answered.decided.key)
    assert again == answered
    with pytest.raises(Conflict, match="other content") as refused:
        await house.ask(anna, 91_00, key=answered.decided.key)
    assert refused.value.code == "idempotency_key"
    assert await house.world.rows("SELECT count(*) FROM decision_records") == [(1,)]
    await house.world.audit()
