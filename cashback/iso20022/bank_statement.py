"""Statements (camt.053) and notifications (camt.054) of a bank account, of any version and any bank's dialect.

Source: ISO 20022 camt.053 and camt.054, versions 001.02 and 001.08. What differs between versions and banks, and is
read alike: where a transaction's amount stands (`Amt`, `AmtDtls/TxAmt`), whether a state is a word or a code under it,
charges as a list or as records, one transaction or many under an entry, batches without transactions.

A statement proves itself where it can, and is refused if it does not: its opening balance and its booked entries give
its closing balance, and as many entries follow as it announces. Names, addresses and accounts of the other side are
not read at all.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from lxml import etree

from cashback.iso20022.entries import Direction, Entry, Source, State
from cashback.iso20022.entry_reading import (
    NO_BATCH,
    Transaction,
    batch_of,
    charges_of,
    code_of,
    direction_of,
    read_transaction,
    return_of,
)
from cashback.iso20022.errors import FileRefused
from cashback.iso20022.xml_stream import Step, amount, day, line_of, local_name, part, refused, steps, text

_SOURCES = {"Stmt": Source.STATEMENT, "Ntfctn": Source.NOTIFICATION}
_MESSAGES = ("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
_PIECES = frozenset(("TxDtls", "Ntry", "Bal", "Stmt", "Ntfctn"))
_STATES = {"BOOK": State.BOOKED, "PDNG": State.PENDING, "INFO": State.INFORMATION, "FUTR": State.FUTURE}
_HEAD = frozenset(("Acct", "Bal", "ElctrncSeqNb", "Id", "LglSeqNb", "StmtPgntn", "TxsSummry"))
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def read_bank_statement(source: BinaryIO) -> Iterator[Entry]:
    """Every movement of the file in its order; raises `FileRefused`, perhaps after some were given: use all or none."""
    reader: _Statement | None = None
    found, page = False, ""
    for step in steps(source, _PIECES):
        if step.begins and step.name in _MESSAGES:
            found = True
        elif found and step.name == "MsgPgntn" and not step.begins:
            page = _page_of(step.element)
        elif found and step.begins and step.name in _SOURCES:
            reader = _Statement(_SOURCES[step.name], page)
        elif reader is not None:
            yield from reader.take(step)
            if not step.begins and step.name in _SOURCES:
                reader.close(step.element)
                reader = None
    if not found:
        raise FileRefused([f"the file: expected a statement or a notification, got neither {' nor '.join(_MESSAGES)}"])


def _page_of(element: etree._Element) -> str:
    """Of a statement in several pages the number; empty of one that is whole."""
    number = text(element, "PgNb") or "1"
    return "" if number == "1" and text(element, "LastPgInd") == "true" else number


class _Statement:
    """What of one statement is known so far."""

    def __init__(self, source: Source, page: str) -> None:
        self.source = source
        self.page = page
        self.id = self.sequence = self.account = ""
        self.entries = 0
        self.booked = 0
        self.announced: int | None = None
        self.opening: int | None = None
        self.closing: int | None = None
        self.current: _Entry | None = None

    def take(self, step: Step) -> Iterator[Entry]:
        name, element = step.name, step.element
        if self.current is not None:
            if not step.begins and name == "Ntry":
                yield from self.current.close(element)
                head = self.current.head
                if head is not None and head.state is State.BOOKED:
                    self.booked += _signed(head)
                self.current = None
            elif name == "TxDtls":
                yield from self.current.transaction(step)
        elif step.begins:
            if name == "Ntry":
                self.entries += 1
                self.current = _Entry(self)
        elif name in _HEAD:
            self._head(name, element)

    @property
    def name(self) -> str:
        """What names it among the account's: some banks give each the same Id and count, and each page the same Id."""
        counted = f"/{self.sequence}" if self.sequence and self.sequence not in self.id else ""
        return f"{self.id}{counted}{f'/p{self.page}' if self.page else ''}"

    def _head(self, name: str, element: etree._Element) -> None:
        if name in ("Id", "ElctrncSeqNb", "LglSeqNb"):
            parent, value = element.getparent(), (element.text or "").strip()[:140]
            if parent is not None and local_name(parent) in _SOURCES:
                self.id = value if name == "Id" else self.id
                self.sequence = self.sequence if name == "Id" else self.sequence or value
        elif name == "Acct":
            self.account = text(element, "Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id") or self.account
        elif name == "StmtPgntn":
            self.page = _page_of(element)
        elif name == "TxsSummry":
            told = text(element, "TtlNtries/NbOfNtries")
            self.announced = int(told) if told is not None and told.isdecimal() else None
        else:
            self._balance(element)

    def _balance(self, element: etree._Element) -> None:
        kind = text(element, "Tp/CdOrPrtry/Cd")
        told = part(element, "Amt")
        if told is None or kind not in (*_OPENING, *_CLOSING):
            return
        minor = amount(told)[0]
        minor = minor if direction_of(element) is Direction.IN else -minor
        if kind in _OPENING:
            self.opening = minor
        else:
            self.closing = minor

    def close(self, element: etree._Element) -> None:
        """Refuse a statement that does not agree with itself."""
        if not self.id or not self.account:
            raise refused(element, "expected an Id, and an Acct with its number")
        if self.page:
            return
        if self.announced is not None and self.announced != self.entries:
            raise refused(element, f"expected {self.announced} entries as TxsSummry announces, got {self.entries}")
        if self.opening is None or self.closing is None or self.source is Source.NOTIFICATION:
            return
        if self.opening + self.booked != self.closing:
            raise refused(
                element,
                f"expected the closing balance of {self.closing} minor units, got {self.opening + self.booked} from "
                f"the opening balance and the booked entries",
            )


