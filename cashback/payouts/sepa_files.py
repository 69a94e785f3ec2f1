"""SEPA files: every approved transfer goes into one file, and the file can be made again, byte for byte.

Three steps, and a process may die in any of them. *Collect*: approved payouts become `sending` and belong to the
open batch, some thousands a transaction. *Write*: the batch is closed and its file written, from the database
alone. *Record*: the file's digest is kept and its payouts become `sent`. Whoever begins again goes on with the
unfinished batch: the same payouts, the same message id, the same bytes, so that a bank that was given both takes
one. A payout is in one batch.
"""

import asyncio
import hashlib
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch, transaction
from cashback.errors import BooksBroken, Conflict, Forbidden, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.iso20022.business_days import business_day_from
from cashback.iso20022.credit_transfer import PAYMENTS_MAX, Debtor, Payment, write
from cashback.iso20022.errors import NotWritable
from cashback.payouts import accounts, opening, storage
from cashback.payouts.moves import move, to
from cashback.payouts.policy import load_policy
from cashback.payouts.rules import judge, set_scene
from cashback.payouts.schemas import Payout, RailName, State
from cashback.programmes import audit_log
from cashback.programmes.service import load_programme, lock_revision_shared
from issuers.card_numbers import mask_text
from webhooks.sealing import KeyRing, context

CHUNK = 2_000
"""Payouts in one transaction."""
_NONE = UUID(int=0)

_COLUMNS = """id, state, made_at, execution_on, debtor, payments, total, digest, made_by, fetched_by, fetched_at"""
"""In the order of the fields of Batch, which a row becomes."""
_UNFINISHED = f"""
SELECT {_COLUMNS} FROM payout_batches WHERE operator_id = $1 AND rail = 'sepa' AND state <> 'written'
"""  # noqa: S608 - built from constants
_ONE = f"SELECT {_COLUMNS} FROM payout_batches WHERE operator_id = $1 AND id = $2"  # noqa: S608 - built from constants
_LEFT = """
SELECT b.id FROM payout_batches b WHERE b.operator_id = $1 AND b.state = 'written' AND EXISTS (SELECT 1 FROM payouts p
    WHERE p.operator_id = b.operator_id AND p.batch_id = b.id AND p.state = 'sending') ORDER BY b.id LIMIT 1
"""
_LOCK = "SELECT state FROM payout_batches WHERE operator_id = $1 AND id = $2 FOR UPDATE"
_OPEN = """
INSERT INTO payout_batches (operator_id, id, rail, state, made_by, made_at, execution_on, debtor)
VALUES ($1, $2, 'sepa', 'open', $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
_CLOSE = """
UPDATE payout_batches b SET state = 'closed', payments = t.payments, total = t.total
FROM (SELECT count(*) AS payments, coalesce(sum(amount), 0)::bigint AS total FROM payouts
    WHERE operator_id = $1 AND batch_id = $2) AS t
