"""A request with an idempotency key acts once: in flight, applied and refused are told apart, after a crash too.

A key is held by an advisory lock for as long as its request's transaction is open, and its answer is written by that
transaction. So there is no row that says "begun": a process that dies leaves either nothing or the whole answer.
A request that calls somebody outside keeps no transaction open meanwhile: a row holds its key until it is answered, or
until `LEASE` is over because its process died; what it does is done once by keys of its own, so it may be begun anew.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.errors import Conflict
from webhooks.sealing import KeyRing, Unsealable, context, period_of

KEPT = timedelta(days=3)
"""How long an answer is told again: a repeat may wait for a weekend to be over."""
LEASE = timedelta(minutes=2)
"""Longer than a request that calls a processor takes: its calls end after 20 s."""

_NAME_OPERATOR = "SELECT set_config('app.tenant', $1, true)"
_HOLD = "SELECT pg_try_advisory_xact_lock($1, $2)"
_FIND = """
SELECT coalesce(i.fingerprint, h.fingerprint), i.status, i.media_type, i.answer, i.answered_at, h.held_until > $3
FROM (SELECT) AS one LEFT JOIN idempotency i ON i.operator_id = $1 AND i.digest = $2
LEFT JOIN idempotency_holds h ON h.operator_id = $1 AND h.digest = $2
"""
_KEEP = """
INSERT INTO idempotency (operator_id, digest, fingerprint, route, status, media_type, answer, answered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (operator_id, digest) DO NOTHING
"""
"""Answered already: by whoever began anew after a lease was over. The steps were the same, the first answer stands."""
_HOLD_ON = """
INSERT INTO idempotency_holds (operator_id, digest, fingerprint, holder, held_until) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator_id, digest) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
"""
_LET_GO = "DELETE FROM idempotency_holds WHERE operator_id = $1 AND digest = $2 AND holder = $3"
_FORGET = """
WITH leases AS (DELETE FROM idempotency_holds WHERE operator_id = $1 AND held_until < $2)
DELETE FROM idempotency WHERE operator_id = $1 AND answered_at < $2
"""


class InFlight(Exception):
    """Another request holds this key right now."""


class Answered(Exception):
    """The key was answered meanwhile."""

    def __init__(self, answer: "Answer") -> None:
        super().__init__("answered")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, as it is told again."""

    status: int
    media_type: str
    body: bytes


class Keyed:
    """One request under its key."""

    def __init__(
        self, keyring: KeyRing, operator_id: UUID, caller: UUID, key: str, *, sent: bytes, now: datetime
    ) -> None:
        """`sent` is everything that must be the same in a repeat: the method, the address, the body.

        `caller`: the API key that was presented, or the first of those that replaced each other: nobody else is told
        an answer, whatever they are called.
        """
        self._keyring = keyring
        self._operator_id = operator_id
        self._now = now
        self._holder = uuid4()
        self._digest = hashlib.sha256(context(operator_id.bytes, caller.bytes, key.encode())).digest()
        self._place = context(operator_id.bytes, b"idempotency", b"answer", self._digest)
        self._fingerprint = keyring.master.fingerprint(sent, self._place)

    async def find(self, connection: AsyncConnection) -> Answer | None:
        """What was answered under this key. `InFlight` while it is held, Conflict when that was another request."""
        row = (await fetch(connection, _FIND, (self._operator_id, self._digest, self._now)))[0]
        fingerprint, status, media_type, sealed, answered_at, held = row
        if fingerprint is not None and fingerprint != self._fingerprint:
            raise Conflict(
                "this idempotency key was used for another request; a new request needs a new key",
                code="idempotency_key_reused",
            )
        if status is None:
            if held:
                raise InFlight
            return None
        period = period_of(answered_at.date())
        key = await self._keyring.existing_key(connection, self._operator_id, period)
        if key is None:
            raise Unsealable(f"the key of {period:%Y-%m} is destroyed, but an answer of it is still kept")
        return Answer(status, media_type, key.open(sealed, self._place))

    async def hold(self, connection: AsyncConnection) -> None:
        """Keep the key until this transaction ends. `InFlight` if another one has it, `Answered` if it is done."""
        await connection.exec_driver_sql(_NAME_OPERATOR, (str(self._operator_id),))
        first, second = (int.from_bytes(self._digest[at : at + 4], "big", signed=True) for at in (0, 4))
        if not (await connection.exec_driver_sql(_HOLD, (first, second))).scalar_one():
            raise InFlight
        answer = await self.find(connection)
        if answer is not None:
            raise Answered(answer)

    async def hold_on(self, connection: AsyncConnection) -> None:
        """Keep the key beyond this transaction, for `LEASE` at most."""
        await connection.exec_driver_sql(_NAME_OPERATOR, (str(self._operator_id),))
        row = (self._operator_id, self._digest, self._fingerprint, self._holder, self._now + LEASE)
        await connection.exec_driver_sql(_HOLD_ON, row)

    async def let_go(self, connection: AsyncConnection) -> None:
        """Keep it no longer than this transaction."""
        await connection.exec_driver_sql(_NAME_OPERATOR, (str(self._operator_id),))
        await connection.exec_driver_sql(_LET_GO, (self._operator_id, self._digest, self._holder))

    async def keep(self, connection: AsyncConnection, route: str, answer: Answer, now: datetime) -> None:
        """Write the answer into the transaction that holds the key."""
        await connection.exec_driver_sql(_NAME_OPERATOR, (str(self._operator_id),))
        key = await self._keyring.period_key(connection, self._operator_id, period_of(now.date()))
        await connection.exec_driver_sql(
            _KEEP,
            (
                self._operator_id,
                self._digest,
                self._fingerprint,
                route,
                answer.status,
                answer.media_type,
                key.seal(answer.body, self._place),
                now,
            ),
        )


async def forget_answers(connection: AsyncConnection, operator_id: UUID, now: datetime) -> int:
    """Forget answers that are older than `KEPT`; answers how many."""
    return (await connection.exec_driver_sql(_FORGET, (operator_id, now - KEPT))).rowcount
