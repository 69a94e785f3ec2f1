"""Shoppers, and the card directory that leads from a provider's token to a shopper."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from cashback.db.metadata import table

shoppers = table(
    "shoppers",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("locale", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("erased_at", DateTime(timezone=True), comment="From then on the id leads to nobody"),
    PrimaryKeyConstraint("shopper_id"),
    CheckConstraint("locale IN ('en', 'fr')", name="locale"),
)

shopper_references = table(
    "shopper_references",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("reference", Text, nullable=False, comment="The operator's own name for the shopper"),
    Column("shopper_id", Uuid, nullable=False),
    PrimaryKeyConstraint("operator_id", "reference"),
    UniqueConstraint("operator_id", "shopper_id"),
    Index(
        "ix_shopper_references_begins",
        "operator_id",
        "reference",
        postgresql_ops={"reference": "text_pattern_ops"},
    ),
)

shopper_facts = table(
    "shopper_facts",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("fact", Text, nullable=False, comment="segment, tier, tag, activation, referral, birth_month"),
    Column("value", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), comment="Half-open; null: still holds"),
    Column("source", Text, nullable=False, comment="Who said so"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "fact", "value", "since"),
    Index("ix_shopper_facts_value", "operator_id", "fact", "value"),
    CheckConstraint("until IS NULL OR since <= until", name="interval"),
)

cards = table(
    "cards",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("network", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("linked_at", DateTime(timezone=True), nullable=False),
    Column("unlinked_at", DateTime(timezone=True), comment="Half-open; null: linked now"),
    Column("shopper_id", Uuid, nullable=False),
    Column("card_id", Uuid, nullable=False),
    Column("last_four", Text),
    Column("scheme", Text),
    PrimaryKeyConstraint("operator_id", "network", "token", "linked_at"),
    Index("ix_cards_shopper", "operator_id", "shopper_id"),
    Index("ix_cards_id", "operator_id", "card_id"),
    Index("ix_cards_last_four", "operator_id", "last_four"),
    Index(
        "uq_cards_one_open_link",
        "operator_id",
        "network",
        "token",
        unique=True,
        postgresql_where=text("unlinked_at IS NULL"),
    ),
    CheckConstraint("unlinked_at IS NULL OR linked_at <= unlinked_at", name="interval"),
)

card_facts = table(
    "card_facts",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("card_id", Uuid, nullable=False),
    Column("prepaid", Boolean, nullable=False),
    Column("expires_on", Date, nullable=False, comment="Its last day"),
    Column("strong_authentication", Boolean, nullable=False, comment="Its bank can ask the shopper to confirm"),
    Column("source", Text, nullable=False, comment="Who told it"),
    Column("told_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "card_id"),
)
"""What must be known of a card before it may be charged: told by whoever keeps the card, the newest word holds."""

lost_disputes = table(
    "lost_disputes",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("purchase_id", Uuid, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("source", Text, nullable=False, comment="Who told it"),
    PrimaryKeyConstraint("shopper_id", "purchase_id"),
)
"""Disputes of card payments that were decided against the shopper."""
