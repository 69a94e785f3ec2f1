"""The road: every table, row-level security on each, and the rights of the app role.

Revision ID: 0001
Revises:

Locks: creates only; nothing that exists is touched.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("transfers", "statements", "audit_log", "inbox_messages", "inbox_conflicts")
"""The app role may read and insert; a trigger refuses everybody else's change to the first three."""

DIRECTORY = ("operators", "connections", "api_keys")
"""Consulted before the operator is known; readable when the transaction says that it does just that."""

TENANT_COLUMNS = {
    "operator_id": (
        "api_keys", "assets", "audit_log", "balances", "cards", "centres", "connections", "grants", "matured_years",
        "merchant_identifiers", "offer_versions", "offers", "operators", "programmes", "purchases", "quotas",
        "rematches", "rewards", "shopper_references", "shoppers", "shops", "statements", "transfers",
    ),
    "tenant_id": (
        "inbox_conflicts", "inbox_cursors", "inbox_keys", "inbox_messages", "inbox_parked", "inbox_unclaimed",
    ),
}  # fmt: skip


class _Xid8(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


XID8 = _Xid8()


def upgrade() -> None:
    _create_tables()
    for column, tables in TENANT_COLUMNS.items():
        for table in tables:
            _isolate(table, column)
    for table in ("transfers", "statements", "audit_log"):
        refuse_changes(table)


def _isolate(table: str, column: str) -> None:
    isolate(table, column, rights="SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE")
    if table in DIRECTORY:
        op.execute(
            f"CREATE POLICY directory ON {table} FOR SELECT USING (current_setting('app.directory', true) = 'on')"
        )


def _create_tables() -> None:
    op.create_table(
        "api_keys",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of a 256-bit random key"),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_table(
        "assets",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="EUR, PTS, TICKET:spring"),
        sa.Column("kind", sa.Text(), nullable=False, comment="money, points, ticket, minutes, gift"),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_fr", sa.Text(), nullable=False),
        sa.Column("clawback", sa.Text(), nullable=False, comment="After use: debt or forgive"),
        sa.Column(
            "conversion",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="threshold, into, amount, yearly limit; null: never converted",
        ),
        sa.CheckConstraint("clawback IN ('debt', 'forgive')", name=op.f("ck_assets_clawback")),
        sa.CheckConstraint("kind IN ('money', 'points', 'ticket', 'minutes', 'gift')", name=op.f("ck_assets_kind")),
        sa.PrimaryKeyConstraint("operator_id", "code", name=op.f("pk_assets")),
    )
    op.create_table(
        "audit_log",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False, comment="programme.applied, card.linked, payment.recorded"),
        sa.Column("subject", sa.Text(), nullable=False, comment="Id of what was acted upon"),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "balances",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("pending", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("available", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("converted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("paid", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "version", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="Transfers counted in"
        ),
        sa.CheckConstraint("pending >= 0 AND converted >= 0 AND paid >= 0", name=op.f("ck_balances_floors")),
        sa.PrimaryKeyConstraint("shopper_id", "asset", name=op.f("pk_balances")),
    )
    op.create_table(
        "cards",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unlinked_at", sa.DateTime(timezone=True), nullable=True, comment="Half-open; null: linked now"),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.CheckConstraint("unlinked_at IS NULL OR linked_at <= unlinked_at", name=op.f("ck_cards_interval")),
        sa.PrimaryKeyConstraint("operator_id", "network", "token", "linked_at", name=op.f("pk_cards")),
    )
    op.create_index("ix_cards_shopper", "cards", ["operator_id", "shopper_id"], unique=False)
    op.create_index(
        "uq_cards_one_open_link",
        "cards",
        ["operator_id", "network", "token"],
        unique=True,
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_table(
        "centres",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_centres")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("uq_centres_operator_id_code")),
    )
    op.create_table(
        "connections",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "slug", sa.Text(), nullable=False, comment="The segment of the webhook's URL; unique over all operators"
        ),
        sa.Column("provider", sa.Text(), nullable=False, comment="Key of the adapter registry"),
        sa.Column(
            "registered_url", sa.Text(), nullable=False, comment="As registered with the provider, without the event"
        ),
        sa.Column("secrets", sa.LargeBinary(), nullable=False, comment="Sealed list of secrets; two while rotating"),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_connections")),
        sa.UniqueConstraint("slug", name=op.f("uq_connections_slug")),
    )
    op.create_table(
        "grants",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False, comment="granted, reduced or refused"),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("granted >= 0 AND granted <= wanted", name=op.f("ck_grants_granted")),
        sa.PrimaryKeyConstraint("shopper_id", "purchase_id", "offer_id", name=op.f("pk_grants")),
    )
    op.create_table(
        "matured_years",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column(
            "year", sa.SmallInteger(), nullable=False, comment="Calendar year of maturity in the programme's zone"
        ),
        sa.Column("matured", sa.BigInteger(), nullable=False, comment="Units that rewards of this year made available"),
        sa.Column("converted", sa.BigInteger(), nullable=False, comment="Units posted as converted in this year"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), nullable=True, comment="When a new year lets more be converted"
        ),
        sa.CheckConstraint("matured >= 0 AND converted >= 0", name=op.f("ck_matured_years_sums")),
        sa.PrimaryKeyConstraint("shopper_id", "asset", "year", name=op.f("pk_matured_years")),
    )
    op.create_index(
        "ix_matured_years_due",
        "matured_years",
        ["operator_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "offers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_offers")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("uq_offers_operator_id_code")),
    )
    op.create_table(
        "operators",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_operators")),
        sa.UniqueConstraint("slug", name=op.f("uq_operators_slug")),
    )
    op.create_table(
        "purchases",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("purchase_ref", sa.Text(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authorised_minor", sa.BigInteger(), nullable=False),
        sa.Column("cleared_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False, comment="By refunds that name this purchase"),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False, comment="By unlinked refunds assigned to it"),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("purchased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shop_id", sa.Uuid(), nullable=True),
        sa.Column("place_key", sa.Text(), nullable=False, comment="Where it was made by the source's own identifiers"),
        sa.Column("merchant", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "credit_to", sa.Text(), nullable=True, comment="Of an unlinked refund: the purchase_ref it was assigned to"
        ),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), nullable=True, comment="When time alone next changes what is owed"
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "net_minor >= 0 AND refunded_minor >= 0 AND credited_minor >= 0", name=op.f("ck_purchases_amounts")
        ),
        sa.PrimaryKeyConstraint("shopper_id", "network", "purchase_ref", name=op.f("pk_purchases")),
    )
    op.create_index(
        "ix_purchases_credit", "purchases", ["shopper_id"], unique=False, postgresql_where=sa.text("state = 'credit'")
    )
    op.create_index(
        "ix_purchases_due",
        "purchases",
        ["operator_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("ix_purchases_id", "purchases", ["operator_id", "id"], unique=False)
    op.create_index("ix_purchases_time", "purchases", ["shopper_id", "purchased_at", "shop_id"], unique=False)
    op.create_index(
        "ix_purchases_unmatched",
        "purchases",
        ["operator_id", "network", "place_key"],
        unique=False,
        postgresql_where=sa.text("shop_id IS NULL"),
    )
    op.create_table(
        "quotas",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("granted >= 0 AND granted <= cap", name=op.f("ck_quotas_never_exceeded")),
        sa.PrimaryKeyConstraint("operator_id", "offer_id", name=op.f("pk_quotas")),
    )
    op.create_table(
        "rematches",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column(
            "identifier", sa.Text(), nullable=False, comment="scheme:value whose shop has become known or has changed"
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "identifier", name=op.f("pk_rematches")),
    )
    op.create_table(
        "rewards",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_version", sa.Integer(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="What should stand; posted = pending + available"),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.Column(
            "matures_at", sa.DateTime(timezone=True), nullable=True, comment="Null until the purchase has cleared"
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("trail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "pending >= 0 AND available >= 0 AND amount = pending + available", name=op.f("ck_rewards_posted")
        ),
        sa.PrimaryKeyConstraint("shopper_id", "purchase_id", "offer_id", name=op.f("pk_rewards")),
    )
    op.create_table(
        "shopper_references",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False, comment="The operator's own name for the shopper"),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "reference", name=op.f("pk_shopper_references")),
        sa.UniqueConstraint("operator_id", "shopper_id", name=op.f("uq_shopper_references_operator_id_shopper_id")),
    )
    op.create_table(
        "shoppers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("locale IN ('en', 'fr')", name=op.f("ck_shoppers_locale")),
        sa.PrimaryKeyConstraint("shopper_id", name=op.f("pk_shoppers")),
    )
    op.create_table(
        "statements",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("fact_ref", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="First 16 bytes of the SHA-256 of the statement"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "purchase_ref",
            sa.Text(),
            nullable=False,
            comment="The source's id of the purchase, or of an unlinked refund",
        ),
        sa.Column(
            "group_ref",
            sa.Text(),
            nullable=False,
            comment="The purchase it belongs to: what a refund names, else its own",
        ),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_basis", sa.Text(), nullable=False),
        sa.Column("purchase_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("merchant", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_statements_amount")),
        sa.PrimaryKeyConstraint("shopper_id", "network", "fact_ref", "digest", name=op.f("pk_statements")),
    )
    op.create_index("ix_statements_group", "statements", ["shopper_id", "network", "group_ref"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Idempotency key; the same key moves money once"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="First 16 bytes of the SHA-256 of the content"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False, comment="Account the amount leaves"),
        sa.Column("credit", sa.Text(), nullable=False, comment="Account the amount enters"),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("corrects", sa.Text(), nullable=True, comment="Key of the transfer that this one takes back"),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_transfers_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_transfers_accounts")),
        sa.PrimaryKeyConstraint("shopper_id", "key", name=op.f("pk_transfers")),
    )
    op.create_table(
        "offer_versions",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the canonical terms"),
        sa.Column("live_from", sa.DateTime(timezone=True), nullable=True, comment="Null: since ever"),
        sa.Column("live_until", sa.DateTime(timezone=True), nullable=True, comment="Half-open; null: still live"),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "live_from IS NULL OR live_until IS NULL OR live_from <= live_until",
            name=op.f("ck_offer_versions_interval"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "offer_id"],
            ["offers.operator_id", "offers.id"],
            name=op.f("fk_offer_versions_operator_id_offer_id"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "offer_id", "version", name=op.f("pk_offer_versions")),
    )
    op.create_table(
        "programmes",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False, comment="IANA zone in which calendar years and days are counted"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The programme file as last applied",
        ),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.operator_id"], name=op.f("fk_programmes_operator_id")),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_programmes")),
    )
    op.create_table(
        "shops",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False, comment="Merchant category code, ISO 18245"),
        sa.Column("floor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "centre_id"],
            ["centres.operator_id", "centres.id"],
            name=op.f("fk_shops_operator_id_centre_id"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_shops")),
        sa.UniqueConstraint("operator_id", "code", name=op.f("uq_shops_operator_id_code")),
    )
    op.create_table(
        "merchant_identifiers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True, comment="Null: always was"),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True, comment="Half-open; null: still is"),
        sa.CheckConstraint(
            "valid_from IS NULL OR valid_until IS NULL OR valid_from < valid_until",
            name=op.f("ck_merchant_identifiers_validity"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id", "shop_id"],
            ["shops.operator_id", "shops.id"],
            name=op.f("fk_merchant_identifiers_operator_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_merchant_identifiers")),
    )
    op.create_index(
        "ix_merchant_identifiers_value",
        "merchant_identifiers",
        ["operator_id", "network", "scheme", "value"],
        unique=False,
    )
    op.create_table(
        "inbox_conflicts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=True, comment="The event's name where the provider puts it in the URL"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the content that may not vary"),
        sa.Column(
            "subject", sa.LargeBinary(), nullable=True, comment="Hash of network and card token; null: concerns no card"
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_period", sa.Date(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="AES-256-GCM: nonce, ciphertext, tag"),
        sa.PrimaryKeyConstraint(
            "tenant_id", "lane", "connection_id", "delivery_id", "digest", name=op.f("pk_inbox_conflicts")
        ),
    )
    op.create_table(
        "inbox_cursors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("xid", XID8, server_default=sa.text("'0'::xid8"), nullable=False),
        sa.Column("ordinal", sa.Integer(), server_default=sa.text("-1"), nullable=False),
        sa.Column("advanced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "lane", name=op.f("pk_inbox_cursors")),
    )
    op.create_table(
        "inbox_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False, comment="First day of the month whose messages it seals"),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False, comment="The key, sealed by the master key"),
        sa.PrimaryKeyConstraint("tenant_id", "period", name=op.f("pk_inbox_keys")),
    )
    op.create_table(
        "inbox_messages",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=True, comment="The event's name where the provider puts it in the URL"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the content that may not vary"),
        sa.Column(
            "subject", sa.LargeBinary(), nullable=True, comment="Hash of network and card token; null: concerns no card"
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_period", sa.Date(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="AES-256-GCM: nonce, ciphertext, tag"),
        sa.Column("xid", XID8, server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "connection_id", "delivery_id", "lane", name=op.f("pk_inbox_messages")),
    )
    op.create_index(
        "ix_inbox_messages_position", "inbox_messages", ["lane", "tenant_id", "xid", "ordinal"], unique=False
    )
    op.create_table(
        "inbox_parked",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "lane", "connection_id", "delivery_id", name=op.f("pk_inbox_parked")),
    )
    op.create_table(
        "inbox_unclaimed",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "lane", "subject", "connection_id", "delivery_id", name=op.f("pk_inbox_unclaimed")
        ),
    )
