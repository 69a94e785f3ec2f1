"""What shoppers are told: a kind and its figures, never the words, so that they can be said in either language."""

from sqlalchemy import Column, DateTime, Index, PrimaryKeyConstraint, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

notices = table(
    "notices",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("key", Text, nullable=False, comment="What it is about: the same is told once"),
    Column("kind", Text, nullable=False, comment="Names the sentence"),
    Column("params", JSONB, nullable=False, comment="The figures of the sentence; nothing personal"),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("shopper_id", "key"),
    Index("ix_notices_told", "shopper_id", "told_at"),
)
