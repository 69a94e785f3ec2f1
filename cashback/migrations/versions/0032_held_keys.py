"""Idempotency keys held beyond a transaction, and the first of the API keys that replaced each other.

Revision ID: 0032
Revises: 0031

Answers kept under the label of a key are not found again: a request made just before the upgrade and repeated after it
acts once more unless it has a key of its own.

Locks: ACCESS EXCLUSIVE on `api_keys`, a short table, while its rows are written.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_FAMILIES = """
WITH RECURSIVE kin AS (
    SELECT operator_id, id, id AS family FROM api_keys WHERE replaces IS NULL
    UNION ALL
    SELECT k.operator_id, k.id, kin.family FROM api_keys k
    JOIN kin ON k.operator_id = kin.operator_id AND k.replaces = kin.id)
UPDATE api_keys k SET family = kin.family FROM kin WHERE k.operator_id = kin.operator_id AND k.id = kin.id
"""


def upgrade() -> None:
    op.create_table(
        "idempotency_holds",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="As in idempotency"),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="As in idempotency"),
        sa.Column("holder", sa.Uuid(), nullable=False, comment="Whoever holds it: another one lets go of nothing"),
        sa.Column(
            "held_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Then its process is taken for dead",
        ),
        sa.PrimaryKeyConstraint("operator_id", "digest", name=op.f("pk_idempotency_holds")),
    )
    isolate("idempotency_holds")
    op.add_column("api_keys", sa.Column("family", sa.Uuid(), comment="The first of those that replaced each other"))
    op.execute("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY")  # the owner writes the rows of all operators
    op.execute(_FAMILIES)
    op.execute("ALTER TABLE api_keys FORCE ROW LEVEL SECURITY")
    op.alter_column("api_keys", "family", nullable=False)
