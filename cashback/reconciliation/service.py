"""The only way to what banks told: import a file, list the differences, say of one why it is as it is."""

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import uuid7
from cashback.iso20022.bank_statement import read_bank_statement
from cashback.iso20022.errors import FileRefused
from cashback.iso20022.status_report import TransferStatus, read_status_report
from cashback.iso20022.xml_stream import FILE_MAX_BYTES
from cashback.programmes import audit_log
from cashback.programmes.service import load_programme
from cashback.reconciliation import storage
from cashback.reconciliation.expected import all_expected
from cashback.reconciliation.matching import match
from cashback.reconciliation.movements import STRIPE, Movement, of_entry, one_telling, own_transfers
from cashback.reconciliation.schemas import AGREED, Finding, How, Line, Reconciled
from cashback.reconciliation.storage import Note, StoredFile
from cashback.reconciliation.stripe_balance import read_stripe_balance
from issuers.card_numbers import mask_text

MARGIN = timedelta(days=31)
"""So much earlier than the day that is asked for is looked at, so that both ends of a movement are seen."""
HORIZON = timedelta(days=400)
"""So much earlier what has a reference is looked at: an invoice may be paid late, and in parts."""
WORDS_MAX = 500
_REPORT, _STATUS_REPORT = b"CstmrPmtStsRpt", "pain.002"
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that is in order, and nothing of it kept yet."""

    name: str
    sha256: bytes
    source: str
    movements: tuple[Movement, ...]
    statuses: tuple[TransferStatus, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import."""

    new: int
    """Movements that no file had told before."""
    known: int
    statuses: int
    earlier: datetime | None = None
    """When the very same file was imported; then nothing was done."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A result that somebody has to look at, and what was said of it."""

    line: Line
    note: Note | None = None

    @property
    def subject(self) -> str:
        """Names it: what our books call it, else what the bank does."""
        return subject_of(self.line)


@dataclass(frozen=True, slots=True)
class Differences:
    """What is to be looked at since a day, and what agrees."""

    open: tuple[Difference, ...]
    explained: tuple[Difference, ...]
    counts: Counter[str]
    """Results by finding, those that agree included."""
    guessed: tuple[Line, ...]
    """What agrees by its amount and its days alone: a person may want to look."""


def read(operator_id: UUID, name: str, data: bytes) -> ReadFile:
    """What a file tells: a statement, a notification, a status report, or Stripe's balance; Invalid for what is none.

    Nothing is written. A file that breaks off or does not agree with itself is refused as a whole, with the line.
    """
    if len(data) > FILE_MAX_BYTES:
        raise Invalid(f"{name}: expected at most {FILE_MAX_BYTES} bytes, got {len(data)}", code="too_large")
    statuses: list[TransferStatus] = []
    movements: list[Movement] = []
    try:
        if not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            movements, source = read_stripe_balance(operator_id, data), STRIPE
        elif _REPORT in data[:_HEAD_BYTES]:
            statuses, source = list(read_status_report(data)), _STATUS_REPORT
        else:
            movements = [of_entry(operator_id, each) for each in read_bank_statement(BytesIO(data))]
            source = movements[0].source if movements else "camt.053"
    except FileRefused as refused:
        raise Invalid(
            "\n".join((f"{name}: the file was refused as a whole", *refused.problems)), code="bad_file"
        ) from None
    return ReadFile(name, hashlib.sha256(data).digest(), source, tuple(movements), tuple(statuses))


async def import_file(connection: AsyncConnection, actor: Actor, file: ReadFile, now: datetime) -> Imported:
    """Keep what a file tells, once. Conflict if an earlier file told one of its movements otherwise."""
    _require(actor)
    days = [one.booked_on for one in file.movements if one.booked_on is not None]
    stored = StoredFile(
        id=uuid7(now),
        source=file.source,
        name=mask_text(file.name)[:200],
        movements=len(file.movements),
        statuses=len(file.statuses),
        first_on=min(days, default=None),
        last_on=max(days, default=None),
        imported_by=actor.name,
        imported_at=now,
    )
    if not await storage.put_file(connection, actor.operator_id, stored, file.sha256):
        earlier = await storage.imported_at(connection, actor.operator_id, file.sha256)
        return Imported(0, len(file.movements), len(file.statuses), earlier)
    otherwise = await storage.told_otherwise(connection, actor.operator_id, file.movements)
    if otherwise is not None:
        source, statement, entry, part, other = otherwise
        raise Conflict(
            f"{file.name}: {source} {statement}, entry {entry}.{part}: {other} told it otherwise, ask the bank",
            code="told_otherwise",
        )
    new = await storage.put_movements(connection, actor.operator_id, stored.id, file.movements)
    await storage.put_statuses(connection, actor.operator_id, stored.id, file.statuses, now)
    detail = {"sha256": file.sha256.hex(), "source": file.source, "new": new, "statuses": len(file.statuses)}
    await audit_log.record(connection, actor, "bank.imported", f"bank_file:{stored.id.hex}", detail, now)
    return Imported(new, len(file.movements) - new, len(file.statuses))


