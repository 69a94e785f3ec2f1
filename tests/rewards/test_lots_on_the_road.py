"""Rewards that expire: told before, used in the order of their ends. Each story ends with an audit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import CENTRE, World, a_world, clearing, day, refund

from cashback.errors import Conflict, Invalid, NotFound
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, PAID
from cashback.ledger.service import Transfer
from cashback.pipeline import pass_time
from cashback.rewards import lots
from cashback.shoppers import service as shoppers

ASSETS = """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 30, into: EUR, amount: "3.00"}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
"""
TEN = """  - {code: ten, conditions: [{kind: shops, shops: [cafe]}], hold_days: 2,
     reward: {kind: percent, asset: EUR, rate_bps: 1000}, expires_after_days: 30, notice_days: 7}
"""
LONGER = """  - {code: longer, conditions: [{kind: shops, shops: [books]}], hold_days: 2,
     reward: {kind: percent, asset: EUR, rate_bps: 1000}, expires_after_days: 90}
"""
POINTS = """  - {code: points, reward: {kind: fixed, asset: PTS, amount: 20}, expires_after_days: 30}
"""
EUROS = CENTRE + ASSETS + TEN + LONGER
BOOKS = {"mid": "1002"}
END = day(32, hour=15)
"""Of a reward of `TEN` for what cleared on day 0: midnight in Paris after thirty days, two days later."""


async def euros(world: World) -> tuple[int, ...]:
    """Pending, available, in transit, paid and expired."""
    found = await world.rows("SELECT pending, available, in_transit, paid, expired FROM balances WHERE asset = 'EUR'")
    return found[0]


async def told(world: World) -> list[tuple[str, str]]:
    return [tuple(row) for row in await world.rows("SELECT key, params::text FROM notices ORDER BY told_at, key")]  # type: ignore[misc]


@asynccontextmanager
async def of_anna(world: World) -> AsyncIterator[tuple[AsyncConnection, tuple[object, ...]]]:
    """A transaction that holds her lock, and what every call begins with."""
    anna = await world.stage.shopper("anna")
    async with world.connection() as connection:
        await shoppers.lock(connection, [anna])
        yield connection, (connection, world.operator_id, anna)


async def send(world: World, amount: int, key: str) -> None:
    """An amount leaves for a bank account."""
    async with of_anna(world) as (connection, who):
        await lots.use(*who, "EUR", amount, key, world.now)  # type: ignore[arg-type]
        leaving = Transfer(who[2], key, AVAILABLE, PAID, "EUR", amount, "asked")  # type: ignore[arg-type]
        await ledger.post(connection, world.operator_id, [leaving], world.now)


async def come_back(world: World, amount: int, key: str) -> None:
    async with of_anna(world) as (connection, who):
        await lots.give_back(*who, key, world.now)  # type: ignore[arg-type]
        back = Transfer(who[2], f"{key}:back", PAID, AVAILABLE, "EUR", amount, "returned")  # type: ignore[arg-type]
        await ledger.post(connection, world.operator_id, [back], world.now)


async def uses(world: World) -> list[tuple[str, bool, str | None, int]]:
    """Key, whether it came back, the purchase whose reward it was taken of, amount."""
    found = await world.rows(
        """SELECT u.key, u.back, p.purchase_ref, u.amount FROM lot_uses u
        LEFT JOIN rewards r ON r.shopper_id = u.shopper_id AND r.id = u.reward_id
        LEFT JOIN purchases p ON p.shopper_id = r.shopper_id AND p.id = r.purchase_id
        ORDER BY u.at, u.key, u.back, u.part"""
    )
    return [tuple(row) for row in found]  # type: ignore[misc]


async def with_two_lots(engine: AsyncEngine) -> World:
    """Of the café three euros that end with day 32; of the bookshop four, which came before and end with day 92."""
    world = await a_world(engine, EUROS)
    await world.link()
    await world.play(clearing("longer", 40_00, at=day(0), **BOOKS), at=day(0))
    await world.play(clearing("short", 30_00, at=day(0)), at=day(3))
    assert await euros(world) == (0, 7_00, 0, 0, 0)
    return world


async def test_what_is_not_used_is_told_once_and_expires_once(engine: AsyncEngine) -> None:
    world = await with_two_lots(engine)
    ends = "SELECT asset, ends_at, amount, due_at FROM lot_ends"
    assert await world.rows(ends) == [("EUR", END, 3_00, day(25))]
    await world.pass_to(day(24.99))
    assert await told(world) == []
    for at in (day(25), day(26), day(32, hour=14)):
        await world.pass_to(at)
        assert await told(world) == [
            ("reward_expires:EUR:2026-12-03", '{"day": "2026-12-03", "asset": "EUR", "amount": 300}')
        ]
    assert await euros(world) == (0, 7_00, 0, 0, 0)
    await world.audit()
    await world.pass_to(END)
    assert await euros(world) == (0, 4_00, 0, 0, 3_00)
    moved = await world.transfers()
    for _ in range(2):
        assert await pass_time(world.engine, world.stage.road, world.operator_id, world.now) == 0
    assert await world.transfers() == moved
    assert await world.rewards() == {
        ("longer", "longer"): ("EUR", 4_00, "available"),
        ("short", "ten"): ("EUR", 3_00, "expired"),
    }
    assert (await world.rows(ends))[0][:3] == ("EUR", day(92, hour=15), 4_00)
    await world.audit()


async def test_a_payment_takes_what_ends_first_and_remembers_it(engine: AsyncEngine) -> None:
    world = await with_two_lots(engine)
    await world.pay(5_00)
    assert await uses(world) == [
        ("payment:payment-1", False, "short", 3_00),
        ("payment:payment-1", False, "longer", 2_00),
    ]
    assert await world.rows("SELECT ends_at, amount FROM lot_ends") == [(day(92, hour=15), 2_00)]
    await world.pass_to(day(60))
    assert await euros(world) == (0, 2_00, 0, 5_00, 0)
    assert await told(world) == []
    await world.pass_to(day(100))
    assert await euros(world) == (0, 0, 0, 5_00, 2_00)
    await world.audit()


async def test_what_has_ended_cannot_be_paid_although_nobody_has_looked(engine: AsyncEngine) -> None:
    world = await with_two_lots(engine)
    world.clock.move_to(END)
    with pytest.raises(Invalid) as refused:
        await world.pay(4_01)
    assert refused.value.code == "insufficient_balance"
    assert await euros(world) == (0, 7_00, 0, 0, 0)
    await world.pay(4_00)
    assert await euros(world) == (0, 0, 0, 4_00, 3_00)
    await world.drain()
    await world.audit()


async def test_of_an_expired_reward_a_late_refund_takes_first_what_expired(engine: AsyncEngine) -> None:
    world = await with_two_lots(engine)
    await world.pay(1_00)
    await world.pass_to(END)
    assert await euros(world) == (0, 4_00, 0, 1_00, 2_00)
    await world.play(refund("r1", 15_00, at=day(40), of="short"), at=day(40))
    assert await euros(world) == (0, 4_00, 0, 1_00, 50)
    await world.audit()
    await world.play(refund("r2", 15_00, at=day(41), of="short"), at=day(41))
    # What was paid of it is owed: the other lot pays, and so much less of that will expire.
    assert await euros(world) == (0, 3_00, 0, 1_00, 0)
    back = "SELECT debit, amount, reason FROM transfers WHERE credit = 'funder:operator' ORDER BY posted_at, key"
    assert await world.rows(back) == [
        ("shopper:expired", 1_50, "clawed_back"),
        ("shopper:available", 1_00, "clawed_back"),
        ("shopper:expired", 50, "clawed_back"),
    ]
    await world.pass_to(day(100))
    assert await euros(world) == (0, 0, 0, 1_00, 3_00)
    await world.audit()


async def test_a_debt_is_paid_by_what_comes_and_that_does_not_expire(engine: AsyncEngine) -> None:
    world = await a_world(engine, EUROS)
    await world.link()
    await world.play(clearing("p1", 30_00, at=day(0)), at=day(3))
    await world.pay(3_00)
    await world.play(refund("r1", 30_00, at=day(4), of="p1"), at=day(4))
    assert await euros(world) == (0, -3_00, 0, 3_00, 0)
    await world.play(clearing("p2", 50_00, at=day(5)), at=day(8))
    assert await euros(world) == (0, 2_00, 0, 3_00, 0)
    await world.audit()
    await world.pass_to(day(90))
    assert await euros(world) == (0, 0, 0, 3_00, 2_00)
    await world.audit()


async def test_a_refund_told_after_the_end_makes_a_lot_pay_that_had_ended(engine: AsyncEngine) -> None:
    """The refund was made before; told in time it would have left a debt for the other lot to pay, and so it does."""
    world = await with_two_lots(engine)
    async with of_anna(world) as (_, who):
        await lots.use(*who, "EUR", 4_00, "k", world.now)  # type: ignore[arg-type]
        leaving = Transfer(who[2], "k", AVAILABLE, PAID, "EUR", 4_00, "asked")  # type: ignore[arg-type]
        await ledger.post(who[0], world.operator_id, [leaving], world.now)  # type: ignore[arg-type]
    assert [each[2:] for each in await uses(world)] == [("short", 3_00), ("longer", 1_00)]
    await world.pass_to(day(95))
    assert await euros(world) == (0, 0, 0, 4_00, 3_00)
    await world.play(refund("r1", 30_00, at=day(20), of="short"), at=day(95))
    assert await euros(world) == (0, 0, 0, 4_00, 0)
    assert await world.rows("SELECT count(*) FROM transfers WHERE reason = 'expiry_undone'") == [(1,)]
    await world.audit()


async def test_what_comes_back_can_be_used_for_thirty_days_though_its_lot_has_ended(engine: AsyncEngine) -> None:
    world = await with_two_lots(engine)
    await send(world, 5_00, "sent:1")
    assert await euros(world) == (0, 2_00, 0, 5_00, 0)
    await world.audit()
    await world.pass_to(day(40))
    await come_back(world, 5_00, "sent:1")
    assert await euros(world) == (0, 7_00, 0, 0, 0)
    assert await world.rows("SELECT ends_at, amount FROM lot_ends") == [(day(70, hour=15), 3_00)]
    await world.audit()
    await world.pass_to(day(64))
    await world.pass_to(day(71))
    assert await euros(world) == (0, 4_00, 0, 0, 3_00)
    assert [key for key, _ in await told(world)] == ["reward_expires:EUR:2027-01-10"]
    await world.audit()


async def test_a_use_happens_once_and_comes_back_once(engine: AsyncEngine) -> None:
    world = await with_two_lots(engine)
    await send(world, 5_00, "k")
    before = await uses(world)
    async with of_anna(world) as (_, who):
        await lots.use(*who, "EUR", 5_00, "k", world.now)  # type: ignore[arg-type]
        for asset, amount in (("EUR", 4_99), ("PARKMIN", 5_00)):
            with pytest.raises(Conflict) as conflict:
                await lots.use(*who, asset, amount, "k", world.now)  # type: ignore[arg-type]
            assert conflict.value.code == "idempotency_key_reused"
    assert await uses(world) == before
    await come_back(world, 5_00, "k")
    async with of_anna(world) as (_, who):
        await lots.give_back(*who, "k", world.now)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await lots.give_back(*who, "k2", world.now)  # type: ignore[arg-type]
    assert await uses(world) == [*before[:1], ("k", False, "longer", 2_00), ("k", True, None, 5_00)]
    assert await euros(world) == (0, 7_00, 0, 0, 0)
    await world.audit()


@pytest.mark.parametrize(("asset", "amount"), [("EUR", 7_01), ("PARKMIN", 1), ("EUR", 0), ("EUR", -1)])
async def test_more_than_is_left_is_not_taken_and_nothing_moved(engine: AsyncEngine, asset: str, amount: int) -> None:
    world = await with_two_lots(engine)
    with pytest.raises(Invalid):
        async with of_anna(world) as (_, who):
            await lots.use(*who, asset, amount, "k", world.now)  # type: ignore[arg-type]
    assert await uses(world) == []
    assert await euros(world) == (0, 7_00, 0, 0, 0)
    await world.audit()


async def test_several_takings_at_once_take_one_after_the_other(engine: AsyncEngine) -> None:
    world = await with_two_lots(engine)
    async with of_anna(world) as (connection, who):
        anna = who[2]
        takings = [lots.Taking(anna, "EUR", 2_00, f"k{number}") for number in range(3)]  # type: ignore[arg-type]
        await lots.use_all(connection, world.operator_id, takings, world.now)
        posted = [Transfer(anna, f"k{n}", AVAILABLE, PAID, "EUR", 2_00, "asked") for n in range(3)]  # type: ignore[arg-type]
        await ledger.post(connection, world.operator_id, posted, world.now)
    assert [(key, of, amount) for key, _, of, amount in await uses(world)] == [
        ("k0", "short", 2_00), ("k1", "short", 1_00), ("k1", "longer", 1_00), ("k2", "longer", 2_00)
    ]  # fmt: skip
    await world.audit()


async def test_points_that_expire_are_exchanged_if_they_meet_in_time(engine: AsyncEngine) -> None:
    world = await a_world(engine, CENTRE + ASSETS + POINTS)
    await world.link()
    await world.play(clearing("p1", at=day(0)), at=day(1))
    await world.play(clearing("p2", at=day(40)), at=day(41))
    assert (await world.wallet())["PTS"] == (0, 20, 0, 0)
    await world.audit()
    await world.play(clearing("p3", at=day(50)), at=day(51))
    assert await world.wallet() == {"PTS": (0, 10, 30, 0), "EUR": (0, 3_00, 0, 0)}
    await world.pass_to(day(75))
    assert await world.rewards() == {
        ("p1", "points"): ("PTS", 20, "expired"),
        ("p2", "points"): ("PTS", 20, "available"),
        ("p3", "points"): ("PTS", 20, "available"),
    }
    await world.pass_to(day(90))
    assert await world.wallet() == {"PTS": (0, 0, 30, 0), "EUR": (0, 3_00, 0, 0)}
    assert await world.rows("SELECT expired FROM balances WHERE asset = 'PTS'") == [(30,)]
    await world.audit()
    # A purchase between the two, told late, lets the first two meet: what had expired was exchanged in time.
    await world.play(clearing("p0", at=day(20)), at=day(95))
    assert await world.wallet() == {"PTS": (0, 0, 60, 0), "EUR": (0, 6_00, 0, 0)}
    assert await world.rows("SELECT expired FROM balances WHERE asset = 'PTS'") == [(20,)]
    await world.audit()
