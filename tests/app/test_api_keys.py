"""Keys of the API: random, kept as a hash, limited to scopes, revocable; and what is seen without the right one."""

import hashlib

import pytest
from app_desk import EVERY_SCOPE, ROUTES, Desk, assert_problem
from world import SHOPPER

from cashback.actors import Actor, Scope, system
from cashback.auth.keys import actor_of_key, create_key, revoke_keys
from cashback.errors import Forbidden, Invalid, NotFound


async def test_the_table_holds_every_route(desk: Desk) -> None:
    paths = (await desk.client.get("/v1/openapi.json")).json()["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods if path.startswith("/v1")}
    assert found == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "api_key_missing"),
        ("anything", "api_key_missing"),
        ("ck_", "api_key_unknown"),
        ("ck_" + "a" * 52, "api_key_unknown"),
        ("ck_" + "a" * 200, "api_key_missing"),
    ],
    ids=["none", "malformed", "empty", "unknown", "too long"],
)
async def test_without_a_known_key_nothing_happens(desk: Desk, route: tuple[str, str], key: str, code: str) -> None:
    await desk.world.link()
    before = await desk.state()
    _, path, content = ROUTES[route]
    assert_problem(await desk.ask(route[0], path, key=key, **content), 401, code)
    assert await desk.state() == before


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_a_key_does_what_its_scope_allows_and_nothing_else(desk: Desk, route: tuple[str, str]) -> None:
    await desk.world.link()
    await desk.prepare_offers()
    scope, path, content = ROUTES[route]
    enough = (
        {scope, Scope.MONEY} if scope is Scope.SUPPORT else {scope}
    )  # who handles money may ask for adjustments too
    others = await desk.key_with(*(each for each in EVERY_SCOPE if each not in enough), label="others")
    only = await desk.key_with(scope, label="only")
    before = await desk.state()
    refused = await desk.ask(route[0], path, key=others, **content)
    assert refused.status_code == 403
    assert refused.json()["code"] in ("forbidden", "scope_missing")
    assert scope.value in refused.json()["detail"]
    assert await desk.state() == before
    allowed = await desk.ask(route[0], path, key=only, **content)
    reached = (
        "insufficient_balance",
        "unknown_fact",
        "no_activation",
        "unknown_purchase",
        "unknown_claim",
        "unknown_settlement",
        "unknown_adjustment",
        "unknown_payout",
        "unknown_account",
        "rail_not_allowed",
        "not_paid_out",
        "unknown_endpoint",
        "unknown_key",
        "unknown_plan",
        "unknown_shop",
        "instalments_not_offered",
        "unknown_decision",
        "unknown_review",
        "no_card_facts",
        "unknown_member",
        "role_too_high",
        "unknown_card",
        "unknown_connection",
        "matching_off",
        "bad_origin",
        "unknown_secret",
        "unknown_mandate",
        "rail_not_opened",
    )
    assert allowed.status_code in (200, 201) or allowed.json()["code"] in reached


async def test_a_revoked_key_opens_nothing_any_more(desk: Desk) -> None:
    key = await desk.key_with(Scope.READ, label="shop window")
    await desk.world.link()
    assert (await desk.ask("GET", f"/v1/wallets/{SHOPPER}", key=key)).status_code == 200
    async with desk.world.connection() as connection:
        actor = system(desk.operator_id, "tests")
        assert await revoke_keys(connection, actor, label="shop window", now=desk.world.now) == 1
    assert_problem(await desk.ask("GET", f"/v1/wallets/{SHOPPER}", key=key), 401, "api_key_unknown")
    assert (await desk.ask("GET", f"/v1/wallets/{SHOPPER}")).status_code == 200
    async with desk.world.connection() as connection:
        with pytest.raises(NotFound):
            await revoke_keys(connection, actor, label="shop window", now=desk.world.now)


async def test_a_key_is_kept_as_its_hash_alone(desk: Desk) -> None:
    key = await desk.key_with(Scope.READ, Scope.MONEY, label="desk")
    assert key.startswith("ck_live_")
    assert len(key) == 8 + 52
    stored = dict(await desk.world.rows("SELECT label, digest FROM api_keys"))
    assert stored == {
        label: hashlib.sha256(each.encode()).digest() for label, each in (("all", desk.key), ("desk", key))
    }
    secret = key.removeprefix("ck_")
    texts = await desk.world.rows("SELECT k::text FROM api_keys k UNION ALL SELECT a::text FROM audit_log a")
    assert [text for (text,) in texts if secret in text] == []
    told = await desk.world.rows("SELECT actor, action, subject, detail::text FROM audit_log WHERE subject = 'desk'")
    assert told == [("system:tests", "api_key.created", "desk", '{"scopes": ["money", "read"]}')]
    assert await actor_of_key(desk.world.engine, key, desk.world.now) == Actor(
        operator_id=desk.operator_id, name="key:desk", scopes=frozenset({Scope.READ, Scope.MONEY})
    )


async def test_no_two_keys_are_alike(desk: Desk) -> None:
    keys = {await desk.key_with(Scope.READ, label=f"key {number}") for number in range(20)}
    assert len(keys) == 20


@pytest.mark.parametrize(
    ("label", "scopes", "error"),
    [
        ("fine", [], Invalid),
        ("", [Scope.READ], Invalid),
        ("x" * 65, [Scope.READ], Invalid),
        ("line\nbreak", [Scope.READ], Invalid),
        ("fine", [Scope.SYSTEM], Forbidden),
        ("fine", [Scope.READ, Scope.MONEY], Forbidden),
    ],
)
async def test_a_key_never_gets_more_than_its_maker_has(
    desk: Desk, label: str, scopes: list[Scope], error: type[Exception]
) -> None:
    maker = Actor(desk.operator_id, "key:reader", frozenset({Scope.READ}))
    before = await desk.state()
    async with desk.world.connection() as connection:
        with pytest.raises(error):
            await create_key(connection, maker, label=label, scopes=scopes, now=desk.world.now)
        with pytest.raises(Forbidden):
            await revoke_keys(connection, maker, label="all", now=desk.world.now)
    assert await desk.state() == before
