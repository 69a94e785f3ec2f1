"""Files of banks that were imported, what they told, and what people said of differences.

Revision ID: 0013
Revises: 0012

Locks: creates four tables; no table that is in use is locked.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = ("bank_files", "bank_entries", "bank_statuses", "bank_notes")


def upgrade() -> None:
    op.create_table(
        "bank_files",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of its bytes"),
        sa.Column("source", sa.Text(), nullable=False, comment="camt.053, camt.054, pain.002 or stripe"),
        sa.Column("name", sa.Text(), nullable=False, comment="As the person called it, without folders"),
        sa.Column("movements", sa.Integer(), nullable=False),
        sa.Column("statuses", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), comment="Of its movements"),
        sa.Column("last_on", sa.Date()),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_bank_files")),
        sa.UniqueConstraint("operator_id", "digest", name=op.f("uq_bank_files_operator_id_digest")),
    )

    op.create_table(
        "bank_entries",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False, comment="A digest of the operator's account number"),
        sa.Column("statement", sa.Text(), nullable=False, comment="The bank's id of the statement or the notification"),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False, comment="0: the entry as a whole"),
        sa.Column("file_id", sa.Uuid(), nullable=False, comment="That told it first"),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="Of its content: told again it must say the same"
        ),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.Column("booked_on", sa.Date()),
        sa.Column("value_on", sa.Date()),
        sa.Column("code", sa.Text()),
        sa.Column("bank_ref", sa.Text()),
        sa.Column("end_to_end", sa.Text()),
        sa.Column("batch_ref", sa.Text()),
        sa.Column("return_reason", sa.Text()),
        sa.Column("charge", sa.Boolean(), nullable=False),
        sa.Column(
            "refs",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="What looks like a reference in the payer's words",
        ),
        sa.PrimaryKeyConstraint(
            "operator_id", "source", "account", "statement", "entry", "part", name=op.f("pk_bank_entries")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_bank_entries_amount")),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_bank_entries_direction")),
    )
    op.create_index("ix_bank_entries_day", "bank_entries", ["operator_id", "booked_on"])
    op.create_table(
        "bank_statuses",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="In the file, from 1"),
        sa.Column("level", sa.Text(), nullable=False, comment="group, batch or transaction"),
        sa.Column("order_ref", sa.Text(), nullable=False, comment="The file of payments that it answers"),
        sa.Column("batch_ref", sa.Text()),
        sa.Column("end_to_end", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "file_id", "number", name=op.f("pk_bank_statuses")),
    )
    op.create_index("ix_bank_statuses_told", "bank_statuses", ["operator_id", "told_at"])
    op.create_table(
        "bank_notes",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="Names a difference: what it is of"),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column(
            "difference_minor", sa.BigInteger(), nullable=False, comment="What was explained; another amount is not"
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_bank_notes")),
    )
    op.create_index("ix_bank_notes_subject", "bank_notes", ["operator_id", "subject"])
    for name in TABLES:
        isolate(name, rights="SELECT, INSERT")
        refuse_changes(name)
