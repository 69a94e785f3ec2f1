"""The request log: what may be kept of a request, writing in sets, and forgetting."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from app_desk import Desk
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import system
from cashback.auth import request_writer
from cashback.auth.keys import revoke_keys
from cashback.auth.request_writer import RequestWriter
from cashback.db.engine import transaction
from cashback.ids import show, uuid7
from cashback.request_log import service
from cashback.request_log.redaction import (
    HIDDEN,
    TEXT_MAX_BYTES,
    body_shown,
    path_shown,
    query_shown,
    unknown_path_shown,
)
from cashback.request_log.schemas import Asked, Filters
from cashback.upkeep import forget_requests

SECRET = "Camille.Laurent@mail.example"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"amount": 5, "currency": "EUR"}', ['"amount": 5', '"currency": "EUR"']),
        (b'{"shopper": "x", "iban": "FR14"}', [f'"shopper": "{HIDDEN}"', f'"iban": "{HIDDEN}"']),
        (b'{"anna": "shp_1"}', [f'"{HIDDEN}": "{HIDDEN}"']),
        (b'{"code": "4111111111111111"}', ["1111"]),
        (b'{"detail": "there is no shopper \'anna\'"}', [f"no shopper '{HIDDEN}'"]),
        (b'{"detail": "key:till lacks the scope \'money\'"}', ["lacks the scope 'money'"]),
        (b'{"detail": "locale \'de\' is not spoken here"}', ["locale 'de' is not spoken"]),
        (b'{"detail": "there is no type \'reward.erned\'; expected"}', ["no type 'reward.erned'; expected"]),
        (b'{"detail": "query: unknown parameter \'anna\'; known: limit"}', [f"parameter '{HIDDEN}'; known: limit"]),
        (b'{"detail": "currency: expected such as EUR, got \'EURO\'"}', ["got 'EURO'"]),
        (b'{"detail": "name: expected 1 to 3 letters, got \'anna\'"}', [f"got '{HIDDEN}'"]),
        (b'{"detail": "it is the shop\'s: there is no shopper \'anna\'"}', [f"shop's: there is no shopper '{HIDDEN}'"]),
        (json.dumps({"detail": f"no shopper {'an' + chr(39) + ' type anna'!r}"}).encode(), [f"no shopper '{HIDDEN}'"]),
        (json.dumps({"detail": f"no shopper {chr(39) + chr(34) + ' type anna'!r}"}).encode(), [f"shopper '{HIDDEN}'"]),
        (b'{"detail": "there is nothing at \'GET /v1/anna\'"}', [f"nothing at '{HIDDEN}'"]),
        (b"{", ["not JSON"]),
        (b"a,b\n", ["not JSON"]),
    ],
)
def test_a_body_shows_what_is_on_the_list(body: bytes, shown: list[str]) -> None:
    told = body_shown(body, "application/json; charset=utf-8", len(body))
    assert told is not None
    assert [each for each in shown if each not in told] == []
    assert "4111111111111111" not in told
    assert "anna" not in told


def test_what_is_no_json_or_too_long_is_told_by_its_size() -> None:
    assert body_shown(b"", "application/json", 0) is None
    assert body_shown(b"%PDF", "application/pdf", 4) == "(application/pdf, 4 bytes)"
    assert body_shown(b"[", "application/json", 9_000_000) == "(application/json, 9000000 bytes: too long to be kept)"
    deep = b"[" * 900 + b"]" * 900
    assert HIDDEN in (body_shown(deep, "application/json", len(deep)) or "")
    many = b'{"ids": [' + b",".join(b'"%b"' % (b"x" * 190) for _ in range(50)) + b"]}"
    assert len((body_shown(many, "application/json", len(many)) or "").encode()) <= TEXT_MAX_BYTES


def test_addresses_keep_ids_of_ours_and_nothing_of_shoppers() -> None:
    values = {"reference": SECRET, "payout": "pyt_1"}
    assert path_shown("/v1/shoppers/{reference}/payouts/{payout}", values) == "/v1/shoppers/{reference}/payouts/pyt_1"
    words = {"v1", "shoppers", "wallets"}
    assert unknown_path_shown(f"/v1/shoppers/{SECRET}/wallets/pyt_1", words) == "/v1/shoppers/…/wallets/…"
    assert query_shown(f"state=paid&shopper={SECRET}&{SECRET}=1") == f"state=paid&shopper={HIDDEN}&{HIDDEN}={HIDDEN}"


names = st.sampled_from(["shopper", "name", "reference", SECRET, "told", "email", "anything", "detail"])
trees = st.recursive(
    st.just(SECRET), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)


@given(body=st.dictionaries(names.filter(lambda name: name != "detail"), trees, max_size=4))
def test_nothing_under_a_name_that_is_not_on_the_list_is_ever_kept(body: dict[str, Any]) -> None:
    cleaned = json.dumps(body).replace('"detail"', '"note"').encode()
    assert SECRET not in (body_shown(cleaned, "application/json", len(cleaned)) or "")


def asked(desk: Desk, *, minutes: int = 0, status: int = 200) -> Asked:
    at = desk.world.now - timedelta(minutes=minutes)
    return Asked(desk.operator_id, uuid7(at), at, None, "till", "GET", "/v1/x", "", status, None, 1, None, None, None)


async def test_requests_are_written_in_sets_found_and_forgotten(desk: Desk) -> None:
    writer = RequestWriter(desk.world.engine, flush_seconds=0.01)
    for minutes, status in ((0, 200), (1, 404), (2, 500), (8 * 24 * 60, 200)):
        writer.take(asked(desk, minutes=minutes, status=status))
    await asyncio.sleep(0)
    await writer.close()
    async with desk.world.connection() as connection:
        every = await service.page(connection, desk.operator_id, Filters())
        assert [each.status for each in every] == [200, 404, 500, 200]
        for outcome, expected in (("ok", [200, 200]), ("refused", [404]), ("failed", [500])):
            found = await service.page(connection, desk.operator_id, Filters(outcome=outcome))
            assert [each.status for each in found] == expected
        older = await service.page(connection, desk.operator_id, Filters(), before=every[0].id, limit=1)
        assert older == [every[1]]
    await forget_requests(desk.world.engine, desk.operator_id, desk.world.now)
    async with desk.world.connection() as connection:
        assert len(await service.page(connection, desk.operator_id, Filters())) == 3


async def test_a_writer_without_a_database_drops_and_one_that_is_full_forgets_the_oldest(
    desk: Desk, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    monkeypatch.setattr(request_writer, "HELD_MAX", 2)
    writer = RequestWriter(engine, flush_seconds=60)
    for minutes in range(3):
        writer.take(asked(desk, minutes=minutes))
    assert writer.dropped == 1

    async def broken(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(service, "record", broken)
    await writer.close()
    assert writer.dropped == 3
    assert [each["event"] for each in logs] == ["request_log.dropped"]


async def test_a_writer_that_is_closed_finishes_the_set_that_it_is_writing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, begun, record = RequestWriter(desk.world.engine, flush_seconds=0), asyncio.Event(), service.record

    async def slow(*arguments: Any) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await record(*arguments)

    monkeypatch.setattr(service, "record", slow)
    writer.take(asked(desk))
    await begun.wait()
    await writer.close()
    async with desk.world.connection() as connection:
        assert len(await service.page(connection, desk.operator_id, Filters())) == 1


async def test_the_log_is_read_by_the_api_and_by_no_other_operator(desk: Desk) -> None:
    app = desk.client._transport.app  # type: ignore[attr-defined]
    assert (await desk.ask("GET", "/v1/payouts/nothing")).status_code == 404
    await app.requests_written()
    (line,) = (await desk.ask("GET", "/v1/requests", params={"outcome": "refused"})).json()["data"]
    assert (line["method"], line["path"], line["status"], line["code"]) == (
        "GET",
        "/v1/payouts/nothing",
        404,
        "unknown_payout",
    )
    assert line["key"] == "all"
    keys = (await desk.ask("GET", "/v1/api-keys")).json()["data"]
    assert [each["last_used_at"] is None for each in keys] == [False]
    async with transaction(desk.world.engine, uuid4()) as connection:
        assert await service.page(connection, desk.operator_id, Filters()) == []


async def test_the_log_tells_what_one_came_for_and_is_searched(desk: Desk) -> None:
    """Of mistakes everything that is ours; a revoked key too, whose use is not one."""
    app = desk.client._transport.app  # type: ignore[attr-defined]
    made = (await desk.ask("POST", "/v1/api-keys", json={"label": "till", "scopes": ["read"]})).json()["key"]
    wrong = {"references": ["anna"], "Camille": 1, "locales": "fr"}
    refused = await desk.ask("POST", "/v1/shoppers", json=wrong, headers={"idempotency-key": "k 1"})
    assert refused.status_code == 422
    kinds = {"facts": [{"shopper": "Camille", "kind": "anything", "value": 1}]}
    assert (await desk.ask("POST", "/v1/facts", json=kinds)).status_code == 422
    assert (await desk.ask("GET", "/v1/shopper")).status_code == 404
    async with desk.world.connection() as connection:
        await revoke_keys(connection, system(desk.operator_id, "tests"), label="till", now=desk.world.now)
    assert (await desk.ask("GET", "/v1/shops", key=made)).status_code == 401
    await app.requests_written()

    async def found(**filters: object) -> list[dict[str, Any]]:
        answer = await desk.ask("GET", "/v1/requests", params=filters)
        return list(answer.json()["data"])

    (line,) = await found(idempotency_key="k 1")
    assert "Camille" not in str(line)
    assert f"unknown field '{HIDDEN}'; known: references, locale" in line["response"]
    assert "did you mean locale?" in line["response"]
    (kind,) = await found(path="/v1/facts")
    assert "expected 'tier'" in kind["response"] or "expected '" in kind["response"]
    assert "Camille" not in kind["response"]
    (missed,) = await found(code="not_found")
    assert (missed["path"], "did you mean /v1/shoppers?" in missed["response"]) == ("/v1/…", True)
    (late,) = await found(key="till")
    assert (late["status"], late["code"]) == (401, "api_key_unknown")
    assert await found(status=401) == [late]
    assert await found(request=late["id"]) == [late]
    assert (await desk.ask("GET", "/v1/requests", params={"request": "nothing"})).status_code == 422
    keys = (await desk.ask("GET", "/v1/api-keys")).json()["data"]
    assert [each["last_used_at"] for each in keys if each["label"] == "till"] == [None]
    async with desk.world.connection() as connection:
        for words in ("till", "401", "api_key_unknown", late["id"], "/shops"):
            rows = await service.page(connection, desk.operator_id, Filters(words=words))
            assert [show("req", each.id) for each in rows] == [late["id"]], words


async def test_a_key_is_replaced_with_an_overlap_by_the_api(desk: Desk) -> None:
    made = (await desk.ask("POST", "/v1/api-keys", json={"label": "till", "scopes": ["read", "keys"]})).json()["key"]
    listed = (await desk.ask("GET", "/v1/api-keys", key=made)).json()["data"]
    (mine,) = [each for each in listed if each["label"] == "till"]
    assert made not in str(listed)
    assert mine["hint"].endswith(made[-4:])
    path = f"/v1/api-keys/{mine['id']}"
    again = (await desk.ask("POST", f"{path}/rotate", json={"overlap_seconds": 60})).json()["key"]
    assert [(await desk.ask("GET", "/v1/api-keys", key=each)).status_code for each in (made, again)] == [200, 200]
    assert (await desk.ask("POST", f"{path}/revoke")).json() == {"changed": True}
    assert [(await desk.ask("GET", "/v1/api-keys", key=each)).status_code for each in (made, again)] == [401, 200]
    refused = await desk.ask("POST", "/v1/api-keys", key=again, json={"label": "more", "scopes": ["money"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
