"""One purchase, several witnesses: the interval of its time, and the views of other sources; rulings by people.

Revision ID: 0004
Revises: 0003

Locks: adding columns with a constant default is instant; each index is built under a lock on purchases.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("purchases", sa.Column("purchased_until", sa.DateTime(timezone=True), comment="The latest"))
    op.execute("UPDATE purchases SET purchased_until = purchased_at")
    op.alter_column("purchases", "purchased_until", nullable=False)
    op.alter_column("purchases", "purchased_at", comment="The earliest instant it can have been")
    op.add_column(
        "purchases",
        sa.Column(
            "time_basis",
            sa.Text(),
            nullable=False,
            server_default=sa.text("'instant'"),
            comment="What the time was derived from",
        ),
    )
    op.alter_column("purchases", "time_basis", server_default=None)
    op.add_column(
        "purchases",
        sa.Column("witness_of", sa.Uuid(), comment="Of another source's view: the purchase it is recognised as"),
    )
    op.add_column(
        "purchases",
        sa.Column(
            "told",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="What its own source says of it, where the purchase is told by several",
        ),
    )
    op.create_index(
        "ix_purchases_witness",
        "purchases",
        ["shopper_id", "witness_of"],
        postgresql_where=sa.text("witness_of IS NOT NULL"),
    )
    op.create_table(
        "rulings",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("purchase_ref", sa.Text(), nullable=False),
        sa.Column("other_network", sa.Text(), nullable=False),
        sa.Column("other_ref", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, comment="one: the same purchase; apart: two purchases"),
        sa.Column("reason", sa.Text(), nullable=False, comment="In the words of the person"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('one', 'apart')", name=op.f("ck_rulings_verdict")),
        sa.CheckConstraint("(network, purchase_ref) < (other_network, other_ref)", name=op.f("ck_rulings_in_order")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_rulings")),
    )
    isolate("rulings", rights="SELECT, INSERT")
    refuse_changes("rulings")
