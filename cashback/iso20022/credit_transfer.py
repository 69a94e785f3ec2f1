"""SEPA credit transfers as a file for the bank: pain.001.001.09, one batch, written and validated as it streams.

Source: ISO 20022 pain.001.001.09; EPC132-08 «SEPA Credit Transfer C2PSP implementation guidelines» (2023 and later):
service level SEPA, charges SLEV, euros only, 0.01 to 999,999,999.99, names of 70 and remittance of 140 characters,
remittance unstructured or a creditor reference, never both. What a reader must know:

* The header tells number and sum of what follows, so the payments are a sequence and are looked at twice.
* `file_id` names message and batch. With batch booking the bank enters one debit, and tells it by that name.
* `end_to_end` is what comes back from every bank of the way: in a status report, on a statement, with a return.
* No two payments of a file have one reference, so a file can be retold payment by payment.
* The same arguments write the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO

from lxml import etree

from cashback.iso20022.business_days import is_business_day
from cashback.iso20022.characters import is_identifier, sepa_text
from cashback.iso20022.errors import AccountRefused, NotWritable
from cashback.iso20022.iban import check_iban, compact, read_bic
from cashback.iso20022.schema import NAMESPACE, checked

MESSAGE = "pain.001.001.09"
PAYMENTS_MAX = 500_000
"""Of one file; a bank's own limit may be lower."""
AMOUNT_MAX_MINOR = 999_999_999_99
NAME_MAX = 70
REMITTANCE_MAX = 140
CHUNK_BYTES = 64 * 1024

_BANK_NOT_TOLD = "NOTPROVIDED"


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays, and from which account."""

    name: str
    iban: str = field(repr=False)
    bic: str | None = None
    """Of their bank; needed by some banks alone."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One transfer to one account. Name and account are personal data."""

    end_to_end: str
    """Ours: 1 to 35 characters of `characters.is_identifier`; a UUID without dashes is one."""
    name: str = field(repr=False)
    """Of the account's holder; transliterated, cut at 70 characters."""
    iban: str = field(repr=False)
    amount_minor: int
    currency: str = "EUR"
    """SEPA moves no other."""
    bic: str | None = None
    remittance: str = field(default="", repr=False)
    """What the holder reads on their statement; transliterated, cut at 140 characters."""
    creditor_reference: str | None = None
    """ISO 11649 (`RF18…`), in the place of the remittance."""


def write(
    file_id: str,
    created_at: datetime,
    debtor: Debtor,
    execution_date: date,
    payments: Sequence[Payment],
    *,
    batch_booking: bool = True,
) -> Iterator[bytes]:
    """The file in chunks of some 64 KiB. Everything is looked at before the first chunk; `NotWritable` names what a
    bank would refuse. After the last chunk it is raised once more should the whole not be valid by the schema, so
    nothing may be sent before the end.

    `execution_date` is a day on which TARGET is open; `business_days.business_day_from` finds one.
    """
    problems = [*_of_file(file_id, created_at, debtor, execution_date, payments), *_of_payments(payments)]
    if problems:
        raise NotWritable(problems)
    return checked(MESSAGE, _written(file_id, created_at, debtor, execution_date, payments, batch_booking), _ONE)


_ONE = "CdtTrfTxInf"


def _of_file(
    file_id: str, created_at: datetime, debtor: Debtor, execution_date: date, payments: Sequence[Payment]
) -> Iterator[str]:
    if not is_identifier(file_id):
        yield "file: expected an id of 1 to 35 characters that every bank takes"
    if created_at.tzinfo is None:
        yield "file: expected an instant with its zone as the time of its making"
    if not is_business_day(execution_date):
        yield f"file: expected a day on which TARGET is open, got {execution_date}"
    if not 1 <= len(payments) <= PAYMENTS_MAX:
        yield f"file: expected 1 to {PAYMENTS_MAX} payments, got {len(payments)}"
    yield from _of_party("debtor", debtor.name, debtor.iban, debtor.bic)


def _of_payments(payments: Sequence[Payment]) -> Iterator[str]:
    seen: set[str] = set()
    for number, payment in enumerate(payments, 1):
        where = f"payment {number}"
        if not is_identifier(payment.end_to_end):
            yield f"{where}: expected an end-to-end id of 1 to 35 characters that every bank takes"
        elif payment.end_to_end in seen:
            yield f"{where}: its end-to-end id {payment.end_to_end} stands in the file already"
        seen.add(payment.end_to_end)
        if payment.currency != "EUR":
            yield f"{where}: expected EUR, got {payment.currency[:8]!r}"
        if not 1 <= payment.amount_minor <= AMOUNT_MAX_MINOR:
            yield f"{where}: expected an amount of 1 to {AMOUNT_MAX_MINOR} cents, got {payment.amount_minor}"
        if payment.creditor_reference is not None and not _is_creditor_reference(payment.creditor_reference):
            yield f"{where}: expected a creditor reference as ISO 11649 builds it, such as RF18539007547034"
        if payment.creditor_reference is not None and payment.remittance:
            yield f"{where}: expected a remittance or a creditor reference, got both"
        yield from _of_party(where, payment.name, payment.iban, payment.bic)


