"""The bank's rows as the lists of a Berlin Group interface, one stored page for every call that shows something new."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from cashback.simulator.chaos.bank import Bank, Hold, Row, SandboxBank
from cashback.simulator.chaos.people import CURRENCY, ZONE, Shopper
from cashback.simulator.chaos.telling import Sent, encoded, major
from cashback.simulator.chaos.truth import View
from issuers.bank_pages import Page, Remembered
from issuers.bank_pages import encoded as encoded_page
from issuers.berlin_group import BerlinGroupAdapter
from issuers.events import CardEvent, EventKind

_ADAPTER = BerlinGroupAdapter()
_BY_CARD = "PMNT-CCRD-POSD"
"""ISO 20022: a card payment at the point of sale."""


class BerlinGroupBank:
    """Lists with what is pending and what was booked since the last; a row is booked under another id than it had."""

    network = _ADAPTER.name

    def tell(self, rows: Sequence[Row], holds: Sequence[Hold]) -> Iterator[Sent]:
        """The pages of every account, each account's in their order."""
        booked: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            booked[row.shopper.account].append(row)
        pending: defaultdict[str, list[Hold]] = defaultdict(list)
        for hold in holds:
            pending[hold.shopper.account].append(hold)
        for account in sorted(booked.keys() | pending.keys()):
            yield from _pages(account, booked[account], pending[account])


def _pages(account: str, rows: Sequence[Row], holds: Sequence[Hold]) -> Iterator[Sent]:
    """One page for every instant at which a list differs from the one before."""
    before: dict[str, Remembered] = {}
    continued: set[str] = set()
    views = {f"t:{each.ref}": each.purchase.views for each in holds} | {f"t:{each.ref}": each.views() for each in rows}
    instants = {row.pulled_at for row in rows} | {at for hold in holds for at in (hold.since, hold.until)}
    for number, at in enumerate(sorted(instants), 1):
        booked = [row for row in rows if row.pulled_at == at]
        pending = [hold for hold in holds if hold.since <= at < hold.until]
        gone = [hold for hold in holds if hold.until == at]
        page = Page(BerlinGroupBank.network, account, number, number, at, ZONE.key, before, _answer(booked, pending))
        reading = _ADAPTER.read_page(page)
        _note(reading.events, views)
        continued |= {event.purchase_ref for event in reading.events if event.kind is EventKind.CLEARING}
        # Booked rows are not shown again, so only what is pending needs to be remembered.
        before = {ref: each for ref, each in reading.after.items() if each.pending and not each.gone}
        shown = [*(row.purchase for row in booked), *(hold.purchase for hold in (*pending, *gone))]
        of = {each.id: each for each in shown}
        yield Sent(at, BerlinGroupBank.network, None, encoded_page(page), tuple(of.values()))
    for hold in holds:
        view = (BerlinGroupBank.network, f"t:{hold.ref}")
        if f"t:{hold.ref}" not in continued and view in hold.purchase.views:
            hold.purchase.views.remove(view)
            hold.purchase.withdrawn.append(view)


def _answer(booked: Sequence[Row], pending: Sequence[Hold]) -> msgspec.Raw:
    lists = {
        "booked": [_booked(row) for row in booked],
        "pending": [_entry(hold.shopper, hold.ref, -hold.amount_minor, hold.printed.label) for hold in pending],
    }
    return msgspec.Raw(encoded({"transactions": lists}))


def _booked(row: Row) -> dict[str, Any]:
    amount = -row.amount_minor if row.refund is None else row.amount_minor
    return {**_entry(row.shopper, row.ref, amount, row.printed.label), "bookingDate": row.booked_on.isoformat()}


def _entry(shopper: Shopper, ref: str, amount_minor: int, label: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "transactionId": ref,
        "transactionAmount": {"currency": shopper.billed_in, "amount": f"{major(amount_minor)}"},
        "remittanceInformationUnstructured": label,
        "bankTransactionCode": _BY_CARD,
    }
    if shopper.billed_in != CURRENCY:
        entry["currencyExchange"] = [
            {
                "sourceCurrency": CURRENCY,
                "targetCurrency": shopper.billed_in,
                "unitCurrency": CURRENCY,
                "exchangeRate": f"{shopper.rate / 10_000:.4f}",
            }
        ]
    return entry


def _note(events: Sequence[CardEvent], views: Mapping[str, list[View]]) -> None:
    """Write into the truth under which name the adapter tells each row."""
    for event in events:
        told = views[event.fact_ref.partition(":")[2]]
        view = (BerlinGroupBank.network, event.purchase_ref)
        if view not in told:
            told.append(view)


BANKS: Mapping[str, Callable[[], Bank]] = MappingProxyType(
    {"berlin_group": BerlinGroupBank, "sandbox_bank": SandboxBank}
)
"""The dialects in which a bank can be played."""
