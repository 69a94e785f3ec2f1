"""An integrator's day over HTTP alone, against the served product and a worker: once by hand, once by a made client.

A key, an endpoint, a shopper by an external id, a sandbox card linked in a frame, a signed purchase, its events that
the public library verifies, pages of purchases, another secret, a range replayed.
"""

import asyncio
import json
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from app_desk import DEMO
from generated_client import GeneratedClient, PlainClient, generate
from standardwebhooks.webhooks import Webhook
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

PATIENCE_SECONDS = 60
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBzYW5kYm94IG5ldHdvcms="
SITE = "https://crm.example"
ENDPOINT = "/v1/webhook-endpoints/{endpoint}"
SCOPES = ("read", "shoppers", "webhooks")


@dataclass(slots=True)
class Inbox:
    """Where the integrator receives events; it accepts everything and keeps it."""

    port: int = 0
    read: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    def verified(self, *secrets: str) -> list[dict[str, Any]]:
        """Every message so far with its id, once each of these secrets has verified it."""
        told = []
        for headers, body in list(self.read):
            for secret in secrets:
                Webhook(secret).verify(body, headers)
            told.append(json.loads(body) | {"id": headers["webhook-id"]})
        return told


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    kept = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.read.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()


@dataclass(frozen=True, slots=True)
class House:
    """The product as it runs: where it is reached, the first key, the line that can audit it."""

    address: str
    first_key: str
    line: Line
    document: Path


