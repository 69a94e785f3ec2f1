"""Trials that nobody waits for: asked from a page, worked beside it, kept, and asked about until they are done.

A trial is named by what it asks (code, terms, days), so that the same question finds the same answer, whoever asks and
in whichever process. A process works one backtest at a time, whether a page or the API asked for it. Whoever asks for
another trial gives up the one that they still have under way: they have typed on.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor
from cashback.backtest.service import ONE_AT_A_TIME, Question, backtest
from cashback.clock import Clock
from cashback.db.engine import fetch, transaction
from cashback.errors import ProductError
from cashback.offers.changes import in_file_units
from cashback.offers.terms import Terms
from cashback.programmes.service import require_programme_scope

KEPT = timedelta(days=60)
LOST_AFTER = timedelta(seconds=30)
"""A trial whose process has been silent for so long is no longer worked."""
SECONDS_MAX = 900
BEAT_SECONDS = 1.0

_log = structlog.get_logger(__name__)

_COLUMNS = "key, code, digest, first_day, until_day, state, done, total, answer::text, error, actor, asked_at, heard_at"
_FIND = f"SELECT {_COLUMNS} FROM offer_trials WHERE operator_id = $1 AND key = $2"  # noqa: S608 - built from constants
_OF_TERMS = f"""
SELECT {_COLUMNS} FROM offer_trials WHERE operator_id = $1 AND code = $2 AND digest = $3 AND state = 'done'
ORDER BY asked_at DESC LIMIT 1
"""  # noqa: S608 - built from constants
_NEWEST = f"""
SELECT {_COLUMNS} FROM offer_trials WHERE operator_id = $1 AND code = $2 AND state = 'done'
ORDER BY asked_at DESC LIMIT 1
"""  # noqa: S608 - built from constants
_FORGET = "DELETE FROM offer_trials WHERE operator_id = $1 AND asked_at < $2"
_BEGIN = """
INSERT INTO offer_trials (operator_id, key, code, digest, first_day, until_day, state, done, total, actor, asked_at,
    heard_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, 0, $7, $8, $8)
ON CONFLICT (operator_id, key) DO UPDATE SET state = 'waiting', done = 0, total = 0, answer = NULL, error = NULL,
    actor = excluded.actor, asked_at = excluded.asked_at, heard_at = excluded.heard_at
"""
_BEAT = "UPDATE offer_trials SET state = $3, done = $4, total = $5, heard_at = $6 WHERE operator_id = $1 AND key = $2"
_END = """
UPDATE offer_trials SET state = $3, answer = $4::jsonb, error = $5, heard_at = $6, done = total
WHERE operator_id = $1 AND key = $2
"""


class State(StrEnum):
    """How far a trial is."""

    WAITING = "waiting"
    """Another one is worked."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """Given up for a newer question, or with its process."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a trial asks."""

    code: str
    terms: Terms
    first: date
    until: date
    """Excluded; both are local days of the programme."""

    @property
    def key(self) -> bytes:
        """Names the question."""
        told = f"{self.code}\0{self.terms.digest().hex()}\0{self.first}\0{self.until}"
        return sha256(told.encode()).digest()


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial as it stands."""

    key: bytes
    code: str
    digest: bytes
    first: date
    until: date
    state: State
    done: int
    total: int
    answer: Mapping[str, Any] | None
    error: str | None
    actor: str
    asked_at: datetime
    heard_at: datetime

    def under_way(self, now: datetime) -> bool:
        """Whether somebody works on it."""
        return self.state in (State.WAITING, State.RUNNING) and now - self.heard_at < LOST_AFTER


async def find(connection: AsyncConnection, operator_id: UUID, key: bytes) -> Trial | None:
    """A trial by its name."""
    return _trial(await fetch(connection, _FIND, (operator_id, key)))


async def newest_of(connection: AsyncConnection, operator_id: UUID, code: str, digest: bytes | None) -> Trial | None:
    """The newest trial of an offer that is done, of these very terms if a digest is given."""
    if digest is None:
        return _trial(await fetch(connection, _NEWEST, (operator_id, code)))
    return _trial(await fetch(connection, _OF_TERMS, (operator_id, code, digest)))


def _trial(rows: Any) -> Trial | None:
    if not rows:
        return None
    key, code, digest, first, until, state, done, total, answer, *rest = rows[0]
    decoded = None if answer is None else msgspec.json.decode(answer)
    return Trial(key, code, digest, first, until, State(state), done, total, decoded, *rest)


class Trials:
    """The trials that this process works on."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._work: dict[tuple[UUID, str], tuple[bytes, asyncio.Task[None]]] = {}

    async def begin(self, actor: Actor, asking: Asking) -> bytes:
        """Ask, unless the very same is being worked here; answers the name under which it is found. Forbidden as a
        backtest."""
        require_programme_scope(actor)
        key, asker, now = asking.key, (actor.operator_id, actor.name), self._clock.now()
        before = self._work.get(asker)
        if before is not None and not before[1].done():
            if before[0] == key:
                return key
            before[1].cancel()
        async with transaction(self._engine, actor.operator_id) as connection:
            await connection.exec_driver_sql(_FORGET, (actor.operator_id, now - KEPT))
            row = (key, asking.code, asking.terms.digest(), asking.first, asking.until, actor.name, now)
            await connection.exec_driver_sql(_BEGIN, (actor.operator_id, *row))
        self._work[asker] = key, asyncio.create_task(self._run(actor, asking, key))
        return key

    async def settled(self) -> None:
        """Wait until nothing is worked."""
        await asyncio.gather(*(task for _, task in self._work.values()), return_exceptions=True)

    async def close(self) -> None:
        """Give up what is worked."""
        for _, task in self._work.values():
            task.cancel()
        await self.settled()

    async def _run(self, actor: Actor, asking: Asking, key: bytes) -> None:
        come = [0, 0]
        beating = asyncio.create_task(self._beat(actor.operator_id, key, come))
        state, answer, error = State.STOPPED, None, None
        try:
            async with ONE_AT_A_TIME, asyncio.timeout(SECONDS_MAX):
                offer = {**in_file_units(asking.terms), "code": asking.code}
                question = Question(offer, asking.first, asking.until)

                def progress(done: int, total: int) -> None:
                    come[:] = done, total

                answer = await backtest(self._engine, actor, question, self._clock.now(), progress=progress)
                state = State.DONE
        except ProductError as refused:
            state, error = State.FAILED, refused.detail
        except TimeoutError:
            state, error = State.FAILED, f"it took more than {SECONDS_MAX} seconds"
        except Exception:
            _log.exception("trial.failed", code=asking.code)
            state, error = State.FAILED, "something went wrong on our side"
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            await asyncio.shield(self._end(actor.operator_id, key, state, answer, error))

    async def _beat(self, operator_id: UUID, key: bytes, come: list[int]) -> None:
        """Say how far it is, once a second."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            state = State.RUNNING if come[1] else State.WAITING
            async with transaction(self._engine, operator_id) as connection:
                await connection.exec_driver_sql(_BEAT, (operator_id, key, state.value, *come, self._clock.now()))

    async def _end(self, operator_id: UUID, key: bytes, state: State, answer: Any, error: str | None) -> None:
        told = None if answer is None else msgspec.json.encode(answer).decode()
        async with transaction(self._engine, operator_id) as connection:
            await connection.exec_driver_sql(_END, (operator_id, key, state.value, told, error, self._clock.now()))
