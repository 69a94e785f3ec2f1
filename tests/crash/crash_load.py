"""The load of the crash tests: what shoppers truly did, and the messages by which two networks tell of it.

Of a hundred purchases ninety are authorised and cleared, a third of those with another amount; twenty are refunded,
partly or wholly, some by a refund that names no purchase; a few are reversed, never cleared, cleared in two parts, or
made where no shop is known. Cards are linked by message too, so that some purchases are told before their card is
known. Some holds and some authorizations end while the load runs. Every message is told in a window of `WINDOW`
around its place, and two of five deliveries are repetitions.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

WINDOW = 400
DUPLICATES = 0.40
PURCHASES_PER_SHOPPER = 17
SHOPS = 12
NOWHERE = SHOPS
"""The place whose identifiers no shop has."""
PARIS = ZoneInfo("Europe/Paris")
ENDING = timedelta(seconds=30)
"""Holds that end while the load runs have ended this long after its start."""

MINIMUM, RATE_BPS, CAP, HOLD = 20_00, 500, 8_00, timedelta(days=30)
POINTS, POINTS_MINIMUM, POINTS_HOLD = 10, 10_00, timedelta(days=14)
THRESHOLD, CONVERTS_TO = 100, 10_00
LAPSES = timedelta(days=31)


@dataclass(slots=True)
class Bought:
    """One purchase as it truly was. Amounts are minor units of EUR."""

    ref: str
    shopper: int
    network: str
    place: int
    at: datetime
    authorised: int
    reversed: int = 0
    cleared: list[tuple[int, datetime]] = field(default_factory=list)
    refunds: list[int] = field(default_factory=list)
    """Of refunds that name it."""
    credit: tuple[str, int] | None = None
    """A refund that names no purchase: its own reference and its amount."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as its network sends it."""

    network: str
    event: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Load:
    """What is delivered, in order, and the truth behind it."""

    start: datetime
    shoppers: int
    bought: list[Bought]
    messages: list[Message]
    deliveries: list[Message]
    facts: int
    """Different facts about purchases that the messages state."""


