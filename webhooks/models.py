"""The tables of the inbox and of the outbox.

The inbox is an append-only log: a message is inserted once and never updated. Its place in the log is `(xid, ordinal)`:
the inserting transaction, then the place within it. A reader stays below the oldest transaction still running, so no
row can appear behind its cursor. Bodies are sealed by a key of their month; deleting the key destroys them.

After a restore into a new cluster transaction ids restart: see `docs/operations.md`, "Restoring the inbox".

The outbox is a table of messages with a mark on those that were handed to endpoints, never read by the order in which
they were told. A stream reads it by the position that one process at a time gives to what is committed. Each endpoint
has a row for every message it is to receive, and one for every attempt to deliver it.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
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
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.schema import Index, SchemaItem
from sqlalchemy.types import UserDefinedType

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, text in Python."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"


def _table(name: str, *items: SchemaItem) -> Table:
    return _outgoing(name, Column("lane", SmallInteger, nullable=False), *items)


def _outgoing(name: str, *items: SchemaItem) -> Table:
    return Table(
        name,
        metadata,
        Column("tenant_id", Uuid, nullable=False),
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

outbox_messages = _outgoing(
    "outbox_messages",
    Column("key", Text, nullable=False, comment="Names what happened: told again it is the same message"),
    Column("id", Uuid, nullable=False, comment="In the header webhook-id, the same at every attempt"),
    Column("type", Text, nullable=False),
    Column("partition", Text, nullable=False, comment="Messages of one are tried in their order, as far as possible"),
    Column("data", Text, nullable=False, comment="JSON"),
    Column("at", DateTime(timezone=True), nullable=False, comment="When it happened"),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("handed_at", DateTime(timezone=True), comment="When endpoints got their deliveries; null: not yet"),
    Column(
        "ordinal",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="In the order of telling: the database's microsecond",
    ),
    Column("position", BigInteger, comment="Where it stands in a stream; given when it is handed out"),
    PrimaryKeyConstraint("tenant_id", "key"),
    UniqueConstraint("tenant_id", "id"),
    Index("ix_outbox_messages_stream", "tenant_id", "position", postgresql_where=text("position IS NOT NULL")),
    Index("ix_outbox_messages_waiting", "tenant_id", "ordinal", postgresql_where=text("handed_at IS NULL")),
    Index("ix_outbox_messages_told_at", "told_at", postgresql_using="brin"),
)

outbox_streams = _outgoing(
    "outbox_streams",
    Column("opened_at", DateTime(timezone=True), nullable=False, comment="When a stream was first read"),
    PrimaryKeyConstraint("tenant_id"),
)

webhook_endpoints = _outgoing(
    "webhook_endpoints",
    Column("id", Uuid, nullable=False),
    Column("url", Text, nullable=False),
    Column("types", ARRAY(Text), comment="What it listens to, also as group.*; null: everything"),
    Column("version", Text, nullable=False, comment="Of the payloads"),
    Column("secrets", LargeBinary, nullable=False, comment="Sealed for this row by the master key; empty when removed"),
    Column("overlap_until", DateTime(timezone=True), comment="Until when a secret that was replaced signs too"),
    Column("state", Text, nullable=False, comment="enabled, disabled, removed"),
    Column("changed_at", DateTime(timezone=True), nullable=False, comment="When it came into this state"),
    Column("why", Text, comment="Why it is disabled: gone, failing, or a person's words"),
    Column("failures", Integer, nullable=False, server_default=text("0"), comment="Since the last success"),
    Column("failing_since", DateTime(timezone=True), comment="The first failure since the last success"),
    Column("held_until", DateTime(timezone=True), comment="Nothing is tried before: it asked so, or it keeps failing"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "id"),
    # One that was removed stays for the log of its deliveries, and its address is free.
    Index("uq_webhook_endpoints_url", "tenant_id", "url", unique=True, postgresql_where=text("state <> 'removed'")),
)

webhook_deliveries = _outgoing(
    "webhook_deliveries",
    Column("endpoint_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("state", Text, nullable=False, comment="pending, delivered, dead"),
    Column("attempts", Integer, nullable=False, server_default=text("0"), comment="Ever begun"),
    Column("step", Integer, nullable=False, server_default=text("0"), comment="Attempts since it was last replayed"),
    Column("ordinal", BigInteger, nullable=False, server_default=text("0"), comment="Of the message"),
    Column("due_at", DateTime(timezone=True), nullable=False, comment="Of one under way: when it is tried anew"),
    Column("taken_at", DateTime(timezone=True), comment="Since when it is under way; null: it is not"),
    Column("code", Integer, comment="The last answer"),
    Column("error", Text, comment="Why there was no answer, or why nothing is tried any more"),
    Column("ended_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant_id", "endpoint_id", "message_id"),
    Index(
        "ix_webhook_deliveries_due",
        "tenant_id",
        "endpoint_id",
        "due_at",
        "ordinal",
        "message_id",
        postgresql_where=text("state = 'pending'"),
    ),
    Index("ix_webhook_deliveries_taken", "tenant_id", "endpoint_id", postgresql_where=text("taken_at IS NOT NULL")),
)

webhook_attempts = _outgoing(
    "webhook_attempts",
    Column("endpoint_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column(
        "number", Integer, nullable=False, comment="From 1; one that is missing was never recorded: its process died"
    ),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("code", Integer, comment="HTTP status; null: no answer"),
    Column("error", Text),
    Column("milliseconds", Integer, nullable=False),
    Column("excerpt", Text, nullable=False, comment="The beginning of the answer"),
    Column("next_at", DateTime(timezone=True), comment="When it is tried again; null: it is not"),
    PrimaryKeyConstraint("tenant_id", "endpoint_id", "message_id", "number"),
    Index("ix_webhook_attempts_at", "tenant_id", "endpoint_id", "at"),
)
