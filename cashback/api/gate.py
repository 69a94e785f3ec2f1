"""In front of every route below /v1: who asks, how often, in which version, with which body, and whether once before.

Answers get what all have in common: the version, the mode, what is left of the rate, and that nobody caches them.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cashback.actors import Actor
from cashback.api.addresses import Addresses, allowed, check_parameters, require
from cashback.api.bodies import check_address, check_body, read_body
from cashback.api.document.scopes import scopes_of
from cashback.api.once import KEY_HEADER, KEY_MAX
from cashback.api.problems import MEDIA_TYPE, Problem, TurnedAway, problem_of
from cashback.api.rates import Rates
from cashback.api.request_journal import JOURNAL, PATH, PLACE, REFUSED, is_api
from cashback.api.versions import NEWEST, check_version
from cashback.auth.keys import KeyRevoked, actor_of_key, bearer_of
from cashback.db.engine import transaction
from cashback.db.unit import unit_of
from cashback.errors import Invalid, ScopeMissing, Unauthorised
from cashback.idempotency.service import Answer, Answered, InFlight, Keyed
from cashback.limits import asked_from, network_of
from cashback.request_log.redaction import unknown_path_shown
from cashback.runtime import Runtime

PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""How long a repeat waits for the first request to be answered, before it is told to come back."""
_BODILESS = ("GET", "HEAD", "OPTIONS")
_NOT_KEPT = (401, 403, 408, 413, 429)
"""Refusals that say nothing of the request itself: another credential or another time may do."""


@dataclass(slots=True)
class _Visit:
    """One request on its way in, and what its answer will carry."""

    scope: Scope
    send: Send
    now: datetime
    headers: dict[str, str] = field(default_factory=lambda: {"cashback-version": NEWEST})
    caller: Actor | None = None
    stranger: Unauthorised | None = None
    """Why nobody was recognised."""
    begun: bool = False
    bodiless: bool = False
    """Whether the head alone is asked for."""
    streams: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where a head was sent whose body would go on."""

    async def forward(self, message: Message) -> None:
        """Send what a route answers, with the common headers."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            headers.setdefault("cache-control", "no-store")
            for name, value in self.headers.items():
                headers[name] = value
        elif self.bodiless:
            if self.streams.is_set():
                return
            if message.get("more_body"):
                self.streams.set()
            message = {"type": "http.response.body", "body": b""}
        await self.send(message)

    async def answer(self, status: int, media_type: str, body: bytes, more: Mapping[str, str]) -> None:
        """Send a whole answer."""
        told = {"content-type": media_type, "content-length": str(len(body)), **more}
        raw = [(name.encode(), value.encode()) for name, value in told.items()]
        await self.forward({"type": "http.response.start", "status": status, "headers": raw})
        await self.forward({"type": "http.response.body", "body": body})

    async def answer_empty(self, more: Mapping[str, str]) -> None:
        """Send 204 with these headers."""
        raw = [(name.encode(), value.encode()) for name, value in more.items()]
        await self.forward({"type": "http.response.start", "status": 204, "headers": raw})
        await self.forward({"type": "http.response.body", "body": b""})


