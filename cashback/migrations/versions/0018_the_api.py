"""The API: answers by idempotency key, and operators of two modes.

Revision ID: 0018
Revises: 0017

Locks: `operators` for an instant (a column with a constant default rewrites nothing).
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="Of the caller and its key, which is kept nowhere"
        ),
        sa.Column(
            "fingerprint",
            sa.LargeBinary(),
            nullable=False,
            comment="Keyed digest of the method, the address and the body",
        ),
        sa.Column("route", sa.Text(), nullable=False, comment="POST /v1/payments, without what its address names"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column(
            "answer",
            sa.LargeBinary(),
            nullable=False,
            comment="Sealed by the key of the month: it may hold a secret",
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "digest", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_answered_at", "idempotency", ["operator_id", "answered_at"])
    isolate("idempotency")
    op.add_column(
        "operators", sa.Column("mode", sa.Text(), nullable=False, server_default="live", comment="live, test")
    )
    op.add_column(
        "operators", sa.Column("twin_of", sa.Uuid(), comment="Of a test operator: the live one it is tried for")
    )
    op.create_check_constraint(op.f("ck_operators_mode"), "operators", "mode IN ('live', 'test')")
    op.create_check_constraint(op.f("ck_operators_twin"), "operators", "twin_of IS NULL OR mode = 'test'")
    op.create_unique_constraint(op.f("uq_operators_twin_of"), "operators", ["twin_of"])
    op.create_foreign_key(
        op.f("fk_operators_twin_of_operators"), "operators", "operators", ["twin_of"], ["operator_id"]
    )
