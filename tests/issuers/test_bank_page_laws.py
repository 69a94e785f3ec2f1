"""A law of bank feeds: whatever an account goes through, the facts that were told add up to what it shows now.

Facts are kept as the product keeps them: of several statements on one fact the highest revision holds, whatever order
they are looked at in. Pages are written, stored and read again as the poller does.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from issuers import bank_pages
from issuers.adapter import Adapter, Delivery
from issuers.bank_pages import Page, PagedAdapter, Remembered
from issuers.berlin_group import BerlinGroupAdapter
from issuers.events import CardEvent, EventKind
from issuers.plaid import PlaidAdapter

BEGIN = datetime(2026, 9, 21, 12, tzinfo=UTC)
SHOPS = ("ZARA", "FNAC")
steps = st.lists(
    st.tuples(
        st.sampled_from(["pend", "book", "drop", "change", "buy", "refund", "poll"]),
        st.integers(0, 5),
        st.integers(1, 3),
        st.sampled_from(SHOPS),
    ),
    max_size=20,
)


@dataclass(slots=True)
class Memory:
    """What the poller remembers, and the facts as they stand."""

    adapter: Any
    number: int = 0
    rows: dict[str, Remembered] = field(default_factory=dict)
    stated: list[CardEvent] = field(default_factory=list)

    def poll(self, answer: dict[str, Any]) -> None:
        """Store an answer as a page, read it, remember its rows; then read the stored page once more."""
        reader: PagedAdapter = self.adapter
        dialect: Adapter = self.adapter
        raw = msgspec.json.encode(answer)
        self.number += 1
        named = reader.names(raw)
        before = {ref: row for ref, row in self.rows.items() if ref in named or (reader.lists_all and not row.gone)}
        at = BEGIN + timedelta(hours=6 * self.number)
        page = Page(dialect.name, "acct-1", self.number, self.number, at, "Europe/Paris", before, msgspec.Raw(raw))
        body = bank_pages.encoded(page)
        reading = reader.read_page(page)
        assert dialect.parse(Delivery(body, {})) == reading.events
        self.rows |= reading.after
        self.stated += reading.events

    def facts(self) -> dict[str, CardEvent]:
        """The statement that holds for each fact, looked for from the last to the first."""
        held: dict[str, CardEvent] = {}
        for event in reversed(self.stated):
            if event.fact_ref not in held or event.revision > held[event.fact_ref].revision:
                held[event.fact_ref] = event
        return held

    def standing(self) -> tuple[int, int, int]:
        """What purchases that have not cleared still hold, what was cleared, what came back."""
        held: dict[str, int] = {}
        cleared: dict[str, int] = {}
        returned = 0
        for event in self.facts().values():
            if event.kind is EventKind.AUTHORIZATION:
                held[event.purchase_ref] = held.get(event.purchase_ref, 0) + event.amount_minor
            elif event.kind is EventKind.REVERSAL:
                held[event.purchase_ref] = held.get(event.purchase_ref, 0) - event.amount_minor
            elif event.kind is EventKind.CLEARING:
                cleared[event.purchase_ref] = cleared.get(event.purchase_ref, 0) + event.amount_minor
            else:
                returned += event.amount_minor
        assert all(amount >= 0 for amount in held.values())
        waiting = sum(amount for ref, amount in held.items() if ref not in cleared)
        return waiting, sum(cleared.values()), returned


@dataclass(slots=True)
class Row:
    """A row as the bank has it."""

    ref: str
    cents: int
    shop: str
    linked: str | None = None


class Account:
    """An account at a bank, and the changes since it was last asked."""

    def __init__(self) -> None:
        self.pending: list[Row] = []
        self.booked: list[Row] = []
        self.changes: list[tuple[str, Row, bool]] = []
        self._count = 0

    def go(self, what: str, which: int, euros: int, shop: str) -> None:
        """One thing happens."""
        if what in ("pend", "buy", "refund"):
            self._count += 1
            row = Row(f"row-{self._count}", euros * 100 * (-1 if what == "refund" else 1), shop)
            (self.pending if what == "pend" else self.booked).append(row)
            self.changes.append(("added", row, what == "pend"))
        elif self.pending and what in ("book", "drop"):
            gone = self.pending.pop(which % len(self.pending))
            self.changes.append(("removed", gone, True))
            if what == "book":
                self._count += 1
                row = Row(f"row-{self._count}", gone.cents, gone.shop, gone.ref)
                self.booked.append(row)
                self.changes.append(("added", row, False))
        elif self.pending and what == "change":
            place = which % len(self.pending)
            old = self.pending[place]
            self.pending[place] = Row(old.ref, euros * 100 + 7, old.shop)
            self.changes.append(("modified", self.pending[place], True))

    def truth(self) -> tuple[int, int, int]:
        """What is waiting, what was spent, what came back."""
        waiting = sum(row.cents for row in self.pending)
        spent = sum(row.cents for row in self.booked if row.cents > 0)
        return waiting, spent, -sum(row.cents for row in self.booked if row.cents < 0)

    def as_list(self) -> dict[str, Any]:
        """As a bank shows it, without the ids of pending rows in the booked ones; every third row has no id at all."""

        def shown(row: Row, *, booked: bool) -> dict[str, Any]:
            amount = f"{-row.cents / 100:.2f}"
            told: dict[str, Any] = {
                "transactionAmount": {"currency": "EUR", "amount": amount},
                "remittanceInformationUnstructured": f"CARTE 20/09 {row.shop} CB*4521",
            }
            if int(row.ref.removeprefix("row-")) % 3:
                told["transactionId"] = row.ref
            return told | ({"bookingDate": "2026-09-21"} if booked else {})

        return {
            "transactions": {
                "booked": [shown(row, booked=True) for row in self.booked],
                "pending": [shown(row, booked=False) for row in self.pending],
            }
        }

    def as_changes(self) -> dict[str, Any]:
        """As Plaid tells what changed since it was last asked, each row once."""
        told: dict[str, list[dict[str, Any]]] = {"added": [], "modified": [], "removed": []}
        for how, row, pending in self.changes:
            if how == "removed":
                told[how].append({"transaction_id": row.ref, "account_id": "acct-1"})
                continue
            told[how].append(
                {
                    "transaction_id": row.ref,
                    "account_id": "acct-1",
                    "amount": row.cents / 100,
                    "iso_currency_code": "EUR",
                    "date": "2026-09-21",
                    "pending": pending,
                    "pending_transaction_id": row.linked,
                    "payment_channel": "in store",
                    "name": row.shop,
                }
            )
        # A row that came and went between two calls is told as gone alone.
        lost = {row["transaction_id"] for row in told["removed"]}
        for part in ("added", "modified"):
            told[part] = [row for row in told[part] if row["transaction_id"] not in lost]
        self.changes.clear()
        return {**told, "next_cursor": "c", "has_more": False}


@given(steps)
@settings(max_examples=200, deadline=None)
def test_what_a_bank_lists_adds_up(lived: list[tuple[str, int, int, str]]) -> None:
    account, memory = Account(), Memory(BerlinGroupAdapter())
    for step in [*lived, ("poll", 0, 1, "")]:
        account.go(*step)
        if step[0] == "poll":
            memory.poll(account.as_list())
            assert memory.standing() == account.truth()


@given(steps)
@settings(max_examples=200, deadline=None)
def test_what_plaid_tells_of_changes_adds_up(lived: list[tuple[str, int, int, str]]) -> None:
    account, memory = Account(), Memory(PlaidAdapter())
    for step in [*lived, ("poll", 0, 1, "")]:
        account.go(*step)
        if step[0] == "poll":
            memory.poll(account.as_changes())
            assert memory.standing() == account.truth()
