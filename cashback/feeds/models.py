"""Connections that are asked, the accounts that shoppers linked, and what was last told of each row."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

bank_connections = table(
    "bank_connections",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("base_url", Text, nullable=False, comment="Of the provider's interface"),
    Column("credentials", LargeBinary, nullable=False, comment="The operator's own, sealed for this row"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "connection_id"),
)

bank_accounts = table(
    "bank_accounts",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("account", Text, nullable=False, comment="The provider's id of the account; the token of its card"),
    Column("network", Text, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("access", LargeBinary, nullable=False, comment="What opens the account, sealed for this row"),
    Column("item", Text, comment="What the provider's webhooks name; null: it sends none"),
    Column("zone", Text, nullable=False, comment="The bank's days are days there"),
    Column("state", Text, nullable=False, comment="active, needs_consent, ended"),
    Column("consent_until", DateTime(timezone=True), comment="Null: not told"),
    Column("linked_at", DateTime(timezone=True), nullable=False),
    Column("cursor", Text, nullable=False, comment="Where the next call goes on; empty: begins"),
    Column("list_cursor", Text, nullable=False, comment="Where the list began that the cursor continues"),
    Column("page", BigInteger, nullable=False, comment="The number of the last page"),
    Column("list_page", BigInteger, nullable=False, comment="The number of the first page of the present list"),
    Column("listed_page", BigInteger, nullable=False, comment="The same of the list before, the last complete one"),
    Column("listed_at", DateTime(timezone=True), comment="When a list was last read to its end"),
    Column("calls", ARRAY(DateTime(timezone=True)), nullable=False, comment="Unattended calls of the last 24 hours"),
    Column("turn", BigInteger, nullable=False, comment="Counts calls; an answer to an earlier turn is dropped"),
    Column("next_poll_at", DateTime(timezone=True), nullable=False),
    Column("failures", Integer, nullable=False, comment="Calls in a row that failed"),
    Column("last_error", Text, comment="A sentence; null: the last call succeeded and was read whole"),
    PrimaryKeyConstraint("operator_id", "connection_id", "account"),
    Index("ix_bank_accounts_due", "operator_id", "next_poll_at", postgresql_where=text("state = 'active'")),
    Index("ix_bank_accounts_item", "operator_id", "connection_id", "item", postgresql_where=text("item IS NOT NULL")),
    CheckConstraint("state IN ('active', 'needs_consent', 'ended')", name="state"),
    CheckConstraint("listed_page <= list_page AND list_page <= page + 1", name="pages"),
)

bank_rows = table(
    "bank_rows",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("account", Text, nullable=False),
    Column("ref", Text, nullable=False, comment="The name of a row within its feed"),
    Column("pending", Boolean, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("seen", BigInteger, nullable=False, comment="The page that showed it last"),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("stated", JSONB, nullable=False, comment="What was last stated of it; no name and no label"),
    PrimaryKeyConstraint("operator_id", "connection_id", "account", "ref"),
    Index("ix_bank_rows_seen_at", "operator_id", "seen_at"),
)
