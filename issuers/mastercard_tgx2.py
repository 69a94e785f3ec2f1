"""Mastercard's TGX2 clearing file: fixed width, 850 characters a line, one header, details, one trailer.

Format: integration code of one UK card-linked operator (github.com/piukhq/harmonia, until 2024), read for its facts. It
reads ten columns of a detail; the others are not known. What a reader must know:

* Two files come, of settled purchases and of refunds, and nothing known in them tells one from the other.
* The amount is in minor units without a currency, the time is `HHmm` of a clock whose zone is not told (London in that
  operator's feed): `feed_place` says both. The purchase was made within that minute.
* The transaction id is the reference of the authorization (`refNum` of `mastercard_mrs`). It is used again on later
  days and is sometimes blank. Card, id and day together are the authorization's purchase; with a blank id the record
  stands alone. An id says which purchase, not which clearing: records that differ in anything known are different
  facts, the same record in another file is the same one. Of records without an id that are alike in one file each is a
  fact.
* A refund names no purchase.
* **What the trailer counts is not known**: of the file before this one some readers count all lines and some the
  details. Whoever holds the specification gives the columns (`Trailer`); without them only its presence is checked.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from issuers import reading
from issuers.adapter import Delivery
from issuers.card_numbers import MASK, mask_text
from issuers.errors import Unreadable
from issuers.events import CardEvent, EventKind, MerchantEvidence
from issuers.feed_place import FeedPlace, feed_place
from issuers.files import Column, FileContent, FileRefused, Record, lines_of

LINE_LENGTH = 850
TYPE = Column(0, 1)
TOKEN = Column(21, 30)
DATE = Column(102, 8)
MERCHANT_ID = Column(451, 15)
LOCATION_ID = Column(500, 12)
AGGREGATE_MERCHANT_ID = Column(512, 6)
AMOUNT = Column(518, 12)
TIME = Column(563, 4)
AUTH_CODE = Column(567, 6)
TRANSACTION_ID = Column(761, 9)
KNOWN = (
    TYPE,
    TOKEN,
    DATE,
    MERCHANT_ID,
    LOCATION_ID,
    AGGREGATE_MERCHANT_ID,
    AMOUNT,
    TIME,
    AUTH_CODE,
    TRANSACTION_ID,
)
"""What is kept of a detail; in place of the rest stand spaces."""

_WHERE = "mastercard_mrs TGX2 record"
_PADDING = "0000000"
"""Some acquirers' merchant ids are padded so in clearings and not in authorizations."""
_MINUTE = timedelta(minutes=1) - timedelta(microseconds=1)
_PREFIX = "tgx2-"
_DIGITS = re.compile(rb"[0-9]+")
_AGAIN = re.compile(rb"[1-9][0-9]{0,8}")


