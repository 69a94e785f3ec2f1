"""From the bytes of a spreadsheet to rows of text: encoding and separator are told or guessed, never assumed silently.

Pure. What cannot be read at all is refused with the place; what can is kept as it was written, cell by cell.
"""

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass

from cashback.errors import Invalid
from issuers.card_numbers import mask_text

BYTES_MAX = 2 * 1024 * 1024
ROWS_MAX = 10_000
COLUMNS_MAX = 60
CELL_MAX = 200
SEPARATORS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8", "windows-1252", "utf-16")
_LOOKED_AT = 20
"""Lines by which the separator is guessed."""


class UnreadableTable(Invalid):
    """A file that is no table; nothing of it was kept."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code)


@dataclass(frozen=True, slots=True)
class Row:
    """One row and the line of the file on which it ends."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read."""

    encoding: str
    separator: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(data: bytes, *, encoding: str = "", separator: str = "") -> Table:
    """The table in these bytes; empty texts ask to guess. UnreadableTable says what is wrong, and where."""
    if len(data) > BYTES_MAX:
        raise UnreadableTable("file_too_large", f"the file has {len(data)} bytes, expected at most {BYTES_MAX}")
    if not data.strip():
        raise UnreadableTable("file_empty", "the file is empty: expected a header and rows")
    used = encoding or guess_encoding(data)
    text = _decoded(data, used)
    between = separator or guess_separator(text)
    return _parsed(text, used, between)


def guess_encoding(data: bytes) -> str:
    """By its byte order mark, else UTF-8 where every byte fits, else what spreadsheets on Windows write."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def guess_separator(text: str) -> str:
    """The separator that cuts the first lines into the same number of cells, most of them; a comma where none does."""
    lines = [line for line in text.splitlines() if line.strip()][:_LOOKED_AT]
    best, most = ",", (0, 0)
    for each in SEPARATORS:
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=each))
        width, agreeing = widths.most_common(1)[0]
        found = (agreeing if width > 1 else 0, width)
        if found > most:
            best, most = each, found
    return best


def _decoded(data: bytes, encoding: str) -> str:
    if encoding not in ENCODINGS:
        raise UnreadableTable("encoding", f"encoding: expected one of {', '.join(ENCODINGS)}, got {encoding[:40]!r}")
    codec = {"utf-8": "utf-8-sig", "windows-1252": "cp1252", "utf-16": "utf-16"}[encoding]
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableTable("encoding", f"line {line}: expected {encoding}, byte {error.start} is not") from None
    if "\0" in text:
        raise UnreadableTable(
            "not_a_table", "the file holds zero bytes: expected a text file with rows, not a workbook"
        )
    return text


def _parsed(text: str, encoding: str, separator: str) -> Table:
    if separator not in SEPARATORS:
        raise UnreadableTable("separator", f"separator: expected one of ; , tab |, got {separator[:10]!r}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(reader.line_num, tuple(_cell(each, reader.line_num) for each in cells)))
            if len(rows) > ROWS_MAX + 1:
                raise UnreadableTable("too_many_rows", f"line {reader.line_num}: expected at most {ROWS_MAX} rows")
    except csv.Error as error:
        raise UnreadableTable("not_a_table", f"line {reader.line_num}: {error}") from None
    if len(rows) < 2:
        raise UnreadableTable("no_rows", "expected a header and at least one row under it")
    if len(rows[0].cells) > COLUMNS_MAX:
        raise UnreadableTable("too_many_columns", f"expected at most {COLUMNS_MAX} columns, got {len(rows[0].cells)}")
    return Table(encoding, separator, tuple(each.strip() for each in rows[0].cells), tuple(rows[1:]))


def _cell(text: str, line: int) -> str:
    if len(text) > CELL_MAX:
        raise UnreadableTable("cell_too_long", f"line {line}: expected at most {CELL_MAX} characters in a cell")
    return text.strip()


def refuse_card_numbers(table: Table, spared: int | None) -> None:
    """UnreadableTable for a cell that looks like a card number; `spared` is the column of identifiers, which may."""
    for row in table.rows:
        for column, cell in enumerate(row.cells):
            if column != spared and mask_text(cell) != cell:
                name = table.header[column] if column < len(table.header) else str(column + 1)
                raise UnreadableTable(
                    "card_number",
                    f"line {row.line}, column {name[:40]!r}: this looks like a card number; nothing was stored",
                )