class Gate:
    """An ASGI layer around the routes; everything but /v1 passes untouched."""

    def __init__(self, app: ASGIApp, *, runtime: Runtime, rates: Rates, addresses: Callable[[], Addresses]) -> None:
        self._app = app
        self._runtime = runtime
        self._rates = rates
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or answer why not."""
        if scope["type"] != "http" or not is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        visit = _Visit({**scope, "state": dict(scope.get("state", {}))}, send, self._runtime.clock.now())
        visit.bodiless = scope["method"] == "HEAD"
        visit.scope["state"].get(JOURNAL, []).append(visit.scope)
        try:
            await self._let_in(visit, receive)
        except Exception as error:
            if visit.begun:
                raise
            problem, more = problem_of(error, scope["path"])
            await visit.answer(problem.status, MEDIA_TYPE, problem.document(), more)

    async def _let_in(self, visit: _Visit, receive: Receive) -> None:
        scope, headers = visit.scope, Headers(scope=visit.scope)
        visit.headers["cashback-version"] = check_version(headers.get("cashback-version"))
        check_address(scope.get("raw_path") or b"", scope["path"], scope.get("query_string", b""))
        addresses, method = self._addresses(), scope["method"]
        place = addresses.find(scope["path"], "GET" if method == "HEAD" else method)
        if place is not None:
            scope["state"][PLACE] = place
        else:
            scope["state"][PATH] = unknown_path_shown(scope["path"], addresses.words)
        await self._recognise(visit, headers)
        if place is not None and method == "OPTIONS":
            await visit.answer_empty({"allow": allowed(place)})
            return
        if place is not None and visit.bodiless and "GET" in place.methods:
            method = scope["method"] = "GET"
        place = require(place, scope["path"], method, addresses.near)
        if visit.caller is not None:
            _check_scope(visit.caller, f"{method} {place.template}")
            check_parameters(place, method, scope.get("query_string", b""))
        if visit.bodiless:
            await self._head_alone(visit, receive)
            return
        if method in _BODILESS:
            await self._app(scope, receive, visit.forward)
            return
        if visit.stranger is not None:
            raise visit.stranger
        body = await read_body(receive, headers.get("content-length"))
        check_body(body, headers.get("content-type", ""))
        key = _key(headers) if method == "POST" else None
        if key is None or visit.caller is None:
            await self._app(scope, _again(body), visit.forward)
        else:
            await self._once(visit, visit.caller, key, body)

    async def _head_alone(self, visit: _Visit, receive: Receive) -> None:
        """Ask as GET is asked, for the head of its answer; a stream is ended when it has begun."""
        asked = asyncio.ensure_future(self._app(visit.scope, receive, visit.forward))
        streams = asyncio.ensure_future(visit.streams.wait())
        await asyncio.wait({asked, streams}, return_when=asyncio.FIRST_COMPLETED)
        streams.cancel()
        if visit.streams.is_set():
            asked.cancel()
        await asyncio.gather(asked, return_exceptions=visit.streams.is_set())

    async def _recognise(self, visit: _Visit, headers: Headers) -> None:
        """Who asks, within their rate; without a known key only guesses are counted, and the route refuses."""
        client = visit.scope.get("client")
        peer = client[0] if client else None
        address = asked_from(headers.getlist("x-forwarded-for"), peer, self._runtime.settings.proxies)
        presented = headers.get("authorization", "")
        try:
            caller = await actor_of_key(self._runtime.engine, bearer_of(presented), visit.now)
        except Unauthorised as stranger:
            await self._rates.count_guess(network_of(address), visit.now)
            visit.stranger = stranger
            if isinstance(stranger, KeyRevoked):
                visit.scope["state"][REFUSED] = stranger.holder
            return
        visit.caller = visit.scope["state"]["caller"] = caller
        visit.headers["cashback-mode"] = "test" if caller.test else "live"
        visit.headers.update(await self._rates.take(caller, visit.now))

    async def _once(self, visit: _Visit, caller: Actor, key: str, body: bytes) -> None:
        """Act once under this key, and answer as it was answered the first time."""
        scope = visit.scope
        assert caller.key_family is not None
        address = b"\n".join(
            (scope["method"].encode(), scope.get("raw_path") or scope["path"].encode(), scope.get("query_string", b""))
        )
        keyed = Keyed(
            self._runtime.keyring,
            caller.operator_id,
            caller.key_family,
            key,
            sent=len(address).to_bytes(4, "big") + address + body,
            now=visit.now,
        )
        for pause in (*PAUSES_SECONDS, None):
            try:
                answer = await self._attempt(visit, caller, keyed, body)
            except Answered as done:
                told = done.answer
                await visit.answer(told.status, told.media_type, told.body, {"idempotency-replayed": "true"})
                return
            except InFlight:
                if pause is None:
                    detail = "the first request with this idempotency key is still being worked: ask again"
                    raise TurnedAway(Problem(409, "idempotency_in_flight", detail), {"retry-after": "2"}) from None
                await asyncio.sleep(pause)
            else:
                for message in answer.messages:
                    await visit.forward(message)
                return

    async def _attempt(self, visit: _Visit, caller: Actor, keyed: Keyed, body: bytes) -> "_Held":
        engine = self._runtime.engine
        async with transaction(engine, caller.operator_id) as connection:
            done = await keyed.find(connection)
        if done is not None:
            raise Answered(done)
        held = _Held()
        async with unit_of(engine, caller.operator_id, keyed) as unit:
            await self._app(visit.scope, _again(body), held.take)
            answer = held.answer()
            if answer.status < 500 and answer.status not in _NOT_KEPT:
                await keyed.keep(await unit.connection(), _route(visit.scope), answer, visit.now)
                await unit.commit()
        return held


class _Held:
    """An answer that is not sent before its transaction has committed."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    def answer(self) -> Answer:
        """Its status, its media type and its whole body."""
        start, *rest = self.messages
        media_type = Headers(raw=start["headers"]).get("content-type", "")
        return Answer(start["status"], media_type, b"".join(each.get("body", b"") for each in rest))


def _again(body: bytes) -> Receive:
    """Receives the body that was read already, then that the client is gone."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _route(scope: Scope) -> str:
    """The method and the address as the document writes it, for people who look at the table."""
    return f"{scope['method']} {getattr(scope.get('route'), 'path', '')}"


def _check_scope(caller: Actor, operation: str) -> None:
    """Before anything is read of the request: who may not do this learns nothing of how it is done."""
    needed = scopes_of(operation)
    if needed and not any(caller.may(each) for each in needed):
        told = " or ".join(repr(each.value) for each in needed)
        raise ScopeMissing(f"{caller.name} lacks the scope {told}, which {operation} takes", scope=needed[0])


def _key(headers: Headers) -> str | None:
    presented = headers.getlist(KEY_HEADER)
    if not presented:
        return None
    key = presented[0]
    if len(presented) > 1 or not 1 <= len(key) <= KEY_MAX or not (key.isascii() and key.isprintable()):
        raise Invalid(
            f"{KEY_HEADER}: expected one of 1 to {KEY_MAX} printable ASCII characters", code="idempotency_key"
        )
    return key
