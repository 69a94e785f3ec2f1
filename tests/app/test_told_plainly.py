"""What a stranger to the API is told: unknown addresses, methods, parameters and fields; a link that stood already."""

from datetime import timedelta
from typing import Any

import pytest
from app_desk import Desk, assert_problem

from cashback.api.mistakes import sentence_of

CARD = {"shopper": "anna", "network": "sandbox", "token": "tok-1", "last_four": "4242"}


async def refused(desk: Desk, method: str, path: str, status: int, code: str, **content: Any) -> str:
    answer = await desk.ask(method, path, **content)
    assert_problem(answer, status, code)
    assert answer.json()["type"] == f"urn:cashback:problem:{code}"
    assert answer.headers["x-request-id"].startswith("req_")
    return str(answer.json()["detail"])


async def logged(desk: Desk) -> list[dict[str, Any]]:
    await desk.client._transport.app.requests_written()  # type: ignore[attr-defined]
    found: list[dict[str, Any]] = (await desk.ask("GET", "/v1/requests")).json()["data"]
    return found


@pytest.mark.parametrize("key", [None, ""], ids=["with a key", "without"])
async def test_an_unknown_address_and_a_wrong_method_are_named(desk: Desk, key: str | None) -> None:
    assert "'GET /v1/nothing'" in await refused(desk, "GET", "/v1/nothing", 404, "not_found", key=key)
    detail = await refused(desk, "DELETE", "/v1/cards/unlink", 405, "method_not_allowed", key=key)
    assert "'DELETE /v1/cards/unlink'" in detail
    answer = await desk.ask("DELETE", "/v1/cards/unlink", key=key)
    assert answer.headers["allow"] == "POST"


async def test_an_unknown_parameter_is_refused_with_those_that_there_are(desk: Desk) -> None:
    detail = await refused(desk, "GET", "/v1/purchases?limit=5&shoper=x", 422, "unknown_parameter")
    assert ["'shoper'" in detail, "shopper" in detail, "since" in detail] == [True] * 3
    assert "this operation has none" in await refused(desk, "GET", "/v1/wallets/a?x=1", 422, "unknown_parameter")
    before = await desk.state()
    body = {"references": ["zoe"], "locale": "fr"}
    await refused(desk, "POST", "/v1/shoppers?dry=1", 422, "unknown_parameter", json=body)
    assert await desk.state() == before
    assert_problem(await desk.ask("GET", "/v1/purchases?shoper=x", key=""), 401, "api_key_missing")


async def test_a_body_is_told_all_its_mistakes_in_plain_words(desk: Desk) -> None:
    before = await desk.state()
    body = {"shopper": "anna", "network": 5, "lastFour": "4242"}
    detail = await refused(desk, "POST", "/v1/cards", 422, "invalid", json=body)
    assert "body.token: it is missing" in detail
    assert "body.network: expected a text" in detail
    assert "body: unknown field 'lastFour'; known: " in detail
    assert "last_four" in detail
    empty = await refused(desk, "POST", "/v1/shoppers", 422, "invalid", json={"references": []})
    assert empty == "body.references: expected at least 1 item, got 0"
    fact = {"shopper": "anna", "kind": "tier", "value": "gold", "valu": 1}
    inner = await refused(desk, "POST", "/v1/facts", 422, "invalid", json={"facts": [fact]})
    assert "body.facts.0: unknown field 'valu'; known: " in inner
    many = await refused(desk, "POST", "/v1/cards", 422, "invalid", json={f"f{n}": 1 for n in range(9)})
    assert many.endswith("more")
    assert await desk.state() == before


def test_what_has_no_words_of_its_own_keeps_those_of_the_check() -> None:
    error = {"loc": ("body", "a"), "type": "value_error", "msg": "Value error, expected an even number"}
    assert sentence_of([error, error], None) == "body.a: expected an even number"


async def test_a_card_that_is_linked_already_answers_when_it_was(desk: Desk) -> None:
    assert (await desk.ask("POST", "/v1/shoppers", json={"references": ["anna"]})).status_code == 201
    first = (await desk.ask("POST", "/v1/cards", json=CARD)).json()
    desk.world.clock.move_to(desk.world.now + timedelta(hours=5))
    assert (await desk.ask("POST", "/v1/cards", json=CARD)).json() == first


async def test_the_log_names_the_route_of_what_was_repeated_or_never_reached_it(desk: Desk) -> None:
    keyed: dict[str, Any] = {"headers": {"idempotency-key": "once"}, "json": {"references": ["bea"]}}
    for _ in range(2):
        assert (await desk.ask("POST", "/v1/shoppers", **keyed)).status_code == 201
    odd: dict[str, Any] = {"headers": {"idempotency-key": "clé".encode()}, "json": {"references": ["bea"]}}
    await refused(desk, "POST", "/v1/shoppers", 422, "invalid", **odd)
    await refused(desk, "PUT", "/v1/shoppers", 405, "method_not_allowed")
    member = "mem_01kbcr4zsyfcxa3wp4tqktv42j"
    await refused(desk, "GET", f"/v1/members/{member}/nothing", 404, "not_found")
    await desk.ask("POST", f"/v1/members/{member}/remove")
    lines = {(each["method"], each["path"], each["status"]) for each in await logged(desk)}
    assert lines - {("GET", "/v1/requests", 200)} == {
        ("POST", f"/v1/members/{member}/remove", 404),
        ("GET", "/v1/…", 404),
        ("PUT", "/v1/shoppers", 405),
        ("POST", "/v1/shoppers", 422),
        ("POST", "/v1/shoppers", 201),
    }
    assert "clé" in str(await logged(desk))
