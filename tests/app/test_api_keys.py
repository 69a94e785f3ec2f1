"""Keys of the API: random, kept as a hash, limited to scopes, revocable; and what is seen without the right one."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
from app_desk import EVERY_SCOPE, ROUTES, Desk, assert_problem, opened_desk
from conformance import the_document
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER
from written_down import log_of

from cashback.actors import Actor, Scope, system
from cashback.api.document.scopes import SCOPES
from cashback.auth import keys
from cashback.auth.keys import actor_of_key, create_key, revoke_keys
from cashback.errors import Forbidden, Invalid, NotFound, ScopeMissing

ERASURE = "/v1/shoppers/{reference}/erasure"
MOVING = [
    (method, template)
    for method, template in ROUTES
    if template.startswith("/v1/offers/") or template in ("/v1/activations", "/v1/cards/facts", ERASURE)
]
"""Routes that succeed while offers, cards and people stand as they were prepared, which others in this table change."""
REACHED = (
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
    "unknown_version",
    "unknown_domain",
)
"""Refusals of what the service found, not of who asks: its ids and rails are of nothing."""

DONE_ALREADY = ("offer_move", "insufficient_balance")
"""What a second key is told of what the first has done."""


async def test_the_table_holds_every_route(desk: Desk) -> None:
    paths = (await desk.client.get("/v1/openapi.json")).json()["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods if path.startswith("/v1")}
    assert found == set(ROUTES)
    assert {f"{method} {path}" for method, path in found} == set(SCOPES), (
        "say the scope in cashback/api/document/scopes.py"
    )


@pytest.fixture(scope="module")
async def house(engine: AsyncEngine) -> AsyncIterator[Desk]:
    """A desk for all routes, whose anna has a card and whose offers stand in every state."""
    async with opened_desk(engine) as desk:
        await desk.world.link()
        await desk.world.connect()
        await desk.prepare_offers()
        yield desk


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
async def test_without_a_known_key_nothing_happens(house: Desk, key: str, code: str) -> None:
    before = await house.state()
    for (method, _), (_, path, content) in ROUTES.items():
        house.world.clock.advance(timedelta(seconds=1))  # guesses are limited
        assert_problem(await house.ask(method, path, key=key, **content), 401, code)
    assert await house.state() == before


def enough_for(route: tuple[str, str]) -> frozenset[Scope]:
    """Each of these scopes opens a route, as the document tells: who handles money may ask for adjustments too."""
    told = the_document().document["paths"][route[1]][route[0].lower()]["security"]
    return frozenset(Scope(scope) for way in told for scope in way["key"])


async def test_a_key_without_the_scope_of_a_route_does_nothing(house: Desk) -> None:
    keys = {}
    for enough in {enough_for(route) for route in ROUTES}:
        others = (each for each in EVERY_SCOPE if each not in enough)
        keys[enough] = await house.key_with(*others, label=f"all but {' and '.join(sorted(enough))}"[:64])
    before = await house.state()
    for route, (_, path, content) in ROUTES.items():
        refused = await house.ask(route[0], path, key=keys[enough_for(route)], **content)
        assert_problem(refused, 403, "scope_missing")
        told = refused.json()
        assert told["scope"] in enough_for(route), path
        assert f"lacks the scope {told['scope']!r}" in told["detail"], path
    untold = await house.ask("POST", "/v1/payments", key=keys[frozenset({Scope.MONEY})], json={"strange": 1})
    assert_problem(untold, 403, "scope_missing")
    assert await house.state() == before


async def test_the_scope_of_a_route_is_enough(house: Desk) -> None:
    """One route after the other, in one house; what moved anything left its line in the log."""
    routes = [each for each in ROUTES if each not in MOVING]
    keys = {scope: await house.key_with(scope) for scope in EVERY_SCOPE}
    log = await log_of(house)
    found, unwritten = [], []
    for route in routes:
        found += await refused_with_its_scope(house, route, keys)
        unwritten += await log.unwritten(route)
    assert found == []
    assert unwritten == []


@pytest.mark.parametrize("route", MOVING, ids=" ".join)
async def test_the_scope_of_a_move_is_enough(desk: Desk, route: tuple[str, str]) -> None:
    await desk.world.link()
    await desk.prepare_offers()
    keys = {scope: await desk.key_with(scope) for scope in enough_for(route)}
    log = await log_of(desk)
    assert await refused_with_its_scope(desk, route, keys) == []
    assert await log.unwritten(route) == []


async def refused_with_its_scope(desk: Desk, route: tuple[str, str], keys: Mapping[Scope, str]) -> list[str]:
    scope, path, content = ROUTES[route]
    assert scope in enough_for(route), f"say in cashback/api/document/scopes.py what {route} asks for"
    refused = []
    for each in sorted(enough_for(route), key=lambda other: other is not scope):
        allowed = await desk.ask(route[0], path, key=keys[each], **content)
        reached = REACHED if each is scope else (*REACHED, *DONE_ALREADY)
        if not allowed.is_success and allowed.json()["code"] not in reached:
            refused.append(f"{route} with {each.value}: {allowed.text}")
    return refused


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


async def test_a_key_behind_many_newer_ones_is_ended_by_nobody_who_could_not_have_made_it(desk: Desk) -> None:
    await desk.key_with(Scope.READ, Scope.MONEY, label="old")
    await desk.world.rows(
        """INSERT INTO api_keys
            (operator_id, id, label, digest, scopes, created_at, created_by, hint, family, revoked_at)
        SELECT operator_id, k, 'newer', sha256(k::text::bytea), scopes, created_at + interval '1 second', created_by,
            hint, k, created_at + interval '2 seconds'
        FROM api_keys, (SELECT gen_random_uuid() AS k FROM generate_series(1, $1::int)) AS n WHERE label = 'old'
        RETURNING 1""",
        keys.KEYS_LISTED,
    )
    maker = Actor(desk.operator_id, "key:all", frozenset({Scope.READ, Scope.KEYS}))
    before = await desk.state()
    async with desk.world.connection() as connection:
        with pytest.raises(ScopeMissing):
            await revoke_keys(connection, maker, label="old", now=desk.world.now + timedelta(minutes=1))
    assert await desk.state() == before


async def test_a_key_is_kept_as_its_hash_alone(desk: Desk) -> None:
    key = await desk.key_with(Scope.READ, Scope.MONEY, label="desk")
    assert key.startswith("ck_test_")
    assert len(key) == 8 + 52
    stored = dict(await desk.world.rows("SELECT label, digest FROM api_keys"))
    assert stored == {
        label: hashlib.sha256(each.encode()).digest() for label, each in (("all", desk.key), ("desk", key))
    }
    secret = key.removeprefix("ck_test_")
    texts = await desk.world.rows("SELECT k::text FROM api_keys k UNION ALL SELECT a::text FROM audit_log a")
    assert [text for (text,) in texts if secret in text] == []
    told = await desk.world.rows("SELECT actor, action, subject, detail::text FROM audit_log WHERE subject = 'desk'")
    assert told == [("system:tests", "api_key.created", "desk", '{"scopes": ["money", "read"]}')]
    assert await actor_of_key(desk.world.engine, key, desk.world.now) == Actor(
        operator_id=desk.operator_id, name="key:desk", scopes=frozenset({Scope.READ, Scope.MONEY}), test=True
    )


async def test_keys_are_listed_page_by_page_and_there_are_not_more_than_so_many(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        desk.world.clock.advance(timedelta(seconds=1))
        await desk.key_with(Scope.READ, label=f"till {number}")
    found: list[str] = []
    params: dict[str, str] = {"limit": "2"}
    for _ in range(3):
        page = (await desk.ask("GET", "/v1/api-keys", params=params)).json()
        assert len(page["data"]) <= 2
        found += [each["label"] for each in page["data"]]
        params["cursor"] = str(page["next_cursor"])
    assert (found, page["has_more"]) == (["till 3", "till 2", "till 1", "till 0", "all"], False)
    monkeypatch.setattr(keys, "KEYS_MAX", 5)
    body = {"label": "one too many", "scopes": ["read"]}
    assert_problem(await desk.ask("POST", "/v1/api-keys", json=body), 409, "too_many_keys")
    spare = (await desk.ask("GET", "/v1/api-keys")).json()["data"][0]["id"]
    assert (await desk.ask("POST", f"/v1/api-keys/{spare}/rotate", json={})).status_code == 201
    assert (await desk.ask("POST", f"/v1/api-keys/{spare}/revoke")).is_success


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
