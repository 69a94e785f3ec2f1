"""One `MetaData` for the product's tables, and what each table is when the data is sharded.

* `shopper`: rows of one shopper, `shopper_id` in every key; lives on the shopper's shard.
* `routing`: found before the shopper is known, sharded by its own key.
* `reference`: small and replicated to every shard.
"""

from typing import Literal

from sqlalchemy import MetaData, Table
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
