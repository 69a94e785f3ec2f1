"""One movement of a bank account, as a statement or a notification tells it: the values that reading one gives."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Source(StrEnum):
    """What told it."""

    STATEMENT = "camt.053"
    """The account's statement: what is booked stands."""
    NOTIFICATION = "camt.054"
    """A notification of some movements; the statement tells them again."""


class Direction(StrEnum):
    """Seen from the account's owner."""

    IN = "in"
    OUT = "out"


class State(StrEnum):
    """How sure the movement is."""

    BOOKED = "booked"
    PENDING = "pending"
    INFORMATION = "information"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Charge:
    """What the bank took for the movement, or gave back."""

    amount_minor: int
    currency: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement at the finest level the bank tells: a transaction, or an entry that names none.

    An entry with several transactions gives one of these for each, and where they do not add up to it one more, the
    *rest* (charges, as a rule). So the entries of a statement always sum up to what the account moved.
    """

    line: int
    """Of the file, from 1; some files are one line."""
    source: Source
    statement: str
    """The bank's id of the statement or the notification."""
    account: str = field(repr=False)
    """IBAN or other number of the account itself."""
    entry: int
    """Number of the entry in its statement, from 1."""
    part: int
    """Number of the transaction in the entry, from 1; 0: the entry as a whole."""
    direction: Direction
    amount_minor: int
    currency: str
    state: State
    booked_on: date | None
    value_on: date | None
    reversal: bool
    """An entry that takes back an earlier one."""
    code: str | None
    """Domain, family and sub-family (`PMNT.ICDT.ESCT`), else the bank's own code."""
    bank_ref: str | None = None
    """The servicing bank's reference."""
    end_to_end: str | None = None
    message_ref: str | None = None
    """`MsgId` of the file that ordered it."""
    batch_ref: str | None = None
    """`PmtInfId` of the batch that ordered it."""
    batch_count: int | None = None
    """Of an entry that is a batch."""
    return_reason: str | None = None
    """Code of why it came back; `RETURNED` when the bank says that it did and not why."""
    charges: tuple[Charge, ...] = ()
    remittance: tuple[str, ...] = field(default=(), repr=False)
    """Words of whoever paid; may hold personal data."""
    creditor_reference: str | None = None
    rest: bool = False
    """What an entry holds beyond its transactions."""


RETURNED = "RETURNED"
