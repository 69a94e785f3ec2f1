"""Rewards that look at other purchases and at the shopper, on the real road: they move with what they look at."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, authorization, clearing, day, purchase, refund

from cashback.rewards.scene import CLOSES_AFTER

ASSETS = """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}}
offers:
"""
TEN_PERCENT = "reward: {kind: percent, asset: EUR, rate_bps: 1000}"


def programme(*offers: str, centre: str = CENTRE) -> str:
    return centre + ASSETS + "".join(f"  - {{{offer}}}\n" for offer in offers)


async def linked(engine: AsyncEngine, document: str) -> World:
    world = await a_world(engine, document)
    await world.link()
    return world


def bought(*days: float, amount: int = 20_00, **more: object) -> list[dict[str, object]]:
    """Cleared at once, named by their day."""
    return [clearing(f"p{each}", amount, at=day(each), **more) for each in days]  # type: ignore[arg-type]


async def amounts(world: World, offer: str) -> dict[str, int]:
    return {ref: amount for (ref, code), (_, amount, _) in (await world.rewards()).items() if code == offer}


STAMPS = "code: fifth, conditions: [{kind: stamp_card, every: 5}], reward: {kind: fixed, asset: PTS, amount: 50}"


async def test_when_the_fifth_stamp_is_refunded_the_reward_moves_to_the_sixth(engine: AsyncEngine) -> None:
    world = await linked(engine, programme(STAMPS + ", hold_days: 3"))
    await world.play(*bought(1, 2, 3, 4, 5, 6), at=day(8))
    assert await world.rewards() == {("p5", "fifth"): ("PTS", 50, "available")}
    await world.play(refund("r", 20_00, at=day(8), of="p5"))
    assert await world.rewards() == {("p6", "fifth"): ("PTS", 50, "pending")}
    assert await world.wallet() == {"PTS": (50, 0, 0, 0)}
    await world.pass_to(day(9))
    assert await world.wallet() == {"PTS": (0, 50, 0, 0)}
    await world.audit()


async def test_a_late_authorization_takes_the_first_place_and_hands_it_on_when_it_lapses(engine: AsyncEngine) -> None:
    first = "code: first, conditions: [{kind: nth_purchase, n: 1}], reward: {kind: fixed, asset: PTS, amount: 9}"
    world = await linked(engine, programme(first))
    await world.play(*bought(5, 6), at=day(7))
    assert await amounts(world, "first") == {"p5": 9}
    await world.play(authorization("late", 3_00, at=day(2)), at=day(8))
    assert await world.rewards() == {("late", "first"): ("PTS", 9, "pending")}
    await world.pass_to(day(33))
    assert await world.rewards() == {("p5", "first"): ("PTS", 9, "available")}
    await world.play(clearing("late", 3_00, at=day(34)), at=day(34))
    assert await world.rewards() == {("late", "first"): ("PTS", 9, "available")}
    await world.audit()


async def test_a_month_is_that_of_the_purchase_whenever_it_clears(engine: AsyncEngine) -> None:
    limit = "limits: [{measure: amount, at_most: '5.00', per: shopper, period: month}]"
    world = await linked(engine, programme(f"code: ten, {TEN_PERCENT}, {limit}"))
    november, december = day(29.6), day(29.7)  # 22:24 and 00:48 in Paris
    await world.play(
        authorization("n1", 40_00, at=november - timedelta(days=1)),
        authorization("n2", 40_00, at=november),
        authorization("d1", 40_00, at=december),
        at=day(30),
    )
    assert await amounts(world, "ten") == {"n1": 4_00, "n2": 1_00, "d1": 4_00}
    await world.play(clearing("n2", 40_00, at=day(35)), clearing("d1", 40_00, at=day(31)), at=day(35))
    assert await amounts(world, "ten") == {"n1": 4_00, "n2": 1_00, "d1": 4_00}
    await world.pass_to(day(70))  # the first never cleared: its part of November goes to the second
    assert await amounts(world, "ten") == {"n2": 4_00, "d1": 4_00}
    await world.audit()


async def test_a_multiple_follows_what_it_multiplies(engine: AsyncEngine) -> None:
    base = "code: points, reward: {kind: per_unit, asset: PTS, units: 1, per: '1.00'}, hold_days: 2"
    double = (
        "code: double, conditions: [{kind: tiers, tiers: [gold]}],"
        " reward: {kind: multiplier, asset: PTS, of: points, factor_bps: 20000}, hold_days: 4"
    )
    world = await linked(engine, programme(base, double))
    await world.say("tier", "gold", since=day(2))
    await world.play(*bought(1, 3, amount=23_40), at=day(4))
    assert await amounts(world, "points") == {"p1": 23, "p3": 23}
    assert await amounts(world, "double") == {"p3": 23}
    await world.play(refund("r", 10_00, at=day(5), of="p3"), at=day(6))
    assert await amounts(world, "double") == {"p3": 13}
    assert await world.wallet() == {"PTS": (13, 36, 0, 0)}
    await world.audit()


async def test_two_cards_share_the_limits_of_their_shopper_and_have_their_own(engine: AsyncEngine) -> None:
    limits = (
        "limits: [{measure: amount, at_most: '5.00', per: shopper, period: month},"
        " {measure: times, at_most: 1, per: card, period: day}]"
    )
    world = await linked(engine, programme(f"code: ten, {TEN_PERCENT}, {limits}"))
    await world.link("card-2")
    await world.play(
        clearing("a", 20_00, at=day(1)),
        clearing("b", 20_00, at=day(1, hour=1)),
        clearing("c", 20_00, at=day(1, hour=2), card="card-2"),
        clearing("d", 20_00, at=day(2), card="card-2"),
        at=day(3),
    )
    assert await amounts(world, "ten") == {"a": 2_00, "c": 2_00, "d": 1_00}
    await world.play(refund("r", 20_00, at=day(3), of="a"))
    assert await amounts(world, "ten") == {"b": 2_00, "c": 2_00, "d": 1_00}
    await world.audit()


async def test_what_a_closed_purchase_was_given_counts_for_a_limit_of_life(engine: AsyncEngine) -> None:
    limit = "limits: [{measure: amount, at_most: '5.00', per: shopper}]"
    world = await linked(engine, programme(f"code: ten, {TEN_PERCENT}, {limit}"))
    await world.play(*bought(1, amount=40_00), at=day(2))
    after = day(1) + CLOSES_AFTER
    await world.play(*bought(401, amount=40_00), at=after + timedelta(days=1))
    assert await amounts(world, "ten") == {"p1": 4_00, "p401": 1_00}
    await world.audit()
    # given back when it is too late to take back its reward
    await world.play(refund("r", 40_00, at=day(403), of="p1"), at=day(404))
    await world.play(*bought(405, amount=40_00), at=day(406))
    assert await amounts(world, "ten") == {"p1": 4_00, "p401": 1_00}
    await world.audit()


async def test_a_stamp_of_a_closed_purchase_still_counts(engine: AsyncEngine) -> None:
    world = await linked(engine, programme(STAMPS))
    await world.play(*bought(1, 2, 3, 4), at=day(5))
    await world.play(*bought(401, 402), at=day(405))
    assert await amounts(world, "fifth") == {"p401": 50}
    await world.audit()


async def test_a_card_linked_late_brings_its_purchases_in_front(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(STAMPS))
    await world.link(at=day(0))
    await world.play(*bought(10, 11, 12, 13), *bought(1, 2, card="card-2"), at=day(14))
    assert await world.rewards() == {}
    await world.link("card-2", at=day(0))
    await world.drain()
    assert await amounts(world, "fifth") == {"p12": 50}
    await world.audit()


@pytest.mark.parametrize("told_at", [0, 9])
async def test_a_fact_told_late_moves_rewards_as_if_it_had_been_told_in_time(engine: AsyncEngine, told_at: int) -> None:
    gold = "code: gold, conditions: [{kind: tiers, tiers: [gold]}, {kind: stamp_card, every: 2}], "
    runner = (
        "code: run, conditions: [{kind: segments, segments: [runners]}], reward: {kind: fixed, asset: PTS, amount: 5}"
    )
    limit = "limits: [{measure: times, at_most: 1, per: shopper}]"
    world = await linked(engine, programme(gold + TEN_PERCENT, f"{runner}, {limit}"))
    at = day(1)
    world.clock.move_to(at)
    for moment in (1, 9):
        world.clock.move_to(max(world.now, day(moment)))
        if moment == 9:
            await world.play(*bought(2, 3, 4, 5, 6))
        if (moment == 9) is (told_at == 9):
            await world.say("tier", "gold", since=day(3), until=day(6))
            await world.say("segment", "runners", since=day(4), until=day(5))
    assert await amounts(world, "gold") == {"p4": 2_00}
    assert await amounts(world, "run") == {"p4": 5}
    await world.say("segment", "runners", since=day(2))  # told again, earlier
    assert await amounts(world, "run") == {"p2": 5}
    await world.audit()


async def test_a_shop_whose_category_is_corrected_leaves_the_count_of_others(engine: AsyncEngine) -> None:
    """The fifth stamp was got elsewhere: it was one only because of the four in the shop that is no bookshop."""
    more = CENTRE + (
        '  - {code: press, name: Press, centre: centre, category: "5942",'
        ' identifiers: [{network: sandbox, scheme: mid, value: "1003"}]}\n'
    )
    card = STAMPS.replace("[{kind", '[{kind: categories, categories: ["5942"]}, {kind')
    world = await linked(engine, programme(card, centre=more))
    await world.play(*bought(1, 2, 3, 4, mid="1002"), *bought(5, 6, mid="1003"), at=day(7))
    assert await amounts(world, "fifth") == {"p5": 50}
    corrected = more.replace('category: "5942",\n     identifiers', 'category: "5812",\n     identifiers')
    assert corrected != more
    await world.apply(programme(card, centre=corrected))
    await world.drain()
    assert await world.rewards() == {}
    await world.audit()
    await world.apply(programme(card, centre=more))
    await world.drain()
    assert await amounts(world, "fifth") == {"p5": 50}
    await world.audit()


async def test_a_shop_that_becomes_known_gives_its_stamps(engine: AsyncEngine) -> None:
    world = await linked(engine, programme(STAMPS))
    await world.play(*bought(1, 2, mid="9999"), *bought(3, 4, 5, 6), at=day(7))
    assert await world.rewards() == {}
    known = CENTRE.replace('value: "1002"}', 'value: "1002"}, {network: sandbox, scheme: mid, value: "9999"}')
    await world.apply(programme(STAMPS, centre=known))
    await world.drain()
    assert await amounts(world, "fifth") == {"p5": 50}
    await world.audit()


async def test_a_sum_of_the_month_goes_on_over_new_terms(engine: AsyncEngine) -> None:
    def terms(amount: str, limit: str = "2") -> str:
        return programme(
            f"code: sum, conditions: [{{kind: spend_across, amount: '{amount}', repeats: onwards}}], {TEN_PERCENT},"
            f" limits: [{{measure: amount, at_most: '{limit}.00', per: shopper, period: month}}]"
        )

    world = await linked(engine, terms("50.00"))
    await world.play(*bought(1, 2), at=day(3))
    await world.apply(terms("40.00", "3"))
    await world.play(*bought(4, 5), at=day(6))
    assert await amounts(world, "sum") == {"p4": 2_00, "p5": 1_00}
    await world.play(*bought(2.5), at=day(7))  # under the old terms: it reaches their sum, and takes of the limit
    assert await amounts(world, "sum") == {"p2.5": 2_00, "p4": 1_00}
    await world.audit()


async def test_a_lower_cap_of_a_running_quota_gives_no_more(engine: AsyncEngine) -> None:
    def terms(cap: str) -> str:
        limit = f"limits: [{{measure: amount, at_most: '{cap}', per: offer, period: month}}]"
        return programme(f"code: ten, {TEN_PERCENT}, {limit}")

    world = await linked(engine, terms("10.00"))
    await world.play(*bought(1, 2, amount=30_00), at=day(3))
    assert await amounts(world, "ten") == {"p1": 3_00, "p2": 3_00}
    await world.apply(terms("5.00"))
    await world.play(*bought(4, amount=30_00), at=day(5))
    assert await amounts(world, "ten") == {"p1": 3_00, "p2": 3_00}
    await world.apply(terms("7.00"))
    await world.play(*bought(6, amount=30_00), at=day(7))
    assert await amounts(world, "ten") == {"p1": 3_00, "p2": 3_00, "p6": 1_00}
    await world.audit()


async def test_a_purchase_held_out_is_recorded_without_a_transfer(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(f"code: ten, {TEN_PERCENT}, holdout_bps: 5000"))
    for number in range(12):
        await world.link(f"card-{number}", f"s{number}")
        await world.tell(*purchase(f"p{number}", at=day(1), card=f"card-{number}"))
    await world.play(at=day(3))
    found = dict(await world.rows("SELECT state, count(*) FROM rewards GROUP BY state"))
    assert set(found) == {"available", "held_out"}
    assert await world.transfers() == found["available"]
    await world.play(*(refund(f"r{n}", 20_00, at=day(4), of=f"p{n}", card=f"card-{n}") for n in range(12)), at=day(5))
    states = dict(await world.rows("SELECT state, count(*) FROM rewards GROUP BY state"))
    assert states == {"clawed_back": 12}
    await world.audit()
