"""A bank's account-information interface after the Berlin Group (NextGenPSD2 XS2A 1.3): lists of rows that are pulled.

Format: the implementation guidelines' `GET /v1/accounts/{account-id}/transactions` with `bookingStatus=both`, as the
public OpenAPI of version 1.3 spells its fields. What a reader must know:

* A list shows the whole of its window: what was pending and is missing from a complete list is gone. Booked rows leave
  the window in time and are not missed.
* `transactionId` and `entryReference` may both be missing, and a pending row seldom keeps its id when it is booked. A
  row is named by the first, else the second, else by a digest of its content with a count of its equals in the list;
  equals are interchangeable, so it does not matter which of two is counted first. An id that stands on two different
  rows of one page is no id.
* A booked row is taken for a pending one that has just gone only beyond doubt: amount, currency, day, shop and card of
  the label agree, and neither has a second candidate. Else the pending row is told as reversed, and the booked one as
  a purchase of its own.
* `transactionAmount` is negative for money that leaves the account, in major units, as text.
* It is in the account's currency. Where `currencyExchange` tells the shop's (`issuers/berlin_group_exchange.py`), that
  is the event's amount and the account's stands beside it. What the exchange says names no row and links none: it may
  come with the booking.
* A row is a purchase by card when `bankTransactionCode` is of the family PMNT-CCRD (ISO 20022) and is not cash; where
  no code is given, when its label has the form of one (`issuers/french_labels.py`).
* Nothing is pushed: no delivery verifies. Bodies of this network are pages that were pulled here.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from issuers import bank_pages, proof, reading
from issuers.adapter import Delivery
from issuers.bank_pages import Page, Progress, Reading, Remembered, Row
from issuers.berlin_group_exchange import shops_amount
from issuers.currencies import currency_code, minor_units
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import Acknowledgement, Capabilities, CardEvent, Envelope, MerchantEvidence, TimeBasis
from issuers.french_labels import CardLabel, descriptor_of, read_label
from issuers.two_currencies import Amount, Told, shop_first

CALLS_PER_DAY = 4
"""Without the account holder a bank answers four times in 24 hours for one account and endpoint (Commission Delegated
Regulation (EU) 2018/389, article 36(5)); the fifth is answered 429 ACCESS_EXCEEDED."""
_NETWORK = "berlin_group"
_WHERE = "berlin_group page"
_CARD_FAMILY = "PMNT-CCRD"
_CASH = frozenset({"CWDL", "CDPT", "XBCW", "CAJT"})
"""Sub-families of the card family that are no purchase: cash out, cash in, cash abroad, an adjustment."""

_ROW_FIELDS = (
    "transactionId",
    "entryReference",
    "endToEndId",
    "mandateId",
    "checkId",
    "creditorId",
    # Some banks write rates of 35 decimals, in which a card number may seem to stand.
    "currencyExchange.exchangeRate",
)
_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=False,
    tells_hour=False,
    accounts=True,
    identifier_schemes=("label",),
    pan_like_fields=(
        "account",
        "before",
        "answer.account",
        "answer.transactions._links",
        *(f"answer.transactions.{part}.{name}" for part in ("booked", "pending") for name in _ROW_FIELDS),
    ),
)


class _Amount(msgspec.Struct):
    currency: str
    amount: str


class _Entry(msgspec.Struct, rename="camel", omit_defaults=True):
    transaction_amount: _Amount
    transaction_id: str | None = None
    entry_reference: str | None = None
    booking_date: str | None = None
    value_date: str | None = None
    remittance_information_unstructured: str | None = None
    remittance_information_unstructured_array: list[str] | None = None
    additional_information: str | None = None
    creditor_name: str | None = None
    debtor_name: str | None = None
    bank_transaction_code: str | None = None
    merchant_category_code: str | None = None
    currency_exchange: Any = None


class _Href(msgspec.Struct):
    href: str | None = None


class _Links(msgspec.Struct):
    next: _Href | None = None


class _Report(msgspec.Struct):
    booked: list[_Entry] | None = None
    pending: list[_Entry] | None = None
    links: _Links | None = msgspec.field(default=None, name="_links")


class _Answer(msgspec.Struct):
    transactions: _Report


class _Named(NamedTuple):
    ref: str
    pending: bool
    entry: _Entry


_ANSWER = reading.decoder(_Answer)


class BerlinGroupAdapter:
    """The dialect of the Berlin Group's transaction lists. See the module for how rows are named and linked."""

    name = _NETWORK
    capabilities = _CAPABILITIES
    lists_all = True
    calls_per_day = CALLS_PER_DAY

    def verify(
        self,
        delivery: Delivery,  # noqa: ARG002, the contract's
        secrets: tuple[bytes, ...],
        now: datetime,  # noqa: ARG002, the contract's
    ) -> None:
        """Refuse every delivery: a bank pushes none."""
        proof.usable_secrets(secrets)
        raise SignatureRefused("berlin_group: banks are asked and push nothing, so no delivery is genuine")

    def envelope(self, delivery: Delivery) -> Envelope:
        """Of a page its account and number; of anything else a hash."""
        digest = hashlib.sha256(delivery.body).digest()
        return bank_pages.envelope(delivery.body, _NETWORK) or Envelope(digest.hex(), digest, None)

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Never sent: no delivery verifies."""
        return Acknowledgement(status=200)

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The facts of a stored page."""
        return self.read_page(bank_pages.decoded(delivery.body, _NETWORK)).events

    def sign(
        self,
        body: bytes,  # noqa: ARG002, the contract's
        *,
        secret: bytes,  # noqa: ARG002, the contract's
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,  # noqa: ARG002, the contract's
    ) -> dict[str, str]:
        """`ValueError`: there is nothing to sign with."""
        raise ValueError("a bank pushes nothing, so there is no header to sign")

    def progress(self, answer: bytes) -> Progress:
        """The link to the next page of this list, or the end of it. Raises `Unreadable`."""
        report = reading.read(_ANSWER, answer, _WHERE).transactions
        following = report.links.next.href if report.links and report.links.next else None
        return Progress(following or "", following is not None)

    def names(self, answer: bytes) -> frozenset[str]:
        """The names of all rows, counted as if the list began here. Raises `Unreadable`."""
        return frozenset(each.ref for each in _named(reading.read(_ANSWER, answer, _WHERE).transactions, Counter()))

    def read_page(self, page: Page) -> Reading:
        """What a page of a list tells; with the last page, what is gone. Raises `Unreadable` unless it is a list."""
        report = reading.read(_ANSWER, bytes(page.answer), _WHERE).transactions
        zone = bank_pages.zone_of(page)
        rows, unread = [], []
        named = _named(report, _counted(page))
        for each in named:
            # A list repeats its rows for weeks: one that cannot be read must not keep the others from being told.
            try:
                rows.append(_row(page, each, zone))
            except Unreadable as error:
                unread.append(f"{_WHERE}: a row of {each.entry.booking_date or 'no day'}: {error.detail}")
        complete = not (report.links and report.links.next and report.links.next.href)
        gone = _missing(page, {each.ref for each in named}) if complete else {}
        told = bank_pages.told_by(page, _linked(page, rows, gone), gone)
        return replace(told, unread=tuple(unread))