class Feed(StrEnum):
    """Which of the two files."""

    SETTLED = "settled"
    REFUNDS = "refunds"


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the trailer says of the file, by whoever holds the specification."""

    count: Column | None = None
    counts_all_lines: bool = False
    """With header and trailer; otherwise the details."""
    total: Column | None = None
    """The sum of the amounts, in minor units."""


class _Detail(NamedTuple):
    card: str
    day: date
    minute: datetime
    """Without a zone."""
    amount_minor: int
    reference: str | None
    auth_code: str
    merchant_id: str
    location_id: str
    aggregate_merchant_id: str


def read_file(data: bytes, feed: Feed, place: FeedPlace, trailer: Trailer | None = None) -> FileContent:
    """The records of a file that is in order; raises `FileRefused`, naming each line that is not."""
    lines, told = lines_of(data), trailer or Trailer()
    problems = [
        f"line {number}: expected {LINE_LENGTH} characters, got {len(line)}"
        for number, line in enumerate(lines, 1)
        if len(line) != LINE_LENGTH
    ]
    if problems:
        raise FileRefused(problems)
    problems = _frame_problems(lines)
    details: list[tuple[int, bytes, _Detail]] = []
    for number, line in enumerate(lines, 1):
        if line[:1] == b"D":
            kept = _known_only(line)
            try:
                details.append((number, kept, _detail(kept)))
            except Unreadable as error:
                problems.append(f"line {number}: {error.detail}")
    if not problems:
        problems = _trailer_problems(lines, sum(detail.amount_minor for _, _, detail in details), told)
    if problems:
        raise FileRefused(problems)
    checks = (("its count", told.count), ("its total", told.total))
    return FileContent(
        event=f"{_PREFIX}{feed.value}.{place.segment}",
        records=_records(details),
        unchecked=tuple(
            f"the trailer: {what} was not checked, its columns are not told" for what, at in checks if not at
        ),
    )


def is_record(delivery: Delivery) -> bool:
    """Whether a message is a detail of a file and no notification."""
    return (delivery.event or "").startswith(_PREFIX)


def card_of(body: bytes) -> str | None:
    """The card of a kept detail; never raises."""
    return reading.token(TOKEN.of(body).decode("ascii", "ignore"))


def parse_record(delivery: Delivery) -> tuple[CardEvent, ...]:
    """The clearing or the refund that a kept detail states; raises `Unreadable`."""
    name, _, segment = (delivery.event or "").removeprefix(_PREFIX).partition(".")
    try:
        feed = Feed(name)
    except ValueError as error:
        raise Unreadable(f"{_WHERE}: expected a file of {' or '.join(Feed)}, got {name[:32]!r}") from error
    place = feed_place(segment, f"{_WHERE}: the file")
    line, _, again = delivery.body.partition(b"\n")
    if len(line) != LINE_LENGTH or TYPE.of(line) != b"D" or (again and not _AGAIN.fullmatch(again)):
        raise Unreadable(f"{_WHERE}: expected a detail of {LINE_LENGTH} characters, got {len(line)}")
    detail = _detail(line)
    content = hashlib.sha256(_known_only(line) + b"\n" + again).hexdigest()[:32]
    return (_event(detail, feed, place, content),)


def reference(text: str | None) -> str | None:
    """A reference of Mastercard's that says something; blanks and zeros do not."""
    told = (text or "").strip()
    return reading.token(told) if told.strip("0") and MASK not in told else None


def purchase_ref(card: str, named: str, day: date) -> str:
    """What authorization and clearing of one purchase have in common. References are used again on later days."""
    return f"{card}/{named}/{day:%Y-%m-%d}"


def _frame_problems(lines: Sequence[bytes]) -> list[str]:
    """Whether header, details and trailer are where they belong."""
    problems = []
    last = len(lines)
    for number, line in enumerate(lines, 1):
        expected = b"H" if number == 1 else b"T" if number == last else b"D"
        if line[:1] != expected:
            got = line[:1].decode("ascii", "replace")
            problems.append(f"line {number}: expected a record of type {expected.decode()}, got {got!r}")
    if last < 2:
        problems.append("the file: expected a header and a trailer")
    made_at = lines[0][1:15]
    if lines[0][:1] == b"H" and _moment(made_at, "%Y%m%d%H%M%S") is None:
        problems.append(f"line 1: date and time: expected YYYYMMDDHHmmss, got {made_at.decode('ascii', 'replace')!r}")
    return problems


def _trailer_problems(lines: Sequence[bytes], total_minor: int, told: Trailer) -> list[str]:
    problems = []
    count = len(lines) if told.counts_all_lines else len(lines) - 2
    for what, column, expected in (("records", told.count, count), ("total", told.total, total_minor)):
        if column is None:
            continue
        text = column.of(lines[-1])
        if not _DIGITS.fullmatch(text) or int(text) != expected:
            got = text[:32].decode("ascii", "replace")
            problems.append(
                f"line {len(lines)}: the trailer's {what}: the file has {expected}, the trailer says {got!r}"
            )
    return problems


def _known_only(line: bytes) -> bytes:
    kept = bytearray(b" " * LINE_LENGTH)
    for column in KNOWN:
        kept[column.start : column.start + column.length] = line[column.start : column.start + column.length]
    return bytes(kept)