WHERE b.operator_id = $1 AND b.id = $2 AND b.state = 'open' AND t.payments > 0 RETURNING t.payments
"""
_FORGET = "DELETE FROM payout_batches WHERE operator_id = $1 AND id = $2 AND state = 'open'"
_WRITTEN = """
UPDATE payout_batches SET state = 'written', digest = $3 WHERE operator_id = $1 AND id = $2 AND state <> 'written'
"""
_LISTED = f"""
SELECT {_COLUMNS} FROM payout_batches WHERE operator_id = $1 ORDER BY made_at DESC, id DESC LIMIT $2
"""  # noqa: S608 - built from constants
_FETCHED = """
UPDATE payout_batches SET fetched_by = $3, fetched_at = $4 WHERE operator_id = $1 AND id = $2 AND fetched_at IS NULL
"""
_WORDS_MAX = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """A file of transfers. The total is in minor units of EUR."""

    id: UUID
    state: str
    made_at: datetime
    execution_on: date
    sealed_debtor: bytes
    payments: int
    total: int
    digest: bytes | None
    made_by: str
    fetched_by: str | None
    """Who first took the file to bring it to the bank."""
    fetched_at: datetime | None

    @property
    def ref(self) -> str:
        """Its id as people see it."""
        return show("bat", self.id)

    @property
    def file_id(self) -> str:
        """The message id that the bank sees; the same whenever the file is made."""
        return self.id.hex


async def make_file(
    engine: AsyncEngine, keyring: KeyRing, actor: Actor, out: Path, now: datetime, *, execution_on: date | None = None
) -> Batch:
    """Put every approved transfer into one new file at `out`, or go on with the batch that was begun before.

    Raises Invalid when nothing waits, when the file exists already or when it would not be valid; the batch stays and
    the next call goes on with it.
    """
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    await finish(engine, actor, now)
    batch = await _unfinished(engine, keyring, actor, now, execution_on)
    if batch.state == "open":
        await _collect(engine, actor, batch, now)
        batch = await _close(engine, actor, batch)
    digest = await _write(engine, keyring, actor.operator_id, batch, out)
    await _record(engine, actor, batch, digest, now)
    return await find_batch(engine, actor.operator_id, batch.id)


async def make_again(engine: AsyncEngine, keyring: KeyRing, actor: Actor, batch_id: UUID, out: Path) -> Batch:
    """Write the file of a batch once more: the bytes that it had before, or BooksBroken."""
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    batch = await find_batch(engine, actor.operator_id, batch_id)
    if batch.digest is None:
        raise Conflict(f"{batch.ref} is not written yet: make the file", code="batch_state")
    if await _write(engine, keyring, actor.operator_id, batch, out) != batch.digest:
        raise BooksBroken(f"{batch.ref}: the file is another one than before; do not send it")
    return batch


async def fetch_file(
    engine: AsyncEngine, keyring: KeyRing, actor: Actor, batch_id: UUID, out: Path, now: datetime, *, words: str = ""
) -> Batch:
    """The file of a written batch for whoever takes it to the bank: once, and again only for a reason in `words`.

    That it was taken is written down first. Raises Conflict for a file that was taken before, as `make_again` else.
    """
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    said = words.strip()
    if len(said) > _WORDS_MAX or mask_text(said) != said:
        raise Invalid(f"words: expected at most {_WORDS_MAX} characters and no card number", code="bad_words")
    batch = await find_batch(engine, actor.operator_id, batch_id)
    if batch.digest is None:
        raise Conflict(f"{batch.ref} is not written yet: make the file", code="batch_state")
    async with transaction(engine, actor.operator_id) as connection:
        first = await connection.exec_driver_sql(_FETCHED, (actor.operator_id, batch_id, actor.name, now))
        if not first.rowcount and not said:
            raise Conflict(f"{batch.ref} was taken before, by {batch.fetched_by}: say why again", code="fetched_before")
        detail = {"sha256": batch.digest.hex()} | ({"words": said} if said else {})
        await audit_log.record(connection, actor, "payouts.file_fetched", batch.ref, detail, now)
    return await make_again(engine, keyring, actor, batch_id, out)


async def find_batch(engine: AsyncEngine, operator_id: UUID, batch_id: UUID) -> Batch:
    """A batch of the operator, or NotFound."""
    async with transaction(engine, operator_id) as connection:
        return await read_batch(connection, operator_id, batch_id)


async def read_batch(connection: AsyncConnection, operator_id: UUID, batch_id: UUID) -> Batch:
    """The same in the caller's transaction."""
    rows = await fetch(connection, _ONE, (operator_id, batch_id))
    if not rows:
        raise NotFound(f"there is no batch {show('bat', batch_id)}", code="unknown_batch")
    return Batch(*rows[0])


async def _unfinished(
    engine: AsyncEngine, keyring: KeyRing, actor: Actor, now: datetime, execution_on: date | None
) -> Batch:
    operator_id = actor.operator_id
    async with transaction(engine, operator_id) as connection:
        rows = await fetch(connection, _UNFINISHED, (operator_id,))
        if not rows:
            paid_with = await opening.credentials(connection, operator_id, keyring.master)
            if RailName.SEPA not in paid_with:
                raise Invalid("sepa is not opened: say who pays, and from which account", code="rail_not_opened")
            programme = await load_programme(connection, operator_id)
            today = now.astimezone(programme.zone).date()
            day = business_day_from(max(execution_on or today, today))
            batch_id = uuid7(now)
            debtor = msgspec.json.encode(paid_with[RailName.SEPA])
            sealed = keyring.master.seal(debtor, _place(operator_id, batch_id))
            await connection.exec_driver_sql(_OPEN, (operator_id, batch_id, actor.name, now, day, sealed))
            rows = await fetch(connection, _UNFINISHED, (operator_id,))
        return Batch(*rows[0])


async def _collect(engine: AsyncEngine, actor: Actor, batch: Batch, now: datetime) -> None:
    """Move approved transfers into the batch; what the rules have come to forbid is stopped instead."""
    operator_id, collected = actor.operator_id, 0
    while collected < PAYMENTS_MAX:
        async with transaction(engine, operator_id, sets=True) as connection:
            await lock_revision_shared(connection, operator_id)
            if await _lock(connection, operator_id, batch) != "open":
                return
            found = await storage.lock_to_file(connection, operator_id, RailName.SEPA, CHUNK)
            if not found:
                return
            programme = await load_programme(connection, operator_id)
            policy = await load_policy(connection, operator_id)
            scene = await set_scene(connection, programme, policy, found, now)
            steps = []
            for each in found:
                verdict = judge(scene, each, now)
                if verdict.state is State.APPROVED:
                    sent = {"batch_id": batch.id, "attempt": 1, "first_sent_at": now}
                    steps.append(to(each, State.SENDING, **sent))  # type: ignore[arg-type]
                else:
                    steps.append(to(each, verdict.state, reason=verdict.reason, next_at=verdict.again_at))
            await move(connection, actor, steps, now)
            collected += len(found)


