"""A purchase that is missing is claimed: it earns once, whoever else tells of it, and its refunds count."""

from itertools import permutations
from uuid import UUID

import pytest
from claiming import (
    BANK,
    JUDGE,
    accept,
    asked,
    claim,
    linked_world,
    named,
    purchase_id,
    refused,
    shown,
    state,
    total,
    withdraw,
)
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CARD, FIVE_PERCENT, World, a_world, booked, clearing, day, purchase
from world import refund as given_back

from cashback.actors import Actor, Scope
from cashback.claims import reading
from cashback.claims.schemas import ClaimState
from cashback.errors import Conflict, NotFound


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await linked_world(engine)


async def test_a_claim_that_a_person_accepts_earns_and_the_banks_row_joins_it(world: World) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world)
    assert claimed.state is ClaimState.OPEN
    assert await total(world) == 0
    accepted = await accept(world, claimed)
    assert (accepted.state, accepted.reason, accepted.answered_by) == ("accepted", "confirmed", JUDGE)
    assert await world.purchases() == {claimed.ref: ("cleared", 20_00)}
    assert await total(world) == 1_00
    await world.play(named(booked("b", on=day(1))), at=day(9), provider=BANK)
    assert await world.purchases() == {claimed.ref: ("witness", 0), "b": ("cleared", 20_00)}
    assert await total(world) == 1_00
    await world.audit()


async def test_a_row_without_its_shop_proves_the_claim(world: World) -> None:
    await world.play(named(booked("b", on=day(1))), at=day(3), provider=BANK)
    assert await total(world) == 0
    claimed = await claim(world)
    assert (claimed.state, claimed.reason) == ("accepted", "proven")
    assert claimed.purchase_id == await purchase_id(world, "b")
    assert claimed.answered_by == "system:claims"
    assert await world.purchases() == {claimed.ref: ("witness", 0), "b": ("cleared", 20_00)}
    assert await total(world) == 1_00
    await world.audit()


async def test_a_claim_waits_and_the_row_that_arrives_proves_it(world: World) -> None:
    world.clock.move_to(day(2))
    claimed = await claim(world)
    await world.play(named(booked("b", on=day(1))), at=day(6), provider=BANK)
    assert await state(world, claimed) == ("accepted", "proven")
    assert await total(world) == 1_00
    await world.audit()


async def test_a_row_that_is_called_otherwise_waits_for_a_person(world: World) -> None:
    await world.play(booked("b", on=day(1)), at=day(3), provider=BANK)
    claimed = await claim(world)
    assert claimed.state is ClaimState.OPEN
    ((near,),) = [(await shown(world, claimed)).evidence]
    assert near.codes == ("same_amount", "same_day", "other_name", "card_not_told")
    world.clock.move_to(day(6))
    await accept(world, claimed, purchase_id=near.row.id)
    assert await world.purchases() == {claimed.ref: ("witness", 0), "b": ("cleared", 20_00)}
    assert await total(world) == 1_00
    await world.audit()


@pytest.mark.parametrize("offers", [True, False])
async def test_the_network_tells_the_purchase_with_its_shop_and_the_claim_is_closed(
    engine: AsyncEngine, offers: bool
) -> None:
    too_much = "{code: five, conditions: [{kind: minimum_spend, amount: '900.00'}],"
    world = await a_world(engine, FIVE_PERCENT if offers else FIVE_PERCENT.replace("{code: five,", too_much))
    await world.link(CARD)
    world.clock.move_to(day(1.5))
    claimed = await claim(world)
    await world.play(*purchase("n", at=day(1)), at=day(3))
    assert await state(world, claimed) == ("counted", "earned" if offers else "earned_nothing")
    assert await total(world) == (1_00 if offers else 0)
    assert await world.purchases() == {"n": ("cleared", 20_00)}
    await world.audit()


async def test_a_purchase_that_was_refunded_is_counted_and_not_paid_again(world: World) -> None:
    await world.play(*purchase("n", at=day(1)), given_back("r", 20_00, at=day(2), of="n"), at=day(3))
    claimed = await claim(world)
    assert (claimed.state, claimed.reason) == ("counted", "given_back")
    assert await total(world) == 0
    await world.audit()


