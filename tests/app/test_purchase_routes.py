"""People join and part purchases over HTTP and at the command line: the wallet follows, a refusal moves nothing."""

from typing import Any
from uuid import UUID

import pytest
from app_desk import Desk, assert_problem
from world import ACCOUNT, booked, day, purchase

from cashback.ids import show

BANK = "sandbox_bank"
EUR = "EUR"


@pytest.fixture
async def told_twice(desk: Desk) -> Desk:
    """Anna's purchase, told by the network, and a row of her bank some days later that is not recognised as it."""
    world = desk.world
    await world.link()
    await world.link(ACCOUNT, provider=BANK)
    await world.play(*purchase("n", at=day(1)), at=day(2))
    row = booked("b", 21_00, on=day(7))
    await world.play(row, at=day(8), provider=BANK)
    return desk


async def named(desk: Desk, ref: str) -> str:
    ((found,),) = await desk.world.rows("SELECT id FROM purchases WHERE purchase_ref = $1", ref)
    return show("pur", found)


async def join(desk: Desk, *purchases: str, reason: str = "typed late") -> Any:
    return await desk.ask("POST", "/v1/purchases/join", json={"purchases": list(purchases), "reason": reason})


async def test_what_is_joined_earns_once_and_what_is_parted_stands_again(told_twice: Desk) -> None:
    world = told_twice.world
    one, other = await named(told_twice, "n"), await named(told_twice, "b")
    answer = await join(told_twice, one, other)
    assert (answer.status_code, answer.json()) == (200, {"joined": [one, other]})
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("witness", 0)}
    answer = await told_twice.ask("POST", f"/v1/purchases/{other}/split", json={"reason": "no: two evenings"})
    assert (answer.status_code, answer.json()) == (200, {"split": other})
    assert await world.purchases() == {"n": ("cleared", 20_00), "b": ("cleared", 21_00)}
    assert await world.wallet() == {EUR: (1_00, 0, 0, 0)}
    actions = await world.rows("SELECT action FROM audit_log WHERE action LIKE 'purchase.%' ORDER BY action")
    assert actions == [("purchase.ruled_apart",), ("purchase.ruled_one",)]
    await world.audit()


@pytest.mark.parametrize(
    ("purchases", "status", "code"),
    [
        (["n", "pur_00000000000000000000000000"], 404, "unknown_purchase"),
        (["n", "nonsense"], 404, "unknown_purchase"),
        (["n", "n"], 422, "one_purchase"),
        (["n"], 422, "invalid"),
    ],
)
async def test_what_cannot_be_joined_moves_nothing(
    told_twice: Desk, purchases: list[str], status: int, code: str
) -> None:
    before = await told_twice.world.transfers()
    ids = [await named(told_twice, each) if each in ("n", "b") else each for each in purchases]
    assert_problem(await join(told_twice, *ids), status, code)
    assert_problem(await told_twice.ask("POST", f"/v1/purchases/{ids[0]}/split", json={"reason": "x"}), 422, "one_view")
    assert await told_twice.world.transfers() == before
    assert await told_twice.world.rows("SELECT id FROM rulings") == []
    await told_twice.world.audit()


async def test_another_operator_finds_no_such_purchase(told_twice: Desk, desk: Desk) -> None:
    unknown = show("pur", UUID(int=5))
    assert_problem(
        await desk.ask("POST", f"/v1/purchases/{unknown}/split", json={"reason": "x"}), 404, "unknown_purchase"
    )
