"""Shops and their identifiers: several per shop, per network, with validity dates."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from cashback.db.metadata import table

shops = table(
    "shops",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("category", Text, nullable=False, comment="Merchant category code, ISO 18245"),
    Column("floor", Text, nullable=False),
    Column("area", Text, nullable=False, server_default=text("''"), comment="Part of the centre: food court"),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "code"),
    ForeignKeyConstraint(["operator_id", "centre_id"], ["centres.operator_id", "centres.id"]),
)

merchant_identifiers = table(
    "merchant_identifiers",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("shop_id", Uuid, nullable=False),
    Column("network", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True), comment="Null: always was"),
    Column("valid_until", DateTime(timezone=True), comment="Half-open; null: still is"),
    PrimaryKeyConstraint("operator_id", "id"),
    ForeignKeyConstraint(["operator_id", "shop_id"], ["shops.operator_id", "shops.id"]),
    CheckConstraint("valid_from IS NULL OR valid_until IS NULL OR valid_from < valid_until", name="validity"),
    Index("ix_merchant_identifiers_value", "operator_id", "network", "scheme", "value"),
)

rematches = table(
    "rematches",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("identifier", Text, nullable=False, comment="scheme:value whose shop has become known or has changed"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "identifier"),
)
