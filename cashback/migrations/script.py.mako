"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}

Locks: keep each statement under the timeouts below; add indexes CONCURRENTLY in a migration of their own; backfill in
batches in a migration of its own.
"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '5s'")
    ${upgrades if upgrades else "pass"}
