"""Money in and out: funders and their pauses, notices to shoppers, adjustments, what is in transit and what expired.

Revision ID: 0008
Revises: 0007

Locks: creates five tables; adding columns with a constant default is instant; the check of balances reads the table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "adjustments",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="The idempotency key it came with"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of all that was told with that key"),
        sa.Column("kind", sa.Text(), nullable=False, comment="goodwill, write_off or correction"),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="Signed: what the available balance gains"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Code of why"),
        sa.Column("words", sa.Text(), nullable=False, comment="In the words of the person who asked"),
        sa.Column("purchase_id", sa.Uuid(), comment="The purchase that it is about"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, posted or refused"),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.Text(), comment="In the words of the person who decided"),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_adjustments_decided")),
        sa.CheckConstraint("kind IN ('goodwill', 'write_off', 'correction')", name=op.f("ck_adjustments_kind")),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_adjustments_amount")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_adjustments")),
        sa.UniqueConstraint("shopper_id", "key", name=op.f("uq_adjustments_shopper_id_key")),
    )
    op.create_index("ix_adjustments_id", "adjustments", ["operator_id", "id"])
    op.create_index(
        "ix_adjustments_waiting",
        "adjustments",
        ["operator_id", "asked_at", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "adjustment_limits",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False, comment="support or money: what the person may do"),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column(
            "alone_max",
            sa.BigInteger(),
            nullable=False,
            comment="In 24 hours, both ways added up; above it two decide",
        ),
        sa.CheckConstraint("alone_max >= 0", name=op.f("ck_adjustment_limits_alone_max")),
        sa.PrimaryKeyConstraint("operator_id", "scope", "asset", name=op.f("pk_adjustment_limits")),
    )
    op.create_table(
        "funders",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column(
            "account",
            sa.Text(),
            nullable=False,
            comment="Of the ledger: funder:operator, funder:shop:…, funder:brand:…",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="As it stands on an invoice"),
        sa.Column(
            "mode",
            sa.Text(),
            nullable=False,
            comment="prepaid: rewards draw on what it paid in; postpaid: it is invoiced",
        ),
        sa.Column("language", sa.Text(), server_default=sa.text("'fr'"), nullable=False),
        sa.Column(
            "address",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Lines, the country left out",
        ),
        sa.Column("country", sa.Text(), server_default=sa.text("'FR'"), nullable=False),
        sa.Column("registration", sa.Text(), comment="Where it is registered: a SIREN in France"),
        sa.Column("vat_number", sa.Text()),
        sa.Column(
            "vat_bps",
            sa.Integer(),
            server_default=sa.text("2000"),
            nullable=False,
            comment="On the operator's commission",
        ),
        sa.Column(
            "payment_days",
            sa.Integer(),
            server_default=sa.text("30"),
            nullable=False,
            comment="From an invoice until it is due",
        ),
        sa.Column(
            "alert_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Of what was paid in: warn below",
        ),
        sa.Column("low_since", sa.DateTime(timezone=True), comment="Since when less than that is left"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('en', 'fr')", name=op.f("ck_funders_language")),
        sa.CheckConstraint("mode IN ('prepaid', 'postpaid')", name=op.f("ck_funders_mode")),
        sa.CheckConstraint(
            "vat_bps BETWEEN 0 AND 10000 AND payment_days BETWEEN 0 AND 365 AND alert_minor >= 0",
            name=op.f("ck_funders_figures"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "account", name=op.f("pk_funders")),
    )
    op.create_table(
        "funding_pauses",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("funder", sa.Text(), nullable=False, comment="As terms lead to it: operator, shop:…, brand:…"),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=False, comment="Purchases made from then on promise nothing"
        ),
        sa.Column("until", sa.DateTime(timezone=True), comment="Excluded; null: still"),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="empty: what it paid in is used up; or in the words of a person"
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("until IS NULL OR since < until", name=op.f("ck_funding_pauses_interval")),
        sa.PrimaryKeyConstraint("operator_id", "funder", "since", name=op.f("pk_funding_pauses")),
    )
    op.create_index(
        "uq_funding_pauses_open",
        "funding_pauses",
        ["operator_id", "funder"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "notices",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="What it is about: the same is told once"),
        sa.Column("kind", sa.Text(), nullable=False, comment="Names the sentence"),
        sa.Column(
            "params",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The figures of the sentence; nothing personal",
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("shopper_id", "key", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_told", "notices", ["shopper_id", "told_at"])
    op.add_column("balances", sa.Column("in_transit", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("balances", sa.Column("expired", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "rewards",
        sa.Column(
            "funders",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="Who pays, in shares of 10000: [[name, share], …]; null: the operator alone",
        ),
    )
    op.alter_column(
        "transfers", "shopper_id", comment="Or the operator's own id: what concerns no shopper", existing_nullable=False
    )
    op.drop_constraint(op.f("ck_balances_floors"), "balances", type_="check")
    op.create_check_constraint(
        op.f("ck_balances_floors"),
        "balances",
        "pending >= 0 AND converted >= 0 AND paid >= 0 AND in_transit >= 0 AND expired >= 0",
    )
    for table in ("adjustments", "adjustment_limits", "funders", "funding_pauses", "notices"):
        isolate(table)
