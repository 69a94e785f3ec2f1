"""Tables of the look: themes by version, and their logos by content."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
)

from cashback.db.metadata import table

theme_logos = table(
    "theme_logos",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("sha256", LargeBinary, nullable=False, comment="Of the picture as it is served"),
    Column("body", LargeBinary, nullable=False, comment="PNG, decoded and encoded again"),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("plate", Text, nullable=False, comment="The ground on which it is seen best"),
    Column("told_as", Text, nullable=False, comment="PNG, JPEG or WEBP: what was uploaded"),
    Column("kept_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "sha256"),
)

themes = table(
    "themes",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False, comment="The highest is in force"),
    Column("name", Text, nullable=False, comment="As shoppers read it"),
    Column("brand", Text, nullable=False, comment="#rrggbb"),
    Column("on_brand", Text, comment="Chosen; null: reckoned from the brand, as the next two"),
    Column("brand_soft", Text),
    Column("brand_ink", Text),
    Column("radius", Integer, nullable=False, comment="Of cards, in pixels"),
    Column("logo", LargeBinary),
    Column("back_to", Integer, comment="The version that this one repeats"),
    Column("published_by", Text, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "version"),
    ForeignKeyConstraint(["operator_id", "logo"], ["theme_logos.operator_id", "theme_logos.sha256"]),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint("radius BETWEEN 0 AND 24", name="radius"),
)
