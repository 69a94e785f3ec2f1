"""A purchase that is missing is claimed: it earns once, whoever else tells of it, and what cannot be claimed moves
nothing."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, time, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import ACCOUNT, CARD, FIVE_PERCENT, PARIS, SHOPPER, World, a_world, booked, clearing, day, purchase
from world import refund as given_back

import cashback.claims.entering
from cashback.actors import Actor, Scope
from cashback.claims import reading, service
from cashback.claims.schemas import Asked, Claim, ClaimState, Reason
from cashback.errors import Conflict, Forbidden, NotFound, ProductError
from cashback.ids import show
from cashback.pipeline import settle_claims
from cashback.upkeep import forget_raw_messages

BANK = "sandbox_bank"
PNG = b"\x89PNG\r\n\x1a\n a receipt"
JUDGE = "person:judge"


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    """Anna linked her card at the network, and at her bank the account behind it, the day before it all begins."""
    world = await a_world(engine)
    await world.link(CARD)
    await world.link(ACCOUNT, provider=BANK)
    return world


def asked(**told: Any) -> Asked:
    """Anna's coffee of day 1, as she tells it."""
    told.setdefault("key", f"key-{uuid4()}")
    return Asked(**{"shop": "cafe", "day": day(1).date(), "amount_minor": 20_00, "currency": "EUR", **told})


async def claim(world: World, told: Asked | None = None, *, shopper: str = SHOPPER) -> Claim:
    """Make a claim at the clock's instant."""
    shopper_id = await world.stage.shopper(shopper)
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        keyring = world.stage.road.keyring
        told = asked() if told is None else told
        return await service.make_claim(connection, snapshot, keyring, world.stage.actor, shopper_id, told, world.now)


def judge(world: World, name: str = JUDGE) -> Actor:
    return Actor(world.operator_id, name, frozenset({Scope.CLAIMS}))


async def accept(
    world: World, claimed: Claim, *, purchase_id: UUID | None = None, by: str = JUDGE, words: str = "receipt seen"
) -> Claim:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        return await service.accept(
            connection, snapshot, judge(world, by), claimed.id, words=words, purchase_id=purchase_id, now=world.now
        )


async def refuse(world: World, claimed: Claim, reason: Reason = Reason.DIFFERENT, *, by: str = JUDGE) -> Claim:
    async with world.connection() as connection:
        return await service.refuse(connection, judge(world, by), claimed.id, reason, words="no", now=world.now)


async def withdraw(world: World, claimed: Claim) -> Claim:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        return await service.withdraw(
            connection, snapshot, judge(world), claimed.id, Reason.DIFFERENT, words="another shop", now=world.now
        )


async def shown(world: World, claimed: Claim) -> reading.Shown:
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        return await reading.read_claim(connection, snapshot, judge(world), claimed.id)


async def state(world: World, claimed: Claim) -> tuple[str, str | None]:
    found = await world.rows("SELECT state, reason FROM claims WHERE id = $1", claimed.id)
    return found[0]  # type: ignore[return-value]


async def wallet(world: World, shopper: str = SHOPPER) -> tuple[int, ...]:
    return (await world.wallet(shopper)).get("EUR", (0, 0, 0, 0))


async def total(world: World, shopper: str = SHOPPER) -> int:
    """All that a shopper has, held or not."""
    return sum(await wallet(world, shopper))


async def purchase_id(world: World, ref: str) -> UUID:
    ((found,),) = await world.rows("SELECT id FROM purchases WHERE purchase_ref = $1", ref)
    return found


async def everything(world: World) -> list[list[tuple[Any, ...]]]:
    """All that a claim could move."""
    tables = ("claims", "claim_pictures", "claimed_pictures", "statements", "purchases", "transfers", "rulings")
    tables = (*tables, "cards", "audit_log", "rewards")
    return [sorted(await world.rows(f"SELECT t::text FROM {table} t")) for table in tables]


async def refused(world: World, attempt: Awaitable[object]) -> ProductError:
    """The refusal of an attempt that moves nothing."""
    before = await everything(world)
    with pytest.raises(ProductError) as caught:
        await attempt
    assert await everything(world) == before
    await world.audit()
    return caught.value


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