async def test_claim_then_network_then_refund(world: World) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world)
    await accept(world, claimed)
    await world.play(*purchase("n", at=day(1)), at=day(6))
    assert await world.purchases() == {claimed.ref: ("witness", 0), "n": ("cleared", 20_00)}
    assert await total(world) == 1_00
    await world.play(given_back("r", 8_00, at=day(7), of="n"), at=day(7))
    assert (await world.purchases())["n"] == ("partly_refunded", 12_00)
    assert await total(world) == 60
    await world.play(given_back("s", 12_00, at=day(8)), at=day(8))
    assert (await world.purchases())["n"] == ("refunded", 0)
    assert await total(world) == 0
    await world.audit()


async def test_a_refund_of_the_network_finds_the_purchase_that_only_the_claim_tells(world: World) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world)
    await accept(world, claimed)
    await world.play(given_back("r", 20_00, at=day(6)), at=day(7))
    assert (await world.purchases())[claimed.ref] == ("refunded", 0)
    assert await total(world) == 0
    await world.audit()


async def test_a_claim_makes_no_more_of_a_purchase_than_the_network_says(world: World) -> None:
    """Authorised and never collected: the claim's word does not collect it."""
    world.clock.move_to(day(5))
    claimed = await claim(world)
    await accept(world, claimed)
    assert await total(world) == 1_00
    await world.play(purchase("n", at=day(1))[0], at=day(6))
    assert await world.purchases() == {claimed.ref: ("witness", 0), "n": ("authorized", 20_00)}
    await world.pass_to(day(40))
    assert await world.purchases() == {claimed.ref: ("witness", 0), "n": ("lapsed", 0)}
    assert await total(world) == 0
    await world.audit()


async def test_a_tip_that_the_network_tells_later_does_not_make_two_purchases(world: World) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world)
    await accept(world, claimed)
    await world.play(*purchase("n", 22_00, at=day(1)), at=day(6))
    assert await world.purchases() == {claimed.ref: ("witness", 0), "n": ("cleared", 22_00)}
    assert await total(world) == 1_10
    await world.audit()


async def test_another_purchase_of_that_day_is_one_if_a_person_has_seen_the_first(world: World) -> None:
    await world.play(*purchase("n", 22_00, at=day(1)), at=day(5))
    claimed = await claim(world)
    assert claimed.state is ClaimState.OPEN
    assert (await shown(world, claimed)).evidence[0].codes[:3] == ("near_amount", "same_day", "same_place")
    await accept(world, claimed)
    assert await world.purchases() == {claimed.ref: ("cleared", 20_00), "n": ("cleared", 22_00)}
    assert await total(world) == 2_10
    await world.audit()


@pytest.mark.parametrize("order", list(permutations(("network", "bank", "claim"))), ids="-".join)
async def test_whoever_tells_first_it_earns_once(world: World, order: tuple[str, ...]) -> None:
    world.clock.move_to(day(5))
    for teller in order:
        if teller == "network":
            await world.play(*purchase("n", at=day(1)))
        elif teller == "bank":
            await world.play(named(booked("b", on=day(1))), provider=BANK)
        elif "network" in order[: order.index("claim")]:
            assert (await refused(world, claim(world))).code == "already_rewarded"
        else:
            claimed = await claim(world)
            if claimed.state is ClaimState.OPEN:
                await accept(world, claimed)
    found = await world.purchases()
    assert sorted(found.values())[0] == ("cleared", 20_00)
    assert {state for state, _ in sorted(found.values())[1:]} == {"witness"}
    await world.play(given_back("r", 8_00, at=day(6), of="n"), at=day(7))
    assert await total(world) == 60
    await world.audit()


async def test_what_was_accepted_by_mistake_is_taken_back(world: World) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world)
    await accept(world, claimed)
    assert await total(world) == 1_00
    world.clock.move_to(day(6))
    assert (await withdraw(world, claimed)).state is ClaimState.WITHDRAWN
    assert await world.purchases() == {claimed.ref: ("reversed", 0)}
    assert await total(world) == 0
    assert isinstance(await refused(world, withdraw(world, claimed)), Conflict)
    again = await claim(world)
    assert again.state is ClaimState.OPEN
    await world.audit()


async def test_taking_back_the_proof_of_a_place_takes_the_place_back(world: World) -> None:
    await world.play(named(booked("b", on=day(1))), at=day(3), provider=BANK)
    claimed = await claim(world)
    assert await total(world) == 1_00
    await withdraw(world, claimed)
    assert (await world.purchases())["b"] == ("cleared", 20_00)
    assert await world.rows("SELECT shop_id FROM purchases WHERE purchase_ref = 'b'") == [(None,)]
    assert await total(world) == 0
    await world.audit()


