"""What collecting keeps beside mandates, collections and paybacks: how they moved, what was told, the lender's side."""

from sqlalchemy import (
    BigInteger,
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

charge_rails = table(
    "charge_rails",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("rail", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="What the operator charges with, sealed for this row"),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "rail"),
)

charge_moves = table(
    "charge_moves",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("subject_id", Uuid, nullable=False, comment="A collection, or a payback"),
    Column("number", Integer, nullable=False),
    Column("from_state", Text, comment="Null: it was asked for"),
    Column("to_state", Text, nullable=False),
    Column("reason", Text),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "subject_id", "number"),
)
"""Append-only: the whole life of collections and paybacks."""

charge_news = table(
    "charge_news",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False, comment="Our id of it; of a card the rail's"),
    Column("source", Text, nullable=False, comment="Names the message that told it"),
    Column("about", Text, nullable=False, comment="collection, payback, mandate, card, contract"),
    Column("event", Text, nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
    Column("applied_at", DateTime(timezone=True), comment="Null: the worker has not looked at it yet"),
    PrimaryKeyConstraint("operator_id", "subject", "source"),
    Index("ix_charge_news_waiting", "operator_id", "read_at", postgresql_where=text("applied_at IS NULL")),
    CheckConstraint("about IN ('collection', 'payback', 'mandate', 'card', 'contract')", name="about"),
)

lender_contracts = table(
    "lender_contracts",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("plan_id", Uuid, nullable=False),
    Column("state", Text, nullable=False, comment="proposed, offered, refused, signed, funded, ended"),
    Column("lender_ref", Text, comment="The lender's own id of it"),
    Column("ficp", Text, comment="The lender's answer of the file of incidents: clear, listed, unknown"),
    Column("ficp_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("calls", Integer, nullable=False, server_default=text("0"), comment="How many were asked for"),
    PrimaryKeyConstraint("shopper_id", "plan_id"),
    Index("ix_lender_contracts_plan", "operator_id", "plan_id"),
    CheckConstraint("state IN ('proposed', 'offered', 'refused', 'signed', 'funded', 'ended')", name="state"),
)

lender_calls = table(
    "lender_calls",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("plan_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False, comment="They are made in this order"),
    Column("what", Text, nullable=False, comment="propose, sign, fund, report, refund, withdraw, look"),
    Column("amount_minor", BigInteger, comment="Where an amount is told"),
    Column("detail", JSONB, nullable=False),
    Column("state", Text, nullable=False, comment="intended, calling, done, refused"),
    Column("reason", Text),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("next_at", DateTime(timezone=True)),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("shopper_id", "plan_id", "number"),
    Index("ix_lender_calls_due", "operator_id", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    CheckConstraint("state IN ('intended', 'calling', 'done', 'refused')", name="state"),
    CheckConstraint("(state IN ('done', 'refused')) = (ended_at IS NOT NULL)", name="ended"),
)
