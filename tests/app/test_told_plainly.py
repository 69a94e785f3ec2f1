"""What a stranger to the API is told: unknown addresses, methods, parameters and fields; a link that stood already."""

from datetime import timedelta
from typing import Any

import pytest
from app_desk import LIVE, Desk, application, assert_problem
from pydantic import TypeAdapter

from cashback.api.application import ROUTERS
from cashback.api.mistakes import sentence_of
from cashback.api.taken import literal
from cashback.api.versions import NEWEST
from cashback.settings import read_settings

CARD = {"shopper": "anna", "network": "sandbox", "token": "tok-1", "last_four": "4242"}


async def refused(desk: Desk, method: str, path: str, status: int, code: str, **content: Any) -> str:
    answer = await desk.ask(method, path, **content)
    assert_problem(answer, status, code)
    assert answer.json()["type"] == f"urn:cashback:problem:{code}"
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["x-content-type-options"] == "nosniff"
    return str(answer.json()["detail"])


async def logged(desk: Desk) -> list[dict[str, Any]]:
    await desk.client._transport.app.requests_written()  # type: ignore[attr-defined]
    found: list[dict[str, Any]] = (await desk.ask("GET", "/v1/requests")).json()["data"]
    return found


@pytest.mark.parametrize("key", [None, ""], ids=["with a key", "without"])
async def test_an_unknown_address_and_a_wrong_method_are_named(desk: Desk, key: str | None) -> None:
    assert "'GET /v1/nothing'" in await refused(desk, "GET", "/v1/nothing", 404, "not_found", key=key)
    for typo, near in (
        ("/v1/shopper", "/v1/shoppers"),
        ("/v1/Shoppers/", "/v1/shoppers"),
        ("/v1/wallet/anna/movement", "/v1/wallets/{reference}/movements"),
        ("/v1/", "/v1"),
    ):
        detail = await refused(desk, "GET", typo, 404, "not_found", key=key)
        assert detail.endswith(f"; did you mean {near}?"), detail
    detail = await refused(desk, "DELETE", "/v1/cards/unlink", 405, "method_not_allowed", key=key)
    assert "'DELETE /v1/cards/unlink'" in detail
    answer = await desk.ask("DELETE", "/v1/cards/unlink", key=key)
    assert answer.headers["allow"] == "OPTIONS, POST"
    assert_problem(await desk.ask("PUT", "/v1", key=key), 405, "method_not_allowed")


async def test_heads_and_options_are_answered(desk: Desk) -> None:
    whole = await desk.ask("GET", "/v1/shoppers")
    head = await desk.ask("HEAD", "/v1/shoppers")
    assert (head.status_code, head.content) == (200, b"")
    kept = ("content-type", "content-length", "cashback-mode")
    assert [head.headers[each] for each in kept] == [whole.headers[each] for each in kept]
    stream = await desk.ask("HEAD", "/v1/events/stream")
    assert (stream.status_code, stream.content) == (200, b"")
    assert stream.headers["content-type"].startswith("text/event-stream")
    for path, status in (("/v1/shoppers/nobody", 404), ("/v1/facts/end", 405), ("/v1/nothing", 404)):
        refused = await desk.ask("HEAD", path)
        assert (refused.status_code, refused.content) == (status, b"")
    asked = await desk.ask("OPTIONS", "/v1/shoppers")
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, "GET, HEAD, OPTIONS, POST", b"")
    assert (await desk.ask("OPTIONS", "/v1/nothing")).status_code == 404
    methods = [each["method"] for each in await logged(desk)]
    assert (methods.count("HEAD"), methods.count("OPTIONS")) == (5, 2)


