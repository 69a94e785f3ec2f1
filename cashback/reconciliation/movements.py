"""Movements as they are kept, and one telling of each: a notification's details in the place of a statement's total.

Pure. A bank tells one movement up to three times: announced by a notification, in the statement as one line of an
order, and in another notification with its payments. A statement is the account's own truth; a notification adds the
payments of a line that names none, and counts by itself only for days that no statement covers yet.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from cashback.iso20022.entries import Direction, Entry, Source, State
from cashback.reconciliation.schemas import Booked, Expected, Kind

STRIPE = "stripe"
"""The source of what Stripe's balance tells; a bank's sources are the names of its messages."""
REFERENCES_MAX = 20
"""Of one movement."""

_LOOKS_LIKE_OURS = re.compile(
    r"(?<![A-Za-z0-9])(?:RF[0-9]{2}[A-Z0-9]{1,21}|[0-9a-f]{32}|(?:po|tr|trr|py|pyr)_[A-Za-z0-9]{4,40})(?![A-Za-z0-9])"
    r"|(?:\bCN[ \-/]?)?(?<![0-9])20[0-9]{2}[ \-/]?[0-9]{6}(?![0-9])"
)
"""Creditor references, invoice numbers, ids of ours and Stripe's. Nothing else of what a payer wrote is kept."""
_OURS = re.compile(r"[0-9A-Fa-f]{32}")
"""An id of ours as it stands in a file of transfers, whatever case a bank gives it."""
_OWN, _OWN_FAILED = ("payout", "topup"), ("payout_failure", "payout_cancel", "topup_reversal")
OWN_TRANSFER_DAYS = timedelta(days=7)
"""From Stripe's balance until it must be at the bank."""
_OPPOSITE = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}
_CHARGES = (".CHRG", ".COMM", ".COMT", ".FEES", ".COME", ".COMI", ".INTR")
"""Sub-families of the bank transaction codes: charges, commissions, fees, interest."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement as a file told it. Amounts are minor units above or at zero."""

    source: str
    account: str
    """A digest of the account's number: the same account has the same."""
    last_four: str
    statement: str
    entry: int
    part: int
    direction: Direction
    amount_minor: int
    currency: str
    booked: bool
    """Pending and announced movements are kept and not compared."""
    booked_on: date | None
    value_on: date | None
    code: str | None
    bank_ref: str | None
    end_to_end: str | None
    batch_ref: str | None
    return_reason: str | None
    charge: bool
    references: tuple[str, ...]

    @property
    def ref(self) -> str:
        """Its place, as people find it again at the bank."""
        return f"{self.source}/{self.last_four}/{self.statement}/{self.entry}.{self.part}"


def of_entry(operator_id: UUID, entry: Entry) -> Movement:
    """What is kept of a bank's entry: nothing of what the payer wrote but what looks like a reference."""
    texts = [*entry.remittance, *([] if entry.creditor_reference is None else [entry.creditor_reference])]
    return Movement(
        source=entry.source.value,
        account=account_digest(operator_id, entry.account),
        last_four=entry.account[-4:],
        statement=entry.statement,
        entry=entry.entry,
        part=entry.part,
        direction=entry.direction,
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        booked=entry.state is State.BOOKED,
        booked_on=entry.booked_on or entry.value_on,
        value_on=entry.value_on,
        code=entry.code,
        bank_ref=entry.bank_ref,
        end_to_end=_kept(operator_id, entry.end_to_end),
        batch_ref=_kept(operator_id, entry.batch_ref or entry.message_ref),
        return_reason=entry.return_reason,
        charge=entry.rest or (entry.code or "").endswith(_CHARGES),
        references=references_in(" ".join(texts)),
    )


def _kept(operator_id: UUID, name: str | None) -> str | None:
    """A name that we may have given as it is; another one, which others chose and may be a person's, digested."""
    if name is None or _OURS.fullmatch(name):
        return name
    return f"other:{account_digest(operator_id, name)}"


def account_digest(operator_id: UUID, account: str) -> str:
    """Names an account of an operator, or another text, without telling it."""
    return hashlib.sha256(operator_id.bytes + account.encode()).hexdigest()[:16]


def references_in(text: str) -> tuple[str, ...]:
    """What looks like a reference, each once."""
    return tuple(dict.fromkeys(found[0] for found in _LOOKS_LIKE_OURS.finditer(text)))[:REFERENCES_MAX]


