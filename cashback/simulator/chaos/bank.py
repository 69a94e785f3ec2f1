"""The bank behind the account: rows of a statement in French, pulled four times a day, the day alone.

What a row is does not depend on how it is delivered: a `Bank` takes the rows of all accounts and makes deliveries of
them in its own dialect.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol

from cashback.simulator.chaos.issuer import EXPIRES_AFTER
from cashback.simulator.chaos.people import TOWN, ZONE, Shopper, an_id
from cashback.simulator.chaos.rates import Disturbance
from cashback.simulator.chaos.telling import Sent, encoded
from cashback.simulator.chaos.truth import Purchase, Refund, View
from cashback.simulator.dialects import descriptor

POLLED_AT = (5, 11, 17, 22)
"""Hours in UTC."""
NAME_MAX = 16
"""Characters that a bank prints of a shop's name in columns."""
SHOWN_PENDING = 0.4
"""Of purchases those that are shown before they are booked."""
_SATURDAY = 5


class Printed(NamedTuple):
    """What a bank prints of a card purchase."""

    label: str
    name: str
    """The shop, as far as the label has room for it."""
    last_four: str | None
    """The card's last digits, where four are printed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One booked row of a statement. The amount is what the account was charged or given, in its currency."""

    ref: str
    purchase: Purchase
    refund: Refund | None
    made_at: datetime
    """When the purchase, or the refund, was made."""
    booked_on: date
    pulled_at: datetime
    amount_minor: int
    printed: Printed

    @property
    def shopper(self) -> Shopper:
        """Whose account it is."""
        return self.purchase.shopper

    def views(self) -> list[View]:
        """The views of what the row tells, to which its source adds its own."""
        return self.purchase.views if self.refund is None else self.refund.views


@dataclass(frozen=True, slots=True)
class Hold:
    """One pending row: an authorised amount that a list shows until it is booked, or expires."""

    ref: str
    purchase: Purchase
    since: datetime
    """The first list that shows it."""
    until: datetime
    """The first list that does not."""
    amount_minor: int
    printed: Printed

    @property
    def shopper(self) -> Shopper:
        """Whose account it is."""
        return self.purchase.shopper


class Bank(Protocol):
    """How a bank's rows reach the product."""

    network: str

    def tell(self, rows: Sequence[Row], holds: Sequence[Hold]) -> Iterator[Sent]:
        """The deliveries of these rows, which are in the order in which they were pulled; notes their views."""


class SandboxBank:
    """Every booked row as a message of the sandbox's bank, which tells the day."""

    network = "sandbox_bank"

    def tell(self, rows: Sequence[Row], holds: Sequence[Hold]) -> Iterator[Sent]:  # noqa: ARG002, the contract's
        """A clearing or a refund for each row; nothing of what is pending."""
        for row in rows:
            row.views().append((self.network, row.ref))
            yield Sent(row.pulled_at, self.network, None, encoded(_message(row)), (row.purchase,))


def rows(rng: random.Random, purchases: Iterable[Purchase]) -> list[Row]:
    """All rows of all accounts, in the order in which they are pulled."""
    found: list[Row] = []
    for each in purchases:
        if Disturbance.BANK_SILENT in each.disturbances:
            continue
        for at, amount in each.settled:
            found.append(_row(rng, each, None, each.at, at, amount))
        for refund in each.refunds:
            found.append(_row(rng, each, refund, refund.at, refund.at, refund.amount_minor))
    return sorted(found, key=lambda row: (row.pulled_at, row.ref))


def holds(rng: random.Random, purchases: Iterable[Purchase], booked: Iterable[Row]) -> list[Hold]:
    """What lists show as pending, of some of the purchases."""
    first: dict[str, datetime] = {}
    for row in booked:
        if row.refund is None:
            first.setdefault(row.purchase.id, row.pulled_at)
    found: list[Hold] = []
    for each in purchases:
        if Disturbance.BANK_SILENT in each.disturbances or not each.authorised or rng.random() >= SHOWN_PENDING:
            continue
        since = _next_poll(each.at) + timedelta(minutes=rng.randrange(60))
        until = first.get(each.id, _next_poll(each.at + EXPIRES_AFTER))
        if since < until:
            amount = each.shopper.billed(each.authorised[0][1])
            found.append(Hold(an_id(rng), each, since, until, amount, _printed(each, each.at, refund=False)))
    return found


def _next_poll(at: datetime) -> datetime:
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    slots = (midnight + timedelta(days=day, hours=hour) for day in (0, 1) for hour in POLLED_AT)
    return next(slot for slot in slots if slot > at)


def _row(
    rng: random.Random, purchase: Purchase, refund: Refund | None, made_at: datetime, at: datetime, amount_minor: int
) -> Row:
    booked_on = _banking_day(at.astimezone(ZONE).date() + timedelta(days=rng.randint(0, 1)))
    polled = datetime.combine(booked_on, time(rng.choice(POLLED_AT), rng.randrange(60)), UTC)
    while polled <= at:
        polled += timedelta(hours=6)
    return Row(
        ref=an_id(rng),
        purchase=purchase,
        refund=refund,
        made_at=made_at,
        booked_on=booked_on,
        pulled_at=polled,
        amount_minor=purchase.shopper.billed(amount_minor),
        printed=_printed(purchase, made_at, refund=refund is not None),
    )


def _banking_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0)


def _printed(purchase: Purchase, made_at: datetime, *, refund: bool) -> Printed:
    """A bank prints all its rows in one form; which one, its accounts tell."""
    shopper, name = purchase.shopper, descriptor(purchase.shop.name)
    day, four = made_at.astimezone(ZONE).date(), shopper.card_at(made_at).last_four
    if refund:
        return Printed(f"AVOIR CARTE {day:%d/%m} {name} CB*{four}", name, four)
    short = name[:NAME_MAX]
    forms = (
        Printed(f"CARTE {day:%d/%m} {name} {TOWN} CB*{four}", name, four),
        Printed(f"FACTURE CARTE DU {day:%d%m%y} {short:<{NAME_MAX}} {TOWN}   CARTE 4974XXXXXXXX{four}", short, four),
        Printed(f"ACHAT CB {name} {day:%d.%m.%y} CARTE NUMERO {four[1:]}", name, None),
        Printed(f"PAIEMENT CB {day:%d%m} {TOWN}  {name}", name, None),
        Printed(f"CB {name} FACT {day:%d%m%y}", name, None),
        Printed(f"CARTE X{four} {day:%d/%m} {name}", name, four),
    )
    return forms[int(shopper.account[:8], 16) % len(forms)]


def _message(row: Row) -> dict[str, Any]:
    refund = row.refund is not None
    midnight = datetime.combine(row.made_at.astimezone(ZONE).date(), time(0), tzinfo=ZONE)
    card = {"token": row.shopper.account} | ({"last_four": row.printed.last_four} if row.printed.last_four else {})
    return {
        "id": f"evt_{row.ref}",
        "type": "refund" if refund else "clearing",
        "created_at": row.pulled_at,
        "card": card,
        "purchase": row.ref,
        "fact": row.ref,
        "amount_minor": row.amount_minor,
        "currency": row.shopper.billed_in,
        "occurred_at": midnight,
        "occurred_until": midnight + timedelta(days=1) - timedelta(microseconds=1),
        "final": not refund,
        "merchant": {"mid": "", "descriptor": row.printed.name},
    }
