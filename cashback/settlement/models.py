"""Settlements with their lines, invoices and files, all append-only; which transfers each holds; who the seller is."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

sellers = table(
    "sellers",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("facts", JSONB, nullable=False, comment="What the law wants on an invoice: name, address, numbers, account"),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id"),
)

settlements = table(
    "settlements",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("account", Text, nullable=False, comment="The funder's, in the ledger"),
    Column("period", Text, nullable=False, comment="As it was asked for: 2026-11"),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False, comment="Half-open: what was posted before it"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("opening_minor", BigInteger, nullable=False, comment="Owed before; below zero: left of what was paid in"),
    Column("rewards_minor", BigInteger, nullable=False),
    Column("commission_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("units_minor", BigInteger, nullable=False, comment="The part of the rewards that is the value of units"),
    Column("payments_minor", BigInteger, nullable=False, comment="Below zero: paid in"),
    Column("moved_minor", BigInteger, nullable=False, comment="Between funders"),
    Column("closing_minor", BigInteger, nullable=False),
    Column("buyer", JSONB, nullable=False, comment="As it is named on the document"),
    Column("seller", JSONB, comment="Null: nothing was invoiced and nobody had said who invoices"),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("issued_by", Text, nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "account", "until"),
    CheckConstraint("since < until", name="period"),
    CheckConstraint(
        "closing_minor = opening_minor + rewards_minor + commission_minor + vat_minor + payments_minor + moved_minor",
        name="closing",
    ),
)

settlement_lines = table(
    "settlement_lines",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("settlement_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asset", Text, nullable=False, comment="Empty: reckoned, not moved"),
    Column("units", BigInteger, nullable=False),
    Column("value_minor", BigInteger, nullable=False),
    Column("valued", Boolean, nullable=False, comment="False: counted without value"),
    Column("transfers", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False, comment="Of these, posted before the period"),
    Column("offer_id", Uuid),
    Column("offer", Text, comment="What it was called then"),
    Column("shop_id", Uuid),
    Column("shop", Text),
    Column("rate_bps", Integer, nullable=False),
    Column("vat_bps", Integer, nullable=False),
    Column("base_minor", BigInteger, nullable=False),
    Column("origin", Uuid, comment="The earlier settlement that is corrected"),
    Column("origin_name", Text, comment="Its period"),
    PrimaryKeyConstraint("operator_id", "settlement_id", "number"),
    ForeignKeyConstraint(["operator_id", "settlement_id"], ["settlements.operator_id", "settlements.id"]),
    Index("ix_settlement_lines_origin", "operator_id", "origin"),
)

settled_transfers = table(
    "settled_transfers",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("key", Text, nullable=False, comment="Of the transfer"),
    Column("side", Text, nullable=False, comment="debit or credit: two funders may stand at the ends of one transfer"),
    Column("settlement_id", Uuid, nullable=False),
    PrimaryKeyConstraint("shopper_id", "key", "side"),
    CheckConstraint("side IN ('debit', 'credit')", name="side"),
    Index("ix_settled_transfers_settlement", "settlement_id", postgresql_using="brin"),
)

invoices = table(
    "invoices",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("settlement_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False, comment="Of the day it was issued on, in the programme's zone"),
    Column("sequence", Integer, nullable=False, comment="1, 2, 3 … of its year and kind, without gaps"),
    Column("number", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, comment="Null: nothing remains to be paid"),
    Column("net_minor", BigInteger, nullable=False),
    Column("vat_minor", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    Column("paid_minor", BigInteger, nullable=False, comment="Taken from what a prepaid funder had paid in"),
    Column("corrects", JSONB, nullable=False, comment="Numbers and dates of earlier invoices"),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "settlement_id"),
    UniqueConstraint("operator_id", "kind", "year", "sequence", name="uq_invoices_sequence"),
    ForeignKeyConstraint(["operator_id", "settlement_id"], ["settlements.operator_id", "settlements.id"]),
    CheckConstraint("kind IN ('invoice', 'credit_note') AND sequence > 0", name="number"),
    CheckConstraint(
        "gross_minor = net_minor + vat_minor AND paid_minor BETWEEN 0 AND greatest(gross_minor, 0)", name="amounts"
    ),
)

invoice_counters = table(
    "invoice_counters",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False, comment="The last number that was given"),
    Column("last_on", Date, nullable=False, comment="The day on which it was: numbers and days rise together"),
    PrimaryKeyConstraint("operator_id", "kind", "year"),
)

settlement_files = table(
    "settlement_files",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("settlement_id", Uuid, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="The PDF as it was first made, and as it stays"),
    Column("digest", LargeBinary, nullable=False, comment="Its SHA-256"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "settlement_id"),
    ForeignKeyConstraint(["operator_id", "settlement_id"], ["settlements.operator_id", "settlements.id"]),
)
