"""Post the difference, on the real road: whatever happens to a purchase, its reward ends where it should stand."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import (
    CENTRE,
    FIVE_PERCENT,
    World,
    a_world,
    authorization,
    clearing,
    day,
    decline,
    purchase,
    refund,
    reversal,
)

from cashback.rewards.scene import CLOSES_AFTER

BUDGET = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}, budget: "%s"}
  - {code: two, reward: {kind: percent, asset: EUR, rate_bps: 200}}
"""
)


async def linked(engine: AsyncEngine, programme: str = FIVE_PERCENT) -> World:
    world = await a_world(engine, programme)
    await world.link()
    return world


async def test_from_purchase_to_available(engine: AsyncEngine) -> None:
    world = await linked(engine)
    await world.play(authorization("p", 40_00, at=day(1)), at=day(1))
    assert await world.rewards() == {("p", "five"): ("EUR", 2_00, "pending")}
    await world.play(clearing("p", 46_00, at=day(2)), at=day(2))
    assert await world.wallet() == {"EUR": (2_30, 0, 0, 0)}
    await world.pass_to(day(15.99))
    assert await world.wallet() == {"EUR": (2_30, 0, 0, 0)}
    await world.pass_to(day(16))
    assert await world.wallet() == {"EUR": (0, 2_30, 0, 0)}
    await world.audit()


async def test_an_authorization_lapses_after_31_days_and_revives_with_its_clearing(engine: AsyncEngine) -> None:
    world = await linked(engine)
    await world.play(authorization("p", 40_00, at=day(1)), at=day(1))
    await world.pass_to(day(31.99))
    assert await world.wallet() == {"EUR": (2_00, 0, 0, 0)}
    await world.pass_to(day(32))
    assert (await world.wallet(), await world.purchases()) == ({}, {"p": ("lapsed", 0)})
    await world.audit()
    await world.play(clearing("p", 41_00, at=day(33)), at=day(33))
    assert (await world.wallet(), await world.purchases()) == (
        {"EUR": (2_05, 0, 0, 0)},
        {"p": ("cleared", 41_00)},
    )
    await world.audit()


@pytest.mark.parametrize("given_back", [20_00, 40_00])
@pytest.mark.parametrize("of", [None, "p"])
async def test_a_refund_of_what_never_clears_does_not_keep_it_from_lapsing(
    engine: AsyncEngine, given_back: int, of: str | None
) -> None:
    for told_on in (10, 40):
        world = await linked(engine)
        await world.play(authorization("p", 40_00, at=day(1)), at=day(1))
        world.clock.move_to(day(told_on))
        await world.play(refund("r", given_back, at=day(9), of=of))
        await world.audit()
        await world.pass_to(day(50))
        assert (await world.wallet(), (await world.purchases())["p"]) == ({}, ("lapsed", 0))
        await world.audit()


async def test_settling_again_posts_nothing(engine: AsyncEngine) -> None:
    world = await linked(engine)
    told = [*purchase("p", 40_00, at=day(1)), refund("r", 5_00, at=day(3)), decline("d", at=day(3))]
    await world.play(*told, at=day(5))
    before = await world.transfers(), await world.rows("SELECT id, revision FROM rewards")
    await world.play(*told, *told)
    assert (await world.transfers(), await world.rows("SELECT id, revision FROM rewards")) == before
    await world.audit()


async def test_a_reward_is_rounded_once_on_the_net_however_it_was_refunded(engine: AsyncEngine) -> None:
    world = await linked(engine)
    parts = [refund(f"r{number}", 3_33, at=day(3), of="p") for number in range(3)]
    await world.play(*purchase("p", 19_99, at=day(1)), *parts, at=day(4))
    assert await world.wallet() == {"EUR": (50, 0, 0, 0)}
    assert (await world.purchases())["p"] == ("partly_refunded", 10_00)
    await world.audit()


async def test_a_reversal_before_its_authorization(engine: AsyncEngine) -> None:
    world = await linked(engine)
    await world.play(reversal("p", 15_00, at=day(1.5)), at=day(2))
    assert await world.purchases() == {"p": ("reversed", 0)}
    await world.play(authorization("p", 40_00, at=day(1)))
    assert (await world.wallet(), await world.purchases()) == ({"EUR": (1_25, 0, 0, 0)}, {"p": ("authorized", 25_00)})
    await world.audit()


async def test_a_correction_of_the_clearing_moves_the_hold_and_the_amount(engine: AsyncEngine) -> None:
    world = await linked(engine)
    await world.play(clearing("p", 40_00, at=day(1)), at=day(20))
    assert await world.wallet() == {"EUR": (0, 2_00, 0, 0)}
    await world.play(clearing("p", 60_00, at=day(10)), at=day(21))
    assert await world.wallet() == {"EUR": (3_00, 0, 0, 0)}
    await world.audit()
    await world.pass_to(day(24))
    assert await world.wallet() == {"EUR": (0, 3_00, 0, 0)}
    await world.audit()


async def test_a_purchase_closes_after_400_days(engine: AsyncEngine) -> None:
    world = await linked(engine)
    await world.play(*purchase("p", 40_00, at=day(1)), *purchase("q", 40_00, at=day(3)), at=day(20))
    at = day(1) + CLOSES_AFTER
    await world.play(refund("rp", 40_00, at=at, of="p"), refund("rq", 40_00, at=at, of="q"), at=at)
    assert await world.wallet() == {"EUR": (0, 2_00, 0, 0)}
    assert await world.rewards() == {("p", "five"): ("EUR", 2_00, "available")}
    await world.audit()


