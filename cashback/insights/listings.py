"""Lists of the API and their exports: flat rows of people, cards, purchases, rewards and movements, by their keys.

A page costs what a page holds, whatever is stored: it is found by an index in the order of the list. What no index
finds, such as a state or an amount, is looked for among the next `LOOKED_AT` rows; the page then ends where the search
ended, perhaps with few rows, and the next one goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.errors import NotFound
from cashback.ids import show
from cashback.ledger.chart import shown
from cashback.purchases.schemas import PurchaseState

LOOKED_AT = 5_000
"""Purchases that one page searches through."""
SEGMENT_FLOOR = 20
"""A group of fewer people is not counted out: with what else is known of them, a number would name one."""

PREFIXES = {
    "shopper": "shp",
    "card": "crd",
    "shop": "sho",
    "centre": "ctr",
    "purchase": "pur",
    "plan": "pln",
    "decision": "dec",
}
"""By column; `id` is of the thing itself."""
_SIDES = ("debit", "credit")

SHOPPERS = """
SELECT s.shopper_id AS id, n.reference, s.locale, s.created_at AS opened_at
FROM shopper_references n JOIN shoppers s ON s.shopper_id = n.shopper_id WHERE n.operator_id = $1"""
CARDS = """
SELECT c.card_id AS id, c.shopper_id AS shopper, n.reference, c.network, c.token, c.last_four, c.scheme, c.linked_at,
    c.unlinked_at
FROM cards c LEFT JOIN shopper_references n ON n.operator_id = c.operator_id AND n.shopper_id = c.shopper_id
WHERE c.operator_id = $1 AND c.network NOT IN ('receipt', 'checkout')"""
_PURCHASE_COLUMNS = """
SELECT p.id, p.shopper_id AS shopper, n.reference, p.network, p.purchase_ref AS network_ref, p.card_id AS card, p.state,
    p.authorised_minor, p.cleared_minor, p.refunded_minor + p.credited_minor AS given_back_minor, p.net_minor,
    p.currency, p.purchased_at, p.purchased_until, p.cleared_at, p.shop_id AS shop, s.code AS shop_code,
    p.merchant ->> 'descriptor' AS descriptor, p.updated_at"""
_PURCHASE_JOINS = """
LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
LEFT JOIN shopper_references n ON n.operator_id = p.operator_id AND n.shopper_id = p.shopper_id"""
_REWARD_COLUMNS = """
SELECT r.id, r.shopper_id AS shopper, n.reference, r.purchase_id AS purchase, o.code AS offer, r.offer_version, r.asset,
    r.state, r.amount, r.pending, r.available, r.expired, r.matures_at AS available_at, r.expires_at, p.purchased_at,
    r.updated_at, r.offer_id"""
_REWARD_JOINS = """
JOIN rewards r ON r.shopper_id = p.shopper_id AND r.purchase_id = p.id
JOIN offers o ON o.operator_id = r.operator_id AND o.id = r.offer_id
LEFT JOIN shopper_references n ON n.operator_id = p.operator_id AND n.shopper_id = p.shopper_id"""
_MOVEMENT_COLUMNS = """
SELECT t.id, t.shopper_id AS shopper, t.debit, t.credit, t.asset, t.amount, t.reason, t.purchase_id AS purchase,
    t.corrects, t.posted_at"""
SHOWN = "p.state NOT IN ('superseded', 'witness') AND p.credit_to IS NULL"
"""What a list shows unless it is asked for a state: no view that another purchase stands for."""
_IN_ORDER = "ORDER BY p.purchased_at DESC, p.id DESC"

PURCHASES = f"{_PURCHASE_COLUMNS} FROM purchases p {_PURCHASE_JOINS} WHERE p.operator_id = $1"
REWARDS = f"{_REWARD_COLUMNS} FROM purchases p {_REWARD_JOINS} WHERE p.operator_id = $1"
MOVEMENTS = f"{_MOVEMENT_COLUMNS} FROM transfers t WHERE t.operator_id = $1"

_SEGMENTS = """
SELECT f.value, count(DISTINCT f.shopper_id) AS shoppers FROM shopper_facts f
WHERE f.operator_id = $1 AND f.fact = $2 AND f.since <= $3 AND (f.until IS NULL OR $3 < f.until) AND f.value > $4
GROUP BY f.value ORDER BY f.value LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class PurchaseFilters:
    """Which purchases; None: any. Times are those of the purchase, half-open; amounts are of what counts of it."""

    shopper_id: UUID | None = None
    shop_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: PurchaseState | None = None
    minimum_minor: int | None = None
    maximum_minor: int | None = None


