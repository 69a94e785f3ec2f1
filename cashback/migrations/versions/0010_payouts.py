"""Payouts: accounts, every payout with its moves and approvals, what rails tell, files, daily limits, gift cards.

Revision ID: 0010
Revises: 0009

Locks: creates nine tables; no table that is in use is locked.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPEND_ONLY = ("payout_moves", "payout_approvals")
TABLES = (
    "payout_rails",
    "payout_accounts",
    "payouts",
    "payout_news",
    "payout_batches",
    "payout_days",
    "gift_codes",
)


def upgrade() -> None:
    op.create_table(
        "gift_codes",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="Keyed; a code is in stock once"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="The code, sealed for this row"),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("face", sa.BigInteger(), nullable=False, comment="Minor units"),
        sa.Column("expires_on", sa.Date(), comment="The last day on which it can be used; null: none"),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payout_id", sa.Uuid(), comment="To whom it was given; null: in stock"),
        sa.Column("given_at", sa.DateTime(timezone=True)),
        sa.Column("revealed_at", sa.DateTime(timezone=True), comment="When its shopper first saw it"),
        sa.CheckConstraint("(payout_id IS NULL) = (given_at IS NULL)", name=op.f("ck_gift_codes_given")),
        sa.CheckConstraint("face > 0", name=op.f("ck_gift_codes_face")),
        sa.CheckConstraint("revealed_at IS NULL OR given_at IS NOT NULL", name=op.f("ck_gift_codes_revealed")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_gift_codes")),
        sa.UniqueConstraint("operator_id", "fingerprint", name=op.f("uq_gift_codes_operator_id_fingerprint")),
    )
    op.create_index(
        "ix_gift_codes_stock",
        "gift_codes",
        ["operator_id", "asset", "face", "expires_on"],
        postgresql_where=sa.text("payout_id IS NULL"),
    )
    op.create_index(
        "uq_gift_codes_payout",
        "gift_codes",
        ["operator_id", "payout_id"],
        unique=True,
        postgresql_where=sa.text("payout_id IS NOT NULL"),
    )
    op.create_table(
        "payout_accounts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="IBAN and holder, or the rail's id; sealed for this row"
        ),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="Keyed; the same account has the same"),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("usable_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("length(last_four) <= 4", name=op.f("ck_payout_accounts_last_four")),
        sa.CheckConstraint("usable_at >= added_at", name=op.f("ck_payout_accounts_cooling")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_payout_accounts")),
    )
    op.create_index(
        "uq_payout_accounts_once",
        "payout_accounts",
        ["shopper_id", "rail", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "payout_approvals",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, comment="yes or no"),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('yes', 'no')", name=op.f("ck_payout_approvals_verdict")),
        sa.PrimaryKeyConstraint("shopper_id", "payout_id", "approver", name=op.f("pk_payout_approvals")),
    )
    op.create_table(
        "payout_batches",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="open: collects; closed: complete; written: its file was made"
        ),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("execution_on", sa.Date(), nullable=False),
        sa.Column(
            "debtor", sa.LargeBinary(), nullable=False, comment="Who pays, as of its making; sealed for this row"
        ),
        sa.Column("payments", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="Minor units"),
        sa.Column("digest", sa.LargeBinary(), comment="SHA-256 of the file; null: not written"),
        sa.CheckConstraint("(state = 'written') = (digest IS NOT NULL)", name=op.f("ck_payout_batches_digest")),
        sa.CheckConstraint("state IN ('open', 'closed', 'written')", name=op.f("ck_payout_batches_state")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_payout_batches")),
    )
    op.create_index(
        "uq_payout_batches_unfinished",
        "payout_batches",
        ["operator_id", "rail"],
        unique=True,
        postgresql_where=sa.text("state <> 'written'"),
    )
    op.create_table(
        "payout_days",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="In the programme's zone"),
        sa.Column("taken", sa.BigInteger(), nullable=False, comment="Minor units approved on that day"),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_payout_days_taken")),
        sa.PrimaryKeyConstraint("operator_id", "asset", "day", name=op.f("pk_payout_days")),
    )
    op.create_table(
        "payout_moves",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), comment="Null: it was asked for"),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shopper_id", "payout_id", "number", name=op.f("pk_payout_moves")),
    )
    op.create_table(
        "payout_news",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="Names the message that told it"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="taken, paid or failed"),
        sa.Column("reason", sa.Text()),
        sa.Column("rail_ref", sa.Text()),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), comment="Null: the worker has not looked at it yet"),
        sa.CheckConstraint("outcome IN ('taken', 'paid', 'failed')", name=op.f("ck_payout_news_outcome")),
        sa.PrimaryKeyConstraint("operator_id", "payout_id", "source", name=op.f("pk_payout_news")),
    )
    op.create_index(
        "ix_payout_news_waiting",
        "payout_news",
        ["operator_id", "read_at"],
        postgresql_where=sa.text("applied_at IS NULL"),
    )
    op.create_table(
        "payout_rails",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="What the operator pays with, sealed for this row"
        ),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "rail", name=op.f("pk_payout_rails")),
    )
    op.create_table(
        "payouts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="The idempotency key it was asked for with"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of all that was asked with that key"),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), comment="Null: the rail needs none"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), comment="Code of why it stands there"),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the worker looks at it; null: never by itself",
        ),
        sa.Column(
            "attempt", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How often it was sent"
        ),
        sa.Column("first_sent_at", sa.DateTime(timezone=True)),
        sa.Column("rail_ref", sa.Text(), comment="The rail's own id of it"),
        sa.Column("batch_id", sa.Uuid(), comment="The file that carries it"),
        sa.Column("counted_on", sa.Date(), comment="The day against whose caps it counts"),
        sa.Column("moves", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'held', 'waiting_approval', 'approved', 'sending', "
            "'unknown', 'sent', 'recalling', 'paid', 'failed', 'returned', 'cancelled', 'stopped')",
            name=op.f("ck_payouts_state"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payouts_amount")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_payouts")),
        sa.UniqueConstraint("shopper_id", "key", name=op.f("uq_payouts_shopper_id_key")),
    )
    op.create_index(
        "ix_payouts_batch",
        "payouts",
        ["operator_id", "batch_id", "id"],
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "ix_payouts_due",
        "payouts",
        ["operator_id", "next_at"],
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_payouts_id", "payouts", ["operator_id", "id"], unique=False)
    op.create_index("ix_payouts_state", "payouts", ["operator_id", "state", "requested_at", "id"], unique=False)
    for table in TABLES:
        isolate(table)
    for table in APPEND_ONLY:
        isolate(table, rights="SELECT, INSERT")
        refuse_changes(table)
