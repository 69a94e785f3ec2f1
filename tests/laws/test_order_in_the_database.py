"""The order law, on the real road: inbox, batches, locks, balances, and time that passes in between.

Invariants:
* Shoppers who live the same life, told in different orders, with different duplicates, cut into different batches and
  interleaved differently with the passing of time, hold the same wallet, purchases and rewards, to the cent.
* That outcome is the one of the pure functions over all that was told.
* The same holds when the card's link becomes known before, between or after its messages.
* The books are clean: every cached purchase equals a fold from scratch, every reward equals its entitlement.
"""

import pytest
from histories import HISTORY
from hypothesis import given, note, settings
from hypothesis import strategies as st
from lives import END_DAY, EXAMPLES, EXPIRING, LAW, PROGRAMME, Body, Telling, lives, tellings
from purely import CARD_ID, SHOPPER_ID, Outcome, outcome, rules_of, statements_of
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world, day

from cashback import pipeline
from cashback.purchases.schemas import LinkInterval

RULES = {programme: rules_of(programme) for programme in (PROGRAMME, EXPIRING)}
SHOPPERS = ("straight", "shuffled", "scattered")
THREE_LIVES = settings(LAW, max_examples=EXAMPLES // 2)
"""Each example is told to three shoppers."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Body], list[int], dict[str, Telling], int]:
    life = draw(lives(purchases_max=6))
    timetable = sorted(draw(st.lists(st.integers(1, END_DAY), max_size=3)))
    told = {name: draw(tellings(len(life), len(timetable))) for name in SHOPPERS[1:]}
    told["straight"] = Telling(list(range(len(life))), [0] * len(timetable))
    return life, timetable, told, draw(st.sampled_from([1, 2, 5, 500]))


async def standing(world: World, shopper: str) -> Outcome:
    shopper_id = await world.stage.shopper(shopper)
    found = await world.rows(
        "SELECT purchase_ref, state, net_minor, credit_to FROM purchases WHERE shopper_id = $1", shopper_id
    )
    purchases = {ref: (state, net, credit_to) for ref, state, net, credit_to in found if state != "superseded"}
    return Outcome(await world.wallet(shopper), purchases, await world.rewards(shopper))


async def live(
    world: World, life: list[Body], timetable: list[int], told: dict[str, Telling], links: dict[str, tuple[int, int]]
) -> None:
    """`links` says for each shopper at which step the link becomes known, and since which day it stands."""
    done = dict.fromkeys(told, 0)
    for step, instant in enumerate([*timetable, END_DAY]):
        for name, telling in told.items():
            known_at, since = links[name]
            if known_at == step:
                await world.link(f"card-of-{name}", name, at=day(since))
            stop = telling.stops[step] if step < len(timetable) else len(telling.order)
            for place in range(done[name], stop):
                index = telling.order[place]
                body = {**life[index], "card": {"token": f"card-of-{name}"}}
                # Told again it is now the same delivery, now another delivery that says the same.
                await world.deliver({"id": f"{name}-{index}-{place % 2}", **body})
            done[name] = stop
        world.clock.move_to(max(world.now, day(instant)))
        await world.drain()


@THREE_LIVES
@given(histories(), st.sampled_from(list(RULES)))
async def test_any_order_any_cut_and_any_passing_of_time_end_alike(
    engine: AsyncEngine, history: tuple[list[Body], list[int], dict[str, Telling], int], programme: str
) -> None:
    life, timetable, told, batch = history
    world = await a_world(engine, programme, at=day(-1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "BATCH_MAX", batch)
        await live(world, life, timetable, told, dict.fromkeys(told, (0, -1)))
    links = [LinkInterval(CARD_ID, SHOPPER_ID, day(-1), None)]
    expected = outcome(RULES[programme], statements_of(life), links, world.now)
    for name, telling in told.items():
        note(f"{name}: {telling}")
        assert await standing(world, name) == expected
    await world.audit()


OF_HISTORY = rules_of(HISTORY)


@THREE_LIVES
@given(histories())
async def test_the_same_where_rewards_look_at_other_purchases(
    engine: AsyncEngine, history: tuple[list[Body], list[int], dict[str, Telling], int]
) -> None:
    life, timetable, told, batch = history
    world = await a_world(engine, HISTORY, at=day(-1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "BATCH_MAX", batch)
        await live(world, life, timetable, told, dict.fromkeys(told, (0, -1)))
    links = [LinkInterval(CARD_ID, SHOPPER_ID, day(-1), None)]
    expected = outcome(OF_HISTORY, statements_of(life), links, world.now)
    for name, telling in told.items():
        note(f"{name}: {telling}")
        assert await standing(world, name) == expected
    await world.audit()


@THREE_LIVES
@given(histories(), st.integers(0, 50), st.lists(st.integers(0, 3), min_size=3, max_size=3))
async def test_it_does_not_matter_when_the_link_becomes_known(
    engine: AsyncEngine,
    history: tuple[list[Body], list[int], dict[str, Telling], int],
    since: int,
    known_at: list[int],
) -> None:
    life, timetable, told, batch = history
    world = await a_world(engine, PROGRAMME, at=day(since))
    links = {name: (min(step, len(timetable)), since) for name, step in zip(told, known_at, strict=True)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "BATCH_MAX", batch)
        await live(world, life, timetable, told, links)
    note(f"links become known at steps {links}")
    first, *others = [await standing(world, name) for name in told]
    for other in others:
        assert other == first
    bought = dict(await world.rows("SELECT purchase_ref, purchased_at FROM purchases"))
    assert all(bought[ref] >= day(since) for ref, _ in first.rewards)
    await world.audit()
