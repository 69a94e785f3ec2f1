"""The load: what shoppers bought, and the messages by which their card network tells of it.

Of a hundred purchases 97 are authorised and cleared, 30 of them with another amount than authorised; 8 are partly
refunded, 2 of those by a refund that names no purchase. Three are never cleared. Facts are told in the order in which
they happened, but for one in twenty, which is told up to two days late, before or after what follows it.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from bench.road.programme import CATEGORIES, CURRENCY, VISITED, mid

DAYS = 40
"""The purchases lie between so many days and one day before the load's present."""
CHANGED, REFUNDED, UNLINKED, UNCLEARED, LATE = 0.30, 0.08, 0.02, 0.03, 0.05
LATE_HOURS_MAX = 48
REFERENCE_PREFIX = "s"


@dataclass(slots=True)
class Bought:
    """One purchase as it truly was. Amounts are minor units of EUR."""

    ref: str
    shopper: int
    shop: int
    authorised: int
    cleared: int | None
    purchased_at: datetime
    cleared_at: datetime | None
    refunds: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund that names no purchase."""

    ref: str
    shopper: int
    shop: int
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """One message; `delivery_id` is also the fact it states."""

    delivery_id: str
    token: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Load:
    """Messages in the order they are told, and the truth behind them."""

    present: datetime
    """No hold ends and nothing lapses within six hours of it."""
    shoppers: range
    messages: list[Told]
    bought: list[Bought]
    given_back: list[GivenBack]


def reference(shopper: int) -> str:
    """The operator's own name for a shopper."""
    return f"{REFERENCE_PREFIX}{shopper}"


def token(shopper: int) -> str:
    """A shopper's card at the network."""
    return f"card_{shopper:08d}"


def make_load(messages: int, shoppers: range, present: datetime, *, seed: int = 1) -> Load:
    """At least so many messages about the shoppers given, the same ones for the same arguments."""
    chance = random.Random(seed)
    bought: list[Bought] = []
    given_back: list[GivenBack] = []
    told: list[tuple[datetime, Told]] = []
    while len(told) < messages:
        purchase = _purchase(chance, f"b{seed}-{len(bought)}", chance.choice(shoppers), present)
        bought.append(purchase)
        told.append(_tell(chance, purchase, "authorization", purchase.authorised, purchase.purchased_at))
        if purchase.cleared is None or purchase.cleared_at is None:
            continue
        told.append(_tell(chance, purchase, "clearing", purchase.cleared, purchase.cleared_at))
        lot = chance.random()
        if lot >= REFUNDED:
            continue
        amount = chance.randrange(1, purchase.cleared)
        at = purchase.cleared_at + timedelta(hours=chance.randrange(2, 20))
        if lot >= UNLINKED:
            purchase.refunds.append(amount)
            told.append(_tell(chance, purchase, "refund", amount, at, refund_of=purchase.ref))
        else:
            ref = f"r{purchase.ref}"
            given_back.append(GivenBack(ref, purchase.shopper, purchase.shop, amount, at))
            told.append(_tell(chance, purchase, "refund", amount, at, names=ref))
    told.sort(key=lambda each: each[0])
    return Load(present, shoppers, [message for _, message in told], bought, given_back)


def _purchase(chance: random.Random, ref: str, shopper: int, present: datetime) -> Bought:
    """Moments lie half a day off the present's time of day, so that nothing matures or lapses while it is measured."""
    off = timedelta(hours=12, seconds=chance.uniform(-5 * 3600, 5 * 3600))
    purchased_at = present - timedelta(days=chance.randrange(2, DAYS)) + off
    authorised = min(100_000, 100 + int(chance.lognormvariate(8.0, 0.9)))
    cleared: int | None = authorised
    lot = chance.random()
    if lot < UNCLEARED:
        cleared = None
    elif lot < UNCLEARED + CHANGED:
        cleared = max(2, authorised + chance.randrange(-authorised // 5, authorised // 5 + 2))
    cleared_at = None if cleared is None else purchased_at + timedelta(days=1)
    return Bought(ref, shopper, chance.choice(VISITED), authorised, cleared, purchased_at, cleared_at)


def _tell(
    chance: random.Random,
    purchase: Bought,
    kind: str,
    amount: int,
    at: datetime,
    *,
    refund_of: str | None = None,
    names: str | None = None,
) -> tuple[datetime, Told]:
    fact = f"{kind[0]}{names or purchase.ref}"
    card = token(purchase.shopper)
    body = msgspec.json.encode(
        {
            "id": fact,
            "type": kind,
            "created_at": at,
            "card": {"token": card, "last_four": f"{purchase.shopper % 10_000:04d}", "scheme": "visa"},
            "purchase": fact if kind == "refund" else purchase.ref,
            "fact": fact,
            "refund_of": refund_of,
            "amount_minor": amount,
            "currency": CURRENCY,
            "occurred_at": at,
            "purchase_at": None,
            "final": kind == "clearing",
            "merchant": {
                "mid": mid(purchase.shop),
                "terminal": f"T{purchase.shop:03d}1",
                "descriptor": f"SHOP {purchase.shop} LES QUAIS",
                "mcc": CATEGORIES[purchase.shop % len(CATEGORIES)],
                "city": "Paris",
                "country": "FR",
            },
        }
    )
    told_at = at + timedelta(hours=chance.uniform(0, LATE_HOURS_MAX) if chance.random() < LATE else 0)
    return told_at, Told(fact, card, body)
