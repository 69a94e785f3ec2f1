"""Reading a bank's XML piece by piece: what is refused, what is forgotten, and fields by their names.

A file comes from outside, so nothing of it is fetched or expanded: a document type declaration, another encoding than
UTF-8 or Latin, more than `FILE_MAX_BYTES`, more than `DEPTH_MAX` levels and more than `HELD_MAX` elements in one piece
refuse it. A file that breaks off is refused at its line, whatever was read of it before.

Names are compared without their namespace: it is another one in each version of a message, and banks prefix it as they
like.
"""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple

from lxml import etree

from cashback.iso20022.errors import FileRefused
from issuers.currencies import minor_units
from issuers.errors import Unreadable

FILE_MAX_BYTES = 256 * 1024 * 1024
DEPTH_MAX = 64
HELD_MAX = 50_000
"""Elements read since the last piece was forgotten."""
TEXT_MAX = 500
"""Longest text taken from a field; the standard's longest is told in several."""

_CHUNK_BYTES = 64 * 1024
_ENCODINGS = {"UTF-8", "UTF8", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252"}
_AMOUNT = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+", re.ASCII)
_NOT_TOLD = {"", "NOTPROVIDED", "NOT PROVIDED", "NONREF"}


class Step(NamedTuple):
    """An element that begins (its text and children are not read yet) or that is whole."""

    begins: bool
    name: str
    """Without namespace."""
    element: etree._Element


def steps(source: BinaryIO, pieces: frozenset[str]) -> Iterator[Step]:
    """Every element of the file as it begins and as it is whole; raises `FileRefused`.

    A whole element of `pieces` is forgotten after it was given, and what stands before it beside it.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    walk = _Walk(pieces)
    read = 0
    while chunk := source.read(_CHUNK_BYTES):
        read += len(chunk)
        if read > FILE_MAX_BYTES:
            raise FileRefused([f"the file: expected at most {FILE_MAX_BYTES} bytes"])
        walk.look(chunk)
        try:
            parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            raise _broken(error) from None
        yield from walk.through(parser)
    if not read:
        raise FileRefused(["the file: expected XML, got nothing"])
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _broken(error) from None
    yield from walk.through(parser)


class _Walk:
    """Where a file is read, and what is held of it."""

    def __init__(self, pieces: frozenset[str]) -> None:
        self.pieces = pieces
        self.depth = self.held = 0
        self.began = False
        self.before = b""

    def look(self, chunk: bytes) -> None:
        """Refuse before it is parsed: UTF-16 and the like, and a document type declaration, which can stand before the
        first element alone."""
        if b"\x00" in chunk:
            raise FileRefused(["the file: expected the encoding UTF-8, got one with bytes of zero"])
        if self.began:
            return
        if b"<!DOCTYPE" in self.before + chunk:
            raise FileRefused(["the file: expected no document type declaration"])
        self.before = chunk[-16:]

    def through(self, parser: etree.XMLPullParser) -> Iterator[Step]:
        for event, element in parser.read_events():
            assert isinstance(element, etree._Element)
            name = local_name(element)
            if event == "start":
                self._enter(element)
                yield Step(True, name, element)
                continue
            self.depth -= 1
            yield Step(False, name, element)
            if name in self.pieces:
                forget(element)
                self.held = 0

    def _enter(self, element: etree._Element) -> None:
        if not self.began:
            self.began = True
            info = element.getroottree().docinfo
            if info.internalDTD is not None:
                raise FileRefused(["the file: expected no document type declaration"])
            if (info.encoding or "UTF-8").upper() not in _ENCODINGS:
                raise FileRefused([f"the file: expected the encoding UTF-8, got {str(info.encoding)[:32]!r}"])
        self.depth += 1
        self.held += 1
        if self.depth > DEPTH_MAX:
            raise refused(element, f"expected at most {DEPTH_MAX} levels of elements")
        if self.held > HELD_MAX:
            raise refused(element, f"expected at most {HELD_MAX} elements in one entry")


def forget(element: etree._Element) -> None:
    """Free an element's content and the elements before it in the same parent."""
    element.clear()
    parent = element.getparent()
    while parent is not None and (before := element.getprevious()) is not None:
        parent.remove(before)


def _broken(error: etree.XMLSyntaxError) -> FileRefused:
    last = getattr(error.error_log, "last_error", None)
    line = error.lineno or getattr(last, "line", 0) or 1
    return FileRefused([f"line {line}: expected XML to its end, the file breaks off or is damaged here"])


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace, in which a hostile file may have any character."""
    return str(element.tag).rpartition("}")[2]


def line_of(element: etree._Element) -> int:
    """The line of the file on which the element begins, from 1; some files are one line."""
    line: Any = element.sourceline
    return int(line or 0)


def refused(element: etree._Element, problem: str) -> FileRefused:
    """The refusal of the whole file for what stands at this element."""
    return FileRefused([f"line {line_of(element)}: {local_name(element)}: {problem}"])


@lru_cache(maxsize=256)
def _pattern(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def part(element: etree._Element, path: str) -> etree._Element | None:
    """The first element under it by the names on the way, such as `Refs/EndToEndId`."""
    return element.find(_pattern(path))


def parts(element: etree._Element, path: str) -> list[etree._Element]:
    """All of them."""
    return element.findall(_pattern(path))


def text(element: etree._Element, *paths: str) -> str | None:
    """The text at the first of the paths that says something; spaces around it are left out."""
    for path in paths:
        found = part(element, path)
        value = "" if found is None or found.text is None else found.text.strip()
        if value.upper() not in _NOT_TOLD:
            return value[:TEXT_MAX]
    return None


def required(element: etree._Element, *paths: str) -> str:
    """As `text`; refuses the file when nothing is told."""
    value = text(element, *paths)
    if value is None:
        raise refused(element, f"expected {' or '.join(paths)}")
    return value


def amount(element: etree._Element) -> tuple[int, str]:
    """Minor units and ISO 4217 code of an element with `Ccy`; refuses a sign and more decimals than the currency's."""
    currency, told = element.get("Ccy") or "", (element.text or "").strip()
    if not _AMOUNT.fullmatch(told):
        raise refused(element, f"expected an amount in digits, without sign, such as 12.50, got {told[:32]!r}")
    try:
        return minor_units(told, currency), currency.upper()
    except Unreadable as error:
        raise refused(element, error.detail) from error


def day(element: etree._Element, path: str) -> date | None:
    """The date of a choice of `Dt` and `DtTm`, as the bank's calendar tells it."""
    told = text(element, f"{path}/Dt", f"{path}/DtTm")
    if told is None:
        return None
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        raise refused(element, f"{path}: expected a date such as 2026-11-30, got {told[:32]!r}") from None
