"""Mail on its way out: the intention is written in the transaction of the deed, and sent after its commit.

A letter is sealed until it has left and emptied then. Whoever sends takes it by a lease, so that it leaves once unless
its process dies while it does; what fails is tried again until nobody would need it any more. One to nobody is written
too, and never sent: asking for a code writes the same rows whether or not the address is somebody's.
"""

import asyncio
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.clock import Clock
from cashback.db.engine import fetch, transaction
from cashback.ids import uuid7
from webhooks.sealing import SealingKey, context

LEASE = timedelta(minutes=5)
"""A letter whose sender died is sent again after that; longer than `CONVERSATION_SECONDS` and the step they cut."""
RETRY = timedelta(minutes=1)
"""A letter that a server did not take waits for so long."""
BATCH_MAX = 20
SMTP_SECONDS = 20.0
"""For one step of a conversation with a mail server."""
CONVERSATION_SECONDS = 120.0
"""For all its steps together, and the wait for a thread to hold it in."""

_log = structlog.get_logger(__name__)

_WRITE = """
INSERT INTO outgoing_mail (operator_id, id, sealed, made_at, due_at, expires_at)
SELECT $1, t.*, $4, $4, $5 FROM unnest($2::uuid[], $3::bytea[]) AS t
"""
_GIVE_UP = """
UPDATE outgoing_mail SET ended_at = $2, sealed = ''::bytea, error = coalesce(error, 'expired')
WHERE operator_id = $1 AND ended_at IS NULL AND expires_at <= $2
"""
# Materialized: a plan that looked again for each row would take what comes after the one that it has just changed.
_TAKE = """
WITH t AS MATERIALIZED (
    SELECT id FROM outgoing_mail WHERE operator_id = $1 AND ended_at IS NULL AND due_at <= $2
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE outgoing_mail m SET attempts = m.attempts + 1, due_at = $3 FROM t
WHERE m.operator_id = $1 AND m.id = t.id RETURNING m.id, m.sealed, m.attempts
"""
_END = """
UPDATE outgoing_mail SET ended_at = CASE WHEN $4 = '' THEN $3::timestamptz END,
    sealed = CASE WHEN $4 = '' THEN ''::bytea ELSE sealed END, error = NULLIF($4, ''),
    due_at = CASE WHEN $4 = '' THEN due_at ELSE $5 END
WHERE operator_id = $1 AND id = $2
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """A text to one address; empty when it is to nobody."""

    to: str
    subject: str
    text: str


class Sender(Protocol):
    """What carries letters."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter on; raises OSError when it was not taken."""


class LogSender:
    """Shows letters in the log of a demonstration, where no one's mailbox is asked."""

    async def send(self, letter: Letter) -> None:
        """Write it where the process writes its log."""
        _log.info("mail.shown", subject=letter.subject, text=letter.text)


class _Conversation(smtplib.SMTP):
    """Ends at an instant of the monotonic clock, whatever the server is about: each of its steps may take long."""

    def __init__(self, host: str, port: int, *, ends_at: float, **more: Any) -> None:
        self._over = False
        self._end = threading.Timer(max(0.0, ends_at - time.monotonic()), self._cut)
        self._end.daemon = True
        self._end.start()
        try:
            super().__init__(host, port, **more)
        except BaseException:
            self._end.cancel()
            raise

    def send(self, s: Any) -> None:
        """As it is, in time."""
        if self._over:
            raise smtplib.SMTPServerDisconnected("the mail server took too long")
        super().send(s)

    def close(self) -> None:
        """Hang up."""
        self._end.cancel()
        super().close()

    def _cut(self) -> None:
        self._over = True
        with suppress(OSError):
            if self.sock is not None:
                # Not that of TLS, which would let the thread that writes go on in the clear for a moment.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _SealedConversation(_Conversation, smtplib.SMTP_SSL):
    """The same, over TLS from its first byte."""