@dataclass(frozen=True, slots=True)
class RewardFilters:
    """Which rewards; None: any. Times are those of the purchases, half-open."""

    shopper_id: UUID | None = None
    purchase_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    offer: str | None = None
    asset: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a page, and where the search ended if more might follow than was looked at."""

    rows: Sequence[Any]
    stopped_at: tuple[Any, ...] | None = None


class _Where:
    """The conditions of one statement, and their values in the order of their numbers."""

    def __init__(self, first: str, value: Any) -> None:
        self.values: list[Any] = [value]
        self.clauses = [first]

    def add(self, clause: str, *values: Any) -> None:
        """A condition with `{}` for each value; none where there is nothing to ask for."""
        if all(each is None for each in values):
            return
        numbers = [f"${len(self.values) + place}" for place in range(1, len(values) + 1)]
        self.values += values
        self.clauses.append(clause.format(*numbers))

    @property
    def text(self) -> str:
        """All of them."""
        return " AND ".join(self.clauses)


def flat(row: Any, prefix: str) -> dict[str, Any]:
    """A row of SQLAlchemy or of the driver as it is shown: ids with their prefixes, everything else as it is."""
    return {
        name: show(PREFIXES.get(name, prefix), value)
        if isinstance(value, UUID)
        else shown(value)
        if name in _SIDES
        else value
        for name, value in getattr(row, "_mapping", row).items()
        if name != "offer_id"
    }


async def shoppers(
    connection: AsyncConnection, operator_id: UUID, *, reference: str | None, after: UUID | None, wanted: int
) -> Found:
    """The operator's shoppers, the oldest first."""
    where = _Where("true", operator_id)
    where.add("n.reference = {}", reference)
    where.add("n.shopper_id > {}", after)
    statement = f"{SHOPPERS} AND {where.text} ORDER BY n.shopper_id LIMIT {wanted:d}"
    return Found(await fetch(connection, statement, tuple(where.values)))