def named(body: dict[str, Any], descriptor: str = "CARTE CAFE CB*4521") -> dict[str, Any]:
    """The same row with another descriptor."""
    return {**body, "merchant": {**body["merchant"], "descriptor": descriptor}}


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


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "91 days ago": ({"day": (day(100) - timedelta(days=91)).date()}, "too_old"),
    "tomorrow": ({"day": day(101).date()}, "in_future"),
    "later today": ({"day": day(100).date(), "told_time": time(23, 59)}, "in_future"),
    "unknown shop": ({"shop": "cinema"}, "unknown_shop"),
    "shop that had closed": ({"shop": "books"}, "shop_not_there"),
    "no amount": ({"amount_minor": 0}, "invalid"),
    "no currency": ({"currency": "EURO"}, "invalid"),
    "card ending": ({"last_four": "45"}, "invalid"),
    "card number": ({"key": "4242 4242 4242 4242"}, "card_number"),
    "not a picture": ({"picture": b"MZ an executable"}, "picture_unknown"),
    "too large": ({"picture": PNG + bytes(5 * 1024 * 1024)}, "picture_too_large"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_claimed_moves_nothing(world: World, case: str) -> None:
    closed = '[{network: sandbox, scheme: mid, value: "1002", valid_until: 2026-12-01}]'
    await world.apply(FIVE_PERCENT.replace('[{network: sandbox, scheme: mid, value: "1002"}]', closed))
    world.clock.move_to(day(100))
    told, code = REFUSED[case]
    error = await refused(world, claim(world, asked(**{"day": day(90).date(), **told})))
    assert error.code == code


async def test_ninety_days_ago_can_still_be_claimed(world: World) -> None:
    world.clock.move_to(day(95))
    assert (await claim(world, asked(day=day(5).date()))).state is ClaimState.OPEN
    await world.audit()


async def test_what_was_bought_before_a_card_was_linked_never_counts(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    linked_at = datetime.combine(day(3).date(), time(12), PARIS)
    world.clock.move_to(day(8))
    await world.link(CARD, at=linked_at)
    for told, code in (
        ({"day": day(2).date()}, "not_linked"),
        ({"day": day(3).date()}, "time_needed"),
        ({"day": day(3).date(), "told_time": time(11, 59)}, "not_linked"),
    ):
        assert (await refused(world, claim(world, asked(**told)))).code == code
    claimed = await claim(world, asked(day=day(3).date(), told_time=time(12, 1)))
    await accept(world, claimed)
    assert await world.purchases() == {claimed.ref: ("cleared", 20_00)}
    assert await total(world) == 1_00
    await world.unlink()
    world.clock.move_to(day(10))
    assert (await refused(world, claim(world, asked(day=day(9).date())))).code == "not_linked"
    assert (await refused(world, claim(world, asked(), shopper="nobody-yet"))).code == "not_linked"


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


async def test_a_duplicate_names_what_is_known(world: World) -> None:
    world.clock.move_to(day(5))
    first = await claim(world)
    error = await refused(world, claim(world))
    assert (error.code, first.ref in error.detail) == ("already_claimed", True)
    await world.play(*purchase("n", 30_00, at=day(2)), at=day(5))
    error = await refused(world, claim(world, asked(day=day(2).date(), amount_minor=30_00)))
    assert error.code == "already_rewarded"
    assert show("pur", await purchase_id(world, "n")) in error.detail
    await refuse(world, first)
    assert (await claim(world)).state is ClaimState.OPEN


async def test_a_key_that_comes_again_is_the_same_claim(world: World) -> None:
    world.clock.move_to(day(5))
    told = asked(picture=PNG)
    first = await claim(world, told)
    before = await everything(world)
    assert await claim(world, told) == first
    assert await everything(world) == before
    error = await refused(world, claim(world, asked(key=told.key, amount_minor=21_00)))
    assert error.code == "idempotency_key"


async def test_one_picture_proves_one_claim_whoever_sends_it(world: World) -> None:
    await world.link("card-2", "bert")
    world.clock.move_to(day(5))
    first = await claim(world, asked(picture=PNG))
    assert (await refused(world, claim(world, asked(picture=PNG, amount_minor=7_00)))).code == "picture_claimed"
    assert (await refused(world, claim(world, asked(picture=PNG), shopper="bert"))).code == "picture_claimed"
    await refuse(world, first)
    assert (await refused(world, claim(world, asked(picture=PNG)))).code == "picture_claimed"


async def test_two_shoppers_who_send_one_picture_at_once(world: World) -> None:
    await world.link("card-2", "bert")
    world.clock.move_to(day(5))
    answers = await asyncio.gather(
        claim(world, asked(picture=PNG)), claim(world, asked(picture=PNG), shopper="bert"), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in answers) == ["Claim", "Invalid"]
    assert await world.rows("SELECT count(*) FROM claims") == [(1,)]
    await world.audit()


async def test_a_shopper_has_so_many_open_claims(world: World) -> None:
    world.clock.move_to(day(5))
    for number in range(5):
        await claim(world, asked(amount_minor=1_00 + number))
    assert (await refused(world, claim(world))).code == "too_many_open"


async def test_two_people_who_answer_at_once_act_once(world: World) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world)
    answers = await asyncio.gather(
        accept(world, claimed, by="person:one"),
        accept(world, claimed, by="person:two"),
        refuse(world, claimed, by="person:three"),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in answers) == ["Claim", "Conflict", "Conflict"]
    (winner,) = [each.answered_by for each in answers if isinstance(each, Claim)]
    told = await world.rows("SELECT actor FROM audit_log WHERE action IN ('claim.accepted', 'claim.refused')")
    assert told == [(winner,)]
    assert await total(world) == (1_00 if (await state(world, claimed))[0] == "accepted" else 0)
    await world.audit()


async def test_an_answer_needs_the_right_words_and_its_time(world: World) -> None:
    world.clock.move_to(day(2))
    claimed = await claim(world)
    assert (await refused(world, accept(world, claimed))).code == "too_young"
    world.clock.move_to(day(5))
    assert (await refused(world, accept(world, claimed, words=" "))).code == "words_missing"
    assert (await refused(world, accept(world, claimed, words="card 4242424242424242"))).code == "card_number"
    assert (await refused(world, refuse(world, claimed, Reason.PROVEN))).code == "claim_reason"
    desk = Actor(world.operator_id, "key:desk", frozenset({Scope.SHOPPERS, Scope.READ}))
    async with world.connection() as connection:
        with pytest.raises(Forbidden):
            await service.refuse(connection, desk, claimed.id, Reason.OTHER, words="no", now=world.now)
        with pytest.raises(NotFound):
            await service.refuse(connection, judge(world), UUID(int=7), Reason.OTHER, words="no", now=world.now)
    assert await state(world, claimed) == ("open", None)


async def test_a_crash_between_the_answer_and_what_it_settles_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world)
    before = await everything(world)

    async def killed(*_: object, **__: object) -> int:
        raise ConnectionResetError("killed")

    with monkeypatch.context() as crashing:
        crashing.setattr(cashback.claims.entering, "settle", killed)
        with pytest.raises(ConnectionResetError):
            await accept(world, claimed)
    assert await everything(world) == before
    await accept(world, claimed)
    assert await total(world) == 1_00
    await world.audit()