def _named(report: _Report, counted: "Counter[str]") -> list[_Named]:
    entries = [(True, each) for each in report.pending or ()] + [(False, each) for each in report.booked or ()]
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for pending, entry in entries:
        if (named := _own_name(entry)) is not None:
            meanings[named].add(_content(entry, pending=pending))
    found = []
    for pending, entry in entries:
        own = _own_name(entry)
        if own is None or len(meanings[own]) > 1:
            base = f"c:{_content(entry, pending=pending)}"
            own = f"{base}:{counted[base]}"
            counted[base] += 1
        found.append(_Named(own, pending, entry))
    return found


def _own_name(entry: _Entry) -> str | None:
    for mark, value in (("t", entry.transaction_id), ("e", entry.entry_reference)):
        kept = reading.token(value)
        if kept is not None and len(kept) <= reading.TOKEN_MAX - len("authorization:t:"):
            return f"{mark}:{kept}"
    return None


def _content(entry: _Entry, *, pending: bool) -> str:
    """Of a row but for its exchange, which may be told of one list and not of the next."""
    return bank_pages.content_digest((pending, msgspec.structs.replace(entry, currency_exchange=None)))


def _digest(content: str, told: Told) -> str:
    return content if told.other_currency is None else bank_pages.content_digest((content, told))


def _counted(page: Page) -> "Counter[str]":
    """How many equals of each nameless row the earlier pages of this list have shown."""
    earlier = (ref for ref, old in page.before.items() if page.first <= old.seen < page.number)
    return Counter(ref.rpartition(":")[0] for ref in earlier if ref.startswith("c:"))


