"""Erasure: who was erased, and when.

Revision ID: 0026
Revises: 0025

Locks: ACCESS EXCLUSIVE on `shoppers` for a moment; the column has no default, so no row is written.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "shoppers",
        sa.Column("erased_at", sa.DateTime(timezone=True), comment="From then on the id leads to nobody"),
    )
    op.create_table(
        "erasures",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="The shopper themselves, or who typed it for them"),
        sa.Column(
            "given_up",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="By asset: pending, available, owed; units",
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shopper_id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_erased_at", "erasures", ["operator_id", "erased_at"])
    isolate("erasures", rights="SELECT, INSERT")
