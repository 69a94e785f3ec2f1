"""Since when the record of a proved domain has been gone.

Revision ID: 0029
Revises: 0028

Locks: ACCESS EXCLUSIVE on `operator_domains` for a moment; no row is written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "operator_domains",
        sa.Column("missing_since", sa.DateTime(timezone=True), comment="Since when the record of a proved one is gone"),
    )
