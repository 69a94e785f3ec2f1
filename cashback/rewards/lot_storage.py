"""The statements that read and write lots: what rewards made available, what was taken of it, when it ends.

Under the shoppers' locks. One statement for a batch, each.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ledger.chart import AVAILABLE, IN_TRANSIT, PAID
from cashback.offers.lots import Lot, Use
from cashback.rewards.plan import RewardRow

Pair = tuple[UUID, str]
"""A shopper and an asset."""


class Flow(NamedTuple):
    """What came to the available balance, or left it, and belongs to no reward and no use. Signed."""

    key: str
    lot: Lot


class Part(NamedTuple):
    """So much that a command takes of a reward's lot, or of what stands in none."""

    shopper_id: UUID
    key: str
    part: int
    asset: str
    reward_id: UUID | None
    amount: int


class End(NamedTuple):
    """When a balance turns next, by how much, and when somebody has to look."""

    ends_at: datetime | None
    amount: int
    due_at: datetime | None


@dataclass(slots=True)
class Holding:
    """Everything that the lots of one shopper and asset are derived from."""

    rows: dict[UUID, RewardRow] = field(default_factory=dict)
    """Rewards that became available, by their id; what is only read of them has no trail."""
    uses: list[Use] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    @property
    def expires(self) -> bool:
        """Whether any lot ever ends."""
        return any(row.expires_at is not None for row in self.rows.values())


Holdings = dict[UUID, dict[str, Holding]]
"""By shopper and asset."""

_ROWS = """
SELECT r.shopper_id, r.purchase_id, r.offer_id, r.id, r.offer_version, r.asset, r.pending, r.available, r.matures_at,
    r.revision, r.updated_at, r.expired, r.expires_at, r.notice_at
FROM rewards r WHERE r.shopper_id = ANY($1::uuid[]) AND r.available + r.expired > 0
"""

_USES = """
SELECT shopper_id, asset, key, back, reward_id, amount, at FROM lot_uses
WHERE shopper_id = ANY($1::uuid[]) ORDER BY shopper_id, at, key, back, part
"""

_FLOWS = f"""
SELECT t.shopper_id, t.asset, t.key, t.posted_at, CASE t.credit WHEN '{AVAILABLE}' THEN t.amount ELSE -t.amount END
FROM transfers t
WHERE t.shopper_id = ANY($1::uuid[]) AND '{AVAILABLE}' IN (t.debit, t.credit) AND left(t.key, 7) <> 'reward:'
    AND NOT (t.debit IN ('{PAID}', '{IN_TRANSIT}') OR t.credit IN ('{PAID}', '{IN_TRANSIT}'))
    AND NOT EXISTS (SELECT FROM lot_uses u WHERE u.shopper_id = t.shopper_id AND u.key = t.key)
ORDER BY t.shopper_id, t.posted_at, t.key
"""  # noqa: S608 - built from constants

_WRITE_AGED = """
UPDATE rewards r SET state = t.state, available = t.available, expired = t.expired, revision = t.revision,
    updated_at = $6
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $7::bigint[], $8::int[])
    AS t (shopper_id, purchase_id, offer_id, state, available, expired, revision)
WHERE r.shopper_id = t.shopper_id AND r.purchase_id = t.purchase_id AND r.offer_id = t.offer_id
"""

_WRITE_PARTS = """
INSERT INTO lot_uses (operator_id, shopper_id, key, back, part, asset, reward_id, amount, at)
SELECT $1, t.shopper_id, t.key, $2, t.part, t.asset, t.reward_id, t.amount, $9
FROM unnest($3::uuid[], $4::text[], $5::smallint[], $6::text[], $7::uuid[], $8::bigint[])
    AS t (shopper_id, key, part, asset, reward_id, amount)
"""

_PARTS = """
SELECT u.shopper_id, u.key, u.part, u.asset, u.reward_id, u.amount, u.back
FROM unnest($1::uuid[], $2::text[]) AS k (shopper_id, key)
JOIN lot_uses u ON u.shopper_id = k.shopper_id AND u.key = k.key ORDER BY u.shopper_id, u.key, u.back, u.part
"""

_ENDS = "SELECT shopper_id, asset, ends_at, amount, due_at FROM lot_ends WHERE shopper_id = ANY($1::uuid[])"

_WRITE_ENDS = """
INSERT INTO lot_ends (operator_id, shopper_id, asset, ends_at, amount, due_at)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::bigint[], $6::timestamptz[]) AS t
ON CONFLICT (shopper_id, asset) DO UPDATE SET ends_at = EXCLUDED.ends_at, amount = EXCLUDED.amount,
    due_at = EXCLUDED.due_at
"""

