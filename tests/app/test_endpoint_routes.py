"""Endpoints over HTTP: an integrator's morning, and what is refused."""

import base64
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
import standardwebhooks.webhooks
from app_desk import Desk, assert_problem, opened_desk
from probe_values import NO_ENDPOINT, NO_MESSAGE
from sqlalchemy.ext.asyncio import AsyncEngine
from world import day, purchase

from cashback.actors import Scope
from cashback.clock import SystemClock, zulu
from cashback.courier.rounds import Courier
from cashback.events.catalogue import EVENTS
from webhooks.schedule import Answer

URL = "http://127.0.0.1:9/hook"
ENDPOINTS = "/v1/webhook-endpoints"


class Receiver:
    """What is sent, kept; it answers as it is told."""

    def __init__(self) -> None:
        self.read: list[tuple[dict[str, str], bytes]] = []
        self.code = 204

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        assert url.startswith(URL)
        self.read.append((headers, body))
        return Answer(self.code, None, 3, "a card 4111 1111 1111 1111 was here")


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def added(desk: Desk) -> dict[str, Any]:
    answer = await desk.ask("POST", ENDPOINTS, json={"url": URL, "types": ["reward.*", "purchase.recognised"]})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def deliver(desk: Desk, receiver: Receiver) -> None:
    """What a worker does within a second."""
    courier = Courier(desk.world.engine, desk.world.stage.road.keyring, desk.world.clock, receiver.post)
    await courier.begin_round([desk.operator_id])
    await courier.quiet()


async def refused_messages_are_explained(desk: Desk, receiver: Receiver, message: dict[str, Any]) -> None:
    """`message` is one that was received, newest; each of its faults is told by its cause, and no secret ever is."""
    headers, body, whole = message["headers"], message["body"], message["secret"]
    second = (await desk.ask("POST", ENDPOINTS, json={"url": f"{URL}/2", "types": ["reward.*"]})).json()
    strange = "whsec_" + base64.b64encode(b"s" * 32).decode()
    cut = "whsec_" + base64.b64encode(base64.b64decode(whole.removeprefix("whsec_"))[:30]).decode()
    other = await desk.ask("POST", f"{ENDPOINTS}/{second['id']}/test")
    signature = headers["webhook-signature"].split(" ")[-1]
    changed = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    late = str(int(headers["webhook-timestamp"]) + 9)
    far = str(int(headers["webhook-timestamp"]) + 5000)
    told = {
        "it differs from byte 3 on": {"body": body[:2] + "T" + body[3:]},
        "1 bytes of white space were added": {"body": body + "\n"},
        "the same JSON, parsed and written again": {"body": json.dumps(json.loads(body), indent=2)},
        f"it ends after byte 9 of {len(body)}": {"body": body[:9]},
        f"this is the secret of {second['id']}, another endpoint": {"secret": second["secrets"][0]},
        "the secret given is none of an endpoint of yours": {"secret": strange},
        "has 30 bytes, those of your endpoints have 32": {"secret": cut},
        "webhook-id is another message's": {"headers": {**headers, "webhook-id": other.json()["message"]}},
        f"no message {NO_MESSAGE} was sent": {"headers": {**headers, "webhook-id": NO_MESSAGE}, "body": "{}"},
        "webhook-timestamp was changed": {"headers": {**headers, "webhook-timestamp": late}},
        " s ahead of the clock": {"headers": {**headers, "webhook-timestamp": far}},
        "or the signature was changed": {"headers": {**headers, "webhook-signature": changed}},
        "expected 'v1,' or": {"headers": {**headers, "webhook-signature": signature[3:]}},
        "are expected 32 bytes": {"headers": {**headers, "webhook-signature": signature[:-9]}},
        "the signature has 30 bytes, expected 32": {"headers": {**headers, "webhook-signature": signature[:-4]}},
    }
    codes = {}
    for words, fault in told.items():
        verdict = (await desk.ask("POST", "/v1/webhook-signatures/check", json={**message, **fault})).json()
        assert (verdict["valid"], words in verdict["detail"]) == (False, True), f"{words}: {verdict}"
        assert not any(each in verdict["detail"] for each in (whole, second["secrets"][0], strange, cut))
        codes[words] = verdict["code"]
    assert sorted({*codes.values()}) == ["malformed", "no_match", "too_new"]
    assert list(codes.values()).count("malformed") == 3
    await deliver(desk, receiver)
    receiver.read.clear()
    assert (await desk.ask("POST", f"{ENDPOINTS}/{second['id']}/disable", json={"why": "checked"})).status_code == 200


