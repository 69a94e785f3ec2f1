"""One `MetaData` for the product's tables, and what each table is when the data is sharded.

* `shopper`: rows of one shopper, `shopper_id` in every key; lives on the shopper's shard.
* `routing`: found before the shopper is known, sharded by its own key.
* `reference`: small and replicated to every shard.
"""

from typing import Literal

from sqlalchemy import BigInteger, Column, MetaData, Table, text
from sqlalchemy.schema import SchemaItem

TableKind = Literal["shopper", "routing", "reference"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, kind: TableKind, *items: SchemaItem) -> Table:
    """A table of the product with its kind declared, so that a catalogue test can check its keys."""
    return Table(name, metadata, *items, info={"kind": kind, "tenant": "operator_id"})


def place_column() -> Column[int]:
    """Where a row stands in an append-only table: the number of its transaction, which PostgreSQL gives.

    Rows of one transaction share it. What is below the oldest running transaction is complete: nothing appears there
    any more, so that a reader who remembers a place misses no row, whenever it was committed.
    """
    return Column(
        "place",
        BigInteger,
        nullable=False,
        server_default=text("pg_current_xact_id()::text::bigint + place_offset()"),
        comment="Number of the transaction that wrote it",
    )
