"""What has left and entered each account, without a hot row: totals up to a cursor, and the transfers behind it summed.

No transaction on the road touches a total. One process moves the cursor on now and then, over places that are complete
(see `db.metadata.place_column`), so that what is still to be summed stays a few seconds of transfers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch

_LOCK_CURSOR = "SELECT place, shopper_id, key FROM account_totals_cursors WHERE operator_id = $1 FOR UPDATE"

_OPEN_CURSOR = """
INSERT INTO account_totals_cursors (operator_id, place) VALUES ($1, -1) ON CONFLICT (operator_id) DO NOTHING
"""

_THROUGH = """
place <= $5::bigint AND ($6::uuid IS NULL OR place < $5::bigint
    OR (shopper_id, key COLLATE "C") <= ($6::uuid, $7::text))
"""

_WHOLE = f"place > $2::bigint AND $3::uuid IS NULL AND $4::text IS NULL AND {_THROUGH}"

_REST_OF_A_PLACE = f"""
place = $2::bigint AND (shopper_id, key COLLATE "C") > ($3::uuid, $4::text) AND {_THROUGH}
"""

_ADD_UP = """
INSERT INTO account_totals AS t (operator_id, account, asset, debits, credits)
SELECT $1::uuid, account, asset, sum(debits), sum(credits) FROM (
    WITH moved AS (
        SELECT debit, credit, asset, sum(amount)::bigint AS amount FROM transfers
        WHERE operator_id = $1::uuid AND {rows}
        GROUP BY debit, credit, asset
    )
    SELECT debit AS account, asset, amount AS debits, 0 AS credits FROM moved
    UNION ALL SELECT credit, asset, 0, amount FROM moved
) AS sides
GROUP BY account, asset ORDER BY account, asset
ON CONFLICT (operator_id, account, asset) DO UPDATE
    SET debits = t.debits + excluded.debits, credits = t.credits + excluded.credits
"""

_ADVANCE = "UPDATE account_totals_cursors SET place = $2, shopper_id = $3, key = $4 WHERE operator_id = $1"

# The order of places asks for their index: how few rows lie behind the cursor the planner cannot know, and else it
# reads all. A place that was taken whole is not read again: a great import may have put millions of rows into one.
_TOTALS = """
WITH cursor AS (
    SELECT coalesce(max(place), -1) AS place, max(shopper_id::text)::uuid AS shopper_id, max(key) AS key
    FROM account_totals_cursors WHERE operator_id = $1::uuid
), moved AS (
    SELECT m.debit, m.credit, m.asset, sum(m.amount)::bigint AS amount FROM cursor c CROSS JOIN LATERAL (
        (SELECT debit, credit, asset, amount FROM transfers
            WHERE operator_id = $1::uuid AND place > c.place ORDER BY place)
        UNION ALL
        SELECT debit, credit, asset, amount FROM transfers
            WHERE operator_id = $1::uuid AND place = c.place AND c.key IS NOT NULL
            AND (shopper_id, key COLLATE "C") > (c.shopper_id, c.key)
    ) AS m GROUP BY m.debit, m.credit, m.asset
), sides AS (
    SELECT account, asset, debits, credits FROM account_totals WHERE operator_id = $1::uuid
    UNION ALL SELECT debit, asset, amount, 0 FROM moved
    UNION ALL SELECT credit, asset, 0, amount FROM moved
)
SELECT account, asset, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits FROM sides
WHERE $2::text[] IS NULL OR account = ANY($2::text[])
GROUP BY account, asset ORDER BY asset, account
"""


@dataclass(frozen=True, slots=True)
class Total:
    """Minor units or units of an asset that ever left and entered an account."""

    account: str
    asset: str
    debits: int
    credits: int

    @property
    def balance(self) -> int:
        """What stands on the account; below zero, it has given more than it got."""
        return self.credits - self.debits


async def totals(connection: AsyncConnection, operator_id: UUID, accounts: Sequence[str] | None = None) -> list[Total]:
    """The totals of these accounts, or of all that ever moved, as of this statement; by asset and account."""
    names = None if accounts is None else list(accounts)
    return [Total(*row) for row in await fetch(connection, _TOTALS, (operator_id, names))]


async def roll_up(
    connection: AsyncConnection, operator_id: UUID, place: int, shopper_id: UUID | None = None, key: str | None = None
) -> None:
    """Move the cursor on to a place that is complete, and in it up to a key if one is given."""
    await connection.exec_driver_sql(_OPEN_CURSOR, (operator_id,))
    at = (await fetch(connection, _LOCK_CURSOR, (operator_id,)))[0]
    rows = _WHOLE if at.shopper_id is None else _REST_OF_A_PLACE
    bounds = (at.place, at.shopper_id, at.key, place, shopper_id, key)
    await connection.exec_driver_sql(_ADD_UP.format(rows=rows), (operator_id, *bounds))
    await connection.exec_driver_sql(_ADVANCE, (operator_id, place, shopper_id, key))