@pytest.fixture(scope="module")
async def house(
    new_database: Callable[[], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, folder = f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("house")
    told = surroundings(await new_database())
    environment = {
        **{name: told[name] for name in ("HOME", "LANG", "PATH", "DATABASE_URL") if name in told},
        "CASHBACK_MODE": DEMO["CASHBACK_MODE"],
        "CASHBACK_PUBLIC_URL": address,
        "CASHBACK_LOOPBACK_WEBHOOKS": "1",
    }
    line = Line(folder, environment)
    first = line("operator", "quai", "Le Quai")[0].strip()
    line("connect", "quai", "sandbox", "quai-sandbox", CASHBACK_PROVIDER_SECRET=SECRET)
    processes = [line.start("serve", "--port", str(port)), line.start("worker")]
    try:
        document = folder / "openapi.json"
        await asyncio.to_thread(furnish, address, first, document)
        yield House(address, first, line, document)
    finally:
        for each in processes:
            os.kill(each.pid, signal.SIGTERM)
        for each in processes:
            each.communicate(timeout=PATIENCE_SECONDS)


def furnish(address: str, key: str, document: Path) -> None:
    """The operator's own part: its programme, the site that may frame a page; and the document of the API."""
    until(lambda: reached(address))
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {key}"}) as client:
        assert client.put("/v1/programme", content=FIVE_PERCENT).status_code == 200
        assert client.put("/v1/instalment-settings", json={}).status_code == 200
        assert client.put("/v1/embed-origins", json={"origins": [SITE]}).status_code == 200
        document.write_bytes(client.get("/v1/openapi.json").content)


def until(done: Callable[[], Any]) -> Any:
    """What `done` answers as soon as it is something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := done()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def reached(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def make_key(house: House, label: str) -> str:
    """A key of the scopes that an integration needs: by the API where it makes keys, else by the operator's line."""
    if "/v1/api-keys" in json.loads(house.document.read_text())["paths"]:
        client = PlainClient(house.address, house.first_key)
        answer = client("POST", "/v1/api-keys", json={"label": label, "scopes": list(SCOPES)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])
    scopes = [part for scope in SCOPES for part in ("--scope", scope)]
    return house.line("key", "quai", label, *scopes)[0].strip()


def buy(house: House, card: str, ref: str, amount: int, at: datetime) -> httpx.Response:
    """What the sandbox network tells of a purchase that the shop collected at once, signed by the public library."""
    now = datetime.now(UTC)
    body = json.dumps(
        {
            "id": f"evt-{ref}",
            "type": "clearing",
            "created_at": now.isoformat(),
            "card": {"token": card},
            "purchase": ref,
            "fact": ref,
            "amount_minor": amount,
            "currency": "EUR",
            "occurred_at": at.isoformat(),
            "final": True,
            "merchant": {"mid": "1001", "descriptor": "CAFE"},
        }
    )
    signature = Webhook(SECRET).sign(f"evt-{ref}", now, body)
    headers = {
        "content-type": "application/json",
        "webhook-id": f"evt-{ref}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return httpx.post(f"{house.address}/webhooks/quai-sandbox", content=body, headers=headers)


def link_in_a_frame(url: str) -> None:
    """What a shopper does in the frame, with a browser that runs no script."""
    with httpx.Client() as browser:
        page = browser.get(url)
        assert page.status_code == 200
        assert f"frame-ancestors {SITE}" in page.headers["content-security-policy"]
        form = {"token": url.partition("token=")[2], "card": "visa", "purchases": "yes", "programme": "yes"}
        done = browser.post(url.partition("?")[0], data=form, headers={"sec-fetch-site": "same-origin"})
        assert done.status_code == 200, done.text


def all_pages(api: PlainClient | GeneratedClient, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = api("GET", path, query={"limit": 2, **query}).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        query["cursor"] = page["next_cursor"]


def pay_in_three(house: House, api: PlainClient | GeneratedClient, who: str) -> None:
    """Somebody who has come for two months asks to pay in three, and accepts."""
    now, card = datetime.now(UTC), {"shopper": who, "network": "sandbox", "token": f"{who}-debit"}
    linked = api("POST", "/v1/cards", json={**card, "linked_at": (now - timedelta(days=61)).isoformat()})
    assert linked.status_code == 201, linked.text
    for number in range(20):
        bought = buy(house, card["token"], f"{who}-past-{number}", 60_00, now - timedelta(days=60 - 3 * number))
        assert bought.status_code == 202, bought.text
    until(lambda: len(all_pages(api, "/v1/purchases", shopper=who, minimum_minor=60_00)) == 20)
    debit = {**card, "prepaid": False, "expires_on": "2035-01-31", "strong_authentication": True}
    assert api("POST", "/v1/cards/facts", json=debit).status_code == 201
    asked = {"shopper": who, "amount_minor": 90_00, "currency": "EUR", "shop": "cafe", "of_age": True}
    answer = api("POST", "/v1/eligibility", json=asked, headers={"idempotency-key": f"{who}-asks"})
    assert answer.status_code == 200, answer.text
    decision = answer.json()
    assert (decision["outcome"], "3x24" in {each["id"] for each in decision["plans"]}) == ("eligible", True), decision
    accepted = {"decision_id": decision["decision_id"], "plan": "3x24", "order_ref": f"{who}-order"}
    for _ in range(2):
        plan = api("POST", "/v1/instalment-plans", json=accepted, headers={"idempotency-key": f"{who}-accepts"})
        assert (plan.status_code, plan.json()["accepted"]) == (201, "3x24"), plan.text


def a_day(house: House, api: PlainClient | GeneratedClient, inbox: Inbox, who: str) -> None:
    """The day itself."""
    morning = datetime.now(UTC)
    added = api("POST", "/v1/webhook-endpoints", json={"url": inbox.url()})
    assert added.status_code == 201, added.text
    endpoint, (secret,) = added.json()["id"], added.json()["secrets"]

    first = api("PUT", "/v1/shoppers/{reference}", reference=who, json={"locale": "en"})
    again = api("PUT", "/v1/shoppers/{reference}", reference=who, json={})
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    shopper = first.json()["id"]

    frame = api("POST", "/v1/shoppers/{reference}/embed-links", reference=who, json={"origin": SITE, "locale": "en"})
    link_in_a_frame(frame.json()["url"])
    (card,) = all_pages(api, "/v1/cards", shopper=who)
    linked_at = datetime.fromisoformat(card["linked_at"])

    refs = [f"{who}-{number}" for number in range(5)]
    for number, ref in enumerate(refs[:4]):
        at = linked_at + timedelta(milliseconds=number + 1)
        assert buy(house, card["token"], ref, 20_00, at).status_code == 202
        assert buy(house, card["token"], ref, 20_00, at).status_code == 202

    def told(*types: str) -> list[dict[str, Any]]:
        mine = [each for each in inbox.verified(secret) if each["data"].get("shopper") == shopper]
        return [each for each in mine if each["type"] in types]

    until(lambda: len(told("reward.earned")) == 4)
    assert len(told("card.linked", "shopper.opened")) == 2
    assert [each["data"]["amount"] for each in told("reward.earned")] == [1_00] * 4
    wallet = api("GET", "/v1/wallets/{reference}", reference=who).json()
    assert wallet["EUR"]["pending"] == 4_00

    bought = all_pages(api, "/v1/purchases", shopper=who)
    assert [each["network_ref"] for each in bought] == refs[3::-1]
    assert {each["id"] for each in bought} == {each["data"]["purchase"] for each in told("purchase.recognised")}
    story = api("GET", "/v1/purchases/{purchase}", purchase=bought[0]["id"]).json()
    assert [each["offer"] for each in story["judgements"]] == ["five"]
    assert sum(each["amount"] for each in all_pages(api, "/v1/rewards", shopper=who)) == 4_00

    pay_in_three(house, api, who)

    rotated = api("POST", "/v1/webhook-endpoints/{endpoint}/rotate-secret", endpoint=endpoint, json={})
    new_secret = rotated.json()["secret"]
    assert buy(house, card["token"], refs[4], 20_00, linked_at + timedelta(milliseconds=9)).status_code == 202

    def of_the_last() -> list[tuple[dict[str, str], bytes]]:
        bought = {each["id"] for each in all_pages(api, "/v1/purchases", shopper=who) if each["network_ref"] == refs[4]}
        return [each for each in list(inbox.read) if json.loads(each[1])["data"].get("purchase") in bought]

    for headers, body in until(lambda: len(found := of_the_last()) >= 2 and found):
        for each in (secret, new_secret):
            Webhook(each).verify(body, headers)

    def nothing_waits() -> bool:
        waiting = {"state": "pending", "limit": 1}
        return not api("GET", f"{ENDPOINT}/deliveries", endpoint=endpoint, query=waiting).json()["data"]

    until(nothing_waits)
    known = {headers["webhook-id"] for headers, _ in inbox.read}
    inbox.read.clear()
    span = {"since": morning.isoformat(), "until": datetime.now(UTC).isoformat()}
    replayed = api("POST", "/v1/webhook-endpoints/{endpoint}/replay", endpoint=endpoint, json=span)
    assert replayed.json()["deliveries"] == len(known)
    until(lambda: {headers["webhook-id"] for headers, _ in inbox.read} == known)
    assert len(inbox.verified(secret, new_secret)) == len(known)
    ended = api("POST", "/v1/webhook-endpoints/{endpoint}/disable", endpoint=endpoint, json={"why": "evening"})
    assert ended.json() == {"changed": True}
    assert "every invariant holds" in house.line("audit", "--operator", "quai")[0]


async def test_a_day_by_hand(house: House, inbox: Inbox) -> None:
    api = PlainClient(house.address, make_key(house, "by hand"))
    await asyncio.to_thread(a_day, house, api, inbox, "crm-1042")


async def test_a_day_by_a_client_made_from_the_document(house: House, inbox: Inbox, tmp_path: Path) -> None:
    key = make_key(house, "by a made client")
    api = await asyncio.to_thread(generate, house.document, tmp_path, house.address, key)
    await asyncio.to_thread(a_day, house, api, inbox, "crm-2077")
