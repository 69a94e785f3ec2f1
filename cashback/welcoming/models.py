"""Tables of the doorstep. None of them holds anything of a person."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)

from cashback.db.metadata import table

welcome_pages = table(
    "welcome_pages",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("open", Boolean, nullable=False, comment="Whether people may join by themselves"),
    Column("minimum_age", Integer, nullable=False),
    Column("terms_en", Text, nullable=False),
    Column("terms_fr", Text, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id"),
    CheckConstraint("minimum_age BETWEEN 13 AND 25", name="minimum_age"),
)

centre_pages = table(
    "centre_pages",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("town", Text, nullable=False),
    Column("latitude_e5", Integer, comment="Hundred-thousandths of a degree: a metre"),
    Column("longitude_e5", Integer),
    PrimaryKeyConstraint("operator_id", "centre_id"),
    CheckConstraint("(latitude_e5 IS NULL) = (longitude_e5 IS NULL)", name="place"),
)

posters = table(
    "posters",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("code", Text, nullable=False, comment="In the address of the QR code"),
    Column("centre", Text, nullable=False, comment="Code of the centre; empty: of the whole programme"),
    Column("label", Text, nullable=False, comment="Where it hangs, as the operator says"),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "code"),
)

visit_counts = table(
    "visit_counts",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("poster", Text, nullable=False, comment="Empty: came without one"),
    Column("day", Date, nullable=False, comment="In UTC"),
    Column("step", Text, nullable=False, comment="seen, asked, joined"),
    Column("visits", Integer, nullable=False),
    PrimaryKeyConstraint("operator_id", "poster", "day", "step"),
    CheckConstraint("step IN ('seen', 'asked', 'joined')", name="step"),
    CheckConstraint("visits > 0", name="visits"),
)

operator_domains = table(
    "operator_domains",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("domain", Text, nullable=False),
    Column("token", Text, nullable=False, comment="What its DNS must say"),
    Column("told_by", Text, nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("checked_at", DateTime(timezone=True)),
    Column("found", Text, nullable=False, server_default=text("''"), comment="Of the last check: its code"),
    Column("verified_at", DateTime(timezone=True), comment="Its pages are served from then on"),
    Column("missing_since", DateTime(timezone=True), comment="Since when the record of a proved one is gone"),
    PrimaryKeyConstraint("operator_id", "domain"),
    Index("uq_operator_domains_verified", "domain", unique=True, postgresql_where=text("verified_at IS NOT NULL")),
)
