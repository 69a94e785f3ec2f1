"""The parts that entries and their transactions have in common, whatever the version and the bank."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from cashback.iso20022.entries import RETURNED, Charge, Direction
from cashback.iso20022.xml_stream import amount, line_of, part, parts, refused, text

REMITTANCE_LINES_MAX = 20

_DIRECTIONS = {"CRDT": Direction.IN, "DBIT": Direction.OUT}
_RETURN_FAMILY = "RRTN"
_SPOKEN_END_TO_END = re.compile(r"\b(?:EREF|ROC)[+:/ ]+([A-Za-z0-9\-?:().,']{1,35})")
"""The end-to-end id in words, as banks write it that come from SWIFT's fields (`EREF+…`, `/ROC/…`)."""


class Batch(NamedTuple):
    """The order behind an entry or a transaction."""

    message_ref: str | None
    batch_ref: str | None
    size: int | None


NO_BATCH = Batch(None, None, None)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One `TxDtls`."""

    line: int
    amount_minor: int | None
    """In the entry's currency; None: not told, or told in another one."""
    direction: Direction
    code: str | None
    bank_ref: str | None
    end_to_end: str | None
    order: Batch
    return_reason: str | None
    charges: tuple[Charge, ...]
    remittance: tuple[str, ...]
    creditor_reference: str | None


def read_transaction(element: etree._Element, direction: Direction, currency: str) -> Transaction:
    """A transaction of an entry of this direction and currency."""
    remittance = tuple(
        value[:140] for each in parts(element, "RmtInf/Ustrd")[:REMITTANCE_LINES_MAX] if (value := (each.text or ""))
    )
    code = code_of(element)
    return Transaction(
        line=line_of(element),
        amount_minor=_amount_in(element, currency),
        direction=direction_of(element) if part(element, "CdtDbtInd") is not None else direction,
        code=code,
        bank_ref=text(element, "Refs/AcctSvcrRef"),
        end_to_end=text(element, "Refs/EndToEndId") or _spoken(remittance),
        order=Batch(text(element, "Refs/MsgId"), text(element, "Refs/PmtInfId"), None),
        return_reason=return_of(element, code),
        charges=charges_of(element),
        remittance=remittance,
        creditor_reference=text(element, "RmtInf/Strd/CdtrRefInf/Ref"),
    )


def _amount_in(element: etree._Element, currency: str) -> int | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        told = part(element, path)
        if told is not None:
            minor, its = amount(told)
            return minor if its == currency else None
    return None


def _spoken(remittance: tuple[str, ...]) -> str | None:
    found = _SPOKEN_END_TO_END.search(" ".join(remittance))
    return None if found is None else found[1]


def direction_of(element: etree._Element) -> Direction:
    """Into the account or out of it."""
    told = text(element, "CdtDbtInd") or ""
    if told not in _DIRECTIONS:
        raise refused(element, f"CdtDbtInd: expected CRDT or DBIT, got {told[:16]!r}")
    return _DIRECTIONS[told]


def code_of(element: etree._Element) -> str | None:
    """What kind of movement it is."""
    domain = text(element, "BkTxCd/Domn/Cd")
    if domain is None:
        return text(element, "BkTxCd/Prtry/Cd")
    rest = (text(element, f"BkTxCd/Domn/Fmly/{name}") for name in ("Cd", "SubFmlyCd"))
    return ".".join((domain, *(each for each in rest if each is not None)))


def return_of(element: etree._Element, code: str | None) -> str | None:
    """Why it came back, if it did."""
    if part(element, "RtrInf") is not None:
        return text(element, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry") or RETURNED
    return RETURNED if code is not None and code.endswith(f".{_RETURN_FAMILY}") else None


def batch_of(details: etree._Element | None) -> Batch:
    """The batch that an entry's details name."""
    told = None if details is None else part(details, "Btch")
    if told is None:
        return NO_BATCH
    count = text(told, "NbOfTxs")
    return Batch(
        text(told, "MsgId"), text(told, "PmtInfId"), int(count) if count is not None and count.isdecimal() else None
    )


def charges_of(element: etree._Element) -> tuple[Charge, ...]:
    """Charges told as a list (version 02) or as records (version 08); one without a direction was taken."""
    told = []
    for each in (*parts(element, "Chrgs"), *parts(element, "Chrgs/Rcrd")):
        found = part(each, "Amt")
        if found is None:
            continue
        minor, currency = amount(found)
        direction = direction_of(each) if part(each, "CdtDbtInd") is not None else Direction.OUT
        if minor:
            told.append(Charge(minor, currency, direction))
    return tuple(told)