def _of_party(where: str, name: str, iban: str, bic: str | None) -> Iterator[str]:
    if not sepa_text(name, NAME_MAX):
        yield f"{where}: expected a name that can be written in Latin letters"
    try:
        check_iban(iban)
        if bic is not None:
            read_bic(bic)
    except AccountRefused as refused:
        yield f"{where}: {refused.problems[0]}"


def _is_creditor_reference(text: str) -> bool:
    """Check digits of ISO 7064, MOD 97-10, over the reference with `RF` and its two digits moved to the end."""
    if not (text.isascii() and text.isalnum() and text == text.upper() and text.startswith("RF")):
        return False
    if not 5 <= len(text) <= 25 or not text[2:4].isdigit():
        return False
    return int("".join(str(int(each, 36)) for each in text[4:] + text[:4])) % 97 == 1


def _written(
    file_id: str,
    created_at: datetime,
    debtor: Debtor,
    execution_date: date,
    payments: Sequence[Payment],
    batch_booking: bool,
) -> Iterator[bytes]:
    count, total = str(len(payments)), _euros(sum(payment.amount_minor for payment in payments))
    out = BytesIO()
    # The inner elements name no namespace of their own: they stand in the document's.
    with etree.xmlfile(out, encoding="utf-8") as file:
        file.write_declaration()
        space = f"{NAMESPACE}{MESSAGE}"
        with file.element(f"{{{space}}}Document", nsmap={None: space}), file.element("CstmrCdtTrfInitn"):
            file.write(_header(file_id, created_at, debtor, count, total))
            with file.element("PmtInf"):
                for element in _batch(file_id, debtor, execution_date, batch_booking, count, total):
                    file.write(element)
                for payment in payments:
                    file.write(_transfer(payment))
                    if out.tell() >= CHUNK_BYTES:
                        file.flush()
                        yield out.getvalue()
                        out.seek(0)
                        out.truncate()
    yield out.getvalue()


def _header(file_id: str, created_at: datetime, debtor: Debtor, count: str, total: str) -> etree._Element:
    header = etree.Element("GrpHdr")
    _put(header, "MsgId", file_id)
    _put(header, "CreDtTm", f"{created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _put(header, "NbOfTxs", count)
    _put(header, "CtrlSum", total)
    _put(header, "InitgPty/Nm", sepa_text(debtor.name, NAME_MAX))
    return header


def _batch(
    file_id: str, debtor: Debtor, execution_date: date, batch_booking: bool, count: str, total: str
) -> list[etree._Element]:
    batch = etree.Element("PmtInf")
    _put(batch, "PmtInfId", file_id)
    _put(batch, "PmtMtd", "TRF")
    _put(batch, "BtchBookg", "true" if batch_booking else "false")
    _put(batch, "NbOfTxs", count)
    _put(batch, "CtrlSum", total)
    _put(batch, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _put(batch, "ReqdExctnDt/Dt", execution_date.isoformat())
    _put(batch, "Dbtr/Nm", sepa_text(debtor.name, NAME_MAX))
    _put(batch, "DbtrAcct/Id/IBAN", compact(debtor.iban))
    if debtor.bic is None:
        _put(batch, "DbtrAgt/FinInstnId/Othr/Id", _BANK_NOT_TOLD)
    else:
        _put(batch, "DbtrAgt/FinInstnId/BICFI", read_bic(debtor.bic))
    _put(batch, "ChrgBr", "SLEV")
    return list(batch)


def _transfer(payment: Payment) -> etree._Element:
    transfer = etree.Element(_ONE)
    _put(transfer, "PmtId/EndToEndId", payment.end_to_end)
    _put(transfer, "Amt/InstdAmt", _euros(payment.amount_minor)).set("Ccy", payment.currency)
    if payment.bic is not None:
        _put(transfer, "CdtrAgt/FinInstnId/BICFI", read_bic(payment.bic))
    _put(transfer, "Cdtr/Nm", sepa_text(payment.name, NAME_MAX))
    _put(transfer, "CdtrAcct/Id/IBAN", compact(payment.iban))
    remittance = sepa_text(payment.remittance, REMITTANCE_MAX)
    if payment.creditor_reference is not None:
        reference = etree.SubElement(etree.SubElement(etree.SubElement(transfer, "RmtInf"), "Strd"), "CdtrRefInf")
        _put(reference, "Tp/CdOrPrtry/Cd", "SCOR")
        _put(reference, "Ref", payment.creditor_reference)
    elif remittance:
        _put(transfer, "RmtInf/Ustrd", remittance)
    return transfer


def _put(parent: etree._Element, path: str, text: str) -> etree._Element:
    """A new element under new elements of this path."""
    element = parent
    for name in path.split("/"):
        element = etree.SubElement(element, name)
    element.text = text
    return element


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