async def test_settling_claims_is_done_once_however_often_and_wherever(world: World) -> None:
    world.clock.move_to(day(2))
    claimed = await claim(world)
    await world.tell(named(booked("b", on=day(1))), provider=BANK)
    world.clock.move_to(day(3))
    await world.drain()
    before = await everything(world)
    again = await asyncio.gather(
        *(settle_claims(world.engine, world.stage.road, world.operator_id, world.now) for _ in range(3))
    )
    assert again == [0, 0, 0]
    assert await everything(world) == before
    assert await state(world, claimed) == ("accepted", "proven")
    await world.audit()


async def test_the_queue_shows_the_oldest_first_and_what_waits(world: World) -> None:
    world.clock.move_to(day(5))
    first = await claim(world)
    world.clock.move_to(day(6))
    second = await claim(world, asked(amount_minor=5_00, picture=PNG))
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        queue = await reading.read_queue(connection, snapshot, judge(world), after=None)
        rest = await reading.read_queue(connection, snapshot, judge(world), after=first.id)
    assert [each.claim.id for each in queue.claims] == [first.id, second.id]
    assert [each.claim.id for each in rest.claims] == [second.id]
    assert queue.waiting == {"EUR": (2, 25_00)}


async def test_a_picture_is_sealed_seen_by_right_and_forgotten_in_time(world: World) -> None:
    world.clock.move_to(day(5))
    claimed = await claim(world, asked(picture=PNG))
    ((sealed,),) = await world.rows("SELECT body FROM claim_pictures")
    assert PNG not in sealed
    keyring = world.stage.road.keyring
    async with world.connection() as connection:
        seen = await reading.see_picture(connection, keyring, judge(world), claimed.id, world.now)
        assert seen == ("image/png", PNG)
        with pytest.raises(Forbidden):
            await reading.see_picture(connection, keyring, system_reader(world), claimed.id, world.now)
    assert await world.rows("SELECT actor FROM audit_log WHERE action = 'claim.picture_seen'") == [(JUDGE,)]
    world.clock.move_to(day(130))
    await forget_raw_messages(world.engine, world.stage.road, world.operator_id, world.now)
    assert await world.rows("SELECT 1 FROM claim_pictures") == []
    async with world.connection() as connection:
        with pytest.raises(NotFound):
            await reading.see_picture(connection, keyring, judge(world), claimed.id, world.now)
    assert (await refused(world, claim(world, asked(day=day(120).date(), picture=PNG)))).code == "picture_claimed"


def system_reader(world: World) -> Actor:
    """A key that reads, and nothing else."""
    return Actor(world.operator_id, "key:reader", frozenset({Scope.READ, Scope.SHOPPERS}))
