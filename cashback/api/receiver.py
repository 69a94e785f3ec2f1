"""The webhook receiver: a thin ASGI endpoint in front of the application, for `POST /webhooks/{connection}[/{event}]`.

It proves the raw bytes, masks card numbers, appends to the inbox log, waits for the shared commit and answers with the
provider's own acknowledgement. It does not understand the message; that is the worker's part. What it refuses it
refuses before anything is written, as a problem document (`cashback.api.problems`).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.api.inbox_writer import InboxWriter, Item
from cashback.api.problems import MEDIA_TYPE, Problem
from cashback.clock import Clock
from cashback.programmes.connections import Connection, ConnectionDirectory
from issuers.adapter import Adapter, AnswersHandshake, Delivery
from issuers.card_numbers import mask_card_numbers, mask_text
from issuers.errors import SignatureRefused, UnknownKey
from issuers.events import Acknowledgement
from webhooks.group_commit import Busy, GroupCommit
from webhooks.messages import NewMessage, Receipt, subject_of
from webhooks.sealing import KeyRing

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/webhooks/"
BODY_MAX_BYTES = 256 * 1024
"""The largest documented webhook of a card network is below 20 kB."""
BODY_SECONDS_MAX = 10.0
RETRY_AFTER_SECONDS = b"2"

EVENT_MAX = 100
_EVENT = re.compile(r"[A-Za-z0-9._-]+")
_log = structlog.get_logger(__name__)


class Refused(Exception):
    """Ends a request with a problem document."""

    def __init__(self, problem: Problem, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.headers = headers


class WebhookReceiver:
    """Answers the webhook routes itself and hands everything else to the application behind it.

    `stored` is called after every commit: it tells a worker, and returns at once. Served by an ASGI server the
    receiver starts and stops with the application's lifespan; elsewhere use `running`.
    """

    def __init__(
        self,
        application: Application,
        *,
        engine: AsyncEngine,
        connections: ConnectionDirectory,
        keyring: KeyRing,
        clock: Clock,
        adapters: Mapping[str, Adapter],
        stored: Callable[[], Awaitable[None]] | None = None,
        key_unknown: Callable[[Connection, str], None] | None = None,
    ) -> None:
        """`key_unknown` is told which key a refused webhook was signed with; it returns at once and raises nothing."""
        self._application = application
        self._connections = connections
        self._clock = clock
        self._adapters = adapters
        self._asking = {name: each for name, each in adapters.items() if isinstance(each, AnswersHandshake)}
        self._stored = stored
        self._key_unknown = key_unknown
        self._writer = InboxWriter(engine, keyring)
        self._group: GroupCommit[Item, Receipt] = GroupCommit(self._flush)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Accept webhooks while the block lasts; leaving it commits and answers what still waits."""
        try:
            async with self._group:
                yield
        finally:
            await self._writer.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            async with self.running():
                await self._application(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            acknowledgement = await self._receive(scope, receive)
        except Refused as refused:
            await _send(send, refusal(scope["path"], refused))
        else:
            if acknowledgement is not None:
                await _send(send, answer(acknowledgement))

    async def _receive(self, scope: Scope, receive: Receive) -> Acknowledgement | None:
        """The way of one webhook; None when the caller has gone away."""
        if scope["method"] != "POST":
            raise Refused(Problem(405, "method_not_allowed", "a webhook is a POST"), (b"allow", b"POST"))
        slug, event = _address(scope["path"])
        connection = self._served(await self._find(slug))
        headers = _headers(scope["headers"])
        body = await _read_body(receive, headers.get("content-length"))
        if body is None:
            return None
        asked = self._asked(connection, event)
        if asked is not None:
            return self._answer_handshake(asked, connection, event, headers, body)
        message, acknowledgement = self._accept(connection, event, headers, body)
        try:
            receipt = await self._group.submit((connection.operator_id, message))
        except Exception as error:
            raise _not_stored(error) from error
        _tell(receipt, connection, message)
        return acknowledgement

    def take(self, path: str, raw_headers: Sequence[tuple[bytes, bytes]], body: bytes) -> "Taken | None":
        """The way of a webhook that is there whole, without waiting; None for what the ASGI entry has to take: a
        connection that must be looked up first, a provider that asks and tells nothing.

        Raises Refused. Everything else is as for the ASGI entry.
        """
        slug, event = _address(path)
        known = self._connections.known(slug)
        if known is None:
            return None
        connection = self._served(known)
        if self._asked(connection, event) is not None:
            return None
        if len(body) > BODY_MAX_BYTES:
            raise _oversize()
        message, acknowledgement = self._accept(connection, event, _headers(raw_headers), body)
        try:
            stored = self._group.put((connection.operator_id, message))
        except Busy as busy:
            raise _not_stored(busy) from busy
        return Taken(connection, message, acknowledgement, stored)

    def _served(self, connection: Connection | None) -> Connection:
        if connection is None or connection.provider not in self._adapters:
            raise Refused(Problem(404, "unknown_connection", "no connection has this address"))
        return connection

    async def _find(self, slug: str) -> Connection | None:
        try:
            return self._connections.known(slug) or await self._connections.find(slug)
        except Exception as error:
            raise _unavailable("the connections cannot be read now", error) from error

    def _asked(self, connection: Connection, event: str | None) -> AnswersHandshake | None:
        """The adapter, where this is the address at which its provider asks before it tells."""
        adapter = self._asking.get(connection.provider) if event is not None else None
        return adapter if adapter is not None and event == adapter.handshake_event else None

    def _answer_handshake(
        self, adapter: AnswersHandshake, connection: Connection, event: str | None, headers: dict[str, str], body: bytes
    ) -> Acknowledgement:
        delivery = Delivery(body, headers, event, f"{connection.registered_url}/{event}")
        try:
            answered = adapter.handshake(delivery, connection.secrets, self._clock.now())
        except SignatureRefused as refusal:
            raise _unproven(refusal) from None
        _log.info("webhook_handshake", connection=connection.slug)
        return answered

    def _accept(
        self, connection: Connection, event: str | None, headers: dict[str, str], body: bytes
    ) -> tuple[NewMessage, Acknowledgement]:
        """Prove the bytes and mask them: what goes into the log, and what is answered once it is there."""
        adapter = self._adapters[connection.provider]
        url = connection.registered_url if event is None else f"{connection.registered_url}/{event}"
        delivery = Delivery(body, headers, event, url)
        now = self._clock.now()
        try:
            adapter.verify(delivery, connection.secrets, now)
        except SignatureRefused as refusal:
            if isinstance(refusal, UnknownKey) and self._key_unknown is not None:
                self._key_unknown(connection, refusal.key_id)
            raise _unproven(refusal) from None

        masked = mask_card_numbers(body, pan_like_fields=adapter.capabilities.pan_like_fields)
        if masked is not body:
            # Before the envelope too: the hash of a body with a card number in it would let the number be guessed.
            delivery = msgspec.structs.replace(delivery, body=masked)
        envelope = adapter.envelope(delivery)
        message = NewMessage(
            connection_id=connection.id,
            delivery_id=envelope.delivery_id,
            event=event,
            digest=envelope.content_digest,
            subject=None if envelope.card_token is None else subject_of(adapter.name, envelope.card_token),
            received_at=now,
            body=masked,
        )
        return message, adapter.acknowledgement(delivery)

    async def _flush(self, batch: Sequence[Item]) -> Sequence[Receipt]:
        receipts = await self._writer.write(batch)
        if self._stored is not None:
            await self._stored()
        return receipts


class Taken(msgspec.Struct, frozen=True, gc=False):
    """A webhook that was proved and waits for its commit."""

    connection: Connection
    message: NewMessage
    answered: Acknowledgement
    stored: asyncio.Future[Receipt]

    def acknowledgement(self) -> Acknowledgement:
        """What is answered, once `stored` is done; raises Refused when it could not be stored."""
        try:
            receipt = self.stored.result()
        except Exception as error:
            raise _not_stored(error) from error
        _tell(receipt, self.connection, self.message)
        return self.answered


def _tell(receipt: Receipt, connection: Connection, message: NewMessage) -> None:
    if receipt is Receipt.CONFLICT:
        _log.error("webhook_conflict", connection=connection.slug, delivery_id=message.delivery_id)


def _address(path: str) -> tuple[str, str | None]:
    """The connection's name and the event's, if there is one."""
    slug, separator, event = path[len(PREFIX) :].partition("/")
    # The length first: what strangers ask for is not kept.
    if separator and not (len(event) <= EVENT_MAX and _is_event(event)):
        raise Refused(Problem(404, "not_found", f"expected {PREFIX}{{connection}} or {PREFIX}{{connection}}/{{event}}"))
    return slug, event if separator else None


@lru_cache(maxsize=1024)
def _is_event(event: str) -> bool:
    """Whether a path segment can be an event's name. It is stored, so it must not carry a card number either."""
    return _EVENT.fullmatch(event) is not None and mask_text(event) == event


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields by lower-case name; repeated ones are joined by a comma (RFC 9110, section 5.3)."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
    if len(headers) == len(raw):
        return headers
    headers.clear()
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def _read_body(receive: Receive, declared: str | None) -> bytes | None:
    """The whole body, or None when the caller left. What is declared is not believed: the bytes are counted too."""
    if declared is not None and declared.isdecimal() and int(declared[:20]) > BODY_MAX_BYTES:
        raise _oversize()
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > BODY_MAX_BYTES:
                    raise _oversize()
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refused(Problem(408, "body_too_slow", f"the body took longer than {BODY_SECONDS_MAX:.0f} s")) from None
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _oversize() -> Refused:
    return Refused(Problem(413, "body_too_large", f"a webhook's body has at most {BODY_MAX_BYTES} bytes"))


def _unproven(refusal: SignatureRefused) -> Refused:
    return Refused(Problem(refusal.status, refusal.code, refusal.detail))


def _not_stored(error: Exception) -> Refused:
    if isinstance(error, Busy):
        problem = Problem(503, "busy", "too much is waiting to be stored; deliver it again")
        return Refused(problem, (b"retry-after", RETRY_AFTER_SECONDS))
    return _unavailable("the message could not be stored; deliver it again", error)


def _unavailable(detail: str, error: Exception) -> Refused:
    _log.error("webhook_not_stored", error=type(error).__name__)
    return Refused(Problem(503, "try_again", detail), (b"retry-after", RETRY_AFTER_SECONDS))


class Answer(NamedTuple):
    """A response as it goes out."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def answer(acknowledgement: Acknowledgement) -> Answer:
    """The provider's own acknowledgement."""
    body = acknowledgement.body
    return Answer(acknowledgement.status, _described(acknowledgement.content_type, len(body)), body)


def refusal(path: str, refused: Refused) -> Answer:
    """The problem document of a refusal, which is also told to the operator's log."""
    problem = refused.problem
    _log.warning("webhook_refused", path=path[:128], status=problem.status, code=problem.code)
    body = problem.document()
    return Answer(problem.status, (*_described(MEDIA_TYPE, len(body)), *refused.headers), body)


async def _send(send: Send, answer: Answer) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


@lru_cache(maxsize=256)
def _described(content_type: str, length: int) -> tuple[tuple[bytes, bytes], ...]:
    measured = (b"content-length", str(length).encode("ascii"))
    return ((b"content-type", content_type.encode("latin-1")), measured) if length else (measured,)
