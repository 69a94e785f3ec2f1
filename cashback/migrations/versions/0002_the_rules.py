"""The rules: dated facts of shoppers, quotas of any bucket, what a reward would be without limits, parts of a centre.

Revision ID: 0002
Revises: 0001

Locks: the new columns have constant defaults and rewrite nothing; the key of quotas is made anew, a table of one row
per budgeted offer.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "shops",
        sa.Column(
            "area",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="Part of the centre: food court",
        ),
    )
    op.add_column(
        "rewards",
        sa.Column(
            "wanted",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="What the terms promise before limits, quotas and the hold-out",
        ),
    )
    op.add_column(
        "grants",
        sa.Column(
            "buckets",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{total}'"),
            nullable=False,
            comment="The quotas of the offer that it was drawn from",
        ),
    )
    op.add_column(
        "quotas",
        sa.Column(
            "bucket",
            sa.Text(),
            server_default=sa.text("'total'"),
            nullable=False,
            comment="total, or a limit with its shop and its period",
        ),
    )
    op.add_column(
        "programmes",
        sa.Column(
            "holdout_bps",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Shoppers who receive no offer",
        ),
    )
    op.drop_constraint("ck_assets_kind", "assets")
    op.create_check_constraint(
        "ck_assets_kind", "assets", "kind IN ('money', 'points', 'ticket', 'minutes', 'gift', 'perk')"
    )
    op.add_column(
        "quotas",
        sa.Column(
            "exhausted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when nothing is left; null: something is",
        ),
    )
    op.drop_constraint("pk_quotas", "quotas")
    op.create_primary_key("pk_quotas", "quotas", ["operator_id", "offer_id", "bucket"])
    op.create_table(
        "shopper_facts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False, comment="segment, tier, tag, activation, referral, birth_month"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True, comment="Half-open; null: still holds"),
        sa.Column("source", sa.Text(), nullable=False, comment="Who said so"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until IS NULL OR since <= until", name=op.f("ck_shopper_facts_interval")),
        sa.PrimaryKeyConstraint("shopper_id", "fact", "value", "since", name=op.f("pk_shopper_facts")),
    )
    isolate("shopper_facts")
