"""Values of reconciliation: what our books expect at a bank, what the bank booked, and what came of comparing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from cashback.iso20022.entries import Direction


class Kind(StrEnum):
    """Why our books expect a movement."""

    PAYOUT = "payout"
    """To a shopper."""
    INVOICE = "invoice"
    """Of a funder, who pays it."""
    PAYMENT = "payment"
    """Of a funder, recorded by a person."""
    OWN_TRANSFER = "own_transfer"
    """Between two accounts of the operator: each of its ends is expected."""


class Finding(StrEnum):
    """What came of comparing."""

    MATCHED = "matched"
    """Both tell the same."""
    WAITING = "waiting"
    """Not at the bank, and not due yet."""
    MISSING = "missing"
    """Not at the bank although it is due."""
    UNKNOWN = "unknown"
    """At the bank, and nothing of ours expects it."""
    AMOUNT = "amount"
    """At the bank with another amount."""
    RETURNED = "returned"
    """The bank gave it back, and our books do not know."""
    NOT_RETURNED = "not_returned"
    """Our books say that it came back, and the bank does not."""
    TWICE = "twice"
    """At the bank more often than once."""
    UNRECORDED = "unrecorded"
    """At the bank as expected, and our books have not recorded it."""
    REJECTED = "rejected"
    """Not at the bank because it refused to carry it out, and our books do not know."""
    CHARGE = "charge"
    """What the bank took for itself."""


AGREED = frozenset({Finding.MATCHED, Finding.WAITING})
"""Nothing to look at."""


class How(StrEnum):
    """By what the two were found to be one."""

    END_TO_END = "end_to_end"
    BATCH = "batch"
    REFERENCE = "reference"
    AMOUNT = "amount"
    """By amount and days alone: one of either was left, and nothing else fits."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One movement that our books expect at a bank."""

    kind: Kind
    ref: str
    """Ours, as people see it; unique within its kind."""
    amount_minor: int
    """Above zero."""
    currency: str
    """ISO 4217."""
    direction: Direction
    due_on: date
    """After this day its absence is a difference."""
    end_to_end: str | None = None
    """What we gave it to be told by."""
    group: str | None = None
    """The order that it is part of: the bank may book that as one."""
    references: tuple[str, ...] = ()
    """Other texts that name it: an invoice's number, a creditor reference."""
    recorded: bool = True
    """Our books have it as done."""
    returned: bool = False
    """Our books have it as come back, or as refused after it was sent: nothing has moved in the end."""
    rejected: str | None = None
    """The bank's code when it said that it will not carry it out."""


@dataclass(frozen=True, slots=True)
class Booked:
    """One movement that a bank booked."""

    ref: str
    """Unique: file, entry and part."""
    amount_minor: int
    currency: str
    direction: Direction
    booked_on: date
    end_to_end: str | None = None
    group: str | None = None
    references: tuple[str, ...] = ()
    """Texts in it that look like references; may be wrong."""
    return_reason: str | None = None
    charge: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One result. Amounts are signed, out of the account below zero, in minor units of the currency."""

    finding: Finding
    currency: str
    ours_minor: int
    """What our books say that it moved in the end."""
    bank_minor: int
    kind: Kind | None = None
    refs: tuple[str, ...] = ()
    """Of ours."""
    booked: tuple[str, ...] = ()
    """Of the bank's."""
    on: date | None = None
    """The first day of what was booked, else the day it is due."""
    how: How | None = None
    reason: str | None = None
    """The bank's code, of what came back or was refused."""

    @property
    def difference_minor(self) -> int:
        """What the bank moved beyond what our books say: into the account above zero."""
        return self.bank_minor - self.ours_minor


@dataclass(frozen=True)
class Reconciled:
    """All results; each expected and each booked movement stands in one of them, and no cent in two."""

    lines: tuple[Line, ...] = field(repr=False)

    @cached_property
    def differences(self) -> tuple[Line, ...]:
        """What somebody has to look at."""
        return tuple(line for line in self.lines if line.finding not in AGREED)

    @property
    def counts(self) -> Mapping[Finding, int]:
        """How many results of each finding."""
        return Counter(line.finding for line in self.lines)