async def test_a_morning_of_an_integrator(desk: Desk, receiver: Receiver, added: dict[str, Any]) -> None:
    (secret,) = added["secrets"]
    one = f"{ENDPOINTS}/{added['id']}"
    await desk.world.link(at=day(0))
    await desk.world.play(*purchase("p", at=day(1)), at=day(2))
    # By the clock that libraries of receivers read.
    desk.world.clock.move_to(SystemClock().now())
    await deliver(desk, receiver)
    webhook = standardwebhooks.webhooks.Webhook(secret)
    events = [webhook.verify(body, headers) for headers, body in receiver.read]
    assert sorted(each["type"] for each in events) == ["purchase.recognised", "reward.earned"]

    listed = (await desk.ask("GET", ENDPOINTS)).json()["data"]
    assert [each["id"] for each in listed] == [added["id"]]
    assert "secrets" not in listed[0]
    first = (await desk.ask("GET", f"{one}/deliveries", params={"state": "delivered", "limit": 1})).json()
    rest = {"state": "delivered", "cursor": first["next_cursor"]}
    page = first["data"] + (await desk.ask("GET", f"{one}/deliveries", params=rest)).json()["data"]
    assert {each["message"] for each in page} == {headers["webhook-id"] for headers, _ in receiver.read}
    whole = (await desk.ask("GET", f"{one}/deliveries/{page[0]['message']}")).json()
    assert whole["body"].encode() in [body for _, body in receiver.read]
    assert [each["code"] for each in whole["made"]] == [204]
    assert "4111" not in whole["made"][0]["answer"]

    # Without a body, as the guide shows it.
    rotated = (await desk.ask("POST", f"{one}/rotate-secret")).json()
    new, until = rotated["secret"], desk.world.now + timedelta(hours=24)
    assert (await desk.ask("GET", one)).json()["old_secret_until"] == rotated["old_until"] == zulu(until)
    tested = await desk.ask("POST", f"{one}/test")
    assert tested.status_code == 202
    receiver.read.clear()
    await deliver(desk, receiver)
    ((headers, body),) = receiver.read
    assert headers["webhook-id"] == tested.json()["message"]
    for each in (secret, new):
        standardwebhooks.webhooks.Webhook(each).verify(body, headers)
    check = {"secret": secret, "headers": headers, "body": body.decode()}
    assert (await desk.ask("POST", "/v1/webhook-signatures/check", json=check)).json()["valid"]
    await refused_messages_are_explained(desk, receiver, {"secret": secret, "headers": headers, "body": body.decode()})

    receiver.code = 410
    await desk.ask("POST", f"{one}/test")
    await deliver(desk, receiver)
    assert (await desk.ask("GET", one)).json()["why"] == "gone"
    assert_problem(await desk.ask("POST", f"{one}/test"), 409, "endpoint_disabled")
    assert_problem(await desk.ask("POST", f"{one}/replay", json={"failed": True}), 409, "endpoint_disabled")
    receiver.code = 204
    assert (await desk.ask("POST", f"{one}/enable")).json() == {"changed": True}
    span = {"since": day(0).isoformat(), "until": day(30).isoformat()}
    assert (await desk.ask("POST", f"{one}/replay", json=span)).json() == {"deliveries": 2}
    assert (await desk.ask("POST", f"{one}/replay", json={"message": page[0]["message"]})).json() == {"deliveries": 1}
    receiver.read.clear()
    await deliver(desk, receiver)
    assert {headers["webhook-id"] for headers, _ in receiver.read} == {each["message"] for each in page}
    assert (await desk.ask("POST", f"{one}/disable")).json() == {"changed": True}
    assert (await desk.ask("GET", one)).json()["why"] is None
    await desk.world.drain()
    await desk.world.audit()