async def test_what_is_still_pending_when_its_purchase_closes_becomes_available(engine: AsyncEngine) -> None:
    world = await linked(engine, FIVE_PERCENT.replace("hold_days: 14", "hold_days: 365"))
    told = [authorization("p", 40_00, at=day(1)), clearing("p", 40_00, at=day(60))]
    await world.play(*told, at=day(60))
    await world.pass_to(day(424.9))
    assert await world.wallet() == {"EUR": (2_00, 0, 0, 0)}
    await world.pass_to(day(425))
    assert await world.wallet() == {"EUR": (0, 2_00, 0, 0)}
    await world.audit()


async def test_an_unknown_shop_earns_later_what_it_would_have_earned(engine: AsyncEngine) -> None:
    known = FIVE_PERCENT.replace('value: "1002"}', 'value: "1002"}, {network: sandbox, scheme: mid, value: "7777"}')
    told = [*purchase("p", 40_00, at=day(1), mid="7777"), refund("r", 10_00, at=day(3), mid="7777")]
    late, early = await linked(engine), await linked(engine, known)
    for world in (late, early):
        await world.play(*told, at=day(5))
    assert await late.wallet() == {}
    await late.audit()
    await late.apply(known)
    await late.drain()
    assert await late.wallet() == await early.wallet() == {"EUR": (1_50, 0, 0, 0)}
    assert await late.purchases() == await early.purchases()
    await late.audit()


async def test_an_identifier_that_moves_takes_its_purchases_with_it(engine: AsyncEngine) -> None:
    books_only = FIVE_PERCENT.replace("{code: five, ", "{code: five, conditions: [{kind: shops, shops: [books]}], ")
    world = await linked(engine, books_only)
    await world.play(*purchase("p", 40_00, at=day(1)), at=day(3))
    assert await world.wallet() == {}
    swapped = books_only.replace('"1001"', '"0"').replace('"1002"', '"1001"').replace('"0"', '"1002"')
    await world.apply(swapped)
    await world.drain()
    assert await world.wallet() == {"EUR": (2_00, 0, 0, 0)}
    await world.audit()


async def test_a_shop_whose_category_is_corrected_earns_accordingly(engine: AsyncEngine) -> None:
    meals = FIVE_PERCENT.replace(
        "{code: five, ", '{code: five, conditions: [{kind: categories, categories: ["5812"]}], '
    )
    world = await linked(engine, meals)
    await world.play(*purchase("p", 40_00, at=day(1), mid="1002"), at=day(3))
    assert await world.wallet() == {}
    await world.apply(meals.replace('"5942"', '"5812"'))
    await world.drain()
    assert await world.wallet() == {"EUR": (2_00, 0, 0, 0)}
    await world.audit()


async def test_new_terms_judge_only_what_is_bought_under_them(engine: AsyncEngine) -> None:
    world = await linked(engine)
    await world.play(*purchase("before", 40_00, at=day(1)), at=day(3))
    await world.apply(FIVE_PERCENT.replace("rate_bps: 500", "rate_bps: 1000"))
    await world.play(*purchase("late", 40_00, at=day(2)), *purchase("after", 40_00, at=day(4)), at=day(6))
    assert {ref: amount for (ref, _), (_, amount, _) in (await world.rewards()).items()} == {
        "before": 2_00,
        "late": 2_00,
        "after": 4_00,
    }
    await world.audit()


async def test_a_budget_given_to_a_running_offer_and_taken_from_it_leaves_the_books_clean(engine: AsyncEngine) -> None:
    world = await linked(engine)
    await world.play(*purchase("free", 40_00, at=day(1)), at=day(3))
    await world.apply(FIVE_PERCENT.replace("hold_days: 14", 'hold_days: 14, budget: "3.00"'))
    await world.play(*purchase("budgeted", 40_00, at=day(4)), *purchase("short", 40_00, at=day(4.5)), at=day(6))
    await world.audit()
    await world.apply(FIVE_PERCENT)
    await world.play(*purchase("again", 40_00, at=day(7)), at=day(9))
    assert {ref: amount for (ref, _), (_, amount, _) in (await world.rewards()).items()} == {
        "free": 2_00,
        "budgeted": 2_00,
        "short": 1_00,
        "again": 2_00,
    }
    await world.audit()


async def test_an_empty_budget_lets_the_next_best_offer_win_and_a_refusal_is_final(engine: AsyncEngine) -> None:
    world = await linked(engine, BUDGET % "5.00")
    await world.play(*purchase("one", 40_00, at=day(1)), at=day(3))
    await world.play(*purchase("two", 40_00, at=day(2)), at=day(4))
    assert await world.rewards() == {
        ("one", "ten"): ("EUR", 4_00, "available"),
        ("two", "ten"): ("EUR", 1_00, "available"),
    }
    await world.play(*purchase("three", 40_00, at=day(3)), at=day(5))
    assert (await world.rewards())["three", "two"] == ("EUR", 80, "available")
    await world.audit()
    await world.play(refund("r", 40_00, at=day(6), of="one"), at=day(6))
    assert await world.rows("SELECT cap, granted FROM quotas") == [(5_00, 1_00)]
    await world.play(*purchase("three", 40_00, at=day(3)))
    assert (await world.rewards())["three", "two"] == ("EUR", 80, "available")
    await world.play(*purchase("four", 40_00, at=day(6)), at=day(8))
    assert (await world.rewards())["four", "ten"] == ("EUR", 4_00, "available")
    await world.audit()
