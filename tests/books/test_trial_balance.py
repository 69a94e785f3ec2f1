"""Trial balances: what stood on every account by an instant, and the stored balances led back to it."""

from datetime import datetime, timedelta

from ledgers import as_owner, post_goodwill, seal_all
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, day, purchase, refund

from cashback.books.balance import FINAL_AFTER, TrialBalance, present_balance, trial_balance
from cashback.clock import zulu

FUNDER, PENDING, AVAILABLE = "funder:operator", "shopper:pending", "shopper:available"
PAID = "shopper:paid"


async def at(world: World, instant: datetime) -> TrialBalance:
    async with world.connection() as connection:
        return await trial_balance(connection, world.operator_id, instant, world.now, stored=True)


def standing(found: TrialBalance) -> dict[str, int]:
    return {line.account: line.balance for line in found.lines if line.balance}


async def test_every_instant_of_a_story_has_its_balance(world: World) -> None:
    await world.play(*purchase("p1", 40_00, at=day(1)), at=day(3))
    await world.pass_to(day(20))
    await world.pay(1_50)
    await world.play(refund("r1", 10_00, at=day(22), of="p1"), at=day(23))
    expected = {
        day(2.9): {},
        day(3): {FUNDER: -2_00, PENDING: 2_00},
        day(19.9): {FUNDER: -2_00, PENDING: 2_00},
        day(20): {FUNDER: -2_00, AVAILABLE: 50, PAID: 1_50},
        day(23): {FUNDER: -1_50, PAID: 1_50},
        day(40): {FUNDER: -1_50, PAID: 1_50},
    }
    for sealed in (False, True):
        if sealed:
            await seal_all(world)
        for instant, accounts in expected.items():
            found = await at(world, instant)
            assert standing(found) == accounts
            assert found.proven
            assert all(debits == credits for debits, credits in found.sums().values())
        async with world.connection() as connection:
            assert standing(await present_balance(connection, world.operator_id, world.now)) == expected[day(40)]
    await world.audit()


async def test_the_last_minutes_are_not_final(world: World) -> None:
    await post_goodwill(world, await world.stage.shopper("anna"), [1])
    final = {
        ago: (await at(world, world.now - ago)).final
        for ago in (timedelta(0), FINAL_AFTER - timedelta(microseconds=1), FINAL_AFTER)
    }
    assert list(final.values()) == [False, False, True]


async def test_a_stored_balance_that_disagrees_is_shown_at_every_instant(world: World, owner: AsyncEngine) -> None:
    await world.play(*purchase("p1", 40_00, at=day(1)), at=day(3))
    await world.pass_to(day(20))
    wrong = "UPDATE balances SET available = available + 7 WHERE operator_id = '{o}'"
    for instant, expected in ((day(2), (0, 7)), (day(10), (0, 7)), (day(20), (2_00, 2_07))):
        async with as_owner(owner, world, [wrong]) as connection:
            found = await trial_balance(connection, world.operator_id, instant, world.now, stored=True)
        assert not found.proven
        assert [(line.account, (line.balance, line.stored)) for line in found.lines if not line.agrees] == [
            (AVAILABLE, expected)
        ]
    await world.audit()


async def test_a_missing_transfer_is_seen_in_the_stored_balances(world: World, owner: AsyncEngine) -> None:
    await post_goodwill(world, await world.stage.shopper("anna"), [3])
    lost = "DELETE FROM transfers WHERE operator_id = '{o}' AND key = 'goodwill:00001'"
    async with as_owner(owner, world, [lost]) as connection:
        found = await trial_balance(connection, world.operator_id, world.now, world.now, stored=True)
    assert [(line.account, line.balance, line.stored) for line in found.lines if not line.agrees] == [
        (AVAILABLE, 202, 303)
    ]


def test_what_is_told_as_json_has_every_figure_once() -> None:
    assert TrialBalance(day(1), True, ()).told() == {
        "at": zulu(day(1)),
        "final": True,
        "accounts": [],
        "assets": {},
    }
