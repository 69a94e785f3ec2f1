"""Figures of the console: sums by day beside their rows, and indexes by which the console finds what changed and whom.

Revision ID: 0021
Revises: 0020

Locks: SHARE on `purchases`, `cards` and `shopper_references` while their indexes are built. That of `purchases` reads
the table once and writes a few pages (BRIN): seconds for five million rows. The worker's first round counts figures.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_figures",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="Of the programme's zone; of a window, its last"),
        sa.Column("unit", sa.Text(), nullable=False, comment="Currency or asset, or what the figure is divided by"),
        sa.Column("amount", sa.Numeric(38, 0), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "figure", "day", "unit", name=op.f("pk_daily_figures")),
    )
    isolate("daily_figures")
    op.create_table(
        "figure_cursors",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False, comment="In whose days it was counted"),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="What was changed before is counted in",
        ),
        sa.Column(
            "measured_at",
            sa.DateTime(timezone=True),
            comment="When windows, cohorts and steps were last measured",
        ),
        sa.Column(
            "months_due",
            postgresql.ARRAY(sa.Date()),
            nullable=False,
            server_default=sa.text("'{}'"),
            comment="Months of cohorts in which something changed since",
        ),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_figure_cursors")),
    )
    isolate("figure_cursors")
    op.create_index("ix_purchases_updated_at", "purchases", ["updated_at"], postgresql_using="brin")
    op.create_index("ix_cards_last_four", "cards", ["operator_id", "last_four"])
    op.create_index(
        "ix_shopper_references_begins",
        "shopper_references",
        ["operator_id", "reference"],
        postgresql_ops={"reference": "text_pattern_ops"},
    )
