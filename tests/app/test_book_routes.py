"""The books over HTTP: balances of any instant and the heads of the chains, for who may read books and nobody else."""

from datetime import timedelta

from app_desk import Desk, assert_problem
from ledgers import seal_all
from world import day, purchase

from cashback.actors import Scope
from cashback.books.signing import read_head, sign


async def test_a_balance_is_read_at_any_instant(desk: Desk) -> None:
    await desk.world.link()
    await desk.world.play(*purchase("p1", 40_00, at=day(1)), at=day(3))
    await desk.world.pass_to(day(30))
    key = await desk.key_with(Scope.BOOKS, label="auditor")

    async def standing(at: object = None) -> tuple[bool, dict[str, int]]:
        params = {} if at is None else {"at": str(at)}
        told = (await desk.ask("GET", "/v1/books/trial-balance", key=key, params=params)).json()
        assert all(each["balance"] == 0 for each in told["assets"].values())
        return told["final"], {each["account"]: each["balance"] for each in told["accounts"] if each["balance"]}

    now = {"funder:operator": -2_00, "shopper:available": 2_00}
    assert await standing() == (False, now)
    await seal_all(desk.world)
    assert await standing() == (False, now)
    assert await standing((day(30) + timedelta(days=1)).isoformat()) == (False, now)
    assert await standing(day(4).isoformat()) == (True, {"funder:operator": -2_00, "shopper:pending": 2_00})
    assert await standing(day(2).isoformat()) == (True, {})
    assert_problem(
        await desk.ask("GET", "/v1/books/trial-balance", key=key, params={"at": "2026-11-05T00:00:00"}), 422, "invalid"
    )
    await desk.world.audit()


async def test_heads_are_read_and_verify_elsewhere(desk: Desk) -> None:
    await desk.world.link()
    told = (await desk.ask("GET", "/v1/books/head")).json()
    assert (told["heads"], told["public_keys"]) == ([], {})
    assert told["chains"][0] == {
        "chain": "transfers", "number": 0, "position": 0, "hash": None, "sealed_at": None, "unsealed": 0,
        "behind_seconds": 0,
    }  # fmt: skip
    assert told["chains"][1]["unsealed"] > 0
    await seal_all(desk.world)
    async with desk.world.connection() as connection:
        (signed,) = await sign(connection, desk.operator_id, desk.world.stage.road.keyring.master, desk.world.now)
    told = (await desk.ask("GET", "/v1/books/head")).json()
    assert [read_head(each) for each in told["heads"]] == [signed]
    assert told["chains"][1]["hash"] == signed.hash.hex()
    await desk.world.audit()


async def test_a_key_for_wallets_does_not_read_the_books(desk: Desk) -> None:
    key = await desk.key_with(Scope.READ, Scope.MONEY, label="till")
    before = await desk.state()
    for path in ("/v1/books/trial-balance", "/v1/books/head"):
        assert_problem(await desk.ask("GET", path, key=key), 403, "scope_missing")
    assert await desk.state() == before
