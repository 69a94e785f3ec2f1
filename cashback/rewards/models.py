"""Rewards with their posted amounts, grants of quotas, and the yearly sums that conversion looks at."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cashback.db.metadata import table

rewards = table(
    "rewards",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("purchase_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("offer_version", Integer, nullable=False),
    Column("asset", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="What should stand; posted = pending + available + expired"),
    Column(
        "wanted",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="What the terms promise before limits, quotas and the hold-out",
    ),
    Column("pending", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("matures_at", DateTime(timezone=True), comment="Null until the purchase has cleared"),
    Column("expired", BigInteger, nullable=False, server_default=text("0"), comment="Of it, what was not used in time"),
    Column(
        "expires_at", DateTime(timezone=True), comment="When what is left of it ends; null: never, or not known yet"
    ),
    Column("notice_at", DateTime(timezone=True), comment="When the shopper is told of that; null: not at all"),
    Column("revision", Integer, nullable=False),
    Column("trail", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("funders", JSONB, comment="Who pays, in shares of 10000: [[name, share], …]; null: the operator alone"),
    PrimaryKeyConstraint("shopper_id", "purchase_id", "offer_id"),
    CheckConstraint(
        "pending >= 0 AND available >= 0 AND expired >= 0 AND amount = pending + available + expired", name="posted"
    ),
)

lot_uses = table(
    "lot_uses",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("key", Text, nullable=False, comment="Of the transfer that took"),
    Column("back", Boolean, nullable=False, comment="Whether this row says that all of it came back"),
    Column("part", SmallInteger, nullable=False),
    Column("asset", Text, nullable=False),
    Column("reward_id", Uuid, comment="Of which reward it was taken; null: of what stands in none"),
    Column("amount", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "key", "back", "part"),
    CheckConstraint("amount > 0", name="amount"),
)
"""Append-only: what commands took of which lots, and which of them were undone."""

lot_ends = table(
    "lot_ends",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("asset", Text, nullable=False),
    Column("ends_at", DateTime(timezone=True), comment="When something that is left expires next; null: nothing does"),
    Column("amount", BigInteger, nullable=False, comment="How much expires then, as far as it is not used"),
    Column("due_at", DateTime(timezone=True), comment="When the shopper is to be told next, or something expires"),
    PrimaryKeyConstraint("shopper_id", "asset"),
    Index("ix_lot_ends_due", "operator_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    CheckConstraint("amount >= 0 AND (amount = 0) = (ends_at IS NULL)", name="ends"),
)
"""What is derived of lots and wanted often: balances that will turn, and when a worker has to look."""

grants = table(
    "grants",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("purchase_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("wanted", BigInteger, nullable=False),
    Column("granted", BigInteger, nullable=False),
    Column("why", Text, nullable=False, comment="granted, reduced or refused"),
    Column(
        "buckets",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{total}'"),
        comment="The quotas of the offer that it was drawn from",
    ),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "purchase_id", "offer_id"),
    CheckConstraint("granted >= 0 AND granted <= wanted", name="granted"),
)

quotas = table(
    "quotas",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column(
        "bucket",
        Text,
        nullable=False,
        server_default=text("'total'"),
        comment="total, or a limit with its shop and its period",
    ),
    Column("asset", Text, nullable=False),
    Column("cap", BigInteger, nullable=False),
    Column("granted", BigInteger, nullable=False, server_default=text("0")),
    Column("exhausted_at", DateTime(timezone=True), comment="Since when nothing is left; null: something is"),
    PrimaryKeyConstraint("operator_id", "offer_id", "bucket"),
    CheckConstraint("granted >= 0 AND granted <= cap", name="never_exceeded"),
)

matured_years = table(
    "matured_years",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("asset", Text, nullable=False),
    Column("year", SmallInteger, nullable=False, comment="Calendar year of maturity in the programme's zone"),
    Column("matured", BigInteger, nullable=False, comment="Units that rewards of this year made available"),
    Column("converted", BigInteger, nullable=False, comment="Units posted as converted in this year"),
    Column("revision", Integer, nullable=False),
    Column("due_at", DateTime(timezone=True), comment="When a new year lets more be converted"),
    PrimaryKeyConstraint("shopper_id", "asset", "year"),
    Index("ix_matured_years_due", "operator_id", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    CheckConstraint("matured >= 0 AND converted >= 0", name="sums"),
)
