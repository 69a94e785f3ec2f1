"""Files that are broken, hostile or very large: refused whole, with the line, and never held in memory."""

from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.iso20022 import xml_stream
from cashback.iso20022.bank_statement import read_bank_statement
from cashback.iso20022.errors import FileRefused
from cashback.iso20022.status_report import read_status_report

FILES = Path(__file__).with_name("files")
STATEMENT = (FILES / "first_bank.camt.053.001.02.xml").read_bytes()
REPORT = (FILES / "first_bank.pain.002.001.03.xml").read_bytes()
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document>&b;</Document>"""


def read(data: bytes) -> None:
    list(read_bank_statement(BytesIO(data)))
    list(read_status_report(data))


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Document/>',
        b" " * 65_530 + b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Document/>',
        b"<!--" + b"x" * 65_522 + b"--><!DOCTYPE x><Document/>",
        "<!DOCTYPE x><Document/>".encode("utf-16"),
    ],
)
def test_entities_and_document_types_are_refused(data: bytes) -> None:
    for reading in (lambda: list(read_bank_statement(BytesIO(data))), lambda: list(read_status_report(data))):
        with pytest.raises(FileRefused, match=r"document type|bytes of zero"):
            reading()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file: expected XML, got nothing"),
        (b"not xml", "line 1: expected XML to its end"),
        (b"<Document/>", "expected a statement or a notification"),
        (b"<Document>\n\n&unknown;</Document>", "line 3: expected XML to its end"),
        ("<Document/>".encode("utf-16"), "expected the encoding UTF-8, got one with bytes of zero"),
        (b'<?xml version="1.0" encoding="IBM037"?><Document/>', "expected"),
        (b"<a>" * 65 + b"</a>" * 65, "expected at most 64 levels"),
        (b'<Document xmlns="u}n"/>', "expected "),
        (b'<Document xmlns="}urn:n"><Stmt/></Document>', "expected "),
        (b"<Document>" + b"<a/>" * 50_001 + b"</Document>", "expected at most 50000 elements in one entry"),
    ],
)
def test_what_is_no_bank_file_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        list(read_bank_statement(BytesIO(data)))
    assert said in str(refused.value)


def test_a_file_that_is_too_large_is_refused_as_soon_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "FILE_MAX_BYTES", 1_000)
    with pytest.raises(FileRefused, match="expected at most 1000 bytes"):
        list(read_bank_statement(BytesIO(STATEMENT)))


@pytest.mark.parametrize("data", [STATEMENT, REPORT])
def test_a_file_cut_off_anywhere_is_refused_with_a_line(data: bytes) -> None:
    reading = read_bank_statement if data is STATEMENT else read_status_report
    end = data.rindex(b"</Document>")
    for cut in range(60, end, 97):
        with pytest.raises(FileRefused, match=r"^line \d+: "):
            list(reading(BytesIO(data[:cut])))


@settings(deadline=None)
@given(st.data())
def test_whatever_byte_is_changed_the_answer_is_a_reading_or_a_refusal(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from((STATEMENT, REPORT)))
    at = data.draw(st.integers(0, len(original) - 1))
    changed = original[:at] + bytes([data.draw(st.integers(0, 255))]) + original[at + 1 :]
    for reading in (read_bank_statement, read_status_report):
        with suppress(FileRefused):
            list(reading(BytesIO(changed)))


class Told(RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def read(self, size: int = -1) -> bytes:
        return b"".join(piece for _, piece in zip(range(200), self.pieces, strict=False))


def large_batch(transactions: int) -> BinaryIO:
    def pieces() -> Iterator[bytes]:
        yield b"<Document><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>x</IBAN></Id></Acct><Ntry>"
        yield b'<Amt Ccy="EUR">%d.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><NtryDtls>' % transactions
        for number in range(transactions):
            yield b'<TxDtls><Refs><EndToEndId>%d</EndToEndId></Refs><Amt Ccy="EUR">1.00</Amt></TxDtls>' % number
        yield b"</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"

    return cast(BinaryIO, Told(pieces()))


def test_an_entry_of_very_many_transactions_is_read_and_forgotten_piece_by_piece() -> None:
    parts = [entry.part for entry in read_bank_statement(large_batch(5_000))]
    assert parts == list(range(1, 5_001))
    held = [
        len(details)
        for step in xml_stream.steps(large_batch(2_000), frozenset(("TxDtls",)))
        if step.name == "TxDtls" and not step.begins and (details := step.element.getparent()) is not None
    ]
    # What was read before a piece is forgotten with it; what came in the same bytes waits beside it.
    assert len(held) == 2_000
    assert max(held) <= 2 * 200
