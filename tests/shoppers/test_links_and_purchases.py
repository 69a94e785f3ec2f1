"""Purchases count between link and unlink, whatever arrived first: the messages, the link or its end."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER, World, a_world, authorization, card_event, clearing, day, purchase, refund

from cashback import pipeline
from cashback.errors import Conflict, NotFound

BEN = "ben"


async def both(world: World) -> None:
    """Anna and Ben are known before any card is."""
    for name in (SHOPPER, BEN):
        await world.stage.shopper(name)


async def test_what_was_told_before_the_link_command_earns_what_it_would_have_earned(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.play(*purchase("early", at=day(1)), *purchase("later", at=day(3)), at=day(5))
    assert await world.rows("SELECT count(*) FROM statements") == [(0,)]
    assert await world.rows("SELECT count(*) FROM inbox_unclaimed") == [(4,)]
    await world.link(at=day(2.5))
    await world.drain()
    assert await world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    assert (await world.purchases())["later"] == ("cleared", 20_00)
    await world.audit()


async def test_a_purchase_made_before_the_link_never_counts_though_it_clears_after_it(engine: AsyncEngine) -> None:
    made_before = [authorization("p", at=day(1)), clearing("p", at=day(3))]
    for order in permutations(["authorization", "link", "clearing"]):
        world = await a_world(engine)
        for step in order:
            if step == "link":
                await world.link(at=day(2))
            else:
                await world.play(next(each for each in made_before if each["type"] == step))
        await world.pass_to(day(60))
        assert await world.wallet() == {}, order
        assert set((await world.purchases()).values()) <= {("not_linked", 20_00)}, order
        await world.audit()


async def test_a_purchase_made_before_the_unlink_finishes_and_its_refunds_apply(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link()
    await world.play(authorization("p", 40_00, at=day(1)), at=day(1))
    world.clock.move_to(day(2))
    await world.unlink()
    await world.play(
        clearing("p", 50_00, at=day(3)),
        authorization("after", at=day(3)),
        clearing("after", at=day(4)),
        refund("r", 10_00, at=day(5), of="p"),
        at=day(6),
    )
    assert await world.wallet() == {"EUR": (2_00, 0, 0, 0)}
    assert (await world.purchases())["p"] == ("partly_refunded", 40_00)
    await world.audit()
    await world.pass_to(day(60))
    assert await world.wallet() == {"EUR": (0, 2_00, 0, 0)}
    await world.audit()


async def test_the_end_of_a_link_told_late_takes_back_what_was_bought_after_it(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link()
    await world.play(*purchase("before", at=day(1)), *purchase("after", at=day(5)), at=day(7))
    assert await world.wallet() == {"EUR": (2_00, 0, 0, 0)}
    await world.play(card_event("unlinked", at=day(4)), at=day(8))
    assert await world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    assert (await world.purchases())["after"] == ("not_linked", 20_00)
    await world.audit()


async def test_a_beginning_of_a_link_told_late_counts_what_was_bought_after_it(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await both(world)
    told = [authorization("p", at=day(3)), clearing("p", at=day(4), made_at=day(3))]
    await world.play(card_event("linked", at=day(3.5)), *told, at=day(5))
    assert await world.wallet() == {}
    await world.play(card_event("linked", at=day(2)), at=day(6))
    assert await world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    await world.audit()


LIFE = [
    card_event("linked", at=day(1)),
    *purchase("annas", at=day(2)),
    card_event("unlinked", at=day(4)),
    *purchase("nobodys", at=day(5)),
    card_event("linked", at=day(7), shopper=BEN),
    *purchase("bens", at=day(8)),
]


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
async def test_links_told_by_the_network_do_not_depend_on_where_a_batch_was_cut(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_MAX", batch)
    world = await a_world(engine)
    await both(world)
    await world.play(*LIFE, at=day(10))
    assert (await world.wallet(), await world.wallet(BEN)) == ({"EUR": (1_00, 0, 0, 0)},) * 2
    assert (await world.purchases())["annas"] == (await world.purchases(BEN))["bens"] == ("cleared", 20_00)
    await world.audit()


async def test_purchases_told_before_the_links_are_claimed_by_whoever_links(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await both(world)
    links = [each for each in LIFE if each["type"].startswith("card.")]
    await world.play(*(each for each in LIFE if each not in links), at=day(10))
    await world.play(*links)
    assert (await world.wallet(), await world.wallet(BEN)) == ({"EUR": (1_00, 0, 0, 0)},) * 2
    await world.audit()


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_a_relinked_card_gives_each_purchase_to_one_shopper(engine: AsyncEngine, order: tuple[int, ...]) -> None:
    world = await a_world(engine)
    await world.link(at=day(1))
    world.clock.move_to(day(4))
    await world.unlink()
    steps: list[dict[str, Any] | None] = [
        authorization("bens", at=day(6)),
        clearing("bens", at=day(7)),
        clearing("annas", at=day(5.5), made_at=day(3)),
        None,
    ]
    for index in order:
        body = steps[index]
        if body is None:
            await world.link(shopper=BEN, at=day(5))
        else:
            await world.play(body, at=max(world.now, day(8)))
    await world.audit()
    await world.pass_to(day(60))
    assert (await world.wallet(), await world.wallet(BEN)) == ({"EUR": (0, 1_00, 0, 0)},) * 2
    assert (await world.purchases())["annas"] == (await world.purchases(BEN))["bens"] == ("cleared", 20_00)
    await world.audit()


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_purchase_in_flight_when_its_card_changes_hands_is_earned_once(
    engine: AsyncEngine, order: tuple[int, ...]
) -> None:
    world = await a_world(engine)
    await world.link(at=day(1))
    world.clock.move_to(day(4))
    await world.unlink()
    steps: list[dict[str, Any] | None] = [authorization("p", at=day(3)), clearing("p", at=day(6)), None]
    for index in order:
        body = steps[index]
        if body is None:
            await world.link(shopper=BEN, at=day(5))
        else:
            await world.play(body, at=max(world.now, day(8)))
    await world.pass_to(day(60))
    assert (await world.wallet(), await world.wallet(BEN)) == ({"EUR": (0, 1_00, 0, 0)}, {})
    await world.audit()


async def test_a_card_is_linked_to_one_shopper_at_a_time(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link()
    before = await world.rows("SELECT * FROM cards")
    with pytest.raises(Conflict) as refused:
        await world.link(shopper=BEN)
    assert refused.value.code == "card_linked"
    assert await world.rows("SELECT * FROM cards") == before


async def test_linking_again_changes_nothing_and_a_card_not_linked_cannot_be_unlinked(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link()
    deeds = "SELECT * FROM audit_log WHERE action LIKE 'card.%'"
    before = await world.rows("SELECT * FROM cards"), await world.rows(deeds)
    await world.link()
    with pytest.raises(NotFound) as refused:
        await world.unlink(shopper=BEN)
    assert refused.value.code == "card_not_linked"
    assert (await world.rows("SELECT * FROM cards"), await world.rows(deeds)) == before


async def test_a_card_linked_again_by_its_shopper_keeps_its_purchases_and_their_refunds(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link()
    await world.play(*purchase("p", 40_00, at=day(1)), at=day(3))
    await world.unlink()
    world.clock.move_to(day(5))
    await world.link()
    await world.play(refund("r", 40_00, at=day(6)), *purchase("q", at=day(6)), at=day(8))
    assert await world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    assert await world.purchases() == {"p": ("refunded", 0), "q": ("cleared", 20_00), "r": ("credit", 0)}
    await world.audit()