async def test_a_corrected_amount_does_not_let_the_claim_earn_beside_its_proof(world: World) -> None:
    await world.play(named(booked("b", on=day(1))), at=day(3), provider=BANK)
    claimed = await claim(world)
    await world.play(named(booked("b", 12_00, on=day(1), told=day(4))), at=day(4), provider=BANK)
    assert await world.purchases() == {claimed.ref: ("witness", 0), "b": ("cleared", 12_00)}
    assert await total(world) == 60
    await world.audit()


async def test_two_claims_for_one_purchase_are_left_to_a_person(world: World) -> None:
    await world.apply(FIVE_PERCENT.replace("name: Books", "name: Café des livres"))
    world.clock.move_to(day(2))
    first, second = await claim(world), await claim(world, asked(shop="books"))
    await world.play(named(booked("b", on=day(1))), at=day(3), provider=BANK)
    assert [await state(world, each) for each in (first, second)] == [("open", None), ("open", None)]
    assert await total(world) == 0
    world.clock.move_to(day(6))
    await accept(world, second, purchase_id=await purchase_id(world, "b"))
    await world.drain()
    assert await total(world) == 1_00
    await world.audit()


async def test_two_equal_rows_are_left_to_a_person(world: World) -> None:
    world.clock.move_to(day(2))
    claimed = await claim(world)
    await world.play(named(booked("b", on=day(1))), named(booked("c", on=day(1))), at=day(3), provider=BANK)
    assert await state(world, claimed) == ("open", None)
    assert len((await shown(world, claimed)).evidence) == 2
    await world.audit()


async def test_a_purchase_at_another_shop_proves_nothing(world: World) -> None:
    await world.play(*purchase("n", at=day(1), mid="1002"), at=day(3))
    claimed = await claim(world)
    assert claimed.state is ClaimState.OPEN
    (near,) = (await shown(world, claimed)).evidence
    assert near.codes[:3] == ("same_amount", "same_day", "other_shop")
    world.clock.move_to(day(6))
    error = await refused(world, accept(world, claimed, purchase_id=near.row.id))
    assert error.code == "shop_known"
    error = await refused(world, accept(world, claimed, purchase_id=UUID(int=9)))
    assert error.code == "unknown_purchase"


async def test_an_unknown_identifier_is_mapped_when_a_person_says_so(world: World) -> None:
    await world.play(*(named(each, "CAFE PARIS 15") for each in purchase("n", at=day(1), mid="9999")), at=day(3))
    claimed = await claim(world)
    assert (claimed.state, claimed.reason) == ("accepted", "proven")
    found = (await shown(world, claimed)).unknown
    assert [(each.network, each.name) for each in found] == [("sandbox", "mid:9999")]
    await world.play(named(clearing("m", 10_00, at=day(2), mid="9999"), "CAFE PARIS 15"), at=day(4))
    assert await total(world) == 1_00
    mapper = Actor(world.operator_id, JUDGE, frozenset({Scope.CLAIMS, Scope.PROGRAMME}))
    async with world.connection() as connection:
        with pytest.raises(NotFound):
            await reading.map_identifier(connection, mapper, claimed.id, "sandbox", "mid:1001", world.now)
    async with world.connection() as connection:
        await reading.map_identifier(connection, mapper, claimed.id, "sandbox", "mid:9999", world.now)
    await world.drain()
    assert await total(world) == 1_50
    assert (await shown(world, claimed)).unknown == ()
    await world.audit()


async def test_a_claim_never_links_a_purchase_of_a_card_that_was_not_linked(world: World) -> None:
    """Bert's card was told of before he linked it; his account was linked all along."""
    await world.link("account-2", "bert", provider=BANK)
    await world.play(*purchase("n", at=day(1), card="card-2", mid="9999"), at=day(2))
    await world.link("card-2", "bert", at=day(1.5))
    await world.drain()
    assert (await world.purchases("bert"))["n"][0] == "not_linked"
    world.clock.move_to(day(6))
    claimed = await claim(world, shopper="bert")
    assert claimed.state is ClaimState.OPEN
    await accept(world, claimed, purchase_id=await purchase_id(world, "n"))
    assert (await world.purchases("bert"))["n"][0] == "not_linked"
    assert await total(world, "bert") == 0
    await world.audit()
