"""What the product tells: a day of a programme, every event of which is as its schema says and names nobody."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from paid_world import paid_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CARD, FIVE_PERCENT, SHOPPER, World, a_world, authorization, day, decline, purchase, refund

from cashback.actors import Actor, Scope
from cashback.courier import service
from cashback.events.catalogue import EVENTS
from cashback.events.service import event, tell
from cashback.funding import service as funding
from cashback.funding.schemas import Funder, Mode
from cashback.ledger.chart import FUNDER
from cashback.payouts.rails import Refused
from cashback.upkeep import watch_funds
from webhooks.egress import Egress

_ID = UUID(int=7)
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


async def listen(world: World, *types: str) -> None:
    """An endpoint that listens from now on."""
    actor = Actor(world.operator_id, "person:ada", frozenset({Scope.WEBHOOKS}))
    url = f"http://127.0.0.1:9/{world.now.timestamp()}"
    await service.add(
        world.engine,
        world.stage.road.keyring,
        Egress(loopback=True),
        actor,
        url=url,
        types=types or None,
        ed25519=False,
        now=world.now,
    )


async def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of everything in the outbox, in the order in which it was told, each as its schema says."""
    rows = await world.rows("SELECT type, data FROM outbox_messages ORDER BY told_at, type, key")
    found = [(type_, json.loads(data)) for type_, data in rows]
    for type_, data in found:
        schema = EVENTS[type_].schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(data, schema, jsonschema.Draft202012Validator)
        assert data.keys() == EVENTS[type_].fields.keys()
    return found


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await a_world(engine)


async def test_without_an_endpoint_nothing_is_written(world: World) -> None:
    await world.link()
    await world.play(*purchase("p", at=day(1)), at=day(3))
    await world.pass_to(day(20))
    assert await told(world) == []
    await world.audit()


async def test_a_purchase_from_its_authorization_to_its_refund(world: World) -> None:
    await listen(world)
    await world.link(at=day(0))
    await world.play(authorization("p", at=day(1)), at=day(1))
    await world.play(purchase("p", at=day(1))[1], at=day(2))
    await world.pass_to(day(20))
    await world.play(refund("r", 5_00, at=day(21), of="p"), at=day(21))
    found = await told(world)
    assert [type_ for type_, _ in found] == [
        "card.linked",
        "shopper.opened",
        "purchase.recognised",
        "reward.earned",
        "purchase.changed",
        "reward.available",
        "purchase.changed",
        "reward.changed",
    ]
    data = dict(found)
    assert (data["reward.earned"]["amount"], data["reward.earned"]["state"]) == (1_00, "pending")
    assert (data["reward.available"]["amount"], data["reward.available"]["available"]) == (1_00, 1_00)
    assert (data["reward.changed"]["amount"], data["reward.changed"]["previous_amount"]) == (75, 1_00)
    assert (data["purchase.changed"]["state"], data["purchase.changed"]["net_minor"]) == ("partly_refunded", 15_00)
    await world.audit()


async def test_nothing_that_is_told_names_a_person_or_a_card(world: World) -> None:
    await listen(world)
    await world.link(at=day(0))
    await world.play(*purchase("p", at=day(1)), decline("d", at=day(2)), at=day(3))
    await world.unlink()
    content = json.dumps(await told(world))
    for secret in (SHOPPER, CARD, "Café", "SHOP", "evt-"):
        assert secret not in content
    assert Counter(type_ for type_, _ in await told(world))["card.unlinked"] == 1


async def test_the_same_messages_again_tell_nothing_more(world: World) -> None:
    await listen(world)
    await world.link(at=day(0))
    bodies = [{"id": f"once-{n}", **each} for n, each in enumerate(purchase("p", at=day(1)))]
    for _ in range(2):
        for body in bodies:
            await world.deliver(body)
        world.clock.move_to(world.now + timedelta(days=3))
        await world.drain()
    counted = Counter(type_ for type_, _ in await told(world))
    assert counted == {"shopper.opened": 1, "card.linked": 1, "purchase.recognised": 1, "reward.earned": 1}


async def test_what_fails_tells_nothing(world: World) -> None:
    await listen(world)
    await world.link(at=day(0))
    before = await told(world)
    made = event("shopper.opened", "k", world.now, of=world.operator_id, shopper="shp_" + "0" * 26)
    async with world.connection() as connection:
        undone = await connection.begin_nested()
        await tell(connection, world.operator_id, [made], world.now)
        await undone.rollback()
    assert await told(world) == before


async def test_a_life_of_an_offer_and_points_that_expire_are_told(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT.replace("hold_days: 14", "hold_days: 0, expires_after_days: 30"))
    await listen(world)
    await world.link(at=day(0))
    await world.play(*purchase("p", at=day(1)), at=day(2))
    await world.apply(FIVE_PERCENT.replace("hold_days: 14", "hold_days: 1, expires_after_days: 30"))
    for later in range(3, 60, 3):
        await world.pass_to(day(later))
    found = dict(await told(world))
    assert found["offer.changed"]["change"] == "publish"
    assert found["reward.expired"]["expired"] == 1_00
    await world.audit()


def test_an_event_has_exactly_the_fields_of_the_catalogue() -> None:
    at = day(0)
    with pytest.raises(ValueError, match="expected"):
        event("shopper.opened", "k", at, of=_ID, shopper="x", name="Anna")
    with pytest.raises(ValueError, match="expected"):
        event("shopper.opened", "k", at, of=_ID)
    with pytest.raises(KeyError):
        event("shopper.eaten", "k", at, of=_ID)


def test_the_guide_lists_every_type_with_its_sentence() -> None:
    lines = GUIDE.read_text().splitlines()
    assert [f"| `{name}` | {each.summary} |" for name, each in EVENTS.items()] == [
        line for line in lines if line.startswith("| `")
    ]
    assert list(EVENTS) == sorted(EVENTS)


async def test_a_payout_is_told_from_its_request_to_its_end(engine: AsyncEngine) -> None:
    paid = await paid_world(engine)
    await listen(paid.world, "payout.*")
    await paid.earn(40)
    await paid.stripe_account()
    payout = await paid.request(15_00)
    paid.rail.next_answers.append(Refused("account_closed"))
    await paid.pay()
    found = [each for each in await told(paid.world) if each[0].startswith("payout.")]
    assert [(type_, data["payout"], data["amount"], data["state"]) for type_, data in found] == [
        ("payout.created", payout.ref, 15_00, "requested"),
        ("payout.failed", payout.ref, 15_00, "failed"),
    ]
    assert "notice.told" in dict(await told(paid.world))
    await paid.audit()


async def test_a_funder_without_money_is_told_of(world: World) -> None:
    await listen(world)
    actor = Actor(world.operator_id, "person:ada", frozenset({Scope.MONEY}))
    async with world.connection() as connection:
        funder = Funder(account=FUNDER, name="Le Quai", mode=Mode.PREPAID)
        await funding.tell_of(connection, actor, funder, world.now)
    assert await watch_funds(world.engine, world.stage.road, world.operator_id, world.clock)
    assert await told(world) == [("funding.low", {"funder": "operator"}), ("funding.paused", {"funder": "operator"})]
    await world.audit()
