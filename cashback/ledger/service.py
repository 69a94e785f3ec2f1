"""Posting transfers: a set at a time, each key once, balances changed in the same transaction.

The caller holds the locks of the shoppers concerned. The unique key (shopper, key) is the second guard: posting one key
twice in two transactions fails in the database, whatever the code believed.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.errors import BooksBroken, Conflict
from cashback.ids import uuid7
from cashback.ledger.chart import BALANCE_COLUMN, is_account

_POST = """
INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, purchase_id,
    corrects, posted_at)
SELECT $1, t.*, $13 FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::text[], $11::uuid[], $12::text[]) AS t
"""

_MOVE_BALANCES = """
UPDATE balances b SET pending = b.pending + t.pending, available = b.available + t.available,
    converted = b.converted + t.converted, paid = b.paid + t.paid, in_transit = b.in_transit + t.in_transit,
    expired = b.expired + t.expired, version = b.version + t.moves
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[]) AS t (shopper_id, asset, pending, available, converted, paid, in_transit, expired, moves)
WHERE b.shopper_id = t.shopper_id AND b.asset = t.asset
RETURNING b.shopper_id, b.asset, b.available
"""

_OPEN_BALANCES = """
INSERT INTO balances (operator_id, shopper_id, asset, pending, available, converted, paid, in_transit, expired, version)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[]) AS t
"""

_LOCK_HOUSE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_POSTED_UNDER = "SELECT digest FROM transfers WHERE shopper_id = $1 AND key = $2"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A positive amount of one asset, from the account debited to the account credited. Both are of one holder."""

    shopper_id: UUID
    """Whose accounts these are; the operator's own id where no shopper is concerned."""
    key: str
    debit: str
    credit: str
    asset: str
    amount: int
    reason: str
    purchase_id: UUID | None = None
    corrects: str | None = None

    def digest(self) -> bytes:
        """16 bytes that differ when any part of what is moved differs; fields are length-prefixed."""
        fields = (self.debit, self.credit, self.asset, str(self.amount), self.reason, str(self.purchase_id))
        text = "".join(f"{len(field)}:{field}" for field in fields)
        return hashlib.sha256(text.encode()).digest()[:16]


_PLACE = {account: place for place, account in enumerate(BALANCE_COLUMN)}
_NOTHING = [0] * (len(_PLACE) + 1)
"""By account of `BALANCE_COLUMN`, in its order, and how many transfers."""

Balances = dict[tuple[UUID, str], int]
"""Available balance by shopper and asset, after posting."""


async def post(
    connection: AsyncConnection, operator_id: UUID, transfers: Sequence[Transfer], now: datetime
) -> Balances:
    """Post all or raise; answers the available balances of every shopper and asset that moved."""
    if not transfers:
        return {}
    for each in transfers:
        if each.amount <= 0 or not is_account(each.debit) or not is_account(each.credit) or each.debit == each.credit:
            raise BooksBroken(f"transfer {each.key} moves {each.amount} from {each.debit} to {each.credit}")
    await connection.exec_driver_sql(
        _POST,
        (
            operator_id,
            [each.shopper_id for each in transfers],
            [each.key for each in transfers],
            [each.digest() for each in transfers],
            [uuid7(now) for _ in transfers],
            [each.debit for each in transfers],
            [each.credit for each in transfers],
            [each.asset for each in transfers],
            [each.amount for each in transfers],
            [each.reason for each in transfers],
            [each.purchase_id for each in transfers],
            [each.corrects for each in transfers],
            now,
        ),
    )
    return await _move_balances(connection, operator_id, transfers)


async def lock_house(connection: AsyncConnection, operator_id: UUID) -> None:
    """Keep every other transfer of the house out until this transaction ends; a lock of its own, taken last."""
    await connection.exec_driver_sql(_LOCK_HOUSE, (f"house:{operator_id}",))


async def already_posted(connection: AsyncConnection, transfer: Transfer) -> bool:
    """Whether this command was carried out before; the same key with other content is a conflict."""
    digest = (await connection.exec_driver_sql(_POSTED_UNDER, (transfer.shopper_id, transfer.key))).scalar()
    if digest is None:
        return False
    if digest != transfer.digest():
        raise Conflict(
            f"the key {transfer.key!r} was already used for another transfer; a repeated call must repeat its content",
            code="idempotency_key_reused",
        )
    return True


async def available(connection: AsyncConnection, shopper_id: UUID, asset: str) -> int:
    """The shopper's available balance of one asset."""
    found = (
        await connection.exec_driver_sql(
            "SELECT available FROM balances WHERE shopper_id = $1 AND asset = $2", (shopper_id, asset)
        )
    ).scalar()
    return int(found or 0)


async def _move_balances(connection: AsyncConnection, operator_id: UUID, transfers: Iterable[Transfer]) -> Balances:
    deltas: defaultdict[tuple[UUID, str], list[int]] = defaultdict(_NOTHING.copy)
    for each in transfers:
        delta = deltas[each.shopper_id, each.asset]
        delta[-1] += 1
        if each.debit in _PLACE:
            delta[_PLACE[each.debit]] -= each.amount
        if each.credit in _PLACE:
            delta[_PLACE[each.credit]] += each.amount
    keys = sorted(deltas)
    rows = await fetch(connection, _MOVE_BALANCES, _balance_columns(keys, deltas))
    after: Balances = {(shopper_id, asset): available for shopper_id, asset, available in rows}
    opened = [key for key in keys if key not in after]
    if opened:
        await connection.exec_driver_sql(_OPEN_BALANCES, (operator_id, *_balance_columns(opened, deltas)))
        after.update({key: deltas[key][1] for key in opened})
    return after


def _balance_columns(
    keys: Sequence[tuple[UUID, str]], deltas: dict[tuple[UUID, str], list[int]]
) -> tuple[Sequence[object], ...]:
    return (
        [shopper_id for shopper_id, _ in keys],
        [asset for _, asset in keys],
        *([deltas[key][place] for key in keys] for place in range(len(_NOTHING))),
    )
