"""Decisions on instalments: log and records, whose they are, what was declared and answered, rules in force, reviews.

Revision ID: 0016
Revises: 0015

Locks: creates thirteen tables; no table that is in use is locked.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

APPEND_ONLY = ("decision_log", "decision_forgettings", "credit_tables", "refund_percentiles")
TABLES = (
    "card_facts",
    "credit_rules",
    "decision_records",
    "decision_reviews",
    "decision_subjects",
    "decisions",
    "declared_means",
    "ficp_consultations",
    "lost_disputes",
)


def upgrade() -> None:
    _create_records()
    _create_decisions()
    _create_inputs()
    _create_rules()
    _create_reviews()
    for table in APPEND_ONLY:
        isolate(table, rights="SELECT, INSERT")
        refuse_changes(table)
    for table in TABLES:
        isolate(table)
    _keep_records_as_they_are()


def _keep_records_as_they_are() -> None:
    """A record may be destroyed when its time is over, which the audit compares with the log, and never be changed."""
    op.execute(
        """CREATE FUNCTION refuse_change_of_decision_records() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'decision_records are written once: decide again, never change a record';
        END $$"""
    )
    op.execute(
        """CREATE TRIGGER written_once BEFORE UPDATE ON decision_records
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_decision_records()"""
    )


def _create_records() -> None:
    op.create_table(
        "decision_log",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the record"),
        sa.Column("automated", sa.Boolean(), nullable=False, comment="False: decided by people on review"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "place",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint + place_offset()"),
            nullable=False,
            comment="Number of the transaction that wrote it",
        ),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_decision_log_digest")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_decision_log")),
    )
    op.create_index("ix_decision_log_place", "decision_log", ["operator_id", "place"])
    op.create_table(
        "decision_records",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "pseudonym", sa.Uuid(), nullable=False, comment="Stands for the shopper; who it is, is kept elsewhere"
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False, comment="Canonical bytes: what replay gives again"),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_decision_records")),
    )
    op.create_index("ix_decision_records_decided_at", "decision_records", ["operator_id", "decided_at", "id"])
    op.create_table(
        "decision_forgettings",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Records of decisions before this were destroyed",
        ),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_decision_forgettings")),
    )


def _create_decisions() -> None:
    op.create_table(
        "decision_subjects",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column(
            "pseudonym", sa.Uuid(), nullable=False, comment="What records call the shopper; erasure drops this row"
        ),
        sa.PrimaryKeyConstraint("shopper_id", name=op.f("pk_decision_subjects")),
    )
    op.create_index("ix_decision_subjects_pseudonym", "decision_subjects", ["operator_id", "pseudonym"])
    op.create_table(
        "decisions",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="The idempotency key it came with"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of all that was asked with that key"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=False, comment="Until when its quotes may be accepted"
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column(
            "purchase_id", sa.Uuid(), comment="The purchase that is to be split; null: asked for at the checkout"
        ),
        sa.Column("card_id", sa.Uuid(), nullable=False, comment="The card that would be charged"),
        sa.Column(
            "discovery", sa.Boolean(), nullable=False, comment="No plan was named: only what is open is answered"
        ),
        sa.Column("score", sa.Integer(), comment="Null: not enough history"),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("pauses", sa.Boolean(), nullable=False, comment="A refusal after which the policy asks for a pause"),
        sa.Column(
            "earlier_id", sa.Uuid(), comment="The decision that this one, made on review or at acceptance, follows"
        ),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("used_key", sa.Text(), comment="The idempotency key of the acceptance"),
        sa.Column("used_plan", sa.Text(), comment="Which of its plans was accepted"),
        sa.Column("plan_id", sa.Uuid(), comment="The plan that was opened"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_decisions_amount")),
        sa.CheckConstraint(
            "num_nonnulls(used_at, used_key, used_plan, plan_id) IN (0, 4)", name=op.f("ck_decisions_used")
        ),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("shopper_id", "key", name=op.f("uq_decisions_shopper_id_key")),
    )
    op.create_index("ix_decisions_id", "decisions", ["operator_id", "id"])
    op.create_index("ix_decisions_time", "decisions", ["shopper_id", "decided_at"])


def _create_inputs() -> None:
    op.create_table(
        "card_facts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False, comment="Its last day"),
        sa.Column(
            "strong_authentication", sa.Boolean(), nullable=False, comment="Its bank can ask the shopper to confirm"
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="Who told it"),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shopper_id", "card_id", name=op.f("pk_card_facts")),
    )
    op.create_table(
        "lost_disputes",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="Who told it"),
        sa.PrimaryKeyConstraint("shopper_id", "purchase_id", name=op.f("pk_lost_disputes")),
    )
    op.create_table(
        "declared_means",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=False),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="Age of majority, country, income, expenses; for this row",
        ),
        sa.PrimaryKeyConstraint("shopper_id", "declared_at", name=op.f("pk_declared_means")),
    )
    op.create_table(
        "ficp_consultations",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column(
            "id", sa.Uuid(), nullable=False, comment="What the lender is called with: the same id, the same answer"
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), comment="clear, listed, unavailable; null: not answered yet"),
        sa.Column("consulted_at", sa.DateTime(timezone=True)),
        sa.Column("proof", sa.Text(), comment="The lender's reference of it"),
        sa.CheckConstraint("(status IS NULL) = (consulted_at IS NULL)", name=op.f("ck_ficp_consultations_answered")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_ficp_consultations")),
    )
    op.create_table(
        "refund_percentiles",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "share_bps", sa.Integer(), nullable=False, comment="95 of 100 shoppers give back no more of their purchases"
        ),
        sa.Column("shoppers", sa.BigInteger(), nullable=False, comment="Of how many it was computed"),
        sa.PrimaryKeyConstraint("operator_id", "computed_at", name=op.f("pk_refund_percentiles")),
    )


def _create_rules() -> None:
    op.create_table(
        "credit_tables",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="card, policy, usury, conduct"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the canonical bytes, hexadecimal"),
        sa.Column("name", sa.Text(), nullable=False, comment="The id that stands in it"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="Canonical bytes"),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "kind", "digest", name=op.f("pk_credit_tables")),
        sa.UniqueConstraint("operator_id", "kind", "name", name=op.f("uq_credit_tables_operator_id_kind_name")),
    )
    op.create_table(
        "credit_rules",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False, comment="card, policy, usury, conduct, challenger"),
        sa.Column("digest", sa.Text(), comment="Of the table; null: none, which only a challenger can be"),
        sa.Column("live_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_until", sa.DateTime(timezone=True), comment="Half-open; null: until another follows"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting: for a second person; live; refused"),
        sa.Column("widens", sa.Text(), nullable=False, comment="What of it widens credit; empty: nothing"),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_credit_rules_decided")),
        sa.CheckConstraint("digest IS NOT NULL OR role = 'challenger'", name=op.f("ck_credit_rules_digest")),
        sa.CheckConstraint("state IN ('waiting', 'live', 'refused')", name=op.f("ck_credit_rules_state")),
        sa.CheckConstraint("live_until IS NULL OR live_from <= live_until", name=op.f("ck_credit_rules_interval")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_credit_rules")),
    )
    op.create_index("ix_credit_rules_role", "credit_rules", ["operator_id", "role", "live_from"])


def _create_reviews() -> None:
    op.create_table(
        "decision_reviews",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="open, waiting for a second person, upheld, overturned"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="The shopper's own words; sealed for this row"),
        sa.Column("plan", sa.Text(), comment="The plan that is overturned"),
        sa.Column("assigned_to", sa.Text()),
        sa.Column("reason", sa.Text(), comment="Code of why it was answered so"),
        sa.Column("words", sa.Text(), comment="What was checked, in the words of the person who answered"),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("second_by", sa.Text(), comment="Who agreed to an overturn above the amount"),
        sa.Column("second_words", sa.Text()),
        sa.Column("new_decision_id", sa.Uuid(), comment="The decision made by people, whose quote may be accepted"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name=op.f("ck_decision_reviews_answered")),
        sa.CheckConstraint(
            "(state = 'overturned') = (new_decision_id IS NOT NULL)", name=op.f("ck_decision_reviews_overturned")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'waiting', 'upheld', 'overturned')", name=op.f("ck_decision_reviews_state")
        ),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_decision_reviews")),
        sa.UniqueConstraint("shopper_id", "decision_id", name=op.f("uq_decision_reviews_shopper_id_decision_id")),
    )
    op.create_index("ix_decision_reviews_id", "decision_reviews", ["operator_id", "id"])
    op.create_index(
        "ix_decision_reviews_open",
        "decision_reviews",
        ["operator_id", "due_at", "id"],
        postgresql_where=sa.text("state IN ('open', 'waiting')"),
    )
