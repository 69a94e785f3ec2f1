"""Claims, the sealed pictures of their receipts, and which pictures were ever seen."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)

from cashback.db.metadata import table

claims = table(
    "claims",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("key", Text, nullable=False, comment="The idempotency key it came with"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of all that was told with that key"),
    Column("shop_id", Uuid, nullable=False),
    Column("day", Date, nullable=False, comment="In the zone of the shop's centre"),
    Column("told_time", Time, comment="In that zone, as the shopper remembers it"),
    Column("since", DateTime(timezone=True), nullable=False, comment="The earliest instant that counts"),
    Column("until", DateTime(timezone=True), nullable=False, comment="The end of the day"),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("last_four", Text, comment="How the card ends, as printed on the receipt"),
    Column("media_type", Text, comment="Of the picture; null: none was sent"),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    Column("seen", Text, nullable=False, server_default=text("''"), comment="Digest of the purchases it was judged by"),
    Column("state", Text, nullable=False, comment="open, accepted, counted, refused or withdrawn"),
    Column("reason", Text, comment="Code of why it was answered so; null: open"),
    Column("words", Text, comment="In the words of the person who answered"),
    Column("answered_by", Text),
    Column("answered_at", DateTime(timezone=True)),
    Column("purchase_id", Uuid, comment="The purchase that it was recognised as; null: none, it stands by itself"),
    Column("made_by", Text, comment="Who made it; null: before this was kept"),
    Column("made_words", Text, comment="What they said with it"),
    PrimaryKeyConstraint("shopper_id", "id"),
    UniqueConstraint("shopper_id", "key"),
    CheckConstraint("amount_minor > 0 AND since < until", name="told"),
    CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
    Index("ix_claims_open", "operator_id", "claimed_at", "id", postgresql_where=text("state = 'open'")),
    Index("ix_claims_id", "operator_id", "id"),
    Index("ix_claims_listed", "operator_id", "state", "id"),
    Index(
        "uq_claims_once",
        "shopper_id",
        "shop_id",
        "day",
        "amount_minor",
        "currency",
        unique=True,
        postgresql_where=text("state IN ('open', 'accepted', 'counted')"),
    ),
)

claim_pictures = table(
    "claim_pictures",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("claim_id", Uuid, nullable=False),
    Column("key_period", Date, nullable=False, comment="The month whose key opens it"),
    Column("body", LargeBinary, nullable=False, comment="Sealed"),
    PrimaryKeyConstraint("shopper_id", "claim_id"),
    Index("ix_claim_pictures_period", "operator_id", "key_period"),
)

claimed_pictures = table(
    "claimed_pictures",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the picture"),
    Column("claim_id", Uuid, nullable=False),
    PrimaryKeyConstraint("operator_id", "digest"),
)
"""Every picture that was ever sent, by anybody: kept when the picture itself is long destroyed."""