async def test_the_root_says_where_to_begin_and_a_401_how_to_present_a_key(desk: Desk) -> None:
    told = (await desk.ask("GET", "/v1", key="")).json()
    assert (told["name"], told["version"]) == ("Cashback", NEWEST)
    assert (await desk.ask("GET", told["document"].partition("test")[2] or "/v1/openapi.json", key="")).is_success
    challenge = 'Bearer realm="cashback"'
    for key, expected in (("", challenge), ("ck_" + "a" * 52, f'{challenge}, error="invalid_token"')):
        assert (await desk.ask("GET", "/v1/shoppers", key=key)).headers["www-authenticate"] == expected


NOTHING_FOR_EVER = (
    ("/v1/rewards?asset=XXX", 404, "unknown_asset"),
    ("/v1/rewards?offer=none", 404, "unknown_offer"),
    ("/v1/rewards?state=none", 422, "invalid"),
    ("/v1/rewards?since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z", 422, "bad_span"),
    ("/v1/purchases?since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z", 422, "bad_span"),
    ("/v1/shops?centre=none", 404, "unknown_centre"),
)
"""Filters that can find nothing, as they are misspelt."""


async def test_where_it_is_secure_it_stays_so(desk: Desk) -> None:
    keyring = desk.world.stage.road.keyring
    async with application(desk.world.engine, desk.world.clock, keyring, read_settings(LIVE)) as client:
        assert "max-age=31536000" in (await client.get("/v1")).headers["strict-transport-security"]
    assert "strict-transport-security" not in (await desk.client.get("/v1")).headers


async def test_an_unknown_parameter_is_refused_with_those_that_there_are(desk: Desk) -> None:
    detail = await refused(desk, "GET", "/v1/purchases?limit=5&shoper=x", 422, "unknown_parameter")
    assert ["'shoper'" in detail, "shopper" in detail, "since" in detail] == [True] * 3
    assert detail.endswith("; did you mean shopper?")
    twice = await refused(desk, "GET", "/v1/purchases?limit=1&limit=2", 422, "invalid")
    assert twice == "query: 'limit' stands twice; expected one value"
    for path, status, code in NOTHING_FOR_EVER:
        await refused(desk, "GET", path, status, code)
    sent = "&".join(["limit=5"] * 200)
    assert "at most 200" in await refused(desk, "GET", f"/v1/purchases?{sent}&shoper=x", 422, "invalid")
    assert "this operation has none" in await refused(desk, "GET", "/v1/wallets/a?x=1", 422, "unknown_parameter")
    before = await desk.state()
    body = {"references": ["zoe"], "locale": "fr"}
    await refused(desk, "POST", "/v1/shoppers?dry=1", 422, "unknown_parameter", json=body)
    assert await desk.state() == before
    assert_problem(await desk.ask("GET", "/v1/purchases?shoper=x", key=""), 401, "api_key_missing")


async def test_a_body_is_told_all_its_mistakes_in_plain_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await desk.state()
    body = {"shopper": "anna", "network": 5, "lastFour": "4242"}
    detail = await refused(desk, "POST", "/v1/cards", 422, "invalid", json=body)
    assert "body.token: it is missing" in detail
    assert "body.network: expected a text" in detail
    assert "body: unknown field 'lastFour'; known: " in detail
    assert "did you mean last_four?" in detail
    asked: list[str] = []
    monkeypatch.setattr("cashback.api.mistakes.meant", lambda name, _: asked.append(name) or "")
    many = {f"large_company_{number}": 1 for number in range(9_000)}
    detail = await refused(desk, "POST", "/v1/shoppers", 422, "invalid", json=many)
    assert detail.endswith("; and 8996 more"), "one field is missing besides"
    assert len(asked) <= 100, "few are compared with what there is, however many there are"
    empty = await refused(desk, "POST", "/v1/shoppers", 422, "invalid", json={"references": []})
    assert empty == "body.references: expected at least 1 item, got 0"
    fact = {"shopper": "anna", "kind": "tier", "value": "gold", "valu": 1}
    inner = await refused(desk, "POST", "/v1/facts", 422, "invalid", json={"facts": [fact]})
    assert "body.facts.0: unknown field 'valu'; known: " in inner
    many = await refused(desk, "POST", "/v1/cards", 422, "invalid", json={f"f{n}": 1 for n in range(9)})
    assert many.endswith("more")
    assert await desk.state() == before


