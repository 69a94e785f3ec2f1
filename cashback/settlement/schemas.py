"""What a settlement is made of: movements of one funder, the lines they become, the totals, the invoice.

Amounts are signed integers: positive is what the funder owes, negative what it is given back or has paid. Values are
minor units of the programme's currency, units are those of the line's asset.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from cashback.ids import show


class LineKind(StrEnum):
    """What a line of a statement is about."""

    REWARD = "reward"
    """Rewards that the funder pays for."""
    CLAWBACK = "clawback"
    """Rewards taken back from shoppers, of this period or of an earlier one."""
    COMMISSION = "commission"
    """The operator's commission on what the funder paid for, without tax."""
    VAT = "vat"
    """Tax on the commission."""
    PAYMENT = "payment"
    """Money that moved between the funder and the operator's bank account."""
    TRANSFER = "transfer"
    """Money that moved between funders: units that one issued and the other redeems."""


INVOICED = (LineKind.REWARD, LineKind.CLAWBACK, LineKind.COMMISSION, LineKind.VAT)
"""Kinds that an invoice asks for; the others only move the balance."""


class InvoiceKind(StrEnum):
    """Which of the two documents: each counts its numbers for itself."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class Group:
    """Movements of one funder that belong on one line."""

    kind: LineKind
    reason: str
    """Why the ledger says that it moved: `earned`, `clawed_back`, `converted`, `goodwill` …"""
    asset: str
    units: int
    transfers: int
    late: int = 0
    """How many of the transfers were posted before the period began and in no earlier settlement."""
    offer_id: UUID | None = None
    shop_id: UUID | None = None
    commission_bps: int = 0
    origin: UUID | None = None
    """The earlier settlement that these movements correct; None: they are of their own period."""


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier settlements hold of one offer of one origin, so that a correction ends where one rounding would."""

    units: int = 0
    value_minor: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is frozen."""

    number: int
    kind: LineKind
    reason: str
    asset: str
    units: int
    value_minor: int
    transfers: int = 0
    late: int = 0
    offer_id: UUID | None = None
    offer: str | None = None
    """What the offer was called when the line was frozen."""
    shop_id: UUID | None = None
    shop: str | None = None
    rate_bps: int = 0
    """Of a commission or a tax; of a reward, the commission that it bears."""
    vat_bps: int = 0
    """The tax that this line bears; 0 of everything but commission."""
    base_minor: int = 0
    """What a commission or a tax was reckoned on."""
    origin: UUID | None = None
    origin_name: str | None = None
    """The period of that settlement."""
    valued: bool = True
    """False: counted in its asset, and without value in the programme's currency."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of the lines, in minor units of the programme's currency."""

    rewards_minor: int = 0
    """Rewards less clawbacks, outside the scope of VAT."""
    commission_minor: int = 0
    vat_minor: int = 0
    units_minor: int = 0
    """The part of the rewards that is the value of units, not money that left the funder's account by itself."""
    payments_minor: int = 0
    """Signed like everything: negative is what the funder has paid in."""
    moved_minor: int = 0
    """Between funders."""

    @property
    def gross_minor(self) -> int:
        """What an invoice asks for; negative: what a credit note gives back."""
        return self.rewards_minor + self.commission_minor + self.vat_minor

    @property
    def balance_minor(self) -> int:
        """By how much the funder owes more at the end than at the beginning."""
        return self.gross_minor + self.payments_minor + self.moved_minor


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open interval of instants, and how it is written."""

    name: str
    """`2026-11`, or `2026-11-01..2026-11-15` with the last day included."""
    since: datetime
    until: datetime
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Party:
    """Buyer or seller as an invoice names them, frozen with it."""

    name: str
    address: tuple[str, ...]
    country: str
    registration: str | None = None
    vat_number: str | None = None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read back from JSON."""
        return cls(**{**stored, "address": tuple(stored["address"])})


@dataclass(frozen=True, slots=True)
class Seller(Party):
    """The operator with everything that the law wants on its invoices."""

    legal_form: str | None = None
    """`SAS au capital de 100 000 €`."""
    registered_at: str | None = None
    """`RCS Lyon 123 456 782`."""
    email: str | None = None
    members_email: str | None = None
    """Where members ask; left out, where invoices are asked about."""
    iban: str | None = None
    bic: str | None = None
    penalty_bps: int = 0
    """Yearly rate of what is paid late; 0: three times the legal rate, as the law has it where nothing was agreed."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A numbered document. Amounts are those it shows: of a credit note, what is given back, as positive figures."""

    id: UUID
    number: str
    kind: InvoiceKind
    issued_on: date
    due_on: date | None
    """None: nothing remains to be paid."""
    net_minor: int
    """Without tax, pass-through rewards included."""
    vat_minor: int
    gross_minor: int
    paid_minor: int
    """Taken from what a prepaid funder had paid in."""
    corrects: tuple[tuple[str, date], ...]
    """Numbers and dates of the invoices that it corrects."""

    @property
    def due_minor(self) -> int:
        """What remains to be paid."""
        return self.gross_minor - self.paid_minor


@dataclass(frozen=True, slots=True)
class Settlement:
    """One funder's statement of one period. Of a preview, `id` is not stored and there is no invoice."""

    id: UUID
    account: str
    period: Period
    currency: str
    mode: str
    """`prepaid` or `postpaid`, as the funder was then."""
    language: str
    opening_minor: int
    """What the funder owed before; negative: what it had left."""
    totals: Totals
    lines: tuple[Line, ...]
    buyer: Party
    seller: Seller | None
    """None: the operator has not said who it is, so nothing can be invoiced."""
    issued_at: datetime | None
    invoice: Invoice | None = None

    @property
    def ref(self) -> str:
        """`stl_…`."""
        return show("stl", self.id)

    @property
    def closing_minor(self) -> int:
        """What the funder owes after; negative: what it has left."""
        return self.opening_minor + self.totals.balance_minor
