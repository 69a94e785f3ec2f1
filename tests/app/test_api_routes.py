"""What each route does, what it refuses, and that a refusal moves nothing."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import httpx
import pytest
from app_desk import PROBLEM, Desk, assert_problem
from sqlalchemy import Connection, event
from world import CARD, CENTRE, FIVE_PERCENT, SHOPPER, START, day, purchase

from cashback.auth.sessions import Role, Signer
from cashback.clock import zulu
from cashback.ids import show
from cashback.settings import DEMO_KEY
from cashback.shoppers import service as shoppers

CARD_NUMBER = "4111111111111111"
SIX_PERCENT = FIVE_PERCENT.replace("rate_bps: 500", "rate_bps: 600")
HEADER = "shop,network,scheme,value,valid_from,valid_until\n"


async def earned(desk: Desk, minor: int = 1_00) -> None:
    """Anna has so many cents available."""
    await desk.world.link(at=START)
    await desk.world.play(*purchase("p-1", minor * 20, at=day(1)), at=day(20))
    assert await desk.world.wallet() == {"EUR": (0, minor, 0, 0)}


async def test_shoppers_are_opened_once(desk: Desk) -> None:
    first = await desk.ask("POST", "/v1/shoppers", json={"references": ["bea", "cem", "bea"], "locale": "fr"})
    assert (first.status_code, sorted(first.json())) == (201, ["bea", "cem"])
    assert all(each.startswith("shp_") for each in first.json().values())
    state = await desk.state()
    again = await desk.ask("POST", "/v1/shoppers", json={"references": ["cem"], "locale": "en"})
    assert (again.status_code, again.json()) == (201, {"cem": first.json()["cem"]})
    assert await desk.state() == state
    assert await desk.world.rows("SELECT DISTINCT locale FROM shoppers") == [("fr",)]


async def test_a_card_is_linked_its_purchases_earn_and_it_is_unlinked(desk: Desk) -> None:
    await desk.ask("POST", "/v1/shoppers", json={"references": [SHOPPER]})
    shown = show("shp", await desk.world.stage.shopper(SHOPPER))
    card = {"shopper": SHOPPER, "network": "sandbox", "token": CARD}
    await desk.world.tell(*purchase("before", at=day(-2)), *purchase("after", at=day(-1)))
    await desk.world.drain()
    await desk.world.connect()
    linked_at = zulu(day(-1.5))
    linked = await desk.ask("POST", "/v1/cards", json={**card, "linked_at": linked_at, "last_four": "0001"})
    ((card_id,),) = await desk.world.rows("SELECT DISTINCT card_id FROM cards")
    told = {"shopper": shown, "card": show("crd", card_id), "linked_at": linked_at}
    assert (linked.status_code, linked.json()) == (201, told)
    assert await desk.world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    wallet = await desk.ask("GET", f"/v1/wallets/{SHOPPER}")
    assert (wallet.status_code, wallet.json()) == (
        200,
        {"EUR": {"pending": 1_00, "available": 0, "converted": 0, "in_transit": 0, "paid": 0, "expired": 0}},
    )
    desk.world.clock.move_to(day(3))
    unlinked = await desk.ask("POST", "/v1/cards/unlink", json=card)
    assert (unlinked.status_code, unlinked.json()) == (200, {"shopper": shown, "unlinked_at": zulu(day(3))})
    await desk.world.play(*purchase("too-late", at=day(4)), at=day(6))
    assert await desk.world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    told = await desk.world.rows(
        "SELECT actor, action FROM audit_log WHERE subject = $1 ORDER BY at, action DESC", shown
    )
    assert told == [("key:all", each) for each in ("shopper.opened", "card.linked", "card.unlinked")]
    await desk.world.audit()


async def test_a_payment_counts_once_under_its_key(desk: Desk) -> None:
    await earned(desk, 1_00)
    body = {"shopper": SHOPPER, "asset": "EUR", "amount": 60}

    async def pay(key: str, **changed: Any) -> httpx.Response:
        return await desk.ask("POST", "/v1/payments", json={**body, **changed}, headers={"idempotency-key": key})

    first = await pay("transfer-1")
    assert (first.status_code, first.json()) == (201, {"replayed": False})
    state = await desk.state()
    again = await pay("transfer-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert_problem(await pay("transfer-1", amount=61), 409, "idempotency_key_reused")
    refused = await pay("transfer-2")
    assert_problem(refused, 422, refused.json()["code"])
    assert await desk.state() == state
    assert await desk.world.wallet() == {"EUR": (0, 40, 0, 60)}
    assert (await pay("transfer-3", amount=40)).json() == {"replayed": False}
    assert await desk.world.wallet() == {"EUR": (0, 0, 0, 1_00)}
    await desk.world.audit()


async def test_a_programme_is_tried_then_applied(desk: Desk) -> None:
    state = await desk.state()
    tried = await desk.ask("PUT", "/v1/programme?dry_run=true", content=SIX_PERCENT)
    assert (tried.status_code, tried.json()["applied"]) == (200, False)
    assert await desk.state() == state
    applied = await desk.ask("PUT", "/v1/programme", content=SIX_PERCENT)
    assert applied.json() == {"applied": True, "changes": tried.json()["changes"], "warnings": []}
    assert len(applied.json()["changes"]) == 1
    state = await desk.state()
    again = await desk.ask("PUT", "/v1/programme", content=SIX_PERCENT)
    assert (again.status_code, again.json()) == (200, {"applied": True, "changes": [], "warnings": []})
    assert await desk.state() == state


async def test_what_is_perhaps_not_meant_is_told_and_applied(desk: Desk) -> None:
    rivals = FIVE_PERCENT + "".join(
        f"  - {{code: {code}, group: one, reward: {{kind: percent, asset: EUR, rate_bps: 600}}}}\n" for code in "ab"
    )
    applied = (await desk.ask("PUT", "/v1/programme", content=rivals)).json()
    assert applied["changes"] == ["+ offer a: new", "+ offer b: new"]
    (warning,) = applied["warnings"]
    assert warning.startswith(f"line {rivals.count(chr(10))}: offers[2].group: b and a exclude each other")


async def test_identifiers_are_imported_and_earlier_purchases_earn(desk: Desk) -> None:
    await desk.world.link(at=START)
    await desk.world.play(*purchase("p-1", at=day(1), mid="7777"), at=day(3))
    assert await desk.world.wallet() == {}
    imported = await desk.ask("POST", "/v1/identifiers", content=HEADER + "cafe,sandbox,mid,7777,,\n")
    assert (imported.status_code, imported.json()) == (200, {"rows": 1, "added": 1, "removed": 0})
    await desk.world.drain()
    assert await desk.world.wallet() == {"EUR": (1_00, 0, 0, 0)}
    await desk.world.audit()


async def test_an_entry_link_opens_the_shoppers_wallet_for_ten_minutes(desk: Desk) -> None:
    await desk.world.link(at=START)
    made = await desk.ask("POST", f"/v1/wallets/{SHOPPER}/entry-links")
    assert (made.status_code, made.json()["expires_at"]) == (201, zulu(START + timedelta(minutes=10)))
    address, _, token = made.json()["url"].partition("?t=")
    assert address == "http://127.0.0.1:8000/enter"
    signer = Signer(b64decode(DEMO_KEY))
    entry = signer.read_entry(token, START)
    assert entry is not None
    shopper_id = await desk.world.stage.shopper(SHOPPER)
    assert (entry.role, entry.operator_id, entry.shopper_id) == (Role.SHOPPER, desk.operator_id, shopper_id)
    entered = await desk.client.get(f"/enter?t={token}")
    assert (entered.status_code, "cashback=" in entered.headers["set-cookie"]) == (303, True)
    assert signer.read_entry(token, START + timedelta(minutes=10)) is None
    desk.world.clock.move_to(START + timedelta(minutes=10))
    assert (await desk.client.get(f"/enter?t={token}")).status_code == 401


Refusal = tuple[str, str, dict[str, Any], int, str]
CARD_BODY = {"shopper": SHOPPER, "network": "sandbox", "token": "card-9"}
PAYMENT = {"shopper": SHOPPER, "asset": "EUR", "amount": 1}
KEYED = {"headers": {"idempotency-key": "k"}}
REFUSALS: dict[str, Refusal] = {
    "no shopper": ("POST", "/v1/shoppers", {"json": {"references": []}}, 422, "invalid"),
    "too many": ("POST", "/v1/shoppers", {"json": {"references": [str(n) for n in range(501)]}}, 422, "invalid"),
    "empty reference": ("POST", "/v1/shoppers", {"json": {"references": [""]}}, 422, "invalid"),
    "NUL in a reference": ("POST", "/v1/shoppers", {"json": {"references": ["a\x00"]}}, 422, "invalid"),
    "unknown locale": ("POST", "/v1/shoppers", {"json": {"references": ["a"], "locale": "xx"}}, 422, "invalid"),
    "unknown field": ("POST", "/v1/shoppers", {"json": {"references": ["a"], "name": "Anna"}}, 422, "invalid"),
    "not JSON": ("POST", "/v1/shoppers", {"content": b"{"}, 422, "invalid"),
    "a card number as reference": (
        "POST",
        "/v1/shoppers",
        {"json": {"references": ["bea", CARD_NUMBER]}},
        422,
        "card_number",
    ),
    "a card number as token": ("POST", "/v1/cards", {"json": {**CARD_BODY, "token": CARD_NUMBER}}, 422, "card_number"),
    "a spaced card number": (
        "POST",
        "/v1/cards",
        {"json": {**CARD_BODY, "token": "4111 1111 1111 1111"}},
        422,
        "card_number",
    ),
    "a card number to unlink": (
        "POST",
        "/v1/cards/unlink",
        {"json": {**CARD_BODY, "token": CARD_NUMBER}},
        422,
        "card_number",
    ),
    "a card number as last four": (
        "POST",
        "/v1/cards",
        {"json": {**CARD_BODY, "last_four": CARD_NUMBER}},
        422,
        "invalid",
    ),
    "unknown network": ("POST", "/v1/cards", {"json": {**CARD_BODY, "network": "visca"}}, 422, "invalid"),
    "unknown shopper": ("POST", "/v1/cards", {"json": {**CARD_BODY, "shopper": "zoe"}}, 404, "unknown_shopper"),
    "linked tomorrow": (
        "POST",
        "/v1/cards",
        {"json": {**CARD_BODY, "linked_at": day(1).isoformat()}},
        422,
        "invalid",
    ),
    "linked at no zone": (
        "POST",
        "/v1/cards",
        {"json": {**CARD_BODY, "linked_at": "2026-10-01T12:00:00"}},
        422,
        "invalid",
    ),
    "somebody else's card": (
        "POST",
        "/v1/cards",
        {"json": {**CARD_BODY, "shopper": "bea", "token": CARD}},
        409,
        "card_linked",
    ),
    "a network without a connection": (
        "POST",
        "/v1/cards",
        {"json": {**CARD_BODY, "network": "fidel"}},
        409,
        "not_connected",
    ),
    "not linked": ("POST", "/v1/cards/unlink", {"json": CARD_BODY}, 404, "card_not_linked"),
    "no such wallet": ("GET", "/v1/wallets/zoe", {}, 404, "unknown_shopper"),
    "no wallet to enter": ("POST", "/v1/wallets/zoe/entry-links", {}, 404, "unknown_shopper"),
    "no idempotency key": ("POST", "/v1/payments", {"json": PAYMENT}, 422, "invalid"),
    "nothing paid": ("POST", "/v1/payments", {"json": {**PAYMENT, "amount": 0}, **KEYED}, 422, "invalid"),
    "less than nothing": ("POST", "/v1/payments", {"json": {**PAYMENT, "amount": -1}, **KEYED}, 422, "invalid"),
    "a fraction paid": ("POST", "/v1/payments", {"json": {**PAYMENT, "amount": 0.5}, **KEYED}, 422, "invalid"),
    "beyond 64 bits": (
        "POST",
        "/v1/payments",
        {"json": {**PAYMENT, "amount": 2**63}, **KEYED},
        422,
        "invalid",
    ),
    "unknown asset": ("POST", "/v1/payments", {"json": {**PAYMENT, "asset": "GBP"}, **KEYED}, 422, "invalid"),
    "no programme": ("PUT", "/v1/programme", {"content": b"programme: ["}, 422, "programme_file"),
    "half a programme": ("PUT", "/v1/programme", {"content": CENTRE}, 422, "programme_file"),
    "a programme too large": ("PUT", "/v1/programme", {"content": b"#" * (4 * 1024 * 1024 + 1)}, 422, "too_large"),
    "unknown shop": ("POST", "/v1/identifiers", {"content": HEADER + "bar,sandbox,mid,1,,\n"}, 422, "identifiers_file"),
    "no table": ("POST", "/v1/identifiers", {"content": b"\xff\x00"}, 422, "identifiers_file"),
    "no such route": ("GET", "/v1/nothing", {}, 404, "not_found"),
    "another method": ("DELETE", "/v1/shoppers", {}, 405, "method_not_allowed"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_a_problem_document_and_moves_nothing(desk: Desk, refusal: Refusal) -> None:
    await desk.world.link(at=START)
    await desk.world.connect()
    await desk.ask("POST", "/v1/shoppers", json={"references": ["bea"]})
    method, path, content, status, code = refusal
    before = await desk.state()
    answer = await desk.ask(method, path, **content)
    assert_problem(answer, status, code)
    assert await desk.state() == before
    assert CARD_NUMBER not in answer.text.replace(" ", "")


async def test_a_failure_here_is_a_problem_that_names_a_reference_and_nothing_else(
    desk: Desk, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("cashback.shoppers.service.open_shoppers", breaks)
    before = await desk.state()
    answer = await desk.ask("POST", "/v1/shoppers", json={"references": ["bea"]})
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (500, PROBLEM, "internal")
    assert "secret" not in answer.text
    (told,) = (each for each in logs if each["event"] == "api.surprise")
    assert answer.json()["detail"].endswith(told["reference"])
    assert await desk.state() == before


async def test_what_goes_wrong_in_the_database_is_told_without_its_values(
    desk: Desk, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text of a failed statement is logged; a card's token among its values must not be."""
    await desk.ask("POST", "/v1/shoppers", json={"references": [SHOPPER]})
    await desk.world.connect()
    monkeypatch.setattr(shoppers, "_LINK", f"{shoppers._LINK} RETURNING 1 / 0")
    answer = await desk.ask("POST", "/v1/cards", json={**CARD_BODY, "token": "a-token-of-value"})
    assert answer.status_code == 500
    (told,) = (each for each in logs if each["event"] == "api.surprise")
    assert "INSERT INTO cards" in str(told["exc_info"])
    assert "a-token-of-value" not in str(told["exc_info"])


async def test_a_commit_that_fails_is_never_answered_with_success(desk: Desk) -> None:
    before = await desk.state()
    committing = desk.world.engine.sync_engine

    def fail(connection: Connection) -> None:
        if connection.info.pop("fails", False):
            raise RuntimeError("the disk went away")

    def mark(connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if "INTO shopper_references" in statement:
            connection.info["fails"] = True

    event.listen(committing, "before_cursor_execute", mark)
    event.listen(committing, "commit", fail)
    try:
        answer = await desk.ask("POST", "/v1/shoppers", json={"references": ["bea"]})
    finally:
        event.remove(committing, "before_cursor_execute", mark)
        event.remove(committing, "commit", fail)
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert await desk.state() == before


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
async def test_no_page_of_the_framework_is_served(desk: Desk, path: str) -> None:
    assert (await desk.client.get(path)).status_code == 404
