"""Lists of the API by index; single sign-on: secrets, origins of frames, links that were used.

Revision ID: 0019
Revises: 0018

Locks: writes to purchases, cards and facts wait while their indexes are built: a minute for ten million purchases.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_purchases_listed", "purchases", ["operator_id", "purchased_at", "id"])
    op.create_index(
        "ix_purchases_shop",
        "purchases",
        ["operator_id", "shop_id", "purchased_at", "id"],
        postgresql_where=sa.text("shop_id IS NOT NULL"),
    )
    op.create_index("ix_shopper_facts_value", "shopper_facts", ["operator_id", "fact", "value"])
    op.create_index("ix_cards_id", "cards", ["operator_id", "card_id"])
    op.create_table(
        "sso_secrets",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="Names it in the header of what it signs"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="32 random bytes, sealed for this row"),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), comment="From then on it proves nothing; null: it goes on"),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_sso_secrets")),
    )
    op.create_table(
        "embed_origins",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False, comment="As browsers write it: https://crm.example"),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "origin", name=op.f("pk_embed_origins")),
        sa.CheckConstraint("origin = lower(origin)", name=op.f("ck_embed_origins_origin")),
    )
    op.create_table(
        "sso_nonces",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the name of a link that was used"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="When the link ends by itself"),
        sa.PrimaryKeyConstraint("operator_id", "digest", name=op.f("pk_sso_nonces")),
    )
    op.create_index("ix_sso_nonces_expires_at", "sso_nonces", ["operator_id", "expires_at"])
    for table in ("sso_secrets", "embed_origins", "sso_nonces"):
        isolate(table)
