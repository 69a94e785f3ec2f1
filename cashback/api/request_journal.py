"""Around the API: a request id on every answer, a line in the request log, who saw whom, and the bell after a change.

Pure ASGI. Bodies are looked at as they pass and never held back, so streams stay streams.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cashback.actors import Actor
from cashback.api.reads import PEOPLE, reading_of
from cashback.auth.read_writer import ReadWriter
from cashback.auth.request_writer import RequestWriter
from cashback.clock import Clock
from cashback.ids import show, uuid7
from cashback.request_log.redaction import PARSED_MAX_BYTES, body_shown, key_shown, path_shown, query_shown
from cashback.request_log.schemas import Asked

ROOT = "/v1"
HEADER = "x-request-id"
JOURNAL = "journal"
"""Under this name the state of a request holds a list, where the gate leaves its scope: who asked, which route."""
CALLER = "caller"
REFUSED = "refused"
"""And there who held the key, where one was presented that opens nothing any more."""
PLACE = "place"
"""And there the place that the address belongs to, where there is one."""
PATH = "path_shown"
"""And there an address that belongs to none, as it may be kept."""
DETAIL = "detail_shown"
"""And there the sentence of a refusal as it may be kept, where who wrote it knows."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def is_api(path: str) -> bool:
    """Whether an address is one of the API."""
    return path == ROOT or path.startswith(f"{ROOT}/")


class _Beginning:
    """The first bytes of a body, and how many there were."""

    def __init__(self) -> None:
        self.raw = bytearray()
        self.total = 0

    def saw(self, chunk: bytes) -> None:
        self.total += len(chunk)
        if len(self.raw) < PARSED_MAX_BYTES:
            self.raw += chunk[: PARSED_MAX_BYTES - len(self.raw)]


class RequestJournal:
    """Forwards to the application; everything but the API passes untouched."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        writer: RequestWriter,
        reads: ReadWriter,
        changed: Callable[[UUID], Awaitable[None]],
        headers: Mapping[str, str],
    ) -> None:
        """`changed` is told the operator after a request that may have changed something; never fails.

        `headers` stand in every answer of the API.
        """
        self._headers = headers
        self._app = app
        self._clock = clock
        self._writer = writer
        self._reads = reads
        self._changed = changed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] != "http" or not is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        at, began = self._clock.now(), time.perf_counter()
        request_id = uuid7(at)
        seen: list[Scope] = []
        scope = {**scope, "state": {**(scope.get("state") or {}), JOURNAL: seen}}
        asked, answered = _Beginning(), _Beginning()
        begun: dict[str, Any] = {"status": 500, "type": ""}

        async def receive_seen() -> Message:
            message = await receive()
            asked.saw(message.get("body", b""))
            return message

        async def send_seen(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[HEADER] = show("req", request_id)
                headers.update(self._headers)
                begun.update(status=message["status"], type=headers.get("content-type", ""))
            else:
                answered.saw(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive_seen, send_seen)
        finally:
            inside = seen[-1] if seen else scope
            caller = inside["state"].get(CALLER) or inside["state"].get(REFUSED)
            if isinstance(caller, Actor):
                took = int((time.perf_counter() - began) * 1000)
                self._writer.take(
                    Asked(
                        operator_id=caller.operator_id,
                        id=request_id,
                        at=at,
                        key_id=caller.key_id,
                        key_label=caller.name.removeprefix("key:"),
                        milliseconds=took,
                        method=scope["method"],
                        **_told(inside, asked, answered, begun),
                    )
                )
                if begun["status"] < 300:
                    self._note_reading(inside, caller, at)
                    if scope["method"] not in READING:
                        await self._changed(caller.operator_id)

    def _note_reading(self, scope: Scope, caller: Actor, at: datetime) -> None:
        place = scope["state"].get(PLACE)
        if scope["method"] == "GET" and place is not None:
            reading = reading_of(place.template, place.values, scope["state"].get(PEOPLE, ()))
            if reading is not None:
                self._reads.take(caller, *reading, at)


def _told(scope: Scope, asked: _Beginning, answered: _Beginning, begun: dict[str, Any]) -> dict[str, Any]:
    headers = Headers(scope=scope)
    state = scope["state"]
    place = state.get(PLACE)
    key = headers.get("idempotency-key")
    refused = begun["status"] >= 400
    return {
        "path": state.get(PATH, "/v1/…") if place is None else path_shown(place.template, place.values),
        "query": query_shown(scope["query_string"].decode("latin-1")),
        "status": begun["status"],
        "code": _code(bytes(answered.raw)) if refused else None,
        "idempotency_key": None if key is None else key_shown(_as_sent(key)),
        "asked": body_shown(bytes(asked.raw), headers.get("content-type", ""), asked.total),
        "answered": body_shown(bytes(answered.raw), begun["type"], answered.total, state.get(DETAIL)),
    }


def _as_sent(header: str) -> str:
    """A header's value, read as UTF-8 where it can be; the server reads each byte as a character."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _code(problem: bytes) -> str | None:
    try:
        code = msgspec.json.decode(problem)["code"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return None
    return code if isinstance(code, str) else None
