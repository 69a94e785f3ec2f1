"""The money desk: who took a file of payouts, what funders had day by day, and the audit log by its filters.

Revision ID: 0024
Revises: 0023

Locks: ACCESS EXCLUSIVE on `payout_batches` for a moment. The indexes on `audit_log` and `instalments` are built while
writing to them waits: seconds for a million rows.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "payout_batches",
        sa.Column("fetched_by", sa.Text(), comment="Who first took the file to bring it to the bank"),
    )
    op.add_column("payout_batches", sa.Column("fetched_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_payout_batches_fetched"), "payout_batches", "(fetched_by IS NULL) = (fetched_at IS NULL)"
    )
    op.create_table(
        "funder_days",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="In the programme's zone"),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column(
            "balance", sa.BigInteger(), nullable=False, comment="What stood on it when the day was first looked at"
        ),
        sa.PrimaryKeyConstraint("operator_id", "day", "account", "asset", name=op.f("pk_funder_days")),
    )
    isolate("funder_days")
    for column in ("actor", "action", "subject"):
        op.create_index(f"ix_audit_log_{column}", "audit_log", ["operator_id", column, "id"], unique=False)
    op.create_index(
        "ix_instalments_open",
        "instalments",
        ["operator_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
