"""Matching without an identifier: settings, outlets, aliases with their lessons, decisions, what waits for a person.

Revision ID: 0006
Revises: 0005

Locks: creates tables only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPEND_ONLY = ("match_answers", "match_decisions")


def upgrade() -> None:
    op.create_table(
        "match_settings",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Purchases from then on may be matched by memory",
        ),
        sa.Column(
            "evidence_from",
            postgresql.ARRAY(sa.DateTime(timezone=True)),
            nullable=False,
            comment="Begins of the intervals of purchase time in which evidence decides",
        ),
        sa.Column(
            "evidence_until",
            postgresql.ARRAY(sa.DateTime(timezone=True)),
            nullable=False,
            comment="Their ends; null: still",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("fk_match_settings_operator_id")),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_match_settings")),
    )
    op.create_table(
        "outlets",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False, comment="Of a shop of the programme: its code"),
        sa.Column(
            "member", sa.Boolean(), nullable=False, comment="False: outside the programme; it competes and never earns"
        ),
        sa.Column(
            "entry",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Names, place, trade: what evidence is held against",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_outlets")),
    )
    op.create_table(
        "outlet_brands",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "entry",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Aliases, and whether the list of outlets is complete",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "name", name=op.f("pk_outlet_brands")),
    )
    op.create_table(
        "merchant_aliases",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False, comment="Of the identifier; text: a feed without identifiers"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="When only one text under it is meant, else empty"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=True, comment="Null: leads to no single shop"),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True, comment="Half-open; null: still"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepts", sa.Integer(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column(
            "cores",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Names under which it was seen while it was learned",
        ),
        sa.Column("towns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="Believed from then on"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="Until then; null: believed"),
        sa.CheckConstraint(
            "state IN ('candidate', 'probation', 'confirmed', 'suspended', 'shared', 'not_ours')",
            name=op.f("ck_merchant_aliases_state"),
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_from < valid_until", name=op.f("ck_merchant_aliases_validity")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "shop_id"],
            ["shops.operator_id", "shops.id"],
            name=op.f("fk_merchant_aliases_operator_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_merchant_aliases")),
    )
    op.create_index(
        "ix_merchant_aliases_believed",
        "merchant_aliases",
        ["operator_id", "network", "scheme", "value", "fingerprint", "valid_from"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "match_answers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, comment="confirmed, not_ours, shared, skip"),
        sa.Column("shop_id", sa.Uuid(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="The first purchase that it settles"),
        sa.Column(
            "probability_ppm",
            sa.Integer(),
            nullable=True,
            comment="What evidence gave the shop then, in millionths; null: not asked",
        ),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purchases", sa.Integer(), nullable=False, comment="How many waited"),
        sa.Column(
            "waiting_minor", sa.BigInteger(), nullable=False, comment="For how much, in the programme's currency"
        ),
        sa.CheckConstraint("(verdict = 'confirmed') = (shop_id IS NOT NULL)", name=op.f("ck_match_answers_shop")),
        sa.ForeignKeyConstraint(
            ["operator_id", "shop_id"],
            ["shops.operator_id", "shops.id"],
            name=op.f("fk_match_answers_operator_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_match_answers")),
    )
    op.create_index(
        "ix_match_answers_key", "match_answers", ["operator_id", "network", "scheme", "value"], unique=False
    )
    op.create_table(
        "match_lessons",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.Boolean(), nullable=False, comment="Something else is to be believed of it"),
        sa.PrimaryKeyConstraint(
            "operator_id", "network", "scheme", "value", "fingerprint", name=op.f("pk_match_lessons")
        ),
    )
    op.create_table(
        "match_decisions",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("purchase_ref", sa.Text(), nullable=False),
        sa.Column(
            "sighting", sa.LargeBinary(), nullable=False, comment="First 16 bytes of the SHA-256 of what was looked at"
        ),
        sa.Column(
            "catalogue",
            sa.LargeBinary(),
            nullable=False,
            comment="Of the outlets and the model that it was held against",
        ),
        sa.Column(
            "names",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Identifiers under which it was told, scheme:value",
        ),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("purchased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column(
            "shop", sa.Text(), nullable=True, comment="Code of the best shop of the programme, whatever was decided"
        ),
        sa.Column("probability_ppm", sa.Integer(), nullable=False, comment="That it was there, in millionths"),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column(
            "record",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The whole outcome: candidates, evidence, thresholds, model",
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("probability_ppm BETWEEN 0 AND 1000000", name=op.f("ck_match_decisions_probability")),
        sa.PrimaryKeyConstraint(
            "shopper_id", "network", "purchase_ref", "sighting", "catalogue", name=op.f("pk_match_decisions")
        ),
    )
    op.create_index("ix_match_decisions_names", "match_decisions", ["names"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_match_decisions_text", "match_decisions", ["operator_id", "network", "fingerprint"], unique=False
    )
    op.create_table(
        "purchase_matches",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("purchase_ref", sa.Text(), nullable=False),
        sa.Column("undecided", sa.Boolean(), nullable=False, comment="What is told of its place was not looked at yet"),
        sa.Column("decision", sa.Text(), nullable=False, comment="accept, review, reject"),
        sa.Column("basis", sa.Text(), nullable=False, comment="memo, review, evidence, nothing"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("against", postgresql.ARRAY(sa.Text()), nullable=False, comment="What contradicted the alias"),
        sa.Column(
            "probability_ppm", sa.Integer(), nullable=True, comment="By evidence, in millionths; null: not asked"
        ),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column(
            "scheme",
            sa.Text(),
            nullable=True,
            comment="With value and text: what a person is asked of; null: nothing can be learned",
        ),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column(
            "text",
            sa.Text(),
            nullable=False,
            comment="Fingerprint, when only that text under the identifier is asked of",
        ),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shopper_id", "network", "purchase_ref", name=op.f("pk_purchase_matches")),
    )
    op.create_index(
        "ix_purchase_matches_review",
        "purchase_matches",
        ["operator_id", "network", "scheme", "value"],
        unique=False,
        postgresql_where=sa.text("decision = 'review'"),
    )
    op.create_index(
        "ix_purchase_matches_text", "purchase_matches", ["operator_id", "network", "fingerprint"], unique=False
    )
    op.create_index(
        "ix_purchase_matches_undecided",
        "purchase_matches",
        ["operator_id"],
        unique=False,
        postgresql_where=sa.text("undecided"),
    )
    for table in (
        "match_settings",
        "outlets",
        "outlet_brands",
        "merchant_aliases",
        "match_lessons",
        "purchase_matches",
    ):
        isolate(table)
    for table in APPEND_ONLY:
        isolate(table, rights="SELECT, INSERT")
        refuse_changes(table)
