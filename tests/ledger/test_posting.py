"""Posting: all or nothing, each key once, balances beside the transfers."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world

from cashback.errors import BooksBroken, Conflict
from cashback.ledger import service as ledger
from cashback.ledger.chart import (
    ACCOUNTS,
    AVAILABLE,
    BALANCE_COLUMN,
    BANK,
    COLLECTED,
    COMMISSION,
    CONVERTED,
    FUNDER,
    OWED,
    PAID,
    PAYABLE_LENDER,
    PENDING,
    PLAN_FEES,
    PLANS_LOST,
    VAT,
    WRITE_OFF,
    is_account,
)
from cashback.ledger.service import Transfer


def a_transfer(shopper_id: UUID, **more: object) -> Transfer:
    boring = Transfer(shopper_id, "key-1", FUNDER, AVAILABLE, "EUR", 100, "earned")
    return replace(boring, **more)  # type: ignore[arg-type]


async def post(world: World, *transfers: Transfer) -> ledger.Balances:
    async with world.connection() as connection:
        return await ledger.post(connection, world.operator_id, transfers, world.now)


async def test_balances_follow_the_transfers(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    anna = await world.stage.shopper("anna")
    opened = await post(world, a_transfer(anna), a_transfer(anna, key="k2", credit=PENDING, amount=30))
    assert opened == {(anna, "EUR"): 100}
    moved = await post(
        world,
        a_transfer(anna, key="k3", debit=PENDING, credit=AVAILABLE, amount=20),
        a_transfer(anna, key="k4", debit=AVAILABLE, credit=PAID, amount=50),
        a_transfer(anna, key="k5", debit=AVAILABLE, credit=CONVERTED, amount=5),
        a_transfer(anna, key="k6", debit=WRITE_OFF, credit=AVAILABLE, amount=1),
        a_transfer(anna, key="k7", asset="PTS", amount=9),
    )
    assert moved == {(anna, "EUR"): 66, (anna, "PTS"): 9}
    assert await world.wallet() == {"EUR": (10, 66, 5, 50), "PTS": (0, 9, 0, 0)}
    assert await world.rows("SELECT asset, version FROM balances ORDER BY asset") == [("EUR", 6), ("PTS", 1)]
    assert await post(world) == {}


@pytest.mark.parametrize(
    "broken",
    [
        {"amount": 0},
        {"amount": -1},
        {"debit": "shopper:secret"},
        {"credit": "elsewhere"},
        {"debit": AVAILABLE, "credit": AVAILABLE},
    ],
)
async def test_a_transfer_that_cannot_be_is_refused_with_its_neighbours(
    engine: AsyncEngine, broken: dict[str, object]
) -> None:
    world = await a_world(engine)
    anna = await world.stage.shopper("anna")
    with pytest.raises(BooksBroken):
        await post(world, a_transfer(anna), a_transfer(anna, key="k2", **broken))
    assert await world.transfers() == 0
    assert await world.wallet() == {}


async def test_one_key_moves_money_once_whatever_the_code_believes(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    anna = await world.stage.shopper("anna")
    await post(world, a_transfer(anna))
    for again in (a_transfer(anna), a_transfer(anna, amount=7)):
        with pytest.raises(IntegrityError):
            await post(world, a_transfer(anna, key="k2"), again)
    assert await world.wallet() == {"EUR": (0, 100, 0, 0)}
    assert await world.transfers() == 1


async def test_what_was_posted_is_told_from_what_differs(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    anna, ben = await world.stage.shopper("anna"), await world.stage.shopper("ben")
    await post(world, a_transfer(anna))
    async with world.connection() as connection:
        assert await ledger.already_posted(connection, a_transfer(anna)) is True
        assert await ledger.already_posted(connection, a_transfer(anna, corrects="k0")) is True
        assert await ledger.already_posted(connection, a_transfer(anna, key="k2")) is False
        assert await ledger.already_posted(connection, a_transfer(ben)) is False
        for other in ({"amount": 99}, {"asset": "PTS"}, {"debit": PENDING}, {"credit": PAID}, {"reason": "paid"}):
            with pytest.raises(Conflict) as refused:
                await ledger.already_posted(connection, a_transfer(anna, **other))
            assert refused.value.code == "idempotency_key_reused"


async def test_only_the_available_balance_may_go_below_zero(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    anna = await world.stage.shopper("anna")
    assert await post(world, a_transfer(anna, debit=AVAILABLE, credit=FUNDER)) == {(anna, "EUR"): -100}
    for account in (PENDING, CONVERTED, PAID):
        with pytest.raises(DBAPIError):
            await post(world, a_transfer(anna, key=account, debit=account, credit=FUNDER))
    assert await world.wallet() == {"EUR": (0, -100, 0, 0)}


def test_fields_of_a_digest_cannot_be_confused() -> None:
    one = a_transfer(UUID(int=1), asset="A", reason="bc")
    assert one.digest() != replace(one, asset="Ab", reason="c").digest()
    assert len(one.digest()) == 16


def test_the_chart_names_every_account_and_which_are_stored() -> None:
    of_plans = {OWED, COLLECTED, PLAN_FEES, PLANS_LOST, PAYABLE_LENDER}
    assert set(BALANCE_COLUMN) == ACCOUNTS - {FUNDER, WRITE_OFF, BANK, COMMISSION, VAT} - of_plans
    assert all(is_account(each) for each in (*ACCOUNTS, "funder:brand:Lune & Cie", f"funder:shop:{UUID(int=1).hex}"))
    assert not any(is_account(each) for each in ("", "funder", "funder:", "shopper", "shopper:paid:x"))
