"""When a delivery is tried again, when an endpoint is left alone, and when it is given up. Pure: no clock, no I/O.

The schedule is that of Standard Webhooks: at once, then 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h after the end of
the attempt before: ten attempts in 75.6 h, each later by up to a fifth, so that what failed together does not come back
together.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from uuid import UUID

_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS_MAX = len(_AFTER) + 1
JITTER = 0.2
RETRY_AFTER_MAX = timedelta(hours=24)
"""What a receiver asks for beyond it is not granted."""
HOLD_MAX = timedelta(hours=1)
"""How long a receiver may ask that nothing at all is sent to it."""
GIVEN_UP_AFTER = timedelta(hours=120)
"""An endpoint from which nothing but failures came for so long is disabled."""
BREAKS_AT = 10
"""Failures in a row after which an endpoint is tried with one delivery at a time, and ever more seldom."""
BREAK_FIRST, BREAK_MAX = timedelta(seconds=30), timedelta(minutes=10)

GONE = 410
_ASKS_FOR_TIME = frozenset({429, 503})


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Every attempt failed, or its endpoint was disabled: a person may replay it."""


class Progress(StrEnum):
    """What a pending delivery waits for."""

    SENDING = "sending"
    """For nothing: an attempt is under way."""
    QUEUED = "queued"
    """For its turn, which is now."""
    HELD = "held"
    """For the endpoint, of which one delivery at a time is tried, and nothing while it is left alone."""
    RETRYING = "retrying"
    """For its next try."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one attempt ended. `code` is None when no answer came, and `error` then says why."""

    code: int | None
    error: str | None
    milliseconds: int
    excerpt: str = ""
    """The beginning of the body, at most `egress.EXCERPT_MAX` characters."""
    retry_after: str | None = None
    """The header as it was sent."""

    @property
    def succeeded(self) -> bool:
        """Only a 2xx says that the message arrived."""
        return self.code is not None and 200 <= self.code < 300


@dataclass(frozen=True, slots=True)
class Next:
    """What follows from an attempt."""

    state: State
    due_at: datetime | None
    """When it is tried again; None when it is not."""
    hold_until: datetime | None = None
    """Until when the receiver asks that nothing is sent."""


def after(answer: Answer, step: int, endpoint_id: UUID, message_id: UUID, at: datetime) -> Next:
    """What follows from attempt number `step` since the last replay (from 1), which ended with `answer` at `at`."""
    if answer.succeeded:
        return Next(State.DELIVERED, None)
    if answer.code == GONE:
        return Next(State.DEAD, None)
    asked = _asked(answer, at)
    hold = None if asked is None else at + min(asked, HOLD_MAX)
    if step >= ATTEMPTS_MAX:
        return Next(State.DEAD, None, hold)
    wait = _AFTER[max(step, 1) - 1]
    wait *= 1 + JITTER * _fraction(endpoint_id, message_id, step)
    if asked is not None:
        wait = max(wait, min(asked, RETRY_AFTER_MAX))
    return Next(State.PENDING, at + wait, hold)


def pause_after(failures: int) -> timedelta:
    """How long an endpoint is left alone after so many failures in a row; nothing below `BREAKS_AT`."""
    if failures < BREAKS_AT:
        return timedelta(0)
    doublings = min((failures - BREAKS_AT) // BREAKS_AT, 16)
    return min(BREAK_FIRST * (1 << doublings), BREAK_MAX)


def _asked(answer: Answer, at: datetime) -> timedelta | None:
    """What Retry-After asks for: seconds or a date, where the status may carry it."""
    if answer.code not in _ASKS_FOR_TIME or not answer.retry_after:
        return None
    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), RETRY_AFTER_MAX)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    return max(until - at, timedelta(0))


def _fraction(endpoint_id: UUID, message_id: UUID, step: int) -> float:
    """A number from 0 to 1 that is the same for the same attempt, and nothing like its neighbour's."""
    digest = hashlib.blake2b(endpoint_id.bytes + message_id.bytes + bytes([step & 0xFF]), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
