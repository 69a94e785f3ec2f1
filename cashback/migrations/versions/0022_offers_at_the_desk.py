"""Offers at the desk: trials on the past that nobody waits for, what offers gave day by day, and what they changed.

Revision ID: 0022
Revises: 0021

Locks: none but those of new tables.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from cashback.migrations.isolation import isolate

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keep_trials()
    _count_days()
    _keep_effects()


def _keep_trials() -> None:
    op.create_table(
        "offer_trials",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column(
            "key",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of code, terms and days: asked again, it is the same",
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the canonical terms"),
        sa.Column("first_day", sa.Date(), nullable=False, comment="Local day of the programme"),
        sa.Column("until_day", sa.Date(), nullable=False, comment="Excluded"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, running, done, failed or stopped"),
        sa.Column("done", sa.Integer(), nullable=False, comment="Shoppers judged so far"),
        sa.Column("total", sa.Integer(), nullable=False, comment="Of so many; 0: not known yet"),
        sa.Column("answer", JSONB(), comment="As docs/backtest.md describes it; null until it is done"),
        sa.Column("error", sa.Text(), comment="Why it failed"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "heard_at", sa.DateTime(timezone=True), nullable=False, comment="When its process last said that it works"
        ),
        sa.CheckConstraint("(state = 'done') = (answer IS NOT NULL)", name=op.f("ck_offer_trials_answered")),
        sa.PrimaryKeyConstraint("operator_id", "key", name=op.f("pk_offer_trials")),
    )
    op.create_index("ix_offer_trials_code", "offer_trials", ["operator_id", "code", "asked_at"])
    isolate("offer_trials")


def _count_days() -> None:
    op.create_table(
        "offer_days",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "day",
            sa.Date(),
            nullable=False,
            comment="Local day of the programme on which the purchases were made",
        ),
        sa.Column("purchases", sa.Integer(), nullable=False, comment="That it rewards"),
        sa.Column("shoppers", sa.Integer(), nullable=False, comment="Who made them"),
        sa.Column(
            "newcomers",
            sa.Integer(),
            nullable=False,
            comment="Of these purchases, first ones of a shopper in their shop",
        ),
        sa.Column("held_out", sa.Integer(), nullable=False, comment="Purchases of shoppers who were held out of it"),
        sa.Column("net_minor", sa.BigInteger(), nullable=False, comment="What was spent, in the programme's currency"),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="What was given, in the reward's asset"),
        sa.Column("shops", JSONB(), nullable=False, comment="By id in hex: [purchases, spent, given]"),
        sa.PrimaryKeyConstraint("operator_id", "offer_id", "day", name=op.f("pk_offer_days")),
    )
    isolate("offer_days")
    op.create_table(
        "offer_days_counted",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "day", name=op.f("pk_offer_days_counted")),
    )
    isolate("offer_days_counted")


def _keep_effects() -> None:
    op.create_table(
        "offer_effects",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="Purchases made from then on"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="And before then"),
        sa.Column("arms", JSONB(), nullable=False, comment="Sums of who may receive it and of who is held out"),
        sa.PrimaryKeyConstraint("operator_id", "offer_id", name=op.f("pk_offer_effects")),
    )
    isolate("offer_effects")