async def test_a_number_or_a_truth_is_one_in_json_too(desk: Desk) -> None:
    before = await desk.state()
    funder = {"funder": "operator", "payment": "top_up", "amount_minor": "12"}
    for amount in ("12", 12.0, True):
        body = funder | {"amount_minor": amount}
        headers = {"idempotency-key": repr(amount)}
        detail = await refused(desk, "POST", "/v1/funders/payments", 422, "invalid", json=body, headers=headers)
        assert detail == "body.amount_minor: expected a whole number"
    for truth in ("true", 1, "yes"):
        body = {"funder": "operator", "paused": truth, "reason": "x"}
        detail = await refused(desk, "POST", "/v1/funders/pauses", 422, "invalid", json=body)
        assert detail == "body.paused: expected true or false"
    assert await desk.state() == before


async def test_a_language_is_looked_up_by_its_tag(desk: Desk) -> None:
    body = {"references": ["tag"], "locale": "fr-CA"}
    assert (await desk.ask("POST", "/v1/shoppers", json=body)).status_code == 201
    assert (await desk.ask("GET", "/v1/shoppers/tag")).json()["locale"] == "fr"
    assert (await desk.ask("PUT", "/v1/shoppers/tag", json={"locale": "EN"})).json()["locale"] == "en"
    await refused(desk, "POST", "/v1/shoppers", 422, "invalid", json=body | {"locale": "de-CH"})


def test_every_body_takes_numbers_and_truths_as_they_stand() -> None:
    bodies = {
        field.field_info.annotation
        for router in ROUTERS
        for route in router.routes
        if (field := getattr(route, "body_field", None)) is not None
    }
    assert len(bodies) > 40
    lax = [body for body in bodies if literal(schema := TypeAdapter(body).core_schema) != schema]
    assert lax == []


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
    await refused(desk, "POST", "/v1/shoppers", 422, "idempotency_key", **odd)
    await refused(desk, "PUT", "/v1/shoppers", 405, "method_not_allowed")
    member = "mem_01kbcr4zsyfcxa3wp4tqktv42j"
    await refused(desk, "GET", f"/v1/members/{member}/nothing", 404, "not_found")
    await desk.ask("POST", f"/v1/members/{member}/remove")
    lines = {(each["method"], each["path"], each["status"]) for each in await logged(desk)}
    assert lines - {("GET", "/v1/requests", 200)} == {
        ("POST", f"/v1/members/{member}/remove", 404),
        ("GET", f"/v1/members/{member}/…", 404),
        ("PUT", "/v1/shoppers", 405),
        ("POST", "/v1/shoppers", 422),
        ("POST", "/v1/shoppers", 201),
    }
    assert "clé" in str(await logged(desk))


async def test_what_need_not_be_said_may_be_left_out(desk: Desk) -> None:
    await desk.ask("PUT", "/v1/shoppers/anna", json={})
    link = await desk.ask("POST", "/v1/shoppers/anna/sso-links")
    assert (link.status_code, "token=" in link.json()["url"]) == (201, True)
    made = await desk.ask("POST", "/v1/api-keys", json={"label": "small", "scopes": ["read"]})
    assert {name: made.json()[name] for name in ("label", "scopes", "in_force")} == {
        "label": "small",
        "scopes": ["read"],
        "in_force": True,
    }
    again = await desk.ask("POST", f"/v1/api-keys/{made.json()['id']}/rotate")
    assert (again.status_code, again.json()["replaces"]) == (201, made.json()["id"])
    for scheme in ("bearer", "BEARER"):
        headers = {"authorization": f"{scheme} {again.json()['key']}"}
        assert (await desk.client.get("/v1/shoppers", headers=headers)).status_code == 200
    assert_problem(await desk.ask("POST", "/v1/shoppers"), 422, "invalid")