_DUE = "SELECT DISTINCT shopper_id FROM lot_ends WHERE operator_id = $1 AND due_at <= $2 LIMIT $3"


async def holdings_of(connection: AsyncConnection, shoppers: Iterable[UUID]) -> Holdings:
    """What the lots of these shoppers are derived from, as it is stored and posted."""
    asked = (list(shoppers),)
    found: Holdings = defaultdict(lambda: defaultdict(Holding))
    for row in await fetch(connection, _ROWS, asked):
        held = RewardRow(*(*row[:10], [], row[10], 0, (), *row[11:]))
        found[held.shopper_id][held.asset].rows[held.id] = held
    for shopper_id, asset, uses in _uses(await fetch(connection, _USES, asked)):
        found[shopper_id][asset].uses = uses
    for shopper_id, asset, key, at, amount in await fetch(connection, _FLOWS, asked):
        found[shopper_id][asset].flows.append(Flow(key, Lot(None, amount, at)))
    return found


def _uses(
    rows: Sequence[tuple[UUID, str, str, bool, UUID | None, int, datetime]],
) -> Iterable[tuple[UUID, str, list[Use]]]:
    taken: defaultdict[Pair, dict[str, tuple[datetime, list[tuple[UUID | None, int]]]]] = defaultdict(dict)
    back: dict[tuple[UUID, str], datetime] = {}
    for shopper_id, asset, key, undone, reward_id, amount, at in rows:
        if undone:
            back[shopper_id, key] = at
        else:
            taken[shopper_id, asset].setdefault(key, (at, []))[1].append((reward_id, amount))
    for (shopper_id, asset), by_key in taken.items():
        yield (
            shopper_id,
            asset,
            [Use(key, at, tuple(parts), back.get((shopper_id, key))) for key, (at, parts) in by_key.items()],
        )


async def write_aged(connection: AsyncConnection, rows: Sequence[RewardRow], now: datetime) -> None:
    """Store how much of rewards is left and how much has expired, and nothing else of them."""
    if rows:
        columns = (
            [each.shopper_id for each in rows],
            [each.purchase_id for each in rows],
            [each.offer_id for each in rows],
            [each.state for each in rows],
            [each.available for each in rows],
        )
        more = ([each.expired for each in rows], [each.revision for each in rows])
        await connection.exec_driver_sql(_WRITE_AGED, (*columns, now, *more))


async def parts_of(
    connection: AsyncConnection, commands: Sequence[tuple[UUID, str]]
) -> tuple[dict[tuple[UUID, str], list[Part]], set[tuple[UUID, str]]]:
    """What commands took, each given as shopper and key, and which of them came back."""
    columns = ([shopper_id for shopper_id, _ in commands], [key for _, key in commands])
    taken: dict[tuple[UUID, str], list[Part]] = {}
    back = set()
    for row in await fetch(connection, _PARTS, columns):
        if row[6]:
            back.add((row[0], row[1]))
        else:
            taken.setdefault((row[0], row[1]), []).append(Part(*row[:6]))
    return taken, back


async def write_parts(
    connection: AsyncConnection, operator_id: UUID, parts: Sequence[Part], now: datetime, *, back: bool = False
) -> None:
    """Remember what commands took of which lots; `back`: that it came back, one row for each command."""
    if parts:
        columns = [list(column) for column in zip(*parts, strict=True)]
        await connection.exec_driver_sql(_WRITE_PARTS, (operator_id, back, *columns, now))


async def ends_of(connection: AsyncConnection, shoppers: Iterable[UUID]) -> dict[Pair, End]:
    """When balances of these shoppers turn, as it is stored."""
    rows = await fetch(connection, _ENDS, (list(shoppers),))
    return {(row[0], row[1]): End(*row[2:]) for row in rows}


async def write_ends(connection: AsyncConnection, operator_id: UUID, ends: Sequence[tuple[Pair, End]]) -> None:
    """Store when balances turn."""
    if ends:
        columns = (
            [shopper_id for (shopper_id, _), _ in ends],
            [asset for (_, asset), _ in ends],
            [end.ends_at for _, end in ends],
            [end.amount for _, end in ends],
            [end.due_at for _, end in ends],
        )
        await connection.exec_driver_sql(_WRITE_ENDS, (operator_id, *columns))


async def shoppers_due(connection: AsyncConnection, operator_id: UUID, now: datetime, limit: int) -> list[UUID]:
    """Shoppers of whom something expires or is to be told by `now`."""
    return [row[0] for row in await fetch(connection, _DUE, (operator_id, now, limit))]
