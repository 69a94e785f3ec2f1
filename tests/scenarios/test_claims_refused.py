"""What cannot be claimed, or answered, moves nothing; what comes twice, at once or after a crash is done once."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from claiming import (
    BANK,
    JUDGE,
    PNG,
    accept,
    asked,
    claim,
    everything,
    judge,
    linked_world,
    named,
    purchase_id,
    refuse,
    refused,
    state,
    total,
)
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CARD, FIVE_PERCENT, PARIS, World, a_world, booked, day, purchase

import cashback.claims.entering
from cashback.actors import Actor, Scope
from cashback.claims import reading, service
from cashback.claims.schemas import Claim, ClaimState, Reason
from cashback.errors import Forbidden, NotFound
from cashback.ids import show
from cashback.pipeline import settle_claims
from cashback.upkeep import forget_raw_messages


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await linked_world(engine)


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


async def test_cancelling_makes_no_room_for_claims_without_end(world: World) -> None:
    world.clock.move_to(day(5))
    for number in range(5):
        claimed = await claim(world, asked(amount_minor=1_00 + number, picture=PNG + b"one receipt"))
        async with world.connection() as connection:
            await service.cancel(connection, world.stage.actor, claimed.id, world.now)
    before = await everything(world)
    refusal = await refused(world, claim(world, asked(picture=PNG + b"one receipt")))
    assert refusal.code == "too_many_cancelled"
    assert await everything(world) == before
    world.clock.move_to(day(6))
    assert (await claim(world, asked(picture=PNG + b"one receipt"))).state is ClaimState.OPEN


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
