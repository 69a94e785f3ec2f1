"""Who was erased, when, at whose wish, and what was given up: the proof that it was done. Append-only."""

from sqlalchemy import Column, DateTime, Index, PrimaryKeyConstraint, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

erasures = table(
    "erasures",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("asked_by", Text, nullable=False, comment="The shopper themselves, or who typed it for them"),
    Column("given_up", JSONB, nullable=False, comment="By asset: pending, available, owed; units"),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id"),
    Index("ix_erasures_erased_at", "operator_id", "erased_at"),
)
