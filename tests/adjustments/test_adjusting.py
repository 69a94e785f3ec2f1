"""Stories of adjustments: what one person may do alone, what two decide, and what nobody may do."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, day, purchase, refund

from cashback.actors import Actor, Scope
from cashback.adjustments import service
from cashback.adjustments.schemas import Adjustment, Asked, Kind, Reason, State
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import uuid7
from cashback.notifications.service import inbox
from cashback.notifications.words import said
from cashback.offers.wording import Tongue
from cashback.programmes.service import load_programme

PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 100, into: EUR, amount: "5.00"}}
offers:
  - {code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}}
"""
)
GIFT = Asked("k-1", Kind.GOODWILL, "EUR", 5_00, Reason.COMPLAINT, "a long queue at the desk")


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    made = await a_world(engine, PROGRAMME)
    await made.link()
    return made


def person(world: World, name: str, *scopes: Scope) -> Actor:
    return Actor(world.operator_id, f"person:{name}", frozenset(scopes))


async def limit(world: World, scope: Scope, alone_max: int) -> None:
    async with world.connection() as connection:
        programme = await load_programme(connection, world.operator_id)
        boss = person(world, "boss", Scope.PROGRAMME)
        await service.set_limit(connection, boss, programme, scope, "EUR", alone_max, world.now)


async def ask(world: World, asked: Asked = GIFT, *, by: str = "sam", scope: Scope = Scope.SUPPORT) -> Adjustment:
    shopper_id = await world.stage.shopper("anna")
    async with world.connection() as connection:
        programme = await load_programme(connection, world.operator_id)
        return await service.ask(connection, person(world, by, scope), programme, shopper_id, asked, world.now)


async def decide(world: World, found: Adjustment, by: str, *, approved: bool = True) -> Adjustment:
    verdict = service.approve if approved else service.refuse
    async with world.connection() as connection:
        return await verdict(connection, person(world, by, Scope.MONEY), found.id, "looked at it", world.now)


async def told(world: World) -> list[str]:
    async with world.connection() as connection:
        found = await inbox(connection, await world.stage.shopper("anna"))
    return [said(each.notice, Tongue("en", {})) for each in found]


async def test_within_the_limit_it_is_there_at_once_and_the_shopper_is_told(world: World) -> None:
    await limit(world, Scope.SUPPORT, 10_00)
    found = await ask(world)
    assert (found.state, found.decided_by) == (State.POSTED, "person:sam")
    assert await world.wallet() == {"EUR": (0, 5_00, 0, 0)}
    assert await told(world) == ["€5.00 were added to your wallet by the centre's team"]
    assert await ask(world) == found
    with pytest.raises(Conflict):
        await ask(world, replace(GIFT, amount=6_00))
    assert await world.transfers() == 1
    await world.audit()


async def test_the_limit_counts_what_was_done_in_a_day_whoever_got_it_and_however_it_is_cut(world: World) -> None:
    await limit(world, Scope.SUPPORT, 10_00)
    cut = [replace(GIFT, key=f"k-{number}", amount=4_00) for number in range(6)]
    states = [each.state for each in await asyncio.gather(*(ask(world, each) for each in cut))]
    assert sorted(states) == [State.POSTED] * 2 + [State.WAITING] * 4
    assert await world.wallet() == {"EUR": (0, 8_00, 0, 0)}
    assert (await ask(world, replace(GIFT, key="other", amount=4_00), by="kim")).state is State.POSTED
    world.clock.move_to(day(1, hour=1))
    assert (await ask(world, replace(GIFT, key="next day", amount=4_00))).state is State.POSTED
    await world.audit()


async def test_above_the_limit_a_second_person_decides(world: World) -> None:
    found = await ask(world, scope=Scope.MONEY)
    assert (found.state, await world.wallet(), await told(world)) == (State.WAITING, {}, [])
    with pytest.raises(Forbidden, match="a second person decides"):
        await decide(world, found, "Sam")
    assert await world.wallet() == {}
    approved = await decide(world, found, "kim")
    assert (approved.state, approved.decided_by, approved.answer) == (State.POSTED, "person:kim", "looked at it")
    assert await decide(world, found, "kim") == approved
    for somebody in ("kim", "lee"):
        with pytest.raises(Conflict):
            await decide(world, found, somebody, approved=False)
    assert await world.wallet() == {"EUR": (0, 5_00, 0, 0)}
    await world.audit()


async def test_two_who_decide_at_once_decide_once(world: World) -> None:
    found = await ask(world)
    people = ("kim", "lee", "max", "noa")
    answers = await asyncio.gather(*(decide(world, found, each) for each in people), return_exceptions=True)
    assert sum(isinstance(each, Adjustment) for each in answers) == 1
    assert sum(isinstance(each, Conflict) for each in answers) == 3
    assert await world.transfers() == 1
    await world.audit()


async def test_what_is_refused_moves_nothing(world: World) -> None:
    found = await ask(world)
    refused = await decide(world, found, "kim", approved=False)
    assert (refused.state, await world.transfers(), await told(world)) == (State.REFUSED, 0, [])
    for somebody in ("kim", "lee"):
        with pytest.raises(Conflict):
            await decide(world, found, somebody)
    assert (await world.transfers(), await told(world)) == (0, [])
    await world.audit()


