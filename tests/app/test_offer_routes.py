"""The life of an offer over HTTP: a story with two keys, reading it back, refusals as problem documents."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from app_desk import Desk, assert_problem
from probe_values import SIX_TERMS
from world import START, clearing, day

from cashback.actors import Scope
from cashback.clock import zulu

BOTH = (Scope.READ, Scope.PROGRAMME, Scope.APPROVAL)


async def ask(desk: Desk, path: str, key: str | None = None, method: str = "POST", **body: Any) -> httpx.Response:
    return await desk.ask(method, f"/v1/offers/{path}", key=key, **({"json": body} if method != "GET" else {}))


async def test_an_offer_from_its_draft_to_its_stop(desk: Desk) -> None:
    await desk.world.link(at=START)
    bob = await desk.key_with(*BOTH, label="bob")
    written = await ask(desk, "five/draft", method="PUT", expected_revision=1, terms=SIX_TERMS)
    changes = ["reward.rate_bps: 500 -> 600", "hold_days: 14 -> not set"]
    assert (written.status_code, written.json()["revision"]) == (200, 2)
    assert written.json()["changes_to_live"] == changes
    assert (await ask(desk, "five/submit", expected_revision=2)).json()["revision"] == 3
    assert_problem(await ask(desk, "five/approve", expected_revision=3), 403, "four_eyes")

    (listed,) = (await desk.ask("GET", "/v1/offers")).json()["data"]
    assert listed == {
        "code": "five",
        "revision": 3,
        "status": "live",
        "live_version": 1,
        "next_version": None,
        "draft": {"state": "submitted", "revision": 2, "author": "key:all"},
    }
    approved = await ask(desk, "five/approve", bob, expected_revision=3, starts_at=day(2).isoformat())
    assert approved.json() == {"revision": 4, "version": 2, "live_from": zulu(day(2))}
    told = (await ask(desk, "five", method="GET")).json()
    assert (told["status"], told["next_version"]) == ("changing", {"version": 2, "live_from": zulu(day(2))})
    assert told["draft"] is None
    assert [(each["version"], each["live_from"], each["live_until"]) for each in told["versions"]] == [
        (1, None, zulu(day(2))),
        (2, zulu(day(2)), None),
    ]
    assert (told["versions"][1]["changes"], told["versions"][1]["author"]) == (changes, "key:bob")
    assert told["versions"][1]["terms"] == {"currency": "EUR", **SIX_TERMS}
    assert [(each["move"], each["actor"]) for each in told["moves"]] == [
        ("publish", "system:replay"),
        ("submit", "key:all"),
        ("approve", "key:bob"),
    ]

    hour = timedelta(hours=1)
    await desk.world.play(clearing("a", at=day(1)), clearing("b", at=day(2) + hour), at=day(3))
    assert await desk.world.wallet() == {"EUR": (1_00, 1_20, 0, 0)}
    stopped = await ask(desk, "five/stop", reason="pays twice")
    assert (stopped.status_code, stopped.json()["version"]) == (200, 2)
    await desk.world.play(clearing("c", at=day(3) + hour), at=day(4))
    assert await desk.world.wallet() == {"EUR": (1_00, 1_20, 0, 0)}
    assert (await ask(desk, "five", method="GET")).json()["status"] == "ended"
    await desk.world.audit()


async def test_pages_of_offers_follow_their_codes(desk: Desk) -> None:
    await desk.prepare_offers()
    first = (await desk.ask("GET", "/v1/offers?limit=2")).json()
    assert [each["code"] for each in first["data"]] == ["drafted", "five"]
    page = (await desk.ask("GET", f"/v1/offers?cursor={first['next_cursor']}")).json()
    assert [(each["code"], each["status"]) for each in page["data"]] == [
        ("paused", "paused"),
        ("scheduled", "scheduled"),
        ("submitted", "never_live"),
    ]
    assert page["next_cursor"] is None


FLOAT = {"reward": {"kind": "fixed", "asset": "EUR", "amount": 1.5}}
TEXT = {**SIX_TERMS, "name": {"en": "a\x00", "fr": "b"}}
REFUSALS: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "no such offer": ("GET", "nothing", {}, 404, "unknown_offer"),
    "no code": ("GET", "%00", {}, 422, "invalid"),
    "no revision": ("PUT", "five/draft", {"terms": SIX_TERMS}, 422, "invalid"),
    "an old revision": ("PUT", "five/draft", {"terms": SIX_TERMS, "expected_revision": 0}, 409, "offer_revision"),
    "no terms": ("PUT", "five/draft", {"terms": {}, "expected_revision": 1}, 422, "offer_terms"),
    "a fraction": ("PUT", "five/draft", {"terms": FLOAT, "expected_revision": 1}, 422, "offer_terms"),
    "no text": ("PUT", "five/draft", {"terms": TEXT, "expected_revision": 1}, 422, "invalid"),
    "nothing to submit": ("POST", "five/submit", {"expected_revision": 1}, 409, "offer_move"),
    "nothing to approve": ("POST", "five/approve", {"expected_revision": 1}, 409, "offer_move"),
    "an instant of no zone": (
        "POST",
        "submitted/approve",
        {"expected_revision": 2, "starts_at": "2026-12-01T00:00:00"},
        422,
        "invalid",
    ),
    "over before it begins": (
        "POST",
        "submitted/approve",
        {"expected_revision": 2, "ends_at": START.isoformat()},
        422,
        "ends_at",
    ),
    "nothing to resume": ("POST", "five/resume", {"expected_revision": 1}, 409, "offer_move"),
    "nothing to cancel": ("POST", "five/cancel", {"expected_revision": 1}, 409, "offer_move"),
    "no reason": ("POST", "five/stop", {}, 422, "invalid"),
    "another field": ("POST", "five/pause", {"expected_revision": 1, "force": True}, 422, "invalid"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_a_problem_document_and_moves_nothing(
    desk: Desk, refusal: tuple[str, str, dict[str, Any], int, str]
) -> None:
    await desk.prepare_offers()
    method, path, body, status, code = refusal
    before = await desk.state()
    assert_problem(await ask(desk, path, method=method, **body), status, code)
    assert await desk.state() == before
