"""Files of shops that people upload, and how claims that were answered are found.

Revision ID: 0023
Revises: 0022

Locks: SHARE on `claims` while its index is built, so nobody claims meanwhile; there are few.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shop_imports",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="Of the file, as its sender calls it"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="As it was sent"),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("separator", sa.Text(), nullable=False),
        sa.Column(
            "columns",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="What each column says; empty: it is not read",
        ),
        sa.Column(
            "corrections",
            postgresql.JSONB(),
            nullable=False,
            comment="By line and field, what was typed in the place of a cell",
        ),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Text()),
        sa.Column("applied_at", sa.DateTime(timezone=True)),
        sa.Column("applied_seen", sa.Text(), comment="Digest of the check that was applied last"),
        sa.Column("applied", postgresql.JSONB(), comment="What applying it last did"),
        sa.CheckConstraint("(applied_at IS NULL) = (applied IS NULL)", name=op.f("ck_shop_imports_applied")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_shop_imports")),
    )
    isolate("shop_imports")
    op.create_index("ix_claims_listed", "claims", ["operator_id", "state", "id"])