def make_load(seed: int, deliveries: int, start: datetime) -> Load:
    """The same load for the same arguments."""
    rng = random.Random(seed)
    start = start.replace(microsecond=0)
    wanted = round(deliveries * (1 - DUPLICATES))
    shoppers = max(4, wanted * 10 // (22 * PURCHASES_PER_SHOPPER))
    placed: list[tuple[float, Message]] = []
    for shopper in range(shoppers):
        for network in ("sandbox", "fidel"):
            placed.append((rng.uniform(0, wanted * 0.3), _linked(shopper, network, start)))
    bought: list[Bought] = []
    taken: set[tuple[int, str, int, int]] = set()
    facts = 0
    while len(placed) < wanted:
        purchase = _purchase(rng, len(bought), shoppers, start, taken)
        bought.append(purchase)
        place = rng.uniform(0, wanted)
        for told in _told(rng, purchase, start):
            facts += 1
            placed.extend((place, message) for message in told)
            place += rng.uniform(0, WINDOW)
    originals = [(place + rng.uniform(0, WINDOW), message) for place, message in placed]
    again = rng.choices(originals, k=max(0, deliveries - len(originals)))
    # One repetition in ten comes long after: a provider gives up only after days.
    repeated = [(place + rng.uniform(0, WINDOW if rng.random() < 0.9 else wanted), message) for place, message in again]
    ordered = sorted(originals + repeated, key=lambda each: each[0])
    return Load(start, shoppers, bought, [message for _, message in placed], [message for _, message in ordered], facts)


def programme() -> dict[str, object]:
    """The programme file of the load."""
    return {
        "programme": {"code": "crash", "name": "Crash", "zone": "Europe/Paris", "currency": "EUR"},
        "centres": [{"code": "centre", "name": "Centre", "country": "FR"}],
        "assets": [
            {"code": "EUR", "kind": "money", "name": {"en": "cashback", "fr": "cashback"}},
            {
                "code": "PTS",
                "kind": "points",
                "name": {"en": "points", "fr": "points"},
                "conversion": {"threshold": THRESHOLD, "into": "EUR", "amount": _major(CONVERTS_TO)},
            },
        ],
        "shops": [
            {
                "code": f"shop-{place}",
                "name": f"Shop {place}",
                "centre": "centre",
                "category": "5651",
                "identifiers": [
                    {"network": "sandbox", "scheme": "mid", "value": _mid(place)},
                    {"network": "fidel", "scheme": "fidel_location", "value": _location(place)},
                ],
            }
            for place in range(SHOPS)
        ],
        "offers": [
            {
                "code": "percent",
                "name": {"en": "Percent", "fr": "Pourcentage"},
                "conditions": [{"kind": "minimum_spend", "amount": _major(MINIMUM)}],
                "reward": {"kind": "percent", "asset": "EUR", "rate_bps": RATE_BPS, "cap_per_purchase": _major(CAP)},
                "hold_days": HOLD.days,
                "budget": "9000000.00",
            },
            {
                "code": "points",
                "name": {"en": "Points", "fr": "Points"},
                "conditions": [{"kind": "minimum_spend", "amount": _major(POINTS_MINIMUM)}],
                "reward": {"kind": "fixed", "asset": "PTS", "amount": POINTS},
                "hold_days": POINTS_HOLD.days,
            },
        ],
    }


def reference(shopper: int) -> str:
    """The operator's name of a shopper."""
    return f"shopper-{shopper}"


def _purchase(
    rng: random.Random, number: int, shoppers: int, start: datetime, taken: set[tuple[int, str, int, int]]
) -> Bought:
    shopper, network = rng.randrange(shoppers), rng.choice(("sandbox", "fidel"))
    place = NOWHERE if rng.random() < 0.04 else rng.randrange(SHOPS)
    amount = int(3_00 * 100 ** rng.random())
    # Different amounts at one place, so that a refund that names no purchase can mean one of them only.
    while (shopper, network, place, amount) in taken:
        amount += 1
    taken.add((shopper, network, place, amount))
    kind = rng.random()
    ref = f"{network[0]}{number}"
    if kind < 0.10:
        purchase = Bought(ref, shopper, network, place, _long_before(rng, start, LAPSES), amount)
        if kind < 0.02 and network == "sandbox":
            purchase.at = start - LAPSES + _soon(rng)
        elif kind < 0.05 and network == "sandbox":
            purchase.reversed = rng.choice((amount, amount // 3))
        return purchase
    cleared_at = _long_before(rng, start, HOLD, POINTS_HOLD)
    if rng.random() < 0.06:
        cleared_at = start - rng.choice((HOLD, POINTS_HOLD)) + _soon(rng)
    made_at = (cleared_at - timedelta(days=rng.randrange(1, 4))).replace(hour=rng.randrange(9, 20))
    purchase = Bought(ref, shopper, network, place, made_at, amount)
    if rng.random() < 0.33:
        purchase.authorised = max(1, amount * rng.randrange(80, 121) // 100)
    purchase.cleared = [(amount, cleared_at)]
    if network == "sandbox" and rng.random() < 0.04:
        purchase.cleared = [(amount // 2, cleared_at - timedelta(hours=5)), (amount - amount // 2, cleared_at)]
    if rng.random() < 0.22:
        _give_back(rng, purchase, amount)
    return purchase


def _give_back(rng: random.Random, purchase: Bought, amount: int) -> None:
    kind = rng.random()
    if kind < 0.10:
        purchase.credit = (f"{purchase.ref}-credit", amount)
    elif kind < 0.35:
        purchase.refunds = [amount]
    else:
        purchase.refunds = [rng.randrange(1, amount // 2 + 1) for _ in range(rng.choice((1, 1, 1, 2)))]


def _long_before(rng: random.Random, start: datetime, *periods: timedelta) -> datetime:
    """A time in the last 70 days from which no period ends near the start."""
    while True:
        at = start - timedelta(seconds=rng.randrange(86_400, 70 * 86_400))
        at = at.replace(hour=rng.randrange(9, 20))
        if all(abs(at + period - start) > timedelta(hours=26) for period in periods) and at < start:
            return at


def _soon(rng: random.Random) -> timedelta:
    return timedelta(seconds=rng.randrange(5, int(ENDING.total_seconds())))


def _linked(shopper: int, network: str, start: datetime) -> Message:
    at = start - timedelta(days=100)
    if network == "sandbox":
        card = {"token": _token(shopper, network), "last_four": "0001", "metadata": {"shopper": reference(shopper)}}
        body = {"id": f"link-{shopper}", "type": "card.linked", "created_at": at.isoformat(), "card": card}
        return Message(network, None, msgspec.json.encode(body))
    linked = {
        "id": _token(shopper, network),
        "created": _utc(at),
        "updated": _utc(at),
        "lastNumbers": "0001",
        "scheme": "visa",
        "metadata": {"shopper": reference(shopper)},
    }
    return Message(network, "card.linked", msgspec.json.encode(linked))


def _told(rng: random.Random, purchase: Bought, start: datetime) -> Iterator[list[Message]]:
    """For each fact of a purchase the messages that state it."""
    tell = _sandbox if purchase.network == "sandbox" else _fidel
    last = purchase.cleared[-1][1] if purchase.cleared else purchase.at
    if not purchase.cleared or rng.random() < 0.95:
        yield tell(purchase, "authorization", 0, purchase.authorised, purchase.at)
    if purchase.reversed:
        yield tell(purchase, "reversal", 0, purchase.reversed, purchase.at + timedelta(minutes=5))
    for number, (amount, at) in enumerate(purchase.cleared):
        yield tell(purchase, "clearing", number, amount, at)
    returned_at = last + (start - last) / 2
    for number, amount in enumerate(purchase.refunds):
        yield tell(purchase, "refund", number, amount, returned_at + timedelta(seconds=number))
    if purchase.credit is not None:
        yield tell(purchase, "credit", 0, purchase.credit[1], returned_at)


def _sandbox(purchase: Bought, kind: str, number: int, amount: int, at: datetime) -> list[Message]:
    own = f"{purchase.ref}-{kind}" if kind == "credit" else f"{purchase.ref}-{kind}-{number}"
    body = {
        "id": own,
        "type": "refund" if kind == "credit" else kind,
        "created_at": at.isoformat(),
        "card": {"token": _token(purchase.shopper, "sandbox")},
        "purchase": own if kind in ("refund", "credit") else purchase.ref,
        "fact": own,
        "refund_of": purchase.ref if kind == "refund" else None,
        "amount_minor": amount,
        "currency": "EUR",
        "occurred_at": at.isoformat(),
        "purchase_at": purchase.at.isoformat() if kind == "clearing" else None,
        "merchant": {"mid": _mid(purchase.place), "descriptor": f"SHOP {purchase.place}", "country": "FR"},
    }
    return [Message("sandbox", None, msgspec.json.encode(body))]


def _fidel(purchase: Bought, kind: str, number: int, amount: int, at: datetime) -> list[Message]:
    gives_back = kind in ("refund", "credit")
    own = f"{purchase.ref}-credit" if kind == "credit" else f"{purchase.ref}-refund-{number}"
    local = (at if gives_back else purchase.at).astimezone(PARIS).replace(tzinfo=None)
    body = {
        "id": own if gives_back else purchase.ref,
        "accountId": "account",
        "amount": msgspec.Raw(f"{'-' if gives_back else ''}{_major(amount)}".encode()),
        "auth": True,
        "authCode": "AC0001",
        "card": {"id": _token(purchase.shopper, "fidel"), "lastNumbers": "0001", "scheme": "visa"},
        "cleared": kind != "authorization",
        "created": _utc(at),
        "updated": _utc(at),
        "currency": "EUR",
        "datetime": local.isoformat(timespec="seconds"),
        "identifiers": {"MID": _mid(purchase.place)},
        "location": {"id": _location(purchase.place), "countryCode": "FRA", "timezone": "Europe/Paris"},
        "originalTransactionId": purchase.ref if kind == "refund" else None,
    }
    encoded = msgspec.json.encode(body)
    if gives_back:
        return [Message("fidel", event, encoded) for event in ("transaction.clearing", "transaction.refund")]
    return [Message("fidel", "transaction.auth" if kind == "authorization" else "transaction.clearing", encoded)]


def _token(shopper: int, network: str) -> str:
    return f"card-{network}-{shopper}"


def _mid(place: int) -> str:
    return f"00881{place:05d}"


def _location(place: int) -> str:
    return f"location-{place}"


def _utc(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _major(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
