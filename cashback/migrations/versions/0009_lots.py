"""Lots: what has expired of a reward and when, what was taken of which, and when balances turn.

Revision ID: 0009
Revises: 0008

Locks: creates two tables; adding columns with a constant default is instant; the check of rewards reads the table.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "rewards",
        sa.Column(
            "expired",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Of it, what was not used in time",
        ),
    )
    op.add_column(
        "rewards",
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            comment="When what is left of it ends; null: never, or not known yet",
        ),
    )
    op.add_column(
        "rewards",
        sa.Column(
            "notice_at", sa.DateTime(timezone=True), comment="When the shopper is told of that; null: not at all"
        ),
    )
    op.alter_column(
        "rewards",
        "amount",
        comment="What should stand; posted = pending + available + expired",
        existing_nullable=False,
    )
    op.drop_constraint(op.f("ck_rewards_posted"), "rewards", type_="check")
    op.create_check_constraint(
        op.f("ck_rewards_posted"),
        "rewards",
        "pending >= 0 AND available >= 0 AND expired >= 0 AND amount = pending + available + expired",
    )
    op.create_table(
        "lot_uses",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Of the transfer that took"),
        sa.Column("back", sa.Boolean(), nullable=False, comment="Whether this row says that all of it came back"),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("reward_id", sa.Uuid(), comment="Of which reward it was taken; null: of what stands in none"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_lot_uses_amount")),
        sa.PrimaryKeyConstraint("shopper_id", "key", "back", "part", name=op.f("pk_lot_uses")),
    )
    op.create_table(
        "lot_ends",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            comment="When something that is left expires next; null: nothing does",
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="How much expires then, as far as it is not used"),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), comment="When the shopper is to be told next, or something expires"
        ),
        sa.CheckConstraint("amount >= 0 AND (amount = 0) = (ends_at IS NULL)", name=op.f("ck_lot_ends_ends")),
        sa.PrimaryKeyConstraint("shopper_id", "asset", name=op.f("pk_lot_ends")),
    )
    op.create_index(
        "ix_lot_ends_due", "lot_ends", ["operator_id", "due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    # What was paid before lots were remembered is taken of none.
    op.execute(
        """INSERT INTO lot_uses (operator_id, shopper_id, key, back, part, asset, amount, at)
        SELECT operator_id, shopper_id, key, false, 0, asset, amount, posted_at FROM transfers
        WHERE debit = 'shopper:available' AND credit = 'shopper:paid'"""
    )
    isolate("lot_uses", rights="SELECT, INSERT")
    isolate("lot_ends")
    refuse_changes("lot_uses")
