"""The instalment book as it was last counted.

Revision ID: 0027
Revises: 0026

Locks: none; a table nobody knows yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instalment_counts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False, comment="The book, and what is to be passed on"),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_instalment_counts")),
    )
    isolate("instalment_counts")
