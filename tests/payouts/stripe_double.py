"""A small Stripe that remembers: transfers, reversals and payouts of connected accounts, over real HTTP.

It keeps Stripe's promises that a client may rely on and breaks what Stripe breaks. Idempotency keys are honoured for 24
hours: the first answer is saved, a 500 too, other content under a key is an error, a request under way is a 409. Faults
are put in its way by `faults`, each for the next writing call whose path it names. Time is virtual: `advance` carries
payouts out, and lets those fail that are meant to, days after they were paid. Events are signed as Stripe signs them.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stripe import WebhookSignature

KEY_LIVES = timedelta(hours=24)
ARRIVES_AFTER = timedelta(days=2)
FAILS_AFTER = timedelta(days=4)
SECRET = "whsec_double"

Answer = tuple[int, dict[str, Any]]


@dataclass(slots=True)
class Fault:
    """What befalls the next writing call to a path.

    `busy` 429 and `down` 503 before anything; `crash` 500 that is saved, before anything moved; `crash_after` the same
    after it moved; `drop` no answer although it was carried out; `lost` no answer and nothing was done.
    """

    kind: str
    path: str = ""


@dataclass(slots=True)
class Saved:
    path: str
    params: dict[str, str]
    at: datetime
    answer: Answer | None = None


class Dropped(Exception):
    """The connection is closed without an answer."""


@dataclass(slots=True)
class StripeDouble:
    """One platform account and its connected accounts. Amounts are in minor units of one currency."""

    now: datetime
    platform: int = 10_000_000
    balances: dict[str, int] = field(default_factory=dict)
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict)
    payouts: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Saved] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    refused: set[str] = field(default_factory=set)
    """Accounts from which nothing is paid out."""
    failing: set[str] = field(default_factory=set)
    """Accounts whose payouts fail days after they were paid."""
    events: list[bytes] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and idempotency key of every request."""
    pause_seconds: float = 0
    _numbers: Any = field(default_factory=lambda: count(1))
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> "StripeDouble":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.close()
            await writer.wait_closed()

    def advance(self, by: timedelta) -> None:
        """Let time pass: what was ordered arrives, and some of it comes back."""
        self.now += by
        for payout in self.payouts.values():
            age = self.now.timestamp() - payout["created"]
            if payout["status"] == "pending" and age >= ARRIVES_AFTER.total_seconds():
                payout["status"] = "paid"
                self._event("payout.paid", payout)
            if payout["status"] == "paid" and payout["_account"] in self.failing and age >= FAILS_AFTER.total_seconds():
                payout |= {"status": "failed", "failure_code": "account_closed"}
                self.balances[payout["_account"]] += payout["amount"]
                self._event("payout.failed", payout)

    def signed(self, event: bytes, at: datetime) -> dict[str, str]:
        """The headers of a delivery of an event."""
        stamp = int(at.timestamp())
        header = WebhookSignature.generate_signature_header(event.decode(), SECRET, timestamp=stamp)
        return {"content-type": "application/json", "stripe-signature": header}

    async def deliver(self, send: Callable[[bytes], Awaitable[None]], *, times: int = 1, reverse: bool = False) -> None:
        """Send every event so many times, in their order or backwards; they are forgotten then."""
        events, self.events = self.events * times, []
        for event in reversed(events) if reverse else events:
            await send(event)

    def paid_to(self, account: str) -> int:
        """What has reached the bank of an account's holder, net of what came back."""
        return sum(
            each["amount"]
            for each in self.payouts.values()
            if each["_account"] == account and each["status"] != "failed"
        )

    def out(self) -> int:
        """What has left the platform and was not taken back."""
        return sum(each["amount"] for each in self.transfers.values() if not each["reversed"])

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                method, target, _ = first.split(" ")
                status, answer = await self._answer(method, target, headers, dict(parse_qsl(body.decode())))
                shown = {name: value for name, value in answer.items() if not name.startswith("_")}
                data = json.dumps(shown).encode()
                told = f"content-type: application/json\r\ncontent-length: {len(data)}"
                writer.write(f"HTTP/1.1 {status} X\r\n{told}\r\n\r\n".encode() + data)
                await writer.drain()
        except (Dropped, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, method: str, target: str, headers: dict[str, str], params: dict[str, str]) -> Answer:
        path, account = urlsplit(target).path, headers.get("stripe-account", "")
        key = headers.get("idempotency-key", "")
        self.calls.append((method, path, key))
        if method == "GET":
            return self._listed(path, account, dict(parse_qsl(urlsplit(target).query)))
        fault = self._fault(path)
        if fault == "busy":
            return _error(429, "rate_limit", "rate_limit_error")
        if fault == "down":
            return _error(503, "unavailable", "api_error")
        if fault == "lost":
            raise Dropped
        saved = self.keys.get((account, key)) if key else None
        if saved is not None and self.now - saved.at <= KEY_LIVES:
            if (saved.path, saved.params) != (path, params):
                return _error(400, "idempotency_key_in_use", "idempotency_error")
            return saved.answer or _error(409, "idempotency_key_in_use", "idempotency_error")
        self.keys[account, key] = kept = Saved(path, params, self.now)
        if self.pause_seconds:
            await asyncio.sleep(self.pause_seconds)
        kept.answer = _error(500, "crash", "api_error") if fault == "crash" else self._written(path, account, params)
        if fault == "crash_after":
            kept.answer = _error(500, "crash", "api_error")
        if fault == "drop":
            raise Dropped
        return kept.answer

    def _fault(self, path: str) -> str | None:
        if self.faults and self.faults[0].path in path:
            return self.faults.popleft().kind
        return None

    def _written(self, path: str, account: str, params: dict[str, str]) -> Answer:
        if path == "/v1/transfers":
            return self._transfer(params)
        if path == "/v1/payouts":
            return self._payout(account, params)
        return self._reversal(self.transfers[path.split("/")[3]])

    def _transfer(self, params: dict[str, str]) -> Answer:
        amount, destination = int(params["amount"]), params["destination"]
        if amount > self.platform:
            return _error(400, "balance_insufficient", "invalid_request_error")
        self.platform -= amount
        self.balances[destination] = self.balances.get(destination, 0) + amount
        made = {
            "id": f"tr_{next(self._numbers)}", "object": "transfer", "amount": amount, "currency": params["currency"],
            "created": int(self.now.timestamp()), "destination": destination, "reversed": False,
            "transfer_group": params.get("transfer_group"), "metadata": _metadata(params), "livemode": False,
        }  # fmt: skip
        self.transfers[made["id"]] = made
        return 200, made

    def _payout(self, account: str, params: dict[str, str]) -> Answer:
        amount = int(params["amount"])
        if account in self.refused:
            return _error(400, "payouts_not_allowed", "invalid_request_error")
        if amount > self.balances.get(account, 0):
            return _error(400, "balance_insufficient", "invalid_request_error")
        self.balances[account] -= amount
        made = {
            "id": f"po_{next(self._numbers)}", "object": "payout", "amount": amount, "currency": params["currency"],
            "created": int(self.now.timestamp()), "arrival_date": int((self.now + ARRIVES_AFTER).timestamp()),
            "status": "pending", "failure_code": None, "metadata": _metadata(params), "livemode": False,
            "automatic": False, "method": "standard", "type": "bank_account", "_account": account,
        }  # fmt: skip
        self.payouts[made["id"]] = made
        self._event("payout.created", made)
        return 200, made

    def _reversal(self, transfer: dict[str, Any]) -> Answer:
        if transfer["reversed"]:
            return _error(400, "transfer_already_reversed", "invalid_request_error")
        if transfer["amount"] > self.balances[transfer["destination"]]:
            return _error(400, "balance_insufficient", "invalid_request_error")
        self.balances[transfer["destination"]] -= transfer["amount"]
        self.platform += transfer["amount"]
        transfer["reversed"] = True
        return 200, {"id": f"trr_{next(self._numbers)}", "object": "transfer_reversal", "amount": transfer["amount"]}

    def _listed(self, path: str, account: str, asked: dict[str, str]) -> Answer:
        if path == "/v1/transfers":
            found = [each for each in self.transfers.values() if each["transfer_group"] == asked.get("transfer_group")]
        else:
            found = [each for each in self.payouts.values() if each["_account"] == account]
        newest = [{k: v for k, v in each.items() if not k.startswith("_")} for each in reversed(found)]
        after = asked.get("starting_after")
        if after is not None:
            newest = newest[[each["id"] for each in newest].index(after) + 1 :]
        limit = int(asked.get("limit", 10))
        return 200, {"object": "list", "url": path, "data": newest[:limit], "has_more": len(newest) > limit}

    def _event(self, kind: str, payout: dict[str, Any]) -> None:
        told = {name: value for name, value in payout.items() if not name.startswith("_")}
        event = {
            "id": f"evt_{next(self._numbers):06d}", "object": "event", "type": kind, "account": payout["_account"],
            "created": int(self.now.timestamp()), "api_version": "2026-10-28.endive", "data": {"object": told},
            "livemode": False, "pending_webhooks": 1,
        }  # fmt: skip
        self.events.append(json.dumps(event).encode())


def _metadata(params: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in params.items() if name.startswith("metadata[")}


def _error(status: int, code: str, kind: str) -> Answer:
    return status, {"error": {"code": code, "type": kind, "message": code}}
