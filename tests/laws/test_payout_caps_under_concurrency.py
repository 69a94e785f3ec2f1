"""Caps of a day hold however many ask at once, and a limit that is lowered holds for what was not sent yet."""

import asyncio

import pytest
from paid_world import PAYING, Paid, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.payouts.schemas import RailName, State

SHOPPERS = [f"s{number}" for number in range(8)]


@pytest.fixture
async def paid(engine: AsyncEngine) -> Paid:
    """Eight shoppers with 40 EUR each, in a programme that pays 150 EUR a day."""
    made = await paid_world(engine, PAYING.replace("payouts:\n", "payouts:\n  cooling_hours: 0\n"))
    await made.open_rail(RailName.STRIPE, {"api_key": "sk_test_0123456789"})
    for name in SHOPPERS:
        await made.earn(40, name)
        await made.account(RailName.STRIPE, {"account": f"acct_{name}0000001"}, name)
    return made


async def test_the_caps_of_a_day_are_never_exceeded(paid: Paid) -> None:
    asked = [paid.request(20_00, name, key=f"k{number}") for name in SHOPPERS for number in range(2)]
    payouts = await asyncio.gather(*asked)
    states = [(await paid.state(each)) for each in payouts]
    assert states.count((State.APPROVED, None)) == 7
    assert states.count((State.HELD, "daily_cap_operator")) == 9
    assert await paid.world.rows("SELECT taken FROM payout_days") == [(140_00,)]
    await asyncio.gather(*(paid.pay() for _ in range(4)))
    await paid.pay()
    assert len(paid.rail.paid) == 7
    await paid.audit()


async def test_a_limit_that_is_lowered_holds_for_what_was_approved_before(paid: Paid) -> None:
    payout = await paid.request(30_00, "s0")
    assert payout.state is State.APPROVED
    lowered = PAYING.replace("payouts:\n", "payouts:\n  cooling_hours: 0\n").replace('above: "50.00"', 'above: "20.00"')
    await paid.world.apply(lowered)
    await paid.pay()
    assert await paid.state(payout) == (State.WAITING_APPROVAL, "above_limit")
    await paid.command("approve", payout, paid.person("bob"), words="seen")
    await paid.pay()
    assert (await paid.state(payout))[0] is State.SENT
    assert await paid.world.rows("SELECT taken FROM payout_days") == [(30_00,)]
    await paid.audit()
