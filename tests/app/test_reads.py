"""Who saw whose data by the API is in the audit log: once an hour for each key, subject and kind."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from app_desk import Desk
from whole_api import written_document
from world import SHOPPER

from cashback.actors import Actor, Scope
from cashback.api.reads import EVERYBODY, READS
from cashback.auth import read_writer
from cashback.auth.read_writer import ONCE_IN, ReadWriter
from cashback.programmes import audit_log
from cashback.web.console.audit_speech import DID
from cashback.web.messages import MESSAGES

OF_NOBODY = {
    "/v1/programme",
    "/v1/identifiers",
    "/v1/offers",
    "/v1/offers/{code}",
    "/v1/funders",
    "/v1/instalment-book",
    "/v1/instalment-remittances",
    "/v1/instalment-settings",
    "/v1/books/trial-balance",
    "/v1/books/head",
    "/v1/event-types",
    "/v1/webhook-endpoints",
    "/v1/webhook-endpoints/{endpoint}",
    "/v1/webhook-endpoints/{endpoint}/deliveries",
    "/v1/webhook-endpoints/{endpoint}/deliveries/{message}",
    "/v1/settlements",
    "/v1/settlements/{settlement}.pdf",
    "/v1/settlements/{settlement}.csv",
    "/v1/settlements/{settlement}/movements.csv",
    "/v1/settlements/{settlement}",
    "/v1/api-keys",
    "/v1/requests",
    "/v1/events/stream",
    "/v1/decision-reviews/figures",
    "/v1/audit-log",
    "/v1/centres",
    "/v1/shops",
    "/v1/shops/{shop}",
    "/v1/segments",
    "/v1/match-questions",
    "/v1/bank-files",
    "/v1/bank-differences",
    "/v1/embed-origins",
    "/v1/sso-secrets",
    "/v1/theme",
    "/v1/theme/versions",
    "/v1/domains",
    "/v1/shoppers/{reference}/export",
}
"""What names nobody, or what the operator's own system is told anyway; the last writes a line of its own."""
LINES = "SELECT actor, action, subject FROM audit_log WHERE starts_with(action, 'read.') ORDER BY action, subject, id"


def test_every_address_that_is_read_says_whether_somebody_is_seen() -> None:
    reads = {path for path, methods in json.loads(written_document())["paths"].items() if "get" in methods}
    assert (reads - set(READS) - OF_NOBODY, set(READS) & OF_NOBODY, (set(READS) | OF_NOBODY) - reads) == (
        set(),
        set(),
        set(),
    )
    assert [kind for kind in READS.values() if f"{DID}read.{kind}" not in MESSAGES] == []


async def test_what_a_key_read_is_written_once_an_hour_by_whichever_process(desk: Desk) -> None:
    app = desk.client._transport.app  # type: ignore[attr-defined]
    await desk.world.link()
    for path in ("/v1/programme", "/v1/wallets/nobody", "/v1/payouts/nothing"):
        await desk.ask("GET", path)
    for _ in range(2):
        for path in (f"/v1/wallets/{SHOPPER}", f"/v1/shoppers/{SHOPPER}/facts", "/v1/members", "/v1/cards"):
            assert (await desk.ask("GET", path)).status_code == 200
    assert (await desk.ask("GET", "/v1/exports/shoppers?since=2020-01-01T00:00:00Z")).status_code == 200
    other = await desk.key_with(Scope.READ, label="crm")
    assert (await desk.ask("GET", f"/v1/wallets/{SHOPPER}", key=other)).status_code == 200
    await app.requests_written()
    (card,) = (await desk.ask("GET", "/v1/cards")).json()["data"]
    anna, expected = card["shopper"], []
    for action, subject in (
        ("read.cards", EVERYBODY),
        ("read.exports", "export:shoppers"),
        ("read.facts", anna),
        ("read.team", EVERYBODY),
    ):
        expected.append(("key:all", action, subject))
    wallets = [("key:all", "read.wallets", anna), ("key:crm", "read.wallets", anna)]
    found = await desk.world.rows(LINES)
    assert (found[:-2], sorted(found[-2:])) == (expected, wallets)
    elsewhere, reader = ReadWriter(desk.world.engine), Actor(desk.operator_id, "key:all", frozenset())
    elsewhere.take(reader, "read.wallets", anna, desk.world.now)
    await elsewhere.close()
    assert len(await desk.world.rows(LINES)) == len(found)
    desk.world.clock.advance(ONCE_IN + timedelta(seconds=1))
    assert (await desk.ask("GET", f"/v1/wallets/{SHOPPER}")).status_code == 200
    await app.requests_written()
    assert len(await desk.world.rows(LINES)) == len(found) + 1
    await desk.world.audit()


async def test_a_reading_that_the_database_cannot_take_is_written_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = ReadWriter(desk.world.engine, flush_seconds=60), Actor(desk.operator_id, "key:all", frozenset())

    async def broken(*_: object, **__: object) -> None:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(audit_log, "record_readings", broken)
        writer.take(reader, "read.score", "shp_1", desk.world.now)
        await writer.flush()
    assert await desk.world.rows(LINES) == []
    await writer.close()
    assert await desk.world.rows(LINES) == [("key:all", "read.score", "shp_1")]


async def test_a_writer_whose_database_is_down_holds_so_much_and_knows_nothing_that_it_dropped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    monkeypatch.setattr(read_writer, "HELD_MAX", 3)
    writer, reader = ReadWriter(desk.world.engine, flush_seconds=60), Actor(desk.operator_id, "key:all", frozenset())

    async def broken(*_: object, **__: object) -> None:
        for number in range(4, 7):
            writer.take(reader, "read.score", f"shp_{number}", desk.world.now)
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(audit_log, "record_readings", broken)
        for number in range(1, 4):
            writer.take(reader, "read.score", f"shp_{number}", desk.world.now)
        await writer.flush()
    assert writer.dropped == 3, "what was put back found the room taken"
    assert [each["dropped"] for each in logs if each["event"] == "audit_log.readings_dropped"] == [3]
    await writer.flush()
    for number in (1, 4):
        writer.take(reader, "read.score", f"shp_{number}", desk.world.now)
    await writer.close()
    assert sorted(subject for _, _, subject in await desk.world.rows(LINES)) == [f"shp_{each}" for each in (1, 4, 5, 6)]


async def test_who_closes_waits_for_the_set_that_is_being_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, reader = ReadWriter(desk.world.engine, flush_seconds=0), Actor(desk.operator_id, "key:all", frozenset())
    begun, record = asyncio.Event(), audit_log.record_readings

    async def slow(*arguments: Any, **named: Any) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await record(*arguments, **named)

    monkeypatch.setattr(audit_log, "record_readings", slow)
    writer.take(reader, "read.score", "shp_1", desk.world.now)
    await begun.wait()
    await writer.close()
    assert await desk.world.rows(LINES) == [("key:all", "read.score", "shp_1")]
