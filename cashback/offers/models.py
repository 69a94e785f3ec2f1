"""Offers and their immutable versions, each live over a half-open interval fixed at commit."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

offers = table(
    "offers",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "code"),
)

offer_versions = table(
    "offer_versions",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the canonical terms"),
    Column("live_from", DateTime(timezone=True), comment="Null: since ever"),
    Column("live_until", DateTime(timezone=True), comment="Half-open; null: still live"),
    Column("author", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "offer_id", "version"),
    ForeignKeyConstraint(["operator_id", "offer_id"], ["offers.operator_id", "offers.id"]),
    CheckConstraint("live_from IS NULL OR live_until IS NULL OR live_from <= live_until", name="interval"),
)