async def test_an_endpoint_is_changed_and_removed(desk: Desk, receiver: Receiver, added: dict[str, Any]) -> None:
    one, other = f"{ENDPOINTS}/{added['id']}", "http://127.0.0.1:9/other"
    taken = (await desk.ask("POST", ENDPOINTS, json={"url": other})).json()
    before = await desk.state()
    for body, status, code in (
        ({"url": other}, 409, "endpoint_exists"),
        ({"url": "http://example.com/hook"}, 422, "bad_url"),
        ({"url": None}, 422, "bad_url"),
        ({"types": []}, 422, "bad_types"),
        ({"types": ["reward.eaten"]}, 422, "unknown_type"),
        ({"state": "enabled"}, 422, "invalid"),
    ):
        assert_problem(await desk.ask("PATCH", one, json=body), status, code)
    assert (await desk.ask("PATCH", one, json={"url": URL})).json()["url"] == URL
    assert await desk.state() == before, "refused, or as it was: nothing moves"
    assert (await desk.ask("DELETE", f"{ENDPOINTS}/{taken['id']}")).status_code == 204
    receiver.code = 500
    await desk.ask("POST", f"{one}/test")
    await deliver(desk, receiver)
    assert (await desk.ask("GET", one)).json()["failures"] == 1
    changed = (await desk.ask("PATCH", one, json={"url": other, "types": None})).json()
    assert (changed["url"], changed["types"], changed["failures"]) == (other, None, 0)
    assert changed["failing_since"] is None
    assert (await desk.ask("PATCH", one, json={"url": URL, "types": ["card.linked"]})).json()["types"] == [
        "card.linked"
    ]

    message = (await desk.ask("POST", f"{one}/test")).json()["message"]
    for _ in range(2):
        removed = await desk.ask("DELETE", one)
        assert (removed.status_code, removed.content) == (204, b"")
    receiver.read.clear()
    await deliver(desk, receiver)
    assert receiver.read == []
    for method, path in (("GET", ""), ("POST", "/enable"), ("POST", "/rotate-secret"), ("GET", "/deliveries")):
        assert_problem(await desk.ask(method, f"{one}{path}"), 404, "unknown_endpoint")
    assert (await desk.ask("GET", ENDPOINTS)).json()["data"] == []
    at = str(int(desk.world.now.timestamp()))
    headers = {"webhook-id": message, "webhook-timestamp": at, "webhook-signature": "v1,AAAA"}
    check = {"secret": added["secrets"][0], "headers": headers, "body": "{}"}
    answer = await desk.ask("POST", "/v1/webhook-signatures/check", json=check)
    assert (answer.status_code, answer.json()["valid"]) == (200, False), "a secret that was forgotten is none"
    assert (await desk.ask("POST", ENDPOINTS, json={"url": URL})).status_code == 201, "its address is free"
    rows = await desk.world.rows("SELECT state, secrets FROM webhook_endpoints WHERE state = 'removed'")
    assert rows == [("removed", b"")] * 2
    done = [
        action for (action,) in await desk.world.rows("SELECT action FROM audit_log WHERE action LIKE 'endpoint.%'")
    ]
    assert Counter(done) == {"endpoint.added": 3, "endpoint.changed": 2, "endpoint.removed": 2}
    await desk.world.audit()


async def test_the_catalogue_is_told_with_schemas(desk: Desk) -> None:
    told = (await desk.ask("GET", "/v1/event-types")).json()
    assert told["versions"] == ["1"]
    assert {"reward.earned", "purchase.recognised"} <= {each["type"] for each in told["data"]}
    assert all(each["schema"]["required"] for each in told["data"])
    for each in told["data"]:
        jsonschema.validate(each["example"], each["schema"], jsonschema.Draft202012Validator)
    data = {each["type"]: each["example"] for each in told["data"]}
    assert (data["reward.earned"]["state"], data["reward.earned"]["available"]) == ("pending", 0)


async def test_an_example_of_any_type_is_sent_to_one_endpoint_and_never_played_again(
    desk: Desk, receiver: Receiver, added: dict[str, Any]
) -> None:
    one, now = f"{ENDPOINTS}/{added['id']}", desk.world.now
    before = await desk.state()
    assert_problem(await desk.ask("POST", f"{one}/test", json={"type": "reward.eaten"}), 422, "unknown_type")
    assert await desk.state() == before
    sent = (await desk.ask("POST", f"{one}/test", json={"type": "payout.paid"})).json()
    await deliver(desk, receiver)
    ((headers, body),) = receiver.read
    read = json.loads(body)
    assert (headers["webhook-id"], read["type"], read["data"].pop("test")) == (sent["message"], "payout.paid", True)
    jsonschema.validate(read["data"], EVENTS["payout.paid"].schema(), jsonschema.Draft202012Validator)
    await desk.ask("PATCH", one, json={"types": None})
    span = {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}
    assert (await desk.ask("POST", f"{one}/replay", json=span)).json() == {"deliveries": 0}
    streamed = await desk.ask("GET", "/v1/events/stream", params={"follow": "false"}, headers={"last-event-id": "0"})
    assert "payout.paid" not in streamed.text


