"""Who made a claim, and what they said with it.

Revision ID: 0028
Revises: 0027

Locks: `claims` for the moment of adding two columns without a default; no row is written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("made_by", sa.Text(), comment="Who made it; null: before this was kept"))
    op.add_column("claims", sa.Column("made_words", sa.Text(), comment="What they said with it"))
