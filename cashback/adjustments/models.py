"""Adjustments of wallets: asked for by one person, above a limit decided by another, posted as one transfer."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from cashback.db.metadata import table

adjustments = table(
    "adjustments",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("key", Text, nullable=False, comment="The idempotency key it came with"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of all that was told with that key"),
    Column("kind", Text, nullable=False, comment="goodwill, write_off or correction"),
    Column("asset", Text, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="Signed: what the available balance gains"),
    Column("reason", Text, nullable=False, comment="Code of why"),
    Column("words", Text, nullable=False, comment="In the words of the person who asked"),
    Column("purchase_id", Uuid, comment="The purchase that it is about"),
    Column("state", Text, nullable=False, comment="waiting, posted or refused"),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("answer", Text, comment="In the words of the person who decided"),
    PrimaryKeyConstraint("shopper_id", "id"),
    UniqueConstraint("shopper_id", "key"),
    CheckConstraint("amount <> 0", name="amount"),
    CheckConstraint("kind IN ('goodwill', 'write_off', 'correction')", name="kind"),
    CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
    Index("ix_adjustments_waiting", "operator_id", "asked_at", "id", postgresql_where=text("state = 'waiting'")),
    Index("ix_adjustments_id", "operator_id", "id"),
)

adjustment_limits = table(
    "adjustment_limits",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("scope", Text, nullable=False, comment="support or money: what the person may do"),
    Column("asset", Text, nullable=False),
    Column("alone_max", BigInteger, nullable=False, comment="In 24 hours, both ways added up; above it two decide"),
    PrimaryKeyConstraint("operator_id", "scope", "asset"),
    CheckConstraint("alone_max >= 0", name="alone_max"),
)
