"""Trials of offers: what was asked on the purchases of the past, how far it has come, and what came of it."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

offer_trials = table(
    "offer_trials",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("key", LargeBinary, nullable=False, comment="SHA-256 of code, terms and days: asked again, it is the same"),
    Column("code", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the canonical terms"),
    Column("first_day", Date, nullable=False, comment="Local day of the programme"),
    Column("until_day", Date, nullable=False, comment="Excluded"),
    Column("state", Text, nullable=False, comment="waiting, running, done, failed or stopped"),
    Column("done", Integer, nullable=False, comment="Shoppers judged so far"),
    Column("total", Integer, nullable=False, comment="Of so many; 0: not known yet"),
    Column("answer", JSONB, comment="As docs/backtest.md describes it; null until it is done"),
    Column("error", Text, comment="Why it failed"),
    Column("actor", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False, comment="When its process last said that it works"),
    PrimaryKeyConstraint("operator_id", "key"),
    CheckConstraint("(state = 'done') = (answer IS NOT NULL)", name="answered"),
    Index("ix_offer_trials_code", "operator_id", "code", "asked_at"),
)
