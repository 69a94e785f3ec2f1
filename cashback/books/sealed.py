"""What can be sealed: append-only tables whose rows have a place, and the rows of an interval of places as bytes.

The bytes are PostgreSQL's own binary COPY of the rows, in the order of place and key: each row is the number of its
fields (2 bytes) and each field its length (4 bytes; -1: null) and its value as on the wire. So every field is preceded
by its length, no two rows agree by accident, and the server makes them as fast as it reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.decision_log.models import decision_log
from cashback.ledger.models import transfers
from cashback.programmes.models import audit_log

_COPY_HEADER = 19
"""`PGCOPY`, its eleven bytes, four of flags and four that say no extension follows."""
_COPY_TRAILER = 2

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """An edge between rows: behind a key in a place, or behind the whole place."""

    place: int
    key: Key | None = None


BEGINNING = Bound(-1)


@dataclass(frozen=True, slots=True)
class Range:
    """Rows behind one bound, up to and with another: of whole places, or a slice of one place by its keys."""

    after: Bound
    through: Bound


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table whose rows are sealed. `key` names, with their types, the columns that tell its rows apart."""

    table: Table
    key: tuple[tuple[str, str], ...]

    @property
    def chain(self) -> str:
        """The name of its chain."""
        return self.table.name

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything a row holds, in the order in which it is sealed."""
        return tuple(self.table.columns.keys())

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The names alone."""
        return tuple(name for name, _ in self.key)

    @property
    def ordered(self) -> str:
        """The key for ORDER BY and comparisons. Letters go by their code points: no locale's change moves a row."""
        return ", ".join(f'{name} COLLATE "C"' if kind == "text" else name for name, kind in self.key)

    def where(self, operator_id: UUID, rows: Range) -> tuple[str, list[Any]]:
        """The condition for one operator's rows of a range, and its parameters."""
        after, through = rows.after, rows.through
        values: list[Any] = [operator_id, after.place, through.place]
        edge = self._parameters(values, through.key)
        if after.key is not None:
            # The rest of one place, however large: found by the key, not by reading the place again and again.
            low = self._parameters(values, after.key)
            text = (
                f"operator_id = $1::uuid AND place = $2::bigint AND place = $3::bigint AND ({self.ordered}) > ({low})"
            )
            return (f"{text} AND ({self.ordered}) <= ({edge})" if edge else text), values
        text = "operator_id = $1::uuid AND place > $2::bigint AND place <= $3::bigint"
        return (f"{text} AND (place < $3::bigint OR ({self.ordered}) <= ({edge}))" if edge else text), values

    def _parameters(self, values: list[Any], key: Key | None) -> str:
        if key is None:
            return ""
        values += list(key)
        first = len(values) - len(key) + 1
        return ", ".join(f"${first + n}::text::{kind}" for n, (_, kind) in enumerate(self.key))


TRANSFERS = Sealed(transfers, (("shopper_id", "uuid"), ("key", "text")))
AUDIT_LOG = Sealed(audit_log, (("id", "uuid"),))
DECISION_LOG = Sealed(decision_log, (("id", "uuid"),))
SEALED = (TRANSFERS, AUDIT_LOG, DECISION_LOG)
"""Every table that is sealed; one chain of each operator for each."""


async def read_rows(
    connection: AsyncConnection, sealed: Sealed, operator_id: UUID, rows: Range, columns: Sequence[str] | None = None
) -> tuple[int, bytes]:
    """How many rows a range holds, and their bytes in the order of the chain; `columns` as an older block has them."""
    condition, values = sealed.where(operator_id, rows)
    named = ", ".join(columns or sealed.columns)
    statement = f"SELECT {named} FROM {sealed.table.name} WHERE {condition} ORDER BY place, {sealed.ordered}"  # noqa: S608 - built from constants
    driver: Any = (await connection.get_raw_connection()).driver_connection
    taken = bytearray()

    async def take(data: bytes) -> None:
        taken.extend(data)

    status = await driver.copy_from_query(statement, *values, output=take, format="binary")
    return int(status.removeprefix("COPY ")), bytes(memoryview(taken)[_COPY_HEADER : len(taken) - _COPY_TRAILER])
