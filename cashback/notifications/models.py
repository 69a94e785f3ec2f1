"""What shoppers are told: a kind and its figures, never the words, so that they can be said in either language."""

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Index, PrimaryKeyConstraint, Text, Uuid, text
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
    Column(
        "to_mail",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="Whether it waits to be put in a letter",
    ),
    PrimaryKeyConstraint("shopper_id", "key"),
    Index("ix_notices_told", "shopper_id", "told_at"),
    Index("ix_notices_to_mail", "operator_id", "told_at", postgresql_where=text("to_mail")),
)

notice_preferences = table(
    "notice_preferences",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("channel", Text, nullable=False, comment="inbox, mail"),
    Column("wanted", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "topic", "channel"),
    CheckConstraint("channel IN ('inbox', 'mail')", name="channel"),
)
"""What somebody chose otherwise than it comes."""
