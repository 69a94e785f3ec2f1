"""A person is erased: nothing of theirs is left, the books stand, and what comes later finds nobody."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from erasing import A_PLAN, PERSON, Erasing, a_person
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from stored import state_of
from world import World, day, purchase, refund

from cashback.actors import Actor, Scope
from cashback.auth.session_store import open_session
from cashback.auth.sessions import Method, Role
from cashback.erasure import service
from cashback.erasure.fates import FATES, Kind
from cashback.erasure.schemas import Held, Obstacle
from cashback.errors import Conflict, Forbidden, NotFound, ProductError, Unauthorised
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, FUNDER
from cashback.ledger.service import Transfer
from cashback.migrations.schema import SCHEMA
from cashback.notifications import preferences
from cashback.notifications.topics import Channel, Topic
from cashback.shoppers import service as shoppers

TABLES = {table.name: table for metadata in SCHEMA for table in metadata.sorted_tables}


@pytest.fixture
async def erasing(engine: AsyncEngine) -> Erasing:
    return await a_person(engine)


def test_every_table_says_what_becomes_of_a_person_in_it() -> None:
    assert set(FATES) == set(TABLES)
    told = {name: fate for name, fate in FATES.items() if fate.kind in (Kind.KEPT, Kind.SEALED, Kind.EMPTIED)}
    assert [name for name, fate in told.items() if not fate.why] == []
    of_shoppers = {
        name for name, table in TABLES.items() if "shopper_id" in table.columns or "subject_id" in table.columns
    }
    assert [name for name in of_shoppers if FATES[name].kind is Kind.NOBODY and name != "account_totals_cursors"] == []


async def test_everything_personal_is_gone_and_the_books_stand(erasing: Erasing) -> None:
    async with erasing.world.connection() as connection:
        await connection.exec_driver_sql(A_PLAN.format(o=erasing.world.operator_id, s=erasing.shopper_id))
    before = await erasing.found()
    planted = set(before) - {"audit_log"}
    assert planted >= {
        "adjustments", "bank_accounts", "bank_rows", "cards", "claims", "declared_means", "mandates", "passkeys",
        "plans", "sessions", "shopper_references",
    }  # fmt: skip
    held = (await erasing.outlook()).held
    assert held == {"EUR": Held(pending=6_00, available=4_50), "PARKMIN": Held(available=180), "PTS": Held(available=5)}
    done = await erasing.erase()
    assert done.given_up == held
    assert await erasing.found() == {}
    balances = await erasing.balances()
    assert {asset: amounts[:2] for asset, amounts in balances.items()} == {
        "EUR": (0, 0), "PARKMIN": (0, 0), "PTS": (0, 0),
    }  # fmt: skip
    assert balances["EUR"][2] == 4_50
    async with erasing.world.connection() as connection:
        await connection.exec_driver_sql("DELETE FROM plans")
    await erasing.audit()
    funders = await erasing.world.rows(
        "SELECT split_part(credit, ':', 2), sum(amount)::bigint FROM transfers WHERE shopper_id = $1"
        " AND debit = 'shopper:pending' AND credit LIKE 'funder:%' GROUP BY 1 ORDER BY 1",
        erasing.shopper_id,
    )
    assert funders == [("operator", 2_40), ("shop", 3_60)]


async def test_told_again_it_is_the_same_erasure_and_moves_nothing(erasing: Erasing) -> None:
    first = await erasing.erase()
    before = await state_of(erasing.world.engine, erasing.world.operator_id)
    erasing.world.clock.advance(timedelta(days=1))
    assert await erasing.erase() == first
    assert await state_of(erasing.world.engine, erasing.world.operator_id) == before


async def test_what_comes_later_finds_nobody(erasing: Erasing) -> None:
    world = erasing.world
    await erasing.erase()
    people = await world.rows("SELECT count(*) FROM shoppers")
    posted = await world.transfers()
    late = [
        *purchase("later", 90_00, at=day(6), card="tok-planted-1"),
        *purchase("earlier", 90_00, at=day(2), card="tok-planted-2"),
        refund("back", 20_00, at=day(6), of="buy-1", card="tok-planted-1"),
    ]
    await world.play(*late, at=day(8))
    await world.pass_to(day(200))
    mine = await world.rows("SELECT count(*) FROM transfers WHERE shopper_id = $1 AND posted_at > $2",
                            erasing.shopper_id, day(7))  # fmt: skip
    assert mine == [(0,)]
    assert await world.rows("SELECT count(*) FROM shoppers") == people
    assert await world.transfers() > posted, "others go on"
    assert await world.rows("SELECT count(*) FROM statements WHERE purchase_ref IN ('later', 'earlier')") == [(0,)]
    await erasing.audit()


async def test_a_new_shopper_of_the_same_name_is_somebody_else(erasing: Erasing) -> None:
    world = erasing.world
    await erasing.erase()
    again = await world.link("tok-planted-1", PERSON, at=world.now)
    assert again != erasing.shopper_id
    await world.play(*purchase("new", 10_00, at=world.now, card="tok-planted-1"), at=day(9))
    assert (await world.wallet(PERSON))["EUR"] == (1_00, 0, 0, 0)
    await erasing.audit()


async def test_without_a_word_about_what_is_left_nothing_is_erased(erasing: Erasing) -> None:
    before = await state_of(erasing.world.engine, erasing.world.operator_id)
    with pytest.raises(Conflict, match=r"10\.50 EUR.* would be given up") as refused:
        await erasing.erase(give_up=False)
    assert refused.value.code == "balance_left"
    with pytest.raises(Conflict) as changed:
        await erasing.erase(seen="what was shown an hour ago")
    assert changed.value.code == "balance_changed"
    assert await state_of(erasing.world.engine, erasing.world.operator_id) == before
    assert (await erasing.erase(actor=erasing.oneself, seen=(await erasing.outlook()).mark)).erased_at


OBSTACLES = {
    Obstacle.OPEN_PLAN: A_PLAN.replace("'cancelled'", "'opening'"),
    Obstacle.PAYOUT_UNDER_WAY: (
        "INSERT INTO payouts (operator_id, shopper_id, id, key, digest, asset, amount, rail, state, requested_by,"
        " requested_at) VALUES ('{o}', '{s}', gen_random_uuid(), 'k', '', 'EUR', 1, 'sepa', 'sent', 'me', now())"
    ),
    Obstacle.REVIEW_OPEN: (
        "INSERT INTO decision_reviews (operator_id, shopper_id, id, decision_id, state, asked_at, due_at, sealed)"
        " VALUES ('{o}', '{s}', gen_random_uuid(), gen_random_uuid(), 'open', now(), now(), '')"
    ),
}


@pytest.mark.parametrize("obstacle", Obstacle)
async def test_what_is_under_way_is_in_the_way_and_nothing_moves(erasing: Erasing, obstacle: Obstacle) -> None:
    world = erasing.world
    async with world.connection() as connection:
        await connection.exec_driver_sql(OBSTACLES[obstacle].format(o=world.operator_id, s=erasing.shopper_id))
    before = await state_of(world.engine, world.operator_id)
    assert (await erasing.outlook()).obstacles == (obstacle,)
    with pytest.raises(Conflict) as refused:
        await erasing.erase()
    assert refused.value.code == obstacle.value
    assert await state_of(world.engine, world.operator_id) == before


async def test_only_oneself_and_support_erase(erasing: Erasing) -> None:
    before = await state_of(erasing.world.engine, erasing.world.operator_id)
    bea = await erasing.world.stage.shopper("bea")
    for actor in (
        replace(erasing.oneself, shopper_id=bea),
        Actor(erasing.world.operator_id, "person:bob", frozenset({Scope.SHOPPERS, Scope.MONEY})),
    ):
        with pytest.raises(Forbidden):
            await erasing.erase(actor=actor)
    assert await state_of(erasing.world.engine, erasing.world.operator_id) == before
    await erasing.erase()
    erasing.shopper_id = bea
    assert (await erasing.outlook()).held, "bea keeps her own"
    await erasing.audit()


async def test_no_command_finds_somebody_who_was_erased(erasing: Erasing) -> None:
    await erasing.erase()
    world, shopper_id = erasing.world, erasing.shopper_id
    async with world.connection() as connection:
        assert await shoppers.lock(connection, [shopper_id]) == []
        assert not await shoppers.exists(connection, world.operator_id, shopper_id)
        with pytest.raises(Unauthorised):
            await open_session(
                connection, operator_id=world.operator_id, role=Role.SHOPPER, subject_id=shopper_id,
                method=Method.LINK, device="x", now=world.now,
            )  # fmt: skip
    erasing.shopper_id = world.operator_id
    with pytest.raises(NotFound):
        await erasing.erase()


async def test_a_debt_is_written_off_and_money_that_comes_back_is_given_up_again(erasing: Erasing) -> None:
    world, shopper_id = erasing.world, erasing.shopper_id
    await world.play(refund("all", 20_00, at=day(6), of="buy-1", card="tok-planted-1"), at=day(7))
    await world.pay(2_50, shopper=PERSON)
    for number in (2, 3):
        await world.play(refund(f"all-{number}", 20_00, at=day(7), of=f"buy-{number}", card="tok-planted-1"), at=day(8))
    owed = (await erasing.outlook()).held["EUR"]
    assert owed == Held(owed=owed.owed)
    assert owed.owed > 0
    await erasing.erase(give_up=False)
    assert (await erasing.balances())["EUR"][:2] == (0, 0)
    await erasing.audit()
    async with world.connection() as connection:
        await world_gives_back(connection, world, shopper_id)
    assert (await erasing.balances())["EUR"][1] == 1_00
    assert await service.sweep(world.engine, world.operator_id, world.now) == 1
    assert (await erasing.balances())["EUR"][1] == 0
    assert await service.sweep(world.engine, world.operator_id, world.now) == 0
    assert await world.rows("SELECT count(*) FROM notices WHERE shopper_id = $1", shopper_id) == [(0,)]


async def world_gives_back(connection: AsyncConnection, world: World, shopper_id: UUID) -> None:
    """Something reaches the wallet after all."""
    transfer = Transfer(shopper_id, "late:1", FUNDER, AVAILABLE, "EUR", 1_00, "came_back")
    await ledger.post(connection, world.operator_id, [transfer], world.now)


async def test_a_purchase_that_arrives_meanwhile_is_before_or_after(engine: AsyncEngine) -> None:
    erasing = await a_person(engine)
    world = erasing.world
    for number in range(4):
        await world.tell(*purchase(f"race-{number}", 30_00, at=world.now, card=f"tok-planted-{number % 2 + 1}"))
    outcomes = await asyncio.gather(
        world.drain(), erasing.erase(), world.drain(), erasing.erase(), return_exceptions=True
    )
    assert [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, ProductError)] == []
    await erasing.erase()
    assert await erasing.found() == {}
    await world.pass_to(day(100))
    assert {amounts[:2] for amounts in (await erasing.balances()).values()} == {(0, 0)}
    await erasing.audit()


async def test_a_choice_of_notices_that_is_made_meanwhile_leaves_nothing(engine: AsyncEngine) -> None:
    erasing = await a_person(engine)
    world = erasing.world
    myself = Actor(world.operator_id, "shopper", frozenset(), shopper_id=erasing.shopper_id)

    async def choose(wanted: bool) -> None:
        async with world.connection() as connection:
            choices = {(Topic.REWARDS, Channel.MAIL): wanted}
            await preferences.choose(connection, myself, erasing.shopper_id, choices, world.now)

    tries = (choose(False), erasing.erase(), choose(True), choose(False))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, NotFound)] == []
    assert await erasing.found() == {}
    with pytest.raises(NotFound):
        await choose(True)
    assert await world.rows("SELECT count(*) FROM notice_preferences") == [(0,)]
    await erasing.audit()
