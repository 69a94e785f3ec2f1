"""What one purchase would bring, told without a row being written."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from test_backtest import CENTRE_WITH, TWO
from world import START, World, a_world, clearing, day

from cashback.actors import Actor, Scope
from cashback.backtest.simulation import Imagined, simulate
from cashback.errors import Forbidden, Invalid, NotFound
from cashback.offers.schemas import FactKind

FAMILIES = """
  - {code: families, conditions: [{kind: segments, segments: [families]}, {kind: minimum_spend, amount: "20.00"}],
     group: own, reward: {kind: fixed, asset: EUR, amount: "3.00"}}
"""
THIRD = """
  - {code: third, group: other, conditions: [{kind: stamp_card, every: 3}],
     reward: {kind: fixed, asset: EUR, amount: "5.00"}}
"""
SMALL = '  - {code: small, group: third, budget: "1.00", reward: {kind: percent, asset: EUR, rate_bps: 1000}}\n'


async def ask(world: World, **given: Any) -> dict[str, Any]:
    return await simulate(world.engine, world.stage.actor, Imagined(**given), world.now)


def verdicts(answer: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {each["offer"]: (each["verdict"], each["amount"]) for each in answer["offers"]}


async def rows_of(world: World) -> list[tuple[Any, ...]]:
    """How many rows each table holds, and the newest version of each."""
    tables = await world.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    found = []
    for (table,) in tables:
        if table != "alembic_version":
            found += await world.rows(
                f"SELECT '{table}', count(*), max(xmin::text::bigint) FROM {table} "
                f"WHERE to_jsonb({table})->>'operator_id' = $1",
                str(world.operator_id),
            )
    return found


async def test_an_imagined_shopper_has_only_the_facts_given(engine: AsyncEngine) -> None:
    world = await a_world(engine, CENTRE_WITH + TWO + FAMILIES)
    plain = await ask(world, shop="cafe", amount="42.50")
    assert verdicts(plain) == {"two": ("rewarded", 85), "families": ("not_met", 0)}
    said = await ask(world, shop="cafe", amount="42.50", facts=[(FactKind.SEGMENT, "families")])
    assert verdicts(said) == {"two": ("rewarded", 85), "families": ("rewarded", 3_00)}
    assert said["total"] == {"EUR": 3_85}
    short = await ask(world, shop="cafe", amount="16.80", facts=[(FactKind.SEGMENT, "families")])
    assert short["near_misses"] == [
        {
            "offer": "families",
            "condition": "minimum_spend",
            "missing_minor": 3_20,
            "currency": "EUR",
            "en": "€3.20 more",
            "fr": "3,20\xa0€ de plus",
        }
    ]
    why = next(each for each in short["offers"] if each["offer"] == "families")["why"]
    assert [each["ok"] for each in why] == [True, False, True]
    assert why[1]["en"] == "Minimum spend €20.00: you spent €16.80"
    assert why[1]["fr"].startswith("Achat minimum de 20,00")


async def test_a_real_shopper_has_their_history_and_nothing_is_written(engine: AsyncEngine) -> None:
    world = await a_world(engine, CENTRE_WITH + TWO + THIRD + SMALL)
    await world.link(at=START - timedelta(days=9))
    for number in range(2):
        await world.play(clearing(f"p{number}", 4_00, at=day(number)), at=day(number))
    before = await rows_of(world)
    answer = await ask(world, shop="books", amount="10.00", shopper="anna", card="card-1")
    assert verdicts(answer) == {
        "two": ("rewarded", 20),
        "third": ("rewarded", 5_00),
        "small": ("rewarded", 20),
    }
    stranger = await ask(world, shop="books", amount="10.00")
    assert verdicts(stranger)["third"] == ("not_met", 0)
    assert await rows_of(world) == before
    await world.play(clearing("p2", 10_00, at=day(2), mid="1002"), at=day(2))
    posted = {code: amount for (ref, code), (_, amount, _) in (await world.rewards()).items() if ref == "p2"}
    assert posted == {code: amount for code, (_, amount) in verdicts(answer).items()}


async def test_one_more_offer_is_tried_as_if_it_had_always_been_live(engine: AsyncEngine) -> None:
    world = await a_world(engine, CENTRE_WITH + TWO)
    answer = await ask(
        world, shop="cafe", amount="10.00", offer="{code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}}"
    )
    assert verdicts(answer) == {"ten": ("rewarded", 1_00), "two": ("lost", 0)}


async def test_what_is_not_there_is_named(engine: AsyncEngine) -> None:
    world = await a_world(engine, CENTRE_WITH + TWO)
    for given, kind, code in (
        ({"shop": "kiosk", "amount": "1.00"}, NotFound, "unknown_shop"),
        ({"shop": "cafe", "amount": "1.00", "shopper": "zoe"}, NotFound, "unknown_shopper"),
        ({"shop": "cafe", "amount": "1.00", "card": "no"}, NotFound, "unknown_card"),
        ({"shop": "cafe", "amount": "1,00"}, Invalid, "amount"),
        ({"shop": "cafe", "amount": "0"}, Invalid, "amount"),
        ({"shop": "cafe", "amount": "1.001"}, Invalid, "amount"),
    ):
        with pytest.raises(kind) as refused:
            await ask(world, **given)
        assert refused.value.code == code
    nobody = Actor(world.operator_id, "key:none", frozenset({Scope.MONEY}))
    with pytest.raises(Forbidden):
        await simulate(engine, nobody, Imagined("cafe", "1.00"), world.now)