def _records(details: Sequence[tuple[int, bytes, _Detail]]) -> tuple[Record, ...]:
    """Details without an id that are alike are told apart by their number among them, whatever lines they stand on."""
    seen: Counter[bytes] = Counter()
    records = []
    for number, line, detail in details:
        body = line
        if detail.reference is None:
            seen[line] += 1
            body = line if seen[line] == 1 else b"%b\n%d" % (line, seen[line])
        records.append(Record(number, body))
    return tuple(records)


def _detail(line: bytes) -> _Detail:
    card = _text(line, TOKEN, "token")
    if reading.token(card) is None:
        raise Unreadable(f"{_WHERE}: token, column {TOKEN.start}: expected the card's token, got none")
    if mask_text(card) != card:
        raise Unreadable(f"{_WHERE}: token, column {TOKEN.start}: expected a token, got what looks like a card number")
    amount = AMOUNT.of(line)
    if not _DIGITS.fullmatch(amount):
        raise Unreadable(f"{_WHERE}: amount, column {AMOUNT.start}: expected minor units, got {_shown(amount)}")
    written = DATE.of(line) + TIME.of(line)
    minute = _moment(written, "%Y%m%d%H%M")
    if minute is None:
        raise Unreadable(
            f"{_WHERE}: date and time, columns {DATE.start} and {TIME.start}: expected YYYYMMDD and HHmm, "
            f"got {_shown(written)}"
        )
    return _Detail(
        card=card,
        day=minute.date(),
        minute=minute,
        amount_minor=int(amount),
        reference=reference(_text(line, TRANSACTION_ID, "transaction id")),
        auth_code=_text(line, AUTH_CODE, "auth code"),
        merchant_id=_text(line, MERCHANT_ID, "merchant id"),
        location_id=_text(line, LOCATION_ID, "location id"),
        aggregate_merchant_id=_text(line, AGGREGATE_MERCHANT_ID, "aggregate merchant id"),
    )


def _event(detail: _Detail, feed: Feed, place: FeedPlace, content: str) -> CardEvent:
    first, second, basis = reading.merchant_time(detail.minute.isoformat(), place.zone, f"{_WHERE}: time")
    is_refund = feed is Feed.REFUNDS
    own = f"{detail.card}/file-{content}/{detail.day:%Y-%m-%d}"
    named = None if detail.reference is None else purchase_ref(detail.card, detail.reference, detail.day)
    kind = EventKind.REFUND if is_refund else EventKind.CLEARING
    mid = detail.merchant_id
    mids = [mid, mid.removeprefix(_PADDING)] if mid.startswith(_PADDING) else [mid]
    return CardEvent(
        kind=kind,
        card_token=detail.card,
        fact_ref=f"{kind.value}:{own}",
        revision=0,
        purchase_ref=own if is_refund or named is None else named,
        occurred_at=first,
        occurred_until=second + _MINUTE,
        time_basis=basis,
        purchase_at=None if is_refund else first,
        amount_minor=detail.amount_minor,
        currency=place.currency,
        merchant=MerchantEvidence(
            identifiers=reading.identifiers(
                *(("mid", each) for each in mids),
                ("mc_location", detail.location_id),
                ("mc_aggregate", detail.aggregate_merchant_id),
            )
        ),
        card_scheme="mastercard",
    )


def _moment(written: bytes, form: str) -> datetime | None:
    """A time without a zone, or None unless it is digits of just that form."""
    width = {"%Y%m%d%H%M%S": 14, "%Y%m%d%H%M": 12}[form]
    if len(written) != width or not _DIGITS.fullmatch(written):
        return None
    try:
        return datetime.strptime(written.decode("ascii"), form)  # noqa: DTZ007, the zone is given apart
    except ValueError:
        return None


def _text(line: bytes, column: Column, name: str) -> str:
    field = column.of(line)
    if not field.isascii() or any(byte < 0x20 or byte == 0x7F for byte in field):
        raise Unreadable(f"{_WHERE}: {name}, column {column.start}: expected ASCII, got {_shown(field)}")
    return field.decode("ascii")


def _shown(field: bytes) -> str:
    return repr(field[:32].decode("ascii", "replace"))
