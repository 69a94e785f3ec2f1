"""A question is gathered, judged, answered and kept; asked again it is the same answer."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from deciding import House, a_house, policy_with
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from world import CENTRE, FIVE_PERCENT, purchase, refund

from cashback.decisions.gathering import compute_usual_refunds, usual_refunds
from cashback.decisions.rulebooks import Role
from cashback.errors import Conflict, Invalid, NotFound, ProductError
from cashback.ids import show
from cashback.shoppers import card_facts
from eligibility import FicpStatus

GIFT_CARDS = """
  - {code: cards, name: Cards, centre: centre, category: "6540",
     identifiers: [{network: sandbox, scheme: mid, value: "1003"}]}
"""
WITH_GIFT_CARDS = FIVE_PERCENT.replace(CENTRE, CENTRE.rstrip() + GIFT_CARDS)


def history(record: bytes) -> dict[str, Any]:
    return json.loads(record)["application"]["history"]  # type: ignore[no-any-return]


def codes(record: bytes, plan: int = 0) -> list[str]:
    return [each["code"] for each in json.loads(record)["plans"][plan]["reasons"]]


async def test_a_regular_may_pay_in_parts_and_the_answer_is_kept(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    answered = await house.ask(anna)
    found = history(answered.record)
    assert (found["visits_total"], found["distinct_shops"], found["median_basket_minor"]) == (20, 2, 60_00)
    assert (found["days_linked"], found["months_linked"], found["days_since_visit"]) == (60, 2, 2)
    assert (found["median_month_minor"], found["gap_variation_bps"]) == (600_00, 0)
    value = json.loads(answered.record)
    opened = {plan["id"]: plan["eligible"] for plan in value["plans"]}
    assert opened == {"2x": True, "3x24": True, "3x": False, "4x": False}
    assert codes(answered.record, 2) == ["ficp_missing", "means_missing"]
    again = await house.ask(anna, key=answered.decided.key)
    assert again == answered
    before = await state_of(engine, house.world.operator_id)
    with pytest.raises(Conflict, match="other content") as refused:
        await house.ask(anna, 91_00, key=answered.decided.key)
    assert refused.value.code == "idempotency_key"
    assert await state_of(engine, house.world.operator_id) == before
    await house.audit()


async def test_an_identity_stands_in_no_record(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular(visits=4)
    answered = await house.ask(anna)
    ((pseudonym,),) = await house.world.rows("SELECT pseudonym FROM decision_subjects WHERE shopper_id = $1", anna)
    text = answered.record.decode()
    assert json.loads(text)["application"]["shopper"] == str(pseudonym)
    assert not any(each in text for each in (str(anna), anna.hex, show("shp", anna), "anna"))
    second = await house.ask(anna)
    assert json.loads(second.record)["application"]["shopper"] == str(pseudonym)


async def test_what_counts_is_net_once_a_day_and_no_gift_card(engine: AsyncEngine) -> None:
    house = await a_house(engine, WITH_GIFT_CARDS)
    world = house.world
    start = world.now - timedelta(days=40)
    card = "card-of-bea"
    bea = await world.link(card, "bea", at=start)
    await house.tell_card(bea, card)
    same_day = start + timedelta(days=3)
    told = [
        *purchase("a", 40_00, at=same_day, card=card),
        *purchase("b", 20_00, at=same_day + timedelta(hours=2), card=card),
        *purchase("c", 500_00, at=start + timedelta(days=9), card=card, mid="1003"),
        *purchase("d", 30_00, at=start + timedelta(days=12), card=card, mid="1002"),
        refund("d-back", 10_00, at=start + timedelta(days=13), card=card, of="d", mid="1002"),
        *purchase("e", 80_00, at=start + timedelta(days=20), card=card),
        refund("e-back", 80_00, at=start + timedelta(days=21), card=card, of="e"),
        *purchase("f", 60_00, at=start + timedelta(days=30), card=card, mid="9999"),
    ]
    await world.play(*told)
    found = history((await house.ask(bea)).record)
    assert (found["visits_total"], found["distinct_shops"], found["median_basket_minor"]) == (2, 2, 20_00)
    assert found["gap_variation_bps"] is None
    assert found["refund_excess_bps"] == 0


async def test_refunds_far_beyond_what_is_usual_are_measured_against_all_shoppers(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    world = house.world
    anna = await house.regular(visits=10)
    for number in range(6):
        at = world.now - timedelta(hours=1)
        await world.tell(refund(f"r-{number}", 60_00, at=at, card="card-of-anna", of=f"anna-{number}", mid="1001"))
    await world.drain()
    assert history((await house.ask(anna)).record)["refund_excess_bps"] == 0
    async with world.connection() as connection:
        snapshot = await house.snapshot(connection)
        assert await compute_usual_refunds(connection, snapshot, world.now)
        assert not await compute_usual_refunds(connection, snapshot, world.now)
        assert await usual_refunds(connection, world.operator_id) == (10_000, world.now)
        row = (
            "INSERT INTO refund_percentiles (operator_id, computed_at, share_bps, shoppers) VALUES ($1, $2, 1500, 900)"
        )
        await connection.exec_driver_sql(row, (world.operator_id, world.now + timedelta(seconds=1)))
    assert history((await house.ask(anna)).record)["refund_excess_bps"] == 6000 - 1500


async def test_who_is_new_has_no_score_and_a_way_to_one(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    card = "card-of-new"
    new = await house.world.link(card, "new", at=house.world.now - timedelta(days=5))
    await house.tell_card(new, card)
    answered = await house.ask(new)
    assert (answered.decided.outcome, answered.decided.score) == ("insufficient_history", None)
    assert codes(answered.record) == ["means_missing"]
    assert codes(answered.record, 1) == ["more_visits", "linked_longer", "means_missing"]
    await house.declare(new)
    starter = await house.ask(new)
    assert {plan["id"]: plan["eligible"] for plan in json.loads(starter.record)["plans"]}["2x"] is True


async def test_the_lender_is_asked_only_where_its_answer_counts_and_once(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    await house.ask(anna)
    assert house.lender.answered == {}
    await house.declare(anna)
    answered = await house.ask(anna)
    assert len(house.lender.answered) == 1
    assert all(plan["eligible"] for plan in json.loads(answered.record)["plans"])
    await house.ask(anna, 91_00)
    assert len(house.lender.answered) == 1
    house.pass_days(2)
    house.lender.listed = {show("shp", anna): FicpStatus.LISTED}
    assert codes((await house.ask(anna, plans=("3x",))).record) == ["ficp_listed", "nothing_to_do"]
    told = await house.world.rows("SELECT status FROM ficp_consultations ORDER BY asked_at")
    assert told == [("clear",), ("listed",)]


async def test_a_judged_refusal_brings_a_pause_and_what_can_be_mended_does_not(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular()
    young = await house.ask(anna, of_age=False)
    assert (young.decided.outcome, young.decided.pauses) == ("refused", False)
    await house.load(Role.POLICY, policy_with("no-counter", first_share_max_bps=1, amount_min_minor=80_00))
    await house.declare(anna, 1100_00)
    refused = await house.ask(anna, 900_00, plans=("2x",))
    assert (refused.decided.outcome, refused.decided.pauses) == ("refused", True)
    house.pass_days(0.1)
    waiting = await house.ask(anna, plans=("2x",))
    assert "wait_after_refusal" in codes(waiting.record)
    assert waiting.decided.pauses is False
    house.pass_days(0.95)
    assert "wait_after_refusal" not in codes((await house.ask(anna, plans=("2x",))).record)


async def test_a_recognised_purchase_is_split_by_the_partner_alone(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular(amount=150_00)
    await house.declare(anna)
    rows = await house.world.rows("SELECT id FROM purchases WHERE purchase_ref = 'anna-19'")
    bought = rows[0][0]
    answered = await house.ask(anna, 150_00, purchase_id=bought)
    value = json.loads(answered.record)
    assert {plan["id"] for plan in value["plans"]} == {"3x", "4x"}
    assert value["application"]["purchase"]["supplied_on"] == "2026-12-29"
    assert value["application"]["purchase"]["made_on"] == "2026-12-31"
    for amount, more, code in (
        (150_01, {}, "amount"),
        (150_00, {"plans": ("2x",)}, "lender"),
        (150_00, {"plans": ("2x", "3x")}, "lender"),
    ):
        with pytest.raises(Invalid) as refused:
            await house.ask(anna, amount, purchase_id=bought, **more)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("asked", "kind", "code"),
    [
        ({"shop": "nowhere"}, NotFound, "unknown_shop"),
        ({"plans": ("9x",)}, Invalid, "unknown_plan"),
        ({"plans": ()}, Invalid, "plans"),
        ({"plans": ("2x", "2x")}, Invalid, "plans"),
        ({"currency": "USD"}, Invalid, "currency"),
        ({"amount": 0}, Invalid, "amount"),
        ({"shop": None}, Invalid, "shop_or_purchase"),
        ({"of_age": None}, Invalid, "age_untold"),
    ],
)
async def test_what_cannot_be_asked_is_said_and_nothing_is_kept(
    bea: tuple[House, Any], asked: dict[str, Any], kind: type[ProductError], code: str
) -> None:
    house, shopper_id = bea
    before = await state_of(house.world.engine, house.world.operator_id)
    with pytest.raises(kind) as refused:
        await house.ask(shopper_id, **asked)
    assert refused.value.code == code
    assert await state_of(house.world.engine, house.world.operator_id) == before


async def test_of_a_card_something_must_be_known(bea: tuple[House, Any]) -> None:
    house, shopper_id = bea
    world = house.world
    cat = await world.link("card-of-cat", "cat")
    with pytest.raises(Conflict) as refused:
        await house.ask(cat)
    assert refused.value.code == "no_card_facts"
    await house.tell_card(shopper_id, "card-of-bea", prepaid=True)
    assert "card_prepaid" in codes((await house.ask(shopper_id)).record)
    async with world.connection() as connection:
        known = await card_facts.chargeable(connection, world.operator_id, [shopper_id])
        older = replace(known[shopper_id], prepaid=False, told_at=world.now - timedelta(days=1))
        await card_facts.tell(connection, house.actor, shopper_id, older)
        assert await card_facts.chargeable(connection, world.operator_id, [shopper_id]) == known


async def test_a_lost_dispute_counts_once(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    anna = await house.regular(visits=5)
    ((bought,),) = await house.world.rows("SELECT id FROM purchases WHERE purchase_ref = 'anna-1'")
    for _ in range(2):
        async with house.world.connection() as connection:
            told = {"source": "tests", "decided_at": house.world.now}
            assert await card_facts.tell_lost_dispute(connection, house.actor, bought, **told) == anna
    assert history((await house.ask(anna)).record)["lost_chargebacks"] == 1