async def shopper(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> Any | None:
    """One shopper's row, or None."""
    found = await fetch(connection, f"{SHOPPERS} AND n.shopper_id = $2", (operator_id, shopper_id))
    return found[0] if found else None


async def cards(
    connection: AsyncConnection,
    operator_id: UUID,
    *,
    shopper_id: UUID | None = None,
    card_id: UUID | None = None,
    linked: bool | None = None,
    after: tuple[UUID, UUID, datetime] | None = None,
    wanted: int,
) -> Found:
    """Cards, shopper by shopper; each link in time is a row."""
    where = _Where("true", operator_id)
    where.add("c.shopper_id = {}", shopper_id)
    where.add("c.card_id = {}", card_id)
    where.add("(c.unlinked_at IS NULL) = {}", linked)
    where.add("(c.shopper_id, c.card_id, c.linked_at) > ({}, {}, {})", *(after or (None,)))
    statement = f"{CARDS} AND {where.text} ORDER BY c.shopper_id, c.card_id, c.linked_at LIMIT {wanted:d}"
    return Found(await fetch(connection, statement, tuple(where.values)))


async def purchases(
    connection: AsyncConnection,
    operator_id: UUID,
    filters: PurchaseFilters,
    *,
    after: tuple[datetime, UUID] | None,
    wanted: int,
) -> Found:
    """Purchases, those made last first."""
    where = _walked(operator_id, filters.shopper_id, filters.since, filters.until)
    where.add("p.shop_id = {}", filters.shop_id)
    where.add("(p.purchased_at, p.id) < ({}, {})", *(after or (None,)))
    sifted = _Where("true", operator_id)
    sifted.values = where.values.copy()
    sifted.add("p.state = {}", filters.state)
    sifted.add("p.net_minor >= {}", filters.minimum_minor)
    sifted.add("p.net_minor <= {}", filters.maximum_minor)
    searches = len(sifted.clauses) > 1
    if filters.state is None:
        where.clauses.append(SHOWN)
    looked = f"SELECT p.* FROM purchases p WHERE {where.text} {_IN_ORDER} LIMIT {LOOKED_AT if searches else wanted:d}"  # noqa: S608 - built from constants
    statement = (
        f"{_PURCHASE_COLUMNS} FROM ({looked}) p {_PURCHASE_JOINS} WHERE {sifted.text} {_IN_ORDER} LIMIT {wanted:d}"
    )
    rows = await fetch(connection, statement, tuple(sifted.values))
    return Found(rows, await _edge(connection, where) if searches and len(rows) < wanted else None)


async def purchase(connection: AsyncConnection, operator_id: UUID, purchase_id: UUID) -> Any:
    """One purchase's row, whatever its state; NotFound where there is none."""
    statement = f"{PURCHASES} AND p.id = $2"
    found = await fetch(connection, statement, (operator_id, purchase_id))
    if not found:
        raise NotFound(f"there is no purchase {show('pur', purchase_id)}", code="unknown_purchase")
    return found[0]


async def is_offer(connection: AsyncConnection, operator_id: UUID, code: str) -> bool:
    """Whether the operator ever had an offer of this code."""
    statement = "SELECT 1 FROM offers WHERE operator_id = $1 AND code = $2"
    return bool(await fetch(connection, statement, (operator_id, code)))


async def rewards(
    connection: AsyncConnection,
    operator_id: UUID,
    filters: RewardFilters,
    *,
    after: tuple[datetime, UUID, UUID] | None,
    wanted: int,
) -> Found:
    """Rewards, those of the purchases made last first."""
    where = _walked(operator_id, filters.shopper_id, filters.since, filters.until)
    where.add("p.id = {}", filters.purchase_id)
    where.add("(p.purchased_at, p.id) <= ({}, {})", *((None,) if after is None else after[:2]))
    sifted = _Where("true", operator_id)
    sifted.values = where.values.copy()
    sifted.add("(p.purchased_at, p.id, r.offer_id) < ({}, {}, {})", *(after or (None,)))
    sifted.add("o.code = {}", filters.offer)
    sifted.add("r.asset = {}", filters.asset)
    sifted.add("r.state = {}", filters.state)
    looked = f"SELECT p.* FROM purchases p WHERE {where.text} {_IN_ORDER} LIMIT {LOOKED_AT:d}"  # noqa: S608 - built from constants
    statement = (
        f"{_REWARD_COLUMNS} FROM ({looked}) p {_REWARD_JOINS} WHERE {sifted.text} {_IN_ORDER}, r.offer_id DESC"
        f" LIMIT {wanted:d}"
    )
    rows = await fetch(connection, statement, tuple(sifted.values))
    edge = await _edge(connection, where) if len(rows) < wanted else None
    return Found(rows, None if edge is None else (*edge, UUID(int=0)))


async def movements(
    connection: AsyncConnection,
    shopper_id: UUID,
    *,
    asset: str | None,
    after: tuple[datetime, UUID] | None,
    wanted: int,
) -> Found:
    """Everything that was posted of one wallet, the newest first."""
    where = _Where("t.shopper_id = $1", shopper_id)
    where.add("t.asset = {}", asset)
    where.add("(t.posted_at, t.id) < ({}, {})", *(after or (None,)))
    statement = f"{_MOVEMENT_COLUMNS} FROM transfers t WHERE {where.text} ORDER BY t.posted_at DESC, t.id DESC"
    return Found(await fetch(connection, f"{statement} LIMIT {wanted:d}", tuple(where.values)))


async def segments(
    connection: AsyncConnection, operator_id: UUID, kind: str, now: datetime, *, after: str, wanted: int
) -> Sequence[tuple[str, int | None]]:
    """Values of facts that hold now, with how many shoppers; None for fewer than `SEGMENT_FLOOR`."""
    rows = await fetch(connection, _SEGMENTS, (operator_id, kind, now, after, wanted))
    return [(value, count if count >= SEGMENT_FLOOR else None) for value, count in rows]


def _walked(operator_id: UUID, shopper_id: UUID | None, since: datetime | None, until: datetime | None) -> _Where:
    where = _Where("p.operator_id = $1", operator_id)
    where.add("p.shopper_id = {}", shopper_id)
    where.add("p.purchased_at >= {}", since)
    where.add("p.purchased_at < {}", until)
    return where


async def _edge(connection: AsyncConnection, where: _Where) -> tuple[datetime, UUID] | None:
    """The last purchase that was looked at, if there were as many as may be."""
    found = await fetch(
        connection,
        f"SELECT p.purchased_at, p.id FROM purchases p WHERE {where.text} {_IN_ORDER} OFFSET {LOOKED_AT - 1} LIMIT 1",  # noqa: S608 - built from constants
        tuple(where.values),
    )
    return (found[0][0], found[0][1]) if found else None
