"""Rewards with their posted amounts, grants of quotas, and the yearly sums that conversion looks at."""

from sqlalchemy import (
    BigInteger,
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
    Column("amount", BigInteger, nullable=False, comment="What should stand; posted = pending + available"),
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
    Column("revision", Integer, nullable=False),
    Column("trail", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("funders", JSONB, comment="Who pays, in shares of 10000: [[name, share], …]; null: the operator alone"),
    PrimaryKeyConstraint("shopper_id", "purchase_id", "offer_id"),
    CheckConstraint("pending >= 0 AND available >= 0 AND amount = pending + available", name="posted"),
)

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