class SmtpSender:
    """Hands letters to a mail server: `smtps://user:password@host:465`, or `smtp://…:587` with STARTTLS."""

    def __init__(self, url: str, sender: str) -> None:
        self._parts = urlsplit(url)
        self._sender = sender

    async def send(self, letter: Letter) -> None:
        """One conversation in a thread of its own; the server's certificate is verified."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, letter.to, letter.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        await asyncio.to_thread(self._hand_over, message, time.monotonic() + CONVERSATION_SECONDS)

    def _hand_over(self, message: EmailMessage, ends_at: float) -> None:
        host, verified = self._parts.hostname or "", ssl.create_default_context()
        connected: _Conversation
        if self._parts.scheme == "smtps":
            connected = _SealedConversation(
                host, self._parts.port or 465, ends_at=ends_at, timeout=SMTP_SECONDS, context=verified
            )
        else:
            connected = _Conversation(host, self._parts.port or 587, ends_at=ends_at, timeout=SMTP_SECONDS)
        with connected as server:
            if self._parts.scheme == "smtp" and host not in ("127.0.0.1", "localhost"):
                server.starttls(context=verified)
            if self._parts.username:
                server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
            server.send_message(message)


class Postbox:
    """Sends beside the requests of a process, so that no answer waits for a mail server, or tells by its time."""

    def __init__(self, engine: AsyncEngine, master: SealingKey, sender: Sender, clock: Clock) -> None:
        self._engine = engine
        self._master = master
        self._sender = sender
        self._clock = clock
        self._sending: set[asyncio.Task[None]] = set()

    def send_soon(self, operator_id: UUID) -> None:
        """Send what an operator's transactions meant to send; to be called after their commit."""
        task = asyncio.create_task(self._send(operator_id))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def settle(self) -> None:
        """Wait for what is being sent."""
        await asyncio.gather(*self._sending)

    async def _send(self, operator_id: UUID) -> None:
        try:
            await send_due(self._engine, operator_id, self._master, self._sender, self._clock)
        except (DBAPIError, OSError) as error:
            _log.warning("mail.waiting", error=type(error).__name__)


def open_sender(smtp_url: str | None, sender: str) -> Sender:
    """A mail server where there is one; settings see to it that live mode has one."""
    return SmtpSender(smtp_url, sender) if smtp_url else LogSender()


async def write(
    connection: AsyncConnection,
    operator_id: UUID,
    master: SealingKey,
    letter: Letter,
    *,
    now: datetime,
    until: datetime,
) -> None:
    """Mean to send a letter; after `until` it is not worth sending."""
    await write_all(connection, operator_id, master, [letter], now=now, until=until)


async def write_all(
    connection: AsyncConnection,
    operator_id: UUID,
    master: SealingKey,
    letters: Sequence[Letter],
    *,
    now: datetime,
    until: datetime,
) -> None:
    """Mean to send several, by one statement."""
    ids = [uuid7(now) for _ in letters]
    sealed = [
        master.seal(msgspec.json.encode([each.to, each.subject, each.text]), _place(operator_id, letter_id))
        for letter_id, each in zip(ids, letters, strict=True)
    ]
    await connection.exec_driver_sql(_WRITE, (operator_id, ids, sealed, now, until))


async def send_due(
    engine: AsyncEngine,
    operator_id: UUID,
    master: SealingKey,
    sender: Sender,
    clock: Clock,
    *,
    left: timedelta = timedelta(0),
) -> int:
    """Send what has been due for so long, one after the other; answers how many left.

    Each is taken when its turn comes and recorded as it ends: a slow server makes no lease of another letter run out.
    """
    async with transaction(engine, operator_id) as connection:
        await connection.exec_driver_sql(_GIVE_UP, (operator_id, clock.now()))
    sent = 0
    for _ in range(BATCH_MAX):
        now = clock.now()
        async with transaction(engine, operator_id) as connection:
            taken = await fetch(connection, _TAKE, (operator_id, now - left, now + LEASE))
        if not taken:
            break
        error = await _send(sender, _opened(taken[0], operator_id, master))
        async with transaction(engine, operator_id) as connection:
            ended = clock.now()
            await connection.exec_driver_sql(_END, (operator_id, taken[0][0], ended, error, ended + RETRY))
        sent += not error
    return sent


async def _send(sender: Sender, letter: Letter) -> str:
    """Empty when it left, else the kind of failure: what servers say may name the address."""
    if not letter.to:
        return ""
    try:
        await sender.send(letter)
    except (OSError, smtplib.SMTPException) as error:
        _log.warning("mail.refused", error=type(error).__name__)
        return type(error).__name__
    return ""


def _opened(row: Sequence[Any], operator_id: UUID, master: SealingKey) -> Letter:
    letter_id, sealed, _ = row
    opened = master.open(bytes(sealed), _place(operator_id, letter_id))
    return Letter(*msgspec.json.decode(opened, type=tuple[str, str, str]))


def _place(operator_id: UUID, letter_id: UUID) -> bytes:
    return context(operator_id.bytes, b"outgoing_mail", b"sealed", letter_id.bytes)
