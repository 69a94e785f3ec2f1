"""A partner who lends, over real HTTP: it remembers, keeps every idempotency key for ever, and may answer later.

Faults are put in its way by `faults`: `drop` carries a call out and closes the connection, `down` answers 503. What it
has paid, heard of collections and undone stands in `proposals`. Its messages are signed as it signs them.
"""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from issuers.lender import LenderAdapter

SECRET = b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@dataclass(slots=True)
class LenderDouble:
    """One partner."""

    now: datetime
    answers: str = "offered"
    """What a new proposal is: offered, pending or refused."""
    ficp: str = "clear"
    proposals: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    faults: deque[str] = field(default_factory=deque)
    messages: list[bytes] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    consulted: list[str] = field(default_factory=list)
    """On whom the file was consulted."""
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> "LenderDouble":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    def decide(self, ref: str, state: str, reason: str | None = None) -> None:
        """The partner makes up its mind and tells so."""
        self.proposals[ref] |= {"state": state, "reason": reason}
        number = len(self.messages)
        told = {"id": f"msg_{ref}_{number}", "created_at": self.now.isoformat(), "plan": self.proposals[ref]["plan"]}
        self.messages.append(json.dumps({**told, "event": state}).encode())

    def signed(self, body: bytes, at: datetime) -> dict[str, str]:
        """The headers of a message."""
        return LenderAdapter().sign(body, secret=SECRET, url="", event=None, now=at)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            method, path, _ = first.split(" ")
            assert headers["authorization"] == "Bearer partner-token"
            fault = self.faults.popleft() if self.faults else None
            self.calls.append(f"{method} {path}")
            if fault == "down":
                status, answer = 503, {}
            else:
                status, answer = 200, self._answer(method, path, headers, json.loads(body or b"{}"))
            if fault != "drop":
                data = json.dumps(answer).encode()
                told = f"content-type: application/json\r\ncontent-length: {len(data)}\r\nconnection: close"
                writer.write(f"HTTP/1.1 {status} X\r\n{told}\r\n\r\n".encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, path: str, headers: dict[str, str], told: dict[str, Any]) -> dict[str, Any]:
        parts = path.strip("/").split("/")
        if method == "GET":
            return self._shown(parts[1])
        key = headers["idempotency-key"]
        if key in self.keys:
            assert self.keys[key][0] == path, "a key came again for something else"
            return self.keys[key][1]
        if parts == ["consultations"]:
            self.consulted.append(told["shopper"])
            answer = {"status": self.ficp, "consulted_at": self.now.isoformat(), "proof": f"proof-{key}"}
            self.keys[key] = (path, answer)
            return answer
        answer = self._proposed(told) if parts == ["proposals"] else self._told(parts[1], parts[2], told)
        self.keys[key] = (path, answer)
        return answer

    def _proposed(self, told: dict[str, Any]) -> dict[str, Any]:
        ref = f"prop_{len(self.proposals) + 1}"
        self.proposals[ref] = {
            **told, "state": self.answers, "reason": "policy" if self.answers == "refused" else None,
            "funded": 0, "reported": 0, "refunded": 0, "withdrawn": False,
        }  # fmt: skip
        return self._shown(ref)

    def _told(self, ref: str, what: str, told: dict[str, Any]) -> dict[str, Any]:
        proposal = self.proposals[ref]
        match what:
            case "sign":
                proposal["state"] = "signed"
            case "fund":
                proposal |= {"state": "funded", "funded": proposal["funded"] + proposal["amount_minor"]}
            case "reports":
                proposal["reported"] += told["amount_minor"]
            case "refunds":
                proposal["refunded"] += told["amount_minor"]
            case "withdraw":
                proposal |= {"state": "done", "withdrawn": True}
        return {**self._shown(ref), "state": "done" if what in ("reports", "refunds") else proposal["state"]}

    def _shown(self, ref: str) -> dict[str, Any]:
        proposal = self.proposals[ref]
        return {
            "ref": ref,
            "state": proposal["state"],
            "reason": proposal["reason"],
            "ficp": {"status": self.ficp, "consulted_at": self.now.isoformat()},
            "link": f"https://partner.example/contracts/{ref}",
        }
