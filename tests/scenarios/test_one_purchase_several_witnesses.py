"""A purchase that a card network and a bank both tell is one purchase: it earns once, whatever comes first."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import ACCOUNT, CARD, SHOPPER, World, a_world, authorization, booked, clearing, day, purchase, refund

from cashback.errors import Invalid, NotFound
from cashback.insights.house import Houses
from cashback.insights.trace import read_trace
from cashback.insights.wallet import read_wallet
from cashback.pipeline import join_purchases, split_purchase

BANK = "sandbox_bank"


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    """Anna linked her card at the network, and at her bank the account behind it."""
    world = await a_world(engine)
    await world.link(CARD)
    await world.link(ACCOUNT, provider=BANK)
    return world


async def wallet(world: World) -> tuple[int, ...]:
    return (await world.wallet()).get("EUR", (0, 0, 0, 0))


async def purchase_id(world: World, ref: str) -> UUID:
    ((found,),) = await world.rows("SELECT id FROM purchases WHERE purchase_ref = $1", ref)
    return found


async def test_the_network_first_and_then_the_bank(world: World) -> None:
    await world.play(*purchase("n", at=day(1)), at=day(2))
    assert await wallet(world) == (1_00, 0, 0, 0)
    await world.play(booked("b", on=day(1)), at=day(4), provider=BANK)
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("witness", 0)}
    assert await wallet(world) == (1_00, 0, 0, 0)
    await world.audit()


async def test_the_bank_first_and_then_the_network(world: World) -> None:
    await world.play(booked("b", on=day(1)), at=day(2), provider=BANK)
    assert await world.purchases() == {"b": ("cleared", 20_00)}
    assert await wallet(world) == (0, 0, 0, 0)  # the bank's text alone names no shop
    await world.play(*purchase("n", at=day(1)), at=day(4))
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("witness", 0)}
    assert await wallet(world) == (1_00, 0, 0, 0)
    await world.audit()


async def test_the_bank_clears_what_the_network_only_authorised(world: World) -> None:
    await world.play(authorization("n", at=day(1)), at=day(1))
    await world.play(booked("b", on=day(1)), at=day(3), provider=BANK)
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("witness", 0)}
    await world.pass_to(day(50))
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("witness", 0)}
    assert await wallet(world) == (0, 1_00, 0, 0)
    await world.audit()


async def test_what_the_network_does_not_see_stays_a_purchase_of_the_bank(world: World) -> None:
    await world.play(*purchase("n", at=day(1)), at=day(2))
    await world.play(booked("b", 7_50, on=day(1)), booked("c", on=day(8)), at=day(9), provider=BANK)
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("cleared", 7_50), "c": ("cleared", 20_00)}
    await world.audit()


@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 5])
async def test_a_refund_that_both_tell_is_given_back_once(world: World, order: int) -> None:
    told: list[tuple[str, list[dict[str, Any]]]] = [
        ("sandbox", purchase("n", at=day(1))),
        (BANK, [booked("b", on=day(1))]),
        ("sandbox", [refund("r", 5_00, at=day(5), of="n" if order % 2 else None)]),
        (BANK, [booked("s", 5_00, on=day(5), kind="refund")]),
    ]
    for provider, bodies in told[order % 4 :] + told[: order % 4]:
        await world.play(*bodies, at=max(world.now, day(7)), provider=provider)
    assert (await world.purchases())["n"] == ("partly_refunded", 15_00)
    assert await wallet(world) == (75, 0, 0, 0)
    await world.audit()


async def test_a_refund_that_only_the_bank_tells(world: World) -> None:
    await world.play(*purchase("n", at=day(1)), at=day(2))
    await world.play(booked("s", 20_00, on=day(5), kind="refund"), at=day(6), provider=BANK)
    assert (await world.purchases())["n"] == ("refunded", 0)
    assert await wallet(world) == (0, 0, 0, 0)
    await world.audit()


async def test_a_corrected_amount_parts_what_was_one(world: World) -> None:
    await world.play(*purchase("n", at=day(1)), at=day(2))
    await world.play(booked("b", on=day(1)), at=day(3), provider=BANK)
    assert (await world.purchases())["b"] == ("witness", 0)
    await world.play(booked("b", 12_00, on=day(1), told=day(4)), at=day(4), provider=BANK)
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("cleared", 12_00)}
    await world.audit()


async def test_one_authorization_that_the_bank_books_in_three_parts(world: World) -> None:
    parts = [clearing("n", 10_00, at=day(1 + number), fact=f"n{number}") for number in range(3)]
    await world.play(authorization("n", 30_00, at=day(1)), *parts, at=day(4))
    rows = [booked(f"b{number}", 10_00, on=day(1 + number)) for number in range(3)]
    await world.play(*rows, at=day(5), provider=BANK)
    found = await world.purchases()
    assert found.pop("n") == ("cleared", 30_00)
    assert set(found.values()) == {("witness", 0)}
    assert await wallet(world) == (1_50, 0, 0, 0)
    await world.audit()


async def test_a_card_that_was_linked_late_counts_by_the_account_that_was_linked_before(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link(ACCOUNT, provider=BANK)
    await world.play(*purchase("n", at=day(1)), at=day(2))
    await world.play(booked("b", on=day(1)), at=day(3), provider=BANK)
    await world.link(CARD, at=day(3))
    await world.drain()
    assert (await world.purchases())["b"][0] in ("witness", "cleared")
    await world.audit()


async def test_a_person_parts_two_purchases_and_joins_them_again(world: World) -> None:
    await world.play(*purchase("n", at=day(1)), at=day(2))
    await world.play(booked("b", on=day(1)), at=day(3), provider=BANK)
    assert await wallet(world) == (1_00, 0, 0, 0)
    ids = [await purchase_id(world, "n"), await purchase_id(world, "b")]
    stage = world.stage
    await split_purchase(world.engine, stage.road, stage.actor, ids[1], reason="bought twice", now=world.now)
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("cleared", 20_00)}
    await world.audit()
    await join_purchases(world.engine, stage.road, stage.actor, ids, reason="no, once", now=world.now)
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("witness", 0)}
    assert await wallet(world) == (1_00, 0, 0, 0)
    await world.audit()
    found = await world.rows("SELECT verdict, reason, actor FROM rulings ORDER BY ruled_at")
    assert found == [("apart", "bought twice", "system:replay"), ("one", "no, once", "system:replay")]


async def test_what_a_person_rules_holds_when_more_is_told(world: World) -> None:
    await world.play(*purchase("n", at=day(1)), at=day(2))
    await world.play(booked("far", 21_00, on=day(9)), at=day(10), provider=BANK)
    ids = [await purchase_id(world, "n"), await purchase_id(world, "far")]
    stage = world.stage
    await join_purchases(world.engine, stage.road, stage.actor, ids, reason="typed late", now=world.now)
    assert (await world.purchases())["far"] == ("witness", 0)
    await world.play(refund("r", 5_00, at=day(11), of="n"), at=day(11))
    found = await world.purchases()
    assert (found["n"], found["far"]) == (("partly_refunded", 15_00), ("witness", 0))
    await world.audit()


async def test_a_ruling_on_what_is_not_there_or_not_two_moves_nothing(world: World) -> None:
    await world.link("card-2", "bert")
    await world.play(*purchase("n", at=day(1)), *purchase("other", at=day(1), card="card-2"), at=day(2))
    mine, other, before = await purchase_id(world, "n"), await purchase_id(world, "other"), await world.transfers()
    by: dict[str, Any] = {"reason": "x", "now": world.now}
    house = (world.engine, world.stage.road, world.stage.actor)
    with pytest.raises(NotFound):
        await join_purchases(*house, [mine, UUID(int=7)], **by)
    with pytest.raises(Invalid, match="two purchases"):
        await join_purchases(*house, [mine, mine], **by)
    with pytest.raises(Invalid, match="of several"):
        await join_purchases(*house, [mine, other], **by)
    with pytest.raises(Invalid, match="one source alone"):
        await split_purchase(*house, mine, **by)
    with pytest.raises(Invalid, match="a reason"):
        await split_purchase(*house, mine, reason=" ", now=world.now)
    assert await world.transfers() == before
    assert await world.rows("SELECT id FROM rulings") == []
    await world.audit()


async def test_a_clearing_that_names_no_authorization_finds_the_one_that_expired(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link(CARD)
    await world.play(authorization("n", at=day(1)), at=day(1))
    await world.play(clearing("forced", at=day(6)), at=day(7))
    found = await world.purchases(SHOPPER)
    assert sorted(found.values()) == [("cleared", 20_00), ("witness", 0)]
    assert found["n"] == ("cleared", 20_00)
    await world.pass_to(day(1) + timedelta(days=40))
    assert await wallet(world) == (0, 1_00, 0, 0)
    await world.audit()


async def test_a_card_that_replaces_a_linked_one_is_the_same_card_to_the_shopper(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link(CARD)
    await world.play(*purchase("old", at=day(1)), at=day(2))
    issued = {
        "type": "card.linked",
        "created_at": day(3).isoformat(),
        "card": {"token": "card-2", "last_four": "9999", "replaces": CARD},
    }
    await world.play(issued, at=day(3))
    await world.play(*purchase("new", 10_00, at=day(4), card="card-2"), at=day(5))
    await world.play(refund("r", 20_00, at=day(6), card="card-2"), at=day(6))
    assert await world.purchases() == {"old": ("refunded", 0), "new": ("cleared", 10_00), "r": ("credit", 0)}
    assert await wallet(world) == (50, 0, 0, 0)
    assert await world.rows("SELECT count(DISTINCT card_id), count(*) FROM cards") == [(1, 2)]
    await world.audit()


async def test_a_card_that_replaces_nobodys_card_is_nobodys(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await world.link(CARD)
    await world.unlink(CARD)
    issued = {
        "type": "card.linked",
        "created_at": day(3).isoformat(),
        "card": {"token": "card-2", "last_four": "9999", "replaces": CARD},
    }
    await world.play(issued, at=day(3))
    await world.play(*purchase("new", 10_00, at=day(4), card="card-2"), at=day(5))
    assert await world.rows("SELECT token FROM cards") == [(CARD,)]
    assert await world.purchases() == {}
    await world.audit()


async def test_the_wallet_shows_one_purchase_and_the_trace_says_who_told_it_and_why_it_is_one(world: World) -> None:
    await world.play(authorization("n", at=day(1)), at=day(1))
    await world.play(booked("b", on=day(1)), at=day(3), provider=BANK)
    await world.play(booked("s", 5_00, on=day(5), kind="refund"), at=day(6), provider=BANK)
    shopper_id = await world.stage.shopper(SHOPPER)
    async with world.connection() as connection:
        house = await Houses().current(connection, world.operator_id)
        view = await read_wallet(connection, house, shopper_id, world.now)
        (shown,) = view.purchases
        trace = await read_trace(connection, house, shown.id)
    assert (shown.state, shown.net_minor, shown.network) == ("partly_refunded", 15_00, "sandbox")
    assert [step.kind for step in shown.steps] == ["clearing", "authorization", "refund"]
    assert [(fact.network, fact.kind) for fact in trace.evidence] == [
        (BANK, "clearing"),
        ("sandbox", "authorization"),
        (BANK, "refund"),
    ]
    assert set(trace.because) == {"same_amount", "same_day", "same_place", "card_not_told"}
    assert trace.match is not None
    assert (trace.match.network, trace.match.value) == ("sandbox", "1001")
