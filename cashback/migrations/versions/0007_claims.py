"""Claims of shoppers, the sealed pictures of their receipts, and which pictures were ever seen.

Revision ID: 0007
Revises: 0006

Locks: creates three tables; no table that is in use is locked.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claims",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="The idempotency key it came with"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of all that was told with that key"),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="In the zone of the shop's centre"),
        sa.Column("told_time", sa.Time(), comment="In that zone, as the shopper remembers it"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="The earliest instant that counts"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="The end of the day"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), comment="How the card ends, as printed on the receipt"),
        sa.Column("media_type", sa.Text(), comment="Of the picture; null: none was sent"),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "seen",
            sa.Text(),
            nullable=False,
            server_default=sa.text("''"),
            comment="Digest of the purchases it was judged by",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="open, accepted, counted, refused or withdrawn"),
        sa.Column("reason", sa.Text(), comment="Code of why it was answered so; null: open"),
        sa.Column("words", sa.Text(), comment="In the words of the person who answered"),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column(
            "purchase_id", sa.Uuid(), comment="The purchase that it was recognised as; null: none, it stands by itself"
        ),
        sa.CheckConstraint("amount_minor > 0 AND since < until", name=op.f("ck_claims_told")),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name=op.f("ck_claims_answered")),
        sa.PrimaryKeyConstraint("shopper_id", "id", name=op.f("pk_claims")),
        sa.UniqueConstraint("shopper_id", "key", name=op.f("uq_claims_shopper_id_key")),
    )
    op.create_index(
        "ix_claims_open", "claims", ["operator_id", "claimed_at", "id"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_index("ix_claims_id", "claims", ["operator_id", "id"])
    op.create_index(
        "uq_claims_once",
        "claims",
        ["shopper_id", "shop_id", "day", "amount_minor", "currency"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'accepted', 'counted')"),
    )
    op.create_table(
        "claim_pictures",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("key_period", sa.Date(), nullable=False, comment="The month whose key opens it"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="Sealed"),
        sa.PrimaryKeyConstraint("shopper_id", "claim_id", name=op.f("pk_claim_pictures")),
    )
    op.create_index("ix_claim_pictures_period", "claim_pictures", ["operator_id", "key_period"])
    op.create_table(
        "claimed_pictures",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the picture"),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "digest", name=op.f("pk_claimed_pictures")),
    )
    isolate("claims")
    isolate("claim_pictures")
    isolate("claimed_pictures", rights="SELECT, INSERT")
    refuse_changes("claimed_pictures")