async def test_a_correction_takes_no_more_than_is_there(world: World) -> None:
    await limit(world, Scope.MONEY, 100_00)
    await world.play(*purchase("p", 40_00, at=day(1)), at=day(3))
    wrong = Asked("c-1", Kind.CORRECTION, "EUR", -4_01, Reason.OPERATOR_MISTAKE, "paid twice")
    with pytest.raises(Invalid, match=r"4\.01 EUR cannot be taken: 4\.00 EUR are available"):
        await ask(world, wrong, scope=Scope.MONEY)
    assert (await ask(world, replace(wrong, amount=-1_50), scope=Scope.MONEY)).state is State.POSTED
    assert await world.wallet() == {"EUR": (0, 2_50, 0, 0)}
    assert await told(world) == ["€1.50 were taken from your wallet by the centre's team, to correct a mistake"]
    await world.audit()


async def test_what_was_enough_when_asked_may_not_be_when_approved(world: World) -> None:
    await world.play(*purchase("p", 40_00, at=day(1)), at=day(3))
    found = await ask(world, Asked("c-1", Kind.CORRECTION, "EUR", -4_00, Reason.TOLD_WRONG, "another amount"))
    await world.play(refund("r", 40_00, at=day(4), of="p"), at=day(5))
    with pytest.raises(Invalid, match=r"0\.00 EUR are available"):
        await decide(world, found, "kim")
    assert await world.wallet() == {}
    assert (await decide(world, found, "kim", approved=False)).state is State.REFUSED
    await world.audit()


async def test_a_debt_is_written_off_and_never_more_than_it(world: World) -> None:
    await limit(world, Scope.MONEY, 100_00)
    await world.play(*purchase("p", 40_00, at=day(1)), at=day(3))
    await world.pay(4_00)
    await world.play(refund("r", 40_00, at=day(4), of="p"), at=day(5))
    assert await world.wallet() == {"EUR": (0, -4_00, 0, 4_00)}
    forgive = Asked("w-1", Kind.WRITE_OFF, "EUR", 4_01, Reason.UNCOLLECTABLE, "left the town")
    with pytest.raises(Invalid, match=r"4\.00 EUR are owed"):
        await ask(world, forgive, scope=Scope.MONEY)
    await ask(world, replace(forgive, amount=4_00), scope=Scope.MONEY)
    assert await world.wallet() == {"EUR": (0, 0, 0, 4_00)}
    assert await told(world) == ["You no longer owe €4.00: the centre has cancelled it"]
    await world.audit()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"asset": "USD"}, "is not one of this programme: EUR, PTS"),
        ({"asset": "PTS"}, "convert into EUR by themselves"),
        ({"amount": 0}, "an adjustment is of 1 to"),
        ({"amount": -1}, "what takes away is a correction"),
        ({"amount": 10**12 + 1}, "an adjustment is of 1 to"),
        ({"words": "  "}, "1 to 500 characters"),
        ({"words": "x" * 501}, "1 to 500 characters"),
        ({"key": ""}, "1 to 200 printable"),
        ({"key": "a\nb"}, "1 to 200 printable"),
    ],
)
async def test_what_cannot_be_adjusted_is_refused_and_moves_nothing(
    world: World, change: dict[str, Any], message: str
) -> None:
    await limit(world, Scope.SUPPORT, 10**12)
    with pytest.raises(Invalid, match=message):
        await ask(world, replace(GIFT, **change))
    assert (await world.wallet(), await world.rows("SELECT id FROM adjustments")) == ({}, [])


async def test_who_may_not_ask_and_what_does_not_exist(world: World) -> None:
    for scope in (Scope.READ, Scope.CLAIMS):
        with pytest.raises(Forbidden):
            await ask(world, scope=scope)
    found = await ask(world)
    async with world.connection() as connection:
        with pytest.raises(Forbidden):
            await service.approve(connection, person(world, "kim", Scope.SUPPORT), found.id, "yes", world.now)
        with pytest.raises(NotFound):
            await service.approve(connection, person(world, "kim", Scope.MONEY), uuid7(world.now), "yes", world.now)
    assert await world.wallet() == {}


async def test_an_adjustment_is_about_a_purchase_of_its_shopper(world: World) -> None:
    await limit(world, Scope.SUPPORT, 10_00)
    await world.link("card-2", "ben")
    await world.play(*purchase("mine", at=day(1)), *purchase("bens", at=day(1), card="card-2"), at=day(3))
    ids = dict(await world.rows("SELECT purchase_ref, id FROM purchases"))
    before = await world.transfers()
    with pytest.raises(NotFound, match="of this shopper"):
        await ask(world, replace(GIFT, purchase_id=ids["bens"]))
    assert await world.transfers() == before
    assert (await ask(world, replace(GIFT, purchase_id=ids["mine"]))).purchase_id == ids["mine"]
    await world.audit()


async def test_a_card_number_in_the_words_is_masked(world: World) -> None:
    found = await ask(world, replace(GIFT, words="paid with 4111 1111 1111 1111 at the desk"))
    assert "4111 1111" not in found.words
