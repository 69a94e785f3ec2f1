"""Gift cards from a stock, and payouts that nobody asks for: what reaches its threshold goes out by itself."""

import asyncio
from datetime import timedelta

import pytest
from paid_world import DEBTOR, PAYING, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, START, day, purchase, refund

from cashback.actors import Actor
from cashback.errors import Conflict, Forbidden, Invalid
from cashback.payouts import commands, gifts
from cashback.payouts.gifts import Revealed
from cashback.payouts.paying import pay_due
from cashback.payouts.rails import Refused
from cashback.payouts.schemas import RailName, State

WESTFIELD = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 100, into: EUR, amount: "10.00"}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 10}, conditions: [{kind: minimum_spend, amount: "10.00"}]}
payouts:
  assets: [{asset: EUR, minimum: "10.00", automatic_at: "10.00", rails: sepa}]
"""
)
TOWN = PAYING.replace("rails: [sepa, stripe, gift_card]", 'rails: gift_card, automatic_at: "10.00"')


async def test_ten_euros_are_wired_at_a_hundred_points_by_themselves(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, WESTFIELD)
    await paid.open_rail(RailName.SEPA, DEBTOR)
    await paid.account()
    await paid.world.link("card", at=START)
    for number in range(9):
        await paid.world.play(*purchase(f"p{number}", 12_00, at=day(1), card="card"), at=day(3))
    await paid.pay()
    assert await paid.wallet() == (0, 0, 0)
    await paid.world.play(*purchase("p9", 12_00, at=day(2), card="card"), at=day(4))
    assert await paid.wallet() == (10_00, 0, 0)
    await paid.pay()
    await paid.pay()
    assert await paid.wallet() == (0, 10_00, 0)
    assert await paid.world.rows("SELECT rail, state, requested_by, amount FROM payouts") == [
        ("sepa", "approved", "system:payouts", 10_00)
    ]
    await paid.audit()
    await paid.world.play(refund("r", 12_00, at=day(5), of="p9", card="card"), at=day(5))
    assert await paid.wallet() == (-10_00, 10_00, 0)
    await paid.audit()


async def test_many_workers_ask_once(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, PAYING.replace("rails: [sepa", 'automatic_at: "20.00", rails: [sepa'))
    await paid.open_rail(RailName.STRIPE, {"api_key": "sk_test_0123456789"})
    for number in range(6):
        await paid.earn(20 + number, f"s{number}")
        await paid.account(RailName.STRIPE, {"account": f"acct_000000{number}"}, f"s{number}")
    paid.world.clock.advance(timedelta(hours=25))
    keyring = paid.world.stage.road.keyring
    await asyncio.gather(*(pay_due(engine, keyring, paid.world.operator_id, paid.rails, paid.now) for _ in range(6)))
    await paid.pay()
    assert await paid.world.rows("SELECT count(*), count(DISTINCT shopper_id), sum(amount)::bigint FROM payouts") == [
        (6, 6, 135_00)
    ]
    assert len(paid.rail.paid) == len([each for each, _ in paid.rail.calls if each == "submit"]) == 6
    await paid.audit()


async def test_what_failed_is_not_tried_by_itself_the_same_day(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, PAYING.replace("rails: [sepa", 'automatic_at: "20.00", rails: [sepa'))
    await paid.earn(20)
    await paid.stripe_account()
    paid.rail.next_answers.append(Refused("account_closed"))
    await paid.pay()
    paid.world.clock.advance(timedelta(hours=20))
    await paid.pay()
    assert await paid.world.rows("SELECT state FROM payouts") == [("failed",)]
    paid.world.clock.advance(timedelta(hours=5))
    await paid.pay()
    assert await paid.world.rows("SELECT state FROM payouts ORDER BY requested_at") == [("failed",), ("sent",)]
    await paid.audit()


async def test_a_gift_card_is_given_at_the_threshold_the_one_that_expires_first(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, TOWN)
    await paid.stock("LATER-01,EUR,10.00,", "FIRST-01,EUR,10.00,2026-12-31", "OTHER-01,EUR,25.00,")
    await paid.earn(13)
    await paid.pay()
    assert await paid.wallet() == (3_00, 0, 10_00)
    (payout,) = await paid.world.rows("SELECT id FROM payouts")
    shopper = await paid.shopper()
    herself = Actor(paid.world.operator_id, f"shopper:{shopper}", frozenset(), shopper)
    async with paid.world.connection() as connection:
        found = await commands.find(connection, paid.world.operator_id, payout[0])
        card = await gifts.reveal(connection, herself, paid.master, found, paid.now)
    assert (card.code, card.face) == ("FIRST-01", 10_00)
    assert isinstance(card, Revealed)
    ben = Actor(paid.world.operator_id, "shopper:ben", frozenset(), await paid.shopper("ben"))
    with pytest.raises(Forbidden):
        async with paid.world.connection() as connection:
            await gifts.reveal(connection, ben, paid.master, found, paid.now)
    assert (await paid.world.rows("SELECT count(*) FROM audit_log WHERE action = 'gift.revealed'"))[0] == (1,)
    stored = str(await paid.world.rows("SELECT * FROM gift_codes")) + str(
        await paid.world.rows("SELECT * FROM audit_log")
    )
    assert "FIRST-01" not in stored
    await paid.audit()


async def test_without_stock_the_payout_waits_and_goes_when_codes_come(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, TOWN)
    await paid.stock("EXPIRED-1,EUR,10.00,2026-11-04", "OTHER-01,EUR,25.00,")
    await paid.earn(13, at=3)
    await paid.pay()
    (row,) = await paid.world.rows("SELECT id, state, reason FROM payouts")
    assert row[1:] == ("held", "out_of_stock")
    paid.world.clock.advance(timedelta(minutes=16))
    await paid.pay()
    assert await paid.world.rows("SELECT count(*) FROM payout_moves") == [(2,)]
    await paid.stock("NEW-0001,EUR,10.00,")
    await paid.pay()
    assert await paid.wallet() == (3_00, 0, 10_00)
    await paid.audit()


async def test_the_last_code_is_given_once(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, TOWN)
    for name in ("anna", "ben"):
        await paid.earn(13, name)
    await paid.stock("LAST-001,EUR,10.00,")
    keyring = paid.world.stage.road.keyring
    await asyncio.gather(*(pay_due(engine, keyring, paid.world.operator_id, paid.rails, paid.now) for _ in range(4)))
    await paid.pay()
    assert sorted(await paid.world.rows("SELECT state, reason FROM payouts")) == [
        ("held", "out_of_stock"), ("paid", None),
    ]  # fmt: skip
    await paid.audit()


async def test_a_file_of_codes_is_all_or_nothing_and_twice_is_once(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, TOWN)
    assert await paid.stock("A-000001,EUR,10.00,", "A-000002,EUR,10.00,") == (2, 0)
    assert await paid.stock("A-000002,EUR,10.00,", "A-000003,EUR,10.00,") == (1, 1)
    for lines, said in (
        (("A-1,EUR,10.00,2020-01-01", "A-9,EUR,10.00,"), "line 2: code"),
        (("A-000004,EUR,10.00,2020-01-01",), "line 2: expires_on 2020-01-01: it has expired already"),
        (("A-000004,EUR,1.005,",), "line 2: amount '1.005'"),
        (("A-000004,EUR,10.00",), "line 2: expected 4 columns, got 3"),
        (("A-000004,EUR,10.00,", "A-000004,EUR,10.00,"), "line 3: the code of line 2 again"),
        ((), "the file holds no code"),
    ):
        with pytest.raises(Invalid) as refused:
            await paid.stock(*lines)
        assert said in refused.value.detail
        assert "A-000004" not in refused.value.detail
    assert await paid.world.rows("SELECT count(*) FROM gift_codes") == [(3,)]


async def test_a_card_that_was_not_given_is_not_shown(engine: AsyncEngine) -> None:
    paid = await paid_world(engine, TOWN)
    await paid.earn(13)
    payout = await paid.request(10_00, rail=RailName.GIFT_CARD)
    assert payout.state is State.HELD
    with pytest.raises(Conflict):
        async with paid.world.connection() as connection:
            await gifts.reveal(connection, paid.person(), paid.master, payout, paid.now)
