"""PostgreSQL's text form of arrays, for statements over sets that are sent often."""

from collections.abc import Iterable


def array_literal(elements: Iterable[str]) -> str:
    """One dimension of elements that are plain (numbers, times, ids in hexadecimal), `NULL`, or made by the others."""
    return "{" + ",".join(elements) + "}"


def quoted(text: str) -> str:
    """Any text as an element."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def escaped(octets: bytes) -> str:
    """Bytes as an element of a `bytea[]`."""
    return f'"\\\\x{octets.hex()}"'
