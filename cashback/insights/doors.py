"""Whom the demonstration's start page offers to become: a few shoppers whose wallets show different things."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.insights.house import House
from cashback.programmes.schemas import Asset, AssetKind

BUSY_SHOPPERS = 3
_RECENT = 2_000
"""Newest purchases in which the busy shoppers are looked for."""
_NEWEST = 500
"""Newest shoppers among whom one is looked for who has bought nothing."""

_OPERATORS = """
SELECT o.operator_id, o.name, o.slug FROM operators o ORDER BY o.created_at, o.operator_id LIMIT 5
"""

_SHOPPERS = """
WITH recent AS (SELECT shopper_id FROM purchases WHERE operator_id = $1 ORDER BY id DESC LIMIT $2),
busy AS (SELECT shopper_id FROM recent GROUP BY shopper_id ORDER BY count(*) DESC, shopper_id LIMIT $3),
owing AS (SELECT shopper_id FROM balances WHERE operator_id = $1 AND available < 0 ORDER BY shopper_id LIMIT 1),
fresh AS (
    SELECT s.shopper_id
    FROM (SELECT * FROM shoppers WHERE operator_id = $1 ORDER BY shopper_id DESC LIMIT $4) AS s
    WHERE NOT EXISTS (SELECT 1 FROM purchases p WHERE p.shopper_id = s.shopper_id)
    ORDER BY s.created_at DESC, s.shopper_id LIMIT 1),
chosen AS (SELECT shopper_id FROM busy UNION SELECT shopper_id FROM owing UNION SELECT shopper_id FROM fresh)
SELECT c.shopper_id, r.reference, b.asset, b.available,
    (SELECT count(*) FROM purchases p WHERE p.shopper_id = c.shopper_id) AS purchases
FROM chosen c
LEFT JOIN shopper_references r ON r.operator_id = $1 AND r.shopper_id = c.shopper_id
LEFT JOIN balances b ON b.shopper_id = c.shopper_id
ORDER BY purchases DESC, c.shopper_id, b.asset
"""


@dataclass(frozen=True, slots=True)
class OperatorDoor:
    """An operator one may look at."""

    operator_id: UUID
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class ShopperDoor:
    """A shopper one may become."""

    shopper_id: UUID
    name: str
    balances: tuple[tuple[Asset, int], ...]
    """Available, money first."""
    purchases: int


async def read_operators(connection: AsyncConnection) -> list[OperatorDoor]:
    """The first operators of this database; the connection must be opened with `db.engine.directory`."""
    return [OperatorDoor(row.operator_id, row.name, row.slug) for row in await connection.exec_driver_sql(_OPERATORS)]


async def read_shopper_doors(connection: AsyncConnection, house: House) -> list[ShopperDoor]:
    """The busiest shoppers of late, one who owes, and one who is new; fewer where there are none."""
    doors: dict[UUID, ShopperDoor] = {}
    arguments = (house.programme.operator_id, _RECENT, BUSY_SHOPPERS, _NEWEST)
    for row in await connection.exec_driver_sql(_SHOPPERS, arguments):
        held = doors.get(row.shopper_id)
        balances = () if held is None else held.balances
        if row.asset is not None:
            balances = (*balances, (house.asset(row.asset), row.available))
        ordered = tuple(sorted(balances, key=lambda each: (each[0].kind is not AssetKind.MONEY, each[0].code)))
        name = row.reference or str(row.shopper_id)[:8]
        doors[row.shopper_id] = ShopperDoor(row.shopper_id, name, ordered, row.purchases)
    return list(doors.values())
