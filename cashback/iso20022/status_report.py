"""What became of a file of payments: pain.002, of any version, as a bank sends it back.

Source: ISO 20022 pain.002.001.03 and .10; EPC132-08. A report tells a group (the file), batches and transactions, in
this order, and each level may stand alone: a file that was refused as a whole names no transaction. What holds for a
level holds for those below that say nothing else; that is left to who knows what was in the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import BinaryIO

from lxml import etree

from cashback.iso20022.errors import FileRefused
from cashback.iso20022.reasons import Outcome, outcome_of
from cashback.iso20022.xml_stream import Step, amount, line_of, part, parts, refused, required, steps, text

_REPORT = "CstmrPmtStsRpt"
_GROUP, _BATCH, _TRANSACTION = "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"


class Level(StrEnum):
    """Of what a status is told."""

    GROUP = "group"
    BATCH = "batch"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True)
class TransferStatus:
    """One status of a group, a batch or a transaction."""

    line: int
    """Of the file, from 1."""
    level: Level
    report: str
    """The bank's id of the report."""
    file_id: str
    """Of the file that it answers: `MsgId`."""
    batch_id: str | None
    """`PmtInfId`; None for a group."""
    end_to_end: str | None
    """Of a transaction."""
    status: str
    """The bank's code, such as ACSC or RJCT."""
    outcome: Outcome
    reasons: tuple[str, ...]
    """Codes, or the bank's own where it has none; of a refused transaction there is one at least as a rule."""
    amount_minor: int | None = None
    currency: str | None = None
    """Of the original transaction, where the bank repeats it."""


def read_status_report(source: bytes | BinaryIO) -> Iterator[TransferStatus]:
    """Every status of the file in its order; raises `FileRefused`, perhaps after some were given: use all or none."""
    reader = _Reader()
    stream = BytesIO(source) if isinstance(source, bytes) else source
    for step in steps(stream, frozenset((_TRANSACTION, _BATCH))):
        yield from reader.take(step)
    if not reader.file_id:
        raise FileRefused([f"the file: expected a status report (pain.002), got no {_REPORT}/{_GROUP}"])


class _Reader:
    """What of a report is known so far."""

    def __init__(self) -> None:
        self.inside = False
        self.report = self.file_id = ""
        self.group_status: str | None = None
        self.batch_id: str | None = None
        self.batch_status: str | None = None
        self.batch_told = False

    def take(self, step: Step) -> Iterator[TransferStatus]:
        name, element = step.name, step.element
        if step.begins:
            if name == _REPORT:
                self.inside = True
            elif name == _BATCH:
                self.batch_id = self.batch_status = None
                self.batch_told = False
            elif name == _TRANSACTION and self.inside:
                # What the batch says of itself stands before its transactions and is forgotten with the first.
                yield from self._batch(element.getparent())
            return
        if not self.inside:
            return
        if name == "GrpHdr":
            self.report = required(element, "MsgId")
        elif name == _GROUP:
            self.file_id = required(element, "OrgnlMsgId")
            self.group_status = _code(element, "GrpSts")
            if self.group_status is not None:
                yield self._status(element, Level.GROUP, self.group_status)
        elif name == _BATCH:
            yield from self._batch(element)
        elif name == _TRANSACTION:
            yield self._transaction(element)

    def _batch(self, element: etree._Element | None) -> Iterator[TransferStatus]:
        if self.batch_told or element is None:
            return
        self.batch_told = True
        self.batch_id = required(element, "OrgnlPmtInfId")
        self.batch_status = _code(element, "PmtInfSts")
        if self.batch_status is not None:
            yield self._status(element, Level.BATCH, self.batch_status)

    def _transaction(self, element: etree._Element) -> TransferStatus:
        if text(element, "OrgnlEndToEndId", "OrgnlInstrId") is None:
            raise refused(element, "expected OrgnlEndToEndId or OrgnlInstrId")
        status = _code(element, "TxSts") or self.batch_status or self.group_status
        if status is None:
            raise refused(element, "expected TxSts, or a status of the batch or the group")
        return self._status(element, Level.TRANSACTION, status)

    def _status(self, element: etree._Element, level: Level, status: str) -> TransferStatus:
        if not self.file_id:
            raise refused(element, f"expected {_GROUP} before it")
        told = part(element, "OrgnlTxRef/Amt/InstdAmt")
        minor, currency = (None, None) if told is None else amount(told)
        return TransferStatus(
            line=line_of(element),
            level=level,
            report=self.report,
            file_id=self.file_id,
            batch_id=None if level is Level.GROUP else self.batch_id,
            end_to_end=text(element, "OrgnlEndToEndId", "OrgnlInstrId") if level is Level.TRANSACTION else None,
            status=status,
            outcome=outcome_of(status),
            reasons=_reasons(element),
            amount_minor=minor,
            currency=currency,
        )


def _code(element: etree._Element, field: str) -> str | None:
    told = text(element, field)
    return None if told is None else told.upper()


def _reasons(element: etree._Element) -> tuple[str, ...]:
    told = (text(each, "Rsn/Cd", "Rsn/Prtry") for each in parts(element, "StsRsnInf"))
    return tuple(code for code in told if code is not None)
