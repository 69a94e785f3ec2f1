"""Clearing files as a source: what every format's reader gives, and how it refuses.

A file is read whole before anything of it is used: one bad line refuses it, and every bad line is named. What comes out
are records, each the body of a message that the network's adapter parses later, under the event that says how. A record
carries nothing of the columns that no adapter reads: an account number among them could not be recognised in a run of
digits without separators. The file itself stays with whoever received it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from issuers.errors import IssuerError

FILE_MAX_BYTES = 256 * 1024 * 1024
PROBLEMS_MAX = 20
"""Bad lines that are told; of more only the number."""


class FileRefused(IssuerError):
    """A file that is not what its provider documents. `problems` say line, what and what was expected."""

    code = "file_refused"

    def __init__(self, problems: Sequence[str]) -> None:
        more = len(problems) - PROBLEMS_MAX
        self.problems = (*problems[:PROBLEMS_MAX], *([f"and {more} more"] if more > 0 else []))
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Record:
    """One line that states something."""

    line: int
    """Of the file, from 1."""
    body: bytes


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file that was read to its end and agrees with itself."""

    event: str
    """Under which its records are kept."""
    records: tuple[Record, ...]
    unchecked: tuple[str, ...] = ()
    """What could not be checked, a sentence each."""
    totals: tuple[tuple[str, str, int], ...] = ()
    """Kind of fact, currency and the sum in minor units."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a fixed-width field lies; `start` counts from 0."""

    start: int
    length: int

    def of(self, line: bytes) -> bytes:
        """The field, spaces around it left out."""
        return line[self.start : self.start + self.length].strip(b" ")


def lines_of(data: bytes) -> list[bytes]:
    """The lines without their ends (LF or CRLF); raises `FileRefused` for an empty or an oversize file."""
    if len(data) > FILE_MAX_BYTES:
        raise FileRefused([f"the file: expected at most {FILE_MAX_BYTES} bytes, got {len(data)}"])
    lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise FileRefused(["the file: expected records, got nothing"])
    return lines