async def _close(engine: AsyncEngine, actor: Actor, batch: Batch) -> Batch:
    operator_id = actor.operator_id
    async with transaction(engine, operator_id) as connection:
        state = await _lock(connection, operator_id, batch)
        if state == "open" and not await fetch(connection, _CLOSE, (operator_id, batch.id)):
            await connection.exec_driver_sql(_FORGET, (operator_id, batch.id))
            state = "gone"
    if state == "gone":
        raise Invalid("no transfer waits to be sent", code="nothing_to_send")
    return await find_batch(engine, operator_id, batch.id)


async def _write(engine: AsyncEngine, keyring: KeyRing, operator_id: UUID, batch: Batch, out: Path) -> bytes:
    """Write the whole file; answers its SHA-256. It is made in a thread: 100,000 payments take seconds."""
    sealed = keyring.master.open(batch.sealed_debtor, _place(operator_id, batch.id))
    told = msgspec.json.decode(sealed, type=dict[str, str])
    debtor = Debtor(told["name"], told["iban"], told.get("bic"))
    payments = await _payments(engine, keyring, operator_id, batch)
    return await asyncio.to_thread(_write_file, batch, debtor, payments, out)


def _write_file(batch: Batch, debtor: Debtor, payments: list[Payment], out: Path) -> bytes:
    """Beside its place first, moved there when it is complete and on the disk."""
    if out.exists():
        raise Invalid(f"{out} exists already: a file for a bank is never written over", code="file_exists")
    unfinished = out.with_name(f".{out.name}.{batch.file_id}")
    hashed = hashlib.sha256()
    try:
        with unfinished.open("wb") as file:
            for chunk in write(batch.file_id, batch.made_at, debtor, batch.execution_on, payments):
                hashed.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(out)
    except NotWritable as refused:
        raise Invalid("\n".join(refused.problems), code="not_writable") from None
    except OSError as error:
        raise Invalid(f"{out} cannot be written: {error.strerror}", code="file_not_written") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return hashed.digest()


async def _payments(engine: AsyncEngine, keyring: KeyRing, operator_id: UUID, batch: Batch) -> list[Payment]:
    payments: list[Payment] = []
    after = _NONE
    while True:
        async with transaction(engine, operator_id, sets=True) as connection:
            page = await storage.of_batch(connection, operator_id, batch.id, after, CHUNK)
            ids = [each.account_id for each in page if each.account_id is not None]
            told = await accounts.opened(connection, operator_id, keyring.master, ids)
        if not page:
            break
        payments += [_payment(each, told) for each in page]
        after = page[-1].id
    if (len(payments), sum(each.amount_minor for each in payments)) != (batch.payments, batch.total):
        raise BooksBroken(f"{batch.ref}: it holds other payments than when it was closed")
    return payments


def _payment(payout: Payout, told: dict[UUID, dict[str, str]]) -> Payment:
    account = told.get(payout.account_id) if payout.account_id is not None else None
    if account is None:
        raise BooksBroken(f"payout {payout.ref}: its account is gone although it is on its way")
    return Payment(
        end_to_end=payout.id.hex,
        name=account["holder"],
        iban=account["iban"],
        amount_minor=payout.amount,
        currency="EUR",
        remittance=payout.ref,
    )


async def _record(engine: AsyncEngine, actor: Actor, batch: Batch, digest: bytes, now: datetime) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        await _lock(connection, actor.operator_id, batch)
        await connection.exec_driver_sql(_WRITTEN, (actor.operator_id, batch.id, digest))
        detail = {"payments": batch.payments, "total_minor": str(batch.total), "sha256": digest.hex()}
        await audit_log.record(connection, actor, "payouts.file_made", batch.ref, detail, now)
    await _mark_sent(engine, actor, batch.id, now)


async def finish(engine: AsyncEngine, actor: Actor, now: datetime) -> None:
    """Finish a batch whose file was written by a process that died before it had said so of every payout."""
    async with transaction(engine, actor.operator_id) as connection:
        left = await fetch(connection, _LEFT, (actor.operator_id,))
    for (batch_id,) in left:
        await _mark_sent(engine, actor, batch_id, now)


async def _mark_sent(engine: AsyncEngine, actor: Actor, batch_id: UUID, now: datetime) -> None:
    operator_id = actor.operator_id
    while True:
        async with transaction(engine, operator_id, sets=True) as connection:
            page = await storage.of_batch(connection, operator_id, batch_id, _NONE, CHUNK, State.SENDING)
            if not page:
                return
            held = await storage.locked(connection, operator_id, page)
            await move(connection, actor, [to(each, State.SENT) for each in held if each.state is State.SENDING], now)


async def _lock(connection: AsyncConnection, operator_id: UUID, batch: Batch) -> str:
    """The batch's state under its lock: one process works on it at a time, another one waits and finds it further."""
    rows = await fetch(connection, _LOCK, (operator_id, batch.id))
    return str(rows[0][0]) if rows else "gone"


async def listed(connection: AsyncConnection, operator_id: UUID, limit: int) -> list[Batch]:
    """Batches, newest first."""
    return [Batch(*row) for row in await fetch(connection, _LISTED, (operator_id, limit))]


def _place(operator_id: UUID, batch_id: UUID) -> bytes:
    return context(operator_id.bytes, b"payout_batches", b"debtor", batch_id.bytes)
