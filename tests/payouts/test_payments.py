"""Payments: idempotent, never beyond what is available, and what a later refund takes back is recovered."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, clearing, day, purchase, refund

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden, Invalid, NotFound, ProductError
from cashback.payouts.service import record_payment
from cashback.programmes.service import load_programme

CONVERTING = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 100, into: EUR, amount: "10.00"}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
offers:
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 50}}
  - {code: parking, reward: {kind: fixed, asset: PARKMIN, amount: 60}}
"""
)


async def pay(world: World, *, actor: Actor | None = None, shopper_id: UUID | None = None, **more: object) -> bool:
    call = {"asset": "EUR", "amount": 1_00, "key": "k1", **more}
    who = shopper_id or await world.stage.shopper("anna")
    async with world.connection() as connection:
        programme = await load_programme(connection, world.operator_id)
        return await record_payment(
            connection, actor or world.stage.actor, programme, shopper_id=who, now=world.now, **call  # type: ignore[arg-type]
        )  # fmt: skip


async def with_two_euros(engine: AsyncEngine, programme: str | None = None) -> World:
    """Anna has earned: at 5 percent 2 EUR of 40, with the converting programme 10 EUR of two purchases."""
    world = await (a_world(engine) if programme is None else a_world(engine, programme))
    await world.link()
    await world.play(*purchase("p1", 20_00, at=day(1)), *purchase("p2", 20_00, at=day(1)), at=day(20))
    return world


async def test_the_same_payment_again_is_a_no_op_and_another_under_its_key_a_conflict(engine: AsyncEngine) -> None:
    world = await with_two_euros(engine)
    assert await pay(world) is True
    assert await pay(world) is False
    with pytest.raises(Conflict) as refused:
        await pay(world, amount=99)
    assert refused.value.code == "idempotency_key_reused"
    assert await world.wallet() == {"EUR": (0, 1_00, 0, 1_00)}
    assert await pay(world, key="k2") is True
    assert await pay(world) is False
    assert await world.wallet() == {"EUR": (0, 0, 0, 2_00)}
    recorded = "SELECT count(*) FROM audit_log WHERE action = 'payment.recorded'"
    assert await world.rows(recorded) == [(2,)]
    await world.audit()


READER = Actor(UUID(int=1), "key:reader", frozenset({Scope.READ, Scope.SHOPPERS, Scope.PROGRAMME}))


@pytest.mark.parametrize(
    ("call", "error", "code"),
    [
        ({"amount": 2_01}, Invalid, "insufficient_balance"),
        ({"amount": 0}, Invalid, "invalid"),
        ({"amount": -5}, Invalid, "invalid"),
        ({"asset": "PARKMIN"}, Invalid, "invalid"),
        ({"asset": "GBP"}, Invalid, "invalid"),
        ({"key": ""}, Invalid, "invalid"),
        ({"key": "x" * 201}, Invalid, "invalid"),
        ({"key": "a\nb"}, Invalid, "invalid"),
        ({"shopper_id": UUID(int=7)}, NotFound, "not_found"),
        ({"actor": READER}, Forbidden, "scope_missing"),
    ],
)
async def test_refusals_say_why_and_nothing_moved(
    engine: AsyncEngine, call: dict[str, object], error: type[ProductError], code: str
) -> None:
    world = await with_two_euros(engine)
    before = await world.wallet(), await world.transfers(), await world.rows("SELECT id FROM audit_log ORDER BY id")
    with pytest.raises(error) as refused:
        await pay(world, **call)  # type: ignore[arg-type]
    assert refused.value.code == code
    after = await world.wallet(), await world.transfers(), await world.rows("SELECT id FROM audit_log ORDER BY id")
    assert after == before


async def test_an_asset_that_converts_by_itself_is_not_paid_out(engine: AsyncEngine) -> None:
    world = await with_two_euros(engine, CONVERTING)
    before = await world.wallet()
    with pytest.raises(Invalid, match="converts into EUR by itself"):
        await pay(world, asset="PTS", amount=1)
    assert await world.wallet() == before


async def test_a_refund_after_the_payment_leaves_a_debt_that_later_rewards_recover(engine: AsyncEngine) -> None:
    world = await with_two_euros(engine)
    await pay(world, amount=2_00)
    await world.play(refund("r", 20_00, at=day(21), of="p1"), at=day(21))
    assert await world.wallet() == {"EUR": (0, -1_00, 0, 2_00)}
    await world.audit()
    with pytest.raises(Invalid) as refused:
        await pay(world, amount=1, key="k2")
    assert refused.value.code == "insufficient_balance"
    await world.play(*purchase("p3", 50_00, at=day(22)), at=day(30))
    assert await world.wallet() == {"EUR": (2_50, -1_00, 0, 2_00)}
    await world.pass_to(day(60))
    assert await world.wallet() == {"EUR": (0, 1_50, 0, 2_00)}
    await world.audit()


async def test_a_conversion_undone_after_the_payment_is_a_debt_too(engine: AsyncEngine) -> None:
    world = await with_two_euros(engine, CONVERTING)
    assert await world.wallet() == {"PTS": (0, 0, 100, 0), "EUR": (0, 10_00, 0, 0), "PARKMIN": (0, 120, 0, 0)}
    await pay(world, amount=10_00)
    await world.play(refund("r", 20_00, at=day(21), of="p1"), at=day(21))
    assert await world.wallet() == {"PTS": (0, 50, 0, 0), "EUR": (0, -10_00, 0, 10_00), "PARKMIN": (0, 60, 0, 0)}
    await world.audit()
    await world.play(*purchase("p3", at=day(22)), at=day(24))
    assert await world.wallet() == {"PTS": (0, 0, 100, 0), "EUR": (0, 0, 0, 10_00), "PARKMIN": (0, 120, 0, 0)}
    await world.audit()


async def test_what_a_used_asset_forgives_is_written_off_and_not_recovered(engine: AsyncEngine) -> None:
    world = await with_two_euros(engine, CONVERTING)
    await pay(world, asset="PARKMIN", amount=100)
    await world.play(refund("r", 20_00, at=day(21), of="p1"), at=day(21))
    assert (await world.wallet())["PARKMIN"] == (0, 0, 0, 100)
    written_off = "SELECT debit, credit, amount, reason FROM transfers WHERE reason = 'forgiven'"
    assert await world.rows(written_off) == [("write_off", "shopper:available", 40, "forgiven")]
    await world.audit()
    await world.play(clearing("p3", at=day(22)), at=day(23))
    assert (await world.wallet())["PARKMIN"] == (0, 60, 0, 100)
    await world.audit()
