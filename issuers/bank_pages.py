"""Pages of a bank feed: what one call answered, kept together with what was told before, and read into facts. Pure.

A bank feed is pulled. Its rows carry no clock, a row that is gone is told by its id or not at all, and a list repeats
what was told already. So a page is stored with its number and with what is remembered of the rows it concerns, and
reading it again gives the same events:

* `number` counts the pages of an account and is the revision of every fact that a page states: whoever pulls holds the
  account's row while the next number is given away, so a later page always wins, whatever arrives last.
* `before` holds of each row what was last stated. A row that has not changed states nothing again.

What a row means: pending it is an authorization, booked a clearing, both of one purchase where the feed links them. A
row that is gone gives back what it authorised as a reversal (a clearing of the same purchase wins over it); what was
cleared or refunded by it is stated again as nothing. Money that comes back by card is a refund once it is booked.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from issuers import reading
from issuers.errors import Unreadable
from issuers.events import CardEvent, Envelope, EventKind, MerchantEvidence, TimeBasis

BOOKED_AFTER_MAX = timedelta(days=5)
"""A card purchase is booked within so many days: two banking days, a weekend and a holiday between."""
_MICROSECOND = timedelta(microseconds=1)
_STATING = (EventKind.AUTHORIZATION, EventKind.CLEARING, EventKind.REFUND)


class Remembered(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was last stated of one row, and where it was last seen."""

    digest: str
    """Of all that is read of the row; the same digest states the same."""
    seen: int
    """The number of the page that showed it last."""
    pending: bool = False
    gone: bool = False
    kind: str = ""
    """The kind of its fact; empty for a row that is no card purchase."""
    purchase: str = ""
    amount: int = 0
    currency: str = "XXX"
    other: int | None = None
    other_currency: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    basis: str = TimeBasis.DATE.value
    reversed: bool = False
    """A reversal of what it authorised was told, and must be taken back if the row comes again."""
    likeness: str = ""
    """Equal for a pending row and a booked one only when amount, day, shop and card are."""