def _missing(page: Page, shown: set[str]) -> dict[str, Remembered]:
    """What was pending and is on no page of this list."""
    return {
        ref: old
        for ref, old in page.before.items()
        if old.pending and not old.gone and old.seen < page.first and ref not in shown
    }


def _linked(page: Page, rows: Sequence[Row], gone: Mapping[str, Remembered]) -> list[Row]:
    """The same rows; a new booked one that can be only one of the gone, and the other way round, continues it."""
    fresh = {row.ref for row in rows if not row.pending and row.likeness and row.ref not in page.before}
    twins = Counter(row.likeness for row in rows if row.ref in fresh)
    lost = Counter(old.likeness for old in gone.values() if old.likeness)
    begun = {old.likeness: old.purchase for old in gone.values() if old.kind and lost[old.likeness] == 1}
    return [
        replace(row, purchase=begun[row.likeness])
        if row.ref in fresh and twins[row.likeness] == 1 and row.likeness in begun
        else row
        for row in rows
    ]


def _row(page: Page, named: _Named, zone: ZoneInfo) -> Row:
    entry = named.entry
    booked_on = bank_pages.a_day(entry.booking_date, f"{_WHERE}: $.bookingDate") or bank_pages.a_day(
        entry.value_date, f"{_WHERE}: $.valueDate"
    )
    seen_on = booked_on or bank_pages.local_day(page, zone)
    label = next(filter(None, (read_label(text, seen_on) for text in _texts(entry))), None)
    card = _by_card(entry, label)
    currency = currency_code(entry.transaction_amount.currency) if card else "XXX"
    spent = -minor_units(entry.transaction_amount.amount, currency) if card else 0
    account = Amount(spent, currency)
    told = shop_first(account, shops_amount(account, entry.currency_exchange) if card else None)
    since, until, basis = _when(label, seen_on, zone, refund=spent < 0)
    return Row(
        ref=named.ref,
        pending=named.pending,
        digest=_digest(_content(entry, pending=named.pending), told),
        card=card,
        spent_minor=-told.minor if spent < 0 else told.minor,
        currency=told.currency,
        other_minor=told.other_minor,
        other_currency=told.other_currency,
        since=since,
        until=until,
        basis=basis,
        merchant=_merchant(entry, label, spent),
        last_four=label.last_four if label else None,
        metadata={"last_three": label.last_digits} if label and label.last_digits and not label.last_four else {},
        called_refund=label is not None and label.refund,
        likeness=_likeness(label, spent, currency) if label and spent > 0 else "",
    )


def _texts(entry: _Entry) -> tuple[str, ...]:
    """Where banks put their label, the documented place first."""
    lines = entry.remittance_information_unstructured_array or ()
    told = (entry.remittance_information_unstructured, " ".join(lines), entry.additional_information)
    return tuple(text for text in told if text)


def _by_card(entry: _Entry, label: CardLabel | None) -> bool:
    code = (entry.bank_transaction_code or "").strip().upper()
    if not code:
        return label is not None
    family, _, sub_family = code.rpartition("-")
    return family == _CARD_FAMILY and sub_family not in _CASH


def _when(
    label: CardLabel | None, seen_on: date, zone: ZoneInfo, *, refund: bool
) -> tuple[datetime, datetime, TimeBasis]:
    if label is not None and label.purchased_on is not None:
        return *bank_pages.that_day(label.purchased_on, zone), TimeBasis.DATE
    return *(bank_pages.that_day if refund else bank_pages.booked_by)(seen_on, zone), TimeBasis.BOOKED


def _merchant(entry: _Entry, label: CardLabel | None, spent: int) -> MerchantEvidence:
    other = entry.debtor_name if spent < 0 else entry.creditor_name
    texts = _texts(entry)
    return MerchantEvidence(
        identifiers=reading.identifiers(
            ("label", " ".join(filter(None, (label.merchant, label.town))) if label else None),
        ),
        descriptor=label.merchant if label else descriptor_of(other) or descriptor_of(texts[0] if texts else None),
        category_code=entry.merchant_category_code or None,
        city=label.town if label else None,
    )


def _likeness(label: CardLabel, spent: int, currency: str) -> str:
    """Equal for two rows only when they can be one purchase; empty where the day is not told."""
    if label.purchased_on is None:
        return ""
    place = (label.merchant, label.town, label.last_digits)
    return bank_pages.content_digest((spent, currency, label.purchased_on, place))
