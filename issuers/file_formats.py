"""Which files can be read, of which network. A new format is its module and an entry below."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from issuers import mastercard_tgx2, visa_settlement_file
from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.feed_place import FeedPlace
from issuers.files import FileContent, FileRefused
from issuers.mastercard_tgx2 import Feed, Trailer
from issuers.registry import adapter


class FileFormat(NamedTuple):
    """One kind of file."""

    provider: str
    """Whose adapter understands its records."""
    read: Callable[[bytes, FeedPlace | None, Trailer], FileContent]
    fixed_width: bool
    """It tells neither currency nor zone, and has a trailer."""


def _tgx2(feed: Feed) -> FileFormat:
    def read(data: bytes, place: FeedPlace | None, trailer: Trailer) -> FileContent:
        if place is None:
            raise FileRefused(["a TGX2 file tells no currency: name it"])
        return mastercard_tgx2.read_file(data, feed, place, trailer)

    return FileFormat("mastercard_mrs", read, fixed_width=True)


FORMATS: Mapping[str, FileFormat] = MappingProxyType(
    {
        "tgx2-settled": _tgx2(Feed.SETTLED),
        "tgx2-refunds": _tgx2(Feed.REFUNDS),
        "visa-settlement": FileFormat(
            "visa", lambda data, _place, _trailer: visa_settlement_file.read_file(data), fixed_width=False
        ),
    }
)


def formats_of(provider: str) -> list[str]:
    """The formats that a network's connection takes."""
    return [name for name, each in FORMATS.items() if each.provider == provider]


def family_of(data: bytes) -> str | None:
    """What a file seems to be by its first line, `TGX2` or `visa-settlement`; None: neither."""
    first = data[: 64 * 1024].split(b"\n", 1)[0].removesuffix(b"\r")
    if visa_settlement_file.CARD.encode() in first and b"|" in first:
        return "visa-settlement"
    return "TGX2" if len(first) == mastercard_tgx2.LINE_LENGTH else None


def _another(name: str, data: bytes) -> list[str]:
    """The sentence that says that a file is of another format than the one it is read as; none where it may be."""
    family = family_of(data)
    if family is None or family.lower() in name:
        return []
    if family == "TGX2":
        family = "TGX2 (tgx2-settled or tgx2-refunds, of a mastercard_mrs connection)"
    return [f"it is no {name} file: by its first line it is {family}"]


def read_file(name: str, data: bytes, place: FeedPlace | None, trailer: Trailer) -> FileContent:
    """The records of a file of this format and what they sum up to.

    Raises `FileRefused`, naming each line that is not as documented: each record was read by its network's adapter.
    """
    other = _another(name, data)
    if other:
        raise FileRefused(other)
    content = FORMATS[name].read(data, place, trailer)
    dialect = adapter(FORMATS[name].provider)
    problems: list[str] = []
    sums: Counter[tuple[str, str]] = Counter()
    silent = 0
    for record in content.records:
        try:
            events = dialect.parse(Delivery(record.body, {}, content.event))
        except Unreadable as error:
            problems.append(f"line {record.line}: {error.detail}")
            continue
        silent += not events
        for event in events:
            sums[event.kind.value, event.currency] += event.amount_minor
    if problems:
        raise FileRefused(problems)
    totals = tuple((kind, currency, total) for (kind, currency), total in sorted(sums.items()))
    told = (f"{silent} records state nothing that is understood",) if silent else ()
    return replace(content, totals=totals, unchecked=content.unchecked + told)
