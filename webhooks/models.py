"""The inbox's tables.

An append-only log: a message is inserted once and never updated. Its place in the log is `(xid, ordinal)`: the
inserting transaction, then the place within it. A reader stays below the oldest transaction still running, so no
row can appear behind its cursor. Bodies are sealed by a key of their month; deleting the key destroys them.

After a restore into a new cluster transaction ids restart: see `docs/operations.md`, "Restoring the inbox".
"""

from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.schema import Index, SchemaItem
from sqlalchemy.types import UserDefinedType

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, text in Python."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"


def _table(name: str, *items: SchemaItem) -> Table:
    return Table(
        name,
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("lane", SmallInteger, nullable=False),
        *items,
        info={"kind": "routing", "tenant": "tenant_id"},
    )


def _message_columns() -> list[SchemaItem]:
    return [
        Column("connection_id", Uuid, nullable=False),
        Column("delivery_id", Text, nullable=False),
        Column("event", Text, comment="The event's name where the provider puts it in the URL"),
        Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the content that may not vary"),
        Column("subject", LargeBinary, comment="Hash of network and card token; null: concerns no card"),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("key_period", Date, nullable=False),
        Column("body", LargeBinary, nullable=False, comment="AES-256-GCM: nonce, ciphertext, tag"),
    ]


inbox_messages = _table(
    "inbox_messages",
    *_message_columns(),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("ordinal", Integer, nullable=False),
    # The lane comes last: one probe finds a delivery id in whichever lane its first content put it.
    PrimaryKeyConstraint("tenant_id", "connection_id", "delivery_id", "lane"),
    # The lane comes first: with the tenant first, a planner that believes the tenant has few rows would look for a
    # delivery id here, and read all the tenant's messages.
    Index("ix_inbox_messages_position", "lane", "tenant_id", "xid", "ordinal"),
)

inbox_cursors = _table(
    "inbox_cursors",
    Column("xid", Xid8, nullable=False, server_default=text("'0'::xid8")),
    Column("ordinal", Integer, nullable=False, server_default=text("-1")),
    Column("advanced_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "lane"),
)

inbox_conflicts = _table(
    "inbox_conflicts",
    *_message_columns(),
    PrimaryKeyConstraint("tenant_id", "lane", "connection_id", "delivery_id", "digest"),
)

inbox_parked = _table(
    "inbox_parked",
    Column("connection_id", Uuid, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("tenant_id", "lane", "connection_id", "delivery_id"),
)

inbox_unclaimed = _table(
    "inbox_unclaimed",
    Column("subject", LargeBinary, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("delivery_id", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "lane", "subject", "connection_id", "delivery_id"),
)

inbox_keys = Table(
    "inbox_keys",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("period", Date, nullable=False, comment="First day of the month whose messages it seals"),
    Column("wrapped", LargeBinary, nullable=False, comment="The key, sealed by the master key"),
    PrimaryKeyConstraint("tenant_id", "period"),
    info={"kind": "reference", "tenant": "tenant_id"},
)
