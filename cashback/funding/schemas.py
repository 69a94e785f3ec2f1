"""A funder, what it has paid in, and what is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Mode(StrEnum):
    """When a funder pays."""

    PREPAID = "prepaid"
    """Before: rewards draw on what it paid in, and stop being promised when that is used up."""
    POSTPAID = "postpaid"
    """After: it is invoiced."""


class Payment(StrEnum):
    """Why money of a funder arrives."""

    TOP_UP = "top_up"
    """Paid in before rewards draw on it."""
    INVOICE = "invoice_paid"
    """What it was invoiced."""
    PAID_BACK = "paid_back"
    """The operator returned what was left: money goes the other way."""


@dataclass(frozen=True, slots=True)
class Funder:
    """Who pays, and how it stands on an invoice. Without a row of its own a funder is postpaid and has no address."""

    account: str
    """Of the ledger: `funder:operator`, `funder:shop:<id in hex>`, `funder:brand:<name>`."""
    name: str
    mode: Mode = Mode.POSTPAID
    language: str = "fr"
    address: tuple[str, ...] = ()
    country: str = "FR"
    """ISO 3166-1 alpha-2."""
    registration: str | None = None
    vat_number: str | None = None
    vat_bps: int = 2_000
    """Value added tax on the operator's commission, basis points."""
    payment_days: int = 30
    alert_minor: int = 0
    """Of what was paid in, minor units of the programme's currency: less than this is told."""
    low_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One funder and its money."""

    funder: Funder
    balances: Mapping[str, int] = field(default_factory=dict)
    """By asset: what it paid in less what it funded; below zero it owes."""
    worth_minor: int = 0
    """The same in minor units of the programme's currency: points at what they become, what becomes nothing at 0."""
    paused_since: datetime | None = None
    paused_why: str | None = None
    """`empty`, or the words of a person."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a look at the funders has to change, by account."""

    low: frozenset[str]
    """Who has little left now."""
    marked: bool
    """Whether that differs from who is marked so."""
    stop: frozenset[str]
    resume: frozenset[str]

    def __bool__(self) -> bool:
        return self.marked or bool(self.stop) or bool(self.resume)
