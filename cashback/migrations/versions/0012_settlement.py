"""Settlements: statements of funders with their lines, invoices and files, and which transfers each holds.

Revision ID: 0012
Revises: 0011

Locks: creates eight tables; no table that is in use is locked.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("settlements", "settlement_lines", "settled_transfers", "invoices", "settlement_files")


def upgrade() -> None:
    op.create_table(
        "sellers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(),
            nullable=False,
            comment="What the law wants on an invoice: name, address, numbers, account",
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_sellers")),
    )
    op.create_table(
        "settlements",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False, comment="The funder's, in the ledger"),
        sa.Column("period", sa.Text(), nullable=False, comment="As it was asked for: 2026-11"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="Half-open: what was posted before it"),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "opening_minor",
            sa.BigInteger(),
            nullable=False,
            comment="Owed before; below zero: left of what was paid in",
        ),
        sa.Column("rewards_minor", sa.BigInteger(), nullable=False),
        sa.Column("commission_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "units_minor", sa.BigInteger(), nullable=False, comment="The part of the rewards that is the value of units"
        ),
        sa.Column("payments_minor", sa.BigInteger(), nullable=False, comment="Below zero: paid in"),
        sa.Column("moved_minor", sa.BigInteger(), nullable=False, comment="Between funders"),
        sa.Column("closing_minor", sa.BigInteger(), nullable=False),
        sa.Column("buyer", postgresql.JSONB(), nullable=False, comment="As it is named on the document"),
        sa.Column("seller", postgresql.JSONB(), comment="Null: nothing was invoiced and nobody had said who invoices"),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_settlements")),
        sa.UniqueConstraint("operator_id", "account", "until", name=op.f("uq_settlements_operator_id_account_until")),
        sa.CheckConstraint("since < until", name=op.f("ck_settlements_period")),
        sa.CheckConstraint(
            "closing_minor = opening_minor + rewards_minor + commission_minor + vat_minor + payments_minor "
            "+ moved_minor",
            name=op.f("ck_settlements_closing"),
        ),
    )
    op.create_table(
        "settlement_lines",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False, comment="Empty: reckoned, not moved"),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("valued", sa.Boolean(), nullable=False, comment="False: counted without value"),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False, comment="Of these, posted before the period"),
        sa.Column("offer_id", sa.Uuid()),
        sa.Column("offer", sa.Text(), comment="What it was called then"),
        sa.Column("shop_id", sa.Uuid()),
        sa.Column("shop", sa.Text()),
        sa.Column("rate_bps", sa.Integer(), nullable=False),
        sa.Column("vat_bps", sa.Integer(), nullable=False),
        sa.Column("base_minor", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Uuid(), comment="The earlier settlement that is corrected"),
        sa.Column("origin_name", sa.Text(), comment="Its period"),
        sa.PrimaryKeyConstraint("operator_id", "settlement_id", "number", name=op.f("pk_settlement_lines")),
        sa.ForeignKeyConstraint(
            ["operator_id", "settlement_id"],
            ["settlements.operator_id", "settlements.id"],
            name=op.f("fk_settlement_lines_operator_id_settlement_id"),
        ),
    )
    op.create_index("ix_settlement_lines_origin", "settlement_lines", ["operator_id", "origin"])
    op.create_table(
        "settled_transfers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Of the transfer"),
        sa.Column(
            "side",
            sa.Text(),
            nullable=False,
            comment="debit or credit: two funders may stand at the ends of one transfer",
        ),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("shopper_id", "key", "side", name=op.f("pk_settled_transfers")),
        sa.CheckConstraint("side IN ('debit', 'credit')", name=op.f("ck_settled_transfers_side")),
    )
    op.create_index("ix_settled_transfers_settlement", "settled_transfers", ["settlement_id"], postgresql_using="brin")
    op.create_table(
        "invoices",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False, comment="Of the day it was issued on, in the programme's zone"),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="1, 2, 3 … of its year and kind, without gaps"),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), comment="Null: nothing remains to be paid"),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "paid_minor", sa.BigInteger(), nullable=False, comment="Taken from what a prepaid funder had paid in"
        ),
        sa.Column("corrects", postgresql.JSONB(), nullable=False, comment="Numbers and dates of earlier invoices"),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("operator_id", "settlement_id", name=op.f("uq_invoices_operator_id_settlement_id")),
        sa.UniqueConstraint("operator_id", "kind", "year", "sequence", name=op.f("uq_invoices_sequence")),
        sa.ForeignKeyConstraint(
            ["operator_id", "settlement_id"],
            ["settlements.operator_id", "settlements.id"],
            name=op.f("fk_invoices_operator_id_settlement_id"),
        ),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note') AND sequence > 0", name=op.f("ck_invoices_number")),
        sa.CheckConstraint(
            "gross_minor = net_minor + vat_minor AND paid_minor BETWEEN 0 AND greatest(gross_minor, 0)",
            name=op.f("ck_invoices_amounts"),
        ),
    )
    op.create_table(
        "invoice_counters",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False, comment="The last number that was given"),
        sa.Column(
            "last_on", sa.Date(), nullable=False, comment="The day on which it was: numbers and days rise together"
        ),
        sa.PrimaryKeyConstraint("operator_id", "kind", "year", name=op.f("pk_invoice_counters")),
    )
    op.create_table(
        "settlement_files",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="The PDF as it was first made, and as it stays"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="Its SHA-256"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "settlement_id", name=op.f("pk_settlement_files")),
        sa.ForeignKeyConstraint(
            ["operator_id", "settlement_id"],
            ["settlements.operator_id", "settlements.id"],
            name=op.f("fk_settlement_files_operator_id_settlement_id"),
        ),
    )
    for name in APPEND_ONLY:
        isolate(name, rights="SELECT, INSERT")
        refuse_changes(name)
    isolate("sellers")
    isolate("invoice_counters")
