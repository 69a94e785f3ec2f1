"""Plans paid in instalments: mandates, plans, their instalments and moves, collections, money given back.

Revision ID: 0015
Revises: 0014

Locks: none but on tables that are new.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_plans()
    _create_instalments()
    _create_plan_moves()
    _create_mandates()
    _create_collections()
    _create_paybacks()
    _create_instalment_settings()
    _create_charge_rails()
    _create_charge_moves()
    _create_charge_news()
    _create_lender_contracts()
    _create_lender_calls()
    for table in ("plans", "instalments", "mandates", "collections", "paybacks", "instalment_settings"):
        isolate(table)
    for table in ("charge_rails", "charge_news", "lender_contracts", "lender_calls"):
        isolate(table)
    for table in ("plan_moves", "charge_moves"):
        isolate(table, rights="SELECT, INSERT")
        refuse_changes(table)


def _create_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="The idempotency key it was accepted with"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of all that was accepted with that key"),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column(
            "way", sa.Text(), nullable=False, comment="checkout: the shop is paid; after_purchase: a purchase is split"
        ),
        sa.Column(
            "lender", sa.Text(), nullable=False, comment="merchant: the shop itself; partner: a licensed third party"
        ),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("order_ref", sa.Text(), comment="At checkout: the provider's own name for the sale"),
        sa.Column("purchase_id", sa.Uuid(), comment="At checkout null until the sale is entered"),
        sa.Column("mandate_id", sa.Uuid(), comment="The card it is charged to; null: none agreed yet"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="Principal, the first instalment included"),
        sa.Column(
            "fee_minor", sa.BigInteger(), nullable=False, comment="What the plan costs, paid with the first instalment"
        ),
        sa.Column(
            "refunded_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Given back by the shop",
        ),
        sa.Column(
            "excess_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Collected and owed no more: goes back to the card, all of it ever",
        ),
        sa.Column(
            "returned_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Of that: given back",
        ),
        sa.Column(
            "remitted_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Passed on to who lends",
        ),
        sa.Column("terms", postgresql.JSONB(), nullable=False, comment="As quoted"),
        sa.Column("regime", sa.Text(), nullable=False, comment="The law it stands under, as of its conclusion"),
        sa.Column("taeg_bps", sa.BigInteger(), nullable=False),
        sa.Column("refund_policy", sa.Text(), nullable=False, comment="next, last or reamortise"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), comment="Code of why it stands there"),
        sa.Column("concluded_on", sa.Date(), nullable=False, comment="The anchor of its days, in the programme's zone"),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), comment="While it opens: when it is given up"),
        sa.Column(
            "funded_at",
            sa.DateTime(timezone=True),
            comment="When the partner paid what it lends; null: not, or no partner",
        ),
        sa.Column("withdraw_until", sa.Date(), comment="The last day of withdrawal; null: no such right"),
        sa.Column("withdrawn_on", sa.Date(), comment="The shopper withdrew: what was lent comes back within 30 days"),
        sa.Column("paused_until", sa.Date(), comment="Nothing falls due before"),
        sa.Column("pauses", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "shifts",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="How often a day was moved",
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("moves", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("lender IN ('merchant', 'partner')", name=op.f("ck_plans_lender")),
        sa.CheckConstraint("refund_policy IN ('next', 'last', 'reamortise')", name=op.f("ck_plans_refund_policy")),
        sa.CheckConstraint(
            "state IN ('opening', 'active', 'completed', 'withdrawn', 'refunded', 'cancelled', 'written_off')",
            name=op.f("ck_plans_state"),
        ),
        sa.CheckConstraint(
            "way = 'checkout' OR (lender = 'partner' AND purchase_id IS NOT NULL)", name=op.f("ck_plans_never_ours")
        ),
        sa.CheckConstraint("way IN ('checkout', 'after_purchase')", name=op.f("ck_plans_way")),
        sa.CheckConstraint(
            "amount_minor > 0 AND fee_minor >= 0 AND refunded_minor BETWEEN 0 AND amount_minor",
            name=op.f("ck_plans_amounts"),
        ),
        sa.CheckConstraint("returned_minor BETWEEN 0 AND excess_minor", name=op.f("ck_plans_returned")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_plans")),
        sa.UniqueConstraint("shopper_id", "decision_id", name=op.f("uq_plans_shopper_id_decision_id")),
        sa.UniqueConstraint("shopper_id", "key", name=op.f("uq_plans_shopper_id_key")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )
    op.create_index("ix_plans_id", "plans", ["operator_id", "id"], unique=False)
    op.create_index(
        "ix_plans_lapsing",
        "plans",
        ["operator_id", "lapses_at"],
        unique=False,
        postgresql_where=sa.text("lapses_at IS NOT NULL"),
    )
    op.create_index(
        "ix_plans_purchase",
        "plans",
        ["shopper_id", "purchase_id"],
        unique=False,
        postgresql_where=sa.text("purchase_id IS NOT NULL"),
    )
    op.create_index("ix_plans_state", "plans", ["operator_id", "state", "accepted_at", "id"], unique=False)


def _create_instalments() -> None:
    op.create_table(
        "instalments",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="From 1; 1 is paid with the purchase"),
        sa.Column("planned_on", sa.Date(), nullable=False, comment="As concluded"),
        sa.Column("planned_minor", sa.BigInteger(), nullable=False, comment="Principal as concluded"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="As it stands now"),
        sa.Column("principal_minor", sa.BigInteger(), nullable=False, comment="As it stands now, after refunds"),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False, comment="Of the plan, and what a delay cost"),
        sa.Column(
            "paid_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Principal and fee collected",
        ),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="open, paid, void: nothing of it is owed any more, written_off"
        ),
        sa.Column(
            "late_since",
            sa.Date(),
            nullable=True,
            comment="The first day it was late, whether it was paid since or not",
        ),
        sa.Column("paid_at", sa.DateTime(timezone=True)),
        sa.Column(
            "failures",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Refused attempts to collect",
        ),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it is next looked at; null: never by itself",
        ),
        sa.CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_instalments_paid")),
        sa.CheckConstraint("state IN ('open', 'paid', 'void', 'written_off')", name=op.f("ck_instalments_state")),
        sa.CheckConstraint("number BETWEEN 1 AND 12", name=op.f("ck_instalments_number")),
        sa.CheckConstraint(
            "principal_minor >= 0 AND fee_minor >= 0 AND paid_minor BETWEEN 0 AND principal_minor + fee_minor",
            name=op.f("ck_instalments_amounts"),
        ),
        sa.PrimaryKeyConstraint("shopper_id", "plan_id", "number", name=op.f("pk_instalments")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )
    op.create_index(
        "ix_instalments_due",
        "instalments",
        ["operator_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )


def _create_plan_moves() -> None:
    op.create_table(
        "plan_moves",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "what", sa.Text(), nullable=False, comment="opened, activated, collected, refunded, moved, paused, …"
        ),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False, comment="Amounts and days before and after"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shopper_id", "plan_id", "number", name=op.f("pk_plan_moves")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )


def _create_mandates() -> None:
    op.create_table(
        "mandates",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False, comment="stripe, sandbox"),
        sa.Column("state", sa.Text(), nullable=False, comment="asked, agreed, dead"),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="The rail's ids of customer and card; sealed for this row",
        ),
        sa.Column(
            "rail_ref",
            sa.Text(),
            nullable=True,
            comment="The rail's id of the question to the shopper; null: asked by a first payment",
        ),
        sa.Column("mark", sa.LargeBinary(), nullable=True, comment="Keyed fingerprint of the rail's id of the card"),
        sa.Column("last_four", sa.Text(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("funding", sa.Text(), nullable=True, comment="credit, debit, prepaid, unknown: as the rail tells"),
        sa.Column("expires_on", sa.Date(), nullable=True, comment="The card's last day"),
        sa.Column(
            "first_transaction",
            sa.Text(),
            nullable=True,
            comment="The network's id of the payment that was authenticated",
        ),
        sa.Column(
            "agreed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the shopper authenticated; null: not yet",
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "why", sa.Text(), nullable=True, comment="Why it is dead: a code of the rail's, refused_card, replaced"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'dead') = (ended_at IS NOT NULL)", name=op.f("ck_mandates_ended")),
        sa.CheckConstraint("state IN ('asked', 'agreed', 'dead')", name=op.f("ck_mandates_state")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_mandates")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )
    op.create_index("ix_mandates_id", "mandates", ["operator_id", "id"], unique=False)
    op.create_index(
        "ix_mandates_mark",
        "mandates",
        ["operator_id", "mark"],
        unique=False,
        postgresql_where=sa.text("mark IS NOT NULL"),
    )


def _create_collections() -> None:
    op.create_table(
        "collections",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column(
            "id", sa.Uuid(), nullable=False, comment="Names it at its rail: one charge, however often it is called"
        ),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="first, due, early, all, recovery"),
        sa.Column("parts", postgresql.JSONB(), nullable=False, comment="Amount by number of instalment"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="The rail's code of why it stands there"),
        sa.Column("rail_ref", sa.Text(), nullable=True, comment="The rail's own id of it"),
        sa.Column(
            "attempt", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How often it was called"
        ),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the worker looks at it; null: never by itself",
        ),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="While the shopper is waited for: when it is given up",
        ),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moves", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('succeeded', 'failed', 'given_up')) = (ended_at IS NOT NULL)", name=op.f("ck_collections_ended")
        ),
        sa.CheckConstraint("kind IN ('first', 'due', 'early', 'all', 'recovery')", name=op.f("ck_collections_kind")),
        sa.CheckConstraint(
            "state IN ('intended', 'calling', 'unknown', 'processing', 'needs_shopper', 'succeeded', 'failed', "
            "'given_up')",
            name=op.f("ck_collections_state"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_collections_amount")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_collections")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )
    op.create_index(
        "ix_collections_due",
        "collections",
        ["operator_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_collections_id", "collections", ["operator_id", "id"], unique=False)
    op.create_index("ix_collections_plan", "collections", ["shopper_id", "plan_id"], unique=False)
    op.create_index(
        "uq_collections_one_under_way",
        "collections",
        ["shopper_id", "plan_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_paybacks() -> None:
    op.create_table(
        "paybacks",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False, comment="The charge it is given back from"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="excess: it stood in the books; cancelled: the plan never began"
        ),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="intended, calling, unknown, processing, succeeded, failed"
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rail_ref", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moves", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "state IN ('intended', 'calling', 'unknown', 'processing', 'succeeded', 'failed')",
            name=op.f("ck_paybacks_state"),
        ),
        sa.CheckConstraint("why IN ('excess', 'cancelled')", name=op.f("ck_paybacks_why")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_paybacks_amount")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_paybacks")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )
    op.create_index(
        "ix_paybacks_due",
        "paybacks",
        ["operator_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_paybacks_id", "paybacks", ["operator_id", "id"], unique=False)
    op.create_index("ix_paybacks_plan", "paybacks", ["shopper_id", "plan_id"], unique=False)


def _create_instalment_settings() -> None:
    op.create_table(
        "instalment_settings",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_instalment_settings")),
        info={"kind": "reference", "tenant": "operator_id"},
    )


def _create_charge_rails() -> None:
    op.create_table(
        "charge_rails",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="What the operator charges with, sealed for this row"
        ),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "rail", name=op.f("pk_charge_rails")),
        info={"kind": "reference", "tenant": "operator_id"},
    )


def _create_charge_moves() -> None:
    op.create_table(
        "charge_moves",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="A collection, or a payback"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True, comment="Null: it was asked for"),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shopper_id", "subject_id", "number", name=op.f("pk_charge_moves")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )


def _create_charge_news() -> None:
    op.create_table(
        "charge_news",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="Our id of it; of a card the rail's"),
        sa.Column("source", sa.Text(), nullable=False, comment="Names the message that told it"),
        sa.Column("about", sa.Text(), nullable=False, comment="collection, payback, mandate, card, contract"),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "applied_at", sa.DateTime(timezone=True), nullable=True, comment="Null: the worker has not looked at it yet"
        ),
        sa.CheckConstraint(
            "about IN ('collection', 'payback', 'mandate', 'card', 'contract')", name=op.f("ck_charge_news_about")
        ),
        sa.PrimaryKeyConstraint("operator_id", "subject", "source", name=op.f("pk_charge_news")),
        info={"kind": "routing", "tenant": "operator_id"},
    )
    op.create_index(
        "ix_charge_news_waiting",
        "charge_news",
        ["operator_id", "read_at"],
        unique=False,
        postgresql_where=sa.text("applied_at IS NULL"),
    )


def _create_lender_contracts() -> None:
    op.create_table(
        "lender_contracts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="proposed, offered, refused, signed, funded, ended"),
        sa.Column("lender_ref", sa.Text(), nullable=True, comment="The lender's own id of it"),
        sa.Column(
            "ficp",
            sa.Text(),
            nullable=True,
            comment="The lender's answer of the file of incidents: clear, listed, unknown",
        ),
        sa.Column("ficp_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "calls", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How many were asked for"
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'offered', 'refused', 'signed', 'funded', 'ended')",
            name=op.f("ck_lender_contracts_state"),
        ),
        sa.PrimaryKeyConstraint("shopper_id", "plan_id", name=op.f("pk_lender_contracts")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )
    op.create_index("ix_lender_contracts_plan", "lender_contracts", ["operator_id", "plan_id"], unique=False)


def _create_lender_calls() -> None:
    op.create_table(
        "lender_calls",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="They are made in this order"),
        sa.Column("what", sa.Text(), nullable=False, comment="propose, sign, fund, report, refund, withdraw, look"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True, comment="Where an amount is told"),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="intended, calling, done, refused"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'refused')) = (ended_at IS NOT NULL)", name=op.f("ck_lender_calls_ended")
        ),
        sa.CheckConstraint("state IN ('intended', 'calling', 'done', 'refused')", name=op.f("ck_lender_calls_state")),
        sa.PrimaryKeyConstraint("shopper_id", "plan_id", "number", name=op.f("pk_lender_calls")),
        info={"kind": "shopper", "tenant": "operator_id"},
    )
    op.create_index(
        "ix_lender_calls_due",
        "lender_calls",
        ["operator_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
