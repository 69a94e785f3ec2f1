"""Files of shops that people uploaded, with what they mended, until they are old."""

from sqlalchemy import CheckConstraint, Column, DateTime, LargeBinary, PrimaryKeyConstraint, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cashback.db.metadata import table

shop_imports = table(
    "shop_imports",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False, comment="Of the file, as its sender calls it"),
    Column("body", LargeBinary, nullable=False, comment="As it was sent"),
    Column("encoding", Text, nullable=False),
    Column("separator", Text, nullable=False),
    Column("columns", ARRAY(Text), nullable=False, comment="What each column says; empty: it is not read"),
    Column("corrections", JSONB, nullable=False, comment="By line and field, what was typed in the place of a cell"),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("applied_by", Text),
    Column("applied_at", DateTime(timezone=True)),
    Column("applied_seen", Text, comment="Digest of the check that was applied last"),
    Column("applied", JSONB, comment="What applying it last did"),
    PrimaryKeyConstraint("operator_id", "id"),
    CheckConstraint("(applied_at IS NULL) = (applied IS NULL)", name="applied"),
)