class Page(msgspec.Struct, frozen=True):
    """One answer of a provider as it is stored. `answer` is the provider's JSON, byte for byte but for card numbers."""

    bank_page: str
    """The network; also tells a page from a provider's webhook."""
    account: str
    """The card token: the provider's id of the account."""
    number: int
    first: int
    """The number of the first page of the list that this page continues; equal to `number` for a list of one page."""
    pulled_at: datetime
    zone: str
    """The bank's zone (IANA): its days are local days there."""
    before: dict[str, Remembered]
    answer: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Row:
    """One row of any feed. `spent_minor` is positive for money spent, negative for money that came back."""

    ref: str
    pending: bool
    digest: str
    card: bool
    """By the documented fields this is a purchase by card, or a refund of one."""
    spent_minor: int
    currency: str
    since: datetime
    until: datetime
    basis: TimeBasis
    purchase: str | None = None
    """The purchase it belongs to, where the feed says so; else the one it was first told as, else its own id."""
    merchant: MerchantEvidence = field(default_factory=MerchantEvidence)
    last_four: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    likeness: str = ""
    other_minor: int | None = None
    """What was spent in the account's currency, positive, where `currency` is the shop's and another."""
    other_currency: str | None = None
    called_refund: bool = False
    """The label calls it a refund. Where the amount contradicts, nothing moves."""

    @property
    def kind(self) -> EventKind | None:
        """The fact it states, if any: what is pending and negative is only announced, and nothing moves for zero."""
        if not self.card or not self.spent_minor or (self.called_refund and self.spent_minor > 0):
            return None
        if self.spent_minor < 0:
            return None if self.pending else EventKind.REFUND
        return EventKind.AUTHORIZATION if self.pending else EventKind.CLEARING


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page tells, and what is to be remembered of the rows it concerns."""

    events: tuple[CardEvent, ...]
    after: Mapping[str, Remembered]
    told: bool
    """Whether any row is new, changed or gone: a page that tells nothing need not be kept."""
    unread: tuple[str, ...] = ()
    """Why rows were left out, one sentence each. They are not remembered, so the next list tries them again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the next call goes on."""

    cursor: str
    """What the next call is given; empty begins from the start."""
    more: bool
    """The list goes on: the next page belongs to the same list."""


class PagedAdapter(Protocol):
    """What an adapter of a bank feed offers beside the contract of all adapters. Pure."""

    lists_all: bool
    """Every list shows the whole of its window, so that a row which is missing is gone; else what is gone is told."""
    calls_per_day: int
    """Unattended calls of one account in any 24 hours."""

    def progress(self, answer: bytes) -> Progress:
        """Where an answer says to go on; raises `Unreadable`."""

    def names(self, answer: bytes) -> frozenset[str]:
        """The rows that an answer concerns, by the names under which they are remembered; raises `Unreadable`."""

    def read_page(self, page: Page) -> Reading:
        """What a page tells; raises `Unreadable`."""


_PAGE = reading.decoder(Page)


class _Lane(msgspec.Struct):
    bank_page: str
    account: str
    number: int


_LANE = reading.decoder(_Lane)
_ENCODER = msgspec.json.Encoder(order="deterministic")


def encoded(page: Page) -> bytes:
    """The bytes that are stored."""
    return _ENCODER.encode(page)


def decoded(body: bytes, network: str) -> Page:
    """A stored page; raises `Unreadable`."""
    page = reading.read(_PAGE, body, f"{network} page")
    reading.required_token(page.account, f"{network} page: $.account")
    if page.bank_page != network:
        raise Unreadable(f"{network} page: $.bank_page: expected {network!r}, got {page.bank_page[:32]!r}")
    if page.pulled_at.tzinfo is None:
        raise Unreadable(f"{network} page: $.pulled_at: expected a time with its offset")
    return page


def envelope(body: bytes, network: str) -> Envelope | None:
    """The envelope of a stored page: named by account and number; None when the body is none."""
    try:
        lane = _LANE.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    account = reading.token(lane.account)
    if lane.bank_page != network or account is None:
        return None
    return Envelope(f"page:{lane.number}:{account}", hashlib.sha256(body).digest(), account)


def content_digest(content: Any) -> str:
    """A short digest of what is read of a row."""
    return hashlib.sha256(_ENCODER.encode(content)).hexdigest()[:24]


def zone_of(page: Page) -> ZoneInfo:
    """The zone of a page's days; raises `Unreadable`."""
    try:
        return ZoneInfo(page.zone)
    except (ValueError, OSError, KeyError) as error:
        raise Unreadable(f"{page.bank_page} page: $.zone: expected an IANA zone, got {page.zone[:40]!r}") from error


def local_day(page: Page, zone: ZoneInfo) -> date:
    """The bank's day on which a page was pulled."""
    return page.pulled_at.astimezone(zone).date()


def a_day(text: str | None, where: str) -> date | None:
    """An ISO 8601 date, or None where there is none; raises `Unreadable`."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{where}: expected an ISO 8601 date, got {text[:32]!r}") from error


def that_day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last instant of a local day, in UTC; raises `Unreadable` at the ends of the calendar."""
    return _begin(day, zone), _begin(day, zone, after=timedelta(days=1)) - _MICROSECOND