async def test_ed25519_is_asked_for_and_only_its_public_half_is_told(desk: Desk) -> None:
    answer = await desk.ask("POST", ENDPOINTS, json={"url": URL, "ed25519": True})
    assert [each.partition("_")[0] for each in answer.json()["secrets"]] == ["whsec", "whpk"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": "https://10.0.0.1/hook"}, 422, "bad_url"),
        ({"url": "http://example.com/hook"}, 422, "bad_url"),
        ({"url": "https://user:secret@example.com/"}, 422, "bad_url"),
        ({"url": "\x00"}, 422, "invalid"),
        ({"url": ""}, 422, "invalid"),
        ({"url": "x" * 2001}, 422, "invalid"),
        ({"url": URL, "types": ["reward.eaten"]}, 422, "unknown_type"),
        ({"url": URL, "types": []}, 422, "bad_types"),
        ({"url": URL, "secret": "mine"}, 422, "invalid"),
    ],
)
async def test_an_endpoint_that_cannot_be_is_refused_and_nothing_moves(
    desk: Desk, body: dict[str, Any], status: int, code: str
) -> None:
    before = await desk.state()
    assert_problem(await desk.ask("POST", ENDPOINTS, json=body), status, code)
    if code != "invalid" or "secret" not in body:
        assert {name for name, each in (await desk.state()).items() if each != before[name]} <= {"api_keys"}


@pytest.mark.parametrize("path", ["", f"/{NO_ENDPOINT}/replay", f"/{NO_ENDPOINT}/rotate-secret"])
async def test_what_is_no_unicode_is_refused_and_not_an_error_of_ours(desk: Desk, path: str) -> None:
    body = rb'{"url": "\ud800", "types": ["\ud800"], "message": "\ud800", "secret": "\ud800"}'
    answer = await desk.ask("POST", f"{ENDPOINTS}{path}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


async def test_an_address_is_taken_once(desk: Desk, added: dict[str, Any]) -> None:
    before = await desk.state()
    assert_problem(await desk.ask("POST", ENDPOINTS, json={"url": URL}), 409, "endpoint_exists")
    assert await desk.state() == before


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("rotate-secret", {"secret": "whsec_short"}, "bad_secret"),
        ("rotate-secret", {"overlap_seconds": -1}, "invalid"),
        ("rotate-secret", {"scheme": "v2"}, "invalid"),
        ("replay", {}, "bad_replay"),
        ("replay", {"failed": True, "message": NO_MESSAGE}, "bad_replay"),
        ("replay", {"since": "2026-01-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}, "bad_span"),
        ("replay", {"since": "2026-12-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "bad_span"),
        ("replay", {"since": "2026-12-01T00:00:00"}, "invalid"),
        ("disable", {"why": ""}, "invalid"),
    ],
)
async def test_what_cannot_be_asked_of_an_endpoint_is_refused_and_nothing_moves(
    desk: Desk, added: dict[str, Any], path: str, body: dict[str, Any], code: str
) -> None:
    before = await desk.state()
    assert_problem(await desk.ask("POST", f"{ENDPOINTS}/{added['id']}/{path}", json=body), 422, code)
    assert await desk.state() == before


async def test_another_operators_endpoint_does_not_exist(
    engine: AsyncEngine, desk: Desk, added: dict[str, Any]
) -> None:
    async with opened_desk(engine) as stranger:
        before = await desk.state()
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"types": None}),
            ("DELETE", "", None),
            ("GET", "/deliveries", None),
            ("GET", f"/deliveries/{NO_MESSAGE}", None),
            ("POST", "/rotate-secret", {}),
            ("POST", "/disable", {"why": "mine"}),
            ("POST", "/enable", None),
            ("POST", "/test", None),
            ("POST", "/replay", {"failed": True}),
        ):
            theirs = await stranger.ask(method, f"{ENDPOINTS}/{added['id']}{path}", json=body)
            nobodys = await stranger.ask(method, f"{ENDPOINTS}/{NO_ENDPOINT}{path}", json=body)
            assert_problem(theirs, 404, "unknown_endpoint")
            assert theirs.json()["detail"].replace(added["id"], "") == nobodys.json()["detail"].replace(NO_ENDPOINT, "")
        assert await desk.state() == before
        assert (await stranger.ask("GET", ENDPOINTS)).json()["data"] == []


async def test_a_secret_that_is_none_cannot_be_checked_with(desk: Desk) -> None:
    key = await desk.key_with(Scope.WEBHOOKS)
    body = {"secret": "whsec_" + base64.b64encode(b"x").decode(), "headers": {"webhook-id": "1"}, "body": "x"}
    answer = await desk.ask("POST", "/v1/webhook-signatures/check", key=key, json=body)
    assert answer.json()["code"] == "missing_header"
    body["headers"] = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(desk.world.now.timestamp())),
        "webhook-signature": "v1,",
    }
    assert_problem(await desk.ask("POST", "/v1/webhook-signatures/check", key=key, json=body), 422, "bad_secret")
