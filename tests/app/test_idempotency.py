"""The same key and body: the same answer, whether the first is under way, done or refused, and one effect."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from app_desk import Desk, assert_problem, opened_desk
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER, START, day, purchase

from cashback.actors import Scope, system
from cashback.api import gate
from cashback.auth.keys import revoke_keys
from cashback.idempotency.service import KEPT
from cashback.upkeep import forget_raw_messages

PAYMENT = {"shopper": SHOPPER, "asset": "EUR", "amount": 60}
HOOK = {"url": "http://127.0.0.1:9/hook", "types": ["reward.*"]}


@pytest.fixture
async def rich(engine: AsyncEngine) -> AsyncIterator[Desk]:
    """Anna has a hundred euros available."""
    async with opened_desk(engine) as desk:
        await desk.world.link(at=START)
        await desk.world.play(*purchase("p-1", 2_000_00, at=day(1)), at=day(20))
        yield desk


async def post(desk: Desk, key: str, path: str = "/v1/payments", **body: Any) -> httpx.Response:
    return await desk.ask("POST", path, json=body or PAYMENT, headers={"idempotency-key": key})


async def paid(desk: Desk) -> int:
    return (await desk.world.wallet())["EUR"][3]


async def test_what_was_done_is_answered_again_and_done_once(rich: Desk) -> None:
    first = await post(rich, "k")
    state = await rich.state()
    again = await post(rich, "k")
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, b'{"replayed":false}')
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await rich.state() == state
    assert await paid(rich) == 60
    assert (await post(rich, "another")).status_code == 201
    assert await paid(rich) == 1_20
    await rich.world.audit()


async def test_what_was_refused_is_refused_again_even_when_it_would_succeed(rich: Desk) -> None:
    body = {**PAYMENT, "shopper": "bea"}
    first = await post(rich, "k", **body)
    assert_problem(first, 404, "unknown_shopper")
    await rich.ask("POST", "/v1/shoppers", json={"references": ["bea"]})
    again = await post(rich, "k", **body)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert_problem(again, 404, "unknown_shopper")
    assert (await post(rich, "k-2", **body)).json()["code"] == "insufficient_balance"


async def test_a_key_names_one_request(rich: Desk) -> None:
    assert (await post(rich, "k")).status_code == 201
    state = await rich.state()
    assert_problem(await post(rich, "k", **{**PAYMENT, "amount": 61}), 409, "idempotency_key_reused")
    assert_problem(await post(rich, "k", "/v1/activations", **PAYMENT), 409, "idempotency_key_reused")
    assert_problem(await post(rich, "k", "/v1/payments?a=1"), 422, "unknown_parameter")
    assert await rich.state() == state
    assert (await post(rich, "k")).status_code == 201
    await rich.world.audit()


async def test_a_key_is_of_one_caller(rich: Desk) -> None:
    other = await rich.key_with(Scope.MONEY, label="other till")
    assert (await post(rich, "k")).status_code == 201
    answer = await rich.ask(
        "POST", "/v1/payments", key=other, json={**PAYMENT, "amount": 40}, headers={"idempotency-key": "k-of-other"}
    )
    assert answer.status_code == 201
    stolen = await rich.ask("POST", "/v1/payments", key=other, json=PAYMENT, headers={"idempotency-key": "k"})
    assert "idempotency-replayed" not in stolen.headers
    assert await paid(rich) == 1_00


async def test_sixty_four_at_once_act_once_and_are_answered_alike(rich: Desk) -> None:
    body = {"url": HOOK["url"]}
    answers = await asyncio.gather(*(post(rich, "k", "/v1/webhook-endpoints", **body) for _ in range(64)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await rich.world.rows("SELECT count(*) FROM webhook_endpoints") == [(1,)]


async def test_while_the_first_is_under_way_a_repeat_is_told_to_come_back(
    rich: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PAUSES_SECONDS", (0.01,))
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(*_: Any, **__: Any) -> bool:
        reached.set()
        await go_on.wait()
        return True

    monkeypatch.setattr("cashback.api.routes.record_payment", slowly)
    first = asyncio.create_task(post(rich, "k"))
    await reached.wait()
    repeat = await post(rich, "k")
    assert_problem(repeat, 409, "idempotency_in_flight")
    assert repeat.headers["retry-after"] == "2"
    assert_problem(await post(rich, "k", **{**PAYMENT, "amount": 1}), 409, "idempotency_in_flight")
    go_on.set()
    assert (await first).status_code == 201
    assert (await post(rich, "k")).content == (await first).content


async def test_a_failure_here_keeps_nothing_and_the_repeat_acts(rich: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    state = await rich.state()
    with monkeypatch.context() as broken:
        broken.setattr("cashback.payouts.service.audit_log.record", None)
        failed = await post(rich, "k")
    assert_problem(failed, 500, "internal")
    assert await rich.state() == state
    assert await rich.world.rows("SELECT count(*) FROM idempotency") == [(0,)]
    assert (await post(rich, "k")).status_code == 201
    assert await paid(rich) == 60
    await rich.world.audit()


async def test_a_key_that_lacked_a_right_may_ask_again_when_it_has_it(rich: Desk) -> None:
    reader = await rich.key_with(Scope.READ, label="till")
    content = {"json": PAYMENT, "headers": {"idempotency-key": "k"}}
    assert_problem(await rich.ask("POST", "/v1/payments", key=reader, **content), 403, "scope_missing")
    (till,) = [each for each in (await rich.ask("GET", "/v1/api-keys")).json()["data"] if each["label"] == "till"]
    assert (await rich.ask("POST", f"/v1/api-keys/{till['id']}/revoke")).status_code == 200
    payer = await rich.key_with(Scope.MONEY, label="till")
    assert (await rich.ask("POST", "/v1/payments", key=payer, **content)).status_code == 201


async def test_a_secret_is_told_again_and_stored_sealed(rich: Desk) -> None:
    first = await post(rich, "k", "/v1/webhook-endpoints", **HOOK)
    (secret,) = first.json()["secrets"]
    assert (await post(rich, "k", "/v1/webhook-endpoints", **HOOK)).json()["secrets"] == [secret]
    ((row, route),) = await rich.world.rows("SELECT i::text, route FROM idempotency i")
    assert route == "POST /v1/webhook-endpoints"
    assert secret not in row
    assert secret.encode().hex() not in row
    assert b"127.0.0.1".hex() not in row


async def test_answers_are_forgotten_in_time(rich: Desk) -> None:
    await post(rich, "k")
    road = rich.world.stage.road
    await forget_raw_messages(rich.world.engine, road, rich.operator_id, rich.world.now + KEPT)
    assert await rich.world.rows("SELECT count(*) FROM idempotency") == [(1,)]
    later = rich.world.now + KEPT + timedelta(seconds=1)
    await forget_raw_messages(rich.world.engine, road, rich.operator_id, later)
    assert await rich.world.rows("SELECT count(*) FROM idempotency") == [(0,)]


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there", "é"], ids=["empty", "long", "tab", "no ASCII"])
async def test_a_key_is_printable_ascii(rich: Desk, key: str) -> None:
    state = await rich.state()
    headers = [(b"idempotency-key", key.encode("latin-1"))]
    answer = await rich.client.post(
        "/v1/payments", json=PAYMENT, headers=[*headers, (b"authorization", f"Bearer {rich.key}".encode())]
    )
    assert_problem(answer, 422, "idempotency_key")
    assert await rich.state() == state


async def test_changes_of_the_programme_that_meet_do_not_block_each_other(rich: Desk) -> None:
    """Each reads the programme under a shared lock, then holds it alone: as one transaction they would deadlock."""

    async def pause(number: int) -> int:
        body = {"funder": ("shop:cafe", "shop:books")[number % 2], "paused": True, "reason": "under repair"}
        return (await post(rich, f"k-{number}", "/v1/funders/pauses", **body)).status_code

    for funder in ("shop:cafe", "shop:books"):
        await rich.ask("PUT", "/v1/funders", json={"funder": funder, "name": "Shop", "mode": "prepaid"})
    assert await asyncio.gather(*(pause(number) for number in range(8))) == [200] * 8
    assert await rich.world.rows("SELECT count(*) FROM funding_pauses") == [(2,)]
    await rich.world.audit()


async def test_an_answer_is_told_to_the_key_that_got_it_and_to_those_that_replace_it_whatever_others_are_called(
    rich: Desk,
) -> None:
    wanted = {"label": "made", "scopes": ["read", "money"]}
    first = await post(rich, "k", "/v1/api-keys", **wanted)
    assert first.status_code == 201
    keys = (await rich.ask("GET", "/v1/api-keys")).json()["data"]
    mine = next(each["id"] for each in keys if each["label"] == "all")
    rich.key = (await rich.ask("POST", f"/v1/api-keys/{mine}/rotate", json={"overlap_seconds": 0})).json()["key"]
    assert (await post(rich, "k", "/v1/api-keys", **wanted)).content == first.content
    async with rich.world.connection() as connection:
        assert await revoke_keys(connection, system(rich.world.operator_id, "t"), label="all", now=rich.world.now) == 1
    rich.key = await rich.key_with(Scope.READ, label="all")
    namesake = await post(rich, "k", "/v1/api-keys", **wanted)
    assert namesake.status_code == 403
    assert "idempotency-replayed" not in namesake.headers
