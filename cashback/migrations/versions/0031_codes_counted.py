"""Codes to sign in are counted by address, in the place of failures that locked it.

Revision ID: 0031
Revises: 0030

Locks: ACCESS EXCLUSIVE on `sign_in_failures` for a moment; its rows go with it: whoever was locked out is not any more.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("sign_in_failures")
    op.create_table(
        "sign_in_code_counts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "codes", sa.Integer(), nullable=False, comment="Asked for since then, whoever asked and whosoever it is"
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="Begins anew after a day"),
        sa.PrimaryKeyConstraint("operator_id", "role", "fingerprint", name=op.f("pk_sign_in_code_counts")),
    )
    isolate("sign_in_code_counts")
