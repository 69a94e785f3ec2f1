"""The log of decisions (sealed, for ever), their records (for a time), and when records were destroyed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Uuid,
)

from cashback.db.metadata import place_column, table

decision_log = table(
    "decision_log",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the record"),
    Column("automated", Boolean, nullable=False, comment="False: decided by people on review"),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    place_column(),
    PrimaryKeyConstraint("operator_id", "id"),
    Index("ix_decision_log_place", "operator_id", "place"),
    CheckConstraint("length(digest) = 32", name="digest"),
)
"""One line a decision, without a word of what it says: it can be sealed and kept when the record is destroyed."""

decision_records = table(
    "decision_records",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("pseudonym", Uuid, nullable=False, comment="Stands for the shopper; who it is, is kept elsewhere"),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("record", LargeBinary, nullable=False, comment="Canonical bytes: what replay gives again"),
    PrimaryKeyConstraint("operator_id", "id"),
    Index("ix_decision_records_decided_at", "operator_id", "decided_at", "id"),
)

decision_forgettings = table(
    "decision_forgettings",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False, comment="Records of decisions before this were destroyed"),
    Column("records", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
)