class _Entry:
    """What of one entry is known so far; what it says of itself stands before its transactions."""

    def __init__(self, statement: "_Statement") -> None:
        self.statement = statement
        self.head: Entry | None = None
        self.batch = NO_BATCH
        self.parts = 0
        self.moved = 0
        self.first: Transaction | None = None
        self.as_one = False
        """Its transactions tell no amounts in its currency, so it counts as a whole."""

    def transaction(self, step: Step) -> Iterator[Entry]:
        """A transaction that begins or is whole. The first is held until it is known whether it is the only one."""
        details = step.element.getparent()
        if step.begins and details is not None:
            told = batch_of(details)
            self.batch = self.batch if told is NO_BATCH else told
            entry = details.getparent()
            if self.head is None and entry is not None:
                self.head = self._read(entry)
        if step.begins or self.head is None:
            return
        self.parts += 1
        if self.as_one:
            return
        found = read_transaction(step.element, self.head.direction, self.head.currency)
        if self.parts == 1:
            self.first = found
            return
        if self.first is not None:
            first, self.first = self.first, None
            if first.amount_minor is None:
                self.as_one = True
                return
            yield self._part(self.head, first, 1)
        if found.amount_minor is None:
            raise refused(step.element, f"expected an amount in {self.head.currency}, as the one before it has")
        yield self._part(self.head, found, self.parts)

    def close(self, element: etree._Element) -> Iterator[Entry]:
        """What is left to tell when the entry is whole."""
        if self.head is None:
            self.batch = batch_of(part(element, "NtryDtls"))
            self.head = self._read(element)
        head = self.head
        if self.first is not None:
            yield self._part(head, self.first, 1)
        elif self.as_one or not self.parts:
            yield self._whole(head)
        rest = _signed(head) - self.moved
        if rest:
            yield replace(
                head,
                part=self.parts + 1,
                direction=Direction.IN if rest > 0 else Direction.OUT,
                amount_minor=abs(rest),
                reversal=False,
                return_reason=None,
                rest=True,
            )

    def _whole(self, head: Entry) -> Entry:
        self.moved += _signed(head)
        order = self.batch
        return replace(head, message_ref=order.message_ref, batch_ref=order.batch_ref, batch_count=order.size)

    def _part(self, head: Entry, found: Transaction, number: int) -> Entry:
        minor = head.amount_minor if found.amount_minor is None else found.amount_minor
        self.moved += minor if found.direction is Direction.IN else -minor
        return replace(
            head,
            line=found.line,
            part=number,
            direction=found.direction,
            amount_minor=minor,
            code=found.code or head.code,
            bank_ref=found.bank_ref or head.bank_ref,
            end_to_end=found.end_to_end,
            message_ref=found.order.message_ref or self.batch.message_ref,
            batch_ref=found.order.batch_ref or self.batch.batch_ref,
            batch_count=self.batch.size,
            return_reason=found.return_reason or head.return_reason,
            charges=found.charges,
            remittance=found.remittance,
            creditor_reference=found.creditor_reference,
        )

    def _read(self, element: etree._Element) -> Entry:
        told = part(element, "Amt")
        if told is None:
            raise refused(element, "expected Amt")
        minor, currency = amount(told)
        state = (text(element, "Sts/Cd", "Sts") or "").upper()
        if state not in _STATES:
            raise refused(element, f"Sts: expected one of {', '.join(_STATES)}, got {state[:16]!r}")
        code = code_of(element)
        return Entry(
            line=line_of(element),
            source=self.statement.source,
            statement=self.statement.name,
            account=self.statement.account,
            entry=self.statement.entries,
            part=0,
            direction=direction_of(element),
            amount_minor=minor,
            currency=currency,
            state=_STATES[state],
            booked_on=day(element, "BookgDt"),
            value_on=day(element, "ValDt"),
            reversal=text(element, "RvslInd") == "true",
            code=code,
            bank_ref=text(element, "AcctSvcrRef", "NtryRef"),
            return_reason=return_of(element, code),
            charges=charges_of(element),
        )


def _signed(entry: Entry) -> int:
    return entry.amount_minor if entry.direction is Direction.IN else -entry.amount_minor
