"""A random sample of what was accepted without a person: drawn once, judged like others, with precision's interval."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from test_places import learning_world, tell
from world import World, day

from cashback.actors import Actor, Scope
from cashback.errors import Forbidden, Invalid, NotFound
from cashback.ids import parse
from cashback.merchants.reviewing import Verdict
from cashback.merchants.sampling import Sample, interval, judge, sample


async def drawn(world: World, count: int, seed: int = 1) -> Sample:
    async with world.connection() as connection:
        return await sample(connection, world.stage.actor, count=count, seed=seed, since=None, now=world.now)


async def said(world: World, ref: str, verdict: Verdict, shop: str | None = None) -> bool | None:
    async with world.connection() as connection:
        purchase = parse("pur", ref)
        return await judge(connection, world.stage.actor, purchase, verdict, shop=shop, now=world.now)


async def test_a_sample_is_drawn_once_judged_and_counted_as_it_was_drawn(engine: AsyncEngine) -> None:
    world = await learning_world(engine)
    await tell(world, 24)
    await world.drain()
    first = await drawn(world, 5)
    assert (first.population, len(first.accepts), first.told) == (24, 5, 0)
    assert {each.shop for each in first.accepts} == {"cafe"}
    assert await drawn(world, 5) == first
    other = await drawn(world, 5, seed=2)
    assert {each.ref for each in other.accepts} != {each.ref for each in first.accepts}

    refs = [each.ref for each in first.accepts]
    assert await said(world, refs[0], Verdict.SHOP, "cafe") is True
    assert await said(world, refs[1], Verdict.SKIP) is None
    await world.drain()
    assert await world.rows("SELECT verdict, purchases FROM match_answers") == [("confirmed", 0)]
    assert await said(world, refs[2], Verdict.NOT_OURS) is False
    await world.drain()
    again = await drawn(world, 5)
    assert [each.ref for each in again.accepts] == refs
    assert (again.right, again.told, sum(each.judged for each in again.accepts)) == (1, 2, 3)
    assert {each.shop for each in again.accepts} == {"cafe"}
    await world.audit()


async def test_a_wrong_accept_is_taken_back_and_waits_for_a_person(engine: AsyncEngine) -> None:
    world = await learning_world(engine)
    await tell(world, 8)
    await world.drain()
    assert await world.wallet("shopper-1") == {"EUR": (0, 2_00, 0, 0)}
    found = await drawn(world, 8)
    earliest = min(found.accepts, key=lambda each: each.purchased_at)
    assert await said(world, earliest.ref, Verdict.SHOP, "books") is False
    await world.drain()
    assert await world.rows("SELECT DISTINCT decision, why, against FROM purchase_matches") == [
        ("review", "contradicted", ["another_shop"])
    ]
    assert await world.wallet("shopper-1") == {}
    world.clock.move_to(day(6))
    assert await said(world, earliest.ref, Verdict.SHOP, "cafe") is True
    await world.drain()
    assert await world.wallet("shopper-1") == {"EUR": (0, 2_00, 0, 0)}
    assert (await drawn(world, 8)).right == 1
    await world.audit()


async def test_what_cannot_be_drawn_or_judged_moves_nothing(engine: AsyncEngine) -> None:
    world = await learning_world(engine)
    assert (await drawn(world, 5)).accepts == ()
    await tell(world, 4)
    await world.drain()
    (one,) = (await drawn(world, 1)).accepts
    (left,) = await world.rows("SELECT id FROM purchases WHERE id <> $1 LIMIT 1", parse("pur", one.ref))
    stood = await world.rows("SELECT count(*) FROM match_answers"), await world.rows("SELECT count(*) FROM audit_log")
    reader = Actor(world.operator_id, "key:till", frozenset({Scope.READ}))
    async with world.connection() as connection:
        for count in (0, 501):
            with pytest.raises(Invalid, match="expected 1 to 500"):
                await sample(connection, world.stage.actor, count=count, seed=1, since=None, now=day(6))
        with pytest.raises(Forbidden):
            await sample(connection, reader, count=1, seed=1, since=None, now=day(6))
        with pytest.raises(NotFound, match="is in no sample"):
            await judge(connection, world.stage.actor, left[0], Verdict.NOT_OURS, shop=None, now=day(6))
        mine = parse("pur", one.ref)
        with pytest.raises(NotFound, match="no shop has the code 'caffe'"):
            await judge(connection, world.stage.actor, mine, Verdict.SHOP, shop="caffe", now=day(6))
        with pytest.raises(Invalid, match="judged by its shop"):
            await judge(connection, world.stage.actor, mine, Verdict.SHARED, shop=None, now=day(6))
    assert stood == (
        await world.rows("SELECT count(*) FROM match_answers"),
        await world.rows("SELECT count(*) FROM audit_log"),
    )
    await world.audit()


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (10, 10, 0.6915, 1.0),
        (0, 10, 0.0, 0.3085),
        (95, 100, 0.8872, 0.9836),
        (498, 500, 0.9856, 0.9995),
    ],
)
def test_the_interval_is_that_of_the_tables(right: int, of: int, low: float, high: float) -> None:
    assert interval(right, of) == pytest.approx((low, high), abs=6e-5)