async def files(connection: AsyncConnection, actor: Actor) -> list[StoredFile]:
    """The files that were imported, the newest first."""
    _require(actor)
    return await storage.files(connection, actor.operator_id)


async def reconcile(connection: AsyncConnection, operator_id: UUID, since: date, now: datetime) -> Reconciled:
    """Our books beside the banks' from a day on; what is due after today only waits."""
    programme = await load_programme(connection, operator_id)
    first = since - MARGIN
    movements = await storage.movements_since(connection, operator_id, first, since - HORIZON)
    begin = datetime.combine(first, time(0), programme.zone)
    expected = await all_expected(connection, programme, begin, begin - HORIZON)
    told = await storage.rejections(connection, operator_id, begin)
    whole = {name: each.reason for each in told if each.level == "group" for name in (each.order_ref,)}
    whole |= {each.batch_ref: each.reason for each in told if each.level == "batch" and each.batch_ref is not None}
    single = {each.end_to_end: each.reason for each in told if each.end_to_end is not None}
    ours = [
        replace(one, rejected=single.get(one.end_to_end or "") or whole.get(one.group or ""))
        for one in (*expected, *own_transfers(movements))
    ]
    today = now.astimezone(programme.zone).date()
    return match(ours, one_telling(movements), as_of=today)


async def differences(connection: AsyncConnection, actor: Actor, since: date, now: datetime) -> Differences:
    """What differs from a day on, to the cent; what a person has explained stands apart."""
    _require(actor)
    reconciled = await reconcile(connection, actor.operator_id, since, now)
    lines = [line for line in reconciled.lines if line.on is None or line.on >= since]
    told = await storage.notes(connection, actor.operator_id)
    found = [Difference(line, _note_of(line, told)) for line in lines if line.finding not in AGREED]
    return Differences(
        tuple(each for each in found if each.note is None),
        tuple(each for each in found if each.note is not None),
        Counter(line.finding.value for line in lines),
        tuple(line for line in lines if line.finding is Finding.MATCHED and line.how is How.AMOUNT),
    )


async def explain(
    connection: AsyncConnection, actor: Actor, subject: str, words: str, since: date, now: datetime
) -> Difference:
    """Say why a difference is as it is: it is no longer open, as long as it stays the same to the cent."""
    _require(actor)
    if not words.strip() or len(words) > WORDS_MAX:
        raise Invalid(f"an explanation has 1 to {WORDS_MAX} characters")
    found = await differences(connection, actor, since, now)
    named = [each for each in (*found.open, *found.explained) if each.subject == subject]
    if not named:
        raise NotFound(f"there is no difference {subject[:120]!r} since {since}", code="unknown_difference")
    line = named[0].line
    note = Note(
        subject, line.finding.value, line.difference_minor, line.currency, mask_text(words.strip()), actor.name, now
    )
    await storage.put_note(connection, actor.operator_id, uuid7(now), note)
    detail = {"finding": note.finding, "difference_minor": note.difference_minor, "currency": note.currency}
    await audit_log.record(connection, actor, "bank.explained", subject, detail, now)
    return replace(named[0], note=note)


def subject_of(line: Line) -> str:
    """Names a result: of ours `payout:…` or `invoice:…`, else the bank's place of it."""
    if line.kind is not None and line.refs:
        return f"{line.kind.value}:{'+'.join(dict.fromkeys(line.refs))}"
    return "+".join(line.booked)


def _note_of(line: Line, told: dict[str, Note]) -> Note | None:
    note = told.get(subject_of(line))
    if note is None:
        return None
    same = (note.finding, note.difference_minor, note.currency)
    return note if same == (line.finding.value, line.difference_minor, line.currency) else None


def _require(actor: Actor) -> None:
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