def booked_by(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a purchase can have been made of which only the day of booking is known, in UTC."""
    return _begin(day, zone, after=-BOOKED_AFTER_MAX), _begin(day, zone, after=timedelta(days=1)) - _MICROSECOND


def _begin(day: date, zone: ZoneInfo, *, after: timedelta = timedelta(0)) -> datetime:
    try:
        return datetime.combine(day + after, time.min, zone).astimezone(UTC)
    except OverflowError as error:
        raise Unreadable(f"date: expected a day between the years 1 and 9999, got {day}") from error


def told_by(page: Page, rows: Iterable[Row], gone: Iterable[str]) -> Reading:
    """The facts of a page's rows and of those that are gone. Of rows with one name the last one holds."""
    named = {row.ref: row for row in rows}
    lost = [ref for ref in sorted(set(gone)) if ref not in named]
    events: list[CardEvent] = []
    after: dict[str, Remembered] = {}
    told = False
    for ref, row in named.items():
        old = page.before.get(ref)
        if old is not None and old.digest == row.digest and not old.gone:
            after[ref] = msgspec.structs.replace(old, seen=page.number)
            continue
        told = True
        stated, after[ref] = _state(page, row, old)
        events += stated
    for ref in lost:
        known = page.before.get(ref)
        if known is None or known.gone:
            continue
        told = True
        events += _withdrawn(page, ref, known)
        back = known.reversed or known.kind == EventKind.AUTHORIZATION.value
        after[ref] = msgspec.structs.replace(known, seen=page.number, gone=True, reversed=back)
    return Reading(tuple(events), after, told)


def _state(page: Page, row: Row, old: Remembered | None) -> tuple[list[CardEvent], Remembered]:
    kind = row.kind
    purchase = row.purchase or (old.purchase if old else "") or row.ref
    was = EventKind(old.kind) if old and old.kind and not old.gone else None
    events: list[CardEvent] = []
    # The authorization of a row that keeps its name when it is booked stays: clearing and authorization are two facts.
    if old is not None and was is not None and was is not kind and (was, kind) != _BOOKED_UNDER_ITS_NAME:
        events += _withdrawn(page, row.ref, old)
    taken_back = was is EventKind.AUTHORIZATION and kind not in (EventKind.AUTHORIZATION, EventKind.CLEARING)
    back = bool(old and old.reversed) or taken_back
    if kind is not None:
        events.append(_event(page, row, kind, purchase))
        if back and kind is EventKind.AUTHORIZATION and old is not None:
            events.append(_restated(page, row.ref, old, EventKind.REVERSAL, 0, purchase=purchase))
            back = False
    remembered = Remembered(
        digest=row.digest,
        seen=page.number,
        pending=row.pending,
        kind=kind.value if kind else "",
        purchase=purchase if row.card else "",
        amount=abs(row.spent_minor) if kind else 0,
        currency=row.currency if kind else "XXX",
        other=row.other_minor if kind else None,
        other_currency=row.other_currency if kind else None,
        since=row.since if kind else None,
        until=row.until if kind else None,
        basis=row.basis.value,
        reversed=back,
        likeness=row.likeness,
    )
    return events, remembered


_BOOKED_UNDER_ITS_NAME = (EventKind.AUTHORIZATION, EventKind.CLEARING)


def _event(page: Page, row: Row, kind: EventKind, purchase: str) -> CardEvent:
    refund = kind is EventKind.REFUND
    known = row.basis is not TimeBasis.BOOKED and not refund
    return CardEvent(
        kind=kind,
        card_token=page.account,
        fact_ref=f"{kind.value}:{row.ref}",
        revision=page.number,
        purchase_ref=row.ref if refund else purchase,
        occurred_at=row.since,
        occurred_until=row.until,
        time_basis=row.basis,
        purchase_at=row.since if known else None,
        amount_minor=abs(row.spent_minor),
        currency=row.currency,
        other_minor=row.other_minor,
        other_currency=row.other_currency,
        merchant=row.merchant,
        last_four=row.last_four,
        metadata=dict(row.metadata),
    )


def _withdrawn(page: Page, ref: str, old: Remembered) -> list[CardEvent]:
    """A row that is gone, or states another fact now: what it authorised is reversed, all else is nothing."""
    if old.kind == EventKind.AUTHORIZATION.value:
        return [_restated(page, ref, old, EventKind.REVERSAL, old.amount, other=old.other or 0)]
    if old.kind in _STATING:
        return [_restated(page, ref, old, EventKind(old.kind), 0)]
    return []


def _restated(
    page: Page,
    ref: str,
    old: Remembered,
    kind: EventKind,
    amount: int,
    *,
    other: int = 0,
    purchase: str | None = None,
) -> CardEvent:
    since = old.since or page.pulled_at.astimezone(UTC)
    return CardEvent(
        kind=kind,
        card_token=page.account,
        fact_ref=f"{kind.value}:{ref}",
        revision=page.number,
        purchase_ref=ref if kind is EventKind.REFUND else purchase or old.purchase or ref,
        occurred_at=since.astimezone(UTC),
        occurred_until=(old.until or since).astimezone(UTC),
        time_basis=TimeBasis(old.basis),
        amount_minor=amount,
        currency=old.currency,
        other_minor=None if old.other_currency is None else other,
        other_currency=old.other_currency,
    )