def one_telling(movements: Iterable[Movement]) -> list[Booked]:
    """Each movement once, whoever told it."""
    told = [one for one in movements if one.booked and one.booked_on is not None and one.amount_minor]
    final = [one for one in told if one.source != Source.NOTIFICATION]
    covered: dict[str, date] = {}
    for one in final:
        if one.booked_on is not None:
            covered[one.account] = max(covered.get(one.account, one.booked_on), one.booked_on)
    details: defaultdict[tuple[str, str, str], list[Movement]] = defaultdict(list)
    early = []
    for one in told:
        if one.source != Source.NOTIFICATION or one.booked_on is None:
            continue
        if one.account not in covered or one.booked_on > covered[one.account]:
            early.append(one)
        for name in {one.bank_ref, one.batch_ref} - {None}:
            details[one.account, one.currency, str(name)].append(one)
    payouts = {one.bank_ref: one.end_to_end for one in final if one.source == STRIPE and one.end_to_end is not None}
    return _named_apart([_booked(one, payouts) for one in (*_detailed(final, details), *_once(early))])


def _named_apart(found: Sequence[Booked]) -> list[Booked]:
    """Two accounts that end alike may have statements of one name: what is told second bears a number."""
    seen: Counter[str] = Counter()
    named = []
    for one in found:
        seen[one.ref] += 1
        named.append(one if seen[one.ref] == 1 else replace(one, ref=f"{one.ref}~{seen[one.ref]}"))
    return named


def _detailed(final: Sequence[Movement], details: dict[tuple[str, str, str], list[Movement]]) -> Iterator[Movement]:
    for one in final:
        found: list[Movement] = []
        for name in (one.bank_ref, one.batch_ref):
            if one.part or name is None or found:
                continue
            told = list(_once(details.get((one.account, one.currency, name), [])))
            if any(each.part for each in told) and sum(map(_signed, told)) == _signed(one):
                found = told
        yield from found or (one,)


def _once(movements: Sequence[Movement]) -> Iterator[Movement]:
    """Of notifications that tell the same once more, as banks do hourly and then daily, the first."""
    first: dict[tuple[object, ...], str] = {}
    for one in sorted(movements, key=lambda each: (each.statement, each.entry, each.part)):
        key = (one.account, one.direction, one.amount_minor, one.currency, one.booked_on, one.end_to_end, one.bank_ref)
        unnamed = one.end_to_end is None and one.bank_ref is None
        if unnamed or first.setdefault(key, one.statement) == one.statement:
            yield one


def own_transfers(movements: Iterable[Movement]) -> list[Expected]:
    """What Stripe paid out to the operator's bank or took in from there: each is expected at both ends."""
    moved = [one for one in movements if one.source == STRIPE and one.booked_on is not None and one.end_to_end]
    first = {one.end_to_end: one for one in reversed(moved) if one.code in _OWN}
    failed = {one.end_to_end for one in moved if one.code in _OWN_FAILED}
    return [
        Expected(
            kind=Kind.OWN_TRANSFER,
            ref=f"{one.end_to_end}:{end}",
            amount_minor=one.amount_minor,
            currency=one.currency,
            direction=one.direction if end == STRIPE else _OPPOSITE[one.direction],
            due_on=one.booked_on + OWN_TRANSFER_DAYS,
            end_to_end=one.end_to_end if end == STRIPE else None,
            references=() if end == STRIPE else (one.end_to_end,),
            returned=one.end_to_end in failed,
        )
        for one in first.values()
        if one.booked_on is not None and one.end_to_end is not None
        for end in (STRIPE, "bank")
    ]


def _signed(one: Movement) -> int:
    return one.amount_minor if one.direction is Direction.IN else -one.amount_minor


def _booked(one: Movement, payouts: Mapping[str | None, str | None]) -> Booked:
    """Stripe names a reversal by its transfer alone: the transfer says which payout it was of."""
    assert one.booked_on is not None
    unnamed = one.source == STRIPE and one.end_to_end is None and not one.charge
    transfer = payouts.get(one.bank_ref) if unnamed else None
    return Booked(
        ref=one.ref,
        amount_minor=one.amount_minor,
        currency=one.currency,
        direction=one.direction,
        booked_on=one.booked_on,
        end_to_end=one.end_to_end or transfer,
        group=one.batch_ref,
        references=one.references,
        return_reason=one.return_reason,
        charge=one.charge,
    )
