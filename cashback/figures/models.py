"""Sums by day, kept so that a page never adds up all purchases, and how far they have been kept."""

from sqlalchemy import ARRAY, Column, Date, DateTime, Numeric, PrimaryKeyConstraint, Text, Uuid, text

from cashback.db.metadata import table

daily_figures = table(
    "daily_figures",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("figure", Text, nullable=False),
    Column("day", Date, nullable=False, comment="Of the programme's zone; of a window, its last"),
    Column("unit", Text, nullable=False, comment="Currency or asset, or what the figure is divided by"),
    Column("amount", Numeric(38, 0), nullable=False),
    PrimaryKeyConstraint("operator_id", "figure", "day", "unit"),
)

figure_cursors = table(
    "figure_cursors",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("zone", Text, nullable=False, comment="In whose days it was counted"),
    Column("counted_at", DateTime(timezone=True), nullable=False, comment="What was changed before is counted in"),
    Column("measured_at", DateTime(timezone=True), comment="When windows, cohorts and steps were last measured"),
    Column(
        "months_due",
        ARRAY(Date),
        nullable=False,
        server_default=text("'{}'"),
        comment="Months of cohorts in which something changed since",
    ),
    PrimaryKeyConstraint("operator_id"),
)
"""The row is locked by whoever brings an operator's figures up to date."""
