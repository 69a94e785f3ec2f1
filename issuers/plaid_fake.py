"""Plaid's API in memory, for demonstrations and tests: `httpx.MockTransport(FakePlaid(...))`, or served over HTTP.

Answers as the documentation of the real one says, and refuses what the real one refuses.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

PART_OF = {"add": "added", "modify": "modified", "remove": "removed"}


@dataclass(slots=True)
class FakePlaid:
    """One Item with one access token. Its accounts have a log of changes each; a cursor is a place in it."""

    client_id: str
    secret: str
    access_token: str
    changes: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    """By account: `add`, `modify` or `remove`, and the row."""
    keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """JSON Web Keys by their id."""
    page_size: int = 500
    failure: tuple[int, str, str] | None = None
    """Status, type and code that the next calls answer."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of the calls, without credentials."""

    def change(self, how: str, row: dict[str, Any]) -> None:
        """Something happened at the bank: a row was added, modified or removed."""
        self.changes.setdefault(row["account_id"], []).append((how, row))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = json.loads(request.content)
        if (body.pop("client_id", None), body.pop("secret", None)) != (self.client_id, self.secret):
            return _failed(400, "INVALID_INPUT", "INVALID_API_KEYS")
        self.asked.append(body)
        if self.failure is not None:
            return _failed(*self.failure)
        if request.method == "POST" and request.url.path == "/transactions/sync":
            return self._sync(body)
        if request.method == "POST" and request.url.path == "/webhook_verification_key/get":
            key = self.keys.get(body["key_id"])
            if key is None:
                return _failed(400, "INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID")
            return httpx.Response(200, json={"key": dict(key), "request_id": "req-key"})
        return _failed(404, "INVALID_REQUEST", "NOT_FOUND")

    def _sync(self, body: Mapping[str, Any]) -> httpx.Response:
        if body.get("access_token") != self.access_token:
            return _failed(400, "INVALID_INPUT", "INVALID_ACCESS_TOKEN")
        account = body["options"]["account_id"]
        log = self.changes.get(account, [])
        begin = int(body.get("cursor", "cursor-0").removeprefix("cursor-"))
        end = min(begin + min(self.page_size, body.get("count", 100)), len(log))
        answer: dict[str, Any] = {"accounts": [{"account_id": account}], "added": [], "modified": [], "removed": []}
        for how, row in log[begin:end]:
            told = {name: row[name] for name in ("account_id", "transaction_id")} if how == "remove" else row
            answer[PART_OF[how]].append(told)
        answer |= {"next_cursor": f"cursor-{end}", "has_more": end < len(log), "request_id": f"req-{len(self.asked)}"}
        return httpx.Response(200, json=answer)


def _failed(status: int, kind: str, code: str) -> httpx.Response:
    return httpx.Response(status, json={"error_type": kind, "error_code": code, "error_message": "refused"})
