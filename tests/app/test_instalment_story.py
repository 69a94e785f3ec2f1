"""Two plans over HTTP, from question to end: paid on time, refunded, paid off; and refused, contested, opened."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from app_desk import Desk
from charge_double import ChargeDouble
from charged_world import Charged
from world import CARD, SHOPPER, START, day, purchase

from cashback.actors import system
from cashback.collecting import opening
from cashback.collecting.calling import Collector
from cashback.collecting.rounds import CHARGE_RAILS, collect_due
from cashback.collecting.schemas import RailName
from cashback.db.engine import transaction
from cashback.ids import parse, show
from cashback.instalments.passing import pass_days
from cashback.instalments.schemas import Lender, Settings
from cashback.instalments.settings import save

CARD_FACTS = {
    "shopper": SHOPPER, "network": "sandbox", "token": CARD, "prepaid": False, "expires_on": "2030-01-31",
    "strong_authentication": True,
}  # fmt: skip
WALLET = "SELECT pending + available FROM balances WHERE asset = 'EUR'"


@dataclass(slots=True)
class Story:
    """A shop's till, and the worker behind it."""

    desk: Desk
    keys: list[str] = field(default_factory=list)

    async def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        self.keys.append(f"k-{len(self.keys)}")
        answer = await self.desk.ask("POST", f"/v1/{path}", json=body, headers={"idempotency-key": self.keys[-1]})
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.desk.ask("GET", f"/v1/{path}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def asked(self, **more: Any) -> dict[str, Any]:
        sale = {"shopper": SHOPPER, "amount_minor": 90_00, "currency": "EUR", "shop": "cafe", "of_age": True}
        return await self.post("eligibility", **sale | more)

    async def begun(self, decision: str, plan: str) -> str:
        """Accept a quote and pay its first part, which the shopper confirms."""
        opened = await self.post("instalment-plans", 201, decision_id=decision, plan=plan, order_ref=f"till-{decision}")
        path = f"instalment-plans/{opened['plan']}"
        first = await self.post(f"{path}/first-payment", 201, card="sim_ok")
        assert (first["state"], first["client_secret"] is not None) == ("needs_shopper", True)
        assert (await self.post(f"{path}/confirm"))["state"] == "succeeded"
        assert (await self.get(path))["state"] == "active"
        return path

    async def work(self) -> None:
        """The worker's rounds, now."""
        world = self.desk.world
        await world.pass_to(world.now)
        async with transaction(world.engine, world.operator_id) as connection:
            await pass_days(connection, world.operator_id, world.now)
        await collect_due(Collector(world.engine, world.stage.road, CHARGE_RAILS), world.operator_id, world.now)

    async def wallet(self) -> int:
        ((amount,),) = await self.desk.world.rows(WALLET)
        return int(amount)


@pytest.fixture
async def story(desk: Desk) -> Story:
    """Anna came twenty times; her card can be charged; the operator charges simulated cards."""
    world = desk.world
    await world.link(at=START)
    for number in range(20):
        await world.tell(*purchase(f"p-{number}", 60_00, at=day(number * 3 + 1), mid=("1001", "1002")[number % 2]))
    world.clock.move_to(day(60, hour=10))
    await world.drain()
    async with world.connection() as connection:
        actor, master = system(desk.operator_id, "tests"), world.stage.road.keyring.master
        await save(connection, actor, Settings(), world.now)
        await opening.open_rail(connection, actor, master, RailName.SANDBOX, {}, world.now)
    told = Story(desk)
    await told.post("cards/facts", 201, **CARD_FACTS)
    return told


async def test_paid_on_time_refunded_and_paid_off(story: Story) -> None:
    world, before = story.desk.world, await story.wallet()
    told = await story.asked()
    assert told["outcome"] == "eligible"
    path = await story.begun(told["decision_id"], "3x24")
    assert await story.wallet() == before + 4_50

    world.clock.advance(timedelta(days=24))
    asked = await story.asked()
    (promised,) = (each for each in asked["score"]["improvements"] if each["feature"] == "on_time_share_bps")
    await story.work()
    assert [each["state"] for each in (await story.get(path))["instalments"]] == ["paid", "paid", "open"]
    again = await story.asked()
    assert again["score"]["value"] == asked["score"]["value"] + promised["points"] > asked["score"]["value"]

    refunded = await story.post(f"{path}/refunds", amount_minor=10_00)
    assert (refunded["owed_minor"], await story.wallet()) == (20_00, before + 4_00)
    world.clock.advance(timedelta(hours=1))
    await story.post(f"{path}/pay", 202)
    await story.work()
    assert (await story.post(f"{path}/confirm"))["state"] == "succeeded"
    paid = await story.get(path)
    assert (paid["state"], paid["owed_minor"], paid["to_return_minor"]) == ("completed", 0, 0)
    assert await story.wallet() == before + 4_00

    await story.post(f"{path}/refunds", amount_minor=30_00)
    assert (await story.get(path))["to_return_minor"] == 30_00
    await story.work()
    held = await story.get(f"{path}/collections")
    assert [(each["kind"], each["state"], each["amount_minor"]) for each in held["data"]] == [
        ("first", "succeeded", 30_00), ("due", "succeeded", 30_00), ("all", "succeeded", 20_00),
    ]  # fmt: skip
    backs = [back for each in held["data"] for back in each["paybacks"]]
    assert sum(each["amount_minor"] for each in backs if each["state"] == "succeeded") == 30_00
    assert ((await story.get(path))["to_return_minor"], await story.wallet()) == (0, before + 2_50)
    (book,) = (await story.get("instalment-book"))["book"]
    assert (book["exposure_minor"], book["collected_minor"]) == (0, 50_00)

    (card,) = (await story.get(f"shoppers/{SHOPPER}/mandates"))["data"]
    more = {"plan": "3x24", "order_ref": "till-2"}
    quote = {"decision_id": (await story.asked(plans=["3x24"]))["decision_id"], **more}
    for wrong in (str(parse("man", card["id"])), show("man", UUID(int=7)), "man_1"):
        assert (await story.post("instalment-plans", 404, **quote, mandate=wrong))["code"] == "unknown_mandate"
    assert len((await story.get("instalment-plans"))["data"]) == 1
    opened = await story.post("instalment-plans", 201, **quote, mandate=card["id"])
    first = await story.post(f"instalment-plans/{opened['plan']}/first-payment", 201)
    assert first["state"] == "needs_shopper"
    assert (await story.post(f"instalment-plans/{opened['plan']}/confirm"))["state"] == "succeeded"
    assert [each["id"] for each in (await story.get(f"shoppers/{SHOPPER}/mandates"))["data"]] == [card["id"]]
    await world.audit()


async def test_refused_contested_overturned_and_begun(story: Story) -> None:
    world = story.desk.world
    await story.post("cards/facts", 201, **CARD_FACTS | {"prepaid": True})
    told = await story.asked(plans=["2x"])
    assert (told["outcome"], [each["code"] for each in told["reasons"]]) == ("refused", ["card_prepaid"])
    review = await story.post(told["review_url"].removeprefix("/v1/"), 201, words="It is a debit card.")
    answer = {"plan": "2x", "reason": "wrong_data", "words": "the issuer says debit"}
    done = await story.post(f"decision-reviews/{review['id']}/overturn", **answer)
    assert done["state"] == "overturned"
    path = await story.begun(done["new_decision_id"], "2x")
    assert (await story.get(path))["owed_minor"] == 45_00
    ((shopper_notices,),) = await world.rows("SELECT count(*) FROM notices WHERE kind = 'review_overturned'")
    assert shopper_notices == 1
    await story.work()
    await world.audit()


async def test_a_partners_contract_is_signed_over_http_as_the_document_says(story: Story) -> None:
    world = story.desk.world
    async with world.connection() as connection:
        actor, master = system(story.desk.operator_id, "tests"), world.stage.road.keyring.master
        partner = {"url": opening.SIMULATED_LENDER, "token": "none"}
        await opening.open_lender(connection, actor, master, partner, world.now)
    plan = await Charged(world, ChargeDouble(world.now)).accept(lender=Lender.PARTNER)
    path = f"instalment-plans/{plan.ref}"
    assert (await story.get(path))["contract"] == "proposed"
    await story.work()
    assert (await story.get(path))["contract"] == "offered"
    for _ in range(2):
        assert await story.post(f"{path}/contract/sign") == {"plan": plan.ref, "contract": "signing"}
    assert (await story.get(path))["contract"] == "signing"
    await story.work()
    assert (await story.get(path))["contract"] == "signed"
    await world.audit()
