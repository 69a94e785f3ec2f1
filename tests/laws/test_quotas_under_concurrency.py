"""No quota of a day or a shop, and no place of an offer, is given twice or lost, whoever works at the same time.

Invariants, with eight workers on all lanes at once and fifty shoppers: each bucket has given what its grants say and
never more than its cap; as long as anybody asks, all of it is given; a refund gives back, and others get it.
"""

import asyncio
import secrets
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from workers import side_by_side
from world import CENTRE, World, a_world, clearing, day, refund

from cashback import pipeline
from cashback.errors import Invalid
from cashback.offers.limits import Measure
from cashback.pipeline import Road
from webhooks.sealing import KeyRing

SHOPPERS = 50
PURCHASES = 120
"""Of 20.00 each: sixty on each of two days, every second one in each of two shops."""
PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
  - {code: daily, reward: {kind: percent, asset: EUR, rate_bps: 1000},
     limits: [{measure: amount, at_most: "30.00", per: offer, period: day}]}
  - {code: two, reward: {kind: percent, asset: EUR, rate_bps: 200}}
  - {code: shop, reward: {kind: fixed, asset: PTS, amount: 10}, limits: [{measure: times, at_most: 20, per: shop}]}
  - {code: several, reward: {kind: fixed, asset: PARKMIN, amount: 30}, budget: 300,
     limits: [{measure: times, at_most: 3, per: offer, period: day},
              {measure: amount, at_most: 150, per: shop, over: refuse}]}
"""
)


async def a_load(engine: AsyncEngine) -> World:
    world = await a_world(engine, PROGRAMME)
    world.stage.road = Road(KeyRing(secrets.token_bytes(32)))
    for number in range(SHOPPERS):
        await world.link(f"card-{number}", f"shopper-{number}")
    await world.tell(
        *(
            clearing(
                f"p{number}",
                20_00,
                at=day(1 + number // 60) + timedelta(minutes=number),
                card=f"card-{number % SHOPPERS}",
                mid="1001" if number % 2 else "1002",
            )
            for number in range(PURCHASES)
        )
    )
    world.clock.move_to(day(3))
    return world


async def given(world: World, offer: str) -> dict[str, tuple[int, int]]:
    """Cap and granted of each bucket, by what of its name is not a shop's id."""
    found = await world.rows(
        """SELECT q.bucket, q.cap, q.granted FROM quotas q
        JOIN offers o ON o.operator_id = q.operator_id AND o.id = q.offer_id WHERE o.code = $1""",
        offer,
    )
    shops = {shop.hex: code for code, shop in await world.rows("SELECT code, id FROM shops")}
    named = {":".join(shops.get(part, part) for part in bucket.split(":")): rest for bucket, *rest in found}
    return {bucket: (cap, granted) for bucket, (cap, granted) in named.items()}


async def rewarded(world: World) -> dict[str, tuple[int, int]]:
    """How many rewards each offer gave, and how much."""
    found = await world.rows(
        """SELECT o.code, count(*), sum(r.amount)::bigint FROM rewards r
        JOIN offers o ON o.operator_id = r.operator_id AND o.id = r.offer_id WHERE r.amount > 0 GROUP BY o.code"""
    )
    return {code: (times, amount) for code, times, amount in found}


async def test_each_day_and_each_shop_gives_all_it_has_and_no_more(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_MAX", 4)
    world = await a_load(engine)
    await side_by_side(world)
    days = ("2026-11-02", "2026-11-03")
    assert await given(world, "daily") == {f"amount:offer:day::{each}": (30_00, 30_00) for each in days}
    assert await given(world, "shop") == {f"times:shop:life:{each}:": (20, 20) for each in ("cafe", "books")}
    several = await given(world, "several")
    assert several["total"] == (300, 180)
    assert [several[f"times:offer:day::{each}"] for each in days] == [(3, 3), (3, 3)]
    by_shop = [several[f"amount:shop:life:{each}:"] for each in ("cafe", "books")]
    assert [cap for cap, _ in by_shop] == [150, 150]
    assert sum(granted for _, granted in by_shop) == 180
    assert await rewarded(world) == {
        "daily": (30, 60_00),
        "two": (PURCHASES - 30, (PURCHASES - 30) * 40),
        "shop": (40, 400),
        "several": (6, 180),
    }
    await world.drain()
    await world.audit()


async def test_what_refunds_give_back_to_a_day_and_a_shop_others_get(engine: AsyncEngine) -> None:
    world = await a_load(engine)
    await side_by_side(world)
    winners = await world.rows(
        """SELECT p.purchase_ref, c.token FROM rewards r JOIN offers o ON o.operator_id = r.operator_id
            AND o.id = r.offer_id JOIN purchases p ON p.shopper_id = r.shopper_id AND p.id = r.purchase_id
        JOIN cards c ON c.card_id = p.card_id
        WHERE o.code = 'daily' AND r.amount > 0 AND p.purchased_at < $1 LIMIT 10""",
        day(2),
    )
    await world.tell(*(refund(f"r-{ref}", 20_00, at=day(3), of=ref, card=card) for ref, card in winners))
    await side_by_side(world)
    assert (await given(world, "daily"))["amount:offer:day::2026-11-02"] == (30_00, 10_00)
    more = [
        clearing(
            f"late{number}", 20_00, at=day(1, hour=10), card=f"card-{number}", mid="1001" if number % 2 else "1002"
        )
        for number in range(SHOPPERS)
    ]
    await world.tell(*more)
    await side_by_side(world)
    assert await given(world, "daily") == {
        "amount:offer:day::2026-11-02": (30_00, 30_00),
        "amount:offer:day::2026-11-03": (30_00, 30_00),
    }
    for bucket, (cap, granted) in ((await given(world, "several")) | (await given(world, "shop"))).items():
        assert granted <= cap
        assert granted == cap or not bucket.startswith(f"{Measure.TIMES}:")
    await world.drain()
    await world.audit()


ACTIVATED = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: hot, conditions: [{kind: activated, places: 10}], reward: {kind: percent, asset: EUR, rate_bps: 1000}}
"""
)


async def test_ten_places_under_thirty_who_want_one(engine: AsyncEngine) -> None:
    world = await a_world(engine, ACTIVATED)
    names = [f"shopper-{number}" for number in range(30)]
    for name in names:
        await world.link(f"card-{name}", name)
    world.clock.move_to(day(1))
    # each of them twice, as an impatient thumb would
    answers = await asyncio.gather(
        *(world.activate("hot", shopper=name) for name in (*names, *names)), return_exceptions=True
    )
    refused = [name for name, answer in zip((*names, *names), answers, strict=True) if answer is not None]
    assert {getattr(answer, "code", None) for answer in answers if answer is not None} == {"no_place_left"}
    winners = set(names) - set(refused)
    assert len(winners) == 10
    assert len(refused) == 40
    assert await world.rows("SELECT bucket, cap, granted FROM quotas") == [("activations", 10, 10)]
    await world.play(*(clearing(f"p-{name}", at=day(2), card=f"card-{name}") for name in names), at=day(3))
    assert {name for name in names if await world.wallet(name)} == winners
    await world.activate("hot", shopper=min(winners))
    with pytest.raises(Invalid, match="all 10 places"):
        await world.activate("hot", shopper=min(refused))
    assert await world.rows("SELECT granted FROM quotas") == [(10,)]
    await world.audit()
