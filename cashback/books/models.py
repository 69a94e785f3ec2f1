"""Seals of append-only tables, the signatures of their heads and the keys that sign. All three are append-only too."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
)

from cashback.db.metadata import table

seals = table(
    "seals",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("chain", Text, nullable=False, comment="The table whose rows it seals"),
    Column("number", BigInteger, nullable=False, comment="From 1, without a gap"),
    Column("first_position", BigInteger, nullable=False, comment="Of its first row, from 1, without a gap"),
    Column("rows", Integer, nullable=False),
    Column("after_place", BigInteger, nullable=False, comment="It holds the rows behind this place"),
    Column("after_key", ARRAY(Text), comment="And behind this key in it; null: behind all of it"),
    Column("through_place", BigInteger, nullable=False, comment="Up to and with this place"),
    Column("through_key", ARRAY(Text), comment="Up to and with this key in it; null: all of it"),
    Column("columns", ARRAY(Text), nullable=False, comment="What was sealed of each row"),
    Column("content", LargeBinary, nullable=False, comment="SHA-256 of the rows"),
    Column("previous", LargeBinary, nullable=False, comment="Hash of the block before"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of all the columns above and sealed_at"),
    Column("copy", LargeBinary, nullable=False, comment="The rows as they were sealed, zlib"),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "chain", "number"),
    CheckConstraint("rows >= 0 AND first_position > 0", name="rows"),
)

signing_keys = table(
    "signing_keys",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("public_key", LargeBinary, nullable=False, comment="Ed25519, 32 bytes"),
    Column("private_key", LargeBinary, nullable=False, comment="Sealed for this row by the master key"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
)

seal_signatures = table(
    "seal_signatures",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("chain", Text, nullable=False),
    Column("number", BigInteger, nullable=False, comment="Of the block whose hash is signed"),
    Column("position", BigInteger, nullable=False, comment="Of the last row of that block"),
    Column("hash", LargeBinary, nullable=False),
    Column("key_id", Uuid, nullable=False),
    Column("signature", LargeBinary, nullable=False, comment="Ed25519, 64 bytes"),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "chain", "number"),
)
